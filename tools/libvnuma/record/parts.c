/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory is on which pnode, as text; see parts.h. */
#include "config.h"

#include "record/parts.h"

#include <inttypes.h>

#define MAX_MEMKB (UINT64_C(1) << 42)

void vnuma__parts_print(const vnuma_plan_part *parts, unsigned int num_parts,
                        FILE *f)
{
    unsigned int i;

    for (i = 0; i < num_parts; i++)
        fprintf(f, "%s%" PRIu32 "=%" PRIu64, i ? "," : "", parts[i].pnode,
                parts[i].memkb);
}

bool vnuma__parts_next(vnuma__text *list, vnuma_plan_part *part_r)
{
    vnuma__text part, pnode, memkb;
    uint64_t number;

    if (!vnuma__text_next(list, ',', &part) ||
        !vnuma__text_next(&part, '=', &pnode) ||
        !vnuma__text_next(&part, '=', &memkb) || part.ptr ||
        !vnuma__text_to_u64(pnode, VNUMA_ID_UNKNOWN - 1, &number) ||
        !vnuma__text_to_u64(memkb, MAX_MEMKB, &part_r->memkb))
        return false;
    part_r->pnode = (uint32_t)number;
    return true;
}
