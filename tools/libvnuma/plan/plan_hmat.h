/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a planned guest is told of the speed of its memory. */
#ifndef VNUMA_PLAN_HMAT_H
#define VNUMA_PLAN_HMAT_H

#include "base/objects.h"
#include "tables/hmat_text.h"

/* Which of a plan's vnodes have vcpus and memory. */
void vnuma__plan_hmat_guest(const vnuma_plan *plan,
                            vnuma__hmat_guest *guest_r);

/*
 * The guest's HMAT by the host's own: vnodes are as fast as the pnodes that
 * they are planned on.
 * @hmat_r: all zeroes; stays so when the host says nothing of these pnodes
 * @diags:  a warning for memory that is on several pnodes: the slowest of them
 *          counts, and no cache
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_hmat(const vnuma_plan *plan, const vnuma_topology *topology,
                     vnuma__hmat *hmat_r, vnuma_diags *diags);

#endif
