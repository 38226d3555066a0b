/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pnode for each vnode: bipartite matching by augmenting paths, with
 * pnodes grouped into classes that may be used only so often.  A path may end
 * at any free pnode of a class that has not reached its cap, or go on from a
 * full class through one of the class's matched pnodes.  No vnode, pnode or
 * class is visited twice in one path, so the recursion is at most as deep as
 * there are vnodes.
 */
#include "config.h"

#include "search/search.h"

#include <string.h>

typedef struct {
    const uint64_t *allowed;
    const uint8_t *class_of, *cap;
    uint8_t used[VNUMA__MAX_PNODES];      /* of each class */
    uint64_t taken_in[VNUMA__MAX_PNODES]; /* of each class, as masks */
    uint8_t owner[VNUMA__MAX_PNODES];
    uint64_t taken; /* pnodes with an owner */
    uint64_t seen;  /* pnodes visited on this path */
    uint64_t seen_classes;
} matching;

static void take(matching *m, unsigned int v, unsigned int p)
{
    m->owner[p] = (uint8_t)v;
    m->taken |= vnuma__bit(p);
    m->taken_in[m->class_of[p]] |= vnuma__bit(p);
    m->used[m->class_of[p]]++;
}

static void leave(matching *m, unsigned int p)
{
    m->owner[p] = VNUMA__NOBODY;
    m->taken &= ~vnuma__bit(p);
    m->taken_in[m->class_of[p]] &= ~vnuma__bit(p);
    m->used[m->class_of[p]]--;
}

static bool find_place(matching *m, unsigned int v);

/* Moves the owner of one of these pnodes elsewhere; gives the pnode. */
static bool free_one(matching *m, uint64_t pnodes, unsigned int *p_r)
{
    while ((pnodes &= ~m->seen)) {
        unsigned int p = (unsigned int)__builtin_ctzll(pnodes), owner;

        m->seen |= vnuma__bit(p);
        owner = m->owner[p];
        /* Meanwhile its place stays counted: whoever asked will have it. */
        if (find_place(m, owner)) {
            leave(m, p);
            *p_r = p;
            return true;
        }
    }
    return false;
}

static bool find_place(matching *m, unsigned int v)
{
    uint64_t open = m->allowed[v] & ~m->taken & ~m->seen, rest = open;
    unsigned int p, moved;

    while (rest) {
        p = vnuma__take_lowest(&rest);
        if (m->used[m->class_of[p]] < m->cap[m->class_of[p]]) {
            take(m, v, p);
            return true;
        }
    }
    for (rest = open; rest;) {
        unsigned int c;

        p = vnuma__take_lowest(&rest);
        c = m->class_of[p];
        if (m->seen_classes & vnuma__bit(c))
            continue;
        m->seen_classes |= vnuma__bit(c);
        if (m->cap[c] && free_one(m, m->taken_in[c], &moved)) {
            take(m, v, p);
            return true;
        }
    }
    if (!free_one(m, m->allowed[v] & m->taken, &p))
        return false;
    take(m, v, p);
    return true;
}

bool vnuma__match(const vnuma__problem *problem, const uint64_t *allowed,
                  const uint8_t *class_of, const uint8_t *cap,
                  uint8_t *pnode_r)
{
    matching m;
    unsigned int v, p;

    memset(&m, 0, sizeof(m));
    memset(m.owner, VNUMA__NOBODY, sizeof(m.owner));
    m.allowed = allowed;
    m.class_of = class_of;
    m.cap = cap;
    for (v = 0; v < problem->num_vnodes; v++) {
        m.seen = m.seen_classes = 0;
        if (!find_place(&m, v))
            return false;
    }
    for (p = 0; pnode_r && p < problem->num_pnodes; p++)
        if (m.owner[p] != VNUMA__NOBODY)
            pnode_r[m.owner[p]] = (uint8_t)p;
    return true;
}

/*
 * Backwards from the place that v leaves: who could move into a place that can
 * be had leaves his own to be had, and with it any free one of its class.
 */
uint64_t vnuma__could_have(const vnuma__problem *problem,
                           const vnuma__classes *classes,
                           const uint64_t *allowed, const uint8_t *pnode,
                           unsigned int v)
{
    uint64_t taken = 0, to_have, before;
    unsigned int w;

    for (w = 0; w < problem->num_vnodes; w++)
        taken |= vnuma__bit(pnode[w]);
    taken &= ~vnuma__bit(pnode[v]);
    to_have = classes->members[classes->class_of[pnode[v]]] & ~taken;
    do {
        before = to_have;
        for (w = 0; w < problem->num_vnodes; w++)
            if (w != v && allowed[w] & to_have)
                to_have |=
                    vnuma__bit(pnode[w]) |
                    (classes->members[classes->class_of[pnode[w]]] & ~taken);
    } while (to_have != before);
    return allowed[v] & to_have;
}

/* ---- the same without classes, from where it was ---------------------------- */

typedef struct {
    const uint64_t *allowed;
    uint8_t *pnode;
    uint8_t owner[VNUMA__MAX_PNODES];
    uint64_t taken, seen;
} repair;

static bool move_on(repair *r, unsigned int v)
{
    uint64_t open = r->allowed[v] & ~r->taken;
    unsigned int p;

    if (open) {
        p = (unsigned int)__builtin_ctzll(open);
        r->taken |= vnuma__bit(p);
        r->owner[p] = (uint8_t)v;
        r->pnode[v] = (uint8_t)p;
        return true;
    }
    while ((open = r->allowed[v] & ~r->seen)) {
        p = (unsigned int)__builtin_ctzll(open);
        r->seen |= vnuma__bit(p);
        if (move_on(r, r->owner[p])) {
            r->owner[p] = (uint8_t)v;
            r->pnode[v] = (uint8_t)p;
            return true;
        }
    }
    return false;
}

bool vnuma__match_again(unsigned int num_vnodes, const uint64_t *allowed,
                        uint8_t *pnode)
{
    repair r;
    unsigned int v;
    uint32_t rest = 0;

    r.allowed = allowed;
    r.pnode = pnode;
    r.taken = 0;
    for (v = 0; v < num_vnodes; v++) {
        unsigned int p = pnode[v];

        if (p < VNUMA__MAX_PNODES && allowed[v] & ~r.taken & vnuma__bit(p)) {
            r.taken |= vnuma__bit(p);
            r.owner[p] = (uint8_t)v;
        } else {
            rest |= UINT32_C(1) << v;
        }
    }
    for (; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        pnode[v] = VNUMA__NOBODY;
        r.seen = 0;
        if (!move_on(&r, v))
            return false;
    }
    return true;
}

uint64_t vnuma__with_room(const vnuma__problem *problem, unsigned int v,
                          uint64_t allowed, int64_t least)
{
    int64_t need = (int64_t)problem->need[v] + least;
    uint64_t rest = allowed;
    unsigned int p;

    /* problem->allowed has seen to that already. */
    if (!least)
        return allowed & problem->allowed[v];
    while (rest) {
        p = vnuma__take_lowest(&rest);
        if (problem->room[p] < need)
            allowed &= ~vnuma__bit(p);
    }
    return allowed;
}
