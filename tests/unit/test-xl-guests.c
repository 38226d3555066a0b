/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our object does inside xl with guests that are not as others are, and
 * with what it is told (xl-case.h).
 */
#include "config.h"

#include "hooks/tell.h"
#include "xl-case.h"

/* ---- other guests ------------------------------------------------------- */

static void another_plan_is_refused(void)
{
    libxl_domain_config d_config;
    uint32_t domid;

    begin();
    CHECK(make_config(&d_config));
    process.expected = strdup("another plan");
    CHECK_INT(libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL),
              ERROR_FAIL);
    CHECK(
        strstr(heard(), "\"a plan\", not \"another plan\" [readers-differ]"));
    /* One that was planned, and has none for xl. */
    d_config.b_info.num_vnuma_nodes = 0;
    process.expected = strdup("a plan");
    CHECK_INT(libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL), 0);
    heard();
    CHECK_INT(libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL), 0);
    CHECK_STR(heard(), "");
    d_config.b_info.num_vnuma_nodes = 1;
    libxl_domain_config_dispose(&d_config);
}

/* As a device model's, while another is built. */
static void a_domain_that_nothing_is_known_of(void)
{
    vnuma_membind membind;
    vnuma_diags diags = { 0 };

    begin();
    it.hooks.started(NULL, 9);
    CHECK_STR(heard(), "domain 9 \n");
    it.hooks.populated(NULL, 9, &built);
    CHECK_STR(heard(), "extents 3 0 0 0 5 0\nbuilt 5 1\n");
    vnuma__error(&diags, "xen-refused", VNUMA__NOWHERE, "it");
    it.hooks.failed(NULL, 9, &diags);
    CHECK_STR(heard(), "error error: it [xen-refused]\n");
    vnuma_diags_dispose(&diags);
    CHECK_UINT(it.hooks.later_memkb(NULL, 9), 0);
    CHECK(!it.hooks.membind(NULL, 9, 0, &membind));
    CHECK(!vnuma__find_tables(9));
}

static void what_is_known_of_a_guest(void)
{
    char membinds[] = "preferred:0", tables[] = "file:";
    libxl_domain_config d_config;
    vnuma_membind membind;
    vnuma__task *task;

    begin();
    CHECK(make_config(&d_config));
    process.membinds = membinds;
    process.tables = tables;
    task = hooks_begin(&d_config);
    REQUIRE(task);
    task->domid = DOMID;
    process.membinds = process.tables = NULL;
    CHECK_STR(vnuma__find_tables(DOMID), "file:");
    CHECK(it.hooks.membind(NULL, DOMID, 0, &membind));
    CHECK(!it.hooks.membind(NULL, DOMID, 1, &membind));
    CHECK_UINT(it.hooks.later_memkb(NULL, DOMID), 64);
    d_config.b_info.video_memkb = LIBXL_MEMKB_DEFAULT;
    CHECK_UINT(it.hooks.later_memkb(NULL, DOMID), 0);
    d_config.b_info.type = LIBXL_DOMAIN_TYPE_PVH;
    CHECK_UINT(it.hooks.later_memkb(NULL, DOMID), 0);
    d_config.b_info.type = LIBXL_DOMAIN_TYPE_HVM;
    hooks_end(task);
    libxl_domain_config_dispose(&d_config);
}

/* ---- a guest that leaves ------------------------------------------------ */

static void another_domain_is_not_saved(void)
{
    libxl_domain_config asked;
    const libxl_asyncop_how how = { .callback = NULL };

    begin();
    process.leaving = vnuma__task_begin(&inside->tasks, NULL, DOMID + 1);
    CHECK_INT(libxl_retrieve_domain_configuration(NULL, DOMID, &asked, &how),
              0);
    CHECK_INT(libxl_retrieve_domain_configuration(NULL, DOMID, &asked, NULL),
              ERROR_FAIL);
    CHECK(strstr(heard(), "would save domain 7, not 8 [readers-differ]"));
    CHECK_INT(libxl_domain_suspend(NULL, DOMID, 1, 0, NULL), ERROR_FAIL);
    CHECK_INT(libxl_domain_suspend(NULL, DOMID + 1, 1, 0, NULL), ERROR_FAIL);
    CHECK(strstr(heard(), "could follow [save-record]"));
    /* With a record that found no place. */
    process.leaving->is_recorded = true;
    process.leaving->leaving_record = strdup(RECORD);
    CHECK_INT(libxl_write_exactly(NULL, 1, "c", 1, "f", ""), 0);
    CHECK_INT(libxl_write_exactly(
                  NULL, 1, (char[VNUMA__SAVE_HEADER_LEN]){ "no header" },
                  VNUMA__SAVE_HEADER_LEN, "f", ""),
              0);
    CHECK_INT(libxl_domain_suspend(NULL, DOMID + 1, 1, 0, NULL), ERROR_FAIL);
    vnuma__task_end(&inside->tasks, process.leaving);
    process.leaving = NULL;
}

/* Which has no vnodes, or is not ours. */
static void a_guest_without_a_record_leaves_as_ever(void)
{
    libxl_domain_config asked;
    char *json;

    begin();
    CHECK_INT(libxl_retrieve_domain_configuration(NULL, DOMID, &asked, NULL),
              0);
    json = libxl_domain_config_to_json(NULL, &asked);
    CHECK_STR(json, "{}");
    free(json);
    CHECK_INT(write_guest(), 0);
    CHECK_UINT(it.num_written, VNUMA__SAVE_HEADER_LEN + 1);
    process.leaving = vnuma__task_begin(&inside->tasks, NULL, DOMID);
    process.leaving->is_recorded = true;
    CHECK_INT(write_guest(), 0);
    CHECK_UINT(it.num_written, 2 * (VNUMA__SAVE_HEADER_LEN + 1));
    vnuma__task_end(&inside->tasks, process.leaving);
    process.leaving = NULL;
}

/* So that one that is half destroyed when all is killed is not resumed. */
static void what_has_left_is_marked_before_it_is_destroyed(void)
{
    char dir[] = "/tmp/test-xl-guests.XXXXXX", marked[64];

    begin();
    REQUIRE(mkdtemp(dir));
    snprintf(process.entry, sizeof(process.entry), "%s/entry", dir);
    snprintf(marked, sizeof(marked), "%s/entry+", dir);
    close(open(process.entry, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK_INT(libxl_domain_destroy(NULL, DOMID, NULL), 0);
    process.leaving = vnuma__task_begin(&inside->tasks, NULL, DOMID);
    CHECK_INT(libxl_domain_destroy(NULL, DOMID + 1, NULL), 0);
    CHECK(access(marked, F_OK));
    CHECK_INT(libxl_domain_destroy(NULL, DOMID, NULL), 0);
    CHECK_INT(unlink(marked), 0);
    CHECK_INT(rmdir(dir), 0);
    process.entry[0] = '\0';
    vnuma__task_end(&inside->tasks, process.leaving);
    process.leaving = NULL;
}

/* The byte after the answer says whether its copy is a guest now. */
static void what_was_answered_is_marked(void)
{
    static const struct {
        const char *answer;
        size_t len;
        const char *byte;
        bool is_marked;
    } heard_of[] = {
        { MESSAGE_ANSWER_MESSAGE, sizeof(MESSAGE_ANSWER_MESSAGE), "\1", false },
        { MESSAGE_ANSWER_MESSAGE, sizeof(MESSAGE_ANSWER_MESSAGE) - 1, "\0",
          false },
        { MESSAGE_GO_MESSAGE, sizeof(MESSAGE_GO_MESSAGE), "\0", false },
        { MESSAGE_ANSWER_MESSAGE, sizeof(MESSAGE_ANSWER_MESSAGE), "\0", true },
    };
    char dir[] = "/tmp/test-xl-guests.XXXXXX", marked[64], bytes[64];
    unsigned int i;

    begin();
    REQUIRE(mkdtemp(dir));
    snprintf(process.entry, sizeof(process.entry), "%s/entry", dir);
    snprintf(marked, sizeof(marked), "%s/entry+", dir);
    close(open(process.entry, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    process.leaving = vnuma__task_begin(&inside->tasks, NULL, DOMID);
    for (i = 0; i < 4; i++) {
        stream = heard_of[i].answer;
        CHECK_INT(libxl_read_exactly(NULL, 0, bytes, (ssize_t)heard_of[i].len,
                                     "", ""),
                  0);
        stream = heard_of[i].byte;
        CHECK_INT(libxl_read_exactly(NULL, 0, bytes, 1, "", ""), 0);
        CHECK(!access(marked, F_OK) == heard_of[i].is_marked);
    }
    CHECK_INT(libxl_domain_destroy(NULL, DOMID, NULL), 0);
    CHECK_INT(unlink(marked), 0);
    CHECK_INT(rmdir(dir), 0);
    vnuma__task_end(&inside->tasks, process.leaving);
    process.leaving = NULL;
}

/* ---- a guest that comes back -------------------------------------------- */

static int restore_plain(libxl_domain_config *d_config)
{
    const libxl_domain_restore_params params = { .checkpointed_stream = 0 };
    uint32_t domid;

    return libxl_domain_create_restore(NULL, d_config, &domid, 0, -1, &params,
                                       NULL, NULL);
}

static void one_without_a_record_comes_back_as_ever(void)
{
    libxl_domain_config d_config;
    char tables[] = "file:";

    begin();
    CHECK(make_config(&d_config));
    CHECK_INT(restore_plain(&d_config), 0);
    CHECK(strstr(heard(), "done 7"));
    /* Neither PVH guests have a file of tables, nor those without any. */
    begin();
    process.record = strdup(RECORD);
    CHECK_INT(restore_plain(&d_config), 0);
    d_config.b_info.type = LIBXL_DOMAIN_TYPE_PVH;
    d_config.b_info.target_memkb = d_config.b_info.max_memkb;
    process.tables = tables;
    process.record = strdup(RECORD);
    CHECK_INT(restore_plain(&d_config), 0);
    process.tables = NULL;
    d_config.b_info.type = LIBXL_DOMAIN_TYPE_HVM;
    libxl_domain_config_dispose(&d_config);
}

static void only_what_restores_gets_our_object(void)
{
    vnuma__task task = { .helper_env = NULL };

    begin();
    CHECK(!run_helper("--save-domain"));
    process.coming = &task;
    CHECK(!run_helper("--restore-domain"));
    task.record = RECORD;
    CHECK(!run_helper("--save-domain"));
    CHECK(!run_helper(NULL));
    CHECK(!run_helper("--restore-domain"));
    process.coming = NULL;
}

static void what_was_built_is_whole_or_not_taken(void)
{
    vnuma_xen_built lies = { .num_sets = 1u << 30 }, taken = { 0 };
    int fd = memfd_create("built", MFD_CLOEXEC);

    CHECK(!inside_read_built(fd, &taken));
    CHECK_INT(pwrite(fd, &lies, sizeof(lies), 0), sizeof(lies));
    CHECK(!inside_read_built(fd, &taken));
    lies.num_sets = 1;
    CHECK_INT(pwrite(fd, &lies, sizeof(lies), 0), sizeof(lies));
    CHECK(!inside_read_built(fd, &taken));
    CHECK(inside_write_built(fd, &built));
    CHECK(inside_read_built(fd, &taken));
    CHECK_UINT(taken.num_pages, 5);
    vnuma_xen_built_dispose(&taken);
    close(fd);
    CHECK(!inside_write_built(fd, &built));
}

/* The header comes from our file, and the rest from the sender. */
static void an_incoming_guest_is_given_to_us(void)
{
    char bytes[sizeof(MESSAGE_GO_MESSAGE)];
    int fd = memfd_create("head", MFD_CLOEXEC);

    begin();
    CHECK_INT(write(fd, "head", 4), 4);
    lseek(fd, 0, SEEK_SET);
    process.head_fd = fd;
    process.is_incoming = true;
    CHECK_INT(libxl_write_exactly(NULL, 1, MESSAGE_BANNER,
                                  strlen(MESSAGE_BANNER), "", ""),
              0);
    CHECK_INT(libxl_write_exactly(NULL, 1, "x", 1, "", ""), 0);
    CHECK_UINT(it.num_written, 1);
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, 3, "", ""), 0);
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, 2, "", ""), EIO);
    lseek(fd, 3, SEEK_SET);
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, 1, "", ""), 0);
    CHECK_INT(process.head_fd, -1);
    stream = MESSAGE_GO_MESSAGE;
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, 1, "", ""), 0);
    it.fail = "read";
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, sizeof(bytes), "", ""), EIO);
    it.fail = "";
    CHECK_STR(heard(), "");
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, sizeof(bytes), "", ""), 0);
    CHECK_STR(heard(), "go\n");
    CHECK(process.is_given && !process.is_incoming);
    CHECK_INT(libxl_read_exactly(NULL, 0, bytes, sizeof(bytes), "", ""), 0);
    CHECK_INT(libxl_write_exactly(NULL, 1, "x", 1, "", ""), 0);
    CHECK_STR(heard(), "");
    CHECK_INT(libxl_write_exactly(NULL, 1, MESSAGE_ANSWER_MESSAGE,
                                  sizeof(MESSAGE_ANSWER_MESSAGE), "", ""),
              0);
    CHECK_STR(heard(), "answer\n");
    CHECK_INT(process.report_fd, -1);
    process.is_given = false;
}

/* ---- the ledger --------------------------------------------------------- */

static void the_ledger_is_told_or_that_it_is_not(void)
{
    char dir[] = "/tmp/test-xl.XXXXXX", builds[32], entry[48];
    libxl_domain_config d_config;
    uint32_t domid;

    REQUIRE(mkdtemp(dir));
    snprintf(builds, sizeof(builds), "%s/builds", dir);
    snprintf(entry, sizeof(entry), "%s/1", builds);
    begin();
    CHECK(make_config(&d_config));
    strcpy(process.entry, entry);
    CHECK_INT(libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL), 0);
    strcat(entry, "+");
    CHECK_INT(unlink(entry), 0);
    CHECK_INT(rmdir(builds), 0);
    /* A guest that arrives is not done yet. */
    process.is_incoming = true;
    strcpy(process.entry, "/proc/no/1");
    begin();
    CHECK_INT(restore_plain(&d_config), 0);
    CHECK_STR(process.entry, "/proc/no/1+");
    CHECK(strstr(heard(), "recover does not find what it leaves [ledger]"));
    libxl_domain_config_dispose(&d_config);
    process.is_incoming = false;
    process.entry[0] = '\0';
    CHECK_INT(rmdir(dir), 0);
}

/* ---- what xl-vnuma says ------------------------------------------------- */

static void xl_is_told_what_to_do(void)
{
    static const char settings[] =
        ENV_SAVE_DOMID "=7\0" ENV_PLAN "=p\0" ENV_HEAD_FD "=-1\0" ENV_ENTRY
                       "=/e/1\0" ENV_PIN "=1\0";
    libxl_ctx *ctx;

    begin();
    process.is_waiting = true;
    CHECK(send(it.far_fd, settings, sizeof(settings), 0) > 0);
    CHECK_INT(libxl_ctx_alloc(&ctx, 0, 0, NULL), 0);
    REQUIRE(process.leaving);
    CHECK_UINT(process.leaving->domid, 7);
    CHECK_STR(process.expected, "p");
    CHECK_STR(process.entry, "/e/1");
    CHECK(process.pin && !process.is_incoming && !process.file);
    CHECK_INT(libxl_ctx_alloc(&ctx, 0, 0, NULL), 0);
    vnuma__task_end(&inside->tasks, process.leaving);
    free(process.expected);
    process.leaving = NULL;
    process.expected = NULL;
    process.entry[0] = '\0';
    process.pin = false;
}

/* How a process ends that does that. */
static int ends(void (*run)(void))
{
    int status = -1, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t pid = fork();

    if (!pid) {
        dup2(null, STDERR_FILENO);
        run();
        _exit(0);
    }
    close(null);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void wait_for_nothing(void)
{
    process.is_waiting = true;
    process.report_fd = -1;
    process_wait();
}

static void (*loaded)(void);

static void load_again(void)
{
    char *args[] = { (char *)"xl", NULL };

    loaded();
    unsetenv("FAR_FD");
    execv("/proc/self/exe", args);
    _exit(1);
}

static void another_release(void)
{
    setenv("REFUSED", "release", 1);
}

static void no_builder_hooks(void)
{
    setenv("REFUSED", "register", 1);
}

static void what_cannot_work_ends_before_it_does_anything(void)
{
    CHECK_INT(ends(wait_for_nothing), 3);
    loaded = another_release;
    CHECK_INT(ends(load_again), 3);
    loaded = no_builder_hooks;
    CHECK_INT(ends(load_again), 3);
}

/* What xl starts gets what xl's user had. */
static void the_environment_is_given_back(void)
{
    char *args[] = { (char *)"xl", (char *)"-v", NULL };
    vnuma__task task = { .helper_env = NULL };

    begin();
    setenv(ENV_OLD_PRELOAD, "/their.so", 1);
    process_begin(args);
    CHECK_STR(getenv("LD_PRELOAD"), "/their.so");
    CHECK_INT(process.report_fd, -1);
    setenv(ENV_OLD_PRELOAD, "", 1);
    setenv(ENV_MESSAGE_FD, "1000000", 1);
    process_begin(args);
    CHECK(!getenv("LD_PRELOAD") && !getenv(ENV_OLD_PRELOAD));
    CHECK_INT(process.report_fd, -1);
    setenv(ENV_MESSAGE_FD, "", 1);
    process_begin(args);
    CHECK_INT(process.report_fd, -1);
    tell_to_environment();
    CHECK(!getenv(ENV_MESSAGE_FD));
    process.report_fd = 1000000;
    tell_to_environment();
    CHECK(!getenv(ENV_MESSAGE_FD));
    process.report_fd = -1;
    inside_enter_helper(&task);
    CHECK(!getenv(ENV_BUILT_FD));
}

static void what_is_too_long_is_cut(void)
{
    begin();
    CHECK(tell("%*d", 2 * MESSAGE_MAX, 1));
    CHECK_UINT(strlen(heard()), MESSAGE_MAX);
}

int main(int argc, char **argv)
{
    static const tap_case cases[] = {
        TAP_CASE(another_plan_is_refused),
        TAP_CASE(a_domain_that_nothing_is_known_of),
        TAP_CASE(what_is_known_of_a_guest),
        TAP_CASE(another_domain_is_not_saved),
        TAP_CASE(a_guest_without_a_record_leaves_as_ever),
    TAP_CASE(what_was_answered_is_marked),
    TAP_CASE(what_has_left_is_marked_before_it_is_destroyed),
        TAP_CASE(one_without_a_record_comes_back_as_ever),
        TAP_CASE(only_what_restores_gets_our_object),
        TAP_CASE(what_was_built_is_whole_or_not_taken),
        TAP_CASE(an_incoming_guest_is_given_to_us),
        TAP_CASE(the_ledger_is_told_or_that_it_is_not),
        TAP_CASE(xl_is_told_what_to_do),
        TAP_CASE(what_cannot_work_ends_before_it_does_anything),
        TAP_CASE(the_environment_is_given_back),
        TAP_CASE(what_is_too_long_is_cut),
    };

    return run_as_xl(cases, sizeof(cases) / sizeof(*cases), argc, argv);
}
