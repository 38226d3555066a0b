/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Easier problems for guests whose vnodes must share pnodes: every placement
 * of the guest is one of the easier problem too and costs no less, so what is
 * the best there can be no better here.
 */
#include "config.h"

#include "search/search.h"

#include <string.h>

static uint64_t smallest_need(const vnuma__problem *problem)
{
    uint64_t least = problem->need[0];
    unsigned int v;

    for (v = 1; v < problem->num_vnodes; v++)
        if (problem->need[v] < least)
            least = problem->need[v];
    return least;
}

static uint64_t allowed_to_any(const vnuma__problem *problem)
{
    uint64_t any = 0;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++)
        any |= problem->allowed[v];
    return any;
}

void vnuma__relax_sizes(vnuma__problem *problem)
{
    /* More cannot meet on one pnode when so many are used. */
    int64_t most = (int64_t)(problem->num_vnodes - problem->num_used) + 1;
    uint64_t least = smallest_need(problem);
    unsigned int v, p;

    for (v = 0; v < problem->num_vnodes; v++)
        problem->need[v] = least;
    vnuma__problem_use(problem, problem->num_used);
    for (p = 0; least && p < problem->num_pnodes; p++) {
        int64_t num = problem->room[p] / (int64_t)least;

        problem->room[p] = (num < most ? num : most) * (int64_t)least;
    }
}

/* ---- one vnode of each pnode ---------------------------------------------------- */

void vnuma__relax_sharing(vnuma__problem *problem)
{
    uint64_t least = smallest_need(problem), any = allowed_to_any(problem);
    unsigned int v, p;

    problem->num_vnodes = problem->num_used;
    for (v = 0; v < problem->num_vnodes; v++) {
        problem->need[v] = least;
        problem->pinned[v] = any;
        problem->vcpus[v] = 1;
    }
    for (p = 0; p < problem->num_pnodes; p++)
        problem->pcpus[p] = 1;
    problem->cpuless = 0;
    problem->num_devices = 0;
    vnuma__problem_use(problem, problem->num_used);
}

/* A vnode on p with one on each used pnode, p among them, at least. */
static uint64_t least_with_all(const vnuma__problem *problem, uint64_t any,
                               unsigned int p)
{
    uint64_t rest = any & ~vnuma__bit(p);
    uint64_t sum = vnuma__pair_cost(problem, 0, 1, p, p);
    int64_t costs[VNUMA__MAX_PNODES];
    unsigned int num = 0, num_others = problem->num_used - 1, i;

    while (rest)
        costs[num++] = (int64_t)vnuma__pair_cost(problem, 0, 1, p,
                                                 vnuma__take_lowest(&rest));
    if (num_others < num)
        vnuma__sort(costs, num);
    for (i = 0; i < num_others && i < num; i++)
        sum += (uint64_t)costs[i];
    return sum;
}

/* The same for each pnode; gives the smallest. */
static uint64_t find_with_all(const vnuma__problem *problem, uint64_t any,
                              uint64_t *with_all)
{
    uint64_t least = UINT64_MAX, rest = any;

    while (rest) {
        unsigned int p = vnuma__take_lowest(&rest);

        with_all[p] = least_with_all(problem, any, p);
        least = with_all[p] < least ? with_all[p] : least;
    }
    return least;
}

static uint64_t least_pair(const vnuma__problem *problem, uint64_t any)
{
    uint64_t least = UINT64_MAX, left = any, rest;

    while (left) {
        unsigned int p = vnuma__take_lowest(&left);

        for (rest = any; rest;) {
            uint64_t cost =
                vnuma__pair_cost(problem, 0, 1, p, vnuma__take_lowest(&rest));

            least = cost < least ? cost : least;
        }
    }
    return least;
}

static uint64_t num_beyond(const vnuma__problem *problem)
{
    return problem->num_vnodes - problem->num_used;
}

/* So many vnodes beyond one for each used pnode, all of them where it is least. */
static uint64_t least_beyond(const vnuma__problem *problem, uint64_t any,
                             uint64_t least)
{
    uint64_t num = num_beyond(problem);

    return num > 1
               ? num * least + num * (num - 1) / 2 * least_pair(problem, any)
               : num * least;
}

uint64_t vnuma__least_of_sharing(const vnuma__problem *problem)
{
    uint64_t with_all[VNUMA__MAX_PNODES], any = allowed_to_any(problem);

    if (!num_beyond(problem) || !any)
        return 0;
    return least_beyond(problem, any, find_with_all(problem, any, with_all));
}

uint64_t vnuma__too_dear_to_share(const vnuma__problem *problem,
                                  uint64_t apart, uint64_t most_cost)
{
    uint64_t with_all[VNUMA__MAX_PNODES], any = allowed_to_any(problem);
    uint64_t too_dear = 0, rest = any, least, all;

    if (!num_beyond(problem) || !any)
        return 0;
    least = find_with_all(problem, any, with_all);
    all = apart + least_beyond(problem, any, least);
    while (rest) {
        unsigned int p = vnuma__take_lowest(&rest);

        if (all + with_all[p] - least > most_cost)
            too_dear |= vnuma__bit(p);
    }
    return too_dear;
}
