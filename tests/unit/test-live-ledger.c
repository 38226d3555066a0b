/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live host with what others have in flight, and "recover" (run-case.h):
 * what is written down, done and said.
 */
#include "config.h"

#include "ledger-case.h"

#include "commands/commands.h"
#include "commands/dom0.h"
#include "run/recover.h"

/* ---- what is next to them ----------------------------------------------- */

static const char *xen_at = "/proc"; /* its device is below it; "": nowhere */
static unsigned int num_found;       /* of what was left half done */
static recover_how asked;

int access(const char *path, int mode)
{
    (void)mode;
    CHECK(strstr(path, "privcmd"));
    errno = ENOENT;
    return *xen_at && !strncmp(path, xen_at, strlen(xen_at)) ? 0 : -1;
}

int recover_left(vnuma__ledger *l, recover_how how, unsigned int *num_r)
{
    asked = how;
    *num_r = num_found;
    vnuma__ledger_unlock(l);
    note("recover", 0);
    return fails("left") ? CLI_ENVIRONMENT : CLI_OK;
}

int cli_host_load(const cli_options *options, vnuma_topology **host_r,
                  vnuma_source *text_r)
{
    (void)options, (void)text_r;
    *host_r = NULL;
    note("load", 0);
    return fails("load") ? CLI_ENVIRONMENT : CLI_OK;
}

int cli_only_here(const cli_options *options, const char *name)
{
    (void)name;
    return options->host_path ? CLI_USAGE : CLI_OK;
}

int cli_read_options(const cli_option *table, int argc, char **argv)
{
    optind = 1;
    if (argc > 1 && !strcmp(argv[1], "--help"))
        return CLI_OK;
    if (argc > 1 && !strcmp(argv[1], "-n")) {
        *table[0].flag = true;
        optind = 2;
    }
    return CLI_GO_ON;
}

int cli_usage(void)
{
    return CLI_USAGE;
}

void dom0_watch(vnuma_xen_dom0_request *request, dom0_watching *watching)
{
    (void)request, (void)watching;
}

void dom0_unwatch(const dom0_watching *watching)
{
    (void)watching;
}

static void begin_host(const char *fail)
{
    begin_with(fail);
    num_found = 0;
}

/* What another process left, which is gone; or one that still builds. */
static void put_entry(const char *name, const char *text)
{
    int fd;

    mkdir("run", 0700);
    mkdir("run/builds", 0700);
    fd = openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

#define LEFT "xl-vnuma-build 2 999999 1 build 7 " UUID " 0=1 g\n"

/* ---- the live host ------------------------------------------------------ */

static const struct {
    const char *fail;
    const char *xen_at;
    bool is_planned, has_file;
    const char *left; /* the entry of another, or NULL */
    int code;
    const char *done, *said;
} hosts[] = {
    { "", "/dev", true, false, NULL, CLI_OK, "load ", "" },
    { "", "/proc", false, false, NULL, CLI_OK, "load ", "" },
    { "", "", false, false, NULL, CLI_OK, "load ", "" },
    { " load ", "/proc", false, false, NULL, CLI_ENVIRONMENT, "load ", "" },
    { " ledger ", "/proc", true, true, NULL, CLI_OK, "load ", "" },
    { " ledger ", "/proc", true, false, NULL, CLI_OK, "load ",
      "run/builds: Not a directory: guests that are built at the same time "
      "are not seen\n" },
    { " ledger ", "/proc", false, false, NULL, CLI_OK, "load ",
      "run/builds: Not a directory: guests that are built at the same time "
      "are not seen\n" },
    /* Only what builds looks after what was left half built. */
    { "", "/proc", true, false, LEFT, CLI_OK, "load ", "" },
    { "", "/proc", false, false, LEFT, CLI_OK, "recover load ", "" },
};

static void the_host_is_without_what_is_in_flight(void)
{
    cli_options options = { NULL, "" };
    vnuma_topology *host;
    unsigned int i;

    for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);

        begin_host(hosts[i].fail);
        xen_at = hosts[i].xen_at;
        options.host_path = hosts[i].has_file ? "host" : NULL;
        if (hosts[i].left)
            put_entry("run/builds/999999-1", hosts[i].left);
        CHECK_INT(ledger_load_host(&l, hosts[i].is_planned ? &options : NULL,
                                   &host, NULL),
                  hosts[i].code);
        CHECK_STR(it.done, hosts[i].done);
        CHECK_STR(it.said, hosts[i].said);
        vnuma__ledger_end(&l);
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            break;
        }
    }
    xen_at = "/proc";
}

/* Xen is asked what their domains hold, if they have any. */
static void domains_of_others_are_asked_for(void)
{
    static const struct {
        const char *fail, *entry, *done;
    } others[] = {
        { "", "xl-vnuma-build 2 1 1 build - - 0=1 h\n", "" },
        { "", "xl-vnuma-build 2 1 1 build 8 u 0=1 h\n", "ask " },
        { " open ", "xl-vnuma-build 2 1 1 build 8 u 0=1 h\n", "" },
    };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
        vnuma__ledger other = VNUMA__LEDGER(VNUMA__LEDGER_DIR);

        begin_host("");
        other.guest = "other";
        CHECK_INT(vnuma__ledger_lock(&other), 0);
        CHECK(vnuma__flight_parse(others[i].entry, strlen(others[i].entry),
                                  &other.own));
        CHECK_INT(vnuma__ledger_write(&other), 0);
        it.fail = others[i].fail;
        CHECK_INT(ledger_look(&l), 0);
        CHECK_UINT(l.num_others, 1);
        CHECK_STR(it.done, others[i].done);
        CHECK_STR(it.said, "");
        vnuma__ledger_end(&l);
        vnuma__ledger_end(&other);
    }
}

static void an_entry_that_cannot_be_written_is_said(void)
{
    vnuma__ledger l = VNUMA__LEDGER(VNUMA__LEDGER_DIR);

    begin_host("");
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    rmdir("run/builds");
    ledger_enter(&l);
    CHECK_STR(it.said, "run/builds: No such file or directory: guests that "
                       "are built at the same time are not seen\n");
    begin_host("");
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    ledger_enter(&l);
    CHECK_STR(it.said, "");
    vnuma__ledger_end(&l);
}

/* ---- recover ------------------------------------------------------------ */

static const struct {
    const char *fail;
    bool is_dry, is_interrupted;
    int errno_;
    unsigned int num_found;
    int code;
    const char *done, *said;
} recovered[] = {
    { "", false, false, 0, 0, CLI_OK, "recover ", "" },
    { "", false, false, 0, 1, CLI_OK, "recover ", "" },
    { "", true, false, 0, 0, CLI_OK, "recover ", "" },
    { " left ", false, false, 0, 1, CLI_ENVIRONMENT, "recover ", "" },
    { " ledger ", false, false, 0, 0, CLI_ENVIRONMENT, "",
      "run/builds: Not a directory\n" },
    { " open ", false, true, 0, 0, CLI_ENVIRONMENT, "recover ",
      "open refused\n" },
    { " dom0 ", false, true, 0, 0, CLI_ENVIRONMENT, "recover ",
      "dom0 refused\n" },
    { "", false, true, 0, 0, CLI_OK, "recover rollback ", "" },
    { "", true, true, 0, 0, CLI_OK, "recover ",
      "a change of dom0 was not ended: it would be taken back\n" },
    { " change ", false, true, EBUSY, 0, CLI_OK, "recover ", "" },
    { " change ", false, true, EIO, 0, CLI_ENVIRONMENT, "recover ",
      "change refused\n" },
    { " rollback ", false, true, 0, 0, CLI_ENVIRONMENT, "recover rollback ",
      "rollback refused\n" },
    /* One that fails does not keep dom0 from being put right. */
    { " left ", false, true, 0, 1, CLI_ENVIRONMENT, "recover rollback ", "" },
};

static void recover_puts_right_what_it_can(void)
{
    const cli_options here = { NULL, "" };
    char *words[] = { (char *)"recover", (char *)"-n", NULL };
    unsigned int i;

    for (i = 0; i < sizeof(recovered) / sizeof(*recovered); i++) {
        begin_host(recovered[i].fail);
        num_found = recovered[i].num_found;
        dom0_is_interrupted = recovered[i].is_interrupted;
        dom0_errno = recovered[i].errno_;
        CHECK_INT(main_recover(&here, recovered[i].is_dry ? 2 : 1, words),
                  recovered[i].code);
        CHECK_STR(it.done, recovered[i].done);
        CHECK_STR(it.said, recovered[i].said);
        if (strstr(it.done, "recover"))
            CHECK_INT(asked, recovered[i].is_dry ? RECOVER_SHOW : RECOVER_ALL);
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            return;
        }
    }
}

static void recover_is_called_as_it_says(void)
{
    const cli_options here = { NULL, "" }, there = { "host", "" };
    char *help[] = { (char *)"recover", (char *)"--help", NULL };
    char *more[] = { (char *)"recover", (char *)"g", NULL };

    begin_host("");
    CHECK_INT(main_recover(&there, 1, more), CLI_USAGE);
    CHECK_INT(main_recover(&here, 2, help), CLI_OK);
    CHECK_INT(main_recover(&here, 2, more), CLI_USAGE);
    CHECK_STR(it.done, "");
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(the_host_is_without_what_is_in_flight),
        TAP_CASE(domains_of_others_are_asked_for),
        TAP_CASE(an_entry_that_cannot_be_written_is_said),
        TAP_CASE(recover_puts_right_what_it_can),
        TAP_CASE(recover_is_called_as_it_says),
    };
    char dir[] = "/tmp/test-live-ledger.XXXXXX";
    int status;

    if (!mkdtemp(dir) || chdir(dir))
        return 99;
    status = TAP_RUN(tests);
    begin_host("");
    return rmdir(dir) ? 99 : status;
}
