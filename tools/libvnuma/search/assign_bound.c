/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the vnodes that are still open cost at least.
 *
 * After Gilmore and Lawler: the part of a vnode on a class is its cost with
 * the vnodes placed, and half of what its pairs with the other open ones cost
 * there at least, as each pair is seen from both ends.  The bound is the sum
 * of the smallest parts, and of what those lose that cannot have theirs
 * because others want the same place: the first steps of an assignment, and
 * most of what a whole one would give.
 *
 * Seen from one vnode, its r open partners go to r of the s places left.
 * With both sides in order no two need to cross, as |x - y| is convex, so the
 * best choice of r is found in r * (s - r + 1) steps.
 */
#include "config.h"

#include "search/assign.h"

#include <stdlib.h>
#include <string.h>

/* ---- open pairs ------------------------------------------------------------ */

unsigned int vnuma__assign_list(const vnuma__assign *a, unsigned int c,
                                bool from, int32_t *distances)
{
    const vnuma__lanes *row = from ? a->from[c] : a->to[c];
    const uint8_t *near = from ? a->near_from[c] : a->near_to[c];
    unsigned int num = 0, i, j;

    for (i = 0; i < a->num_classes; i++) {
        unsigned int d = near[i], cap = a->cap[d];
        int32_t distance = vnuma__lane(row, d);

        if (cap && d == c)
            cap--;
        for (j = 0; j < cap; j++)
            distances[num++] = distance;
    }
    return num;
}

/*
 * What the wishes cost at least, each with a place of its own: sums[k] is
 * that of those so far when the last has one of its first k + 1 places.
 */
static int32_t match_in_order(const int32_t *wishes, unsigned int num,
                              const int32_t *places, unsigned int num_places)
{
    int32_t sums[VNUMA__MAX_PNODES] = { 0 };
    unsigned int spare = num_places - num, i, k;

    for (i = 0; i < num; i++) {
        int32_t least = INT32_MAX;

        for (k = 0; k <= spare; k++) {
            int32_t sum = sums[k] + abs(wishes[i] - places[i + k]);

            least = sum < least ? sum : least;
            sums[k] = least;
        }
    }
    return sums[spare];
}

/* Distances stated between v and the others still open, in order. */
static unsigned int list_wishes(const vnuma__assign *a, unsigned int v,
                                bool from, int32_t *wishes,
                                int32_t *unavoidable_r)
{
    const uint8_t *order = from ? a->wish_from[v] : a->wish_to[v];
    unsigned int num = 0, i;

    for (i = 0; i + 1 < a->num_vnodes; i++) {
        unsigned int w = order[i];

        if (!(a->open >> w & 1))
            continue;
        wishes[num++] = from ? a->stated[v][w] : a->stated[w][v];
        *unavoidable_r += from ? a->unavoidable[v][w] : a->unavoidable[w][v];
    }
    return num;
}

static void add_some(vnuma__assign *a, bool from, int32_t times)
{
    int32_t places[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    int32_t wishes[VNUMA__MAX_VNODES];
    uint64_t usable = 0, classes;
    unsigned int num_places = 0, num, v, c;
    uint32_t rest;

    for (c = 0; c < a->num_classes; c++) {
        if (!a->cap[c])
            continue;
        num_places = vnuma__assign_list(a, c, from, places[c]);
        usable |= vnuma__bit(c);
    }
    for (rest = a->open; rest; rest &= rest - 1) {
        int32_t unavoidable = 0, sum = 0;
        const int32_t *same = NULL;

        v = (unsigned int)__builtin_ctz(rest);
        num = list_wishes(a, v, from, wishes, &unavoidable);
        if (num_places < num)
            continue; /* no placement at all, as others will find */
        for (classes = usable; classes;) {
            c = vnuma__take_lowest(&classes);
            if (!same || memcmp(same, places[c], num_places * sizeof(*same))) {
                sum = match_in_order(wishes, num, places[c], num_places);
                a->work.done += num * (num_places - num + 1) / 8;
            }
            same = places[c];
            /* Those places may not be for all that would be matched. */
            if (sum > unavoidable)
                a->parts[v][c / VNUMA__LANES][c % VNUMA__LANES] +=
                    times * (sum - unavoidable);
        }
    }
}

/* ---- open pairs, when every place is taken: each meets its own ---------------- */

static void add_all(vnuma__assign *a, unsigned int depth, bool from,
                    int32_t times)
{
    int32_t wishes[VNUMA__MAX_VNODES];
    vnuma__lanes sums[VNUMA__ROW];
    uint32_t rest;
    unsigned int i, j;

    for (rest = a->open; rest; rest &= rest - 1) {
        unsigned int v = (unsigned int)__builtin_ctz(rest);
        int32_t unavoidable = 0;
        unsigned int num = list_wishes(a, v, from, wishes, &unavoidable);

        for (i = 0; i < a->row; i++)
            sums[i] = vnuma__splat(-unavoidable);
        for (j = 0; j < num; j++) {
            const vnuma__lanes *places =
                vnuma__assign_places(a, !from, depth, j);
            vnuma__lanes wish = vnuma__splat(wishes[j]);

            for (i = 0; i < a->row; i++)
                sums[i] += vnuma__lanes_abs(places[i] - wish);
        }
        /* As in add_some(): those places may not be for all that are matched. */
        for (i = 0; i < a->row; i++)
            a->parts[v][i] += times * (sums[i] & (sums[i] > 0));
    }
}

/* Each vnode's list without the distance to c: what is after it moves up. */
void vnuma__assign_take_place(vnuma__assign *a, unsigned int depth,
                              unsigned int c)
{
    unsigned int num = (unsigned int)__builtin_popcount(a->open), k, i, j;

    for (k = 0; k < 2; k++) {
        const vnuma__lanes *gone = k ? a->from[c] : a->to[c];

        for (j = 0; j + 1 < num; j++) {
            const vnuma__lanes *here = vnuma__assign_places(a, k, depth, j);
            vnuma__lanes *after = vnuma__assign_places(a, k, depth + 1, j);

            for (i = 0; i < a->row; i++) {
                vnuma__lanes stays = here[i] < gone[i];

                after[i] = (here[i] & stays) | (here[i + a->row] & ~stays);
            }
        }
    }
}

static void add_open_pairs(vnuma__assign *a, unsigned int depth, bool from,
                           int32_t times)
{
    if (a->uses_all)
        add_all(a, depth, from, times);
    else
        add_some(a, from, times);
}

/* ---- parts ------------------------------------------------------------------ */

static vnuma__lanes lanes_min(vnuma__lanes x, vnuma__lanes y)
{
    vnuma__lanes less = x < y;

    return (x & less) | (y & ~less);
}

/* The smallest part of a row, and the next in another class. */
static void find_smallest(vnuma__assign *a, unsigned int v)
{
    vnuma__lanes first = vnuma__splat(2 * VNUMA__NEVER), second = first;
    int32_t low = 2 * VNUMA__NEVER, next = low;
    unsigned int i;

    for (i = 0; i < a->row; i++) {
        vnuma__lanes value = a->parts[v][i];
        vnuma__lanes less = value < first;

        second = lanes_min(second, (first & less) | (value & ~less));
        first = lanes_min(first, value);
    }
    for (i = 0; i < VNUMA__LANES; i++) {
        if (first[i] < low) {
            next = low < second[i] ? low : second[i];
            low = first[i];
        } else if (first[i] < next) {
            next = first[i];
        }
    }
    /*
     * What is unavoidable holds for placements that cost no more than the best
     * one; where others could be, links may be less than nothing.
     */
    low = low < 0 ? 0 : low;
    next = next < low ? low : next;
    a->smallest[v] = low;
    a->regret[v] = next - low;
}

/* ---- vnodes that want the same ------------------------------------------------ */

/*
 * Of the k vnodes whose smallest part is on the same class with room for one,
 * only one gets it; the k - 1 that lose least pay their regrets.
 */
typedef struct {
    int64_t sum;
    int32_t largest, next, smallest;
    uint8_t num;
} wanted;

static void want(wanted *w, int32_t regret)
{
    if (!w->num || regret < w->smallest)
        w->smallest = regret;
    if (regret >= w->largest) {
        w->next = w->largest;
        w->largest = regret;
    } else if (regret > w->next) {
        w->next = regret;
    }
    w->sum += regret;
    w->num++;
}

static int64_t settle_conflicts(vnuma__assign *a)
{
    wanted wanted_of[VNUMA__MAX_PNODES];
    uint8_t class_of[VNUMA__MAX_VNODES];
    uint64_t classes = 0, bit;
    int64_t sum = 0;
    uint32_t rest;
    unsigned int v, c;

    for (rest = a->open; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        bit = vnuma__assign_within(a, v, a->smallest[v]);
        c = (unsigned int)__builtin_ctzll(bit);
        class_of[v] = (uint8_t)c;
        if (!(classes >> c & 1))
            wanted_of[c] = (wanted){ .num = 0 };
        classes |= vnuma__bit(c);
        want(&wanted_of[c], a->regret[v]);
    }
    for (rest = a->open; rest; rest &= rest - 1) {
        const wanted *w;

        v = (unsigned int)__builtin_ctz(rest);
        w = &wanted_of[class_of[v]];
        if (w->num <= a->cap[class_of[v]])
            a->regret[v] = 0;
        else if (a->cap[class_of[v]] > 1)
            a->regret[v] = w->smallest;
        else if (a->regret[v] == w->largest)
            a->regret[v] = w->next;
    }
    while (classes) {
        const wanted *w;

        c = vnuma__take_lowest(&classes);
        w = &wanted_of[c];
        if (w->num <= a->cap[c])
            continue;
        sum += a->cap[c] > 1 ? (int64_t)(w->num - a->cap[c]) * w->smallest
                             : w->sum - w->largest;
    }
    return sum;
}

/* ---- the whole ----------------------------------------------------------------- */

int64_t vnuma__assign_bound(vnuma__assign *a, unsigned int depth)
{
    int64_t twice = 0;
    uint32_t rest;
    unsigned int v, i;

    for (rest = a->open; rest; rest &= rest - 1) {
        const vnuma__lanes *links;

        v = (unsigned int)__builtin_ctz(rest);
        links = vnuma__assign_links(a, depth, v);
        for (i = 0; i < a->row; i++)
            a->parts[v][i] = links[i] + links[i] + a->blocked[i];
    }
    if (a->look_ahead) {
        add_open_pairs(a, depth, true, a->is_symmetric ? 2 : 1);
        if (!a->is_symmetric)
            add_open_pairs(a, depth, false, 1);
    }
    for (rest = a->open; rest; rest &= rest - 1) {
        v = (unsigned int)__builtin_ctz(rest);
        find_smallest(a, v);
        twice += a->smallest[v];
        if (a->smallest[v] >= VNUMA__TOO_MUCH)
            return twice;
    }
    return twice + settle_conflicts(a);
}

uint64_t vnuma__assign_within(const vnuma__assign *a, unsigned int v,
                              int64_t most)
{
    static const vnuma__lanes bits = { 1, 2, 4, 8 };
    vnuma__lanes limit, low = { 0 }, high = { 0 };
    unsigned int i, half = VNUMA__ROW / 2;

    if (most < 0)
        return 0;
    limit = vnuma__splat(most < VNUMA__TOO_MUCH ? (int32_t)most
                                                : VNUMA__TOO_MUCH - 1);
    for (i = 0; i < a->row && i < half; i++)
        low |= ((a->parts[v][i] <= limit) & bits) << (int)(4 * i);
    for (; i < a->row; i++)
        high |= ((a->parts[v][i] <= limit) & bits) << (int)(4 * (i - half));
    return (uint32_t)(low[0] | low[1] | low[2] | low[3]) |
           (uint64_t)(uint32_t)(high[0] | high[1] | high[2] | high[3]) << 32;
}
