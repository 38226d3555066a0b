/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Without Xen's libraries: what needs them says so. */
#include "config.h"

#if !defined(HAVE_XEN) || defined(ONLY_KVM)

#include <string.h>

#include "base/diag.h"
#include "cli/show.h"
#include "commands/commands.h"
#include "commands/dom0.h"
#include "run/ledger.h"

#define NO_XEN "this " PROGRAM " was built without Xen's libraries"

int ledger_load_host(vnuma__ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r)
{
    (void)l;
    return cli_host_load(options, host_r, text_r);
}

int show_live(const show_query *query, vnuma_topology **topology_r,
              vnuma_domains **domains_r, vnuma_diags *diags)
{
    (void)query;
    (void)topology_r;
    (void)domains_r;
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE, NO_XEN);
    vnuma__hint(diags, "describe a host with --host FILE");
    return VNUMA_ERROR_XEN;
}

int main_no_xen(const cli_options *options, int argc, char **argv)
{
    int code = cli_only_here(options, argv[0]);

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return cli_help();
    return code ? code : cli_fail(CLI_ENVIRONMENT, "%s: " NO_XEN, argv[0]);
}

/* A command of dom0's. */
#define NOT_HERE(function)                                                    \
    int function(const cli_options *options, int argc, char **argv)           \
    {                                                                         \
        (void)options;                                                        \
        (void)argc;                                                           \
        return cli_fail(CLI_ENVIRONMENT, "dom0 %s: " NO_XEN, argv[0]);        \
    }

NOT_HERE(dom0_show)
NOT_HERE(dom0_set)
NOT_HERE(dom0_reset)

#endif
