/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The assignment search from the first placement to the best in all parts:
 * a placement at all, the bound at the root, the walk (assign.c); memory
 * by bisection where the walk had only the cost to look for; then dictionary
 * order, vnode by vnode: is there one as good with a lower pnode, those before
 * it held fast?
 */
#include "config.h"

#include "search/assign.h"

#include <stdlib.h>
#include <string.h>

/* What a walk may take before it is worth knowing more. */
#define WORK_SHORTLY (UINT64_C(1) << 12)
/* Of what is left of the work: one part in so many. */
#define FOR_ROOT_BOUND 4u
#define FOR_WANDERING 3u
#define FOR_MORE 2u

/* ---- memory, when there is too much to walk through at once ------------------- */

/* From now on: the first that costs no more than the best, and leaves this. */
static void ask_as_cheap(vnuma__assign *a, int64_t least)
{
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++) {
        a->allowed[v] =
            vnuma__with_room(a->problem, v, a->classes->allowed[v], least);
        a->more[v] = a->in_more[v] = 0;
    }
    a->found = false;
    a->any = true;
    vnuma__assign_restart(a);
}

/* What vnodes can leave on pnodes beyond the best, in order. */
static unsigned int find_steps(const vnuma__assign *a, int64_t *steps)
{
    unsigned int num = 0, v;

    for (v = 0; v < a->num_vnodes; v++) {
        uint64_t rest = vnuma__with_room(a->problem, v, a->classes->allowed[v],
                                         a->best.least + 1);

        while (rest)
            steps[num++] = a->problem->room[vnuma__take_lowest(&rest)] -
                           (int64_t)a->problem->need[v];
    }
    vnuma__sort(steps, num);
    return num;
}

/* Whether there is still something to walk through, before any choice. */
static bool is_possible(vnuma__assign *a)
{
    uint8_t pnode[VNUMA__MAX_VNODES];

    a->found = false;
    memcpy(pnode, a->best.pnode, sizeof(pnode));
    vnuma__assign_walk(a, 0, a->root_cost, pnode);
    return a->found || a->gave_up;
}

/* Takes out the classes where v cannot be; whether there are any. */
static bool probe_vnode(vnuma__assign *a, unsigned int v)
{
    uint64_t rest = a->in_allowed[v] & ~a->singles;
    uint8_t pnode[VNUMA__MAX_VNODES];
    bool is_less = false;

    while (rest && !a->gave_up) {
        unsigned int c = vnuma__take_lowest(&rest);

        a->found = false;
        memcpy(pnode, a->best.pnode, sizeof(pnode));
        vnuma__assign_walk(
            a, 1, a->root_cost + vnuma__assign_place(a, 0, v, c), pnode);
        vnuma__assign_take_back(a, v);
        if (a->found || a->gave_up)
            continue;
        a->allowed[v] &= ~a->classes->members[c];
        vnuma__assign_forbid(a, v, c);
        is_less = true;
    }
    return is_less;
}

/* Of these vnodes; whether anything is possible then. */
static bool probe_some(vnuma__assign *a, uint32_t vnodes)
{
    for (; vnodes; vnodes &= vnodes - 1)
        if (probe_vnode(a, (unsigned int)__builtin_ctz(vnodes)) &&
            !is_possible(a))
            return false;
    return true;
}

/*
 * Takes out classes where a vnode cannot be because of what would follow at
 * once.  That a group has no room on a socket shows only with all of it there,
 * and finding that out again on every branch is what takes long.  Rivals come
 * first: mostly it is they who do not all find a class.  Returns whether
 * anything is possible then.
 */
static bool probe(vnuma__assign *a)
{
    bool possible;

    a->probing = true;
    possible = probe_some(a, a->rivals) && probe_some(a, a->open & ~a->rivals);
    a->probing = a->found = false;
    if (possible)
        vnuma__assign_restart(a);
    return possible;
}

/* Whether the two in one class, any class, cost more than there is. */
static bool are_rivals(const vnuma__assign *a, unsigned int v, unsigned int w)
{
    int64_t most = a->most_cost - 1 - a->root_cost + a->unavoidable[v][w] +
                   a->unavoidable[w][v];
    unsigned int c;

    for (c = 0; c < a->num_classes; c++) {
        int32_t distance = vnuma__lane(a->from[c], c);

        if (a->classes->size[c] > 1 &&
            abs(distance - a->stated[v][w]) +
                    abs(distance - a->stated[w][v]) <=
                most)
            return false;
    }
    return true;
}

static void find_rivals(vnuma__assign *a)
{
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++) {
        uint32_t rest = a->rivals;

        while (rest && are_rivals(a, v, (unsigned int)__builtin_ctz(rest)))
            rest &= rest - 1;
        if (!rest)
            a->rivals |= UINT32_C(1) << v;
    }
}

/* Whether it ended, found or not, with so little work. */
static bool walk_shortly(vnuma__assign *a)
{
    uint64_t most_work = a->work.most;
    uint8_t pnode[VNUMA__MAX_VNODES];
    bool has_ended;

    if (a->work.done + WORK_SHORTLY < most_work)
        a->work.most = a->work.done + WORK_SHORTLY;
    memcpy(pnode, a->best.pnode, sizeof(pnode));
    vnuma__assign_walk(a, 0, a->root_cost, pnode);
    has_ended = a->found || !a->gave_up;
    a->work.most = most_work;
    a->gave_up = false;
    return has_ended;
}

/* Looks for a placement that leaves so much; found says. */
static void look_for(vnuma__assign *a, int64_t least)
{
    uint8_t pnode[VNUMA__MAX_VNODES];

    ask_as_cheap(a, least);
    memcpy(pnode, a->best.pnode, sizeof(pnode));
    if (vnuma__match_again(a->num_vnodes, a->allowed, pnode) &&
        !walk_shortly(a) && probe(a))
        vnuma__assign_walk(a, 0, a->root_cost, pnode);
}

static int bisect_least(vnuma__assign *a)
{
    unsigned int low = 0, high;
    int64_t *steps;

    steps = malloc(sizeof(*steps) * VNUMA__MAX_VNODES * VNUMA__MAX_PNODES);
    if (!steps)
        return VNUMA_ERROR_NOMEM;
    a->most_cost++;
    find_rivals(a);
    high = find_steps(a, steps);
    while (low < high && !a->gave_up) {
        unsigned int mid = low + (high - low) / 2;

        look_for(a, steps[mid]);
        if (!a->found) {
            high = mid;
            continue;
        }
        a->open = 0;
        vnuma__assign_leave_most(a, &a->best);
        while (low < high && steps[low] <= a->best.least)
            low++;
    }
    a->most_cost--;
    free(steps);
    return 0;
}

/* ---- dictionary order --------------------------------------------------------------- */

/* The lower pnodes of v that the bound leaves. */
static uint64_t find_lower(vnuma__assign *a, unsigned int v, int64_t cost)
{
    int64_t twice = vnuma__assign_bound(a, v);

    return a->allowed[v] & vnuma__lowest_bits(a->best.pnode[v]) &
           vnuma__assign_members(a,
                                 vnuma__assign_candidates(a, v, cost, twice));
}

static bool take_match(vnuma__assign *a)
{
    uint8_t pnode[VNUMA__MAX_VNODES];

    memcpy(pnode, a->best.pnode, sizeof(pnode));
    if (!vnuma__assign_match(a, a->allowed, NULL, pnode))
        return false;
    memcpy(a->best.pnode, pnode, sizeof(pnode));
    return true;
}

/*
 * Keeps every vnode's class, but for v, which changes with one that is alike:
 * costs the same, and a matching says whether memory allows it.
 */
static bool try_as_it_is(vnuma__assign *a, unsigned int v, unsigned int p)
{
    unsigned int c = a->classes->class_of[p], w;
    uint32_t open = a->open, rest = a->alike[v] & open;
    bool found = false;

    a->open = 0;
    for (; rest && !found; rest &= rest - 1) {
        for (w = 0; w < a->num_vnodes; w++)
            if (open >> w & 1)
                a->class_at[w] = a->classes->class_of[a->best.pnode[w]];
        w = (unsigned int)__builtin_ctz(rest);
        if (a->class_at[w] != c)
            continue;
        a->class_at[w] = a->class_at[v];
        a->class_at[v] = (uint8_t)c;
        found = take_match(a);
    }
    a->open = open;
    return found;
}

static void settle_vnode(vnuma__assign *a, unsigned int v, int64_t cost)
{
    uint64_t rest = find_lower(a, v, cost);
    uint8_t pnode[VNUMA__MAX_VNODES];

    a->found = false;
    a->fixed |= UINT32_C(1) << v;
    while (rest && !a->found && !a->gave_up) {
        unsigned int p = vnuma__take_lowest(&rest);

        a->allowed[v] = vnuma__bit(p);
        if (try_as_it_is(a, v, p))
            break;
        memcpy(pnode, a->best.pnode, sizeof(pnode));
        vnuma__assign_walk(
            a, v + 1,
            cost + vnuma__assign_place(a, v, v, a->classes->class_of[p]),
            pnode);
        vnuma__assign_take_back(a, v);
    }
    a->allowed[v] = vnuma__bit(a->best.pnode[v]);
}

static void settle(vnuma__assign *a)
{
    int64_t cost = a->root_cost;
    unsigned int v;

    for (v = 0; v < a->num_vnodes && !a->gave_up; v++) {
        settle_vnode(a, v, cost);
        cost += vnuma__assign_place(a, v, v,
                                    a->classes->class_of[a->best.pnode[v]]);
    }
}

/* ---- the whole ------------------------------------------------------------------------ */

/* Any placement: matching alone decides whether there is one. */
static bool find_any(vnuma__assign *a)
{
    memset(a->best.pnode, VNUMA__NOBODY, sizeof(a->best.pnode));
    if (!vnuma__match_again(a->num_vnodes, a->allowed, a->best.pnode))
        return false;
    vnuma__placement_measure(a->problem, &a->best);
    a->most_cost = (int64_t)a->best.cost - a->base;
    return true;
}

/*
 * The bound at the root, and whether open pairs say enough of it to be asked
 * at every node.
 */
static void find_root_bound(vnuma__assign *a)
{
    int64_t twice;

    a->look_ahead = true;
    twice = vnuma__assign_bound(a, 0);
    a->root_bound = a->root_cost + (twice + 1) / 2;
    a->look_ahead =
        a->uses_all || 3 * twice > 4 * (a->most_cost - a->root_cost);
}

/* Lets the work that is left last only for a part of it; gives what there is. */
static uint64_t set_aside(vnuma__assign *a, unsigned int part)
{
    uint64_t most_work = a->work.most;

    if (a->work.done < most_work)
        a->work.most = a->work.done + (most_work - a->work.done) / part;
    return most_work;
}

static bool is_proven(const vnuma__assign *a)
{
    return a->most_cost <= a->root_bound;
}

/*
 * Asks for a placement that costs what the bound says before all others: with
 * so little to spend most wrong turns show at once.
 */
static void try_root_bound(vnuma__assign *a, unsigned int part)
{
    int64_t most_cost = a->most_cost;
    uint64_t most_work = set_aside(a, part);
    uint8_t pnode[VNUMA__MAX_VNODES];

    memcpy(pnode, a->best.pnode, sizeof(pnode));
    a->most_cost = a->root_bound + 1;
    ask_as_cheap(a, 0);
    vnuma__assign_walk(a, 0, a->root_cost, pnode);
    a->any = a->gave_up = false;
    a->lowest_left = INT64_MAX;
    a->work.most = most_work;
    a->most_cost = most_cost;
    if (!a->found)
        return;
    vnuma__placement_measure(a->problem, &a->best);
    a->most_cost = (int64_t)a->best.cost - a->base;
}

/* What is left between is small enough for a proof. */
static bool is_near(const vnuma__assign *a)
{
    return (a->most_cost - a->root_bound) * 16 <= a->root_bound;
}

static void wander(vnuma__assign *a, unsigned int part)
{
    uint64_t most_work = set_aside(a, part);

    vnuma__assign_wander(a);
    a->work.most = most_work;
}

/*
 * What is as cheap as the best has its vnodes in fewer classes than they are
 * allowed, memory above all on nodes of memory; then pairs cost more at least.
 */
static void tighten(vnuma__assign *a)
{
    uint64_t candidates[VNUMA__MAX_VNODES];
    int64_t twice, before = a->root_bound;
    unsigned int v;

    a->look_ahead = true;
    twice = vnuma__assign_bound(a, 0);
    a->most_cost++;
    for (v = 0; v < a->num_vnodes; v++)
        candidates[v] = vnuma__assign_candidates(a, v, a->root_cost, twice);
    a->most_cost--;
    vnuma__assign_find_unavoidable(a, candidates);
    find_root_bound(a);
    if (before > a->root_bound)
        a->root_bound = before;
}

static void start(vnuma__assign *a)
{
    vnuma__placement placement = a->best;

    vnuma__assign_restart(a);
    if (a->is_small) {
        vnuma__assign_improve(a, &placement);
        vnuma__assign_ask_more(a);
    }
    find_root_bound(a);
    if (a->is_small)
        return;
    try_root_bound(a, FOR_ROOT_BOUND);
    if (is_proven(a))
        return;
    wander(a, FOR_WANDERING);
    if (!is_near(a)) {
        wander(a, FOR_MORE);
        return;
    }
    tighten(a);
    if (!is_proven(a))
        try_root_bound(a, FOR_MORE);
}

static int search_few(vnuma__assign *a, vnuma__result *result)
{
    vnuma__placement placement = a->best;
    int rc;

    vnuma__assign_open_all(a);
    vnuma__assign_improve(a, &placement);
    rc = vnuma__assign_walk_few(a);
    result->bound =
        (uint64_t)(a->base + (a->lowest_left < a->most_cost ? a->lowest_left
                                                            : a->most_cost));
    result->optimal = result->in_order = !a->gave_up;
    vnuma__placement_measure(a->problem, &a->best);
    result->placement = a->best;
    return rc;
}

static int search(vnuma__assign *a, uint64_t most_work, vnuma__result *result)
{
    uint8_t pnode[VNUMA__MAX_VNODES];
    int rc;

    if (!find_any(a))
        return 0;
    result->feasible = true;
    a->work = (vnuma__work){ 0, most_work };
    if (vnuma__assign_is_few(a))
        return search_few(a, result);
    rc = vnuma__assign_init_walk(a);
    if (rc)
        return rc;
    start(a);
    memcpy(pnode, a->best.pnode, sizeof(pnode));
    vnuma__assign_walk(a, 0, a->root_cost, pnode);
    if (a->lowest_left < a->root_bound)
        a->lowest_left = a->root_bound;
    result->bound =
        (uint64_t)(a->base + (a->lowest_left < a->most_cost ? a->lowest_left
                                                            : a->most_cost));
    a->work.most = most_work;
    /* That walk had only the cost to prove. */
    if (!a->is_small && a->lowest_left >= a->most_cost) {
        a->gave_up = false;
        rc = bisect_least(a);
    }
    result->optimal = !a->gave_up;
    if (!rc && result->optimal) {
        a->most_cost++;
        ask_as_cheap(a, a->best.least);
        settle(a);
        result->in_order = !a->gave_up;
    }
    vnuma__placement_measure(a->problem, &a->best);
    result->placement = a->best;
    return rc;
}

int vnuma__search_assign(const vnuma__problem *problem,
                         const vnuma__classes *classes, uint64_t most_work,
                         vnuma__result *result)
{
    vnuma__assign *a;
    int rc;

    a = malloc(sizeof(*a));
    if (!a)
        return VNUMA_ERROR_NOMEM;
    rc = vnuma__assign_init(a, problem, classes);
    if (!rc)
        rc = search(a, most_work, result);
    vnuma__assign_dispose(a);
    free(a);
    return rc;
}
