/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The narrow seam to a hypervisor: all that building a guest's memory needs of
 * Xen.  It has two backends: libxc (hv_xen.c) and an in-memory Xen (hv_mem.c)
 * for failure tests and for hosts that we do not have.  No Xen type is used,
 * so everything above the seam builds and is tested without Xen.
 */
#ifndef VNUMA_HV_H
#define VNUMA_HV_H

#include "base/objects.h"
#include "layout/extent_plan.h"

typedef struct vnuma__hv vnuma__hv;

/*
 * Each call returns 0, or -1 with errno set, and changes nothing when it
 * fails, except populate, as in Xen.  All are required.
 */
typedef struct {
    /* Returns each node's free memory; the caller frees *rooms_r. */
    int (*get_memory)(vnuma__hv *hv, vnuma__room **rooms_r,
                      unsigned int *num_rooms_r);

    /* Reserves that many pages for the domain; 0 cancels the claim. */
    int (*claim)(vnuma__hv *hv, uint32_t domid, uint64_t num_pages);

    /*
     * Populates extents of one order, each on that node or not at all. Returns
     * how many were populated, from the first on: fewer than num_gfns when
     * there was no memory of that order for the next; -1 with errno set when
     * the call itself was refused.
     */
    int64_t (*populate)(vnuma__hv *hv, uint32_t domid, unsigned int order,
                        uint32_t pnode, const uint64_t *gfns,
                        uint64_t num_gfns);

    /* Takes single pages from the domain. */
    int (*release)(vnuma__hv *hv, uint32_t domid, const uint64_t *gfns,
                   uint64_t num_gfns);

    /* Replaces Xen's description of the guest's vNUMA. */
    int (*set_vnuma)(vnuma__hv *hv, uint32_t domid,
                     const vnuma__layout *layout);
    int (*get_vnuma)(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r);

    /* Nodes for memory that is populated without naming a node. */
    int (*set_node_affinity)(vnuma__hv *hv, uint32_t domid,
                             const vnuma_bitmap *pnodes);
} vnuma__hv_ops;

struct vnuma__hv {
    const vnuma__hv_ops *ops; /* static */
    void *backend;            /* borrowed; what ops work on */
    uint64_t num_populates;   /* populate calls so far */
};

/*
 * vnuma__hv_call(hv, claim, domid, num_pages): all callers of ops but two.
 * 0 or VNUMA_ERROR_XEN, with errno as the backend set it.
 */
#define vnuma__hv_call(hv, call, ...)                                         \
    ((hv)->ops->call((hv), __VA_ARGS__) < 0 ? VNUMA_ERROR_XEN : 0)

/* The same for populate, of which it checks and counts the answer. */
int vnuma__hv_populate(vnuma__hv *hv, uint32_t domid, unsigned int order,
                       uint32_t pnode, const uint64_t *gfns, uint64_t num_gfns,
                       uint64_t *num_done_r);

/* The same for get_vnuma; vnodes of ranges and vcpus are below num_vnodes. */
int vnuma__hv_get_vnuma(vnuma__hv *hv, uint32_t domid,
                        vnuma__layout *layout_r);

/*
 * Says in @diags what Xen refused, with errno, or that there was no memory for
 * it.  Returns @rc, and leaves errno.
 */
int vnuma__hv_refused(vnuma_diags *diags, int rc, const char *what);

#endif
