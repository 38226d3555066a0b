/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preparing the map search (map.c): order, symmetry, and a lower bound
 * for pairs of vnodes neither of which has a pnode yet.
 *
 * The bound.  Seen from vnode v on pnode p, its open partners fall into kinds
 * by the two distances stated between them.  The c partners of one kind will
 * be on c different pnodes (but for those that must share), so together they
 * cost at least the c cheapest pnodes for that kind.  Each pair is counted
 * from both its ends, so the sum over vnodes is twice a bound.
 */
#include "config.h"

#include "search/map.h"

#include <stdlib.h>
#include <string.h>

#define NO_KIND UINT16_MAX
#define NUM_SLOTS 2048u /* > 2 * 992 ordered pairs */

/* Pairs that cost the same wherever they are put. */
typedef struct {
    uint8_t v, w;    /* an example */
    uint8_t most;    /* partners of this kind that one vnode has */
    uint32_t offset; /* of its sums */
} pair_kind;

typedef struct {
    const vnuma__problem *problem;
    vnuma__map *map;
    uint16_t *slots;   /* owned; hash table of kinds */
    uint16_t *kind_of; /* owned; by v and w */
    pair_kind *kinds;  /* owned */
    unsigned int num_kinds;
    uint64_t *sums;          /* owned; kind, pnode, number of partners */
    uint64_t open;           /* pnodes that anybody may have */
    unsigned int num_shared; /* vnodes beyond one for each used pnode */
} pair_table;

/* ---- kinds ------------------------------------------------------------------------ */

static uint32_t stated_key(const vnuma__problem *problem, unsigned int v,
                           unsigned int w)
{
    return problem->has_stated[v] ? problem->stated[v][w] + 1u : 0;
}

static uint16_t find_kind(pair_table *pairs, unsigned int v, unsigned int w)
{
    uint32_t from = stated_key(pairs->problem, v, w);
    uint32_t to = stated_key(pairs->problem, w, v);
    unsigned int slot = (from * 31u + to) % NUM_SLOTS;

    while (pairs->slots[slot] != NO_KIND) {
        pair_kind *known = &pairs->kinds[pairs->slots[slot]];

        if (stated_key(pairs->problem, known->v, known->w) == from &&
            stated_key(pairs->problem, known->w, known->v) == to)
            return pairs->slots[slot];
        slot = (slot + 1) % NUM_SLOTS;
    }
    pairs->slots[slot] = (uint16_t)pairs->num_kinds;
    pairs->kinds[pairs->num_kinds] =
        (pair_kind){ .v = (uint8_t)v, .w = (uint8_t)w };
    return (uint16_t)pairs->num_kinds++;
}

static void find_kinds(pair_table *pairs)
{
    unsigned int n = pairs->map->num_vnodes, v, w, i;
    uint32_t offset = 0;

    memset(pairs->slots, 0xff, NUM_SLOTS * sizeof(*pairs->slots));
    for (v = 0; v < n; v++) {
        uint8_t count[VNUMA__MAX_VNODES * VNUMA__MAX_VNODES] = { 0 };

        for (w = 0; w < n; w++) {
            uint16_t at;

            if (w == v)
                continue;
            at = find_kind(pairs, v, w);
            pairs->kind_of[v * n + w] = at;
            if (++count[at] > pairs->kinds[at].most)
                pairs->kinds[at].most = count[at];
        }
    }
    for (i = 0; i < pairs->num_kinds; i++) {
        pairs->kinds[i].offset = offset;
        offset += (pairs->kinds[i].most + 1u) * pairs->map->num_pnodes;
    }
}

/* ---- the cheapest partners ------------------------------------------------------------ */

/*
 * sums[c]: what c partners of the kind cost at least, from pnode p, when none
 * of them is on p as well.  That saves up to most_saved for each such pair.
 */
static void sum_cheapest(pair_table *pairs, const pair_kind *kind,
                         unsigned int p, uint64_t *sums)
{
    uint64_t values[VNUMA__MAX_PNODES], self;
    uint64_t rest = pairs->open & ~vnuma__bit(p);
    unsigned int num = 0, keep = kind->most, i, c;

    while (rest) {
        unsigned int q = vnuma__take_lowest(&rest);
        uint64_t value =
            vnuma__pair_cost(pairs->problem, kind->v, kind->w, p, q);

        /* Only as many as can be asked for, sorted. */
        if (num == keep && value >= values[num - 1])
            continue;
        i = num < keep ? num++ : num - 1;
        for (; i && values[i - 1] > value; i--)
            values[i] = values[i - 1];
        values[i] = value;
    }
    sums[0] = 0;
    for (c = 1; c <= kind->most; c++) {
        i = c <= pairs->num_shared ? 0 : c - 1 - pairs->num_shared;
        if (i >= num)
            i = num - 1;
        sums[c] = num ? sums[c - 1] + values[i] : 0;
    }
    self = vnuma__pair_cost(pairs->problem, kind->v, kind->w, p, p);
    if (num && values[0] > self + pairs->map->most_saved)
        pairs->map->most_saved = values[0] - self;
}

static const uint64_t *find_sums(const pair_table *pairs, unsigned int at,
                                 unsigned int p)
{
    const pair_kind *kind = &pairs->kinds[at];

    return pairs->sums + kind->offset + (size_t)p * (kind->most + 1u);
}

static int sum_kinds(pair_table *pairs)
{
    const pair_kind *last = &pairs->kinds[pairs->num_kinds - 1];
    size_t size;
    unsigned int i, p;

    if (!pairs->num_kinds)
        return 0;
    size = last->offset + (last->most + 1u) * (size_t)pairs->map->num_pnodes;
    pairs->sums = malloc(size * sizeof(*pairs->sums));
    if (!pairs->sums)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < pairs->num_kinds; i++)
        for (p = 0; p < pairs->map->num_pnodes; p++)
            sum_cheapest(pairs, &pairs->kinds[i], p,
                         (uint64_t *)find_sums(pairs, i, p));
    return 0;
}

/*
 * From the last depth up: the vnode that comes in becomes a partner of those
 * after it, and gets them all as partners.
 */
static void fill_open_pairs(pair_table *pairs)
{
    vnuma__map *map = pairs->map;
    unsigned int n = map->num_vnodes, m = map->num_pnodes, depth, i, p;
    uint8_t *count; /* by vnode and kind */
    uint64_t *row, *below;

    count = (uint8_t *)pairs->kind_of + n * n * sizeof(*pairs->kind_of);
    for (depth = n; depth--;) {
        unsigned int v = map->order[depth];

        row = vnuma__map_row(map, map->open_pairs, depth, v);
        memset(row, 0, m * sizeof(*row));
        for (i = depth + 1; i < n; i++) {
            unsigned int w = map->order[i];
            uint16_t there = pairs->kind_of[w * n + v];
            uint16_t here = pairs->kind_of[v * n + w];
            unsigned int c = count[(size_t)w * pairs->num_kinds + there]++;
            unsigned int d = count[(size_t)v * pairs->num_kinds + here]++;
            uint64_t *theirs = vnuma__map_row(map, map->open_pairs, depth, w);

            below = vnuma__map_row(map, map->open_pairs, depth + 1, w);
            for (p = 0; p < m; p++) {
                const uint64_t *sums = find_sums(pairs, there, p);

                theirs[p] = below[p] + sums[c + 1] - sums[c];
            }
            for (p = 0; p < m; p++) {
                const uint64_t *sums = find_sums(pairs, here, p);

                row[p] += sums[d + 1] - sums[d];
            }
        }
    }
}

static int find_open_pairs(vnuma__map *map, const vnuma__problem *problem)
{
    pair_table pairs = { .problem = problem, .map = map };
    size_t n = map->num_vnodes;
    unsigned int v;
    int rc = VNUMA_ERROR_NOMEM;

    for (v = 0; v < n; v++)
        pairs.open |= map->allowed[v];
    pairs.num_shared = problem->num_vnodes - problem->num_used;
    pairs.slots = malloc(NUM_SLOTS * sizeof(*pairs.slots));
    pairs.kinds = malloc(n * n * sizeof(*pairs.kinds));
    /* After kind_of: how many partners of each kind each vnode has. */
    pairs.kind_of = calloc(1, n * n * sizeof(*pairs.kind_of) + n * n * n);
    if (!pairs.slots || !pairs.kinds || !pairs.kind_of)
        goto out;
    find_kinds(&pairs);
    rc = sum_kinds(&pairs);
    if (rc)
        goto out;
    fill_open_pairs(&pairs);

out:
    free(pairs.slots);
    free(pairs.kinds);
    free(pairs.kind_of);
    free(pairs.sums);
    return rc;
}

/* ---- order and symmetry ------------------------------------------------------------------ */

static bool goes_before(const vnuma__map *map, const vnuma__problem *problem,
                        unsigned int v, unsigned int w)
{
    int a = __builtin_popcountll(map->allowed[v]);
    int b = __builtin_popcountll(map->allowed[w]);

    /* Pinned ones first; then the largest, which decide what fits. */
    if ((a == 1) != (b == 1))
        return a == 1;
    if (problem->num_used < problem->num_vnodes &&
        problem->need[v] != problem->need[w])
        return problem->need[v] > problem->need[w];
    if (a != b)
        return a < b;
    return v < w;
}

static void find_order(vnuma__map *map, const vnuma__problem *problem,
                       bool in_order)
{
    unsigned int v, at;

    for (v = 0; v < map->num_vnodes; v++) {
        for (at = v; at && !in_order &&
                     goes_before(map, problem, v, map->order[at - 1]);
             at--)
            map->order[at] = map->order[at - 1];
        map->order[at] = (uint8_t)v;
    }
}

static bool are_twins(const vnuma__map *map, const vnuma__problem *problem,
                      unsigned int v, unsigned int w)
{
    unsigned int u;

    if (map->allowed[v] != map->allowed[w] ||
        problem->vcpus[v] != problem->vcpus[w] ||
        (problem->need[v] != problem->need[w] &&
         problem->num_used < problem->num_vnodes))
        return false;
    if (problem->uniform)
        return true;
    if (problem->has_stated[v] != problem->has_stated[w] ||
        stated_key(problem, v, w) != stated_key(problem, w, v))
        return false;
    for (u = 0; u < map->num_vnodes; u++)
        if (u != v && u != w &&
            (stated_key(problem, v, u) != stated_key(problem, w, u) ||
             stated_key(problem, u, v) != stated_key(problem, u, w)))
            return false;
    return true;
}

static void find_twins(vnuma__map *map, const vnuma__problem *problem)
{
    unsigned int i, j;

    for (i = 0; i < map->num_vnodes; i++) {
        unsigned int v = map->order[i];

        map->twin[v] = VNUMA__NO_VNODE;
        for (j = i; j--;)
            if (are_twins(map, problem, v, map->order[j])) {
                map->twin[v] = map->order[j];
                break;
            }
    }
}

/* With a pnode for each vnode, room only decides who is allowed. */
static bool are_interchangeable(const vnuma__map *map,
                                const vnuma__problem *problem, unsigned int p,
                                unsigned int q)
{
    unsigned int v;

    if (problem->pcpus[p] != problem->pcpus[q] ||
        (problem->room[p] != problem->room[q] &&
         problem->num_used < problem->num_vnodes) ||
        !vnuma__are_alike(problem, p, q))
        return false;
    for (v = 0; v < map->num_vnodes; v++)
        if ((map->allowed[v] >> p & 1) != (map->allowed[v] >> q & 1))
            return false;
    return true;
}

static void find_alike(vnuma__map *map, const vnuma__problem *problem)
{
    unsigned int p, q;

    for (p = 0; p < map->num_pnodes; p++) {
        map->lower_alike[p] = 0;
        for (q = 0; q < p; q++)
            if (are_interchangeable(map, problem, p, q))
                map->lower_alike[p] |= vnuma__bit(q);
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

int vnuma__map_init(vnuma__map *map, const vnuma__problem *problem,
                    const vnuma__question *question)
{
    size_t size;
    unsigned int v;

    memset(map, 0, sizeof(*map));
    map->num_vnodes = problem->num_vnodes;
    map->num_pnodes = problem->num_pnodes;
    for (v = 0; v < map->num_vnodes; v++) {
        map->allowed[v] = vnuma__with_room(problem, v, question->allowed[v],
                                           question->least);
        if (!map->allowed[v])
            return 1;
    }
    size = (size_t)map->num_vnodes * map->num_vnodes * map->num_pnodes;
    map->open_pairs = malloc(size * sizeof(*map->open_pairs));
    map->links = malloc(size * sizeof(*map->links));
    if (!map->open_pairs || !map->links)
        return VNUMA_ERROR_NOMEM;
    find_order(map, problem, question->in_order);
    find_twins(map, problem);
    find_alike(map, problem);
    return find_open_pairs(map, problem);
}

void vnuma__map_dispose(vnuma__map *map)
{
    free(map->open_pairs);
    free(map->links);
    memset(map, 0, sizeof(*map));
}
