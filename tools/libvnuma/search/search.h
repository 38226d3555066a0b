/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which placement is best, and is that proven? */
#ifndef VNUMA_SEARCH_H
#define VNUMA_SEARCH_H

#include "search/problem.h"

#define VNUMA__STEPS UINT64_C(16000000) /* some 150 ms */

typedef struct {
    bool feasible;
    bool gave_up; /* none found, and not proven that there is none */
    bool optimal; /* proven: none is better, nor as good and before it */
    uint8_t pnode[VNUMA__MAX_VNODES];
    vnuma__cost cost;
    vnuma__cost bound; /* proven: no placement costs less */
} vnuma__result;

/*
 * The best placement, and among those that cost the same the first in
 * dictionary order.  most_steps bounds the work, so the same problem has the
 * same answer on every machine.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__search(const vnuma__problem *problem, uint64_t most_steps,
                  vnuma__result *result_r);

#endif
