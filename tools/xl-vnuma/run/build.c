/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs an xl that builds a domain, from a file or from a stream: prints where
 * its memory is, and cleans up if xl fails.
 */
#include "config.h"

#include "run/build.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/guest_files.h"
#include "cli/xen_calls.h"
#include "hooks/message.h"
#include "run/ledger.h"

/* ---- where the memory is ------------------------------------------------ */

static uint64_t set_pages(const vnuma_xen_extent_set *set)
{
    return vnuma__built_set_pages(set) - set->num_released;
}

static const char *name_of(const build *b)
{
    return b->name ? b->name : "guest";
}

/* Of a file that may hold any bytes; what follows is the caller's. */
static void print_name(const build *b)
{
    vnuma__utf8_print(name_of(b), b->out);
}

static uint64_t promised_on(const run_result *result, uint32_t pnode)
{
    uint64_t pages = 0;
    unsigned int i;

    for (i = 0; i < result->num_sets; i++)
        if (result->sets[i].pnode == pnode)
            pages += set_pages(&result->sets[i]);
    return pages;
}

static void print_split(const build *b, const run_result *result)
{
    unsigned int i;

    for (i = 0; i < result->num_sets; i++) {
        const vnuma_xen_extent_set *set = &result->sets[i];

        if (!set_pages(set))
            continue;
        fprintf(b->out,
                "  pnode %" PRIu32 ": %" PRIu64 " pages in %" PRIu64
                " x 1G, %" PRIu64 " x 2M, %" PRIu64 " x 4K",
                set->pnode, set_pages(set), set->num_1g, set->num_2m,
                set->num_4k);
        if (set->preferred != set->pnode)
            fprintf(b->out, ", for which pnode %" PRIu32 " had no room",
                    set->preferred);
        if (set->num_released)
            fprintf(b->out,
                    "; %" PRIu64 " of these given back, the guest "
                    "had them ballooned out",
                    set->num_released);
        fputc('\n', b->out);
    }
}

static void print_others(const build *b, const vnuma_xen_residency *residency,
                         const run_result *result)
{
    uint32_t wanted = b->home.pnodes[0];
    uint64_t others = 0, away = 0;
    unsigned int i;

    /* A running guest may have given pages back already. */
    if (residency->num_pages > result->num_pages)
        others = residency->num_pages - result->num_pages;

    fprintf(b->out, "  %" PRIu64 " special and video RAM pages:", others);
    for (i = 0; i < residency->num_nodes; i++) {
        const vnuma_xen_node_pages *node = &residency->nodes[i];
        uint64_t promised = promised_on(result, node->pnode);

        if (node->num_pages <= promised)
            continue;
        fprintf(b->out, " %" PRIu64 " on pnode %" PRIu32,
                node->num_pages - promised, node->pnode);
        if (node->pnode != wanted)
            away += node->num_pages - promised;
    }
    fputc('\n', b->out);
    if (away)
        fprintf(b->out,
                "  %" PRIu64 " of them are not on pnode %" PRIu32
                ": Xen keeps its low memory for last\n",
                away, wanted);
}

/* Compares the hypervisor's own count with what was promised. */
static int verify_by_hypervisor(build *b, const run_result *result)
{
    vnuma_xen_residency residency = { 0 };
    uint64_t right = 0;
    vnuma_diags diags = { 0 };
    vnuma_xen *xen = NULL;
    unsigned int i;
    int rc, code;

    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = vnuma_xen_get_residency(xen, result->domid, &residency, &diags);
    vnuma_xen_close(xen);
    code = cli_end(&diags, rc);
    if (code)
        return code;
    for (i = 0; i < residency.num_nodes; i++) {
        uint64_t promised = promised_on(result, residency.nodes[i].pnode);
        uint64_t pages = residency.nodes[i].num_pages;

        right += pages < promised ? pages : promised;
    }
    print_name(b);
    fprintf(b->out,
            ": %" PRIu64 " of %" PRIu64 " pages on their nodes, by the "
            "hypervisor's count\n",
            right, result->num_pages);
    print_split(b, result);
    print_others(b, &residency, result);
    vnuma_xen_residency_dispose(&residency);
    return right == result->num_pages ? CLI_OK : CLI_ENVIRONMENT;
}

/* All of its memory is taken now, and xl may stay for as long as it runs. */
static void guest_built(void *user, const run_result *result)
{
    build *b = user;

    if (!b->is_incoming) /* it may still be given back, or stay half here */
        vnuma__ledger_end(b->ledger);
    if (!b->home.num_vnodes)
        return; /* a guest without vNUMA: nothing was promised */
    if (!b->is_incoming)
        kept_add(result->uuid, b->name, &b->home);
    if (b->by_hypervisor) {
        b->code = verify_by_hypervisor(b, result);
    } else if (!b->quiet) {
        print_name(b);
        fprintf(b->out, ": %" PRIu64 " of %" PRIu64 " pages on their nodes\n",
                result->num_pages, result->num_pages);
        print_split(b, result);
    }
    if (fflush(b->out)) /* the guest is there all the same */
        cli_fail(CLI_OK, "cannot write the answer: %s", strerror(errno));
}

/* ---- when xl has ended -------------------------------------------------- */

bool build_read_uuid(const char *text, uint8_t uuid[16])
{
    unsigned int i;

    for (i = 0; i < 16; i++, text += 2 + (text[2] == '-')) {
        if (!isxdigit((unsigned char)text[0]) ||
            !isxdigit((unsigned char)text[1]))
            return false;
        uuid[i] = (uint8_t)strtoul((char[]){ text[0], text[1], '\0' }, NULL,
                                   16);
    }
    return true;
}

/* Answers the sender as xl would: the guest is here. */
static bool answer_sender(void)
{
    static const char message[] = MESSAGE_ANSWER_MESSAGE "\0";

    /* A sender that is gone must not stop us. */
    signal(SIGPIPE, SIG_IGN);
    return write(STDOUT_FILENO, message, sizeof(message)) == sizeof(message);
}

static void xl_ended(void *user, const run_result *result)
{
    build *b = user;
    bool is_given = b->is_incoming && result->stage >= RUN_GIVEN;
    /*
     * xl removes a domain that it could not build, unless xl itself was ended.
     * If xl succeeded, the guest is kept, even if some reports are missing; so
     * is an incoming guest after its sender has given it away.
     */
    bool remains = result->exit_status &&
                   result->stage < (b->is_incoming ? RUN_GIVEN : RUN_DONE);
    /* This is the only copy then, and its sender waits to hear of it. */
    bool needs_us = is_given && result->stage == RUN_GIVEN && result->signal;
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };
    uint8_t uuid[16];
    int rc;

    /* Before its sender gave it away, it lives where it was. */
    if (is_given && b->home.num_vnodes)
        kept_add(result->uuid, b->name, &b->home);
    if ((!remains && !needs_us) || !build_read_uuid(result->uuid, uuid))
        return;
    rc = vnuma_xen_open(&xen, &diags);
    if (!rc && remains)
        rc = vnuma_xen_destroy(xen, result->domid, uuid, &diags);
    else if (!rc)
        b->taken_over = !vnuma_xen_take_over(xen, result->domid, uuid,
                                             !b->stays_paused, &diags) &&
                        answer_sender();
    cli_end(&diags, 0);
    /* Whoever sent it cannot see what became of it. */
    if (!rc && remains && b->is_incoming && result->signal)
        cli_fail(CLI_OK,
                 "%s was not yet this host's, and its copy here was "
                 "destroyed: it can go on where it was",
                 name_of(b));
    vnuma_xen_close(xen);
}

static int judge_result(const build *b, const run_result *result)
{
    if (b->taken_over) {
        cli_fail(CLI_OK,
                 "xl was ended by signal %d (%s) after %s had arrived; "
                 "xl-vnuma did what xl had left to do",
                 result->signal, strsignal(result->signal), name_of(b));
        return b->code;
    }
    /* Stands in for xl migrate-receive (the front): says no more than xl. */
    if (b->is_incoming && !b->home.num_vnodes && result->exit_status > 0)
        return result->exit_status;
    if (result->signal)
        return cli_fail(CLI_ENVIRONMENT, "xl was ended by signal %d (%s)",
                        result->signal, strsignal(result->signal));
    if (result->exit_status)
        return result->has_error
                   ? cli_fail(CLI_REFUSED, "the guest was not %s", b->done)
                   : cli_fail(CLI_REFUSED,
                              "xl %s failed (exit status %d); its reason "
                              "is above",
                              b->command, result->exit_status);
    if (b->dry_run)
        return CLI_OK;
    if (result->stage < RUN_DONE)
        return cli_fail(CLI_ENVIRONMENT,
                        "xl ended without reporting a guest; its reason "
                        "is above");
    if (b->home.num_vnodes && !result->num_pages)
        return cli_fail(CLI_ENVIRONMENT,
                        "xl built the guest without xl-vnuma's memory step; "
                        "destroy it: its memory is not where it was promised");
    return b->code;
}

int build_run(build *b)
{
    const run_hooks hooks = { NULL, guest_built, xl_ended, b };
    run_result result;
    int code;

    b->out = b->is_incoming ? stderr : stdout;
    code =
        run_xl(b->command, b->xl_args, b->settings, b->quiet, &hooks, &result);
    return code ? code : judge_result(b, &result);
}
