/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner against brute force, on invented problems of every kind: tight
 * and roomy, alike and all different, with stated distances, pinned vnodes,
 * CPU-less pnodes, devices and too few pnodes.
 */
#include "config.h"

#include "search/search.h"

#include "draw.h"
#include "tap.h"

/* ---- invented problems -------------------------------------------------------- */

static uint16_t level_distance(unsigned int p, unsigned int q)
{
    if (p == q)
        return 10;
    if (p / 2 == q / 2)
        return 12;
    return p / 4 == q / 4 ? 20 : 32;
}

static void invent_distances(vnuma__problem *problem)
{
    unsigned int kind = draw(4), p, q;

    for (p = 0; p < problem->num_pnodes; p++) {
        for (q = 0; q < problem->num_pnodes; q++) {
            if (kind < 2)
                problem->host[p][q] =
                    p == q ? 10 : (uint16_t)(10 + draw(30));
            else if (kind == 2)
                problem->host[p][q] = level_distance(p, q);
            else
                problem->host[p][q] = p == q ? 10 : 20;
        }
    }
    for (p = 0; kind == 1 && p < problem->num_pnodes; p++)
        for (q = 0; q < p; q++)
            problem->host[p][q] = problem->host[q][p];
}

static void invent_pnodes(vnuma__problem *problem)
{
    bool are_equal = !draw(3);
    uint32_t spread = draw(2) ? 1000 : 3000;
    unsigned int p;

    for (p = 0; p < problem->num_pnodes; p++) {
        problem->free[p] = are_equal ? 900 : 200 + draw(spread);
        problem->pcpus[p] = draw(4) ? 2 + draw(2) * 2 : 0;
        if (!problem->pcpus[p])
            problem->cpuless |= vnuma__bit(p);
        if (!draw(10)) {
            problem->devices[p] = 1 + draw(2);
            problem->num_devices += problem->devices[p];
        }
    }
}

typedef enum {
    STATED_ANY,
    STATED_SYMMETRIC,
    STATED_GROUPS, /* many vnodes alike */
    STATED_COPIED, /* of the host: often nothing is left to pay */
} stated_kind;

static uint16_t invent_stated(const vnuma__problem *problem, stated_kind kind,
                              unsigned int v, unsigned int w)
{
    unsigned int m = problem->num_pnodes;

    switch (kind) {
    case STATED_ANY:
        break;
    case STATED_SYMMETRIC:
        return w < v ? problem->stated[w][v] : (uint16_t)(10 + draw(30));
    case STATED_GROUPS:
        return v / 3 == w / 3 ? 12 : 30;
    case STATED_COPIED:
        return problem->host[(v + 1) % m][(w + 1) % m];
    }
    return (uint16_t)(10 + draw(4) * 10);
}

static void invent_vnodes(vnuma__problem *problem)
{
    bool are_equal = draw(2), states = draw(2), all_state = draw(2);
    stated_kind kind = draw(4);
    uint32_t vcpus = draw(5);
    unsigned int n = problem->num_vnodes, v, w;

    problem->uniform = true;
    for (v = 0; v < n; v++) {
        bool is_flat = !draw(4);

        problem->guest[v] = are_equal ? 300 : 100 + draw(500);
        problem->need[v] = problem->guest[v] + (v ? 0 : draw(2) * 4);
        problem->vcpus[v] = draw(5) ? vcpus : draw(6);
        problem->pinned[v] = vnuma__lowest_bits(problem->num_pnodes);
        if (!draw(12))
            problem->pinned[v] = vnuma__bit(draw(problem->num_pnodes));
        if (!states || (!all_state && !draw(4)))
            continue;
        problem->has_stated[v] = true;
        problem->uniform = false;
        for (w = 0; w < n; w++)
            problem->stated[v][w] =
                v == w    ? 10
                : is_flat ? 20
                          : invent_stated(problem, kind, v, w);
    }
}

static void invent_sized(vnuma__problem *problem, unsigned int num_vnodes,
                         unsigned int num_pnodes)
{
    memset(problem, 0, sizeof(*problem));
    problem->num_vnodes = num_vnodes;
    problem->num_pnodes = num_pnodes;
    invent_distances(problem);
    invent_pnodes(problem);
    invent_vnodes(problem);
    problem->build_memkb = 40 + draw(100);
}

static void invent(vnuma__problem *problem, unsigned int most_vnodes,
                   unsigned int most_pnodes)
{
    unsigned int num_vnodes = 1 + draw(most_vnodes);

    invent_sized(problem, num_vnodes, 1 + draw(most_pnodes));
}

/* ---- brute force ----------------------------------------------------------------- */

static int compare(const vnuma__placement *a, const vnuma__placement *b,
                   unsigned int num_vnodes)
{
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    if (a->least != b->least)
        return a->least > b->least ? -1 : 1;
    return memcmp(a->pnode, b->pnode, num_vnodes);
}

/* The next one in dictionary order; false after the last. */
static bool advance(const vnuma__problem *problem, vnuma__placement *placement)
{
    unsigned int v = problem->num_vnodes;

    while (v--) {
        if (++placement->pnode[v] < problem->num_pnodes)
            return true;
        placement->pnode[v] = 0;
    }
    return false;
}

static bool try_all(vnuma__problem *problem, unsigned int num_used,
                    vnuma__placement *best)
{
    vnuma__placement placement;
    bool found = false;

    vnuma__problem_use(problem, num_used);
    memset(&placement, 0, sizeof(placement));
    do {
        vnuma__placement_measure(problem, &placement);
        if (vnuma__placement_fits(problem, &placement) &&
            (!found || compare(&placement, best, problem->num_vnodes) < 0)) {
            *best = placement;
            found = true;
        }
    } while (advance(problem, &placement));
    return found;
}

static bool try_all_used(vnuma__problem *problem, vnuma__placement *best)
{
    unsigned int num_used = problem->num_vnodes;

    if (problem->num_pnodes < num_used)
        num_used = problem->num_pnodes;
    for (; num_used; num_used--)
        if (try_all(problem, num_used, best))
            return true;
    return false;
}

/* ---- cases -------------------------------------------------------------------------- */

static unsigned int num_feasible, num_proven;

typedef void inventor(vnuma__problem *problem, unsigned int num_vnodes,
                      unsigned int num_pnodes);

static void compare_with_brute_force(inventor *make, uint64_t first_seed,
                                     unsigned int num, unsigned int num_vnodes,
                                     unsigned int num_pnodes)
{
    vnuma__problem problem, same;
    vnuma__placement best;
    vnuma__result result;
    unsigned int i;

    seed = first_seed;
    for (i = 0; i < num; i++) {
        bool feasible;

        make(&problem, num_vnodes, num_pnodes);
        same = problem;
        REQUIRE(!vnuma__search(&problem, &result));
        feasible = try_all_used(&same, &best);
        num_feasible += feasible;
        if (feasible != result.feasible) {
            TAP_DIAG("%u vnodes, %u pnodes, problem %u: feasible %d",
                     problem.num_vnodes, problem.num_pnodes, i, feasible);
            CHECK(feasible == result.feasible);
            return;
        }
        if (!feasible)
            continue;
        CHECK_UINT(problem.num_used, same.num_used);
        if (!result.optimal && problem.num_pnodes > 16) {
            CHECK(result.bound <= best.cost);
            CHECK(result.placement.cost >= best.cost);
            continue;
        }
        num_proven++;
        CHECK(result.optimal);
        CHECK(result.in_order);
        CHECK_UINT(result.bound, best.cost);
        CHECK_UINT(result.placement.cost, best.cost);
        CHECK_INT(result.placement.least, best.least);
        CHECK(!memcmp(result.placement.pnode, best.pnode,
                      problem.num_vnodes));
        if (tap_failed) {
            TAP_DIAG("%u vnodes, %u pnodes, problem %u", problem.num_vnodes,
                     problem.num_pnodes, i);
            return;
        }
    }
}

/* Sockets of several pnodes, as a ring; nothing stated; memory is tight. */
static void invent_sockets(vnuma__problem *problem, unsigned int num_vnodes,
                           unsigned int num_pnodes)
{
    unsigned int per_socket = 2 + draw(2), m = num_pnodes, p, q;
    unsigned int num = (m + per_socket - 1) / per_socket;

    invent_sized(problem, num_vnodes, num_pnodes);
    for (p = 0; p < m; p++) {
        for (q = 0; q < m; q++) {
            unsigned int s = p / per_socket, t = q / per_socket;
            unsigned int apart = s > t ? s - t : t - s;

            if (apart > num - apart)
                apart = num - apart;
            problem->host[p][q] =
                p == q ? 10 : (uint16_t)(apart ? 11 + 10 * apart : 12);
        }
    }
    if (draw(2)) {
        problem->num_devices = 0;
        memset(problem->devices, 0, sizeof(problem->devices));
    }
    problem->uniform = true;
    memset(problem->has_stated, 0, sizeof(problem->has_stated));
}

/*
 * Every fourth pnode has memory alone, as has every fourth vnode, and what is
 * stated is the host's, but not quite.
 */
static void invent_memory(vnuma__problem *problem, unsigned int num_vnodes,
                          unsigned int num_pnodes)
{
    unsigned int v, w, p, q;

    invent_sized(problem, num_vnodes, num_pnodes);
    problem->cpuless = 0;
    for (p = 0; p < num_pnodes; p++) {
        problem->pcpus[p] = p % 4 < 3 ? 4 : 0;
        if (p % 4 == 3)
            problem->cpuless |= vnuma__bit(p);
        for (q = 0; q < num_pnodes; q++)
            problem->host[p][q] =
                p == q ? 10
                       : (uint16_t)((p / 4 == q / 4 ? 12 : 21) +
                                    (p % 4 == 3 || q % 4 == 3 ? 7 : 0));
    }
    problem->uniform = false;
    for (v = 0; v < num_vnodes; v++) {
        problem->vcpus[v] = v % 4 < 3 ? 4 : 0;
        problem->has_stated[v] = true;
        for (w = 0; w < v; w++)
            problem->stated[v][w] = problem->stated[w][v] =
                (uint16_t)(problem->host[v][w] + draw(5) - 1);
    }
}

static void no_placement_is_better_than_the_plan(void)
{
    compare_with_brute_force(invent, 1, 10000, 5, 5);
    compare_with_brute_force(invent, 2, 4000, 4, 8);
    compare_with_brute_force(invent, 3, 600, 6, 6);
    compare_with_brute_force(invent, 4, 60, 7, 7);
    compare_with_brute_force(invent, 5, 2000, 8, 3);
    compare_with_brute_force(invent, 6, 30, 6, 8);
    /* So many pnodes that memory is bisected; and four on many. */
    compare_with_brute_force(invent_sized, 11, 30, 3, 64);
    compare_with_brute_force(invent_sized, 12, 60, 4, 16);
    compare_with_brute_force(invent_sized, 13, 60, 6, 6);
    compare_with_brute_force(invent_sockets, 15, 400, 4, 8);
    compare_with_brute_force(invent_sockets, 16, 40, 5, 9);
    compare_with_brute_force(invent_memory, 17, 300, 4, 8);
    compare_with_brute_force(invent_memory, 18, 4, 4, 40);
    compare_with_brute_force(invent_memory, 19, 30, 5, 9);
    TAP_DIAG("%u of 17,614 had a placement, %u proven", num_feasible,
             num_proven);
    CHECK(num_feasible - num_proven < 20);
    CHECK(num_feasible > 8000);
}

/*
 * Few vnodes and pnodes have a walk of their own.  More pnodes, where nobody
 * can be, make it the other one's problem and change nothing else.
 */
static void both_walks_of_assignments_agree(void)
{
    vnuma__problem problem, other;
    vnuma__result a, b;
    unsigned int i, p, q, num = 0;

    seed = 14;
    for (i = 0; i < 400; i++) {
        invent_sized(&problem, 2 + draw(6), 7 + draw(10));
        other = problem;
        other.num_pnodes = 18;
        for (p = problem.num_pnodes; p < other.num_pnodes; p++)
            for (q = 0; q < p; q++)
                other.host[p][q] = other.host[q][p] = 10 + draw(30);
        REQUIRE(!vnuma__search(&problem, &a));
        REQUIRE(!vnuma__search(&other, &b));
        CHECK(a.feasible == b.feasible);
        if (!a.feasible || problem.uniform)
            continue;
        num++;
        CHECK(a.in_order && b.in_order);
        CHECK_UINT(a.bound, b.bound);
        CHECK(!memcmp(a.placement.pnode, b.placement.pnode,
                      problem.num_vnodes));
        if (tap_failed) {
            TAP_DIAG("%u vnodes, %u pnodes, problem %u", problem.num_vnodes,
                     problem.num_pnodes, i);
            return;
        }
    }
    CHECK(num > 100);
}

static void eight_by_eight_are_all_proven(void)
{
    vnuma__problem problem;
    vnuma__result result;
    unsigned int i, num = 0;

    seed = 7;
    for (i = 0; i < 300; i++) {
        invent(&problem, 8, 8);
        REQUIRE(!vnuma__search(&problem, &result));
        CHECK(!result.gave_up);
        CHECK(result.optimal == result.feasible);
        num += result.feasible;
    }
    CHECK(num > 100);
}

/* Swap the numbers of pnodes: what counts must not change. */
static void permute(const vnuma__problem *from, vnuma__problem *to,
                    const uint8_t *new_place)
{
    unsigned int m = from->num_pnodes, v, p, q;

    *to = *from;
    to->cpuless = 0;
    for (p = 0; p < m; p++) {
        unsigned int at = new_place[p];

        to->free[at] = from->free[p];
        to->pcpus[at] = from->pcpus[p];
        to->devices[at] = from->devices[p];
        if (from->cpuless >> p & 1)
            to->cpuless |= vnuma__bit(at);
        for (q = 0; q < m; q++)
            to->host[at][new_place[q]] = from->host[p][q];
    }
    for (v = 0; v < from->num_vnodes; v++) {
        to->pinned[v] = 0;
        for (p = 0; p < m; p++)
            if (from->pinned[v] >> p & 1)
                to->pinned[v] |= vnuma__bit(new_place[p]);
    }
}

static void renumbered_pnodes_have_plans_as_good(void)
{
    vnuma__problem problem, other;
    vnuma__result a, b;
    unsigned int i, p;

    seed = 8;
    for (i = 0; i < 500; i++) {
        uint8_t new_place[VNUMA__MAX_PNODES];

        invent(&problem, 6, 8);
        for (p = 0; p < problem.num_pnodes; p++) {
            unsigned int at = draw(p + 1);

            new_place[p] = new_place[at];
            new_place[at] = (uint8_t)p;
        }
        permute(&problem, &other, new_place);
        REQUIRE(!vnuma__search(&problem, &a));
        REQUIRE(!vnuma__search(&other, &b));
        REQUIRE(a.feasible == b.feasible);
        if (!a.feasible)
            continue;
        CHECK_UINT(problem.num_used, other.num_used);
        CHECK_UINT(a.placement.cost, b.placement.cost);
        CHECK_INT(a.placement.least, b.placement.least);
    }
}

static void more_free_memory_never_makes_it_worse(void)
{
    vnuma__problem problem, other;
    vnuma__result a, b;
    unsigned int i, p;

    seed = 9;
    for (i = 0; i < 500; i++) {
        invent(&problem, 6, 6);
        other = problem;
        for (p = 0; p < other.num_pnodes; p++)
            other.free[p] += draw(200);
        REQUIRE(!vnuma__search(&problem, &a));
        REQUIRE(!vnuma__search(&other, &b));
        if (!a.feasible)
            continue;
        REQUIRE(b.feasible);
        CHECK(other.num_used >= problem.num_used);
        CHECK(other.num_used > problem.num_used ||
              b.placement.cost <= a.placement.cost);
    }
}

/* Beyond what brute force can do: what is found fits, and bounds hold. */
static void large_problems_have_valid_answers(void)
{
    vnuma__problem problem, same;
    vnuma__result a, b;
    unsigned int i;

    seed = 10;
    for (i = 0; i < 40; i++) {
        invent(&problem, 16, 64);
        same = problem;
        REQUIRE(!vnuma__search(&problem, &a));
        if (!a.feasible)
            continue;
        CHECK(vnuma__placement_fits(&problem, &a.placement));
        CHECK(a.bound <= a.placement.cost);
        CHECK(!a.optimal || a.bound == a.placement.cost);
        if (i % 4)
            continue;
        REQUIRE(!vnuma__search(&same, &b));
        CHECK(!memcmp(a.placement.pnode, b.placement.pnode,
                      problem.num_vnodes));
    }
}

static const tap_case cases[] = {
    TAP_CASE(no_placement_is_better_than_the_plan),
    TAP_CASE(both_walks_of_assignments_agree),
    TAP_CASE(eight_by_eight_are_all_proven),
    TAP_CASE(renumbered_pnodes_have_plans_as_good),
    TAP_CASE(more_free_memory_never_makes_it_worse),
    TAP_CASE(large_problems_have_valid_answers),
};

int main(void)
{
    return TAP_RUN(cases);
}
