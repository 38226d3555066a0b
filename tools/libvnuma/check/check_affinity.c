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

/* Reports only the first wrong term of a setting. */
static void check_terms(const vnuma__checking *c, const vnuma_bitmap *pcpus,
                        const vnuma_affinities *affinities)
{
    unsigned int num_items = c->diags->num_items, i, j;

    for (i = 0; i < affinities->num_items; i++)
        for (j = 0; j < affinities->items[i].num_terms; j++) {
            check_term(c, pcpus, &affinities->items[i].terms[j]);
            if (c->diags->num_items > num_items)
                return;
        }
}

int vnuma__check_cpus_unknown(const vnuma__checking *c)
{
    vnuma_bitmap pcpus;
    int rc;

    if (!c->topology)
        return 0;
    vnuma_bitmap_init(&pcpus);
    rc = vnuma__all_pcpus(c->topology, &pcpus);
    if (!rc) {
        check_terms(c, &pcpus, &c->config->cpus);
        check_terms(c, &pcpus, &c->config->cpus_soft);
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

typedef void report_fn(const affinity_sets *sets, unsigned int vnode,
                       uint32_t vcpu, unsigned int item);

/*
 * Calls @report for each vcpu with this reach, or once per vnode when the
 * setting is one string.
 */
static void for_each_reach(const affinity_sets *sets, reach wanted,
                           report_fn *report)
{
    const vnuma_config *config = sets->c->config;
    unsigned int i, item;
    uint32_t vcpu;

    for (i = 0; sets->allowed && i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];
        const vnuma_pnode *pnode = vnuma__check_pnode(sets->c, vnode);

        if (!pnode || !vnuma_bitmap_count(&pnode->pcpus))
            continue;
        VNUMA_BITMAP_FOREACH(vcpu, &vnode->vcpus) {
            item = vnuma__affinity_item(sets->affinities, vcpu);
            if (item == sets->affinities->num_items ||
                !vnuma_bitmap_count(&sets->allowed[item]) ||
                find_reach(&sets->allowed[item], &pnode->pcpus) != wanted)
                continue;
            if (vnuma__is_enough(sets->c->diags))
                return;
            report(sets, i, vcpu, item);
            if (!sets->affinities->is_list)
                break;
        }
    }
}

static int run_sets(const vnuma__checking *c,
                    const vnuma_affinities *affinities,
                    void (*run)(const affinity_sets *sets))
{
    affinity_sets sets = { .c = c, .affinities = affinities };
    int rc;

    rc = sets_build(&sets);
    if (!rc && sets.allowed)
        run(&sets);
    sets_dispose(&sets);
    return rc;
}

#define PREFER_OWN                                                            \
    "leave out cpus_soft=: vcpus then prefer their own pnode"

/* ---- reports ------------------------------------------------------------ */

/* Xen refuses an affinity to no pcpu of the pool, but for a preference. */
static void check_empty(const affinity_sets *sets)
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
}

int vnuma__check_cpus_empty(const vnuma__checking *c)
{
    int rc;

    rc = run_sets(c, &c->config->cpus, check_empty);
    if (rc)
        return rc;
    return run_sets(c, &c->config->cpus_soft, check_empty);
}

static void hint_pcpus(const affinity_sets *sets, unsigned int vnode)
{
    const vnuma__checking *c = sets->c;
    const vnuma_pnode *pnode =
        vnuma__check_pnode(c, &c->config->vnodes[vnode]);
    char *text = vnuma_bitmap_format(&pnode->pcpus);

    if (text)
        vnuma__hint(c->diags, "pnode %" PRIu32 " has pcpus %s", pnode->pnode,
                    text);
    free(text);
}

static void report_elsewhere(const affinity_sets *sets, unsigned int vnode,
                             uint32_t vcpu, unsigned int item)
{
    const vnuma__checking *c = sets->c;

    vnuma__error(c->diags, c->id, sets->affinities->items[item].span,
                 "vcpu %" PRIu32
                 " of vnode %u is not allowed on pnode %" PRIu64
                 ", where its memory is",
                 vcpu, vnode, c->config->vnodes[vnode].pnode.value);
    vnuma__related(c->diags, c->config->vnodes[vnode].pnode.span,
                   "pnode= is here");
    hint_pcpus(sets, vnode);
}

static void check_elsewhere(const affinity_sets *sets)
{
    for_each_reach(sets, OUTSIDE, report_elsewhere);
}

int vnuma__check_cpus_elsewhere(const vnuma__checking *c)
{
    return run_sets(c, &c->config->cpus, check_elsewhere);
}

static void report_wide(const affinity_sets *sets, unsigned int vnode,
                        uint32_t vcpu, unsigned int item)
{
    const vnuma__checking *c = sets->c;
    uint64_t pnode = c->config->vnodes[vnode].pnode.value;
    vnuma_span span = sets->affinities->items[item].span;

    if (!is_soft(sets)) {
        vnuma__note(c->diags, c->id, span,
                    "vcpu %" PRIu32 " of vnode %u may also run outside pnode "
                    "%" PRIu64 ", and only prefers it",
                    vcpu, vnode, pnode);
        hint_pcpus(sets, vnode);
        return;
    }
    vnuma__note(c->diags, c->id, span,
                "vcpu %" PRIu32 " of vnode %u prefers CPUs of other pnodes as "
                "much as those of pnode %" PRIu64,
                vcpu, vnode, pnode);
    vnuma__hint(c->diags, PREFER_OWN);
}

static void check_wide(const affinity_sets *sets)
{
    /* One string for the vcpus of several vnodes cannot be narrower. */
    if (sets->affinities->is_list || is_soft(sets))
        for_each_reach(sets, WIDER, report_wide);
}

int vnuma__check_cpus_wide(const vnuma__checking *c)
{
    unsigned int num_items = c->diags->num_items;
    int rc;

    rc = run_sets(c, &c->config->cpus_soft, check_wide);
    if (rc || c->diags->num_items > num_items)
        return rc;
    return run_sets(c, &c->config->cpus, check_wide);
}

static void report_soft(const affinity_sets *sets, unsigned int vnode,
                        uint32_t vcpu, unsigned int item)
{
    const vnuma__checking *c = sets->c;

    vnuma__warning(c->diags, c->id, sets->affinities->items[item].span,
                   "vcpu %" PRIu32 " of vnode %u prefers CPUs outside "
                   "pnode %" PRIu64 ", where its memory is",
                   vcpu, vnode, c->config->vnodes[vnode].pnode.value);
    vnuma__hint(c->diags, PREFER_OWN);
}

static void check_soft(const affinity_sets *sets)
{
    for_each_reach(sets, OUTSIDE, report_soft);
}

int vnuma__check_cpus_soft(const vnuma__checking *c)
{
    return run_sets(c, &c->config->cpus_soft, check_soft);
}

/* ---- pools -------------------------------------------------------------- */

int vnuma__check_pool_unknown(const vnuma__checking *c)
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
                 "pool %s has no CPU of pnode %" PRIu64
                 ", where vnode %u is",
                 pool ? pool : "0", c->config->vnodes[vnode].pnode.value,
                 vnode);
    if (pool)
        vnuma__related(c->diags, pnode_span, "pnode= is here");
}

int vnuma__check_pool(const vnuma__checking *c)
{
    vnuma__pool_kind kind = VNUMA__POOL_UNKNOWN;
    vnuma_bitmap pcpus;
    unsigned int i;
    int rc = 0;

    vnuma_bitmap_init(&pcpus);
    if (c->topology)
        rc = vnuma__pool_pcpus(c->config, c->topology, &pcpus, &kind);
    for (i = 0; !rc && kind != VNUMA__POOL_MISSING &&
                i < c->config->num_vnodes;
         i++)
        if (c->config->vnodes[i].num_vcpu_ranges &&
            !is_in_pool(c, &c->config->vnodes[i], &pcpus))
            report_pool(c, i);
    vnuma_bitmap_dispose(&pcpus);
    return rc;
}
