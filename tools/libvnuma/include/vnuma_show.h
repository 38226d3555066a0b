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

#include "vnuma_plan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VNUMA_PAGES_UNKNOWN UINT64_MAX

/* What says where a domain's memory shall be. */
typedef enum {
    VNUMA_PROMISE_NONE,    /* the domain has no vNUMA */
    VNUMA_PROMISE_CONFIG,  /* libxl's stored configuration */
    VNUMA_PROMISE_UNKNOWN, /* it has vNUMA that libxl does not know of */
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

/* Domains, ascending by domid, and one of them, which is borrowed. */
typedef struct vnuma_domains vnuma_domains;
typedef struct vnuma_domain vnuma_domain;

void vnuma_domains_free(vnuma_domains *domains);
unsigned int vnuma_domains_num(const vnuma_domains *domains);
const vnuma_domain *vnuma_domains_at(const vnuma_domains *domains,
                                     unsigned int index);
/* Leaves only the domain of that name or domid; false: there is none. */
bool vnuma_domains_keep(vnuma_domains *domains, const char *which);

uint32_t vnuma_domain_domid(const vnuma_domain *domain);
/* "" when it has none. */
const char *vnuma_domain_name(const vnuma_domain *domain);
/* KiB that it holds now; VNUMA_MEMKB_UNKNOWN. */
uint64_t vnuma_domain_memkb(const vnuma_domain *domain);
vnuma_promise vnuma_domain_promise(const vnuma_domain *domain);
unsigned int vnuma_domain_num_vnodes(const vnuma_domain *domain);
const vnuma_domain_vnode *vnuma_domain_vnode_at(const vnuma_domain *domain,
                                                unsigned int vnode);
/* Ascending by number. */
unsigned int vnuma_domain_num_vcpus(const vnuma_domain *domain);
const vnuma_domain_vcpu *vnuma_domain_vcpu_at(const vnuma_domain *domain,
                                              unsigned int index);
/* Pages on a pnode, by Xen's count, and those of all pnodes that are stray;
 * VNUMA_PAGES_UNKNOWN when they were not counted. */
uint64_t vnuma_domain_pages(const vnuma_domain *domain, uint32_t pnode);
uint64_t vnuma_domain_stray_pages(const vnuma_domain *domain);
/* What is not as it was promised, one sentence each. */
unsigned int vnuma_domain_num_drift(const vnuma_domain *domain);
const char *vnuma_domain_drift_at(const vnuma_domain *domain,
                                  unsigned int index);

/*
 * vnuma_domains_judge - compare what is with what was promised
 *
 * Fills num_pages of vnodes, stray_pages and drift again.  A page is stray
 * when it is on a pnode that no vnode was promised, or is one more than its
 * pnode was promised while another pnode has fewer than it was; but up to 1
 * MiB more on vnode 0's pnode are special pages.  Vnodes that were
 * promised the same pnode have its pages in order.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_domains_judge(vnuma_domains *domains,
                        const vnuma_topology *topology);

/*
 * vnuma_domains_parse - read what vnuma_domains_to_json() writes
 *
 * Drift and stray pages are worked out again, for @topology.
 *
 * Returns 0, VNUMA_ERROR_HOST (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_domains_parse(const vnuma_source *source,
                        const vnuma_topology *topology,
                        vnuma_domains **domains_r, vnuma_diags *diags);

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
