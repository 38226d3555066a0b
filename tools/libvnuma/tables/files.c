/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks files of ACPI tables; see files.h. */
#include "config.h"

#include "tables/files.h"

#include <inttypes.h>
#include <string.h>

#include "base/acpi_bytes.h"

typedef struct {
    vnuma__tables *tables;
    const uint8_t *bytes;
    size_t len;
    const char *name;
    vnuma_span span;
    vnuma_diags *diags;
    unsigned int num; /* of the table that is looked at, from 1 */
} file_reader;

#define report(r, id, ...) vnuma__error((r)->diags, id, (r)->span, __VA_ARGS__)

/* What hvmloader, or libxl and we for PVH, build. */
static bool is_built(const vnuma__tables *tables, const uint8_t *signature)
{
    static const char built[][5] = {
        "RSDT", "XSDT", "FACP", "FACS", "DSDT", "APIC",
        "HPET", "WAET", "TCPA", "TPM2",
    };
    unsigned int i;

    for (i = 0; i < sizeof(built) / sizeof(built[0]); i++)
        if (!memcmp(signature, built[i], 4))
            return true;
    return !tables->without_vnuma && (!memcmp(signature, "SRAT", 4) ||
                                      !memcmp(signature, "SLIT", 4));
}

/* Of which a machine may have several. */
static bool may_repeat(const uint8_t *signature)
{
    return !memcmp(signature, "SSDT", 4) || !memcmp(signature, "PSDT", 4) ||
           !memcmp(signature, "UEFI", 4) || !memcmp(signature, "OEM", 3);
}

static bool is_printable(const uint8_t *signature)
{
    unsigned int i;

    for (i = 0; i < 4; i++)
        if (signature[i] < ' ' || signature[i] > '~')
            return false;
    return true;
}

#define SIGNATURE(table) 4, (const char *)(table)

/* Whether the walk of hvmloader goes on after this table, and ends. */
static bool is_length_right(file_reader *r, const uint8_t *table, size_t left)
{
    uint32_t len;

    if (left < VNUMA__ACPI_HEADER) {
        report(r, "acpi-table",
               "%s: the last %zu byte%s %s no table: one has at least %u",
               r->name, left, left == 1 ? "" : "s", left == 1 ? "is" : "are",
               VNUMA__ACPI_HEADER);
        return false;
    }
    if (!is_printable(table)) {
        report(r, "acpi-table",
               "%s: table %u has a signature that is not four printable "
               "letters: %02x %02x %02x %02x",
               r->name, r->num, table[0], table[1], table[2], table[3]);
        return false;
    }
    len = (uint32_t)vnuma__acpi_get(table + VNUMA__TABLE_LENGTH, 4);
    if (len < VNUMA__ACPI_HEADER) {
        report(r, "acpi-table",
               "%s: table %u (%.*s) says that its length is %" PRIu32
               ": it is at least %u",
               r->name, r->num, SIGNATURE(table), len, VNUMA__ACPI_HEADER);
        return false;
    }
    if (len > left) {
        report(r, "acpi-table",
               "%s: table %u (%.*s) says that its length is %" PRIu32
               ", beyond the file, which has %zu bytes from there",
               r->name, r->num, SIGNATURE(table), len, left);
        return false;
    }
    return true;
}

static bool is_there(const vnuma__tables *tables, const uint8_t *signature)
{
    unsigned int i;

    for (i = 0; i < tables->num && i < VNUMA__MAX_TABLES; i++)
        if (!memcmp(tables->signatures[i], signature, 4))
            return true;
    return false;
}

static void check_kind(file_reader *r, const uint8_t *table)
{
    if (is_built(r->tables, table)) {
        report(r, "acpi-twice",
               "%s: table %u is a second %.*s: the guest has one already",
               r->name, r->num, SIGNATURE(table));
        vnuma__hint(r->diags, "leave it out: a guest uses one of the two, "
                              "and not yours");
    } else if (is_there(r->tables, table) && !may_repeat(table)) {
        report(r, "acpi-twice", "%s: table %u is a second %.*s", r->name,
               r->num, SIGNATURE(table));
    }
    if (!memcmp(table, "PMTT", 4))
        vnuma__note(r->diags, "acpi-host-table", r->span,
                    "%s: table %u is a PMTT: its sockets, SMBIOS handles and "
                    "proximity domains are those of the host that it comes "
                    "from, and Linux only shows it",
                    r->name, r->num);
}

static void check_table(file_reader *r, const uint8_t *table)
{
    uint32_t len = (uint32_t)vnuma__acpi_get(table + VNUMA__TABLE_LENGTH, 4);
    vnuma__tables *tables = r->tables;
    uint8_t sum = vnuma__acpi_sum(table, len);

    if (sum)
        report(r, "acpi-table",
               "%s: table %u (%.*s) has a wrong checksum: its bytes add up to "
               "%u, not 0",
               r->name, r->num, SIGNATURE(table), sum);
    check_kind(r, table);
    if (tables->num < VNUMA__MAX_TABLES)
        memcpy(tables->signatures[tables->num], table, 4);
    tables->num++;
}

unsigned int vnuma__tables_room(const vnuma__tables *tables)
{
    if (tables->is_pvh)
        return VNUMA__MAX_TABLES;
    return VNUMA__TABLES_OF_HVM + tables->num_off +
           (tables->without_vnuma ? VNUMA__TABLES_OF_VNUMA : 0) -
           (tables->has_tpm ? VNUMA__TABLES_OF_TPM : 0) -
           (tables->has_slate ? VNUMA__TABLES_OF_SLATE : 0);
}

/* Said once, by the first file that has one too many. */
static void check_count(file_reader *r, unsigned int before)
{
    unsigned int room = vnuma__tables_room(r->tables);

    if (r->tables->num <= room || before > room)
        return;
    report(r, "acpi-count",
           "%s: with its %u tables the guest gets %u more than its own, and "
           "there is room for %u%s",
           r->name, r->tables->num - before, r->tables->num, room,
           r->tables->has_tpm ? ", as it has a TPM" : "");
    vnuma__hint(r->diags, "hvmloader would drop the rest without a word");
}

int vnuma__tables_add(vnuma__tables *tables, const uint8_t *bytes, size_t len,
                      const char *name, vnuma_span span, vnuma_diags *diags)
{
    file_reader r = { tables, bytes, len, name, span, diags, 1 };
    unsigned int num_errors = diags->num_errors, before = tables->num;
    size_t at = 0;

    if (!len)
        report(&r, "acpi-table", "%s: there is no table in it", name);
    for (; at < len && is_length_right(&r, bytes + at, len - at) &&
           !vnuma__is_enough(diags);
         r.num++) {
        check_table(&r, bytes + at);
        at += vnuma__acpi_get(bytes + at + VNUMA__TABLE_LENGTH, 4);
    }
    check_count(&r, before);
    return diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;
}
