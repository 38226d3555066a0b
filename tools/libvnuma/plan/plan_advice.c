/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Advice is tried before it is given.  The guest, changed as proposed, is
 * placed by matching, which is exact when each vnode has its own pnode, and
 * then by the joint search as the only guest, which can also put several
 * vnodes on one pnode.
 */
#include "config.h"

#include "plan/plan_advice.h"

#include <string.h>

#include "guest/build_cost.h"
#include "plan/plan_joint.h"

/* Steps of one joint search, about 20 ns each; sizes need up to 50. */
#define WORK_FOR_ONE (UINT64_C(1) << 15)

typedef struct {
    const vnuma__problem *problem;
    vnuma__joint_host host;
    vnuma__shape shape;               /* the guest, changed */
    uint8_t pnode[VNUMA__MAX_VNODES]; /* where it was found to fit */
} advice;

static void init(advice *a, const vnuma__problem *problem)
{
    a->problem = problem;
    vnuma__joint_host_take(problem, &a->host);
    vnuma__shape_take(problem, false, &a->shape);
}

/* ---- would it fit? ----------------------------------------------------------- */

static bool fits_apart(advice *a)
{
    static const uint8_t class_of[VNUMA__MAX_PNODES], cap[] = { UINT8_MAX };
    unsigned int n = a->shape.num_vnodes, v, p;
    uint64_t allowed[VNUMA__MAX_VNODES] = { 0 };
    uint64_t share = vnuma__build_share(a->shape.build_memkb, n);

    for (v = 0; v < n; v++) {
        uint64_t rest = a->shape.allowed[v];

        while (rest) {
            p = vnuma__take_lowest(&rest);
            if (a->host.room[p] >= a->shape.need[v] + share)
                allowed[v] |= vnuma__bit(p);
        }
    }
    return vnuma__match(a->problem, allowed, class_of, cap, a->pnode);
}

static vnuma__answer would_fit(advice *a)
{
    vnuma__joint_guest guest = { .shapes = &a->shape, .num_shapes = 1 };
    vnuma__work work = { 0, WORK_FOR_ONE };
    vnuma__answer answer;

    if (fits_apart(a))
        return VNUMA__FOUND;
    answer = vnuma__joint_search(&guest, 1, &a->host, 0, &work);
    memcpy(a->pnode, guest.pnode, sizeof(a->pnode));
    return answer;
}

/* ---- other pnodes --------------------------------------------------------------- */

static void open_vnodes(advice *a, uint64_t vnodes)
{
    uint64_t all = vnuma__lowest_bits(a->problem->num_pnodes);

    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        a->shape.allowed[v] =
            a->problem->vcpus[v] ? all & ~a->problem->cpuless : all;
    }
}

bool vnuma__advise_pnodes(const vnuma__problem *problem, uint64_t vnodes,
                          uint64_t pnodes_r[VNUMA__MAX_VNODES])
{
    uint64_t rest = vnodes, all;
    unsigned int v, p;
    advice a;

    memset(pnodes_r, 0, sizeof(*pnodes_r) * VNUMA__MAX_VNODES);
    init(&a, problem);
    open_vnodes(&a, vnodes);
    if (would_fit(&a) != VNUMA__FOUND)
        return false;
    while (rest) {
        v = vnuma__take_lowest(&rest);
        pnodes_r[v] = vnuma__bit(a.pnode[v]);
    }
    if (vnodes & (vnodes - 1))
        return true;
    v = (unsigned int)__builtin_ctzll(vnodes);
    for (all = a.shape.allowed[v]; all;) {
        p = vnuma__take_lowest(&all);
        a.shape.allowed[v] = vnuma__bit(p);
        if (would_fit(&a) == VNUMA__FOUND)
            pnodes_r[v] |= vnuma__bit(p);
    }
    return true;
}

/* ---- less memory ------------------------------------------------------------------- */

typedef struct {
    uint64_t vnodes;
    bool is_same; /* a size for each of them, not a limit */
} change;

static uint64_t change_size(const vnuma__problem *problem, unsigned int v,
                            const change *how, uint64_t memkb)
{
    uint64_t now = problem->guest[v];

    if (!(how->vnodes & vnuma__bit(v)))
        return now;
    return how->is_same || memkb < now ? memkb : now;
}

/* As if the file had these sizes; the building cost follows from them. */
static void resize(advice *a, const change *how, uint64_t memkb)
{
    const vnuma__problem *problem = a->problem;
    uint64_t sum = 0, size;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++) {
        size = change_size(problem, v, how, memkb);
        a->shape.need[v] = problem->need[v] - problem->guest[v] + size;
        sum += size;
    }
    a->shape.build_memkb = vnuma__build_memkb(sum, problem->build_vcpus);
}

static uint64_t largest_of(const vnuma__problem *problem, uint64_t vnodes)
{
    uint64_t largest = 0;

    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        if (problem->guest[v] > largest)
            largest = problem->guest[v];
    }
    return largest;
}

/* A smaller size fits wherever a larger one does, so bisection works. */
bool vnuma__advise_size(const vnuma__problem *problem, uint64_t vnodes,
                        bool is_same, uint64_t *memkb_r, bool *is_largest_r)
{
    const change how = { vnodes, is_same };
    uint64_t now = largest_of(problem, vnodes);
    uint64_t low = 0, high = now / VNUMA__ADVICE_MEMKB;
    vnuma__answer answer, above = VNUMA__NONE;
    advice a;

    init(&a, problem);
    while (low < high) {
        uint64_t mid = low + (high - low + 1) / 2;

        resize(&a, &how, mid * VNUMA__ADVICE_MEMKB);
        answer = would_fit(&a);
        if (answer == VNUMA__FOUND) {
            low = mid;
        } else {
            high = mid - 1;
            above = answer;
        }
    }
    *memkb_r = low * VNUMA__ADVICE_MEMKB;
    *is_largest_r = above == VNUMA__NONE;
    return low && *memkb_r < now;
}
