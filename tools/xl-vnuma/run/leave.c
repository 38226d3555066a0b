/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an xl that saves or sends a guest, for save, migrate and move. */
#include "config.h"

#include "run/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/xen_calls.h"
#include "hooks/message.h"
#include "run/vm_entry.h"

static int find_leaving(const char *domain, uint32_t *domid_r)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_open(&xen, &diags);

    if (!rc)
        rc = vnuma_xen_find_domain(xen, domain, domid_r, &diags);
    vnuma_xen_close(xen);
    return cli_end(&diags, rc);
}

/* An xl that was ended may have suspended the guest and not resumed it. */
static void resume_guest(void *user, const run_result *result)
{
    const uint32_t *domid = user;
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };

    if (!result->exit_status)
        return;
    if (!vnuma_xen_open(&xen, &diags))
        vnuma_xen_resume(xen, *domid, &diags);
    cli_end(&diags, 0);
    vnuma_xen_close(xen);
}

int leave_run(const char *command, const char *domain, char *const *args,
              run_result *result_r)
{
    char domid_text[16];
    const run_setting settings[] = {
        { ENV_SAVE_DOMID, domid_text },
        { NULL, NULL },
    };
    uint32_t domid = 0;
    vm_entry entry;
    int code;

    run_begin(args);
    code = find_leaving(domain, &domid);
    if (code) {
        run_abandon();
        return code;
    }
    snprintf(domid_text, sizeof(domid_text), "%" PRIu32, domid);
    XEN_CALL(vm_entry_keep)(&entry, NULL, domid);
    code = run_xl(command, args, settings, false,
                  &(run_hooks){ NULL, NULL, resume_guest, &domid }, result_r);
    if (!code && result_r->signal)
        code = cli_fail(CLI_ENVIRONMENT, "xl was ended by signal %d (%s)",
                        result_r->signal, strsignal(result_r->signal));
    XEN_CALL(vm_entry_put_back)(&entry);
    return code;
}
