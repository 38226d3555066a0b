/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory is on which pnode; see parts.h. */
#include "config.h"

#include "record/parts.h"

#include <inttypes.h>
#include <string.h>

#define MAX_MEMKB (UINT64_C(1) << 42)

bool vnuma__parts_add(vnuma__parts *parts, uint32_t pnode, uint64_t memkb)
{
    vnuma_plan_part *part = parts->items, *end = part + parts->num;

    while (part < end && part->pnode < pnode)
        part++;
    if (part < end && part->pnode == pnode) {
        part->memkb += memkb;
        return true;
    }
    if (parts->num == VNUMA_MAX_PNODES)
        return false;
    memmove(part + 1, part, (size_t)(end - part) * sizeof(*part));
    *part = (vnuma_plan_part){ pnode, memkb };
    parts->num++;
    return true;
}

uint64_t vnuma__parts_memkb(const vnuma__parts *parts)
{
    uint64_t memkb = 0;
    unsigned int i;

    for (i = 0; i < parts->num; i++)
        memkb += parts->items[i].memkb;
    return memkb;
}

void vnuma__parts_print(const vnuma__parts *parts, FILE *f)
{
    unsigned int i;

    for (i = 0; i < parts->num; i++)
        fprintf(f, "%s%" PRIu32 "=%" PRIu64, i ? "," : "",
                parts->items[i].pnode, parts->items[i].memkb);
}

bool vnuma__parts_parse(vnuma__text text, vnuma__parts *parts_r)
{
    vnuma__text part, pnode;
    uint64_t number, memkb;
    unsigned int num = 0;

    parts_r->num = 0;
    while (vnuma__text_next(&text, ',', &part)) {
        vnuma__text_next(&part, '=', &pnode);
        if (!part.ptr ||
            !vnuma__text_to_u64(pnode, VNUMA_ID_UNKNOWN - 1, &number) ||
            !vnuma__text_to_u64(vnuma__text_trim(part), MAX_MEMKB, &memkb) ||
            !vnuma__parts_add(parts_r, (uint32_t)number, memkb) ||
            parts_r->num != ++num)
            return false;
    }
    return true;
}
