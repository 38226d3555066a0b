/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What building has put where, as a value; see vnuma_xen_built.h. */
#include "config.h"

#include "vnuma_xen_built.h"

#include <stdlib.h>
#include <string.h>

#include "vnuma.h"

void vnuma_xen_built_init(vnuma_xen_built *built)
{
    memset(built, 0, sizeof(*built));
}

void vnuma_xen_built_dispose(vnuma_xen_built *built)
{
    free(built->sets);
    vnuma_xen_built_init(built);
}

int vnuma_xen_built_copy(const vnuma_xen_built *from, vnuma_xen_built *to)
{
    vnuma_xen_extent_set *sets = calloc(from->num_sets + 1, sizeof(*sets));

    if (!sets)
        return VNUMA_ERROR_NOMEM;
    if (from->num_sets)
        memcpy(sets, from->sets, from->num_sets * sizeof(*sets));
    vnuma_xen_built_dispose(to);
    *to = *from;
    to->sets = sets;
    return 0;
}
