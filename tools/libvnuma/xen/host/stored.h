/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stored promise of a domain with policies; see promise.h. */
#ifndef VNUMA_XEN_STORED_H
#define VNUMA_XEN_STORED_H

#include "record/promise.h"
#include "xen/host/handle.h"

/*
 * Stores what was promised of a domain that was just built, if some vnode is
 * not strict.  libxl removes it with the domain.
 * @layout: as Xen holds it, with the pnodes and policies of its vnodes
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM (both reported).
 */
int vnuma__promise_store(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info,
                         const vnuma__layout *layout,
                         const vnuma_xen_built *built, vnuma_diags *diags);

/*
 * Finds the stored promise.  It has no vnodes when none is stored or when it
 * does not match the configuration's vnodes: then all are strict.
 */
void vnuma__promise_stored(libxl_ctx *ctx, uint32_t domid,
                           const libxl_domain_build_info *b_info,
                           vnuma__promise *promise_r);

#endif
