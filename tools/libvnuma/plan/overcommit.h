/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much swap guests of KVM need that are larger together than the host. */
#ifndef VNUMA_OVERCOMMIT_H
#define VNUMA_OVERCOMMIT_H

#include "base/objects.h"

#define VNUMA__MAX_SIZES 8u /* of huge pages that guests have */

/* What may only be on one pnode, or in all: KiB. */
typedef struct {
    uint64_t ordinary, fixed;
    uint64_t huge[VNUMA__MAX_SIZES]; /* by size */
    uint64_t pools;                  /* of the host, used or not */
    uint64_t reserve;                /* kept for the host */
    uint64_t ram;
} vnuma__committed;

typedef struct {
    vnuma__committed all, bound[VNUMA_MAX_PNODES]; /* by index of pnode */
    uint64_t page_kb[VNUMA__MAX_SIZES];
    unsigned int num_sizes, num_guests;
    uint64_t swap_memkb, there_memkb; /* needed; VNUMA_MEMKB_UNKNOWN */
    bool is_hopeless;                 /* no swap helps */
} vnuma__overcommit;

/* @sum: zeroes at first */
void vnuma__overcommit_add(vnuma__overcommit *sum, const vnuma_config *config,
                           const vnuma_topology *topology);
/* Once all are added. */
void vnuma__overcommit_finish(vnuma__overcommit *sum,
                              const vnuma_topology *topology,
                              const vnuma_plan_options *options);
/* Lines for people; to be freed by the caller, NULL: no memory. */
char *vnuma__overcommit_to_text(vnuma__overcommit *sum,
                                const vnuma_topology *topology);

#endif
