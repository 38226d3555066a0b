/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest that comes from elsewhere, or from a file, will live on this
 * host: where it lived if it can, else where the planner says, else nowhere.
 */
#ifndef XL_VNUMA_LANDING_H
#define XL_VNUMA_LANDING_H

#include <stdbool.h>

#include "record/flight.h"
#include "record/record.h"

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

/* ---- landing_pnodes.c, landing_spread.c --------------------------------- */

typedef struct {
    uint32_t pnodes[VNUMA_MAX_VNODES];
    /* Where interleaved memory shall be; without pnodes it is not said. */
    vnuma_membind spread[VNUMA_MAX_VNODES];
} landing_pnodes;

/* The text of --pnodes=; returns a code of cli.h, usage errors are said. */
int landing_parse_pnodes(const vnuma_record *record, const char *text,
                         landing_pnodes *pnodes_r);

static inline bool landing_is_spread(const vnuma_record *record, uint32_t v)
{
    return record->layout.membinds[v].policy == VNUMA_POLICY_INTERLEAVE;
}

/* What interleaved memory needs on each of so many pnodes, in KiB. */
uint64_t landing_spread_memkb(uint64_t memkb, unsigned int num_pnodes);

/*
 * landing_spread - other pnodes for interleaved memory
 * @more_pnodes: than each vnode had; less than 0: fewer, but one at least
 * @given:       vnodes whose spread is said are left alone
 * @spread_r:    of each vnode that is interleaved; keeps those of its pnodes
 *               that have room, and takes the nearest others that do
 *
 * False: there are not so many with room.
 */
bool landing_spread(const vnuma_record *record, const vnuma_topology *topology,
                    int more_pnodes, const landing_pnodes *given,
                    vnuma_membind *spread_r);

#endif
