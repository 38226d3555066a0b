/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local search: as long as it gets cheaper, one vnode goes to another pnode,
 * or two exchange theirs, the best such move each time.  What each vnode would
 * cost in each class is kept next to (as Taillard does in his tabu search), so
 * a move is looked at in a few steps.
 *
 * Where that ends, a few vnodes are moved at random and it starts again from
 * there (iterated local search; Lourenco, Martin and Stuetzle).  The numbers are always the same,
 * so the result is.
 */
#include "config.h"

#include "search/assign.h"

#include <stdlib.h>
#include <string.h>

#define MOVES_AT_RANDOM 4u
/* Then it is time to leave it to others. */
#define MOST_IN_VAIN 16u

typedef struct {
    const vnuma__assign *a;
    uint8_t *pnode;
    uint64_t used;
    /* What v costs in each class with the others where they are. */
    vnuma__lanes cost[VNUMA__MAX_VNODES][VNUMA__ROW];
    uint64_t random;
} local;

typedef struct {
    int32_t gain;
    unsigned int v, w, p; /* w: exchanges with it; v itself: goes to p */
} move;

static unsigned int class_of(const local *l, unsigned int v)
{
    return l->a->classes->class_of[l->pnode[v]];
}

static int32_t cost_in(const local *l, unsigned int v, unsigned int c)
{
    return vnuma__lane(l->cost[v], c);
}

/* ---- costs as they are ---------------------------------------------------------- */

/* Adds to the rows of the others what they cost with v on c, so many times. */
static void add_costs(local *l, unsigned int v, unsigned int c, int32_t times)
{
    const vnuma__assign *a = l->a;
    const vnuma__lanes *from = a->from[c], *to = a->to[c];
    unsigned int w, i;

    for (w = 0; w < a->num_vnodes; w++) {
        vnuma__lanes out = vnuma__splat(a->stated[v][w]);
        vnuma__lanes in = vnuma__splat(a->stated[w][v]);

        for (i = 0; w != v && i < a->row; i++)
            l->cost[w][i] += times * (vnuma__lanes_abs(from[i] - out) +
                                      vnuma__lanes_abs(to[i] - in));
    }
}

static void put(local *l, unsigned int v, unsigned int p)
{
    unsigned int before = class_of(l, v), after;

    l->pnode[v] = (uint8_t)p;
    after = class_of(l, v);
    if (before == after)
        return;
    add_costs(l, v, before, -1);
    add_costs(l, v, after, 1);
}

static void start(local *l, const vnuma__assign *a, uint8_t *pnode)
{
    const vnuma__problem *problem = a->problem;
    unsigned int v, c;

    memset(l, 0, sizeof(*l));
    l->a = a;
    l->pnode = pnode;
    for (v = 0; v < a->num_vnodes; v++) {
        l->used |= vnuma__bit(pnode[v]);
        for (c = 0; c < a->num_classes && !problem->vcpus[v]; c++)
            if (!(a->classes->members[c] & problem->cpuless))
                l->cost[v][c / VNUMA__LANES][c % VNUMA__LANES] =
                    (int32_t)VNUMA__COST_MISPLACED;
    }
    for (v = 0; v < a->num_vnodes; v++)
        add_costs(l, v, class_of(l, v), 1);
}

/* ---- moves -------------------------------------------------------------------- */

static int32_t pair_cost(const vnuma__assign *a, unsigned int v,
                         unsigned int w, unsigned int c, unsigned int d)
{
    return abs(vnuma__lane(a->from[c], d) - a->stated[v][w]) +
           abs(vnuma__lane(a->to[c], d) - a->stated[w][v]);
}

/* Each's new row has the other where it no longer is. */
static int32_t exchange_gain(const local *l, unsigned int v, unsigned int w)
{
    unsigned int c = class_of(l, v), d = class_of(l, w);

    if (c == d)
        return 0;
    return cost_in(l, v, c) - cost_in(l, v, d) + cost_in(l, w, d) -
           cost_in(l, w, c) - pair_cost(l->a, v, w, c, d) +
           pair_cost(l->a, v, w, c, c) + pair_cost(l->a, v, w, d, d) -
           pair_cost(l->a, v, w, d, c);
}

static bool can_exchange(const local *l, unsigned int v, unsigned int w)
{
    const uint64_t *allowed = l->a->classes->allowed;

    return allowed[v] >> l->pnode[w] & 1 && allowed[w] >> l->pnode[v] & 1;
}

static move find_move(const local *l)
{
    move best = { 0, 0, 0, 0 };
    unsigned int v, w;

    for (v = 0; v < l->a->num_vnodes; v++) {
        uint64_t rest = l->a->classes->allowed[v] & ~l->used;
        int32_t gain, before = cost_in(l, v, class_of(l, v));

        while (rest) {
            unsigned int p = vnuma__take_lowest(&rest);

            gain = before - cost_in(l, v, l->a->classes->class_of[p]);
            if (gain > best.gain)
                best = (move){ gain, v, v, p };
        }
        for (w = 0; w < v; w++) {
            if (!can_exchange(l, v, w))
                continue;
            gain = exchange_gain(l, v, w);
            if (gain > best.gain)
                best = (move){ gain, v, w, l->pnode[w] };
        }
    }
    return best;
}

static void make(local *l, const move *m)
{
    unsigned int p = l->pnode[m->v];

    put(l, m->v, m->p);
    if (m->w != m->v) {
        put(l, m->w, p);
        return;
    }
    l->used &= ~vnuma__bit(p);
    l->used |= vnuma__bit(m->p);
}

static void descend(local *l, vnuma__work *work)
{
    unsigned int n = l->a->num_vnodes;

    for (;;) {
        move best = find_move(l);

        work->done += n * (n + l->a->problem->num_pnodes + 4 * l->a->row);
        if (!best.gain || work->done > work->most)
            return;
        make(l, &best);
    }
}

/* ---- again from elsewhere ------------------------------------------------------- */

static unsigned int draw(local *l, unsigned int below)
{
    l->random = l->random * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
    return (unsigned int)(l->random >> 33) % below;
}

/* To a pnode at random, or an exchange with the vnode that is there. */
static void move_at_random(local *l)
{
    unsigned int v = draw(l, l->a->num_vnodes), w;
    move m = { 0, v, v, draw(l, l->a->problem->num_pnodes) };

    for (w = 0; w < l->a->num_vnodes; w++)
        if (l->pnode[w] == m.p)
            m.w = w;
    if (m.p == l->pnode[v] ||
        (m.w != v ? !can_exchange(l, v, m.w)
                  : !(l->a->classes->allowed[v] >> m.p & 1)))
        return;
    make(l, &m);
}

/* ---- the whole ------------------------------------------------------------------ */

static bool take_cheaper(vnuma__assign *a, vnuma__placement *placement)
{
    int64_t cost;

    vnuma__placement_measure(a->problem, placement);
    cost = (int64_t)placement->cost - a->base;
    if (cost >= a->most_cost)
        return false;
    a->most_cost = cost;
    a->best = *placement;
    return true;
}

void vnuma__assign_improve(vnuma__assign *a, vnuma__placement *placement)
{
    local l;

    start(&l, a, placement->pnode);
    descend(&l, &a->work);
    take_cheaper(a, placement);
}

void vnuma__assign_wander(vnuma__assign *a)
{
    vnuma__placement placement = a->best;
    local l, before;
    unsigned int num_in_vain = 0, i;

    start(&l, a, placement.pnode);
    descend(&l, &a->work);
    take_cheaper(a, &placement);
    while (a->work.done < a->work.most && a->most_cost > a->root_bound &&
           num_in_vain++ < MOST_IN_VAIN) {
        before = l;
        for (i = 0; i < MOVES_AT_RANDOM; i++)
            move_at_random(&l);
        descend(&l, &a->work);
        if (take_cheaper(a, &placement)) {
            num_in_vain = 0;
            continue;
        }
        before.random = l.random;
        l = before;
        placement = a->best;
    }
}
