/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live host as it is left by builds in flight.  The order counts: first
 * the ledger, then what the domains in it hold, then free memory, so that
 * whatever a build takes meanwhile is missing twice rather than not at all.
 *
 * Not in the ledger: guests without vnodes, what stock xl builds, and guests
 * that xl's monitor builds again.  The load of vcpus counts once there is a
 * domain.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/objects.h"
#include "cli/xen_calls.h"
#include "run/ledger.h"

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

/* Xen is opened only when there is something to ask: it costs milliseconds. */
static void find_residents(ledger *l)
{
    vnuma_xen *xen = NULL;
    vnuma_diags ignored = { 0 };
    unsigned int i;

    for (i = 0; i < l->num_others; i++) {
        if (l->others[i].domid == VNUMA_ID_UNKNOWN)
            continue;
        if (!xen && vnuma_xen_open(&xen, &ignored))
            break;
        l->others[i].resident_memkb = find_resident(xen, &l->others[i]);
    }
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&ignored);
}

int ledger_look(ledger *l)
{
    /* Where Xen cannot be asked, loading the host says why. */
    if (access("/dev/xen/privcmd", R_OK | W_OK) &&
        access("/proc/xen/privcmd", R_OK | W_OK))
        return 0;
    if (ledger_lock(l))
        return -1;
    find_residents(l);
    return 0;
}

static void complain(const ledger *l)
{
    cli_fail(CLI_OK,
             "%s: %s: guests that are built at the same time are not seen",
             l->dir, strerror(errno));
}

int ledger_load_host(ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r)
{
    int code;

    if (!(options && options->host_path) && ledger_look(l))
        complain(l);
    code = cli_host_load(options, host_r, text_r);
    if (!code)
        vnuma__flights_take(l->others, l->num_others, *host_r);
    return code;
}

void ledger_enter(ledger *l)
{
    if (ledger_write(l))
        complain(l);
}
