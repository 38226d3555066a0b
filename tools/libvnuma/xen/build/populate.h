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
    uint32_t pnode;
    uint64_t done_pages, all_pages; /* of the whole guest */
} vnuma__progress;

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
    void (*progress)(void *user, const vnuma__progress *progress);
    void *user; /* for progress, which may be NULL */
} vnuma__build;

typedef struct {
    uint32_t pnode;
    uint32_t preferred; /* the preferred pnode; else the same */
    uint64_t num_extents[VNUMA__NUM_ORDERS]; /* as they were populated */
    uint64_t num_released; /* pages given back since (refill.h) */
} vnuma__built_set;

typedef struct {
    vnuma__built_set *sets; /* owned; in the order of the extent plan */
    uint32_t num_sets;
    vnuma__extent_plan extents; /* where pages are; borrows the layout */
    uint64_t num_pages;
    uint64_t num_calls; /* populate hypercalls */
} vnuma__built;

void vnuma__built_init(vnuma__built *built);
void vnuma__built_dispose(vnuma__built *built);
/* As other programs are told.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__built_describe(const vnuma__built *built,
                          vnuma_xen_built *described_r);

/*
 * Checks that each pnode has enough memory (or other pnodes, for vnodes that
 * only prefer it), narrows the domain's node affinity to vnode 0's pnode, and
 * populates.  Failures are reported in @diags; after a failure no claim is
 * left, and the domain must be destroyed.
 *
 * Returns 0, VNUMA_ERROR_NOFIT when a pnode has or gets too little memory,
 * VNUMA_ERROR_CONFIG for invalid ranges, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__populate(vnuma__hv *hv, const vnuma__build *build,
                    vnuma__built *built_r, vnuma_diags *diags);

/*
 * Narrows the domain's node affinity to vnode 0's pnode, which later pages
 * follow; part of vnuma__populate().  Returns 0, VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM, reported.
 */
int vnuma__narrow_node_affinity(vnuma__hv *hv, const vnuma__build *build,
                                vnuma_diags *diags);

#endif
