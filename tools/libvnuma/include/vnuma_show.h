/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: what was promised to domains, what they have, and pictures of it.
 *
 * Words, units, errors, ownership and threads are those of vnuma.h.  The
 * values come from vnuma_xen_get_domains() (vnuma_xen.h) or from JSON; the
 * rest is pure.  Pages are of 4 KiB.
 */
#ifndef VNUMA_SHOW_H
#define VNUMA_SHOW_H

#include "vnuma.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VNUMA_PAGES_UNKNOWN UINT64_MAX

/* Who said where a domain's memory shall be. */
typedef enum {
    VNUMA_PROMISE_NONE,    /* the domain has no vNUMA */
    VNUMA_PROMISE_CONFIG,  /* libxl's stored configuration */
    VNUMA_PROMISE_UNKNOWN, /* it has vNUMA, but libxl does not know whence */
} vnuma_promise;

typedef struct {
    uint32_t pnode; /* promised; VNUMA_ID_UNKNOWN */
    uint64_t memkb;
    vnuma_bitmap vcpus;
    uint64_t num_pages; /* there now; VNUMA_PAGES_UNKNOWN: not counted */
    vnuma_policy policy; /* of its memory; pnode is that of its vcpus */
    /* Owned; what of it was promised where.  None: all of it on pnode. */
    vnuma_plan_part *parts;
    unsigned int num_parts;
} vnuma_domain_vnode;

typedef struct {
    uint32_t vcpu;
    uint32_t vnode; /* VNUMA_ID_UNKNOWN: in none */
    uint32_t pcpu;  /* where it runs or ran last; VNUMA_ID_UNKNOWN: nowhere */
    bool online, running;
    vnuma_bitmap hard, soft;
} vnuma_domain_vcpu;

typedef struct {
    uint32_t pnode;
    uint64_t num_pages;
} vnuma_domain_pages;

typedef struct {
    uint32_t domid;
    char *name;     /* owned; "" when it has none */
    char *type;     /* owned; "PV", "HVM", "PVH" or "?" */
    char *state;    /* owned; "running", "paused", "shutdown", "dying" */
    uint64_t memkb; /* that it holds now; VNUMA_MEMKB_UNKNOWN */
    vnuma_promise promise;
    vnuma_domain_vnode *vnodes; /* owned */
    unsigned int num_vnodes;
    unsigned int num_described; /* vnodes that Xen holds for it */
    vnuma_domain_vcpu *vcpus;   /* owned; ascending */
    unsigned int num_vcpus;
    vnuma_bitmap node_affinity;
    bool counted;              /* pages and what follows from them are known */
    vnuma_domain_pages *pages; /* owned; ascending by pnode */
    unsigned int num_pages;
    uint64_t stray_pages; /* VNUMA_PAGES_UNKNOWN */
    char **drift;         /* owned; one sentence each */
    unsigned int num_drift;
} vnuma_domain;

typedef struct {
    vnuma_domain *items; /* owned; ascending by domid */
    unsigned int num_items;
} vnuma_domains;

void vnuma_domains_init(vnuma_domains *domains);
void vnuma_domains_dispose(vnuma_domains *domains);

/*
 * vnuma_domains_judge - compare what is with what was promised
 *
 * Fills num_pages of vnodes, stray_pages and drift anew.  A page is stray
 * when it is on a pnode that no vnode was promised, or is one more than its
 * pnode was promised while another pnode has fewer than it was; but up to 1 MiB
 * more on vnode 0's pnode are special pages.  Vnodes that were promised one
 * pnode share its pages in order.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_domains_judge(vnuma_domains *domains,
                        const vnuma_topology *topology);

/*
 * vnuma_domains_parse - read what vnuma_domains_to_json() writes
 *
 * Drift and stray pages are worked out anew, for @topology.
 *
 * Returns 0, VNUMA_ERROR_HOST (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_domains_parse(const vnuma_source *source,
                        const vnuma_topology *topology,
                        vnuma_domains *domains_r, vnuma_diags *diags);

/*
 * As xl-vnuma(1), "show", describes them: tables, JSON, and the text format
 * of Prometheus.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_domains_to_text(const vnuma_domains *domains,
                            const vnuma_topology *topology);
char *vnuma_domains_to_json(const vnuma_domains *domains,
                            const vnuma_topology *topology);
char *vnuma_domains_to_metrics(const vnuma_domains *domains,
                               const vnuma_topology *topology);

typedef struct {
    unsigned int width; /* of the terminal, in columns; 40 at least */
    bool utf8, colour;
} vnuma_draw_options;

/*
 * vnuma_draw - the host, and the domains on it, as lines of text
 * @domains: NULL: the host alone
 *
 * To be freed by the caller; NULL: no memory.
 */
char *vnuma_draw(const vnuma_topology *topology, const vnuma_domains *domains,
                 const vnuma_draw_options *options);

#ifdef __cplusplus
}
#endif

#endif
