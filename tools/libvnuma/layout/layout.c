/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest-physical ranges of vnodes, as a value. */
#include "config.h"

#include "layout/layout.h"

#include <stdlib.h>
#include <string.h>

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
    uint64_t max_gfns, *gfns;

    if (extents->num_gfns == extents->max_gfns) {
        max_gfns = extents->max_gfns ? extents->max_gfns * 2 : 64;
        gfns = reallocarray(extents->gfns, max_gfns, sizeof(*gfns));
        if (!gfns)
            return VNUMA_ERROR_NOMEM;
        extents->gfns = gfns;
        extents->max_gfns = max_gfns;
    }
    extents->gfns[extents->num_gfns++] = gfn;
    return 0;
}

void vnuma__layout_init(vnuma__layout *layout)
{
    memset(layout, 0, sizeof(*layout));
}

void vnuma__layout_dispose(vnuma__layout *layout)
{
    free(layout->vmemranges);
    free(layout->vnode_to_pnode);
    free(layout->membinds);
    free(layout->vcpu_to_vnode);
    free(layout->distances);
    vnuma__layout_init(layout);
}

/* calloc() of no items may return NULL, which is not a failure. */
static bool alloc_arrays(void *array_r, size_t num, size_t size)
{
    void *array = calloc(num, size);

    memcpy(array_r, &array, sizeof(array));
    return array || !num; /* cppcheck-suppress memleak ; array_r has it */
}

int vnuma__layout_alloc(vnuma__layout *layout, uint32_t num_vmemranges,
                        uint32_t num_vnodes, uint32_t num_vcpus)
{
    vnuma__layout new;

    vnuma__layout_init(&new);
    if (!alloc_arrays(&new.vmemranges, num_vmemranges,
                      sizeof(*new.vmemranges)) ||
        !alloc_arrays(&new.vnode_to_pnode, num_vnodes, sizeof(uint32_t)) ||
        !alloc_arrays(&new.membinds, num_vnodes, sizeof(*new.membinds)) ||
        !alloc_arrays(&new.vcpu_to_vnode, num_vcpus, sizeof(uint32_t)) ||
        !alloc_arrays(&new.distances, (size_t)num_vnodes * num_vnodes,
                      sizeof(uint32_t))) {
        vnuma__layout_dispose(&new);
        return VNUMA_ERROR_NOMEM;
    }
    new.num_vmemranges = num_vmemranges;
    new.num_vnodes = num_vnodes;
    new.num_vcpus = num_vcpus;
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

bool vnuma__is_interleaved(const vnuma__layout *layout, uint32_t vnode)
{
    return layout->membinds[vnode].policy == VNUMA_POLICY_INTERLEAVE &&
           layout->membinds[vnode].num_pnodes;
}

bool vnuma__is_preferred(const vnuma__layout *layout, uint32_t vnode)
{
    return layout->membinds[vnode].policy == VNUMA_POLICY_PREFERRED &&
           layout->membinds[vnode].num_pnodes;
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

/* Each interleaved vnode is dealt out evenly, so it is never merged. */
bool vnuma__is_same_membind(const vnuma__layout *layout, uint32_t vnode,
                            uint32_t other)
{
    if (vnode == other)
        return true;
    return !vnuma__is_interleaved(layout, vnode) &&
           !vnuma__is_interleaved(layout, other) &&
           layout->vnode_to_pnode[vnode] == layout->vnode_to_pnode[other] &&
           vnuma__is_preferred(layout, vnode) ==
               vnuma__is_preferred(layout, other);
}
