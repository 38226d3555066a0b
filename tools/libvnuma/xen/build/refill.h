/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a restored guest.  A stream names pages one by one, and stock
 * libxc populates them so; but where they will be is known before.  So all of
 * it is populated at once, as for a new guest, in large extents; what the
 * stream then asks for is there, and what it never mentioned (ballooned out)
 * is given back at the end.
 *
 * A guest that had much of its memory out may come back to a host that has
 * not room for all of it; then single pages are populated as they are named,
 * each on its pnode, or where its vnode's policy lets it go when that is full.
 */
#ifndef VNUMA_REFILL_H
#define VNUMA_REFILL_H

#include "xen/build/populate.h"

/* An extent, and which share of the guest's it is in. */
typedef struct {
    uint64_t gfn;
    uint16_t share;
    uint8_t order;
} vnuma__refill_extent;

typedef struct {
    const vnuma__build *build; /* borrowed */
    vnuma__hv *hv;             /* borrowed */
    vnuma_diags *diags;        /* borrowed */
    bool is_whole;             /* all is populated, named or not */
    uint64_t *first_page;      /* owned; of each range, counted on through */
    uint64_t *named;           /* owned; a bit for each page of the ranges */
    uint64_t num_pages;        /* of the ranges */
    /*
     * Owned; ascending.  Only of guests with policies: in one where all is
     * strict the range says the pnode.
     */
    vnuma__refill_extent *extents;
    uint64_t num_extents;
    /* Of each share that ran dry: where the rest of it goes; else itself. */
    uint16_t next_share[VNUMA__MAX_SHARES];
    vnuma__built built;        /* what is on which pnode now */
    uint64_t num_released;
} vnuma__refill;

void vnuma__refill_init(vnuma__refill *refill);
void vnuma__refill_dispose(vnuma__refill *refill);

/*
 * vnuma__refill_begin - describe the guest to Xen, and populate it
 * @build:      kept, as are @hv and @diags, until the end
 * @num_wanted: pages that the guest had; fewer than its ranges have when some
 *              were ballooned out
 *
 * Returns as vnuma__populate() does.
 */
int vnuma__refill_begin(vnuma__refill *refill, vnuma__hv *hv,
                        const vnuma__build *build, uint64_t num_wanted,
                        vnuma_diags *diags);

/*
 * vnuma__refill_name - the stream asks for pages
 * @others_r:     gfns in no range, for the caller to populate as he likes;
 *                room for @num_gfns
 *
 * Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_XEN.
 */
int vnuma__refill_name(vnuma__refill *refill, const uint64_t *gfns,
                       uint64_t num_gfns, uint64_t *others_r,
                       uint64_t *num_others_r);

/*
 * vnuma__refill_end - give back what was not named
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__refill_end(vnuma__refill *refill);

#endif
