/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma topology: the host, as xl info -n prints it or as JSON. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>

#include "cli.h"

int main_topology(const cli_options *options, int argc, char **argv)
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
            return cli_help("topology");
        default:
            return cli_usage("topology");
        }
    if (optind != argc)
        return cli_usage("topology");

    cli_host_init(&host);
    code = cli_host_load(options, &host);
    if (!code)
        code = cli_answer(json ? vnuma_topology_to_json(&host.topology)
                               : vnuma_topology_to_text(&host.topology));
    cli_host_dispose(&host);
    return code;
}
