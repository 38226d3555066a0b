/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with files of ACPI tables, by name, and what is not. */
#include "config.h"

#include "tables-case.h"
#include "tables/files.h"

typedef struct {
    vnuma__tables tables;
    vnuma_diags diags;
    int rc;
} checked;

static void check_file(checked *c, const table_file *file)
{
    uint8_t *copy = malloc(file->len + 1); /* reading beyond it is seen */

    REQUIRE(copy);
    memcpy(copy, file->bytes, file->len);
    c->rc = vnuma__tables_add(&c->tables, copy, file->len, "f",
                              VNUMA__NOWHERE, &c->diags);
    free(copy);
}

/* One error and no other. */
static void check_one(const table_file *file, const char *id,
                      const char *message)
{
    checked c = { .rc = 0 };

    check_file(&c, file);
    CHECK_INT(c.rc, VNUMA_ERROR_CONFIG);
    CHECK_UINT(c.diags.num_errors, 1);
    REQUIRE(c.diags.num_items);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->id, id);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->message, message);
    vnuma_diags_dispose(&c.diags);
}

static void right_tables_are_taken(void)
{
    checked c = { .rc = 0 };
    table_file file = { .len = 0 };

    add_table(&file, "HMAT", 40);
    add_table(&file, "SSDT", 36);
    add_table(&file, "SSDT", 300);
    check_file(&c, &file);
    CHECK_INT(c.rc, 0);
    CHECK_UINT(c.diags.num_items, 0);
    CHECK_UINT(c.tables.num, 3);
    vnuma_diags_dispose(&c.diags);
}

static void each_mistake_is_named(void)
{
    table_file file = { .len = 0 };
    uint8_t *table;

    check_one(&file, "acpi-table", "f: there is no table in it");
    add_table(&file, "HMAT", 40);
    file.len = 35;
    check_one(&file, "acpi-table",
              "f: the last 35 bytes are no table: one has at least 36");
    file.len = 39;
    check_one(&file, "acpi-table",
              "f: table 1 (HMAT) says that its length is 40, beyond the file, "
              "which has 39 bytes from there");
    file.len = 40;
    vnuma__acpi_put(file.bytes + 4, 0, 4);
    check_one(&file, "acpi-table",
              "f: table 1 (HMAT) says that its length is 0: it is at least "
              "36");
    vnuma__acpi_put(file.bytes + 4, 35, 4);
    check_one(&file, "acpi-table",
              "f: table 1 (HMAT) says that its length is 35: it is at least "
              "36");
    vnuma__acpi_put(file.bytes + 4, UINT32_MAX, 4);
    check_one(&file, "acpi-table",
              "f: table 1 (HMAT) says that its length is 4294967295, beyond "
              "the file, which has 40 bytes from there");
    file.len = 0;
    add_table(&file, "HMAT", 40);
    table = add_table(&file, "ABCD", 40);
    table[39]++;
    check_one(&file, "acpi-table",
              "f: table 2 (ABCD) has a wrong checksum: its bytes add up to 1, "
              "not 0");
    memcpy(table, "AB\001D", 4);
    check_one(&file, "acpi-table",
              "f: table 2 has a signature that is not four printable letters: "
              "41 42 01 44");
    file.len = 41;
    file.bytes[40] = 0;
    check_one(&file, "acpi-table",
              "f: the last 1 byte is no table: one has at least 36");
}

static void what_the_guest_has_is_refused(void)
{
    static const char *const built[] = { "APIC", "DSDT", "FACP", "FACS",
                                         "HPET", "RSDT", "SLIT", "SRAT",
                                         "TCPA", "TPM2", "WAET", "XSDT" };
    char message[80];
    unsigned int i;

    for (i = 0; i < sizeof(built) / sizeof(built[0]); i++) {
        table_file file = { .len = 0 };

        add_table(&file, built[i], 48);
        snprintf(message, sizeof(message),
                 "f: table 1 is a second %s: the guest has one already",
                 built[i]);
        check_one(&file, "acpi-twice", message);
    }
}

/* Then nothing builds one. */
static void a_guest_without_vnodes_may_have_an_srat(void)
{
    checked c = { .tables = { .without_vnuma = true } };
    table_file file = { .len = 0 };

    add_table(&file, "SRAT", 48);
    add_table(&file, "SLIT", 48);
    check_file(&c, &file);
    CHECK_INT(c.rc, 0);
    CHECK_UINT(c.diags.num_items, 0);
    vnuma_diags_dispose(&c.diags);
}

static void a_table_is_there_once_over_all_files(void)
{
    table_file one = { .len = 0 }, two = { .len = 0 };
    checked c = { .rc = 0 };

    add_table(&one, "HMAT", 40);
    add_table(&two, "OEM1", 40);
    add_table(&two, "OEM1", 40);
    add_table(&two, "HMAT", 40);
    check_file(&c, &one);
    CHECK_INT(c.rc, 0);
    check_file(&c, &two);
    CHECK_INT(c.rc, VNUMA_ERROR_CONFIG);
    REQUIRE(c.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->message,
              "f: table 3 is a second HMAT");
    vnuma_diags_dispose(&c.diags);
}

static void check_room(vnuma__tables guest, unsigned int room,
                       const char *message)
{
    table_file file = { .len = 0 };
    checked c = { .tables = guest };

    add_tables(&file, room);
    check_file(&c, &file);
    CHECK_INT(c.rc, 0);
    vnuma_diags_dispose(&c.diags);
    c = (checked){ .tables = guest };
    add_tables(&file, 0);
    add_table(&file, "LAST", 36);
    check_file(&c, &file);
    CHECK_INT(c.rc, VNUMA_ERROR_CONFIG);
    REQUIRE(c.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->id, "acpi-count");
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->message, message);
    vnuma_diags_dispose(&c.diags);
}

static void one_too_many_is_refused(void)
{
    check_room((vnuma__tables){ .is_pvh = false }, 8,
               "f: with its 9 tables the guest gets 9 more than its own, and "
               "there is room for 8");
    check_room((vnuma__tables){ .has_tpm = true }, 6,
               "f: with its 7 tables the guest gets 7 more than its own, and "
               "there is room for 6, as it has a TPM");
    check_room((vnuma__tables){ .has_slate = true }, 7,
               "f: with its 8 tables the guest gets 8 more than its own, and "
               "there is room for 7");
    check_room((vnuma__tables){ .num_off = 3 }, 11,
               "f: with its 12 tables the guest gets 12 more than its own, "
               "and there is room for 11");
    check_room((vnuma__tables){ .without_vnuma = true }, 10,
               "f: with its 11 tables the guest gets 11 more than its own, "
               "and there is room for 10");
    check_room((vnuma__tables){ .is_pvh = true }, 16,
               "f: with its 17 tables the guest gets 17 more than its own, "
               "and there is room for 16");
}

static void a_pmtt_is_taken_with_a_note(void)
{
    table_file file = { .len = 0 };
    checked c = { .rc = 0 };

    add_table(&file, "PMTT", 40);
    check_file(&c, &file);
    CHECK_INT(c.rc, 0);
    REQUIRE(c.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->id, "acpi-host-table");
    vnuma_diags_dispose(&c.diags);
}

/* A file that is one large table of nothing ends soon. */
static void many_mistakes_end_the_walk(void)
{
    table_file file = { .len = 0 };
    checked c = { .rc = 0 };
    unsigned int i;

    for (i = 0; i < 50; i++)
        add_table(&file, "SRAT", 40);
    check_file(&c, &file);
    CHECK_INT(c.rc, VNUMA_ERROR_CONFIG);
    CHECK(c.diags.num_errors < 25);
    vnuma_diags_dispose(&c.diags);
}

static const tap_case cases[] = {
    TAP_CASE(right_tables_are_taken),
    TAP_CASE(each_mistake_is_named),
    TAP_CASE(what_the_guest_has_is_refused),
    TAP_CASE(a_guest_without_vnodes_may_have_an_srat),
    TAP_CASE(a_table_is_there_once_over_all_files),
    TAP_CASE(one_too_many_is_refused),
    TAP_CASE(a_pmtt_is_taken_with_a_note),
    TAP_CASE(many_mistakes_end_the_walk),
};

int main(void)
{
    return TAP_RUN(cases);
}
