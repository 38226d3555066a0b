/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What commands have around an xl that they run (xl-vnuma/run), made up: xl
 * itself, Xen's half and what is said.  Any of it may fail.  A program has its
 * working directory for itself; the ledger is below "run".
 */
#ifndef VNUMA_TEST_RUN_CASE_H
#define VNUMA_TEST_RUN_CASE_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/objects.h"
#include "cli/cli.h"
#include "cli/guest_files.h"
#include "cli/xen_calls.h"
#include "record/ledger.h"
#include "run/run_xl.h"
#include "run/vm_entry.h"
#include "tap.h"

#define DOMID 7u
#define UUID "11111111-1111-1111-1111-111111111111"

static struct {
    const char *fail; /* what does, with blanks between and around; or "" */
    char done[256];   /* of what changes something, in order */
    char said[2048];  /* messages, a line each */

    /* What xl does. */
    run_stage stage;
    const char *uuid;
    int exit_status, signal, code; /* the last is run_xl()'s */
    bool has_error;
    uint64_t num_pages;
    void (*xl_runs)(void); /* called then, or NULL */

    vnuma__found found[3];         /* a domid of 0: none */
    vnuma_xen_node_pages nodes[2]; /* what the hypervisor counts */
} it;

static void begin(void)
{
    memset(&it, 0, sizeof(it));
    it.fail = "";
    it.uuid = UUID;
}

static bool fails(const char *name)
{
    char word[64];

    snprintf(word, sizeof(word), " %s ", name);
    errno = EIO;
    return strstr(it.fail, word);
}

static void note(const char *name, uint32_t domid)
{
    size_t len = strlen(it.done);

    snprintf(it.done + len, sizeof(it.done) - len, domid ? "%s %u " : "%s ",
             name, (unsigned int)domid);
}

/* ---- what is said ------------------------------------------------------- */

static void say(const char *format, va_list args)
{
    size_t len = strlen(it.said);

    len +=
        (size_t)vsnprintf(it.said + len, sizeof(it.said) - len, format, args);
    if (len + 1 < sizeof(it.said))
        strcpy(it.said + len, "\n");
}

int cli_fail(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return code;
}

int cli_end(vnuma_diags *diags, int rc)
{
    unsigned int i;

    for (i = 0; i < diags->num_items; i++)
        cli_fail(0, "%s", vnuma_diags_at(diags, i)->message);
    vnuma_diags_dispose(diags);
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

/* ---- xl ----------------------------------------------------------------- */

void run_begin(char *const *args)
{
    CHECK_STR(args[0], "xl");
    note("begin", 0);
}

void run_abandon(void)
{
    note("abandon", 0);
}

int run_xl(const char *command, char *const *args, const run_setting *settings,
           bool quiet, const run_hooks *hooks, run_result *result_r)
{
    (void)command, (void)args, (void)settings, (void)quiet;
    memset(result_r, 0, sizeof(*result_r));
    result_r->domid = DOMID;
    result_r->pid = getpid();
    result_r->stage = it.stage;
    result_r->exit_status = it.exit_status;
    result_r->signal = it.signal;
    result_r->has_error = it.has_error;
    snprintf(result_r->uuid, sizeof(result_r->uuid), "%s", it.uuid);
    result_r->num_pages = it.num_pages;
    result_r->num_sets = 3;
    result_r->sets[0] =
        (vnuma_xen_extent_set){ .pnode = 1, .preferred = 1, .num_4k = 5 };
    result_r->sets[1] = (vnuma_xen_extent_set){
        .pnode = 0, .preferred = 1, .num_4k = 4, .num_released = 1
    };
    result_r->sets[2] = (vnuma_xen_extent_set){ .pnode = 2 };
    note("xl", 0);
    if (it.xl_runs)
        it.xl_runs();
    if (hooks->on_begun)
        hooks->on_begun(hooks->user, result_r);
    if (hooks->on_done && it.stage >= RUN_DONE)
        hooks->on_done(hooks->user, result_r);
    hooks->on_end(hooks->user, result_r);
    return it.code;
}

void kept_add(const char *uuid, const char *name, const vnuma__lived *lived)
{
    (void)uuid, (void)name, (void)lived;
    note("keep", 0);
}

/* ---- Xen ---------------------------------------------------------------- */

static int answer(const char *name, vnuma_diags *diags)
{
    if (!fails(name))
        return 0;
    vnuma__error(diags, "xen-refused", VNUMA__NOWHERE, "%s refused", name);
    errno = EIO;
    return VNUMA_ERROR_XEN;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    *xen_r = NULL;
    return answer("open", diags);
}

void vnuma_xen_close(vnuma_xen *xen)
{
    (void)xen;
}

static int destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                   vnuma_diags *diags)
{
    (void)xen;
    CHECK_UINT(uuid[15], 0x11);
    note("destroy", domid);
    return answer("destroy", diags);
}

static int take_over(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                     bool run, vnuma_diags *diags)
{
    (void)xen, (void)uuid;
    note(run ? "run" : "take", domid);
    return answer("take_over", diags);
}

/* Which is named and resumed. */
static int take_back(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                     vnuma_diags *diags)
{
    int rc;

    (void)xen;
    CHECK_UINT(uuid[15], 0x11);
    note("back", domid);
    rc = answer("take_back", diags);
    if (!rc)
        it.found[0].is_suspended = false;
    return rc;
}

static int resume(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags)
{
    (void)xen;
    note("resume", domid);
    return answer("resume", diags);
}

static int find_domain(vnuma_xen *xen, const char *name, uint32_t *domid_r,
                       vnuma_diags *diags)
{
    (void)xen, (void)name;
    *domid_r = DOMID;
    return answer("find", diags);
}

static int list_found(vnuma_xen *xen, vnuma__found **found_r,
                      unsigned int *num_r, vnuma_diags *diags)
{
    (void)xen;
    if (answer("list", diags))
        return VNUMA_ERROR_XEN;
    *found_r = malloc(sizeof(it.found));
    if (!*found_r)
        return VNUMA_ERROR_NOMEM;
    memcpy(*found_r, it.found, sizeof(it.found));
    *num_r = 3;
    return 0;
}

static int get_residency(vnuma_xen *xen, uint32_t domid,
                         vnuma_xen_residency *residency_r, vnuma_diags *diags)
{
    (void)xen, (void)domid;
    *residency_r = (vnuma_xen_residency){
        .nodes = it.nodes,
        .num_nodes = 2,
        .num_pages = it.nodes[0].num_pages + it.nodes[1].num_pages,
    };
    return answer("count", diags);
}

static void dispose_residency(vnuma_xen_residency *residency)
{
    *residency = (vnuma_xen_residency){ .num_nodes = 0 };
}

static void keep_entry(vm_entry *entry, const char *uuid, uint32_t domid)
{
    (void)entry, (void)uuid, (void)domid;
}

static void put_entry_back(vm_entry *entry)
{
    (void)entry;
    note("entry", 0);
}

/* ---- dom0 --------------------------------------------------------------- */

static bool dom0_is_interrupted;
static int dom0_errno; /* why a change cannot begin, if that fails */

static int begin_change(vnuma_xen *xen, vnuma_xen_dom0_change **change_r,
                        vnuma_diags *diags)
{
    int rc = answer("change", diags);

    (void)xen;
    *change_r = NULL;
    errno = dom0_errno;
    return rc;
}

static int get_dom0(vnuma_xen *xen, vnuma_xen_dom0 *dom0_r, vnuma_diags *diags)
{
    (void)xen;
    dom0_r->is_interrupted = dom0_is_interrupted;
    return answer("dom0", diags);
}

static void dispose_dom0(vnuma_xen_dom0 *dom0)
{
    *dom0 = (vnuma_xen_dom0){ .memkb = 0 };
}

static int roll_back(vnuma_xen_dom0_change *change,
                     const vnuma_xen_dom0_request *request, vnuma_diags *diags)
{
    (void)change, (void)request;
    note("rollback", 0);
    return answer("rollback", diags);
}

static void ask_ledger(vnuma_xen *xen, vnuma__ledger *l)
{
    (void)xen, (void)l;
    note("ask", 0);
}

void *xen_calls_find(const char *name)
{
    static const struct {
        const char *name;
        void *call;
    } all[] = {
        { "ledger_ask", (void *)ask_ledger },
        { "ledger_found", (void *)list_found },
        { "vm_entry_keep", (void *)keep_entry },
        { "vm_entry_put_back", (void *)put_entry_back },
        { "vnuma_xen_destroy", (void *)destroy },
        { "vnuma_xen_dom0_begin", (void *)begin_change },
        { "vnuma_xen_dom0_dispose", (void *)dispose_dom0 },
        { "vnuma_xen_dom0_get", (void *)get_dom0 },
        { "vnuma_xen_dom0_rollback", (void *)roll_back },
        { "vnuma_xen_find_domain", (void *)find_domain },
        { "vnuma_xen_get_residency", (void *)get_residency },
        { "vnuma_xen_residency_dispose", (void *)dispose_residency },
        { "vnuma_xen_resume", (void *)resume },
        { "vnuma_xen_take_back", (void *)take_back },
        { "vnuma_xen_take_over", (void *)take_over },
    };
    unsigned int i;

    for (i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (!strcmp(all[i].name, name))
            return all[i].call;
    abort();
}

#endif
