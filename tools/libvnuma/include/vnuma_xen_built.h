/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What building a guest has put where; part of vnuma_xen.h. */
#ifndef VNUMA_XEN_BUILT_H
#define VNUMA_XEN_BUILT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t pnode;
    uint32_t preferred; /* where its vnodes would rather be, if elsewhere */
    uint64_t num_1g, num_2m, num_4k; /* extents, as they were populated */
    uint64_t num_released; /* pages given back since, of a restored guest */
} vnuma_xen_extent_set;

typedef struct {
    /* Owned; pnodes may occur again, with another preferred one. */
    vnuma_xen_extent_set *sets;
    unsigned int num_sets;
    uint64_t num_pages; /* of 4 KiB, all placed by exact node */
    uint64_t num_calls; /* populate hypercalls that it took */
} vnuma_xen_built;

void vnuma_xen_built_init(vnuma_xen_built *built);
void vnuma_xen_built_dispose(vnuma_xen_built *built);
/* In place of what @to held.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_xen_built_copy(const vnuma_xen_built *from, vnuma_xen_built *to);

#ifdef __cplusplus
}
#endif

#endif
