/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that are planned together, written or invented. */
#ifndef VNUMA_PLAN_GROUP_H
#define VNUMA_PLAN_GROUP_H

#include "plan/plan_inside.h"

#include "plan-case.h"

#define MAX_GUESTS 8u

typedef struct {
    vnuma_source host_source, sources[MAX_GUESTS];
    vnuma_topology topology;
    vnuma_config configs[MAX_GUESTS];
    vnuma_plan_guest guests[MAX_GUESTS];
    unsigned int num;
    vnuma_plan_options options;
    vnuma_diags diags;
    bool most;
    int rc;
} group;

static inline void group_host(group *g, const char *text)
{
    memset(g, 0, sizeof(*g));
    CHECK_INT(vnuma_source_set(&g->host_source, "host", text, strlen(text)),
              0);
    CHECK_INT(vnuma__topology_parse(&g->host_source, &g->topology, &g->diags),
              0);
}

static inline void group_add(group *g, const char *name, const char *text)
{
    unsigned int i = g->num++;
    int rc;

    CHECK_INT(vnuma_source_set(&g->sources[i], name, text, strlen(text)), 0);
    CHECK_INT(vnuma__config_parse(&g->sources[i], &g->configs[i], &g->diags),
              0);
    g->configs[i].unsound |= VNUMA_ABOUT_FIT;
    rc = vnuma_check(&g->configs[i], &g->topology, 0, &g->diags);
    CHECK_INT(rc, 0);
    g->guests[i].config = &g->configs[i];
    g->guests[i].name = g->sources[i].name;
}

static inline void group_plan(group *g)
{
    vnuma_plan_guest *guests[MAX_GUESTS];
    unsigned int i;

    for (i = 0; i < g->num; i++)
        guests[i] = &g->guests[i];
    g->rc = vnuma_plan_several(guests, g->num, &g->topology, &g->options,
                               &g->most);
}

static inline void group_drop_plans(group *g)
{
    unsigned int i;

    for (i = 0; i < g->num; i++)
        vnuma__plan_guest_dispose(&g->guests[i]);
}

static inline void group_dispose(group *g)
{
    unsigned int i;

    group_drop_plans(g);
    for (i = 0; i < g->num; i++) {
        vnuma__config_dispose(&g->configs[i]);
        vnuma_source_dispose(&g->sources[i]);
    }
    vnuma__topology_dispose(&g->topology);
    vnuma_source_dispose(&g->host_source);
    vnuma_diags_dispose(&g->diags);
}

static inline unsigned int count_placed(const group *g)
{
    unsigned int num = 0, i;

    for (i = 0; i < g->num; i++)
        num += g->guests[i].plan.feasible;
    return num;
}

/* ---- at random ---------------------------------------------------------- */

static uint64_t state;

static inline unsigned int draw(unsigned int below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned int)((state >> 33) % below);
}

static inline void invent_host(char *text, size_t size,
                               unsigned int num_pnodes)
{
    unsigned int cpu = 0, p, q;
    size_t len;

    len = snprintf(text, size, "{\"nodes\":[");
    for (p = 0; p < num_pnodes; p++) {
        len += snprintf(text + len, size - len,
                        "%s{\"node\":%u,\"free_memkb\":%u,\"cpus\":[",
                        p ? "," : "", 2 * p, (1 + draw(8)) * 50 * 1024);
        if (!p || draw(4)) {
            len += snprintf(text + len, size - len, "%u,%u", cpu, cpu + 1);
            cpu += 2;
        }
        len += snprintf(text + len, size - len, "],\"distances\":[");
        for (q = 0; q < num_pnodes; q++)
            len += snprintf(text + len, size - len, "%s%u", q ? "," : "",
                            p == q ? 10 : 15 + 5 * ((p ^ q) & 3));
        len += snprintf(text + len, size - len, "]}");
    }
    snprintf(text + len, size - len, "]}");
}

static inline void invent_guest(char *text, size_t size,
                                unsigned int num_pnodes)
{
    unsigned int num_vnodes = 1 + draw(3), v;
    unsigned int memory = (1 + draw(8)) * 24 * num_vnodes;
    size_t len;

    len = snprintf(text, size, "type=\"hvm\"\nmemory=%u\nvcpus=%u\nvnuma=",
                   memory, num_vnodes);
    if (!draw(6)) {
        snprintf(text + len, size - len, "\"auto\"\n");
        return;
    }
    for (v = 0; v < num_vnodes; v++) {
        len += snprintf(text + len, size - len, "%s[", v ? "," : "[");
        if (!draw(5))
            len += snprintf(text + len, size - len, "\"pnode=%u\"",
                            2 * draw(num_pnodes));
        else
            len += snprintf(text + len, size - len, "\"pnode=auto\"");
        if (!v)
            len += snprintf(text + len, size - len, ",\"vcpus=0-%u\"",
                            num_vnodes - 1);
        len += snprintf(text + len, size - len, "]");
    }
    snprintf(text + len, size - len, "]\n");
}

/* Draws until there are guests that check lets pass. */
static inline void invent_group(group *g, unsigned int most_pnodes,
                         unsigned int most_guests)
{
    static const char *const names[] = { "a", "b", "c", "d",
                                         "e", "f", "g", "h" };
    unsigned int num_pnodes = 1 + draw(most_pnodes);
    unsigned int num = 1 + draw(most_guests);
    char text[4096];

    invent_host(text, sizeof(text), num_pnodes);
    group_host(g, text);
    while (g->num < num) {
        vnuma_source source = { NULL, NULL, 0, 0 };
        vnuma_config config;
        vnuma_diags diags;
        int rc;

        invent_guest(text, sizeof(text), num_pnodes);
        memset(&config, 0, sizeof(config));
        vnuma_diags_init(&diags);
        CHECK_INT(vnuma_source_set(&source, "x", text, strlen(text)), 0);
        rc = vnuma__config_parse(&source, &config, &diags);
        config.unsound |= VNUMA_ABOUT_FIT;
        if (!rc)
            rc = vnuma_check(&config, &g->topology, 0, &diags);
        vnuma_diags_dispose(&diags);
        vnuma__config_dispose(&config);
        vnuma_source_dispose(&source);
        if (!rc)
            group_add(g, names[g->num], text);
    }
    if (!draw(3))
        CHECK_INT(vnuma_plan_options_reserve(
                      &g->options, VNUMA_PNODE_AUTO, draw(40) * 1024), 0);
}

#endif
