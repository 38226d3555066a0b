/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents of one order, as an array that grows. */
#include "config.h"

#include "layout/extents.h"

#include <stdlib.h>
#include <string.h>

const unsigned int vnuma__orders[VNUMA__NUM_ORDERS] = {
    [VNUMA__1G] = VNUMA__ORDER_1G,
    [VNUMA__2M] = VNUMA__ORDER_2M,
    [VNUMA__4K] = VNUMA__ORDER_4K,
};

void vnuma__extents_dispose(vnuma__extents *extents)
{
    free(extents->gfns);
    memset(extents, 0, sizeof(*extents));
}

int vnuma__extents_add(vnuma__extents *extents, uint64_t gfn)
{
    uint64_t max_gfns, *gfns;

    if (extents->num_gfns == extents->max_gfns) {
        max_gfns = extents->max_gfns ? extents->max_gfns * 2 : 64;
        gfns = reallocarray(extents->gfns, max_gfns, sizeof(*gfns));
        if (!gfns)
            return VNUMA_ERROR_NOMEM;
        extents->gfns = gfns;
        extents->max_gfns = max_gfns;
    }
    extents->gfns[extents->num_gfns++] = gfn;
    return 0;
}
