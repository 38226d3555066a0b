/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preparing the assignment search: distances by class as rows of numbers,
 * neighbours in order, and which vnodes are alike.
 */
#include "config.h"

#include "search/assign.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DISTANCE 255u
/* Vnodes times pnodes. */
#define SMALL 128u
#define SCALE ((int32_t)VNUMA__COST_DISTANCE)

/* ---- pnodes ---------------------------------------------------------------- */

static void take_host(vnuma__assign *a)
{
    const vnuma__problem *problem = a->problem;
    unsigned int c, d;

    for (c = 0; c < a->num_classes; c++) {
        unsigned int p, q;

        p = (unsigned int)__builtin_ctzll(a->classes->members[c]);
        if (a->classes->size[c] == 1)
            a->singles |= vnuma__bit(c);
        for (d = 0; d < a->num_classes; d++) {
            uint64_t others = a->classes->members[d] & ~vnuma__bit(p);
            unsigned int at = d / VNUMA__LANES, lane = d % VNUMA__LANES;

            if (!others)
                continue;
            q = (unsigned int)__builtin_ctzll(others);
            a->from[c][at][lane] = SCALE * problem->host[p][q];
            a->to[c][at][lane] = SCALE * problem->host[q][p];
            if (problem->host[p][q] != problem->host[q][p])
                a->is_symmetric = false;
        }
    }
}

/* Sorts indices by what a row says of them. */
static void sort_classes(const vnuma__lanes *row, unsigned int num,
                         uint8_t *order)
{
    unsigned int i, at;

    for (i = 0; i < num; i++) {
        for (at = i;
             at && vnuma__lane(row, order[at - 1]) > vnuma__lane(row, i); at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
}

/* ---- vnodes ---------------------------------------------------------------- */

static bool take_stated(vnuma__assign *a)
{
    unsigned int v, w;

    for (v = 0; v < a->num_vnodes; v++) {
        for (w = 0; w < a->num_vnodes; w++) {
            /* A host distance is its difference from nothing. */
            unsigned int stated =
                a->problem->has_stated[v] ? a->problem->stated[v][w] : 0;

            if (v == w)
                continue;
            if (stated > MAX_DISTANCE)
                return false;
            a->stated[v][w] = SCALE * (int32_t)stated;
        }
    }
    for (v = 0; v < a->num_vnodes; v++)
        for (w = 0; w < v; w++)
            if (a->stated[v][w] != a->stated[w][v])
                a->is_symmetric = false;
    return true;
}

static uint64_t classes_of(const vnuma__assign *a, uint64_t pnodes)
{
    uint64_t classes = 0;

    while (pnodes)
        classes |=
            vnuma__bit(a->classes->class_of[vnuma__take_lowest(&pnodes)]);
    return classes;
}

/*
 * For each distance how far it is from the nearest one of the host, from one
 * of these classes to one of those.
 */
static void find_nearest(const vnuma__assign *a, uint64_t from, uint64_t to,
                         int32_t *nearest)
{
    unsigned int c, i;

    for (i = 0; i <= MAX_DISTANCE; i++)
        nearest[i] = MAX_DISTANCE + 1;
    while (from) {
        uint64_t rest = to;

        c = vnuma__take_lowest(&from);
        if (a->classes->size[c] == 1)
            rest &= ~vnuma__bit(c);
        while (rest)
            nearest[vnuma__lane(a->from[c], vnuma__take_lowest(&rest)) /
                    SCALE] = 0;
    }
    for (i = 1; i <= MAX_DISTANCE; i++)
        if (nearest[i - 1] + 1 < nearest[i])
            nearest[i] = nearest[i - 1] + 1;
    for (i = MAX_DISTANCE; i--;)
        if (nearest[i + 1] + 1 < nearest[i])
            nearest[i] = nearest[i + 1] + 1;
}

void vnuma__assign_find_unavoidable(vnuma__assign *a,
                                    const uint64_t *candidates)
{
    int32_t nearest[2][2][MAX_DISTANCE + 1];
    uint64_t classes[2] = { 0 };
    unsigned int v, w, i, j;

    for (v = 0; v < a->num_vnodes; v++)
        classes[!a->problem->vcpus[v]] |= candidates[v];
    for (i = 0; i < 2; i++)
        for (j = 0; j < 2; j++)
            find_nearest(a, classes[i], classes[j], nearest[i][j]);
    a->root_cost = a->device_least;
    for (v = 0; v < a->num_vnodes; v++) {
        for (w = 0; w < a->num_vnodes; w++) {
            if (v == w)
                continue;
            i = !a->problem->vcpus[v];
            j = !a->problem->vcpus[w];
            a->unavoidable[v][w] =
                SCALE * nearest[i][j][a->stated[v][w] / SCALE];
            a->root_cost += a->unavoidable[v][w];
        }
    }
}

static void sort_vnodes(vnuma__assign *a, unsigned int v)
{
    uint8_t *from = a->wish_from[v], *to = a->wish_to[v];
    unsigned int w, at, num = 0;

    for (w = 0; w < a->num_vnodes; w++) {
        if (w == v)
            continue;
        for (at = num; at && a->stated[v][from[at - 1]] > a->stated[v][w];
             at--)
            from[at] = from[at - 1];
        from[at] = (uint8_t)w;
        for (at = num; at && a->stated[to[at - 1]][v] > a->stated[w][v]; at--)
            to[at] = to[at - 1];
        to[at] = (uint8_t)w;
        num++;
    }
}

static bool are_alike(const vnuma__assign *a, unsigned int v, unsigned int w)
{
    unsigned int u;

    if (!a->problem->vcpus[v] != !a->problem->vcpus[w] ||
        a->stated[v][w] != a->stated[w][v])
        return false;
    for (u = 0; u < a->num_vnodes; u++)
        if (u != v && u != w &&
            (a->stated[v][u] != a->stated[w][u] ||
             a->stated[u][v] != a->stated[u][w]))
            return false;
    return true;
}

static void find_alike(vnuma__assign *a)
{
    unsigned int v, w;

    for (v = 0; v < a->num_vnodes; v++) {
        for (w = 0; w < a->num_vnodes; w++) {
            if (v != w && !are_alike(a, v, w))
                continue;
            a->alike[v] |= UINT32_C(1) << w;
            if (a->problem->need[v] == a->problem->need[w] &&
                a->classes->allowed[v] == a->classes->allowed[w])
                a->same[v] |= UINT32_C(1) << w;
        }
    }
}

/* ---- what is asked ----------------------------------------------------------- */

/* Vnodes that are alike may exchange pnodes that are a class of their own. */
void vnuma__assign_share(const vnuma__assign *a, const uint64_t *pnodes,
                         uint64_t *classes)
{
    unsigned int v, w;

    for (v = 0; v < a->num_vnodes; v++)
        classes[v] = classes_of(a, pnodes[v]);
    for (v = 0; v < a->num_vnodes; v++) {
        unsigned int first = (unsigned int)__builtin_ctz(a->alike[v]);

        if (first < v)
            classes[first] |= classes[v] & a->singles;
    }
    for (v = 0; v < a->num_vnodes; v++) {
        w = (unsigned int)__builtin_ctz(a->alike[v]);
        classes[v] |= classes[w] & a->singles;
    }
}

void vnuma__assign_ask_more(vnuma__assign *a)
{
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++)
        a->more[v] =
            vnuma__with_room(a->problem, v, a->allowed[v], a->best.least + 1);
    vnuma__assign_share(a, a->more, a->in_more);
}

static void list_places(vnuma__assign *a)
{
    int32_t distances[VNUMA__MAX_PNODES];
    unsigned int c, k, num, i;

    for (c = 0; c < a->num_classes; c++) {
        for (k = 0; k < 2; k++) {
            num = vnuma__assign_list(a, c, !k, distances);
            for (i = 0; i < num; i++)
                vnuma__assign_places(a, k, 0,
                                     i)[c / VNUMA__LANES][c % VNUMA__LANES] =
                    distances[i];
        }
    }
}

void vnuma__assign_open_all(vnuma__assign *a)
{
    a->open = (uint32_t)vnuma__lowest_bits(a->num_vnodes);
    a->fixed = 0;
    vnuma__assign_share(a, a->allowed, a->in_allowed);
}

void vnuma__assign_restart(vnuma__assign *a)
{
    unsigned int v, c;

    vnuma__assign_open_all(a);
    memset(a->blocked, 0, sizeof(a->blocked));
    memcpy(a->cap, a->classes->size, sizeof(a->cap));
    if (a->uses_all)
        list_places(a);
    for (v = 0; v < a->num_vnodes; v++) {
        vnuma__lanes *row = vnuma__assign_links(a, 0, v);

        for (c = 0; c < a->row * VNUMA__LANES; c++) {
            bool can = c < a->num_classes && a->in_allowed[v] >> c & 1;
            bool is_misplaced =
                can && !a->problem->vcpus[v] &&
                !(a->classes->members[c] & a->problem->cpuless);

            row[c / VNUMA__LANES][c % VNUMA__LANES] =
                !can ? VNUMA__NEVER
                     : is_misplaced * (int32_t)VNUMA__COST_MISPLACED;
        }
    }
}

/* ---- the whole ---------------------------------------------------------------- */

static vnuma__lanes *make_rows(const vnuma__assign *a)
{
    return calloc((size_t)a->num_vnodes * a->num_vnodes * a->row,
                  sizeof(vnuma__lanes));
}

int vnuma__assign_init(vnuma__assign *a, const vnuma__problem *problem,
                       const vnuma__classes *classes)
{
    uint64_t any = 0;
    unsigned int v;

    memset(a, 0, sizeof(*a));
    a->problem = problem;
    a->classes = classes;
    a->num_vnodes = problem->num_vnodes;
    a->num_classes = classes->num_classes;
    a->row = (a->num_classes + VNUMA__LANES - 1) / VNUMA__LANES;
    a->is_symmetric = true;
    a->is_small = a->num_vnodes * problem->num_pnodes <= SMALL;
    if (!take_stated(a))
        return 1;
    a->from = calloc(a->num_classes, sizeof(*a->from));
    a->to = calloc(a->num_classes, sizeof(*a->to));
    if (!a->from || !a->to)
        return VNUMA_ERROR_NOMEM;
    take_host(a);
    for (v = 0; v < a->num_vnodes; v++) {
        a->allowed[v] = classes->allowed[v];
        any |= a->allowed[v];
    }
    find_alike(a);
    a->base = (int64_t)classes->base;
    a->device_least = (int64_t)vnuma__device_cost(problem, any);
    a->lowest_left = INT64_MAX;
    a->most_cost = INT64_MAX;
    return 0;
}

int vnuma__assign_init_walk(vnuma__assign *a)
{
    unsigned int v, c;

    a->uses_all = a->num_vnodes == a->problem->num_pnodes;
    a->links = make_rows(a);
    if (!a->links)
        return VNUMA_ERROR_NOMEM;
    if (a->uses_all) {
        a->places[0] = make_rows(a);
        a->places[1] = make_rows(a);
        if (!a->places[0] || !a->places[1])
            return VNUMA_ERROR_NOMEM;
    }
    for (c = 0; c < a->num_classes; c++) {
        sort_classes(a->from[c], a->num_classes, a->near_from[c]);
        sort_classes(a->to[c], a->num_classes, a->near_to[c]);
    }
    for (v = 0; v < a->num_vnodes; v++)
        sort_vnodes(a, v);
    vnuma__assign_share(a, a->allowed, a->in_allowed);
    vnuma__assign_find_unavoidable(a, a->in_allowed);
    return 0;
}

void vnuma__assign_dispose(vnuma__assign *a)
{
    free(a->from);
    free(a->to);
    free(a->links);
    free(a->places[0]);
    free(a->places[1]);
    a->from = a->to = NULL;
    a->links = a->places[0] = a->places[1] = NULL;
}
