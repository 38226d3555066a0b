/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For a build without Xen's libraries: what needs them says so. */
#include "config.h"

#include "base/diag.h"
#include "cli/show.h"
#include "commands/commands.h"
#include "commands/dom0.h"
#include "run/ledger.h"

static int none(vnuma_diags *diags)
{
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE,
                 "this xl-vnuma was built without Xen's libraries");
    vnuma__hint(diags, "describe a host with --host FILE");
    return VNUMA_ERROR_XEN;
}

int cli_live_topology(vnuma_topology **topology_r, vnuma_diags *diags)
{
    (void)topology_r;
    return none(diags);
}

int ledger_load_host(ledger *l, const cli_options *options, cli_host *host)
{
    (void)l;
    return cli_host_load(options, host);
}

void ledger_end(ledger *l)
{
    (void)l;
}

int show_live(const show_query *query, vnuma_topology **topology_r,
              vnuma_domains **domains_r, vnuma_diags *diags)
{
    (void)query;
    (void)topology_r;
    (void)domains_r;
    return none(diags);
}

/* A command that says so.  @only_here: what refuses a --host, or NULL. */
#define NOT_HERE(function, only_here)                                         \
    int function(const cli_options *options, int argc, char **argv)           \
    {                                                                         \
        (void)argc;                                                           \
        return not_here(options, only_here, argv[0]);                         \
    }

static int not_here(const cli_options *options, const char *only_here,
                    const char *name)
{
    int code = only_here ? cli_only_here(options, only_here) : CLI_OK;

    if (code)
        return code;
    return cli_fail(CLI_ENVIRONMENT,
                    "%s%s: this xl-vnuma was built without Xen's libraries",
                    only_here ? "" : "dom0 ", name);
}

NOT_HERE(main_create, "create")
NOT_HERE(main_report, "report")
NOT_HERE(main_save, "save")
NOT_HERE(main_restore, "restore")
NOT_HERE(main_migrate, "migrate")
NOT_HERE(main_migrate_receive, "migrate-receive")
NOT_HERE(main_move, "move")
NOT_HERE(main_front, "front")
NOT_HERE(dom0_show, NULL)
NOT_HERE(dom0_set, NULL)
NOT_HERE(dom0_reset, NULL)
