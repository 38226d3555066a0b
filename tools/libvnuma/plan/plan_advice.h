/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What would make a guest fit: other pnodes for some vnodes, or less memory
 * for them.  Every proposal was tried: with it there is a placement.
 */
#ifndef VNUMA_PLAN_ADVICE_H
#define VNUMA_PLAN_ADVICE_H

#include "search/problem.h"

#define VNUMA__ADVICE_MEMKB UINT64_C(2048) /* a step of sizes, 2 MiB */

/*
 * The pnodes that these vnodes (a mask, at least one) could have instead of
 * those that the file names.  For one vnode: all that are possible.  For
 * several: one for each, which are possible together.  False: there are none.
 */
bool vnuma__advise_pnodes(const vnuma__problem *problem, uint64_t vnodes,
                          uint64_t pnodes_r[VNUMA__MAX_VNODES]);

/*
 * Finds a size with which the guest fits, if none of these vnodes is larger
 * or, with @is_same, if each of them has exactly that size.  *is_largest_r: it
 * is proven that one step more does not fit.  False: no size above 0 was found
 * that is smaller than the present ones.
 */
bool vnuma__advise_size(const vnuma__problem *problem, uint64_t vnodes,
                        bool is_same, uint64_t *memkb_r, bool *is_largest_r);

#endif
