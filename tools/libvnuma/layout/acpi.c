/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of ACPI tables.  Fields are written one by one, little-endian, over
 * zeroes: no struct is copied, so no padding bytes of ours reach a guest.
 */
#include "config.h"

#include "layout/acpi.h"

#include <string.h>

/* Offsets in an RSDP. */
enum {
    RSDP_CHECKSUM = 8, /* of the first 20 bytes */
    RSDP_REVISION = 15,
    RSDP_LENGTH = 20,
    RSDP_XSDT = 24,
    RSDP_EXTENDED_CHECKSUM = 32, /* of all bytes */
};

#define RSDP_1_SIZE 20u

#define SRAT_REVISION 3
#define SRAT_FIXED (VNUMA__ACPI_HEADER + 12)
#define SRAT_CPU_TYPE 0
#define SRAT_CPU_SIZE 16
#define SRAT_MEMORY_TYPE 1
#define SRAT_MEMORY_SIZE 40
#define SRAT_ENABLED 1

#define SLIT_REVISION 1
#define SLIT_FIXED (VNUMA__ACPI_HEADER + 8)

#define TABLE_LENGTH VNUMA__TABLE_LENGTH
#define TABLE_REVISION VNUMA__TABLE_REVISION
#define TABLE_CHECKSUM VNUMA__TABLE_CHECKSUM
#define TABLE_OEM_ID VNUMA__TABLE_OEM_ID
#define TABLE_CREATOR_ID VNUMA__TABLE_CREATOR_ID
#define put vnuma__acpi_put
#define get vnuma__acpi_get
#define sum vnuma__acpi_sum
#define set_checksum vnuma__acpi_set_checksum

uint32_t vnuma__acpi_table_length(const uint8_t header[VNUMA__ACPI_HEADER],
                                  const char signature[4])
{
    uint32_t length = get(header + TABLE_LENGTH, 4);

    if (memcmp(header, signature, 4) || length < VNUMA__ACPI_HEADER)
        return 0;
    return length;
}

/* Takes the OEM fields from the XSDT, so that all tables name one maker. */
static void put_header(uint8_t *table, const char signature[4],
                       uint8_t revision, uint32_t length, const uint8_t *xsdt)
{
    memcpy(table, signature, 4);
    put(table + TABLE_LENGTH, length, 4);
    table[TABLE_REVISION] = revision;
    memcpy(table + TABLE_OEM_ID, xsdt + TABLE_OEM_ID,
           TABLE_CREATOR_ID - TABLE_OEM_ID);
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): four bytes */
    memcpy(table + TABLE_CREATOR_ID, "VNUM", 4);
}

static uint32_t srat_size(const vnuma__layout *layout)
{
    return SRAT_FIXED + layout->num_vcpus * SRAT_CPU_SIZE +
           layout->num_vmemranges * SRAT_MEMORY_SIZE;
}

static uint32_t slit_size(const vnuma__layout *layout)
{
    return SLIT_FIXED + layout->num_vnodes * layout->num_vnodes;
}

/* A vnode's number is its proximity domain, stored as 8 bits and 24 bits. */
static void put_srat_cpu(uint8_t *at, uint32_t vcpu, uint32_t vnode)
{
    at[0] = SRAT_CPU_TYPE;
    at[1] = SRAT_CPU_SIZE;
    at[2] = vnode;
    at[3] = 2 * vcpu; /* the APIC id that Xen gives it */
    put(at + 4, SRAT_ENABLED, 4);
    put(at + 9, vnode >> 8, 3);
}

static void put_srat_memory(uint8_t *at, const vnuma__vmemrange *range)
{
    at[0] = SRAT_MEMORY_TYPE;
    at[1] = SRAT_MEMORY_SIZE;
    put(at + 2, range->vnode, 4);
    put(at + 8, range->start, 8);
    put(at + 16, range->end - range->start, 8);
    put(at + 28, SRAT_ENABLED, 4);
}

static void put_srat(uint8_t *table, const vnuma__layout *layout,
                     const uint8_t *xsdt)
{
    uint8_t *at = table + SRAT_FIXED;
    uint32_t i, size = srat_size(layout);

    put_header(table, "SRAT", SRAT_REVISION, size, xsdt);
    put(table + VNUMA__ACPI_HEADER, 1, 4); /* reserved, must be 1 */
    for (i = 0; i < layout->num_vcpus; i++, at += SRAT_CPU_SIZE)
        put_srat_cpu(at, i, layout->vcpu_to_vnode[i]);
    for (i = 0; i < layout->num_vmemranges; i++, at += SRAT_MEMORY_SIZE)
        put_srat_memory(at, &layout->vmemranges[i]);
    set_checksum(table, size, TABLE_CHECKSUM);
}

static void put_slit(uint8_t *table, const vnuma__layout *layout,
                     const uint8_t *xsdt)
{
    uint32_t i, n = layout->num_vnodes, size = slit_size(layout);

    put_header(table, "SLIT", SLIT_REVISION, size, xsdt);
    put(table + VNUMA__ACPI_HEADER, n, 8);
    for (i = 0; i < n * n; i++)
        table[SLIT_FIXED + i] = layout->distances[i];
    set_checksum(table, size, TABLE_CHECKSUM);
}

static uint32_t align_16(uint32_t offset)
{
    return (offset + 15) & ~15u;
}

/* How many there are, and the bytes that they take, aligned as ours are. */
static uint32_t num_tables(const uint8_t *tables, size_t len, uint32_t *size_r)
{
    uint32_t num = 0, table_len;
    size_t at;

    *size_r = 0;
    for (at = 0; at < len; at += table_len, num++) {
        table_len = get(tables + at + TABLE_LENGTH, 4);
        *size_r += align_16(table_len);
    }
    return num;
}

/* With an entry for each in the XSDT from @entries on. */
static void put_more(uint8_t *buffer, uint32_t offset, uint8_t *entries,
                     uint64_t address, const uint8_t *more, size_t more_len)
{
    uint32_t len;

    for (; more_len; more += len, more_len -= len, entries += 8) {
        len = get(more + TABLE_LENGTH, 4);
        memcpy(buffer + offset, more, len);
        put(entries, address + offset, 8);
        offset += align_16(len);
    }
}

int vnuma__acpi_build(const vnuma__layout *layout, const uint8_t *xsdt,
                      uint32_t xsdt_len, const uint8_t *more, size_t more_len,
                      uint64_t address, uint8_t *buffer, size_t size,
                      size_t *len_r)
{
    uint32_t more_size, num_more = num_tables(more, more_len, &more_size);
    uint32_t new_len = xsdt_len + (2 + num_more) * sizeof(uint64_t);
    uint32_t srat, slit, rest, end;

    if (xsdt_len < VNUMA__ACPI_HEADER || xsdt_len > size ||
        vnuma__acpi_table_length(xsdt, "XSDT") != xsdt_len ||
        sum(xsdt, xsdt_len))
        return VNUMA_ERROR_CONFIG;
    srat = align_16(new_len);
    slit = align_16(srat + srat_size(layout));
    rest = align_16(slit + slit_size(layout));
    end = num_more ? rest + more_size : slit + slit_size(layout);
    if (end > size)
        return VNUMA_ERROR_NOMEM;

    memset(buffer, 0, size);
    memcpy(buffer, xsdt, xsdt_len);
    put(buffer + xsdt_len, address + srat, 8);
    put(buffer + xsdt_len + 8, address + slit, 8);
    put_more(buffer, rest, buffer + xsdt_len + 16, address, more, more_len);
    put(buffer + TABLE_LENGTH, new_len, 4);
    set_checksum(buffer, new_len, TABLE_CHECKSUM);
    put_srat(buffer + srat, layout, xsdt);
    put_slit(buffer + slit, layout, xsdt);
    *len_r = end;
    return 0;
}

uint64_t vnuma__acpi_rsdp_get(const uint8_t rsdp[VNUMA__ACPI_RSDP])
{
    if (memcmp(rsdp, "RSD PTR ", 8) || rsdp[RSDP_REVISION] < 2 ||
        get(rsdp + RSDP_LENGTH, 4) != VNUMA__ACPI_RSDP ||
        sum(rsdp, RSDP_1_SIZE) || sum(rsdp, VNUMA__ACPI_RSDP))
        return 0;
    return get(rsdp + RSDP_XSDT, 8);
}

void vnuma__acpi_rsdp_set(uint8_t rsdp[VNUMA__ACPI_RSDP], uint64_t xsdt)
{
    put(rsdp + RSDP_XSDT, xsdt, 8);
    set_checksum(rsdp, RSDP_1_SIZE, RSDP_CHECKSUM);
    set_checksum(rsdp, VNUMA__ACPI_RSDP, RSDP_EXTENDED_CHECKSUM);
}
