/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed processes left of guests; see recover.h. */
#include "config.h"

#include "run/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/xen_calls.h"
#include "guest/guest.h"
#include "run/build.h"
#include "run/vm_entry.h"

typedef struct {
    vnuma_xen *xen;
    recover_how how;
    vnuma_diags diags;
} recovering;

typedef int (*act)(recovering *r, uint32_t domid, const uint8_t uuid[16]);

static int destroy(recovering *r, uint32_t domid, const uint8_t uuid[16])
{
    vm_entry entry;
    int rc;

    XEN_CALL(vm_entry_keep)(&entry, NULL, domid); /* the copy's too */
    rc = vnuma_xen_destroy(r->xen, domid, uuid, &r->diags);
    XEN_CALL(vm_entry_put_back)(&entry);
    return rc;
}

static int resume(recovering *r, uint32_t domid, const uint8_t uuid[16])
{
    (void)uuid;
    return vnuma_xen_resume(r->xen, domid, &r->diags);
}

static int take_over(recovering *r, uint32_t domid, const uint8_t uuid[16])
{
    return vnuma_xen_take_over(r->xen, domid, uuid, true, &r->diags);
}

static int take_over_paused(recovering *r, uint32_t domid,
                            const uint8_t uuid[16])
{
    return vnuma_xen_take_over(r->xen, domid, uuid, false, &r->diags);
}

/* What is found, what is done about it, and how. */
static const struct {
    const char *found, *done;
    act act; /* NULL: that is for people to decide */
} states[] = {
    [VNUMA__LEFT_HALF] = { "is half built", "destroyed", destroy },
    [VNUMA__LEFT_SUSPENDED] = { "was left suspended", "resumed", resume },
    [VNUMA__LEFT_LEAVING] = { "was being copied", "left to run here", resume },
    [VNUMA__LEFT_GIVEN] = { "has arrived and was not started", "started",
                            take_over },
    [VNUMA__LEFT_PAUSED] = { "has arrived, to stay paused, under another name",
                             "given its own", take_over_paused },
    [VNUMA__LEFT_UNSURE] = { "has arrived, and may run on the host that sent "
                             "it too: if it does, destroy it here, else "
                             "rename and unpause it",
                             NULL, NULL },
    [VNUMA__LEFT_AWAY] = { "was sent away: if it runs or has run elsewhere, "
                           "destroy it here, else rename and resume it",
                           NULL, NULL },
    [VNUMA__LEFT_BOTH] = { "was sent to this host, where its copy is neither "
                           "a guest yet nor gone: recover again; if it stays, "
                           "destroy the copy, and rename and resume the guest",
                           NULL, NULL },
    [VNUMA__LEFT_GONE] = { "was saved or sent, and not yet removed here",
                           "destroyed", destroy },
};

static int settle(recovering *r, const vnuma__left *left,
                  vnuma__left_state state, uint32_t domid)
{
    uint8_t uuid[16] = { 0 };
    int rc = 0;

    build_read_uuid(left->flight.uuid, uuid); /* it is that of a domain */
    if (r->how != RECOVER_SHOW && states[state].act)
        rc = states[state].act(r, domid, uuid);
    if (rc)
        return cli_end(&r->diags, rc);
    return cli_fail(CLI_OK, "%s (domain %" PRIu32 ") %s%s%s",
                    *left->flight.name ? left->flight.name : "a guest", domid,
                    states[state].found,
                    states[state].done ? r->how == RECOVER_SHOW
                                             ? ": it would be "
                                             : ": it was "
                                       : "",
                    states[state].done ? states[state].done : "");
}

static bool says_leaving(const vnuma__flight *flight, const vnuma__found *it)
{
    return flight->kind == VNUMA__FLIGHT_LEAVE && flight->domid == it->domid &&
           !strcmp(flight->uuid, it->uuid);
}

static bool is_leaving(const vnuma__ledger *l, const vnuma__found *it)
{
    unsigned int i;

    for (i = 0; i < l->num_left; i++)
        if (says_leaving(&l->left[i].flight, it))
            return true;
    for (i = 0; i < l->num_others; i++)
        if (says_leaving(&l->others[i], it))
            return true;
    return false;
}

/* The domains are asked for again: the one before may have changed them. */
static int recover_one(recovering *r, const vnuma__ledger *l,
                       const vnuma__left *left, unsigned int *num_r)
{
    vnuma__left_state state = VNUMA__LEFT_NOTHING;
    vnuma__found *found = NULL;
    unsigned int i, num = 0;
    uint32_t domid = 0;
    int rc, code;

    rc = XEN_CALL(ledger_found)(r->xen, &found, &num, &r->diags);
    for (i = 0; i < num; i++)
        found[i].is_leaving = is_leaving(l, &found[i]);
    if (!rc)
        state = vnuma__left_judge(left, found, num, &domid);
    free(found);
    if (rc)
        return cli_end(&r->diags, rc);
    code = CLI_OK;
    if (state != VNUMA__LEFT_NOTHING) {
        *num_r += 1;
        code = settle(r, left, state, domid);
    }
    if (!code && r->how != RECOVER_SHOW &&
        (state == VNUMA__LEFT_NOTHING || states[state].act))
        vnuma__ledger_forget(l, left);
    return code;
}

/* A guest that arrives is put right before its copy that leaves. */
static int recover_each(recovering *r, vnuma__ledger *l, unsigned int *num_r)
{
    int kind, code = CLI_OK, one;
    unsigned int i;

    for (kind = VNUMA__FLIGHT_BUILD; kind <= VNUMA__FLIGHT_LEAVE; kind++)
        for (i = 0; i < l->num_left; i++) {
            if ((int)l->left[i].flight.kind != kind)
                continue;
            one = recover_one(r, l, &l->left[i], num_r);
            code = code ? code : one;
        }
    return code;
}

/* What others shall not take meanwhile is ours; the rest is not touched. */
static int adopt(vnuma__ledger *l, recover_how how)
{
    unsigned int i, num = 0;
    int code = CLI_OK;

    for (i = 0; i < l->num_left; i++) {
        if (how != RECOVER_ALL &&
            l->left[i].flight.kind != VNUMA__FLIGHT_BUILD)
            continue;
        if (vnuma__ledger_adopt(l, &l->left[i]))
            l->left[num++] = l->left[i];
        else
            code = cli_fail(CLI_ENVIRONMENT,
                            "%s/%s: what it left cannot be put right: %s",
                            l->dir, l->left[i].file, strerror(errno));
    }
    l->num_left = num;
    return code;
}

int recover_left(vnuma__ledger *l, recover_how how, unsigned int *num_r)
{
    recovering r = { .how = how };
    int code = CLI_OK, each, rc;

    *num_r = 0;
    if (how != RECOVER_SHOW)
        code = adopt(l, how);
    vnuma__ledger_unlock(l);
    if (!l->num_left)
        return code;
    rc = vnuma_xen_open(&r.xen, &r.diags);
    each = rc ? cli_end(&r.diags, rc) : recover_each(&r, l, num_r);
    code = code ? code : each;
    vnuma_xen_close(r.xen);
    vnuma_diags_dispose(&r.diags);
    return code;
}
