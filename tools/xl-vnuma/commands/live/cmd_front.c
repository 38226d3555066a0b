/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma front: what stands in the place of xl, and for whom; and whether
 * this xl-vnuma can be used, which the front asks.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "front/front.h"
#include "run/run_xl.h"

int main_front(const cli_options *options, int argc, char **argv)
{
    static const cli_option none[] = { { .name = NULL } };
    const char *what;
    bool is_probe;
    int code = cli_read_options(none, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    code = cli_only_here(options, "front");
    if (code)
        return code;
    what = optind + 1 == argc ? argv[optind] : "";
    is_probe = !strcmp(what, "probe");
    if (!is_probe && strcmp(what, "status") != 0)
        return cli_usage();
    code = run_check("front");
    if (is_probe)
        return code;
    return front_status(!code) ? CLI_OK : CLI_ENVIRONMENT;
}
