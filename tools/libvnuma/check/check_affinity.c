/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of cpus=, cpus_soft= and pool= against the host and against the
 * vnodes' pnodes.  A vcpu that must not run on its vnode's pnode has all its
 * memory far away, which vnuma= is meant to prevent.
 */
#include "config.h"

#include "check/check.h"
#include "guest/affinity.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- what the host has -------------------------------------------------- */

/* The first pcpu from first to last that is not in the set, or ..._NONE. */
static uint32_t find_unknown_pcpu(const vnuma_bitmap *pcpus, uint32_t first,
                                  uint32_t last)
{
    uint32_t pcpu;

    for (pcpu = first; pcpu <= last; pcpu++)
        if (!vnuma_bitmap_test(pcpus, pcpu))
            return pcpu;
    return VNUMA_BITMAP_NONE;
}

static uint32_t find_unknown_pnode(const vnuma_topology *topology,
                                   uint32_t first, uint32_t last)
{
    uint32_t pnode;

    for (pnode = first; pnode <= last; pnode++)
        if (!vnuma_topology_find(topology, pnode))
            return pnode;
    return VNUMA_BITMAP_NONE;
}

/* libxl fails for a node that does not exist, but skips such a CPU. */
static void check_term(const vnuma__checking *c, const vnuma_bitmap *pcpus,
                       const vnuma_affinity_term *term)
{
    uint32_t unknown;

    if (term->is_all)
        return;
    if (term->is_pnodes) {
        unknown = find_unknown_pnode(c->topology, term->first, term->last);
        if (unknown != VNUMA_BITMAP_NONE)
            vnuma__error(c->diags, c->id, term->span,
                         "the host has no pnode %" PRIu32, unknown);
        return;
    }
    unknown = find_unknown_pcpu(pcpus, term->first, term->last);
    if (unknown != VNUMA_BITMAP_NONE)
        vnuma__warning(c->diags, c->id, term->span,
                       "the host has no pcpu %" PRIu32, unknown);
}

/* Of a setting only the first wrong term of each of the two kinds counts. */
static void check_terms(const vnuma__checking *c, const vnuma_bitmap *pcpus,
                        const vnuma_affinities *affinities, bool of_pnodes)
{
    unsigned int errors = c->diags->num_errors;
    unsigned int warnings = c->diags->num_warnings, i, j;

    for (i = 0; i < affinities->num_items; i++)
        for (j = 0; j < affinities->items[i].num_terms; j++) {
            if (affinities->items[i].terms[j].is_pnodes == of_pnodes)
                check_term(c, pcpus, &affinities->items[i].terms[j]);
            if (c->diags->num_errors > errors ||
                c->diags->num_warnings > warnings)
                return;
        }
}

static int check_cpus_unknown(const vnuma__checking *c)
{
    vnuma_bitmap pcpus;
    int rc;

    if (!c->topology)
        return 0;
    vnuma_bitmap_init(&pcpus);
    rc = vnuma__all_pcpus(c->topology, &pcpus);
    if (!rc) {
        check_terms(c, &pcpus, &c->config->cpus, false);
        check_terms(c, &pcpus, &c->config->cpus, true);
        check_terms(c, &pcpus, &c->config->cpus_soft, false);
        check_terms(c, &pcpus, &c->config->cpus_soft, true);
    }
    vnuma_bitmap_dispose(&pcpus);
    return rc;
}

/* ---- vcpus and their vnodes --------------------------------------------- */

typedef enum {
    INSIDE,  /* only on the vnode's pnode */
    WIDER,   /* there and elsewhere */
    OUTSIDE, /* only elsewhere */
} reach;

static reach find_reach(const vnuma_bitmap *allowed, const vnuma_bitmap *pcpus)
{
    bool is_in = false, is_out = false;
    uint32_t pcpu;

    VNUMA_BITMAP_FOREACH(pcpu, allowed) {
        if (vnuma_bitmap_test(pcpus, pcpu))
            is_in = true;
        else
            is_out = true;
    }
    if (!is_in)
        return OUTSIDE;
    return is_out ? WIDER : INSIDE;
}

/* One setting, and the pcpus of this host that each of its items allows. */
typedef struct {
    const vnuma__checking *c;
    const vnuma_affinities *affinities;
    vnuma_bitmap *allowed; /* owned; one set per item */
    vnuma_bitmap pool;     /* owned; of the guest's pool */
} affinity_sets;

static bool is_soft(const affinity_sets *sets)
{
    return sets->affinities == &sets->c->config->cpus_soft;
}

static void sets_dispose(affinity_sets *sets)
{
    unsigned int i;

    for (i = 0; sets->allowed && i < sets->affinities->num_items; i++)
        vnuma_bitmap_dispose(&sets->allowed[i]);
    free(sets->allowed);
    vnuma_bitmap_dispose(&sets->pool);
}

static int sets_build(affinity_sets *sets)
{
    const vnuma_affinities *affinities = sets->affinities;
    vnuma__pool_kind kind;
    unsigned int i;
    int rc;

    if (!sets->c->topology || !affinities->num_items)
        return 0;
    sets->allowed = calloc(affinities->num_items, sizeof(*sets->allowed));
    if (!sets->allowed)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < affinities->num_items; i++) {
        rc = vnuma__affinity_pcpus(&affinities->items[i], sets->c->topology,
                                   &sets->allowed[i]);
        if (rc)
            return rc;
    }
    return vnuma__pool_pcpus(sets->c->config, sets->c->topology, &sets->pool,
                             &kind);
}

/* Vcpus of one vnode, as they are named in a report. */
typedef struct {
    unsigned int vnode;
    uint64_t pnode;
    bool are_many;
    char *list; /* "3", "0-2,5" */
} vcpu_group;

typedef void report_fn(const affinity_sets *sets, const vcpu_group *group,
                       vnuma_span span);

/* The vcpus of a vnode that have this reach; *item_r is that of the first. */
static int find_group(const affinity_sets *sets, const vnuma_vnode *vnode,
                      const vnuma_bitmap *pcpus, reach wanted,
                      vnuma_bitmap *vcpus_r, unsigned int *item_r)
{
    unsigned int item;
    uint32_t vcpu;
    int rc;

    VNUMA_BITMAP_FOREACH(vcpu, &vnode->vcpus) {
        item = vnuma__affinity_item(sets->affinities, vcpu);
        if (item == sets->affinities->num_items ||
            !vnuma_bitmap_count(&sets->allowed[item]) ||
            find_reach(&sets->allowed[item], pcpus) != wanted)
            continue;
        if (!vnuma_bitmap_count(vcpus_r))
            *item_r = item;
        rc = vnuma_bitmap_set(vcpus_r, vcpu);
        if (rc)
            return rc;
    }
    return 0;
}

static int report_group(const affinity_sets *sets, unsigned int vnode,
                        reach wanted, report_fn *report)
{
    const vnuma_vnode *of = &sets->c->config->vnodes[vnode];
    const vnuma_pnode *pnode = vnuma__check_pnode(sets->c, of);
    vcpu_group group = { .vnode = vnode, .pnode = of->pnode.value };
    vnuma_bitmap vcpus = { 0 };
    unsigned int item = 0, num;
    int rc;

    if (!pnode || !vnuma_bitmap_count(&pnode->pcpus))
        return 0;
    rc = find_group(sets, of, &pnode->pcpus, wanted, &vcpus, &item);
    num = vnuma_bitmap_count(&vcpus);
    if (!rc && num) {
        group.are_many = num > 1;
        group.list = vnuma_bitmap_format(&vcpus);
        rc = group.list ? 0 : VNUMA_ERROR_NOMEM;
    }
    if (!rc && num)
        report(sets, &group, sets->affinities->items[item].span);
    free(group.list);
    vnuma_bitmap_dispose(&vcpus);
    return rc;
}

/* Calls @report once for each vnode that has vcpus with this reach. */
static int for_each_reach(const affinity_sets *sets, reach wanted,
                          report_fn *report)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; !rc && i < sets->c->config->num_vnodes; i++)
        if (!vnuma__is_enough(sets->c->diags))
            rc = report_group(sets, i, wanted, report);
    return rc;
}

static int run_sets(const vnuma__checking *c,
                    const vnuma_affinities *affinities,
                    int (*run)(const affinity_sets *sets))
{
    affinity_sets sets = { .c = c, .affinities = affinities };
    int rc;

    rc = sets_build(&sets);
    if (!rc && sets.allowed)
        rc = run(&sets);
    sets_dispose(&sets);
    return rc;
}

#define PREFER_OWN "leave out cpus_soft=: vcpus then prefer their own pnode"

/* ---- reports ------------------------------------------------------------ */

/* Xen refuses an affinity to no pcpu of the pool, but for a preference. */
static int check_empty(const affinity_sets *sets)
{
    const vnuma_bitmap *allowed, *pool = &sets->pool;
    unsigned int i;

    for (i = 0; i < sets->affinities->num_items; i++) {
        allowed = &sets->allowed[i];
        if (vnuma__is_enough(sets->c->diags) ||
            (vnuma_bitmap_count(allowed) &&
             (is_soft(sets) || !vnuma_bitmap_count(pool) ||
              find_reach(allowed, pool) != OUTSIDE)))
            continue;
        vnuma__error(sets->c->diags, sets->c->id,
                     sets->affinities->items[i].span,
                     "no pcpu of the %s is left for %s",
                     vnuma_bitmap_count(allowed) ? "guest's pool" : "host",
                     sets->affinities->is_list ? "a vcpu" : "the vcpus");
        if (!vnuma_bitmap_count(allowed))
            vnuma__hint(sets->c->diags, "write \"all\" first, then take CPUs "
                                        "away with ^");
    }
    return 0;
}

static int check_cpus_empty(const vnuma__checking *c)
{
    int rc;

    rc = run_sets(c, &c->config->cpus, check_empty);
    if (rc)
        return rc;
    return run_sets(c, &c->config->cpus_soft, check_empty);
}

static void hint_pcpus(const affinity_sets *sets, const vcpu_group *group)
{
    const vnuma__checking *c = sets->c;
    const vnuma_pnode *pnode =
        vnuma__check_pnode(c, &c->config->vnodes[group->vnode]);
    char *text = vnuma_bitmap_format(&pnode->pcpus);

    if (text)
        vnuma__hint(c->diags, "pnode %" PRIu32 " has pcpus %s", pnode->pnode,
                    text);
    free(text);
}

/* "vcpu 3 of vnode 1 is", "vcpus 4-5 of vnode 1 are" */
#define GROUP "vcpu%s %s of vnode %u "
#define GROUP_ARG(group)                                                      \
    (group)->are_many ? "s" : "", (group)->list, (group)->vnode

static void report_elsewhere(const affinity_sets *sets,
                             const vcpu_group *group, vnuma_span span)
{
    const vnuma__checking *c = sets->c;

    vnuma__error(c->diags, c->id, span,
                 GROUP "%s not allowed on pnode %" PRIu64
                       ", where %s memory is",
                 GROUP_ARG(group), group->are_many ? "are" : "is",
                 group->pnode, group->are_many ? "their" : "its");
    vnuma__related(c->diags, c->config->vnodes[group->vnode].pnode.span,
                   "pnode= is here");
    hint_pcpus(sets, group);
}

static int check_elsewhere(const affinity_sets *sets)
{
    return for_each_reach(sets, OUTSIDE, report_elsewhere);
}

static int check_cpus_elsewhere(const vnuma__checking *c)
{
    return run_sets(c, &c->config->cpus, check_elsewhere);
}

static void report_wide(const affinity_sets *sets, const vcpu_group *group,
                        vnuma_span span)
{
    const vnuma__checking *c = sets->c;

    if (!is_soft(sets)) {
        vnuma__note(c->diags, c->id, span,
                    GROUP "may also run outside pnode %" PRIu64
                          ", and only prefer%s it",
                    GROUP_ARG(group), group->pnode,
                    group->are_many ? "" : "s");
        hint_pcpus(sets, group);
        return;
    }
    vnuma__note(c->diags, c->id, span,
                GROUP "prefer%s CPUs of other pnodes as much as those of "
                      "pnode %" PRIu64,
                GROUP_ARG(group), group->are_many ? "" : "s", group->pnode);
    vnuma__hint(c->diags, PREFER_OWN);
}

static int check_wide(const affinity_sets *sets)
{
    /* One string for the vcpus of several vnodes cannot be narrower. */
    if (sets->affinities->is_list || is_soft(sets))
        return for_each_reach(sets, WIDER, report_wide);
    return 0;
}

static int check_cpus_wide(const vnuma__checking *c)
{
    unsigned int num_items = c->diags->num_items;
    int rc;

    rc = run_sets(c, &c->config->cpus_soft, check_wide);
    if (rc || c->diags->num_items > num_items)
        return rc;
    return run_sets(c, &c->config->cpus, check_wide);
}

static void report_soft(const affinity_sets *sets, const vcpu_group *group,
                        vnuma_span span)
{
    const vnuma__checking *c = sets->c;

    vnuma__warning(c->diags, c->id, span,
                   GROUP "prefer%s CPUs outside pnode %" PRIu64
                         ", where %s memory is",
                   GROUP_ARG(group), group->are_many ? "" : "s", group->pnode,
                   group->are_many ? "their" : "its");
    vnuma__hint(c->diags, PREFER_OWN);
}

static int check_soft(const affinity_sets *sets)
{
    return for_each_reach(sets, OUTSIDE, report_soft);
}

static int check_cpus_soft(const vnuma__checking *c)
{
    return run_sets(c, &c->config->cpus_soft, check_soft);
}

/* ---- pools -------------------------------------------------------------- */

static int check_pool_unknown(const vnuma__checking *c)
{
    const char *pool = c->config->pool;
    vnuma_bitmap pcpus;
    vnuma__pool_kind kind;
    uint32_t pnode;
    int rc;

    if (!pool || !c->topology)
        return 0;
    vnuma_bitmap_init(&pcpus);
    rc = vnuma__pool_pcpus(c->config, c->topology, &pcpus, &kind);
    vnuma_bitmap_dispose(&pcpus);
    if (rc || kind == VNUMA__POOL_KNOWN)
        return rc;
    if (kind == VNUMA__POOL_UNKNOWN)
        vnuma__note(c->diags, c->id, c->config->pool_span,
                    "which CPUs pool %s has is not known of this host, so it "
                    "binds nothing here",
                    pool);
    else if (!c->topology->num_pools && vnuma__pool_to_pnode(pool, &pnode))
        vnuma__error(c->diags, c->id, c->config->pool_span,
                     "the host has no pnode %" PRIu32 " with CPUs, so no such "
                     "pool",
                     pnode);
    else
        vnuma__error(c->diags, c->id, c->config->pool_span,
                     "the host has no pool %s", pool);
    return 0;
}

/* Without a host, only a pool's name can tell its pnode. */
static bool is_in_pool(const vnuma__checking *c, const vnuma_vnode *vnode,
                       const vnuma_bitmap *pcpus)
{
    const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);
    uint32_t named;

    if (c->topology)
        return !pnode || !vnuma_bitmap_count(&pnode->pcpus) ||
               find_reach(&pnode->pcpus, pcpus) != OUTSIDE;
    return !c->config->pool || vnode->pnode.value == VNUMA_PNODE_AUTO ||
           !vnuma__pool_to_pnode(c->config->pool, &named) ||
           vnode->pnode.value == named;
}

static void report_pool(const vnuma__checking *c, unsigned int vnode)
{
    const char *pool = c->config->pool;
    vnuma_span pnode_span = c->config->vnodes[vnode].pnode.span;

    vnuma__error(c->diags, c->id, pool ? c->config->pool_span : pnode_span,
                 "pool %s has no CPU of pnode %" PRIu64 ", where vnode %u is",
                 pool ? pool : "0", c->config->vnodes[vnode].pnode.value,
                 vnode);
    if (pool)
        vnuma__related(c->diags, pnode_span, "pnode= is here");
}

static int check_pool(const vnuma__checking *c)
{
    vnuma__pool_kind kind = VNUMA__POOL_UNKNOWN;
    vnuma_bitmap pcpus;
    unsigned int i;
    int rc = 0;

    vnuma_bitmap_init(&pcpus);
    if (c->topology)
        rc = vnuma__pool_pcpus(c->config, c->topology, &pcpus, &kind);
    for (i = 0;
         !rc && kind != VNUMA__POOL_MISSING && i < c->config->num_vnodes; i++)
        if (c->config->vnodes[i].num_vcpu_ranges &&
            !is_in_pool(c, &c->config->vnodes[i], &pcpus))
            report_pool(c, i);
    vnuma_bitmap_dispose(&pcpus);
    return rc;
}

const vnuma__check vnuma__affinity_checks[] = {
    CHECK("cpus-unknown", ERROR, REST, CPUS, CPUS,
          "cpus= or cpus_soft= names what the host does not have",
          check_cpus_unknown),
    CHECK("pool-unknown", ERROR, REST, 0, 0,
          "a CPU pool that the host does not have", check_pool_unknown),
    CHECK("cpus-empty", ERROR, HOST, CPUS, CPUS,
          "cpus= or cpus_soft= leaves no CPU", check_cpus_empty),
    CHECK("cpus-elsewhere", ERROR, HOST, CPUS | VCPUS | VNODES, CPUS,
          "cpus= keeps a vcpu away from its vnode's pnode",
          check_cpus_elsewhere),
    CHECK("pool-elsewhere", ERROR, HOST, VNODES, CPUS,
          "the CPU pool belongs to another pnode", check_pool),
    CHECK("cpus-soft-elsewhere", WARNING, ADVICE, CPUS | VCPUS | VNODES, 0,
          "cpus_soft= leads a vcpu away from its vnode's pnode",
          check_cpus_soft),
    CHECK("cpus-wide", NOTE, ADVICE, CPUS | VCPUS | VNODES, 0,
          "cpus= or cpus_soft= also allows other pnodes than the vnode's",
          check_cpus_wide),
    { { NULL } },
};
