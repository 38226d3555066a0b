/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing dom0, on one in memory that outlives the process that changes it:
 * killed, failed or too slow at every step, it is always repaired.
 */
#include "config.h"

#include <sys/wait.h>

#include "dom0-case.h"

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
    return dom0_run(cases, sizeof(cases) / sizeof(cases[0]));
}
