/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search for guests that state distances and whose vnodes get a pnode
 * each: quadratic assignment.  assign_order.c takes the parts of "best"
 * in turn, assign.c walks the tree, assign_bound.c says what a node
 * of it costs at least, and assign_start.c prepares them.  Few vnodes on
 * few pnodes have a walk of their own, assign_few.c.
 *
 * Vnodes are put on classes of pnodes that are alike (set.c), as far as
 * costs go; who of a class gets which pnode is a matching.
 *
 * Costs are 32-bit here, for vectors: 992 distances below 256 and 32
 * misplaced vnodes are less than 2^24.  Memory never is, and vcpus too many
 * are settled before.
 */
#ifndef VNUMA_ASSIGN_H
#define VNUMA_ASSIGN_H

#include "search/search.h"

/* Values by class, four at a time; gcc and clang make them instructions. */
typedef int32_t vnuma__lanes __attribute__((vector_size(16)));
#define VNUMA__LANES 4u
#define VNUMA__ROW (VNUMA__MAX_PNODES / VNUMA__LANES)

/* Where a vnode cannot be; above every cost, and sums of some still fit. */
#define VNUMA__NEVER (INT32_C(1) << 27)
#define VNUMA__TOO_MUCH (VNUMA__NEVER / 2)

typedef struct {
    const vnuma__problem *problem;
    const vnuma__classes *classes;
    unsigned int num_vnodes, num_classes;
    unsigned int row;  /* vectors that hold a value for each class */
    uint64_t singles;  /* classes of one pnode, as a mask */
    bool is_small;     /* cost and memory can be walked through at once */
    bool is_symmetric; /* distances are the same both ways, all of them */
    int64_t base;      /* cost of every placement, 32-bit costs come on top */
    int64_t device_least;
    int64_t root_cost; /* what each placement costs on top of base */

    /* What is known of pnodes and vnodes; owned. */
    vnuma__lanes (*from)[VNUMA__ROW];                     /* class to class */
    vnuma__lanes (*to)[VNUMA__ROW];                       /* turned round */
    int32_t stated[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES]; /* 0: nothing */
    /*
     * How far the host's nearest distance is from that.  It is in root_cost;
     * links and parts have only what is beyond it.
     */
    int32_t unavoidable[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES];
    /* The other classes and vnodes, nearest first. */
    uint8_t near_from[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    uint8_t near_to[VNUMA__MAX_PNODES][VNUMA__MAX_PNODES];
    uint8_t wish_from[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES];
    uint8_t wish_to[VNUMA__MAX_VNODES][VNUMA__MAX_VNODES];
    uint32_t alike[VNUMA__MAX_VNODES]; /* by cost, itself too; masks */
    uint32_t same[VNUMA__MAX_VNODES];  /* and by memory */

    /* What is asked: these pnodes, and these when only as cheap as best. */
    uint64_t allowed[VNUMA__MAX_VNODES], more[VNUMA__MAX_VNODES];
    /* The classes of them, with those of vnodes that are alike. */
    uint64_t in_allowed[VNUMA__MAX_VNODES], in_more[VNUMA__MAX_VNODES];
    int64_t most_cost; /* inclusive, with more; below that with allowed */
    bool any;          /* the first found will do */
    bool probing;      /* what follows at once, no choices */
    bool look_ahead;   /* bounds of open pairs are worth their time */
    uint32_t rivals;   /* no two of these can be in one class, a mask */
    bool found, gave_up;
    int64_t root_bound;
    int64_t lowest_left; /* bound of what was given up */
    vnuma__work work;
    vnuma__placement best;

    /* Where the walk is. */
    uint32_t open, fixed; /* vnodes not placed; placed by number, masks */
    uint8_t class_at[VNUMA__MAX_VNODES];
    uint8_t cap[VNUMA__MAX_PNODES];
    vnuma__lanes blocked[VNUMA__ROW]; /* above every cost where it is full */
    /*
     * By depth and vnode, a row: own cost and that with the vnodes placed.
     */
    vnuma__lanes *links; /* owned */
    /*
     * When every pnode is used: by depth, from and to each class the
     * distances of the places left, in order, as rows.
     */
    bool uses_all;
    vnuma__lanes *places[2]; /* owned */
    /* Of the node looked at, by vnode: twice links and what open pairs add. */
    vnuma__lanes parts[VNUMA__MAX_VNODES][VNUMA__ROW];
    int32_t smallest[VNUMA__MAX_VNODES];
    /* What the bound would lose without the vnode, next to its part. */
    int32_t regret[VNUMA__MAX_VNODES];
} vnuma__assign;

/*
 * Returns 0, 1 when this is no problem for this search, or
 * VNUMA_ERROR_NOMEM.  Dispose after each.
 */
int vnuma__assign_init(vnuma__assign *a, const vnuma__problem *problem,
                       const vnuma__classes *classes);
/* And what the walk and its bounds need.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__assign_init_walk(vnuma__assign *a);
void vnuma__assign_dispose(vnuma__assign *a);
/*
 * What each pair costs at least with the vnodes in these classes, as the sets
 * of those with vcpus and of those without.
 */
void vnuma__assign_find_unavoidable(vnuma__assign *a,
                                    const uint64_t *candidates);
/* The same without rows of costs, for local search and few vnodes. */
void vnuma__assign_open_all(vnuma__assign *a);
/* Back to the root, with the pnodes allowed now. */
void vnuma__assign_restart(vnuma__assign *a);
/* At the root: v cannot be on c after all. */
static inline void vnuma__assign_forbid(vnuma__assign *a, unsigned int v,
                                        unsigned int c)
{
    a->links[(size_t)v * a->row + c / VNUMA__LANES][c % VNUMA__LANES] =
        VNUMA__NEVER;
}

/* The classes of these pnodes, with those of vnodes that are alike. */
void vnuma__assign_share(const vnuma__assign *a, const uint64_t *pnodes,
                         uint64_t *classes);
/* The pnodes that leave more than best does become those to be used. */
void vnuma__assign_ask_more(vnuma__assign *a);

static inline vnuma__lanes *
vnuma__assign_links(const vnuma__assign *a, unsigned int depth, unsigned int v)
{
    return a->links + ((size_t)depth * a->num_vnodes + v) * a->row;
}

static inline vnuma__lanes *vnuma__assign_places(const vnuma__assign *a,
                                                 unsigned int direction,
                                                 unsigned int depth,
                                                 unsigned int i)
{
    return a->places[direction] + ((size_t)depth * a->num_vnodes + i) * a->row;
}

static inline int32_t vnuma__lane(const vnuma__lanes *row, unsigned int i)
{
    return row[i / VNUMA__LANES][i % VNUMA__LANES];
}

static inline vnuma__lanes vnuma__splat(int32_t value)
{
    return (vnuma__lanes){ value, value, value, value };
}

static inline vnuma__lanes vnuma__lanes_abs(vnuma__lanes x)
{
    /* cppcheck-suppress shiftTooManyBitsSigned ; all of GCC's lanes */
    vnuma__lanes sign = x >> 31;

    return (x ^ sign) - sign;
}

/*
 * Fills parts and smallest.  Returns twice a lower bound of what the open
 * vnodes cost from here, or a value above VNUMA__NEVER when one of them has
 * nowhere to go.
 */
int64_t vnuma__assign_bound(vnuma__assign *a, unsigned int depth);
/* The distances from a class (or to it) to the places left, in order. */
unsigned int vnuma__assign_list(const vnuma__assign *a, unsigned int c,
                                bool from, int32_t *distances);
/* Takes a place of c from the lists of a depth, for the next one. */
void vnuma__assign_take_place(vnuma__assign *a, unsigned int depth,
                              unsigned int c);
/* The classes where the part of v is at most so much, as a mask. */
uint64_t vnuma__assign_within(const vnuma__assign *a, unsigned int v,
                              int64_t most);

/*
 * Puts v on class c and gives what that costs; depth is how many have been
 * put before.  Taking back goes in the other order.
 */
int64_t vnuma__assign_place(vnuma__assign *a, unsigned int depth,
                            unsigned int v, unsigned int c);
void vnuma__assign_take_back(vnuma__assign *a, unsigned int v);
/* v on c is as good as another that has been walked through. */
bool vnuma__assign_only_repeats(const vnuma__assign *a, unsigned int v,
                                unsigned int c);
/* Everything from here on; pnode is a matching, or what there is of one. */
void vnuma__assign_walk(vnuma__assign *a, unsigned int depth, int64_t cost,
                        const uint8_t *pnode);
/* Classes with which the cost can stay in its limit, after a bound. */
uint64_t vnuma__assign_candidates(const vnuma__assign *a, unsigned int v,
                                  int64_t cost, int64_t twice);
uint64_t vnuma__assign_members(const vnuma__assign *a, uint64_t classes);
/*
 * A pnode for every vnode, of base, in its class or, when open, in one of the
 * candidates.
 */
bool vnuma__assign_match(const vnuma__assign *a, const uint64_t *base,
                         const uint64_t *candidates, uint8_t *pnode);
/*
 * Few vnodes and few pnodes, none of them alike: a walk from the best so far
 * to what is best in all parts, or as far as work lasts.
 */
bool vnuma__assign_is_few(const vnuma__assign *a);
int vnuma__assign_walk_few(vnuma__assign *a);
/* With the classes as they are, the pnodes that leave most. */
void vnuma__assign_leave_most(const vnuma__assign *a,
                              vnuma__placement *placement);
/* Local search from there; makes it the best when it is cheaper. */
void vnuma__assign_improve(vnuma__assign *a, vnuma__placement *placement);
/* And on from the best again and again, while there is work. */
void vnuma__assign_wander(vnuma__assign *a);

#endif
