/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SRAT, SLIT and the XSDT that names them. */
#include "config.h"

#include "layout/acpi.h"
#include "tables-case.h"
#include "tables/kept.h"
#include "tap.h"

#define ADDRESS UINT64_C(0xfc003000)

/* ACPI is little-endian, as the machines are that Xen and this run on. */
static uint64_t get(const uint8_t *at, unsigned int bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, bytes);
    return value;
}

/* What every reader of ACPI tables asks: all bytes together are 0 of 256. */
static void check_sum(const uint8_t *bytes, size_t len)
{
    unsigned long total = 0;
    size_t i;

    for (i = 0; i < len; i++)
        total += bytes[i];
    CHECK_UINT(total % 256, 0);
}

/* An XSDT with one entry, as libxl makes it; its checksum is by hand. */
static void make_xsdt(uint8_t xsdt[44])
{
    memset(xsdt, 0, 44);
    memcpy(xsdt, "XSDT", 4);
    xsdt[4] = 44;
    xsdt[8] = 1;
    xsdt[9] = 0x02;
    memcpy(xsdt + 10, "Xen\0\0\0HVM", 9);
    xsdt[36] = 0x78;
}

static void make_layout(vnuma__layout *layout, uint32_t vnodes,
                        uint32_t ranges, uint32_t vcpus)
{
    uint32_t i;

    memset(layout, 0, sizeof(*layout));
    CHECK_INT(vnuma__layout_alloc(layout, ranges, vnodes, vcpus), 0);
    for (i = 0; i < ranges; i++)
        layout->vmemranges[i] = (vnuma__vmemrange){
            (uint64_t)i << 30, (uint64_t)(i + 1) << 30, i % vnodes
        };
    for (i = 0; i < vcpus; i++)
        layout->vcpu_to_vnode[i] = i % vnodes;
    for (i = 0; i < vnodes * vnodes; i++)
        layout->distances[i] = i / vnodes == i % vnodes ? 10 : 21 + i % 7;
}

static void check_table(const uint8_t *buffer, uint64_t address,
                        const char *signature, uint32_t length)
{
    const uint8_t *table = buffer + (address - ADDRESS);

    CHECK(!memcmp(table, signature, 4));
    CHECK_UINT(get(table + 4, 4), length);
    check_sum(table, length);
    CHECK(!memcmp(table + 10, "Xen\0\0\0HVM", 9));
}

static void tables_are_named_and_sum_to_zero(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    const uint8_t *srat, *slit;
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_xsdt(xsdt);
    make_layout(&layout, 2, 3, 4);
    REQUIRE(!vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                               sizeof(buffer), &len));
    check_table(buffer, ADDRESS, "XSDT", 60);
    CHECK_UINT(get(buffer + 36, 8), 0x78);
    check_table(buffer, get(buffer + 44, 8), "SRAT", 48 + 4 * 16 + 3 * 40);
    check_table(buffer, get(buffer + 52, 8), "SLIT", 44 + 4);

    srat = buffer + (get(buffer + 44, 8) - ADDRESS);
    CHECK_UINT(get(srat + 36, 4), 1);
    /* vcpu 3: APIC id 6, in vnode 1. */
    CHECK_UINT(get(srat + 48 + 3 * 16, 4), 0x06011000);
    /* The second range: vnode 1, 1 GiB to 2 GiB, enabled. */
    CHECK_UINT(get(srat + 112 + 40 + 2, 4), 1);
    CHECK_UINT(get(srat + 112 + 40 + 8, 8), 1 << 30);
    CHECK_UINT(get(srat + 112 + 40 + 16, 8), 1 << 30);
    CHECK_UINT(get(srat + 112 + 40 + 28, 4), 1);

    slit = buffer + (get(buffer + 52, 8) - ADDRESS);
    CHECK_UINT(get(slit + 36, 8), 2);
    CHECK_UINT(slit[44], 10);
    CHECK_UINT(slit[45], 22);
    CHECK_UINT(slit[46], 23);
    CHECK_UINT(slit[47], 10);
    vnuma__layout_dispose(&layout);
}

static void the_largest_guest_fits(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_xsdt(xsdt);
    make_layout(&layout, VNUMA_MAX_VNODES, VNUMA_MAX_VMEMRANGES,
                VNUMA_MAX_VCPUS);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                                sizeof(buffer), &len),
              0);
    CHECK(len <= sizeof(buffer));
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                                len - 1, &len),
              VNUMA_ERROR_NOMEM);
    vnuma__layout_dispose(&layout);
}

static void every_byte_is_written(void)
{
    static uint8_t first[VNUMA__ACPI_MAX_BYTES], second[VNUMA__ACPI_MAX_BYTES];
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_xsdt(xsdt);
    make_layout(&layout, 3, 4, 6);
    memset(first, 0xaa, sizeof(first));
    memset(second, 0x55, sizeof(second));
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, first,
                                sizeof(first), &len),
              0);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, second,
                                sizeof(second), &len),
              0);
    CHECK(!memcmp(first, second, sizeof(first)));
    vnuma__layout_dispose(&layout);
}

static void an_unsound_xsdt_is_refused(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_layout(&layout, 1, 1, 1);
    make_xsdt(xsdt);
    xsdt[40]++;
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                                sizeof(buffer), &len),
              VNUMA_ERROR_CONFIG);
    make_xsdt(xsdt);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 43, NULL, 0, ADDRESS, buffer,
                                sizeof(buffer), &len),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 35, NULL, 0, ADDRESS, buffer,
                                sizeof(buffer), &len),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                                43, &len),
              VNUMA_ERROR_CONFIG);
    xsdt[4] = 35;
    CHECK_UINT(vnuma__acpi_table_length(xsdt, "XSDT"), 0);
    xsdt[4] = 44;
    xsdt[0] = 'R';
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                                sizeof(buffer), &len),
              VNUMA_ERROR_CONFIG);
    vnuma__layout_dispose(&layout);
}

static void an_rsdp_can_be_pointed_elsewhere(void)
{
    static const uint8_t zeroes[8];
    uint8_t rsdp[VNUMA__ACPI_RSDP] = "RSD PTR ";

    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
    rsdp[15] = 2;
    rsdp[20] = VNUMA__ACPI_RSDP;
    vnuma__acpi_rsdp_set(rsdp, 0xfc001040);
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0xfc001040);
    check_sum(rsdp, 20);
    check_sum(rsdp, sizeof(rsdp));
    CHECK(!memcmp(rsdp + 9, zeroes, 6)); /* whose it is stays as it was */
    CHECK(!memcmp(rsdp + 33, zeroes, 3));
    rsdp[30]++;
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
    rsdp[10]++;
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
    rsdp[20]++;
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
    rsdp[15] = 1;
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
    rsdp[0] = 'r';
    CHECK_UINT(vnuma__acpi_rsdp_get(rsdp), 0);
}

/* Every byte of a guest of two vnodes, three ranges and two vcpus. */
static void tables_are_these_bytes(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    static const char want[] =
        "585344543c000000014958656e00000048564d00000000000000000000000000"
        "00000000"
        "7800000000000000403000fc00000000103100fc0000000000000000"
        "53524154c800000003d658656e00000048564d000000000000000000564e554d"
        "00000000"
        "010000000000000000000000"
        "00100000010000000000000000000000"
        "00100102010000000000000000000000"
        "0128000000000000000000000000000000000040000000000000000001000000"
        "0000000000000000"
        "0128010000000000000000400000000000000040000000000000000001000000"
        "0000000000000000"
        "0128000000000000000000800000000000907896341200000000000001000000"
        "0000000000000000"
        "0000000000000000"
        "534c495430000000010c58656e00000048564d000000000000000000564e554d"
        "00000000"
        "02000000000000000afe170a";
    char got[2 * 400 + 1];
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len, i;

    make_xsdt(xsdt);
    make_layout(&layout, 2, 3, 2);
    layout.vmemranges[2].end += 0x123456789000;
    layout.distances[1] = 254;
    REQUIRE(!vnuma__acpi_build(&layout, xsdt, 44, NULL, 0, ADDRESS, buffer,
                               sizeof(buffer), &len));
    REQUIRE(len < 400);
    for (i = 0; i < len; i++)
        snprintf(got + 2 * i, 3, "%02x", buffer[i]);
    CHECK_STR(got, want);
    for (; i < sizeof(buffer); i++)
        REQUIRE(!buffer[i]);
    vnuma__layout_dispose(&layout);
}

static void more_tables_are_named_after_ours(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    table_file file = { .len = 0 };
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_xsdt(xsdt);
    make_layout(&layout, 2, 2, 2);
    add_table(&file, "HMAT", 40);
    add_table(&file, "ABCD", 37);
    REQUIRE(!vnuma__acpi_build(&layout, xsdt, 44, file.bytes, file.len,
                               ADDRESS, buffer, sizeof(buffer), &len));
    check_table(buffer, ADDRESS, "XSDT", 76);
    check_table(buffer, get(buffer + 44, 8), "SRAT", 48 + 2 * 16 + 2 * 40);
    CHECK_UINT(get(buffer + 60, 8) % 16, 0);
    CHECK(!memcmp(buffer + (get(buffer + 60, 8) - ADDRESS), file.bytes, 40));
    CHECK(!memcmp(buffer + (get(buffer + 68, 8) - ADDRESS), file.bytes + 40,
                  37));
    CHECK(len >= get(buffer + 68, 8) - ADDRESS + 37);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, file.bytes, file.len,
                                ADDRESS, buffer, len - 1, &len),
              VNUMA_ERROR_NOMEM);
    vnuma__layout_dispose(&layout);
}

/* As many bytes as a guest may get fit next to the largest guest's own. */
static void all_that_a_guest_may_get_fits(void)
{
    static uint8_t buffer[VNUMA__ACPI_MAX_BYTES];
    static uint8_t more[VNUMA__KEPT_MAX];
    uint32_t size = VNUMA__KEPT_MAX / VNUMA__MAX_TABLES, i;
    vnuma__layout layout;
    uint8_t xsdt[44];
    size_t len;

    make_xsdt(xsdt);
    make_layout(&layout, VNUMA_MAX_VNODES, VNUMA_MAX_VMEMRANGES,
                VNUMA_MAX_VCPUS);
    for (i = 0; i < VNUMA__MAX_TABLES; i++)
        memcpy(more + i * size + 4, &size, 4);
    CHECK_INT(vnuma__acpi_build(&layout, xsdt, 44, more, sizeof(more), ADDRESS,
                                buffer, sizeof(buffer), &len),
              0);
    vnuma__layout_dispose(&layout);
}

static const tap_case cases[] = {
    TAP_CASE(more_tables_are_named_after_ours),
    TAP_CASE(all_that_a_guest_may_get_fits),
    TAP_CASE(tables_are_named_and_sum_to_zero),
    TAP_CASE(the_largest_guest_fits),
    TAP_CASE(every_byte_is_written),
    TAP_CASE(an_unsound_xsdt_is_refused),
    TAP_CASE(an_rsdp_can_be_pointed_elsewhere),
    TAP_CASE(tables_are_these_bytes),
};

int main(void)
{
    return TAP_RUN(cases);
}
