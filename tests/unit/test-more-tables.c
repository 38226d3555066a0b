/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ACPI tables that an HVM guest is given, in the steps of its build.  Of
 * libxenguest there is what finds a place, made up here.
 */
#include "config.h"

#include "xen/build/built.h"

#include <errno.h>
#include <xenguest.h>

#include "tables-case.h"
#include "tables/kept.h"

#define MMIO_START UINT64_C(0xf0000000)

static uint8_t memory[4096];
static uint64_t place; /* 0: there is none */

int xc_dom_alloc_segment(struct xc_dom_image *dom, struct xc_dom_seg *seg,
                         const char *name, xen_vaddr_t start, xen_vaddr_t size)
{
    (void)dom;
    (void)name;
    CHECK_UINT(start, 0);
    CHECK(size <= sizeof(memory));
    memset(seg, 0, sizeof(*seg));
    seg->vstart = place;
    seg->vend = place + size;
    return place ? 0 : -1;
}

void *xc_dom_pfn_to_ptr(struct xc_dom_image *dom, xen_pfn_t first,
                        xen_pfn_t count)
{
    (void)dom;
    (void)first;
    (void)count;
    return memory;
}

static char *kept; /* what each guest but domain 9 gets */

static const char *find(uint32_t domid)
{
    return domid == 9 ? NULL : kept;
}

static void make_kept(table_file *file)
{
    file->len = 0;
    add_table(file, "HMAT", 40);
    add_table(file, "SSDT", 37);
    free(kept);
    kept = vnuma__kept_format(file->bytes, file->len, true);
    vnuma__find_tables = find;
}

static void make_image(struct xc_dom_image *dom, uint32_t domid)
{
    static uint8_t module[64];

    memset(dom, 0, sizeof(*dom));
    dom->guest_domid = domid;
    dom->device_model = true;
    dom->mmio_start = MMIO_START;
    dom->acpi_modules[0].data = module;
    dom->acpi_modules[0].length = sizeof(module);
}

/* They are libxl's to tell hvmloader of, after the build. */
static void they_stand_where_libxl_looks(void)
{
    static struct xc_dom_image dom;
    vnuma_diags diags = { 0 };
    table_file file;
    uint8_t *bytes;
    size_t len;

    make_kept(&file);
    make_image(&dom, 7);
    vnuma__hvm_leave_out_module(&dom);
    CHECK_UINT(dom.acpi_modules[0].length, 0);
    REQUIRE(!vnuma__more_tables(7, &bytes, &len, &diags));
    CHECK_UINT(len, file.len);
    place = 0x200000;
    CHECK_INT(vnuma__hvm_add_tables(&dom, bytes, len, &diags), 0);
    CHECK_UINT(dom.acpi_modules[0].length, file.len);
    CHECK_UINT(dom.acpi_modules[0].guest_addr_out, 0x200000);
    CHECK(!memcmp(memory, file.bytes, file.len));
    CHECK_UINT(diags.num_items, 0);
    free(bytes);
}

static void other_guests_keep_libxls_module(void)
{
    static struct xc_dom_image dom;
    vnuma_diags diags = { 0 };
    table_file file;
    uint8_t *bytes;
    size_t len;

    make_kept(&file);
    make_image(&dom, 9);
    vnuma__hvm_leave_out_module(&dom);
    CHECK_UINT(dom.acpi_modules[0].length, 64);
    CHECK_INT(vnuma__more_tables(9, &bytes, &len, &diags), 0);
    CHECK(!bytes && !len);
    vnuma__find_tables = NULL;
    make_image(&dom, 7);
    vnuma__hvm_leave_out_module(&dom);
    CHECK_UINT(dom.acpi_modules[0].length, 64);
    CHECK_INT(vnuma__more_tables(7, &bytes, &len, &diags), 0);
    CHECK(!bytes && !len);
}

/* A PVH guest's modules are the tables that it has. */
static void a_pvh_guests_modules_stay(void)
{
    static struct xc_dom_image dom;
    table_file file;

    make_kept(&file);
    make_image(&dom, 7);
    dom.device_model = false;
    vnuma__hvm_leave_out_module(&dom);
    CHECK_UINT(dom.acpi_modules[0].length, 64);
}

static void no_place_is_an_error(void)
{
    static struct xc_dom_image dom;
    vnuma_diags diags = { 0 };
    table_file file;

    make_kept(&file);
    make_image(&dom, 7);
    vnuma__hvm_leave_out_module(&dom);
    place = 0;
    CHECK_INT(vnuma__hvm_add_tables(&dom, file.bytes, file.len, &diags),
              VNUMA_ERROR_XEN);
    CHECK_UINT(diags.num_errors, 1);
    place = MMIO_START - 76;
    CHECK_INT(vnuma__hvm_add_tables(&dom, file.bytes, file.len, &diags),
              VNUMA_ERROR_XEN);
    CHECK_UINT(dom.acpi_modules[0].length, 0);
    place = MMIO_START - 77;
    CHECK_INT(vnuma__hvm_add_tables(&dom, file.bytes, file.len, &diags), 0);
    vnuma_diags_dispose(&diags);
}

static void damaged_tables_are_an_error(void)
{
    vnuma_diags diags = { 0 };
    table_file file;
    uint8_t *bytes;
    size_t len;

    make_kept(&file);
    kept[strlen(kept) - 1] = '!';
    CHECK_INT(vnuma__more_tables(7, &bytes, &len, &diags),
              VNUMA_ERROR_CONFIG);
    CHECK_UINT(diags.num_errors, 1);
    CHECK(!bytes);
    vnuma_diags_dispose(&diags);
}

static const tap_case cases[] = {
    TAP_CASE(they_stand_where_libxl_looks),
    TAP_CASE(other_guests_keep_libxls_module),
    TAP_CASE(a_pvh_guests_modules_stay),
    TAP_CASE(no_place_is_an_error),
    TAP_CASE(damaged_tables_are_an_error),
};

int main(void)
{
    int failed = TAP_RUN(cases);

    free(kept);
    return failed;
}
