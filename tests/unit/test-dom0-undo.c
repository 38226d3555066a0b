/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change of dom0 that fails leaves: without memory, with a record that
 * cannot be read or written, stopped, or late.  Whatever it is, a reset puts
 * it right.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "dom0-case.h"

static void check_reset(void)
{
    how = &patience;
    dom0->fail_at = 0;
    dom0->speed_memkb = 200u << 10;
    dom0->is_stuck = false;
    CHECK_INT(quietly(reset), 0);
    while (dom0->memkb != dom0->target)
        pause_ms(dom0, 0); /* what was not waited for */
    CHECK(is_as_booted());
    CHECK(!has_record());
}

/* ---- memory ------------------------------------------------------------- */

static void check_without_memory(int (*change)(vnuma_diags *diags),
                                 bool fail_rest)
{
    unsigned int n;

    for (n = 1; n < 5000; n++) {
        boot();
        if (change == reset)
            CHECK_INT(quietly(set_all), 0);
        heap_start(n, fail_rest);
        quietly(change);
        heap_stop();
        if (heap_calls < n || !heap_is_ours())
            break;
        CHECK(is_as_booted() || has_record());
        check_reset();
    }
    CHECK(n < 5000 && (n > 50 || !heap_is_ours()));
}

static void without_memory_the_record_says_what_was(void)
{
    check_without_memory(set_all, false);
    check_without_memory(set_all, true);
    check_without_memory(reset, false);
    check_without_memory(reset, true);
}

/* ---- the record --------------------------------------------------------- */

static const char *said(int (*change)(vnuma_diags *diags), int want)
{
    static char id[64];
    vnuma_diags diags;

    vnuma_diags_init(&diags);
    CHECK_INT(change(&diags), want);
    snprintf(id, sizeof(id), "%s",
             diags.num_items ? vnuma_diags_at(&diags, 0)->id : "");
    vnuma_diags_dispose(&diags);
    return id;
}

static char *path_of(const char *name)
{
    static char path[96];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put_record(const char *text, size_t len)
{
    int fd = open(path_of("dom0"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len && !close(fd));
}

static void a_record_that_cannot_be_used_stops_a_change(void)
{
    static char large[(4u << 20) + 1];

    boot();
    CHECK_INT(mkdir(path_of("dom0"), 0700), 0);
    CHECK_STR(said(set_all, VNUMA_ERROR_IO), "dom0-record");
    CHECK_INT(rmdir(path_of("dom0")), 0);
    CHECK_INT(mkdir(path_of("dom0.new"), 0700), 0);
    CHECK_STR(said(set_all, VNUMA_ERROR_IO), "dom0-record");
    CHECK_INT(rmdir(path_of("dom0.new")), 0);
    put_record("xl-vnuma\0", 10);
    CHECK_STR(said(set_all, VNUMA_ERROR_IO), "dom0-record");
    memset(large, 'x', sizeof(large));
    put_record(large, sizeof(large));
    CHECK_STR(said(set_all, VNUMA_ERROR_IO), "dom0-record");
    CHECK_INT(unlink(path_of("dom0")), 0);
    CHECK(is_as_booted());
}

/* Replaces the n-th @what of a record; whether that is refused. */
static bool is_refused(const char *text, const char *what, unsigned int nth,
                       const char *with)
{
    vnuma__dom0_record record = { .is_changing = false };
    const char *at = strstr(text, what);
    char *other;
    int rc;

    while (at && --nth)
        at = strstr(at + 1, what);
    if (!at || asprintf(&other, "%.*s%s%s", (int)(at - text), text, with,
                        at + strlen(what)) < 0)
        abort();
    rc = vnuma__dom0_record_parse(other, &record);
    if (!rc)
        vnuma__dom0_record_dispose(&record);
    free(other);
    return rc == VNUMA_ERROR_CONFIG;
}

static void a_record_has_each_vcpu_with_its_affinity(void)
{
    static const char vcpu[] = "vcpu online 0-7 0-7\n";
    vnuma__dom0_record record = { .is_changing = true };
    vnuma_xen_dom0 now;
    char *text, *again;
    unsigned int i;

    boot();
    dom0->soft[0] = 0;
    REQUIRE(!read_dom0(dom0, &now));
    CHECK(!vnuma__dom0_settings_copy(&now.settings, &record.original));
    CHECK(!vnuma__dom0_settings_copy(&now.settings, &record.previous));
    text = vnuma__dom0_record_to_text(&record);
    REQUIRE(text && strstr(text, "none"));
    CHECK(!is_refused(text, "none", 1, "0"));
    CHECK(is_refused(text, "0-7", 1, "x"));
    CHECK(is_refused(text, "none", 1, "x"));
    CHECK(is_refused(text, vcpu, 4, ""));
    CHECK(!is_refused(text, vcpu, 4, vcpu));
    vnuma__dom0_record_dispose(&record);
    record.is_changing = false;
    again = vnuma__dom0_record_to_text(&record);
    CHECK(again && is_refused(again, "end", 1, "end"));
    free(again);
    for (i = 0; i < strlen(text); i++)
        CHECK(text[i]);
    free(text);
    vnuma_xen_dom0_dispose(&now);
}

/* It is not of another boot, and not replaced, when none can be asked for. */
static void without_descriptors_a_record_is_of_no_boot(void)
{
    vnuma__dom0_record record = { .is_changing = false };
    struct rlimit before, none;
    char *text, *other;
    vnuma_xen_dom0 now;

    boot();
    REQUIRE(!read_dom0(dom0, &now));
    CHECK(!vnuma__dom0_settings_copy(&now.settings, &record.original));
    text = vnuma__dom0_record_to_text(&record);
    REQUIRE(text);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){ 0, before.rlim_max };
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    other = vnuma__dom0_record_to_text(&record);
    vnuma__dom0_record_dispose(&record);
    CHECK_INT(vnuma__dom0_record_parse(text, &record), VNUMA_ERROR_IO);
    CHECK_INT(errno, EMFILE);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(!other);
    strstr(text, "boot ")[5] ^= 1;
    CHECK_INT(vnuma__dom0_record_parse(text, &record), VNUMA_ERROR_IO);
    CHECK_INT(errno, ENOENT);
    free(text);
    vnuma_xen_dom0_dispose(&now);
}

static void any_other_setting_is_a_change(void)
{
    vnuma_xen_dom0_settings other = { .num_vcpus = 0 };
    vnuma_xen_dom0 now;
    unsigned int i;

    boot();
    REQUIRE(!read_dom0(dom0, &now));
    for (i = 0; i < 7; i++) {
        CHECK(!vnuma__dom0_settings_copy(&now.settings, &other));
        CHECK(vnuma__dom0_settings_equal(&now.settings, &other));
        other.target_memkb += i == 0;
        other.static_max_memkb += i == 1;
        other.max_memkb += i == 2;
        other.num_vcpus -= i == 3;
        other.vcpus[1].online ^= i == 4;
        if (i > 4)
            set_bits(0x100,
                     i == 5 ? &other.vcpus[1].hard : &other.vcpus[1].soft);
        CHECK(!vnuma__dom0_settings_equal(&now.settings, &other));
        other.num_vcpus = NUM_VCPUS;
        vnuma__dom0_settings_dispose(&other);
    }
    vnuma_xen_dom0_dispose(&now);
}

/* ---- steps -------------------------------------------------------------- */

static void a_change_that_cannot_be_undone_at_once_is_reset(void)
{
    unsigned int call;

    for (call = 1; call < 1000; call++) {
        boot();
        dom0->fail_at = call;
        dom0->fail_more = 1000;
        quietly(set_all);
        if (dom0->calls < call)
            break;
        CHECK(is_as_booted() || has_record());
        check_reset();
    }
    CHECK(call > 10 && call < 1000);
}

static void what_is_late_is_said_with_its_reason(void)
{
    boot();
    dom0->is_stuck = true;
    CHECK_STR(said(set_all, VNUMA_ERROR_XEN), "dom0-slow");
    check_reset();
    boot();
    CHECK_INT(quietly(set_all), 0);
    dom0->speed_memkb = 1024;
    CHECK_STR(said(reset, VNUMA_ERROR_XEN), "dom0-slow");
    check_reset();
}

static bool stop(void *user, uint64_t memkb, uint64_t target_memkb)
{
    (void)user;
    return memkb < (target_memkb + memkb) / 2 + 1 || memkb < 1200u << 10;
}

/* So that a change cannot end. */
static bool block(void *user, uint64_t memkb, uint64_t target_memkb)
{
    (void)user, (void)memkb, (void)target_memkb;
    mkdir(path_of("dom0.new"), 0700);
    return false;
}

static void a_change_may_be_stopped_and_not_waited_for(void)
{
    static const vnuma_xen_dom0_request stopped = { .timeout_ms = 5000,
                                                    .progress = stop },
                                        blocked = { .timeout_ms = 5000,
                                                    .progress = block },
                                        at_once = { .timeout_ms = 0 };

    boot();
    how = &stopped;
    CHECK_STR(said(set_all, VNUMA_ERROR_XEN), "dom0-stopped");
    check_reset();
    boot();
    how = &blocked;
    CHECK_STR(said(set_all, VNUMA_ERROR_IO), "dom0-record");
    CHECK_INT(rmdir(path_of("dom0.new")), 0);
    CHECK(is_as_booted() && !has_record());
    check_reset();
    boot();
    how = &at_once;
    CHECK_INT(quietly(set_all), 0);
    CHECK(dom0->target == 1000u << 10 && dom0->memkb > dom0->target);
    check_reset();
}

static void a_folder_that_cannot_be_made_is_said(void)
{
    vnuma_xen_dom0_change *change;
    vnuma_diags diags;

    vnuma_diags_init(&diags);
    CHECK_INT(vnuma__dom0_begin(&change, &ops, dom0, "/proc/none", &diags),
              VNUMA_ERROR_IO);
    CHECK_UINT(diags.num_errors, 1);
    vnuma_diags_dispose(&diags);
}

/* Vcpus that came or went meanwhile stay as they are. */
static void vcpus_that_are_not_there_are_not_touched(void)
{
    static const unsigned int nums[] = { 2, 6 };
    vnuma_xen_dom0_vcpu vcpus[6];
    vnuma_xen_dom0_settings wanted;
    vnuma_xen_dom0_change *change;
    vnuma_diags diags;
    unsigned int i, v;

    for (i = 0; i < 2; i++) {
        boot();
        vnuma_diags_init(&diags);
        REQUIRE(!vnuma__dom0_begin(&change, &ops, dom0, dir, &diags));
        wanted = change->wanted;
        memset(vcpus, 0, sizeof(vcpus));
        for (v = 0; v < 6; v++) {
            vcpus[v].online = (v != 1 || !i) && v < NUM_VCPUS;
            set_bits(0xf, &vcpus[v].hard);
            set_bits(0xff, &vcpus[v].soft);
        }
        wanted.vcpus = vcpus;
        wanted.num_vcpus = nums[i];
        CHECK_INT(vnuma__dom0_apply(change, &wanted, how, &diags), 0);
        CHECK(dom0->wanted[1] == !i && dom0->hard[1] == 0xf);
        CHECK(dom0->hard[3] == (i ? 0xf : 0xff));
        CHECK_INT(vnuma__dom0_rollback(change, how, &diags), 0);
        CHECK(is_as_booted());
        for (v = 0; v < 6; v++) {
            vnuma_bitmap_dispose(&vcpus[v].hard);
            vnuma_bitmap_dispose(&vcpus[v].soft);
        }
        vnuma_diags_dispose(&diags);
    }
}

static void nodes_bind_vcpus_or_are_preferred(void)
{
    static const struct {
        bool relaxed, pin, nodes;
        uint64_t hard, soft;
    } rows[] = {
        { false, false, true, 3, 0xff },
        { true, false, true, 0xff, 3 },
        { true, true, true, 2, 0xff },
        { true, false, false, 0xff, 0xff },
    };
    vnuma_xen_dom0_settings settings = { .num_vcpus = 0 };
    vnuma_bitmap two, all;
    vnuma_xen_dom0 now;
    vnuma_diags diags;
    unsigned int i;

    boot();
    vnuma_bitmap_init(&two);
    vnuma_bitmap_init(&all);
    set_bits(3, &two);
    set_bits(0xff, &all);
    REQUIRE(!read_dom0(dom0, &now));
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        vnuma_xen_dom0_request request = { .relaxed = rows[i].relaxed,
                                           .pin = rows[i].pin,
                                           .num_vcpus = 2 };

        set_bits(rows[i].nodes, &request.pnodes);
        vnuma_diags_init(&diags);
        CHECK(!vnuma__dom0_settings_copy(&now.settings, &settings));
        CHECK_INT(
            vnuma__dom0_merge(&settings, &request, &two, &all, 0, &diags), 0);
        CHECK_UINT(get_bits(&settings.vcpus[1].hard), rows[i].hard);
        CHECK_UINT(get_bits(&settings.vcpus[1].soft), rows[i].soft);
        vnuma__dom0_settings_dispose(&settings);
        vnuma_bitmap_dispose(&request.pnodes);
        vnuma_diags_dispose(&diags);
    }
    vnuma_xen_dom0_dispose(&now);
    vnuma_bitmap_dispose(&two);
    vnuma_bitmap_dispose(&all);
}

static const tap_case cases[] = {
    TAP_CASE(without_memory_the_record_says_what_was),
    TAP_CASE(a_record_that_cannot_be_used_stops_a_change),
    TAP_CASE(a_record_has_each_vcpu_with_its_affinity),
    TAP_CASE(without_descriptors_a_record_is_of_no_boot),
    TAP_CASE(any_other_setting_is_a_change),
    TAP_CASE(a_change_that_cannot_be_undone_at_once_is_reset),
    TAP_CASE(what_is_late_is_said_with_its_reason),
    TAP_CASE(a_change_may_be_stopped_and_not_waited_for),
    TAP_CASE(a_folder_that_cannot_be_made_is_said),
    TAP_CASE(vcpus_that_are_not_there_are_not_touched),
    TAP_CASE(nodes_bind_vcpus_or_are_preferred),
};

int main(void)
{
    return dom0_run(cases, sizeof(cases) / sizeof(cases[0]));
}
