/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the memory of planned vnodes goes: by its policy, the pnodes that it
 * may be on, in order, and how much goes to each by what is free now; and what
 * that leaves on each pnode.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>

#include "guest/build_cost.h"

#define PAGE_MEMKB UINT64_C(4)

static int add_part(vnuma_plan_vnode *vnode, uint32_t pnode, uint64_t memkb)
{
    vnuma_plan_part *parts;

    parts = reallocarray(vnode->parts, vnode->num_parts + 1, sizeof(*parts));
    if (!parts)
        return VNUMA_ERROR_NOMEM;
    vnode->parts = parts;
    parts[vnode->num_parts++] = (vnuma_plan_part){ pnode, memkb };
    return 0;
}

/* Equal parts in pages; the remainder goes to the first pnode. */
static int interleave(vnuma_plan_vnode *vnode, const vnuma_bitmap *pnodes)
{
    uint64_t num = vnuma_bitmap_count(pnodes);
    uint64_t part = vnode->memkb / num / PAGE_MEMKB * PAGE_MEMKB;
    uint64_t memkb = vnode->memkb - part * (num - 1);
    uint32_t pnode;
    int rc;

    VNUMA_BITMAP_FOREACH(pnode, pnodes)
    {
        vnode->membind.pnodes[vnode->membind.num_pnodes++] = pnode;
        rc = add_part(vnode, pnode, memkb);
        if (rc)
            return rc;
        memkb = part;
    }
    return 0;
}

/* Its own pnode, and then all others with memory, the nearest first. */
static int prefer(vnuma_plan_vnode *vnode, const vnuma__model *m,
                  unsigned int home, const uint64_t *flows)
{
    uint64_t rest = vnuma__lowest_bits(m->problem.num_pnodes) & ~m->memoryless;
    const uint16_t *distances = m->problem.host[home];
    unsigned int p = home;
    int rc = 0;

    while (!rc) {
        uint64_t others;
        uint32_t number = m->topology->pnodes[p].pnode;

        rest &= ~vnuma__bit(p);
        vnode->membind.pnodes[vnode->membind.num_pnodes++] = number;
        if (flows[p])
            rc = add_part(vnode, number, flows[p]);
        if (!rest)
            break;
        others = rest;
        p = vnuma__take_lowest(&others);
        while (others) {
            unsigned int q = vnuma__take_lowest(&others);

            if (distances[q] < distances[p])
                p = q;
        }
    }
    return rc;
}

static int place_vnode(vnuma_plan_vnode *vnode, const vnuma__model *m,
                       unsigned int v, unsigned int home,
                       const uint64_t *flows)
{
    const vnuma_policy_item *item = vnuma__policy_of(m->config, v);

    vnode->membind.policy = item ? item->policy : VNUMA_POLICY_STRICT;
    switch (vnode->membind.policy) {
    case VNUMA_POLICY_INTERLEAVE:
        return interleave(vnode, &item->pnodes);
    case VNUMA_POLICY_PREFERRED:
        return prefer(vnode, m, home, flows);
    case VNUMA_POLICY_STRICT:
    default:
        vnode->membind.pnodes[vnode->membind.num_pnodes++] = vnode->pnode;
        return add_part(vnode, vnode->pnode, vnode->memkb);
    }
}

/* KiB of the guest on a pnode. */
static uint64_t memory_on(const vnuma_plan *plan, uint32_t pnode)
{
    uint64_t memkb = 0;
    unsigned int v, i;

    for (v = 0; v < plan->num_vnodes; v++)
        for (i = 0; i < plan->vnodes[v].num_parts; i++)
            if (plan->vnodes[v].parts[i].pnode == pnode)
                memkb += plan->vnodes[v].parts[i].memkb;
    return memkb;
}

static int fill_pnodes(vnuma_plan *plan, const vnuma__model *m,
                       const vnuma__result *result)
{
    uint64_t homes = 0;
    unsigned int p, v;

    for (v = 0; v < plan->num_vnodes; v++)
        homes |= vnuma__bit(result->pnode[v]);
    plan->pnodes = calloc(m->problem.num_pnodes, sizeof(*plan->pnodes));
    if (!plan->pnodes)
        return VNUMA_ERROR_NOMEM;
    for (p = 0; p < m->problem.num_pnodes; p++) {
        bool is_home = homes & vnuma__bit(p);
        vnuma_plan_pnode pnode = {
            .pnode = m->topology->pnodes[p].pnode,
            .free_memkb = m->free[p],
            .reserve_memkb = m->reserve[p],
        };

        if (m->memoryless & vnuma__bit(p))
            pnode.reserve_memkb = 0;
        else if (is_home)
            pnode.build_memkb = m->problem.building[vnuma__count(homes)];
        if (result->pnode[0] == p)
            pnode.build_memkb += VNUMA__SPECIAL_MEMKB;
        pnode.guest_memkb = memory_on(plan, pnode.pnode);
        if (is_home || pnode.guest_memkb)
            plan->pnodes[plan->num_pnodes++] = pnode;
    }
    return 0;
}

int vnuma__plan_place(vnuma_plan *plan, const vnuma__model *model,
                      const vnuma__result *result,
                      uint64_t (*flows)[VNUMA__MAX_PNODES])
{
    unsigned int v;
    int rc = 0;

    for (v = 0; v < plan->num_vnodes && !rc; v++)
        rc = place_vnode(&plan->vnodes[v], model, v, result->pnode[v],
                         flows[v]);
    return rc ? rc : fill_pnodes(plan, model, result);
}
