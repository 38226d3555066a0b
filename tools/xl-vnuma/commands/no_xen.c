/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For a build without Xen's libraries: what needs them says so. */
#include "config.h"

#include "base/diag.h"
#include "cli/show.h"
#include "commands/commands.h"
#include "commands/dom0.h"

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

int show_live(const show_query *query, vnuma_topology **topology_r,
              vnuma_domains **domains_r, vnuma_diags *diags)
{
    (void)query;
    (void)topology_r;
    (void)domains_r;
    return none(diags);
}

static int not_here(const cli_options *options, const char *command)
{
    int code = cli_only_here(options, command);

    return code ? code
                : cli_fail(CLI_ENVIRONMENT,
                           "%s: this xl-vnuma was built without Xen's "
                           "libraries",
                           command);
}

int main_create(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "create");
}

int main_save(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "save");
}

int main_restore(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "restore");
}

int main_migrate(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "migrate");
}

int main_migrate_receive(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "migrate-receive");
}

int main_move(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return not_here(options, "move");
}

static int no_dom0(const char *what)
{
    return cli_fail(CLI_ENVIRONMENT,
                    "dom0 %s: this xl-vnuma was built without Xen's "
                    "libraries",
                    what);
}

int dom0_show(const cli_options *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    return no_dom0(argv[0]);
}

int dom0_set(const cli_options *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    return no_dom0(argv[0]);
}

int dom0_reset(const cli_options *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    return no_dom0(argv[0]);
}
