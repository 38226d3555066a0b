/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents: aligned pieces of a guest's memory that Xen allocates as one. */
#ifndef VNUMA_EXTENTS_H
#define VNUMA_EXTENTS_H

#include "base/objects.h"

#define VNUMA__PAGE_SHIFT 12
#define VNUMA__PAGE_KB 4u
/* Orders of extents; Xen lets dom0 allocate at most 1 GiB at once. */
#define VNUMA__ORDER_4K 0u
#define VNUMA__ORDER_2M 9u
#define VNUMA__ORDER_1G 18u

/* Indices of the orders. */
enum { VNUMA__1G, VNUMA__2M, VNUMA__4K, VNUMA__NUM_ORDERS };
extern const unsigned int vnuma__orders[VNUMA__NUM_ORDERS];

static inline uint64_t vnuma__min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first frame from @gfn on at which an extent of that order may begin. */
static inline uint64_t vnuma__align_up(uint64_t gfn, unsigned int order)
{
    uint64_t mask = (UINT64_C(1) << order) - 1;

    return (gfn + mask) & ~mask;
}

/* Guest frame numbers of extents of one order. */
typedef struct {
    uint64_t *gfns; /* owned */
    uint64_t num_gfns, max_gfns;
} vnuma__extents;

void vnuma__extents_dispose(vnuma__extents *extents);
/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__extents_add(vnuma__extents *extents, uint64_t gfn);

#endif
