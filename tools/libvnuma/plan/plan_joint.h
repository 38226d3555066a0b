/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Can so many guests be placed next to each other?  Memory only: which of the
 * placements is good is asked afterwards, of each guest next to the others.
 */
#ifndef VNUMA_PLAN_JOINT_H
#define VNUMA_PLAN_JOINT_H

#include "search/search.h"

/* What a guest needs, whatever pnodes it is put on. */
typedef struct {
    unsigned int num_vnodes;
    bool is_apart; /* a pnode for each vnode */
    uint64_t need[VNUMA__MAX_VNODES];    /* KiB, with what only it needs */
    uint64_t allowed[VNUMA__MAX_VNODES]; /* by its name and its vcpus */
    uint64_t build_memkb;                /* shared by the pnodes used */
    uint64_t dealt[VNUMA__MAX_PNODES];   /* KiB there wherever the vnodes go */
} vnuma__shape;

typedef struct {
    vnuma__shape *shapes; /* owned; any one of them */
    unsigned int num_shapes;
    /* What was found. */
    bool is_placed;
    unsigned int shape;
    uint8_t pnode[VNUMA__MAX_VNODES]; /* indices */
} vnuma__joint_guest;

typedef struct {
    unsigned int num_pnodes;
    uint64_t room[VNUMA__MAX_PNODES]; /* KiB */
    uint64_t cpuless;                 /* mask */
} vnuma__joint_host;

/* Of a guest and its host, as numbers. */
void vnuma__shape_take(const vnuma__problem *problem, bool is_apart,
                       vnuma__shape *shape_r);
/* All that it takes, KiB. */
uint64_t vnuma__shape_memkb(const vnuma__shape *shape);
void vnuma__joint_host_take(const vnuma__problem *problem,
                            vnuma__joint_host *host_r);

/* More are not searched: what calls itself is bounded. */
#define VNUMA__MAX_JOINT 64u

/*
 * Places all guests but num_out of them, the first ones first.  With
 * VNUMA__FOUND the guests say where; with VNUMA__NONE it is proven that it
 * cannot be.
 */
vnuma__answer vnuma__joint_search(vnuma__joint_guest *guests,
                                  unsigned int num_guests,
                                  const vnuma__joint_host *host,
                                  unsigned int num_out, vnuma__work *work);

#endif
