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
            report_as(
                c, of_pnodes ? VNUMA_SEVERITY_ERROR : VNUMA_SEVERITY_WARNING,
                term->span, "the host has no %s %" PRIu32,
                of_pnodes ? "pnode" : "pcpu", unknown);
            return;
        }
}

static void check_cpus_unknown(vnuma__checking *c)
{
    vnuma_bitmap pcpus = { 0 };

    if (!c->topology)
        return;
    c->rc = vnuma__all_pcpus(c->topology, &pcpus);
    if (!c->rc) {
        check_terms(c, &pcpus, &c->config->cpus, false);
        check_terms(c, &pcpus, &c->config->cpus, true);
        check_terms(c, &pcpus, &c->config->cpus_soft, false);
        check_terms(c, &pcpus, &c->config->cpus_soft, true);
    }
    vnuma_bitmap_dispose(&pcpus);
}

/* ---- vcpus and their vnodes --------------------------------------------- */

typedef enum {
    NOWHERE,
    INSIDE,                   /* only on the vnode's pnode */
    OUTSIDE,                  /* only elsewhere */
    WIDER = INSIDE | OUTSIDE, /* there and elsewhere */
} reach;

static reach find_reach(const vnuma_bitmap *allowed, const vnuma_bitmap *pcpus)
{
    reach found = NOWHERE;
    uint32_t pcpu;

    VNUMA_BITMAP_FOREACH(pcpu, allowed)
        found |= vnuma_bitmap_test(pcpus, pcpu) ? INSIDE : OUTSIDE;
    return found;
}

/* Vcpus of one vnode, as they are named in a report. */
typedef struct {
    const vnuma_affinities *affinities; /* the setting */
    unsigned int item;                  /* that was looked at last */
    vnuma_bitmap allowed;               /* owned: by that */
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

/* An item may have thousands of terms: it is looked at once for its vcpus. */
static int find_allowed(const vnuma__checking *c, vcpu_group *group,
                        unsigned int item)
{
    if (item == group->item)
        return 0;
    group->item = item;
    vnuma_bitmap_dispose(&group->allowed);
    return vnuma__affinity_pcpus(&group->affinities->items[item], c->topology,
                                 &group->allowed);
}

/* Finds the vcpus of a vnode that have this reach. */
static int find_group(const vnuma__checking *c, reach wanted,
                      vcpu_group *group)
{
    const vnuma_affinities *affinities = group->affinities;
    unsigned int item;
    uint32_t vcpu;

    VNUMA_BITMAP_FOREACH(vcpu, &c->config->vnodes[group->vnode].vcpus) {
        item = vnuma__affinity_item(affinities, vcpu);
        if (item == affinities->num_items)
            continue;
        if (find_allowed(c, group, item))
            return VNUMA_ERROR_NOMEM;
        if (find_reach(&group->allowed, &group->pnode->pcpus) != wanted)
            continue;
        if (!vnuma_bitmap_count(&group->vcpus))
            group->span = affinities->items[item].span;
        if (vnuma_bitmap_set(&group->vcpus, vcpu))
            return VNUMA_ERROR_NOMEM;
    }
    group->list = vnuma_bitmap_format(&group->vcpus);
    return group->list ? 0 : VNUMA_ERROR_NOMEM;
}

/* Calls @say once for each vnode that has vcpus with this reach. */
static void for_each_reach(vnuma__checking *c,
                           const vnuma_affinities *affinities, reach wanted,
                           report_fn *say)
{
    vcpu_group group = { .affinities = affinities, .item = UINT32_MAX };
    unsigned int i;

    for (i = 0; c->topology && !c->rc && i < c->config->num_vnodes; i++) {
        group.vnode = i;
        group.pnode = vnuma__check_pnode(c, &c->config->vnodes[i]);
        if (!group.pnode || !vnuma_bitmap_count(&group.pnode->pcpus))
            continue;
        c->rc = find_group(c, wanted, &group);
        if (!c->rc && vnuma_bitmap_count(&group.vcpus))
            say(c, &group);
        free(group.list);
        group.list = NULL;
        vnuma_bitmap_dispose(&group.vcpus);
    }
    vnuma_bitmap_dispose(&group.allowed);
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

    if (has_pcpus &&
        (affinities == &c->config->cpus_soft || !vnuma_bitmap_count(pool) ||
         find_reach(allowed, pool) != OUTSIDE))
        return;
    report(c, item->span, "no pcpu of the %s is left for %s",
           has_pcpus ? "guest's pool" : "host",
           affinities->is_list ? "a vcpu" : "the vcpus");
    if (!has_pcpus && item->num_terms &&
        item->terms[item->num_terms - 1].is_excluded)
        hint(c, "write \"all\" first, then take CPUs away with ^");
}

static void check_empty(vnuma__checking *c, const vnuma_affinities *affinities)
{
    vnuma_bitmap allowed = { 0 }, pool = { 0 };
    vnuma__pool_kind kind;
    unsigned int i;

    if (c->topology)
        c->rc = vnuma__pool_pcpus(c->config, c->topology, &pool, &kind);
    for (i = 0; c->topology && !c->rc && i < affinities->num_items; i++) {
        c->rc = vnuma__affinity_pcpus(&affinities->items[i], c->topology,
                                      &allowed);
        if (!c->rc)
            report_empty(c, affinities, i, &allowed, &pool);
        vnuma_bitmap_dispose(&allowed);
    }
    vnuma_bitmap_dispose(&pool);
}

static void check_cpus_empty(vnuma__checking *c)
{
    check_empty(c, &c->config->cpus);
    if (!c->rc)
        check_empty(c, &c->config->cpus_soft);
}

static void hint_pcpus(const vnuma__checking *c, const vnuma_pnode *pnode)
{
    char *text = vnuma_bitmap_format(&pnode->pcpus);

    if (text)
        hint(c, "pnode %" PRIu32 " has pcpus %s", pnode->pnode, text);
    free(text);
}

/* "vcpu 3 of vnode 1 is", "vcpus 4-5 of vnode 1 are" */
#define GROUP "vcpu%s %s of %s %u "
#define GROUP_ARG(group)                                                      \
    are_many(group) ? "s" : "", (group)->list, vnuma__node_word(c),          \
        (group)->vnode

static void report_elsewhere(const vnuma__checking *c, const vcpu_group *group)
{
    report_as(c,
              c->config->kvm ? VNUMA_SEVERITY_WARNING : VNUMA_SEVERITY_ERROR,
              group->span,
              GROUP "%s not allowed on pnode %" PRIu32 ", where %s memory is",
              GROUP_ARG(group), are_many(group) ? "are" : "is",
              group->pnode->pnode, are_many(group) ? "their" : "its");
    related(c, c->config->vnodes[group->vnode].pnode.span, "%s is here",
            c->config->kvm ? "its memory" : "pnode=");
    hint_pcpus(c, group->pnode);
}

static void check_cpus_elsewhere(vnuma__checking *c)
{
    for_each_reach(c, &c->config->cpus, OUTSIDE, report_elsewhere);
}

static void report_wide(const vnuma__checking *c, const vcpu_group *group)
{
    if (group->affinities == &c->config->cpus) {
        report(c, group->span,
               GROUP "may also run outside pnode %" PRIu32
                     ", and only prefer%s it",
               GROUP_ARG(group), group->pnode->pnode,
               are_many(group) ? "" : "s");
        hint_pcpus(c, group->pnode);
        return;
    }
    report(c, group->span,
           GROUP
           "prefer%s CPUs of other pnodes as much as those of pnode %" PRIu32,
           GROUP_ARG(group), are_many(group) ? "" : "s", group->pnode->pnode);
    hint(c, PREFER_OWN);
}

static void check_cpus_wide(vnuma__checking *c)
{
    unsigned int num_items = c->diags->num_items;

    for_each_reach(c, &c->config->cpus_soft, WIDER, report_wide);
    /* One string for the vcpus of several vnodes cannot be narrower. */
    if (c->diags->num_items == num_items && c->config->cpus.is_list)
        for_each_reach(c, &c->config->cpus, WIDER, report_wide);
}

static void report_soft(const vnuma__checking *c, const vcpu_group *group)
{
    report(c, group->span,
           GROUP "prefer%s CPUs outside pnode %" PRIu32 ", where %s memory is",
           GROUP_ARG(group), are_many(group) ? "" : "s", group->pnode->pnode,
           are_many(group) ? "their" : "its");
    hint(c, PREFER_OWN);
}

static void check_cpus_soft(vnuma__checking *c)
{
    for_each_reach(c, &c->config->cpus_soft, OUTSIDE, report_soft);
}

/* ---- pools -------------------------------------------------------------- */

static void check_pool_unknown(vnuma__checking *c)
{
    const char *pool = c->config->pool;
    vnuma_bitmap pcpus = { 0 };
    vnuma__pool_kind kind;
    uint32_t pnode;

    if (!pool || !c->topology)
        return;
    c->rc = vnuma__pool_pcpus(c->config, c->topology, &pcpus, &kind);
    vnuma_bitmap_dispose(&pcpus);
    if (c->rc || kind == VNUMA__POOL_KNOWN)
        return;
    if (kind == VNUMA__POOL_UNKNOWN)
        report_as(
            c, VNUMA_SEVERITY_NOTE, c->config->pool_span,
            "which CPUs pool %s has is not known of this host, so it binds "
            "nothing here",
            pool);
    else if (vnuma__pool_to_pnode(pool, &pnode) && !c->topology->num_pools)
        report(c, c->config->pool_span,
               "the host has no pnode %" PRIu32 " with CPUs, so no such pool",
               pnode);
    else
        report(c, c->config->pool_span, "the host has no pool %s", pool);
}

/* Without a host, only a pool's name can tell its pnode. */
static bool is_in_pool(const vnuma__checking *c, const vnuma_vnode *vnode,
                       const vnuma_bitmap *pcpus)
{
    const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);
    uint32_t named;

    if (c->topology)
        return !pnode || find_reach(&pnode->pcpus, pcpus) != OUTSIDE;
    return !c->config->pool || vnode->pnode.value == VNUMA_PNODE_AUTO ||
           !vnuma__pool_to_pnode(c->config->pool, &named) ||
           vnode->pnode.value == named;
}

static void check_pool(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    const char *pool = c->config->pool;
    vnuma__pool_kind kind = VNUMA__POOL_UNKNOWN;
    vnuma_bitmap pcpus = { 0 };

    if (c->topology)
        c->rc = vnuma__pool_pcpus(c->config, c->topology, &pcpus, &kind);
    if (!c->rc && kind != VNUMA__POOL_MISSING && vnode->num_vcpu_ranges &&
        !is_in_pool(c, vnode, &pcpus)) {
        report(c, pool ? c->config->pool_span : vnode->pnode.span,
               "pool %s has no CPU of pnode %" PRIu64 ", where vnode %u is",
               pool ? pool : "0", vnode->pnode.value, i);
        if (pool)
            related(c, vnode->pnode.span, "pnode= is here");
    }
    vnuma_bitmap_dispose(&pcpus);
}

const vnuma__check vnuma__affinity_checks[] = {
    CHECK("cpus-unknown", ERROR, REST, CPUS, CPUS,
          "cpus= or cpus_soft= names what the host does not have",
          check_cpus_unknown, .any = true),
    CHECK("pool-unknown", ERROR, REST, 0, 0,
          "a CPU pool that the host does not have", check_pool_unknown),
    CHECK("cpus-empty", ERROR, HOST, CPUS, CPUS,
          "cpus= or cpus_soft= leaves no CPU", check_cpus_empty, .any = true),
    CHECK("cpus-elsewhere", ERROR, HOST, CPUS | VCPUS | VNODES, CPUS,
          "cpus= keeps a vcpu away from its vnode's pnode",
          check_cpus_elsewhere, .any = true),
    CHECK("pool-elsewhere", ERROR, HOST, VNODES, CPUS,
          "the CPU pool belongs to another pnode", .each = check_pool),
    CHECK("cpus-soft-elsewhere", WARNING, ADVICE, CPUS | VCPUS | VNODES, 0,
          "cpus_soft= leads a vcpu away from its vnode's pnode",
          check_cpus_soft),
    CHECK("cpus-wide", NOTE, ADVICE, CPUS | VCPUS | VNODES, 0,
          "cpus= or cpus_soft= also allows other pnodes than the vnode's",
          check_cpus_wide),
    { { NULL } },
};
