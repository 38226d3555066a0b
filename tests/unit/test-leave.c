/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An xl that a guest leaves with, the live host with what others have in
 * flight, and "recover" (run-case.h): what is written down, done and said.
 */
#include "config.h"

#include "run-case.h"

#include <dirent.h>

#include "commands/commands.h"
#include "commands/dom0.h"
#include "run/build.h"
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

bool build_read_uuid(const char *text, uint8_t uuid[16])
{
    CHECK_STR(text, UUID);
    memset(uuid, 0x11, 16);
    return true;
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

/* ---- the ledger --------------------------------------------------------- */

/* As xl does it: the entry gets another name. */
static void mark_entry(void)
{
    DIR *dir = opendir("run/builds");
    struct dirent *entry;
    char marked[sizeof(entry->d_name) + 1];

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            stpcpy(stpcpy(marked, entry->d_name), VNUMA__LEDGER_MARK);
            CHECK_INT(renameat(dirfd(dir), entry->d_name, dirfd(dir), marked),
                      0);
            break;
        }
    if (dir)
        closedir(dir);
}

/* Entries that are there, which are then gone. */
static unsigned int take_entries(void)
{
    DIR *dir = opendir("run/builds");
    struct dirent *entry;
    unsigned int num = 0;

    while (dir && (entry = readdir(dir)))
        num += !unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    return num;
}

/* A file in its place: it cannot be had. */
static void begin_with(const char *fail)
{
    begin();
    it.fail = fail;
    take_entries();
    unlink("run");
    rmdir("run/builds");
    rmdir("run");
    if (fails("ledger"))
        close(open("run", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
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

/* ---- leaving ------------------------------------------------------------ */

static char *args[] = { (char *)"xl", NULL };

static const struct {
    vnuma__found found;
    int exit_status, signal, run_code;
    const char *fail;
    int code;
    const char *done, *said;
    unsigned int num_entries; /* that stay, for recover */
} leaving[] = {
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      "",
      CLI_OK,
      "begin xl entry ",
      "",
      0 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      CLI_USAGE,
      "",
      CLI_USAGE,
      "begin xl entry ",
      "",
      0 },
    { { 7, UUID, "g", false, false, false },
      1,
      0,
      0,
      "",
      CLI_OK,
      "begin xl resume 7 entry ",
      "",
      0 },
    { { 7, UUID, "g", false, false, false },
      -1,
      9,
      0,
      "",
      CLI_ENVIRONMENT,
      "begin xl resume 7 entry ",
      "xl was ended by signal 9 (Killed)\n",
      0 },
    { { 7, UUID, "g", false, true, false },
      1,
      0,
      0,
      "",
      CLI_OK,
      "begin xl resume 7 entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      1 },
    /* All of it had left, and xl was destroying it. */
    { { 7, UUID, "g", false, false, false },
      -1,
      15,
      0,
      " marked ",
      CLI_ENVIRONMENT,
      "begin xl destroy 7 entry ",
      "xl was ended by signal 15 (Terminated)\n",
      0 },
    { { 7, UUID, "g", false, true, false },
      -1,
      15,
      0,
      " marked destroy ",
      CLI_ENVIRONMENT,
      "begin xl destroy 7 entry ",
      "destroy refused\ng may be suspended still: see xl-vnuma recover\n"
      "xl was ended by signal 15 (Terminated)\n",
      2 }, /* here xl marks it before it is written anew for xl */
    /* Another one has its number by now. */
    { { 7, "another", "g", false, true, false },
      1,
      0,
      0,
      " rename ",
      CLI_OK,
      "begin xl resume 7 entry ",
      "",
      0 },
    { { 8, UUID, "g", false, true, false },
      1,
      0,
      0,
      "",
      CLI_OK,
      "begin xl resume 7 entry ",
      "",
      0 },
    { { 7, UUID, "g", false, false, false },
      1,
      0,
      0,
      " late ",
      CLI_OK,
      "begin xl resume 7 entry ",
      "resume refused\nlist refused\n"
      "g may be suspended still: see xl-vnuma recover\n",
      1 },
    { { 7, UUID, "g", false, false, false },
      1,
      0,
      0,
      " late-open ",
      CLI_OK,
      "begin xl entry ",
      "open refused\ng may be suspended still: see xl-vnuma recover\n",
      1 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      " ledger ",
      CLI_OK,
      "begin xl entry ",
      "",
      0 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      " entry ",
      CLI_OK,
      "begin xl entry ",
      "run/builds: Not a directory: if all of this is killed, recover does "
      "not find what it leaves\n",
      0 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      " open ",
      CLI_ENVIRONMENT,
      "begin abandon ",
      "open refused\n",
      0 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      " find ",
      CLI_ENVIRONMENT,
      "begin abandon ",
      "find refused\n",
      0 },
    { { 7, UUID, "g", false, false, false },
      0,
      0,
      0,
      " list ",
      CLI_ENVIRONMENT,
      "begin abandon ",
      "list refused\n",
      0 },
};

/* What fails only once xl runs. */
static void xl_runs(void)
{
    it.fail = fails("late")        ? " resume list "
              : fails("late-open") ? " open "
                                   : it.fail;
    if (fails("marked"))
        mark_entry();
    if (fails("rename"))
        strcpy(it.found[0].uuid, UUID);
    if (fails("entry") && take_entries()) {
        rmdir("run/builds");
        close(open("run/builds", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
}

static void each_end_has_its_consequences(void)
{
    run_result result;
    unsigned int i;

    for (i = 0; i < sizeof(leaving) / sizeof(*leaving); i++) {
        begin_with(leaving[i].fail);
        it.found[0] = leaving[i].found;
        it.exit_status = leaving[i].exit_status;
        it.signal = leaving[i].signal;
        it.code = leaving[i].run_code;
        it.xl_runs = xl_runs;
        CHECK_INT(leave_run("save", VNUMA__FLIGHT_LEAVE, "g", args, &result),
                  leaving[i].code);
        CHECK_STR(it.done, leaving[i].done);
        CHECK_STR(it.said, leaving[i].said);
        CHECK_UINT(take_entries(), leaving[i].num_entries);
        unlink("run/builds");
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            return;
        }
    }
}

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

        begin_with(hosts[i].fail);
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

        begin_with("");
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

    begin_with("");
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    rmdir("run/builds");
    ledger_enter(&l);
    CHECK_STR(it.said, "run/builds: No such file or directory: guests that "
                       "are built at the same time are not seen\n");
    begin_with("");
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
        begin_with(recovered[i].fail);
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

    begin_with("");
    CHECK_INT(main_recover(&there, 1, more), CLI_USAGE);
    CHECK_INT(main_recover(&here, 2, help), CLI_OK);
    CHECK_INT(main_recover(&here, 2, more), CLI_USAGE);
    CHECK_STR(it.done, "");
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(each_end_has_its_consequences),
        TAP_CASE(the_host_is_without_what_is_in_flight),
        TAP_CASE(domains_of_others_are_asked_for),
        TAP_CASE(an_entry_that_cannot_be_written_is_said),
        TAP_CASE(recover_puts_right_what_it_can),
        TAP_CASE(recover_is_called_as_it_says),
    };
    char dir[] = "/tmp/test-leave.XXXXXX";
    int status;

    if (!mkdtemp(dir) || chdir(dir))
        return 99;
    status = TAP_RUN(tests);
    begin_with("");
    return rmdir(dir) ? 99 : status;
}
