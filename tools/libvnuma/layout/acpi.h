/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ACPI tables that tell a guest about its nodes: SRAT (the vnode of each
 * vcpu and memory range), SLIT (distances), and a copy of the XSDT that points
 * to them. HVM guests get theirs from hvmloader; PVH guests get these. ACPI
 * 6.4: 5.2.5.3 (RSDP), 5.2.8 (XSDT), 5.2.16 (SRAT), 5.2.17 (SLIT). Pure: bytes
 * in, bytes out, and every byte given to a guest is written here.
 */
#ifndef VNUMA_ACPI_H
#define VNUMA_ACPI_H

#include "base/acpi_bytes.h"
#include "layout/layout.h"

#define VNUMA__ACPI_RSDP 36u   /* length of an RSDP of revision 2 */

/* Whole pages for the largest tables that Xen's limits allow, and 96 KiB. */
#define VNUMA__ACPI_MAX_PAGES 29u
#define VNUMA__ACPI_MAX_BYTES                                                 \
    ((size_t)VNUMA__ACPI_MAX_PAGES << VNUMA__PAGE_SHIFT)

/* Returns the length in a table's header, or 0 for another table. */
uint32_t vnuma__acpi_table_length(const uint8_t header[VNUMA__ACPI_HEADER],
                                  const char signature[4]);

/*
 * Writes XSDT, SRAT, SLIT and more tables, one after the other, to @buffer,
 * which will be at guest-physical @address; the rest of @buffer is zeroed.
 * @xsdt: the guest's present XSDT, @xsdt_len bytes
 * @more: tables that can be walked by their lengths, @more_len bytes
 *
 * Returns 0, VNUMA_ERROR_CONFIG when @xsdt is not an XSDT or not whole, or
 * VNUMA_ERROR_NOMEM when @size is too small.
 */
int vnuma__acpi_build(const vnuma__layout *layout, const uint8_t *xsdt,
                      uint32_t xsdt_len, const uint8_t *more, size_t more_len,
                      uint64_t address, uint8_t *buffer, size_t size,
                      size_t *len_r);

/* Returns the XSDT's address in an RSDP; 0: not an RSDP, or no XSDT. */
uint64_t vnuma__acpi_rsdp_get(const uint8_t rsdp[VNUMA__ACPI_RSDP]);
/* Makes an RSDP point to another XSDT, with new checksums. */
void vnuma__acpi_rsdp_set(uint8_t rsdp[VNUMA__ACPI_RSDP], uint64_t xsdt);

#endif
