/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The narrow seam to a hypervisor: all that building a guest's memory, and
 * looking at it afterwards, asks of Xen.  Two backends stand behind it: libxc
 * (hv_xen.c) and an in-memory Xen (hv_mem.c) for failure tests and for hosts
 * that nobody here owns.  No Xen type is used, so everything above the seam
 * builds and is tested without Xen.
 */
#ifndef VNUMA_HV_H
#define VNUMA_HV_H

#include "layout/layout.h"
#include "vnuma.h"

typedef struct vnuma__hv vnuma__hv;

typedef struct {
    uint32_t pnode;
    uint64_t free_memkb;
} vnuma__node_memory;

/*
 * Each call returns 0, or -1 with errno set, and changes nothing when it
 * fails; populate is the exception that Xen makes.  All are required.
 */
typedef struct {
    const char *name; /* for messages */

    /* What is free on each node now; *nodes_r is the caller's to free. */
    int (*get_memory)(vnuma__hv *hv, vnuma__node_memory **nodes_r,
                      unsigned int *num_nodes_r);

    /* Promises the domain that many pages in all; 0 takes it back. */
    int (*claim)(vnuma__hv *hv, uint32_t domid, uint64_t num_pages);

    /*
     * Populates extents of one order, all on one node or not at all.
     * Returns how many were done, from the front: fewer than num_gfns means
     * that there was no memory of that order for the next; -1 with errno set
     * when the call itself was refused.
     */
    int64_t (*populate)(vnuma__hv *hv, uint32_t domid, unsigned int order,
                        uint32_t pnode, const uint64_t *gfns,
                        uint64_t num_gfns);

    /* Takes single pages away from the domain. */
    int (*release)(vnuma__hv *hv, uint32_t domid, const uint64_t *gfns,
                   uint64_t num_gfns);

    /* Describes the guest's vNUMA to Xen, in place of what it was told. */
    int (*set_vnuma)(vnuma__hv *hv, uint32_t domid,
                     const vnuma__layout *layout);
    int (*get_vnuma)(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r);

    /* Where memory goes that is populated without naming a node. */
    int (*set_node_affinity)(vnuma__hv *hv, uint32_t domid,
                             const vnuma_bitmap *pnodes);
    int (*get_node_affinity)(vnuma__hv *hv, uint32_t domid,
                             vnuma_bitmap *pnodes_r);

    int (*get_vcpu_affinity)(vnuma__hv *hv, uint32_t domid, unsigned int vcpu,
                             vnuma_bitmap *hard_r, vnuma_bitmap *soft_r);

    /* All pages that the domain has now. */
    int (*get_pages)(vnuma__hv *hv, uint32_t domid, uint64_t *num_pages_r);
} vnuma__hv_ops;

struct vnuma__hv {
    const vnuma__hv_ops *ops; /* static */
    uint64_t num_populates;   /* populate calls so far */
};

/*
 * The wrappers: the only callers of ops.  They return 0 or VNUMA_ERROR_XEN,
 * with errno as the backend left it (VNUMA_ERROR_NOMEM for its ENOMEM where
 * nothing but our own memory can be meant).
 */
int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__node_memory **nodes_r,
                         unsigned int *num_nodes_r);
int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages);
int vnuma__hv_populate(vnuma__hv *hv, uint32_t domid, unsigned int order,
                       uint32_t pnode, const uint64_t *gfns,
                       uint64_t num_gfns, uint64_t *num_done_r);
int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, const uint64_t *gfns,
                      uint64_t num_gfns);
int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout);
int vnuma__hv_get_vnuma(vnuma__hv *hv, uint32_t domid,
                        vnuma__layout *layout_r);
int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes);
int vnuma__hv_get_node_affinity(vnuma__hv *hv, uint32_t domid,
                                vnuma_bitmap *pnodes_r);
int vnuma__hv_get_vcpu_affinity(vnuma__hv *hv, uint32_t domid,
                                unsigned int vcpu, vnuma_bitmap *hard_r,
                                vnuma_bitmap *soft_r);
int vnuma__hv_get_pages(vnuma__hv *hv, uint32_t domid, uint64_t *num_pages_r);

/*
 * Says in @diags what Xen refused, with errno, or that there was no memory for
 * it.  Returns @rc, and leaves errno.
 */
int vnuma__hv_refused(vnuma_diags *diags, int rc, const char *what);

#endif
