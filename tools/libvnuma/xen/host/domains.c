/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domains of the live host: libxl tells names and promises, libxc tells
 * what Xen holds.  Anything may be missing, because domains come and go or
 * belong to another toolstack; what is missing stays unknown.
 */
#include "config.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "show/domains.h"
#include "xen/host/handle.h"

/* ---- what was promised -------------------------------------------------- */

static int alloc_vnodes(vnuma_domain *domain, unsigned int num)
{
    /* the caller has it */
    domain->vnodes = calloc(num + 1, sizeof(*domain->vnodes));
    if (!domain->vnodes)
        return VNUMA_ERROR_NOMEM;
    domain->num_vnodes = num;
    return 0;
}

/*
 * The configuration cannot express policies; where no promise is stored, all
 * vnodes are strict.
 */
static int take_promise(vnuma_xen *xen, vnuma_domain *domain,
                        const libxl_domain_build_info *b_info)
{
    vnuma__promise promise;
    int v, rc;

    rc = alloc_vnodes(domain, b_info->num_vnuma_nodes);
    if (rc)
        return rc;
    domain->promise = VNUMA_PROMISE_CONFIG;
    vnuma__promise_stored(xen->ctx, domain->domid, b_info, &promise);
    for (v = 0; v < b_info->num_vnuma_nodes && !rc; v++) {
        vnuma_domain_vnode *vnode = &domain->vnodes[v];
        const vnuma__parts *parts;

        vnode->pnode = b_info->vnuma_nodes[v].pnode;
        vnode->memkb = b_info->vnuma_nodes[v].memkb;
        rc = vnuma__take_bitmap(&b_info->vnuma_nodes[v].vcpus, &vnode->vcpus);
        if (rc || (uint32_t)v >= promise.num_vnodes)
            continue;
        parts = &promise.vnodes[v].parts;
        vnode->policy = promise.vnodes[v].membind.policy;
        /* the caller has it */
        vnode->parts = calloc(parts->num + 1, sizeof(*vnode->parts));
        if (!vnode->parts)
            return VNUMA_ERROR_NOMEM;
        vnode->num_parts = parts->num;
        memcpy(vnode->parts, parts->items, parts->num * sizeof(*vnode->parts));
    }
    return rc;
}

/* dom0 has no vNUMA, and its configuration is only a stub. */
static int get_promise(vnuma_xen *xen, vnuma_domain *domain)
{
    libxl_domain_config d_config;
    int rc = 0;

    if (!domain->domid)
        return 0;
    libxl_domain_config_init(&d_config);
    if (!libxl_retrieve_domain_configuration(xen->ctx, domain->domid,
                                             &d_config, NULL)) {
        /* Xen treats PVH as HVM, and so does libxl_dominfo. */
        if (d_config.c_info.type == LIBXL_DOMAIN_TYPE_PVH) {
            free(domain->type);
            domain->type = strdup("PVH"); /* the caller has it */
            rc = domain->type ? 0 : VNUMA_ERROR_NOMEM;
        }
        if (!rc && d_config.b_info.num_vnuma_nodes > 0)
            rc = take_promise(xen, domain, &d_config.b_info);
    }
    libxl_domain_config_dispose(&d_config);
    return rc;
}

/* ---- what Xen holds ----------------------------------------------------- */

/*
 * Vnodes that only Xen knows; it does not tell their pnodes.  All numbers of
 * vnodes are sound, see vnuma__hv_get_vnuma().
 */
static int get_description(vnuma_xen *xen, vnuma_domain *domain)
{
    vnuma__layout layout = { 0 };
    unsigned int i;
    int rc = 0;

    if (vnuma__hv_get_vnuma(&xen->hv, domain->domid, &layout))
        return 0;
    domain->num_described = layout.num_vnodes;
    if (domain->num_vnodes)
        goto out;
    rc = alloc_vnodes(domain, layout.num_vnodes);
    domain->promise = VNUMA_PROMISE_UNKNOWN;
    for (i = 0; i < layout.num_vnodes && !rc; i++) {
        domain->vnodes[i].pnode = VNUMA_ID_UNKNOWN;
        domain->vnodes[i].memkb = vnuma__layout_memkb(&layout, i);
    }
    for (i = 0; i < layout.num_vcpus && !rc; i++)
        rc = vnuma_bitmap_set(&domain->vnodes[layout.vcpu_to_vnode[i]].vcpus,
                              i);

out:
    vnuma__layout_dispose(&layout);
    return rc;
}

/* A domain that has gone meanwhile is not an error. */
static int unless_gone(int rc)
{
    return rc == VNUMA_ERROR_XEN ? 0 : rc;
}

static int get_vcpu(vnuma_xen *xen, vnuma_domain *domain, uint32_t number)
{
    vnuma_domain_vcpu *vcpu = &domain->vcpus[domain->num_vcpus];
    xc_vcpuinfo_t info;
    unsigned int v;

    if (xc_vcpu_getinfo(xen->xch, domain->domid, number, &info))
        return 0; /* there are gaps */
    domain->num_vcpus++;
    vcpu->vcpu = number;
    vcpu->vnode = VNUMA_ID_UNKNOWN;
    for (v = domain->num_vnodes; v-- > 0;) /* the first one counts */
        if (vnuma_bitmap_test(&domain->vnodes[v].vcpus, number))
            vcpu->vnode = v;
    vcpu->online = info.online;
    vcpu->running = info.running;
    vcpu->pcpu = info.online ? info.cpu : VNUMA_ID_UNKNOWN;
    return unless_gone(vnuma__xen_get_vcpu_affinity(
        xen->xch, domain->domid, number, &vcpu->hard, &vcpu->soft));
}

int vnuma__get_vcpus(vnuma_xen *xen, vnuma_domain *domain, uint32_t max_id)
{
    uint32_t i;
    int rc = 0;

    if (max_id >= VNUMA_BITMAP_MAX)
        return 0; /* it has no vcpus yet */
    domain->vcpus = calloc((size_t)max_id + 1, sizeof(*domain->vcpus));
    if (!domain->vcpus)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i <= max_id && !rc; i++)
        rc = get_vcpu(xen, domain, i);
    return rc;
}

/* ---- names and states --------------------------------------------------- */

static const char *state_name(const libxl_dominfo *info)
{
    if (info->dying)
        return "dying";
    if (info->shutdown)
        return "shutdown";
    return info->paused ? "paused" : "running";
}

static const char *type_name(libxl_domain_type type)
{
    switch (type) {
    case LIBXL_DOMAIN_TYPE_HVM:
        return "HVM";
    case LIBXL_DOMAIN_TYPE_PV:
        return "PV";
    case LIBXL_DOMAIN_TYPE_PVH:
        return "PVH";
    default:
        return "?";
    }
}

static int name_domain(vnuma_xen *xen, vnuma_domain *domain,
                       const libxl_dominfo *info)
{
    domain->domid = info->domid;
    domain->memkb = info->current_memkb;
    domain->name = libxl_domid_to_name(xen->ctx, info->domid);
    if (!domain->name)
        domain->name = strdup("");
    if (asprintf(&domain->uuid, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(info->uuid)) <
        0)
        domain->uuid = NULL;
    domain->type = strdup(type_name(info->domain_type));
    domain->state = strdup(state_name(info));
    return domain->name && domain->uuid && domain->type && domain->state
               ? 0
               : VNUMA_ERROR_NOMEM;
}

static int get_domain(vnuma_xen *xen, const libxl_dominfo *info,
                      vnuma_domains *domains)
{
    vnuma_domain *domain;
    int rc = vnuma__domains_add(domains, &domain);

    if (!rc)
        rc = name_domain(xen, domain, info);
    if (!rc)
        rc = get_promise(xen, domain);
    if (!rc)
        rc = get_description(xen, domain);
    if (!rc)
        rc = vnuma__get_vcpus(xen, domain, info->vcpu_max_id);
    if (!rc)
        rc = unless_gone(vnuma__xen_get_node_affinity(xen->xch, domain->domid,
                                                      &domain->node_affinity));
    xen->log.last[0] = '\0';
    return rc;
}

/* As xl finds one; what only Xen knows, by a number, is there or not. */
static int find_info(vnuma_xen *xen, const char *which, libxl_dominfo *info_r,
                     vnuma_diags *diags)
{
    uint32_t domid;

    if (!libxl_domain_qualifier_to_domid(xen->ctx, which, &domid) &&
        !libxl_domain_info(xen->ctx, info_r, domid))
        return 0;
    xen->log.last[0] = '\0';
    vnuma__error(diags, "no-domain", VNUMA__NOWHERE,
                 "there is no domain \"%s\"", which);
    errno = ENOENT;
    return VNUMA_ERROR_XEN;
}

int vnuma_xen_find_domain(vnuma_xen *xen, const char *name, uint32_t *domid_r,
                          vnuma_diags *diags)
{
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = find_info(xen, name, &info, diags);
    *domid_r = info.domid;
    libxl_dominfo_dispose(&info);
    return rc;
}

int vnuma_xen_get_domains(vnuma_xen *xen, const char *which,
                          const vnuma_topology *topology,
                          vnuma_domains **domains_r, vnuma_diags *diags)
{
    vnuma_domains *domains = calloc(1, sizeof(*domains));
    libxl_dominfo one, *list = NULL;
    int i, num = 1, rc = 0;

    if (!domains)
        return VNUMA_ERROR_NOMEM;
    domains->time = time(NULL);
    libxl_dominfo_init(&one);
    if (which) {
        rc = find_info(xen, which, &one, diags);
    } else {
        list = libxl_list_domain(xen->ctx, &num);
        if (!list)
            rc = vnuma__xen_failed(xen, diags, "asking Xen for its domains");
    }
    for (i = 0; i < num && !rc; i++)
        rc = get_domain(xen, list ? &list[i] : &one, domains);
    if (!rc)
        rc = vnuma_domains_judge(domains, topology);
    if (rc)
        vnuma_domains_free(domains);
    else
        *domains_r = domains;
    if (list)
        libxl_dominfo_list_free(list, num);
    libxl_dominfo_dispose(&one);
    return rc;
}

/* ---- counting ----------------------------------------------------------- */

static int count_domain(vnuma_domain *domain, const char *text, size_t len,
                        vnuma_diags *diags)
{
    vnuma_xen_residency residency = { 0 };
    unsigned int i;
    int rc = vnuma__residency_parse(text, len, domain->domid, &residency);

    if (rc == VNUMA_ERROR_HOST) {
        vnuma__warning(diags, "not-counted", VNUMA__NOWHERE,
                       "Xen's console ring has no count of domain %u",
                       (unsigned int)domain->domid);
        vnuma__hint(diags, "a larger conring_size= on Xen's command line "
                           "keeps the answer");
        return 0;
    }
    if (rc)
        return rc;
    free(domain->pages);
    /* the caller has it */
    domain->pages = calloc(residency.num_nodes + 1, sizeof(*domain->pages));
    domain->num_pages = domain->pages ? residency.num_nodes : 0;
    domain->counted |= domain->pages != NULL;
    for (i = 0; i < domain->num_pages; i++)
        domain->pages[i] =
            (vnuma__domain_pages){ residency.nodes[i].pnode,
                                   residency.nodes[i].num_pages };
    vnuma_xen_residency_dispose(&residency);
    return domain->pages ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma_xen_count_pages(vnuma_xen *xen, const vnuma_topology *topology,
                          vnuma_domains *domains, vnuma_diags *diags)
{
    unsigned int i;
    char *text;
    size_t len;
    int rc = vnuma__residency_dump(xen, &text, &len, diags);

    for (i = 0; i < domains->num_items && !rc; i++)
        rc = count_domain(&domains->items[i], text, len, diags);
    free(text);
    return rc ? rc : vnuma_domains_judge(domains, topology);
}
