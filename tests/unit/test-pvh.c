/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where tables can be added to those that libxl gives a PVH guest. */
#include "config.h"

#include "xen/build/built.h"

#include "tap.h"

/* What libxl writes for a guest of 5 GiB: its RSDP, info page and tables. */
#define MAP(type)                                                             \
    {                                                                         \
        { 0, 0xfc000000, 1 }, { 0xfeff8000, 0x8000, 2 },                      \
        { 0xfc009000, 0x24, type }, { 0xfc000000, 0x1000, type },             \
        { 0xfc001000, 0x8000, type }, { 0x100000000, 0x44000000, 1 },         \
    }
#define END UINT64_C(0xfc00a000)

static void xen_4_17_has_them_as_acpi(void)
{
    struct e820entry map[] = MAP(3);

    CHECK(vnuma__pvh_find_tables(map, 6, END) == &map[2]);
}

static void xen_4_21_has_them_as_nvs(void)
{
    struct e820entry map[] = MAP(4);

    CHECK(vnuma__pvh_find_tables(map, 6, END) == &map[2]);
}

static void what_comes_after_them_is_no_place(void)
{
    struct e820entry map[] = MAP(4);

    CHECK(vnuma__pvh_find_tables(map, 6, 0xfc009000) == &map[4]);
    CHECK(!vnuma__pvh_find_tables(map, 2, END));
    CHECK(!vnuma__pvh_find_tables(map, 6, 0xfc000000));
}

static const tap_case cases[] = {
    TAP_CASE(xen_4_17_has_them_as_acpi),
    TAP_CASE(xen_4_21_has_them_as_nvs),
    TAP_CASE(what_comes_after_them_is_no_place),
};

int main(void)
{
    return TAP_RUN(cases);
}
