/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest that comes from elsewhere, or from a file, will live on this
 * host: where it lived if it can, else where the planner says, else nowhere.
 */
#ifndef VNUMA_LANDING_H
#define VNUMA_LANDING_H

#include <stdbool.h>

#include "record/flight.h"
#include "record/record.h"

typedef struct {
    bool strict;   /* the old pnodes or none; if it is told: those or none */
    bool anywhere; /* the best place, the old one having no claim */
    /* By vnode: the pnodes that it is told, and for interleaved memory. */
    bool is_told;
    uint32_t pnodes[VNUMA_MAX_VNODES];
    bool is_spread[VNUMA_MAX_VNODES];
    vnuma_membind spreads[VNUMA_MAX_VNODES];
    vnuma__flight *flight; /* gets what was planned; or NULL */
} vnuma__landing_options;

/*
 * Gives a guest its pnodes.
 * @record: with the membinds that it had; gets those that it will have
 * @name:   the guest's, for messages; NULL: not known
 * @diags:  disposed first; what changes and why, and what the guest believes
 *          that is no longer so
 *
 * Returns 0, VNUMA_ERROR_NOFIT, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM.
 */
int vnuma__landing_plan(vnuma_record *record, const char *name,
                        const vnuma__landing_options *options,
                        const vnuma_topology *topology, vnuma_diags *diags);

#endif
