/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of ACPI tables (ACPI 6.5, 5.2.6): little-endian fields, and a header
 * that all tables begin with, whose checksum makes the sum of all bytes zero.
 */
#ifndef VNUMA_ACPI_BYTES_H
#define VNUMA_ACPI_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define VNUMA__ACPI_HEADER 36u /* length of every table's header */

/* Offsets in a table's header; its signature is first. */
enum {
    VNUMA__TABLE_LENGTH = 4,
    VNUMA__TABLE_REVISION = 8,
    VNUMA__TABLE_CHECKSUM = 9,
    VNUMA__TABLE_OEM_ID = 10, /* 6 bytes, then table id (8), revision (4) */
    VNUMA__TABLE_CREATOR_ID = 28,
};

static inline void vnuma__acpi_put(uint8_t *at, uint64_t value,
                                   unsigned int bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

static inline uint64_t vnuma__acpi_get(const uint8_t *at, unsigned int bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

static inline uint8_t vnuma__acpi_sum(const uint8_t *bytes, size_t len)
{
    uint8_t total = 0;

    while (len--)
        total += *bytes++;
    return total;
}

static inline void vnuma__acpi_set_checksum(uint8_t *bytes, size_t len,
                                            unsigned int at)
{
    bytes[at] = 0;
    bytes[at] = -vnuma__acpi_sum(bytes, len);
}

#endif
