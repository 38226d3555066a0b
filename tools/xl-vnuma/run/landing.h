/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a guest lands (plan/landing.h), as a command is told it. */
#ifndef XL_VNUMA_LANDING_H
#define XL_VNUMA_LANDING_H

#include "plan/landing.h"

typedef struct {
    /*
     * "0,5", one for each vnode; "0,1:4+5" says of an interleaved one that its
     * memory shall be on 4 and 5.  NULL: not given.
     */
    const char *pnodes;
    bool strict;   /* the old pnodes or none; with pnodes: those or none */
    bool anywhere; /* the best place, the old one having no claim */
    vnuma__flight *flight; /* gets what was planned; or NULL */
} landing_options;

/*
 * landing_plan - give a guest its pnodes
 * @record: with the membinds that it had; gets those that it will have
 * @name:   the guest's, for messages; NULL: not known
 *
 * Says on stderr what changes and why, and what the guest believes that is no
 * longer so.  Returns a code of cli.h; refusals are said.
 */
int landing_plan(vnuma_record *record, const char *name,
                 const landing_options *options,
                 const vnuma_topology *topology);

/* The membinds of a record as --pnodes= takes them; NULL: no memory. */
char *landing_format_pnodes(const vnuma_record *record);

#endif
