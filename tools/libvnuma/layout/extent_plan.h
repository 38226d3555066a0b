/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The extents with which a guest's ranges are populated, and the pnode of each
 * extent.  Pure.
 */
#ifndef VNUMA_EXTENT_PLAN_H
#define VNUMA_EXTENT_PLAN_H

#include "layout/layout.h"
#include "vnuma_xen_built.h"

/*
 * A set of extents that may go to the same pnodes.  With a membind (policy and
 * pnodes of a vnode) they may go to its other pnodes when this one is full;
 * without one they must be on this pnode.
 */
typedef struct {
    uint32_t pnode;
    const vnuma_membind *membind; /* borrowed from the layout; NULL: strict */
    vnuma__extents extents[VNUMA__NUM_ORDERS];
} vnuma__extent_set;

/*
 * Each pnode once for strict vnodes, and more for preferred ones that spill.
 */
#define VNUMA__MAX_EXTENT_SETS 256u

typedef struct {
    vnuma__extent_set sets[VNUMA__MAX_EXTENT_SETS];
    uint32_t num_sets;
} vnuma__extent_plan;

void vnuma__extent_plan_dispose(vnuma__extent_plan *plan);

/*
 * Cuts every range into the largest extents that are aligned and inside it, or
 * inside it and its neighbours that go to the same pnode.  The extents of an
 * interleaved vnode are dealt out to its pnodes in turn: its 1 GiB pages as
 * far as each pnode gets equally many, the other ones as 2 MiB pages, and the
 * small pages.  The plan is empty (zeroes) before.
 * @layout:   must stay while the plan is used
 * @vga_hole: leave out [VNUMA__VGA_HOLE_START, VNUMA__VGA_HOLE_END)
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG for ranges that are not
 * whole pages, not ascending or of a vnode that does not exist.
 */
int vnuma__extent_plan_build(const vnuma__layout *layout, bool vga_hole,
                             vnuma__extent_plan *plan_r);

uint64_t vnuma__extent_set_pages(const vnuma__extent_set *set);

/* The same of one that was built: pages that were populated. */
static inline uint64_t vnuma__built_set_pages(const vnuma_xen_extent_set *set)
{
    return (set->num_1g << VNUMA__ORDER_1G) +
           (set->num_2m << VNUMA__ORDER_2M) + set->num_4k;
}

/* ---- sets of extents ---------------------------------------------------- */

/* Adds an empty set of extents; NULL: there are too many. */
vnuma__extent_set *vnuma__extent_set_add(vnuma__extent_plan *plan,
                                         uint32_t pnode,
                                         const vnuma_membind *membind);

/*
 * Cuts the extents of an order, from @first on, into extents of the next
 * smaller order, which are added after those that exist.  Returns 0 or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__extent_set_split(vnuma__extent_set *set, unsigned int index,
                            uint64_t first);
/*
 * Moves the extents of an order, from @first on. Returns 0 or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__extent_set_move(vnuma__extent_set *from, unsigned int index,
                           uint64_t first, vnuma__extent_set *to);

/* Pages that may still be taken on each pnode, by its number. */
typedef struct {
    bool exists[VNUMA_MAX_PNODES];
    uint64_t pages[VNUMA_MAX_PNODES];
} vnuma__rooms;

/* NULL: there is no such pnode. */
static inline uint64_t *vnuma__room_on(vnuma__rooms *rooms, uint32_t pnode)
{
    return pnode < VNUMA_MAX_PNODES && rooms->exists[pnode]
               ? &rooms->pages[pnode]
               : NULL;
}

/*
 * Moves extents that do not fit on their pnode to the next pnode of their
 * membind with free memory, in extents as large as possible.  Sets without a
 * membind take their memory first, and are not moved when they do not fit.
 * @rooms:    free memory; what is taken is subtracted
 * @short_r:  the first set that does not fit, or NULL
 * @pages_r:  how many of its pages do not fit
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__extent_plan_spill(vnuma__extent_plan *plan, vnuma__rooms *rooms,
                             const vnuma__extent_set **short_r,
                             uint64_t *pages_r);

/*
 * Returns the pnode after this one in a membind, which may be NULL, or
 * VNUMA_PNODE_AUTO.
 */
uint32_t vnuma__membind_next(const vnuma_membind *membind, uint32_t pnode);

#endif
