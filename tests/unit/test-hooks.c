/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of libxenguest that are ours: the memory of a guest, and for PVH
 * guests the tables that tell it of its nodes.  libxenguest is made up; each
 * call that is made meanwhile fails once.
 */
#include "config.h"

#include "image-case.h"
#include "tables-case.h"
#include "tables/kept.h"

/* ---- once for the process ----------------------------------------------- */

static void hooks_are_registered_once(void)
{
    unsigned int i;

    fake.ours = NULL; /* libxenguest has its own, as it is loaded */
    fake.builtin.meminit = builtin_meminit;
    fake.builtin.alloc_magic_pages = builtin_magic;
    fake.builtin.page_shift = 12;
    fake.builtin.next = &fake.builtin;
    host_begin(0, 0);
    for (i = 1; i <= 3; i++) {
        host.num_calls = 0;
        host.fail_call = i;
        CHECK_INT(vnuma_xen_hooks_register(&hooks),
                  i < 3 ? VNUMA_ERROR_NOMEM : VNUMA_ERROR_XEN);
        CHECK(i < 3 || errno == ENOTSUP);
    }
    fake.builtin.meminit = NULL;
    CHECK_INT(vnuma_xen_hooks_register(&hooks), VNUMA_ERROR_XEN);
    fake.builtin.meminit = builtin_meminit;
    CHECK(!fake.ours);
    CHECK_INT(vnuma_xen_hooks_register(&hooks), 0);
    REQUIRE(fake.ours);
    CHECK(!fake.ours->next);
    CHECK_INT(fake.ours->page_shift, 12);
    CHECK_INT(vnuma_xen_hooks_register(&hooks), VNUMA_ERROR_XEN);
    CHECK_INT(errno, EALREADY);
    host_end();
}

/* ---- memory ------------------------------------------------------------- */

static void memory_is_where_it_was_planned(void)
{
    begin();
    CHECK_INT(fake.ours->meminit(&dom), 0);
    CHECK_UINT(pages_on(0), VNODE_MEMKB / VNUMA__PAGE_KB);
    CHECK_UINT(pages_on(1), VNODE_MEMKB / VNUMA__PAGE_KB);
    CHECK_UINT(dom.p2m_size, 2 * VNODE_MEMKB / VNUMA__PAGE_KB);
    CHECK_UINT(told.num_started, 1);
    CHECK_UINT(told.num_populated, 1);
    CHECK_UINT(told.num_failed, 0);
    /* libxl is not to see vnodes of a PVH guest. */
    CHECK_UINT(dom.nr_vnodes, 0);
    CHECK_UINT(fake.num_meminits, 0);
    host_end();
}

static void a_device_model_leaves_the_vnodes(void)
{
    begin();
    dom.device_model = true;
    CHECK_INT(fake.ours->meminit(&dom), 0);
    CHECK_UINT(dom.nr_vnodes, 2);
    CHECK_UINT(domain()->num_pages, 2 * VNODE_MEMKB / VNUMA__PAGE_KB - 32);
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), 0);
    CHECK_UINT(fake.num_magics, 1);
    CHECK_UINT(fake.num_populated, 0);
    CHECK_UINT(told.num_failed, 0);
    host_end();
}

static void without_vnodes_nothing_is_ours(void)
{
    unsigned int i;

    for (i = 0; i < 2; i++) {
        begin();
        if (i)
            dom.nr_vnodes = 0;
        else
            dom.nr_vmemranges = 0;
        dom.device_model = true;
        CHECK_INT(fake.ours->meminit(&dom), 0);
        CHECK_INT(fake.ours->alloc_magic_pages(&dom), 0);
        CHECK_UINT(fake.num_meminits, 1);
        CHECK_UINT(fake.num_magics, 1);
        CHECK_UINT(told.num_started, 0);
        CHECK_UINT(domain()->num_pages, 0);
        host_end();
    }
}

/* Each vnode has two ranges, with borders within large pages. */
static void break_large_pages(void)
{
    static const uint64_t ends[] = { 129, 258, 385, 512 };
    vnuma__hv hv = { .backend = &host.mem };
    vnuma__layout layout = { 0 };
    uint64_t start = 0;
    unsigned int i;

    CHECK_INT(vnuma__layout_alloc(&layout, 4, 2, 4), 0);
    for (i = 0; i < 4; i++) {
        layout.vmemranges[i] =
            (vnuma__vmemrange){ start, ends[i] << 20, i % 2 };
        start = ends[i] << 20;
        layout.distances[i] = i % 3 ? 20 : 10;
        layout.vcpu_to_vnode[i] = i / 2;
    }
    CHECK_INT(vnuma__hv_set_vnuma(&hv, DOMID, &layout), 0);
    vnuma__layout_dispose(&layout);
    host.mem.num_calls = 0;
}

static void ranges_are_moved_for_large_pages(void)
{
    const vnuma__layout *layout;
    uint32_t i;

    begin();
    break_large_pages();
    CHECK_INT(fake.ours->meminit(&dom), 0);
    layout = &domain()->layout;
    for (i = 0; i < layout->num_vmemranges; i++)
        CHECK_UINT(layout->vmemranges[i].end % (2 << 20), 0);
    CHECK_UINT(vnuma__layout_memkb(layout, 0), VNODE_MEMKB);
    CHECK_UINT(vnuma__layout_memkb(layout, 1), VNODE_MEMKB);
    CHECK_UINT(pages_on(0), VNODE_MEMKB / VNUMA__PAGE_KB);
    CHECK_UINT(dom.p2m_size, 2 * VNODE_MEMKB / VNUMA__PAGE_KB);
    host_end();
}

static void policies_are_asked_for(void)
{
    begin();
    told.membinds[0] = (vnuma_membind){ .policy = VNUMA_POLICY_INTERLEAVE,
                                        .num_pnodes = 2,
                                        .pnodes = { 0, 1 } };
    /* It begins with another pnode than vnode 1's, or has none. */
    told.membinds[1] = (vnuma_membind){ .policy = VNUMA_POLICY_PREFERRED,
                                        .num_pnodes = 2,
                                        .pnodes = { 1, 0 } };
    CHECK_INT(fake.ours->meminit(&dom), 0);
    CHECK_UINT(pages_on(1), VNODE_MEMKB / VNUMA__PAGE_KB / 2);
    host_end();

    begin();
    told.membinds[1] = (vnuma_membind){ .policy = VNUMA_POLICY_INTERLEAVE };
    CHECK_INT(fake.ours->meminit(&dom), 0);
    CHECK_UINT(pages_on(1), VNODE_MEMKB / VNUMA__PAGE_KB);
    host_end();
}

/* Preferred memory that does not fit next to what comes later spills over. */
static void a_preferred_pnode_may_be_full(void)
{
    unsigned int i;

    for (i = 0; i < 2; i++) {
        begin();
        told.membinds[0] = (vnuma_membind){ .policy = VNUMA_POLICY_PREFERRED,
                                            .num_pnodes = 2,
                                            .pnodes = { 1, 0 } };
        host.mem.nodes[1] = (vnuma__mem_node){ 0 };
        host.mem.nodes[1].num_free[VNUMA__2M] = VNODE_MEMKB / MIB / 2 + 8;
        told.later_memkb = i ? 64 * MIB : 15 * MIB;
        CHECK_INT(fake.ours->meminit(&dom), 0);
        if (i)
            CHECK(pages_on(1) < VNODE_MEMKB / VNUMA__PAGE_KB);
        else
            CHECK_UINT(pages_on(1), VNODE_MEMKB / VNUMA__PAGE_KB);
        host_end();
    }
}

static void sizes_have_to_agree(void)
{
    unsigned int i;

    for (i = 0; i < 4; i++) {
        begin();
        if (i == 0)
            dom.total_pages++;
        else if (i == 1)
            dom.target_pages--;
        else if (i == 2)
            dom.total_pages = --dom.target_pages;
        else
            dom.nr_vnodes = 1;
        CHECK_INT(fake.ours->meminit(&dom), -1);
        CHECK_STR(told.id, "size-sum");
        CHECK_UINT(told.num_failed, 1);
        CHECK_UINT(domain()->num_pages, 0);
        CHECK_UINT(dom.p2m_size, 0);
        host_end();
    }
}

static void ranges_have_to_be_ranges(void)
{
    begin();
    domain()->layout.vmemranges[1].start = VNODE_MEMKB << 9;
    domain()->layout.vmemranges[1].end = 3 * VNODE_MEMKB << 9;
    CHECK_INT(fake.ours->meminit(&dom), -1);
    CHECK_STR(told.id, "bad-layout");
    host_end();
}

static void memory_fails_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        begin();
        break_large_pages();
        host.mem.fail_call = ++fail_call;
        host.mem.fail_errno = EPERM;
        fake.ours->meminit(&dom);
        num_calls = host.mem.num_calls;
        /* Cancelling what was claimed may fail, when all is there. */
        CHECK_UINT(told.num_populated + told.num_failed, 1);
        host_end();
    } while (num_calls >= fail_call);
    CHECK(fail_call > 5);
}

/* ---- tables ------------------------------------------------------------- */

static uint64_t get(uint64_t address, unsigned int bytes)
{
    uint64_t value = 0;

    memcpy(&value, fake.memory + (address - ACPI_START), bytes);
    return value;
}

static uint64_t entry(unsigned int number)
{
    return get(NEW_AT + 36 + 8 * number, 8);
}

static void a_pvh_guest_is_told_of_its_nodes(void)
{
    uint64_t end;

    begin();
    dom.nr_vnodes = 0;
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), 0);
    CHECK_UINT(fake.num_magics, 1);
    CHECK_UINT(told.num_failed, 0);
    CHECK_UINT(get(RSDP_AT + 24, 8), NEW_AT);
    CHECK(vnuma__acpi_rsdp_get(fake.memory + (RSDP_AT - ACPI_START)) ==
          NEW_AT);
    CHECK(!memcmp(fake.memory + (NEW_AT - ACPI_START), "XSDT", 4));
    CHECK_UINT(get(NEW_AT + 4, 4), 60);
    CHECK_UINT(entry(0), 0x78);
    CHECK(!memcmp(fake.memory + (entry(1) - ACPI_START), "SRAT", 4));
    CHECK(!memcmp(fake.memory + (entry(2) - ACPI_START), "SLIT", 4));
    end = entry(2) + get(entry(2) + 4, 4);
    CHECK_UINT(fake.num_populated, 1);
    CHECK_UINT(fake.mem_flags, XENMEMF_exact_node(1));
    CHECK_UINT(fake.map[2].addr, RSDP_AT);
    CHECK_UINT(fake.map[2].size, end - RSDP_AT);
    CHECK(!memcmp(fake.map, map, sizeof(map)));
    host_end();
}

static char *kept;

static const char *find_kept(uint32_t domid)
{
    CHECK_UINT(domid, DOMID);
    return kept;
}

/* More than fits into one page. */
static void tables_of_its_own_follow(void)
{
    table_file file = { .len = 0 };

    begin();
    dom.nr_vnodes = 0;
    add_table(&file, "HMAT", 40);
    add_table(&file, "SSDT", 4992);
    kept = vnuma__kept_format(file.bytes, file.len, true);
    vnuma__find_tables = find_kept;
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), 0);
    vnuma__find_tables = NULL;
    CHECK_UINT(get(NEW_AT + 4, 4), 76);
    CHECK(!memcmp(fake.memory + (entry(3) - ACPI_START), "HMAT", 4));
    CHECK(!memcmp(fake.memory + (entry(4) - ACPI_START), "SSDT", 4));
    CHECK_UINT(get(entry(4) + 4, 4), 4992);
    CHECK_UINT(fake.num_populated, 2);
    CHECK_UINT(fake.map[2].size, entry(4) + 4992 - RSDP_AT);
    free(kept);
    host_end();
}

static void damaged_tables_are_an_error(void)
{
    begin();
    dom.nr_vnodes = 0;
    kept = strdup("no tables");
    vnuma__find_tables = find_kept;
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), -1);
    CHECK_STR(told.id, "acpi-tables");
    vnuma__find_tables = NULL;
    free(kept);
    host_end();
}

static void no_rsdp(void)
{
    dom.acpi_modules[0].guest_addr_out = 0;
}

static void bad_rsdp(void)
{
    fake.memory[RSDP_AT - ACPI_START + 30]++;
}

static void bad_xsdt(void)
{
    fake.memory[XSDT_AT - ACPI_START]++;
}

static void long_xsdt(void)
{
    fake.memory[XSDT_AT - ACPI_START + 4] = 1;
    fake.memory[XSDT_AT - ACPI_START + 5] = 4;
    sum_up(fake.memory + (XSDT_AT - ACPI_START), 1025, 9);
}

static void wrong_xsdt(void)
{
    fake.memory[XSDT_AT - ACPI_START + 12]++;
}

static void no_place(void)
{
    map[2].type = map[3].type = map[4].type = 2;
}

static void strange_tables_are_an_error(void)
{
    static void (*const makes[])(void) = { no_rsdp,   bad_rsdp,   bad_xsdt,
                                           long_xsdt, wrong_xsdt, no_place };
    unsigned int i;

    for (i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
        begin();
        dom.nr_vnodes = 0;
        makes[i]();
        CHECK_INT(fake.ours->alloc_magic_pages(&dom), -1);
        CHECK_STR(told.id, "acpi-tables");
        CHECK_UINT(fake.num_magics, 0);
        CHECK_UINT(told.num_failed, 1);
        host_end();
    }
}

static void the_longest_xsdt_is_fine(void)
{
    uint8_t *xsdt = fake.memory + (XSDT_AT - ACPI_START);

    begin();
    dom.nr_vnodes = 0;
    xsdt[4] = 0;
    xsdt[5] = 4;
    sum_up(xsdt, 1024, 9);
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), 0);
    CHECK_UINT(get(NEW_AT + 4, 4), 1040);
    host_end();
}

static void tables_fail_at_each_call(void)
{
    unsigned int fail_call = 0, num_calls;

    do {
        begin();
        dom.nr_vnodes = 0;
        host.fail_call = ++fail_call;
        CHECK_INT(fake.ours->alloc_magic_pages(&dom),
                  host.num_calls < fail_call ? 0 : -1);
        num_calls = host.num_calls;
        CHECK(num_calls < fail_call || !strcmp(told.id, "xen-refused"));
        CHECK_UINT(told.num_failed, num_calls >= fail_call);
        CHECK_UINT(fake.num_magics, num_calls < fail_call);
        host_end();
    } while (num_calls >= fail_call);
    CHECK_UINT(fail_call, 11);

    begin();
    dom.nr_vnodes = 0;
    host.mem.fail_call = 1;
    host.mem.fail_errno = EPERM;
    CHECK_INT(fake.ours->alloc_magic_pages(&dom), -1);
    CHECK_STR(told.id, "xen-refused");
    host_end();
}

static const tap_case cases[] = {
    TAP_CASE(hooks_are_registered_once), /* before all others */
    TAP_CASE(memory_is_where_it_was_planned),
    TAP_CASE(a_device_model_leaves_the_vnodes),
    TAP_CASE(without_vnodes_nothing_is_ours),
    TAP_CASE(ranges_are_moved_for_large_pages),
    TAP_CASE(policies_are_asked_for),
    TAP_CASE(a_preferred_pnode_may_be_full),
    TAP_CASE(sizes_have_to_agree),
    TAP_CASE(ranges_have_to_be_ranges),
    TAP_CASE(memory_fails_at_each_call),
    TAP_CASE(a_pvh_guest_is_told_of_its_nodes),
    TAP_CASE(tables_of_its_own_follow),
    TAP_CASE(damaged_tables_are_an_error),
    TAP_CASE(strange_tables_are_an_error),
    TAP_CASE(the_longest_xsdt_is_fine),
    TAP_CASE(tables_fail_at_each_call),
};

int main(void)
{
    return TAP_RUN(cases);
}
