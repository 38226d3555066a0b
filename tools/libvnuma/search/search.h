/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner's inside: which placement is best, and is that proven?
 *
 *   set.c     a pnode each, no distances stated: a set is searched for
 *   assign.c  a pnode each, distances stated: quadratic assignment
 *   map.c     all the others, above all those that must share pnodes
 *
 * The driver (search.c) asks the first and the last one question again
 * and again: is there a placement that costs at most so much and leaves at
 * least so much free, with these pnodes allowed to each vnode?
 */
#ifndef VNUMA_SEARCH_H
#define VNUMA_SEARCH_H

#include "search/problem.h"

typedef struct {
    uint64_t allowed[VNUMA__MAX_VNODES]; /* pnodes, as masks */
    uint64_t most_cost;                  /* inclusive */
    uint64_t enough; /* nothing can be cheaper: with best, such a one will do */
    uint64_t alone;  /* pnodes for one vnode at most, as a mask */
    int64_t least;   /* to be left on each used pnode */
    bool best;       /* the cheapest within most_cost, not the first found */
    /* map search: the one that leaves most, not the first found */
    bool leaves_most;
    bool in_order; /* map search: find the first in dictionary order first */
    bool whole;    /* set search: classes whole or not at all, but for one */
} vnuma__question;

/*
 * Whether a cost is no answer any more.  @most_cost: of the question, or of the
 * placement that was @found, which only a cheaper one beats.
 */
static inline bool vnuma__is_too_much(const vnuma__question *question,
                                      bool found, uint64_t most_cost,
                                      uint64_t cost)
{
    return found && question->best ? cost >= most_cost : cost > most_cost;
}

typedef enum {
    VNUMA__FOUND,   /* with best: proven to be the cheapest */
    VNUMA__NONE,    /* proven that there is none */
    VNUMA__GAVE_UP, /* the work allowed was not enough */
} vnuma__answer;

/*
 * Work done and work allowed, in steps that take some nanoseconds each.  A
 * search that runs out gives up, so the same input takes the same steps and
 * has the same answer on every machine.
 */
typedef struct {
    uint64_t done, most;
} vnuma__work;

static inline bool vnuma__work_is_over(vnuma__work *work, uint64_t steps)
{
    work->done += steps;
    return work->done > work->most;
}

/*
 * On VNUMA__GAVE_UP with best or leaves_most found_r tells whether a placement
 * (not proven to be that one) is there nevertheless.  bound_r, if not NULL, is
 * a proven lower bound of the cost of any placement.  VNUMA_ERROR_NOMEM or a
 * vnuma__answer.
 */
int vnuma__search_map(const vnuma__problem *problem,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__placement *placement_r, bool *found_r,
                      uint64_t *bound_r);

/* No third pnode and no device can tell the two apart by distance. */
bool vnuma__are_alike(const vnuma__problem *problem, unsigned int p,
                      unsigned int q);

/* What set.c prepares once for a problem. */
typedef struct {
    unsigned int num_classes;
    uint8_t class_of[VNUMA__MAX_PNODES];
    uint8_t size[VNUMA__MAX_PNODES];     /* pnodes in the class */
    uint64_t members[VNUMA__MAX_PNODES]; /* as masks */
    uint64_t own[VNUMA__MAX_PNODES];     /* cost of using one */
    uint64_t between[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    /* For each class the classes by what lies between, nearest first. */
    uint8_t nearest[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    uint64_t base;   /* cost that every placement has */
    uint64_t offset; /* and what counting by sets counts too much */
    uint64_t allowed[VNUMA__MAX_VNODES]; /* without what costs vcpus */
    uint8_t cap[VNUMA__MAX_PNODES];      /* pnodes that some vnode may have */
    /*
     * Each is nearer to its own class than to any other one: without
     * memory in the way, of two classes used in part one had better give to
     * the other, and only one is at best.
     */
    bool prefers_whole;
} vnuma__classes;

/* False: not a problem for the set search. */
bool vnuma__classes_init(vnuma__classes *classes,
                         const vnuma__problem *problem);
/* The cheapest sets, each as a number of pnodes of each class. */
#define VNUMA__MAX_SETS 32u
typedef struct {
    uint8_t caps[VNUMA__MAX_SETS][VNUMA__MAX_PNODES];
    unsigned int num_sets;
    bool complete; /* there are no others */
} vnuma__sets;

/*
 * All sets that cost no more than question->most_cost, as long as they are
 * few, whether or not there is a matching for them.
 */
void vnuma__list_sets(const vnuma__problem *problem,
                      const vnuma__classes *classes,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__sets *sets_r);
/* The same answer as vnuma__search_set() gives for the first one found. */
int vnuma__search_sets(const vnuma__problem *problem,
                       const vnuma__classes *classes, const vnuma__sets *sets,
                       const vnuma__question *question,
                       vnuma__placement *placement_r, bool *found_r);
/* Of the placements that the question allows the first in dictionary order. */
void vnuma__settle_sets(const vnuma__problem *problem,
                        const vnuma__classes *classes,
                        const vnuma__sets *sets,
                        const vnuma__question *question,
                        vnuma__placement *placement);
/*
 * With question->whole and best, bound_r is that of all placements: other
 * sets cost more than the cheapest of these would without memory.  When what
 * is found costs that, no other sets do.
 */
int vnuma__search_set(const vnuma__problem *problem,
                      const vnuma__classes *classes,
                      const vnuma__question *question, vnuma__work *work,
                      vnuma__placement *placement_r, bool *found_r,
                      uint64_t *bound_r);

/*
 * A pnode of its own for every vnode, where no class of pnodes is used more
 * often than its cap.  pnode_r may be NULL.
 */
bool vnuma__match(const vnuma__problem *problem, const uint64_t *allowed,
                  const uint8_t *class_of, const uint8_t *cap,
                  uint8_t *pnode_r);
/*
 * Of allowed[v] what v can have of its own, with the others moved as need be,
 * when classes are used as often as they are with pnode, a matching.
 */
uint64_t vnuma__could_have(const vnuma__problem *problem,
                           const vnuma__classes *classes,
                           const uint64_t *allowed, const uint8_t *pnode,
                           unsigned int v);

#define VNUMA__NOBODY UINT8_MAX
/*
 * A pnode of its own for every vnode, by masks.  Begins with those of pnode
 * that still hold; VNUMA__NOBODY is none.  On failure pnode is what is left.
 */
bool vnuma__match_again(unsigned int num_vnodes, const uint64_t *allowed,
                        uint8_t *pnode);

/* The pnodes of allowed[v] that still leave so much with v alone on them. */
uint64_t vnuma__with_room(const vnuma__problem *problem, unsigned int v,
                          uint64_t allowed, int64_t least);

/*
 * Bounds where pnodes are shared (relax.c).  All vnodes as small as the
 * smallest, and pnodes with room for as many of them alike; or only one vnode
 * of each used pnode, without what it costs by itself, and, when no vnode states
 * distances, what the others cost next to those at least.
 */
void vnuma__relax_sizes(vnuma__problem *problem);
void vnuma__relax_sharing(vnuma__problem *problem);
uint64_t vnuma__least_of_sharing(const vnuma__problem *problem);
/*
 * The pnodes where a second vnode would cost too much, when no vnode states
 * distances; @apart: what one on each used pnode costs at least, or 0.
 */
uint64_t vnuma__too_dear_to_share(const vnuma__problem *problem,
                                  uint64_t apart, uint64_t most_cost);

/* What the driver found. */
typedef struct {
    bool feasible;
    bool gave_up;   /* not feasible, but not proven to be */
    bool optimal;   /* no placement has a smaller cost, least included */
    bool in_order;  /* and none as good comes before it */
    uint64_t bound; /* proven: none with num_used pnodes costs less */
    vnuma__placement placement;
} vnuma__result;

/*
 * Stated distances and a pnode for each vnode: all the parts, with this much
 * work.  Fills result_r.  Returns 0, 1 when it cannot take the problem, or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__search_assign(const vnuma__problem *problem,
                         const vnuma__classes *classes, uint64_t most_work,
                         vnuma__result *result_r);

/*
 * The best placement by all that design calls best; problem->num_used is what
 * it uses afterwards.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__search(vnuma__problem *problem, vnuma__result *result_r);
/* How many pnodes a placement can use at most, by what the file names. */
unsigned int vnuma__search_most_used(const vnuma__problem *problem);
/* The same among the placements that use so many pnodes. */
int vnuma__search_using(vnuma__problem *problem, unsigned int num_used,
                        vnuma__result *result_r);

#endif
