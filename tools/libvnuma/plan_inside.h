/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files share that turn a placement, or the lack of one, into the
 * plan that users see.
 */
#ifndef VNUMA_PLAN_INSIDE_H
#define VNUMA_PLAN_INSIDE_H

#include "diag.h"
#include "plan_search.h"

/* One line of why.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_reason(vnuma_plan *plan, const char *fmt, ...)
    VNUMA__PRINTF(2, 3);
/* The reasons of a plan that exists.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__plan_explain(vnuma_plan *plan, const vnuma_config *config,
                        const vnuma_topology *topology);
/*
 * Reports each vnode that does not fit, and what would; the plan gets the
 * reasons.  Returns VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma__plan_refuse(vnuma_plan *plan, vnuma__problem *problem,
                       const vnuma_config *config,
                       const vnuma_topology *topology, bool gave_up,
                       vnuma_diags *diags);

/* Where to point at for a vnode's memory. */
vnuma_span vnuma__size_span(const vnuma_config *config, unsigned int v);

static inline uint64_t vnuma__mib_down(uint64_t memkb)
{
    return memkb / 1024;
}

static inline uint64_t vnuma__mib_up(uint64_t memkb)
{
    return memkb / 1024 + !!(memkb % 1024);
}

#endif
