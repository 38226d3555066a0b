/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A placement problem in plain numbers, what a placement costs, and which one
 * is best.  Vnodes and pnodes are indices, sets of pnodes are 64-bit masks.
 * What the numbers mean for a guest and a host, plan/model.c says.
 */
#ifndef VNUMA_SEARCH_H
#define VNUMA_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mask.h"

#define VNUMA__MAX_VNODES 32u
#define VNUMA__MAX_PNODES 64u
#define VNUMA__NO_PNODE UINT8_MAX
#define VNUMA__MAX_MEMORIES 6u /* ordinary pages, and sizes of huge ones */
#define VNUMA__VCPU 1000u /* a vcpu, as load: in thousandths of a pcpu */

/* A pcpu of a pnode; those of one core stand next to each other. */
typedef struct {
    uint32_t users; /* vnodes with a vcpu that may run there, as a mask */
    uint32_t load;  /* of the vcpus that run there already, in thousandths */
    bool begins_core;
} vnuma__pcpu;

typedef struct {
    unsigned int num_vnodes, num_pnodes;
    /* vnodes */
    uint64_t need[VNUMA__MAX_VNODES];  /* KiB that its pnode must have */
    uint64_t flows[VNUMA__MAX_VNODES]; /* KiB that only prefer its pnode */
    uint64_t within[VNUMA__MAX_VNODES]; /* where these may flow; 0: anywhere */
    uint8_t memory[VNUMA__MAX_VNODES]; /* of which both are; 0: ordinary */
    uint32_t vcpus[VNUMA__MAX_VNODES];
    uint64_t allowed[VNUMA__MAX_VNODES]; /* pnodes, by all rules but memory */
    uint8_t old[VNUMA__MAX_VNODES];      /* the pnode it had, if preferred */
    bool has_stated[VNUMA__MAX_VNODES];
    uint16_t stated[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES];
    /* vcpus of a vnode whose soft affinity leads away from a pnode */
    uint16_t led_away[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];
    /* pnodes */
    /* KiB for this guest and, in ordinary pages, its building */
    int64_t room[VNUMA__MAX_MEMORIES][VNUMA__MAX_PNODES];
    bool has_pools;                  /* some memory is not ordinary */
    uint64_t cpuless;                /* mask */
    uint64_t misplaces; /* memory-only vnodes that a CPU-less one could hold */
    uint16_t host[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    uint32_t devices[VNUMA__MAX_PNODES];   /* passed through, next to it */
    vnuma__pcpu *pcpus[VNUMA__MAX_PNODES]; /* borrowed */
    uint32_t num_pcpus[VNUMA__MAX_PNODES];
    bool knows_cores; /* else the second half of a cost's cpu is 0 */
    /* KiB that building takes of each pnode when so many are used */
    uint64_t building[VNUMA__MAX_PNODES + 1];
} vnuma__problem;

/*
 * What a placement costs: compared from the first to the last, smaller is
 * better.  Sums of two terms share a number where no sum can overflow.
 */
#define VNUMA__COST_TERMS 6
typedef union {
    struct {
        int64_t moved;  /* vnodes that are not where they were */
        int64_t shared; /* vnodes that have a pnode with another */
        int64_t cpu;   /* too many vcpus, in thousandths: for pcpus, cores */
        int64_t away;  /* KiB of preferred memory on other pnodes */
        int64_t near;  /* distance, vcpus led away, vnodes misplaced */
        int64_t taken; /* minus the least free memory left on a used pnode */
    };
    int64_t terms[VNUMA__COST_TERMS];
} vnuma__cost;

#define VNUMA__COST_PCPU (INT64_C(1) << 31)
#define VNUMA__COST_DISTANCE (INT64_C(1) << 26)
#define VNUMA__COST_LED_AWAY (INT64_C(1) << 6)

/* Less than, equal to or greater than 0, as a is better than b. */
static inline int vnuma__cost_compare(const vnuma__cost *a,
                                      const vnuma__cost *b)
{
    unsigned int i = 0;

    while (i < VNUMA__COST_TERMS - 1 && a->terms[i] == b->terms[i])
        i++;
    return (a->terms[i] > b->terms[i]) - (a->terms[i] < b->terms[i]);
}

/*
 * The whole cost of a placement; pnode[v] is an index.  False when it breaks a
 * rule: a pnode that is not allowed, or more memory than there is.  flows_r is
 * NULL or gets where preferred memory goes: KiB by vnode and pnode.
 */
bool vnuma__measure(const vnuma__problem *problem, const uint8_t *pnode,
                    vnuma__cost *cost_r,
                    uint64_t (*flows_r)[VNUMA__MAX_PNODES]);

/* Distance of v on p and w on q: both directions, stated or as it is. */
int32_t vnuma__pair_distance(const vnuma__problem *problem, unsigned int v,
                             unsigned int w, unsigned int p, unsigned int q);
/* Soft affinity and misplacement of v on p. */
int64_t vnuma__own_cost(const vnuma__problem *problem, unsigned int v,
                        unsigned int p);
/* Of the devices, when these pnodes are used. */
int64_t vnuma__device_cost(const vnuma__problem *problem, uint64_t used);

/* Load beyond the pcpus, and the cores, of p that any of these vnodes may use,
 * and what so many of their vcpus cost there. */
typedef struct {
    int64_t pcpus, cores;
    bool is_mixed; /* not all of them may use all of these */
} vnuma__over;
vnuma__over vnuma__find_over(const vnuma__problem *problem, unsigned int p,
                             uint32_t vnodes);
int64_t vnuma__over_cost(vnuma__over over, uint64_t num_vcpus);

#define VNUMA__STEPS UINT64_C(16000000) /* some 150 ms */

typedef struct {
    bool feasible;
    bool gave_up; /* none found, and not proven that there is none */
    bool optimal; /* proven: none is better, nor as good and before it */
    uint8_t pnode[VNUMA__MAX_VNODES];
    vnuma__cost cost;
    vnuma__cost bound; /* proven: no placement costs less */
} vnuma__result;

/*
 * The best placement, and among those that cost the same the first in
 * dictionary order.  most_steps bounds the work, so the same problem has the
 * same answer on every machine.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__search(const vnuma__problem *problem, uint64_t most_steps,
                  vnuma__result *result_r);

#endif
