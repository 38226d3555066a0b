/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: plans, which say where each vnode of a guest lives on a host, and
 * why.
 */
#ifndef VNUMA_PLAN_H
#define VNUMA_PLAN_H

#include "vnuma_guest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* So much of a vnode on that pnode. */
typedef struct {
    uint32_t pnode;
    uint64_t memkb;
} vnuma_plan_part;

typedef struct {
    uint32_t pnode; /* of its vcpus, and of its memory if it is strict */
    uint64_t memkb;
    vnuma_bitmap vcpus;
    uint32_t *distances; /* owned; num_vnodes of the plan */
    vnuma_membind membind; /* where its memory may go */
    /* Owned; where it will go by what is free now; more than one pnode only
     * if its policy is not strict. */
    vnuma_plan_part *parts;
    unsigned int num_parts;
} vnuma_plan_vnode;

/*
 * What a placement costs.  Placements are compared from the first to the last,
 * and the smaller wins; of least_memkb the larger.
 */
typedef struct {
    uint64_t moved;  /* vnodes not where they were, if that is preferred */
    uint64_t shared; /* vnodes that have a pnode with another */
    /*
     * Vcpus beyond the pcpus of their pnode that they may use, and beyond
     * their cores, those that run there already counted in; in thousandths.
     */
    uint64_t overcommit, core_overcommit;
    uint64_t away_memkb; /* of memory that prefers a pnode, on others */
    uint64_t distance;
    uint64_t led_away;    /* vcpus that cpus_soft= leads to another pnode */
    uint64_t misplaced;   /* memory-only vnodes on pnodes that have CPUs */
    uint64_t least_memkb; /* smallest free memory left: more is better */
} vnuma_plan_cost;

/*
 * Less than, equal to or greater than 0, as a placement that costs @a is
 * better than one that costs @b, whatever memory either leaves.
 */
int vnuma_plan_cost_compare(const vnuma_plan_cost *a,
                            const vnuma_plan_cost *b);

/* ---- what a plan is made with ------------------------------------------- */

typedef struct vnuma_plan vnuma_plan;

/* In addition to config and host; empty when it is made. */
typedef struct vnuma_plan_options vnuma_plan_options;

/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_plan_options_make(vnuma_plan_options **options_r);
void vnuma_plan_options_free(vnuma_plan_options *options);

/* A pnode's margin, or every pnode's when pnode is VNUMA_PNODE_AUTO. */
typedef struct {
    uint32_t pnode;
    uint64_t memkb;
} vnuma_plan_reserve;

/*
 * vnuma_plan_options_reserve - keep memory free on a pnode
 *
 * The last for a pnode counts.  Returns 0 or VNUMA_ERROR_NOMEM, which is also
 * for more than a host has pnodes.
 */
int vnuma_plan_options_reserve(vnuma_plan_options *options, uint32_t pnode,
                               uint64_t memkb);
/* The first reserve for a pnode that the host does not have, or NULL. */
const vnuma_plan_reserve *
vnuma_plan_options_check(const vnuma_plan_options *options,
                         const vnuma_topology *topology);

/*
 * vnuma_plan_options_prefer - plan a guest where it was, if that can be
 * @pnodes: one for each vnode, copied; one that the host does not have is gone
 *
 * All of them when they can hold the guest, else as many as can be.
 */
void vnuma_plan_options_prefer(vnuma_plan_options *options,
                               const uint32_t *pnodes,
                               unsigned int num_vnodes);

/* ---- planning ----------------------------------------------------------- */

/*
 * vnuma_plan_build - decide where each vnode shall live
 * @config:   one in which vnuma_check() found no error
 * @topology: the host as it is now
 * @options:  NULL: none
 * @plan_r:   written also with VNUMA_ERROR_NOFIT: not feasible, and why
 * @diags:    on VNUMA_ERROR_NOFIT one error per vnode that does not fit, at
 *            its size=
 *
 * What the config leaves out is filled in.  No size: an equal part of what
 * the other vnodes leave of maxmem= (or memory=), in whole 2 MiB as far as
 * possible.  No vcpus in any vnode: an even split of maxvcpus= (or vcpus=), in
 * order.  vnuma="auto": as few vnodes as this host needs for the memory and
 * the vcpus.
 *
 * The same input always gives the same plan.
 *
 * Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_build(const vnuma_config *config,
                     const vnuma_topology *topology,
                     const vnuma_plan_options *options, vnuma_plan **plan_r,
                     vnuma_diags *diags);
void vnuma_plan_free(vnuma_plan *plan);

bool vnuma_plan_is_feasible(const vnuma_plan *plan);
/* Proven: no other placement has a smaller cost. */
bool vnuma_plan_is_optimal(const vnuma_plan *plan);
/* Not feasible, but it is not proven that there is no placement. */
bool vnuma_plan_gave_up(const vnuma_plan *plan);
/* Of the guest, in order; what is returned is borrowed from the plan. */
unsigned int vnuma_plan_num_vnodes(const vnuma_plan *plan);
const vnuma_plan_vnode *vnuma_plan_vnode_at(const vnuma_plan *plan,
                                            unsigned int vnode);
const vnuma_plan_cost *vnuma_plan_cost_of(const vnuma_plan *plan);
/* Proven: no placement costs less.  As the cost when the plan is optimal. */
const vnuma_plan_cost *vnuma_plan_bound_of(const vnuma_plan *plan);

/*
 * vnuma_topology_take - the host as it will be with a guest on it
 *
 * Takes the memory of @plan, with what building costs, from the free memory of
 * its pnodes, and lets its vcpus run there.  So the next guest can be planned
 * before this one is built.
 */
void vnuma_topology_take(vnuma_topology *topology, const vnuma_plan *plan);

/* ---- several guests ----------------------------------------------------- */

/* One of several guests, and what becomes of it. */
typedef struct vnuma_plan_guest vnuma_plan_guest;

/*
 * vnuma_plan_guest_make - a guest to be planned with others
 * @config: borrowed; NULL: it only has its place in the list
 * @name:   borrowed, not NULL; of its file
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_guest_make(const vnuma_config *config, const char *name,
                          vnuma_plan_guest **guest_r);
void vnuma_plan_guest_free(vnuma_plan_guest *guest);

/* After vnuma_plan_several(): as of vnuma_plan_build(); borrowed. */
const vnuma_plan *vnuma_plan_guest_plan(const vnuma_plan_guest *guest);
const vnuma_diags *vnuma_plan_guest_diags(const vnuma_plan_guest *guest);

/*
 * vnuma_plan_several - plan guests that shall live next to each other
 * @options: NULL: none
 * @most_r: set when it is proven that no more of them fit together; may be
 *          NULL
 *
 * As many as possible are placed: proven up to a few guests, a search with an
 * end beyond.  The plan of each is the best next to what the others take
 * (vnuma_topology_take()); its "optimal" says whether that is proven.  A
 * guest that is left out has its rc and its reasons: next to those placed, or
 * without them when it does not fit alone either.
 *
 * The order of @guests changes nothing: which of them are placed, and where,
 * follows from what they need, then from their text, then from @name.
 *
 * Returns 0 when all of those with a config are placed, VNUMA_ERROR_NOFIT or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_plan_several(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options, bool *most_r);

/*
 * vnuma_config_is_full - whether plain xl would read the same from the file
 *
 * True when every vnode has a pnode, a size and a distance to every vnode, and
 * vcpus are given in some vnode.
 */
bool vnuma_config_is_full(const vnuma_config *config);

/* ---- plans as text ------------------------------------------------------ */

/*
 * vnuma_plan_to_setting - "vnuma=[...]" with every value explicit, one line
 *
 * xl reads it as a key=value argument.  To be freed by the caller; NULL: no
 * memory.
 */
char *vnuma_plan_to_setting(const vnuma_plan *plan);

/*
 * vnuma_plan_to_cfg - the guest's file with every value of vnuma= explicit
 * @source: what @plan was made from
 *
 * It is where the file's first vnuma= was; later ones, which override it or
 * add to it (+=), are removed.  Every other byte is as in the file; what the
 * command line adds to @source is left out.  A file without vnuma= gets one at
 * its beginning.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_plan_to_cfg(const vnuma_plan *plan, const vnuma_source *source);

/* As xl-vnuma(1) describes it; to be freed by the caller, NULL: no memory. */
char *vnuma_plan_to_json(const vnuma_plan *plan);
char *vnuma_plan_to_text(const vnuma_plan *plan);
/* Of several, in their order; @topology: the host without them. */
char *vnuma_plan_several_to_json(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology);
char *vnuma_plan_several_to_text(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most);

#ifdef __cplusplus
}
#endif

#endif
