/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of ACPI tables, right and wrong. */
#ifndef VNUMA_TEST_TABLES_CASE_H
#define VNUMA_TEST_TABLES_CASE_H

#include "base/acpi_bytes.h"
#include "tap.h"

typedef struct {
    uint8_t bytes[8192];
    size_t len;
} table_file;

/* One more, of that length, with a right checksum; returns where it is. */
static inline uint8_t *add_table(table_file *file, const char *signature,
                                 uint32_t len)
{
    uint8_t *table = file->bytes + file->len;

    memset(table, 0, len);
    memcpy(table, signature, 4);
    vnuma__acpi_put(table + VNUMA__TABLE_LENGTH, len, 4);
    table[VNUMA__TABLE_REVISION] = 1;
    vnuma__acpi_set_checksum(table, len, VNUMA__TABLE_CHECKSUM);
    file->len += len;
    return table;
}

/* "X00A", "X00B" ..: tables of no kind, that no machine has. */
static inline void add_tables(table_file *file, unsigned int num)
{
    char signature[5] = "X00A";
    unsigned int i;

    for (i = 0; i < num; i++, signature[3]++)
        add_table(file, signature, 40);
}

#endif
