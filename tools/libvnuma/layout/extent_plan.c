/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cuts guest-physical ranges into aligned extents, and gives them to pnodes by
 * the vnode's policy.  Strict ones stay on their pnode; interleaved ones are
 * dealt out before anything of the host is known; preferred ones spill over
 * once each node's free memory is known.  xen/build/populate.c gives them to
 * the hypervisor, and decides what happens when it has no memory for the large
 * ones.
 */
#include "config.h"

#include "layout/extent_plan.h"

#include <stdlib.h>
#include <string.h>

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
    memset(plan, 0, sizeof(*plan));
}

/* ---- sets of extents ---------------------------------------------------- */

/* Where one goes on, the other may too. */
static bool is_alike(const vnuma_membind *a, const vnuma_membind *b)
{
    return !a || !b ? a == b : vnuma__membinds_are_same(a, b);
}

vnuma__extent_set *vnuma__extent_set_add(vnuma__extent_plan *plan,
                                         uint32_t pnode,
                                         const vnuma_membind *membind)
{
    vnuma__extent_set *set;

    if (plan->num_sets == VNUMA__MAX_EXTENT_SETS)
        return NULL;
    set = &plan->sets[plan->num_sets++];
    set->pnode = pnode;
    set->membind = membind;
    return set;
}

/* The extents for a pnode and membind, added if there are none; or NULL. */
static vnuma__extent_set *find_set(vnuma__extent_plan *plan, uint32_t pnode,
                                   const vnuma_membind *membind)
{
    uint32_t i;

    for (i = 0; i < plan->num_sets; i++)
        if (plan->sets[i].pnode == pnode &&
            is_alike(plan->sets[i].membind, membind))
            return &plan->sets[i];
    return vnuma__extent_set_add(plan, pnode, membind);
}

int vnuma__extent_set_split(vnuma__extent_set *set, unsigned int index,
                            uint64_t first)
{
    vnuma__extents *from = &set->extents[index];
    unsigned int order = vnuma__orders[index + 1];
    uint64_t pieces = UINT64_C(1) << (vnuma__orders[index] - order);
    uint64_t i, piece;
    int rc = 0;

    for (i = first; i < from->num_gfns; i++)
        for (piece = 0; piece < pieces && !rc; piece++)
            rc = vnuma__extents_add(&set->extents[index + 1],
                                    from->gfns[i] + (piece << order));
    if (!rc)
        from->num_gfns = first;
    return rc;
}

int vnuma__extent_set_move(vnuma__extent_set *from, unsigned int index,
                           uint64_t first, vnuma__extent_set *to)
{
    vnuma__extents *extents = &from->extents[index];
    uint64_t i;
    int rc = 0;

    for (i = first; i < extents->num_gfns && !rc; i++)
        rc = vnuma__extents_add(&to->extents[index], extents->gfns[i]);
    if (!rc)
        extents->num_gfns = first;
    return rc;
}

uint64_t vnuma__extent_set_pages(const vnuma__extent_set *set)
{
    uint64_t pages = 0;
    uint32_t i;

    for (i = 0; i < VNUMA__NUM_ORDERS; i++)
        pages += set->extents[i].num_gfns << vnuma__orders[i];
    return pages;
}

/* ---- interleave --------------------------------------------------------- */

/* Extent i goes to pnode i modulo the number of pnodes. */
static int deal_order(vnuma__extent_plan *plan, const vnuma__extents *extents,
                      unsigned int index, const vnuma_membind *membind)
{
    vnuma__extent_set *set;
    uint64_t i;
    int rc = 0;

    for (i = 0; i < extents->num_gfns && !rc; i++) {
        set = find_set(plan, membind->pnodes[i % membind->num_pnodes], NULL);
        rc = set ? vnuma__extents_add(&set->extents[index], extents->gfns[i])
                 : VNUMA_ERROR_NOMEM;
    }
    return rc;
}

/* ---- cutting ------------------------------------------------------------ */

/*
 * Cuts the frames [start, end): the aligned middle becomes extents of this
 * order, what is before and after it is cut into the next smaller order.
 */
static int cut(vnuma__extent_set *set, unsigned int index, uint64_t start,
               uint64_t end)
{
    unsigned int order;
    uint64_t first, last, gfn;
    int rc;

    if (start >= end)
        return 0;
    order = vnuma__orders[index];
    first = vnuma__align_up(start, order);
    last = end >> order << order;
    if (first >= last)
        return cut(set, index + 1, start, end);
    rc = cut(set, index + 1, start, first);
    for (gfn = first; gfn < last && !rc; gfn += UINT64_C(1) << order)
        rc = vnuma__extents_add(&set->extents[index], gfn);
    return rc ? rc : cut(set, index + 1, last, end);
}

/* Cuts the bytes [start, end), without the VGA hole if there is one. */
static int cut_around_hole(vnuma__extent_set *set, uint64_t start,
                           uint64_t end, bool vga_hole)
{
    uint64_t hole_start = vga_hole ? VNUMA__VGA_HOLE_START : end;
    uint64_t hole_end = vga_hole ? VNUMA__VGA_HOLE_END : end;
    uint64_t below = vnuma__min(end, hole_start);
    uint64_t above = start > hole_end ? start : hole_end;
    int rc;

    rc = cut(set, VNUMA__1G, start >> VNUMA__PAGE_SHIFT,
             below >> VNUMA__PAGE_SHIFT);
    return rc ? rc
              : cut(set, VNUMA__1G, above >> VNUMA__PAGE_SHIFT,
                    end >> VNUMA__PAGE_SHIFT);
}

/* Cuts all runs whose first range is the vnode's. */
static int cut_vnode(const vnuma__layout *layout, uint32_t vnode,
                     bool vga_hole, vnuma__extent_set *set)
{
    uint32_t next = 0;
    int rc = 0;

    while (!rc && next < layout->num_vmemranges) {
        vnuma__vmemrange run = vnuma__layout_take_run(layout, &next);

        if (run.vnode == vnode)
            rc = cut_around_hole(set, run.start, run.end, vga_hole);
    }
    return rc;
}

static int deal_vnode(vnuma__extent_plan *plan, const vnuma__layout *layout,
                      uint32_t vnode, bool vga_hole)
{
    const vnuma_membind *membind = &layout->membinds[vnode];
    vnuma__extent_set whole = { .membind = NULL };
    unsigned int index;
    uint64_t num;
    int rc = cut_vnode(layout, vnode, vga_hole, &whole);

    /* 1 GiB pages that would give one pnode more than another are split. */
    num = whole.extents[VNUMA__1G].num_gfns;
    if (!rc)
        rc = vnuma__extent_set_split(&whole, VNUMA__1G,
                                     num - num % membind->num_pnodes);
    for (index = 0; index < VNUMA__NUM_ORDERS && !rc; index++)
        rc = deal_order(plan, &whole.extents[index], index, membind);
    dispose_set(&whole);
    return rc;
}

int vnuma__extent_plan_build(const vnuma__layout *layout, bool vga_hole,
                             vnuma__extent_plan *plan_r)
{
    uint32_t vnode;
    int rc = 0;

    if (!vnuma__layout_is_sane(layout) ||
        layout->num_vnodes > VNUMA_MAX_VNODES)
        return VNUMA_ERROR_CONFIG;
    for (vnode = 0; vnode < layout->num_vnodes && !rc; vnode++) {
        vnuma_policy policy = vnuma__layout_policy(layout, vnode);
        bool spills = policy == VNUMA_POLICY_PREFERRED;
        vnuma__extent_set *set;

        if (policy == VNUMA_POLICY_INTERLEAVE) {
            rc = deal_vnode(plan_r, layout, vnode, vga_hole);
            continue;
        }
        set = find_set(plan_r, layout->vnode_to_pnode[vnode],
                       spills ? &layout->membinds[vnode] : NULL);
        rc = set ? cut_vnode(layout, vnode, vga_hole, set) : VNUMA_ERROR_NOMEM;
    }
    if (rc)
        vnuma__extent_plan_dispose(plan_r);
    return rc;
}

/* ---- preferred ---------------------------------------------------------- */

uint32_t vnuma__membind_next(const vnuma_membind *membind, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; membind && i + 1 < membind->num_pnodes; i++)
        if (membind->pnodes[i] == pnode)
            return membind->pnodes[i + 1];
    return VNUMA_PNODE_AUTO;
}

/* Moves exactly @pages pages, the last extents first. */
static int move_pages(vnuma__extent_set *from, vnuma__extent_set *to,
                      uint64_t pages)
{
    unsigned int index;
    uint64_t num;
    int rc;

    for (index = 0; index < VNUMA__NUM_ORDERS && pages; index++) {
        vnuma__extents *extents = &from->extents[index];
        unsigned int order = vnuma__orders[index];

        num = vnuma__min(pages >> order, extents->num_gfns);
        rc = vnuma__extent_set_move(from, index, extents->num_gfns - num, to);
        if (rc)
            return rc;
        pages -= num << order;
        if (!pages || !extents->num_gfns)
            continue;
        rc = vnuma__extent_set_split(from, index, extents->num_gfns - 1);
        if (rc)
            return rc;
    }
    return 0;
}

/* Moves what does not fit on a pnode to the next ones with free memory. */
static int spill_set(vnuma__extent_plan *plan, uint32_t index,
                     vnuma__rooms *rooms, uint64_t *excess)
{
    vnuma__extent_set *set = &plan->sets[index], *to;
    uint32_t pnode = set->pnode;
    uint64_t *room, part;
    int rc;

    while (*excess) {
        pnode = vnuma__membind_next(set->membind, pnode);
        if (pnode == VNUMA_PNODE_AUTO)
            return 0;
        room = vnuma__room_on(rooms, pnode);
        part = room ? vnuma__min(*room, *excess) : 0;
        if (!part)
            continue;
        to = find_set(plan, pnode, set->membind);
        if (!to)
            return 0;
        rc = move_pages(set, to, part);
        if (rc)
            return rc;
        *room -= part;
        *excess -= part;
    }
    return 0;
}

/* Takes free memory for a set; returns how many pages do not fit. */
static uint64_t take_room(const vnuma__extent_set *set, vnuma__rooms *rooms)
{
    uint64_t pages = vnuma__extent_set_pages(set);
    uint64_t *room = vnuma__room_on(rooms, set->pnode);
    uint64_t part = room ? vnuma__min(*room, pages) : 0;

    if (room)
        *room -= part;
    return pages - part;
}

/*
 * Strict sets take their memory first, then preferred ones on their own pnode;
 * what is left of these then spills over.
 */
int vnuma__extent_plan_spill(vnuma__extent_plan *plan, vnuma__rooms *rooms,
                             const vnuma__extent_set **short_r,
                             uint64_t *pages_r)
{
    uint64_t excess[VNUMA__MAX_EXTENT_SETS] = { 0 };
    uint32_t num_sets = plan->num_sets, i;
    unsigned int is_preferred;
    int rc;

    *short_r = NULL;
    for (is_preferred = 0; is_preferred <= 1; is_preferred++)
        for (i = 0; i < num_sets; i++)
            if (!plan->sets[i].membind == !is_preferred)
                excess[i] = take_room(&plan->sets[i], rooms);
    for (i = 0; i < num_sets; i++) {
        if (plan->sets[i].membind) {
            rc = spill_set(plan, i, rooms, &excess[i]);
            if (rc)
                return rc;
        }
        if (excess[i] && !*short_r) {
            *short_r = &plan->sets[i];
            *pages_r = excess[i];
        }
    }
    return 0;
}
