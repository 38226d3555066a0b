/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place for a guest that is on its way; see landing.h. */
#include "config.h"

#include "plan/landing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "plan/landing_hmat.h"
#include "plan/plan_inside.h"

typedef struct {
    const vnuma_record *record;
    const char *name;
    const vnuma_topology *topology;
    const vnuma__landing_options *options;
    /* The record with the pnodes and membinds to try; the rest is borrowed. */
    vnuma_record trial;
    uint32_t pnodes[VNUMA_MAX_VNODES];
    vnuma_membind membinds[VNUMA_MAX_VNODES];
    vnuma_plan plan;
    /* Distances of the plan's pnodes, in rows as those of the record. */
    uint32_t here[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
    vnuma_diags *diags; /* what is to be said of the plan */
    bool is_one_of_many; /* it is followed by others if it does not fit */
} landing;

/* ---- the plan ----------------------------------------------------------- */

static bool is_interleaved(const vnuma_record *record, uint32_t v)
{
    const vnuma_membind *membind = &record->layout.membinds[v];

    return membind->policy == VNUMA_POLICY_INTERLEAVE && membind->num_pnodes;
}

/* Where the guest was told to go, or, if that can be, where it was. */
static int plan_landing(landing *l)
{
    bool is_bound = l->options->is_told || l->options->strict;
    vnuma_plan_options options = { .no_advice = l->is_one_of_many };
    vnuma_config config = { 0 };
    int rc;

    vnuma__plan_dispose(&l->plan);
    vnuma_diags_dispose(l->diags);
    rc = vnuma__record_to_config(&l->trial, l->name, is_bound, &config);
    if (!is_bound && !l->options->anywhere)
        vnuma_plan_options_prefer(&options, l->pnodes, config.num_vnodes);
    if (!rc)
        rc = vnuma__plan_build(&config, l->topology, &options, &l->plan,
                               l->diags);
    vnuma__config_dispose(&config);
    return rc;
}

/* ---- other pnodes for interleaved memory -------------------------------- */

/*
 * The planner takes those that a guest names.  A guest that lands on another
 * host, or on one that has less free memory, names the ones it had, so it
 * needs new ones: those of its own that have room, and the nearest others.
 */

/* What interleaved memory needs on each of so many pnodes, in KiB. */
static uint64_t part_memkb(uint64_t memkb, unsigned int num_pnodes)
{
    uint64_t row = VNUMA__CHUNK_MEMKB * num_pnodes;

    assert(num_pnodes);
    return (memkb + row - 1) / row * VNUMA__CHUNK_MEMKB;
}

/* Whether it is for us to say where a vnode's memory is interleaved. */
static bool is_ours_to_spread(const landing *l, uint32_t v)
{
    return is_interleaved(l->record, v) && !l->options->is_spread[v];
}

/*
 * One more pnode with room, by index; num_pnodes: there is none.  The nearest
 * to @near, of these the one with the most room.
 */
static unsigned int find_pnode(const landing *l, const vnuma_membind *old,
                               const vnuma_membind *taken, uint32_t near,
                               const uint64_t *free_memkb, uint64_t memkb)
{
    unsigned int i, best = l->topology->num_pnodes;
    uint32_t distance, least = 0;

    for (i = 0; i < l->topology->num_pnodes; i++) {
        const vnuma_pnode *pnode = &l->topology->pnodes[i];

        if (free_memkb[i] < memkb || vnuma__membind_has(taken, pnode->pnode))
            continue;
        if (vnuma__membind_has(old, pnode->pnode))
            return i;
        distance = vnuma_topology_distance(l->topology, near, pnode->pnode);
        if (!pnode->memkb ||
            (best < l->topology->num_pnodes &&
             (distance > least ||
              (distance == least && free_memkb[i] <= free_memkb[best]))))
            continue;
        best = i;
        least = distance;
    }
    return best;
}

/* Takes its part from @free_memkb.  False: there are not so many with room. */
static bool spread_vnode(const landing *l, uint32_t v, int more_pnodes,
                         uint64_t *free_memkb, vnuma_membind *new)
{
    const vnuma_membind *old = &l->record->layout.membinds[v];
    int wanted = (int)old->num_pnodes + more_pnodes;
    unsigned int i, num = wanted < 1 ? 1 : (unsigned int)wanted;
    uint64_t memkb = part_memkb(l->record->memkb[v], num);
    uint32_t near = l->pnodes[v];

    new->num_pnodes = 0;
    while (new->num_pnodes < num) {
        i = find_pnode(l, old, new, near, free_memkb, memkb);
        if (i == l->topology->num_pnodes)
            return false;
        free_memkb[i] -= memkb;
        new->pnodes[new->num_pnodes++] = l->topology->pnodes[i].pnode;
        near = new->pnodes[0];
    }
    return true;
}

/*
 * Plans with each vnode's memory on so many more pnodes than it had; less than
 * 0: on fewer, but on one at least.
 */
static int try_spread(landing *l, int more_pnodes)
{
    uint64_t free_memkb[VNUMA_MAX_PNODES] = { 0 };
    vnuma_membind spreads[VNUMA_MAX_VNODES];
    uint32_t v, n = l->record->layout.num_vnodes;
    unsigned int i;

    memcpy(spreads, l->membinds, n * sizeof(*spreads));
    if (l->topology->num_pnodes > VNUMA_MAX_PNODES)
        return VNUMA_ERROR_NOFIT;
    for (i = 0; i < l->topology->num_pnodes; i++)
        if (l->topology->pnodes[i].free_memkb != VNUMA_MEMKB_UNKNOWN)
            free_memkb[i] = l->topology->pnodes[i].free_memkb;
    for (v = 0; v < n; v++)
        if (is_ours_to_spread(l, v) &&
            !spread_vnode(l, v, more_pnodes, free_memkb, &spreads[v]))
            return VNUMA_ERROR_NOFIT;
    memcpy(l->membinds, spreads, n * sizeof(*spreads));
    return plan_landing(l);
}

/* Of how many pnodes at most the memory is that is ours to spread; 0: none. */
static int most_spread(const landing *l)
{
    int most = 0, num;
    uint32_t v;

    for (v = 0; v < l->record->layout.num_vnodes; v++) {
        num = (int)l->record->layout.membinds[v].num_pnodes;
        if (is_ours_to_spread(l, v) && num > most)
            most = num;
    }
    return most;
}

/*
 * On the pnodes that it had, else on as many others, on more, on fewer.  What
 * would fit is sought, and said, for the last that was tried only.
 */
static int find_landing(landing *l)
{
    int most = l->options->strict ? 0 : most_spread(l), more;
    int max = (int)l->topology->num_pnodes, rc;

    l->is_one_of_many = most;
    rc = plan_landing(l);
    for (more = 0; most && more < max && rc == VNUMA_ERROR_NOFIT; more++)
        rc = try_spread(l, more);
    for (more = 1; more < most && rc == VNUMA_ERROR_NOFIT; more++)
        rc = try_spread(l, -more);
    l->is_one_of_many = false;
    return most && rc == VNUMA_ERROR_NOFIT ? plan_landing(l) : rc;
}

/* ---- what is said of it ------------------------------------------------- */

/* The host's distances between the pnodes that the vnodes get. */
static void find_distances(landing *l)
{
    uint32_t from, to, n = l->plan.num_vnodes;

    for (from = 0; from < n; from++)
        for (to = 0; to < n; to++)
            l->here[from * n + to] =
                vnuma__min(vnuma_topology_distance(l->topology,
                                                   l->plan.vnodes[from].pnode,
                                                   l->plan.vnodes[to].pnode),
                           VNUMA_DISTANCE_UNREACHABLE);
}

#define REASON_MAX 128

/* Why it does not stay on a pnode that it had. */
static void find_reason(const landing *l, uint32_t v, uint32_t old,
                        char reason_r[REASON_MAX])
{
    const vnuma_pnode *pnode = vnuma_topology_find(l->topology, old);
    uint64_t memkb = l->record->memkb[v];
    bool is_its_pnode = old == l->record->layout.vnode_to_pnode[v];

    if (is_interleaved(l->record, v))
        memkb = part_memkb(memkb, l->record->layout.membinds[v].num_pnodes);
    if (!pnode)
        snprintf(reason_r, REASON_MAX, "there is no pnode %" PRIu32 " here",
                 old);
    else if (is_its_pnode && !vnuma_bitmap_count(&pnode->pcpus) &&
             vnuma_bitmap_count(&l->plan.vnodes[v].vcpus))
        snprintf(reason_r, REASON_MAX, "pnode %" PRIu32 " here has no CPUs",
                 old);
    else if (pnode->free_memkb < memkb)
        snprintf(reason_r, REASON_MAX,
                 "pnode %" PRIu32 " here is full (%" PRIu64
                 " MiB free, %" PRIu64 " needed)",
                 old, pnode->free_memkb / 1024, vnuma__mib_up(memkb));
    else
        snprintf(reason_r, REASON_MAX,
                 "not all of the guest fits on its old pnodes");
}

static void tell_move(landing *l, uint32_t v)
{
    uint32_t to_first = v * l->plan.num_vnodes;
    uint32_t here = l->here[to_first];
    uint32_t believed = l->record->layout.distances[to_first];
    char reason[REASON_MAX], distance[80] = "";

    find_reason(l, v, l->record->layout.vnode_to_pnode[v], reason);
    if (v && here != believed)
        snprintf(distance, sizeof(distance),
                 "; distance to vnode 0 is %" PRIu32
                 ", the guest believes %" PRIu32,
                 here, believed);
    vnuma__note(l->diags, "moved", VNUMA__NOWHERE,
                "vnode %" PRIu32 ": %s, goes to pnode %" PRIu32 "%s", v,
                reason, l->plan.vnodes[v].pnode, distance);
}

/* "10,21 / 21,10" */
static char *format_matrix(const uint32_t *distances, uint32_t n)
{
    vnuma__print out;
    uint32_t i;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    for (i = 0; i < n * n; i++)
        fprintf(f, "%s%" PRIu32, !i ? "" : i % n ? "," : " / ", distances[i]);
    return vnuma__print_end(&out, false);
}

/*
 * A guest that was told something else than the host has, from the beginning,
 * was told so on purpose.
 */
static void tell_distances(landing *l)
{
    const uint32_t *told = l->record->layout.distances;
    uint32_t n = l->plan.num_vnodes;
    size_t size = (size_t)n * n * sizeof(*told);
    char *here, *believed;

    if (!memcmp(l->here, told, size) ||
        !memcmp(l->here, l->record->host_distances, size))
        return;
    here = format_matrix(l->here, n);
    believed = format_matrix(told, n);
    vnuma__warning(l->diags, "slit-differs", VNUMA__NOWHERE,
                   "the guest's SLIT says %s, its pnodes here are at %s; a "
                   "guest that runs cannot be told again",
                   believed ? believed : "?", here ? here : "?");
    free(here);
    free(believed);
}

/* Of interleaved memory: that there is a pnode that it is no longer on. */
static void tell_spread(landing *l, uint32_t v)
{
    const vnuma_membind *old = &l->record->layout.membinds[v];
    const vnuma_membind *new = &l->plan.vnodes[v].membind;
    char reason[REASON_MAX], *membind;
    unsigned int i = 0;

    while (i < old->num_pnodes && vnuma__membind_has(new, old->pnodes[i]))
        i++;
    if (i == old->num_pnodes && i == new->num_pnodes)
        return;
    find_reason(l, v, old->pnodes[i < old->num_pnodes ? i : 0], reason);
    membind = vnuma_membind_format(new);
    vnuma__note(l->diags, "moved", VNUMA__NOWHERE,
                "vnode %" PRIu32 ": %s, its memory is interleaved over pnodes "
                "%s",
                v, reason, membind ? strchr(membind, ':') + 1 : "?");
    free(membind);
}

static void tell_flow(landing *l, uint32_t v)
{
    const vnuma_plan_vnode *vnode = &l->plan.vnodes[v];
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode != vnode->pnode)
            vnuma__note(l->diags, "moved", VNUMA__NOWHERE,
                        "vnode %" PRIu32 ": %" PRIu64 " MiB go to pnode "
                        "%" PRIu32 ", for which pnode %" PRIu32
                        " here has no room",
                        v, vnuma__mib_up(vnode->parts[i].memkb),
                        vnode->parts[i].pnode, vnode->pnode);
}

static void tell_vnode(landing *l, uint32_t v)
{
    bool is_asked = l->options->is_told || l->options->anywhere;

    if (!is_asked &&
        l->plan.vnodes[v].pnode != l->record->layout.vnode_to_pnode[v])
        tell_move(l, v);
    if (l->plan.vnodes[v].membind.policy == VNUMA_POLICY_PREFERRED)
        tell_flow(l, v);
    else if (is_ours_to_spread(l, v) && !l->options->anywhere)
        tell_spread(l, v);
}

/* Xen takes guests of older releases only; xl finds that out half-way. */
static bool is_from_newer(landing *l)
{
    const uint32_t *theirs = l->record->xen;
    uint32_t ours[2];

    vnuma__record_xen_of(l->topology, ours);
    if (!ours[0] || theirs[0] < ours[0] ||
        (theirs[0] == ours[0] && theirs[1] <= ours[1]))
        return false;
    vnuma__error(l->diags, "newer-xen", VNUMA__NOWHERE,
                 "the guest comes from Xen %" PRIu32 ".%" PRIu32
                 ", this host has Xen %" PRIu32 ".%" PRIu32
                 ": a guest cannot go to an older release",
                 theirs[0], theirs[1], ours[0], ours[1]);
    vnuma__hint(l->diags, "upgrade this host first, or start the guest here "
                          "from its file");
    return true;
}

int vnuma__landing_plan(vnuma_record *record, const char *name,
                        const vnuma__landing_options *options,
                        const vnuma_topology *topology, vnuma_diags *diags)
{
    landing l = {
        .record = record,
        .name = name,
        .topology = topology,
        .options = options,
        .trial = *record,
        .diags = diags,
    };
    uint32_t v, n = record->layout.num_vnodes;
    int rc;

    memcpy(l.pnodes, record->layout.vnode_to_pnode, n * sizeof(*l.pnodes));
    memcpy(l.membinds, record->layout.membinds, n * sizeof(*l.membinds));
    for (v = 0; options->is_told && v < n; v++) {
        l.pnodes[v] = options->pnodes[v];
        if (options->is_spread[v]) {
            l.membinds[v] = options->spreads[v];
            l.membinds[v].policy = VNUMA_POLICY_INTERLEAVE;
        }
    }
    l.trial.layout.vnode_to_pnode = l.pnodes;
    l.trial.layout.membinds = l.membinds;
    rc = is_from_newer(&l) ? VNUMA_ERROR_CONFIG : 0;
    if (!rc)
        rc = find_landing(&l);
    if (!rc) {
        find_distances(&l);
        for (v = 0; v < n; v++)
            tell_vnode(&l, v);
        tell_distances(&l);
        vnuma__landing_tell_hmat(record, &l.plan, topology, diags);
        vnuma_record_set_plan(record, &l.plan);
    }
    if (!rc && options->flight)
        vnuma__flight_of(&l.plan, name, options->flight);
    vnuma__plan_dispose(&l.plan);
    return rc;
}
