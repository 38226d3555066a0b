/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search for all guests, used for those whose vnodes must share pnodes or
 * cannot all have the vcpus they need: vnodes one after the other, each on
 * every pnode that can take it, the most promising first.
 *
 * Branch and bound.  The bound is, for each vnode not placed, the smallest
 * over its pnodes of what it costs there by itself, with the vnodes placed,
 * and half of what it costs at least with those not placed (pairs.c).  A
 * step costs O(vnodes * pnodes).  Cut off as well is what cannot end well for
 * memory: a vnode without a pnode, a rest that has no matching, a rest larger
 * than the room left; and what only repeats: of vnodes that nothing tells
 * apart the later one goes to no lower pnode, and of unused pnodes that
 * nothing tells apart only the first is tried.  (The placement that comes
 * first in dictionary order, taken in the order of the search, obeys both, so
 * the two rules do not cut each other's last solution.)
 */
#include "config.h"

#include "search/map.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const vnuma__problem *problem;
    const vnuma__question *question;
    vnuma__work *work;
    vnuma__map map;
    uint64_t devices_least; /* due from the start, settled at the end */
    uint64_t most_cost;
    uint64_t lowest_left; /* bound of what was given up */
    int64_t least;        /* the question's, or above what was found */
    vnuma__placement *placement;
    bool found, gave_up;

    /* host distances turned round: to[p][q] is from q to p */
    uint16_t to[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];

    /* by depth: what the vnodes from there on need, largest first */
    int64_t needs[VNUMA__MAX_VNODES + 1][VNUMA__MAX_VNODES];

    /* of the vnodes placed */
    uint8_t pnode[VNUMA__MAX_VNODES];
    int64_t room[VNUMA__MAX_PNODES];
    uint32_t num_vcpus[VNUMA__MAX_PNODES];
    uint64_t used;
} search;

typedef struct {
    uint64_t value;
    uint8_t pnode;
} choice;

static bool is_too_much(const search *s, uint64_t cost)
{
    return vnuma__is_too_much(s->question, s->found, s->most_cost, cost);
}

/* What this vnode adds to the overcommitment beyond its own part. */
static uint64_t sharing_cost(const search *s, unsigned int v, unsigned int p)
{
    uint64_t pcpus = s->problem->pcpus[p], before = s->num_vcpus[p];
    uint64_t own = s->problem->vcpus[v], after = before + own;

    before = before > pcpus ? before - pcpus : 0;
    after = after > pcpus ? after - pcpus : 0;
    own = own > pcpus ? own - pcpus : 0;
    return (after - before - own) * VNUMA__COST_OVERCOMMIT;
}

/* ---- where can the vnodes from here on go? ------------------------------------------ */

/* Pnodes that are not used yet and have to be. */
static unsigned int num_to_use(const search *s)
{
    return s->problem->num_used - (unsigned int)__builtin_popcountll(s->used);
}

static uint64_t find_candidates(const search *s, unsigned int v,
                                unsigned int num_left)
{
    unsigned int num_new = num_to_use(s);
    uint64_t candidates = s->map.allowed[v], shared;

    if (s->problem->num_used == s->problem->num_vnodes)
        return candidates & ~s->used;
    candidates &= ~(s->used & s->question->alone);
    if (!num_new)
        candidates &= s->used;
    else if (num_new == num_left)
        candidates &= ~s->used;
    for (shared = candidates & s->used; shared;) {
        unsigned int p = vnuma__take_lowest(&shared);

        if (s->room[p] < (int64_t)s->problem->need[v])
            candidates &= ~vnuma__bit(p);
    }
    return candidates;
}

/* So many vnodes from here on go where there is one already. */
static unsigned int num_to_share(const search *s, unsigned int depth)
{
    return s->map.num_vnodes - depth - num_to_use(s);
}

/*
 * How many of the num_vnodes largest have a place on these pnodes, at most:
 * needs are theirs, and so many on one pnode take no less than the smallest
 * ones do.
 */
static unsigned int count_places(const search *s, uint64_t pnodes,
                                 const int64_t *needs, unsigned int num_vnodes,
                                 unsigned int most_shared)
{
    uint64_t alone = s->question->alone;
    unsigned int num = 0, num_shared = 0;

    while (pnodes) {
        unsigned int p = vnuma__take_lowest(&pnodes), next = num_vnodes;
        int64_t room = s->room[p];

        if (!(s->used & vnuma__bit(p)) && room >= needs[next - 1]) {
            num++;
            room -= needs[--next];
        }
        for (; num_shared < most_shared && !(alone & vnuma__bit(p)) && next &&
               room >= needs[next - 1];
             room -= needs[--next])
            num_shared++;
    }
    return num + num_shared;
}

/* For the largest, the two largest, and so on. */
static bool have_places(const search *s, uint64_t pnodes, unsigned int depth)
{
    unsigned int num_left = s->map.num_vnodes - depth, i;
    unsigned int most_shared = num_to_share(s, depth);
    const int64_t *needs = s->needs[depth];

    for (i = 1; i <= num_left; i++)
        if (needs[i - 1] && count_places(s, pnodes, needs, i, most_shared) < i)
            return false;
    return true;
}

/*
 * With no more to share, a pnode for each one left; else room enough for each
 * and for all of them together.
 */
static bool can_end_well(const search *s, const uint64_t *candidates,
                         unsigned int depth)
{
    unsigned int num_left = s->map.num_vnodes - depth, i;
    uint64_t allowed[VNUMA__MAX_VNODES], any = 0;
    uint8_t pnode[VNUMA__MAX_VNODES];
    int64_t left = 0;

    for (i = 0; i < num_left; i++) {
        unsigned int v = s->map.order[depth + i];

        allowed[i] = candidates[v];
        pnode[i] = VNUMA__NOBODY;
        any |= candidates[v];
        left -= (int64_t)s->problem->need[v];
    }
    if (num_to_use(s) == num_left)
        return vnuma__match_again(num_left, allowed, pnode);
    if (!have_places(s, any, depth))
        return false;
    while (any)
        left += s->room[vnuma__take_lowest(&any)];
    return left >= 0;
}

/* ---- the search ------------------------------------------------------------------------ */

/* Twice the part of the vnode in the bound, on p. */
static uint64_t part(const search *s, unsigned int depth, unsigned int v,
                     unsigned int p)
{
    uint64_t value = 2 * vnuma__map_row(&s->map, s->map.links, depth, v)[p] +
                     vnuma__map_row(&s->map, s->map.open_pairs, depth, v)[p];

    if (s->num_vcpus[p])
        value += 2 * sharing_cost(s, v, p);
    return value;
}

static uint64_t smallest_part(const search *s, unsigned int depth,
                              unsigned int v, uint64_t candidates)
{
    uint64_t smallest = UINT64_MAX;

    while (candidates) {
        uint64_t value = part(s, depth, v, vnuma__take_lowest(&candidates));

        if (value < smallest)
            smallest = value;
    }
    return smallest;
}

/* e vnodes beyond one for each pnode make at most e * (e + 1) / 2 pairs. */
static uint64_t most_saved(const search *s, unsigned int depth)
{
    uint64_t num_more = num_to_share(s, depth);

    return num_more * (num_more + 1) / 2 * s->map.most_saved;
}

/* From twice the parts of all, a bound. */
static uint64_t to_bound(uint64_t cost, uint64_t twice, uint64_t saved)
{
    return cost + (twice > 2 * saved ? (twice + 1) / 2 - saved : 0);
}

/* Without the pnodes on which the vnode would make it cost too much. */
static uint64_t affordable(const search *s, unsigned int depth, unsigned int v,
                           uint64_t candidates, uint64_t twice_others,
                           uint64_t cost)
{
    uint64_t saved = most_saved(s, depth);
    uint64_t rest = candidates;

    while (rest) {
        unsigned int p = vnuma__take_lowest(&rest);
        uint64_t twice = twice_others + part(s, depth, v, p);

        if (is_too_much(s, to_bound(cost, twice, saved)))
            candidates &= ~vnuma__bit(p);
    }
    return candidates;
}

/* The cheapest first, and where most room is. */
static bool goes_first(const search *s, const choice *x, const choice *y)
{
    if (s->question->in_order)
        return false;
    if (x->value != y->value)
        return x->value < y->value;
    return s->room[x->pnode] > s->room[y->pnode];
}

static unsigned int sort_choices(const search *s, unsigned int depth,
                                 uint64_t candidates, choice *choices)
{
    unsigned int v = s->map.order[depth], num = 0, i;

    while (candidates) {
        unsigned int p = vnuma__take_lowest(&candidates);
        choice next = { part(s, depth, v, p), (uint8_t)p };

        for (i = num++; i && goes_first(s, &next, &choices[i - 1]); i--)
            choices[i] = choices[i - 1];
        choices[i] = next;
    }
    return num;
}

/*
 * A lower bound of the cost from here, UINT64_MAX when this leads nowhere;
 * and where the next vnode can go.
 */
static uint64_t find_bound(const search *s, unsigned int depth, uint64_t cost,
                           uint64_t *next_r, uint64_t *twice_others_r)
{
    uint64_t candidates[VNUMA__MAX_VNODES], smallest[VNUMA__MAX_VNODES];
    unsigned int n = s->map.num_vnodes, i, v;
    uint64_t twice = 0, bound;

    for (i = depth; i < n; i++) {
        v = s->map.order[i];
        candidates[v] = find_candidates(s, v, n - depth);
        if (!candidates[v])
            return UINT64_MAX;
        smallest[v] = smallest_part(s, depth, v, candidates[v]);
        twice += smallest[v];
    }
    bound = to_bound(cost, twice, most_saved(s, depth));
    if (is_too_much(s, bound))
        return bound;
    for (i = depth; i < n; i++) {
        v = s->map.order[i];
        candidates[v] =
            affordable(s, depth, v, candidates[v], twice - smallest[v], cost);
    }
    if (!can_end_well(s, candidates, depth))
        return UINT64_MAX;
    v = s->map.order[depth];
    *next_r = candidates[v];
    *twice_others_r = twice - smallest[v];
    return bound;
}

static void descend(search *s, unsigned int depth, uint64_t cost);

/* Adds what w costs on each pnode in that direction; a loop for vectors. */
static void add_direction(const vnuma__problem *problem, unsigned int v,
                          unsigned int w, const uint16_t *distances,
                          uint64_t *row)
{
    unsigned int stated = problem->stated[v][w], q;

    if (problem->has_stated[v])
        for (q = 0; q < problem->num_pnodes; q++)
            row[q] += VNUMA__COST_DISTANCE * (distances[q] > stated
                                                  ? distances[q] - stated
                                                  : stated - distances[q]);
    else
        for (q = 0; q < problem->num_pnodes; q++)
            row[q] += VNUMA__COST_DISTANCE * distances[q];
}

/* The links of those after, with this one on p. */
static void link_others(search *s, unsigned int depth, unsigned int p)
{
    unsigned int v = s->map.order[depth], i;

    for (i = depth + 1; i < s->map.num_vnodes; i++) {
        unsigned int w = s->map.order[i];
        uint64_t *after = vnuma__map_row(&s->map, s->map.links, depth + 1, w);

        memcpy(after, vnuma__map_row(&s->map, s->map.links, depth, w),
               s->map.num_pnodes * sizeof(*after));
        add_direction(s->problem, v, w, s->problem->host[p], after);
        add_direction(s->problem, w, v, s->to[p], after);
    }
    s->work->done += (s->map.num_vnodes - depth) * s->map.num_pnodes;
}

static void place(search *s, unsigned int depth, uint64_t cost, unsigned int p)
{
    unsigned int v = s->map.order[depth];
    uint64_t used = s->used;

    cost += vnuma__map_row(&s->map, s->map.links, depth, v)[p] +
            sharing_cost(s, v, p);
    if (is_too_much(s, cost) || s->room[p] < (int64_t)s->problem->need[v])
        return;
    s->pnode[v] = (uint8_t)p;
    s->used |= vnuma__bit(p);
    s->room[p] -= (int64_t)s->problem->need[v];
    s->num_vcpus[p] += s->problem->vcpus[v];
    if (depth + 1 < s->map.num_vnodes)
        link_others(s, depth, p);
    descend(s, depth + 1, cost);
    s->num_vcpus[p] -= s->problem->vcpus[v];
    s->room[p] += (int64_t)s->problem->need[v];
    s->used = used;
}

static bool only_repeats(const search *s, unsigned int v, unsigned int p)
{
    unsigned int twin = s->map.twin[v];

    if (twin != VNUMA__NO_VNODE && p < s->pnode[twin])
        return true;
    return !(s->used & vnuma__bit(p)) && (s->map.lower_alike[p] & ~s->used);
}

/* After giving up only bounds are taken, of what was not looked at. */
static void note_bound(search *s, uint64_t bound)
{
    if (bound < s->lowest_left)
        s->lowest_left = bound;
}

/* ---- what leaves most ----------------------------------------------------------------- */

/* What the placement leaves on each pnode; gives the used one with the least. */
static unsigned int find_fullest(const search *s, int64_t *left)
{
    const uint8_t *pnode = s->placement->pnode;
    unsigned int fullest = pnode[0], v;

    memcpy(left, s->problem->room, sizeof(s->problem->room));
    for (v = 0; v < s->map.num_vnodes; v++)
        left[pnode[v]] -= (int64_t)s->problem->need[v];
    for (v = 0; v < s->map.num_vnodes; v++)
        if (left[pnode[v]] < left[fullest])
            fullest = pnode[v];
    return fullest;
}

static bool exchange(search *s, unsigned int v, unsigned int w)
{
    uint8_t *pnode = s->placement->pnode, p = pnode[v];

    pnode[v] = pnode[w];
    pnode[w] = p;
    if (s->question->allowed[v] >> pnode[v] &
        s->question->allowed[w] >> pnode[w] & 1) {
        vnuma__placement_measure(s->problem, s->placement);
        if (s->placement->cost <= s->question->most_cost)
            return true;
    }
    pnode[w] = pnode[v];
    pnode[v] = p;
    return false;
}

/* A vnode of the fullest pnode with a smaller one, if both leave more then. */
static bool exchange_one(search *s)
{
    const uint8_t *pnode = s->placement->pnode;
    int64_t left[VNUMA__MAX_PNODES], less;
    unsigned int p = find_fullest(s, left), v, w;

    for (v = 0; v < s->map.num_vnodes; v++) {
        for (w = 0; pnode[v] == p && w < s->map.num_vnodes; w++) {
            less = (int64_t)s->problem->need[v] - (int64_t)s->problem->need[w];
            if (less > 0 && left[pnode[w]] - less > left[p] &&
                exchange(s, v, w))
                return true;
        }
    }
    return false;
}

/*
 * From now on only what leaves more.  The search would try the last vnodes
 * first, and go up in small steps.
 */
static void ask_more(search *s)
{
    unsigned int v, p;
    int64_t more;

    while (exchange_one(s))
        continue;
    vnuma__placement_measure(s->problem, s->placement);
    more = s->placement->least + 1 - s->least;
    for (p = 0; p < s->map.num_pnodes; p++)
        s->room[p] -= more;
    s->least += more;
    for (v = 0; v < s->map.num_vnodes; v++)
        s->map.allowed[v] =
            vnuma__with_room(s->problem, v, s->map.allowed[v], s->least);
}

/* With more to be left than when this depth was entered. */
static bool can_leave_more(const search *s, unsigned int depth)
{
    uint64_t any = 0;
    unsigned int i;

    for (i = 0; i < depth; i++)
        if (s->room[s->pnode[s->map.order[i]]] < 0)
            return false;
    for (; i < s->map.num_vnodes; i++)
        any |= s->map.allowed[s->map.order[i]];
    return have_places(s, any, depth);
}

/* ---- the whole of a branch ------------------------------------------------------------ */

static void end(search *s, uint64_t cost)
{
    cost += vnuma__device_cost(s->problem, s->used) - s->devices_least;
    if (is_too_much(s, cost))
        return;
    memcpy(s->placement->pnode, s->pnode, sizeof(s->pnode));
    s->found = true;
    if (s->question->leaves_most)
        ask_more(s);
    else
        s->most_cost = cost;
}

static bool is_enough(const search *s)
{
    if (s->question->leaves_most || !s->found)
        return false;
    return !s->question->best || s->most_cost <= s->question->enough;
}

static void descend(search *s, unsigned int depth, uint64_t cost)
{
    uint64_t bound, saved, next = 0, twice_others = 0;
    choice choices[VNUMA__MAX_PNODES];
    int64_t least = s->least;
    unsigned int num, i, v;

    if (depth == s->map.num_vnodes) {
        end(s, cost);
        return;
    }
    v = s->map.order[depth];
    bound = find_bound(s, depth, cost, &next, &twice_others);
    if (bound == UINT64_MAX || is_too_much(s, bound))
        return;
    if (s->gave_up ||
        vnuma__work_is_over(s->work,
                            (s->map.num_vnodes - depth) * s->map.num_pnodes)) {
        s->gave_up = true;
        note_bound(s, bound);
        return;
    }
    num = sort_choices(s, depth, next, choices);
    saved = most_saved(s, depth);
    for (i = 0; i < num; i++) {
        bound = to_bound(cost, twice_others + choices[i].value, saved);
        if (is_too_much(s, bound) || only_repeats(s, v, choices[i].pnode))
            continue;
        if (s->gave_up)
            note_bound(s, bound);
        else
            place(s, depth, cost, choices[i].pnode);
        if (is_enough(s) || (s->least > least && !can_leave_more(s, depth)))
            return;
        least = s->least;
    }
}

static void sort_needs(search *s)
{
    unsigned int num = 0, depth, i;

    for (depth = s->map.num_vnodes; depth--; num++) {
        int64_t need = (int64_t)s->problem->need[s->map.order[depth]];

        memcpy(s->needs[depth], s->needs[depth + 1], sizeof(s->needs[depth]));
        for (i = num; i && s->needs[depth][i - 1] < need; i--)
            s->needs[depth][i] = s->needs[depth][i - 1];
        s->needs[depth][i] = need;
    }
}

static void start(search *s)
{
    uint64_t any = 0;
    unsigned int v, p, q;

    for (p = 0; p < s->map.num_pnodes; p++) {
        s->room[p] = s->problem->room[p] - s->least;
        for (q = 0; q < s->map.num_pnodes; q++)
            s->to[p][q] = s->problem->host[q][p];
    }
    for (v = 0; v < s->map.num_vnodes; v++) {
        uint64_t *links = vnuma__map_row(&s->map, s->map.links, 0, v);

        any |= s->map.allowed[v];
        for (p = 0; p < s->map.num_pnodes; p++)
            links[p] = vnuma__own_cost(s->problem, v, p);
    }
    sort_needs(s);
    s->devices_least = vnuma__device_cost(s->problem, any);
    descend(s, 0, s->devices_least);
}

static int answer(const search *s, bool *found_r, uint64_t *bound_r)
{
    *found_r = s->found;
    if (s->found)
        vnuma__placement_measure(s->problem, s->placement);
    if (bound_r)
        *bound_r = s->found && s->most_cost < s->lowest_left ? s->most_cost
                                                             : s->lowest_left;
    if (s->gave_up &&
        (s->question->best || s->question->leaves_most || !s->found))
        return VNUMA__GAVE_UP;
    return s->found ? VNUMA__FOUND : VNUMA__NONE;
}

int vnuma__search_map(const vnuma__problem *problem,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__placement *placement_r, bool *found_r,
                      uint64_t *bound_r)
{
    search s = {
        .problem = problem,
        .question = question,
        .work = work,
        .most_cost = question->most_cost,
        .lowest_left = UINT64_MAX,
        .least = question->least,
        .placement = placement_r,
    };
    int rc;

    *found_r = false;
    memset(placement_r, 0, sizeof(*placement_r));
    rc = vnuma__map_init(&s.map, problem, question);
    work->done +=
        (uint64_t)s.map.num_vnodes * s.map.num_vnodes * s.map.num_pnodes / 2;
    if (rc < 0)
        goto out;
    if (!rc)
        start(&s);
    rc = answer(&s, found_r, bound_r);

out:
    vnuma__map_dispose(&s.map);
    return rc;
}
