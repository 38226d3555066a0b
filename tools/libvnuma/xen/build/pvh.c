/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SRAT and SLIT for PVH guests, and tables that they are given in addition.
 * When libxenguest allocates its special pages, libxl's tables are in guest
 * memory: the first of dom->acpi_modules is the RSDP, which points to the
 * XSDT.
 *
 *   info | libxl's tables | RSDP |  ours: XSDT' SRAT SLIT ...
 *                           |       ^
 *                           +-------+   (the old XSDT stays, unused)
 *
 * The memory map's last ACPI entry is extended over our pages.
 */
#include "config.h"

#include "xen/build/built.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xenguest.h>

#include "layout/acpi.h"

#define PAGE_SIZE (UINT64_C(1) << VNUMA__PAGE_SHIFT)
#define PAGE_OFFSET(address) ((address) & (PAGE_SIZE - 1))

/* More than libxl's XSDT has. */
#define MAX_XSDT 1024u

/* Reads, or writes, bytes of the guest's memory. */
static int copy_bytes(const struct xc_dom_image *dom, uint64_t address,
                      void *bytes, size_t len, bool write)
{
    size_t num_pages =
        (PAGE_OFFSET(address) + len + PAGE_SIZE - 1) / PAGE_SIZE;
    xen_pfn_t pfns[VNUMA__ACPI_MAX_PAGES + 1];
    xenforeignmemory_handle *fmem;
    int saved_errno;
    uint8_t *map;
    size_t i;

    if (num_pages > sizeof(pfns) / sizeof(pfns[0])) {
        errno = E2BIG;
        return -1;
    }
    for (i = 0; i < num_pages; i++)
        pfns[i] = (address >> VNUMA__PAGE_SHIFT) + i;
    fmem = xenforeignmemory_open(NULL, 0);
    if (!fmem)
        return -1;
    map = xenforeignmemory_map(fmem, dom->guest_domid, PROT_READ | PROT_WRITE,
                               num_pages, pfns, NULL);
    saved_errno = errno;
    if (map && write)
        memcpy(map + PAGE_OFFSET(address), bytes, len);
    else if (map)
        memcpy(bytes, map + PAGE_OFFSET(address), len);
    if (map)
        xenforeignmemory_unmap(fmem, map, num_pages);
    xenforeignmemory_close(fmem);
    errno = saved_errno;
    return map ? 0 : -1;
}

bool vnuma__pvh_is_hidden(const struct xc_dom_image *dom)
{
    return !dom->device_model && dom->nr_vmemranges && !dom->nr_vnodes;
}

static int tables_refused(vnuma_diags *diags, const char *what)
{
    return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                       "adding the guest's SRAT and SLIT: %s: %s", what,
                       strerror(errno));
}

static int tables_strange(vnuma_diags *diags, const char *what)
{
    return vnuma__fail(diags, VNUMA_ERROR_CONFIG, "acpi-tables",
                       "adding the guest's SRAT and SLIT: %s", what);
}

static int read_tables(const struct xc_dom_image *dom,
                       uint8_t rsdp[VNUMA__ACPI_RSDP], uint8_t xsdt[MAX_XSDT],
                       vnuma_diags *diags)
{
    uint64_t rsdp_at = dom->acpi_modules[0].guest_addr_out, xsdt_at;
    uint32_t len;

    if (!rsdp_at)
        return tables_strange(diags, "the guest has no ACPI tables (acpi=0?)");
    if (copy_bytes(dom, rsdp_at, rsdp, VNUMA__ACPI_RSDP, false))
        return tables_refused(diags, "mapping the RSDP");
    xsdt_at = vnuma__acpi_rsdp_get(rsdp);
    if (!xsdt_at)
        return tables_strange(diags, "the guest's RSDP is invalid");
    if (copy_bytes(dom, xsdt_at, xsdt, MAX_XSDT, false))
        return tables_refused(diags, "mapping the XSDT");
    len = vnuma__acpi_table_length(xsdt, "XSDT");
    if (!len || len > MAX_XSDT)
        return tables_strange(diags, "the RSDP does not point to an XSDT");
    return 0;
}

/* Returns the first page after all that libxl put into the guest for ACPI. */
static uint64_t find_tables_place(const struct xc_dom_image *dom)
{
    uint64_t end, place = 0;
    unsigned int i;

    for (i = 0; i < MAX_ACPI_MODULES; i++) {
        end =
            dom->acpi_modules[i].guest_addr_out + dom->acpi_modules[i].length;
        if (dom->acpi_modules[i].length && end > place)
            place = end;
    }
    return (place + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* To be used again by the guest once it has read them, up to Xen 4.20; since
 * 4.21 never, because Xen's AML code reads them. */
#define E820_TYPE_ACPI 3u
#define E820_TYPE_NVS 4u

struct e820entry *vnuma__pvh_find_tables(struct e820entry *map,
                                         unsigned int num_entries,
                                         uint64_t end)
{
    struct e820entry *entry, *last = NULL;

    for (entry = map; entry < map + num_entries; entry++)
        if ((entry->type == E820_TYPE_ACPI || entry->type == E820_TYPE_NVS) &&
            entry->addr < end && (!last || entry->addr > last->addr))
            last = entry;
    return last;
}

static int put_tables(struct xc_dom_image *dom, uint32_t pnode,
                      uint64_t address, uint8_t *tables, size_t len,
                      vnuma_diags *diags)
{
    size_t i, num_pages = (len + PAGE_SIZE - 1) / PAGE_SIZE;
    xen_pfn_t pfns[VNUMA__ACPI_MAX_PAGES];

    for (i = 0; i < num_pages; i++)
        pfns[i] = (address >> VNUMA__PAGE_SHIFT) + i;
    if (xc_domain_populate_physmap_exact(dom->xch, dom->guest_domid, num_pages,
                                         0, XENMEMF_exact_node(pnode), pfns))
        return tables_refused(diags, "populating their pages");
    if (copy_bytes(dom, address, tables, num_pages * PAGE_SIZE, true))
        return tables_refused(diags, "mapping their pages");
    return 0;
}

/* The memory map goes to Xen here, and into the start info later. */
static int extend_memory_map(struct xc_dom_image *dom, uint64_t start,
                             uint64_t end, vnuma_diags *diags)
{
    struct e820entry *last =
        vnuma__pvh_find_tables(dom->e820, dom->e820_entries, start);

    if (!last)
        return tables_strange(diags, "the memory map has no place for tables");
    last->size = end - last->addr;
    if (xc_domain_set_memory_map(dom->xch, dom->guest_domid, dom->e820,
                                 dom->e820_entries))
        return tables_refused(diags, "extending the memory map");
    return 0;
}

/* Adds them, once they are made, and lets the RSDP point to them. */
static int add_made(struct xc_dom_image *dom, uint32_t pnode, uint64_t place,
                    uint8_t *tables, size_t len,
                    uint8_t rsdp[VNUMA__ACPI_RSDP], vnuma_diags *diags)
{
    int rc = put_tables(dom, pnode, place, tables, len, diags);

    if (!rc)
        rc = extend_memory_map(dom, place, place + len, diags);
    if (rc)
        return rc;
    vnuma__acpi_rsdp_set(rsdp, place);
    if (copy_bytes(dom, dom->acpi_modules[0].guest_addr_out, rsdp,
                   VNUMA__ACPI_RSDP, true))
        return tables_refused(diags, "mapping the RSDP");
    return 0;
}

int vnuma__pvh_add_tables(struct xc_dom_image *dom, uint32_t pnode,
                          const uint8_t *more, size_t more_len,
                          vnuma_diags *diags)
{
    uint8_t rsdp[VNUMA__ACPI_RSDP], xsdt[MAX_XSDT];
    uint8_t *tables = malloc(VNUMA__ACPI_MAX_BYTES);
    uint64_t place = find_tables_place(dom);
    vnuma__layout layout = { 0 };
    vnuma__hv hv = { .backend = dom->xch };
    size_t len;
    int rc;

    if (!tables)
        rc = vnuma__fail(diags, VNUMA_ERROR_NOMEM, "no-memory",
                         "this program got no memory");
    else if (vnuma__hv_get_vnuma(&hv, dom->guest_domid, &layout))
        rc = tables_refused(diags, "asking Xen for the guest's vNUMA");
    else
        rc = read_tables(dom, rsdp, xsdt, diags);
    if (!rc && vnuma__acpi_build(&layout, xsdt,
                                 vnuma__acpi_table_length(xsdt, "XSDT"), more,
                                 more_len, place, tables,
                                 VNUMA__ACPI_MAX_BYTES, &len))
        rc = tables_strange(diags, "the guest's XSDT is invalid");
    if (!rc)
        rc = add_made(dom, pnode, place, tables, len, rsdp, diags);
    vnuma__layout_dispose(&layout);
    free(tables);
    return rc;
}
