/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built without Xen's libraries: what needs them says so. */
#include "config.h"

#include "cli.h"
#include "diag.h"

static int none(vnuma_diags *diags)
{
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE,
                 "this xl-vnuma was built without Xen's libraries");
    vnuma__hint(diags, "describe a host with --host FILE");
    return VNUMA_ERROR_XEN;
}

int cli_live_topology(vnuma_topology *topology_r, vnuma_diags *diags)
{
    (void)topology_r;
    return none(diags);
}

int main_create(const cli_options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (options->host_path)
        return cli_fail(CLI_USAGE, "create is for this host: no --host");
    return cli_fail(CLI_ENVIRONMENT,
                    "create: this xl-vnuma was built without Xen's libraries");
}
