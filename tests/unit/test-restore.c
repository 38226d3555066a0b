/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The record of a guest that runs, the configuration that libxl gets for it
 * when it comes back, and its memory then.
 */
#include "config.h"

#include "xen-case.h"

#include "record/record.h"

static libxl_domain_config guest;

static void begin_with(uint64_t memkb0, uint64_t memkb1)
{
    host_begin(memkb0, memkb1);
    make_config(&guest);
}

static void begin(void)
{
    begin_with(1024 * MIB, 1024 * MIB);
}

static void end(void)
{
    libxl_domain_config_dispose(&guest);
    host_end();
}

static char *record_text(vnuma_diags *diags, int want)
{
    char *text = NULL;

    CHECK_INT(vnuma_xen_record_of(NULL, DOMID, &guest, &text, diags), want);
    CHECK(!text == !!want);
    return text;
}

static void read_record(char *text, vnuma_record *record)
{
    vnuma_diags diags = { 0 };

    *record = (vnuma_record){ 0 };
    REQUIRE(text);
    CHECK_INT(vnuma__record_parse(text, strlen(text), record, &diags), 0);
    CHECK_UINT(diags.num_items, 0);
    free(text);
}

/* ---- the record --------------------------------------------------------- */

static void a_record_has_all_that_libxl_does_not_keep(void)
{
    vnuma_diags diags = { 0 };
    vnuma_record record;

    begin();
    read_record(record_text(&diags, 0), &record);
    CHECK(!record.has_device_model);
    CHECK(!record.is_pinned);
    CHECK_UINT(record.layout.num_vnodes, 2);
    CHECK_UINT(record.layout.vnode_to_pnode[0], 1);
    CHECK_UINT(record.layout.vnode_to_pnode[1], 0);
    CHECK_UINT(record.memkb[0], VNODE_MEMKB);
    CHECK_UINT(record.memkb[1], VNODE_MEMKB);
    CHECK_UINT(record.layout.vmemranges[1].end, 2 * VNODE_MEMKB << 10);
    CHECK_UINT(record.layout.vcpu_to_vnode[2], 1);
    /* From pnode 1, where vnode 0 is, to pnode 0. */
    CHECK_UINT(record.host_distances[0], 10);
    CHECK_UINT(record.host_distances[1], 22);
    CHECK_UINT(record.host_distances[2], 21);
    CHECK_UINT(record.host_distances[3], 10);
    CHECK_UINT(record.layout.membinds[0].policy, VNUMA_POLICY_STRICT);
    vnuma__record_dispose(&record);
    end();
}

static void policies_are_in_it(void)
{
    vnuma_diags diags = { 0 };
    vnuma_record record;
    unsigned int v;

    begin();
    for (v = 0; v < 2; v++) {
        stored[v].policy = VNUMA_POLICY_PREFERRED;
        stored[v].num_pnodes = 2;
        stored[v].pnodes[0] = !v;
        stored[v].pnodes[1] = v;
    }
    read_record(record_text(&diags, 0), &record);
    for (v = 0; v < 2; v++) {
        CHECK_UINT(record.layout.membinds[v].policy, VNUMA_POLICY_PREFERRED);
        CHECK_UINT(record.layout.membinds[v].pnodes[0], !v);
    }
    vnuma__record_dispose(&record);
    end();
}

static void a_device_model_is_in_it(void)
{
    vnuma_diags diags = { 0 };
    vnuma_record record;

    begin();
    guest.b_info.type = LIBXL_DOMAIN_TYPE_HVM;
    read_record(record_text(&diags, 0), &record);
    CHECK(record.has_device_model);
    vnuma__record_dispose(&record);
    guest.b_info.type = LIBXL_DOMAIN_TYPE_PVH;
    end();
}

static bool is_pinned(void)
{
    vnuma_diags diags = { 0 };
    vnuma_record record;
    bool is;

    read_record(record_text(&diags, 0), &record);
    is = record.is_pinned;
    vnuma__record_dispose(&record);
    return is;
}

static void a_guest_is_pinned_if_every_vcpu_is(void)
{
    int vcpu;

    begin();
    pin(&guest.b_info, 4);
    CHECK(is_pinned());
    for (vcpu = 0; vcpu < 4; vcpu++) {
        guest.b_info.vcpu_hard_affinity[vcpu].map[0] ^= 0x40;
        CHECK(!is_pinned());
        guest.b_info.vcpu_hard_affinity[vcpu].map[0] ^= 0x40;
    }
    end();
    begin();
    pin(&guest.b_info, 3);
    CHECK(!is_pinned());
    end();
}

static void libxl_is_asked_for_what_is_not_said(void)
{
    vnuma_xen handle = { .xch = (xc_interface *)(void *)&host.mem,
                         .hv = { .backend = &host.mem } };
    vnuma_diags diags = { 0 };
    vnuma_record record;
    char *text = NULL;

    begin();
    CHECK_INT(vnuma_xen_record(&handle, DOMID, &text, &diags), 0);
    read_record(text, &record);
    CHECK_UINT(record.memkb[1], VNODE_MEMKB);
    vnuma__record_dispose(&record);
    CHECK_INT(vnuma_xen_record_of(NULL, DOMID, NULL, &text, &diags), 0);
    CHECK(text);
    free(text);
    CHECK_UINT(diags.num_items, 0);
    end();
}

static void a_guest_without_vnodes_has_no_record(void)
{
    vnuma_diags diags = { 0 };
    char *text = &(char){ 0 };

    begin();
    host.mem.fail_call = 1;
    host.mem.fail_errno = EOPNOTSUPP;
    CHECK_INT(vnuma_xen_record_of(NULL, DOMID, &guest, &text, &diags), 0);
    CHECK(!text);
    CHECK_UINT(diags.num_items, 0);
    host.mem.fail_call = host.mem.num_calls + 1;
    host.mem.fail_errno = EPERM;
    CHECK_INT(vnuma_xen_record_of(NULL, DOMID, &guest, &text, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused",
                    "reading the guest's vNUMA description"));
    vnuma_diags_dispose(&diags);
    end();
}

static void recording_fails_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        vnuma_diags diags = { 0 };
        char *text = NULL;
        int rc;

        begin();
        host.is_pinned = true;
        host.fail_call = ++fail_call;
        rc = vnuma_xen_record_of(NULL, DOMID, NULL, &text, &diags);
        num_calls = host.num_calls;
        CHECK_INT(rc, num_calls < fail_call ? 0 : VNUMA_ERROR_XEN);
        CHECK(!text == !!rc);
        CHECK_UINT(diags.num_items, !!rc);
        free(text);
        vnuma_diags_dispose(&diags);
        end();
    } while (num_calls >= fail_call);
    CHECK_UINT(fail_call, 8);
}

static void a_record_of_another_number_of_vnodes_is_none(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.b_info.num_vnuma_nodes = 1;
    record_text(&diags, VNUMA_ERROR_CONFIG);
    CHECK(diags_say(&diags, "readers-differ", "the number of vnodes"));
    guest.b_info.num_vnuma_nodes = 2;
    vnuma_diags_dispose(&diags);
    end();
}

/* ---- coming back -------------------------------------------------------- */

/* On the same pnodes as in make_config(), which the caller then changes. */
static int come_back(uint64_t *target_memkb, vnuma_diags *diags)
{
    char *text = record_text(diags, 0);
    int rc;

    guest.b_info.vnuma_nodes[0].pnode = 0;
    guest.b_info.vnuma_nodes[1].pnode = 0;
    rc = vnuma_xen_prepare_restore(NULL, &guest, text, target_memkb, diags);
    free(text);
    return rc;
}

static void the_pnodes_are_those_of_the_record(void)
{
    uint64_t target_memkb = 0;
    vnuma_diags diags = { 0 };

    begin();
    make_bitmap(&guest.b_info.nodemap, 2);
    libxl_bitmap_set(&guest.b_info.nodemap, 1);
    guest.b_info.target_memkb = VNODE_MEMKB;
    CHECK_INT(come_back(&target_memkb, &diags), 0);
    CHECK_UINT(target_memkb, VNODE_MEMKB);
    CHECK_UINT(guest.b_info.target_memkb, 2 * VNODE_MEMKB);
    CHECK_UINT(guest.b_info.vnuma_nodes[0].pnode, 1);
    CHECK_UINT(guest.b_info.vnuma_nodes[1].pnode, 0);
    CHECK_UINT(guest.b_info.nodemap.map[0], 3);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 0);
    end();
}

static void it_is_pinned_again_where_it_is_now(void)
{
    uint64_t target_memkb = 0;
    vnuma_diags diags = { 0 };
    char *text;

    begin();
    pin(&guest.b_info, 4);
    text = record_text(&diags, 0);
    /* Its affinity is of where it was. */
    guest.b_info.vcpu_hard_affinity[0].map[0] = 1;
    guest.b_info.vcpu_hard_affinity[3].map[0] = 1;
    guest.b_info.target_memkb = LIBXL_MEMKB_DEFAULT;
    CHECK_INT(vnuma_xen_prepare_restore(NULL, &guest, text, &target_memkb,
                                        &diags),
              0);
    CHECK_UINT(target_memkb, 2 * VNODE_MEMKB);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 4);
    CHECK_UINT(guest.b_info.vcpu_hard_affinity[0].map[0], 0xf0);
    CHECK_UINT(guest.b_info.vcpu_hard_affinity[3].map[0], 0x0f);
    free(text);
    end();
}

static void its_own_affinity_stays(void)
{
    uint64_t target_memkb = 0;
    vnuma_diags diags = { 0 };

    begin();
    pin(&guest.b_info, 4);
    guest.b_info.vcpu_hard_affinity[3].map[0] = 1;
    CHECK_INT(come_back(&target_memkb, &diags), 0);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 4);
    CHECK_UINT(guest.b_info.vcpu_hard_affinity[3].map[0], 1);
    end();
}

static void other_number(void)
{
    guest.b_info.num_vnuma_nodes = 1;
}

static void other_size(void)
{
    guest.b_info.vnuma_nodes[1].memkb--;
}

static void other_distance(void)
{
    guest.b_info.vnuma_nodes[1].distances[1]++;
}

static void fewer_distances(void)
{
    guest.b_info.vnuma_nodes[0].num_distances = 1;
}

static void other_vcpus(void)
{
    libxl_bitmap_reset(&guest.b_info.vnuma_nodes[1].vcpus, 3);
}

static void more_vcpus(void)
{
    libxl_bitmap_set(&guest.b_info.vnuma_nodes[1].vcpus, 0);
}

static void other_type(void)
{
    guest.b_info.type = LIBXL_DOMAIN_TYPE_HVM;
}

static void another_guest_is_refused(void)
{
    static const struct {
        void (*make)(void);
        const char *words;
    } others[] = {
        { other_number, "the number of vnodes" },
        { other_size, "the vnodes' sizes" },
        { other_distance, "the vnodes' distances" },
        { fewer_distances, "the vnodes' distances" },
        { other_vcpus, "the vnodes' vcpus" },
        { more_vcpus, "the vnodes' vcpus" },
        { other_type, "the type of the guest" },
    };
    unsigned int i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        uint64_t target_memkb = 5;
        vnuma_diags diags = { 0 };
        char *text;

        begin();
        text = record_text(&diags, 0);
        others[i].make();
        CHECK_INT(vnuma_xen_prepare_restore(NULL, &guest, text,
                                            &target_memkb, &diags),
                  VNUMA_ERROR_CONFIG);
        CHECK(diags_say(&diags, "readers-differ", others[i].words));
        CHECK_UINT(target_memkb, 5);
        CHECK_UINT(guest.b_info.nodemap.size, 0);
        guest.b_info.num_vnuma_nodes = 2;
        guest.b_info.type = LIBXL_DOMAIN_TYPE_PVH;
        free(text);
        vnuma_diags_dispose(&diags);
        end();
    }
}

static void without_a_record_or_a_host_nothing_comes_back(void)
{
    uint64_t target_memkb = 5;
    vnuma_diags diags = { 0 };

    begin();
    CHECK_INT(vnuma_xen_prepare_restore(NULL, &guest, "no record",
                                        &target_memkb, &diags),
              VNUMA_ERROR_CONFIG);
    host.fail_call = 3; /* after two of the record */
    CHECK_INT(come_back(&target_memkb, &diags), VNUMA_ERROR_XEN);
    CHECK_UINT(target_memkb, 5);
    vnuma_diags_dispose(&diags);
    end();
}

/* ---- its memory --------------------------------------------------------- */

static uint64_t reported; /* pages; UINT64_MAX: nothing was */

static void take_built(void *user, uint32_t domid,
                       const vnuma_xen_built *built)
{
    CHECK(user == &reported);
    CHECK_UINT(domid, DOMID);
    reported = built->num_pages;
}

static vnuma_xen_refill *refill(uint64_t target_memkb,
                                const vnuma_xen_hooks *hooks, int want)
{
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all = NULL;
    char *text = record_text(&diags, 0);

    CHECK_INT(vnuma_xen_refill_begin((xc_interface *)(void *)&host.mem, DOMID,
                                     text, target_memkb, hooks, &all, &diags),
              want);
    CHECK(!all == !!want);
    free(text);
    vnuma_diags_dispose(&diags);
    return all;
}

static uint64_t all_pages(void)
{
    return host.mem.domains[0].num_pages;
}

static void memory_is_what_the_stream_names(void)
{
    const uint64_t gfns[] = { 0, 1, 2, 3 };
    vnuma_xen_hooks hooks = { .populated = take_built, .user = &reported };
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all;

    begin();
    reported = UINT64_MAX;
    all = refill(2 * VNODE_MEMKB, &hooks, 0);
    REQUIRE(all);
    CHECK_UINT(all_pages(), 2 * VNODE_MEMKB / VNUMA__PAGE_KB);
    CHECK_INT(vnuma_xen_refill_name(all, gfns, 4, &diags), 0);
    CHECK_INT(vnuma_xen_refill_end(all, true, &diags), 0);
    CHECK_UINT(all_pages(), 4);
    CHECK_UINT(reported, 4);
    CHECK_UINT(diags.num_items, 0);
    end();
}

/* Of a device model's guest, with 16 MiB of video memory. */
static void make_hvm(void)
{
    guest.b_info.type = LIBXL_DOMAIN_TYPE_HVM;
    guest.b_info.vnuma_nodes[0].memkb += 16 * MIB;
}

/* Pages that it has; the VGA hole is none. */
#define HVM_PAGES (2 * VNODE_MEMKB / VNUMA__PAGE_KB - 32)

/* If not all fits, what it had before is populated as it is named. */
static void a_ballooned_guest_gets_less(void)
{
    const uint64_t whole = HVM_PAGES * VNUMA__PAGE_KB + 16 * MIB;
    vnuma_xen_hooks hooks = { .populated = take_built, .user = &reported };
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all;

    begin_with(200 * MIB, 200 * MIB);
    make_hvm();
    refill(whole, &hooks, VNUMA_ERROR_NOFIT);
    reported = UINT64_MAX;
    all = refill(whole - VNUMA__PAGE_KB, &hooks, 0);
    REQUIRE(all);
    CHECK_UINT(all_pages(), 0);
    /* The stream breaks off. */
    CHECK_INT(vnuma_xen_refill_end(all, false, &diags), 0);
    CHECK_UINT(reported, UINT64_MAX);
    /* A guest of which hardly anything is wanted. */
    all = refill(MIB, &hooks, 0);
    REQUIRE(all);
    CHECK_INT(vnuma_xen_refill_end(all, false, &diags), 0);
    end();
}

/* Special pages and video memory come later, from the same pnode. */
static void there_has_to_be_room_for_later_pages(void)
{
    const uint64_t just = VNODE_MEMKB - 32 * VNUMA__PAGE_KB + 17 * MIB;
    vnuma_xen_hooks hooks = { .user = NULL };
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all;

    begin_with(1024 * MIB, just);
    make_hvm();
    all = refill(3 * VNODE_MEMKB, &hooks, 0);
    REQUIRE(all);
    CHECK_UINT(all_pages(), HVM_PAGES);
    CHECK_INT(vnuma_xen_refill_end(all, false, &diags), 0);
    end();
    begin_with(1024 * MIB, just - VNUMA__PAGE_KB);
    make_hvm();
    refill(3 * VNODE_MEMKB, &hooks, VNUMA_ERROR_NOFIT);
    end();
}

static void nothing_is_reported_of_what_fails(void)
{
    vnuma_xen_hooks hooks = { .populated = take_built, .user = &reported };
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all;

    begin();
    host.mem.fail_call = 2;
    host.mem.fail_errno = EPERM;
    refill(2 * VNODE_MEMKB, &hooks, VNUMA_ERROR_XEN);
    end();
    begin();
    reported = UINT64_MAX;
    all = refill(2 * VNODE_MEMKB, &hooks, 0);
    REQUIRE(all);
    host.mem.fail_call = host.mem.num_calls + 1;
    host.mem.fail_errno = EPERM;
    CHECK_INT(vnuma_xen_refill_end(all, true, &diags), VNUMA_ERROR_XEN);
    CHECK_UINT(reported, UINT64_MAX);
    vnuma_diags_dispose(&diags);
    end();
}

static void a_program_need_not_be_told(void)
{
    vnuma_xen_hooks hooks = { .user = NULL };
    vnuma_diags diags = { 0 };
    vnuma_xen_refill *all;

    begin();
    all = refill(2 * VNODE_MEMKB, &hooks, 0);
    REQUIRE(all);
    CHECK_INT(vnuma_xen_refill_end(all, true, &diags), 0);
    CHECK_UINT(all_pages(), 0);
    end();
}

static const tap_case cases[] = {
    TAP_CASE(a_record_has_all_that_libxl_does_not_keep),
    TAP_CASE(policies_are_in_it),
    TAP_CASE(a_device_model_is_in_it),
    TAP_CASE(a_guest_is_pinned_if_every_vcpu_is),
    TAP_CASE(libxl_is_asked_for_what_is_not_said),
    TAP_CASE(a_guest_without_vnodes_has_no_record),
    TAP_CASE(recording_fails_at_each_call),
    TAP_CASE(a_record_of_another_number_of_vnodes_is_none),
    TAP_CASE(the_pnodes_are_those_of_the_record),
    TAP_CASE(it_is_pinned_again_where_it_is_now),
    TAP_CASE(its_own_affinity_stays),
    TAP_CASE(another_guest_is_refused),
    TAP_CASE(without_a_record_or_a_host_nothing_comes_back),
    TAP_CASE(memory_is_what_the_stream_names),
    TAP_CASE(a_ballooned_guest_gets_less),
    TAP_CASE(there_has_to_be_room_for_later_pages),
    TAP_CASE(nothing_is_reported_of_what_fails),
    TAP_CASE(a_program_need_not_be_told),
};

int main(void)
{
    return TAP_RUN(cases);
}
