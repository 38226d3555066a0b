/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a real Xen is asked, in addition to hv.h. */
#ifndef VNUMA_HV_XEN_H
#define VNUMA_HV_XEN_H

#include <xenctrl.h>

#include "xen/hv/hv.h"

/* Xen's form of a layout's ranges, of which there are as many. */
void vnuma__ranges_to_xen(const vnuma__layout *layout,
                          xen_vmemrange_t *ranges_r);

/*
 * These return 0, VNUMA_ERROR_XEN with errno
 * set, or VNUMA_ERROR_NOMEM; the sets are added to.
 */
int vnuma__xen_get_node_affinity(xc_interface *xch, uint32_t domid,
                                 vnuma_bitmap *pnodes);
int vnuma__xen_get_vcpu_affinity(xc_interface *xch, uint32_t domid,
                                 unsigned int vcpu, vnuma_bitmap *hard,
                                 vnuma_bitmap *soft);

#endif
