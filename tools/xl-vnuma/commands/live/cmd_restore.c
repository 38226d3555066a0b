/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Restores a guest from a file (restore) or from a stream (migrate-receive,
 * the receiving end of migrate and move): reads its beginning, plans the guest
 * for this host, and lets xl restore it with our object loaded.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/xen_calls.h"
#include "commands/commands.h"
#include "guest/guest.h"
#include "hooks/message.h"
#include "record/lived.h"
#include "record/record.h"
#include "record/saved.h"
#include "run/build.h"
#include "run/landing.h"
#include "run/ledger.h"
#include "run/vm_entry.h"

typedef struct {
    xl_args args;
    landing_options landing;
    vnuma__saved saved;
    vnuma__ledger ledger;
    build build;
} restore;

/* ---- the beginning of a saved guest ------------------------------------- */

/*
 * libxc's stream lists a million page numbers, 1,024 a record, so the next
 * record is mostly in the buffer, and seeking does not leave it.
 */
#define BUFFER_SIZE (1 << 16)

static int read_at(void *user, uint64_t offset, void *bytes_r, size_t len)
{
    return fseeko(user, (off_t)offset, SEEK_SET) ||
                   fread(bytes_r, 1, len, user) != len
               ? VNUMA_ERROR_IO
               : 0;
}

/* @rest: to check the rest too, of @size bytes in all; NULL: it is not. */
static int read_guest(vnuma__saved *s, int fd, const char *what, FILE *rest,
                      uint64_t size)
{
    vnuma__save_input input = { .size = size, .read = read_at, .user = rest };
    vnuma_diags diags = { 0 };
    int rc, saved_errno;

    rc = vnuma__saved_read(s, fd, &diags);
    /* xl converts streams of Xen before 4.6 first. */
    if (!rc && rest && s->head.is_stream_v2) {
        setvbuf(rest, NULL, _IOFBF, BUFFER_SIZE);
        rc = vnuma__save_check_stream(
            &input, VNUMA__SAVE_HEADER_LEN + (uint64_t)s->head.optional_len,
            &diags);
    }
    saved_errno = errno;
    cli_print_diags(&diags);
    vnuma_diags_dispose(&diags);
    switch (rc) {
    case 0:
        return CLI_OK;
    case VNUMA_ERROR_IO:
        return cli_fail(CLI_ENVIRONMENT, "%s: %s", what,
                        strerror(saved_errno));
    case VNUMA_ERROR_NOMEM:
        return cli_fail(CLI_ENVIRONMENT, "%s: no memory to read it", what);
    default:
        return cli_fail(cli_code(rc), "%s: no guest can be restored from it",
                        what);
    }
}

/* A pipe in its place has no one at its other end. */
static FILE *open_saved(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (!f && fd >= 0)
        close(fd);
    return f;
}

static int read_file(vnuma__saved *s, const char *path)
{
    FILE *f = open_saved(path);
    struct stat st;
    int code;

    if (!f || fstat(fileno(f), &st))
        code = cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        code = cli_fail(CLI_ENVIRONMENT,
                        "%s: must be a file that can be read twice, here and "
                        "then by xl",
                        path);
    else
        code = read_guest(s, fileno(f), path, S_ISREG(st.st_mode) ? f : NULL,
                          (uint64_t)st.st_size);
    if (f)
        fclose(f);
    return code;
}

/* The sender's xl waits for our greeting before it sends anything. */
static int receive(vnuma__saved *s)
{
    static const char banner[] = MESSAGE_BANNER;

    if (write(STDOUT_FILENO, banner, strlen(banner)) !=
        (ssize_t)strlen(banner))
        return cli_fail(CLI_ENVIRONMENT, "standard output: %s",
                        strerror(errno));
    return read_guest(s, STDIN_FILENO, "incoming guest", NULL, 0);
}

/* Keeps what we have read of a stream, for xl to read it again. */
static int keep_head(const vnuma__saved *s, char *fd_r, size_t size)
{
    int fd = memfd_create("xl-vnuma-head", 0); /* xl inherits it */

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

/* ---- its place ---------------------------------------------------------- */

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
    code = ledger_load_host(&r->ledger, NULL, &host, NULL);
    if (!code)
        code = landing_plan(r->saved.record, r->saved.config.name, &r->landing,
                            host);
    if (r->build.is_incoming)
        r->ledger.own.kind = r->build.stays_paused
                                 ? VNUMA__FLIGHT_ARRIVE_PAUSED
                                 : VNUMA__FLIGHT_ARRIVE;
    if (!code)
        ledger_enter(&r->ledger);
    vnuma_topology_free(host);
    return code;
}

/* ---- xl ----------------------------------------------------------------- */

/* The sender may be on this host, so vm_entry is kept. */
static int build_incoming(restore *r)
{
    vm_entry entry;
    int code;

    XEN_CALL(vm_entry_keep)(&entry, r->saved.config.uuid, 0);
    code = build_run(&r->build);
    XEN_CALL(vm_entry_put_back)(&entry);
    return code;
}

static int run_restore(restore *r, const char *head_fd)
{
    const vnuma_record *record = r->saved.record;
    char *text = NULL, *membinds = NULL;
    char *entry = vnuma__ledger_entry(&r->ledger);
    int code = CLI_OK;

    if (record) {
        /* For when the guest reboots too. */
        text = vnuma__record_format_bare(record);
        membinds = vnuma__membinds_format(vnuma_record_membind(record, 0),
                                          vnuma_record_num_vnodes(record));
        vnuma__lived_of_record(record, &r->build.home);
        if (!text || !membinds)
            code = cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    r->build.name = r->saved.config.name;
    r->build.xl_args = r->args.args;
    r->build.ledger = &r->ledger;
    r->build.settings = (const run_setting[]){
        { ENV_RESTORE_RECORD, text },
        { ENV_MEMBINDS, membinds },
        { ENV_TABLES, record ? record->acpi_tables : NULL },
        { ENV_HEAD_FD, head_fd },
        { ENV_ENTRY, entry },
        { NULL, NULL },
    };
    if (!code)
        code = head_fd ? build_incoming(r) : build_run(&r->build);
    r->build.settings = NULL; /* they end here */
    free(membinds);
    free(entry);
    free(text);
    return code;
}

static int read_and_run(restore *r)
{
    char head_fd[16];
    int code;

    code = r->build.is_incoming
               ? receive(&r->saved)
               : read_file(&r->saved, r->args.names[r->args.num_names - 1]);
    if (!code)
        code = plan_here(r);
    if (!code && r->build.is_incoming)
        code = keep_head(&r->saved, head_fd, sizeof(head_fd));
    return code ? code : run_restore(r, r->build.is_incoming ? head_fd : NULL);
}

/* Both commands: @b is what they differ in, @letters are xl's options. */
static int main_of(build b, const char *letters, unsigned int min_names,
                   unsigned int max_names, const cli_options *options,
                   int argc, char **argv)
{
    restore r = { .build = b, .ledger = VNUMA__LEDGER(VNUMA__LEDGER_DIR) };
    const cli_option ours[] = {
        { .name = "pnodes", .value = &r.landing.pnodes },
        { .name = "strict", .flag = &r.landing.strict },
        { .name = "verify",
          .take = cli_take_verify,
          .into = &r.build.by_hypervisor },
        { .letter = 'p', .flag = &r.build.stays_paused, .xl = "-p" },
        { .name = "vncviewer", .xl = "--vncviewer" },
        { .name = "vncviewer-autopass", .xl = "--vncviewer-autopass" },
        { .name = NULL },
    };
    const xl_args_form form = { b.command, letters, ours, min_names,
                                max_names };
    int code = xl_args_parse(&r.args, &form, options, argc, argv);

    if (code == CLI_GO_ON) {
        xl_args_add_names(&r.args);
        code = read_and_run(&r);
    }
    vnuma__ledger_end(&r.ledger);
    vnuma__saved_dispose(&r.saved);
    xl_args_dispose(&r.args);
    return code;
}

int main_restore(const cli_options *options, int argc, char **argv)
{
    const build from_file = { .command = "restore", .done = "restored" };

    return main_of(from_file, "FcdeVA", 1, 2, options, argc, argv);
}

int main_migrate_receive(const cli_options *options, int argc, char **argv)
{
    const build from_stream = {
        .command = "migrate-receive",
        .done = "received",
        .is_incoming = true,
    };

    return main_of(from_stream, "Fed", 0, 0, options, argc, argv);
}
