/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reports of the hosts, brought up to date, and on which a guest fits. */
#include "config.h"

#include "ganeti/ganeti.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan_inside.h"

#define NAMES_TOLD 5u
#define MOST_MEMKB (UINT64_C(1) << 40) /* of one domain: no sum overflows */

/* ---- reports ------------------------------------------------------------ */

/* Is none of the engine's guests, or it has been removed. */
static bool is_unlisted(const cluster *c, const char *name)
{
    unsigned int low = 0, high = c->num_guests;

    while (low < high) {
        unsigned int middle = low + (high - low) / 2;
        int order = strcmp(name, c->guests[middle].name);

        if (!order)
            return false;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return true;
}

static bool is_of(const host *h, const char *name)
{
    const guest *g;

    for (g = h->guests; g; g = g->next)
        if (!strcmp(g->name, name))
            return true;
    return false;
}

/*
 * Visits the domains that the engine has elsewhere, or, @unlisted, that it
 * does not have at all; lets them go if @go.  Returns the KiB that they hold.
 */
static uint64_t visit(const cluster *c, host *h, bool unlisted, bool go)
{
    const vnuma_domains *domains = vnuma_fleet_host_domains(h->seen);
    uint64_t held = 0, memkb;
    unsigned int i;

    for (i = 0; i < vnuma_domains_num(domains); i++) {
        const vnuma_domain *domain = vnuma_domains_at(domains, i);
        const char *name = vnuma_domain_name(domain);

        if (!*name || !vnuma_domain_domid(domain) || is_of(h, name) ||
            is_unlisted(c, name) != unlisted)
            continue;
        memkb = vnuma_domain_memkb(domain);
        held += memkb < MOST_MEMKB ? memkb : 0;
        if (go)
            vnuma_fleet_host_gone(h->seen, name);
    }
    return held;
}

static bool has_state(const guest *g, const char *state)
{
    value_ptr value = vnuma__jsondoc_member(g->value, "admin_state");

    return value && value->type == VNUMA__JSON_STRING &&
           vnuma__text_equal(vnuma__jsondoc_text(value), state);
}

/*
 * Those that the report lacks.  One that is down keeps its place: it may be
 * one that Ganeti creates now, and is started without asking us.
 */
static int add_guests(host *h)
{
    const guest *g;
    int rc = 0;

    for (g = h->guests; g && rc != VNUMA_ERROR_NOMEM; g = g->next) {
        vnuma_diags diags = { 0 };
        vnuma_config *config;
        vnuma_source source;

        if (has_state(g, "offline") ||
            vnuma_fleet_host_knows(h->seen, g->name))
            continue;
        rc = tags_config(g, &source, &config, &diags);
        if (!rc)
            rc = vnuma_fleet_host_list(h->seen, g->name, config,
                                       !has_state(g, "down"));
        vnuma_config_free(config);
        vnuma_source_dispose(&source);
        vnuma_diags_dispose(&diags);
    }
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/*
 * A guest that is being added is up in the list, and its memory is not taken
 * off before it is there: it shows only in the sum of those that are.
 */
static uint64_t free_memkb(const host *h)
{
    uint64_t up_mib = 0, more;
    const guest *g;

    if (h->free_mib == VNUMA_MEMKB_UNKNOWN)
        return VNUMA_MEMKB_UNKNOWN;
    for (g = h->guests; g; g = g->next)
        up_mib += has_state(g, "up") ? g->memory_mib : 0;
    more = up_mib > h->up_mib ? up_mib - h->up_mib : 0;
    return (h->free_mib - (more < h->free_mib ? more : h->free_mib)) * 1024;
}

static char *first_message(const vnuma_diags *diags)
{
    return strdup(diags->num_items ? vnuma_diags_at(diags, 0)->message
                                   : "no memory");
}

static vnuma_fleet_trust judge(const host *h, uint64_t memkb, uint64_t oldest,
                               char **why_r)
{
    vnuma_diags diags = { 0 };
    vnuma_fleet_trust trust;

    trust = vnuma_fleet_host_judge(h->seen, memkb, oldest, &diags);
    if (diags.num_items && why_r)
        *why_r = first_message(&diags);
    vnuma_diags_dispose(&diags);
    return trust;
}

/*
 * What the engine does not have at all may be an administrator's own domain,
 * or one that was removed: that, if it explains the memory that is free.
 */
static void let_unlisted_go(const cluster *c, host *h, uint64_t memkb)
{
    uint64_t held = visit(c, h, true, false);

    if (!held || memkb == VNUMA_MEMKB_UNKNOWN || held > memkb ||
        judge(h, memkb, 0, NULL) != VNUMA_FLEET_STALE)
        return;
    /* Building it cost up to so much, which is free again too. */
    if (judge(h, memkb - held, 0, NULL) == VNUMA_FLEET_CURRENT ||
        (memkb - held >= held / 128 &&
         judge(h, memkb - held - held / 128, 0, NULL) == VNUMA_FLEET_CURRENT))
        visit(c, h, true, true);
}

static int settle(const cluster *c, host *h, uint64_t oldest)
{
    uint64_t memkb = free_memkb(h);
    int rc;

    visit(c, h, false, true);
    rc = add_guests(h);
    if (rc)
        return rc;
    let_unlisted_go(c, h, memkb);
    h->report = judge(h, memkb, oldest, &h->why) == VNUMA_FLEET_CURRENT
                    ? REPORT_CURRENT
                    : REPORT_STALE;
    return 0;
}

static int read_report(const cluster *c, host *h, const char *dir,
                       uint64_t oldest)
{
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };
    char path[4096];
    int rc;

    /* A name that would lead out of the folder is no host's. */
    if (strchr(h->name, '/') || h->name[0] == '.' ||
        (size_t)snprintf(path, sizeof(path), "%s/%s.json", dir, h->name) >=
            sizeof(path)) {
        h->report = REPORT_MISSING;
        return 0;
    }
    rc = vnuma_source_read(&source, path);
    if (!rc)
        rc = vnuma_fleet_host_parse(&source, &h->seen, &diags);
    h->report = rc == VNUMA_ERROR_IO && errno == ENOENT ? REPORT_MISSING
                                                        : REPORT_BROKEN;
    if (rc == VNUMA_ERROR_IO && h->report == REPORT_BROKEN)
        h->why = strdup(strerror(errno));
    else if (rc == VNUMA_ERROR_HOST)
        h->why = first_message(&diags);
    else if (!rc)
        rc = settle(c, h, oldest);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

int hosts_read(cluster *c, const char *dir, uint64_t oldest)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < c->num_hosts && !rc; i++)
        if (c->hosts[i].is_usable)
            rc = read_report(c, &c->hosts[i], dir, oldest);
    return rc;
}

/* ---- fitting ------------------------------------------------------------ */

/* What is in no way enough needs no search. */
static bool has_room(vnuma_topology *topology, const vnuma_config *config)
{
    uint64_t left = vnuma_config_total_memkb(config);
    unsigned int p;

    for (p = 0; p < topology->num_pnodes && left; p++)
        if (topology->pnodes[p].free_memkb != VNUMA_MEMKB_UNKNOWN)
            left -= topology->pnodes[p].free_memkb < left
                        ? topology->pnodes[p].free_memkb
                        : left;
    return !left;
}

static int fit(host *h, const vnuma_config *config)
{
    vnuma_topology *topology = vnuma_fleet_host_topology(h->seen);
    vnuma_diags diags = { 0 };
    vnuma__attempt attempt = { 0 };
    int rc;

    if (!has_room(topology, config))
        return 0;
    rc = vnuma__attempt_init(&attempt, config, topology, NULL, VNUMA__STEPS,
                             &diags);
    h->fits = !rc && attempt.result.feasible;
    vnuma__attempt_dispose(&attempt);
    vnuma_diags_dispose(&diags);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

int hosts_fit(cluster *c, const vnuma_config *config)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < c->num_hosts && !rc; i++) {
        c->hosts[i].fits = false;
        if (c->hosts[i].report >= REPORT_STALE)
            rc = fit(&c->hosts[i], config);
    }
    return rc;
}

int hosts_take(host *h, const char *name, const vnuma_config *config)
{
    int rc = h->seen ? vnuma_fleet_host_list(h->seen, name, config, true) : 0;

    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* ---- saying ------------------------------------------------------------- */

static void tell_list(const cluster *c, report_state report, const char *what,
                      FILE *f)
{
    unsigned int num = 0, i;

    for (i = 0; i < c->num_hosts; i++) {
        const host *h = &c->hosts[i];

        if (h->report != report)
            continue;
        if (num < NAMES_TOLD)
            fprintf(f, "%s%s", num ? ", " : what, h->name);
        if (num < NAMES_TOLD && h->why)
            fprintf(f, " (%s)", h->why);
        num++;
    }
    if (num > NAMES_TOLD)
        fprintf(f, " and %u more", num - NAMES_TOLD);
}

void hosts_tell_fit(const cluster *c, bool stale, FILE *f)
{
    unsigned int num = 0, usable = 0, i;

    for (i = 0; i < c->num_hosts; i++) {
        num += host_is_asked(&c->hosts[i], stale);
        usable += c->hosts[i].is_usable;
    }
    fprintf(f, "%u of %u hosts fit", num, usable);
}

void hosts_tell_reports(const cluster *c, bool stale, FILE *f)
{
    tell_list(c, REPORT_STALE,
              stale ? "; used as no other fits, although the report is "
                      "stale: "
                    : "; not used, as the report is stale: ",
              f);
    tell_list(c, REPORT_BROKEN, "; not used, as the report is broken: ", f);
    tell_list(c, REPORT_MISSING, "; not used, as there is no report: ", f);
}
