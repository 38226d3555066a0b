/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libxenguest that is made up, next to xen-case.h: an image of domain 7, the
 * built-in steps of building it, and the part of its memory that has ACPI
 * tables.
 */
#ifndef VNUMA_TEST_IMAGE_CASE_H
#define VNUMA_TEST_IMAGE_CASE_H

#include "xen-case.h"

#include <xenforeignmemory.h>
#include <xenguest.h>

#include "layout/acpi.h"

/* Where libxl puts what a PVH guest is given for ACPI. */
#define ACPI_START UINT64_C(0xfc000000)
#define XSDT_AT UINT64_C(0xfc001fe0) /* over the end of a page */
#define RSDP_AT UINT64_C(0xfc009000)
#define NEW_AT UINT64_C(0xfc00a000)
#define NUM_PAGES 16 /* of guest memory that can be looked at */

static struct {
    struct xc_dom_arch builtin, *ours;
    struct xc_dom_image image; /* for finding the built-in hooks */
    unsigned int num_meminits, num_magics; /* of the built-in ones */
    uint8_t memory[NUM_PAGES << 12];
    unsigned int num_populated, mem_flags;
    struct e820entry map[6]; /* as Xen was told */
} fake;

/* ---- in place of libxenguest -------------------------------------------- */

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline,
                                     const char *features)
{
    (void)cmdline;
    (void)features;
    CHECK(xch == (xc_interface *)(void *)&host.mem);
    if (fails())
        return NULL;
    host.num_open++;
    return &fake.image;
}

void xc_dom_release(struct xc_dom_image *dom)
{
    CHECK(dom == &fake.image);
    host.num_open--;
}

int xc_dom_set_arch_hooks(struct xc_dom_image *dom)
{
    CHECK_STR(dom->guest_type, "hvm-3.0-x86_32");
    dom->arch_hooks = &fake.builtin;
    return fails() ? -1 : 0;
}

void xc_dom_register_arch_hooks(struct xc_dom_arch *hooks)
{
    fake.ours = hooks;
}

static int builtin_meminit(struct xc_dom_image *dom)
{
    (void)dom;
    fake.num_meminits++;
    return 0;
}

static int builtin_magic(struct xc_dom_image *dom)
{
    (void)dom;
    fake.num_magics++;
    return 0;
}

/* ---- in place of the guest's memory ------------------------------------- */

xenforeignmemory_handle *
xenforeignmemory_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    (void)logger;
    (void)open_flags;
    if (fails())
        return NULL;
    host.num_open++;
    return (xenforeignmemory_handle *)(void *)&fake;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
    (void)fmem;
    host.num_open--;
    return 0;
}

/* Only whole pages, one after the other, of what there is. */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t pages, const xen_pfn_t arr[],
                           int err[])
{
    uint64_t first = arr[0] - (ACPI_START >> 12);
    size_t i;

    (void)fmem;
    (void)prot;
    (void)err;
    CHECK_UINT(dom, DOMID);
    for (i = 0; i < pages; i++)
        CHECK_UINT(arr[i], arr[0] + i);
    if (fails() || first + pages > NUM_PAGES)
        return NULL;
    host.num_open += (unsigned int)pages;
    return fake.memory + (first << 12);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    (void)fmem;
    (void)addr;
    host.num_open -= (unsigned int)pages;
    return 0;
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long nr_extents,
                                     unsigned int extent_order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extent_start)
{
    unsigned long i;

    (void)xch;
    CHECK_UINT(domid, DOMID);
    CHECK_UINT(extent_order, 0);
    for (i = 0; i < nr_extents; i++)
        CHECK_UINT(extent_start[i], (NEW_AT >> 12) + i);
    fake.num_populated += (unsigned int)nr_extents;
    fake.mem_flags = mem_flags;
    return fails() ? -1 : 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
                             struct e820entry entries[], uint32_t nr_entries)
{
    (void)xch;
    CHECK_UINT(domid, DOMID);
    CHECK_UINT(nr_entries, 6);
    memcpy(fake.map, entries, sizeof(fake.map));
    return fails() ? -1 : 0;
}

/* ---- the guest ---------------------------------------------------------- */

static struct xc_dom_image dom;
static unsigned int pnodes[2];
static struct e820entry map[6];
static struct {
    unsigned int num_started, num_failed, num_populated;
    char id[32];
    uint64_t later_memkb;
    vnuma_membind membinds[2];
} told;

static void take_started(void *user, uint32_t domid)
{
    CHECK(user == &told);
    CHECK_UINT(domid, DOMID);
    told.num_started++;
}

static void take_failed(void *user, uint32_t domid, const vnuma_diags *diags)
{
    CHECK(user == &told);
    CHECK_UINT(domid, DOMID);
    told.num_failed++;
    REQUIRE(diags->num_items);
    snprintf(told.id, sizeof(told.id), "%s", vnuma_diags_at(diags, 0)->id);
}

static void take_populated(void *user, uint32_t domid,
                           const vnuma_xen_built *built)
{
    CHECK(user == &told);
    CHECK_UINT(domid, DOMID);
    CHECK_UINT(built->num_pages, host.mem.domains[0].num_pages);
    told.num_populated++;
}

static uint64_t say_later(void *user, uint32_t domid)
{
    (void)user;
    (void)domid;
    return told.later_memkb;
}

static bool say_membind(void *user, uint32_t domid, unsigned int vnode,
                        vnuma_membind *membind_r)
{
    (void)user;
    CHECK_UINT(domid, DOMID);
    *membind_r = told.membinds[vnode];
    return membind_r->policy != VNUMA_POLICY_STRICT;
}

static const vnuma_xen_hooks hooks = {
    .started = take_started,
    .failed = take_failed,
    .populated = take_populated,
    .later_memkb = say_later,
    .membind = say_membind,
    .user = &told,
};

/* Bytes whose sum is to be 0, which the byte at @at makes it. */
static void sum_up(uint8_t *bytes, size_t len, size_t at)
{
    uint8_t sum = 0;
    size_t i;

    bytes[at] = 0;
    for (i = 0; i < len; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[at] = (uint8_t)-sum;
}

/* As libxl has them: an RSDP, and an XSDT of one table. */
static void put_acpi(void)
{
    static const struct e820entry like[] = {
        { 0, 0xfc000000, 1 },        { 0xfeff8000, 0x8000, 2 },
        { RSDP_AT, 0x24, 4 },        { ACPI_START, 0x1000, 4 },
        { 0xfc001000, 0x8000, 4 },   { 0x100000000, 0x44000000, 1 },
    };
    uint8_t *rsdp = fake.memory + (RSDP_AT - ACPI_START);
    uint8_t *xsdt = fake.memory + (XSDT_AT - ACPI_START);
    uint64_t at = XSDT_AT;

    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = 2;
    rsdp[20] = 36;
    memcpy(rsdp + 24, &at, sizeof(at));
    sum_up(rsdp, 20, 8);
    sum_up(rsdp, 36, 32);
    memcpy(xsdt, "XSDT", 4);
    xsdt[4] = 44;
    xsdt[36] = 0x78;
    sum_up(xsdt, 44, 9);
    memcpy(map, like, sizeof(map));
    dom.e820 = map;
    dom.e820_entries = 6;
    dom.acpi_modules[0].guest_addr_out = RSDP_AT;
    dom.acpi_modules[0].length = 36;
    dom.acpi_modules[1].guest_addr_out = ACPI_START;
    dom.acpi_modules[1].length = 0x1000;
    dom.acpi_modules[2].guest_addr_out = 0xfc001000;
    dom.acpi_modules[2].length = 0x8000;
    /* What is not used has no length. */
    dom.acpi_modules[3].guest_addr_out = 0xffff0000;
}

static void begin(void)
{
    host_begin(1024 * MIB, 1024 * MIB);
    memset(&told, 0, sizeof(told));
    memset(&dom, 0, sizeof(dom));
    memset(fake.memory, 0, sizeof(fake.memory));
    fake.num_meminits = fake.num_magics = fake.num_populated = 0;
    dom.guest_domid = DOMID;
    dom.xch = (xc_interface *)(void *)&host.mem;
    dom.nr_vmemranges = dom.nr_vnodes = 2;
    pnodes[0] = 1;
    pnodes[1] = 0;
    dom.vnode_to_pnode = pnodes;
    dom.total_pages = dom.target_pages = 2 * VNODE_MEMKB / VNUMA__PAGE_KB;
    put_acpi();
}

static vnuma__mem_domain *domain(void)
{
    return &host.mem.domains[0];
}

static uint64_t pages_on(uint32_t pnode)
{
    uint64_t pages = 0;
    uint32_t i;

    for (i = 0; i < domain()->num_extents; i++)
        if (domain()->extents[i].pnode == pnode)
            pages += UINT64_C(1) << domain()->extents[i].order;
    return pages;
}

#endif
