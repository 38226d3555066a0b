/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VNUMA_XEN_HOST_TABLES_H
#define VNUMA_XEN_HOST_TABLES_H

#include <xenctrl.h>

#include "vnuma.h"

/*
 * Fills in the nodes, their distances and the CPUs of this host.  One
 * hypercall for the nodes and one for the CPUs, as long as @max_cpu_id is what
 * Xen says it is.
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_XEN with errno set: E2BIG when
 * the host has more nodes than VNUMA_MAX_PNODES.
 */
int vnuma__host_tables(xc_interface *xch, uint32_t max_cpu_id,
                       vnuma_topology *topology);

#endif
