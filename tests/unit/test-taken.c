/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxl's configuration as a guest of ours, and a plan for a program that
 * builds with libxenguest.
 */
#include "config.h"

#include "xen-case.h"

#include <xenguest.h>

#include "guest/guest.h"
#include "xen/build/taken.h"

/* ---- a guest of libxl's ------------------------------------------------- */

static libxl_domain_config guest;
static vnuma_config config;

static void take(void)
{
    CHECK_INT(vnuma__config_taken(&guest, &config), 0);
}

static void end(void)
{
    vnuma__config_dispose(&config);
    libxl_domain_config_dispose(&guest);
}

static void vnodes_are_taken(void)
{
    const vnuma_vnode *vnode;

    make_config(&guest);
    /* vcpus 0, 1 and 3 are in vnode 0, with a gap. */
    libxl_bitmap_set(&guest.b_info.vnuma_nodes[0].vcpus, 3);
    take();
    CHECK_INT(config.type, VNUMA_GUEST_PVH);
    CHECK_UINT(config.vcpus.value, 4);
    CHECK_UINT(config.maxvcpus.value, 4);
    REQUIRE(config.num_vnodes == 2);
    vnode = &config.vnodes[0];
    CHECK_UINT(vnode->pnode.value, VNUMA_PNODE_AUTO);
    CHECK_UINT(vnode->memkb.value, VNODE_MEMKB);
    REQUIRE(vnode->num_vcpu_ranges == 2);
    CHECK_UINT(vnode->vcpu_ranges[0].first, 0);
    CHECK_UINT(vnode->vcpu_ranges[0].last, 1);
    CHECK_UINT(vnode->vcpu_ranges[1].first, 3);
    CHECK_UINT(vnode->vcpu_ranges[1].last, 3);
    CHECK_UINT(vnuma_bitmap_count(&vnode->vcpus), 3);
    REQUIRE(config.vnodes[1].num_distances == 2);
    CHECK_UINT(config.vnodes[1].distances[0].value, 21);
    CHECK_UINT(config.vnodes[1].distances[1].value, 10);
    end();
}

static void a_guest_may_have_none(void)
{
    libxl_domain_config_init(&guest);
    take();
    CHECK_UINT(config.num_vnodes, 0);
    CHECK(!vnuma__is_given(config.vnodes_span));
    CHECK(!config.cpus.num_items);
    CHECK(!config.num_pcidevs);
    end();
}

static void affinities_are_taken(void)
{
    static const uint8_t maps[] = { 0xf0, 0x0d, 0, 0x81 };
    const vnuma_affinity *items;
    int vcpu;

    make_config(&guest);
    pin(&guest.b_info, 4);
    for (vcpu = 0; vcpu < 4; vcpu++)
        guest.b_info.vcpu_hard_affinity[vcpu].map[0] = maps[vcpu];
    take();
    CHECK(config.cpus.is_list);
    CHECK_UINT(config.cpus_soft.num_items, 0);
    REQUIRE(config.cpus.num_items == 4);
    items = config.cpus.items;
    CHECK_UINT(items[0].num_terms, 1);
    CHECK_UINT(items[0].terms[0].first, 4);
    CHECK_UINT(items[0].terms[0].last, 7);
    REQUIRE(items[1].num_terms == 2);
    CHECK_UINT(items[1].terms[0].last, 0);
    CHECK_UINT(items[1].terms[1].first, 2);
    CHECK_UINT(items[1].terms[1].last, 3);
    CHECK(!items[1].terms[0].is_all);
    CHECK_UINT(items[2].num_terms, 1);
    CHECK(items[2].terms[0].is_all);
    CHECK_UINT(items[3].num_terms, 2);
    end();
}

static void memory_is_taken(void)
{
    make_config(&guest);
    guest.b_info.target_memkb = VNODE_MEMKB;
    guest.b_info.video_memkb = 16 * MIB;
    take();
    CHECK_UINT(config.memory_memkb.value, VNODE_MEMKB);
    CHECK_UINT(config.maxmem_memkb.value, 2 * VNODE_MEMKB);
    CHECK(!vnuma__is_given(config.videoram_memkb.span));
    vnuma__config_dispose(&config);
    guest.b_info.target_memkb = LIBXL_MEMKB_DEFAULT;
    take();
    CHECK_UINT(config.memory_memkb.value, 2 * VNODE_MEMKB);
    vnuma__config_dispose(&config);
    guest.b_info.target_memkb = VNODE_MEMKB;
    guest.b_info.max_memkb = LIBXL_MEMKB_DEFAULT;
    take();
    CHECK_UINT(config.memory_memkb.value, VNODE_MEMKB);
    CHECK(!vnuma__is_given(config.maxmem_memkb.span));
    end();
}

static void a_device_model_is_taken(void)
{
    static const vnuma_vga vgas[] = {
        [LIBXL_VGA_INTERFACE_TYPE_CIRRUS] = VNUMA_VGA_CIRRUS,
        [LIBXL_VGA_INTERFACE_TYPE_STD] = VNUMA_VGA_STD,
        [LIBXL_VGA_INTERFACE_TYPE_NONE] = VNUMA_VGA_NONE,
        [LIBXL_VGA_INTERFACE_TYPE_QXL] = VNUMA_VGA_QXL,
    };
    unsigned int i;

    for (i = LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
         i <= LIBXL_VGA_INTERFACE_TYPE_QXL; i++) {
        libxl_domain_config_init(&guest);
        libxl_domain_build_info_init_type(&guest.b_info,
                                          LIBXL_DOMAIN_TYPE_HVM);
        guest.b_info.u.hvm.vga.kind = i;
        if (i == LIBXL_VGA_INTERFACE_TYPE_STD) {
            guest.b_info.device_model_version =
                LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL;
            guest.b_info.u.hvm.mmio_hole_memkb = 3 * MIB;
            guest.b_info.video_memkb = 16 * MIB;
        }
        take();
        CHECK_INT(config.type, VNUMA_GUEST_HVM);
        CHECK_INT(config.vga, vgas[i]);
        CHECK_INT(config.is_traditional, i == LIBXL_VGA_INTERFACE_TYPE_STD);
        CHECK_INT(vnuma__is_given(config.mmio_hole_memkb.span),
                  i == LIBXL_VGA_INTERFACE_TYPE_STD);
        CHECK_INT(vnuma__is_given(config.videoram_memkb.span),
                  i == LIBXL_VGA_INTERFACE_TYPE_STD);
        end();
    }
}

static void names_and_devices_are_taken(void)
{
    libxl_device_pci *pci;

    make_config(&guest);
    guest.c_info.name = strdup("vm");
    guest.c_info.pool_name = strdup("");
    guest.b_info.type = LIBXL_DOMAIN_TYPE_PV;
    memset(libxl_uuid_bytearray(&guest.c_info.uuid), 0x1f, 16);
    guest.num_pcidevs = 2;
    guest.pcidevs = calloc(2, sizeof(*guest.pcidevs));
    pci = &guest.pcidevs[1];
    pci->domain = 1;
    pci->bus = 2;
    pci->dev = 3;
    pci->func = 4;
    take();
    CHECK_INT(config.type, VNUMA_GUEST_PV);
    CHECK_STR(config.name, "vm");
    CHECK_STR(config.uuid, "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f");
    CHECK(!config.pool);
    REQUIRE(config.num_pcidevs == 2);
    CHECK_UINT(config.pcidevs[1].segment, 1);
    CHECK_UINT(config.pcidevs[1].bus, 2);
    CHECK_UINT(config.pcidevs[1].device, 3);
    CHECK_UINT(config.pcidevs[1].function, 4);
    vnuma__config_dispose(&config);
    free(guest.c_info.pool_name);
    guest.c_info.pool_name = strdup("pool");
    take();
    CHECK_STR(config.pool, "pool");
    guest.b_info.type = LIBXL_DOMAIN_TYPE_PVH;
    end();
}

/* ---- a plan for libxenguest --------------------------------------------- */

/* In place of libxenguest's, which frees them with the image. */
static void *given[2];
static unsigned int num_given;

void *xc_dom_malloc(struct xc_dom_image *dom, size_t size)
{
    (void)dom;
    if (fails())
        return NULL;
    return given[num_given++ & 1] = calloc(1, size);
}

/* In place of hv_xen.c's. */
void vnuma__ranges_to_xen(const vnuma__layout *layout,
                          xen_vmemrange_t *ranges_r)
{
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        ranges_r[i].start = layout->vmemranges[i].start;
        ranges_r[i].end = layout->vmemranges[i].end;
        ranges_r[i].nid = layout->vmemranges[i].vnode;
    }
}

static uint8_t soft[4];

int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid,
                           const libxl_bitmap *cpumap_hard,
                           const libxl_bitmap *cpumap_soft)
{
    (void)ctx;
    CHECK_UINT(domid, DOMID);
    CHECK(!cpumap_hard);
    if (fails())
        return ERROR_FAIL;
    soft[vcpuid & 3] = cpumap_soft->map[0];
    return 0;
}

static vnuma_plan_vnode planned[2];
static uint32_t distances[2][2] = { { 10, 20 }, { 21, 10 } };
static vnuma_plan plan = { .vnodes = planned, .num_vnodes = 2 };
static vnuma_xen handle;

static void begin_plan(void)
{
    unsigned int v;

    host_begin(1024 * MIB, 1024 * MIB);
    memset(planned, 0, sizeof(planned));
    memset(soft, 0, sizeof(soft));
    memset(&handle, 0, sizeof(handle));
    num_given = 0;
    handle.xch = (xc_interface *)(void *)&host.mem;
    handle.hv.backend = &host.mem;
    for (v = 0; v < 2; v++) {
        planned[v].memkb = VNODE_MEMKB;
        planned[v].pnode = !v;
        planned[v].distances = distances[v];
        set_pcpus(&planned[v].vcpus, 2 * v, 2 * v + 1);
    }
}

static void end_plan(void)
{
    vnuma_bitmap_dispose(&planned[0].vcpus);
    vnuma_bitmap_dispose(&planned[1].vcpus);
    free(given[0]);
    free(given[1]);
    given[0] = given[1] = NULL;
    host_end();
}

static int to_image(struct xc_dom_image *dom, vnuma_diags *diags)
{
    memset(dom, 0, sizeof(*dom));
    dom->xch = handle.xch;
    dom->guest_domid = DOMID;
    dom->lowmem_end = 2 * VNODE_MEMKB << 10;
    return vnuma_xen_plan_to_image(&plan, dom, diags);
}

static void an_image_gets_ranges_and_pnodes(void)
{
    static struct xc_dom_image dom;
    vnuma_diags diags = { 0 };

    begin_plan();
    CHECK_INT(to_image(&dom, &diags), 0);
    CHECK_UINT(dom.nr_vmemranges, 2);
    CHECK_UINT(dom.vmemranges[1].start, VNODE_MEMKB << 10);
    CHECK_UINT(dom.vmemranges[1].end, 2 * VNODE_MEMKB << 10);
    CHECK_UINT(dom.vmemranges[1].nid, 1);
    CHECK_UINT(dom.nr_vnodes, 2);
    CHECK_UINT(dom.vnode_to_pnode[0], 1);
    CHECK_UINT(dom.vnode_to_pnode[1], 0);
    CHECK_UINT(host.mem.num_calls, 1);
    end_plan();
}

static void an_image_is_not_changed_by_what_fails(void)
{
    static struct xc_dom_image dom;
    vnuma_diags diags = { 0 };
    unsigned int i;

    for (i = 1; i <= 2; i++) {
        begin_plan();
        host.fail_call = i;
        CHECK_INT(to_image(&dom, &diags), VNUMA_ERROR_NOMEM);
        CHECK_UINT(dom.nr_vnodes, 0);
        end_plan();
    }
    begin_plan();
    host.mem.fail_call = 1;
    host.mem.fail_errno = EPERM;
    CHECK_INT(to_image(&dom, &diags), VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "xen-refused", "describing the guest's vnodes"));
    CHECK_UINT(num_given, 0);
    end_plan();
    begin_plan();
    planned[1].memkb -= 64 * MIB;
    CHECK_INT(to_image(&dom, &diags), VNUMA_ERROR_CONFIG);
    CHECK(diags_say(&diags, "size-sum", "different sizes"));
    CHECK_UINT(host.mem.num_calls, 0);
    vnuma_diags_dispose(&diags);
    end_plan();
}

static int settle_plan(vnuma_diags *diags)
{
    vnuma_xen_built built = { .num_pages = 2 * VNODE_MEMKB / VNUMA__PAGE_KB };

    return vnuma_xen_settle_plan(&handle, DOMID, &plan, &built, diags);
}

static void a_plan_is_settled(void)
{
    static const uint8_t want[] = { 0xf0, 0xf0, 0x0f, 0x0f };
    vnuma_diags diags = { 0 };

    begin_plan();
    CHECK_INT(settle_plan(&diags), 0);
    CHECK(!memcmp(soft, want, sizeof(soft)));
    CHECK_UINT(host.num_stored, 1);
    end_plan();
}

/* What was not populated, but for the VGA hole, is video memory. */
static void video_memory_is_what_was_not_populated(void)
{
    vnuma_xen_built built = {
        .num_pages = 2 * VNODE_MEMKB / VNUMA__PAGE_KB - 32
    };
    vnuma_diags diags = { 0 };

    begin_plan();
    planned[0].memkb += 16 * MIB;
    CHECK_INT(vnuma_xen_settle_plan(&handle, DOMID, &plan, &built, &diags),
              0);
    built.num_pages++;
    CHECK_INT(vnuma_xen_settle_plan(&handle, DOMID, &plan, &built, &diags),
              VNUMA_ERROR_XEN);
    CHECK(diags_say(&diags, "read-back", "vnode 0"));
    vnuma_diags_dispose(&diags);
    end_plan();
}

static void settling_a_plan_fails_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        vnuma_diags diags = { 0 };
        int rc;

        begin_plan();
        host.fail_call = ++fail_call;
        rc = settle_plan(&diags);
        num_calls = host.num_calls;
        CHECK_INT(rc, num_calls < fail_call ? 0 : VNUMA_ERROR_XEN);
        CHECK_UINT(diags.num_items, num_calls >= fail_call);
        vnuma_diags_dispose(&diags);
        end_plan();
    } while (num_calls >= fail_call);
    CHECK_UINT(fail_call, 21);
}

static const tap_case cases[] = {
    TAP_CASE(vnodes_are_taken),
    TAP_CASE(a_guest_may_have_none),
    TAP_CASE(affinities_are_taken),
    TAP_CASE(memory_is_taken),
    TAP_CASE(a_device_model_is_taken),
    TAP_CASE(names_and_devices_are_taken),
    TAP_CASE(an_image_gets_ranges_and_pnodes),
    TAP_CASE(an_image_is_not_changed_by_what_fails),
    TAP_CASE(a_plan_is_settled),
    TAP_CASE(video_memory_is_what_was_not_populated),
    TAP_CASE(settling_a_plan_fails_at_each_call),
};

int main(void)
{
    return TAP_RUN(cases);
}
