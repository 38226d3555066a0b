/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much swap guests of KVM need that are larger together than the host. */
#ifndef VNUMA_OVERCOMMIT_H
#define VNUMA_OVERCOMMIT_H

#include "base/objects.h"

typedef struct {
    uint64_t ram_memkb;
    uint64_t host_memkb;     /* kept for the host: the reserve */
    uint64_t pools_memkb;    /* huge pages of guests, in whole pages */
    uint64_t ordinary_memkb; /* of guests, in ordinary pages */
    uint64_t fixed_memkb;    /* of these: locked or preallocated */
    uint64_t swap_memkb;     /* what is needed */
    unsigned int num_guests;
    uint64_t bound_memkb[VNUMA_MAX_PNODES]; /* that may only be there, by */
    uint64_t pool_memkb[VNUMA_MAX_PNODES];  /* index of pnode */
} vnuma__overcommit;

/* @sum: zeroes at first */
void vnuma__overcommit_add(vnuma__overcommit *sum, const vnuma_config *config,
                           const vnuma_topology *topology);
/* Once all are added. */
void vnuma__overcommit_finish(vnuma__overcommit *sum,
                              const vnuma_topology *topology,
                              const vnuma_plan_options *options);
/* Whether it cannot be, whatever swap there is. */
static inline bool vnuma__overcommit_is_fixed(const vnuma__overcommit *sum)
{
    return sum->fixed_memkb + sum->pools_memkb + sum->host_memkb >
           sum->ram_memkb;
}
/* Lines for people; to be freed by the caller, NULL: no memory. */
char *vnuma__overcommit_to_text(const vnuma__overcommit *sum,
                                const vnuma_topology *topology);

#endif
