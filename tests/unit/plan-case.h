/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest and a host from texts, and the plan for them. */
#ifndef VNUMA_PLAN_CASE_H
#define VNUMA_PLAN_CASE_H

#include "inside.h"

#include "tap.h"

/* Two equal pnodes: a guest that is alone goes to pnode 0.  And a guest. */
#define EQUAL_PNODES                                                          \
    "{\"nodes\": [{\"node\": 0, \"memkb\": 1048576, \"free_memkb\": 614400, " \
    "\"cpus\": [0,1], \"distances\": [10,20]}, {\"node\": 1, "                \
    "\"memkb\": 1048576, \"free_memkb\": 614400, \"cpus\": [2,3], "           \
    "\"distances\": [20,10]}]}"
#define ONE_VNODE(mib)                                                        \
    "type = \"pvh\"\nmemory = " mib "\nvcpus = 1\n"                           \
    "vnuma = [ [ \"size=" mib "\" ] ]\n"

typedef struct {
    vnuma_source guest_source, host_source;
    vnuma_config config;
    vnuma_topology topology;
    vnuma_plan_options options;
    vnuma_plan plan;
    vnuma_diags diags;
    int rc;
} plan_case;

/* @file: of tests/hosts/, or a host's JSON itself */
static inline void case_host(plan_case *c, const char *file)
{
    const char *top = getenv("top_srcdir");
    char path[4096];

    memset(c, 0, sizeof(*c));
    snprintf(path, sizeof(path), "%s/tests/hosts/%s", top ? top : ".", file);
    CHECK_INT(*file == '{' ? vnuma_source_set(&c->host_source, "host", file,
                                              strlen(file))
                           : vnuma_source_read(&c->host_source, path),
              0);
    CHECK_INT(vnuma__topology_parse(&c->host_source, &c->topology, &c->diags),
              0);
}

static inline void case_guest(plan_case *c, const char *text)
{
    CHECK_INT(vnuma_source_set(&c->guest_source, "guest.cfg", text,
                               strlen(text)), 0);
    CHECK_INT(vnuma__config_parse(&c->guest_source, &c->config, &c->diags), 0);
}

static inline void case_plan(plan_case *c, const char *host,
                             const char *guest)
{
    case_host(c, host);
    case_guest(c, guest);
    c->rc = vnuma__plan_build(&c->config, &c->topology, &c->options,
                                  &c->plan, &c->diags);
}

static inline void case_dispose(plan_case *c)
{
    vnuma__config_dispose(&c->config);
    vnuma__topology_dispose(&c->topology);
    vnuma__plan_dispose(&c->plan);
    vnuma_diags_dispose(&c->diags);
    vnuma_source_dispose(&c->guest_source);
    vnuma_source_dispose(&c->host_source);
}

/* The pnodes of a plan as "0 4". */
static inline void check_pnodes(const vnuma_plan *plan, const char *want)
{
    char text[256] = "";
    unsigned int v;

    for (v = 0; v < plan->num_vnodes; v++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
                 v ? " " : "", plan->vnodes[v].pnode);
    CHECK_STR(text, want);
}

#define KNL "xl-info-n-8node-snc4-cpuless.txt"
#define TWO "xl-info-n-2node.txt"
#define EPYC "numactl-epyc-nps4-64cpu.txt"

#endif
