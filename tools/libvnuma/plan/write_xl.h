/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of any format as xl.cfg. */
#ifndef VNUMA_PLAN_WRITE_XL_H
#define VNUMA_PLAN_WRITE_XL_H

#include "kvm/port.h"

/* To be freed by the caller; NULL: no memory. */
char *vnuma__port_to_xl(const vnuma__port *port);

#endif
