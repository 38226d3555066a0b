/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vcpus and pcpus: affinity before the build and as Xen holds it behind. */
#ifndef VNUMA_XEN_AFFINITY_H
#define VNUMA_XEN_AFFINITY_H

#include "xen/host/handle.h"

/*
 * Looks whether each vnode's pnode has pcpus in the guest's cpupool, a warning
 * if not; with @pin an error, else the vcpus are pinned to them unless the
 * file has cpus=.
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__affinity_prepare(libxl_ctx *ctx, libxl_domain_config *d_config,
                            bool pin, vnuma_diags *diags);

/*
 * Reads back: hard affinity as the configuration has it, soft affinity too or
 * else the pcpus of the vnode's pnode.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__affinity_check(vnuma_xen *xen, uint32_t domid,
                          const libxl_domain_build_info *b_info,
                          vnuma_diags *diags);

#endif
