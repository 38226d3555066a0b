/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the map search works out before it starts: the order of vnodes, who is
 * like whom, and what the pairs that are still open cost at least.
 */
#ifndef VNUMA_MAP_H
#define VNUMA_MAP_H

#include "search/search.h"

#define VNUMA__NO_VNODE UINT8_MAX

typedef struct {
    unsigned int num_vnodes, num_pnodes;
    uint64_t allowed[VNUMA__MAX_VNODES]; /* narrowed to the question */
    uint8_t order[VNUMA__MAX_VNODES];
    /* The vnode before this one in the order that nothing tells apart. */
    uint8_t twin[VNUMA__MAX_VNODES];
    /* Pnodes with a lower index that nothing tells apart, as masks. */
    uint64_t lower_alike[VNUMA__MAX_PNODES];
    /*
     * By depth, vnode and pnode: twice what the pairs of this vnode, there,
     * with the others from this depth on share of the cost at least.
     */
    uint64_t *open_pairs; /* owned */
    /* But what a pair can save by sharing a pnode is not in them. */
    uint64_t most_saved;
    /* By depth, vnode and pnode: cost with those placed before. */
    uint64_t *links; /* owned */
} vnuma__map;

/*
 * Returns 0, 1 when some vnode has no pnode, or VNUMA_ERROR_NOMEM.
 */
int vnuma__map_init(vnuma__map *map, const vnuma__problem *problem,
                    const vnuma__question *question);
void vnuma__map_dispose(vnuma__map *map);

/* The row of a vnode at a depth: one value for each pnode. */
static inline uint64_t *vnuma__map_row(const vnuma__map *map, uint64_t *table,
                                       unsigned int depth, unsigned int v)
{
    return table + ((size_t)depth * map->num_vnodes + v) * map->num_pnodes;
}

#endif
