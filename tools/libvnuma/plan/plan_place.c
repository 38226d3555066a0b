/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the memory of planned vnodes goes: by its policy, the pnodes that it
 * may be on, in order, and how much goes to each by what is free now.  Strict
 * memory comes first, then interleaved memory.  Then each preferred vnode
 * takes what its own pnode has, and only then what the nearest others have
 * left.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>

#include "guest/build_cost.h"
#include "guest/guest.h"
#include "search/problem.h"

#define PAGE_MEMKB UINT64_C(4)
/* The build counts pages; a plan for people uses MiB, so that sums agree. */
#define MIB_MEMKB UINT64_C(1024)

typedef struct {
    vnuma_plan *plan;
    const vnuma_topology *topology;
    int64_t room[VNUMA__MAX_PNODES]; /* KiB, by index; below 0: none */
} placer;

/* ---- places -------------------------------------------------------------------- */

/* The nearest pnode with memory that is not in @place yet. */
static const vnuma_pnode *find_nearest(const vnuma_topology *topology,
                                       const vnuma_place *place)
{
    const vnuma_pnode *nearest = NULL;
    uint32_t distance, least = 0;
    unsigned int i, j;

    for (i = 0; i < topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &topology->pnodes[i];

        for (j = 0; j < place->num_pnodes; j++)
            if (place->pnodes[j] == pnode->pnode)
                break;
        if (j < place->num_pnodes || !pnode->memkb)
            continue;
        distance =
            vnuma_topology_distance(topology, place->pnodes[0], pnode->pnode);
        if (nearest && distance >= least)
            continue;
        nearest = pnode;
        least = distance;
    }
    return nearest;
}

static void find_place(const vnuma_config *config,
                       const vnuma_topology *topology, unsigned int v,
                       vnuma_plan_vnode *vnode)
{
    const vnuma_policy_item *item = vnuma__policy_of(config, v);
    vnuma_place *place = &vnode->place;
    const vnuma_pnode *nearest;
    uint32_t pnode;

    place->policy = item ? item->policy : VNUMA_POLICY_STRICT;
    if (place->policy == VNUMA_POLICY_INTERLEAVE) {
        VNUMA_BITMAP_FOREACH(pnode, &item->pnodes)
            place->pnodes[place->num_pnodes++] = pnode;
        return;
    }
    place->pnodes[place->num_pnodes++] = vnode->pnode;
    while (place->policy == VNUMA_POLICY_PREFERRED &&
           (nearest = find_nearest(topology, place)))
        place->pnodes[place->num_pnodes++] = nearest->pnode;
}

/* ---- parts --------------------------------------------------------------------- */

static int add_part(placer *pl, vnuma_plan_vnode *vnode, uint32_t pnode,
                    uint64_t memkb)
{
    vnuma_plan_part *parts;

    parts = reallocarray(vnode->parts, vnode->num_parts + 1, sizeof(*parts));
    if (!parts)
        return VNUMA_ERROR_NOMEM;
    vnode->parts = parts;
    parts[vnode->num_parts++] = (vnuma_plan_part){ pnode, memkb };
    pl->room[vnuma__pnode_index(pl->topology, pnode)] -= (int64_t)memkb;
    return 0;
}

/* Equal parts in pages; the remainder goes to the first pnode. */
static int deal(placer *pl, vnuma_plan_vnode *vnode)
{
    const vnuma_place *place = &vnode->place;
    uint64_t share = vnode->memkb / place->num_pnodes / PAGE_MEMKB, first;
    unsigned int i;
    int rc = 0;

    share *= PAGE_MEMKB;
    first = vnode->memkb - share * (place->num_pnodes - 1);
    for (i = 0; i < place->num_pnodes && !rc; i++)
        rc = add_part(pl, vnode, place->pnodes[i], i ? share : first);
    return rc;
}

static uint64_t rest_of(const vnuma_plan_vnode *vnode)
{
    uint64_t rest = vnode->memkb;
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        rest -= vnode->parts[i].memkb;
    return rest;
}

/* Takes the room of the place's pnodes from @first up to, not with, @last. */
static int take(placer *pl, vnuma_plan_vnode *vnode, unsigned int first,
                unsigned int last)
{
    const vnuma_place *place = &vnode->place;
    uint64_t rest = rest_of(vnode), part;
    unsigned int i;
    int64_t room;
    int rc;

    for (i = first; i < last && i < place->num_pnodes && rest; i++) {
        room = pl->room[vnuma__pnode_index(pl->topology, place->pnodes[i])];
        part = room > 0 ? (uint64_t)room / MIB_MEMKB * MIB_MEMKB : 0;
        if (part > rest)
            part = rest;
        if (!part)
            continue;
        rc = add_part(pl, vnode, place->pnodes[i], part);
        if (rc)
            return rc;
        rest -= part;
    }
    return 0;
}

static int place_policy(placer *pl, vnuma_policy policy,
                        int (*put)(placer *pl, vnuma_plan_vnode *vnode))
{
    unsigned int v;
    int rc;

    for (v = 0; v < pl->plan->num_vnodes; v++) {
        if (pl->plan->vnodes[v].place.policy != policy)
            continue;
        rc = put(pl, &pl->plan->vnodes[v]);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_strict(placer *pl, vnuma_plan_vnode *vnode)
{
    return add_part(pl, vnode, vnode->pnode, vnode->memkb);
}

static int put_at_home(placer *pl, vnuma_plan_vnode *vnode)
{
    return take(pl, vnode, 0, 1);
}

static int put_elsewhere(placer *pl, vnuma_plan_vnode *vnode)
{
    return take(pl, vnode, 1, VNUMA_MAX_PNODES);
}

/* Room is what is left after building cost and the user's reserve. */
static void find_rooms(placer *pl, const vnuma__problem *problem)
{
    unsigned int p, v;

    for (p = 0; p < problem->num_pnodes; p++) {
        pl->room[p] = (int64_t)problem->free[p] - (int64_t)problem->reserve[p];
        for (v = 0; v < pl->plan->num_vnodes; v++)
            if (vnuma__pnode_index(pl->topology, pl->plan->vnodes[v].pnode) ==
                p) {
                pl->room[p] -= (int64_t)problem->share_memkb;
                break;
            }
    }
    p = vnuma__pnode_index(pl->topology, pl->plan->vnodes[0].pnode);
    pl->room[p] -= (int64_t)VNUMA__SPECIAL_MEMKB;
}

int vnuma__plan_place(vnuma_plan *plan, const vnuma_config *config,
                      const vnuma__problem *problem,
                      const vnuma_topology *topology)
{
    placer pl = { .plan = plan, .topology = topology };
    unsigned int v;
    int rc;

    for (v = 0; v < plan->num_vnodes; v++)
        find_place(config, topology, v, &plan->vnodes[v]);
    find_rooms(&pl, problem);
    rc = place_policy(&pl, VNUMA_POLICY_STRICT, put_strict);
    if (!rc)
        rc = place_policy(&pl, VNUMA_POLICY_INTERLEAVE, deal);
    if (!rc)
        rc = place_policy(&pl, VNUMA_POLICY_PREFERRED, put_at_home);
    if (!rc)
        rc = place_policy(&pl, VNUMA_POLICY_PREFERRED, put_elsewhere);
    return rc;
}

/* ---- what was found ------------------------------------------------------------ */

uint64_t vnuma__plan_unplaced(const vnuma_plan *plan, unsigned int v)
{
    return rest_of(&plan->vnodes[v]);
}

uint64_t vnuma__plan_memory_on(const vnuma_plan *plan, uint32_t pnode)
{
    uint64_t memkb = 0;
    unsigned int v, i;

    for (v = 0; v < plan->num_vnodes; v++)
        for (i = 0; i < plan->vnodes[v].num_parts; i++)
            if (plan->vnodes[v].parts[i].pnode == pnode)
                memkb += plan->vnodes[v].parts[i].memkb;
    return memkb;
}
