/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SRAT and SLIT for PVH guests.  When libxenguest allocates its special pages,
 * libxl's tables are in guest memory: the first of dom->acpi_modules is the
 * RSDP, which points to the XSDT.
 *
 *   info | libxl's tables | RSDP |  ours: XSDT' SRAT SLIT
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
#include "xen/hv/hv_xen.h"

#define PAGE_SIZE (UINT64_C(1) << VNUMA__PAGE_SHIFT)
#define PAGE_OFFSET(address) ((address) & (PAGE_SIZE - 1))

/* More than libxl's XSDT has. */
#define MAX_XSDT 1024u

/* Guest memory, mapped while it is read or written. */
typedef struct {
    xenforeignmemory_handle *fmem;
    uint8_t *map;
    size_t num_pages;
    uint8_t *bytes; /* at the address that was asked for */
} window;

static int window_open(window *w, uint32_t domid, uint64_t address, size_t len)
{
    xen_pfn_t pfns[VNUMA__ACPI_MAX_PAGES + 1];
    size_t i;

    memset(w, 0, sizeof(*w));
    w->num_pages = (PAGE_OFFSET(address) + len + PAGE_SIZE - 1) / PAGE_SIZE;
    if (w->num_pages > sizeof(pfns) / sizeof(pfns[0])) {
        errno = E2BIG;
        return -1;
    }
    for (i = 0; i < w->num_pages; i++)
        pfns[i] = (address >> VNUMA__PAGE_SHIFT) + i;
    w->fmem = xenforeignmemory_open(NULL, 0);
    if (!w->fmem)
        return -1;
    w->map = xenforeignmemory_map(w->fmem, domid, PROT_READ | PROT_WRITE,
                                  w->num_pages, pfns, NULL);
    if (!w->map) {
        int saved_errno = errno;

        xenforeignmemory_close(w->fmem);
        errno = saved_errno;
        w->fmem = NULL;
        return -1;
    }
    w->bytes = w->map + PAGE_OFFSET(address);
    return 0;
}

static void window_close(window *w)
{
    if (w->map)
        xenforeignmemory_unmap(w->fmem, w->map, w->num_pages);
    if (w->fmem)
        xenforeignmemory_close(w->fmem);
    memset(w, 0, sizeof(*w));
}

void vnuma__pvh_hide_vnodes(struct xc_dom_image *dom)
{
    dom->nr_vnodes = 0;
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

static int read_xsdt(struct xc_dom_image *dom, uint64_t address,
                     uint8_t xsdt[MAX_XSDT], uint32_t *len_r,
                     vnuma_diags *diags)
{
    window w;
    int rc;

    if (window_open(&w, dom->guest_domid, address, MAX_XSDT))
        return tables_refused(diags, "mapping the XSDT");
    *len_r = vnuma__acpi_table_length(w.bytes, "XSDT");
    if (*len_r && *len_r <= MAX_XSDT) {
        memcpy(xsdt, w.bytes, *len_r);
        rc = 0;
    } else {
        rc = tables_strange(diags, "the RSDP does not point to an XSDT");
    }
    window_close(&w);
    return rc;
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

static int put_tables(struct xc_dom_image *dom, uint32_t pnode,
                      uint64_t address, const uint8_t *tables, size_t len,
                      vnuma_diags *diags)
{
    size_t i, num_pages = (len + PAGE_SIZE - 1) / PAGE_SIZE;
    xen_pfn_t pfns[VNUMA__ACPI_MAX_PAGES];
    window w;

    for (i = 0; i < num_pages; i++)
        pfns[i] = (address >> VNUMA__PAGE_SHIFT) + i;
    if (xc_domain_populate_physmap_exact(dom->xch, dom->guest_domid, num_pages,
                                         0, XENMEMF_exact_node(pnode), pfns))
        return tables_refused(diags, "populating their pages");
    if (window_open(&w, dom->guest_domid, address, num_pages * PAGE_SIZE))
        return tables_refused(diags, "mapping their pages");
    memcpy(w.bytes, tables, num_pages * PAGE_SIZE);
    window_close(&w);
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

static int point_rsdp(struct xc_dom_image *dom, uint64_t rsdp, uint64_t xsdt,
                      vnuma_diags *diags)
{
    window w;

    if (window_open(&w, dom->guest_domid, rsdp, VNUMA__ACPI_RSDP))
        return tables_refused(diags, "mapping the RSDP");
    vnuma__acpi_rsdp_set(w.bytes, xsdt);
    window_close(&w);
    return 0;
}

static int find_xsdt(struct xc_dom_image *dom, uint64_t rsdp, uint64_t *xsdt_r,
                     vnuma_diags *diags)
{
    window w;

    if (!rsdp)
        return tables_strange(diags, "the guest has no ACPI tables (acpi=0?)");
    if (window_open(&w, dom->guest_domid, rsdp, VNUMA__ACPI_RSDP))
        return tables_refused(diags, "mapping the RSDP");
    *xsdt_r = vnuma__acpi_rsdp_get(w.bytes);
    window_close(&w);
    return *xsdt_r ? 0 : tables_strange(diags, "the guest's RSDP is invalid");
}

int vnuma__pvh_add_tables(struct xc_dom_image *dom, uint32_t pnode,
                          vnuma_diags *diags)
{
    uint64_t rsdp = dom->acpi_modules[0].guest_addr_out, xsdt, place;
    uint8_t tables[VNUMA__ACPI_MAX_BYTES], old[MAX_XSDT];
    vnuma__layout layout;
    vnuma__hv hv;
    uint32_t old_len;
    size_t len;
    int rc;

    vnuma__layout_init(&layout);
    vnuma__hv_xen_init(&hv, dom->xch);
    place = find_tables_place(dom);

    if (vnuma__hv_get_vnuma(&hv, dom->guest_domid, &layout))
        rc = tables_refused(diags, "asking Xen for the guest's vNUMA");
    else
        rc = find_xsdt(dom, rsdp, &xsdt, diags);
    if (!rc)
        rc = read_xsdt(dom, xsdt, old, &old_len, diags);
    if (!rc && vnuma__acpi_build(&layout, old, old_len, place, tables,
                                 sizeof(tables), &len))
        rc = tables_strange(diags, "the guest's XSDT is invalid");
    if (!rc)
        rc = put_tables(dom, pnode, place, tables, len, diags);
    if (!rc)
        rc = extend_memory_map(dom, place, place + len, diags);
    if (!rc)
        rc = point_rsdp(dom, rsdp, place, diags);
    vnuma__layout_dispose(&layout);
    return rc;
}
