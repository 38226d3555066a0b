/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Depth first, guest by guest, vnode by vnode.  A branch is left when the
 * guests to come need more than there is altogether, and of two pnodes that
 * nothing tells apart only the first is tried.
 */
#include "config.h"

#include "plan/plan_joint.h"

#include <string.h>

#include "guest/build_cost.h"

/* More than counts for one guest: sums of all of them do not wrap. */
#define MOST_MEMKB (UINT64_C(1) << 55)

typedef struct {
    vnuma__joint_guest *guests;
    unsigned int num_guests;
    unsigned int num_pnodes;
    uint8_t order[VNUMA__MAX_PNODES]; /* of trying */
    uint64_t room[VNUMA__MAX_PNODES];
    uint64_t total; /* of room */
    uint64_t cpuless, named;
    /* What the guests from this one on need at least, so many left out. */
    uint64_t rest[VNUMA__MAX_JOINT + 1][VNUMA__MAX_JOINT + 1];
    unsigned int num_out; /* that may still be left out */
    vnuma__work *work;
    bool is_over;
} joint;

/* One guest on its way. */
typedef struct {
    unsigned int guest;
    const vnuma__shape *shape;
    unsigned int num_used; /* pnodes, exactly */
    uint64_t share;
} step;

static bool place_guest(joint *s, unsigned int g);

/* ---- what is asked ---------------------------------------------------------- */

void vnuma__shape_take(const vnuma__problem *problem, bool is_apart,
                       vnuma__shape *shape_r)
{
    unsigned int v;

    memset(shape_r, 0, sizeof(*shape_r));
    shape_r->num_vnodes = problem->num_vnodes;
    shape_r->is_apart = is_apart;
    shape_r->build_memkb = problem->build_memkb;
    memcpy(shape_r->dealt, problem->dealt, sizeof(shape_r->dealt));
    for (v = 0; v < problem->num_vnodes; v++) {
        shape_r->need[v] = problem->need[v];
        shape_r->allowed[v] = problem->vcpus[v]
                                  ? problem->pinned[v] & ~problem->cpuless
                                  : problem->pinned[v];
    }
}

void vnuma__joint_host_take(const vnuma__problem *problem,
                            vnuma__joint_host *host_r)
{
    unsigned int p;

    memset(host_r, 0, sizeof(*host_r));
    host_r->num_pnodes = problem->num_pnodes;
    host_r->cpuless = problem->cpuless;
    for (p = 0; p < problem->num_pnodes; p++)
        host_r->room[p] = problem->free[p] > problem->reserve[p]
                              ? problem->free[p] - problem->reserve[p]
                              : 0;
}

/* ---- one guest ------------------------------------------------------------- */

static bool are_alike(const joint *s, unsigned int p, unsigned int q,
                      uint64_t used)
{
    uint64_t both = vnuma__bit(p) | vnuma__bit(q);
    uint64_t cpuless = s->cpuless & both, mine = used & both;

    return s->room[p] == s->room[q] && !(s->named & both) &&
           (!cpuless || cpuless == both) && (!mine || mine == both);
}

static bool is_like_one_tried(const joint *s, unsigned int i, uint64_t tried,
                              uint64_t used)
{
    unsigned int j;

    for (j = 0; j < i; j++)
        if ((tried & vnuma__bit(s->order[j])) &&
            are_alike(s, s->order[j], s->order[i], used))
            return true;
    return false;
}

/* What v takes on p, or more than there is when it may not be there. */
static uint64_t price(const joint *s, const step *at, unsigned int v,
                      unsigned int p, uint64_t used)
{
    unsigned int num = (unsigned int)__builtin_popcountll(used);
    bool is_new = !(used & vnuma__bit(p));
    uint64_t memkb = at->shape->need[v] + (is_new ? at->share : 0);

    if (!(at->shape->allowed[v] & vnuma__bit(p)) || memkb > s->room[p])
        return UINT64_MAX;
    if (is_new && num == at->num_used)
        return UINT64_MAX;
    /* As many more as there shall be must still have a vnode each. */
    if (at->num_used - num - is_new > at->shape->num_vnodes - v - 1)
        return UINT64_MAX;
    return memkb;
}

static bool place_vnode(joint *s, const step *at, unsigned int v,
                        uint64_t used)
{
    uint64_t tried = 0, memkb;
    unsigned int i, p;

    if (v == at->shape->num_vnodes)
        return place_guest(s, at->guest + 1);
    for (i = 0; i < s->num_pnodes; i++) {
        p = s->order[i];
        memkb = price(s, at, v, p, used);
        if (memkb == UINT64_MAX || is_like_one_tried(s, i, tried, used))
            continue;
        tried |= vnuma__bit(p);
        if (vnuma__work_is_over(s->work, 1)) {
            s->is_over = true;
            return false;
        }
        s->guests[at->guest].pnode[v] = (uint8_t)p;
        s->room[p] -= memkb;
        s->total -= memkb;
        if (place_vnode(s, at, v + 1, used | vnuma__bit(p)))
            return true;
        s->room[p] += memkb;
        s->total += memkb;
        if (s->is_over)
            return false;
    }
    return false;
}

/* Interleaved memory: false when there is no room for it. */
static bool take_dealt(joint *s, const vnuma__shape *shape)
{
    unsigned int p;

    for (p = 0; p < s->num_pnodes; p++)
        if (shape->dealt[p] > s->room[p])
            return false;
    for (p = 0; p < s->num_pnodes; p++) {
        s->room[p] -= shape->dealt[p];
        s->total -= shape->dealt[p];
    }
    return true;
}

static void give_dealt(joint *s, const vnuma__shape *shape)
{
    unsigned int p;

    for (p = 0; p < s->num_pnodes; p++) {
        s->room[p] += shape->dealt[p];
        s->total += shape->dealt[p];
    }
}

static bool place_shape(joint *s, unsigned int g, unsigned int shape)
{
    step at = { .guest = g, .shape = &s->guests[g].shapes[shape] };
    unsigned int least = at.shape->is_apart ? at.shape->num_vnodes : 1;

    s->guests[g].is_placed = true;
    s->guests[g].shape = shape;
    if (!take_dealt(s, at.shape))
        return false;
    for (at.num_used = at.shape->num_vnodes; at.num_used >= least;
         at.num_used--) {
        at.share = vnuma__build_share(at.shape->build_memkb, at.num_used);
        if (place_vnode(s, &at, 0, 0))
            return true;
        if (s->is_over)
            break;
    }
    give_dealt(s, at.shape);
    return false;
}

/* ---- all of them ------------------------------------------------------------- */

static bool are_twins(const vnuma__joint_guest *a, const vnuma__joint_guest *b)
{
    return a->num_shapes == b->num_shapes &&
           !memcmp(a->shapes, b->shapes, a->num_shapes * sizeof(*a->shapes));
}

/* Of two alike, the second is the one to be left out. */
static bool must_be_out(const joint *s, unsigned int g)
{
    return g && !s->guests[g - 1].is_placed &&
           are_twins(&s->guests[g - 1], &s->guests[g]);
}

static bool is_too_much(const joint *s, unsigned int g)
{
    return s->rest[g][s->num_out] > s->total;
}

static bool place_guest(joint *s, unsigned int g)
{
    unsigned int shape;

    if (g == s->num_guests)
        return true;
    if (is_too_much(s, g))
        return false;
    for (shape = 0; !must_be_out(s, g) && shape < s->guests[g].num_shapes;
         shape++) {
        if (place_shape(s, g, shape))
            return true;
        if (s->is_over)
            return false;
    }
    s->guests[g].is_placed = false;
    if (!s->num_out)
        return false;
    s->num_out--;
    if (place_guest(s, g + 1))
        return true;
    s->num_out++;
    return false;
}

uint64_t vnuma__shape_memkb(const vnuma__shape *shape)
{
    uint64_t memkb = shape->build_memkb;
    unsigned int v, p;

    for (v = 0; v < shape->num_vnodes; v++)
        memkb += shape->need[v];
    for (p = 0; p < VNUMA__MAX_PNODES; p++)
        memkb += shape->dealt[p];
    return memkb;
}

/* The least that any shape of a guest takes. */
static uint64_t least_need(const vnuma__joint_guest *guest)
{
    uint64_t least = MOST_MEMKB;
    unsigned int i;

    for (i = 0; i < guest->num_shapes; i++) {
        uint64_t memkb = vnuma__shape_memkb(&guest->shapes[i]);

        if (memkb < least)
            least = memkb;
    }
    return least;
}

/* The largest are left out: whoever else is, what is left is no less. */
static void sum_up(joint *s)
{
    uint64_t largest[VNUMA__MAX_JOINT]; /* of those from g on, in order */
    unsigned int g, i, num = 0;

    for (g = s->num_guests; g--;) {
        uint64_t memkb = least_need(&s->guests[g]);

        for (i = num++; i && largest[i - 1] < memkb; i--)
            largest[i] = largest[i - 1];
        largest[i] = memkb;
        for (i = num; i--;)
            s->rest[g][i] = s->rest[g][i + 1] + largest[i];
    }
}

/* Pnodes that guests name, be it for interleaved memory. */
static void find_named(joint *s)
{
    unsigned int g, i, v, p;

    for (g = 0; g < s->num_guests; g++)
        for (i = 0; i < s->guests[g].num_shapes; i++) {
            for (p = 0; p < s->num_pnodes; p++)
                if (s->guests[g].shapes[i].dealt[p])
                    s->named |= vnuma__bit(p);
            for (v = 0; v < s->guests[g].shapes[i].num_vnodes; v++) {
                uint64_t allowed = s->guests[g].shapes[i].allowed[v];

                if (!(allowed & (allowed - 1)))
                    s->named |= allowed;
            }
        }
}

static bool is_before(const joint *s, unsigned int p, unsigned int q)
{
    bool p_cpus = !(s->cpuless & vnuma__bit(p));
    bool q_cpus = !(s->cpuless & vnuma__bit(q));

    if (p_cpus != q_cpus)
        return !p_cpus;
    return s->room[p] < s->room[q];
}

/* What few can use first, and then what is nearly full. */
static void sort_pnodes(joint *s)
{
    unsigned int i, j;

    for (i = 0; i < s->num_pnodes; i++) {
        for (j = i; j && is_before(s, i, s->order[j - 1]); j--)
            s->order[j] = s->order[j - 1];
        s->order[j] = (uint8_t)i;
    }
}

vnuma__answer vnuma__joint_search(vnuma__joint_guest *guests,
                                  unsigned int num_guests,
                                  const vnuma__joint_host *host,
                                  unsigned int num_out, vnuma__work *work)
{
    joint s = {
        .guests = guests,
        .num_guests = num_guests,
        .num_pnodes = host->num_pnodes,
        .cpuless = host->cpuless,
        .num_out = num_out,
        .work = work,
    };
    unsigned int p;

    if (num_guests > VNUMA__MAX_JOINT || num_out > num_guests)
        return VNUMA__GAVE_UP;
    memcpy(s.room, host->room, sizeof(s.room));
    for (p = 0; p < s.num_pnodes; p++)
        s.total += s.room[p];
    sum_up(&s);
    find_named(&s);
    sort_pnodes(&s);
    if (place_guest(&s, 0))
        return VNUMA__FOUND;
    return s.is_over ? VNUMA__GAVE_UP : VNUMA__NONE;
}
