/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's memory as the hypervisor needs it: guest-physical ranges that
 * belong to vnodes (layout.c), whose they had better be so that large pages
 * stay whole (layout_gather.c), the extents to populate them with (layout.c)
 * and on which pnode each extent is (layout_share.c).  Pure.
 *
 *   0        640K   768K       2M            1G        lowmem_end   4G
 *   |  4K     | VGA |  4K      |   2M ...    |  1G ...   | MMIO hole | 1G ...
 *
 * A range starts and ends on a page; a guest with a device model has nothing
 * populated in the VGA hole, which its device model fills itself.
 */
#ifndef VNUMA_LAYOUT_H
#define VNUMA_LAYOUT_H

#include "vnuma.h"

#define VNUMA__PAGE_SHIFT 12
#define VNUMA__PAGE_KB 4u
/* Of extents; the largest dom0 may ask Xen for is 1 GiB. */
#define VNUMA__ORDER_4K 0u
#define VNUMA__ORDER_2M 9u
#define VNUMA__ORDER_1G 18u

#define VNUMA__VGA_HOLE_START UINT64_C(0xa0000)
#define VNUMA__VGA_HOLE_END UINT64_C(0xc0000)

/* struct xen_vmemrange of xen/memory.h: guest-physical bytes [start, end). */
typedef struct {
    uint64_t start, end;
    uint32_t vnode;
} vnuma__vmemrange;

/* What xc_domain_setvnuma() tells the hypervisor about a guest. */
typedef struct {
    vnuma__vmemrange *vmemranges; /* owned; ascending, disjoint */
    uint32_t num_vmemranges;
    uint32_t *vnode_to_pnode; /* owned */
    /*
     * Owned.  Without a pnode: strict, on the vnode's pnode.  Xen is not told
     * of it.
     */
    vnuma_place *places;
    uint32_t num_vnodes;
    uint32_t *vcpu_to_vnode; /* owned */
    uint32_t num_vcpus;
    uint32_t *distances; /* owned; num_vnodes rows of num_vnodes */
} vnuma__layout;

void vnuma__layout_init(vnuma__layout *layout);
void vnuma__layout_dispose(vnuma__layout *layout);
/* Gives the arrays their lengths, all zeroes.  0 or VNUMA_ERROR_NOMEM. */
int vnuma__layout_alloc(vnuma__layout *layout, uint32_t num_vmemranges,
                        uint32_t num_vnodes, uint32_t num_vcpus);

/*
 * Fills the ranges as libxl does: one vnode behind the other, around a hole
 * from @hole_start to 4 GiB.
 * @layout: with num_vnodes of at least one; its other ranges are forgotten
 * @sizes:  bytes of each vnode
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__layout_derive(vnuma__layout *layout, const uint64_t *sizes,
                         uint64_t hole_start);

/*
 * Gives the ranges to vnodes anew if that keeps more 1 GiB pages whole, or as
 * many and more of 2 MiB; see layout_gather.c for how many.  Sizes stay, as
 * does what is memory at all; vnode 0 keeps the first MiB.  At most three
 * ranges a vnode and 16 more.
 * @changed_r: whether they are other ranges than before
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG as
 * vnuma__extent_plan_build().
 */
int vnuma__layout_gather(vnuma__layout *layout, bool vga_hole,
                         bool *changed_r);

/* The large pages that the ranges can be made of; both may be 0. */
void vnuma__layout_count(const vnuma__layout *layout, bool vga_hole,
                         uint64_t *num_1g_r, uint64_t *num_2m_r);

/* Whether what borders there may be one extent: both go to the same place. */
bool vnuma__is_same_place(const vnuma__layout *layout, uint32_t vnode,
                          uint32_t other);
/* Whether the ranges are whole pages, ascending and of vnodes that exist. */
bool vnuma__layout_is_sane(const vnuma__layout *layout);

/* The largest vcpu of any vnode, plus one. */
uint32_t vnuma__plan_num_vcpus(const vnuma_plan *plan);

/*
 * vnuma__layout_of_plan - the ranges that libxl would derive from a plan
 * @lowmem_end, @highmem_end: guest-physical ends of RAM below the MMIO hole
 *         and above 4 GiB (0: none there)
 *
 * What RAM is short of the plan's sum (video RAM) is taken from vnode 0.
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when the plan has less
 * memory than there is RAM or vnode 0 has none left.
 */
int vnuma__layout_of_plan(const vnuma_plan *plan, uint64_t lowmem_end,
                          uint64_t highmem_end, vnuma__layout *layout_r);

/* Guest frame numbers of extents that all have one order. */
typedef struct {
    uint64_t *gfns; /* owned */
    uint64_t num_gfns, max_gfns;
} vnuma__extents;

void vnuma__extents_dispose(vnuma__extents *extents);
/* 0 or VNUMA_ERROR_NOMEM. */
int vnuma__extents_add(vnuma__extents *extents, uint64_t gfn);

/* All that is to be populated on one pnode: an index for each order. */
enum { VNUMA__1G, VNUMA__2M, VNUMA__4K, VNUMA__NUM_ORDERS };
extern const unsigned int vnuma__orders[VNUMA__NUM_ORDERS];

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

/* ---- place.c --------------------------------------------------------------- */

/* As vnuma_place_format(), ";" between; "" for none, NULL: no memory. */
char *vnuma__places_format(const vnuma_place *places, unsigned int num);

#endif
