/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests next to each other: where each of them is, what it takes there, and
 * the plan of one guest next to all others.
 */
#ifndef VNUMA_PLAN_BESIDE_H
#define VNUMA_PLAN_BESIDE_H

#include "plan/plan_joint.h"

/* Where a guest is, and what it takes there; by index of pnode. */
typedef struct {
    bool is_there;
    unsigned int num_vnodes;
    uint8_t pnode[VNUMA_MAX_VNODES];
    uint64_t memkb[VNUMA_MAX_PNODES];
    uint32_t num_vcpus[VNUMA_MAX_PNODES];
} vnuma__spot;

typedef struct {
    vnuma_plan_guest *guest;
    bool is_named;  /* every vnode names its pnode */
    uint64_t memkb; /* all that it takes */
    vnuma__spot place;
} vnuma__member;

typedef struct {
    vnuma__member *members; /* in the order in which they are placed */
    unsigned int num_members;
    const vnuma_topology *topology;
    unsigned int num_pnodes;
    const vnuma_plan_options *options;
    vnuma__problem *problem; /* scratch */
    vnuma__spot sum;         /* of all placed guests */
} vnuma__several;

/* Adds a placement to the sum; or subtracts it and clears it. */
void vnuma__spot_add(vnuma__several *s, const vnuma__spot *place);
void vnuma__spot_drop(vnuma__several *s, vnuma__spot *place);
/* Where a plan puts its guest. */
void vnuma__spot_take(const vnuma__several *s, const vnuma_plan *plan,
                      vnuma__spot *place);

/*
 * With vnuma="auto" each number of vnodes is its own shape.  As in fill.c,
 * only the largest number may have several vnodes on one pnode.  The caller
 * frees the shapes.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__find_shapes(vnuma__several *s, const vnuma__member *m,
                       vnuma__joint_guest *guest);

/*
 * Plans a guest that has no placement now; its plan, diagnostics and rc, also
 * when it does not fit, are in m->guest.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_beside(vnuma__several *s, vnuma__member *m);
/*
 * Plans the guest where @at says, even if another placement is better, with
 * reasons as if the planner had chosen that.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_there(vnuma__several *s, vnuma__member *m,
                      const vnuma__spot *at);

#endif
