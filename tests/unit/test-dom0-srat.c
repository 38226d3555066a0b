/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers that Xen gives to nodes, from ACPI's SRAT. */
#include "config.h"

#include "tap.h"
#include "inside.h"

static void put32(uint8_t *to, uint32_t value)
{
    to[0] = value;
    to[1] = value >> 8;
    to[2] = value >> 16;
    to[3] = value >> 24;
}

/* Two CPUs of domains 3 and 1, memory of domain 7, one CPU switched off. */
static void srat_numbers_nodes_in_order_of_appearance(void)
{
    uint8_t bytes[48 + 3 * 16 + 40] = "SRAT";
    vnuma_dom0_srat srat;
    unsigned int i;

    put32(bytes + 4, sizeof(bytes));
    bytes[8] = 3;
    bytes[48] = 1; /* memory stands first, and counts last */
    bytes[49] = 40;
    put32(bytes + 50, 7);
    put32(bytes + 48 + 28, 1);
    for (i = 0; i < 3; i++) {
        uint8_t *cpu = bytes + 88 + 16 * i;

        cpu[1] = 16;
        cpu[2] = "\003\001\005"[i];
        put32(cpu + 4, i < 2);
    }
    REQUIRE(vnuma_dom0_srat_parse(bytes, sizeof(bytes), &srat));
    REQUIRE(srat.num_pxms == 3);
    CHECK_UINT(srat.pxms[0], 3);
    CHECK_UINT(srat.pxms[1], 1);
    CHECK_UINT(srat.pxms[2], 7);
    for (i = 0; i < sizeof(bytes); i++)
        CHECK(!vnuma_dom0_srat_parse(bytes, i, &srat));
    bytes[49] = 0;
    CHECK(!vnuma_dom0_srat_parse(bytes, sizeof(bytes), &srat));
}

static const tap_case cases[] = {
    TAP_CASE(srat_numbers_nodes_in_order_of_appearance),
};

int main(void)
{
    return TAP_RUN(cases);
}
