/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VNUMA_XEN_HOST_TABLES_H
#define VNUMA_XEN_HOST_TABLES_H

#include <xenctrl.h>

#include "base/objects.h"

/*
 * Fills in the nodes, their distances and the CPUs of this host, with one
 * hypercall for the nodes and one for the CPUs if @max_cpu_id is Xen's.
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_XEN with errno set: E2BIG when
 * the host has more nodes than VNUMA_MAX_PNODES.
 */
int vnuma__host_tables(xc_interface *xch, uint32_t max_cpu_id,
                       vnuma_topology *topology);

#endif
