/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our object does inside xl and libxl-save-helper (xl-case.h): in each of
 * the ways that a guest takes, each function fails that it calls, and each
 * allocation.  Then xl is told that it failed and xl-vnuma why, nothing is
 * left of the guest, and what was half done is not called done.
 *
 * The program is run as "xl", which our object looks at before main().
 */
#include "config.h"

#include "heap.h"
#include "hooks/tell.h"
#include "xl-case.h"

/* ---- what xl does ------------------------------------------------------- */

/* 0, or what xl sees. */
static int create(void)
{
    libxl_domain_config d_config;
    uint32_t domid = 0;
    bool ok = make_config(&d_config);
    int rc;

    process.expected = ok ? strdup("a plan") : NULL;
    rc = process.expected
             ? libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL)
             : ERROR_NOMEM;
    CHECK(!process.expected && !process.entry[0]);
    libxl_domain_config_dispose(&d_config);
    return rc;
}

static int read_config(void)
{
    static const char text[] = "memory=1";
    char file[] = "guest.cfg", setting[] = "memory=2";
    int r;

    process.file = file;
    process.setting = setting;
    r = xlu_cfg_readdata(NULL, text, (int)strlen(text));
    CHECK(r || !strcmp(it.written, "memory=1\nmemory=2\n\n"));
    process.setting = NULL;
    r = r ? r : xlu_cfg_readdata(NULL, text, (int)strlen(text));
    CHECK(r || !strcmp(it.written, text));
    process.file = NULL;
    return r;
}

static int save_what(libxl_domain_config *asked)
{
    char *json;
    int rc =
        asked ? libxl_retrieve_domain_configuration(NULL, DOMID, asked, NULL)
              : 0;

    if (rc)
        return rc;
    json = libxl_domain_config_to_json(NULL, asked);
    if (!json)
        return ERROR_FAIL;
    free(json);
    return write_guest();
}

static int save_with(libxl_domain_config *asked)
{
    int rc;

    process.leaving = vnuma__task_begin(&inside->tasks, NULL, DOMID);
    rc = process.leaving ? save_what(asked) : ERROR_NOMEM;
    CHECK(rc || !memcmp(it.written + VNUMA__SAVE_HEADER_LEN, "c" RECORD,
                        sizeof(RECORD)));
    CHECK(rc || it.written[44] == sizeof(RECORD));
    vnuma__task_end(&inside->tasks, process.leaving);
    process.leaving = NULL;
    return rc;
}

static int save(void)
{
    libxl_domain_config asked;

    return save_with(&asked);
}

/* With a configuration of the user's. */
static int save_as(void)
{
    return save_with(NULL);
}

static int restore(void)
{
    const libxl_domain_restore_params params = { .checkpointed_stream = 0 };
    libxl_domain_config d_config;
    char tables[] = "file:";
    uint32_t domid = 0;
    bool ok = make_config(&d_config);
    int rc;

    process.tables = tables;
    process.record = ok ? strdup(RECORD) : NULL;
    rc = process.record
             ? libxl_domain_create_restore(NULL, &d_config, &domid, 0, -1,
                                           &params, NULL, NULL)
             : ERROR_NOMEM;
    CHECK(!process.record && !process.coming);
    process.tables = NULL;
    libxl_domain_config_dispose(&d_config);
    return rc;
}

/* In libxl-save-helper. */
static int fill(void)
{
    int fd = memfd_create("built", MFD_CLOEXEC), again = dup(fd), r, saved;
    vnuma_xen_built read = { .num_sets = 0 };
    static char fd_is[64], report_is[64],
        record_is[] = ENV_RESTORE_RECORD "=" RECORD;

    /* Without setenv(), which keeps copies for ever. */
    snprintf(fd_is, sizeof(fd_is), ENV_BUILT_FD "=%d", fd);
    snprintf(report_is, sizeof(report_is), ENV_MESSAGE_FD "=%d",
             process.report_fd);
    putenv(fd_is);
    putenv(report_is);
    putenv(record_is);
    r = xc_domain_restore(NULL, 0, DOMID, 0, NULL, 0, 0, NULL, 0,
                          XC_STREAM_PLAIN, NULL, -1 MORE_NONE);
    saved = errno;
    CHECK(r || inside_read_built(again, &read) || heap_fail);
    vnuma_xen_built_dispose(&read);
    if (fcntl(fd, F_GETFD) >= 0) /* it was not taken */
        close(fd);
    close(again);
    unsetenv(ENV_BUILT_FD);
    unsetenv(ENV_MESSAGE_FD);
    unsetenv(ENV_RESTORE_RECORD);
    inside->refill = NULL;
    errno = saved;
    return r;
}

static const struct {
    const char *name;
    int (*run)(void);
    const char *heard; /* when all goes well */
} steps[] = {
    { "create", create,
      "begin " UUID "\ndomain 7 " UUID "\nextents 3 0 0 0 5 0\nbuilt 5 1\n"
      "progress 3 1 5\ndone 7\n" },
    { "read", read_config, "" },
    { "save", save, "record\ndone 7\n" },
    { "save as", save_as, "record\ndone 7\n" },
    { "restore", restore, "begin " UUID "\ndomain 7 " UUID "\ndone 7\n" },
    { "fill", fill, "progress 3 1 5\nextents 3 0 0 0 5 0\nbuilt 5 1\n" },
};
#define NUM_STEPS (sizeof(steps) / sizeof(steps[0]))

/* ---- cases -------------------------------------------------------------- */

static void nothing_fails(void)
{
    unsigned int i;

    for (i = 0; i < NUM_STEPS; i++) {
        begin();
        CHECK_INT(steps[i].run(), 0);
        CHECK_STR(heard(), steps[i].heard);
        if (tap_failed) {
            TAP_DIAG("in %s, wrote %s", steps[i].name, it.written);
            return;
        }
    }
}

/* The last word, and nothing is in hand. */
static void check_failed(int rc)
{
    CHECK(rc != 0);
    CHECK(!strstr(heard(), "done"));
    CHECK(!inside->tasks.first);
}

static void each_call_fails(void)
{
    unsigned int i, n, num;
    int rc;

    for (i = 0; i < NUM_STEPS; i++)
        for (n = 1, num = 1; n <= num; n++) {
            begin();
            it.fail_call = n;
            rc = steps[i].run();
            num = it.num_calls < n ? 0 : n + 1;
            /* Special pages may be on any node. */
            if (num && strcmp(it.failed, "populate"))
                check_failed(rc);
            if (tap_failed) {
                TAP_DIAG("in %s, call %u: %d", steps[i].name, n, rc);
                return;
            }
        }
}

static void each_allocation_fails(void)
{
    unsigned int i, n, num = 0;
    size_t before;
    int rc;

    for (i = 0; i < NUM_STEPS && heap_is_ours(); i++)
        for (n = 0; n <= num; n++) {
            begin();
            before = heap_bytes;
            heap_start(n, false);
            rc = steps[i].run();
            num = n ? num : heap_calls;
            heap_stop();
            if (rc)
                check_failed(rc);
            CHECK_UINT(heap_bytes, before);
            if (tap_failed) {
                TAP_DIAG("in %s, allocation %u: %d", steps[i].name, n, rc);
                return;
            }
        }
}

/* ---- what is said ------------------------------------------------------- */

/* The function that fails, or another reason; and what xl-vnuma hears. */
static const struct {
    int (*run)(void);
    const char *fail, *said;
} words[] = {
    { create, "prepare", " error: prepare [xen-refused]" },
    { create, "describe", "than planned: \"\", not \"a plan\"" },
    { create, "param", "HVM parameter 1: Xen refused: " },
    { create, "context", "a vcpu's state: Xen refused: " },
    { create, "affinity", "node affinity: Xen refused: " },
    { create, "tables", " error: tables [xen-refused]" },
    { read_config, "compare", " error: compare [xen-refused]" },
    { save, "record", " error: record [xen-refused]" },
    { restore, "exec", "libxl-save-helper did not report" },
    { restore, "target", "memory target: libxl failed" },
    { fill, "begin", " error: begin [xen-refused]" },
    { fill, "name", " error: name [xen-refused]" },
    { fill, "end", " error: end [xen-refused]" },
};

static void each_failure_has_its_words(void)
{
    const char *said;
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
        begin();
        it.fail = words[i].fail;
        CHECK(words[i].run() != 0);
        said = heard();
        if (!strstr(said, words[i].said)) {
            tap_failed = true;
            TAP_DIAG("%s: said %s", words[i].fail, said);
        }
    }
}

/* libxc's callers know these. */
static void memory_that_is_missing_is_enomem(void)
{
    static const struct {
        int rc, number;
    } errors[] = {
        { VNUMA_ERROR_NOMEM, ENOMEM },
        { VNUMA_ERROR_NOFIT, ENOMEM },
        { VNUMA_ERROR_CONFIG, EINVAL },
    };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        begin();
        it.fail = "begin";
        it.refill_rc = errors[i].rc;
        CHECK_INT(fill(), -1);
        CHECK_INT(errno, errors[i].number);
    }
}

static void without_xl_vnuma_it_is_on_stderr(void)
{
    char text[64] = "";
    int ends[2], stderr_fd = dup(STDERR_FILENO);

    begin();
    tell_no_more();
    tell_no_more();
    REQUIRE(!pipe(ends));
    dup2(ends[1], STDERR_FILENO);
    it.fail = "prepare";
    CHECK_INT(create(), ERROR_FAIL);
    dup2(stderr_fd, STDERR_FILENO);
    CHECK(read(ends[0], text, sizeof(text) - 1) > 0);
    CHECK_STR(text, "xl-vnuma: error: prepare [xen-refused]\n");
    close(stderr_fd);
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    static const tap_case cases[] = {
        TAP_CASE(nothing_fails),
        TAP_CASE(each_call_fails),
        TAP_CASE(each_allocation_fails),
        TAP_CASE(each_failure_has_its_words),
        TAP_CASE(memory_that_is_missing_is_enomem),
        TAP_CASE(without_xl_vnuma_it_is_on_stderr),
    };

    return run_as_xl(cases, sizeof(cases) / sizeof(*cases), argc, argv);
}
