/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search for guests that state no distances and whose vnodes get a pnode
 * each.  What such a placement costs depends on the set of pnodes only, so
 * that is what is searched for: 12,870 sets instead of 518,918,400 placements
 * for 8 vnodes on 16 pnodes.  Pnodes that are alike in all distances form a
 * class, and it only matters how many of each class are in the set.  Whether
 * the vnodes can be put on a set is a matching.
 *
 * Branch and bound: at each step the most promising class is settled, with as
 * many members as possible first.  The bound is, for the r pnodes still to be
 * chosen, the sum of the r smallest of
 *
 *     what the pnode costs, alone and with those chosen
 *     + half of what the r - 1 pnodes nearest to it cost with it
 *
 * which no choice can be below, as every chosen one brings at least that.
 * A step costs O(classes^2) for the bound, and a matching.
 */
#include "config.h"

#include "search/search.h"

#include <string.h>

/* ---- classes ------------------------------------------------------------------ */

bool vnuma__are_alike(const vnuma__problem *problem, unsigned int p,
                      unsigned int q)
{
    unsigned int r;

    if (problem->host[p][q] != problem->host[q][p] ||
        problem->host[p][p] != problem->host[q][q] || problem->devices[p] ||
        problem->devices[q] ||
        !(problem->cpuless & vnuma__bit(p)) !=
            !(problem->cpuless & vnuma__bit(q)))
        return false;
    for (r = 0; r < problem->num_pnodes; r++)
        if (r != p && r != q &&
            (problem->host[p][r] != problem->host[q][r] ||
             problem->host[r][p] != problem->host[r][q]))
            return false;
    return true;
}

static void find_classes(vnuma__classes *classes,
                         const vnuma__problem *problem)
{
    uint8_t first[VNUMA__MAX_PNODES];
    unsigned int p, c;

    for (p = 0; p < problem->num_pnodes; p++) {
        for (c = 0; c < classes->num_classes; c++)
            if (vnuma__are_alike(problem, first[c], p))
                break;
        if (c == classes->num_classes)
            first[classes->num_classes++] = (uint8_t)p;
        classes->class_of[p] = (uint8_t)c;
        classes->members[c] |= vnuma__bit(p);
        classes->size[c]++;
    }
}

static uint64_t cost_between(const vnuma__problem *problem,
                             const vnuma__classes *classes, unsigned int c,
                             unsigned int d)
{
    uint64_t of_d = classes->members[d];
    unsigned int p, q;

    p = (unsigned int)__builtin_ctzll(classes->members[c]);
    if (c == d)
        of_d &= ~vnuma__bit(p);
    if (!of_d)
        return 0;
    q = (unsigned int)__builtin_ctzll(of_d);
    return VNUMA__COST_DISTANCE *
           ((uint64_t)problem->host[p][q] + problem->host[q][p]);
}

static void sort_nearest(vnuma__classes *classes, unsigned int c)
{
    const uint64_t *between = classes->between[c];
    uint8_t *nearest = classes->nearest[c];
    unsigned int d, at;

    for (d = 0; d < classes->num_classes; d++) {
        for (at = d; at && between[nearest[at - 1]] > between[d]; at--)
            nearest[at] = nearest[at - 1];
        nearest[at] = (uint8_t)d;
    }
}

/*
 * Overcommitted vcpus come before distances.  Where each vnode can be on a
 * pnode that is as good as any for its vcpus, and all of them at once, the
 * others are out, and overcommitting costs the same everywhere.
 */
static bool settle_vcpus(vnuma__classes *classes,
                         const vnuma__problem *problem)
{
    uint8_t cap[VNUMA__MAX_PNODES];
    unsigned int v, p;

    memset(cap, UINT8_MAX, sizeof(cap));
    for (v = 0; v < problem->num_vnodes; v++) {
        uint64_t smallest = UINT64_MAX, rest = problem->allowed[v];

        while (rest) {
            uint64_t cost;

            p = vnuma__take_lowest(&rest);
            cost = vnuma__own_cost(problem, v, p) / VNUMA__COST_OVERCOMMIT;
            if (cost > smallest)
                continue;
            if (cost < smallest)
                classes->allowed[v] = 0;
            smallest = cost;
            classes->allowed[v] |= vnuma__bit(p);
        }
        if (smallest == UINT64_MAX)
            return false;
        classes->base += smallest * VNUMA__COST_OVERCOMMIT;
    }
    return vnuma__match(problem, classes->allowed, classes->class_of, cap,
                        NULL);
}

/*
 * Moving pnodes from one class to another changes the cost by a polynomial of
 * degree 2 of how many; its second difference is negative for all pairs?
 */
static bool prefers_whole(const vnuma__classes *classes)
{
    bool any = false;
    unsigned int c, d;

    for (c = 0; c < classes->num_classes; c++) {
        any |= classes->size[c] > 1;
        for (d = 0; d < c; d++)
            if (classes->size[c] > 1 && classes->size[d] > 1 &&
                classes->between[c][c] + classes->between[d][d] >=
                    2 * classes->between[c][d])
                return false;
    }
    return any;
}

static void count_usable(vnuma__classes *classes,
                         const vnuma__problem *problem)
{
    uint64_t any = 0;
    unsigned int v, c;

    for (v = 0; v < problem->num_vnodes; v++)
        any |= classes->allowed[v];
    for (c = 0; c < classes->num_classes; c++)
        classes->cap[c] =
            (uint8_t)__builtin_popcountll(classes->members[c] & any);
}

bool vnuma__classes_init(vnuma__classes *classes,
                         const vnuma__problem *problem)
{
    unsigned int c, d, v;

    if (problem->num_used != problem->num_vnodes)
        return false;
    memset(classes, 0, sizeof(*classes));
    find_classes(classes, problem);
    if (!settle_vcpus(classes, problem))
        return false;
    /*
     * Each CPU-less pnode in the set holds a memory-only vnode, so the
     * misplaced are the pnodes with CPUs less the vnodes with vcpus.
     */
    for (v = 0; v < problem->num_vnodes; v++)
        if (problem->vcpus[v])
            classes->offset += VNUMA__COST_MISPLACED;
    for (c = 0; c < classes->num_classes; c++) {
        if (!(classes->members[c] & problem->cpuless))
            classes->own[c] = VNUMA__COST_MISPLACED;
        for (d = 0; d < classes->num_classes; d++)
            classes->between[c][d] = cost_between(problem, classes, c, d);
    }
    for (c = 0; c < classes->num_classes; c++)
        sort_nearest(classes, c);
    count_usable(classes, problem);
    /* Devices are glad of one pnode in each class. */
    classes->prefers_whole = !problem->num_devices && prefers_whole(classes);
    return true;
}

/* ---- the search --------------------------------------------------------------------- */

typedef struct {
    const vnuma__problem *problem;
    const vnuma__classes *classes;
    const vnuma__question *question;
    vnuma__work *work;
    uint64_t allowed[VNUMA__MAX_VNODES];
    uint64_t open;                  /* classes not settled, as a mask */
    uint8_t cap[VNUMA__MAX_PNODES]; /* of each class: settled, or all */
    uint64_t most_cost;
    uint64_t lowest_left;      /* bound of what was given up */
    uint64_t lowest_unmatched; /* and of what memory does not allow */
    vnuma__placement *placement;
    vnuma__sets *sets; /* when they are to be listed, not matched */
    bool found, gave_up;
} search;

/* What the classes settled so far cost, and each class with them. */
typedef struct {
    uint64_t cost;
    uint64_t with[VNUMA__MAX_PNODES];
    unsigned int left; /* pnodes to choose */
    bool has_part;     /* a class is used in part */
} partial;

/* Twice the cost that a pnode of the class brings at least. */
static uint64_t twice_at_least(const search *s, const partial *state,
                               unsigned int c)
{
    const vnuma__classes *classes = s->classes;
    uint64_t sum = 2 * state->with[c];
    unsigned int others = state->left - 1, i;

    for (i = 0; others && i < classes->num_classes; i++) {
        unsigned int d = classes->nearest[c][i], num;

        if (!(s->open & vnuma__bit(d)))
            continue;
        num = s->cap[d] - (c == d);
        if (num > others)
            num = others;
        sum += num * classes->between[c][d];
        others -= num;
    }
    return sum;
}

/*
 * A lower bound of the cost from here, and the class to settle next: the one
 * with the smallest part in it.  UINT64_MAX: too few pnodes are left.
 */
static uint64_t find_bound(const search *s, const partial *state,
                           unsigned int *next_r)
{
    uint64_t values[VNUMA__MAX_PNODES], sum = 0, rest;
    uint8_t order[VNUMA__MAX_PNODES];
    unsigned int num = 0, left = state->left, i, c;

    for (rest = s->open; rest;) {
        uint64_t value;

        c = vnuma__take_lowest(&rest);
        value = twice_at_least(s, state, c);
        for (i = num++; i && values[i - 1] > value; i--) {
            values[i] = values[i - 1];
            order[i] = order[i - 1];
        }
        values[i] = value;
        order[i] = (uint8_t)c;
    }
    *next_r = num ? order[0] : 0;
    for (i = 0; left && i < num; i++) {
        unsigned int taken = s->cap[order[i]] < left ? s->cap[order[i]] : left;

        sum += taken * values[i];
        left -= taken;
    }
    return left ? UINT64_MAX : state->cost + (sum + 1) / 2;
}

static uint64_t used_pnodes(const search *s)
{
    uint64_t used = 0;
    unsigned int c;

    for (c = 0; c < s->classes->num_classes; c++)
        if (s->cap[c])
            used |= s->classes->members[c];
    return used;
}

static bool is_too_much(const search *s, uint64_t cost)
{
    return vnuma__is_too_much(s->question, s->found, s->most_cost, cost);
}

static void note(uint64_t *lowest, uint64_t bound)
{
    if (bound < *lowest)
        *lowest = bound;
}

static void try_set(search *s, uint64_t cost)
{
    vnuma__placement placement;

    memset(&placement, 0, sizeof(placement));
    if (!vnuma__match(s->problem, s->allowed, s->classes->class_of, s->cap,
                      placement.pnode)) {
        note(&s->lowest_unmatched, cost);
        return;
    }
    *s->placement = placement;
    s->found = true;
    s->most_cost = cost;
}

static void list_set(search *s)
{
    vnuma__sets *sets = s->sets;

    if (sets->num_sets == VNUMA__MAX_SETS) {
        s->gave_up = true;
        return;
    }
    memcpy(sets->caps[sets->num_sets++], s->cap, sizeof(s->cap));
}

/* Leaves are where no pnode is left to choose: open classes get none. */
static void try_leaf(search *s, const partial *state)
{
    uint8_t cap[VNUMA__MAX_PNODES];
    uint64_t cost = state->cost, rest = s->open;

    memcpy(cap, s->cap, sizeof(cap));
    while (rest)
        s->cap[vnuma__take_lowest(&rest)] = 0;
    cost += vnuma__device_cost(s->problem, used_pnodes(s));
    if (!is_too_much(s, cost)) {
        if (s->sets)
            list_set(s);
        else
            try_set(s, cost);
    }
    memcpy(s->cap, cap, sizeof(cap));
}

static void descend(search *s, const partial *state);

/* The class gets each number of pnodes in turn, the largest first. */
static void settle(search *s, const partial *before, unsigned int c)
{
    const vnuma__classes *classes = s->classes;
    unsigned int num = s->cap[c] < before->left ? s->cap[c] : before->left;
    unsigned int size = s->cap[c], d;
    partial after;

    s->open &= ~vnuma__bit(c);
    do {
        bool is_part = num && num < classes->cap[c];

        if (s->question->whole && before->has_part && is_part)
            continue;
        s->cap[c] = (uint8_t)num;
        after.has_part = before->has_part || is_part;
        after.left = before->left - num;
        after.cost = before->cost + num * before->with[c];
        if (num)
            after.cost += num * (num - 1) / 2 * classes->between[c][c];
        for (d = 0; d < classes->num_classes; d++)
            after.with[d] = before->with[d] + num * classes->between[c][d];
        descend(s, &after);
    } while (num-- && !(s->found && !s->question->best) &&
             !(s->sets && s->gave_up));
    s->cap[c] = (uint8_t)size;
    s->open |= vnuma__bit(c);
}

/* As deep as there are classes. */
static void descend(search *s, const partial *state)
{
    unsigned int num_classes = s->classes->num_classes, c;
    uint64_t bound;

    if (!state->left) {
        try_leaf(s, state);
        return;
    }
    bound = find_bound(s, state, &c);
    if (bound == UINT64_MAX)
        return;
    bound += vnuma__device_cost(s->problem, used_pnodes(s));
    if (is_too_much(s, bound))
        return;
    /* After giving up, siblings are only asked for their bounds. */
    if (s->gave_up ||
        vnuma__work_is_over(s->work, 32 + num_classes * num_classes)) {
        s->gave_up = true;
        note(&s->lowest_left, bound);
        return;
    }
    if (vnuma__match(s->problem, s->allowed, s->classes->class_of, s->cap,
                     NULL))
        settle(s, state, c);
    else
        note(&s->lowest_unmatched, bound);
}

/* The question's and the problem's pnodes for each vnode. */
static bool narrow(search *s)
{
    unsigned int v;

    for (v = 0; v < s->problem->num_vnodes; v++) {
        s->allowed[v] = vnuma__with_room(
            s->problem, v, s->question->allowed[v] & s->classes->allowed[v],
            s->question->least);
        if (!s->allowed[v])
            return false;
    }
    return true;
}

/* Pnodes that no vnode may have are no members. */
static void open_classes(search *s, partial *root)
{
    uint64_t any = 0;
    unsigned int v, c;

    for (v = 0; v < s->problem->num_vnodes; v++)
        any |= s->allowed[v];
    for (c = 0; c < s->classes->num_classes; c++) {
        s->cap[c] =
            (uint8_t)__builtin_popcountll(s->classes->members[c] & any);
        if (s->cap[c])
            s->open |= vnuma__bit(c);
        root->with[c] = s->classes->own[c];
    }
    root->cost = s->classes->base;
    root->left = s->problem->num_vnodes;
    root->has_part = false;
}

int vnuma__search_set(const vnuma__problem *problem,
                      const vnuma__classes *classes,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__placement *placement_r, bool *found_r,
                      uint64_t *bound_r)
{
    search s = {
        .problem = problem,
        .classes = classes,
        .question = question,
        .work = work,
        .placement = placement_r,
        .lowest_left = UINT64_MAX,
        .lowest_unmatched = UINT64_MAX,
    };
    uint64_t offset = classes->offset;
    partial root;

    *found_r = false;
    s.most_cost = question->most_cost < UINT64_MAX - offset
                      ? question->most_cost + offset
                      : UINT64_MAX;
    if (!narrow(&s))
        return VNUMA__NONE;
    open_classes(&s, &root);
    descend(&s, &root);
    *found_r = s.found;
    if (s.found)
        vnuma__placement_measure(problem, placement_r);
    if (bound_r) {
        uint64_t bound = s.lowest_left;

        if (s.found)
            note(&bound, s.most_cost);
        if (question->whole)
            note(&bound, s.lowest_unmatched);
        *bound_r = bound > offset ? bound - offset : 0;
    }
    if (s.gave_up && (question->best || !s.found))
        return VNUMA__GAVE_UP;
    return s.found ? VNUMA__FOUND : VNUMA__NONE;
}

/* ---- when the cheapest sets are known ------------------------------------------------- */

void vnuma__list_sets(const vnuma__problem *problem,
                      const vnuma__classes *classes,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__sets *sets_r)
{
    search s = {
        .problem = problem,
        .classes = classes,
        .question = question,
        .work = work,
        .most_cost = question->most_cost + classes->offset,
        .lowest_left = UINT64_MAX,
        .lowest_unmatched = UINT64_MAX,
        .sets = sets_r,
    };
    partial root;

    sets_r->num_sets = 0;
    sets_r->complete = false;
    if (!narrow(&s))
        return;
    open_classes(&s, &root);
    descend(&s, &root);
    sets_r->complete = !s.gave_up;
}

int vnuma__search_sets(const vnuma__problem *problem,
                       const vnuma__classes *classes, const vnuma__sets *sets,
                       const vnuma__question *question,
                       vnuma__placement *placement_r, bool *found_r)
{
    search s = {
        .problem = problem,
        .classes = classes,
        .question = question,
    };
    unsigned int i;

    *found_r = false;
    if (!narrow(&s))
        return VNUMA__NONE;
    memset(placement_r, 0, sizeof(*placement_r));
    for (i = 0; i < sets->num_sets; i++) {
        if (!vnuma__match(problem, s.allowed, classes->class_of, sets->caps[i],
                          placement_r->pnode))
            continue;
        vnuma__placement_measure(problem, placement_r);
        *found_r = true;
        return VNUMA__FOUND;
    }
    return VNUMA__NONE;
}

/* The lowest pnode that v can have with one of the sets. */
static unsigned int find_lowest(const search *s, const vnuma__sets *sets,
                                unsigned int v)
{
    uint64_t could_have = 0;
    unsigned int i;

    for (i = 0; i < sets->num_sets; i++) {
        uint8_t pnode[VNUMA__MAX_VNODES];

        if (vnuma__match(s->problem, s->allowed, s->classes->class_of,
                         sets->caps[i], pnode))
            could_have |= vnuma__could_have(s->problem, s->classes, s->allowed,
                                            pnode, v);
    }
    return (unsigned int)__builtin_ctzll(could_have);
}

void vnuma__settle_sets(const vnuma__problem *problem,
                        const vnuma__classes *classes, const vnuma__sets *sets,
                        const vnuma__question *question,
                        vnuma__placement *placement)
{
    search s = {
        .problem = problem,
        .classes = classes,
        .question = question,
    };
    unsigned int v, w, p;

    if (!narrow(&s))
        return;
    for (v = 0; v < problem->num_vnodes; v++) {
        p = find_lowest(&s, sets, v);
        placement->pnode[v] = (uint8_t)p;
        for (w = 0; w < problem->num_vnodes; w++)
            s.allowed[w] &= ~vnuma__bit(p);
        s.allowed[v] = vnuma__bit(p);
    }
    vnuma__placement_measure(problem, placement);
}
