/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest-physical ranges of vnodes, as a value, and those that libxl makes:
 * one vnode after the other in the RAM of a guest's memory map.
 */
#include "config.h"

#include "layout/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

const unsigned int vnuma__orders[VNUMA__NUM_ORDERS] = {
    [VNUMA__1G] = VNUMA__ORDER_1G,
    [VNUMA__2M] = VNUMA__ORDER_2M,
    [VNUMA__4K] = VNUMA__ORDER_4K,
};

void vnuma__extents_dispose(vnuma__extents *extents)
{
    free(extents->gfns);
    memset(extents, 0, sizeof(*extents));
}

int vnuma__extents_add(vnuma__extents *extents, uint64_t gfn)
{
    if (!VNUMA__GROW(extents->gfns, extents->num_gfns))
        return VNUMA_ERROR_NOMEM;
    extents->gfns[extents->num_gfns++] = gfn;
    return 0;
}

void vnuma__layout_dispose(vnuma__layout *layout)
{
    free(layout->vmemranges);
    free(layout->vnode_to_pnode);
    free(layout->membinds);
    free(layout->vcpu_to_vnode);
    free(layout->distances);
    memset(layout, 0, sizeof(*layout));
}

/* One more of each, as calloc() of no items may return NULL. */
int vnuma__layout_alloc(vnuma__layout *layout, uint32_t num_vmemranges,
                        uint32_t num_vnodes, uint32_t num_vcpus)
{
    vnuma__layout new = {
        .vmemranges = calloc(num_vmemranges + 1u, sizeof(*new.vmemranges)),
        .num_vmemranges = num_vmemranges,
        .vnode_to_pnode = calloc(num_vnodes + 1u, sizeof(uint32_t)),
        .membinds = calloc(num_vnodes + 1u, sizeof(*new.membinds)),
        .num_vnodes = num_vnodes,
        .vcpu_to_vnode = calloc(num_vcpus + 1u, sizeof(uint32_t)),
        .num_vcpus = num_vcpus,
        .distances =
            calloc((size_t)num_vnodes * num_vnodes + 1, sizeof(uint32_t)),
    };

    if (!new.vmemranges || !new.vnode_to_pnode || !new.membinds ||
        !new.vcpu_to_vnode || !new.distances) {
        vnuma__layout_dispose(&new);
        return VNUMA_ERROR_NOMEM;
    }
    vnuma__layout_dispose(layout);
    *layout = new;
    return 0;
}

bool vnuma__layout_is_sane(const vnuma__layout *layout)
{
    uint64_t page_mask = (UINT64_C(1) << VNUMA__PAGE_SHIFT) - 1, next = 0;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        const vnuma__vmemrange *range = &layout->vmemranges[i];

        if (range->vnode >= layout->num_vnodes || range->start < next ||
            range->end < range->start ||
            ((range->start | range->end) & page_mask))
            return false;
        next = range->end;
    }
    return true;
}

uint64_t vnuma__layout_memkb(const vnuma__layout *layout, uint32_t vnode)
{
    uint64_t bytes = 0;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++)
        if (layout->vmemranges[i].vnode == vnode)
            bytes += layout->vmemranges[i].end - layout->vmemranges[i].start;
    return bytes / 1024;
}

bool vnuma__membind_has(const vnuma_membind *membind, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < membind->num_pnodes; i++)
        if (membind->pnodes[i] == pnode)
            return true;
    return false;
}

vnuma_policy vnuma__layout_policy(const vnuma__layout *layout, uint32_t vnode)
{
    const vnuma_membind *membind = &layout->membinds[vnode];

    return membind->num_pnodes ? membind->policy : VNUMA_POLICY_STRICT;
}

bool vnuma__layout_has_policies(const vnuma__layout *layout)
{
    uint32_t v;

    for (v = 0; v < layout->num_vnodes; v++)
        if (layout->membinds[v].policy != VNUMA_POLICY_STRICT)
            return true;
    return false;
}

vnuma_membind vnuma__layout_membind(const vnuma__layout *layout, uint32_t v)
{
    const vnuma_membind strict = {
        .pnodes = { layout->vnode_to_pnode[v] },
        .num_pnodes = 1,
    };

    return layout->membinds[v].num_pnodes ? layout->membinds[v] : strict;
}

bool vnuma__membinds_are_same(const vnuma_membind *a, const vnuma_membind *b)
{
    return a->num_pnodes == b->num_pnodes &&
           !memcmp(a->pnodes, b->pnodes, a->num_pnodes * sizeof(*a->pnodes));
}

/* Each interleaved vnode is dealt out evenly, so it is never merged. */
bool vnuma__is_same_membind(const vnuma__layout *layout, uint32_t vnode,
                            uint32_t other)
{
    vnuma_policy policy = vnuma__layout_policy(layout, vnode);

    return vnode == other ||
           (policy != VNUMA_POLICY_INTERLEAVE &&
            policy == vnuma__layout_policy(layout, other) &&
            layout->vnode_to_pnode[vnode] == layout->vnode_to_pnode[other] &&
            (policy == VNUMA_POLICY_STRICT ||
             vnuma__membinds_are_same(&layout->membinds[vnode],
                                      &layout->membinds[other])));
}

vnuma__vmemrange vnuma__layout_take_run(const vnuma__layout *layout,
                                        uint32_t *next)
{
    const vnuma__vmemrange *ranges = layout->vmemranges;
    vnuma__vmemrange run = ranges[(*next)++];

    while (*next < layout->num_vmemranges && ranges[*next].start == run.end &&
           vnuma__is_same_membind(layout, run.vnode, ranges[*next].vnode))
        run.end = ranges[(*next)++].end;
    return run;
}

/* ---- as libxl does it --------------------------------------------------- */

int vnuma__layout_derive(vnuma__layout *layout, const uint64_t *sizes,
                         uint64_t hole_start)
{
    vnuma__vmemrange *ranges;
    uint64_t next = 0, left, part;
    uint32_t vnode, num = 0;

    /* The hole cuts one vnode in two. */
    ranges = calloc((size_t)layout->num_vnodes + 1, sizeof(*ranges));
    if (!ranges)
        return VNUMA_ERROR_NOMEM;
    for (vnode = 0; vnode < layout->num_vnodes; vnode++)
        for (left = sizes[vnode]; left; left -= part) {
            if (next == hole_start)
                next = VNUMA__HIGHMEM_START;
            part =
                next < hole_start ? vnuma__min(left, hole_start - next) : left;
            ranges[num++] = (vnuma__vmemrange){ next, next + part, vnode };
            next += part;
        }
    free(layout->vmemranges);
    layout->vmemranges = ranges;
    layout->num_vmemranges = num;
    return 0;
}

uint32_t vnuma__plan_num_vcpus(const vnuma_plan *plan)
{
    uint32_t vcpu, num = 0;
    unsigned int i;

    for (i = 0; i < plan->num_vnodes; i++)
        VNUMA_BITMAP_FOREACH(vcpu, &plan->vnodes[i].vcpus)
            if (vcpu >= num)
                num = vcpu + 1;
    return num;
}

int vnuma__layout_of_plan(const vnuma_plan *plan, uint64_t lowmem_end,
                          uint64_t highmem_end, vnuma__layout *layout_r)
{
    uint64_t sizes[VNUMA_MAX_VNODES] = { 0 }, ram = lowmem_end, planned = 0;
    uint32_t n = plan->num_vnodes, vnode, vcpu;
    int rc;

    if (highmem_end > VNUMA__HIGHMEM_START)
        ram += highmem_end - VNUMA__HIGHMEM_START;
    if (!n || n > VNUMA_MAX_VNODES)
        return VNUMA_ERROR_CONFIG;
    for (vnode = 0; vnode < n; vnode++) {
        sizes[vnode] = plan->vnodes[vnode].memkb << 10;
        planned += sizes[vnode];
    }
    if (planned < ram || planned - ram >= sizes[0])
        return VNUMA_ERROR_CONFIG;
    sizes[0] -= planned - ram; /* video RAM */

    rc = vnuma__layout_alloc(layout_r, 0, n, vnuma__plan_num_vcpus(plan));
    if (rc)
        return rc;
    for (vnode = 0; vnode < n; vnode++) {
        layout_r->vnode_to_pnode[vnode] = plan->vnodes[vnode].pnode;
        VNUMA_BITMAP_FOREACH(vcpu, &plan->vnodes[vnode].vcpus)
            layout_r->vcpu_to_vnode[vcpu] = vnode;
        memcpy(layout_r->distances + (size_t)vnode * n,
               plan->vnodes[vnode].distances, n * sizeof(uint32_t));
    }
    rc = vnuma__layout_derive(layout_r, sizes, lowmem_end);
    if (rc)
        vnuma__layout_dispose(layout_r);
    return rc;
}
