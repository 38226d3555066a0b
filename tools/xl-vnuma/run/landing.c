/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place for a guest that is on its way; see landing.h. */
#include "config.h"

#include "run/landing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/print.h"
#include "cli/cli.h"
#include "plan/plan_inside.h"

typedef struct {
    const vnuma_record *record;
    const char *name;
    const vnuma_topology *topology;
    const landing_options *options;
    const uint32_t *old; /* pnodes that it had, or shall have by --pnodes */
    landing_pnodes given;                 /* by --pnodes */
    vnuma_membind spread[VNUMA_MAX_VNODES]; /* of interleaved memory, to try */
    vnuma_plan plan;
    vnuma_diags diags; /* what is to be said of the plan */
} landing;

/* ---- the plan ----------------------------------------------------------- */

static int set_spread(const landing *l, uint32_t v, vnuma_config *config)
{
    vnuma_bitmap *pnodes;
    unsigned int i;
    int rc = 0;

    if (!landing_is_spread(l->record, v))
        return 0;
    pnodes = &config->policies.items[v].pnodes;
    vnuma_bitmap_dispose(pnodes);
    for (i = 0; i < l->spread[v].num_pnodes && !rc; i++)
        rc = vnuma_bitmap_set(pnodes, l->spread[v].pnodes[i]);
    return rc;
}

/* Where the guest was told to go, or, if that can be, where it was. */
static int plan_landing(landing *l)
{
    bool is_bound = l->options->pnodes || l->options->strict;
    vnuma_plan_options options = { .num_reserves = 0 };
    vnuma_config config;
    uint32_t v;
    int rc;

    vnuma__config_init(&config);
    vnuma__plan_dispose(&l->plan);
    vnuma_diags_dispose(&l->diags);
    rc = vnuma__record_to_config(l->record, l->name, false, &config);
    for (v = 0; !rc && v < config.num_vnodes; v++) {
        if (is_bound)
            config.vnodes[v].pnode.value = l->old[v];
        rc = set_spread(l, v, &config);
    }
    if (!is_bound && !l->options->anywhere)
        vnuma_plan_options_prefer(&options, l->old, config.num_vnodes);
    if (!rc)
        rc = vnuma__plan_build(&config, l->topology, &options, &l->plan,
                               &l->diags);
    vnuma__config_dispose(&config);
    return rc;
}

static int try_spread(landing *l, int more_pnodes)
{
    if (!landing_spread(l->record, l->topology, more_pnodes, &l->given,
                        l->spread))
        return VNUMA_ERROR_NOFIT;
    return plan_landing(l);
}

/* The most pnodes of a vnode whose memory may be spread again. */
static int most_spread(const landing *l)
{
    unsigned int most = 0;
    uint32_t v;

    for (v = 0; v < l->record->layout.num_vnodes; v++)
        if (landing_is_spread(l->record, v) &&
            !l->given.spread[v].num_pnodes &&
            l->record->layout.membinds[v].num_pnodes > most)
            most = l->record->layout.membinds[v].num_pnodes;
    return (int)most;
}

/* On as many pnodes as before, else on more, else on fewer. */
static int spread_again(landing *l)
{
    int most = most_spread(l), max = (int)l->topology->num_pnodes, more;
    int rc = VNUMA_ERROR_NOFIT;

    for (more = 0; most && more < max && rc == VNUMA_ERROR_NOFIT; more++)
        rc = try_spread(l, more);
    for (more = 1; more < most && rc == VNUMA_ERROR_NOFIT; more++)
        rc = try_spread(l, -more);
    return rc;
}

static void take_spreads(landing *l)
{
    uint32_t v;

    for (v = 0; v < l->record->layout.num_vnodes; v++)
        l->spread[v] = l->given.spread[v].num_pnodes
                           ? l->given.spread[v]
                           : l->record->layout.membinds[v];
}

static int choose(landing *l, int *rc_r)
{
    const landing_options *options = l->options;
    int code;

    l->old = l->record->layout.vnode_to_pnode;
    if (options->pnodes) {
        code = landing_parse_pnodes(l->record, options->pnodes, &l->given);
        if (code)
            return code;
        l->old = l->given.pnodes;
    }
    take_spreads(l);
    *rc_r = plan_landing(l);
    if (*rc_r == VNUMA_ERROR_NOFIT && !options->strict)
        *rc_r = spread_again(l);
    return CLI_OK;
}

/* ---- what is said of it ------------------------------------------------- */

static uint32_t distance_here(const landing *l, uint32_t from, uint32_t to)
{
    uint32_t distance = vnuma_topology_distance(
        l->topology, l->plan.vnodes[from].pnode, l->plan.vnodes[to].pnode);

    return distance < VNUMA_DISTANCE_UNREACHABLE ? distance
                                                 : VNUMA_DISTANCE_UNREACHABLE;
}

static uint32_t distance_believed(const landing *l, uint32_t from, uint32_t to)
{
    const vnuma__layout *layout = &l->record->layout;

    return layout->distances[from * layout->num_vnodes + to];
}

/* What it needs on each pnode that it is on. */
static uint64_t needed_memkb(const landing *l, uint32_t v)
{
    uint64_t memkb = l->record->memkb[v];

    return landing_is_spread(l->record, v)
               ? landing_spread_memkb(memkb,
                                      l->record->layout.membinds[v].num_pnodes)
               : memkb;
}

/* Why it does not stay on a pnode that it had. */
static char *reason_to_move(const landing *l, uint32_t v, uint32_t old)
{
    const vnuma_pnode *pnode = vnuma_topology_find(l->topology, old);
    uint64_t memkb = needed_memkb(l, v);
    bool is_its_pnode = old == l->record->layout.vnode_to_pnode[v];
    char *text;
    int r;

    if (!pnode)
        r = asprintf(&text, "there is no pnode %" PRIu32 " here", old);
    else if (is_its_pnode && !vnuma_bitmap_count(&pnode->pcpus) &&
             vnuma_bitmap_count(&l->plan.vnodes[v].vcpus))
        r = asprintf(&text, "pnode %" PRIu32 " here has no CPUs", old);
    else if (pnode->free_memkb < memkb)
        r = asprintf(&text,
                     "pnode %" PRIu32 " here is full (%" PRIu64
                     " MiB free, %" PRIu64 " needed)",
                     old, pnode->free_memkb / 1024, (memkb + 1023) / 1024);
    else
        r = asprintf(&text, "not all of the guest fits on its old pnodes");
    return r < 0 ? NULL : text;
}

static void tell_move(landing *l, uint32_t v)
{
    char *reason =
        reason_to_move(l, v, l->record->layout.vnode_to_pnode[v]);
    uint32_t here = v ? distance_here(l, v, 0) : 0;
    uint32_t believed = v ? distance_believed(l, v, 0) : 0;

    if (v && here != believed)
        vnuma__note(&l->diags, "moved", VNUMA__NOWHERE,
                    "vnode %" PRIu32 ": %s, goes to pnode %" PRIu32
                    "; distance to vnode 0 is %" PRIu32
                    ", the guest believes %" PRIu32,
                    v, reason ? reason : "", l->plan.vnodes[v].pnode, here,
                    believed);
    else
        vnuma__note(&l->diags, "moved", VNUMA__NOWHERE,
                    "vnode %" PRIu32 ": %s, goes to pnode %" PRIu32, v,
                    reason ? reason : "", l->plan.vnodes[v].pnode);
    free(reason);
}

typedef uint32_t distance_fn(const landing *l, uint32_t from, uint32_t to);

/* "10,21 / 21,10" */
static char *format_matrix(const landing *l, distance_fn *distance)
{
    uint32_t from, to, n = l->plan.num_vnodes;
    vnuma__print out;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    for (from = 0; from < n; from++)
        for (to = 0; to < n; to++)
            fprintf(f, "%s%" PRIu32,
                    to     ? ","
                    : from ? " / "
                           : "",
                    distance(l, from, to));
    return vnuma__print_end(&out, false);
}

/*
 * A guest that was told something else than the host has, from the beginning,
 * was told so on purpose.
 */
static bool is_contradicted(const landing *l)
{
    const vnuma_record *record = l->record;
    uint32_t from, to, n = l->plan.num_vnodes;
    bool from_told = false, from_before = false;

    for (from = 0; from < n; from++)
        for (to = 0; to < n; to++) {
            uint32_t here = distance_here(l, from, to);

            from_told |= here != distance_believed(l, from, to);
            from_before |= here != record->host_distances[from * n + to];
        }
    return from_told && from_before;
}

static void tell_distances(landing *l)
{
    char *here, *believed;

    if (!is_contradicted(l))
        return;
    here = format_matrix(l, distance_here);
    believed = format_matrix(l, distance_believed);
    vnuma__warning(&l->diags, "slit-differs", VNUMA__NOWHERE,
                   "the guest's SLIT says %s, its pnodes here are at %s; a "
                   "guest that runs cannot be told again",
                   believed ? believed : "?", here ? here : "?");
    free(here);
    free(believed);
}

/* Of interleaved memory: the first pnode that it is no longer on. */
static bool find_left(const landing *l, uint32_t v, uint32_t *pnode_r)
{
    const vnuma_membind *old = &l->record->layout.membinds[v];
    unsigned int i;

    for (i = 0; i < old->num_pnodes; i++)
        if (!vnuma__membind_has(&l->plan.vnodes[v].membind, old->pnodes[i])) {
            *pnode_r = old->pnodes[i];
            return true;
        }
    return l->plan.vnodes[v].membind.num_pnodes != old->num_pnodes;
}

static void tell_spread(landing *l, uint32_t v)
{
    uint32_t left = l->record->layout.membinds[v].pnodes[0];
    char *reason, *membind;

    if (!find_left(l, v, &left))
        return;
    reason = reason_to_move(l, v, left);
    membind = vnuma_membind_format(&l->plan.vnodes[v].membind);
    vnuma__note(&l->diags, "moved", VNUMA__NOWHERE,
                "vnode %" PRIu32 ": %s, its memory is interleaved over pnodes "
                "%s",
                v, reason ? reason : "",
                membind ? strchr(membind, ':') + 1 : "?");
    free(reason);
    free(membind);
}

static void tell_flow(landing *l, uint32_t v)
{
    const vnuma_plan_vnode *vnode = &l->plan.vnodes[v];
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode != vnode->pnode)
            vnuma__note(&l->diags, "moved", VNUMA__NOWHERE,
                        "vnode %" PRIu32 ": %" PRIu64 " MiB go to pnode "
                        "%" PRIu32 ", for which pnode %" PRIu32
                        " here has no room",
                        v, (vnode->parts[i].memkb + 1023) / 1024,
                        vnode->parts[i].pnode, vnode->pnode);
}

static void tell_vnode(landing *l, uint32_t v)
{
    bool is_asked = l->options->pnodes || l->options->anywhere;

    if (!is_asked &&
        l->plan.vnodes[v].pnode != l->record->layout.vnode_to_pnode[v])
        tell_move(l, v);
    if (l->plan.vnodes[v].membind.policy == VNUMA_POLICY_PREFERRED)
        tell_flow(l, v);
    else if (landing_is_spread(l->record, v) && !l->options->anywhere &&
             !l->given.spread[v].num_pnodes)
        tell_spread(l, v);
}

static void tell_changes(landing *l)
{
    uint32_t v;

    for (v = 0; v < l->plan.num_vnodes; v++)
        tell_vnode(l, v);
    tell_distances(l);
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
    vnuma__error(&l->diags, "newer-xen", VNUMA__NOWHERE,
                 "the guest comes from Xen %" PRIu32 ".%" PRIu32
                 ", this host has Xen %" PRIu32 ".%" PRIu32
                 ": a guest cannot go to an older release",
                 theirs[0], theirs[1], ours[0], ours[1]);
    vnuma__hint(&l->diags, "upgrade this host first, or start the guest here "
                           "from its file");
    return true;
}

int landing_plan(vnuma_record *record, const char *name,
                 const landing_options *options,
                 const vnuma_topology *topology)
{
    landing l = {
        .record = record,
        .name = name,
        .topology = topology,
        .options = options,
    };
    int rc = 0, code = CLI_OK;

    vnuma__plan_init(&l.plan);
    vnuma_diags_init(&l.diags);
    if (is_from_newer(&l))
        rc = VNUMA_ERROR_CONFIG;
    else
        code = choose(&l, &rc);
    if (code)
        goto out;
    if (!rc)
        tell_changes(&l);
    cli_print_diags(&l.diags);
    code = rc == VNUMA_ERROR_NOMEM ? cli_fail(CLI_ENVIRONMENT, "no memory")
                                   : cli_code(rc);
    if (!rc)
        vnuma_record_set_plan(record, &l.plan);
    if (!rc && options->flight)
        vnuma__flight_of(&l.plan, name, options->flight);

out:
    vnuma_diags_dispose(&l.diags);
    vnuma__plan_dispose(&l.plan);
    return code;
}
