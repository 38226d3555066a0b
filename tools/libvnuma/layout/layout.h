/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's memory as the hypervisor needs it: guest-physical ranges that
 * belong to vnodes (layout.c), and whose they had better be so that large pages
 * stay whole (layout_gather.c).  Pure.
 *
 *   0        640K   768K       2M            1G        lowmem_end   4G
 *   |  4K     | VGA |  4K      |   2M ...    |  1G ...   | MMIO hole | 1G ...
 *
 * A range starts and ends on a page; a guest with a device model has nothing
 * populated in the VGA hole, which its device model fills itself.
 */
#ifndef VNUMA_LAYOUT_H
#define VNUMA_LAYOUT_H

#include "layout/extents.h"

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

/* Whether the layout has a place for the vnode, of that policy. */
bool vnuma__is_interleaved(const vnuma__layout *layout, uint32_t vnode);
bool vnuma__is_preferred(const vnuma__layout *layout, uint32_t vnode);
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

#endif
