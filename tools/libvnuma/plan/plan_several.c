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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

/* Two or three suffice; this ends those in which guests move in circles. */
#define MAX_ROUNDS 8u

typedef struct {
    vnuma_plan_guest **guests; /* sorted */
    unsigned int num_guests;
    const vnuma_topology *topology;
    vnuma_plan_options options;
    bool backwards; /* the smallest is placed first */
    bool most;
    bool failed; /* there was no memory; nothing is planned after it */
} several;

/* ---- the order ---------------------------------------------------------- */

/* By turns, then most memory; the name makes it total. */
static int compare_guests(const void *a, const void *b)
{
    const vnuma_plan_guest *x = *(vnuma_plan_guest *const *)a;
    const vnuma_plan_guest *y = *(vnuma_plan_guest *const *)b;

    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    if (x->memkb != y->memkb)
        return x->memkb > y->memkb ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* First those that name all pnodes, so that no other takes them, then those
 * that lived here. */
static void find_needs(vnuma_plan_guest *guest)
{
    const vnuma_config *config = guest->config;
    bool is_named = config->num_vnodes > 0;
    unsigned int v;

    guest->memkb = vnuma_config_total_memkb(config);
    guest->memkb += vnuma__special_memkb(config) +
                    vnuma__config_build_memkb(config, guest->memkb,
                                              vnuma_config_max_vcpus(config));
    guest->is_loose = !config->num_vnodes && !config->vnuma_auto;
    for (v = 0; v < config->num_vnodes; v++)
        is_named &= config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
    guest->turn = is_named                                   ? 0
                  : guest->lived && guest->lived->num_vnodes ? 1
                                                             : 2;
}

/* ---- one guest next to the others --------------------------------------- */

static unsigned int count_placed(const several *s)
{
    return vnuma__count_placed(s->guests, s->num_guests);
}

/* Its best place next to the others. */
static void plan_guest(several *s, vnuma_plan_guest *guest,
                       vnuma_plan_options options)
{
    vnuma_topology with;

    if (s->failed)
        return;
    options.lived = guest->lived;
    vnuma__plan_guest_dispose(guest);
    guest->rc = vnuma__topology_with(s->topology, s->guests, s->num_guests,
                                     &with);
    if (!guest->rc)
        guest->rc = vnuma__plan_build(guest->config, &with, &options,
                                      &guest->plan, &guest->diags);
    free(with.pnodes);
    s->failed = guest->rc && guest->rc != VNUMA_ERROR_NOFIT;
}

/* ---- 1: alone ----------------------------------------------------------- */

/* What does not fit keeps what is said of it.  Returns how many do. */
static unsigned int plan_alone(several *s)
{
    unsigned int num = 0, i;

    for (i = 0; i < s->num_guests; i++) {
        vnuma_plan_guest *guest = s->guests[i];

        if (!guest->is_loose)
            plan_guest(s, guest, s->options);
        guest->fits_alone = guest->plan.feasible || guest->plan.gave_up;
        num += guest->fits_alone;
        if (guest->fits_alone)
            vnuma__plan_guest_dispose(guest);
    }
    return num;
}

/* ---- 2: in turn --------------------------------------------------------- */

/* A guest keeps its place when the planner does not find it again. */
static bool move(several *s, vnuma_plan_guest *guest, bool may_move)
{
    vnuma_plan_options stay = s->options;
    vnuma__lived after;

    if (!may_move && !guest->plan.feasible)
        return false;
    vnuma__lived_of_plan(&guest->plan, &stay.preferred);
    plan_guest(s, guest, may_move ? s->options : stay);
    if (!guest->plan.feasible && stay.preferred.num_vnodes)
        plan_guest(s, guest, stay);
    vnuma__lived_of_plan(&guest->plan, &after);
    /* Both were zeroes before. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*) */
    return memcmp(&stay.preferred, &after, sizeof(after));
}

/* In the last round they stay, and all plans say what is left next to the
 * final placements. */
static void place_in_turn(several *s)
{
    unsigned int n = s->num_guests, round, i;
    bool moved = true;

    for (round = 0; moved && round <= MAX_ROUNDS; round++)
        for (moved = false, i = 0; i < n; i++) {
            vnuma_plan_guest *guest = s->guests[s->backwards ? n - 1 - i : i];

            if (guest->fits_alone)
                moved |= move(s, guest, round < MAX_ROUNDS);
        }
}

static void drop_places(several *s)
{
    unsigned int i;

    for (i = 0; i < s->num_guests; i++)
        if (s->guests[i]->fits_alone)
            vnuma__plan_guest_dispose(s->guests[i]);
}

static void start_again(several *s, bool backwards)
{
    drop_places(s);
    s->backwards = backwards;
    place_in_turn(s);
}

/* ---- 3: together -------------------------------------------------------- */

#define MOST_TRIES 64u
#define TRY_STEPS (VNUMA__STEPS / 16)

/* A guest that fits alone. */
typedef struct {
    vnuma_plan_guest *guest;
    vnuma__attempt alone; /* without a search */
    bool is_out;
} member;

/* The problem that those make that are in. */
typedef struct {
    several *s;
    member *members; /* owned */
    unsigned int num, num_tries;
    vnuma__problem problem;
    vnuma__result result;
    bool is_found;
} together;

static void add_guest(together *t, vnuma_plan_guest *guest)
{
    member *m = &t->members[t->num++];
    unsigned int v;

    m->guest = guest;
    if (vnuma__attempt_init(&m->alone, guest->config, t->s->topology,
                            &t->s->options, 0, &guest->diags))
        t->s->failed = true;
    /* Other sizes might do, and memory might flow in another way. */
    t->s->most &= !guest->config->vnuma_auto;
    for (v = 0; v < m->alone.full.num_vnodes; v++)
        t->s->most &= !m->alone.model.problem.flows[v];
}

/*
 * What building takes with each vnode, in any placement at least: of k used
 * pnodes none has more than all vnodes but k - 1.
 */
static uint64_t find_part(const vnuma__problem *problem)
{
    unsigned int n = problem->num_vnodes, m = problem->num_pnodes, k;
    uint64_t part = problem->building[1];

    for (k = 1; k <= n && k <= m; k++)
        if (problem->building[k] / (n - k + 1) < part)
            part = problem->building[k] / (n - k + 1);
    return part;
}

/* The vnodes of all guests that are in; false: they are too many. */
static bool join(together *t)
{
    const vnuma__model *first = &t->members[0].alone.model;
    vnuma__problem *all = &t->problem;
    unsigned int i, p, v, n, k;

    memset(all, 0, sizeof(*all));
    all->num_pnodes = t->s->topology->num_pnodes;
    memcpy(all->room, first->problem.room, sizeof(all->room));
    for (p = 0; p < all->num_pnodes; p++)
        for (k = 0; k < first->num_memories; k++)
            all->room[k][p] += (int64_t)first->dealt[k][p];
    for (i = 0; i < t->num; i++) {
        const vnuma__model *model = &t->members[i].alone.model;
        const vnuma__problem *one = &model->problem;
        uint64_t part = find_part(one);

        if (t->members[i].is_out)
            continue;
        for (p = 0; p < all->num_pnodes; p++)
            for (k = 0; k < model->num_memories; k++)
                all->room[k][p] -= (int64_t)model->dealt[k][p];
        all->has_pools |= one->has_pools;
        for (v = 0; v < one->num_vnodes; v++) {
            n = all->num_vnodes++;
            if (n == VNUMA__MAX_VNODES)
                return false;
            all->old[n] = VNUMA__NO_PNODE;
            all->allowed[n] = one->allowed[v];
            all->flows[n] = one->flows[v];
            all->need[n] = one->need[v];
            all->memory[n] = one->memory[v];
            all->within[n] = one->within[v];
            if (!one->memory[v] && (one->need[v] || one->flows[v]))
                all->need[n] += part;
        }
    }
    return true;
}

/* The placements that were found, as they are planned, if they can be. */
static void take_found(together *t)
{
    const uint8_t *pnode = t->result.pnode;
    unsigned int num_in = 0, i, v;

    drop_places(t->s);
    for (i = 0; i < t->num; i++) {
        vnuma_plan_options at = t->s->options;

        if (t->members[i].is_out)
            continue;
        at.preferred.num_vnodes = t->members[i].alone.full.num_vnodes;
        for (v = 0; v < at.preferred.num_vnodes; v++)
            at.preferred.pnodes[v] = t->s->topology->pnodes[*pnode++].pnode;
        plan_guest(t->s, t->members[i].guest, at);
        num_in++;
    }
    t->is_found = count_placed(t->s) == num_in;
}

/* What does not fit where building takes least does not fit. */
static void try_together(together *t)
{
    bool is_known = t->num_tries++ < MOST_TRIES && !t->s->failed && join(t);

    if (is_known && vnuma__search(&t->problem, TRY_STEPS, &t->result))
        t->s->failed = true;
    else if (is_known && t->result.feasible)
        take_found(t);
    t->s->most &= t->is_found || (is_known && !t->result.feasible &&
                                  !t->result.gave_up);
}

/* Tries all ways to leave out so many, those from here on. */
static void leave_out(together *t, unsigned int from, unsigned int num_out)
{
    unsigned int i;

    if (!num_out)
        try_together(t);
    for (i = from; num_out && i + num_out <= t->num && !t->is_found &&
                   t->num_tries <= MOST_TRIES; i++) {
        t->members[i].is_out = true;
        leave_out(t, i + 1, num_out - 1);
        t->members[i].is_out = false;
    }
}

/*
 * Leaves out none of them, one, two and so on until the rest fits or is no
 * more than what is placed already.
 */
static void place_together(several *s, unsigned int num_wanted)
{
    unsigned int num_missing = num_wanted - count_placed(s), num_out, i;
    together t = { .s = s };

    t.members = calloc(num_wanted, sizeof(*t.members));
    s->failed |= !t.members;
    for (i = 0; i < s->num_guests && !s->failed; i++)
        if (s->guests[i]->fits_alone)
            add_guest(&t, s->guests[i]);
    for (num_out = 0; num_out < num_missing && !s->failed && !t.is_found;
         num_out++)
        leave_out(&t, 0, num_out);
    for (i = 0; i < t.num; i++)
        vnuma__attempt_dispose(&t.members[i].alone);
    free(t.members);
    /* Tries take the places that there were. */
    if (!t.is_found)
        drop_places(s);
    place_in_turn(s);
}

/* ---- without vnuma= ----------------------------------------------------- */

static void place_loose(several *s, vnuma_plan_guest *guest)
{
    uint64_t is_free = 0, memkb, on_pnode;
    bool are_known = true;
    unsigned int i, p;

    for (p = 0; p < s->topology->num_pnodes; p++) {
        on_pnode = s->topology->pnodes[p].free_memkb;
        are_known &= on_pnode != VNUMA_MEMKB_UNKNOWN;
        if (on_pnode != VNUMA_MEMKB_UNKNOWN)
            is_free += vnuma__clip_memkb(on_pnode);
    }
    guest->fits_alone = guest->memkb <= is_free;
    for (i = 0; i < s->num_guests; i++) {
        memkb = s->guests[i]->plan.feasible ? s->guests[i]->memkb : 0;
        is_free -= memkb < is_free ? memkb : is_free;
    }
    guest->plan.feasible = guest->memkb <= is_free;
    guest->rc = guest->plan.feasible ? 0 : VNUMA_ERROR_NOFIT;
    if (asprintf(&guest->plan.reasons,
                 "%s has no vnuma=: it needs %" PRIu64 " MiB with building "
                 "cost on the host as a whole, %" PRIu64
                 " MiB are free next to the others%s%c",
                 guest->name, vnuma__mib_up(guest->memkb), is_free / 1024,
                 are_known ? "" : " as far as is known", '\0') < 0) {
        guest->plan.reasons = NULL;
        s->failed = true;
    } else if (guest->rc) {
        vnuma__error(&guest->diags, "no-fit", VNUMA__NOWHERE, "%s",
                     guest->plan.reasons);
    }
}

/* ---- the whole ---------------------------------------------------------- */

static void place_all(several *s)
{
    unsigned int placed, wanted, i;

    qsort(s->guests, s->num_guests, sizeof(vnuma_plan_guest *),
          compare_guests);
    wanted = plan_alone(s);
    place_in_turn(s);
    placed = count_placed(s);
    if (placed < wanted)
        start_again(s, true);
    if (placed < wanted && count_placed(s) <= placed)
        start_again(s, false);
    if (count_placed(s) < wanted)
        place_together(s, wanted);
    for (i = 0; i < s->num_guests; i++)
        if (s->guests[i]->is_loose)
            place_loose(s, s->guests[i]);
}

int vnuma_plan_several(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r)
{
    several s = { .topology = topology, .most = true };
    unsigned int i;
    int rc = 0;

    if (options)
        s.options = *options;
    s.guests = calloc(num_guests + 1, sizeof(vnuma_plan_guest *));
    for (i = 0; s.guests && i < num_guests; i++) {
        vnuma__plan_guest_dispose(guests[i]); /* of an earlier call */
        guests[i]->rc = VNUMA_ERROR_CONFIG;
        if (guests[i]->config) {
            find_needs(guests[i]);
            s.guests[s.num_guests++] = guests[i];
        }
    }
    if (s.guests)
        place_all(&s);
    if (!s.guests || s.failed)
        rc = VNUMA_ERROR_NOMEM;
    else if (count_placed(&s) < s.num_guests)
        rc = VNUMA_ERROR_NOFIT;
    for (i = 0; rc == VNUMA_ERROR_NOMEM && i < num_guests; i++)
        vnuma__plan_guest_dispose(guests[i]);
    if (most_r)
        *most_r = s.most;
    free(s.guests);
    return rc;
}
