/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The beginning of both example toolstacks: reads and checks a guest's file,
 * and plans the guest for the host that they run on.
 */
#ifndef TOOLSTACK_H
#define TOOLSTACK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBVNUMA_API_VERSION 0x000100
#include <vnuma_xen.h>

typedef struct {
    vnuma_xen *xen;
    vnuma_source source;
    vnuma_config *config;
    vnuma_topology *host;
    vnuma_plan *plan;
    vnuma_diags diags;
    vnuma_xen_built built; /* what the hooks populated */
} toolstack;

static inline void print_diags(const vnuma_diags *diags)
{
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(vnuma_diags_at(diags, i), false);
        fputs(text ? text : "no memory\n", stderr);
        free(text);
    }
}

/* The builder hooks call these while a domain is built. */
static inline void build_failed(void *user, uint32_t domid,
                                const vnuma_diags *diags)
{
    (void)user;
    (void)domid;
    print_diags(diags);
}

static inline void build_populated(void *user, uint32_t domid,
                                   const vnuma_xen_built *built)
{
    toolstack *t = user;

    (void)domid;
    if (vnuma_xen_built_copy(built, &t->built))
        fprintf(stderr, "no memory to keep what was built\n");
}

/* Preferred and interleaved vnodes (xl_vnuma_policy=) go to several pnodes. */
static inline bool build_membind(void *user, uint32_t domid,
                                 unsigned int vnode, vnuma_membind *membind_r)
{
    const toolstack *t = user;

    (void)domid;
    if (vnode >= vnuma_plan_num_vnodes(t->plan))
        return false;
    *membind_r = vnuma_plan_vnode_at(t->plan, vnode)->membind;
    return true;
}

static inline void toolstack_init(toolstack *t)
{
    memset(t, 0, sizeof(*t));
    vnuma_source_init(&t->source);
    vnuma_diags_init(&t->diags);
    vnuma_xen_built_init(&t->built);
}

static inline void toolstack_dispose(toolstack *t)
{
    vnuma_xen_close(t->xen);
    vnuma_xen_built_dispose(&t->built);
    vnuma_plan_free(t->plan);
    vnuma_topology_free(t->host);
    vnuma_config_free(t->config);
    vnuma_diags_dispose(&t->diags);
    vnuma_source_dispose(&t->source);
}

/* Returns 0 when there is a plan; what is wrong has been printed. */
static inline int toolstack_read(toolstack *t, const char *path)
{
    int rc;

    rc = vnuma_xen_open(&t->xen, &t->diags);
    if (!rc)
        rc = vnuma_xen_get_topology(t->xen, &t->host, &t->diags);
    if (!rc) {
        rc = vnuma_source_read(&t->source, path);
        if (rc)
            perror(path);
    }
    if (!rc)
        rc = vnuma_config_parse(&t->source, &t->config, &t->diags);
    if (!rc)
        rc = vnuma_check(t->config, t->host, 0, &t->diags);
    if (!rc)
        rc = vnuma_plan_build(t->config, t->host, NULL, &t->plan, &t->diags);
    print_diags(&t->diags);
    if (!rc && (!vnuma_plan_num_vnodes(t->plan) ||
                !vnuma_config_name(t->config))) {
        fprintf(stderr, "%s: it needs name= and vnuma=\n", path);
        rc = VNUMA_ERROR_CONFIG;
    }
    return rc;
}

#endif
