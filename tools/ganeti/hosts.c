/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reports of the hosts, brought up to date, and on which a guest fits. */
#include "config.h"

#include "ganeti/ganeti.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/plan_inside.h"

#define NAMES_TOLD 5u
#define MOST_SECONDS 900u /* a report is pulled each minute */
#define MOST_WORDS 400 /* bytes of what is wrong with a report */
#define MOST_THREADS 7u
#define HOSTS_OF_THREAD 50u /* fewer are not worth one */
#define MOST_MEMKB (UINT64_C(1) << 40) /* of one domain: no sum overflows */

/* ---- reports ------------------------------------------------------------ */

/* Is none of the engine's guests, or it has been removed. */
static bool is_unlisted(const cluster *c, const char *name)
{
    vnuma__text text = { .ptr = name, .len = (uint32_t)strlen(name) };

    return !cluster_guest(c, text);
}

static bool is_of(const host *h, const char *name)
{
    const guest *g = h->guests;
    int order = 1;

    for (; g && order > 0; g = g->next) /* in the names' order */
        order = strcmp(name, g->name);
    return !order;
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

        if (g->state == STATE_OFFLINE ||
            vnuma_fleet_host_knows(h->seen, g->name))
            continue;
        rc = tags_config(g, &source, &config, &diags);
        if (!rc)
            rc = vnuma_fleet_host_list(h->seen, g->name, config,
                                       g->state != STATE_DOWN);
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
        up_mib += g->state == STATE_UP ? g->memory_mib : 0;
    more = up_mib > h->up_mib ? up_mib - h->up_mib : 0;
    return (h->free_mib - (more < h->free_mib ? more : h->free_mib)) * 1024;
}

static char *first_message(const vnuma_diags *diags)
{
    /* the caller has it */
    return strdup(diags->num_items ? vnuma_diags_at(diags, 0)->message
                                   : "no memory");
}

static vnuma_fleet_trust judge(const host *h, uint64_t memkb, uint64_t now,
                               char **why_r)
{
    vnuma_diags diags = { 0 };
    vnuma_fleet_trust trust;

    trust = vnuma_fleet_host_judge(h->seen, memkb, now, MOST_SECONDS, &diags);
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

static int settle(const cluster *c, host *h)
{
    uint64_t memkb = free_memkb(h);
    int rc;

    visit(c, h, false, true);
    rc = add_guests(h);
    if (rc)
        return rc;
    let_unlisted_go(c, h, memkb);
    h->report = judge(h, memkb, c->now, &h->why) == VNUMA_FLEET_CURRENT
                    ? REPORT_CURRENT
                    : REPORT_STALE;
    return 0;
}

static int read_report(const cluster *c, host *h)
{
    vnuma_diags diags = { 0 };
    vnuma_source source = { 0 };
    char path[4096];
    int len, rc;

    /* A name that would lead out of the folder is no host's. */
    len = snprintf(path, sizeof(path), "%s/%s.json", c->reports, h->name);
    if (strchr(h->name, '/') || h->name[0] == '.' ||
        (size_t)len >= sizeof(path)) {
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
        rc = settle(c, h);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
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

/* Each vnode on the roomiest pnode without one: if that fits, it does. */
static bool fits_apart(const vnuma__problem *problem)
{
    uint8_t pnode[VNUMA__MAX_VNODES];
    uint64_t places;
    unsigned int v, p;
    vnuma__cost cost;

    places = vnuma__lowest_bits(problem->num_pnodes);
    for (v = 0; v < problem->num_vnodes; v++) {
        uint64_t rest = places & problem->allowed[v];

        if (!rest)
            return false;
        pnode[v] = (uint8_t)vnuma__take_lowest(&rest);
        while (rest) {
            p = vnuma__take_lowest(&rest);
            if (problem->room[p] > problem->room[pnode[v]])
                pnode[v] = (uint8_t)p;
        }
        places &= ~vnuma__bit(pnode[v]);
    }
    return vnuma__measure(problem, pnode, &cost, NULL);
}

static int fit(host *h, const vnuma_config *config)
{
    vnuma_topology *topology = vnuma_fleet_host_topology(h->seen);
    vnuma_diags diags = { 0 };
    vnuma__attempt attempt = { 0 };
    int rc;

    if (!has_room(topology, config))
        return 0;
    rc = vnuma__attempt_init(&attempt, config, topology, NULL, 0, &diags);
    h->fits = !rc && fits_apart(&attempt.model.problem);
    if (!rc && !h->fits) {
        rc = vnuma__search(&attempt.model.problem, VNUMA__STEPS,
                           &attempt.result);
        h->fits = !rc && attempt.result.feasible;
    }
    vnuma__attempt_dispose(&attempt);
    vnuma_diags_dispose(&diags);
    return rc == VNUMA_ERROR_NOMEM ? rc : 0;
}

/* What all threads share. */
typedef struct {
    cluster *c;
    const vnuma_config *config;
    bool again;
    atomic_uint next; /* the first host that none has taken */
    atomic_int rc;
} task;

static void do_host(task *t, host *h)
{
    int rc = 0;

    h->fits = false;
    if (h->is_usable && h->report == REPORT_NOT_READ)
        rc = read_report(t->c, h);
    if (!rc && h->report >= REPORT_STALE)
        rc = fit(h, t->config);
    if (!t->again) {
        vnuma_fleet_host_free(h->seen);
        h->seen = NULL;
    }
    if (rc)
        atomic_store(&t->rc, rc);
}

static void *do_hosts(void *user)
{
    task *t = user;
    unsigned int i;

    while ((i = atomic_fetch_add(&t->next, 1)) < t->c->num_hosts)
        do_host(t, &t->c->hosts[i]);
    return NULL;
}

int hosts_fit(cluster *c, const vnuma_config *config, bool again)
{
    task t = { .c = c, .config = config, .again = again };
    long num_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t threads[MOST_THREADS];
    unsigned int num = 0;

    /* No host has anything in common with another one. */
    while (num < MOST_THREADS && num + 1 < num_cpus &&
           num < c->num_hosts / HOSTS_OF_THREAD &&
           !pthread_create(&threads[num], NULL, do_hosts, &t))
        num++;
    do_hosts(&t);
    while (num)
        pthread_join(threads[--num], NULL);
    return t.rc;
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
            fprintf(f, " (%.*s)", MOST_WORDS, h->why);
        num++;
    }
    if (num > NAMES_TOLD)
        fprintf(f, " and %u more", num - NAMES_TOLD);
}

void hosts_tell_fit(const cluster *c, bool stale, FILE *f)
{
    unsigned int num = 0, i;

    for (i = 0; i < c->num_hosts; i++)
        num += host_is_asked(&c->hosts[i], stale);
    fprintf(f, "%u of %u hosts fit", num, c->num_usable);
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
