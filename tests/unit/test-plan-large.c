/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner where brute force can not follow: what it must prove on machines
 * of many pnodes.
 */
#include "config.h"

#include "search/search.h"

#include "draw.h"
#include "tap.h"

/* 64 pnodes in sockets of eight; 32 vnodes in groups of four. */
static void invent_machine(vnuma__problem *problem)
{
    unsigned int v, w, p, q;

    memset(problem, 0, sizeof(*problem));
    problem->num_vnodes = 32;
    problem->num_pnodes = 64;
    for (p = 0; p < 64; p++) {
        problem->pcpus[p] = 16;
        problem->free[p] = 8000 + draw(16000);
        for (q = 0; q < 64; q++)
            problem->host[p][q] = p == q ? 10 : p / 8 == q / 8 ? 12 : 32;
    }
    for (v = 0; v < 32; v++) {
        problem->guest[v] = problem->need[v] = 4000 + draw(9) * 500;
        problem->vcpus[v] = 4;
        problem->pinned[v] = UINT64_MAX;
        problem->has_stated[v] = true;
        for (w = 0; w < 32; w++)
            problem->stated[v][w] = v == w ? 10 : v / 4 == w / 4 ? 20 : 31;
    }
}

/* Which socket has room for which group is known before trying it out. */
static void groups_on_sockets_are_proven(void)
{
    vnuma__problem problem;
    vnuma__result result;
    unsigned int i;

    seed = 20;
    for (i = 0; i < 20; i++) {
        invent_machine(&problem);
        REQUIRE(!vnuma__search(&problem, &result));
        CHECK(result.feasible);
        CHECK(result.optimal);
        CHECK(vnuma__placement_fits(&problem, &result.placement));
    }
}

/* And guests that state nothing, of so many vnodes on so many pnodes. */
static void invent_uniform(vnuma__problem *problem, unsigned int num_vnodes,
                           unsigned int num_pnodes)
{
    unsigned int v;

    invent_machine(problem);
    problem->num_vnodes = num_vnodes;
    problem->num_pnodes = num_pnodes;
    problem->uniform = true;
    memset(problem->has_stated, 0, sizeof(problem->has_stated));
    for (v = 0; v < num_vnodes; v++)
        problem->pinned[v] = vnuma__lowest_bits(num_pnodes);
}

/* Vnodes of different sizes, a pnode too few: those that cost the same are many. */
static void sharing_is_proven(void)
{
    vnuma__problem problem;
    vnuma__result result;
    unsigned int i, p;

    seed = 21;
    for (i = 0; i < 20; i++) {
        invent_uniform(&problem, 12, 16);
        for (p = 11; p < 16; p++)
            problem.free[p] = 2000;
        REQUIRE(!vnuma__search(&problem, &result));
        CHECK_UINT(problem.num_used, 11);
        CHECK_UINT(result.bound, result.placement.cost);
        CHECK(vnuma__placement_fits(&problem, &result.placement));
    }
}

/* One vnode on each pnode and what the others add is the whole cost. */
static void sharing_of_many_is_proven(void)
{
    vnuma__problem problem;
    vnuma__result result;
    unsigned int i, p, num_shared;

    seed = 22;
    for (i = 0; i < 20; i++) {
        num_shared = 1 + i % 2;
        invent_uniform(&problem, 32, 64);
        for (p = 32 - num_shared; p < 64; p++)
            problem.free[p] = 2000;
        for (p = 0; p < num_shared; p++)
            problem.free[p] = 24000;
        REQUIRE(!vnuma__search(&problem, &result));
        CHECK_UINT(problem.num_used, 32 - num_shared);
        CHECK_UINT(result.bound, result.placement.cost);
        CHECK(vnuma__placement_fits(&problem, &result.placement));
    }
}

/*
 * Too few pcpus hide what the others must add; a placement that costs what
 * vnodes of one size would is proven nevertheless, and memory comes next.
 */
static void sharing_of_pcpus_is_proven(void)
{
    vnuma__problem problem;
    vnuma__result result;
    unsigned int i, p, num_optimal = 0;

    seed = 23;
    for (i = 0; i < 20; i++) {
        invent_uniform(&problem, 11, 10);
        for (p = 0; p < 10; p++)
            problem.pcpus[p] = 2;
        REQUIRE(!vnuma__search(&problem, &result));
        num_optimal += result.optimal;
    }
    CHECK_UINT(num_optimal, 20);
}

static const tap_case cases[] = {
    TAP_CASE(groups_on_sockets_are_proven),
    TAP_CASE(sharing_is_proven),
    TAP_CASE(sharing_of_many_is_proven),
    TAP_CASE(sharing_of_pcpus_is_proven),
};

int main(void)
{
    return TAP_RUN(cases);
}
