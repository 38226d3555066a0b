/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver of the planner: takes the six parts of "best" one after the
 * other, each with those before it held fast.
 *
 *   1  sharing    from as many pnodes as there can be downwards, the first
 *                 number with which a placement exists
 *   2-4 cost      one branch and bound (problem.h says how the three are
 *                 one number)
 *   5  least      is there a placement as cheap that leaves more? By bisection,
 *                 or by the search itself where pnodes are shared
 *   6  dictionary pnode by pnode: is there one as good that begins lower?
 *
 * Every part has its own allowance of work, so the whole is bounded.  An
 * answer that was given up leaves the placement found so far and the proven
 * bound; it is never a reason to say that nothing fits.
 */
#include "config.h"

#include "search/search.h"

#include <stdlib.h>
#include <string.h>

/*
 * Steps allowed, of five nanoseconds or so.  On up to 8 pnodes, and of 8
 * vnodes on up to 16, everything is meant to be proven; beyond, an answer
 * after some milliseconds is worth more than a proof after hours.
 */
#define WORK_FOR_COST (UINT64_C(1) << 20)
#define WORK_FOR_LEAST (UINT64_C(1) << 19)
#define WORK_FOR_ORDER (UINT64_C(1) << 19)
/* All of it, where that search does all of it. */
#define WORK_FOR_ASSIGNMENT (UINT64_C(5) << 17)
/* To find any placement at all, where memory is what makes it hard. */
#define WORK_FOR_FIT (UINT64_C(1) << 26)
#define FEW_PNODES 8u
#define FEW 128u /* vnodes times pnodes */
#define TIMES_FOR_FEW 64u
/* From no vnode placed to all of them: to a placement and some neighbours. */
#define FEW_DESCENTS 4u

typedef struct {
    vnuma__problem *problem;
    vnuma__classes classes;
    bool by_sets;
    vnuma__sets sets; /* once the cost is known; if complete */
    /* What one vnode on each used pnode costs at least, where they share. */
    uint64_t apart;
    vnuma__question question;
    vnuma__result result;
} driver;

static uint64_t allow(const driver *d, uint64_t steps)
{
    const vnuma__problem *problem = d->problem;

    return problem->num_pnodes <= FEW_PNODES ||
                   problem->num_pnodes * problem->num_vnodes <= FEW
               ? TIMES_FOR_FEW * steps
               : steps;
}

static int ask(driver *d, vnuma__work *work, vnuma__placement *placement_r,
               bool *found_r, uint64_t *bound_r)
{
    if (d->by_sets && d->sets.complete)
        return vnuma__search_sets(d->problem, &d->classes, &d->sets,
                                  &d->question, placement_r, found_r);
    if (d->by_sets)
        return vnuma__search_set(d->problem, &d->classes, &d->question, work,
                                 placement_r, found_r, bound_r);
    return vnuma__search_map(d->problem, &d->question, work, placement_r,
                             found_r, bound_r);
}

/* ---- 2 to 4: cost -------------------------------------------------------------- */

/* Looks for any placement, with a patience that is for this alone. */
static int find_any(driver *d)
{
    vnuma__work work = { 0, WORK_FOR_FIT };
    bool found;
    int rc;

    d->question.best = false;
    rc = ask(d, &work, &d->result.placement, &found, NULL);
    d->result.feasible = found;
    d->result.gave_up = rc == VNUMA__GAVE_UP;
    return rc < 0 ? rc : 0;
}

/* Among sets of whole classes; when that proves it, of such ones ever after. */
static int find_whole(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_COST) / 2 };
    uint64_t bound = 0;
    bool found;
    int rc;

    d->question.whole = true;
    rc = ask(d, &work, &d->result.placement, &found, &bound);
    if (rc < 0)
        return rc;
    d->result.feasible = found;
    d->result.bound = bound;
    d->result.optimal = found && d->result.placement.cost == bound;
    d->question.whole = d->result.optimal;
    return 0;
}

static int find_cheapest(driver *d);

static uint64_t work_of_few_descents(const driver *d)
{
    uint64_t num_vnodes = d->problem->num_vnodes;

    return FEW_DESCENTS * num_vnodes * num_vnodes * d->problem->num_pnodes;
}

/* What was found before may cost just that. */
static void raise_bound(driver *d, uint64_t bound)
{
    if (bound > d->result.bound)
        d->result.bound = bound;
    d->result.optimal =
        d->result.feasible && d->result.placement.cost <= d->result.bound;
}

/*
 * One vnode on each pnode is a question of sets, where no vnode states distances;
 * mostly the others cost just what they must next to these.
 */
static int bound_apart(driver *d)
{
    vnuma__problem *problem;
    driver *apart;
    int rc = VNUMA_ERROR_NOMEM;

    problem = malloc(sizeof(*problem));
    apart = calloc(1, sizeof(*apart));
    if (!problem || !apart)
        goto out;
    *problem = *d->problem;
    vnuma__relax_sharing(problem);
    apart->problem = problem;
    apart->by_sets = vnuma__classes_init(&apart->classes, problem);
    rc = apart->by_sets ? find_cheapest(apart) : 0;
    if (rc || !apart->result.feasible)
        goto out;
    d->apart = apart->result.bound;
    raise_bound(d, d->apart + vnuma__least_of_sharing(d->problem));

out:
    free(problem);
    free(apart);
    return rc;
}

/*
 * Vnodes of different sizes make many placements that cost the same, and all of
 * them would have to be looked at to see that none is cheaper.  Were all of
 * them as small as the smallest, it could only cost less; then they are alike.
 */
static int bound_alike(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_COST) / 4 };
    vnuma__question question = { .most_cost = UINT64_MAX, .best = true };
    vnuma__placement placement;
    vnuma__problem *problem;
    uint64_t bound;
    bool found;
    int rc;

    problem = malloc(sizeof(*problem));
    if (!problem)
        return VNUMA_ERROR_NOMEM;
    *problem = *d->problem;
    vnuma__relax_sizes(problem);
    memcpy(question.allowed, problem->allowed, sizeof(question.allowed));
    rc = vnuma__search_map(problem, &question, &work, &placement, &found,
                           &bound);
    free(problem);
    if (rc == VNUMA__FOUND || rc == VNUMA__GAVE_UP)
        raise_bound(d, bound);
    return rc < 0 ? rc : 0;
}

/* The cheapest, or one that is cheaper than what was found before. */
static int ask_cheapest(driver *d, uint64_t most_work)
{
    vnuma__work work = { 0, most_work };
    vnuma__placement placement;
    uint64_t bound = 0;
    bool found;
    int rc;

    if (d->result.feasible)
        d->question.most_cost = d->result.placement.cost - 1;
    d->question.enough = d->result.bound;
    rc = ask(d, &work, &placement, &found, &bound);
    if (rc < 0)
        return rc;
    if (found)
        d->result.placement = placement;
    d->result.feasible |= found;
    d->result.optimal = d->result.feasible && rc != VNUMA__GAVE_UP;
    if (bound > d->result.bound)
        d->result.bound = bound;
    if (d->result.optimal)
        d->result.bound = d->result.placement.cost;
    return rc;
}

static int find_cheapest(driver *d)
{
    int rc;

    memcpy(d->question.allowed, d->problem->allowed,
           sizeof(d->question.allowed));
    d->question.most_cost = UINT64_MAX;
    d->question.least = 0;
    d->question.best = true;
    if (d->by_sets && d->classes.prefers_whole) {
        rc = find_whole(d);
        if (rc || d->result.optimal)
            return rc;
    }
    if (d->problem->num_used < d->problem->num_vnodes) {
        if (d->problem->uniform) {
            rc = bound_apart(d);
            if (!rc)
                rc = ask_cheapest(d, work_of_few_descents(d));
            if (rc != VNUMA__GAVE_UP)
                return rc < 0 ? rc : 0;
        }
        rc = bound_alike(d);
        if (rc || d->result.optimal)
            return rc;
    }
    rc = ask_cheapest(d, allow(d, WORK_FOR_COST));
    if (rc == VNUMA__GAVE_UP && !d->result.feasible)
        return find_any(d);
    return rc < 0 ? rc : 0;
}

/* ---- 5: the smallest free memory left -------------------------------------------- */

/* The most that the vnode which fares worst can leave. */
static int64_t most_to_leave(const vnuma__problem *problem)
{
    int64_t least = INT64_MAX;
    unsigned int v, p;

    for (v = 0; v < problem->num_vnodes; v++) {
        int64_t most = 0;
        uint64_t rest = problem->allowed[v];

        while (rest) {
            p = vnuma__take_lowest(&rest);
            if (problem->room[p] - (int64_t)problem->need[v] > most)
                most = problem->room[p] - (int64_t)problem->need[v];
        }
        if (most < least)
            least = most;
    }
    return least;
}

/* With a pnode each, only these values can be the smallest one left. */
static unsigned int find_steps(const vnuma__problem *problem, int64_t above,
                               int64_t most, int64_t *steps)
{
    unsigned int num = 0, kept = 0, v, p, i;

    for (v = 0; v < problem->num_vnodes; v++) {
        uint64_t rest = problem->allowed[v];

        while (rest) {
            int64_t left;

            p = vnuma__take_lowest(&rest);
            left = problem->room[p] - (int64_t)problem->need[v];
            if (left > above && left <= most)
                steps[num++] = left;
        }
    }
    vnuma__sort(steps, num);
    for (i = 0; i < num; i++)
        if (!i || steps[i] != steps[i - 1])
            steps[kept++] = steps[i];
    return kept;
}

/* Asks for this much; takes the placement if there is one. */
static int ask_least(driver *d, int64_t least, vnuma__work *work)
{
    vnuma__placement placement;
    bool found;
    int rc;

    d->question.least = least;
    rc = ask(d, work, &placement, &found, NULL);
    if (rc >= 0 && found)
        d->result.placement = placement;
    if (rc == VNUMA__GAVE_UP)
        d->result.optimal = false;
    return rc;
}

static int bisect_steps(driver *d, int64_t most, vnuma__work *work)
{
    int64_t *steps;
    unsigned int low = 0, high;
    int rc;

    steps = malloc(sizeof(*steps) * VNUMA__MAX_VNODES * VNUMA__MAX_PNODES);
    if (!steps)
        return VNUMA_ERROR_NOMEM;
    high = find_steps(d->problem, d->result.placement.least, most, steps);
    while (low < high) {
        unsigned int mid = low + (high - low) / 2;

        rc = ask_least(d, steps[mid], work);
        if (rc < 0)
            goto out;
        if (rc != VNUMA__FOUND)
            high = mid;
        while (rc == VNUMA__FOUND && low < high &&
               steps[low] <= d->result.placement.least)
            low++;
    }
    rc = 0;

out:
    free(steps);
    return rc;
}

/* With pnodes shared there are too many such values. */
static int ask_for_more(driver *d, vnuma__work *work)
{
    int rc;

    d->question.leaves_most = true;
    rc = ask_least(d, d->result.placement.least + 1, work);
    d->question.leaves_most = false;
    return rc < 0 ? rc : 0;
}

/* Where only a few sets cost that little, they answer all that follows. */
static void list_cheapest(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_LEAST) };

    vnuma__list_sets(d->problem, &d->classes, &d->question, &work, &d->sets);
}

/* From here on in the pnodes allowed; only sharing needs it as a number. */
static void hold_least(driver *d)
{
    unsigned int v;

    d->question.least = d->result.placement.least;
    for (v = 0; v < d->problem->num_vnodes; v++)
        d->question.allowed[v] = vnuma__with_room(
            d->problem, v, d->question.allowed[v], d->question.least);
    if (d->problem->num_used == d->problem->num_vnodes)
        d->question.least = 0;
}

static int leave_most(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_LEAST) };
    int64_t most = most_to_leave(d->problem);
    int rc;

    d->question.best = false;
    d->question.most_cost = d->result.placement.cost;
    if (d->by_sets)
        list_cheapest(d);
    if (d->problem->uniform)
        d->question.alone = vnuma__too_dear_to_share(d->problem, d->apart,
                                                     d->question.most_cost);
    rc = d->problem->num_used == d->problem->num_vnodes
             ? bisect_steps(d, most, &work)
             : ask_for_more(d, &work);
    hold_least(d);
    return rc;
}

/* ---- 6: dictionary order ------------------------------------------------------------ */

/* The first pnode for v with which the rest can be as good as it is. */
static int settle_vnode(driver *d, unsigned int v, vnuma__work *work)
{
    uint64_t rest = d->question.allowed[v] &
                    vnuma__lowest_bits(d->result.placement.pnode[v]);
    vnuma__placement placement;
    bool found;
    int rc;

    while (rest) {
        d->question.allowed[v] = vnuma__bit(vnuma__take_lowest(&rest));
        rc = ask(d, work, &placement, &found, NULL);
        if (rc < 0 || rc == VNUMA__GAVE_UP)
            return rc;
        if (rc == VNUMA__FOUND) {
            d->result.placement = placement;
            break;
        }
    }
    d->question.allowed[v] = vnuma__bit(d->result.placement.pnode[v]);
    return VNUMA__FOUND;
}

static int settle_by_sets(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_ORDER) };
    unsigned int v, w;
    int rc;

    if (d->sets.complete) {
        vnuma__settle_sets(d->problem, &d->classes, &d->sets, &d->question,
                           &d->result.placement);
        d->result.in_order = true;
        return 0;
    }
    for (v = 0; v < d->problem->num_vnodes; v++) {
        rc = settle_vnode(d, v, &work);
        if (rc < 0)
            return rc;
        if (rc == VNUMA__GAVE_UP)
            return 0;
        d->result.in_order = v + 1 == d->problem->num_vnodes;
        for (w = v + 1; w < d->problem->num_vnodes; w++)
            d->question.allowed[w] &= ~d->question.allowed[v];
    }
    return 0;
}

/* The map search can look in that order by itself. */
static int settle_in_order(driver *d)
{
    vnuma__work work = { 0, allow(d, WORK_FOR_ORDER) };
    vnuma__placement placement;
    bool found;
    int rc;

    d->question.in_order = true;
    rc = ask(d, &work, &placement, &found, NULL);
    if (rc == VNUMA__FOUND)
        d->result.placement = placement;
    d->question.in_order = false;
    d->result.in_order = rc == VNUMA__FOUND;
    return rc < 0 ? rc : 0;
}

/* ---- 1: sharing, and the whole --------------------------------------------------------- */

static int search_with(driver *d, unsigned int num_used)
{
    bool has_classes;
    unsigned int v;
    int rc;

    memset(&d->result, 0, sizeof(d->result));
    vnuma__problem_use(d->problem, num_used);
    for (v = 0; v < d->problem->num_vnodes; v++)
        if (!d->problem->allowed[v])
            return 0;
    d->sets.complete = false;
    has_classes = vnuma__classes_init(&d->classes, d->problem);
    d->by_sets = has_classes && d->problem->uniform;
    if (has_classes && !d->by_sets) {
        rc = vnuma__search_assign(d->problem, &d->classes,
                                  allow(d, WORK_FOR_ASSIGNMENT), &d->result);
        if (rc <= 0)
            return rc;
    }
    rc = find_cheapest(d);
    if (rc || !d->result.optimal)
        return rc;
    rc = leave_most(d);
    if (rc)
        return rc;
    return d->by_sets ? settle_by_sets(d) : settle_in_order(d);
}

/* How many pnodes a placement can use, by what is named. */
static void find_range(const vnuma__problem *problem, unsigned int *least_r,
                       unsigned int *most_r)
{
    uint64_t named = 0, any = 0;
    unsigned int num_open = 0, v, most;

    for (v = 0; v < problem->num_vnodes; v++) {
        any |= problem->pinned[v];
        if (problem->pinned[v] & (problem->pinned[v] - 1))
            num_open++;
        else
            named |= problem->pinned[v];
    }
    *least_r = (unsigned int)__builtin_popcountll(named);
    if (!*least_r)
        *least_r = 1;
    most = (unsigned int)__builtin_popcountll(named) + num_open;
    *most_r = (unsigned int)__builtin_popcountll(any);
    if (most < *most_r)
        *most_r = most;
}

int vnuma__search_using(vnuma__problem *problem, unsigned int num_used,
                        vnuma__result *result_r)
{
    driver *d;
    int rc;

    memset(result_r, 0, sizeof(*result_r));
    d = calloc(1, sizeof(*d));
    if (!d)
        return VNUMA_ERROR_NOMEM;
    d->problem = problem;
    rc = search_with(d, num_used);
    if (!rc)
        *result_r = d->result;
    free(d);
    return rc;
}

unsigned int vnuma__search_most_used(const vnuma__problem *problem)
{
    unsigned int least, most;

    find_range(problem, &least, &most);
    return most;
}

int vnuma__search(vnuma__problem *problem, vnuma__result *result_r)
{
    unsigned int least, most, num_used;
    bool gave_up = false;
    int rc = 0;

    memset(result_r, 0, sizeof(*result_r));
    find_range(problem, &least, &most);
    for (num_used = most; num_used >= least; num_used--) {
        rc = vnuma__search_using(problem, num_used, result_r);
        if (rc || result_r->feasible)
            break;
        gave_up |= result_r->gave_up;
    }
    if (gave_up) {
        result_r->gave_up = true;
        result_r->optimal = result_r->in_order = false;
    }
    return rc;
}
