/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner beside the ways of others, written from their published
 * descriptions: libxl looks at every subset of nodes of a size and keeps the
 * best; Nova takes host nodes in every order and keeps the first that fits.
 * Both are stopped after a tenth of a second.
 *
 * Hosts are sockets of nodes, as machines are; "any" hosts have distances at
 * random, as none has.  Free memory is at random always.
 */
#include "config.h"

#include "plan_search.h"

#include <inttypes.h>
#include <string.h>

#include "bench.h"

#define STOP_AFTER_US 1e5

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed =
        seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* ---- problems ------------------------------------------------------------------ */

typedef struct {
    const char *name;
    unsigned int num_vnodes, num_pnodes, per_socket, num_runs;
    bool any_distances, states, memory_only;
} bench_setup;

static void make_pnodes(vnuma__problem *problem, const bench_setup *setup)
{
    unsigned int p, q;

    for (p = 0; p < problem->num_pnodes; p++) {
        problem->free[p] = (UINT64_C(8) << 20) + draw(16 << 20);
        problem->pcpus[p] = 1024 / problem->num_pnodes;
        for (q = 0; q < p; q++) {
            uint16_t distance =
                p / setup->per_socket == q / setup->per_socket ? 12 : 32;

            if (setup->any_distances)
                distance = (uint16_t)(11 + draw(30));
            problem->host[p][q] = problem->host[q][p] = distance;
        }
        problem->host[p][p] = 10;
    }
}

static void make_vnodes(vnuma__problem *problem, const bench_setup *setup)
{
    unsigned int v, w;

    problem->uniform = !setup->states;
    for (v = 0; v < problem->num_vnodes; v++) {
        problem->guest[v] = (UINT64_C(4) << 20) + draw(9) * (512 << 10);
        problem->need[v] = problem->guest[v];
        problem->vcpus[v] = setup->memory_only && v % 2 ? 0 : 4;
        problem->pinned[v] = vnuma__lowest_bits(problem->num_pnodes);
        problem->has_stated[v] = setup->states;
        for (w = 0; setup->states && w < problem->num_vnodes; w++)
            problem->stated[v][w] = v == w ? 10 : v / 4 == w / 4 ? 12 : 32;
    }
}

static void make_problem(vnuma__problem *problem, const bench_setup *setup)
{
    memset(problem, 0, sizeof(*problem));
    problem->num_vnodes = setup->num_vnodes;
    problem->num_pnodes = setup->num_pnodes;
    make_pnodes(problem, setup);
    make_vnodes(problem, setup);
    problem->build_memkb = vnuma__build_memkb(
        (UINT64_C(6) << 20) * problem->num_vnodes, 4 * problem->num_vnodes);
}

/* ---- ours -------------------------------------------------------------------------- */

static void run_ours(const bench_setup *setup, double *times)
{
    unsigned int i, num_proven = 0, num_feasible = 0, num_gaps = 0;
    double largest_gap = 0, gap;
    vnuma__problem problem;
    vnuma__result result;
    char remark[128];

    for (i = 0; i < setup->num_runs; i++) {
        double start;

        make_problem(&problem, setup);
        start = bench_now();
        if (vnuma__search(&problem, &result))
            exit(EXIT_FAILURE);
        times[i] = bench_now() - start;
        num_feasible += result.feasible;
        num_proven += result.feasible ? result.optimal : !result.gave_up;
        if (!result.feasible || result.placement.cost == result.bound)
            continue;
        gap = 100.0 * (double)(result.placement.cost - result.bound) /
              (double)result.placement.cost;
        num_gaps++;
        largest_gap = gap > largest_gap ? gap : largest_gap;
    }
    snprintf(remark, sizeof(remark),
             "%u fit, %u proven, %u with a gap, largest %.2f %%", num_feasible,
             num_proven, num_gaps, largest_gap);
    bench_print(setup->name, times, setup->num_runs, remark);
}

/* ---- libxl: every subset of a size ---------------------------------------------------- */

static bool is_candidate(const vnuma__problem *problem, uint64_t subset)
{
    uint64_t memkb = 0, pcpus = 0, guest = 0, vcpus = 0;
    unsigned int v;

    while (subset) {
        unsigned int p = vnuma__take_lowest(&subset);

        memkb += problem->free[p];
        pcpus += problem->pcpus[p];
    }
    for (v = 0; v < problem->num_vnodes; v++) {
        guest += problem->guest[v];
        vcpus += problem->vcpus[v];
    }
    return memkb >= guest && pcpus >= vcpus;
}

static bool search_subsets(const vnuma__problem *problem)
{
    uint64_t subset = vnuma__lowest_bits(problem->num_vnodes), low, next;
    uint64_t end = vnuma__lowest_bits(problem->num_pnodes);
    double start = bench_now();
    unsigned int i = 0;

    /* All subsets with that many members, from the lowest number up. */
    while (subset <= end) {
        volatile bool is_one = is_candidate(problem, subset);

        (void)is_one;
        if (!(++i % 1024) && bench_now() - start > STOP_AFTER_US)
            return false;
        low = subset & -subset;
        next = subset + low;
        if (next < subset)
            break;
        subset = next | (((next ^ subset) >> 2) / low);
    }
    return true;
}

/* ---- Nova: host nodes in every order ---------------------------------------------------- */

typedef struct {
    const vnuma__problem *problem;
    uint8_t order[VNUMA__MAX_PNODES];
    uint64_t used;
    unsigned int num;
    double start;
    bool stopped;
} orders;

static bool fits_in_order(const orders *o)
{
    unsigned int v;

    for (v = 0; v < o->problem->num_vnodes; v++)
        if (!(o->problem->allowed[v] & vnuma__bit(o->order[v])))
            return false;
    return true;
}

static bool search_orders(orders *o, unsigned int depth)
{
    unsigned int p;

    if (depth == o->problem->num_vnodes) {
        if (!(++o->num % 1024) && bench_now() - o->start > STOP_AFTER_US)
            o->stopped = true;
        return fits_in_order(o);
    }
    for (p = 0; p < o->problem->num_pnodes && !o->stopped; p++) {
        if (o->used & vnuma__bit(p))
            continue;
        o->order[depth] = (uint8_t)p;
        o->used |= vnuma__bit(p);
        if (search_orders(o, depth + 1))
            return true;
        o->used &= ~vnuma__bit(p);
    }
    return false;
}

/* ---- all of them ---------------------------------------------------------------------- */

static void run_peers(const bench_setup *setup, double *times)
{
    unsigned int i, num = setup->num_runs < 20 ? setup->num_runs : 20;
    unsigned int num_stopped = 0;
    vnuma__problem problem;
    char remark[128];

    for (i = 0; i < num; i++) {
        double start;

        make_problem(&problem, setup);
        vnuma__problem_use(&problem, problem.num_vnodes);
        start = bench_now();
        num_stopped += !search_subsets(&problem);
        times[i] = bench_now() - start;
    }
    snprintf(remark, sizeof(remark), "subsets only; %u stopped", num_stopped);
    bench_print("  libxl's way", times, num, remark);

    num_stopped = 0;
    for (i = 0; i < num; i++) {
        orders o = { .problem = &problem };

        make_problem(&problem, setup);
        vnuma__problem_use(&problem, problem.num_vnodes);
        o.start = bench_now();
        search_orders(&o, 0);
        times[i] = bench_now() - o.start;
        num_stopped += o.stopped;
    }
    snprintf(remark, sizeof(remark), "first that fits; %u stopped",
             num_stopped);
    bench_print("  Nova's way", times, num, remark);
}

static const bench_setup setups[] = {
    { "2 vnodes, 2 pnodes", 2, 2, 1, 1000, false, false, false },
    { "8 vnodes, 8 pnodes", 8, 8, 4, 1000, false, false, false },
    { "8 vnodes, 8 pnodes, stated", 8, 8, 4, 1000, false, true, false },
    { "8 vnodes, 8 any pnodes", 8, 8, 4, 1000, true, false, false },
    { "8 vnodes, 8 any pnodes, stated", 8, 8, 4, 300, true, true, false },
    { "8 vnodes, 16 pnodes", 8, 16, 4, 1000, false, false, false },
    { "8 vnodes, 16 pnodes, stated", 8, 16, 4, 1000, false, true, false },
    { "8 vnodes, 16 any pnodes", 8, 16, 4, 300, true, false, false },
    { "8 vnodes, 16 any pnodes, stated", 8, 16, 4, 50, true, true, false },
    { "12 vnodes, 64 pnodes", 12, 64, 8, 200, false, false, false },
    { "32 vnodes, 64 pnodes", 32, 64, 8, 200, false, false, false },
    { "32 vnodes, 64 pnodes, stated", 32, 64, 8, 100, false, true, false },
    { "32 vnodes, 64 any pnodes", 32, 64, 8, 20, true, false, false },
    { "32 vnodes, 64 any pnodes, stated", 32, 64, 8, 20, true, true, false },
};

int main(void)
{
    static double times[1000];
    unsigned int i;

    printf(BENCH_HEADING);
    for (i = 0; i < sizeof(setups) / sizeof(setups[0]); i++) {
        seed = i + 1;
        run_ours(&setups[i], times);
        if (setups[i].any_distances || setups[i].states)
            continue;
        seed = i + 1;
        run_peers(&setups[i], times);
    }
    return EXIT_SUCCESS;
}
