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

/* The first number of a term that the host does not have, or ..._NONE. */
static uint32_t find_unknown(const vnuma__checking *c,
                             const vnuma_affinity_term *term,
                             const vnuma_bitmap *pcpus)
{
    uint32_t number;

    for (number = term->first; number <= term->last; number++)
        if (term->is_pnodes ? !vnuma_topology_find(c->topology, number)
                            : !vnuma_bitmap_test(pcpus, number))
            return number;
    return VNUMA_BITMAP_NONE;
}

/*
 * Of a setting only the first wrong term of each of the two kinds counts.
 * libxl fails for a node that does not exist, but skips such a CPU.
 */
static void check_terms(const vnuma__checking *c, const vnuma_bitmap *pcpus,
                        const vnuma_affinities *affinities, bool of_pnodes)
{
    unsigned int i, j;
    uint32_t unknown;

    for (i = 0; i < affinities->num_items; i++)
        for (j = 0; j < affinities->items[i].num_terms; j++) {
            const vnuma_affinity_term *term = &affinities->items[i].terms[j];

            if (term->is_all || term->is_pnodes != of_pnodes)
                continue;
            unknown = find_unknown(c, term, pcpus);
            if (unknown == VNUMA_BITMAP_NONE)
                continue;
            if (of_pnodes)
                vnuma__error(c->diags, c->id, term->span,
                             "the host has no pnode %" PRIu32, unknown);
            else
                vnuma__warning(c->diags, c->id, term->span,
                               "the host has no pcpu %" PRIu32, unknown);
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

/*
 * The pcpus of this host that each item of a setting allows; allowed_free() in
 * any case.
 */
static int find_allowed(const vnuma__checking *c,
                        const vnuma_affinities *affinities,
                        vnuma_bitmap **sets_r)
{
    unsigned int i;
    int rc = 0;

    *sets_r = calloc(affinities->num_items + 1, sizeof(**sets_r));
    if (!*sets_r)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; !rc && i < affinities->num_items; i++)
        rc = vnuma__affinity_pcpus(&affinities->items[i], c->topology,
                                   &(*sets_r)[i]);
    return rc;
}

static void allowed_free(vnuma_bitmap *sets, unsigned int num)
{
    while (sets && num--)
        vnuma_bitmap_dispose(&sets[num]);
    free(sets);
}

/* Vcpus of one vnode, as they are named in a report. */
typedef struct {
    const vnuma_affinities *affinities; /* the setting */
    unsigned int vnode;
    const vnuma_pnode *pnode; /* its own, with CPUs */
    vnuma_bitmap vcpus;       /* owned */
    char *list;               /* owned: "3", "0-2,5" */
    vnuma_span span;          /* of the first one's item */
} vcpu_group;

static bool are_many(const vcpu_group *group)
{
    return vnuma_bitmap_count(&group->vcpus) > 1;
}

typedef void report_fn(const vnuma__checking *c, const vcpu_group *group);

/* Finds the vcpus of a vnode that have this reach. */
static int find_group(const vnuma__checking *c, const vnuma_bitmap *allowed,
                      reach wanted, vcpu_group *group)
{
    unsigned int item;
    uint32_t vcpu;

    VNUMA_BITMAP_FOREACH(vcpu, &c->config->vnodes[group->vnode].vcpus) {
        item = vnuma__affinity_item(group->affinities, vcpu);
        if (item == group->affinities->num_items ||
            !vnuma_bitmap_count(&allowed[item]) ||
            find_reach(&allowed[item], &group->pnode->pcpus) != wanted)
            continue;
        if (!vnuma_bitmap_count(&group->vcpus))
            group->span = group->affinities->items[item].span;
        if (vnuma_bitmap_set(&group->vcpus, vcpu))
            return VNUMA_ERROR_NOMEM;
    }
    group->list = vnuma_bitmap_format(&group->vcpus);
    return group->list ? 0 : VNUMA_ERROR_NOMEM;
}

/* Calls @report once for each vnode that has vcpus with this reach. */
static int for_each_reach(const vnuma__checking *c,
                          const vnuma_affinities *affinities, reach wanted,
                          report_fn *report)
{
    vnuma_bitmap *allowed;
    unsigned int i;
    int rc;

    if (!c->topology)
        return 0;
    rc = find_allowed(c, affinities, &allowed);
    for (i = 0; !rc && i < c->config->num_vnodes; i++) {
        vcpu_group group = {
            .affinities = affinities,
            .vnode = i,
            .pnode = vnuma__check_pnode(c, &c->config->vnodes[i]),
        };

        if (!group.pnode || !vnuma_bitmap_count(&group.pnode->pcpus) ||
            vnuma__is_enough(c->diags))
            continue;
        rc = find_group(c, allowed, wanted, &group);
        if (!rc && vnuma_bitmap_count(&group.vcpus))
            report(c, &group);
        free(group.list);
        vnuma_bitmap_dispose(&group.vcpus);
    }
    allowed_free(allowed, affinities->num_items);
    return rc;
}

#define PREFER_OWN "leave out cpus_soft=: vcpus then prefer their own pnode"

/* ---- reports ------------------------------------------------------------ */

/* Xen refuses an affinity to no pcpu of the pool, but for a preference. */
static void report_empty(const vnuma__checking *c,
                         const vnuma_affinities *affinities, unsigned int i,
                         const vnuma_bitmap *allowed, const vnuma_bitmap *pool)
{
    const vnuma_affinity *item = &affinities->items[i];
    bool has_pcpus = vnuma_bitmap_count(allowed);

    if (vnuma__is_enough(c->diags) ||
        (has_pcpus &&
         (affinities == &c->config->cpus_soft || !vnuma_bitmap_count(pool) ||
          find_reach(allowed, pool) != OUTSIDE)))
        return;
    vnuma__error(c->diags, c->id, item->span,
                 "no pcpu of the %s is left for %s",
                 has_pcpus ? "guest's pool" : "host",
                 affinities->is_list ? "a vcpu" : "the vcpus");
    if (!has_pcpus && item->num_terms &&
        item->terms[item->num_terms - 1].is_excluded)
        vnuma__hint(c->diags, "write \"all\" first, then take CPUs away "
                              "with ^");
}

static int check_empty(const vnuma__checking *c,
                       const vnuma_affinities *affinities)
{
    vnuma_bitmap *allowed, pool = { 0 };
    vnuma__pool_kind kind;
    unsigned int i;
    int rc;

    rc = find_allowed(c, affinities, &allowed);
    if (!rc)
        rc = vnuma__pool_pcpus(c->config, c->topology, &pool, &kind);
    for (i = 0; !rc && i < affinities->num_items; i++)
        report_empty(c, affinities, i, &allowed[i], &pool);
    vnuma_bitmap_dispose(&pool);
    allowed_free(allowed, affinities->num_items);
    return rc;
}

static int check_cpus_empty(const vnuma__checking *c)
{
    int rc;

    if (!c->topology)
        return 0;
    rc = check_empty(c, &c->config->cpus);
    return rc ? rc : check_empty(c, &c->config->cpus_soft);
}

static void hint_pcpus(const vnuma__checking *c, const vnuma_pnode *pnode)
{
    char *text = vnuma_bitmap_format(&pnode->pcpus);

    if (text)
        vnuma__hint(c->diags, "pnode %" PRIu32 " has pcpus %s", pnode->pnode,
                    text);
    free(text);
}

/* "vcpu 3 of vnode 1 is", "vcpus 4-5 of vnode 1 are" */
#define GROUP "vcpu%s %s of vnode %u "
#define GROUP_ARG(group)                                                      \
    are_many(group) ? "s" : "", (group)->list, (group)->vnode

static void report_elsewhere(const vnuma__checking *c, const vcpu_group *group)
{
    vnuma__error(c->diags, c->id, group->span,
                 GROUP "%s not allowed on pnode %" PRIu32
                       ", where %s memory is",
                 GROUP_ARG(group), are_many(group) ? "are" : "is",
                 group->pnode->pnode, are_many(group) ? "their" : "its");
    vnuma__related(c->diags, c->config->vnodes[group->vnode].pnode.span,
                   "pnode= is here");
    hint_pcpus(c, group->pnode);
}

static int check_cpus_elsewhere(const vnuma__checking *c)
{
    return for_each_reach(c, &c->config->cpus, OUTSIDE, report_elsewhere);
}

static void report_wide(const vnuma__checking *c, const vcpu_group *group)
{
    if (group->affinities == &c->config->cpus) {
        vnuma__note(c->diags, c->id, group->span,
                    GROUP "may also run outside pnode %" PRIu32
                          ", and only prefer%s it",
                    GROUP_ARG(group), group->pnode->pnode,
                    are_many(group) ? "" : "s");
        hint_pcpus(c, group->pnode);
        return;
    }
    vnuma__note(c->diags, c->id, group->span,
                GROUP "prefer%s CPUs of other pnodes as much as those of "
                      "pnode %" PRIu32,
                GROUP_ARG(group), are_many(group) ? "" : "s",
                group->pnode->pnode);
    vnuma__hint(c->diags, PREFER_OWN);
}

static int check_cpus_wide(const vnuma__checking *c)
{
    unsigned int num_items = c->diags->num_items;
    int rc;

    rc = for_each_reach(c, &c->config->cpus_soft, WIDER, report_wide);
    /* One string for the vcpus of several vnodes cannot be narrower. */
    if (rc || c->diags->num_items > num_items || !c->config->cpus.is_list)
        return rc;
    return for_each_reach(c, &c->config->cpus, WIDER, report_wide);
}

static void report_soft(const vnuma__checking *c, const vcpu_group *group)
{
    vnuma__warning(c->diags, c->id, group->span,
                   GROUP "prefer%s CPUs outside pnode %" PRIu32
                         ", where %s memory is",
                   GROUP_ARG(group), are_many(group) ? "" : "s",
                   group->pnode->pnode, are_many(group) ? "their" : "its");
    vnuma__hint(c->diags, PREFER_OWN);
}

static int check_cpus_soft(const vnuma__checking *c)
{
    return for_each_reach(c, &c->config->cpus_soft, OUTSIDE, report_soft);
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
