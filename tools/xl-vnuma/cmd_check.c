/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma check: what is wrong in guests' files.  Compares them with the host
 * of --host or the one it runs on; where there is neither, it says so and
 * checks what can be checked without.
 */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

/* The live host is used where there is one, --host always. */
static int load_host(const cli_options *options, cli_host *host,
                     const vnuma_topology **topology_r)
{
    vnuma_diags diags;
    int rc, code;

    *topology_r = NULL;
    if (options->host_path) {
        code = cli_host_load(options, host);
        if (!code)
            *topology_r = &host->topology;
        return code;
    }
    vnuma_diags_init(&diags);
    rc = cli_live_topology(&host->topology, &diags);
    if (!rc)
        *topology_r = &host->topology;
    else
        fprintf(stderr,
                "xl-vnuma: checked without a host: %s (--host FILE "
                "describes one)\n",
                diags.num_items ? diags.items[0].message : "no memory");
    vnuma_diags_dispose(&diags);
    return CLI_OK;
}

static int check_file(const char *path, const vnuma_topology *topology,
                      bool json)
{
    cli_guest guest;
    char *text;
    int code;

    cli_guest_init(&guest);
    code = cli_guest_check(&guest, path, topology, NULL, 0);
    if (code == CLI_ENVIRONMENT)
        goto out;
    if (json) {
        text = vnuma_diags_to_json(&guest.diags);
        if (cli_answer(text))
            code = CLI_ENVIRONMENT;
        goto out;
    }
    cli_print_diags(&guest.diags);
    if (!code && printf("%s: ok\n", guest.source.name) < 0)
        code = CLI_ENVIRONMENT;

out:
    cli_guest_dispose(&guest);
    return code;
}

static int list_checks(void)
{
    const vnuma_check_info *checks;
    unsigned int i, num_checks;

    checks = vnuma_check_list(&num_checks);
    for (i = 0; i < num_checks; i++)
        printf("%-20s %-8s %s\n", checks[i].id,
               checks[i].severity == VNUMA_SEVERITY_ERROR     ? "error"
               : checks[i].severity == VNUMA_SEVERITY_WARNING ? "warning"
                                                              : "note",
               checks[i].summary);
    return CLI_OK;
}

int main_check(const cli_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        { "json", no_argument, NULL, 'j' },
        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const vnuma_topology *topology;
    int opt, code, worst = CLI_OK;
    bool json = false;
    cli_host host;

    while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        switch (opt) {
        case 'j':
            json = true;
            break;
        case 'l':
            return list_checks();
        case 'h':
            return cli_help("check");
        default:
            return cli_usage("check");
        }
    if (optind == argc)
        return cli_usage("check");

    cli_host_init(&host);
    worst = load_host(options, &host, &topology);
    for (; optind < argc && worst != CLI_ENVIRONMENT; optind++) {
        code = check_file(argv[optind], topology, json);
        if (code > worst)
            worst = code;
    }
    cli_host_dispose(&host);
    return worst;
}
