/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files that turn a guest and a host into plain numbers, and a
 * placement, or the lack of one, into the plan that users see.
 */
#ifndef VNUMA_PLAN_INSIDE_H
#define VNUMA_PLAN_INSIDE_H

#include "guest/guest.h"
#include "record/lived.h"
#include "search/search.h"

/* model.c: only it knows what memory a guest needs where, and which pcpus its
 * vcpus may use. */

#define VNUMA__CHUNK_MEMKB UINT64_C(2048) /* a 2 MiB page: a step of sizes */

/* What Linux assumes when firmware gives no distance. */
#define VNUMA__ASSUMED_DISTANCE 20u

typedef struct {
    vnuma__problem problem;
    vnuma__pcpu *pcpus; /* owned; of all pnodes */
    /* The guest; borrowed, every size and vcpu given. */
    const vnuma_config *config;
    const vnuma_topology *topology;      /* borrowed */
    uint64_t guest[VNUMA__MAX_VNODES];   /* KiB, of the guest alone */
    uint64_t may_run[VNUMA__MAX_VNODES]; /* mask, by cpus= and pool= */
    uint64_t free[VNUMA__MAX_PNODES], reserve[VNUMA__MAX_PNODES]; /* KiB */
    /* KiB of interleaved vnodes, by memory */
    uint64_t dealt[VNUMA__MAX_MEMORIES][VNUMA__MAX_PNODES];
    uint64_t page_kb[VNUMA__MAX_MEMORIES]; /* of its pages; ordinary ones: 4 */
    unsigned int num_memories;
    uint64_t memoryless; /* mask: holds no memory, and builds none */
    const vnuma__lived *lived; /* borrowed; NULL: it does not count */
    bool has_load;
    bool is_distance_assumed; /* some distance is not known */
    bool is_pool_assumed;     /* huge pages count as ordinary memory */
} vnuma__model;

/*
 * Returns 0, VNUMA_ERROR_NOMEM or VNUMA_ERROR_CONFIG: a guest that
 * vnuma_check() does not let pass.  Dispose in any case.
 */
int vnuma__model_init(vnuma__model *model, const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options);
void vnuma__model_dispose(vnuma__model *model);

/* Of a vnode's huge pages; 0: it has ordinary ones. */
uint64_t vnuma__plan_page_kb(const vnuma_config *config, unsigned int v,
                             const vnuma_plan_options *options);

/* The place of a pnode in the host's list; num_pnodes: it has none. */
unsigned int vnuma__pnode_index(const vnuma_topology *topology,
                                uint64_t pnode);

/* plan_object.c */

void vnuma__plan_dispose(vnuma_plan *plan);
/* Of plan and diags. */
void vnuma__plan_guest_dispose(vnuma_plan_guest *guest);
unsigned int vnuma__count_placed(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests);

/*
 * A host with the plans of these guests on it.  To be freed: its pnodes, which
 * are a copy, as its pages and pcpus in the same block.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__topology_with(const vnuma_topology *topology,
                         vnuma_plan_guest *const *guests,
                         unsigned int num_guests, vnuma_topology *with_r);

/* plan.c */

/* A guest with everything filled in, its numbers, and the best placement. */
typedef struct {
    vnuma_config full;
    vnuma__model model; /* of full: the struct must not be moved */
    vnuma__result result;
} vnuma__attempt;

/*
 * @most_steps: of the search; 0: there is none.  Returns as
 * vnuma__model_init(); dispose in any case.
 */
int vnuma__attempt_init(vnuma__attempt *attempt, const vnuma_config *config,
                        const vnuma_topology *topology,
                        const vnuma_plan_options *options, uint64_t most_steps,
                        vnuma_diags *diags);
void vnuma__attempt_dispose(vnuma__attempt *attempt);

/* As vnuma_plan_build(), into one that is empty. */
int vnuma__plan_build(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_plan *plan_r,
                      vnuma_diags *diags);

/* plan_text.c */

/* The reasons of a plan that exists.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_explain(vnuma_plan *plan, const vnuma__model *model);

/* plan_refuse.c */

/*
 * Reports what does not fit, and what would help; the plan gets the same as
 * reasons.  @rc: of the attempt.  Returns VNUMA_ERROR_NOFIT or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_refuse(vnuma_plan *plan, const vnuma__attempt *attempt,
                       const vnuma_plan_options *options, vnuma_diags *diags,
                       int rc);

/* fill.c */

/*
 * Makes explicit what a guest's file leaves out, as vnuma_plan_build() tells;
 * without a host vnuma="auto" is one vnode.  Spans are kept where there was a
 * text.  All but the vnodes and their vcpus is borrowed from @config: to be
 * disposed with vnuma__full_dispose().

 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_fill(const vnuma_config *config,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options,
                       vnuma_config *full_r, vnuma_diags *diags);
void vnuma__full_dispose(vnuma_config *full);

/* What a plan leaves free on a pnode, KiB. */
static inline uint64_t vnuma__plan_left(const vnuma_plan_pnode *pnode)
{
    return pnode->free_memkb - pnode->reserve_memkb - pnode->guest_memkb -
           pnode->build_memkb;
}

static inline uint64_t vnuma__mib_up(uint64_t memkb)
{
    return memkb / 1024 + !!(memkb % 1024);
}

#endif
