/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's memory as the hypervisor needs it: guest-physical ranges that
 * belong to vnodes (layout.c), and a better choice of ranges that splits fewer
 * large pages (layout_gather.c).  Pure.
 *
 *   0        640K   768K       2M            1G        lowmem_end   4G
 *   |  4K     | VGA |  4K      |   2M ...    |  1G ...   | MMIO hole | 1G ...
 *
 * A range starts and ends on a page.  In a guest with a device model nothing
 * is populated in the VGA hole: the device model fills it.
 */
#ifndef VNUMA_LAYOUT_H
#define VNUMA_LAYOUT_H

#include "base/objects.h"

/* ---- extents: aligned pieces of memory that Xen allocates as one -------- */

#define VNUMA__PAGE_SHIFT 12
#define VNUMA__PAGE_KB 4u
/* Orders of extents; Xen lets dom0 allocate at most 1 GiB at once. */
#define VNUMA__ORDER_4K 0u
#define VNUMA__ORDER_2M 9u
#define VNUMA__ORDER_1G 18u

/* Indices of the orders. */
enum { VNUMA__1G, VNUMA__2M, VNUMA__4K, VNUMA__NUM_ORDERS };
extern const unsigned int vnuma__orders[VNUMA__NUM_ORDERS];

static inline uint64_t vnuma__min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first frame from @gfn on at which an extent of that order may begin. */
static inline uint64_t vnuma__align_up(uint64_t gfn, unsigned int order)
{
    uint64_t mask = (UINT64_C(1) << order) - 1;

    return (gfn + mask) & ~mask;
}

/* Guest frame numbers of extents of one order. */
typedef struct {
    uint64_t *gfns; /* owned */
    uint64_t num_gfns;
} vnuma__extents;

void vnuma__extents_dispose(vnuma__extents *extents);
/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__extents_add(vnuma__extents *extents, uint64_t gfn);

/* ---- ranges ------------------------------------------------------------- */

#define VNUMA__VGA_HOLE_START UINT64_C(0xa0000)
#define VNUMA__VGA_HOLE_END UINT64_C(0xc0000)

/* Where memory goes on above the hole for devices. */
#define VNUMA__HIGHMEM_START (UINT64_C(1) << 32)

/*
 * As struct xen_vmemrange of xen/memory.h: guest-physical bytes [start, end).
 */
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
     * Owned; policy and pnodes of each vnode, which Xen is not told.  Without
     * pnodes: strict, on the vnode's pnode.
     */
    vnuma_membind *membinds;
    uint32_t num_vnodes;
    uint32_t *vcpu_to_vnode; /* owned */
    uint32_t num_vcpus;
    uint32_t *distances; /* owned; num_vnodes rows of num_vnodes */
} vnuma__layout;

void vnuma__layout_dispose(vnuma__layout *layout);
/* Allocates the arrays, zeroed.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__layout_alloc(vnuma__layout *layout, uint32_t num_vmemranges,
                        uint32_t num_vnodes, uint32_t num_vcpus);

/*
 * Makes the ranges as libxl does: one vnode after the other, around a hole
 * from @hole_start to 4 GiB.
 * @layout: has at least one vnode; its ranges are replaced
 * @sizes:  bytes of each vnode
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__layout_derive(vnuma__layout *layout, const uint64_t *sizes,
                         uint64_t hole_start);

/*
 * Assigns the ranges to vnodes again if that splits fewer 1 GiB pages, or as
 * many and fewer 2 MiB pages; layout_gather.c explains how many.  The sizes of
 * vnodes and the memory map stay the same; vnode 0 keeps the first MiB.  Makes
 * at most three ranges for each vnode and 16 more.
 * @changed_r: whether the ranges are others than before
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG as
 * vnuma__extent_plan_build().
 */
int vnuma__layout_gather(vnuma__layout *layout, bool vga_hole,
                         bool *changed_r);

/* Counts the large pages that fit in the ranges; both may be 0. */
void vnuma__layout_count(const vnuma__layout *layout, bool vga_hole,
                         uint64_t *num_1g_r, uint64_t *num_2m_r);

/* What a vnode has in ranges, in KiB. */
uint64_t vnuma__layout_memkb(const vnuma__layout *layout, uint32_t vnode);
/* Whether it is one of the membind's pnodes. */
bool vnuma__membind_has(const vnuma_membind *membind, uint32_t pnode);
/* A vnode's policy: strict if it has no pnodes for another. */
vnuma_policy vnuma__layout_policy(const vnuma__layout *layout, uint32_t vnode);
/* Whether any vnode has another policy than strict. */
bool vnuma__layout_has_policies(const vnuma__layout *layout);
/* A vnode's membind, with its pnodes. */
vnuma_membind vnuma__layout_membind(const vnuma__layout *layout, uint32_t v);
/* The same pnodes in the same order. */
bool vnuma__membinds_are_same(const vnuma_membind *a, const vnuma_membind *b);
/* Whether neighbouring ranges of both may be one extent. */
bool vnuma__is_same_membind(const vnuma__layout *layout, uint32_t vnode,
                            uint32_t other);
/*
 * Takes the range at *@next and those after it that continue it and have the
 * same policy and pnodes; *@next is then the range after them.
 */
vnuma__vmemrange vnuma__layout_take_run(const vnuma__layout *layout,
                                        uint32_t *next);
/* Whether the ranges are whole pages, ascending and of existing vnodes. */
bool vnuma__layout_is_sane(const vnuma__layout *layout);

/* Returns the largest vcpu of any vnode, plus one. */
uint32_t vnuma__plan_num_vcpus(const vnuma_plan *plan);

/*
 * vnuma__layout_of_plan - the ranges that libxl would make from a plan
 * @lowmem_end, @highmem_end: guest-physical ends of RAM below the MMIO hole
 *         and above 4 GiB (0: no RAM there)
 *
 * The RAM may be less than the plan's sum: the rest is video RAM, and is taken
 * from vnode 0.
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when the plan has less
 * memory than there is RAM or vnode 0 has none left.
 */
int vnuma__layout_of_plan(const vnuma_plan *plan, uint64_t lowmem_end,
                          uint64_t highmem_end, vnuma__layout *layout_r);

#endif
