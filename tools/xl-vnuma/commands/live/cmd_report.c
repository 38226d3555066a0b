/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma report: this host and its domains, for others to plan on. */
#include "config.h"

#include <unistd.h>

#include "cli/guest_files.h"
#include "cli/show.h"
#include "commands/commands.h"
#include "run/ledger.h"
#include "show/report.h"

int main_report(const cli_options *options, int argc, char **argv)
{
    const cli_option table[] = { { .name = NULL } };
    vnuma_topology *topology = NULL;
    vnuma_domains *domains = NULL;
    vnuma__ledger flights = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    vnuma__homes homes = { 0 };
    char name[256] = "";
    vnuma_diags diags = { 0 };
    int rc, code;

    code = cli_read_options(table, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    if (optind != argc)
        return cli_usage();
    code = cli_only_here(options, "report");
    if (code)
        return code;

    ledger_look(&flights); /* without one there are none to tell */
    vnuma__ledger_unlock(&flights);
    rc = show_live(&(show_query){ .domain = NULL }, &topology, &domains,
                   &diags);
    kept_load(&homes);
    gethostname(name, sizeof(name) - 1);
    code = cli_end(&diags, rc);
    if (!code)
        code = cli_answer(vnuma__report_to_json(&(vnuma__report){
            name, topology, domains, flights.others, flights.num_others,
            &homes }));
    vnuma__ledger_end(&flights);
    vnuma__homes_dispose(&homes);
    vnuma_domains_free(domains);
    vnuma_topology_free(topology);
    return code;
}
