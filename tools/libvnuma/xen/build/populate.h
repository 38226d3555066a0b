/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Populates a guest's memory: every page on the pnode that was promised, in as
 * few hypercalls as possible.  Uses the seam (hv.h), not libxc.
 */
#ifndef VNUMA_POPULATE_H
#define VNUMA_POPULATE_H

#include "layout/extent_plan.h"
#include "vnuma_xen_built.h"
#include "xen/hv/hv.h"

/* The most for one hypercall, so that a signal does not wait long. */
#define VNUMA__BATCH_BYTES (UINT64_C(16) << 30)

typedef struct {
    uint32_t domid;
    const vnuma__layout *layout;
    bool vga_hole; /* the guest has a device model */
    bool claim;    /* reserve the total first (xl.conf claim_mode=) */
    /*
     * Pages that will be populated later without naming a node: special pages,
     * video RAM.  They should be on vnode 0's pnode.
     */
    uint64_t later_pages;
    /* As of vnuma_xen_hooks; may be NULL.  The pages are the whole guest's. */
    void (*progress)(void *user, uint32_t domid, uint32_t pnode,
                     uint64_t done_pages, uint64_t all_pages);
    void *user; /* for progress */
} vnuma__build;

/* All zeroes: nothing is. */
typedef struct {
    vnuma_xen_built counts;     /* its sets are those of the extent plan */
    vnuma__extent_plan extents; /* where pages are; borrows the layout */
} vnuma__built;

void vnuma__built_dispose(vnuma__built *built);
/* Plans the extents; the sets are still to begin.  Failures are reported. */
int vnuma__built_plan(vnuma__built *built, const vnuma__build *build,
                      vnuma_diags *diags);
/* One more set, in which nothing is populated yet. */
vnuma_xen_extent_set *vnuma__built_begin(vnuma__built *built,
                                         const vnuma__extent_set *set);

/*
 * Checks that each pnode has enough memory (or other pnodes, for vnodes that
 * only prefer it), narrows the domain's node affinity to vnode 0's pnode, and
 * populates.  Failures are reported in @diags; after a failure no claim is
 * left, and the domain must be destroyed.  @built_r is empty before, and then
 * too.
 *
 * Returns 0, VNUMA_ERROR_NOFIT when a pnode has or gets too little memory,
 * VNUMA_ERROR_CONFIG for invalid ranges, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__populate(vnuma__hv *hv, const vnuma__build *build,
                    vnuma__built *built_r, vnuma_diags *diags);

/* The part of it that narrows; later pages follow the node affinity. */
int vnuma__narrow_node_affinity(vnuma__hv *hv, const vnuma__build *build,
                                vnuma_diags *diags);

#endif
