/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the domains of builds in flight hold by now; see flights.h. */
#include "config.h"

#include "xen/host/flights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/objects.h"

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
