/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a build has put where, as a value; populate.c counts it. */
#include "config.h"

#include "xen/build/populate.h"

#include <stdlib.h>
#include <string.h>

void vnuma_xen_built_init(vnuma_xen_built *built)
{
    memset(built, 0, sizeof(*built));
}

void vnuma_xen_built_dispose(vnuma_xen_built *built)
{
    free(built->sets);
    vnuma_xen_built_init(built);
}

int vnuma_xen_built_copy(const vnuma_xen_built *from, vnuma_xen_built *to_r)
{
    vnuma_xen_extent_set *sets = calloc(from->num_sets, sizeof(*sets));

    if (!sets && from->num_sets)
        return VNUMA_ERROR_NOMEM;
    if (from->num_sets)
        memcpy(sets, from->sets, from->num_sets * sizeof(*sets));
    vnuma_xen_built_dispose(to_r);
    *to_r = *from;
    to_r->sets = sets;
    return 0;
}

int vnuma__built_describe(const vnuma__built *built,
                          vnuma_xen_built *described_r)
{
    uint32_t i;

    vnuma_xen_built_init(described_r);
    described_r->sets = calloc(built->num_sets, sizeof(vnuma_xen_extent_set));
    if (!described_r->sets)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < built->num_sets; i++)
        described_r->sets[i] = (vnuma_xen_extent_set){
            .pnode = built->sets[i].pnode,
            .preferred = built->sets[i].preferred,
            .num_1g = built->sets[i].num_extents[VNUMA__1G],
            .num_2m = built->sets[i].num_extents[VNUMA__2M],
            .num_4k = built->sets[i].num_extents[VNUMA__4K],
            .num_released = built->sets[i].num_released,
        };
    described_r->num_sets = built->num_sets;
    described_r->num_pages = built->num_pages;
    described_r->num_calls = built->num_calls;
    return 0;
}
