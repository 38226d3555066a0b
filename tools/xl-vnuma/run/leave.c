/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an xl that saves or sends a guest, for save, migrate and move. */
#include "config.h"

#include "run/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/xen_calls.h"
#include "hooks/message.h"
#include "run/ledger.h"
#include "run/vm_entry.h"

typedef struct {
    vnuma__ledger ledger;
    bool is_moving; /* to this host */
} leaving;

/* What is written down of the guest, for when we are killed with xl. */
static int describe(vnuma_xen *xen, vnuma__flight *flight, vnuma_diags *diags)
{
    vnuma__found *found = NULL;
    unsigned int i, num = 0;
    int rc = XEN_CALL(ledger_found)(xen, &found, &num, diags);

    flight->kind = VNUMA__FLIGHT_LEAVE;
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
    vnuma__ledger *l = &((leaving *)user)->ledger;

    if (vnuma__ledger_made(l, result->pid, l->own.domid, l->own.uuid))
        cli_fail(CLI_OK,
                 "%s: %s: if all of this is killed, recover does not find "
                 "what it leaves",
                 l->dir, strerror(errno));
}

/* ---- when xl failed ----------------------------------------------------- */

/* What became of the guest, and of its copies here. */
typedef struct {
    bool is_suspended; /* or that is not known */
    bool is_away;      /* so xl has named it: it was given to its copy */
    bool is_coming;    /* there is a copy, which has not run */
    bool has_come;     /* which has, or may */
    bool is_going;     /* which is being destroyed: it has no name any more */
} standing;

static standing look(vnuma_xen *xen, const vnuma__flight *flight,
                     vnuma_diags *diags)
{
    vnuma__found *found = NULL;
    unsigned int i, num = 0;
    int rc = XEN_CALL(ledger_found)(xen, &found, &num, diags);
    standing s = { .is_suspended = rc != 0 };

    for (i = 0; i < num; i++) {
        bool is_named = !strcmp(found[i].name, flight->name);

        if (strcmp(found[i].uuid, flight->uuid))
            continue;
        if (found[i].domid == flight->domid) {
            s.is_suspended = found[i].is_suspended;
            s.is_away = found[i].is_suspended && !is_named;
        } else if (is_named || !found[i].is_new) {
            s.has_come = true;
        } else {
            s.is_coming = true;
            s.is_going = !*found[i].name;
        }
    }
    free(found);
    return s;
}

/*
 * Whoever minds the copy of a guest that moves destroys it now, which takes a
 * while if it is large, or lets it run.
 */
static standing look_at_both(vnuma_xen *xen, const vnuma__flight *flight,
                             vnuma_diags *diags)
{
    const struct timespec moment = { 0, 100000000L };
    standing s = look(xen, flight, diags);
    int tries = 0;

    while (s.is_away && s.is_coming && !s.has_come &&
           tries < (s.is_going ? 6000 : 100)) {
        nanosleep(&moment, NULL);
        s = look(xen, flight, diags);
        tries++;
    }
    return s;
}

static void take_back(vnuma_xen *xen, const vnuma__flight *flight,
                      vnuma_diags *diags)
{
    uint8_t uuid[16] = { 0 };

    build_read_uuid(flight->uuid, uuid);
    if (!vnuma_xen_take_back(xen, flight->domid, uuid, diags))
        cli_fail(CLI_OK, "%s goes on where it was: its copy is gone",
                 flight->name);
}

static void settle_move(vnuma_xen *xen, const vnuma__flight *flight,
                        vnuma_diags *diags)
{
    standing s = look_at_both(xen, flight, diags);

    if (!s.is_away)
        vnuma_xen_resume(xen, flight->domid, diags);
    else if (!s.is_coming && !s.has_come)
        take_back(xen, flight, diags);
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
 * once all of it had left, begun to destroy it.  What was given to another
 * host stays suspended: what is to become of it is not ours to guess.
 */
static void settle(vnuma_xen *xen, const leaving *l, vnuma_diags *diags)
{
    const vnuma__flight *flight = &l->ledger.own;

    if (vnuma__ledger_is_marked(&l->ledger))
        finish(xen, flight, diags);
    else if (l->is_moving)
        settle_move(xen, flight, diags);
    else
        vnuma_xen_resume(xen, flight->domid, diags);
}

static void xl_ended(void *user, const run_result *result)
{
    leaving *l = user;
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };

    if (!result->exit_status)
        return;
    l->ledger.stays = true;
    if (!vnuma_xen_open(&xen, &diags)) {
        settle(xen, l, &diags);
        l->ledger.stays = look(xen, &l->ledger.own, &diags).is_suspended;
    }
    cli_end(&diags, 0);
    vnuma_xen_close(xen);
    if (l->ledger.stays)
        cli_fail(CLI_OK, "%s may be suspended still: see xl-vnuma recover",
                 l->ledger.own.name);
}

int leave_run(const char *command, bool is_moving, const char *domain,
              char *const *args, run_result *result_r)
{
    char domid_text[16], *written;
    leaving it = { VNUMA__LEDGER(VNUMA__LEDGER_DIR), is_moving };
    vnuma__ledger *l = &it.ledger;
    const run_hooks hooks = { xl_started, NULL, xl_ended, &it };
    vm_entry entry;
    int code;

    run_begin(args);
    code = find_leaving(domain, &l->own);
    if (code) {
        run_abandon();
        return code;
    }
    snprintf(domid_text, sizeof(domid_text), "%" PRIu32, l->own.domid);
    /* Without the entry it is only not known what we left. */
    if (!vnuma__ledger_lock(l))
        vnuma__ledger_write(l);
    written = vnuma__ledger_entry(l);
    XEN_CALL(vm_entry_keep)(&entry, NULL, l->own.domid);
    code = run_xl(command, args,
                  (const run_setting[]){
                      { ENV_SAVE_DOMID, domid_text },
                      { ENV_ENTRY, written },
                      { NULL, NULL },
                  },
                  false, &hooks, result_r);
    free(written);
    vnuma__ledger_end(l);
    if (!code && result_r->signal)
        code = cli_fail(CLI_ENVIRONMENT, "xl was ended by signal %d (%s)",
                        result_r->signal, strsignal(result_r->signal));
    XEN_CALL(vm_entry_put_back)(&entry);
    return code;
}
