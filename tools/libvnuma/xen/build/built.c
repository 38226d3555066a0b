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
    free(built->shares);
    vnuma_xen_built_init(built);
}

int vnuma_xen_built_copy(const vnuma_xen_built *from, vnuma_xen_built *to_r)
{
    vnuma_xen_share *shares = calloc(from->num_shares, sizeof(*shares));

    if (!shares && from->num_shares)
        return VNUMA_ERROR_NOMEM;
    if (from->num_shares)
        memcpy(shares, from->shares, from->num_shares * sizeof(*shares));
    vnuma_xen_built_dispose(to_r);
    *to_r = *from;
    to_r->shares = shares;
    return 0;
}

int vnuma__built_describe(const vnuma__built *built,
                          vnuma_xen_built *described_r)
{
    uint32_t i;

    vnuma_xen_built_init(described_r);
    described_r->shares = calloc(built->num_shares, sizeof(vnuma_xen_share));
    if (!described_r->shares)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < built->num_shares; i++)
        described_r->shares[i] = (vnuma_xen_share){
            .pnode = built->shares[i].pnode,
            .preferred = built->shares[i].preferred,
            .num_1g = built->shares[i].num_extents[VNUMA__1G],
            .num_2m = built->shares[i].num_extents[VNUMA__2M],
            .num_4k = built->shares[i].num_extents[VNUMA__4K],
            .num_released = built->shares[i].num_released,
        };
    described_r->num_shares = built->num_shares;
    described_r->num_pages = built->num_pages;
    described_r->num_calls = built->num_calls;
    return 0;
}
