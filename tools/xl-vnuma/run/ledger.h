/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger of builds in flight, of the command: ledger_live.c, no_xen.c. */
#ifndef XL_VNUMA_LEDGER_H
#define XL_VNUMA_LEDGER_H

#include "cli/cli.h"
#include "record/ledger.h"

/*
 * The host to plan on: that of --host, or the live one without what others
 * have in flight; then the ledger stays locked.  A ledger that cannot be read
 * is said and left alone.  Without @options a guest is built on it, and what
 * a killed xl-vnuma left half built is destroyed first.  Returns a code.
 * @text_r: as cli_host_load()'s
 */
int ledger_load_host(vnuma__ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r);

/*
 * Locks, and asks Xen what the domains of others hold.  Returns as
 * vnuma__ledger_lock(), and 0 without anything locked where Xen cannot be
 * asked.
 */
int ledger_look(vnuma__ledger *l);

struct vnuma_xen;
/* What the domains of others hold by now; of xl-vnuma-xen.so. */
void ledger_ask(struct vnuma_xen *xen, vnuma__ledger *l);
/* As vnuma__found_list(); of xl-vnuma-xen.so. */
int ledger_found(struct vnuma_xen *xen, vnuma__found **found_r,
                 unsigned int *num_r, vnuma_diags *diags);

/* As vnuma__ledger_write(), with a message. */
void ledger_enter(vnuma__ledger *l);

#endif
