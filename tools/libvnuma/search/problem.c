/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memory a guest needs where, and what a placement costs.
 *
 * Memory.  A pnode that is used must have free, in addition to the user's margin:
 *
 *   - the memory of the vnodes put there;
 *   - an equal share of what building costs (build_cost.c);
 *   - on the pnode of vnode 0, 4 MiB for what is there once per guest: special
 *     pages, the domain's and the vcpus' own structures.  Video RAM is a part
 *     of vnode 0's size already.
 *
 * Interleaved vnodes have an even share of their memory on each of their
 * pnodes, wherever they live; those that only prefer a pnode are placed as if
 * they were strict, and where that cannot be, as if they had no memory.
 *
 * Free memory that the host does not tell counts as none: a plan is a promise.
 */
#include "config.h"

#include "search/problem.h"

#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"
#include "guest/guest.h"
#include "host/topology.h"

#define CHUNK_MEMKB UINT64_C(2048)
#define UNKNOWN_DISTANCE 255u
#define MAX_VCPUS_PER_VNODE 4096u /* far above Xen, and no cost overflows */

/* ---- from config and host to numbers ----------------------------------------- */

unsigned int vnuma__pnode_index(const vnuma_topology *topology, uint64_t pnode)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        if (topology->pnodes[i].pnode == pnode)
            break;
    return i;
}

static uint64_t find_reserve(const vnuma_plan_options *options, uint32_t pnode)
{
    uint64_t memkb = 0;
    bool own = false;
    unsigned int i;

    for (i = 0; options && i < options->num_reserves; i++) {
        const vnuma_plan_reserve *reserve = &options->reserves[i];

        if (reserve->pnode == pnode) {
            memkb = reserve->memkb;
            own = true;
        } else if (reserve->pnode == VNUMA_PNODE_AUTO && !own) {
            memkb = reserve->memkb;
        }
    }
    return vnuma__clip_memkb(memkb);
}

/* Pnodes as they are next to what others take. */
static void take_others(vnuma__problem *problem,
                        const vnuma_topology *topology,
                        const vnuma_plan_options *options)
{
    unsigned int i, p;

    for (i = 0; options && i < options->num_taken; i++) {
        const vnuma_plan_taken *taken = &options->taken[i];

        p = vnuma__pnode_index(topology, taken->pnode);
        if (p == problem->num_pnodes)
            continue;
        problem->is_shared = true;
        problem->free[p] -=
            taken->memkb < problem->free[p] ? taken->memkb : problem->free[p];
        problem->pcpus[p] -= taken->num_vcpus < problem->pcpus[p]
                                 ? taken->num_vcpus
                                 : problem->pcpus[p];
    }
}

static void take_pnodes(vnuma__problem *problem,
                        const vnuma_topology *topology,
                        const vnuma_plan_options *options)
{
    unsigned int p, q;

    problem->num_pnodes = topology->num_pnodes;
    for (p = 0; p < problem->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];

        problem->free[p] = pnode->free_memkb == VNUMA_MEMKB_UNKNOWN
                               ? 0
                               : vnuma__clip_memkb(pnode->free_memkb);
        problem->reserve[p] = find_reserve(options, pnode->pnode);
        problem->pcpus[p] = vnuma_bitmap_count(&pnode->pcpus);
        if (!problem->pcpus[p])
            problem->cpuless |= vnuma__bit(p);
        for (q = 0; q < problem->num_pnodes; q++) {
            uint32_t distance =
                topology->distances[(size_t)p * problem->num_pnodes + q];

            problem->host[p][q] = distance < UNKNOWN_DISTANCE
                                      ? (uint16_t)distance
                                      : UNKNOWN_DISTANCE;
        }
    }
    take_others(problem, topology, options);
}

/* A device that the host knows no pnode of pulls the guest nowhere. */
static void take_devices(vnuma__problem *problem, const vnuma_config *config,
                         const vnuma_topology *topology)
{
    unsigned int i, j, p;

    for (i = 0; i < config->num_pcidevs && i < VNUMA_MAX_PCIDEVS; i++) {
        for (j = 0; j < topology->num_pcidevs; j++) {
            if (!vnuma__is_that_device(&config->pcidevs[i],
                                       &topology->pcidevs[j]))
                continue;
            p = vnuma__pnode_index(topology, topology->pcidevs[j].pnode);
            if (p == problem->num_pnodes)
                continue;
            problem->devices[p]++;
            problem->num_devices++;
            break; /* functions of one device are on one pnode */
        }
    }
}

static bool take_distances(vnuma__problem *problem, unsigned int v,
                           const vnuma_vnode *vnode)
{
    unsigned int w;

    if (!vnode->num_distances)
        return true;
    if (vnode->num_distances != problem->num_vnodes)
        return false;
    problem->has_stated[v] = true;
    problem->uniform = false;
    for (w = 0; w < problem->num_vnodes; w++) {
        uint64_t distance = vnode->distances[w].value;

        problem->stated[v][w] =
            distance < UINT16_MAX ? (uint16_t)distance : UINT16_MAX;
    }
    return true;
}

/* Wherever it lives, so much of it is there; rounded up to a 2 MiB page. */
static void deal_vnode(vnuma__problem *problem, unsigned int v,
                       const vnuma_policy_item *item,
                       const vnuma_topology *topology)
{
    uint64_t chunks =
        problem->guest[v] / CHUNK_MEMKB + !!(problem->guest[v] % CHUNK_MEMKB);
    uint64_t among = vnuma_bitmap_count(&item->pnodes);
    uint32_t pnode;
    unsigned int p;

    VNUMA_BITMAP_FOREACH(pnode, &item->pnodes)
    {
        p = vnuma__pnode_index(topology, pnode);
        if (p < problem->num_pnodes)
            problem->dealt[p] +=
                (chunks / among + !!(chunks % among)) * CHUNK_MEMKB;
    }
    problem->need[v] -= problem->guest[v];
}

/* Where its vcpus are next to some of its memory, if that can be. */
static void keep_near(vnuma__problem *problem, unsigned int v,
                      const vnuma_policy_item *item,
                      const vnuma_topology *topology)
{
    uint64_t near = 0;
    uint32_t pnode;
    unsigned int p;

    VNUMA_BITMAP_FOREACH(pnode, &item->pnodes)
    {
        p = vnuma__pnode_index(topology, pnode);
        if (p < problem->num_pnodes &&
            (problem->pcpus[p] || !problem->vcpus[v]))
            near |= vnuma__bit(p);
    }
    if (problem->pinned[v] & near)
        problem->pinned[v] &= near;
}

static void take_policy(vnuma__problem *problem, const vnuma_config *config,
                        unsigned int v, const vnuma_topology *topology)
{
    const vnuma_policy_item *item = vnuma__policy_of(config, v);

    if (!item)
        return;
    if (item->policy == VNUMA_POLICY_PREFERRED)
        problem->prefers |= vnuma__bit(v);
    if (item->policy != VNUMA_POLICY_INTERLEAVE)
        return;
    deal_vnode(problem, v, item, topology);
    keep_near(problem, v, item, topology);
}

static bool take_vnodes(vnuma__problem *problem, const vnuma_config *config,
                        const vnuma_topology *topology)
{
    unsigned int v, p;

    problem->num_vnodes = config->num_vnodes;
    problem->uniform = true;
    for (v = 0; v < problem->num_vnodes; v++) {
        const vnuma_vnode *vnode = &config->vnodes[v];

        problem->guest[v] = vnuma__clip_memkb(vnode->memkb.value);
        problem->need[v] = problem->guest[v] + (v ? 0 : VNUMA__SPECIAL_MEMKB);
        problem->vcpus[v] = vnuma_bitmap_count(&vnode->vcpus);
        if (problem->vcpus[v] > MAX_VCPUS_PER_VNODE)
            return false;
        problem->pinned[v] = vnuma__lowest_bits(problem->num_pnodes);
        if (vnode->pnode.value != VNUMA_PNODE_AUTO) {
            p = vnuma__pnode_index(topology, vnode->pnode.value);
            problem->pinned[v] = p < problem->num_pnodes ? vnuma__bit(p) : 0;
        }
        take_policy(problem, config, v, topology);
        if (!take_distances(problem, v, vnode))
            return false;
    }
    return true;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool vnuma__problem_init(vnuma__problem *problem, const vnuma_config *config,
                         const vnuma_topology *topology,
                         const vnuma_plan_options *options)
{
    uint64_t guest_memkb = 0, num_vcpus = 0;
    unsigned int v;

    memset(problem, 0, sizeof(*problem));
    if (!config->num_vnodes || config->num_vnodes > VNUMA_MAX_VNODES ||
        !topology->num_pnodes || topology->num_pnodes > VNUMA_MAX_PNODES)
        return false;
    take_pnodes(problem, topology, options);
    take_devices(problem, config, topology);
    if (!take_vnodes(problem, config, topology))
        return false;
    for (v = 0; v < problem->num_vnodes; v++) {
        guest_memkb += problem->guest[v];
        num_vcpus += problem->vcpus[v];
    }
    num_vcpus = larger(num_vcpus, config->vcpus.value);
    num_vcpus = larger(num_vcpus, config->maxvcpus.value);
    problem->build_vcpus = num_vcpus;
    problem->build_memkb = vnuma__build_memkb(guest_memkb, num_vcpus);
    return true;
}

void vnuma__problem_relax(vnuma__problem *problem)
{
    uint64_t rest = problem->prefers;

    while (rest) {
        unsigned int v = vnuma__take_lowest(&rest);

        problem->need[v] -= problem->guest[v];
    }
}

void vnuma__problem_use(vnuma__problem *problem, unsigned int num_used)
{
    unsigned int v, p;

    problem->num_used = num_used;
    problem->share_memkb = vnuma__build_share(problem->build_memkb, num_used);
    for (p = 0; p < problem->num_pnodes; p++)
        problem->room[p] = (int64_t)problem->free[p] -
                           (int64_t)(problem->reserve[p] +
                                     problem->share_memkb + problem->dealt[p]);
    for (v = 0; v < problem->num_vnodes; v++) {
        uint64_t allowed = problem->pinned[v];

        if (problem->vcpus[v])
            allowed &= ~problem->cpuless;
        for (p = 0; p < problem->num_pnodes; p++)
            if (problem->room[p] < (int64_t)problem->need[v])
                allowed &= ~vnuma__bit(p);
        problem->allowed[v] = allowed;
    }
}

/* ---- what a placement costs ------------------------------------------------------ */

static uint64_t overcommit(uint64_t num_vcpus, uint64_t num_pcpus)
{
    return num_vcpus > num_pcpus ? num_vcpus - num_pcpus : 0;
}

uint64_t vnuma__own_cost(const vnuma__problem *problem, unsigned int v,
                         unsigned int p)
{
    uint64_t cost = VNUMA__COST_OVERCOMMIT *
                    overcommit(problem->vcpus[v], problem->pcpus[p]);

    if (!problem->vcpus[v] && !(problem->cpuless & vnuma__bit(p)))
        cost += VNUMA__COST_MISPLACED;
    return cost;
}

static uint64_t direction_cost(const vnuma__problem *problem, unsigned int v,
                               unsigned int w, uint16_t distance)
{
    uint16_t stated = problem->stated[v][w];

    if (!problem->has_stated[v])
        return distance;
    return stated > distance ? stated - distance : distance - stated;
}

uint64_t vnuma__pair_cost(const vnuma__problem *problem, unsigned int v,
                          unsigned int w, unsigned int p, unsigned int q)
{
    return VNUMA__COST_DISTANCE *
           (direction_cost(problem, v, w, problem->host[p][q]) +
            direction_cost(problem, w, v, problem->host[q][p]));
}

uint64_t vnuma__device_cost(const vnuma__problem *problem, uint64_t used)
{
    uint64_t cost = 0;
    unsigned int at, p;

    for (at = 0; problem->num_devices && at < problem->num_pnodes; at++) {
        uint16_t nearest = UINT16_MAX;
        uint64_t rest = used;

        if (!problem->devices[at])
            continue;
        while (rest) {
            p = vnuma__take_lowest(&rest);
            if (problem->host[at][p] < nearest)
                nearest = problem->host[at][p];
        }
        cost += VNUMA__COST_DISTANCE * nearest * problem->devices[at];
    }
    return cost;
}

void vnuma__placement_measure(const vnuma__problem *problem,
                              vnuma__placement *placement)
{
    uint64_t num_vcpus[VNUMA__MAX_PNODES] = { 0 };
    int64_t left[VNUMA__MAX_PNODES];
    uint64_t cost = 0, used = 0, rest;
    unsigned int v, w, p;

    memcpy(left, problem->room, sizeof(left));
    for (v = 0; v < problem->num_vnodes; v++) {
        p = placement->pnode[v];
        used |= vnuma__bit(p);
        num_vcpus[p] += problem->vcpus[v];
        left[p] -= (int64_t)problem->need[v];
        if (!problem->vcpus[v] && !(problem->cpuless & vnuma__bit(p)))
            cost += VNUMA__COST_MISPLACED;
        for (w = v + 1; w < problem->num_vnodes; w++)
            cost += vnuma__pair_cost(problem, v, w, p, placement->pnode[w]);
    }
    cost += vnuma__device_cost(problem, used);
    placement->least = INT64_MAX;
    for (rest = used; rest;) {
        p = vnuma__take_lowest(&rest);
        cost += VNUMA__COST_OVERCOMMIT *
                overcommit(num_vcpus[p], problem->pcpus[p]);
        if (left[p] < placement->least)
            placement->least = left[p];
    }
    placement->cost = cost;
}

bool vnuma__placement_fits(const vnuma__problem *problem,
                           const vnuma__placement *placement)
{
    uint64_t used = 0;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++) {
        uint64_t bit = vnuma__bit(placement->pnode[v]);

        if (!(problem->allowed[v] & bit))
            return false;
        used |= bit;
    }
    return placement->least >= 0 &&
           (unsigned int)__builtin_popcountll(used) == problem->num_used;
}

static int compare(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return (a > b) - (a < b);
}

void vnuma__sort(int64_t *values, unsigned int num_values)
{
    if (num_values > 1)
        qsort(values, num_values, sizeof(*values), compare);
}
