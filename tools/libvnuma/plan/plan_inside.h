/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files that turn a placement, or the lack of one, into the plan
 * that users see.
 */
#ifndef VNUMA_PLAN_INSIDE_H
#define VNUMA_PLAN_INSIDE_H

#include "plan/model.h"

/* plan_object.c */

void vnuma__plan_init(vnuma_plan *plan);
void vnuma__plan_dispose(vnuma_plan *plan);
/* Of plan and diags. */
void vnuma__plan_guest_dispose(vnuma_plan_guest *guest);
void vnuma__plan_options_init(vnuma_plan_options *options);
void vnuma__plan_options_dispose(vnuma_plan_options *options);

/*
 * A host with the plans of these guests on it; its pnodes and pcpus are
 * copies.  Returns 0 or VNUMA_ERROR_NOMEM; drop it in any case.
 */
int vnuma__topology_with(const vnuma_topology *topology,
                         vnuma_plan_guest *const *guests,
                         unsigned int num_guests, vnuma_topology *with_r);
void vnuma__topology_drop(vnuma_topology *with);

/* plan.c */

/* As vnuma_plan_build(), into one that is empty. */
int vnuma__plan_build(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_plan *plan_r,
                      vnuma_diags *diags);

/* plan_place.c */

/*
 * Fills each vnode's place and parts, and the pnodes.  @flows: as from
 * vnuma__measure().  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_place(vnuma_plan *plan, const vnuma__model *model,
                      const vnuma__result *result,
                      uint64_t (*flows)[VNUMA__MAX_PNODES]);

/* plan_explain.c */

/* Adds a line to the plan's reasons.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_reason(vnuma_plan *plan, const char *fmt, ...)
    VNUMA__PRINTF(2, 3);
/* With what the former returned: the last reason is an error too. */
int vnuma__plan_deny(vnuma_plan *plan, vnuma_diags *diags, vnuma_span span,
                     int rc);
/* The reasons of a plan that exists.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_explain(vnuma_plan *plan, const vnuma__model *model);

/* What a placement costs, from the first that decides to the last. */
typedef struct {
    const char *key; /* in JSON */
    size_t offset;   /* in vnuma_plan_cost */
    unsigned int unit; /* 1000: thousandths of vcpus; 1024: KiB */
    const char *label; /* for people */
} vnuma__term;

#define VNUMA__NUM_TERMS 9u
#define VNUMA__TERM_CORES 3u
#define VNUMA__TERM_DISTANCE 5u
extern const vnuma__term vnuma__terms[VNUMA__NUM_TERMS];

uint64_t vnuma__term_of(const vnuma_plan_cost *cost, const vnuma__term *term);
/* The first that is not proven to be the least, or NULL. */
const vnuma__term *vnuma__unproven_term(const vnuma_plan *plan);

/* plan_refuse.c */

/*
 * Reports what does not fit, and what would help; the plan gets the same as
 * reasons.  @full is changed in between.  Returns VNUMA_ERROR_NOFIT or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_refuse(vnuma_plan *plan, vnuma__model *model,
                       vnuma_config *full, const vnuma_plan_options *options,
                       vnuma_diags *diags);

/* fill.c */

/*
 * Makes explicit what a guest's file leaves out, as vnuma_plan_build() tells;
 * without a host vnuma="auto" is one vnode.  Spans are kept where there was a
 * text.  All but the vnodes is borrowed from @config: to be disposed with
 * vnuma__full_dispose().
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_fill(const vnuma_config *config,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options,
                       vnuma_config *full_r, vnuma_diags *diags);
void vnuma__full_dispose(vnuma_config *full);

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
