/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ACPI SRAT as Xen reads it: proximity domains become nodes in the order in
 * which x2APIC, then APIC, then memory entries first name them.
 */
#include "config.h"

#include <string.h>

#include "base/objects.h"

#define HEADER_LEN 48u /* of the SRAT, with its reserved bytes */
#define REVISION_AT 8u /* below 2: proximity domains have 8 bits */
#define ENABLED 1u

/* The kinds of entry, in Xen's order. */
static const struct {
    uint8_t type, len;
    uint8_t pxm_at, flags_at;
    uint8_t high_at; /* offset of bits 8 to 31; 0: after the first 8 */
} kinds[] = {
    { 2, 24, 4, 12, 0 },
    { 0, 16, 2, 4, 9 },
    { 1, 40, 2, 28, 0 },
};

static uint32_t get_le(const uint8_t *bytes, unsigned int num)
{
    uint32_t value = 0;

    while (num--)
        value = value << 8 | bytes[num];
    return value;
}

static void found(vnuma_dom0_srat *srat, uint32_t pxm)
{
    unsigned int i;

    for (i = 0; i < srat->num_pxms; i++)
        if (srat->pxms[i] == pxm)
            return;
    if (srat->num_pxms < VNUMA_MAX_PNODES)
        srat->pxms[srat->num_pxms++] = pxm;
}

static void look_at(vnuma_dom0_srat *srat, const uint8_t *entry,
                    unsigned int kind, bool is_wide)
{
    uint32_t pxm = entry[kinds[kind].pxm_at];

    if (!(get_le(entry + kinds[kind].flags_at, 4) & ENABLED))
        return;
    if (is_wide && kinds[kind].high_at)
        pxm |= get_le(entry + kinds[kind].high_at, 3) << 8;
    else if (is_wide)
        pxm = get_le(entry + kinds[kind].pxm_at, 4);
    found(srat, pxm);
}

bool vnuma_dom0_srat_parse(const uint8_t *bytes, size_t len,
                           vnuma_dom0_srat *srat_r)
{
    vnuma_dom0_srat srat = { .num_pxms = 0 };
    unsigned int kind;
    size_t at;

    if (len < HEADER_LEN || memcmp(bytes, "SRAT", 4) ||
        get_le(bytes + 4, 4) > len)
        return false;
    len = get_le(bytes + 4, 4);
    for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
        for (at = HEADER_LEN; at + 2 <= len; at += bytes[at + 1]) {
            if (bytes[at + 1] < 2 || at + bytes[at + 1] > len)
                return false;
            if (bytes[at] == kinds[kind].type &&
                bytes[at + 1] >= kinds[kind].len)
                look_at(&srat, bytes + at, kind, bytes[REVISION_AT] >= 2);
        }
    if (!srat.num_pxms)
        return false;
    *srat_r = srat;
    return true;
}
