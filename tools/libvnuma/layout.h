/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's memory as the hypervisor needs it: guest-physical ranges that
 * belong to vnodes, and the extents to populate them with.  Pure.
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

typedef struct {
    uint32_t pnode;
    vnuma__extents extents[VNUMA__NUM_ORDERS];
} vnuma__share;

typedef struct {
    vnuma__share *shares; /* owned; in the order in which vnodes name them */
    uint32_t num_shares;
} vnuma__extent_plan;

void vnuma__extent_plan_init(vnuma__extent_plan *plan);
void vnuma__extent_plan_dispose(vnuma__extent_plan *plan);

/*
 * Cuts every range into the largest extents that are aligned and inside it.
 * @vga_hole: leave out [VNUMA__VGA_HOLE_START, VNUMA__VGA_HOLE_END)
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG for ranges that are
 * not whole pages, not ascending or of a vnode that does not exist.
 */
int vnuma__extent_plan_build(const vnuma__layout *layout, bool vga_hole,
                             vnuma__extent_plan *plan_r);

uint64_t vnuma__share_pages(const vnuma__share *share);

#endif
