/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a guest does not fit, and the smallest change after which it would.
 * Which vnode is the reason is not always clear when pnodes can be chosen.
 * Here vnodes with a named pnode are placed first, in order, then the others,
 * the largest first, each where it leaves least free.  A vnode that then finds
 * no room is reported; of several without a name, the guest is.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "guest/build_cost.h"

typedef enum {
    FITS,
    NO_SUCH_PNODE,   /* the host does not have the named pnode */
    NO_PCPUS_THERE,  /* on the named pnode, that its vcpus may use */
    NO_PCPUS,        /* on any pnode */
    NO_MEMORY_THERE, /* on the named pnode */
    NO_MEMORY,       /* on any pnode; .pnode is the one with most */
} cause;

typedef struct {
    vnuma_plan *plan;
    vnuma__model *model;
    vnuma_config *full;
    const vnuma_plan_options *options;
    vnuma_diags *diags;
    uint64_t share; /* KiB of building, for each pnode used */
    uint64_t paid;  /* of that, what room is without */
    int64_t room[VNUMA__MAX_PNODES]; /* left by the vnodes that fit */
    struct {
        cause why;
        unsigned int pnode;  /* index */
        uint64_t free_memkb; /* there, as the user sees it */
    } vnodes[VNUMA__MAX_VNODES];
    char *hint; /* owned until reported */
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

static char *format(const char *fmt, ...) VNUMA__PRINTF(1, 2);

static char *format(const char *fmt, ...)
{
    char *text;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&text, fmt, ap);
    va_end(ap);
    return len < 0 ? NULL : text;
}

static void add_reason(refusal *r, const char *text)
{
    int rc = vnuma__plan_reason(r->plan, "%s", text);

    if (rc)
        r->rc = rc;
}

static void report(refusal *r, vnuma_span span, char *message)
{
    if (message) {
        vnuma__error(r->diags, "no-fit", span, "%s", message);
        add_reason(r, message);
    } else {
        r->rc = VNUMA_ERROR_NOMEM;
    }
    free(message);
}

/* With the last error. */
static void report_hint(refusal *r)
{
    if (!r->hint)
        return;
    vnuma__hint(r->diags, "%s", r->hint);
    add_reason(r, r->hint);
    free(r->hint);
}

static uint32_t number(const refusal *r, unsigned int p)
{
    return r->model->topology->pnodes[p].pnode;
}

/* ---- interleaved memory ------------------------------------------------- */

static void refuse_names(refusal *r, const vnuma_policy_item *item)
{
    uint32_t pnode;

    if (item->policy != VNUMA_POLICY_INTERLEAVE)
        return;
    if (!vnuma_bitmap_count(&item->pnodes))
        report(r, item->pnodes_span, format("interleave= names no pnode"));
    VNUMA_BITMAP_FOREACH(pnode, &item->pnodes)
        if (!vnuma_topology_find(r->model->topology, pnode))
            report(r, item->pnodes_span,
                   format("interleave= names pnode %" PRIu32
                          ", which the host does not have",
                          pnode));
}

/* The size of the last vnode with memory that is dealt to p. */
static vnuma_span span_of_dealt(const refusal *r, unsigned int p)
{
    vnuma_span span = r->full->policies.span;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++) {
        const vnuma_policy_item *item = vnuma__policy_of(r->full, v);

        if (item && item->policy == VNUMA_POLICY_INTERLEAVE &&
            vnuma_bitmap_test(&item->pnodes, number(r, p)))
            span = vnuma__size_span(r->full, v);
    }
    return span;
}

static void refuse_spread(refusal *r)
{
    const vnuma_policies *policies = &r->full->policies;
    const vnuma__model *m = r->model;
    unsigned int i, p;

    for (i = 0; i < policies->num_items; i++)
        refuse_names(r, &policies->items[i]);
    for (p = 0; p < m->problem.num_pnodes; p++) {
        uint64_t need = vnuma__mib_up(m->dealt[p] + m->reserve[p]);
        uint64_t is_free = vnuma__mib_down(m->free[p]);

        if (m->dealt[p] && need > is_free)
            report(r, span_of_dealt(r, p),
                   format("interleaved memory needs %" PRIu64
                          " MiB on pnode %" PRIu32 ", %" PRIu64
                          " MiB free, %" PRIu64 " MiB missing",
                          need, number(r, p), is_free, need - is_free));
    }
}

/* ---- which vnodes do not fit -------------------------------------------- */

static void refuse(refusal *r, unsigned int v, cause why, unsigned int p)
{
    int64_t left = r->room[p] + (int64_t)r->paid;

    r->vnodes[v].why = why;
    r->vnodes[v].pnode = p;
    r->vnodes[v].free_memkb = left > 0 ? (uint64_t)left : 0;
}

static bool is_named(const refusal *r, unsigned int v)
{
    return r->full->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

static bool has_room(const refusal *r, unsigned int v, unsigned int p)
{
    return r->room[p] >= (int64_t)r->model->problem.need[v];
}

static void put_named(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    unsigned int p =
        vnuma__pnode_index(m->topology, r->full->vnodes[v].pnode.value);

    if (p == m->problem.num_pnodes)
        refuse(r, v, NO_SUCH_PNODE, 0);
    else if (!(m->may_run[v] & vnuma__bit(p)))
        refuse(r, v, NO_PCPUS_THERE, p);
    else if (!has_room(r, v, p))
        refuse(r, v, NO_MEMORY_THERE, p);
    else
        r->room[p] -= (int64_t)m->problem.need[v];
}

/* On the pnode with least room that suffices; if none, that with most. */
static void put_open(refusal *r, unsigned int v, uint64_t *unused)
{
    uint64_t rest = r->model->may_run[v] & ~r->model->memoryless;
    unsigned int best, p;

    if (!rest) {
        refuse(r, v, NO_PCPUS, 0);
        return;
    }
    if (rest & *unused)
        rest &= *unused;
    best = vnuma__take_lowest(&rest);
    while (rest) {
        bool fits, best_fits;

        p = vnuma__take_lowest(&rest);
        fits = has_room(r, v, p);
        best_fits = has_room(r, v, best);
        if (fits != best_fits ? fits
                              : (fits ? r->room[p] < r->room[best]
                                      : r->room[p] > r->room[best]))
            best = p;
    }
    if (!has_room(r, v, best)) {
        refuse(r, v, NO_MEMORY, best);
        return;
    }
    r->room[best] -= (int64_t)r->model->problem.need[v];
    *unused &= ~vnuma__bit(best);
}

static void put_all(refusal *r, uint64_t share)
{
    const vnuma__problem *problem = &r->model->problem;
    uint64_t unused = vnuma__lowest_bits(problem->num_pnodes), done = 0;
    unsigned int n = problem->num_vnodes, i, v, next;

    r->paid = share;
    for (i = 0; i < problem->num_pnodes; i++)
        r->room[i] = problem->room[i] - (int64_t)share;
    for (v = 0; v < n; v++) {
        if (!is_named(r, v))
            continue;
        unused &= ~problem->allowed[v];
        done |= vnuma__bit(v);
        put_named(r, v);
    }
    for (i = vnuma__count(done); i < n; i++) {
        next = n;
        for (v = 0; v < n; v++)
            if (!(done & vnuma__bit(v)) &&
                (next == n || problem->need[v] > problem->need[next]))
                next = v;
        done |= vnuma__bit(next);
        put_open(r, next, &unused);
    }
}

static uint64_t find_refused(const refusal *r, cause first, cause last)
{
    uint64_t found = 0;
    unsigned int v;

    for (v = 0; v < r->model->problem.num_vnodes; v++)
        if (r->vnodes[v].why >= first && r->vnodes[v].why <= last)
            found |= vnuma__bit(v);
    return found;
}

/* ---- what would help ---------------------------------------------------- */

#define STEP_MEMKB UINT64_C(2048)        /* of sizes, 2 MiB */
#define TRY_STEPS (VNUMA__STEPS / 64)    /* of a search for advice */

typedef enum { DOES_NOT, IS_NOT_KNOWN, DOES } answer;

/* Of the guest, as it is changed now; the placement is in @result_r. */
static answer would_fit(refusal *r, vnuma__result *result_r)
{
    int rc;

    vnuma__model_dispose(r->model);
    rc = vnuma__model_init(r->model, r->full, r->model->topology, r->options);
    if (!rc)
        rc = vnuma__search(&r->model->problem, TRY_STEPS, result_r);
    if (rc)
        r->rc = rc;
    if (!rc && result_r->feasible)
        return DOES;
    return rc || result_r->gave_up ? IS_NOT_KNOWN : DOES_NOT;
}

/* "vnode 0 on pnode 2, vnode 1 on pnode 0" */
static char *hint_places(const refusal *r, uint64_t vnodes,
                         const uint8_t *pnode)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    fputs("with room:", f);
    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        fprintf(f, " vnode %u on pnode %" PRIu32 "%s", v, number(r, pnode[v]),
                vnodes ? "," : "");
    }
    return vnuma__print_end(&out, false);
}

/* Other pnodes for these vnodes. */
static bool advise_pnodes(refusal *r, uint64_t vnodes)
{
    vnuma_number named[VNUMA__MAX_VNODES] = { { 0 } };
    vnuma__result result;
    unsigned int v;
    bool fits;

    for (v = 0; v < r->full->num_vnodes; v++) {
        named[v] = r->full->vnodes[v].pnode;
        if (vnodes & vnuma__bit(v))
            r->full->vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
    }
    fits = vnodes && would_fit(r, &result) == DOES;
    if (fits)
        r->hint = hint_places(r, vnodes, result.pnode);
    for (v = 0; v < r->full->num_vnodes; v++)
        r->full->vnodes[v].pnode = named[v];
    return fits;
}

/*
 * The largest size with which the guest fits, if none of these vnodes is
 * larger; with @is_same, if each has it.  A smaller one fits wherever a larger
 * one does, so bisection works.  0: there is none below the sizes of now.
 */
static uint64_t find_size(refusal *r, uint64_t vnodes, bool is_same,
                          bool *is_largest_r)
{
    uint64_t now[VNUMA__MAX_VNODES] = { 0 }, low = 0, high = 0, most = 0, memkb;
    answer fits, above = DOES_NOT;
    vnuma__result result;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++) {
        now[v] = r->full->vnodes[v].memkb.value;
        if ((vnodes & vnuma__bit(v)) && now[v] > most)
            most = now[v];
    }
    for (high = most / STEP_MEMKB; low < high;) {
        uint64_t mid = low + (high - low + 1) / 2;

        memkb = mid * STEP_MEMKB;
        for (v = 0; v < r->full->num_vnodes; v++)
            if (vnodes & vnuma__bit(v))
                r->full->vnodes[v].memkb.value =
                    is_same || memkb < now[v] ? memkb : now[v];
        fits = would_fit(r, &result);
        if (fits == DOES) {
            low = mid;
        } else {
            high = mid - 1;
            above = fits;
        }
    }
    for (v = 0; v < r->full->num_vnodes; v++)
        r->full->vnodes[v].memkb.value = now[v];
    *is_largest_r = above == DOES_NOT && !r->plan->gave_up;
    return low * STEP_MEMKB < most ? low * STEP_MEMKB : 0;
}

/* Whether sizes are as fill.c makes them: equal to within whole 2 MiB. */
static bool are_equal(const vnuma__model *m)
{
    uint64_t least = m->guest[0], most = least;
    unsigned int v;

    for (v = 1; v < m->problem.num_vnodes; v++) {
        if (m->guest[v] < least)
            least = m->guest[v];
        if (m->guest[v] > most)
            most = m->guest[v];
    }
    return most - least < 2 * STEP_MEMKB;
}

/* Vnode 0 needs memory beyond its video RAM. */
static bool advise_size(refusal *r, uint64_t vnodes, bool is_shape)
{
    uint64_t mib, video_memkb = vnuma__guest_video_memkb(r->full);
    bool is_largest, are_many = vnodes & (vnodes - 1);
    vnuma__print out;
    FILE *f;

    if (!vnodes)
        return false;
    mib = find_size(r, vnodes, is_shape, &is_largest) / 1024;
    if (mib * 1024 <= (vnodes & 1 ? video_memkb : 0))
        return false;
    f = vnuma__print_begin(&out);
    if (!f)
        return true;
    fputs(is_largest ? "the largest " : "a ", f);
    if (is_shape) {
        fprintf(f, "guest of this shape that fits now is %u x ",
                r->full->num_vnodes);
    } else {
        fprintf(f, "size of vnode%s", are_many ? "s" : "");
        while (vnodes) {
            fprintf(f, " %u", vnuma__take_lowest(&vnodes));
            fputs(!vnodes ? "" : vnodes & (vnodes - 1) ? "," : " and", f);
        }
        fputs(" that fits is ", f);
    }
    fprintf(f, "%" PRIu64 " MiB%s", mib, are_many && !is_shape ? " each" : "");
    r->hint = vnuma__print_end(&out, false);
    return true;
}

/*
 * The smallest change first: other pnodes, then less memory for the vnodes
 * that do not fit, then less for all.
 */
static void advise(refusal *r)
{
    uint64_t all = vnuma__lowest_bits(r->model->problem.num_vnodes);
    uint64_t vnodes = find_refused(r, NO_MEMORY_THERE, NO_MEMORY);

    if (advise_pnodes(r, find_refused(r, NO_SUCH_PNODE, NO_PCPUS_THERE) |
                             find_refused(r, NO_MEMORY_THERE,
                                          NO_MEMORY_THERE)) ||
        find_refused(r, NO_SUCH_PNODE, NO_PCPUS))
        return;
    if (are_equal(r->model) && advise_size(r, all, true))
        return;
    if (!advise_size(r, vnodes, false))
        advise_size(r, all, false);
}

/* ---- what is said ------------------------------------------------------- */

static char *say_memory(const refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    unsigned int p = r->vnodes[v].pnode;
    uint64_t need = vnuma__mib_up(m->problem.need[v] + m->problem.flows[v] +
                                  r->share);
    uint64_t is_free = vnuma__mib_down(r->vnodes[v].free_memkb);
    char reserve[64] = "";

    if (m->reserve[p])
        snprintf(reserve, sizeof(reserve),
                 " without the %" PRIu64 " MiB reserved",
                 vnuma__mib_up(m->reserve[p]));
    return format(
        "vnode %u: %" PRIu64 " MiB on pnode %" PRIu32 "%s needs %" PRIu64
        " MiB with building cost, %" PRIu64 " MiB free%s%s, %" PRIu64
        " MiB missing",
        v, vnuma__mib_up(m->guest[v]), number(r, p),
        r->vnodes[v].why == NO_MEMORY ? ", which has most room," : "", need,
        is_free, m->is_beside ? " next to the others" : "", reserve,
        need > is_free ? need - is_free : 1);
}

static char *say_why(const refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    uint64_t pcpus = vnuma__lowest_bits(m->problem.num_pnodes) &
                     ~m->problem.cpuless;

    switch (r->vnodes[v].why) {
    case NO_SUCH_PNODE:
        return format("vnode %u: the host has no pnode %" PRIu64, v,
                      r->full->vnodes[v].pnode.value);
    case NO_PCPUS_THERE:
        if (m->problem.cpuless & vnuma__bit(r->vnodes[v].pnode))
            return format("vnode %u has vcpus, but pnode %" PRIu32
                          " has no CPUs",
                          v, number(r, r->vnodes[v].pnode));
        return format("vnode %u: cpus= and pool= keep its vcpus from pnode "
                      "%" PRIu32, v, number(r, r->vnodes[v].pnode));
    case NO_PCPUS:
        if (!pcpus)
            return format("vnode %u has vcpus, but no pnode has CPUs", v);
        return format("vnode %u: on no pnode with memory cpus= and pool= "
                      "allow a pcpu to each of its vcpus", v);
    default:
        return say_memory(r, v);
    }
}

/* All that it needs, and all that is free where it may be. */
static void report_guest(refusal *r)
{
    const vnuma__model *m = r->model;
    uint64_t need = VNUMA__SPECIAL_MEMKB + m->problem.building[1];
    uint64_t is_free = 0, may_be = 0;
    unsigned int v;

    for (v = 0; v < m->problem.num_vnodes; v++) {
        need += m->guest[v];
        may_be |= m->problem.flows[v] ? ~m->memoryless : m->may_run[v];
    }
    may_be &= vnuma__lowest_bits(m->problem.num_pnodes) & ~m->memoryless;
    while (may_be) {
        unsigned int p = vnuma__take_lowest(&may_be);

        is_free += m->free[p] > m->reserve[p] ? m->free[p] - m->reserve[p] : 0;
    }
    report(r, r->full->vnodes_span,
           format("the guest needs %" PRIu64 " MiB with building cost; "
                  "%" PRIu64 " MiB are free%s in all where it may be, and no "
                  "pnodes hold its vnodes%s",
                  vnuma__mib_up(need), vnuma__mib_down(is_free),
                  m->is_beside ? " next to the others" : "",
                  need > is_free ? "" : " as they are"));
}

static void report_all(refusal *r)
{
    uint64_t vnodes = find_refused(r, NO_SUCH_PNODE, NO_MEMORY);
    uint64_t open = find_refused(r, NO_MEMORY, NO_MEMORY);
    bool is_guest = open & (open - 1) || r->full->vnuma_auto;

    /* Each vnode found room in turn, but not all of them at once. */
    if (r->plan->gave_up)
        report(r, r->full->vnodes_span,
               format("no placement was found before the search ended, and "
                      "it is not proven that there is none"));
    else if (!vnodes)
        report(r, r->full->vnodes_span,
               format("the vnodes do not all fit at the same time"));
    if (r->plan->gave_up)
        return;
    if (is_guest && open)
        vnodes &= ~open;
    while (vnodes) {
        unsigned int v = vnuma__take_lowest(&vnodes);

        report(r, vnuma__size_span(r->full, v), say_why(r, v));
        if (vnuma__is_given(r->full->vnodes[v].pnode.span) && is_named(r, v))
            vnuma__related(r->diags, r->full->vnodes[v].pnode.span,
                           "pnode= is here");
    }
    if (is_guest && open)
        report_guest(r);
}

/* As many as can be used; each bears a part of building. */
static unsigned int most_used(const vnuma__problem *problem)
{
    uint64_t any = 0;
    unsigned int v, num;

    for (v = 0; v < problem->num_vnodes; v++)
        any |= problem->allowed[v];
    num = vnuma__count(any);
    if (num > problem->num_vnodes)
        num = problem->num_vnodes;
    return num ? num : 1;
}

int vnuma__plan_refuse(vnuma_plan *plan, vnuma__model *model,
                       vnuma_config *full, const vnuma_plan_options *options,
                       vnuma_diags *diags)
{
    refusal r = {
        .plan = plan,
        .model = model,
        .full = full,
        .options = options,
        .diags = diags,
    };

    if (model->is_undealt) {
        refuse_spread(&r);
        return r.rc ? r.rc : VNUMA_ERROR_NOFIT;
    }
    r.share = model->problem.building[most_used(&model->problem)];
    /* Building grows with the guest: one vnode that is far too large would
     * make every pnode full. */
    put_all(&r, 0);
    if (!find_refused(&r, NO_SUCH_PNODE, NO_MEMORY))
        put_all(&r, r.share);
    advise(&r);
    vnuma__model_dispose(model);
    if (!r.rc)
        r.rc = vnuma__model_init(model, full, model->topology, options);
    if (!r.rc) {
        report_all(&r);
        report_hint(&r);
    } else {
        free(r.hint);
    }
    return r.rc ? r.rc : VNUMA_ERROR_NOFIT;
}
