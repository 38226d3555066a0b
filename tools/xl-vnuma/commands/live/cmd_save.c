/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma save: lets xl save the guest, with our record of it in the same
 * file.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "run/build.h"

int main_save(const cli_options *options, int argc, char **argv)
{
    static const cli_option none[] = { { .name = NULL } };
    const xl_args_form form = { "save", "cpD", none, 2, 3 };
    run_result result = { 0 };
    xl_args args;
    int code = xl_args_parse(&args, &form, options, argc, argv);

    if (code == CLI_GO_ON) {
        xl_args_add_names(&args);
        code = leave_run("save", false, args.names[0], args.args, &result);
    }
    if (!code && result.exit_status)
        code = cli_fail(CLI_REFUSED,
                        "xl save failed (exit status %d); its reason is "
                        "above; %s does not hold the guest as it is now",
                        result.exit_status, args.names[1]);
    if (!code && result.has_record)
        printf("%s: saved with its placement\n", args.names[0]);
    xl_args_dispose(&args);
    return code;
}
