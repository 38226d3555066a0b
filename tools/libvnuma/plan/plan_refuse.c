/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a guest does not fit, and the smallest change after which it would.
 * Which vnode is the reason is not always clear when pnodes can be chosen.
 * Here vnodes with a named pnode are placed first, in order, then the others,
 * the largest first, each where it leaves least free.  A vnode that then finds
 * no room is reported.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "guest/guest.h"
#include "plan/plan_advice.h"

typedef enum {
    FITS,
    NO_SUCH_PNODE,   /* the host does not have the named pnode */
    NO_CPUS_THERE,   /* the vnode has vcpus, its pnode has no CPUs */
    NO_CPUS_AT_ALL,  /* no pnode has CPUs */
    NO_MEMORY_THERE, /* on the named pnode */
    NO_MEMORY,       /* on any pnode; .pnode is the one with most */
} cause;

typedef struct {
    cause why;
    unsigned int pnode;  /* index */
    uint64_t free_memkb; /* there, as the user sees it */
} refused;

typedef struct {
    vnuma_plan *plan;
    vnuma__problem *problem;
    const vnuma_config *config;
    const vnuma_topology *topology;
    vnuma_diags *diags;
    int64_t room[VNUMA__MAX_PNODES]; /* left by the vnodes that fit */
    refused vnodes[VNUMA__MAX_VNODES];
    char *hints[VNUMA__MAX_VNODES]; /* owned until reported */
    bool gave_up;
    int rc;
} refusal;

vnuma_span vnuma__size_span(const vnuma_config *config, unsigned int v)
{
    const vnuma_vnode *vnode = &config->vnodes[v];

    if (vnuma__is_given(vnode->memkb.span))
        return vnode->memkb.span;
    return vnuma__is_given(vnode->span) ? vnode->span : config->vnodes_span;
}

/* ---- reports ------------------------------------------------------------ */

static void report_refusal(refusal *r, vnuma_span span, char *message,
                           char *hint)
{
    if (!message) {
        r->rc = VNUMA_ERROR_NOMEM;
    } else {
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

static char *format_hint(const char *fmt, ...) VNUMA__PRINTF(1, 2);

static char *format_hint(const char *fmt, ...)
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

/* With its part of the building cost: what "needs" means to the user. */
static uint64_t full_need(const refusal *r, unsigned int v)
{
    return r->problem->need[v] + r->problem->share_memkb;
}

/* What is free without the guest, as the user sees it. */
static uint64_t free_there(const refusal *r, unsigned int p)
{
    int64_t left = r->room[p] + (int64_t)r->problem->share_memkb;

    return left > 0 ? (uint64_t)left : 0;
}

/* ---- which vnodes do not fit -------------------------------------------- */

static uint64_t usable(const refusal *r, unsigned int v)
{
    uint64_t all = vnuma__lowest_bits(r->problem->num_pnodes);

    return r->problem->vcpus[v] ? all & ~r->problem->cpuless : all;
}

static void refuse(refusal *r, unsigned int v, cause why, unsigned int p)
{
    r->vnodes[v] = (refused){ why, p, free_there(r, p) };
}

static bool is_named(const refusal *r, unsigned int v)
{
    return r->config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

static void put_named(refusal *r, unsigned int v)
{
    unsigned int p;

    if (!r->problem->pinned[v]) {
        refuse(r, v, NO_SUCH_PNODE, 0);
        return;
    }
    p = (unsigned int)__builtin_ctzll(r->problem->pinned[v]);
    if (r->problem->vcpus[v] && (r->problem->cpuless & vnuma__bit(p)))
        refuse(r, v, NO_CPUS_THERE, p);
    else if (r->room[p] < (int64_t)r->problem->need[v])
        refuse(r, v, NO_MEMORY_THERE, p);
    else
        r->room[p] -= (int64_t)r->problem->need[v];
}

/* On the pnode with least room that suffices; if none, that with most. */
static void put_open(refusal *r, unsigned int v, uint64_t *unused)
{
    uint64_t rest = usable(r, v);
    unsigned int best = VNUMA__MAX_PNODES, p;

    if (!rest) {
        refuse(r, v, NO_CPUS_AT_ALL, 0);
        return;
    }
    /* Its own pnode as long as there are enough. */
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
        refuse(r, v, NO_MEMORY, best);
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

/* ---- what would help ---------------------------------------------------- */

static uint64_t find_refused(const refusal *r, bool (*is_wanted)(cause why))
{
    uint64_t found = 0;
    unsigned int v;

    for (v = 0; v < r->problem->num_vnodes; v++)
        if (is_wanted(r->vnodes[v].why))
            found |= vnuma__bit(v);
    return found;
}

static bool is_refused(cause why)
{
    return why != FITS;
}

static bool is_by_name(cause why)
{
    return why == NO_SUCH_PNODE || why == NO_CPUS_THERE ||
           why == NO_MEMORY_THERE;
}

static bool is_by_memory(cause why)
{
    return why == NO_MEMORY_THERE || why == NO_MEMORY;
}

/* "4", "4 and 5", "4, 5 and 6"; for pnodes their numbers. */
static void print_set(const refusal *r, uint64_t set, bool is_pnodes, FILE *f)
{
    while (set) {
        unsigned int i = vnuma__take_lowest(&set);

        fprintf(f, "%" PRIu32, is_pnodes ? number(r, i) : i);
        if (set)
            fputs(set & (set - 1) ? ", " : " and ", f);
    }
}

static char *hint_pnodes(const refusal *r, uint64_t pnodes)
{
    bool many = pnodes & (pnodes - 1);
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fputs(many ? "pnodes " : "pnode ", f);
    print_set(r, pnodes, true, f);
    fputs(many ? " have room" : " has room", f);
    return vnuma__print_end(&out, false);
}

static bool advise_pnodes(refusal *r)
{
    uint64_t vnodes = find_refused(r, is_by_name);
    uint64_t pnodes[VNUMA__MAX_VNODES];

    if (!vnodes || !vnuma__advise_pnodes(r->problem, vnodes, pnodes))
        return false;
    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        r->hints[v] = hint_pnodes(r, pnodes[v]);
    }
    return true;
}

/* Whether sizes are as fill.c makes them: equal to within whole 2 MiB. */
static bool are_equal(const vnuma__problem *problem)
{
    uint64_t least = problem->guest[0], most = least;
    unsigned int v;

    for (v = 1; v < problem->num_vnodes; v++) {
        if (problem->guest[v] < least)
            least = problem->guest[v];
        if (problem->guest[v] > most)
            most = problem->guest[v];
    }
    return most - least < 2 * VNUMA__ADVICE_MEMKB;
}

/* "the largest size of vnodes 1 and 2 that fits is 498 MiB each" */
static char *hint_sizes(const refusal *r, uint64_t vnodes, uint64_t mib,
                        bool is_largest)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fprintf(f, "%s size of vnodes ", is_largest ? "the largest" : "a");
    print_set(r, vnodes, false, f);
    fprintf(f, " that fits is %" PRIu64 " MiB each", mib);
    return vnuma__print_end(&out, false);
}

static char *hint_size(const refusal *r, uint64_t vnodes, bool is_shape,
                       uint64_t memkb, bool is_largest)
{
    unsigned int v = (unsigned int)__builtin_ctzll(vnodes);
    unsigned int n = r->problem->num_vnodes;
    const char *what = is_largest ? "the largest" : "a";

    if (is_shape)
        return format_hint("%s guest of this shape that fits now is "
                           "%u x %" PRIu64 " MiB",
                           what, n, memkb / 1024);
    if (vnodes & (vnodes - 1))
        return hint_sizes(r, vnodes, memkb / 1024, is_largest);
    if (r->vnodes[v].why == NO_MEMORY_THERE)
        return format_hint("%s size that fits on pnode %" PRIu32 " is %" PRIu64
                           " MiB",
                           what, number(r, r->vnodes[v].pnode), memkb / 1024);
    return format_hint("%s size of vnode %u that fits is %" PRIu64 " MiB",
                       what, v, memkb / 1024);
}

/* Vnode 0 needs memory beyond its video RAM. */
static bool advise_size(refusal *r, uint64_t vnodes, bool is_shape,
                        unsigned int at)
{
    uint64_t memkb, least;
    bool is_largest;

    if (!vnodes ||
        !vnuma__advise_size(r->problem, vnodes, is_shape, &memkb, &is_largest))
        return false;
    least = vnodes & 1 ? vnuma__guest_video_memkb(r->config) : 0;
    if (memkb <= least)
        return false;
    r->hints[at] =
        hint_size(r, vnodes, is_shape, memkb, is_largest && !r->gave_up);
    return true;
}

/* Whether memory may be on other pnodes; then no advice is tried. */
static bool flows_over(const vnuma__problem *problem)
{
    bool found = problem->prefers;
    unsigned int p;

    for (p = 0; p < problem->num_pnodes; p++)
        found |= problem->dealt[p] > 0;
    return found;
}

/*
 * The smallest change first: other pnodes, then less memory for the vnodes
 * that do not fit, then less for all.  A hint about several vnodes is given at
 * the last of them.
 */
static void advise(refusal *r)
{
    uint64_t all = vnuma__lowest_bits(r->problem->num_vnodes);
    uint64_t vnodes = find_refused(r, is_by_memory);
    unsigned int at = vnodes ? 63 - (unsigned int)__builtin_clzll(vnodes) : 0;

    if (flows_over(r->problem) || advise_pnodes(r) ||
        (find_refused(r, is_refused) & ~vnodes))
        return;
    if (are_equal(r->problem) && advise_size(r, all, true, at))
        return;
    if (!advise_size(r, vnodes, false, at))
        advise_size(r, all, false, at);
}

/* ---- all of them -------------------------------------------------------- */

static char *say_context(const refusal *r, unsigned int p)
{
    const char *others = r->problem->is_shared ? " next to the others" : "";
    uint64_t reserve = r->problem->reserve[p];

    return reserve ? format_hint("%s without the %" PRIu64 " MiB reserved",
                                 others, vnuma__mib_up(reserve))
                   : strdup(others);
}

static char *say_memory(const refusal *r, unsigned int v)
{
    const refused *vnode = &r->vnodes[v];
    uint64_t need = vnuma__mib_up(full_need(r, v));
    uint64_t is_free = vnuma__mib_down(vnode->free_memkb);
    char *context = say_context(r, vnode->pnode), *message;

    message = format_hint(
        "vnode %u: %" PRIu64 " MiB on pnode %" PRIu32 "%s needs %" PRIu64
        " MiB with building cost, %" PRIu64 " MiB free%s, %" PRIu64
        " MiB missing",
        v, vnuma__mib_up(r->problem->guest[v]), number(r, vnode->pnode),
        vnode->why == NO_MEMORY ? ", which has most room," : "", need, is_free,
        context ? context : "", need > is_free ? need - is_free : 1);
    free(context);
    return message;
}

static char *say_why(const refusal *r, unsigned int v)
{
    switch (r->vnodes[v].why) {
    case NO_SUCH_PNODE:
        return format_hint("vnode %u: the host has no pnode %" PRIu64, v,
                           r->config->vnodes[v].pnode.value);
    case NO_CPUS_THERE:
        return format_hint("vnode %u has vcpus, but pnode %" PRIu32
                           " has no CPUs",
                           v, number(r, r->vnodes[v].pnode));
    case NO_CPUS_AT_ALL:
        return format_hint("vnode %u has vcpus, but no pnode has CPUs", v);
    case NO_MEMORY_THERE:
    case NO_MEMORY:
    default:
        return say_memory(r, v);
    }
}

static void report_all(refusal *r)
{
    uint64_t vnodes = find_refused(r, is_refused);

    /* Each vnode found room in turn, but not all of them at once. */
    if (!vnodes)
        report_refusal(
            r, r->config->vnodes_span,
            format_hint(r->gave_up
                            ? "no placement was found before the search ended"
                            : "the vnodes do not all fit at the same time"),
            r->hints[0]);
    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        report_refusal(r, vnuma__size_span(r->config, v), say_why(r, v),
                       r->hints[v]);
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
        .gave_up = gave_up,
    };
    unsigned int v, most = vnuma__search_most_used(problem);

    vnuma__problem_use(problem, most ? most : 1);
    memcpy(r.room, problem->room, sizeof(r.room));
    for (v = 0; v < problem->num_vnodes; v++)
        if (is_named(&r, v))
            put_named(&r, v);
    put_all_open(&r);
    advise(&r);
    report_all(&r);
    return r.rc ? r.rc : VNUMA_ERROR_NOFIT;
}
