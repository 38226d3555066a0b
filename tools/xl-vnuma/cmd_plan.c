/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma plan: where each vnode of a guest will live, and why. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>

#include "guest.h"

static int plan_file(const char *path, const vnuma_topology *topology,
                     bool json)
{
    cli_guest guest;
    vnuma_plan plan;
    int code;

    cli_guest_init(&guest);
    vnuma_plan_init(&plan);

    code = cli_guest_check(&guest, path, topology, NULL, 0);
    if (!code)
        code = cli_guest_plan(&guest, topology, &plan);
    cli_print_diags(&guest.diags);
    /* An answer too: that nothing fits, and why. */
    if (!code || (json && plan.num_reasons))
        if (cli_answer(json ? vnuma_plan_to_json(&plan)
                            : vnuma_plan_to_text(&plan)))
            code = CLI_ENVIRONMENT;

    vnuma_plan_dispose(&plan);
    cli_guest_dispose(&guest);
    return code;
}

int main_plan(const cli_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool json = false;
    cli_host host;
    int opt, code;

    while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        switch (opt) {
        case 'j':
            json = true;
            break;
        case 'h':
            return cli_help("plan");
        default:
            return cli_usage("plan");
        }
    if (optind != argc - 1)
        return cli_usage("plan");

    cli_host_init(&host);
    code = cli_host_load(options, &host);
    if (!code)
        code = plan_file(argv[optind], &host.topology, json);
    cli_host_dispose(&host);
    return code;
}
