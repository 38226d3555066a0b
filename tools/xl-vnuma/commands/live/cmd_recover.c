/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma recover: what stays when xl-vnuma and xl were killed at once.
 * Guests are found by the ledger of builds, dom0 by its record.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/xen_calls.h"
#include "commands/commands.h"
#include "commands/dom0.h"
#include "run/recover.h"

#define DOM0_TIMEOUT_MS 120000u

static int put_dom0_back(vnuma_xen *xen, vnuma_diags *diags)
{
    vnuma_xen_dom0_request request = { .timeout_ms = DOM0_TIMEOUT_MS };
    vnuma_xen_dom0_change *change = NULL;
    dom0_watching watching;
    int rc = vnuma_xen_dom0_begin(xen, &change, diags);

    /* One that is under way is nothing that was left. */
    if (rc == VNUMA_ERROR_XEN && errno == EBUSY) {
        vnuma_diags_dispose(diags);
        return 0;
    }
    dom0_watch(&request, &watching);
    if (!rc)
        rc = vnuma_xen_dom0_rollback(change, &request, diags);
    dom0_unwatch(&watching);
    return rc;
}

/* dom0's settings before a change that was killed, such as a loan. */
static int recover_dom0(recover_how how, unsigned int *num)
{
    vnuma_xen_dom0 dom0 = { 0 };
    vnuma_diags diags = { 0 };
    vnuma_xen *xen = NULL;
    bool is_interrupted;
    int rc = vnuma_xen_open(&xen, &diags);

    if (!rc)
        rc = vnuma_xen_dom0_get(xen, &dom0, &diags);
    is_interrupted = !rc && dom0.is_interrupted;
    vnuma_xen_dom0_dispose(&dom0);
    if (is_interrupted) {
        *num += 1;
        if (how == RECOVER_SHOW)
            cli_fail(CLI_OK, "a change of dom0 was not ended: it would be "
                             "taken back");
        else
            rc = put_dom0_back(xen, &diags);
    }
    vnuma_xen_close(xen);
    return cli_end(&diags, rc);
}

static int recover(recover_how how)
{
    vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    unsigned int num = 0, num_dom0 = 0;
    int code = CLI_OK, code_dom0;

    if (vnuma__ledger_lock(&l))
        code = cli_fail(CLI_ENVIRONMENT, "%s: %s", l.dir, strerror(errno));
    else
        code = recover_left(&l, how, &num);
    vnuma__ledger_end(&l);
    code_dom0 = recover_dom0(how, &num_dom0);
    code = code ? code : code_dom0;
    if (!code && !num && !num_dom0)
        puts("nothing was left half done");
    return code;
}

int main_recover(const cli_options *options, int argc, char **argv)
{
    bool is_dry = false;
    const cli_option ours[] = {
        { .name = "dry-run", .letter = 'n', .flag = &is_dry },
        { .name = NULL },
    };
    int code = cli_only_here(options, "recover");

    if (!code)
        code = cli_read_options(ours, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    if (optind != argc)
        return cli_usage();
    return recover(is_dry ? RECOVER_SHOW : RECOVER_ALL);
}
