/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "peers.h"

#include "bench.h"

/* ---- libxl: the smallest subset that has room --------------------------- */

typedef struct {
    int64_t memkb, pcpus, load;
} sums;

static sums add_up(const vnuma__problem *problem, uint64_t subset)
{
    sums s = { 0, 0, 0 };

    while (subset) {
        unsigned int p = vnuma__take_lowest(&subset);
        uint32_t i;

        s.memkb += problem->room[0][p];
        s.pcpus += problem->num_pcpus[p];
        for (i = 0; i < problem->num_pcpus[p]; i++)
            s.load += problem->pcpus[p][i].load;
    }
    return s;
}

/* Fewer vcpus that run there already, then more free memory. */
static bool is_better(const sums *a, const sums *b)
{
    return a->load != b->load ? a->load < b->load : a->memkb > b->memkb;
}

/* The next subset with as many members; 0: there is none. */
static uint64_t next_subset(uint64_t subset, uint64_t all)
{
    uint64_t low = subset & -subset, next = subset + low;

    next |= ((next ^ subset) >> 2) / low;
    return next > subset && next <= all ? next : 0;
}

peer_answer peer_libxl(const vnuma__problem *problem)
{
    uint64_t all = vnuma__lowest_bits(problem->num_pnodes), subset;
    unsigned int num, v, i = 0;
    sums guest = { 0, 0, 0 }, best, s;
    double start = bench_now();
    bool is_found = false;

    for (v = 0; v < problem->num_vnodes; v++) {
        guest.memkb += (int64_t)(problem->need[v] + problem->flows[v]);
        guest.pcpus += problem->vcpus[v];
    }
    for (num = 1; num <= problem->num_pnodes && !is_found; num++)
        for (subset = vnuma__lowest_bits(num); subset;
             subset = next_subset(subset, all)) {
            s = add_up(problem, subset);
            if (!(++i % 1024) && bench_now() - start > PEER_STOP_US)
                return PEER_STOPPED;
            if (s.memkb < guest.memkb || s.pcpus < guest.pcpus ||
                (is_found && !is_better(&s, &best)))
                continue;
            best = s;
            is_found = true;
        }
    return is_found ? PEER_FOUND : PEER_NONE;
}

/* ---- Nova: host nodes in every order ------------------------------------ */

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
    const vnuma__problem *problem = o->problem;
    unsigned int v, p;

    for (v = 0; v < problem->num_vnodes; v++) {
        p = o->order[v];
        if (!(problem->allowed[v] >> p & 1) ||
            problem->room[0][p] < (int64_t)problem->need[v] ||
            problem->num_pcpus[p] < problem->vcpus[v])
            return false;
    }
    return true;
}

static bool search_orders(orders *o, unsigned int depth)
{
    unsigned int p;

    if (depth == o->problem->num_vnodes) {
        if (!(++o->num % 1024) && bench_now() - o->start > PEER_STOP_US)
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

peer_answer peer_nova(const vnuma__problem *problem)
{
    orders o = { .problem = problem, .start = bench_now() };

    if (search_orders(&o, 0))
        return PEER_FOUND;
    return o.stopped ? PEER_STOPPED : PEER_NONE;
}
