/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libxc as a backend of hv.h. */
#ifndef VNUMA_HV_XEN_H
#define VNUMA_HV_XEN_H

#include <xenctrl.h>

#include "xen/hv/hv.h"

typedef struct {
    vnuma__hv hv;
    xc_interface *xch; /* borrowed */
} vnuma__hv_xen;

void vnuma__hv_xen_init(vnuma__hv_xen *xen, xc_interface *xch);

#endif
