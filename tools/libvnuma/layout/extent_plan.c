/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cuts guest-physical ranges into aligned extents.  xen/build/populate.c gives
 * them to the hypervisor, and decides what happens when it has no memory for
 * the large ones.
 */
#include "config.h"

#include "layout/extent_plan.h"

#include <stdlib.h>
#include <string.h>

void vnuma__extent_plan_init(vnuma__extent_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
}

static void dispose_set(vnuma__extent_set *set)
{
    unsigned int order;

    for (order = 0; order < VNUMA__NUM_ORDERS; order++)
        vnuma__extents_dispose(&set->extents[order]);
}

void vnuma__extent_plan_dispose(vnuma__extent_plan *plan)
{
    uint32_t i;

    for (i = 0; i < plan->num_sets; i++)
        dispose_set(&plan->sets[i]);
    free(plan->sets);
    vnuma__extent_plan_init(plan);
}

/*
 * Cuts the frames [start, end): the aligned middle becomes extents of this
 * order, what is before and after it is cut into the next smaller order.
 */
static int cut(vnuma__extent_set *set, unsigned int index, uint64_t start,
               uint64_t end)
{
    unsigned int order = vnuma__orders[index];
    uint64_t first, last, gfn;
    int rc;

    first = vnuma__align_up(start, order);
    last = end >> order << order;
    if (first >= last)
        return start < end ? cut(set, index + 1, start, end) : 0;

    rc = start < first ? cut(set, index + 1, start, first) : 0;
    if (rc)
        return rc;
    for (gfn = first; gfn < last; gfn += UINT64_C(1) << order) {
        rc = vnuma__extents_add(&set->extents[index], gfn);
        if (rc)
            return rc;
    }
    return last < end ? cut(set, index + 1, last, end) : 0;
}

/* Cuts the bytes [start, end), without the VGA hole if there is one. */
static int cut_around_hole(vnuma__extent_set *set, uint64_t start,
                           uint64_t end, bool vga_hole)
{
    uint64_t hole_start = vga_hole ? VNUMA__VGA_HOLE_START : end;
    uint64_t hole_end = vga_hole ? VNUMA__VGA_HOLE_END : end;
    uint64_t below = vnuma__min(end, hole_start);
    uint64_t above = start > hole_end ? start : hole_end;
    int rc = 0;

    if (start < below)
        rc = cut(set, VNUMA__1G, start >> VNUMA__PAGE_SHIFT,
                 below >> VNUMA__PAGE_SHIFT);
    if (!rc && above < end)
        rc = cut(set, VNUMA__1G, above >> VNUMA__PAGE_SHIFT,
                 end >> VNUMA__PAGE_SHIFT);
    return rc;
}

static vnuma__extent_set *set_of(vnuma__extent_plan *plan,
                                 const vnuma__layout *layout, uint32_t vnode)
{
    return vnuma__extent_set_find(
        plan, layout->vnode_to_pnode[vnode],
        vnuma__has_membind(layout, vnode, VNUMA_POLICY_PREFERRED)
            ? &layout->membinds[vnode]
            : NULL);
}

/* Cuts all runs whose first range is the vnode's. */
static int cut_vnode(const vnuma__layout *layout, uint32_t vnode,
                     bool vga_hole, vnuma__extent_set *set)
{
    uint32_t next = 0;
    int rc = 0;

    while (!rc && next < layout->num_vmemranges) {
        vnuma__vmemrange run = vnuma__layout_take_run(
            layout, layout->vmemranges, layout->num_vmemranges, &next);

        if (run.vnode == vnode)
            rc = cut_around_hole(set, run.start, run.end, vga_hole);
    }
    return rc;
}

static int deal_vnode(vnuma__extent_plan *plan, const vnuma__layout *layout,
                      uint32_t vnode, bool vga_hole)
{
    vnuma__extent_set whole = { .membind = NULL };
    int rc;

    rc = cut_vnode(layout, vnode, vga_hole, &whole);
    if (!rc)
        rc = vnuma__extent_set_deal(plan, &whole, &layout->membinds[vnode]);
    dispose_set(&whole);
    return rc;
}

static int fill_plan(vnuma__extent_plan *plan, const vnuma__layout *layout,
                     bool vga_hole)
{
    uint32_t vnode;
    int rc;

    for (vnode = 0; vnode < layout->num_vnodes; vnode++) {
        if (vnuma__has_membind(layout, vnode, VNUMA_POLICY_INTERLEAVE))
            rc = deal_vnode(plan, layout, vnode, vga_hole);
        else
            rc = cut_vnode(layout, vnode, vga_hole,
                           set_of(plan, layout, vnode));
        if (rc)
            return rc;
    }
    return 0;
}

int vnuma__extent_plan_build(const vnuma__layout *layout, bool vga_hole,
                             vnuma__extent_plan *plan_r)
{
    vnuma__extent_plan plan;
    int rc;

    vnuma__extent_plan_init(&plan);
    if (!vnuma__layout_is_sane(layout) ||
        layout->num_vnodes > VNUMA_MAX_VNODES)
        return VNUMA_ERROR_CONFIG;
    plan.sets = calloc(VNUMA__MAX_EXTENT_SETS, sizeof(*plan.sets));
    if (!plan.sets)
        return VNUMA_ERROR_NOMEM;
    rc = fill_plan(&plan, layout, vga_hole);
    if (!rc) {
        *plan_r = plan;
        vnuma__extent_plan_init(&plan);
    }
    vnuma__extent_plan_dispose(&plan);
    return rc;
}
