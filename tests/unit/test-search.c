/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search against brute force with a model of its own, term by term: random
 * problems with everything that makes one placement better than another.
 */
#include "config.h"

#include "search/search.h"

#include "vnuma.h"

#include "draw.h"
#include "heap.h"
#include "tap.h"

#define MIB 1024
#define MAX_PCPUS 6u

/* ---- random problems ---------------------------------------------------- */

static vnuma__pcpu pcpus[VNUMA__MAX_PNODES][MAX_PCPUS];

/* Of this problem: nothing but memory and devices tells pnodes apart. */
static bool is_calm;

static bool one_in(uint32_t n)
{
    return !draw(n);
}

static void draw_pcpus(vnuma__problem *problem, unsigned int p, bool is_empty)
{
    bool is_mixed = !is_calm && one_in(3), is_busy = !is_calm && one_in(2);
    unsigned int i;

    problem->pcpus[p] = pcpus[p];
    problem->num_pcpus[p] = is_empty ? 0 : 1 + draw(MAX_PCPUS);
    if (is_empty)
        problem->cpuless |= vnuma__bit(p);
    for (i = 0; i < problem->num_pcpus[p]; i++)
        pcpus[p][i] = (vnuma__pcpu){
            .users = is_mixed ? draw(1u << problem->num_vnodes) : UINT32_MAX,
            .load = !is_busy    ? 0
                    : one_in(3) ? draw(3000)
                                : 250,
            .begins_core = i % 2 == 0 || one_in(4),
        };
}

static void draw_pnodes(vnuma__problem *problem)
{
    unsigned int kind = draw(4), p, q;
    bool is_even = is_calm || one_in(3), has_devices = one_in(3);
    bool has_cpuless = !is_calm && one_in(3);

    problem->knows_cores = one_in(2);
    for (p = 0; p < problem->num_pnodes; p++) {
        problem->room[0][p] = 100 * MIB;
        if (!is_even)
            problem->room[0][p] = one_in(8) ? 0 : 40 * MIB + draw(100 * MIB);
        if (!is_calm && one_in(12))
            problem->room[0][p] = 0;
        draw_pcpus(problem, p, has_cpuless && one_in(3));
        if (has_devices && one_in(3))
            problem->devices[p] = 1 + draw(2);
        for (q = 0; q < problem->num_pnodes; q++)
            problem->host[p][q] = p == q           ? 10
                                  : kind == 0      ? (uint16_t)(10 + draw(30))
                                  : kind == 1      ? 20
                                  : p / 2 == q / 2 ? 12
                                                   : 32;
    }
    for (p = 1; p <= problem->num_pnodes; p++)
        problem->building[p] = (12 * MIB + p - 1) / p;
}

static bool may_run(const vnuma__problem *problem, unsigned int v,
                    unsigned int p)
{
    unsigned int i;

    for (i = 0; i < problem->num_pcpus[p]; i++)
        if (problem->pcpus[p][i].users >> v & 1)
            return true;
    return false;
}

static void draw_distances(vnuma__problem *problem)
{
    bool is_all = one_in(2), is_flat = one_in(3);
    unsigned int v, w;

    for (v = 0; v < problem->num_vnodes; v++) {
        problem->has_stated[v] = is_all || one_in(2);
        for (w = 0; w < problem->num_vnodes; w++)
            problem->stated[v][w] = v == w ? 10
                                    : is_flat || one_in(2)
                                        ? 21
                                        : (uint16_t)(10 + draw(40));
    }
}

static void draw_vnode(vnuma__problem *problem, unsigned int v, bool is_same)
{
    uint64_t all = vnuma__lowest_bits(problem->num_pnodes);
    unsigned int p;

    problem->need[v] = is_same ? 30 * MIB : draw(70 * MIB);
    problem->vcpus[v] = is_same && !one_in(3) ? 2 : draw(5);
    problem->old[v] = VNUMA__NO_PNODE;
    problem->allowed[v] =
        is_calm || !one_in(3) ? all : draw(1u << problem->num_pnodes);
    for (p = 0; p < problem->num_pnodes; p++) {
        if (problem->vcpus[v] && !may_run(problem, v, p))
            problem->allowed[v] &= ~vnuma__bit(p);
        if (!is_calm && !is_same && one_in(4))
            problem->led_away[v][p] = (uint16_t)draw(3);
    }
    if (!problem->vcpus[v] && one_in(2))
        problem->misplaces |= vnuma__bit(v);
}

/* Pages of another size, of which each pnode has its own. */
static void draw_pools(vnuma__problem *problem)
{
    unsigned int v, p;

    problem->has_pools = true;
    for (p = 0; p < problem->num_pnodes; p++)
        problem->room[1][p] = one_in(3) ? 0 : draw(120 * MIB);
    for (v = 0; v < problem->num_vnodes; v++) {
        problem->memory[v] = one_in(2);
        problem->within[v] = one_in(3) ? draw(1u << problem->num_pnodes) : 0;
    }
}

static void draw_problem(vnuma__problem *problem, unsigned int num_vnodes,
                         unsigned int num_pnodes)
{
    bool is_same = one_in(3), flows = one_in(4), has_old = one_in(4);
    unsigned int v;

    memset(problem, 0, sizeof(*problem));
    is_calm = one_in(4);
    problem->num_vnodes = num_vnodes;
    problem->num_pnodes = num_pnodes;
    draw_pnodes(problem);
    for (v = 0; v < num_vnodes; v++) {
        draw_vnode(problem, v, is_same && !one_in(4));
        if (flows && one_in(2))
            problem->flows[v] = draw(60 * MIB);
        if (has_old && !one_in(4))
            problem->old[v] = (uint8_t)draw(num_pnodes);
    }
    if (one_in(2))
        draw_distances(problem);
    if (!is_calm && one_in(4))
        draw_pools(problem);
}

/* ---- what a placement costs, from the description ----------------------- */

enum {
    MOVED,
    SHARED,
    PCPUS,
    CORES,
    AWAY,
    FAR,
    LED_AWAY,
    MISPLACED,
    TAKEN,
    TERMS
};

typedef struct {
    int64_t terms[TERMS];
    uint64_t flows[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];
} model;

static int64_t excess(int64_t a, int64_t b)
{
    return a > b ? a - b : 0;
}

static void model_cpus(const vnuma__problem *problem, const uint8_t *pnode,
                       unsigned int p, model *m)
{
    int64_t load = 0, num_pcpus = 0, num_cores = 0;
    bool is_used = false, is_new = true;
    uint32_t users = 0;
    unsigned int v, i;

    for (v = 0; v < problem->num_vnodes; v++)
        if (pnode[v] == p && problem->vcpus[v]) {
            is_used = true;
            users |= 1u << v;
            load += problem->vcpus[v] * 1000;
        }
    for (i = 0; i < problem->num_pcpus[p]; i++) {
        if (problem->pcpus[p][i].begins_core)
            is_new = true;
        if (!(problem->pcpus[p][i].users & users))
            continue;
        load += problem->pcpus[p][i].load;
        num_pcpus++;
        num_cores += is_new;
        is_new = false;
    }
    if (!is_used)
        return;
    m->terms[PCPUS] += excess(load, num_pcpus * 1000);
    if (problem->knows_cores)
        m->terms[CORES] += excess(load, num_cores * 1000);
}

/* One MiB, or what is left of the vnode's, after the other. */
static bool model_flow(const vnuma__problem *problem, unsigned int v,
                       const uint8_t *pnode, int64_t *left, bool *used,
                       bool is_home, model *m)
{
    uint64_t memkb = problem->flows[v];
    unsigned int q, to;

    for (q = 0; q < problem->num_pnodes; q++)
        memkb -= m->flows[v][q];
    while (memkb) {
        uint64_t part = memkb < MIB ? memkb : MIB;

        to = VNUMA__MAX_PNODES;
        for (q = 0; q < problem->num_pnodes; q++)
            if (left[q] >= MIB && (!is_home || q == pnode[v]) &&
                (is_home || !problem->within[v] ||
                 (problem->within[v] >> q & 1)) &&
                (to == VNUMA__MAX_PNODES ||
                 problem->host[pnode[v]][q] < problem->host[pnode[v]][to]))
                to = q;
        if (to == VNUMA__MAX_PNODES)
            return is_home;
        left[to] -= (int64_t)part;
        used[to] = true;
        m->flows[v][to] += part;
        memkb -= part;
    }
    return true;
}

static bool model_memory(const vnuma__problem *problem, const uint8_t *pnode,
                         bool *used, unsigned int num_used, model *m)
{
    int64_t left[2][VNUMA__MAX_PNODES];
    unsigned int v, p;

    for (p = 0; p < problem->num_pnodes; p++) {
        left[0][p] = problem->room[0][p];
        left[1][p] = problem->room[1][p];
        if (used[p])
            left[0][p] -= (int64_t)problem->building[num_used];
        for (v = 0; v < problem->num_vnodes; v++)
            if (pnode[v] == p)
                left[problem->memory[v]][p] -= (int64_t)problem->need[v];
        if (used[p] && (left[0][p] < 0 || left[1][p] < 0))
            return false;
    }
    for (v = 0; v < problem->num_vnodes; v++) {
        model_flow(problem, v, pnode, left[problem->memory[v]], used, true, m);
        m->terms[AWAY] += (int64_t)(problem->flows[v] - m->flows[v][pnode[v]]);
    }
    for (v = 0; v < problem->num_vnodes; v++)
        if (!model_flow(problem, v, pnode, left[problem->memory[v]], used,
                        false, m))
            return false;
    m->terms[TAKEN] = INT64_MIN;
    for (p = 0; p < problem->num_pnodes; p++)
        if (used[p] && -left[0][p] > m->terms[TAKEN])
            m->terms[TAKEN] = -left[0][p];
    return true;
}

static void model_distances(const vnuma__problem *problem,
                            const uint8_t *pnode, const bool *used, model *m)
{
    unsigned int v, w, p, q;

    for (v = 0; v < problem->num_vnodes; v++)
        for (w = 0; w < problem->num_vnodes; w++) {
            int64_t far = problem->host[pnode[v]][pnode[w]];

            if (problem->has_stated[v])
                far = llabs(far - problem->stated[v][w]);
            m->terms[FAR] += v == w ? 0 : far;
        }
    for (p = 0; p < problem->num_pnodes; p++) {
        int64_t nearest = INT64_MAX;

        for (q = 0; q < problem->num_pnodes; q++)
            if (used[q] && problem->host[p][q] < nearest)
                nearest = problem->host[p][q];
        if (problem->devices[p])
            m->terms[FAR] += problem->devices[p] * nearest;
    }
}

static bool model_measure(const vnuma__problem *problem, const uint8_t *pnode,
                          model *m)
{
    bool used[VNUMA__MAX_PNODES] = { false };
    unsigned int num_used = 0, v, p;

    memset(m->terms, 0, sizeof(m->terms));
    memset(m->flows, 0, problem->num_vnodes * sizeof(m->flows[0]));
    for (v = 0; v < problem->num_vnodes; v++) {
        p = pnode[v];
        if (!(problem->allowed[v] >> p & 1))
            return false;
        num_used += !used[p];
        used[p] = true;
        m->terms[MOVED] +=
            problem->old[v] != VNUMA__NO_PNODE && problem->old[v] != p;
        m->terms[LED_AWAY] += problem->led_away[v][p];
        m->terms[MISPLACED] +=
            (problem->misplaces >> v & 1) && !(problem->cpuless >> p & 1);
    }
    m->terms[SHARED] = problem->num_vnodes - num_used;
    model_distances(problem, pnode, used, m);
    for (p = 0; p < problem->num_pnodes; p++)
        model_cpus(problem, pnode, p, m);
    return model_memory(problem, pnode, used, num_used, m);
}

static vnuma__cost cost_of(const model *m)
{
    return (vnuma__cost){
        .moved = m->terms[MOVED],
        .shared = m->terms[SHARED],
        .cpu = m->terms[PCPUS] * VNUMA__COST_PCPU + m->terms[CORES],
        .away = m->terms[AWAY],
        .near = m->terms[FAR] * VNUMA__COST_DISTANCE +
                m->terms[LED_AWAY] * VNUMA__COST_LED_AWAY +
                m->terms[MISPLACED],
        .taken = m->terms[TAKEN],
    };
}

static bool is_better(const model *a, const model *b)
{
    unsigned int i;

    for (i = 0; i < TERMS; i++)
        if (a->terms[i] != b->terms[i])
            return a->terms[i] < b->terms[i];
    return false;
}

/* All placements in dictionary order; the first of the best. */
static bool try_all(const vnuma__problem *problem, uint8_t *best, model *m)
{
    uint8_t pnode[VNUMA__MAX_VNODES] = { 0 };
    bool is_found = false;
    unsigned int v;
    model now;

    do {
        if (model_measure(problem, pnode, &now) &&
            (!is_found || is_better(&now, m))) {
            is_found = true;
            *m = now;
            memcpy(best, pnode, sizeof(pnode));
        }
        for (v = problem->num_vnodes; v--;) {
            if (++pnode[v] < problem->num_pnodes)
                break;
            pnode[v] = 0;
        }
    } while (v < problem->num_vnodes);
    return is_found;
}

/* ---- the search --------------------------------------------------------- */

static unsigned int num_feasible, num_shared, num_unproven, num_gave_up;

static void check_result(const vnuma__problem *problem)
{
    uint64_t flows[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];
    uint8_t best[VNUMA__MAX_VNODES];
    vnuma__result result;
    vnuma__cost cost;
    bool is_found;
    model m;

    is_found = try_all(problem, best, &m);
    REQUIRE(!vnuma__search(problem, VNUMA__STEPS, &result));
    REQUIRE(result.feasible == is_found);
    REQUIRE(!result.gave_up);
    if (!is_found)
        return;
    num_feasible++;
    num_shared += m.terms[SHARED] > 0;
    REQUIRE(result.optimal);
    CHECK(!memcmp(result.pnode, best, problem->num_vnodes));
    cost = cost_of(&m);
    CHECK(!vnuma__cost_compare(&result.cost, &cost));
    CHECK(!vnuma__cost_compare(&result.bound, &cost));
    REQUIRE(vnuma__measure(problem, best, &cost, flows));
    CHECK(!vnuma__cost_compare(&result.cost, &cost));
    CHECK(!memcmp(flows, m.flows, problem->num_vnodes * sizeof(*flows)));
}

static void check_many(unsigned int num, unsigned int num_vnodes,
                       unsigned int num_pnodes, bool is_exact)
{
    static vnuma__problem problem;
    unsigned int i;

    for (i = 0; i < num && !tap_failed; i++) {
        draw_problem(&problem, is_exact ? num_vnodes : 1 + draw(num_vnodes),
                     is_exact ? num_pnodes : 1 + draw(num_pnodes));
        check_result(&problem);
        if (tap_failed)
            TAP_DIAG("problem %u of %u vnodes on %u pnodes", i,
                     problem.num_vnodes, problem.num_pnodes);
    }
}

static void no_placement_is_better(void)
{
    seed = 1;
    check_many(18500, 4, 6, false);
    check_many(1000, 5, 5, true);
    check_many(400, 4, 8, true);
    check_many(100, 6, 5, true);
    check_many(60, 6, 8, true);
    TAP_DIAG("%u feasible, %u of them shared", num_feasible, num_shared);
    CHECK(num_feasible > 8000);
    CHECK(num_shared > 1000);
}

/* A true bound, and a placement or the admission that none was found. */
static void check_gap(const vnuma__problem *problem, uint64_t most_steps)
{
    uint8_t best[VNUMA__MAX_VNODES];
    vnuma__cost cost, least;
    vnuma__result result;
    bool is_found;
    model m;

    is_found = try_all(problem, best, &m);
    least = cost_of(&m);
    REQUIRE(!vnuma__search(problem, most_steps, &result));
    CHECK(!result.feasible || is_found);
    CHECK(result.feasible || result.gave_up || !is_found);
    CHECK(!result.gave_up || !result.feasible);
    if (is_found)
        CHECK(vnuma__cost_compare(&result.bound, &least) <= 0);
    if (result.optimal)
        CHECK(!memcmp(result.pnode, best, problem->num_vnodes));
    if (!result.feasible) {
        num_gave_up += result.gave_up;
        return;
    }
    num_unproven += !result.optimal;
    REQUIRE(vnuma__measure(problem, result.pnode, &cost, NULL));
    CHECK(!vnuma__cost_compare(&result.cost, &cost));
    CHECK(vnuma__cost_compare(&result.cost, &least) >= 0);
}

static void out_of_steps_the_bound_is_true(void)
{
    static vnuma__problem problem;
    unsigned int i;

    seed = 2;
    for (i = 0; i < 6000 && !tap_failed; i++) {
        draw_problem(&problem, 2 + draw(4), 2 + draw(4));
        check_gap(&problem, draw(1u << draw(15)));
    }
    TAP_DIAG("%u unproven, %u gave up", num_unproven, num_gave_up);
    CHECK(num_unproven > 100);
    CHECK(num_gave_up > 100);
}

static void same_input_has_the_same_answer(void)
{
    static vnuma__problem problem;
    vnuma__result a, b;
    unsigned int i;

    seed = 3;
    for (i = 0; i < 20; i++) {
        draw_problem(&problem, 12, 12);
        REQUIRE(!vnuma__search(&problem, 100000, &a));
        REQUIRE(!vnuma__search(&problem, 100000, &b));
        CHECK(a.feasible == b.feasible && a.optimal == b.optimal);
        CHECK(!memcmp(a.pnode, b.pnode, sizeof(a.pnode)));
        CHECK(!vnuma__cost_compare(&a.bound, &b.bound));
    }
}

/* What no search would try has no cost. */
static void a_placement_that_cannot_be_has_no_cost(void)
{
    static vnuma__problem problem;
    static const uint8_t pnode[2] = { 0, 1 };
    vnuma__cost cost;

    memset(&problem, 0, sizeof(problem));
    problem.num_vnodes = problem.num_pnodes = 2;
    problem.allowed[0] = problem.allowed[1] = vnuma__lowest_bits(2);
    problem.old[0] = problem.old[1] = VNUMA__NO_PNODE;
    problem.need[0] = problem.need[1] = 10 * MIB;
    problem.room[0][0] = problem.room[0][1] = 12 * MIB;
    problem.building[2] = 2 * MIB;
    CHECK(vnuma__measure(&problem, pnode, &cost, NULL));
    problem.building[2]++;
    CHECK(!vnuma__measure(&problem, pnode, &cost, NULL));
    problem.building[2] = 0;
    problem.need[1] = 13 * MIB;
    CHECK(!vnuma__measure(&problem, pnode, &cost, NULL));
    problem.need[1] = 0;
    problem.allowed[1] = 1;
    CHECK(!vnuma__measure(&problem, pnode, &cost, NULL));
}

/*
 * How much work answers take: of how many budgets some are proven within.
 * What makes the search slower or counts otherwise changes the number.
 */
static void work_is_what_it_was(void)
{
    static vnuma__problem problem;
    unsigned int i, num_proven = 0;
    vnuma__result result;
    uint64_t steps;

    seed = 5;
    for (i = 0; i < 60; i++) {
        draw_problem(&problem, 5 + draw(3), 4 + draw(5));
        for (steps = 200; steps < 60000; steps += 1 + steps / 16) {
            REQUIRE(!vnuma__search(&problem, steps, &result));
            num_proven += result.optimal;
        }
    }
    CHECK_UINT(num_proven, 1339);
}

static void no_memory_is_said(void)
{
    static vnuma__problem problem;
    vnuma__result result;
    unsigned int i = 0;
    int rc;

    seed = 4;
    draw_problem(&problem, 4, 4);
    do {
        heap_start(++i, false);
        rc = vnuma__search(&problem, VNUMA__STEPS, &result);
        heap_stop();
        CHECK(!rc || rc == VNUMA_ERROR_NOMEM);
    } while (rc && !tap_failed);
    CHECK(!heap_is_ours() || i > 1);
}

static const tap_case cases[] = {
    TAP_CASE(no_placement_is_better),
    TAP_CASE(out_of_steps_the_bound_is_true),
    TAP_CASE(same_input_has_the_same_answer),
    TAP_CASE(a_placement_that_cannot_be_has_no_cost),
    TAP_CASE(work_is_what_it_was),
    TAP_CASE(no_memory_is_said),
};

int main(void)
{
    return TAP_RUN(cases);
}
