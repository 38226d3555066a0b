/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other pnodes for interleaved memory.  The planner takes those that a guest
 * names; a guest that lands on another host, or on one that has less free
 * memory, names the ones it had, so somebody has to find it new ones.
 */
#include "config.h"

#include "run/landing.h"

#include <string.h>

#define CHUNK_MEMKB UINT64_C(2048) /* memory is dealt out in 2 MiB pages */

typedef struct {
    const vnuma_topology *topology;
    uint64_t free_memkb[VNUMA_MAX_PNODES]; /* by index; less what is dealt */
} spreader;

uint64_t landing_spread_memkb(uint64_t memkb, unsigned int num_pnodes)
{
    uint64_t chunks = (memkb + CHUNK_MEMKB - 1) / CHUNK_MEMKB;

    return (chunks + num_pnodes - 1) / num_pnodes * CHUNK_MEMKB;
}

static void keep_with_room(const spreader *s, const vnuma_membind *old,
                           uint64_t memkb, unsigned int num,
                           vnuma_membind *new)
{
    unsigned int i;

    for (i = 0; i < s->topology->num_pnodes && new->num_pnodes < num; i++)
        if (vnuma__membind_has(old, s->topology->pnodes[i].pnode) &&
            s->free_memkb[i] >= memkb)
            new->pnodes[new->num_pnodes++] = s->topology->pnodes[i].pnode;
}

/* The nearest to @near with room, of these the one with the most of it. */
static bool add_nearest(const spreader *s, uint32_t near, uint64_t memkb,
                        vnuma_membind *new)
{
    const vnuma_topology *topology = s->topology;
    unsigned int i, best = topology->num_pnodes;
    uint32_t distance, least = 0;

    for (i = 0; i < topology->num_pnodes; i++) {
        if (s->free_memkb[i] < memkb || !topology->pnodes[i].memkb ||
            vnuma__membind_has(new, topology->pnodes[i].pnode))
            continue;
        distance =
            vnuma_topology_distance(topology, near, topology->pnodes[i].pnode);
        if (best < topology->num_pnodes &&
            (distance > least ||
             (distance == least && s->free_memkb[i] <= s->free_memkb[best])))
            continue;
        best = i;
        least = distance;
    }
    if (best == topology->num_pnodes)
        return false;
    new->pnodes[new->num_pnodes++] = topology->pnodes[best].pnode;
    return true;
}

static bool spread_vnode(spreader *s, const vnuma_record *record, uint32_t v,
                         int more_pnodes, vnuma_membind *spread_r)
{
    const vnuma_membind *old = &record->layout.membinds[v];
    int wanted = (int)old->num_pnodes + more_pnodes;
    unsigned int i, num = wanted < 1 ? 1 : (unsigned int)wanted;
    uint64_t memkb = landing_spread_memkb(record->memkb[v], num);
    vnuma_membind new = { .policy = VNUMA_POLICY_INTERLEAVE };
    uint32_t near;

    if (num > s->topology->num_pnodes)
        return false;
    keep_with_room(s, old, memkb, num, &new);
    while (new.num_pnodes < num) {
        near = new.num_pnodes ? new.pnodes[0]
                              : record->layout.vnode_to_pnode[v];
        if (!add_nearest(s, near, memkb, &new))
            return false;
    }
    for (i = 0; i < s->topology->num_pnodes; i++)
        if (vnuma__membind_has(&new, s->topology->pnodes[i].pnode))
            s->free_memkb[i] -= memkb;
    *spread_r = new;
    return true;
}

bool landing_spread(const vnuma_record *record, const vnuma_topology *topology,
                    int more_pnodes, const landing_pnodes *given,
                    vnuma_membind *spread_r)
{
    spreader s = { .topology = topology };
    unsigned int i;
    uint32_t v;

    if (topology->num_pnodes > VNUMA_MAX_PNODES)
        return false;
    for (i = 0; i < topology->num_pnodes; i++)
        if (topology->pnodes[i].free_memkb != VNUMA_MEMKB_UNKNOWN)
            s.free_memkb[i] = topology->pnodes[i].free_memkb;
    for (v = 0; v < record->layout.num_vnodes; v++)
        if (landing_is_spread(record, v) && !given->spread[v].num_pnodes &&
            !spread_vnode(&s, record, v, more_pnodes, &spread_r[v]))
            return false;
    return true;
}
