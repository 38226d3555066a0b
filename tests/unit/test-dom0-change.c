/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing dom0, on one in memory that outlives the process that changes it:
 * killed, failed or too slow at every step, it is always repaired.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "base/store.h"
#include "xen/dom0/dom0_change.h"

#define NUM_VCPUS 4u
#define HOST_MEMKB (UINT64_C(4096) << 10)

/* Shared with children; pcpus are bits. */
typedef struct {
    uint64_t memkb, target, static_max, max;
    uint64_t hard[NUM_VCPUS], soft[NUM_VCPUS];
    bool wanted[NUM_VCPUS], online[NUM_VCPUS];
    unsigned int calls;
    unsigned int die_at;  /* the call that ends the process; 0: none */
    unsigned int fail_at; /* the call that fails; 0: none */
    int fail_errno;       /* of that call; 0: EIO */
    uint64_t speed_memkb; /* that it moves in a pause */
} memory_dom0;

static memory_dom0 *dom0;
static char dir[] = "/tmp/test-dom0.XXXXXX";

static int enter(memory_dom0 *d)
{
    d->calls++;
    if (d->calls == d->die_at)
        _exit(9);
    errno = d->fail_errno ? d->fail_errno : EIO;
    return d->calls == d->fail_at ? -1 : 0;
}

static void set_bits(uint64_t bits, vnuma_bitmap *to)
{
    unsigned int i;

    for (i = 0; i < 64; i++)
        if (bits >> i & 1 && vnuma_bitmap_set(to, i))
            abort();
}

static uint64_t get_bits(const vnuma_bitmap *from)
{
    return from->num_words ? from->words[0] : 0;
}

static int read_dom0(void *user, vnuma_xen_dom0 *now_r)
{
    memory_dom0 *d = user;
    vnuma_xen_dom0 now;
    unsigned int i;

    if (enter(d))
        return -1;
    vnuma_xen_dom0_init(&now);
    now.memkb = d->memkb;
    now.settings.target_memkb = d->target;
    now.settings.static_max_memkb = d->static_max;
    now.settings.max_memkb = d->max;
    now.settings.num_vcpus = NUM_VCPUS;
    now.settings.vcpus = calloc(NUM_VCPUS, sizeof(*now.settings.vcpus));
    for (i = 0; i < NUM_VCPUS; i++) {
        now.settings.vcpus[i].online = d->wanted[i];
        set_bits(d->hard[i], &now.settings.vcpus[i].hard);
        set_bits(d->soft[i], &now.settings.vcpus[i].soft);
        if (d->online[i] && vnuma_bitmap_set(&now.online, i))
            abort();
    }
    *now_r = now;
    return 0;
}

static int set_max(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->max = memkb;
    return 0;
}

static int set_static_max(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->static_max = memkb;
    return 0;
}

/* As libxl: not above the maximum, not below 128 MiB. */
static int set_target(void *user, uint64_t memkb)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    if (memkb > d->static_max || memkb < 128u << 10) {
        errno = EINVAL;
        return -1;
    }
    d->target = memkb;
    return 0;
}

static int set_affinity(void *user, unsigned int vcpu,
                        const vnuma_xen_dom0_vcpu *wanted)
{
    memory_dom0 *d = user;

    if (enter(d))
        return -1;
    d->hard[vcpu] = get_bits(&wanted->hard);
    d->soft[vcpu] = get_bits(&wanted->soft);
    return 0;
}

static int set_online(void *user, const vnuma_xen_dom0_settings *wanted)
{
    memory_dom0 *d = user;
    unsigned int i;

    if (enter(d))
        return -1;
    for (i = 0; i < NUM_VCPUS; i++)
        d->wanted[i] = wanted->vcpus[i].online;
    return 0;
}

static int pause_ms(void *user, unsigned int ms)
{
    memory_dom0 *d = user;
    uint64_t most = d->max < HOST_MEMKB ? d->max : HOST_MEMKB;
    uint64_t to = d->target < most ? d->target : most;

    (void)ms;
    if (enter(d))
        return -1;
    if (d->memkb > to)
        d->memkb -=
            d->memkb - to < d->speed_memkb ? d->memkb - to : d->speed_memkb;
    else
        d->memkb +=
            to - d->memkb < d->speed_memkb ? to - d->memkb : d->speed_memkb;
    memcpy(d->online, d->wanted, sizeof(d->online));
    return 0;
}

static const vnuma__dom0_ops ops = {
    read_dom0,    set_max,    set_static_max, set_target,
    set_affinity, set_online, pause_ms,
};

static void boot(void)
{
    unsigned int i;

    memset(dom0, 0, sizeof(*dom0));
    dom0->memkb = dom0->target = dom0->static_max = 1536u << 10;
    dom0->max = dom0->static_max;
    dom0->speed_memkb = 200u << 10;
    for (i = 0; i < NUM_VCPUS; i++) {
        dom0->hard[i] = dom0->soft[i] = 0xff;
        dom0->wanted[i] = dom0->online[i] = true;
    }
    vnuma__store_remove(dir, VNUMA__DOM0_RECORD);
}

static bool is_as_booted(void)
{
    unsigned int i;

    if (dom0->memkb != 1536u << 10 || dom0->target != 1536u << 10 ||
        dom0->static_max != 1536u << 10 || dom0->max != 1536u << 10)
        return false;
    for (i = 0; i < NUM_VCPUS; i++)
        if (dom0->hard[i] != 0xff || dom0->soft[i] != 0xff ||
            !dom0->wanted[i] || !dom0->online[i])
            return false;
    return true;
}

static bool has_record(void)
{
    vnuma__dom0_record record = { .is_changing = false };
    int rc;

    rc = vnuma__dom0_record_read(dir, &record);
    vnuma__dom0_record_dispose(&record);
    return !rc;
}

static const vnuma_xen_dom0_request patience = { .timeout_ms = 5000 };

/* What "set" does; with everything at once. */
static int set_all(vnuma_diags *diags)
{
    vnuma_xen_dom0_request request = {
        .memkb = 1000u << 10,
        .max_memkb = 1200u << 10,
        .num_vcpus = 2,
        .pin = true,
    };
    vnuma_xen_dom0_settings wanted = { .num_vcpus = 0 };
    vnuma_xen_dom0_change *change;
    vnuma_bitmap all;
    int rc;

    rc = vnuma__dom0_begin(&change, &ops, dom0, dir, diags);
    if (rc)
        return rc;
    vnuma_bitmap_init(&all);
    set_bits(0xff, &all);
    rc = vnuma__dom0_settings_copy(&change->wanted, &wanted);
    if (!rc)
        rc = vnuma__dom0_merge(&wanted, &request, &all, &all, 0, diags);
    if (!rc)
        rc = vnuma__dom0_apply(change, &wanted, &patience, diags);
    if (!rc)
        rc = vnuma_xen_dom0_commit(change, diags);
    else
        vnuma__dom0_rollback(change, &patience, diags);
    vnuma__dom0_settings_dispose(&wanted);
    vnuma_bitmap_dispose(&all);
    return rc;
}

static int reset(vnuma_diags *diags)
{
    vnuma_xen_dom0_settings wanted = { .num_vcpus = 0 };
    vnuma_xen_dom0_change *change;
    int rc;

    rc = vnuma__dom0_begin(&change, &ops, dom0, dir, diags);
    if (rc)
        return rc;
    rc = vnuma__dom0_settings_copy(&change->record.original, &wanted);
    if (!rc)
        rc = vnuma__dom0_apply(change, &wanted, &patience, diags);
    if (!rc)
        rc = vnuma_xen_dom0_commit(change, diags);
    else
        vnuma__dom0_rollback(change, &patience, diags);
    vnuma__dom0_settings_dispose(&wanted);
    return rc;
}

static int quietly(int (*change)(vnuma_diags *diags))
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = change(&diags);
    vnuma_diags_dispose(&diags);
    return rc;
}

static bool is_all_set(void)
{
    return dom0->memkb == 1000u << 10 && dom0->target == 1000u << 10 &&
           dom0->static_max == 1200u << 10 && dom0->max == 1200u << 10 &&
           dom0->hard[0] == 1 && dom0->hard[1] == 2 && dom0->online[1] &&
           !dom0->online[2] && !dom0->online[3];
}

static void set_and_reset_leave_every_value_as_it_was(void)
{
    boot();
    CHECK_INT(quietly(set_all), 0);
    CHECK(is_all_set());
    CHECK(has_record());
    CHECK_INT(quietly(reset), 0);
    CHECK(is_as_booted());
    CHECK(!has_record());
}

/* Whether a child that was to be killed was. */
static bool killed_at(unsigned int call, int (*change)(vnuma_diags *diags))
{
    pid_t pid;
    int status;

    dom0->calls = 0;
    dom0->die_at = call;
    pid = fork();
    if (!pid)
        _exit(quietly(change) ? 1 : 0);
    if (waitpid(pid, &status, 0) < 0)
        abort();
    dom0->die_at = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 9;
}

static void a_set_killed_anywhere_is_reset(void)
{
    unsigned int call;

    for (call = 1; call < 1000; call++) {
        boot();
        if (!killed_at(call, set_all))
            break;
        CHECK_INT(quietly(reset), 0);
        CHECK(is_as_booted());
        CHECK(!has_record());
    }
    CHECK(call > 10 && call < 1000);
}

static void a_set_killed_anywhere_is_completed_by_another(void)
{
    unsigned int call;

    for (call = 1; call < 1000; call++) {
        boot();
        if (!killed_at(call, set_all))
            break;
        CHECK_INT(quietly(set_all), 0);
        CHECK(is_all_set());
        CHECK_INT(quietly(reset), 0);
        CHECK(is_as_booted());
    }
    CHECK(call > 10 && call < 1000);
}

static void a_reset_killed_anywhere_is_completed_by_another(void)
{
    unsigned int call;

    for (call = 1; call < 1000; call++) {
        boot();
        CHECK_INT(quietly(set_all), 0);
        if (!killed_at(call, reset))
            break;
        CHECK_INT(quietly(reset), 0);
        CHECK(is_as_booted());
        CHECK(!has_record());
    }
    CHECK(call > 10 && call < 1000);
}

static void a_set_that_fails_anywhere_changes_nothing(void)
{
    unsigned int call;
    int rc;

    for (call = 1; call < 1000; call++) {
        boot();
        dom0->fail_at = call;
        rc = quietly(set_all);
        if (dom0->calls < call)
            break;
        CHECK_INT(rc, VNUMA_ERROR_XEN);
        CHECK(is_as_booted());
        CHECK(!has_record());
    }
    CHECK(call > 10 && call < 1000);
}

static void a_dom0_that_is_too_slow_is_put_back(void)
{
    vnuma_diags diags;

    boot();
    dom0->speed_memkb = 1024;
    vnuma_diags_init(&diags);
    CHECK_INT(set_all(&diags), VNUMA_ERROR_XEN);
    REQUIRE(diags.num_items);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, "dom0-slow");
    CHECK(dom0->target == 1536u << 10 && dom0->hard[0] == 0xff);
    CHECK(!has_record());
    vnuma_diags_dispose(&diags);
}

/* Its errno does not say which: the record stays until all values are back. */
static void a_rollback_that_fails_is_completed_by_a_reset(void)
{
    unsigned int call;
    bool is_back;

    for (call = 1; call < 1000; call++) {
        boot();
        /* Takes more steps back than dom0 has time for. */
        dom0->speed_memkb = 1024;
        dom0->fail_errno = call % 2 ? EAGAIN : EINTR;
        dom0->fail_at = call;
        quietly(set_all);
        if (dom0->calls < call)
            break;
        is_back = dom0->target == 1536u << 10 && dom0->hard[0] == 0xff &&
                  dom0->static_max == 1536u << 10 &&
                  dom0->max == 1536u << 10 && dom0->wanted[3];
        CHECK(is_back || has_record());
        dom0->fail_at = 0;
        dom0->speed_memkb = 200u << 10;
        quietly(reset);
        CHECK(dom0->target == 1536u << 10 && dom0->hard[0] == 0xff);
    }
    CHECK(call > 10 && call < 1000);
}

static void only_one_change_is_under_way(void)
{
    vnuma_xen_dom0_change *change;
    vnuma_diags diags;

    boot();
    vnuma_diags_init(&diags);
    REQUIRE(!vnuma__dom0_begin(&change, &ops, dom0, dir, &diags));
    CHECK_INT(quietly(set_all), VNUMA_ERROR_XEN);
    CHECK_INT(errno, EBUSY);
    CHECK_INT(vnuma__dom0_rollback(change, &patience, &diags), 0);
    CHECK(is_as_booted());
    vnuma_diags_dispose(&diags);
}

static void refused_requests_touch_nothing(void)
{
    static const struct {
        vnuma_xen_dom0_request request;
        const char *id;
    } requests[] = {
        { { .memkb = 300u << 10 }, "dom0-floor" },
        { { .memkb = 2000u << 10 }, "dom0-max" },
        { { .max_memkb = 1000u << 10 }, "dom0-max" },
        { { .num_vcpus = 5 }, "dom0-vcpus" },
        { { .pin = true }, "dom0-pin" }, /* to three pcpus */
    };
    vnuma_xen_dom0_settings settings = { .num_vcpus = 0 };
    vnuma_bitmap three, all;
    vnuma_xen_dom0 now;
    vnuma_diags diags;
    unsigned int i;

    boot();
    vnuma_bitmap_init(&three);
    vnuma_bitmap_init(&all);
    set_bits(7, &three);
    set_bits(0xff, &all);
    for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        vnuma_diags_init(&diags);
        CHECK(!read_dom0(dom0, &now));
        CHECK(!vnuma__dom0_settings_copy(&now.settings, &settings));
        CHECK_INT(vnuma__dom0_merge(&settings, &requests[i].request, &three,
                                    &all, 384u << 10, &diags),
                  VNUMA_ERROR_NOFIT);
        if (diags.num_items)
            CHECK_STR(vnuma_diags_at(&diags, 0)->id, requests[i].id);
        vnuma__dom0_settings_dispose(&settings);
        vnuma_xen_dom0_dispose(&now);
        vnuma_diags_dispose(&diags);
    }
    vnuma_bitmap_dispose(&three);
    vnuma_bitmap_dispose(&all);
}

static void a_record_is_read_back_or_refused(void)
{
    static const char *const bad[] = {
        "",
        "x",
        "xl-vnuma dom0 1",
        "xl-vnuma dom0 1\nboot x",
        "xl-vnuma dom0 2\nboot x\nend\n",
        "xl-vnuma dom0 1\nbooot x\nend\n",
    };
    vnuma__dom0_record record = { .is_changing = false };
    vnuma_xen_dom0 now;
    char *text, *again, *cut;
    unsigned int i;

    boot();
    REQUIRE(!read_dom0(dom0, &now));
    CHECK(!vnuma__dom0_settings_copy(&now.settings, &record.original));
    CHECK(!vnuma__dom0_settings_copy(&now.settings, &record.previous));
    record.is_changing = true;
    text = vnuma__dom0_record_to_text(&record);
    REQUIRE(text);
    vnuma__dom0_record_dispose(&record);
    REQUIRE(!vnuma__dom0_record_parse(text, &record));
    CHECK(record.is_changing);
    CHECK(vnuma__dom0_settings_equal(&now.settings, &record.original));
    again = vnuma__dom0_record_to_text(&record);
    CHECK_STR(again, text);
    free(again);
    vnuma__dom0_record_dispose(&record);
    for (i = 0; i + 4 < strlen(text); i++) {
        cut = strndup(text, i);
        CHECK(vnuma__dom0_record_parse(cut, &record) != 0);
        free(cut);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(vnuma__dom0_record_parse(bad[i], &record) != 0);
    /* Of this boot and damaged: not the same as none, which is replaced. */
    strstr(text, "original")[0] = 'O';
    CHECK_INT(vnuma__dom0_record_parse(text, &record), VNUMA_ERROR_CONFIG);
    free(text);
    vnuma_xen_dom0_dispose(&now);
}

static const tap_case cases[] = {
    TAP_CASE(set_and_reset_leave_every_value_as_it_was),
    TAP_CASE(a_set_killed_anywhere_is_reset),
    TAP_CASE(a_set_killed_anywhere_is_completed_by_another),
    TAP_CASE(a_reset_killed_anywhere_is_completed_by_another),
    TAP_CASE(a_set_that_fails_anywhere_changes_nothing),
    TAP_CASE(a_dom0_that_is_too_slow_is_put_back),
    TAP_CASE(a_rollback_that_fails_is_completed_by_a_reset),
    TAP_CASE(only_one_change_is_under_way),
    TAP_CASE(refused_requests_touch_nothing),
    TAP_CASE(a_record_is_read_back_or_refused),
};

int main(void)
{
    char path[64];
    int code;

    dom0 = mmap(NULL, sizeof(*dom0), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (dom0 == MAP_FAILED || !mkdtemp(dir))
        return EXIT_FAILURE;
    code = TAP_RUN(cases);
    vnuma__store_remove(dir, VNUMA__DOM0_RECORD);
    snprintf(path, sizeof(path), "%s/dom0.new", dir);
    unlink(path);
    rmdir(dir);
    return code;
}
