/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans several guests that are to run next to each other.
 *
 *   1  Alone: what does not fit on the empty host is left out of the rest.
 *   2  In turn: each guest gets its best placement next to those that have
 *      one, repeated until no guest moves; the largest first, and if one finds
 *      no place, the smallest first.
 *   3  Together: if guests have no place, which of them fit is asked with the
 *      vnodes of all as one problem, and from there the second step again.
 *
 * Guests are sorted, so the order of the caller does not matter.  A guest
 * without vnuma= needs room on the host as a whole.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

/* Two or three suffice; this ends those in which guests move in circles. */
#define MAX_ROUNDS 8u

typedef struct {
    vnuma_plan_guest **guests; /* in the order in which they are placed */
    unsigned int num_guests;
    const vnuma_topology *topology;
    vnuma_plan_options options;
    bool most;
} several;

/* ---- the order ---------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_texts(const vnuma_source *a, const vnuma_source *b)
{
    int r;

    if (!a || !b)
        return !!a - !!b;
    r = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return r ? r : compare_u64(a->len, b->len);
}

/* Named pnodes first, then most memory; text and name make it total. */
static int compare_largest(const void *a, const void *b)
{
    const vnuma_plan_guest *x = *(vnuma_plan_guest *const *)a;
    const vnuma_plan_guest *y = *(vnuma_plan_guest *const *)b;
    int r;

    if (x->is_named != y->is_named)
        return x->is_named ? -1 : 1;
    r = compare_u64(y->memkb, x->memkb);
    if (!r)
        r = compare_texts(x->config->vnodes_span.source,
                          y->config->vnodes_span.source);
    return r ? r : strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

static int compare_smallest(const void *a, const void *b)
{
    const vnuma_plan_guest *x = *(vnuma_plan_guest *const *)a;
    const vnuma_plan_guest *y = *(vnuma_plan_guest *const *)b;
    int r = compare_u64(x->memkb, y->memkb);

    return r ? r : compare_largest(a, b);
}

static void sort(several *s, int (*compare)(const void *, const void *))
{
    qsort(s->guests, s->num_guests, sizeof(vnuma_plan_guest *), compare);
}

static void find_needs(vnuma_plan_guest *guest)
{
    const vnuma_config *config = guest->config;
    unsigned int v;

    guest->memkb = vnuma_config_total_memkb(config);
    guest->memkb += VNUMA__SPECIAL_MEMKB +
                    vnuma__build_memkb(guest->memkb,
                                       vnuma_config_max_vcpus(config));
    guest->is_loose = !config->num_vnodes && !config->vnuma_auto;
    guest->is_named = config->num_vnodes > 0;
    for (v = 0; v < config->num_vnodes; v++)
        guest->is_named &= config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

/* ---- one guest next to the others --------------------------------------- */

static bool can_place(const vnuma_plan_guest *guest)
{
    return guest->fits_alone && !guest->is_loose;
}

static unsigned int count_placed(const several *s)
{
    unsigned int num = 0, i;

    for (i = 0; i < s->num_guests; i++)
        num += s->guests[i]->plan.feasible;
    return num;
}

/* To stay where it is, if it is somewhere. */
static vnuma_plan_options where_it_is(const several *s,
                                      const vnuma_plan_guest *guest)
{
    vnuma_plan_options options = s->options;
    unsigned int v;

    options.num_preferred = guest->plan.num_vnodes;
    for (v = 0; v < options.num_preferred; v++)
        options.preferred[v] = guest->plan.vnodes[v].pnode;
    return options;
}

/* Its best place next to the others. */
static int plan_guest(several *s, vnuma_plan_guest *guest,
                      vnuma_plan_options options)
{
    vnuma_topology with;
    int rc;

    vnuma__plan_guest_dispose(guest);
    options.has_others = count_placed(s) > 0;
    rc = vnuma__topology_with(s->topology, s->guests, s->num_guests, &with);
    if (!rc)
        rc = vnuma__plan_build(guest->config, &with, &options, &guest->plan,
                               &guest->diags);
    vnuma__topology_drop(&with);
    guest->rc = rc;
    return rc == VNUMA_ERROR_NOFIT ? 0 : rc;
}

/* ---- 1: alone ----------------------------------------------------------- */

/* What does not fit keeps what is said of it. */
static int plan_alone(several *s)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < s->num_guests && !rc; i++) {
        vnuma_plan_guest *guest = s->guests[i];

        if (!guest->is_loose)
            rc = plan_guest(s, guest, s->options);
        guest->fits_alone = guest->plan.feasible || guest->plan.gave_up;
        if (guest->fits_alone)
            vnuma__plan_guest_dispose(guest);
    }
    return rc;
}

/* ---- 2: in turn --------------------------------------------------------- */

/* A guest keeps its place when the planner does not find it again. */
static int move(several *s, vnuma_plan_guest *guest, bool *moved)
{
    vnuma_plan_options before = where_it_is(s, guest), after;
    int rc;

    rc = plan_guest(s, guest, s->options);
    if (!rc && !guest->plan.feasible && before.num_preferred)
        rc = plan_guest(s, guest, before);
    after = where_it_is(s, guest);
    *moved |= before.num_preferred != after.num_preferred ||
              memcmp(before.preferred, after.preferred,
                     sizeof(after.preferred));
    return rc;
}

static int place_in_turn(several *s)
{
    unsigned int round, i;
    bool moved = true;
    int rc = 0;

    for (round = 0; moved && round < MAX_ROUNDS; round++) {
        moved = false;
        for (i = 0; i < s->num_guests && !rc; i++)
            if (can_place(s->guests[i]))
                rc = move(s, s->guests[i], &moved);
        if (rc)
            return rc;
    }
    /* Makes all plans say what is left next to the final placements. */
    for (i = 0; moved && i < s->num_guests && !rc; i++)
        if (s->guests[i]->plan.num_vnodes)
            rc = plan_guest(s, s->guests[i], where_it_is(s, s->guests[i]));
    return rc;
}

static void drop_places(several *s)
{
    unsigned int i;

    for (i = 0; i < s->num_guests; i++)
        if (can_place(s->guests[i]))
            vnuma__plan_guest_dispose(s->guests[i]);
}

static int start_again(several *s, int (*compare)(const void *, const void *))
{
    drop_places(s);
    sort(s, compare);
    return place_in_turn(s);
}

/* ---- 3: together -------------------------------------------------------- */

#define MOST_TRIES 64u
#define TRY_STEPS (VNUMA__STEPS / 16)

/* Guests that fit alone, and the problem that those make that are in. */
typedef struct {
    several *s;
    vnuma__model *models; /* owned, of the guests that can be placed */
    vnuma_plan_guest **guests;
    bool *is_out;
    unsigned int num, num_tries;
    vnuma__problem problem;
    vnuma__result result;
    bool is_found;
} together;

static int add_guest(together *t, vnuma_plan_guest *guest)
{
    vnuma__model *model = &t->models[t->num];
    vnuma_config full;
    unsigned int v;
    int rc;

    vnuma__config_init(&full);
    rc = vnuma__config_fill(guest->config, t->s->topology, &t->s->options,
                            &full, &guest->diags);
    if (!rc)
        rc = vnuma__model_init(model, &full, t->s->topology, &t->s->options);
    vnuma__full_dispose(&full);
    model->config = NULL; /* only its numbers are used */
    /* Other sizes might do, and memory might flow in another way. */
    t->s->most &= !guest->config->vnuma_auto;
    for (v = 0; v < model->problem.num_vnodes; v++)
        t->s->most &= !model->problem.flows[v];
    t->guests[t->num++] = guest;
    return rc;
}

/*
 * What building takes with each vnode: of any placement at least, with a pnode
 * for each vnode, or of any placement at most.
 */
typedef enum { LEAST, LIKELY, MOST } part_kind;

/* Of k used pnodes none has more than all vnodes but k - 1. */
static uint64_t find_part(const vnuma__problem *problem, part_kind kind)
{
    unsigned int n = problem->num_vnodes, m = problem->num_pnodes, k;
    unsigned int num_used = n < m ? n : m;
    uint64_t part =
        problem->building[kind == MOST && num_used > 2 ? 2 : num_used];

    for (k = 1; kind == LEAST && k <= num_used; k++)
        if (problem->building[k] / (n - k + 1) < part)
            part = problem->building[k] / (n - k + 1);
    return part;
}

/* The vnodes of all guests that are in; false: they are too many. */
static bool join(together *t, part_kind kind)
{
    vnuma__problem *all = &t->problem;
    unsigned int i, p, v, n;

    memset(all, 0, sizeof(*all));
    all->num_pnodes = t->s->topology->num_pnodes;
    for (p = 0; p < all->num_pnodes; p++)
        all->room[p] = t->models[0].problem.room[p] +
                       (int64_t)t->models[0].dealt[p];
    for (i = 0; i < t->num; i++) {
        const vnuma__problem *one = &t->models[i].problem;
        uint64_t part = find_part(one, kind);

        for (p = 0; !t->is_out[i] && p < all->num_pnodes; p++)
            all->room[p] -= (int64_t)t->models[i].dealt[p];
        for (v = 0; !t->is_out[i] && v < one->num_vnodes; v++) {
            n = all->num_vnodes++;
            if (n == VNUMA__MAX_VNODES)
                return false;
            all->old[n] = VNUMA__NO_PNODE;
            all->allowed[n] = one->allowed[v];
            all->flows[n] = one->flows[v];
            all->need[n] = one->need[v];
            if (one->need[v] || one->flows[v])
                all->need[n] += part;
        }
    }
    return true;
}

/* The placements that were found, as they are planned, if they can be. */
static int take_found(together *t)
{
    const uint8_t *pnode = t->result.pnode;
    unsigned int num_in = 0, i, v;
    int rc = 0;

    drop_places(t->s);
    for (i = 0; i < t->num && !rc; i++) {
        vnuma_plan_options at = t->s->options;

        if (t->is_out[i])
            continue;
        at.num_preferred = t->models[i].problem.num_vnodes;
        for (v = 0; v < at.num_preferred; v++)
            at.preferred[v] = t->s->topology->pnodes[*pnode++].pnode;
        rc = plan_guest(t->s, t->guests[i], at);
        num_in++;
    }
    t->is_found = count_placed(t->s) == num_in;
    return rc;
}

/* What does not fit where building takes least does not fit. */
static int try_together(together *t)
{
    part_kind kind;
    int rc = 0;

    if (t->num_tries++ == MOST_TRIES || !join(t, LEAST)) {
        t->s->most = false;
        return 0;
    }
    for (kind = LEAST; kind <= MOST && !rc && !t->is_found; kind++) {
        join(t, kind);
        rc = vnuma__search(&t->problem, TRY_STEPS, &t->result);
        if (rc || !t->result.feasible)
            break;
        if (kind != LEAST)
            rc = take_found(t);
    }
    t->s->most &= t->is_found || (kind == LEAST && !t->result.gave_up);
    return rc;
}

/* Tries all ways to leave out so many, those from here on. */
static int leave_out(together *t, unsigned int from, unsigned int num_out)
{
    unsigned int i;
    int rc = 0;

    if (!num_out)
        return try_together(t);
    for (i = from; i + num_out <= t->num && !rc && !t->is_found &&
                   t->num_tries <= MOST_TRIES; i++) {
        t->is_out[i] = true;
        rc = leave_out(t, i + 1, num_out - 1);
        t->is_out[i] = false;
    }
    return rc;
}

/*
 * Leaves out none of them, one, two and so on until the rest fits or is no
 * more than what is placed already.
 */
static int place_together(several *s, unsigned int num_wanted)
{
    unsigned int num_missing = num_wanted - count_placed(s), num_out, i;
    together t = { .s = s };
    int rc = 0;

    t.models = calloc(num_wanted, sizeof(*t.models));
    t.guests = calloc(num_wanted, sizeof(vnuma_plan_guest *));
    t.is_out = calloc(num_wanted, sizeof(*t.is_out));
    if (!t.models || !t.guests || !t.is_out)
        rc = VNUMA_ERROR_NOMEM;
    for (i = 0; i < s->num_guests && !rc; i++)
        if (can_place(s->guests[i]))
            rc = add_guest(&t, s->guests[i]);
    for (num_out = 0; num_out < num_missing && !rc && !t.is_found; num_out++)
        rc = leave_out(&t, 0, num_out);
    for (i = 0; i < t.num; i++)
        vnuma__model_dispose(&t.models[i]);
    free(t.models);
    free(t.guests);
    free(t.is_out);
    /* Tries take the places that there were. */
    if (!rc && !t.is_found)
        drop_places(s);
    return rc ? rc : place_in_turn(s);
}

/* ---- without vnuma= ----------------------------------------------------- */

static int place_loose(several *s, vnuma_plan_guest *guest)
{
    uint64_t is_free = 0, memkb;
    unsigned int i, p;
    int rc;

    for (p = 0; p < s->topology->num_pnodes; p++)
        if (s->topology->pnodes[p].free_memkb != VNUMA_MEMKB_UNKNOWN)
            is_free += vnuma__clip_memkb(s->topology->pnodes[p].free_memkb);
    guest->fits_alone = guest->memkb <= is_free;
    for (i = 0; i < s->num_guests; i++) {
        memkb = s->guests[i]->plan.feasible ? s->guests[i]->memkb : 0;
        is_free -= memkb < is_free ? memkb : is_free;
    }
    guest->plan.feasible = guest->memkb <= is_free;
    guest->rc = guest->plan.feasible ? 0 : VNUMA_ERROR_NOFIT;
    rc = vnuma__plan_reason(
        &guest->plan,
        "%s has no vnuma=: it needs %" PRIu64 " MiB with building cost on the "
        "host as a whole, %" PRIu64 " MiB are free next to the others",
        guest->name ? guest->name : "the guest", vnuma__mib_up(guest->memkb), vnuma__mib_down(is_free));
    return guest->rc ? vnuma__plan_deny(&guest->plan, &guest->diags,
                                        VNUMA__NOWHERE, rc)
                     : rc;
}

/* ---- the whole ---------------------------------------------------------- */

static int place_all(several *s)
{
    unsigned int placed, wanted = 0, i;
    int rc = plan_alone(s);

    for (i = 0; i < s->num_guests; i++)
        wanted += can_place(s->guests[i]);
    if (!rc)
        rc = start_again(s, compare_largest);
    placed = count_placed(s);
    if (!rc && placed < wanted)
        rc = start_again(s, compare_smallest);
    if (!rc && placed < wanted && count_placed(s) <= placed)
        rc = start_again(s, compare_largest);
    if (!rc && count_placed(s) < wanted)
        rc = place_together(s, wanted);
    sort(s, compare_largest);
    for (i = 0; i < s->num_guests && !rc; i++)
        if (s->guests[i]->is_loose)
            rc = place_loose(s, s->guests[i]);
    return rc;
}

int vnuma_plan_several(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r)
{
    several s = { .topology = topology, .most = true };
    unsigned int i;
    int rc = VNUMA_ERROR_NOMEM;

    if (options)
        s.options = *options;
    s.guests = calloc(num_guests + 1, sizeof(vnuma_plan_guest *));
    for (i = 0; s.guests && i < num_guests; i++) {
        guests[i]->rc = VNUMA_ERROR_CONFIG;
        if (guests[i]->config) {
            find_needs(guests[i]);
            s.guests[s.num_guests++] = guests[i];
        }
    }
    if (s.guests)
        rc = place_all(&s);
    if (!rc && count_placed(&s) < s.num_guests)
        rc = VNUMA_ERROR_NOFIT;
    for (i = 0; rc == VNUMA_ERROR_NOMEM && i < num_guests; i++)
        vnuma__plan_guest_dispose(guests[i]);
    if (most_r)
        *most_r = s.most;
    free(s.guests);
    return rc;
}
