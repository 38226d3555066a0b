/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is lost on the way to another format. */
#ifndef VNUMA_CHECK_EXPORT_H
#define VNUMA_CHECK_EXPORT_H

#include "kvm/port.h"

/* Reports it as notes, "export-lost". */
void vnuma__check_export(const vnuma__port *port, vnuma__form form,
                         vnuma_diags *diags);

#endif
