/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The extents to populate a guest's ranges with (extent_plan.c), and on which
 * pnode each extent is (layout_share.c).  Pure.
 */
#ifndef VNUMA_EXTENT_PLAN_H
#define VNUMA_EXTENT_PLAN_H

#include "layout/layout.h"

/*
 * Extents that are alike in where they may go.  Those of a place may go to
 * its other pnodes when this one is full; without a place they must be here.
 */
typedef struct {
    uint32_t pnode;
    const vnuma_place *place; /* borrowed from the layout; NULL: strict */
    vnuma__extents extents[VNUMA__NUM_ORDERS];
} vnuma__share;

/* Every pnode once for strict vnodes, and what preferred ones spill. */
#define VNUMA__MAX_SHARES 256u

typedef struct {
    vnuma__share *shares; /* owned; VNUMA__MAX_SHARES; as vnodes name them */
    uint32_t num_shares;
} vnuma__extent_plan;

void vnuma__extent_plan_init(vnuma__extent_plan *plan);
void vnuma__extent_plan_dispose(vnuma__extent_plan *plan);

/*
 * Cuts every range into the largest extents that are aligned and inside it,
 * or inside it and its neighbours if they go to the same pnode.  Interleaved
 * vnodes are dealt out: a 1 GiB page to each of their pnodes in turn, what is
 * left of these in 2 MiB pages, and the small pages.
 * @layout:   has to stay while the plan is used
 * @vga_hole: leave out [VNUMA__VGA_HOLE_START, VNUMA__VGA_HOLE_END)
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG for ranges that are
 * not whole pages, not ascending or of a vnode that does not exist.
 */
int vnuma__extent_plan_build(const vnuma__layout *layout, bool vga_hole,
                             vnuma__extent_plan *plan_r);

uint64_t vnuma__share_pages(const vnuma__share *share);

/* ---- layout_share.c ------------------------------------------------------- */

/* The share for these; made when there is none, NULL when there are too many. */
vnuma__share *vnuma__share_find(vnuma__extent_plan *plan, uint32_t pnode,
                                const vnuma_place *place);
/* A new one, of an order in which nothing was populated yet. */
vnuma__share *vnuma__share_add(vnuma__extent_plan *plan, uint32_t pnode,
                               const vnuma_place *place);

/*
 * Extents from @first on of an order become extents of the next smaller one,
 * behind those that are there.  0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__share_split(vnuma__share *share, unsigned int index,
                       uint64_t first);
/* Moves extents of one order, from @first on.  0 or VNUMA_ERROR_NOMEM. */
int vnuma__share_move(vnuma__share *from, unsigned int index, uint64_t first,
                      vnuma__share *to);

/* Deals all extents of a share out to the pnodes of an interleaved place. */
int vnuma__share_deal(vnuma__extent_plan *plan, vnuma__share *share,
                      const vnuma_place *place);

typedef struct {
    uint32_t pnode;
    uint64_t pages; /* that may be taken there */
} vnuma__room;

/*
 * Lets shares with a place flow over to the next pnode with room, in the
 * largest extents that there are.  Shares without a place come first; those
 * that do not fit are for the caller to see.
 * @rooms:    changed: what is left
 * @short_r:  the first share that finds no room; NULL: all do
 * @pages_r:  how many pages of it
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__extent_plan_spill(vnuma__extent_plan *plan, vnuma__room *rooms,
                             unsigned int num_rooms,
                             const vnuma__share **short_r, uint64_t *pages_r);

/* The pnode behind this one in a place, or VNUMA_PNODE_AUTO: none. */
uint32_t vnuma__place_next(const vnuma_place *place, uint32_t pnode);

#endif
