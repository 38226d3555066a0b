/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Restores a guest from a file (restore) or from a stream (migrate-receive,
 * the receiving end of migrate and move): reads its beginning, plans the guest
 * for this host, and lets xl restore it with our object loaded.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/kept.h"
#include "cli/xl_args.h"
#include "commands/commands.h"
#include "guest/guest.h"
#include "hooks/message.h"
#include "run/build.h"
#include "run/landing.h"
#include "run/ledger.h"
#include "run/saved.h"
#include "run/vm_entry.h"

typedef struct {
    xl_args args;
    landing_options landing;
    bool by_hypervisor;
    vnuma__saved saved;
    ledger ledger;
} restore;

/* A guest of whose vnodes only xl's configuration tells, or none. */
static int take_as_xl(const restore *r)
{
    if (r->landing.pnodes)
        return cli_fail(CLI_REFUSED,
                        "--pnodes: the saved guest has no record");
    if (!r->saved.config.has_vnuma)
        return CLI_OK;
    if (r->landing.strict)
        return cli_fail(CLI_REFUSED,
                        "--strict: the guest was not saved by xl-vnuma, "
                        "so it is not known where its vnodes' memory was");
    return cli_fail(CLI_OK, "the guest was not saved by xl-vnuma: its vnodes' "
                            "memory will be where xl puts it");
}

static int plan_here(restore *r)
{
    vnuma_topology *host = NULL;
    int code;

    if (!r->saved.record)
        return take_as_xl(r);
    r->landing.flight = &r->ledger.own;
    code = ledger_load_host(&r->ledger, NULL, &host);
    if (!code)
        code = landing_plan(r->saved.record, r->saved.config.name, &r->landing,
                            host);
    if (!code)
        ledger_enter(&r->ledger);
    vnuma_topology_free(host);
    return code;
}

/* @b is as much of a build as differs. */
static int run_restore(restore *r, build *b, const char *head_fd)
{
    const vnuma_record *record = r->saved.record;
    char *text = NULL, *membinds = NULL;
    int code = CLI_OK;

    if (record) {
        /* For when the guest reboots too. */
        text = vnuma_record_format(record);
        membinds = vnuma__membinds_format(vnuma_record_membind(record, 0),
                                          vnuma_record_num_vnodes(record));
        vnuma__lived_of_record(record, &b->home);
        if (!text || !membinds)
            code = cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    b->name = r->saved.config.name;
    b->by_hypervisor = r->by_hypervisor;
    b->xl_args = r->args.args;
    b->ledger = &r->ledger;
    b->settings = (const run_setting[]){
        { ENV_RESTORE_RECORD, text },
        { ENV_MEMBINDS, membinds },
        { ENV_HEAD_FD, head_fd },
        { NULL, NULL },
    };
    if (!code)
        code = build_run(b);
    b->settings = NULL; /* they end here */
    free(membinds);
    free(text);
    return code;
}

/* What both begin with; @r is initialised in any case. */
static int parse_restore(restore *r, xl_args_form form,
                         const cli_options *options, int argc, char **argv)
{
    const cli_option ours[] = {
        { .name = "pnodes", .value = &r->landing.pnodes },
        { .name = "strict", .flag = &r->landing.strict },
        { .name = "verify",
          .take = cli_take_verify,
          .into = &r->by_hypervisor },
        { .name = NULL },
    };
    static const char *const names[] = { "--vncviewer",
                                         "--vncviewer-autopass", NULL };
    int code;

    vnuma__saved_init(&r->saved);
    form.names = names;
    form.ours = ours;
    code = xl_args_parse(&r->args, &form, options, argc, argv);
    if (code == CLI_GO_ON)
        xl_args_add_names(&r->args);
    return code;
}

int main_restore(const cli_options *options, int argc, char **argv)
{
    static const xl_args_form form = {
        .command = "restore",
        .letters = "FcpdeVA",
        .min_names = 1,
        .max_names = 2,
    };
    build b = { .command = "restore", .done = "restored" };
    restore r = { .ledger = LEDGER(LEDGER_DIR) };
    int code;

    code = parse_restore(&r, form, options, argc, argv);
    if (code != CLI_GO_ON)
        goto out;
    code = saved_read_file(&r.saved, r.args.names[r.args.num_names - 1]);
    if (!code)
        code = plan_here(&r);
    if (!code)
        code = run_restore(&r, &b, NULL);

out:
    ledger_end(&r.ledger);
    vnuma__saved_dispose(&r.saved);
    xl_args_dispose(&r.args);
    return code;
}

/* ---- migrate-receive ---------------------------------------------------- */

/* The sender's xl waits for this before it sends anything. */
static int greet(void)
{
    static const char banner[] = MESSAGE_BANNER;

    if (write(STDOUT_FILENO, banner, strlen(banner)) ==
        (ssize_t)strlen(banner))
        return CLI_OK;
    return cli_fail(CLI_ENVIRONMENT, "standard output: %s", strerror(errno));
}

/* Keeps what we have read of the stream, for xl to read it again. */
static int keep_head(const vnuma__saved *s, char *fd_r, size_t size)
{
    int fd = memfd_create("xl-vnuma-head", 0);

    if (fd < 0 ||
        write(fd, s->header, sizeof(s->header)) != sizeof(s->header) ||
        write(fd, s->optional, s->head.optional_len) !=
            (ssize_t)s->head.optional_len ||
        lseek(fd, 0, SEEK_SET))
        return cli_fail(CLI_ENVIRONMENT,
                        "cannot keep the guest's configuration: %s",
                        strerror(errno));
    snprintf(fd_r, size, "%d", fd);
    return CLI_OK;
}

/* The sender may be on this host, so vm_entry is kept. */
static int receive(restore *r, build *b, const char *head_fd)
{
    vm_entry entry;
    int code;

    vm_entry_keep(&entry, r->saved.config.uuid, 0);
    code = run_restore(r, b, head_fd);
    vm_entry_put_back(&entry);
    vm_entry_dispose(&entry);
    return code;
}

int main_migrate_receive(const cli_options *options, int argc, char **argv)
{
    static const xl_args_form form = {
        .command = "migrate-receive",
        .letters = "Fedp",
    };
    build b = {
        .command = "migrate-receive",
        .done = "received",
        .is_incoming = true,
    };
    restore r = { .ledger = LEDGER(LEDGER_DIR) };
    char head_fd[16];
    int code;

    code = parse_restore(&r, form, options, argc, argv);
    if (code != CLI_GO_ON)
        goto out;
    b.stays_paused = xl_args_has(&r.args, "-p");
    code = greet();
    if (!code)
        code = saved_read_stream(&r.saved, STDIN_FILENO);
    if (!code)
        code = plan_here(&r);
    if (!code)
        code = keep_head(&r.saved, head_fd, sizeof(head_fd));
    if (!code)
        code = receive(&r, &b, head_fd);

out:
    ledger_end(&r.ledger);
    vnuma__saved_dispose(&r.saved);
    xl_args_dispose(&r.args);
    return code;
}
