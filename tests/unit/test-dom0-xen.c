/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of a running dom0 that is made up (made-up-dom0.h): one that follows
 * late or never, or whose vcpus have to be brought up, and answers that no Xen
 * gives.
 */
#include "config.h"

#include "nomem.h"
#include "unit/made-up-xen.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <time.h>

#include "vnuma_xen.h"
#include "vnuma_xen_dom0.h"
#include "xen/dom0/dom0_change.h"

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- dom0's files, and its clock ---------------------------------------- */

static const char *meminfo = "meminfo";

FILE *fopen(const char *path, const char *mode)
{
    if (!strcmp(path, "/proc/meminfo"))
        path = meminfo;
    else if (!strcmp(path, "/sys/devices/system/cpu/cpu1/online"))
        path = "cpu1";
    return NEXT(fopen)(path, mode);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
    (void)time, (void)rest;
    return 0;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    fputs(text, f);
    fclose(f);
}

static const char *get(const char *path)
{
    static char text[64];
    FILE *f = fopen(path, "re");

    text[0] = '\0';
    if (f && !fgets(text, sizeof(text), f))
        text[0] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* ---- a change ----------------------------------------------------------- */

static vnuma_xen *xen;
static char said[512]; /* the last change's, each with its id */

static void begin(void)
{
    vnuma_diags diags = { 0 };

    vnuma_xen_close(xen);
    xen_begin();
    CHECK_INT(vnuma_xen_open(&xen, &diags), 0);
    vnuma_diags_dispose(&diags);
    unlink("run/" VNUMA__DOM0_RECORD);
    unlink("cpu1");
    meminfo = "meminfo";
    put(meminfo, "MemTotal: 1572864 kB\nMemAvailable: 1500000 kB\n");
}

static int end(int rc, vnuma_diags *diags)
{
    int saved_errno = errno;
    unsigned int i;

    said[0] = '\0';
    for (i = 0; i < diags->num_items; i++) {
        strcat(strcat(said, vnuma_diags_at(diags, i)->id), ": ");
        strcat(strcat(said, vnuma_diags_at(diags, i)->message), "\n");
    }
    vnuma_diags_dispose(diags);
    errno = saved_errno;
    return rc;
}

static int set(const vnuma_xen_dom0_request *request)
{
    vnuma_diags diags = { 0 };

    return end(vnuma_xen_dom0_set(xen, request, &diags), &diags);
}

static int reset(const vnuma_xen_dom0_request *request)
{
    vnuma_diags diags = { 0 };

    return end(vnuma_xen_dom0_reset(xen, request, &diags), &diags);
}

static bool is_recorded(bool *is_changing_r)
{
    vnuma__dom0_record record = { .is_changing = false };
    bool is = !vnuma__dom0_record_read("run", &record);

    *is_changing_r = record.is_changing;
    vnuma__dom0_record_dispose(&record);
    return is;
}

static const vnuma_xen_dom0_request smaller = { .memkb = 1 << 20,
                                                .floor_memkb = 1,
                                                .num_vcpus = 1,
                                                .timeout_ms = 1000 },
                                    larger = { .num_vcpus = 2,
                                               .timeout_ms = 1000 },
                                    nothing = { .timeout_ms = 1000 };

/* ---- cases -------------------------------------------------------------- */

static void it_is_waited_for(void)
{
    begin();
    xen_is.lags = 6;
    CHECK_INT(set(&smaller), 0);
    CHECK_UINT(xen_is.memkb, 1 << 20);
    CHECK_UINT(xen_is.online, 1);
    CHECK_STR(said, "");
}

static void vcpus_are_brought_up(void)
{
    static const struct {
        const char *before, *after;
    } files[] = { { "", "" }, { "0\n", "1\n" }, { "1\n", "1\n" } };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        begin();
        CHECK_INT(set(&smaller), 0);
        xen_is.lags = 6; /* four before that it is told to */
        if (*files[i].before)
            put("cpu1", files[i].before);
        CHECK_INT(set(&larger), 0);
        CHECK_UINT(xen_is.online, 3);
        CHECK_STR(get("cpu1"), files[i].after);
    }
}

/* It is put back, by the time that it has for that. */
static void one_that_does_not_follow_is_as_before(void)
{
    begin();
    xen_is.lags = 60;
    CHECK_INT(set(&smaller), VNUMA_ERROR_XEN);
    CHECK_INT(errno, EAGAIN);
    CHECK(strstr(said, "dom0-slow: after 1 s dom0 has 1536 of 1024 MiB"));
    CHECK(strstr(said, "dom0-as-before"));
    CHECK_UINT(xen_is.target_memkb, 1572864);
    CHECK_UINT(xen_is.wanted, 3);
}

static bool stop(void *user, uint64_t memkb, uint64_t target_memkb)
{
    (void)user, (void)memkb, (void)target_memkb;
    return true;
}

/* Its values are set, and that is what the record has to say. */
static void a_reset_that_is_not_waited_for_is_one(void)
{
    vnuma_xen_dom0_request stopped = { .timeout_ms = 1000, .progress = stop };
    bool is_changing;
    unsigned int i;

    for (i = 0; i < 2; i++) {
        begin();
        CHECK_INT(set(&smaller), 0);
        CHECK(is_recorded(&is_changing));
        xen_is.lags = 1000;
        CHECK_INT(reset(i ? &stopped : &nothing), VNUMA_ERROR_XEN);
        CHECK_INT(errno, i ? EINTR : EAGAIN);
        CHECK_UINT(xen_is.target_memkb, 1572864);
        CHECK(!is_recorded(&is_changing));
    }
}

static void a_change_is_told_of(void)
{
    vnuma_xen_dom0 dom0 = { 0 };
    vnuma_diags diags = { 0 };

    begin();
    CHECK_INT(set(&smaller), 0);
    CHECK_INT(vnuma_xen_dom0_get(xen, &dom0, &diags), 0);
    CHECK(dom0.is_changed && !dom0.is_interrupted);
    CHECK_UINT(dom0.original.target_memkb, 1572864);
    vnuma_xen_dom0_dispose(&dom0);
    vnuma_diags_dispose(&diags);
}

static int get_changed(void)
{
    vnuma_xen_dom0 dom0 = { 0 };
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_dom0_get(xen, &dom0, &diags);

    vnuma_xen_dom0_dispose(&dom0);
    vnuma_diags_dispose(&diags);
    return rc == VNUMA_ERROR_XEN ? VNUMA_ERROR_NOMEM : rc;
}

static void each_allocation_of_that_fails(void)
{
    begin();
    CHECK_INT(set(&smaller), 0);
    run_with_each_failing(get_changed, false);
}

static void what_no_xen_says_is_refused(void)
{
    static const struct {
        bool is_gone, has_no_vcpus;
        const char *static_max;
        int number;
    } answers[] = {
        { true, false, "1572864", EIO },
        { false, true, "1572864", EIO },
        { false, false, "1572864k", EINVAL },
        { false, false, "", EINVAL },
    };
    unsigned int i;

    for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        begin();
        xen_is.is_gone = answers[i].is_gone;
        xen_is.has_no_vcpus = answers[i].has_no_vcpus;
        strcpy(xen_is.static_max, answers[i].static_max);
        CHECK_INT(set(&smaller), VNUMA_ERROR_XEN);
        CHECK(strstr(said, strerror(answers[i].number)));
        CHECK_UINT(xen_is.target_memkb, 1572864);
    }
}

/* Each of the next calls fails, with what libxl logged when it did. */
static void what_libxl_says_of_it_is_said(void)
{
    bool is_said = false;
    unsigned int n, num = 1;

    for (n = 1; n <= num; n++) {
        begin();
        xen_is.lags = 8;
        xen_is.calls = 0;
        xen_is.fail = n;
        CHECK(!set(&smaller) || *said);
        num = xen_is.calls < n ? 0 : n + 1;
        is_said |= strstr(said, "setting its memory target: ") &&
                   strstr(said, ": no such target\n");
    }
    CHECK(is_said);
}

/* As when libxl's sets are for fewer pcpus than a record has. */
static void pcpus_that_are_not_there_are_left_out(void)
{
    begin();
    xen_is.has_more_pcpus = true;
    CHECK_INT(set(&smaller), 0);
    xen_is.has_more_pcpus = false;
    CHECK_INT(reset(&nothing), 0);
}

static void nodes_without_pcpus_are_none_for_it(void)
{
    vnuma_xen_dom0_request request = { .timeout_ms = 1 };

    begin();
    xen_is.has_bare_node = true;
    CHECK_INT(vnuma_bitmap_set(&request.pnodes, 1), 0);
    CHECK_INT(set(&request), VNUMA_ERROR_NOFIT);
    CHECK_STR(said, "dom0-nodes: these nodes have no CPUs\n");
    vnuma_bitmap_dispose(&request.pnodes);
}

static void it_keeps_what_it_needs(void)
{
    static const struct {
        const char *meminfo;
        uint64_t memkb;
        int rc;
        const char *said;
    } sizes[] = {
        { "MemAvailable: 1500000 kB\n", 1 << 20, 0, "" },
        { "MemAvailable: 100000 kB\n", 1 << 20, VNUMA_ERROR_NOFIT,
          "dom0-floor: " },
        /* Of no matter when it grows, or its memory stays. */
        { "MemAvailable: 100000 kB\n", 1572864, 0, "" },
        { "MemAvailable: 100000 kB\n", 0, 0, "" },
        { "MemTotal: 1572864 kB\n", 1 << 20, VNUMA_ERROR_IO,
          "dom0-floor: what dom0 needs is not known: /proc/meminfo: " },
        { NULL, 1 << 20, VNUMA_ERROR_IO,
          "dom0-floor: what dom0 needs is not known: /proc/meminfo: No such" },
    };
    vnuma_xen_dom0_request request = { .num_vcpus = 1, .timeout_ms = 1 };
    unsigned int i;

    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        begin();
        if (sizes[i].meminfo)
            put("meminfo", sizes[i].meminfo);
        else
            meminfo = "nowhere";
        request.memkb = sizes[i].memkb;
        CHECK_INT(set(&request), sizes[i].rc);
        CHECK(!strncmp(said, sizes[i].said, strlen(sizes[i].said)));
        if (tap_failed) {
            TAP_DIAG("case %u: %s", i, said);
            return;
        }
    }
}

static const tap_case cases[] = {
    TAP_CASE(it_is_waited_for),
    TAP_CASE(vcpus_are_brought_up),
    TAP_CASE(one_that_does_not_follow_is_as_before),
    TAP_CASE(a_reset_that_is_not_waited_for_is_one),
    TAP_CASE(a_change_is_told_of),
    TAP_CASE(each_allocation_of_that_fails),
    TAP_CASE(what_no_xen_says_is_refused),
    TAP_CASE(what_libxl_says_of_it_is_said),
    TAP_CASE(pcpus_that_are_not_there_are_left_out),
    TAP_CASE(nodes_without_pcpus_are_none_for_it),
    TAP_CASE(it_keeps_what_it_needs),
};

int main(void)
{
    char dir[] = "/tmp/test-dom0-xen.XXXXXX";
    int status;

    if (!mkdtemp(dir) || chdir(dir) || mkdir("run", 0700))
        return 99;
    status = TAP_RUN(cases);
    vnuma_xen_close(xen);
    return status;
}
