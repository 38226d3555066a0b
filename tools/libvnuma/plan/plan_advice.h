/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What would make a guest fit that does not: other pnodes for some vnodes, or
 * less memory for them.  Whatever is proposed was tried: with it there is a
 * placement.
 */
#ifndef VNUMA_PLAN_ADVICE_H
#define VNUMA_PLAN_ADVICE_H

#include "search/problem.h"

#define VNUMA__ADVICE_MEMKB UINT64_C(2048) /* sizes are proposed in 2 MiB */

/*
 * Which pnodes these vnodes (a mask, one at least) could have instead of those
 * that the file names.  One vnode: all that are possible.  Several: one for
 * each, which are possible together.  False: there are none.
 */
bool vnuma__advise_pnodes(const vnuma__problem *problem, uint64_t vnodes,
                          uint64_t pnodes_r[VNUMA__MAX_VNODES]);

/*
 * The guest fits when none of these vnodes is larger than *memkb_r; with
 * is_same, when each of them has exactly that.  With *is_largest_r one step
 * more is proven not to fit.  False: no size above nothing was found, or none
 * below what they have.
 */
bool vnuma__advise_size(const vnuma__problem *problem, uint64_t vnodes,
                        bool is_same, uint64_t *memkb_r, bool *is_largest_r);

#endif
