/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done and said after an xl that built a guest (run-case.h). */
#include "config.h"

#include "run-case.h"

#include "run/build.h"

/* ---- a run -------------------------------------------------------------- */

static char printed[2048];

/* Standard output goes there, stderr nowhere. */
static int run_build(build *b)
{
    FILE *out = stdout, *err = stderr;
    vnuma__ledger ledger = VNUMA__LEDGER(NULL);
    int code;

    b->command = "create";
    b->done = "created";
    b->ledger = &ledger;
    memset(printed, 0, sizeof(printed));
    stdout = stderr = fmemopen(printed, sizeof(printed), "w");
    code = build_run(b);
    fclose(stdout);
    stdout = out;
    stderr = err;
    return code;
}

/* ---- what becomes of the guest ------------------------------------------ */

#define RESTORES .is_incoming = true
#define VNODES .name = "g", .home = { .num_vnodes = 1, .pnodes = { 1 } }

static const struct {
    build b;
    run_stage stage;
    int exit_status, signal;
    const char *fail;
    int code;
    const char *done, *said;
} cases[] = {
    { { VNODES }, RUN_DONE, 0, 0, "", CLI_OK, "xl keep ", "" },
    { { .quiet = true, VNODES }, RUN_DONE, 0, 0, "", CLI_OK, "xl keep ", "" },
    { { .quiet = false }, RUN_DONE, 0, 0, "", CLI_OK, "xl ", "" },
    { { .dry_run = true }, RUN_LOADED, 0, 0, "", CLI_OK, "xl ", "" },
    { { VNODES },
      RUN_MADE,
      0,
      0,
      "",
      CLI_ENVIRONMENT,
      "xl ",
      "xl ended without reporting a guest; its reason is above\n" },
    /* It failed, or was killed. */
    { { VNODES },
      RUN_MADE,
      5,
      0,
      "",
      CLI_REFUSED,
      "xl destroy 7 ",
      "xl create failed (exit status 5); its reason is above\n" },
    { { VNODES },
      RUN_MADE,
      1,
      0,
      " error ",
      CLI_REFUSED,
      "xl destroy 7 ",
      "the guest was not created\n" },
    { { VNODES },
      RUN_MADE,
      -1,
      9,
      "",
      CLI_ENVIRONMENT,
      "xl destroy 7 ",
      "xl was ended by signal 9 (Killed)\n" },
    { { VNODES },
      RUN_MADE,
      -1,
      9,
      " destroy ",
      CLI_ENVIRONMENT,
      "xl destroy 7 ",
      "destroy refused\nxl was ended by signal 9 (Killed)\n" },
    { { VNODES },
      RUN_MADE,
      -1,
      9,
      " open ",
      CLI_ENVIRONMENT,
      "xl ",
      "open refused\nxl was ended by signal 9 (Killed)\n" },
    { { VNODES },
      RUN_LOADED,
      -1,
      9,
      " uuid ",
      CLI_ENVIRONMENT,
      "xl ",
      "xl was ended by signal 9 (Killed)\n" },
    /* What was built stays, whatever becomes of xl. */
    { { VNODES },
      RUN_DONE,
      -1,
      9,
      "",
      CLI_ENVIRONMENT,
      "xl keep ",
      "xl was ended by signal 9 (Killed)\n" },
    /* A guest that arrives is only here when its sender gave it away. */
    { { RESTORES, VNODES },
      RUN_DONE,
      1,
      0,
      "",
      CLI_REFUSED,
      "xl destroy 7 ",
      "xl create failed (exit status 1); its reason is above\n" },
    { { RESTORES }, RUN_DONE, 4, 0, "", 4, "xl destroy 7 ", "" },
    { { RESTORES },
      RUN_DONE,
      -1,
      9,
      "",
      CLI_ENVIRONMENT,
      "xl destroy 7 ",
      "guest was not yet this host's, and its copy here was destroyed: it can "
      "go on where it was\n"
      "xl was ended by signal 9 (Killed)\n" },
    { { RESTORES, VNODES }, RUN_ANSWERED, 0, 0, "", CLI_OK, "xl keep ", "" },
    { { RESTORES }, RUN_GIVEN, 1, 0, "", 1, "xl ", "" },
    { { RESTORES, VNODES },
      RUN_GIVEN,
      -1,
      9,
      "",
      CLI_OK,
      "xl keep run 7 ",
      "xl was ended by signal 9 (Killed) after g had arrived; xl-vnuma did "
      "what xl had left to do\n" },
    { { RESTORES, .stays_paused = true },
      RUN_GIVEN,
      -1,
      9,
      "",
      CLI_OK,
      "xl take 7 ",
      "xl was ended by signal 9 (Killed) after guest had arrived; xl-vnuma "
      "did "
      "what xl had left to do\n" },
    { { RESTORES, VNODES },
      RUN_GIVEN,
      -1,
      9,
      " take_over ",
      CLI_ENVIRONMENT,
      "xl keep run 7 ",
      "take_over refused\nxl was ended by signal 9 (Killed)\n" },
    { { RESTORES, VNODES },
      RUN_GIVEN,
      -1,
      9,
      " sender ",
      CLI_ENVIRONMENT,
      "xl keep run 7 ",
      "xl was ended by signal 9 (Killed)\n" },
    { { RESTORES, VNODES },
      RUN_GIVEN,
      -1,
      9,
      " open ",
      CLI_ENVIRONMENT,
      "xl keep ",
      "open refused\nxl was ended by signal 9 (Killed)\n" },
    { { RESTORES, VNODES },
      RUN_ANSWERED,
      -1,
      9,
      "",
      CLI_ENVIRONMENT,
      "xl keep ",
      "xl was ended by signal 9 (Killed)\n" },
    /* xl without our memory step. */
    { { VNODES },
      RUN_DONE,
      0,
      0,
      " pages ",
      CLI_ENVIRONMENT,
      "xl keep ",
      "xl built the guest without xl-vnuma's memory step; destroy it: its "
      "memory is not where it was promised\n" },
};

static void each_end_has_its_consequences(void)
{
    int out = dup(STDOUT_FILENO), full, code;
    unsigned int i;
    build b;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin();
        it.fail = cases[i].fail;
        it.stage = cases[i].stage;
        it.exit_status = cases[i].exit_status;
        it.signal = cases[i].signal;
        it.has_error = fails("error");
        it.uuid = fails("uuid") ? "" : UUID;
        it.num_pages = fails("pages") ? 0 : 8;
        b = cases[i].b;
        /* The conversation with the sender. */
        fflush(stdout);
        full = open(fails("sender") ? "/dev/full" : "/dev/null",
                    O_WRONLY | O_CLOEXEC);
        dup2(full, STDOUT_FILENO);
        close(full);
        code = run_build(&b);
        dup2(out, STDOUT_FILENO);
        CHECK_INT(code, cases[i].code);
        CHECK_STR(it.done, cases[i].done);
        CHECK_STR(it.said, cases[i].said);
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            break;
        }
    }
    close(out);
}

/* ---- where its memory is ------------------------------------------------ */

#define SPLIT                                                                 \
    "  pnode 1: 5 pages in 0 x 1G, 0 x 2M, 5 x 4K\n"                          \
    "  pnode 0: 3 pages in 0 x 1G, 0 x 2M, 4 x 4K, for which pnode 1 had no " \
    "room; 1 of these given back, the guest had them ballooned out\n"

static const struct {
    uint64_t pages0, pages1; /* that the hypervisor counts */
    const char *fail;
    int code;
    const char *printed;
} counts[] = {
    { 3, 5, "", CLI_OK,
      "g: 8 of 8 pages on their nodes, by the hypervisor's count\n" SPLIT
      "  0 special and video RAM pages:\n" },
    { 5, 6, "", CLI_OK,
      "g: 8 of 8 pages on their nodes, by the hypervisor's count\n" SPLIT
      "  3 special and video RAM pages: 2 on pnode 0 1 on pnode 1\n"
      "  2 of them are not on pnode 1: Xen keeps its low memory for last\n" },
    { 3, 4, "", CLI_ENVIRONMENT,
      "g: 7 of 8 pages on their nodes, by the hypervisor's count\n" SPLIT
      "  0 special and video RAM pages:\n" },
    { 0, 0, " count ", CLI_ENVIRONMENT, "" },
    { 0, 0, " open ", CLI_ENVIRONMENT, "" },
};

static void the_hypervisors_count_is_compared(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        build b = { VNODES, .by_hypervisor = true };

        begin();
        it.stage = RUN_DONE;
        it.num_pages = 8;
        it.fail = counts[i].fail;
        it.nodes[1] = (vnuma_xen_node_pages){ .pnode = 1 };
        it.nodes[0].num_pages = counts[i].pages0;
        it.nodes[1].num_pages = counts[i].pages1;
        CHECK_INT(run_build(&b), counts[i].code);
        CHECK_STR(printed, counts[i].printed);
    }
}

static void what_xl_said_is_printed(void)
{
    build b = { VNODES };

    begin();
    it.stage = RUN_DONE;
    it.num_pages = 8;
    CHECK_INT(run_build(&b), CLI_OK);
    CHECK_STR(printed, "g: 8 of 8 pages on their nodes\n" SPLIT);
    /* As that comes later, by itself, xl's failure is told alone. */
    it.code = CLI_USAGE;
    CHECK_INT(run_build(&b), CLI_USAGE);
}

/* The guest is there; that its user is not told is a failure. */
static void an_answer_that_cannot_be_written_is_said(void)
{
    FILE *out = stdout;
    vnuma__ledger ledger = VNUMA__LEDGER(NULL);
    build b = { VNODES, .command = "create", .ledger = &ledger };
    unsigned int i;

    for (i = 0; i < 2; i++) {
        begin();
        it.stage = RUN_DONE;
        it.num_pages = 8;
        it.nodes[0].num_pages = i;
        b.by_hypervisor = i;
        stdout = fopen("/dev/full", "we");
        CHECK_INT(build_run(&b), i ? CLI_ENVIRONMENT : CLI_OK);
        fclose(stdout);
        stdout = out;
        CHECK_STR(it.said, "cannot write the answer: No space left on "
                           "device\n");
    }
}

static void only_a_whole_uuid_is_one(void)
{
    static const char *const bad[] = {
        "",
        "1",
        "g1",
        "1g",
        "11111111-1111-1111-1111-11111111111",
        "11111111-1111-1111-1111-1111111111-1"
    };
    uint8_t uuid[16];
    unsigned int i;

    CHECK(build_read_uuid(UUID, uuid));
    CHECK(build_read_uuid("11111111111111111111111111111111", uuid));
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(!build_read_uuid(bad[i], uuid));
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(each_end_has_its_consequences),
        TAP_CASE(the_hypervisors_count_is_compared),
        TAP_CASE(what_xl_said_is_printed),
        TAP_CASE(an_answer_that_cannot_be_written_is_said),
        TAP_CASE(only_a_whole_uuid_is_one),
    };

    return TAP_RUN(tests);
}
