/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans several guests that are to run next to each other.
 *
 *   1  In turn: each guest gets its best placement next to those that have
 *      one, repeated until no guest moves.
 *   2  If a guest has found none, the same with the smallest guest first,
 *      which may place more of them.
 *   3  A search for a placement of more guests (plan_joint.c), and from there
 *      the first step again.
 *
 * A placed guest takes free memory and one pcpu of the pnode for each vcpu.
 * Guests are sorted, so the order of the caller does not matter.
 */
#include "config.h"

#include "plan/plan_beside.h"

#include <stdlib.h>
#include <string.h>

#include "guest/guest.h"
#include "plan/plan_inside.h"

/* Two or three suffice; this ends those in which guests move in circles. */
#define MAX_ROUNDS 8u
/* Steps of all joint searches together, each about 20 ns. */
#define JOINT_WORK (UINT64_C(1) << 20)

/* ---- the order ----------------------------------------------------------------- */

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

static const char *name_of(const vnuma__member *m)
{
    return m->guest->name ? m->guest->name : "";
}

/* Named pnodes first, then most memory; text and name make it total. */
static int compare_members(const void *a, const void *b)
{
    const vnuma__member *x = a, *y = b;
    int r;

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
    const vnuma__member *x = a, *y = b;
    int r = compare_u64(x->memkb, y->memkb);

    return r ? r : compare_members(a, b);
}

static void sort(vnuma__several *s, int (*compare)(const void *, const void *))
{
    qsort(s->members, s->num_members, sizeof(*s->members), compare);
}

static void measure(vnuma__member *m, const vnuma__joint_guest *guest)
{
    const vnuma_config *config = m->guest->config;
    unsigned int v;

    m->is_named = config->num_vnodes > 0;
    for (v = 0; v < config->num_vnodes; v++)
        m->is_named &= config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
    if (!guest->num_shapes)
        return;
    m->memkb = vnuma__shape_memkb(guest->shapes);
}

/* ---- 1: in turn ---------------------------------------------------------------------- */

static bool is_same_place(const vnuma__spot *a, const vnuma__spot *b)
{
    return a->is_there == b->is_there && a->num_vnodes == b->num_vnodes &&
           !memcmp(a->pnode, b->pnode, sizeof(a->pnode));
}

/* A guest keeps its placement when the planner does not find it again. */
static int move(vnuma__several *s, vnuma__member *m, bool *moved)
{
    vnuma__spot before = m->place;
    int rc;

    vnuma__spot_drop(s, &m->place);
    rc = vnuma__plan_beside(s, m);
    if (!rc && m->guest->rc && before.is_there)
        rc = vnuma__plan_there(s, m, &before);
    if (rc)
        return rc;
    if (!m->guest->rc) {
        vnuma__spot_take(s, &m->guest->plan, &m->place);
        vnuma__spot_add(s, &m->place);
    }
    *moved |= !is_same_place(&before, &m->place);
    return 0;
}

/* Makes all plans say what is left next to the final placements. */
static int settle(vnuma__several *s)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < s->num_members && !rc; i++) {
        vnuma__spot at = s->members[i].place;

        if (!at.is_there)
            continue;
        vnuma__spot_drop(s, &s->members[i].place);
        rc = vnuma__plan_there(s, &s->members[i], &at);
        s->members[i].place = at;
        vnuma__spot_add(s, &at);
    }
    return rc;
}

static int place_in_turn(vnuma__several *s)
{
    unsigned int round, i;
    bool moved = true;
    int rc;

    for (round = 0; moved && round < MAX_ROUNDS; round++) {
        moved = false;
        for (i = 0; i < s->num_members; i++) {
            rc = move(s, &s->members[i], &moved);
            if (rc)
                return rc;
        }
    }
    return moved ? settle(s) : 0;
}

static unsigned int count_placed(const vnuma__several *s)
{
    unsigned int num = 0, i;

    for (i = 0; i < s->num_members; i++)
        num += s->members[i].place.is_there;
    return num;
}

static void drop_all(vnuma__several *s)
{
    unsigned int i;

    for (i = 0; i < s->num_members; i++)
        vnuma__spot_drop(s, &s->members[i].place);
}

static int place_smallest_first(vnuma__several *s)
{
    unsigned int placed = count_placed(s);
    int rc;

    drop_all(s);
    sort(s, compare_smallest);
    rc = place_in_turn(s);
    sort(s, compare_members);
    if (rc || count_placed(s) > placed)
        return rc;
    drop_all(s);
    return place_in_turn(s);
}

/* ---- 3: together ----------------------------------------------------------------------- */

/* Replaces all placements with those that the joint search found. */
static int take_found(vnuma__several *s, const vnuma__joint_guest *found)
{
    unsigned int i, j;
    int rc = 0;

    drop_all(s);
    for (i = j = 0; i < s->num_members && !rc; i++) {
        vnuma__member *m = &s->members[i];
        vnuma__spot at = { .is_there = true };

        if (!m->guest->fits_alone || !found[j++].is_placed)
            continue;
        at.num_vnodes = found[j - 1].shapes[found[j - 1].shape].num_vnodes;
        memcpy(at.pnode, found[j - 1].pnode, sizeof(at.pnode));
        rc = vnuma__plan_there(s, m, &at);
        if (rc || m->guest->rc)
            continue;
        vnuma__spot_take(s, &m->guest->plan, &m->place);
        vnuma__spot_add(s, &m->place);
    }
    return rc;
}

/*
 * @guests: those that fit alone.  Leaves out none of them, one, two and so on
 * until the rest fits or is no more than what is placed already.
 */
static int place_more(vnuma__several *s, vnuma__joint_guest *guests,
                      unsigned int num, const vnuma__joint_host *host,
                      bool *most)
{
    unsigned int placed = count_placed(s), num_out;
    uint64_t left = JOINT_WORK;
    vnuma__answer answer;

    for (num_out = 0; num_out + placed < num; num_out++) {
        vnuma__work work = { 0, left / 2 };

        answer = vnuma__joint_search(guests, num, host, num_out, &work);
        left -= work.done < left ? work.done : left;
        if (answer == VNUMA__FOUND)
            return take_found(s, guests);
        *most &= answer == VNUMA__NONE;
    }
    return 0;
}

/* The joint search cannot place preferred memory on other pnodes. */
static bool may_flow_over(const vnuma__several *s)
{
    unsigned int i, j;

    for (i = 0; i < s->num_members; i++) {
        const vnuma_policies *policies =
            &s->members[i].guest->config->policies;

        for (j = 0; j < policies->num_items; j++)
            if (policies->items[j].policy == VNUMA_POLICY_PREFERRED)
                return true;
    }
    return false;
}

/* Guests that do not fit alone are left out. */
static int place_together(vnuma__several *s, bool *most)
{
    vnuma__joint_guest *guests;
    vnuma__joint_host host;
    unsigned int num = 0, i;
    int rc = 0;

    if (may_flow_over(s)) {
        *most = false;
        return 0;
    }
    guests = calloc(s->num_members, sizeof(*guests));
    if (!guests)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < s->num_members && !rc; i++) {
        vnuma__work work = { 0, JOINT_WORK };
        vnuma__member *m = &s->members[i];

        rc = vnuma__find_shapes(s, m, &guests[num]);
        if (rc) {
            num++;
            break;
        }
        vnuma__joint_host_take(s->problem, &host);
        m->guest->fits_alone = guests[num].num_shapes &&
                               vnuma__joint_search(&guests[num], 1, &host, 0,
                                                   &work) != VNUMA__NONE;
        if (m->guest->fits_alone) {
            num++;
        } else {
            free(guests[num].shapes);
            memset(&guests[num], 0, sizeof(guests[num]));
        }
    }
    if (!rc && num)
        rc = place_more(s, guests, num, &host, most);
    for (i = 0; i < num; i++)
        free(guests[i].shapes);
    free(guests);
    return rc;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int init(vnuma__several *s, vnuma_plan_guest *const *guests,
                unsigned int num_guests)
{
    unsigned int i;
    int rc = 0;

    s->problem = malloc(sizeof(*s->problem));
    s->members = calloc(num_guests ? num_guests : 1, sizeof(*s->members));
    if (!s->problem || !s->members)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < num_guests && !rc; i++) {
        vnuma__joint_guest numbers = { .shapes = NULL };
        vnuma__member *m = &s->members[s->num_members];

        guests[i]->rc = VNUMA_ERROR_CONFIG;
        if (!guests[i]->config)
            continue;
        m->guest = guests[i];
        m->guest->fits_alone = true; /* unless found otherwise */
        s->num_members++;
        rc = vnuma__find_shapes(s, m, &numbers);
        measure(m, &numbers);
        free(numbers.shapes);
    }
    sort(s, compare_members);
    return rc;
}

/* Plans a guest without placement again: for its reasons, or it now fits. */
static int refuse(vnuma__several *s, vnuma__member *m, bool *moved)
{
    vnuma__spot sum = s->sum;
    int rc;

    if (m->guest->fits_alone)
        return move(s, m, moved);
    memset(&s->sum, 0, sizeof(s->sum));
    rc = vnuma__plan_beside(s, m);
    s->sum = sum;
    return rc;
}

static int place_all(vnuma__several *s, bool *most)
{
    unsigned int placed, i;
    bool moved = false;
    int rc;

    rc = place_in_turn(s);
    if (rc || count_placed(s) == s->num_members)
        return rc;
    rc = place_smallest_first(s);
    if (rc)
        return rc;
    placed = count_placed(s);
    rc = place_together(s, most);
    if (!rc && count_placed(s) > placed)
        rc = place_in_turn(s);
    for (i = 0; i < s->num_members && !rc; i++)
        if (!s->members[i].place.is_there)
            rc = refuse(s, &s->members[i], &moved);
    if (!rc && moved)
        rc = settle(s);
    if (rc)
        return rc;
    return count_placed(s) == s->num_members ? 0 : VNUMA_ERROR_NOFIT;
}

int vnuma_plan_several(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r)
{
    vnuma__several s = {
        .topology = topology,
        .num_pnodes = topology->num_pnodes < VNUMA_MAX_PNODES
                          ? topology->num_pnodes
                          : VNUMA_MAX_PNODES,
        .options = options,
    };
    bool most = true;
    unsigned int i;
    int rc;

    rc = init(&s, guests, num_guests);
    if (!rc)
        rc = place_all(&s, &most);
    for (i = 0; rc == VNUMA_ERROR_NOMEM && i < num_guests; i++)
        vnuma__plan_guest_dispose(guests[i]);
    if (most_r)
        *most_r = most;
    free(s.members);
    free(s.problem);
    return rc;
}
