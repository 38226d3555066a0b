/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files that turn a placement, or the lack of one, into the plan
 * that users see.
 */
#ifndef VNUMA_PLAN_INSIDE_H
#define VNUMA_PLAN_INSIDE_H

#include "guest/guest.h"
#include "search/search.h"

/* plan.c */

void vnuma__plan_init(vnuma_plan *plan);
void vnuma__plan_dispose(vnuma_plan *plan);
/* Of plan and diags. */
void vnuma__plan_guest_dispose(vnuma_plan_guest *guest);
void vnuma__plan_options_init(vnuma_plan_options *options);
void vnuma__plan_options_dispose(vnuma_plan_options *options);
/* As vnuma_plan_build(), into one that is empty. */
int vnuma__plan_build(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_plan *plan_r,
                      vnuma_diags *diags);

/* plan_explain.c */

/* Adds a line to the plan's reasons.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_reason(vnuma_plan *plan, const char *fmt, ...)
    VNUMA__PRINTF(2, 3);
/* The reasons of a plan that exists.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_explain(vnuma_plan *plan, const vnuma_config *config,
                        const vnuma_topology *topology);
/* plan_refuse.c */

/*
 * Reports each vnode that does not fit, and what would help; the plan gets the
 * same as reasons.  Returns VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_refuse(vnuma_plan *plan, vnuma__problem *problem,
                       const vnuma_config *config,
                       const vnuma_topology *topology, bool gave_up,
                       vnuma_diags *diags);

/* fill.c */

/*
 * Makes explicit what a guest's file leaves out, as vnuma_plan_build() tells;
 * without a host vnuma="auto" is one vnode.
 * @full_r: empty; spans are kept where there was a text; what plans do not look
 *          at (cpus= and the pieces of vcpus=) is left out
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_fill(const vnuma_config *config,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options,
                       vnuma_config *full_r);

/*
 * Fills vnuma="auto" in with @num_vnodes vnodes, and says how many it can have
 * at most.  The first returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_fill_equal(const vnuma_config *config,
                             unsigned int num_vnodes, vnuma_config *full_r);
unsigned int vnuma__most_equal(const vnuma_config *config,
                               const vnuma_topology *topology);

/* plan_place.c */

/* Fills each vnode's place and parts.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_place(vnuma_plan *plan, const vnuma_config *config,
                      const vnuma__problem *problem,
                      const vnuma_topology *topology);
/* KiB of a vnode for which no pnode has room. */
uint64_t vnuma__plan_unplaced(const vnuma_plan *plan, unsigned int v);
/* KiB of the guest on a pnode. */
uint64_t vnuma__plan_memory_on(const vnuma_plan *plan, uint32_t pnode);
/* The place in the file that says how much memory a vnode has. */
vnuma_span vnuma__size_span(const vnuma_config *config, unsigned int v);

/* What a plan leaves free on a pnode, KiB. */
static inline uint64_t vnuma__plan_left(const vnuma_plan_pnode *pnode)
{
    return pnode->free_memkb - pnode->reserve_memkb - pnode->guest_memkb -
           pnode->build_memkb;
}

static inline uint64_t vnuma__mib_down(uint64_t memkb)
{
    return memkb / 1024;
}

static inline uint64_t vnuma__mib_up(uint64_t memkb)
{
    return memkb / 1024 + !!(memkb % 1024);
}

#endif
