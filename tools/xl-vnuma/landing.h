/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest that comes from elsewhere, or from a file, will live on this
 * host: where it lived if it can, else where the planner says, else nowhere.
 */
#ifndef XL_VNUMA_LANDING_H
#define XL_VNUMA_LANDING_H

#include <stdbool.h>

#include "record.h"

typedef struct {
    const char *pnodes; /* "0,5", one for each vnode; NULL: not given */
    bool strict;        /* the old pnodes or none */
    bool anywhere;      /* the best place, the old one having no claim */
} landing_options;

/*
 * landing_plan - give a guest its pnodes
 * @record: with the pnodes that it had; gets those that it will have
 * @name:   the guest's, for messages; NULL: not known
 *
 * Says on stderr what changes and why, and what the guest believes that is no
 * longer so.  Returns a code of cli.h; refusals are said.
 */
int landing_plan(vnuma__record *record, const char *name,
                 const landing_options *options,
                 const vnuma_topology *topology);

#endif
