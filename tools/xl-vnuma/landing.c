/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place for a guest that is on its way; see landing.h. */
#include "config.h"

#include "landing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diag.h"

typedef struct {
    const vnuma__record *record;
    const char *name;
    const vnuma_topology *topology;
    vnuma_plan plan;
    vnuma_diags diags; /* what is to be said of the plan */
} landing;

/* ---- the plan ---------------------------------------------------------------------- */

/* @pnodes: a list; NULL: those of the record, or any. */
static int plan_on(landing *l, bool keep_pnodes, const uint32_t *pnodes)
{
    vnuma_config config;
    uint32_t v;
    int rc;

    vnuma_config_init(&config);
    vnuma_plan_dispose(&l->plan);
    vnuma_diags_dispose(&l->diags);
    rc = vnuma__record_to_config(l->record, l->name, keep_pnodes, &config);
    for (v = 0; !rc && pnodes && v < config.num_vnodes; v++)
        config.vnodes[v].pnode.value = pnodes[v];
    if (!rc)
        rc = vnuma_plan_build(&config, l->topology, &l->plan, &l->diags);
    vnuma_config_dispose(&config);
    return rc;
}

static int parse_pnodes(const vnuma__record *record, const char *text,
                        uint32_t *pnodes_r)
{
    uint32_t num = 0, n = record->layout.num_vnodes;
    const char *p = text;
    char *end;

    for (;;) {
        unsigned long pnode = strtoul(p, &end, 10);

        if (end == p || *p < '0' || *p > '9' || pnode >= VNUMA_PNODE_AUTO ||
            (*end && *end != ','))
            return cli_fail(CLI_USAGE,
                            "--pnodes=%s: these are no pnodes, as in "
                            "\"--pnodes=0,5\"",
                            text);
        if (num < n)
            pnodes_r[num] = (uint32_t)pnode;
        num++;
        if (!*end)
            break;
        p = end + 1;
    }
    if (num == n)
        return CLI_OK;
    return cli_fail(CLI_USAGE,
                    "--pnodes=%s: %" PRIu32 " pnodes for %" PRIu32 " vnodes",
                    text, num, n);
}

static int choose(landing *l, const landing_options *options, int *rc_r)
{
    uint32_t pnodes[VNUMA_MAX_VNODES] = { 0 };
    int code;

    if (options->pnodes) {
        code = parse_pnodes(l->record, options->pnodes, pnodes);
        if (code)
            return code;
        *rc_r = plan_on(l, true, pnodes);
        return CLI_OK;
    }
    *rc_r = options->anywhere ? VNUMA_ERROR_NOFIT : plan_on(l, true, NULL);
    if (*rc_r == VNUMA_ERROR_NOFIT && !options->strict)
        *rc_r = plan_on(l, false, NULL);
    return CLI_OK;
}

/* ---- what is said of it -------------------------------------------------------------- */

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

/* Why it does not stay on the pnode that it had. */
static char *reason_to_move(const landing *l, uint32_t v)
{
    uint32_t old = l->record->layout.vnode_to_pnode[v];
    const vnuma_pnode *pnode = vnuma_topology_find(l->topology, old);
    uint64_t memkb = l->record->memkb[v];
    char *text;
    int r;

    if (!pnode)
        r = asprintf(&text, "there is no pnode %" PRIu32 " here", old);
    else if (!vnuma_bitmap_count(&pnode->pcpus) &&
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
    char *reason = reason_to_move(l, v);
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
    char *text = NULL;
    size_t size;
    FILE *f;

    f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    for (from = 0; from < n; from++)
        for (to = 0; to < n; to++)
            fprintf(f, "%s%" PRIu32,
                    to     ? ","
                    : from ? " / "
                           : "",
                    distance(l, from, to));
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

/*
 * A guest that was told something else than the host has, from the beginning,
 * was told so on purpose.
 */
static bool is_contradicted(const landing *l)
{
    const vnuma__record *record = l->record;
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
                   "guest that runs cannot be told anew",
                   believed ? believed : "?", here ? here : "?");
    free(here);
    free(believed);
}

static void tell_changes(landing *l, bool is_asked)
{
    uint32_t v;

    for (v = 0; v < l->plan.num_vnodes && !is_asked; v++)
        if (l->plan.vnodes[v].pnode != l->record->layout.vnode_to_pnode[v])
            tell_move(l, v);
    tell_distances(l);
}

int landing_plan(vnuma__record *record, const char *name,
                 const landing_options *options,
                 const vnuma_topology *topology)
{
    landing l = { .record = record, .name = name, .topology = topology };
    uint32_t v;
    int rc = 0, code;

    vnuma_plan_init(&l.plan);
    vnuma_diags_init(&l.diags);
    code = choose(&l, options, &rc);
    if (code)
        goto out;
    if (!rc)
        tell_changes(&l, options->pnodes || options->anywhere);
    cli_print_diags(&l.diags);
    code = rc == VNUMA_ERROR_NOMEM ? cli_fail(CLI_ENVIRONMENT, "no memory")
                                   : cli_code(rc);
    for (v = 0; !rc && v < l.plan.num_vnodes; v++)
        record->layout.vnode_to_pnode[v] = l.plan.vnodes[v].pnode;

out:
    vnuma_diags_dispose(&l.diags);
    vnuma_plan_dispose(&l.plan);
    return code;
}
