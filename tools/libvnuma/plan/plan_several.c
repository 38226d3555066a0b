/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans several guests that are to run next to each other.
 *
 *   1  In turn: each guest gets its best placement next to those that have
 *      one, repeated until no guest moves; the largest first, and if one finds
 *      no place, the smallest first.
 *   2  If guests have no place, which of them fit together is searched for by
 *      memory alone, and from there the first step again.
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
    vnuma_plan_guest *guest;
    bool is_named; /* every vnode names its pnode */
    bool is_loose; /* it has no vnuma= */
    uint64_t memkb;
} member;

typedef struct {
    member *members; /* in the order in which they are placed */
    unsigned int num_members;
    const vnuma_topology *topology;
    const vnuma_plan_options *options;
} several;

/* Where a guest was. */
typedef struct {
    unsigned int num_vnodes; /* 0: it had no place */
    uint32_t pnodes[VNUMA_MAX_VNODES];
} spot;

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

static const char *name_of(const member *m)
{
    return m->guest->name ? m->guest->name : "";
}

/* Named pnodes first, then most memory; text and name make it total. */
static int compare_members(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int r;

    if (x->is_loose != y->is_loose)
        return x->is_loose ? 1 : -1;
    if (x->is_named != y->is_named)
        return x->is_named ? -1 : 1;
    r = compare_u64(y->memkb, x->memkb);
    if (!r)
        r = compare_texts(x->guest->config->vnodes_span.source,
                          y->guest->config->vnodes_span.source);
    return r ? r : strcmp(name_of(x), name_of(y));
}

static int compare_smallest(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int r = x->is_loose != y->is_loose ? compare_members(a, b)
                                       : compare_u64(x->memkb, y->memkb);

    return r ? r : compare_members(a, b);
}

static void sort(several *s, int (*compare)(const void *, const void *))
{
    qsort(s->members, s->num_members, sizeof(*s->members), compare);
}

static member make_member(vnuma_plan_guest *guest)
{
    const vnuma_config *config = guest->config;
    uint64_t memkb = vnuma_config_total_memkb(config);
    member m = {
        .guest = guest,
        .is_named = config->num_vnodes > 0,
        .is_loose = !config->num_vnodes && !config->vnuma_auto,
        .memkb = memkb + VNUMA__SPECIAL_MEMKB +
                 vnuma__build_memkb(memkb, vnuma_config_max_vcpus(config)),
    };
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        m.is_named &= config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
    return m;
}

/* ---- one guest next to the others --------------------------------------- */

static bool is_placed(const member *m)
{
    return m->guest->plan.feasible;
}

static unsigned int count_placed(const several *s)
{
    unsigned int num = 0, i;

    for (i = 0; i < s->num_members; i++)
        num += is_placed(&s->members[i]);
    return num;
}

static spot spot_of(const member *m)
{
    spot at = { .num_vnodes = m->guest->plan.num_vnodes };
    unsigned int v;

    for (v = 0; v < at.num_vnodes; v++)
        at.pnodes[v] = m->guest->plan.vnodes[v].pnode;
    return at;
}

static bool is_same(const spot *a, const spot *b)
{
    return a->num_vnodes == b->num_vnodes &&
           !memcmp(a->pnodes, b->pnodes, sizeof(a->pnodes));
}

/* The caller's options, with what the others take. */
static int look_beside(const several *s, const member *m, bool is_alone,
                       vnuma_plan_options *options)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; s->options && i < s->options->num_reserves && !rc; i++)
        rc = vnuma_plan_options_reserve(options, s->options->reserves[i].pnode,
                                        s->options->reserves[i].memkb);
    for (i = 0; !is_alone && i < s->num_members && !rc; i++)
        if (&s->members[i] != m && is_placed(&s->members[i]))
            rc = vnuma_plan_options_take(options, &s->members[i].guest->plan);
    return rc;
}

/* Its best place next to the others; with @old, that place if it can be. */
static int plan_member(several *s, member *m, const spot *old, bool is_alone)
{
    vnuma_plan_guest *guest = m->guest;
    vnuma_plan_options options;
    int rc;

    vnuma__plan_guest_dispose(guest);
    vnuma__plan_options_init(&options);
    rc = look_beside(s, m, is_alone, &options);
    if (old)
        vnuma_plan_options_prefer(&options, old->pnodes, old->num_vnodes);
    if (!rc)
        rc = vnuma__plan_build(guest->config, s->topology, &options,
                               &guest->plan, &guest->diags);
    vnuma__plan_options_dispose(&options);
    guest->rc = rc;
    return rc == VNUMA_ERROR_NOFIT ? 0 : rc;
}

/* ---- 1: in turn --------------------------------------------------------- */

/* A guest keeps its place when the planner does not find it again. */
static int move(several *s, member *m, bool *moved)
{
    spot before = spot_of(m), after;
    int rc;

    rc = plan_member(s, m, NULL, false);
    if (!rc && !is_placed(m) && before.num_vnodes)
        rc = plan_member(s, m, &before, false);
    after = spot_of(m);
    *moved |= !is_same(&before, &after);
    return rc;
}

static int place_in_turn(several *s)
{
    unsigned int round, i;
    bool moved = true;
    int rc = 0;

    for (round = 0; moved && round < MAX_ROUNDS; round++) {
        moved = false;
        for (i = 0; i < s->num_members && !rc; i++)
            if (!s->members[i].is_loose)
                rc = move(s, &s->members[i], &moved);
        if (rc)
            return rc;
    }
    /* Makes all plans say what is left next to the final placements. */
    for (i = 0; moved && i < s->num_members && !rc; i++) {
        spot at = spot_of(&s->members[i]);

        if (at.num_vnodes)
            rc = plan_member(s, &s->members[i], &at, false);
    }
    return rc;
}

static int start_again(several *s, int (*compare)(const void *, const void *))
{
    unsigned int i;

    for (i = 0; i < s->num_members; i++)
        vnuma__plan_guest_dispose(s->members[i].guest);
    sort(s, compare);
    return place_in_turn(s);
}

/* ---- 2: together -------------------------------------------------------- */

#define MOST_STEPS (UINT64_C(1) << 21)

/* Which of the guests fit next to each other, by memory and allowed pnodes. */
typedef struct {
    vnuma__model *models; /* owned; of the guests that fit alone */
    unsigned int num, num_out; /* that may be left out */
    member **members;          /* likewise */
    spot *spots;               /* found; without vnodes: left out */
    int64_t room[VNUMA__MAX_PNODES];
    uint64_t steps;
} together;

static bool put_guest(together *t, unsigned int g);

static bool put_vnode(together *t, unsigned int g, unsigned int v,
                      unsigned int num_used, uint64_t used)
{
    const vnuma__problem *problem = &t->models[g].problem;
    uint64_t rest;

    if (v == problem->num_vnodes)
        return vnuma__count(used) == num_used && put_guest(t, g + 1);
    for (rest = problem->allowed[v]; rest;) {
        unsigned int p = vnuma__take_lowest(&rest);
        uint64_t bit = vnuma__bit(p);
        int64_t memkb = (int64_t)(problem->need[v] +
                                  (used & bit ? 0
                                              : problem->building[num_used]));

        if (memkb > t->room[p] || t->steps++ > MOST_STEPS)
            continue;
        t->room[p] -= memkb;
        t->spots[g].pnodes[v] = t->models[g].topology->pnodes[p].pnode;
        if (put_vnode(t, g, v + 1, num_used, used | bit))
            return true;
        t->room[p] += memkb;
    }
    return false;
}

/* Interleaved memory: there, or not any more. */
static bool deal(together *t, unsigned int g, int64_t sign)
{
    bool fits = true;
    unsigned int p;

    for (p = 0; p < t->models[g].problem.num_pnodes; p++) {
        t->room[p] -= sign * (int64_t)t->models[g].dealt[p];
        fits &= t->room[p] >= 0;
    }
    return fits;
}

static bool put_guest(together *t, unsigned int g)
{
    unsigned int num_used;

    if (g == t->num || t->steps++ > MOST_STEPS)
        return g == t->num;
    num_used = t->models[g].problem.num_vnodes;
    t->spots[g].num_vnodes = num_used;
    if (deal(t, g, 1))
        for (; num_used; num_used--)
            if (num_used <= t->models[g].problem.num_pnodes &&
                put_vnode(t, g, 0, num_used, 0))
                return true;
    deal(t, g, -1);
    t->spots[g].num_vnodes = 0;
    if (!t->num_out)
        return false;
    t->num_out--;
    if (put_guest(t, g + 1))
        return true;
    t->num_out++;
    return false;
}

static int add_guest(several *s, together *t, member *m, bool *is_exact)
{
    vnuma__model *model = &t->models[t->num];
    const vnuma_config *config = m->guest->config;
    vnuma_config full;
    unsigned int p, v;
    int rc;

    vnuma__config_init(&full);
    rc = vnuma__config_fill(config, s->topology, s->options, &full,
                            &m->guest->diags);
    if (!rc)
        rc = vnuma__model_init(model, &full, s->topology, s->options);
    for (p = 0; !rc && p < model->problem.num_pnodes; p++)
        t->room[p] = model->problem.room[p] + (int64_t)model->dealt[p];
    for (v = 0; !rc && v < model->problem.num_vnodes; v++)
        *is_exact &= !model->problem.flows[v];
    *is_exact &= !config->vnuma_auto; /* other sizes might do */
    vnuma__full_dispose(&full);
    t->members[t->num++] = m;
    return rc == VNUMA_ERROR_CONFIG ? 0 : rc;
}

/* The placements that were found, as they are planned. */
static int take_found(several *s, together *t)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < s->num_members; i++)
        vnuma__plan_guest_dispose(s->members[i].guest);
    for (i = 0; i < t->num && !rc; i++)
        if (t->spots[i].num_vnodes)
            rc = plan_member(s, t->members[i], &t->spots[i], false);
    return rc;
}

/*
 * Leaves out none of them, one, two and so on until the rest fits or is no more
 * than what is placed already.
 */
static int search_together(several *s, together *t, unsigned int placed,
                           bool *most)
{
    unsigned int num_out;

    for (num_out = 0; num_out + placed < t->num; num_out++) {
        t->steps = 0;
        t->num_out = num_out;
        if (put_guest(t, 0))
            return take_found(s, t);
        *most &= t->steps <= MOST_STEPS;
    }
    return 0;
}

static int place_together(several *s, bool *most)
{
    together t = { .models = calloc(s->num_members, sizeof(*t.models)) };
    unsigned int placed = 0, i;
    int rc = 0;

    t.members = calloc(s->num_members, sizeof(*t.members));
    t.spots = calloc(s->num_members, sizeof(*t.spots));
    if (!t.models || !t.members || !t.spots)
        rc = VNUMA_ERROR_NOMEM;
    for (i = 0; i < s->num_members && !rc; i++) {
        member *m = &s->members[i];

        placed += !m->is_loose && is_placed(m);
        if (!m->is_loose && m->guest->fits_alone)
            rc = add_guest(s, &t, m, most);
    }
    if (!rc)
        rc = search_together(s, &t, placed, most);
    for (i = 0; i < t.num; i++)
        vnuma__model_dispose(&t.models[i]);
    free(t.models);
    free(t.members);
    free(t.spots);
    return rc;
}

/* ---- without vnuma= ----------------------------------------------------- */

static int place_loose(several *s, member *m)
{
    uint64_t is_free = 0, memkb;
    unsigned int i, p;
    int rc;

    for (p = 0; p < s->topology->num_pnodes; p++)
        if (s->topology->pnodes[p].free_memkb != VNUMA_MEMKB_UNKNOWN)
            is_free += vnuma__clip_memkb(s->topology->pnodes[p].free_memkb);
    for (i = 0; i < s->num_members; i++) {
        memkb = is_placed(&s->members[i]) ? s->members[i].memkb : 0;
        is_free -= memkb < is_free ? memkb : is_free;
    }
    m->guest->fits_alone = true;
    m->guest->plan.feasible = m->memkb <= is_free;
    m->guest->rc = m->memkb <= is_free ? 0 : VNUMA_ERROR_NOFIT;
    rc = vnuma__plan_reason(
        &m->guest->plan,
        "there is no vnuma=: %" PRIu64 " MiB with building cost on the host "
        "as a whole, %" PRIu64 " MiB free next to the others",
        vnuma__mib_up(m->memkb), vnuma__mib_down(is_free));
    if (m->guest->rc && !rc)
        vnuma__error(&m->guest->diags, "no-fit", VNUMA__NOWHERE, "%s",
                     m->guest->plan.reasons[0]);
    return rc;
}

/* ---- the whole ---------------------------------------------------------- */

static int find_fits_alone(several *s)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < s->num_members && !rc; i++) {
        member *m = &s->members[i];

        m->guest->fits_alone = true;
        if (is_placed(m) || m->is_loose)
            continue;
        rc = plan_member(s, m, NULL, true);
        m->guest->fits_alone = is_placed(m) || m->guest->plan.gave_up;
        if (is_placed(m))
            vnuma__plan_guest_dispose(m->guest);
    }
    return rc;
}

static int place_all(several *s, bool *most)
{
    unsigned int placed, wanted = 0, i;
    int rc;

    for (i = 0; i < s->num_members; i++)
        wanted += !s->members[i].is_loose;
    rc = start_again(s, compare_members);
    placed = count_placed(s);
    if (!rc && placed < wanted)
        rc = start_again(s, compare_smallest);
    if (!rc && placed < wanted && count_placed(s) <= placed)
        rc = start_again(s, compare_members);
    if (!rc)
        rc = find_fits_alone(s);
    if (!rc && count_placed(s) < wanted) {
        rc = place_together(s, most);
        if (!rc)
            rc = place_in_turn(s);
    }
    sort(s, compare_members);
    for (i = 0; i < s->num_members && !rc; i++) {
        member *m = &s->members[i];

        if (m->is_loose)
            rc = place_loose(s, m);
        else if (!m->guest->fits_alone)
            rc = plan_member(s, m, NULL, true);
    }
    return rc;
}

int vnuma_plan_several(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r)
{
    several s = { .topology = topology, .options = options };
    bool most = true;
    unsigned int i;
    int rc = VNUMA_ERROR_NOMEM;

    s.members = calloc(num_guests ? num_guests : 1, sizeof(*s.members));
    for (i = 0; s.members && i < num_guests; i++) {
        guests[i]->rc = VNUMA_ERROR_CONFIG;
        if (guests[i]->config)
            s.members[s.num_members++] = make_member(guests[i]);
    }
    if (s.members)
        rc = place_all(&s, &most);
    if (!rc && count_placed(&s) < s.num_members)
        rc = VNUMA_ERROR_NOFIT;
    for (i = 0; rc == VNUMA_ERROR_NOMEM && i < num_guests; i++)
        vnuma__plan_guest_dispose(guests[i]);
    if (most_r)
        *most_r = most;
    free(s.members);
    return rc;
}
