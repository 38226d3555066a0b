/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An xl that a guest leaves with (run-case.h): what is written down, done and
 * said.
 */
#include "config.h"

#include "ledger-case.h"

#include "run/build.h"

#include <time.h>

bool build_read_uuid(const char *text, uint8_t uuid[16])
{
    CHECK_STR(text, UUID);
    memset(uuid, 0x11, 16);
    return true;
}

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
        CHECK_INT(leave_run("save", false, "g", args, &result),
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

/* ---- moving ------------------------------------------------------------- */

#define AWAY "g--migratedaway"

/* A guest that was given to its copy, and what becomes of that. */
static const struct {
    vnuma__found before, copy; /* number 0: there is none */
    const char *then; /* it is "gone", or "run", after three looks; "more":
                         there is another */
    const char *fail, *done, *said;
    unsigned int num_waits, num_entries;
} moving[] = {
    { { 7, UUID, "g", false, true, false },
      { 8, UUID, "g--incoming", true, false, false },
      "",
      "",
      "begin xl resume 7 entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      0,
      1 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "g--incoming", true, false, false },
      "gone",
      "",
      "begin xl back 7 entry ",
      "g goes on where it was: its copy is gone\n",
      3,
      0 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "", true, false, false },
      "gone",
      " take_back ",
      "begin xl back 7 entry ",
      "take_back refused\ng may be suspended still: see xl-vnuma recover\n",
      3,
      1 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, "another", "g", false, false, false },
      "",
      "",
      "begin xl back 7 entry ",
      "g goes on where it was: its copy is gone\n",
      0,
      0 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "g--incoming", true, false, false },
      "run",
      "",
      "begin xl entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      3,
      1 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "g--incoming", true, false, false },
      "",
      "",
      "begin xl entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      100,
      1 },
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "", true, false, false },
      "",
      "",
      "begin xl entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      6000,
      1 },
    /* It has run, and what it has written is not to be written over. */
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "", false, false, false },
      "gone",
      "",
      "begin xl entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      0,
      1 },
    /* Of two, one has run. */
    { { 7, UUID, AWAY, false, true, false },
      { 8, UUID, "g--incoming", true, false, false },
      "more",
      "",
      "begin xl entry ",
      "g may be suspended still: see xl-vnuma recover\n",
      0,
      1 },
    /* Somebody has resumed it. */
    { { 7, UUID, AWAY, false, false, false },
      { 0 },
      "",
      "",
      "begin xl resume 7 entry ",
      "",
      0,
      0 },
};

static unsigned int which, num_waits;
static const char *then;

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted, (void)left;
    if (++num_waits == 3 && !strcmp(then, "gone"))
        it.found[1].domid = 0, strcpy(it.found[1].uuid, "none");
    if (num_waits == 3 && !strcmp(then, "run"))
        strcpy(it.found[1].name, "g");
    return 0;
}

static void xl_gives_it(void)
{
    it.found[0] = moving[which].before;
    it.found[1] = moving[which].copy;
    if (!strcmp(then, "more"))
        it.found[2] = (vnuma__found){ 9, UUID, "g", false, false, false };
}

static void what_was_given_to_no_copy_goes_on(void)
{
    run_result result;
    unsigned int i;

    for (i = 0; i < sizeof(moving) / sizeof(*moving); i++) {
        begin_with(moving[i].fail);
        it.found[0] = (vnuma__found){ 7, UUID, "g", false, false, false };
        which = i;
        it.exit_status = 1;
        it.xl_runs = xl_gives_it;
        num_waits = 0;
        then = moving[i].then;
        CHECK_INT(leave_run("move", true, "g", args, &result), CLI_OK);
        CHECK_STR(it.done, moving[i].done);
        CHECK_STR(it.said, moving[i].said);
        CHECK_UINT(num_waits, moving[i].num_waits);
        CHECK_UINT(take_entries(), moving[i].num_entries);
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            return;
        }
    }
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(each_end_has_its_consequences),
        TAP_CASE(what_was_given_to_no_copy_goes_on),
    };
    char dir[] = "/tmp/test-leave.XXXXXX";
    int status;

    if (!mkdtemp(dir) || chdir(dir))
        return 99;
    status = TAP_RUN(tests);
    begin_with("");
    return rmdir(dir) ? 99 : status;
}
