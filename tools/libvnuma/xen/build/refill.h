/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a restored guest.  A stream names pages one by one, and libxc
 * itself populates them so; but their placement is known before.  So all
 * memory is populated first in large extents, as for a new guest; pages that
 * the stream then asks for exist already, and those that it never names
 * (ballooned out) are given back at the end.
 *
 * The host may not have enough memory for all of a guest that was ballooned
 * down. Then single pages are populated as they are named, each on its pnode,
 * or on the next one that its vnode's policy allows when that is full.
 */
#ifndef VNUMA_REFILL_H
#define VNUMA_REFILL_H

#include "xen/build/populate.h"

/* All zeroes to begin with. */
typedef struct {
    const vnuma__build *build; /* borrowed */
    vnuma__hv *hv;             /* borrowed */
    vnuma_diags *diags;        /* borrowed */
    bool is_whole;             /* all is populated, named or not */
    uint64_t *named;           /* owned; a bit for each gfn of the guest */
    uint64_t num_pages;        /* that the guest has when it is whole */
    /*
     * For each set the one that continues it when its pnode has no memory
     * left; else itself.
     */
    uint16_t next_set[VNUMA__MAX_EXTENT_SETS];
    vnuma__built built; /* where pages are now */
} vnuma__refill;

void vnuma__refill_dispose(vnuma__refill *refill);

/*
 * Describes the guest to Xen, and populates it.  Returns as vnuma__populate().
 * @build:      used, as are @hv and @diags, until the end
 * @num_wanted: pages that the guest had; fewer than its ranges have when some
 *              were ballooned out
 */
int vnuma__refill_begin(vnuma__refill *refill, vnuma__hv *hv,
                        const vnuma__build *build, uint64_t num_wanted,
                        vnuma_diags *diags);

/*
 * The stream asks for pages.  Those in no range, special pages and video RAM,
 * go to vnode 0's pnode, or wherever there is memory, as when the guest was
 * built.  Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_XEN.
 */
int vnuma__refill_name(vnuma__refill *refill, const uint64_t *gfns,
                       uint64_t num_gfns);

/*
 * Gives back what was not named.  Returns 0, VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__refill_end(vnuma__refill *refill);

#endif
