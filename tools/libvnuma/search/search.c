/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Placements to begin with, from each pnode for the first vnode.  Then one
 * branch and bound: first for the cheapest placement, then for the first in
 * dictionary order that is as cheap and leaves as much memory, then more.  What
 * is left is taken off all pnodes before: memory only says where a vnode goes.
 *
 * Symmetry.  Of two vnodes that can be swapped the first has the lower pnode;
 * of unused pnodes that can be swapped only the first is tried.
 *
 * Bound.  What is placed costs what it costs; each open vnode costs at least
 * what its cheapest pnode takes, with half of what its distances to the other
 * open ones are at least from there.  Sums of costs keep their order.
 */
#include "config.h"

#include "search/search.h"

#include <stdlib.h>
#include <string.h>

#include "vnuma_base.h"

#define HALF (VNUMA__COST_DISTANCE / 2) /* links count half distances */

/* After some vnodes are placed. */
typedef struct {
    int64_t left[VNUMA__MAX_MEMORIES][VNUMA__MAX_PNODES];
    uint64_t used;      /* from here on: copied for the next vnode */
    vnuma__cost placed; /* what all cost, and those that are placed */
    uint32_t num_vcpus[VNUMA__MAX_PNODES];
    /* Of an open v on p: to those placed, and at least to the open ones. */
    int32_t link[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];
} state;

typedef struct {
    const vnuma__problem *problem;
    /* what begin() settles */
    unsigned int num_used; /* pnodes to use, exactly */
    bool is_apart;         /* a pnode for each vnode */
    bool is_simple;        /* memory only says which pnodes may be used */
    bool is_mixed;         /* not all may use the same pcpus of a pnode */
    int64_t least;         /* KiB to be left on each */
    uint64_t allowed[VNUMA__MAX_VNODES]; /* and roomy enough */
    uint32_t kin[VNUMA__MAX_VNODES];     /* placed before it, the same */
    uint64_t alike[VNUMA__MAX_PNODES];   /* with lower numbers, the same */
    /* After this struct, as are those below; one for each vnode. */
    vnuma__cost (*own)[VNUMA__MAX_PNODES];
    vnuma__over over[VNUMA__MAX_PNODES];
    /* The least distance of v on p to w. */
    int32_t (*half)[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];

    uint8_t order[VNUMA__MAX_VNODES], pnode[VNUMA__MAX_VNODES];
    state *states; /* one more than vnodes */
    uint64_t steps, most_steps;
    bool is_over, in_order, is_done;
    vnuma__result *found;
    vnuma__cost open; /* the least that anything not looked at can cost */
    int32_t *pairs;   /* distances of v on p to w on q */
} search;

/*
 * As large as the problem, in one piece: most are small, and many are
 * searched.  NULL: no memory.
 */
static search *make(unsigned int n, unsigned int m)
{
    search *s =
        calloc(1, sizeof(*s) + n * sizeof(*s->own) + n * sizeof(*s->half) +
                      (n + 1) * sizeof(*s->states) +
                      sizeof(*s->pairs) * n * n * m * m);

    if (!s)
        return NULL;
    s->own = (void *)(s + 1);
    s->half = (void *)(s->own + n);
    s->states = (void *)(s->half + n);
    s->pairs = (void *)(s->states + n + 1);
    return s;
}

/* Those of v on p to w, by its pnode. */
static inline const int32_t *pairs_of(const search *s, unsigned int v,
                                      unsigned int w, unsigned int p)
{
    size_t n = s->problem->num_vnodes, m = s->problem->num_pnodes;

    return &s->pairs[((v * n + w) * m + p) * m];
}

static void add(vnuma__cost *sum, vnuma__cost a)
{
    unsigned int i;

    for (i = 0; i < VNUMA__COST_TERMS; i++)
        sum->terms[i] += a.terms[i];
}

/* What v on p costs at least, next to those placed. */
static inline vnuma__cost cost_of(const search *s, const state *now,
                                  unsigned int v, unsigned int p)
{
    uint32_t num = now->num_vcpus[p];
    vnuma__cost cost = s->own[v][p];

    cost.near += now->link[v][p] * HALF;
    if (!s->is_apart)
        cost.cpu = vnuma__over_cost(s->over[p], num + s->problem->vcpus[v]) -
                   vnuma__over_cost(s->over[p], num);
    return cost;
}

/* Where v may go when depth vnodes are placed. */
static uint64_t places_of(const search *s, unsigned int depth, unsigned int v)
{
    const state *now = &s->states[depth];
    unsigned int missing = s->num_used - __builtin_popcountll(now->used), p;
    unsigned int num_open = s->problem->num_vnodes - depth;
    uint64_t places = s->allowed[v];

    if (!missing)
        places &= now->used;
    if (missing == num_open)
        places &= ~now->used;
    for (p = 0; !s->is_apart && p < s->problem->num_pnodes; p++)
        if (now->left[s->problem->memory[v]][p] < (int64_t)s->problem->need[v])
            places &= ~vnuma__bit(p);
    return places;
}

static bool is_beaten(const search *s, const vnuma__cost *cost)
{
    int by = vnuma__cost_compare(cost, &s->found->cost);

    return by > 0 || (!by && (!s->in_order || cost->taken != -s->least));
}

/* Where v costs least when depth vnodes are placed, or VNUMA__NO_PNODE. */
static unsigned int find_cheapest(search *s, unsigned int depth,
                                  unsigned int v, vnuma__cost *least_r)
{
    uint64_t places = places_of(s, depth, v);
    unsigned int p, cheapest = VNUMA__NO_PNODE;
    vnuma__cost cost;

    least_r->moved = INT64_MAX;
    while (places) {
        s->steps++;
        p = vnuma__take_lowest(&places);
        cost = cost_of(s, &s->states[depth], v, p);
        if (vnuma__cost_compare(&cost, least_r) < 0) {
            *least_r = cost;
            cheapest = p;
        }
    }
    return cheapest;
}

/* Of all placements that begin like that; false: there is no better one. */
static bool bound(search *s, unsigned int depth, vnuma__cost *bound_r)
{
    vnuma__cost least;
    unsigned int i;

    *bound_r = s->states[depth].placed;
    for (i = depth; i < s->problem->num_vnodes; i++) {
        if (is_beaten(s, bound_r) ||
            find_cheapest(s, depth, s->order[i], &least) == VNUMA__NO_PNODE)
            return false;
        add(bound_r, least);
    }
    return true;
}

/* Adds the distances of all to v on p, in place of their least, or takes them
 * off again: times is -1. */
static void link_up(search *s, state *now, unsigned int v, unsigned int p,
                    int times)
{
    unsigned int w, q;

    for (w = 0; w < s->problem->num_vnodes; w++) {
        const int32_t *row = pairs_of(s, v, w, p), *half = s->half[w][v];

        for (q = 0; w != v && q < s->problem->num_pnodes; q++)
            now->link[w][q] += times * (2 * row[q] - half[q]);
    }
    s->pnode[v] = (uint8_t)p;
    s->steps += w * s->problem->num_pnodes / 8 + 4;
}

/* Places the next vnode on p. */
static void put(search *s, unsigned int depth, unsigned int p)
{
    unsigned int n = s->problem->num_vnodes, v = s->order[depth], i;
    state *now = &s->states[depth + 1];

    memcpy(now->left, now[-1].left,
           s->problem->has_pools ? sizeof(now->left) : sizeof(now->left[0]));
    memcpy(&now->used, &now[-1].used,
           offsetof(state, link) - offsetof(state, used) +
               n * sizeof(now->link[0]));
    add(&now->placed, cost_of(s, now, v, p));
    for (i = depth + 1; i < n; i++)
        now->placed.near -= s->half[v][s->order[i]][p] * HALF;
    link_up(s, now, v, p, 1);
    now->used |= vnuma__bit(p);
    now->num_vcpus[p] += s->problem->vcpus[v];
    now->left[s->problem->memory[v]][p] -= (int64_t)s->problem->need[v];
}

/* Keeps what is better. */
static bool try_it(search *s)
{
    vnuma__cost cost;

    s->steps += s->problem->num_vnodes * s->problem->num_vnodes / 2;
    if (!vnuma__measure(s->problem, s->pnode, &cost, NULL) ||
        is_beaten(s, &cost))
        return false;
    s->found->feasible = true;
    s->found->cost = cost;
    memcpy(s->found->pnode, s->pnode, sizeof(s->pnode));
    return true;
}

/* Moves v to q, and what is there to v's pnode, if that costs less. */
static bool exchange(search *s, unsigned int v, unsigned int q)
{
    state *now = &s->states[s->problem->num_vnodes];
    const uint8_t *there = memchr(s->pnode, (int)q, s->problem->num_vnodes);
    unsigned int w = there ? (unsigned int)(there - s->pnode) : v;
    unsigned int p = s->pnode[v];
    const int32_t *at_p = pairs_of(s, v, w, p);
    const int32_t *at_q = pairs_of(s, v, w, q);
    vnuma__cost before = { .moved = 0 }, after = before;

    if (p == q || !(s->allowed[v] >> q & 1) || !(s->allowed[w] >> p & 1))
        return false;
    add(&before, cost_of(s, now, v, p));
    add(&after, cost_of(s, now, v, q));
    if (w != v) {
        add(&before, cost_of(s, now, w, q));
        add(&after, cost_of(s, now, w, p));
        after.near +=
            (at_p[q] - at_p[p] + at_q[p] - at_q[q]) * VNUMA__COST_DISTANCE;
    }
    if (vnuma__cost_compare(&after, &before) >= 0)
        return false;
    link_up(s, now, v, p, -1);
    link_up(s, now, v, q, 1);
    if (w != v) {
        link_up(s, now, w, q, -1);
        link_up(s, now, w, p, 1);
    }
    return true;
}

/*
 * A placement to begin with: the first vnode on p, each other one where it is
 * cheapest then, and exchanges while they gain, where each has a pnode of its
 * own: Feo and Resende, "Greedy randomized adaptive search procedures" (1995),
 * with each p in turn instead of random numbers.
 */
static void start(search *s, unsigned int p)
{
    unsigned int n = s->problem->num_vnodes, i, v;
    bool again = s->is_apart;
    vnuma__cost cost;

    for (i = 0; i < n; i++) {
        p = i ? find_cheapest(s, i, s->order[i], &cost) : p;
        if (p == VNUMA__NO_PNODE)
            return;
        put(s, i, p);
    }
    while (again && s->steps < s->most_steps) {
        again = false;
        s->steps += UINT64_C(2) * n * s->problem->num_pnodes;
        for (v = 0; v < n; v++)
            for (p = 0; p < s->problem->num_pnodes; p++)
                again |= exchange(s, v, p);
    }
    try_it(s);
}

/* The most promising first, later in order.  Without symmetry a first
 * placement is found sooner. */
static void descend(search *s, unsigned int depth)
{
    unsigned int v = s->order[depth], i, p, best;
    uint64_t places = places_of(s, depth, v), rest;
    uint64_t unused = ~s->states[depth].used;
    vnuma__cost costs[VNUMA__MAX_PNODES];

    for (i = 0; i < depth && s->found->feasible; i++) {
        p = s->pnode[s->order[i]];
        if ((s->kin[v] >> s->order[i] & 1) && (s->allowed[v] >> p & 1))
            places &= ~(s->allowed[s->order[i]] & vnuma__lowest_bits(p));
    }
    for (rest = places; rest;) {
        p = vnuma__take_lowest(&rest);
        if (!((unused >> p & 1) && (s->alike[p] & unused))) {
            put(s, depth, p);
            if (bound(s, depth + 1, &costs[p]))
                continue;
        }
        places &= ~vnuma__bit(p);
    }
    while (places && !s->is_done) {
        rest = places;
        best = vnuma__take_lowest(&rest);
        while (rest && !s->in_order) {
            p = vnuma__take_lowest(&rest);
            if (vnuma__cost_compare(&costs[p], &costs[best]) < 0)
                best = p;
        }
        places &= ~vnuma__bit(best);
        if (is_beaten(s, &costs[best]))
            continue;
        put(s, depth, best);
        if (s->steps > s->most_steps) {
            s->is_over = true;
            if (vnuma__cost_compare(&costs[best], &s->open) < 0)
                s->open = costs[best];
        } else if (depth + 1 < s->problem->num_vnodes) {
            descend(s, depth + 1);
        } else if (try_it(s)) {
            s->is_done = s->in_order;
        }
    }
}

/* Of a table of distances: whether a and b can be swapped. */
static bool can_swap(const uint16_t *table, unsigned int width,
                     unsigned int num, unsigned int a, unsigned int b)
{
    unsigned int i, j;

    for (i = 0; i < num; i++) {
        j = i == a ? b : i == b ? a : i;
        if (table[a * width + i] != table[b * width + j] ||
            table[i * width + a] != table[j * width + b])
            return false;
    }
    return true;
}

/* Memory that flows depends on the order of vnodes. */
static bool are_kin(const search *s, unsigned int v, unsigned int w)
{
    const vnuma__problem *problem = s->problem;

    return v != w && !problem->flows[v] && !problem->flows[w] &&
           problem->vcpus[v] == problem->vcpus[w] &&
           problem->has_stated[v] == problem->has_stated[w] &&
           problem->memory[v] == problem->memory[w] &&
           (s->is_simple ||
            (!s->is_mixed && problem->need[v] == problem->need[w])) &&
           !memcmp(s->own[v], s->own[w], sizeof(s->own[v])) &&
           can_swap(problem->stated[0], VNUMA__MAX_VNODES, problem->num_vnodes,
                    v, w);
}

static bool are_alike(const search *s, unsigned int p, unsigned int q)
{
    const vnuma__problem *problem = s->problem;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++)
        if (((s->allowed[v] >> p ^ s->allowed[v] >> q) & 1) ||
            vnuma__cost_compare(&s->own[v][p], &s->own[v][q]))
            return false;
    return s->is_simple && problem->devices[p] == problem->devices[q] &&
           can_swap(problem->host[0], VNUMA__MAX_PNODES, problem->num_pnodes,
                    p, q);
}

/* Without what is overloaded already, which the first vnode there pays for.
 * Where not all may use the same pcpus nothing is known of several. */
static void find_over(search *s, unsigned int p)
{
    vnuma__over *over = &s->over[p];
    uint32_t can = 0, v;

    for (v = 0; v < s->problem->num_vnodes; v++)
        if (s->problem->vcpus[v] && (s->allowed[v] >> p & 1))
            can |= UINT32_C(1) << v;
    *over = vnuma__find_over(s->problem, p, can);
    s->is_mixed |= over->is_mixed;
    if (over->is_mixed)
        over->pcpus = over->cores = INT64_MIN / 2;
    over->pcpus = over->pcpus < 0 ? over->pcpus : 0;
    over->cores = over->cores < 0 ? over->cores : 0;
}

/* What v on p costs at least: alone, and with each other vnode. */
static void find_least(search *s, unsigned int v, unsigned int p)
{
    const vnuma__problem *problem = s->problem;
    state *now = &s->states[0];
    int64_t left =
        now->left[problem->memory[v]][p] - (int64_t)problem->need[v];
    int64_t away = (int64_t)problem->flows[v];
    unsigned int w, q;

    left += problem->memory[v] ? 0 : s->least;
    if (left > 0)
        away -= left - left % 1024;
    s->own[v][p] = (vnuma__cost){
        .moved = problem->old[v] != VNUMA__NO_PNODE && problem->old[v] != p,
        .cpu = vnuma__over_cost(vnuma__find_over(problem, p, UINT32_C(1) << v),
                                problem->vcpus[v]),
        .away = away > 0 ? away : 0,
        .near = vnuma__own_cost(problem, v, p),
    };
    for (w = 0; w < problem->num_vnodes; w++) {
        const int32_t *row = pairs_of(s, v, w, p);
        int32_t least = INT32_MAX;

        for (q = 0; v != w && q < problem->num_pnodes; q++)
            if ((s->allowed[w] >> q & 1) && !(s->is_apart && p == q) &&
                row[q] < least)
                least = row[q];
        s->half[v][w][p] = least == INT32_MAX ? 0 : least;
        now->link[v][p] += s->half[v][w][p];
    }
}

/* Another pass: with num_used pnodes, so much left on each of them. */
static void begin(search *s, unsigned int num_used, int64_t least)
{
    const vnuma__problem *problem = s->problem;
    unsigned int n = problem->num_vnodes, m = problem->num_pnodes;
    unsigned int v, w, p, q, i;
    state *now = &s->states[0];
    uint64_t any = 0, flows = 0, rank[VNUMA__MAX_VNODES] = { 0 };

    s->num_used = num_used;
    s->is_apart = num_used == n;
    s->is_mixed = s->is_over = false;
    s->least = least;
    s->steps += (uint64_t)n * n * m * m / 4;
    memset(s->allowed, 0, offsetof(search, own) - offsetof(search, allowed));
    memset(now, 0, sizeof(*now));
    for (p = 0; p < m; p++) {
        for (i = 0; i < VNUMA__MAX_MEMORIES; i++)
            now->left[i][p] = problem->room[i][p];
        now->left[0][p] -= (int64_t)problem->building[num_used] + least;
        for (v = 0; v < n; v++)
            if (now->left[problem->memory[v]][p] >=
                    (int64_t)problem->need[v] &&
                now->left[0][p] >= 0)
                s->allowed[v] |= problem->allowed[v] & vnuma__bit(p);
        find_over(s, p);
    }
    for (v = 0; v < n; v++) {
        any |= s->allowed[v];
        flows |= problem->flows[v];
        /* Fewer places first, of as many the larger: it finds none later. */
        rank[v] = (uint64_t)__builtin_popcountll(s->allowed[v]) << 57;
        rank[v] = s->in_order ? 0 : rank[v] - problem->need[v];
        for (p = 0; p < m; p++)
            find_least(s, v, p);
    }
    s->is_simple = s->is_apart && !flows;
    now->placed.shared = n - num_used;
    now->placed.near = vnuma__device_cost(problem, any);
    now->placed.taken = -least;
    for (v = 0; v < n; v++) {
        for (w = 0, i = 0; w < n; w++)
            i += rank[w] < rank[v] || (w < v && rank[w] == rank[v]);
        s->order[i] = (uint8_t)v;
        for (w = 0; w < n; w++)
            s->kin[v] |= (uint32_t)are_kin(s, v, w) << w;
    }
    for (p = 0; p < m; p++)
        for (q = 0; q < p; q++)
            s->alike[p] |= (uint64_t)are_alike(s, p, q) << q;
}

int vnuma__search(const vnuma__problem *problem, uint64_t most_steps,
                  vnuma__result *result_r)
{
    unsigned int n = problem->num_vnodes, m = problem->num_pnodes;
    unsigned int i, p, num_used;
    search *s = make(n, m);
    vnuma__cost cost;
    int64_t least;

    memset(result_r, 0, sizeof(*result_r));
    if (!s)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < n * n * m * m; i++)
        s->pairs[i] = vnuma__pair_distance(problem, i / m / m / n,
                                           i / m / m % n, i / m % m, i % m);
    s->problem = problem;
    s->steps = i / 2;
    s->found = result_r;
    s->open.moved = result_r->cost.moved = INT64_MAX;
    for (num_used = n < m ? n : m; num_used && result_r->cost.moved;
         num_used--) {
        s->most_steps = (s->steps + 3 * most_steps) / 4;
        begin(s, num_used, 0);
        for (p = 0; p < m && bound(s, 0, &cost); p++)
            if (!s->alike[p] && (places_of(s, 0, s->order[0]) >> p & 1))
                start(s, p);
        descend(s, 0);
    }
    s->most_steps = most_steps;
    if (vnuma__cost_compare(&s->open, &result_r->cost) < 0) {
        result_r->gave_up = !result_r->feasible;
        result_r->bound = s->open;
    } else if (result_r->feasible) {
        s->in_order = true;
        num_used = n - (unsigned int)result_r->cost.shared;
        least = -result_r->cost.taken;
        do {
            s->is_done = false;
            begin(s, num_used, least);
            descend(s, 0);
            least = 1 - result_r->cost.taken;
        } while (s->is_done);
        result_r->optimal = !s->is_over;
        result_r->bound = result_r->cost;
    }
    for (i = 0; i < m && !result_r->optimal; i++)
        if (result_r->bound.taken > -problem->room[0][i])
            result_r->bound.taken = -problem->room[0][i];
    free(s);
    return 0;
}
