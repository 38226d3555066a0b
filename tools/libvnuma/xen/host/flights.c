/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the domains of builds in flight hold by now; see flights.h. */
#include "config.h"

#include "xen/host/flights.h"

#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/objects.h"
#include "xen/host/handle.h"

/* A domain of that number that is another one by now holds nothing of it. */
static uint64_t find_resident(vnuma_xen *xen, const vnuma__flight *flight)
{
    const vnuma_topology nowhere = { .num_pnodes = 0 };
    vnuma_domains *domains = NULL;
    uint64_t memkb = 0;
    vnuma_diags ignored = { 0 };
    char domid[16];

    snprintf(domid, sizeof(domid), "%" PRIu32, flight->domid);
    if (!vnuma_xen_get_domains(xen, domid, &nowhere, &domains, &ignored) &&
        domains->num_items == 1 &&
        domains->items[0].memkb != VNUMA_MEMKB_UNKNOWN &&
        !strcmp(domains->items[0].uuid, flight->uuid))
        memkb = domains->items[0].memkb;
    vnuma_domains_free(domains);
    vnuma_diags_dispose(&ignored);
    return memkb;
}

void vnuma__flights_ask(vnuma_xen *xen, vnuma__flight *flights,
                        unsigned int num_flights)
{
    unsigned int i;

    for (i = 0; i < num_flights; i++)
        if (flights[i].domid != VNUMA_ID_UNKNOWN)
            flights[i].resident_memkb = find_resident(xen, &flights[i]);
}

static void take_found(vnuma_xen *xen, const libxl_dominfo *info,
                       vnuma__found *found_r)
{
    char *name = libxl_domid_to_name(xen->ctx, info->domid);

    found_r->domid = info->domid;
    snprintf(found_r->uuid, sizeof(found_r->uuid), LIBXL_UUID_FMT,
             LIBXL_UUID_BYTES(info->uuid));
    snprintf(found_r->name, sizeof(found_r->name), "%s", name ? name : "");
    found_r->is_new = info->paused && !info->cpu_time;
    found_r->is_suspended =
        info->shutdown &&
        info->shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    free(name);
}

int vnuma__found_list(vnuma_xen *xen, vnuma__found **found_r,
                      unsigned int *num_r, vnuma_diags *diags)
{
    libxl_dominfo *infos;
    int i, num = 0, rc = 0;

    *num_r = 0;
    infos = libxl_list_domain(xen->ctx, &num);
    if (!infos)
        return vnuma__xen_failed(xen, diags, "asking Xen for its domains");
    *found_r = calloc((size_t)num + 1, sizeof(**found_r));
    if (!*found_r)
        rc = VNUMA_ERROR_NOMEM;
    for (i = 0; i < num && !rc; i++)
        take_found(xen, &infos[i], *found_r + i);
    *num_r = rc ? 0 : (unsigned int)num;
    libxl_dominfo_list_free(infos, num);
    return rc;
}
