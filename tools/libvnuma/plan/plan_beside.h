/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests beside each other: who is where, what is taken by that, and the plan
 * of one of them beside all others.
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
    vnuma__member *members; /* in the order of being taken */
    unsigned int num_members;
    const vnuma_topology *topology;
    unsigned int num_pnodes;
    const vnuma_plan_options *options;
    vnuma__problem *problem; /* for whoever needs one for a moment */
    vnuma__spot sum;         /* of all places */
} vnuma__several;

/* Counts a place, or counts it no more and empties it. */
void vnuma__spot_add(vnuma__several *s, const vnuma__spot *place);
void vnuma__spot_drop(vnuma__several *s, vnuma__spot *place);
/* Where a plan puts its guest. */
void vnuma__spot_take(const vnuma__several *s, const vnuma_plan *plan,
                      vnuma__spot *place);

/*
 * With vnuma="auto" each number of vnodes is a shape of its own.  Only the
 * most that there can be may share pnodes, as fill.c does it.  The shapes are
 * the caller's to free.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__find_shapes(vnuma__several *s, const vnuma__member *m,
                       vnuma__joint_guest *guest);

/*
 * The plan of a guest that has no place now; keeps what is said of it.  That
 * it does not fit is the guest's rc.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_beside(vnuma__several *s, vnuma__member *m);
/*
 * The plan that puts the guest where @at says, whatever would be better, with
 * reasons as if the planner had chosen that.  Returns likewise.
 */
int vnuma__plan_there(vnuma__several *s, vnuma__member *m,
                      const vnuma__spot *at);

#endif
