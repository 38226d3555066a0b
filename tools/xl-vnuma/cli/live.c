/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live host, by libvnuma-xen; no_xen.c replaces this without Xen. */
#include "config.h"

#include <inttypes.h>

#include "base/diag.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "cli/xen_calls.h"

/*
 * Xen walks a domain's pages without a break, on one CPU and with its page
 * lock held.  At 10 to 20 ns a page this much takes about a second.  Xen's
 * watchdog, where it is on, fires after 5.
 */
#define LARGE_MEMKB (256ull << 20)

static int check_cost(const vnuma_domains *domains, vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < vnuma_domains_num(domains); i++) {
        const vnuma_domain *domain = vnuma_domains_at(domains, i);
        uint64_t memkb = vnuma_domain_memkb(domain);

        if (memkb == VNUMA_MEMKB_UNKNOWN || memkb <= LARGE_MEMKB)
            continue;
        vnuma__error(diags, "costly-count", VNUMA__NOWHERE,
                     "counting pages would block a CPU of the host while "
                     "Xen walks domain %" PRIu32 ", which has "
                     "%" PRIu64 " GiB",
                     vnuma_domain_domid(domain), memkb >> 20);
        vnuma__hint(diags, "use --force to count them anyway");
        return VNUMA_ERROR_NOFIT;
    }
    return 0;
}

/* Xen walks all domains, even if only one is asked for. */
static int count(vnuma_xen *xen, bool force, const vnuma_topology *topology,
                 vnuma_domains *domains, vnuma_diags *diags)
{
    vnuma_domains *all = NULL;
    int rc = 0;

    if (!force) {
        rc = vnuma_xen_get_domains(xen, NULL, topology, &all, diags);
        if (!rc)
            rc = check_cost(all, diags);
    }
    if (!rc)
        rc = vnuma_xen_count_pages(xen, topology, domains, diags);
    vnuma_domains_free(all);
    return rc;
}

int show_live(const show_query *query, vnuma_topology **topology_r,
              vnuma_domains **domains_r, vnuma_diags *diags)
{
    vnuma_xen *xen = NULL;
    int rc = vnuma_xen_open(&xen, diags);

    if (!rc)
        rc = vnuma_xen_get_topology(xen, topology_r, diags);
    if (!rc && query)
        rc = vnuma_xen_get_domains(xen, query->domain, *topology_r, domains_r,
                                   diags);
    if (!rc && query && query->count)
        rc = count(xen, query->force, *topology_r, *domains_r, diags);
    vnuma_xen_close(xen);
    return rc;
}
