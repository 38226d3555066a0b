/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a guest does not fit, and the smallest change after which it would.
 * Who is to blame is not always clear when pnodes are free to choose; here
 * the vnodes with a named pnode come first, in order, then the others, the
 * largest first, each where it leaves least: whoever then finds no room is
 * reported.
 */
#include "config.h"

#include "plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

#define CHUNK_MEMKB UINT64_C(2048) /* sizes are proposed in 2 MiB */

typedef struct {
    vnuma_plan *plan;
    vnuma__problem *problem;
    const vnuma_config *config;
    const vnuma_topology *topology;
    vnuma_diags *diags;
    int64_t room[VNUMA__MAX_PNODES]; /* after those that fit */
    unsigned int num_refused;
    int rc;
} refusal;

vnuma_span vnuma__size_span(const vnuma_config *config, unsigned int v)
{
    const vnuma_vnode *vnode = &config->vnodes[v];

    if (vnuma__is_given(vnode->memkb.span))
        return vnode->memkb.span;
    return vnuma__is_given(vnode->span) ? vnode->span : config->vnuma_span;
}

/* ---- saying it --------------------------------------------------------------------- */

static void report(refusal *r, vnuma_span span, char *message, char *hint)
{
    if (!message) {
        r->rc = VNUMA_ERROR_NOMEM;
    } else {
        r->num_refused++;
        vnuma__error(r->diags, "no-fit", span, "%s", message);
        if (!r->rc)
            r->rc = vnuma__plan_reason(r->plan, "%s", message);
    }
    if (message && hint) {
        vnuma__hint(r->diags, "%s", hint);
        if (!r->rc)
            r->rc = vnuma__plan_reason(r->plan, "%s", hint);
    }
    free(message);
    free(hint);
}

static char *print(const char *fmt, ...) VNUMA__PRINTF(1, 2);

static char *print(const char *fmt, ...)
{
    char *text;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&text, fmt, ap);
    va_end(ap);
    return len < 0 ? NULL : text;
}

static uint32_t number(const refusal *r, unsigned int p)
{
    return r->topology->pnodes[p].pnode;
}

/* With its part of building: what "needs" means to the user. */
static uint64_t full_need(const refusal *r, unsigned int v)
{
    return r->problem->need[v] + r->problem->share_memkb;
}

/* What the user sees as free: nothing of it is the guest's yet. */
static uint64_t free_there(const refusal *r, unsigned int p)
{
    int64_t left = r->room[p] + (int64_t)r->problem->share_memkb;

    return left > 0 ? (uint64_t)left : 0;
}

/* ---- what would help ------------------------------------------------------------------ */

static uint64_t usable(const refusal *r, unsigned int v)
{
    uint64_t all = vnuma__lowest_bits(r->problem->num_pnodes);

    return r->problem->vcpus[v] ? all & ~r->problem->cpuless : all;
}

static uint64_t pnodes_with_room(const refusal *r, unsigned int v)
{
    uint64_t found = 0, rest = usable(r, v);

    while (rest) {
        unsigned int p = vnuma__take_lowest(&rest);

        if (r->room[p] >= (int64_t)r->problem->need[v])
            found |= vnuma__bit(p);
    }
    return found;
}

/* "pnode 4 has room", "pnodes 4, 5 and 6 have room" */
static char *hint_pnodes(const refusal *r, uint64_t pnodes)
{
    bool many = pnodes & (pnodes - 1);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    fputs(many ? "pnodes " : "pnode ", f);
    while (pnodes) {
        fprintf(f, "%" PRIu32, number(r, vnuma__take_lowest(&pnodes)));
        if (pnodes)
            fputs(pnodes & (pnodes - 1) ? ", " : " and ", f);
    }
    fputs(many ? " have room" : " has room", f);
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

static char *hint_size(const refusal *r, unsigned int v, unsigned int p)
{
    int64_t special = (int64_t)(r->problem->need[v] - r->problem->guest[v]);
    int64_t fits = r->room[p] - special;

    if (fits < (int64_t)CHUNK_MEMKB)
        return print("pnode %" PRIu32 " has no room for a vnode",
                     number(r, p));
    return print(
        "the largest size that fits on pnode %" PRIu32 " is %" PRIu64 " MiB",
        number(r, p), (uint64_t)fits / CHUNK_MEMKB * CHUNK_MEMKB / 1024);
}

static bool are_equal(const vnuma__problem *problem)
{
    unsigned int v;

    for (v = 1; v < problem->num_vnodes; v++)
        if (problem->guest[v] != problem->guest[0])
            return false;
    return true;
}

/* Would the guest fit with this size for each vnode, a pnode for each? */
static bool would_fit(const refusal *r, uint64_t size_memkb)
{
    vnuma__problem problem = *r->problem;
    uint8_t class_of[VNUMA__MAX_PNODES] = { 0 }, cap = UINT8_MAX;
    unsigned int v;

    for (v = 0; v < problem.num_vnodes; v++) {
        problem.need[v] += size_memkb - problem.guest[v];
        problem.guest[v] = size_memkb;
    }
    problem.build_memkb = vnuma__build_memkb(size_memkb * problem.num_vnodes,
                                             problem.build_vcpus);
    vnuma__problem_use(&problem, problem.num_vnodes);
    return vnuma__match(&problem, problem.allowed, class_of, &cap, NULL);
}

/* "largest guest of this shape now: 3 x 900 MiB", by bisection. */
static char *hint_shape(const refusal *r)
{
    uint64_t low = 0, high = r->problem->guest[0] / CHUNK_MEMKB;

    if (!are_equal(r->problem) ||
        r->problem->num_used != r->problem->num_vnodes)
        return NULL;
    while (low < high) {
        uint64_t mid = low + (high - low + 1) / 2;

        if (would_fit(r, mid * CHUNK_MEMKB))
            low = mid;
        else
            high = mid - 1;
    }
    if (!low)
        return NULL;
    return print("largest guest of this shape now: %u x %" PRIu64 " MiB",
                 r->problem->num_vnodes, low * CHUNK_MEMKB / 1024);
}

/* ---- one vnode -------------------------------------------------------------------------- */

static char *say_reserve(const refusal *r, unsigned int p)
{
    uint64_t reserve = r->problem->reserve[p];

    return reserve ? print(" besides the %" PRIu64 " MiB reserved",
                           vnuma__mib_up(reserve))
                   : strdup("");
}

static void refuse_memory(refusal *r, unsigned int v, unsigned int p,
                          bool named)
{
    uint64_t need = vnuma__mib_up(full_need(r, v));
    uint64_t is_free = vnuma__mib_down(free_there(r, p));
    uint64_t pnodes = pnodes_with_room(r, v);
    char *reserve = say_reserve(r, p), *message, *hint;

    message = print(
        "vnode %u: %" PRIu64 " MiB on pnode %" PRIu32 "%s needs %" PRIu64
        " MiB with building, %" PRIu64 " MiB free%s, %" PRIu64 " MiB missing",
        v, vnuma__mib_up(r->problem->guest[v]), number(r, p),
        named ? "" : ", which has most room,", need, is_free,
        reserve ? reserve : "", need > is_free ? need - is_free : 1);
    hint = pnodes ? hint_pnodes(r, pnodes) : NULL;
    if (!hint)
        hint = hint_shape(r);
    if (!hint)
        hint = hint_size(r, v, p);
    report(r, vnuma__size_span(r->config, v), message, hint);
    free(reserve);
}

static void refuse_cpus(refusal *r, unsigned int v, unsigned int p)
{
    char *message =
        print("vnode %u: has vcpus, but pnode %" PRIu32 " has no CPUs", v,
              number(r, p));

    report(r, vnuma__size_span(r->config, v), message, NULL);
}

static void refuse_pnode(refusal *r, unsigned int v, bool named)
{
    char *message =
        named ? print("vnode %u: the host has no pnode %" PRIu64, v,
                      r->config->vnodes[v].pnode.value)
              : print("vnode %u: has vcpus, but no pnode has CPUs", v);

    report(r, vnuma__size_span(r->config, v), message, NULL);
}

/* ---- all of them --------------------------------------------------------------------------- */

static bool is_named(const refusal *r, unsigned int v)
{
    return r->config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

static void put_named(refusal *r, unsigned int v)
{
    unsigned int p;

    if (!r->problem->pinned[v]) {
        refuse_pnode(r, v, true);
        return;
    }
    p = (unsigned int)__builtin_ctzll(r->problem->pinned[v]);
    if (r->problem->vcpus[v] && !r->problem->pcpus[p])
        refuse_cpus(r, v, p);
    else if (r->room[p] < (int64_t)r->problem->need[v])
        refuse_memory(r, v, p, true);
    else
        r->room[p] -= (int64_t)r->problem->need[v];
}

/* The tightest pnode that takes it; the roomiest if none does. */
static void put_open(refusal *r, unsigned int v, uint64_t *unused)
{
    uint64_t rest = usable(r, v);
    unsigned int best = VNUMA__MAX_PNODES, p;

    if (!rest) {
        refuse_pnode(r, v, false);
        return;
    }
    /* A pnode of its own as long as there are enough. */
    if (r->problem->num_used == r->problem->num_vnodes && (rest & *unused))
        rest &= *unused;
    while (rest) {
        bool fits, best_fits;

        p = vnuma__take_lowest(&rest);
        if (best == VNUMA__MAX_PNODES) {
            best = p;
            continue;
        }
        fits = r->room[p] >= (int64_t)r->problem->need[v];
        best_fits = r->room[best] >= (int64_t)r->problem->need[v];
        if (fits != best_fits ? fits
                              : (fits ? r->room[p] < r->room[best]
                                      : r->room[p] > r->room[best]))
            best = p;
    }
    if (r->room[best] < (int64_t)r->problem->need[v]) {
        refuse_memory(r, v, best, false);
        return;
    }
    r->room[best] -= (int64_t)r->problem->need[v];
    *unused &= ~vnuma__bit(best);
}

static void put_all_open(refusal *r)
{
    uint64_t unused = vnuma__lowest_bits(r->problem->num_pnodes), done = 0;
    unsigned int n = r->problem->num_vnodes, i, v, next;

    for (v = 0; v < n; v++) {
        if (is_named(r, v)) {
            unused &= ~r->problem->pinned[v];
            done |= vnuma__bit(v);
        }
    }
    for (i = 0; i < n; i++) {
        next = n;
        for (v = 0; v < n; v++)
            if (!(done & vnuma__bit(v)) &&
                (next == n || r->problem->need[v] > r->problem->need[next]))
                next = v;
        if (next == n)
            return;
        done |= vnuma__bit(next);
        put_open(r, next, &unused);
    }
}

int vnuma__plan_refuse(vnuma_plan *plan, vnuma__problem *problem,
                       const vnuma_config *config,
                       const vnuma_topology *topology, bool gave_up,
                       vnuma_diags *diags)
{
    refusal r = {
        .plan = plan,
        .problem = problem,
        .config = config,
        .topology = topology,
        .diags = diags,
    };
    unsigned int v, most = vnuma__search_most_used(problem);

    vnuma__problem_use(problem, most ? most : 1);
    memcpy(r.room, problem->room, sizeof(r.room));
    for (v = 0; v < problem->num_vnodes; v++)
        if (is_named(&r, v))
            put_named(&r, v);
    put_all_open(&r);
    /* Each finds room one after the other, but not all at once. */
    if (!r.num_refused)
        report(&r, config->vnuma_span,
               print(gave_up ? "no placement was found in the time allowed"
                             : "the vnodes do not fit on the pnodes together"),
               hint_shape(&r));
    return r.rc ? r.rc : VNUMA_ERROR_NOFIT;
}
