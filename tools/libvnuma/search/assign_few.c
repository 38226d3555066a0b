/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quadratic assignment of at most 8 vnodes to at most 16 pnodes of which no
 * two are alike: small enough that every pair's cost fits in a table, and
 * where hosts and guests are at random the nodes of the tree are many, so
 * they have to be cheap.
 *
 * The costs of one class are a vector: one 16-bit lane for each vnode.  With
 * all vnodes in one vector a bound is a minimum over classes, straight down
 * the rows, for all vnodes at once.
 *
 * What the pairs of v on c cost at least, whoever of the others is where, is
 * taken out of the table beforehand and is v's own there; the next vnode finds
 * what is left.  (To give back what is too much for one and let all take again,
 * as Hahn and Grant do in their dual ascent, saves a few nodes more and takes
 * longer than they.)  The bound of a node is the cost so far and each open
 * vnode's smallest; nothing is computed for pairs that are open still.
 *
 * One walk settles all parts of "best": as long as a branch can be as good,
 * it is walked through, and leaves are compared by cost, memory and order.
 */
#include "config.h"

#include "search/assign.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MAX_FEW_VNODES 8u
#define MAX_FEW_CLASSES 16u
/*
 * More than all 28 pairs cost, twice 255 each.  With as much added it is still
 * a lane's number.
 */
#define FORBIDDEN 15000
/* 16 times that still is a lane's. */
#define MAX_REGRET 2000
/* So few left to place that to ask for a matching takes longer. */
#define FEW_OPEN 6
/* Further down the tree the order of choices makes no difference any more. */
#define SORTED_DEPTH 2u

typedef int16_t by_vnode __attribute__((vector_size(16)));
typedef uint16_t classes_by_vnode __attribute__((vector_size(16)));

typedef struct {
    vnuma__assign *a;
    unsigned int num_vnodes, num_classes;
    unsigned int num_rows; /* classes and some that are forbidden */
    int64_t base;          /* cost that is not in here */
    int32_t most;          /* inclusive: only if it is as good in all */
    bool has_alike;
    /* Where as much is left as by the best. */
    uint64_t as_good[VNUMA__MAX_VNODES], in_as_good[VNUMA__MAX_VNODES];
    int32_t lowest_left;
    by_vnode stated_out[MAX_FEW_VNODES], stated_in[MAX_FEW_VNODES];
    /* With v on c and the vnode of the lane on d; without what is in own. */
    by_vnode pairs[MAX_FEW_VNODES][MAX_FEW_CLASSES][MAX_FEW_CLASSES];
    /* By depth: what each vnode costs in each class. */
    by_vnode own[MAX_FEW_VNODES + 1][MAX_FEW_CLASSES];
} few;

typedef struct {
    int16_t cost;
    uint8_t class;
} few_choice;

static by_vnode splat(int16_t x)
{
    return (by_vnode){ x, x, x, x, x, x, x, x };
}

#ifdef __SSE2__
static by_vnode smaller(by_vnode x, by_vnode y)
{
    return (by_vnode)_mm_min_epi16((__m128i)x, (__m128i)y);
}
#else
static by_vnode smaller(by_vnode x, by_vnode y)
{
    by_vnode less = x < y;

    return (x & less) | (y & ~less);
}
#endif

static by_vnode absolute(by_vnode x)
{
    /* cppcheck-suppress shiftTooManyBitsSigned ; all of GCC's lanes */
    by_vnode sign = x >> 15;

    return (x ^ sign) - sign;
}

/* All bits, in the lanes of these vnodes. */
static by_vnode lanes_of(uint32_t vnodes)
{
    static const by_vnode bits = { 1, 2, 4, 8, 16, 32, 64, 128 };

    return (splat((int16_t)vnodes) & bits) == bits;
}

static int32_t add_lanes(by_vnode x)
{
#ifdef __SSE2__
    __m128i sums = _mm_madd_epi16((__m128i)x, (__m128i)splat(1));

    sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4e));
    sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0xb1));
    return _mm_cvtsi128_si32(sums);
#else
    int32_t sum = 0;
    unsigned int i;

    for (i = 0; i < MAX_FEW_VNODES; i++)
        sum += x[i];
    return sum;
#endif
}

static int32_t add_up(by_vnode costs, uint32_t open)
{
    return add_lanes(costs & lanes_of(open));
}

static int16_t find_lowest(by_vnode x)
{
#ifdef __SSE2__
    x = smaller(x, (by_vnode)_mm_shuffle_epi32((__m128i)x, 0x4e));
    x = smaller(x, (by_vnode)_mm_shuffle_epi32((__m128i)x, 0xb1));
    return x[0] < x[1] ? x[0] : x[1];
#else
    int16_t low = x[0];
    unsigned int i;

    for (i = 1; i < MAX_FEW_VNODES; i++)
        low = x[i] < low ? x[i] : low;
    return low;
#endif
}

/* ---- the table of pairs --------------------------------------------------------- */

static int16_t host_distance(const few *f, unsigned int c, unsigned int d)
{
    return (int16_t)(vnuma__lane(f->a->from[c], d) /
                     (int32_t)VNUMA__COST_DISTANCE);
}

static void take_stated(few *f)
{
    int32_t scale = (int32_t)VNUMA__COST_DISTANCE;
    unsigned int v, w;

    for (v = 0; v < f->num_vnodes; v++) {
        for (w = 0; w < f->num_vnodes; w++) {
            f->stated_out[v][w] = (int16_t)(f->a->stated[v][w] / scale);
            f->stated_in[v][w] = (int16_t)(f->a->stated[w][v] / scale);
        }
    }
}

static void fill_pairs(few *f, unsigned int c, unsigned int d)
{
    by_vnode out = splat(host_distance(f, c, d));
    by_vnode in = splat(host_distance(f, d, c));
    unsigned int v;

    for (v = 0; v < f->num_vnodes; v++)
        f->pairs[v][c][d] =
            absolute(out - f->stated_out[v]) + absolute(in - f->stated_in[v]);
}

/* What v on c and the others on d cost is in the table twice. */
static void mirror(few *f, unsigned int v, unsigned int c, unsigned int d)
{
    unsigned int w;

    for (w = 0; w < f->num_vnodes; w++)
        f->pairs[w][d][c][v] = f->pairs[v][c][d][w];
}

/*
 * What the pairs of v on c cost at least becomes v's own: with each of the
 * others, whatever its class; and when every class is taken by someone, for
 * each class, whoever takes it.
 */
static void take(few *f, unsigned int v, unsigned int c)
{
    by_vnode others = lanes_of(f->a->open & ~(UINT32_C(1) << v));
    by_vnode nobody = splat(INT16_MAX) & ~others, least = splat(INT16_MAX);
    by_vnode *pairs = f->pairs[v][c];
    int32_t own;
    unsigned int d;

    for (d = 0; d < f->num_classes; d++)
        if (d != c)
            least = smaller(least, pairs[d]);
    least &= others;
    own = add_lanes(least);
    for (d = 0; d < f->num_classes; d++) {
        if (d == c)
            continue;
        pairs[d] -= least;
        if (f->num_vnodes == f->num_classes) {
            int16_t lowest = find_lowest((pairs[d] & others) | nobody);

            pairs[d] -= splat(lowest) & others;
            own += lowest;
        }
        mirror(f, v, c, d);
    }
    f->own[0][c][v] = (int16_t)own;
}

static void forbid(few *f)
{
    by_vnode forbidden = splat(FORBIDDEN);
    unsigned int v, c;

    for (v = 0; v < f->num_vnodes; v++)
        for (c = 0; c < f->num_rows; c++)
            if (!(f->a->in_allowed[v] >> c & 1))
                f->own[0][c][v] = FORBIDDEN;
    /* One class for two; but what is forbidden already is not twice. */
    for (v = 0; v < f->num_vnodes; v++)
        for (c = 0; c < f->num_classes; c++)
            f->pairs[v][c][c] = forbidden & (f->own[0][c] < forbidden);
}

static void prepare(few *f)
{
    unsigned int v, c, d;

    take_stated(f);
    for (c = 0; c < f->num_classes; c++)
        for (d = 0; d < f->num_classes; d++)
            if (c != d)
                fill_pairs(f, c, d);
    for (v = 0; v < f->num_vnodes; v++)
        for (c = 0; c < f->num_classes; c++)
            take(f, v, c);
    forbid(f);
}

/* ---- leaves ------------------------------------------------------------------------ */

/* From now on: as good as the best or better. */
static void ask_as_good(few *f)
{
    vnuma__assign *a = f->a;
    unsigned int v;

    f->most = (int32_t)(((int64_t)a->best.cost - f->base) /
                        (int64_t)VNUMA__COST_DISTANCE);
    for (v = 0; v < f->num_vnodes; v++)
        f->as_good[v] =
            vnuma__with_room(a->problem, v, a->allowed[v], a->best.least);
    vnuma__assign_share(a, f->as_good, f->in_as_good);
}

/* Of the placements with these classes that leave as much, the first. */
static void put_in_order(const few *f, vnuma__placement *placement)
{
    const vnuma__assign *a = f->a;
    uint64_t base[VNUMA__MAX_VNODES];
    uint8_t pnode[VNUMA__MAX_VNODES];
    unsigned int v;

    for (v = 0; v < f->num_vnodes; v++)
        base[v] =
            vnuma__with_room(a->problem, v, a->allowed[v], placement->least);
    for (v = 0; v < f->num_vnodes; v++) {
        uint64_t rest = base[v] & vnuma__lowest_bits(placement->pnode[v]);

        while (rest) {
            base[v] = vnuma__bit(vnuma__take_lowest(&rest));
            memcpy(pnode, placement->pnode, sizeof(pnode));
            if (!vnuma__assign_match(a, base, NULL, pnode))
                continue;
            memcpy(placement->pnode, pnode, sizeof(pnode));
            break;
        }
        base[v] = vnuma__bit(placement->pnode[v]);
    }
}

static bool is_better(const vnuma__placement *x, const vnuma__placement *y,
                      unsigned int num_vnodes)
{
    if (x->cost != y->cost)
        return x->cost < y->cost;
    if (x->least != y->least)
        return x->least > y->least;
    return memcmp(x->pnode, y->pnode, num_vnodes) < 0;
}

static void end(few *f, int32_t cost)
{
    vnuma__assign *a = f->a;
    vnuma__placement placement = { .least = 0 };
    unsigned int v;

    for (v = 0; v < f->num_vnodes; v++)
        placement.pnode[v] =
            (uint8_t)__builtin_ctzll(a->classes->members[a->class_at[v]]);
    a->open = 0;
    if (!vnuma__assign_match(a, a->allowed, NULL, placement.pnode))
        return;
    vnuma__assign_leave_most(a, &placement);
    if (f->has_alike)
        put_in_order(f, &placement);
    vnuma__placement_measure(a->problem, &placement);
    if (!is_better(&placement, &a->best, f->num_vnodes))
        return;
    a->best = placement;
    a->most_cost = (int64_t)placement.cost - a->base;
    if (cost < f->most)
        vnuma__assign_improve(a, &placement);
    ask_as_good(f);
}

/* ---- the walk ------------------------------------------------------------------------ */

/*
 * Each vnode's costs with v on c, which is none of theirs now.  Gives the
 * smallest of each vnode, which is all a node needs that is cut off.
 */
static by_vnode place(few *f, unsigned int depth, unsigned int v,
                      unsigned int c)
{
    const by_vnode *before = f->own[depth], *pairs = f->pairs[v][c];
    by_vnode *after = f->own[depth + 1], smallest = splat(INT16_MAX);
    unsigned int i;

    for (i = 0; i < f->num_rows; i += 2) {
        by_vnode x = before[i] + pairs[i], y = before[i + 1] + pairs[i + 1];

        after[i] = x;
        after[i + 1] = y;
        smallest = smaller(smallest, smaller(x, y));
    }
    return smallest;
}

static by_vnode find_smallest(const few *f)
{
    by_vnode smallest = f->own[0][0];
    unsigned int i;

    for (i = 1; i < f->num_rows; i++)
        smallest = smaller(smallest, f->own[0][i]);
    return smallest;
}

/*
 * The vnode with the fewest classes within its limit, and these.  Near the root
 * all have all of them; then the one that pays most for not having its best
 * class.  Without a branch, as none of them could be foretold.
 */
static unsigned int choose_vnode(const few *f, unsigned int depth,
                                 uint32_t open, by_vnode smallest,
                                 int32_t slack, uint32_t *classes_r)
{
    static const by_vnode lanes = { 0, 1, 2, 3, 4, 5, 6, 7 };
    const by_vnode none = splat(0), far = splat(MAX_REGRET);
    by_vnode most = splat((int16_t)(slack < FORBIDDEN ? slack : FORBIDDEN));
    by_vnode limit = smaller(smallest + most, splat(FORBIDDEN - 1));
    by_vnode dear = smallest + smaller(most, far), mask = lanes_of(open);
    const by_vnode *row = f->own[depth];
    by_vnode count = none, regret = none, rank;
    classes_by_vnode classes = { 0 }, class = classes + 1;
    unsigned int c, v;

    for (c = 0; c < f->num_rows; c++, class <<= 1) {
        by_vnode own = row[c], is_within = own <= limit;

        count -= is_within;
        classes |= (classes_by_vnode)is_within & class;
        regret += smaller(own, dear) - smallest;
    }
    /* In one number, with the vnode in its last bits. */
    rank = (count << 7) - smaller(regret >> 4, splat(127));
    rank = (rank << 3) + lanes;
    v = (unsigned int)find_lowest((rank & mask) | (splat(INT16_MAX) & ~mask)) %
        MAX_FEW_VNODES;
    if (f->has_alike)
        v = (unsigned int)__builtin_ctz(f->a->alike[v] & open);
    *classes_r = classes[v];
    return v;
}

static uint32_t find_free(const few *f, uint32_t open)
{
    uint32_t classes = (UINT32_C(1) << f->num_classes) - 1;
    unsigned int v;

    for (v = 0; v < f->num_vnodes; v++)
        if (!(open >> v & 1))
            classes &= ~(UINT32_C(1) << f->a->class_at[v]);
    return classes;
}

/*
 * Twins come in the order of their classes, each of which is one pnode here; in
 * another they only repeat.  The lowest is chosen first, so it goes above those
 * placed, and leaves as many classes above it as there are to come.
 */
static uint32_t find_in_order(const few *f, unsigned int v, uint32_t open)
{
    uint32_t classes = find_free(f, open), twins = f->a->alike[v] & ~open;

    for (; twins; twins &= twins - 1) {
        unsigned int u = (unsigned int)__builtin_ctz(twins);

        classes &= ~((UINT32_C(1) << f->a->class_at[u]) - 1);
    }
    twins = f->a->alike[v] & open;
    for (; classes && twins & (twins - 1); twins &= twins - 1)
        classes &= ~(UINT32_C(1) << (31 - __builtin_clz(classes)));
    return classes;
}

static unsigned int sort_choices(const few *f, unsigned int depth,
                                 unsigned int v, uint32_t classes,
                                 few_choice *choices)
{
    unsigned int num = 0, c, i;

    for (; classes; classes &= classes - 1) {
        int16_t cost;

        c = (unsigned int)__builtin_ctz(classes);
        cost = f->own[depth][c][v];
        for (i = num++;
             depth < SORTED_DEPTH && i && choices[i - 1].cost > cost; i--)
            choices[i] = choices[i - 1];
        choices[i] = (few_choice){ cost, (uint8_t)c };
    }
    return num;
}

/*
 * Where alike vnodes share their classes memory shows in a matching only.
 * Far down it is the leaf's.
 */
static bool can_match(const few *f, uint32_t open)
{
    uint64_t candidates[VNUMA__MAX_VNODES];
    uint8_t pnode[VNUMA__MAX_VNODES];
    uint32_t classes;
    unsigned int v;

    if (!f->has_alike || __builtin_popcount(open) < FEW_OPEN)
        return true;
    classes = find_free(f, open);
    for (v = 0; v < f->num_vnodes; v++)
        candidates[v] = f->a->in_allowed[v] & classes;
    memcpy(pnode, f->a->best.pnode, sizeof(pnode));
    f->a->open = open;
    return vnuma__assign_match(f->a, f->a->allowed, candidates, pnode);
}

/* From a node whose bound, cost and the sum of smallest, is not too much. */
static void walk(few *f, unsigned int depth, uint32_t open, int32_t cost,
                 by_vnode smallest, int32_t sum)
{
    few_choice choices[MAX_FEW_CLASSES];
    int32_t slack = f->most - cost - sum;
    unsigned int num, v, i;
    uint32_t rest, classes;
    by_vnode mask;

    if (!open) {
        end(f, cost);
        return;
    }
    f->a->gave_up |= vnuma__work_is_over(&f->a->work, f->num_rows);
    if (f->a->gave_up) {
        if (cost + sum < f->lowest_left)
            f->lowest_left = cost + sum;
        return;
    }
    if (!can_match(f, open))
        return;
    v = choose_vnode(f, depth, open, smallest, slack, &classes);
    if (f->has_alike)
        classes &= find_in_order(f, v, open);
    rest = open & ~(UINT32_C(1) << v);
    mask = lanes_of(rest);
    sum -= smallest[v];
    num = sort_choices(f, depth, v, classes, choices);
    for (i = 0; i < num; i++) {
        unsigned int c = choices[i].class;
        int32_t after = cost + choices[i].cost, sum_after;

        /* As cheap is not enough where less is left. */
        if (after + sum + !(f->in_as_good[v] >> c & 1) > f->most)
            continue;
        smallest = place(f, depth, v, c);
        sum_after = add_lanes(smallest & mask);
        f->a->class_at[v] = (uint8_t)c;
        if (after + sum_after <= f->most)
            walk(f, depth + 1, rest, after, smallest, sum_after);
    }
}

/* ---- the whole ------------------------------------------------------------------------- */

bool vnuma__assign_is_few(const vnuma__assign *a)
{
    unsigned int v;

    if (a->num_vnodes > MAX_FEW_VNODES || a->num_classes > MAX_FEW_CLASSES ||
        a->num_classes != a->problem->num_pnodes)
        return false;
    /* Those without vcpus would cost fractions of a distance somewhere. */
    for (v = 0; a->problem->cpuless && v < a->num_vnodes; v++)
        if (!a->problem->vcpus[v])
            return false;
    return true;
}

/* What is the same everywhere: vcpus, and who has none where all have. */
static int64_t cost_of_all(const vnuma__assign *a)
{
    int64_t cost = a->base;
    unsigned int v;

    for (v = 0; v < a->num_vnodes; v++)
        if (!a->problem->vcpus[v])
            cost += (int64_t)VNUMA__COST_MISPLACED;
    return cost;
}

static void start(few *f)
{
    int32_t cost =
        (int32_t)(f->a->device_least / (int64_t)VNUMA__COST_DISTANCE);
    by_vnode smallest = find_smallest(f);
    int32_t sum = add_up(smallest, f->a->open);

    if (cost + sum <= f->most)
        walk(f, 0, f->a->open, cost, smallest, sum);
}

int vnuma__assign_walk_few(vnuma__assign *a)
{
    few *f;
    unsigned int v;

    f = calloc(1, sizeof(*f));
    if (!f)
        return VNUMA_ERROR_NOMEM;
    f->a = a;
    f->num_vnodes = a->num_vnodes;
    f->num_classes = a->num_classes;
    f->num_rows = (f->num_classes + 1) & ~1u;
    f->base = cost_of_all(a);
    f->lowest_left = INT32_MAX;
    for (v = 0; v < a->num_vnodes; v++)
        f->has_alike |= (a->alike[v] & (a->alike[v] - 1)) != 0;
    prepare(f);
    ask_as_good(f);
    start(f);
    if (f->lowest_left < f->most)
        a->lowest_left =
            (int64_t)f->lowest_left * (int64_t)VNUMA__COST_DISTANCE + f->base -
            a->base;
    free(f);
    return 0;
}
