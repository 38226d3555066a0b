/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The narrow seam to a hypervisor: all that building a guest's memory needs of
 * Xen.  Two files implement it, of which a program links one: hv_xen.c calls
 * libxc; hv_mem.c is an in-memory Xen, for failure tests and for hosts that we
 * do not have.  No Xen type is used, so everything above the seam builds and
 * is tested without Xen.
 */
#ifndef VNUMA_HV_H
#define VNUMA_HV_H

#include "base/objects.h"
#include "layout/extent_plan.h"

typedef struct {
    void *backend; /* borrowed: libxc's xc_interface, or a vnuma__hv_mem */
    uint64_t num_populates; /* populate calls so far */
} vnuma__hv;

/*
 * All functions return 0 or VNUMA_ERROR_XEN with errno set, and change nothing
 * when they fail, except populate, as in Xen.
 */

/* ---- hv_xen.c and hv_mem.c ---------------------------------------------- */

/* Returns each node's free memory; there is none yet. */
int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__rooms *rooms_r);

/* Reserves that many pages for the domain; 0 cancels the claim. */
int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages);

/* Takes single pages from the domain. */
int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, uint64_t *gfns,
                      uint64_t num_gfns);

/* Replaces Xen's description of the guest's vNUMA. */
int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout);

/* Nodes for memory that is populated without naming a node. */
int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes);

/* For hv.c only: the two whose answers are checked there. */
int64_t vnuma__hv_ask_populate(vnuma__hv *hv, uint32_t domid,
                               unsigned int order, uint32_t pnode,
                               const uint64_t *gfns, uint64_t num_gfns);
int vnuma__hv_ask_vnuma(vnuma__hv *hv, uint32_t domid,
                        vnuma__layout *layout_r);

/* ---- hv.c --------------------------------------------------------------- */

/*
 * Populates extents of one order, each on that node or not at all.
 * @pnode:      VNUMA_PNODE_AUTO: wherever there is memory
 * @num_done_r: how many were populated, from the first on: fewer than num_gfns
 *              when there was no memory of that order for the next
 */
int vnuma__hv_populate(vnuma__hv *hv, uint32_t domid, unsigned int order,
                       uint32_t pnode, const uint64_t *gfns, uint64_t num_gfns,
                       uint64_t *num_done_r);

/* Xen's description; vnodes of ranges and vcpus are below num_vnodes. */
int vnuma__hv_get_vnuma(vnuma__hv *hv, uint32_t domid,
                        vnuma__layout *layout_r);

/*
 * If @rc is a failure, says in @diags what Xen refused, with errno, or that
 * there was no memory for it.  Returns @rc, and leaves errno.
 */
int vnuma__hv_said(vnuma_diags *diags, int rc, const char *what);

#endif
