/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Affinity of vcpus: set before the build, read back after it. */
#ifndef VNUMA_XEN_AFFINITY_H
#define VNUMA_XEN_AFFINITY_H

#include "xen/host/handle.h"

/*
 * Checks that each vnode's pnode has pcpus in the guest's cpupool; if not,
 * this is a warning, with @pin an error.  With @pin the vcpus are pinned to
 * them unless the configuration has a hard affinity (cpus=).
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__affinity_prepare(libxl_ctx *ctx, libxl_domain_config *d_config,
                            bool pin, vnuma_diags *diags);

/*
 * Reads back: hard affinity must be the configuration's, soft affinity must be
 * the configuration's if it has any, else the pcpus of the vnode's pnode.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__affinity_check(vnuma_xen *xen, uint32_t domid,
                          const libxl_domain_build_info *b_info,
                          vnuma_diags *diags);

#endif
