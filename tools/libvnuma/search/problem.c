/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a placement costs; the search asks the same of parts of one. */
#include "config.h"

#include "search/search.h"

#include <string.h>

vnuma__over vnuma__find_over(const vnuma__problem *problem, unsigned int p,
                             uint32_t vnodes)
{
    vnuma__over over = { 0, problem->knows_cores ? 0 : INT64_MIN / 2, false };
    bool is_counted = false;
    uint32_t i;

    for (i = 0; i < problem->num_pcpus[p]; i++) {
        const vnuma__pcpu *pcpu = &problem->pcpus[p][i];

        is_counted &= !pcpu->begins_core;
        if (!(pcpu->users & vnodes))
            continue;
        over.pcpus += (int64_t)pcpu->load - VNUMA__VCPU;
        over.cores += (int64_t)pcpu->load - (is_counted ? 0 : VNUMA__VCPU);
        over.is_mixed |= (pcpu->users & vnodes) != vnodes;
        is_counted = true;
    }
    return over;
}

int64_t vnuma__over_cost(vnuma__over over, uint64_t num_vcpus)
{
    int64_t load = (int64_t)num_vcpus * VNUMA__VCPU;
    int64_t pcpus = load + over.pcpus, cores = load + over.cores;

    if (!num_vcpus)
        return 0;
    return (pcpus > 0 ? pcpus * VNUMA__COST_PCPU : 0) +
           (cores > 0 ? cores : 0);
}

static int32_t direction_cost(const vnuma__problem *problem, unsigned int v,
                              unsigned int w, uint16_t distance)
{
    uint16_t stated = problem->stated[v][w];

    if (!problem->has_stated[v])
        return distance;
    return stated > distance ? stated - distance : distance - stated;
}

int32_t vnuma__pair_distance(const vnuma__problem *problem, unsigned int v,
                             unsigned int w, unsigned int p, unsigned int q)
{
    return direction_cost(problem, v, w, problem->host[p][q]) +
           direction_cost(problem, w, v, problem->host[q][p]);
}

int64_t vnuma__own_cost(const vnuma__problem *problem, unsigned int v,
                        unsigned int p)
{
    return problem->led_away[v][p] * VNUMA__COST_LED_AWAY +
           ((problem->misplaces >> v & 1) && !(problem->cpuless >> p & 1));
}

int64_t vnuma__device_cost(const vnuma__problem *problem, uint64_t used)
{
    int64_t cost = 0;
    unsigned int at, p;

    for (at = 0; at < problem->num_pnodes; at++) {
        uint16_t nearest = UINT16_MAX;

        for (p = 0; problem->devices[at] && p < problem->num_pnodes; p++)
            if ((used >> p & 1) && problem->host[at][p] < nearest)
                nearest = problem->host[at][p];
        cost += (int64_t)problem->devices[at] * nearest * VNUMA__COST_DISTANCE;
    }
    return cost;
}

/*
 * Puts memory on those of these pnodes that are nearest to p, in whole MiB of
 * what is left there.  Returns what has no place.
 */
static int64_t flow(const vnuma__problem *problem, unsigned int p,
                    uint64_t pnodes, int64_t memkb, int64_t *left,
                    uint64_t *used, uint64_t *flows_r)
{
    while (memkb) {
        unsigned int q, to = problem->num_pnodes;
        int64_t part = memkb;

        for (q = 0; q < problem->num_pnodes; q++)
            if ((pnodes >> q & 1) && left[q] >= 1024 &&
                (to == problem->num_pnodes ||
                 problem->host[p][q] < problem->host[p][to]))
                to = q;
        if (to == problem->num_pnodes)
            return memkb;
        if (part > left[to] - left[to] % 1024)
            part = left[to] - left[to] % 1024;
        left[to] -= part;
        memkb -= part;
        *used |= vnuma__bit(to);
        if (flows_r)
            flows_r[to] += (uint64_t)part;
    }
    return 0;
}

bool vnuma__measure(const vnuma__problem *problem, const uint8_t *pnode,
                    vnuma__cost *cost_r,
                    uint64_t (*flows_r)[VNUMA__MAX_PNODES])
{
    unsigned int num = problem->num_vnodes, v, w, p;
    vnuma__cost cost = { .shared = num, .taken = INT64_MIN };
    int64_t left[VNUMA__MAX_MEMORIES][VNUMA__MAX_PNODES];
    int64_t rest[VNUMA__MAX_VNODES];
    const uint8_t *memory = problem->memory;
    uint64_t used = 0, num_vcpus[VNUMA__MAX_PNODES] = { 0 };
    uint32_t vnodes[VNUMA__MAX_PNODES] = { 0 }; /* with vcpus, there */

    memcpy(left, problem->room,
           problem->has_pools ? sizeof(left) : sizeof(left[0]));
    for (v = 0; v < num; v++) {
        p = pnode[v];
        if (!(problem->allowed[v] >> p & 1))
            return false;
        used |= vnuma__bit(p);
        left[memory[v]][p] -= (int64_t)problem->need[v];
        if (left[memory[v]][p] < 0)
            return false;
        num_vcpus[p] += problem->vcpus[v];
        vnodes[p] |= (uint32_t)(problem->vcpus[v] != 0) << v;
    }
    cost.shared -= __builtin_popcountll(used);
    for (p = 0; p < problem->num_pnodes; p++)
        if (used >> p & 1) {
            left[0][p] -= (int64_t)problem->building[num - cost.shared];
            if (left[0][p] < 0)
                return false;
            cost.cpu += vnuma__over_cost(
                vnuma__find_over(problem, p, vnodes[p]), num_vcpus[p]);
        }
    cost.near = vnuma__device_cost(problem, used);
    for (v = 0; v < num; v++) {
        cost.moved +=
            problem->old[v] != VNUMA__NO_PNODE && problem->old[v] != pnode[v];
        cost.near += vnuma__own_cost(problem, v, pnode[v]);
        for (w = v + 1; w < num; w++)
            cost.near +=
                vnuma__pair_distance(problem, v, w, pnode[v], pnode[w]) *
                VNUMA__COST_DISTANCE;
        if (flows_r)
            memset(flows_r[v], 0, sizeof(flows_r[v]));
        rest[v] = flow(problem, pnode[v], vnuma__bit(pnode[v]),
                       (int64_t)problem->flows[v], left[memory[v]], &used,
                       flows_r ? flows_r[v] : NULL);
        cost.away += rest[v];
    }
    for (v = 0; v < num; v++)
        if (flow(problem, pnode[v],
                 problem->within[v] ? problem->within[v] : ~UINT64_C(0),
                 rest[v], left[memory[v]], &used, flows_r ? flows_r[v] : NULL))
            return false;
    for (p = 0; p < problem->num_pnodes; p++)
        if ((used >> p & 1) && -left[0][p] > cost.taken)
            cost.taken = -left[0][p];
    *cost_r = cost;
    return true;
}
