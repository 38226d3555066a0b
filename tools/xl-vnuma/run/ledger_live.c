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
#include <string.h>
#include <unistd.h>

#include "base/objects.h"
#include "cli/xen_calls.h"
#include "run/recover.h"

/* Xen is opened only when there is something to ask: it costs milliseconds. */
static void find_residents(vnuma__ledger *l)
{
    vnuma_xen *xen = NULL;
    vnuma_diags ignored = { 0 };
    unsigned int i = 0;

    while (i < l->num_others && l->others[i].domid == VNUMA_ID_UNKNOWN)
        i++;
    if (i < l->num_others && !vnuma_xen_open(&xen, &ignored))
        XEN_CALL(ledger_ask)(xen, l);
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&ignored);
}

int ledger_look(vnuma__ledger *l)
{
    /* Where Xen cannot be asked, loading the host says why. */
    if (access("/dev/xen/privcmd", R_OK | W_OK) &&
        access("/proc/xen/privcmd", R_OK | W_OK))
        return 0;
    if (vnuma__ledger_lock(l))
        return -1;
    find_residents(l);
    return 0;
}

static void complain(const vnuma__ledger *l)
{
    cli_fail(CLI_OK,
             "%s: %s: guests that are built at the same time are not seen",
             l->dir, strerror(errno));
}

/* What a killed one of ours left half built holds memory. */
static int look_and_recover(vnuma__ledger *l)
{
    unsigned int num;

    if (ledger_look(l))
        return -1;
    if (!l->num_left)
        return 0;
    recover_left(l, RECOVER_BUILDS, &num);
    return ledger_look(l);
}

int ledger_load_host(vnuma__ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r)
{
    int code;

    if (!(options && options->host_path) &&
        (options ? ledger_look(l) : look_and_recover(l)))
        complain(l);
    code = cli_host_load(options, host_r, text_r);
    if (!code)
        vnuma__flights_take(l->others, l->num_others, *host_r);
    return code;
}

void ledger_enter(vnuma__ledger *l)
{
    if (vnuma__ledger_write(l))
        complain(l);
}
