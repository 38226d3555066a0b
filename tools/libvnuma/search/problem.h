/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A placement problem in plain numbers: vnodes and pnodes are indices, sets of
 * pnodes are 64-bit masks, and everything that makes one placement better than
 * another is in one integer.  What the numbers mean, above all what memory a
 * guest needs where, is problem.c's and of no other file.
 */
#ifndef VNUMA_PROBLEM_H
#define VNUMA_PROBLEM_H

#include "base/objects.h"

#define VNUMA__MAX_VNODES VNUMA_MAX_VNODES
#define VNUMA__MAX_PNODES VNUMA_MAX_PNODES

typedef struct {
    unsigned int num_vnodes, num_pnodes;
    unsigned int num_used; /* pnodes that a placement shall use, exactly */

    /* vnodes */
    uint64_t need[VNUMA__MAX_VNODES];  /* KiB, with what only it needs */
    uint64_t guest[VNUMA__MAX_VNODES]; /* KiB, of the guest alone */
    uint32_t vcpus[VNUMA__MAX_VNODES];
    uint64_t pinned[VNUMA__MAX_VNODES];  /* pnodes that the file allows */
    uint64_t allowed[VNUMA__MAX_VNODES]; /* and that can take it alone */
    bool has_stated[VNUMA__MAX_VNODES];
    uint16_t stated[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES];
    bool uniform; /* no vnode stated distances */
    uint64_t prefers; /* vnodes, as a mask, whose memory may flow over */

    /* pnodes */
    int64_t room[VNUMA__MAX_PNODES]; /* KiB, building at num_used paid */
    uint64_t free[VNUMA__MAX_PNODES], reserve[VNUMA__MAX_PNODES];
    uint64_t dealt[VNUMA__MAX_PNODES]; /* KiB of interleaved vnodes there */
    uint32_t pcpus[VNUMA__MAX_PNODES]; /* less the vcpus of others */
    uint64_t cpuless;                  /* mask; never had any */
    bool is_shared;                    /* others take some of it */
    uint16_t host[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];

    /* devices: how many on each pnode, by index */
    unsigned int num_devices;
    uint32_t devices[VNUMA__MAX_PNODES];

    /* building */
    uint64_t build_vcpus; /* as many as it can ever have */
    uint64_t build_memkb; /* of the whole guest */
    uint64_t share_memkb; /* of each used pnode, at num_used */
} vnuma__problem;

/*
 * What a placement costs, but for sharing, which num_used has settled: vcpus
 * too many, then distance, then memory-only vnodes on pnodes with CPUs, in one
 * number that is a sum over vnodes, pairs of vnodes and devices.  No part can
 * reach into the one above it: 32 vnodes; 992 pairs and 65,536 devices at
 * distances below 2^16.
 */
#define VNUMA__COST_OVERCOMMIT (UINT64_C(1) << 44)
#define VNUMA__COST_DISTANCE UINT64_C(64)
#define VNUMA__COST_MISPLACED UINT64_C(1)

typedef struct {
    uint8_t pnode[VNUMA__MAX_VNODES]; /* index */
    uint64_t cost;
    int64_t least; /* smallest room left on a used pnode, KiB */
} vnuma__placement;

/*
 * Numbers for a config whose sizes and vcpus are all given.  Returns false
 * when it is none that vnuma_check() lets pass.
 */
bool vnuma__problem_init(vnuma__problem *problem, const vnuma_config *config,
                         const vnuma_topology *topology,
                         const vnuma_plan_options *options);
/* Vnodes that only prefer their pnode need no room there any more. */
void vnuma__problem_relax(vnuma__problem *problem);
/* Settles how many pnodes are used: building is shared among them. */
void vnuma__problem_use(vnuma__problem *problem, unsigned int num_used);

/* Of the whole placement; fills cost and least from pnode. */
void vnuma__placement_measure(const vnuma__problem *problem,
                              vnuma__placement *placement);
bool vnuma__placement_fits(const vnuma__problem *problem,
                           const vnuma__placement *placement);

/* What the pair costs, both directions. */
uint64_t vnuma__pair_cost(const vnuma__problem *problem, unsigned int v,
                          unsigned int w, unsigned int p, unsigned int q);
/* What v on p costs by itself; more vnodes there can only add to it. */
uint64_t vnuma__own_cost(const vnuma__problem *problem, unsigned int v,
                         unsigned int p);
/* Devices, when these pnodes are used. */
uint64_t vnuma__device_cost(const vnuma__problem *problem, uint64_t used);

static inline uint64_t vnuma__bit(unsigned int i)
{
    return UINT64_C(1) << i;
}

/* Takes the lowest member out of a set that has one. */
static inline unsigned int vnuma__take_lowest(uint64_t *set)
{
    unsigned int i = (unsigned int)__builtin_ctzll(*set);

    *set &= *set - 1;
    return i;
}

static inline uint64_t vnuma__lowest_bits(unsigned int n)
{
    return n < 64 ? vnuma__bit(n) - 1 : ~UINT64_C(0);
}

/* Room or costs, the smallest first. */
void vnuma__sort(int64_t *values, unsigned int num_values);

/* The place of a pnode in the host's list; num_pnodes: it has none. */
unsigned int vnuma__pnode_index(const vnuma_topology *topology,
                                uint64_t pnode);

#endif
