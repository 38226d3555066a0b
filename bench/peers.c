/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "peers.h"

#include "bench.h"

/* ---- libxl: every subset of a size -------------------------------------------- */

typedef struct {
    uint64_t memkb, pcpus;
} sums;

static sums add_up(const vnuma__problem *problem, uint64_t subset)
{
    sums s = { 0, 0 };

    while (subset) {
        unsigned int p = vnuma__take_lowest(&subset);

        s.memkb += problem->free[p];
        s.pcpus += problem->pcpus[p];
    }
    return s;
}

peer_answer peer_libxl(const vnuma__problem *problem)
{
    uint64_t subset = vnuma__lowest_bits(problem->num_vnodes), low, next;
    uint64_t end = vnuma__lowest_bits(problem->num_pnodes);
    uint64_t guest = 0, vcpus = 0, best = 0;
    double start = bench_now();
    unsigned int i = 0, v;

    for (v = 0; v < problem->num_vnodes; v++) {
        guest += problem->guest[v];
        vcpus += problem->vcpus[v];
    }
    /* All subsets with that many members, in increasing order. */
    while (subset <= end) {
        sums s = add_up(problem, subset);

        if (s.memkb >= guest && s.pcpus >= vcpus && s.memkb > best)
            best = s.memkb;
        if (!(++i % 1024) && bench_now() - start > PEER_STOP_US)
            return PEER_STOPPED;
        low = subset & -subset;
        next = subset + low;
        if (next < subset)
            break;
        subset = next | (((next ^ subset) >> 2) / low);
    }
    return best ? PEER_FOUND : PEER_NONE;
}

/* ---- Nova: host nodes in every order -------------------------------------------- */

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
