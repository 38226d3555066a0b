/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as users of the library have them. */
#include "config.h"

#include "show/domains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int vnuma_domains_parse(const vnuma_source *source,
                        const vnuma_topology *topology,
                        vnuma_domains **domains_r, vnuma_diags *diags)
{
    vnuma_domains *domains = calloc(1, sizeof(*domains));
    int rc = VNUMA_ERROR_NOMEM;

    if (domains)
        rc = vnuma__domains_parse(source, topology, domains, diags);
    if (rc)
        free(domains);
    else
        *domains_r = domains;
    return rc;
}

void vnuma_domains_free(vnuma_domains *domains)
{
    if (domains)
        vnuma__domains_dispose(domains);
    free(domains);
}

unsigned int vnuma_domains_num(const vnuma_domains *domains)
{
    return domains->num_items;
}

const vnuma_domain *vnuma_domains_at(const vnuma_domains *domains,
                                     unsigned int index)
{
    return &domains->items[index];
}

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
    domains->items[i] = domains->items[--domains->num_items];
    while (domains->num_items)
        vnuma__domain_dispose(&domains->items[--domains->num_items]);
    domains->items[domains->num_items++] = kept;
    return true;
}

uint32_t vnuma_domain_domid(const vnuma_domain *domain)
{
    return domain->domid;
}

const char *vnuma_domain_name(const vnuma_domain *domain)
{
    return domain->name;
}

uint64_t vnuma_domain_memkb(const vnuma_domain *domain)
{
    return domain->memkb;
}

vnuma_promise vnuma_domain_promise(const vnuma_domain *domain)
{
    return domain->promise;
}

unsigned int vnuma_domain_num_vnodes(const vnuma_domain *domain)
{
    return domain->num_vnodes;
}

const vnuma_domain_vnode *vnuma_domain_vnode_at(const vnuma_domain *domain,
                                                unsigned int vnode)
{
    return &domain->vnodes[vnode];
}

unsigned int vnuma_domain_num_vcpus(const vnuma_domain *domain)
{
    return domain->num_vcpus;
}

const vnuma_domain_vcpu *vnuma_domain_vcpu_at(const vnuma_domain *domain,
                                              unsigned int index)
{
    return &domain->vcpus[index];
}

uint64_t vnuma_domain_pages(const vnuma_domain *domain, uint32_t pnode)
{
    return domain->counted ? vnuma__domain_pages_on(domain, pnode)
                           : VNUMA_PAGES_UNKNOWN;
}

uint64_t vnuma_domain_stray_pages(const vnuma_domain *domain)
{
    return domain->stray_pages;
}

unsigned int vnuma_domain_num_drift(const vnuma_domain *domain)
{
    return domain->num_drift;
}

const char *vnuma_domain_drift_at(const vnuma_domain *domain,
                                  unsigned int index)
{
    return domain->drift[index];
}
