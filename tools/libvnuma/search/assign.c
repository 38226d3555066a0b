/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quadratic assignment by branch and bound: stated distances, a pnode for
 * each vnode.  Next comes the vnode with the fewest classes left, and goes to
 * each of these, the cheapest first.
 *
 * One walk finds the smallest cost and, among the placements with it, the one
 * that leaves most: a branch goes on when it can be cheaper, or as cheap and
 * all its vnodes can have pnodes that leave more than the best one found.
 *
 * What only repeats is left out.  Vnodes that are alike by cost and are on
 * pnodes that are classes of their own may exchange them: they are placed in
 * order, and the matching says who gets which.  So may vnodes that are alike
 * in all.
 */
#include "config.h"

#include "search/assign.h"

#include <string.h>

typedef struct {
    int32_t part;
    uint8_t class;
} choice;

/* ---- who gets which pnode ---------------------------------------------------- */

uint64_t vnuma__assign_members(const vnuma__assign *a, uint64_t classes)
{
    uint64_t pnodes = 0;

    /* Without any two that are alike, classes are numbered as pnodes are. */
    if (a->num_classes == a->problem->num_pnodes)
        return classes;
    while (classes)
        pnodes |= a->classes->members[vnuma__take_lowest(&classes)];
    return pnodes;
}

/* The vnode that stands for all that are alike and not fixed. */
static unsigned int first_alike(const vnuma__assign *a, unsigned int v)
{
    return a->fixed >> v & 1
               ? v
               : (unsigned int)__builtin_ctz(a->alike[v] & ~a->fixed);
}

bool vnuma__assign_match(const vnuma__assign *a, const uint64_t *base,
                         const uint64_t *candidates, uint8_t *pnode)
{
    uint64_t shared[VNUMA__MAX_VNODES] = { 0 }, mask[VNUMA__MAX_VNODES];
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++) {
        bool is_open = a->open >> v & 1;
        uint64_t classes =
            is_open ? candidates[v] : vnuma__bit(a->class_at[v]);

        mask[v] = vnuma__assign_members(a, classes & ~a->singles);
        shared[first_alike(a, v)] |=
            vnuma__assign_members(a, classes & a->singles);
    }
    for (v = 0; v < a->num_vnodes; v++) {
        if (a->open >> v & 1 || a->singles >> a->class_at[v] & 1)
            mask[v] |= shared[first_alike(a, v)];
        mask[v] &= base[v];
    }
    return vnuma__match_again(a->num_vnodes, mask, pnode);
}

/*
 * A class for each rival.  The groups of a guest each want a socket, and that
 * there is one too few of some size shows here, where counting pnodes does
 * not see it.
 */
static bool rivals_fit(const vnuma__assign *a, const uint64_t *candidates)
{
    uint64_t classes[VNUMA__MAX_VNODES];
    uint8_t class_of[VNUMA__MAX_VNODES];
    unsigned int num = 0, v;
    uint32_t rest;

    for (rest = a->rivals; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        class_of[num] = VNUMA__NOBODY;
        classes[num++] =
            a->open >> v & 1 ? candidates[v] : vnuma__bit(a->class_at[v]);
    }
    return vnuma__match_again(num, classes, class_of);
}

/* ---- what was found ------------------------------------------------------------ */

static void measure_least(const vnuma__assign *a, vnuma__placement *placement)
{
    unsigned int v;

    placement->least = INT64_MAX;
    for (v = 0; v < a->num_vnodes; v++) {
        int64_t left = a->problem->room[placement->pnode[v]] -
                       (int64_t)a->problem->need[v];

        if (left < placement->least)
            placement->least = left;
    }
}

void vnuma__assign_leave_most(const vnuma__assign *a,
                              vnuma__placement *placement)
{
    uint64_t base[VNUMA__MAX_VNODES];
    uint8_t pnode[VNUMA__MAX_VNODES];
    unsigned int v;

    memcpy(pnode, placement->pnode, sizeof(pnode));
    for (;;) {
        measure_least(a, placement);
        for (v = 0; v < a->num_vnodes; v++)
            base[v] = vnuma__with_room(a->problem, v, a->allowed[v],
                                       placement->least + 1);
        if (!vnuma__assign_match(a, base, NULL, pnode))
            return;
        memcpy(placement->pnode, pnode, sizeof(pnode));
    }
}

static void end(vnuma__assign *a, int64_t cost, const uint8_t *before)
{
    vnuma__placement placement = { .least = 0 };
    uint64_t used = 0;
    bool is_cheaper;
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++)
        used |= a->classes->members[a->class_at[v]] &
                -a->classes->members[a->class_at[v]];
    if (a->problem->num_devices)
        cost +=
            (int64_t)vnuma__device_cost(a->problem, used) - a->device_least;
    if (cost > a->most_cost)
        return;
    is_cheaper = cost < a->most_cost;
    memcpy(placement.pnode, before, sizeof(placement.pnode));
    if (!vnuma__assign_match(a, is_cheaper ? a->allowed : a->more, NULL,
                             placement.pnode))
        return;
    a->found = true;
    if (a->any) {
        memcpy(a->best.pnode, placement.pnode, sizeof(a->best.pnode));
        return;
    }
    vnuma__assign_leave_most(a, &placement);
    a->best = placement;
    a->most_cost = cost;
    if (is_cheaper)
        vnuma__assign_improve(a, &placement);
    if (a->is_small)
        vnuma__assign_ask_more(a);
}

/* ---- the walk -------------------------------------------------------------------- */

/* What those still open cost with v on c; a loop for vectors. */
static void link_others(vnuma__assign *a, unsigned int depth, unsigned int v,
                        unsigned int c)
{
    const vnuma__lanes *from = a->from[c], *to = a->to[c];
    uint32_t rest;
    unsigned int i;

    for (rest = a->open; rest; rest &= rest - 1) {
        unsigned int w = (unsigned int)__builtin_ctz(rest);
        const vnuma__lanes *before = vnuma__assign_links(a, depth, w);
        vnuma__lanes *after = vnuma__assign_links(a, depth + 1, w);
        vnuma__lanes out = vnuma__splat(a->stated[v][w]);
        vnuma__lanes in = vnuma__splat(a->stated[w][v]);
        vnuma__lanes less =
            vnuma__splat(a->unavoidable[v][w] + a->unavoidable[w][v]);

        if (a->is_symmetric)
            for (i = 0; i < a->row; i++)
                after[i] =
                    before[i] - less + 2 * vnuma__lanes_abs(from[i] - out);
        else
            for (i = 0; i < a->row; i++)
                after[i] = before[i] - less + vnuma__lanes_abs(from[i] - out) +
                           vnuma__lanes_abs(to[i] - in);
    }
}

int64_t vnuma__assign_place(vnuma__assign *a, unsigned int depth,
                            unsigned int v, unsigned int c)
{
    a->open &= ~(UINT32_C(1) << v);
    a->class_at[v] = (uint8_t)c;
    if (!--a->cap[c])
        a->blocked[c / VNUMA__LANES][c % VNUMA__LANES] = VNUMA__NEVER;
    link_others(a, depth, v, c);
    if (a->uses_all)
        vnuma__assign_take_place(a, depth, c);
    return vnuma__lane(vnuma__assign_links(a, depth, v), c);
}

void vnuma__assign_take_back(vnuma__assign *a, unsigned int v)
{
    unsigned int c = a->class_at[v];

    a->open |= UINT32_C(1) << v;
    a->cap[c]++;
    a->blocked[c / VNUMA__LANES][c % VNUMA__LANES] = 0;
}

bool vnuma__assign_only_repeats(const vnuma__assign *a, unsigned int v,
                                unsigned int c)
{
    uint32_t rest = a->alike[v] & ~a->open & ~a->fixed;

    for (; rest; rest &= rest - 1) {
        unsigned int u = (unsigned int)__builtin_ctz(rest);
        unsigned int at = a->class_at[u];

        if (!(a->same[v] >> u & 1) &&
            !(a->singles >> c & a->singles >> at & 1))
            continue;
        if (u < v ? at > c : at < c)
            return true;
    }
    return false;
}

uint64_t vnuma__assign_candidates(const vnuma__assign *a, unsigned int v,
                                  int64_t cost, int64_t twice)
{
    int64_t most =
        2 * (a->most_cost - cost) - (twice - a->smallest[v] - a->regret[v]);

    return vnuma__assign_within(a, v, most - 2) |
           (vnuma__assign_within(a, v, most) & a->in_more[v]);
}

static unsigned int sort_choices(const vnuma__assign *a, unsigned int v,
                                 uint64_t classes, choice *choices)
{
    unsigned int num = 0, i;

    while (classes) {
        unsigned int c = vnuma__take_lowest(&classes);
        int32_t part = vnuma__lane(a->parts[v], c);

        for (i = num++; i && choices[i - 1].part > part; i--)
            choices[i] = choices[i - 1];
        choices[i] = (choice){ part, (uint8_t)c };
    }
    return num;
}

static void note_bound(vnuma__assign *a, int64_t bound)
{
    if (bound < a->lowest_left)
        a->lowest_left = bound;
}

/* What a node takes that is cut off, but for add_some(), which counts too. */
static uint64_t count_bound(const vnuma__assign *a)
{
    uint64_t num = (uint64_t)__builtin_popcount(a->open);

    return 8 + num * a->row / 2 +
           (a->look_ahead && a->uses_all ? num * num * a->row / 2 : 0);
}

/* And what one takes beyond that. */
static uint64_t count_candidates(const vnuma__assign *a)
{
    return 16 + (uint64_t)__builtin_popcount(a->open) * (6 + a->row / 2);
}

/*
 * A vnode with one candidate; else the one with the fewest pnodes to choose
 * from, and of these the dearest.
 */
static unsigned int choose_vnode(const vnuma__assign *a,
                                 const uint64_t *candidates)
{
    unsigned int v, chosen = 0, fewest = UINT32_MAX;
    uint32_t rest;

    for (rest = a->open; rest; rest &= rest - 1) {
        unsigned int num;

        v = (unsigned int)__builtin_ctz(rest);
        num =
            candidates[v] & (candidates[v] - 1)
                ? (unsigned int)__builtin_popcountll(
                      a->allowed[v] & vnuma__assign_members(a, candidates[v]))
                : 0;
        if (num > fewest ||
            (num == fewest && a->smallest[v] <= a->smallest[chosen]))
            continue;
        fewest = num;
        chosen = v;
    }
    return chosen;
}

static void branch(vnuma__assign *a, unsigned int depth, int64_t cost,
                   int64_t twice, unsigned int v, uint64_t classes,
                   const uint8_t *pnode)
{
    choice choices[VNUMA__MAX_PNODES];
    unsigned int num = sort_choices(a, v, classes, choices), i;

    twice -= a->smallest[v] + a->regret[v];
    for (i = 0; i < num && !(a->any && a->found); i++) {
        unsigned int c = choices[i].class;
        int64_t bound = cost + (twice + choices[i].part + 1) / 2;

        if (bound > a->most_cost ||
            (bound == a->most_cost && !(a->in_more[v] >> c & 1)) ||
            vnuma__assign_only_repeats(a, v, c))
            continue;
        if (a->gave_up) {
            note_bound(a, bound);
            continue;
        }
        vnuma__assign_walk(a, depth + 1,
                           cost + vnuma__assign_place(a, depth, v, c), pnode);
        vnuma__assign_take_back(a, v);
    }
}

/* All those with one candidate at once; the bound is not asked in between. */
static void place_forced(vnuma__assign *a, unsigned int depth, int64_t cost,
                         const uint64_t *candidates, const uint8_t *pnode)
{
    uint8_t placed[VNUMA__MAX_VNODES];
    uint32_t rest = a->open;
    unsigned int num = 0, v, c;

    for (; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        if (candidates[v] & (candidates[v] - 1))
            continue;
        c = (unsigned int)__builtin_ctzll(candidates[v]);
        if (!a->cap[c] || vnuma__assign_only_repeats(a, v, c))
            break;
        cost += vnuma__assign_place(a, depth + num, v, c);
        placed[num++] = (uint8_t)v;
    }
    if (!rest)
        vnuma__assign_walk(a, depth + num, cost, pnode);
    while (num--)
        vnuma__assign_take_back(a, placed[num]);
}

void vnuma__assign_walk(vnuma__assign *a, unsigned int depth, int64_t cost,
                        const uint8_t *before)
{
    uint64_t candidates[VNUMA__MAX_VNODES];
    uint8_t pnode[VNUMA__MAX_VNODES];
    int64_t twice, bound;
    uint32_t rest;
    unsigned int v;

    if (!a->open) {
        end(a, cost, before);
        return;
    }
    a->gave_up |= vnuma__work_is_over(&a->work, count_bound(a));
    twice = vnuma__assign_bound(a, depth);
    bound = cost + (twice + 1) / 2;
    if (twice >= VNUMA__TOO_MUCH || bound > a->most_cost)
        return;
    if (a->gave_up) {
        note_bound(a, bound);
        return;
    }
    a->work.done += count_candidates(a);
    for (rest = a->open; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        candidates[v] = vnuma__assign_candidates(a, v, cost, twice);
        if (!candidates[v])
            return;
    }
    memcpy(pnode, before, sizeof(pnode));
    if (!rivals_fit(a, candidates) ||
        !vnuma__assign_match(a, bound < a->most_cost ? a->allowed : a->more,
                             candidates, pnode))
        return;
    v = choose_vnode(a, candidates);
    if (!(candidates[v] & (candidates[v] - 1)))
        place_forced(a, depth, cost, candidates, pnode);
    else if (a->probing)
        a->found = true;
    else
        branch(a, depth, cost, twice, v, candidates[v], pnode);
}
