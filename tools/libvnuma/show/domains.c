/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domains as values: storing them, and comparing where their memory is with
 * what was promised.
 */
#include "config.h"

#include "base/objects.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/access.h"
#include "base/grow.h"
#include "base/mask.h"
#include "show/domains.h"

static void dispose_drift(vnuma_domain *domain)
{
    unsigned int i;

    for (i = 0; i < domain->num_drift; i++)
        free(domain->drift[i]);
    free(domain->drift);
    domain->drift = NULL;
    domain->num_drift = 0;
}

void vnuma__domain_dispose(vnuma_domain *domain)
{
    unsigned int i;

    for (i = 0; i < domain->num_vnodes; i++) {
        vnuma_bitmap_dispose(&domain->vnodes[i].vcpus);
        free(domain->vnodes[i].parts);
    }
    for (i = 0; i < domain->num_vcpus; i++) {
        vnuma_bitmap_dispose(&domain->vcpus[i].hard);
        vnuma_bitmap_dispose(&domain->vcpus[i].soft);
    }
    dispose_drift(domain);
    vnuma_bitmap_dispose(&domain->node_affinity);
    free(domain->vnodes);
    free(domain->vcpus);
    free(domain->pages);
    free(domain->name);
    free(domain->uuid);
    free(domain->type);
    free(domain->state);
}

void vnuma__domains_dispose(vnuma_domains *domains)
{
    unsigned int i;

    for (i = 0; i < domains->num_items; i++)
        vnuma__domain_dispose(&domains->items[i]);
    free(domains->items);
    *domains = (vnuma_domains){ 0 };
}

int vnuma__domains_add(vnuma_domains *domains, vnuma_domain **domain_r)
{
    if (!VNUMA__GROW(domains->items, domains->num_items))
        return VNUMA_ERROR_NOMEM;
    *domain_r = &domains->items[domains->num_items++];
    **domain_r = (vnuma_domain){
        .memkb = VNUMA_MEMKB_UNKNOWN,
        .stray_pages = VNUMA_PAGES_UNKNOWN,
    };
    return 0;
}

/* ---- where pages are ---------------------------------------------------- */

uint64_t vnuma__domain_pages_on(const vnuma_domain *domain, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < domain->num_pages; i++)
        if (domain->pages[i].pnode == pnode)
            return domain->pages[i].num_pages;
    return 0;
}

static uint64_t vnode_pages_on(const vnuma_domain_vnode *vnode, uint32_t pnode)
{
    unsigned int i;

    if (!vnode->num_parts)
        return vnode->pnode == pnode ? vnode->memkb / 4 : 0;
    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode == pnode)
            return vnode->parts[i].memkb / 4;
    return 0;
}

uint64_t vnuma__domain_promised_on(const vnuma_domain *domain, uint32_t pnode)
{
    uint64_t pages = 0;
    unsigned int i;

    for (i = 0; i < domain->num_vnodes; i++)
        pages += vnode_pages_on(&domain->vnodes[i], pnode);
    return pages;
}

uint64_t vnuma__domain_promised(const vnuma_domain *domain)
{
    uint64_t pnodes = 0;
    unsigned int i, j;

    for (i = 0; i < domain->num_vnodes; i++) {
        const vnuma_domain_vnode *vnode = &domain->vnodes[i];

        if (!vnode->num_parts && vnode->pnode < VNUMA_MAX_PNODES)
            pnodes |= vnuma__bit(vnode->pnode);
        for (j = 0; j < vnode->num_parts; j++)
            if (vnode->parts[j].pnode < VNUMA_MAX_PNODES)
                pnodes |= vnuma__bit(vnode->parts[j].pnode);
    }
    return pnodes;
}

/* libxl allows a domain 1 MiB of special pages, on vnode 0's pnode. */
#define MAX_SPECIAL_PAGES 256u

/*
 * Returns how many of the domain's pages on a pnode belong there.  Pages
 * beyond the promise are taken to be those that other pnodes lack (which are
 * subtracted from *missing), unless they can be special pages: then the other
 * pnodes lack pages because the guest has given some back.  The remaining
 * pages belong here.
 */
static uint64_t at_home(const vnuma_domain *domain, uint32_t pnode,
                        uint64_t *missing)
{
    uint64_t wanted = vnuma__domain_promised_on(domain, pnode);
    uint64_t have = vnuma__domain_pages_on(domain, pnode);
    uint64_t lost;

    if (pnode == domain->vnodes[0].pnode)
        wanted += MAX_SPECIAL_PAGES;
    if (have <= wanted)
        return have;
    lost = have - wanted < *missing ? have - wanted : *missing;
    *missing -= lost;
    return have - lost;
}

/*
 * The last vnode also gets the pages that no vnode was promised: special
 * pages.
 */
static void divide_pages(vnuma_domain *domain, uint32_t pnode, uint64_t pages)
{
    vnuma_domain_vnode *last = NULL;
    uint64_t promised, part;
    unsigned int i;

    for (i = 0; i < domain->num_vnodes; i++) {
        promised = vnode_pages_on(&domain->vnodes[i], pnode);
        if (!promised && domain->vnodes[i].pnode != pnode)
            continue;
        part = pages < promised ? pages : promised;
        last = &domain->vnodes[i];
        last->num_pages += part;
        pages -= part;
    }
    if (last)
        last->num_pages += pages;
}

static void judge_pages(vnuma_domain *domain)
{
    bool known = domain->counted && domain->promise != VNUMA_PROMISE_UNKNOWN;
    uint64_t promised = vnuma__domain_promised(domain), missing = 0;
    uint64_t wanted, pages;
    uint32_t pnode;
    unsigned int i;

    domain->stray_pages = known ? 0 : VNUMA_PAGES_UNKNOWN;
    for (i = 0; i < domain->num_vnodes; i++)
        domain->vnodes[i].num_pages = domain->stray_pages;
    if (!known || domain->promise == VNUMA_PROMISE_NONE)
        return;
    for (i = 0; i < domain->num_pages; i++)
        domain->stray_pages += domain->pages[i].num_pages;
    for (pnode = 0; pnode < VNUMA_MAX_PNODES; pnode++) {
        wanted = vnuma__domain_promised_on(domain, pnode);
        pages = vnuma__domain_pages_on(domain, pnode);
        missing += pages < wanted ? wanted - pages : 0;
    }
    while (promised) {
        pnode = vnuma__take_lowest(&promised);
        pages = at_home(domain, pnode, &missing);
        divide_pages(domain, pnode, pages);
        domain->stray_pages -= pages;
    }
}

/* ---- drift -------------------------------------------------------------- */

/* A domain that is compared with its promise. */
typedef struct {
    vnuma_domain *domain;
    const vnuma_topology *topology;
    bool failed; /* there was no memory for something */
} judgement;

__attribute__((format(printf, 2, 3))) static void
add_drift(judgement *j, const char *format, ...)
{
    vnuma_domain *domain = j->domain;
    va_list args;

    va_start(args, format);
    if (!VNUMA__GROW(domain->drift, domain->num_drift) ||
        vasprintf(&domain->drift[domain->num_drift], format, args) < 0)
        j->failed = true;
    else
        domain->num_drift++;
    va_end(args);
}

static bool overlap(const vnuma_bitmap *a, const vnuma_bitmap *b)
{
    uint32_t bit;

    VNUMA_BITMAP_FOREACH(bit, a) {
        if (vnuma_bitmap_test(b, bit))
            return true;
    }
    return false;
}

/*
 * Whether a vcpu runs only at home.  Xen runs it on its hard affinity, or on
 * soft within hard when that is not empty.
 */
static bool stays(const vnuma_domain_vcpu *vcpu, const vnuma_bitmap *home)
{
    bool prefers = overlap(&vcpu->soft, &vcpu->hard);
    uint32_t pcpu;

    VNUMA_BITMAP_FOREACH(pcpu, &vcpu->hard) {
        if (prefers && !vnuma_bitmap_test(&vcpu->soft, pcpu))
            continue;
        if (!vnuma_bitmap_test(home, pcpu))
            return false;
    }
    return true;
}

typedef enum {
    AT_HOME,
    NO_CPUS,      /* the pnode of its memory has no CPUs */
    CANNOT,       /* its hard affinity excludes that pnode */
    MAY_RUN_AWAY, /* its affinity allows other pnodes */
    IS_AWAY,      /* its affinity prefers that pnode, but it runs elsewhere */
    NUM_WAYS,
} vcpu_place;

/* Offline vcpus are judged too: an HVM guest may bring them up later. */
static vcpu_place judge_vcpu(const vnuma_domain_vcpu *vcpu,
                             const vnuma_pnode *pnode)
{
    if (vnuma_bitmap_next(&pnode->pcpus, 0) == VNUMA_BITMAP_NONE)
        return NO_CPUS;
    if (!overlap(&vcpu->hard, &pnode->pcpus))
        return CANNOT;
    if (!stays(vcpu, &pnode->pcpus))
        return MAY_RUN_AWAY;
    if (vcpu->running && vcpu->pcpu != VNUMA_ID_UNKNOWN &&
        !vnuma_bitmap_test(&pnode->pcpus, vcpu->pcpu))
        return IS_AWAY;
    return AT_HOME;
}

static void tell_vcpus(judgement *j, vcpu_place place,
                       const vnuma_bitmap *vcpus, uint32_t pnode)
{
    bool many = vnuma_bitmap_count(vcpus) > 1;
    const char *its = many ? "their" : "its", *s = many ? "s" : "";
    char *list = vnuma_bitmap_format(vcpus);

    if (!list)
        j->failed = true;
    else if (place == NO_CPUS)
        add_drift(j,
                  "vcpu%s %s cannot run near %s memory: pnode %" PRIu32
                  " has no CPUs",
                  s, list, its, pnode);
    else if (place == CANNOT)
        add_drift(j,
                  "vcpu%s %s cannot run near %s memory on pnode %" PRIu32
                  ": %s hard affinity has none of that pnode's CPUs",
                  s, list, its, pnode, its);
    else if (place == MAY_RUN_AWAY)
        add_drift(j,
                  "vcpu%s %s may run away from %s memory on pnode %" PRIu32
                  ": %s affinity names CPUs of other pnodes too",
                  s, list, its, pnode, its);
    else
        add_drift(j,
                  "vcpu%s %s run%s away from %s memory on pnode %" PRIu32
                  " now, though %s soft affinity is there",
                  s, list, many ? "" : "s", its, pnode, its);
    free(list);
}

static void judge_vnode(judgement *j, unsigned int number, vcpu_place wanted,
                        const vnuma_pnode *pnode)
{
    const vnuma_domain *domain = j->domain;
    vnuma_bitmap vcpus = { 0 };
    unsigned int i;

    for (i = 0; i < domain->num_vcpus; i++)
        if (domain->vcpus[i].vnode == number &&
            judge_vcpu(&domain->vcpus[i], pnode) == wanted)
            j->failed |= vnuma_bitmap_set(&vcpus, domain->vcpus[i].vcpu);
    if (vnuma_bitmap_count(&vcpus))
        tell_vcpus(j, wanted, &vcpus, pnode->pnode);
    vnuma_bitmap_dispose(&vcpus);
}

static void judge_vcpus(judgement *j)
{
    const vnuma_pnode *pnode;
    vcpu_place wanted;
    unsigned int i;

    for (i = 0; i < j->domain->num_vnodes; i++) {
        uint32_t promised = j->domain->vnodes[i].pnode;

        if (promised == VNUMA_ID_UNKNOWN)
            continue;
        pnode = vnuma_topology_find(j->topology, promised);
        if (!pnode)
            add_drift(j,
                      "vnode %u was promised pnode %" PRIu32
                      ", which the host does not have",
                      i, promised);
        for (wanted = AT_HOME + 1; pnode && wanted < NUM_WAYS; wanted++)
            judge_vnode(j, i, wanted, pnode);
    }
}

static void judge_domain(judgement *j)
{
    vnuma_domain *domain = j->domain;

    dispose_drift(domain);
    judge_pages(domain);
    /* The guest was restored by an xl without vNUMA. */
    if (domain->promise == VNUMA_PROMISE_CONFIG &&
        domain->num_described != domain->num_vnodes)
        add_drift(j, "its configuration has %u vnode%s, Xen holds %u for it",
                  domain->num_vnodes, domain->num_vnodes == 1 ? "" : "s",
                  domain->num_described);
    judge_vcpus(j);
    if (domain->stray_pages != VNUMA_PAGES_UNKNOWN && domain->stray_pages)
        add_drift(j, "%" PRIu64 " page%s elsewhere than promised",
                  domain->stray_pages,
                  domain->stray_pages == 1 ? " is" : "s are");
}

int vnuma_domains_judge(vnuma_domains *domains, const vnuma_topology *topology)
{
    judgement j = { .topology = topology };
    unsigned int i;

    for (i = 0; i < domains->num_items; i++) {
        j.domain = &domains->items[i];
        judge_domain(&j);
    }
    return j.failed ? VNUMA_ERROR_NOMEM : 0;
}

/* ---- domains as users of the library have them -------------------------- */

int vnuma_domains_parse(const vnuma_source *source,
                        const vnuma_topology *topology,
                        vnuma_domains **domains_r, vnuma_diags *diags)
{
    VNUMA__MAKE(domains_r, vnuma__domains_parse(source, topology, made, diags),
                0);
}

VNUMA__FREE(vnuma_domains, vnuma__domains_dispose)
VNUMA__READER(unsigned int, vnuma_domains_num, vnuma_domains, num_items)
VNUMA__ITEM_READER(const vnuma_domain *, vnuma_domains_at, vnuma_domains,
                   &object->items[index])

/* As libxl finds a domain: what is all digits is a number. */
static bool is_called(const vnuma_domain *domain, const char *which)
{
    if (which[strspn(which, "0123456789")])
        return !strcmp(domain->name, which);
    return domain->domid == strtoul(which, NULL, 10);
}

bool vnuma_domains_keep(vnuma_domains *domains, const char *which)
{
    vnuma_domain kept;
    unsigned int i;

    for (i = 0; i < domains->num_items; i++)
        if (is_called(&domains->items[i], which))
            break;
    if (i == domains->num_items)
        return false;
    kept = domains->items[i];
    domains->items[i] = domains->items[0];
    domains->items[0] = kept;
    while (domains->num_items > 1)
        vnuma__domain_dispose(&domains->items[--domains->num_items]);
    return true;
}

VNUMA__READER(uint32_t, vnuma_domain_domid, vnuma_domain, domid)
VNUMA__READER(const char *, vnuma_domain_name, vnuma_domain, name)
VNUMA__READER(uint64_t, vnuma_domain_memkb, vnuma_domain, memkb)
VNUMA__READER(vnuma_promise, vnuma_domain_promise, vnuma_domain, promise)
VNUMA__LIST_READERS(vnuma_domain_vnode, vnuma_domain, vnode)
VNUMA__LIST_READERS(vnuma_domain_vcpu, vnuma_domain, vcpu)
VNUMA__READER(uint64_t, vnuma_domain_stray_pages, vnuma_domain, stray_pages)
VNUMA__READER(unsigned int, vnuma_domain_num_drift, vnuma_domain, num_drift)
VNUMA__ITEM_READER(const char *, vnuma_domain_drift_at, vnuma_domain,
                   object->drift[index])

uint64_t vnuma_domain_pages(const vnuma_domain *domain, uint32_t pnode)
{
    return domain->counted ? vnuma__domain_pages_on(domain, pnode)
                           : VNUMA_PAGES_UNKNOWN;
}
