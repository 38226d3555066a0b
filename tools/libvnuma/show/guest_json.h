/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of KVM as JSON. */
#ifndef VNUMA_SHOW_GUEST_JSON_H
#define VNUMA_SHOW_GUEST_JSON_H

#include "kvm/port.h"

/*
 * An object with "vnodes"; @plan: that it was made with, or NULL.  To be freed
 * by the caller; NULL: no memory.
 */
char *vnuma__port_to_json(const vnuma__port *port, const vnuma_plan *plan);

#endif
