/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done to libxl's configuration before a build, what is read back
 * after it, and what becomes of a domain whose xl was ended.  Each call that
 * is made meanwhile fails once.
 */
#include "config.h"

#include "xen-case.h"

static libxl_domain_config guest;
static vnuma_xen handle;

/* The configuration, and a connection that is open. */
static void begin(void)
{
    host_begin(0, 0);
    make_config(&guest);
    memset(&handle, 0, sizeof(handle));
    handle.xch = (xc_interface *)(void *)&host.mem;
    handle.hv.backend = &host.mem;
}

static void end(void)
{
    libxl_domain_config_dispose(&guest);
    host_end();
}

/* The pcpus, or nodes, of a set of libxl's as one number. */
static unsigned int bits(const libxl_bitmap *map)
{
    return map->size ? map->map[0] : 0;
}

/* ---- before a build ----------------------------------------------------- */

static void a_guest_is_given_its_nodes(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.b_info.vnuma_nodes[1].pnode = 1;
    guest.b_info.target_memkb = VNODE_MEMKB;
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags), 0);
    CHECK_UINT(bits(&guest.b_info.nodemap), 2);
    CHECK(!libxl_defbool_val(guest.b_info.numa_placement));
    CHECK_UINT(guest.b_info.target_memkb, 2 * VNODE_MEMKB);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 0);
    CHECK_UINT(diags.num_items, 0);
    /* What the file asks for stays. */
    guest.b_info.nodemap.map[0] = 1;
    guest.b_info.max_memkb = LIBXL_MEMKB_DEFAULT;
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags), 0);
    CHECK_UINT(bits(&guest.b_info.nodemap), 1);
    CHECK_UINT(guest.b_info.target_memkb, 2 * VNODE_MEMKB);
    end();
}

static void a_target_that_is_not_said_stays_so(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.b_info.target_memkb = LIBXL_MEMKB_DEFAULT;
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags), 0);
    CHECK_UINT(guest.b_info.target_memkb, LIBXL_MEMKB_DEFAULT);
    CHECK_UINT(bits(&guest.b_info.nodemap), 3);
    end();
}

static void a_guest_without_vnodes_is_left_alone(void)
{
    libxl_domain_config plain;
    vnuma_xen_built built = { 0 };
    vnuma_diags diags = { 0 };

    begin();
    libxl_domain_config_init(&plain);
    CHECK_INT(vnuma_xen_prepare(NULL, &plain, true, &diags), 0);
    CHECK_INT(vnuma_xen_settle(NULL, DOMID, &plain, &built, &diags), 0);
    CHECK_UINT(host.num_calls, 0);
    CHECK_UINT(plain.b_info.nodemap.size, 0);
    end();
}

static void vcpus_are_pinned_where_they_are_asked_to_be(void)
{
    vnuma_diags diags = { 0 };
    int vcpu;

    begin();
    libxl_bitmap_reset(&host.pool, 5);
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, true, &diags), 0);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 4);
    for (vcpu = 0; vcpu < 4; vcpu++)
        CHECK_UINT(bits(&guest.b_info.vcpu_hard_affinity[vcpu]),
                   vcpu < 2 ? 0xd0 : 0x0f);
    /* What the file asks for stays. */
    guest.b_info.vcpu_hard_affinity[0].map[0] = 0x21;
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, true, &diags), 0);
    CHECK_UINT(bits(&guest.b_info.vcpu_hard_affinity[0]), 0x21);
    CHECK_UINT(bits(&guest.b_info.vcpu_hard_affinity[1]), 0xd0);
    end();
}

/* A vcpu that the guest does not have is in a vnode. */
static void only_the_vcpus_that_there_are_are_pinned(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.b_info.max_vcpus = 3;
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, true, &diags), 0);
    CHECK_INT(guest.b_info.num_vcpu_hard_affinity, 3);
    CHECK_UINT(bits(&guest.b_info.vcpu_hard_affinity[2]), 0x0f);
    end();
}

static void a_pool_may_be_elsewhere(void)
{
    vnuma_diags diags = { 0 };
    int pcpu;

    begin();
    for (pcpu = 0; pcpu < 4; pcpu++)
        libxl_bitmap_reset(&host.pool, pcpu);
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags), 0);
    CHECK(diags_say(&diags, "pool-elsewhere",
               "no pcpu of pnode 0 is in cpupool pool: the vcpus of vnode 1"));
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, true, &diags),
              VNUMA_ERROR_NOFIT);
    CHECK(diags_say(&diags, "pool-elsewhere",
               "vnode 1: no pcpu of pnode 0 is in cpupool pool"));
    CHECK_UINT(diags.num_items, 2);
    vnuma_diags_dispose(&diags);
    /* A vnode without vcpus runs nowhere. */
    libxl_bitmap_set_none(&guest.b_info.vnuma_nodes[1].vcpus);
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, true, &diags), 0);
    CHECK_UINT(diags.num_items, 0);
    end();
}

static void a_pool_has_to_be_there(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.c_info.pool_name = strdup("pool");
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags), 0);
    free(guest.c_info.pool_name);
    guest.c_info.pool_name = strdup("none");
    CHECK_INT(vnuma_xen_prepare(NULL, &guest, false, &diags),
              VNUMA_ERROR_NOFIT);
    CHECK(diags_say(&diags, "pool-unknown", "no cpupool \"none\""));
    vnuma_diags_dispose(&diags);
    end();
}

static void preparing_fails_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        vnuma_diags diags = { 0 };
        int rc;

        begin();
        host.fail_call = ++fail_call;
        rc = vnuma_xen_prepare(NULL, &guest, true, &diags);
        num_calls = host.num_calls;
        if (num_calls < fail_call)
            CHECK_INT(rc, 0);
        else
            CHECK(rc == VNUMA_ERROR_NOMEM ||
                  (rc == VNUMA_ERROR_XEN &&
                   diags_say(&diags, "xen-refused", "libxl failed")));
        CHECK_UINT(host.num_calls, num_calls);
        vnuma_diags_dispose(&diags);
        end();
    } while (num_calls >= fail_call);
    CHECK_UINT(fail_call, 11);
}

/* ---- reading back ------------------------------------------------------- */

static int settle(vnuma_diags *diags)
{
    vnuma_xen_extent_set sets[] = { { .pnode = 1, .num_2m = 1 },
                                    { .pnode = 0 } };
    vnuma_xen_built built = { .sets = sets,
                              .num_sets = 2,
                              .num_pages = host.info.tot_pages };

    return vnuma_xen_settle(NULL, DOMID, &guest, &built, diags);
}

static void what_was_asked_for_is_held(void)
{
    vnuma_diags diags = { 0 };

    begin();
    CHECK_INT(settle(&diags), 0);
    CHECK_UINT(diags.num_items, 0);
    CHECK_UINT(host.num_stored, 1);
    CHECK(vnuma_bitmap_test(&host.mem.domains[0].node_affinity, 0));
    CHECK(vnuma_bitmap_test(&host.mem.domains[0].node_affinity, 1));
    end();
}

/* Preferred memory may have spilled over; where nothing is counts not. */
static void nodes_are_those_that_the_guest_uses(void)
{
    vnuma_xen_extent_set sets[] = { { .pnode = 1, .num_4k = 9 },
                                    { .pnode = 0 } };
    vnuma_xen_built built = { .sets = sets, .num_sets = 2 };
    vnuma_diags diags = { 0 };

    begin();
    /* Whether affinities are as asked for is another matter. */
    guest.b_info.vnuma_nodes[0].pnode = guest.b_info.vnuma_nodes[1].pnode = 1;
    vnuma_xen_settle(NULL, DOMID, &guest, &built, &diags);
    CHECK(!vnuma_bitmap_test(&host.mem.domains[0].node_affinity, 0));
    CHECK(vnuma_bitmap_test(&host.mem.domains[0].node_affinity, 1));
    sets[1].num_2m = 1;
    vnuma_xen_settle(NULL, DOMID, &guest, &built, &diags);
    CHECK(vnuma_bitmap_test(&host.mem.domains[0].node_affinity, 0));
    vnuma_diags_dispose(&diags);
    end();
}

static void settling_fails_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        vnuma_diags diags = { 0 };
        int rc;

        begin();
        host.fail_call = ++fail_call;
        rc = settle(&diags);
        num_calls = host.num_calls;
        CHECK_INT(rc, num_calls < fail_call ? 0 : VNUMA_ERROR_XEN);
        CHECK_UINT(diags.num_items, num_calls >= fail_call);
        vnuma_diags_dispose(&diags);
        end();
    } while (num_calls >= fail_call);
    CHECK_UINT(fail_call, 13);
    for (fail_call = 1; fail_call <= 2; fail_call++) {
        vnuma_diags diags = { 0 };

        begin();
        host.mem.fail_call = fail_call;
        host.mem.fail_errno = EPERM;
        CHECK_INT(settle(&diags), VNUMA_ERROR_XEN);
        CHECK(diags_say(&diags, "xen-refused",
                   fail_call == 1 ? "setting the domain's node affinity: "
                                  : "reading back the vNUMA description: "));
        vnuma_diags_dispose(&diags);
        end();
    }
}

/* ---- what differs ------------------------------------------------------- */

static void another_domain(void)
{
    host.info.domain++;
}

static void a_page_less(void)
{
    host.info.tot_pages--;
}

static void a_vnode_less(void)
{
    guest.b_info.num_vnuma_nodes = 1;
}

static void a_larger_vnode(void)
{
    guest.b_info.vnuma_nodes[1].memkb += 1024;
}

static void another_vcpu(void)
{
    host.mem.domains[0].layout.vcpu_to_vnode[3] = 0;
}

static void no_such_vcpu(void)
{
    host.mem.domains[0].layout.num_vcpus = 3;
}

static void another_distance(void)
{
    guest.b_info.vnuma_nodes[1].distances[0] = 30;
}

static void another_soft(void)
{
    set_pcpus(&host.soft[2], 0, 4);
}

static void another_last_soft(void)
{
    set_pcpus(&host.soft[1], 4, 6);
}

static void another_hard(void)
{
    guest.b_info.num_vcpu_hard_affinity = 2;
    guest.b_info.vcpu_hard_affinity =
        calloc(2, sizeof(*guest.b_info.vcpu_hard_affinity));
    make_bitmap(&guest.b_info.vcpu_hard_affinity[1], NUM_PCPUS);
    libxl_bitmap_set(&guest.b_info.vcpu_hard_affinity[1], 4);
}

static void a_difference_is_an_error(void)
{
    static const struct {
        void (*make)(void);
        const char *id, *words;
    } differences[] = {
        { another_domain, "xen-refused", "reading back the number of pages" },
        { a_page_less, "read-back", "131071 pages of the 131072" },
        { a_vnode_less, "read-back", "Xen holds 2 vnodes, not 1" },
        { a_larger_vnode, "read-back", "vnode 1 with 256 MiB, not 257" },
        { another_vcpu, "read-back", "Xen does not hold vcpu 3 in vnode 1" },
        { no_such_vcpu, "read-back", "Xen does not hold vcpu 3 in vnode 1" },
        { another_distance, "read-back",
          "Xen holds distance 21 from vnode 1 to vnode 0, not 30" },
        { another_soft, "read-back",
          "a soft affinity of vcpu 2 to pcpus 0-4, not to the set 0x0f" },
        { another_last_soft, "read-back",
          "a soft affinity of vcpu 1 to pcpus 4-6, not to the set 0xf0" },
        { another_hard, "read-back",
          "a hard affinity of vcpu 1 to pcpus 0-7, not to the set 0x10" },
    };
    unsigned int i;

    for (i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        vnuma_xen_built built = { .num_pages = 131072 };
        vnuma_diags diags = { 0 };

        begin();
        differences[i].make();
        CHECK_INT(vnuma_xen_settle(NULL, DOMID, &guest, &built, &diags),
                  VNUMA_ERROR_XEN);
        CHECK(diags_say(&diags, differences[i].id, differences[i].words));
        CHECK_UINT(diags.num_items, 1);
        vnuma_diags_dispose(&diags);
        guest.b_info.num_vnuma_nodes = 2;
        end();
    }
}

/* Video RAM is vnode 0's, and in no range. */
static void video_memory_is_none_of_the_ranges(void)
{
    vnuma_diags diags = { 0 };

    begin();
    guest.b_info.video_memkb = 16 * MIB;
    guest.b_info.vnuma_nodes[0].memkb += 16 * MIB;
    CHECK_INT(settle(&diags), 0);
    end();
}

/* cpus_soft= is held instead; a vcpu that it does not name runs anywhere. */
static void soft_affinity_may_be_asked_for(void)
{
    libxl_domain_build_info *b_info = &guest.b_info;
    vnuma_diags diags = { 0 };
    int vcpu;

    begin();
    b_info->num_vcpu_soft_affinity = 2;
    b_info->vcpu_soft_affinity =
        calloc(2, sizeof(*b_info->vcpu_soft_affinity));
    make_bitmap(&b_info->vcpu_soft_affinity[0], NUM_PCPUS);
    libxl_bitmap_set(&b_info->vcpu_soft_affinity[0], 1);
    set_pcpus(&host.soft[0], 1, 1);
    for (vcpu = 1; vcpu < 4; vcpu++)
        set_pcpus(&host.soft[vcpu], 0, 7);
    CHECK_INT(settle(&diags), 0);
    CHECK_UINT(diags.num_items, 0);
    end();
}

/* ---- what was half done ------------------------------------------------- */

static void only_the_domain_of_that_uuid_is_destroyed(void)
{
    vnuma_diags diags = { 0 };
    uint8_t other[16] = { 1 };

    begin();
    CHECK_INT(vnuma_xen_destroy(&handle, DOMID, other, &diags), 0);
    CHECK_INT(vnuma_xen_destroy(&handle, 3, host.uuid, &diags), 0);
    CHECK_UINT(host.destroyed, VNUMA_XEN_ANY_DOMID);
    CHECK_INT(vnuma_xen_destroy(&handle, DOMID, host.uuid, &diags), 0);
    CHECK_UINT(host.destroyed, DOMID);
    host.destroyed = 0;
    CHECK_INT(vnuma_xen_destroy(&handle, VNUMA_XEN_ANY_DOMID, host.uuid,
                                &diags),
              0);
    CHECK_UINT(host.destroyed, DOMID);
    CHECK_UINT(diags.num_items, 0);
    host.fail_call = host.num_calls + 1;
    CHECK_INT(vnuma_xen_destroy(&handle, DOMID, host.uuid, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused",
                    "looking for the domain"));
    host.fail_call = host.num_calls + 2;
    CHECK_INT(vnuma_xen_destroy(&handle, DOMID, host.uuid, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "removing the domain"));
    vnuma_diags_dispose(&diags);
    end();
}

static void an_incoming_domain_gets_its_name_and_runs(void)
{
    static const char *const steps[] = { "looking for the new domain",
                                         "naming the new domain",
                                         "letting the new domain run",
                                         "letting the new domain run" };
    vnuma_diags diags = { 0 };
    unsigned int i;

    begin();
    for (i = 0; i <= 4; i++) {
        snprintf(host.name, sizeof(host.name), "vm--incoming");
        host.dominfo.paused = true;
        host.num_calls = 0;
        host.fail_call = i;
        host.num_unpaused = 0;
        CHECK_INT(vnuma_xen_take_over(&handle, DOMID, host.uuid, true,
                                      &diags),
                  i ? VNUMA_ERROR_XEN : 0);
        CHECK_STR(host.name, i == 1 || i == 2 ? "vm--incoming" : "vm");
        CHECK_UINT(host.num_unpaused, !i || i == 4);
        CHECK(!i || diags_say(&diags, "xen-refused", steps[i - 1]));
    }
    host.fail_call = 0;
    host.name[0] = '\0';
    CHECK_INT(vnuma_xen_take_over(&handle, DOMID, host.uuid, true, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "naming the new domain"));
    CHECK_INT(vnuma_xen_take_over(&handle, 3, host.uuid, true, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "looking for the new domain"));
    vnuma_diags_dispose(&diags);
    end();
}

static void it_may_have_its_name_and_run(void)
{
    static const char *const names[] = { "vm", "--incoming", "vm--incomin" };
    vnuma_diags diags = { 0 };
    unsigned int i;

    begin();
    for (i = 0; i < 3; i++) {
        snprintf(host.name, sizeof(host.name), "%s", names[i]);
        CHECK_INT(vnuma_xen_take_over(&handle, DOMID, host.uuid, true,
                                      &diags),
                  0);
        CHECK_STR(host.name, names[i]);
    }
    CHECK_UINT(host.num_unpaused, 0);
    /* It was paused where it came from. */
    host.dominfo.paused = true;
    CHECK_INT(vnuma_xen_take_over(&handle, DOMID, host.uuid, false, &diags),
              0);
    CHECK_UINT(host.num_unpaused, 0);
    end();
}

static void only_a_suspended_guest_that_stayed_is_resumed(void)
{
    vnuma_diags diags = { 0 };

    begin();
    snprintf(host.name, sizeof(host.name), "vm");
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    host.dominfo.shutdown_reason = LIBXL_SHUTDOWN_REASON_SUSPEND;
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    host.dominfo.shutdown = true;
    host.dominfo.shutdown_reason = LIBXL_SHUTDOWN_REASON_CRASH;
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    host.dominfo.shutdown_reason = LIBXL_SHUTDOWN_REASON_SUSPEND;
    snprintf(host.name, sizeof(host.name), "vm--migratedaway");
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    host.name[0] = '\0';
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    snprintf(host.name, sizeof(host.name), "vm");
    host.fail_call = host.num_calls + 1;
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    CHECK_UINT(host.num_resumed, 0);
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), 0);
    CHECK_UINT(host.num_resumed, 1);
    CHECK_UINT(host.num_unlogged, 7);
    CHECK_UINT(diags.num_items, 0);
    host.fail_call = host.num_calls + 2;
    CHECK_INT(vnuma_xen_resume(&handle, DOMID, &diags), VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "resuming the suspended guest"));
    vnuma_diags_dispose(&diags);
    end();
}

static void what_came_back_gets_its_name_and_goes_on(void)
{
    static const char *const steps[] = {
        "looking for the guest",
        "naming the guest again",
        "resuming the suspended guest",
    };
    vnuma_diags diags = { 0 };
    unsigned int i;

    for (i = 0; i <= 3; i++) {
        begin();
        snprintf(host.name, sizeof(host.name), "vm--migratedaway");
        host.dominfo.shutdown = true;
        host.dominfo.shutdown_reason = LIBXL_SHUTDOWN_REASON_SUSPEND;
        host.fail_call = i ? host.num_calls + i : 0;
        CHECK_INT(vnuma_xen_take_back(&handle, DOMID, host.uuid, &diags),
                  i ? VNUMA_ERROR_XEN : 0);
        CHECK_STR(host.name, i == 1 || i == 2 ? "vm--migratedaway" : "vm");
        CHECK_UINT(host.num_resumed, !i || i == 3);
        CHECK(!i || diags_say(&diags, "xen-refused", steps[i - 1]));
        vnuma_diags_dispose(&diags);
        end();
    }
    begin();
    CHECK_INT(vnuma_xen_take_back(&handle, 3, host.uuid, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "looking for the guest"));
    vnuma_diags_dispose(&diags);
    end();
}

static void what_xl_understood_is_a_text(void)
{
    char *text;

    begin();
    text = vnuma_xen_describe_build_info(&guest.b_info);
    CHECK_STR(text, "1:262144:0-1:10,20;0:262144:2-3:21,10");
    free(text);
    text = vnuma_xen_describe_plan(NULL);
    CHECK_STR(text, "");
    free(text);
    end();
}

static const tap_case cases[] = {
    TAP_CASE(a_guest_is_given_its_nodes),
    TAP_CASE(a_target_that_is_not_said_stays_so),
    TAP_CASE(a_guest_without_vnodes_is_left_alone),
    TAP_CASE(vcpus_are_pinned_where_they_are_asked_to_be),
    TAP_CASE(only_the_vcpus_that_there_are_are_pinned),
    TAP_CASE(a_pool_may_be_elsewhere),
    TAP_CASE(a_pool_has_to_be_there),
    TAP_CASE(preparing_fails_at_each_call),
    TAP_CASE(what_was_asked_for_is_held),
    TAP_CASE(nodes_are_those_that_the_guest_uses),
    TAP_CASE(settling_fails_at_each_call),
    TAP_CASE(a_difference_is_an_error),
    TAP_CASE(video_memory_is_none_of_the_ranges),
    TAP_CASE(soft_affinity_may_be_asked_for),
    TAP_CASE(only_the_domain_of_that_uuid_is_destroyed),
    TAP_CASE(an_incoming_domain_gets_its_name_and_runs),
    TAP_CASE(it_may_have_its_name_and_run),
    TAP_CASE(only_a_suspended_guest_that_stayed_is_resumed),
    TAP_CASE(what_came_back_gets_its_name_and_goes_on),
    TAP_CASE(what_xl_understood_is_a_text),
};

int main(void)
{
    return TAP_RUN(cases);
}
