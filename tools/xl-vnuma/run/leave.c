/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an xl that saves or sends a guest, for save, migrate and move. */
#include "config.h"

#include "run/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/xen_calls.h"
#include "hooks/message.h"
#include "run/ledger.h"
#include "run/vm_entry.h"

/* What is written down of the guest, for when we are killed with xl. */
static int describe(vnuma_xen *xen, vnuma__flight *flight, vnuma_diags *diags)
{
    vnuma__found *found = NULL;
    unsigned int i, num = 0;
    int rc = XEN_CALL(ledger_found)(xen, &found, &num, diags);

    for (i = 0; i < num; i++)
        if (found[i].domid == flight->domid) {
            memcpy(flight->uuid, found[i].uuid, sizeof(flight->uuid));
            memcpy(flight->name, found[i].name, sizeof(flight->name));
        }
    free(found);
    return rc;
}

static int find_leaving(const char *domain, vnuma__flight *flight)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_open(&xen, &diags);

    if (!rc)
        rc = vnuma_xen_find_domain(xen, domain, &flight->domid, &diags);
    if (!rc)
        rc = describe(xen, flight, &diags);
    vnuma_xen_close(xen);
    return cli_end(&diags, rc);
}

/* xl goes on without us, so the entry is its. */
static void xl_started(void *user, const run_result *result)
{
    vnuma__ledger *l = user;

    if (vnuma__ledger_made(l, result->pid, l->own.domid, l->own.uuid))
        cli_fail(CLI_OK,
                 "%s: %s: if all of this is killed, recover does not find "
                 "what it leaves",
                 l->dir, strerror(errno));
}

/* Also when that is not known. */
static bool is_suspended(vnuma_xen *xen, const vnuma__flight *flight,
                         vnuma_diags *diags)
{
    vnuma__found *found = NULL;
    unsigned int i, num = 0;
    bool is = XEN_CALL(ledger_found)(xen, &found, &num, diags);

    for (i = 0; i < num; i++)
        is |= found[i].domid == flight->domid && found[i].is_suspended &&
              !strcmp(found[i].uuid, flight->uuid);
    free(found);
    return is;
}

/* As recover does: without its device model it is no guest. */
static void finish(vnuma_xen *xen, const vnuma__flight *flight,
                   vnuma_diags *diags)
{
    uint8_t uuid[16] = { 0 };

    build_read_uuid(flight->uuid, uuid);
    vnuma_xen_destroy(xen, flight->domid, uuid, diags);
}

/*
 * An xl that was ended may have suspended the guest and not resumed it, or,
 * once all of it had left, begun to destroy it.  What was given away stays
 * suspended: whether there is another copy, and what is to become of it, is not
 * ours to guess.
 */
static void resume_guest(void *user, const run_result *result)
{
    vnuma__ledger *l = user;
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };

    if (!result->exit_status)
        return;
    l->stays = true;
    if (!vnuma_xen_open(&xen, &diags)) {
        if (vnuma__ledger_is_marked(l))
            finish(xen, &l->own, &diags);
        else
            vnuma_xen_resume(xen, l->own.domid, &diags);
        l->stays = is_suspended(xen, &l->own, &diags);
    }
    cli_end(&diags, 0);
    vnuma_xen_close(xen);
    if (l->stays)
        cli_fail(CLI_OK, "%s may be suspended still: see xl-vnuma recover",
                 l->own.name);
}

int leave_run(const char *command, vnuma__flight_kind kind, const char *domain,
              char *const *args, run_result *result_r)
{
    char domid_text[16], *written;
    vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    const run_hooks hooks = { xl_started, NULL, resume_guest, &l };
    vm_entry entry;
    int code;

    run_begin(args);
    l.own.kind = kind;
    code = find_leaving(domain, &l.own);
    if (code) {
        run_abandon();
        return code;
    }
    snprintf(domid_text, sizeof(domid_text), "%" PRIu32, l.own.domid);
    /* Without the entry it is only not known what we left. */
    if (!vnuma__ledger_lock(&l))
        vnuma__ledger_write(&l);
    written = vnuma__ledger_entry(&l);
    XEN_CALL(vm_entry_keep)(&entry, NULL, l.own.domid);
    code = run_xl(command, args,
                  (const run_setting[]){
                      { ENV_SAVE_DOMID, domid_text },
                      { ENV_ENTRY, written },
                      { NULL, NULL },
                  },
                  false, &hooks, result_r);
    free(written);
    vnuma__ledger_end(&l);
    if (!code && result_r->signal)
        code = cli_fail(CLI_ENVIRONMENT, "xl was ended by signal %d (%s)",
                        result_r->signal, strsignal(result_r->signal));
    XEN_CALL(vm_entry_put_back)(&entry);
    return code;
}
