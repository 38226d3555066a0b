/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a guest does not fit, and the smallest change after which it would.
 * Which vnode is the reason is not always clear when pnodes can be chosen.
 * Here those with a named pnode are put there, in order; what then does not
 * fit anywhere even without the other open vnodes is reported, of the open
 * ones the first.  If all do, the guest is.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <string.h>

#include "base/print.h"
#include "guest/build_cost.h"
#include "host/kvm_host.h"

#define TRY_STEPS (VNUMA__STEPS / 64) /* of a search for advice */

typedef struct {
    const vnuma_config *full;
    const vnuma__model *model;
    const vnuma_plan_options *options;
    vnuma_diags *diags;
    uint64_t part;                   /* KiB of building, for each pnode used */
    /* Left by the vnodes that fit, by memory. */
    int64_t room[VNUMA__MAX_MEMORIES][VNUMA__MAX_PNODES];
    uint64_t shorts;                 /* vnodes that do not, */
    uint8_t closest[VNUMA__MAX_VNODES]; /* where they come closest, */
    int64_t found[VNUMA__MAX_VNODES];   /* and the room there */
    bool is_unsure; /* some search for advice did not end */
    int rc;
} refusal;

static bool is_named(const refusal *r, unsigned int v)
{
    return r->full->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
}

static bool is_known(const refusal *r, unsigned int p)
{
    return r->model->topology->pnodes[p].free_memkb != VNUMA_MEMKB_UNKNOWN;
}

#define DENY(r, span, ...)                                                    \
    vnuma__error((r)->diags, "no-fit", span, __VA_ARGS__)

/* ---- which vnodes do not fit -------------------------------------------- */

static void look_at(refusal *r, unsigned int v, uint64_t part)
{
    unsigned int k = r->model->problem.memory[v];
    int64_t need = (int64_t)(r->model->problem.need[v] + (k ? 0 : part));
    uint64_t places = r->model->problem.allowed[v];
    unsigned int best = VNUMA__NO_PNODE, p;

    while (places) {
        p = vnuma__take_lowest(&places);
        if (best == VNUMA__NO_PNODE || r->room[k][p] > r->room[k][best])
            best = p;
    }
    r->closest[v] = (uint8_t)best;
    if (best != VNUMA__NO_PNODE)
        r->found[v] = r->room[k][best];
    if (best == VNUMA__NO_PNODE || r->room[k][best] < need)
        r->shorts |= vnuma__bit(v);
    else if (is_named(r, v))
        r->room[k][best] -= (int64_t)r->model->problem.need[v];
}

/* When building takes so much of each pnode; those with a pnode first. */
static void look_at_all(refusal *r, uint64_t part)
{
    unsigned int i, v;

    memcpy(r->room, r->model->problem.room, sizeof(r->room));
    for (i = 0; i < 2; i++)
        for (v = 0; v < r->model->problem.num_vnodes; v++)
            if (is_named(r, v) == !i)
                look_at(r, v, part);
}

/* ---- what is said ------------------------------------------------------- */

/* The place in the file that says how much memory a vnode has. */
static vnuma_span size_span(const vnuma_config *config, unsigned int v)
{
    const vnuma_vnode *vnode = &config->vnodes[v];

    if (vnuma__is_given(vnode->memkb.span))
        return vnode->memkb.span;
    return vnuma__is_given(vnode->span) ? vnode->span : config->vnodes_span;
}

/* The size of the last vnode with memory that is dealt to a pnode. */
static vnuma_span span_of_dealt(const vnuma_config *full, uint32_t pnode)
{
    vnuma_span span = full->policies.span;
    unsigned int v;

    for (v = 0; v < full->num_vnodes; v++) {
        const vnuma_policy_item *item = vnuma__policy_of(full, v);

        if (item && item->policy == VNUMA_POLICY_INTERLEAVE &&
            vnuma_bitmap_test(&item->pnodes, pnode))
            span = size_span(full, v);
    }
    return span;
}

/* @has: KiB of huge pages that there are on pnode p, or on all: num_pnodes. */
static void deny_pages(refusal *r, vnuma_span span, const char *what,
                       unsigned int k, unsigned int p, uint64_t need,
                       int64_t has)
{
    const vnuma__model *m = r->model;
    uint64_t page_kb = m->page_kb[k], num = need / page_kb;
    uint64_t is_free = has > 0 ? (uint64_t)has / page_kb : 0;
    char where[32] = "in all";

    if (p < m->problem.num_pnodes)
        snprintf(where, sizeof(where), "on pnode %" PRIu32,
                 m->topology->pnodes[p].pnode);
    if (num > is_free)
        DENY(r, span,
             "%s needs %" PRIu64 " huge pages of %s %s, %" PRIu64
             " free, %" PRIu64 " missing",
             what, num, vnuma__page_size_of(page_kb).s, where, is_free,
             num - is_free);
    else
        DENY(r, span,
             "%s needs %" PRIu64 " huge pages of %s; %" PRIu64
             " are free %s, but no pnodes hold its vnodes as they are",
             what, num, vnuma__page_size_of(page_kb).s, is_free, where);
}

/* False: it has room. */
static bool deny_interleaved(refusal *r)
{
    const vnuma__model *m = r->model;
    bool is_denied = false;
    unsigned int p, k;

    for (k = 1; k < m->num_memories; k++)
        for (p = 0; p < m->problem.num_pnodes; p++) {
            if (!m->dealt[k][p] || m->problem.room[k][p] >= 0)
                continue;
            is_denied = true;
            deny_pages(r, span_of_dealt(r->full, m->topology->pnodes[p].pnode),
                       "interleaved memory", k, p, m->dealt[k][p],
                       m->problem.room[k][p] + (int64_t)m->dealt[k][p]);
        }
    for (p = 0; p < m->problem.num_pnodes; p++) {
        uint64_t need = vnuma__mib_up(m->dealt[0][p] + m->reserve[p]);
        uint64_t is_free = m->free[p] / 1024;
        uint32_t pnode = m->topology->pnodes[p].pnode;

        if (!m->dealt[0][p] || m->problem.room[0][p] >= 0)
            continue;
        is_denied = true;
        if (is_known(r, p))
            DENY(r, span_of_dealt(r->full, pnode),
                 "interleaved memory needs %" PRIu64 " MiB on pnode %" PRIu32
                 ", %" PRIu64 " MiB free, %" PRIu64 " MiB missing",
                 need, pnode, is_free, need - is_free);
        else
            DENY(r, span_of_dealt(r->full, pnode),
                 "interleaved memory needs %" PRIu64 " MiB on pnode %" PRIu32
                 ", of which it is not known how much is free",
                 need, pnode);
    }
    return is_denied;
}

/* There is no pnode where it may be, or not the one that it names. */
static void deny_everywhere(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    vnuma_number named = r->full->vnodes[v].pnode;
    unsigned int p = vnuma__pnode_index(m->topology, named.value);

    if (!is_named(r, v))
        DENY(r, size_span(r->full, v),
             m->may_run[v]
                 ? "vnode %u: no pnode on which each of its vcpus may run has "
                   "memory"
                 : "vnode %u: there is no pnode for it on which cpus= and "
                   "pool= let each of its vcpus run", v);
    else if (p == m->problem.num_pnodes)
        DENY(r, named.span, "vnode %u: the host has no pnode %" PRIu64, v,
             named.value);
    else if (m->may_run[v] >> p & 1)
        DENY(r, named.span, "vnode %u: pnode %" PRIu64 " has no memory", v,
             named.value);
    else
        DENY(r, named.span,
             "vnode %u: cpus= and pool= do not let each of its vcpus run on "
             "pnode %" PRIu64, v, named.value);
}

static void deny_vnode(refusal *r, unsigned int v)
{
    const vnuma__model *m = r->model;
    vnuma_span span = size_span(r->full, v);
    unsigned int p = r->closest[v], k = m->problem.memory[v];
    uint64_t need, is_free;
    char what[48];

    if (p == VNUMA__NO_PNODE) {
        deny_everywhere(r, v);
        return;
    }
    if (k) {
        snprintf(what, sizeof(what), "vnode %u%s", v,
                 is_named(r, v) ? "" : ", where most are,");
        deny_pages(r, span, what, k, p,
                   m->problem.need[v] + m->problem.flows[v], r->found[v]);
        return;
    }
    if (!is_known(r, p)) {
        DENY(r, span,
             "vnode %u: how much memory is free on pnode %" PRIu32
             " is not known",
             v, m->topology->pnodes[p].pnode);
        return;
    }
    need = vnuma__mib_up(m->problem.need[v] + m->problem.flows[v] + r->part +
                         m->reserve[p]);
    is_free = r->found[v] + (int64_t)m->reserve[p] > 0
                  ? ((uint64_t)r->found[v] + m->reserve[p]) / 1024
                  : 0;
    DENY(r, span,
         "vnode %u: %" PRIu64 " MiB on pnode %" PRIu32 "%s needs %" PRIu64
         " MiB with building cost%s, %" PRIu64 " MiB free, %" PRIu64
         " MiB missing",
         v, vnuma__mib_up(m->guest[v]), m->topology->pnodes[p].pnode,
         is_named(r, v) ? "" : ", which has most room,", need,
         m->reserve[p] ? " and reserve" : "", is_free, need - is_free);
}

/* All that it needs, and all that is free where it may be. */
static void deny_guest(refusal *r)
{
    const vnuma__model *m = r->model;
    uint64_t need[VNUMA__MAX_MEMORIES] = {
        vnuma__special_memkb(m->config) + m->problem.building[1]
    };
    uint64_t is_free[VNUMA__MAX_MEMORIES] = { 0 };
    uint64_t may_be[VNUMA__MAX_MEMORIES] = { 0 };
    bool are_known = true;
    unsigned int v, p, k;

    for (v = 0; v < m->problem.num_vnodes; v++) {
        k = m->problem.memory[v];
        need[k] += k ? m->problem.need[v] + m->problem.flows[v] : m->guest[v];
        may_be[k] |= !m->problem.flows[v]  ? m->problem.allowed[v]
                     : m->problem.within[v] ? m->problem.within[v]
                                            : ~m->memoryless;
    }
    for (k = 0; k < m->num_memories; k++)
        for (p = 0; p < m->problem.num_pnodes; p++) {
            if ((may_be[k] >> p & 1) && m->problem.room[k][p] > 0)
                is_free[k] += (uint64_t)m->problem.room[k][p];
            are_known &= k || !(may_be[k] >> p & 1) || is_known(r, p);
        }
    for (k = 1; k < m->num_memories; k++)
        if (need[k] > is_free[k] || (need[k] && !need[0])) {
            deny_pages(r, r->full->vnodes_span, "the guest", k,
                       m->problem.num_pnodes, need[k], (int64_t)is_free[k]);
            return;
        }
    DENY(r, r->full->vnodes_span,
         "the guest needs %" PRIu64 " MiB with building cost; %" PRIu64
         " MiB are free in all where it may be%s, and no pnodes hold its "
         "vnodes%s",
         vnuma__mib_up(need[0]), is_free[0] / 1024,
         are_known ? "" : " as far as is known",
         need[0] > is_free[0] ? "" : " as they are");
}

/* Of the open vnodes the first is enough; with "auto" it is the guest. */
static void deny_all(refusal *r)
{
    bool is_said = r->full->vnuma_auto, is_denied = false;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++)
        if (r->shorts >> v & 1) {
            if (is_named(r, v) || !is_said ||
                r->closest[v] == VNUMA__NO_PNODE) {
                deny_vnode(r, v);
                is_denied = true;
            }
            is_said |= !is_named(r, v);
        }
    if (!is_denied)
        deny_guest(r);
}

/* ---- what would help ---------------------------------------------------- */

/*
 * Where the guest would be if these vnodes named no pnode, and none had more
 * memory than this; with vnuma="auto", if the guest had no more.
 */
static vnuma__result try_change(refusal *r, uint64_t open, uint64_t most_memkb)
{
    vnuma_vnode vnodes[VNUMA_MAX_VNODES];
    vnuma_config changed = *r->full;
    vnuma__attempt attempt;
    vnuma_diags diags = { 0 };
    unsigned int v;

    for (v = 0; v < changed.num_vnodes; v++) {
        vnodes[v] = changed.vnodes[v];
        if (open >> v & 1)
            vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
        if (vnodes[v].memkb.value > most_memkb)
            vnodes[v].memkb.value = most_memkb;
    }
    changed.vnodes = vnodes;
    if (changed.vnuma_auto)
        changed.maxmem_memkb.value = changed.memory_memkb.value = most_memkb;
    r->rc = vnuma__attempt_init(&attempt, &changed, r->model->topology,
                                r->options, TRY_STEPS, &diags);
    r->is_unsure |= attempt.result.gave_up;
    vnuma_diags_dispose(&diags);
    vnuma__attempt_dispose(&attempt);
    return attempt.result;
}

/*
 * The largest size with which the guest fits, if no vnode is larger.  A
 * smaller one fits wherever a larger one does, so bisection works.  Vnode 0
 * needs memory beyond its video RAM.
 */
static void advise_size(refusal *r)
{
    uint64_t low = 0, high = 0, middle;
    unsigned int v;

    for (v = 0; v < r->full->num_vnodes; v++)
        if (r->full->vnodes[v].memkb.value / VNUMA__CHUNK_MEMKB > high)
            high = r->full->vnodes[v].memkb.value / VNUMA__CHUNK_MEMKB;
    while (low < high && !r->rc) {
        middle = low + (high - low + 1) / 2;
        if (try_change(r, 0, middle * VNUMA__CHUNK_MEMKB).feasible)
            low = middle;
        else
            high = middle - 1;
    }
    if (low * VNUMA__CHUNK_MEMKB > vnuma__guest_video_memkb(r->full))
        vnuma__hint(r->diags, "%s size of %s that fits is %" PRIu64 " MiB",
                    r->is_unsure ? "a" : "the largest",
                    r->full->vnuma_auto ? "the guest" : "its vnodes",
                    low * VNUMA__CHUNK_MEMKB / 1024);
}

static void refuse(refusal *r, bool gave_up)
{
    const vnuma__problem *problem = &r->model->problem;
    uint64_t any = 0, named = 0;
    unsigned int v, num;

    for (v = 0; v < problem->num_vnodes; v++) {
        any |= problem->allowed[v];
        named |= is_named(r, v) ? vnuma__bit(v) : 0;
    }
    num = __builtin_popcountll(any);
    r->part = problem->building[num < v ? num : v];
    /* Building grows with the guest: one vnode that is far too large would
     * make every pnode full. */
    look_at_all(r, 0);
    if (!r->shorts)
        look_at_all(r, r->part);
    if (gave_up)
        DENY(r, r->full->vnodes_span,
             "no placement was found before the search ended, and it is not "
             "proven that there is none");
    else
        deny_all(r);
    if (r->options && r->options->no_advice)
        return;
    /* Other pnodes are a smaller change than less memory. */
    named &= r->shorts;
    if (named && try_change(r, named, UINT64_MAX).feasible)
        vnuma__hint(r->diags, "with pnode=auto it would fit");
    else
        advise_size(r);
}

/* What check says too, and a saved guest may have. */
static void deny_before(refusal *r)
{
    const vnuma_policies *policies = &r->full->policies;
    unsigned int i, before = r->diags->num_items;
    uint32_t pnode;

    for (i = 0; i < policies->num_items; i++)
        VNUMA_BITMAP_FOREACH(pnode, &policies->items[i].pnodes)
            if (!vnuma_topology_find(r->model->topology, pnode))
                DENY(r, policies->items[i].pnodes_span,
                     "interleave= names pnode %" PRIu32
                     ", which the host does not have", pnode);
    if (r->diags->num_items == before)
        DENY(r, r->full->vnodes_span,
             "there is nothing to place: the guest has no vnodes or too many, "
             "or a vnode does not have one distance per vnode");
}

int vnuma__plan_refuse(vnuma_plan *plan, const vnuma__attempt *attempt,
                       const vnuma_plan_options *options, vnuma_diags *diags,
                       int rc)
{
    refusal r = {
        .full = &attempt->full,
        .model = &attempt->model,
        .options = options,
        .diags = diags,
        .is_unsure = plan->gave_up,
    };
    unsigned int i = diags->num_items;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return VNUMA_ERROR_NOMEM;
    if (rc)
        deny_before(&r);
    else if (!deny_interleaved(&r))
        refuse(&r, plan->gave_up);
    for (; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        fprintf(f, "%s%c", diag->message, '\0');
        if (diag->hint)
            fprintf(f, "%s%c", diag->hint, '\0');
    }
    plan->reasons = vnuma__print_end(&out, r.rc);
    return plan->reasons ? VNUMA_ERROR_NOFIT : VNUMA_ERROR_NOMEM;
}
