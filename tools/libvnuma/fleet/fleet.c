/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host as an engine sees it: see vnuma_fleet.h.
 *
 * Two things are kept up to date.  The topology has what is free on each
 * pnode.  Between least and most is what the engine should see free in all: it
 * does not know what building costs, and cannot tell whether a guest that it
 * lists has been built since.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/access.h"
#include "base/diag.h"
#include "base/json_members.h"
#include "guest/build_cost.h"
#include "host/topology.h"
#include "layout/layout.h"
#include "plan/plan_inside.h"
#include "record/lived.h"
#include "show/domains.h"
#include "vnuma_fleet.h"

#define PAGE_MEMKB UINT64_C(4)
#define SLACK_MEMKB (UINT64_C(64) << 10)
/* What is counted for building is more than it takes, but by less than so. */
#define BUILDS_PART 64u

typedef struct {
    char *name;
} build;

struct vnuma_fleet_host {
    vnuma_topology topology;
    vnuma_domains domains; /* one that is gone has no name */
    unsigned int next;     /* after the one that went last */
    build *builds;         /* owned */
    unsigned int num_builds;
    vnuma__homes homes; /* where guests lived that do not run */
    int64_t least, most; /* KiB */
    bool knows_free;
};

/* ---- the report --------------------------------------------------------- */

static const vnuma__member of_build[] = {
    { "name", VNUMA__IS_STRING, offsetof(build, name), .absent = "" },
    { NULL },
};

static const vnuma__member of_report[] = {
    { "builds", VNUMA__IS_LIST, offsetof(vnuma_fleet_host, builds),
      .num_at = offsetof(vnuma_fleet_host, num_builds), .size = sizeof(build),
      .table = of_build, .wrong = "this is not a build" },
    { NULL },
};

static int read_report(vnuma_fleet_host *host, const vnuma_source *source,
                       vnuma_diags *diags)
{
    const vnuma__members members = { diags, "report" };
    vnuma__jsondoc json = { 0 };
    int rc;

    rc = vnuma__jsondoc_parse(vnuma__source_text(source), &json, diags);
    if (rc == 1)
        rc = VNUMA_ERROR_HOST;
    else if (!rc && !vnuma__jsondoc_member(json.root, "report"))
        rc = vnuma__members_bad(&members, json.root,
                                "this is not a report of a host");
    if (!rc)
        rc = vnuma__topology_from_json(source, json.root, &host->topology,
                                       diags);
    if (!rc)
        rc = vnuma__domains_read(json.root, &host->domains, diags);
    if (!rc)
        rc = vnuma__members_read(&members, json.root, of_report, host);
    if (!rc)
        rc = vnuma__homes_from_json(vnuma__jsondoc_member(json.root, "places"),
                                    &host->homes);
    vnuma__jsondoc_dispose(&json);
    return rc;
}

/* However much a report claims, no sum overflows. */
static void move(int64_t *sum, uint64_t memkb, int sign)
{
    const int64_t most = INT64_C(1) << 61;

    *sum += sign * (int64_t)vnuma__clip_memkb(memkb);
    if (*sum > most)
        *sum = most;
    else if (*sum < -most)
        *sum = -most;
}

static void sum_free(vnuma_fleet_host *host)
{
    uint64_t is_free;
    unsigned int p;

    host->knows_free = true;
    for (p = 0; p < host->topology.num_pnodes; p++) {
        is_free = host->topology.pnodes[p].free_memkb;
        host->knows_free &= is_free != VNUMA_MEMKB_UNKNOWN;
        move(&host->least, is_free, 1);
    }
    host->most = host->least;
}

static void dispose(vnuma_fleet_host *host)
{
    unsigned int i;

    for (i = 0; i < host->num_builds; i++)
        free(host->builds[i].name);
    free(host->builds);
    vnuma__homes_dispose(&host->homes);
    vnuma__domains_dispose(&host->domains);
    vnuma__topology_dispose(&host->topology);
}

static int parse(vnuma_fleet_host *host, const vnuma_source *source,
                 vnuma_diags *diags)
{
    uint64_t held = 0;
    unsigned int i;
    int rc;

    rc = read_report(host, source, diags);
    if (rc) {
        dispose(host);
        return rc;
    }
    sum_free(host);
    for (i = 0; i < host->domains.num_items; i++)
        if (host->domains.items[i].memkb != VNUMA_MEMKB_UNKNOWN)
            held = vnuma__clip_memkb(
                held + vnuma__clip_memkb(host->domains.items[i].memkb));
    if (host->num_builds)
        move(&host->most, held / BUILDS_PART, 1);
    return 0;
}

int vnuma_fleet_host_parse(const vnuma_source *source,
                           vnuma_fleet_host **host_r, vnuma_diags *diags)
{
    VNUMA__MAKE(host_r, parse(made, source, diags), 0);
}

VNUMA__FREE(vnuma_fleet_host, dispose)

/*
 * Those that go are told of in the order of the report, of which there may be
 * as many as its text has room for: so none is looked for from the first on.
 */
static vnuma_domain *find(const vnuma_fleet_host *host, const char *name)
{
    unsigned int num = host->domains.num_items, i;

    for (i = 0; *name && i < num; i++) {
        vnuma_domain *domain = &host->domains.items[(host->next + i) % num];

        if (!strcmp(domain->name, name))
            return domain;
    }
    return NULL;
}

VNUMA__PART_READER(vnuma_domains, vnuma_fleet_host_domains, vnuma_fleet_host,
                   domains)

bool vnuma_fleet_host_knows(const vnuma_fleet_host *host, const char *name)
{
    unsigned int i;

    for (i = 0; *name && i < host->num_builds; i++)
        if (!strcmp(host->builds[i].name, name))
            return true;
    return find(host, name);
}

/* ---- guests that are gone ----------------------------------------------- */

/* A vcpu less, of the loads that vnuma__load_add() made. */
static void unload(vnuma_topology *topology, const vnuma_domain_vcpu *vcpu)
{
    const vnuma_bitmap *pool = &vcpu->hard;
    unsigned int i, num = 0;

    for (i = 0; i < topology->num_pools; i++)
        if (vnuma_bitmap_test(&topology->pools[i].pcpus, vcpu->pcpu))
            pool = &topology->pools[i].pcpus;
    for (i = 0; i < topology->num_pcpus; i++)
        num += vnuma_bitmap_test(&vcpu->hard, topology->pcpus[i].pcpu) &&
               vnuma_bitmap_test(pool, topology->pcpus[i].pcpu);
    for (i = 0; num && i < topology->num_pcpus; i++) {
        vnuma_pcpu *pcpu = &topology->pcpus[i];

        if (vnuma_bitmap_test(&vcpu->hard, pcpu->pcpu) &&
            vnuma_bitmap_test(pool, pcpu->pcpu))
            pcpu->load -= vnuma__min(pcpu->load, 1000 / num);
    }
}

static void give_back(vnuma_fleet_host *host, const vnuma_domain *domain)
{
    unsigned int p;

    for (p = 0; p < host->topology.num_pnodes; p++) {
        vnuma_pnode *pnode = &host->topology.pnodes[p];
        uint64_t pages = domain->counted
                             ? vnuma__domain_pages_on(domain, pnode->pnode)
                             : vnuma__domain_promised_on(domain, pnode->pnode);
        uint64_t memkb = vnuma__clip_memkb(pages) * PAGE_MEMKB;

        if (pnode->free_memkb == VNUMA_MEMKB_UNKNOWN)
            continue;
        if (pnode->memkb != VNUMA_MEMKB_UNKNOWN)
            memkb = vnuma__min(memkb, pnode->memkb > pnode->free_memkb
                                          ? pnode->memkb - pnode->free_memkb
                                          : 0);
        pnode->free_memkb += memkb;
    }
}

void vnuma_fleet_host_gone(vnuma_fleet_host *host, const char *name)
{
    vnuma_domain *domain = find(host, name);
    unsigned int i;

    if (!domain)
        return;
    give_back(host, domain);
    for (i = 0; i < domain->num_vcpus; i++)
        if (domain->vcpus[i].online)
            unload(&host->topology, &domain->vcpus[i]);
    if (domain->memkb == VNUMA_MEMKB_UNKNOWN) {
        host->knows_free = false;
    } else {
        move(&host->least, domain->memkb, 1);
        move(&host->most, domain->memkb, 1);
        move(&host->most,
             vnuma__build_memkb(domain->memkb, domain->num_vcpus), 1);
    }
    *domain->name = '\0';
    host->next = (unsigned int)(domain - host->domains.items) + 1;
}

/* ---- guests that the report lacks --------------------------------------- */

/* What is not known where it is, is everywhere a little. */
static void take_anywhere(vnuma_topology *topology, uint64_t memkb)
{
    double part, sum = 0;
    unsigned int p;

    for (p = 0; p < topology->num_pnodes; p++)
        if (topology->pnodes[p].free_memkb != VNUMA_MEMKB_UNKNOWN)
            sum += (double)topology->pnodes[p].free_memkb;
    part = (double)memkb < sum ? (double)memkb / sum : 1;
    for (p = 0; p < topology->num_pnodes; p++) {
        uint64_t *is_free = &topology->pnodes[p].free_memkb;

        if (*is_free != VNUMA_MEMKB_UNKNOWN)
            *is_free -= vnuma__min(*is_free,
                                   (uint64_t)((double)*is_free * part));
    }
}

/* Of a guest; what building costs is only certain to be no more than that. */
static void expect(vnuma_fleet_host *host, uint64_t guest_memkb,
                   uint64_t build_memkb, bool is_up)
{
    move(&host->least, guest_memkb + build_memkb, -1);
    if (is_up)
        move(&host->most, guest_memkb, -1);
}

int vnuma_fleet_host_list(vnuma_fleet_host *host, const char *name,
                          const vnuma_config *config, bool is_up)
{
    uint64_t guest_memkb = vnuma__clip_memkb(vnuma_config_total_memkb(config));
    uint64_t build_memkb =
        vnuma__build_memkb(guest_memkb, vnuma_config_max_vcpus(config)) +
        VNUMA__SPECIAL_MEMKB;
    vnuma__lived lived = { .num_vnodes = 0 };
    vnuma_plan_options options = { .lived = &lived, .no_advice = true };
    vnuma_diags diags = { 0 };
    vnuma_plan plan = { 0 };
    int rc;

    if (vnuma_fleet_host_knows(host, name))
        return 0;
    vnuma__homes_find(&host->homes, NULL, name, &lived);
    rc = vnuma__plan_build(config, &host->topology, &options, &plan, &diags);
    if (!rc)
        vnuma_topology_take(&host->topology, &plan);
    else if (rc == VNUMA_ERROR_NOFIT && is_up)
        take_anywhere(&host->topology, guest_memkb + build_memkb);
    if (!rc || (rc == VNUMA_ERROR_NOFIT && is_up))
        expect(host, guest_memkb, build_memkb, is_up);
    vnuma__plan_dispose(&plan);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* ---- how far it can be trusted ------------------------------------------ */

static uint64_t no_less(int64_t memkb)
{
    return memkb > 0 ? (uint64_t)memkb : 0;
}

vnuma_fleet_trust vnuma_fleet_host_judge(const vnuma_fleet_host *host,
                                         uint64_t free_memkb, uint64_t now,
                                         uint64_t seconds, vnuma_diags *diags)
{
    uint64_t least = no_less(host->least), most = no_less(host->most);
    uint64_t time = host->domains.time;

    if (host->knows_free && free_memkb != VNUMA_MEMKB_UNKNOWN &&
        (free_memkb + SLACK_MEMKB < least ||
         free_memkb > most + SLACK_MEMKB)) {
        vnuma__warning(diags, "report-stale", VNUMA__NOWHERE,
                       "%" PRIu64 " MiB are free, and by the report it should "
                       "be %" PRIu64 " to %" PRIu64 " MiB",
                       free_memkb / 1024, least / 1024,
                       vnuma__mib_up(most));
        return VNUMA_FLEET_STALE;
    }
    if (now && time < now && now - time > seconds) {
        vnuma__warning(diags, "report-old", VNUMA__NOWHERE,
                       "the report is %" PRIu64
                       " seconds older than it may be",
                       now - time - seconds);
        return VNUMA_FLEET_OLD;
    }
    if (now && time > now && time - now > seconds) {
        vnuma__warning(diags, "report-old", VNUMA__NOWHERE,
                       "the report is from a time %" PRIu64 " seconds ahead: "
                       "the clocks differ", time - now);
        return VNUMA_FLEET_OLD;
    }
    return VNUMA_FLEET_CURRENT;
}

vnuma_topology *vnuma_fleet_host_topology(vnuma_fleet_host *host)
{
    return &host->topology;
}
