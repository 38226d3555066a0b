/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a guest does not fit, and the smallest change after which it would.
 * Which vnode is the reason is not always clear when pnodes can be chosen.
 * Here those with a named pnode are put there, in order; what then does not
 * fit anywhere even without the other open vnodes is reported.  If all do, or
 * there are several of these, the guest is.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "guest/build_cost.h"

typedef struct {
    vnuma_plan *plan;
    vnuma__model *model;
    vnuma_config *full;
    const vnuma_plan_options *options;
    vnuma_diags *diags;
    uint64_t part;  /* KiB of building, for each pnode used */
    uint64_t paid;  /* of that, what room is without */
    int64_t room[VNUMA__MAX_PNODES]; /* left by the vnodes that fit */
    uint64_t no_pnode;  /* vnodes: whatever memory there is */
    uint64_t no_memory; /* vnodes, and where they come closest: */
    uint8_t closest[VNUMA__MAX_VNODES];
    int64_t is_free[VNUMA__MAX_VNODES]; /* KiB there, as the user sees it */
    bool is_unsure; /* some search for advice did not end */
    int rc;
} refusal;

vnuma_span vnuma__size_span(const vnuma_config *config, unsigned int v)
{
    const vnuma_vnode *vnode = &config->vnodes[v];

    if (vnuma__is_given(vnode->memkb.span))
        return vnode->memkb.span;
    return vnuma__is_given(vnode->span) ? vnode->span : config->vnodes_span;
}

/* A reason that is an error at @span too. */
#define DENY(r, span, ...)                                                    \
    keep_rc(r, vnuma__plan_deny((r)->plan, (r)->diags, span,                  \
                                vnuma__plan_reason((r)->plan, __VA_ARGS__)))

static void keep_rc(refusal *r, int rc)
{
    if (rc)
        r->rc = rc;
}

static uint32_t number(const refusal *r, unsigned int p)
{
    return r->model->topology->pnodes[p].pnode;
}

static bool is_named(const refusal *r, unsigned int v)
{
    return r->full->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

/* ---- which vnodes do not fit -------------------------------------------- */

static void look_at(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    unsigned int p =
        vnuma__pnode_index(m->topology, r->full->vnodes[v].pnode.value);
    int64_t need = (int64_t)m->problem.need[v];
    uint64_t places = m->may_run[v];
    unsigned int best;

    if (!is_named(r, v))
        places &= ~m->memoryless;
    else
        places &= p < m->problem.num_pnodes ? vnuma__bit(p) : 0;
    if (!places) {
        r->no_pnode |= vnuma__bit(v);
        return;
    }
    for (best = vnuma__take_lowest(&places); places;) {
        p = vnuma__take_lowest(&places);
        if (r->room[p] > r->room[best])
            best = p;
    }
    r->closest[v] = (uint8_t)best;
    r->is_free[v] = r->room[best] + (int64_t)r->paid;
    if (r->room[best] < need)
        r->no_memory |= vnuma__bit(v);
    else if (is_named(r, v))
        r->room[best] -= need;
}

/* When building takes so much of each pnode. */
static void look_at_all(refusal *r, uint64_t part)
{
    const vnuma__problem *problem = &r->model->problem;
    unsigned int i;

    r->paid = part;
    for (i = 0; i < problem->num_pnodes; i++)
        r->room[i] = problem->room[i] - (int64_t)part;
    for (i = 0; i < problem->num_vnodes; i++)
        if (is_named(r, i))
            look_at(r, i);
    for (i = 0; i < problem->num_vnodes; i++)
        if (!is_named(r, i))
            look_at(r, i);
}

/* ---- what is said ------------------------------------------------------- */

/* The size of the last vnode with memory that is dealt to a pnode. */
static vnuma_span span_of_dealt(const vnuma_config *full, uint32_t pnode)
{
    vnuma_span span = full->policies.span;
    unsigned int v;

    for (v = 0; v < full->num_vnodes; v++) {
        const vnuma_policy_item *item = vnuma__policy_of(full, v);

        if (item && item->policy == VNUMA_POLICY_INTERLEAVE &&
            vnuma_bitmap_test(&item->pnodes, pnode))
            span = vnuma__size_span(full, v);
    }
    return span;
}

static void deny_interleaved(refusal *r)
{
    const vnuma_policies *policies = &r->full->policies;
    const vnuma__model *m = r->model;
    unsigned int i, p;
    uint32_t pnode;

    for (i = 0; i < policies->num_items; i++)
        VNUMA_BITMAP_FOREACH(pnode, &policies->items[i].pnodes)
            if (!vnuma_topology_find(m->topology, pnode))
                DENY(r, policies->items[i].pnodes_span,
                     "interleave= names pnode %" PRIu32
                     ", which the host does not have", pnode);
    for (p = 0; p < m->problem.num_pnodes; p++) {
        uint64_t need = vnuma__mib_up(m->dealt[p] + m->reserve[p]);
        uint64_t is_free = vnuma__mib_down(m->free[p]);

        if (m->dealt[p] && need > is_free)
            DENY(r, span_of_dealt(r->full, number(r, p)),
                 "interleaved memory needs %" PRIu64 " MiB on pnode %" PRIu32
                 ", %" PRIu64 " MiB free, %" PRIu64 " MiB missing",
                 need, number(r, p), is_free, need - is_free);
    }
    if (!r->plan->num_reasons)
        DENY(r, policies->span, "interleave= names no pnode");
}

static void deny_memory(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    unsigned int p = r->closest[v];
    uint64_t need = vnuma__mib_up(m->problem.need[v] + m->problem.flows[v] +
                                  r->part);
    uint64_t is_free = vnuma__mib_down(
        r->is_free[v] > 0 ? (uint64_t)r->is_free[v] : 0);
    char reserve[64] = "";

    if (m->reserve[p])
        snprintf(reserve, sizeof(reserve),
                 " without the %" PRIu64 " MiB reserved",
                 vnuma__mib_up(m->reserve[p]));
    DENY(r, vnuma__size_span(r->full, v),
         "vnode %u: %" PRIu64 " MiB on pnode %" PRIu32 "%s needs %" PRIu64
         " MiB with building cost, %" PRIu64 " MiB free%s%s, %" PRIu64
         " MiB missing",
         v, vnuma__mib_up(m->guest[v]), number(r, p),
         is_named(r, v) ? "" : ", which has most room,", need, is_free,
         m->has_others ? " next to the others" : "", reserve,
         need > is_free ? need - is_free : 1);
}

static void deny_pnode(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    vnuma_span span = vnuma__size_span(r->full, v);
    uint64_t pnode = r->full->vnodes[v].pnode.value;
    unsigned int p = vnuma__pnode_index(m->topology, pnode);
    uint64_t all = vnuma__lowest_bits(m->problem.num_pnodes);

    if (!is_named(r, v) && m->problem.cpuless == all)
        DENY(r, span, "vnode %u has vcpus, but no pnode has CPUs", v);
    else if (!is_named(r, v))
        DENY(r, span, "vnode %u: on no pnode with memory cpus= and pool= "
             "allow a pcpu to each of its vcpus", v);
    else if (p == m->problem.num_pnodes)
        DENY(r, span, "vnode %u: the host has no pnode %" PRIu64, v, pnode);
    else if (m->problem.cpuless & vnuma__bit(p))
        DENY(r, span, "vnode %u has vcpus, but pnode %" PRIu64
             " has no CPUs", v, pnode);
    else
        DENY(r, span, "vnode %u: cpus= and pool= keep its vcpus from pnode "
             "%" PRIu64, v, pnode);
}

/* All that it needs, and all that is free where it may be. */
static void deny_guest(refusal *r)
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
    DENY(r, r->full->vnodes_span,
         "the guest needs %" PRIu64 " MiB with building cost; %" PRIu64
         " MiB are free%s in all where it may be, and no pnodes hold its "
         "vnodes%s",
         vnuma__mib_up(need), vnuma__mib_down(is_free),
         m->has_others ? " next to the others" : "",
         need > is_free ? "" : " as they are");
}

static void deny_all(refusal *r)
{
    uint64_t vnodes = r->no_pnode | r->no_memory, open = 0;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++)
        open |= r->no_memory & (is_named(r, v) ? 0 : vnuma__bit(v));
    if (!(open & (open - 1)) && !r->full->vnuma_auto)
        open = 0;
    for (vnodes &= ~open; vnodes;) {
        v = vnuma__take_lowest(&vnodes);
        if (r->no_memory & vnuma__bit(v))
            deny_memory(r, v);
        else
            deny_pnode(r, v);
        if (vnuma__is_given(r->full->vnodes[v].pnode.span) && is_named(r, v))
            vnuma__related(r->diags, r->full->vnodes[v].pnode.span,
                           "pnode= is here");
    }
    if (open || !r->plan->num_reasons)
        deny_guest(r);
}

/* ---- what would help ---------------------------------------------------- */

#define STEP_MEMKB UINT64_C(2048)     /* of sizes, 2 MiB */
#define TRY_STEPS (VNUMA__STEPS / 64) /* of a search for advice */

/* The guest with the present changes; with vnuma="auto", divided again. */
static bool would_fit(refusal *r, vnuma__result *result_r)
{
    vnuma_config again;
    vnuma_diags diags;
    int rc;

    vnuma__config_init(&again);
    vnuma_diags_init(&diags);
    vnuma__model_dispose(r->model);
    rc = vnuma__config_fill(r->full, r->model->topology, r->options, &again,
                            &diags);
    if (!rc)
        rc = vnuma__model_init(r->model, &again, r->model->topology,
                               r->options);
    memset(result_r, 0, sizeof(*result_r));
    if (!rc)
        rc = vnuma__search(&r->model->problem, TRY_STEPS, result_r);
    r->is_unsure |= result_r->gave_up;
    keep_rc(r, rc);
    vnuma_diags_dispose(&diags);
    vnuma__full_dispose(&again);
    return !rc && result_r->feasible;
}

/* What is printed is a reason, and a hint to the last error. */
static void hint_end(refusal *r, vnuma__print *out)
{
    char *hint = vnuma__print_end(out, false);

    if (hint)
        vnuma__hint(r->diags, "%s", hint);
    keep_rc(r, hint ? vnuma__plan_reason(r->plan, "%s", hint)
                    : VNUMA_ERROR_NOMEM);
    free(hint);
}

/* Other pnodes for these vnodes. */
static bool advise_pnodes(refusal *r, uint64_t vnodes)
{
    uint64_t named[VNUMA__MAX_VNODES] = { 0 };
    vnuma__result result;
    vnuma__print out;
    unsigned int v;
    bool fits;
    FILE *f;

    for (v = 0; v < r->full->num_vnodes; v++) {
        named[v] = r->full->vnodes[v].pnode.value;
        if (vnodes & vnuma__bit(v))
            r->full->vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
    }
    fits = vnodes && would_fit(r, &result);
    for (v = 0; v < r->full->num_vnodes; v++)
        r->full->vnodes[v].pnode.value = named[v];
    f = fits ? vnuma__print_begin(&out) : NULL;
    if (!f)
        return fits;
    fputs("with room:", f);
    while (vnodes) {
        v = vnuma__take_lowest(&vnodes);
        fprintf(f, " vnode %u on pnode %" PRIu32 "%s", v,
                number(r, result.pnode[v]), vnodes ? "," : "");
    }
    hint_end(r, &out);
    return true;
}

/* Of these vnodes at most so much; with vnuma="auto", of the guest. */
static void set_sizes(refusal *r, uint64_t vnodes, const uint64_t *had,
                      uint64_t memkb)
{
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++)
        if (vnodes & vnuma__bit(v))
            r->full->vnodes[v].memkb.value = memkb < had[v] ? memkb : had[v];
    if (r->full->vnuma_auto)
        r->full->maxmem_memkb.value = r->full->memory_memkb.value = memkb;
}

/*
 * The largest size with which the guest fits, if none of these vnodes is
 * larger.  A smaller one fits wherever a larger one does, so bisection works.
 * 0: there is none below the sizes of now.
 */
static uint64_t find_size(refusal *r, uint64_t vnodes)
{
    uint64_t had[VNUMA__MAX_VNODES] = { 0 }, low = 0, high, most = 0, middle;
    vnuma__result result;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++) {
        had[v] = r->full->vnodes[v].memkb.value;
        if ((vnodes & vnuma__bit(v)) && had[v] > most)
            most = had[v];
    }
    r->is_unsure = r->plan->gave_up;
    for (high = most / STEP_MEMKB; low < high && !r->rc;) {
        middle = low + (high - low + 1) / 2;
        set_sizes(r, vnodes, had, middle * STEP_MEMKB);
        if (would_fit(r, &result))
            low = middle;
        else
            high = middle - 1;
    }
    set_sizes(r, vnodes, had, UINT64_MAX);
    return low * STEP_MEMKB < most ? low * STEP_MEMKB : 0;
}

/* Vnode 0 needs memory beyond its video RAM. */
static bool advise_size(refusal *r, uint64_t vnodes)
{
    uint64_t mib = vnodes ? find_size(r, vnodes) / 1024 : 0;
    vnuma__print out;
    FILE *f;

    if (mib * 1024 <= (vnodes & 1 ? vnuma__guest_video_memkb(r->full) : 0))
        return false;
    f = vnuma__print_begin(&out);
    if (!f)
        return true;
    fputs(r->is_unsure ? "a " : "the largest ", f);
    if (r->full->vnuma_auto)
        fputs("guest that fits now has", f);
    else if (vnodes & (vnodes - 1))
        fputs("size of its vnodes with which the guest fits is", f);
    else
        fprintf(f, "size of vnode %u that fits is",
                vnuma__take_lowest(&vnodes));
    fprintf(f, " %" PRIu64 " MiB", mib);
    hint_end(r, &out);
    return true;
}

/*
 * The smallest change first: other pnodes, then less memory for the vnode
 * that does not fit, then less for all that have more.
 */
static void advise(refusal *r)
{
    uint64_t all = vnuma__lowest_bits(r->full->num_vnodes), named = 0;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++)
        named |= is_named(r, v) ? vnuma__bit(v) : 0;
    if (advise_pnodes(r, (r->no_pnode | r->no_memory) & named) || r->no_pnode)
        return;
    if ((r->no_memory & (r->no_memory - 1)) || !advise_size(r, r->no_memory))
        advise_size(r, all);
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
        .part = model->problem.building[most_used(&model->problem)],
    };

    /* Building grows with the guest: one vnode that is far too large would
     * make every pnode full. */
    look_at_all(&r, 0);
    if (!(r.no_pnode | r.no_memory))
        look_at_all(&r, r.part);
    if (model->is_undealt)
        deny_interleaved(&r);
    else if (plan->gave_up)
        DENY(&r, full->vnodes_span,
             "no placement was found before the search ended, and it is not "
             "proven that there is none");
    else
        deny_all(&r);
    if (!model->is_undealt)
        advise(&r);
    return r.rc ? r.rc : VNUMA_ERROR_NOFIT;
}
