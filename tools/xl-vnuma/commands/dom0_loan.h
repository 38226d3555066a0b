/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create --make-room: memory for a guest from dom0, if it is on the right node. */
#ifndef XL_VNUMA_DOM0_LOAN_H
#define XL_VNUMA_DOM0_LOAN_H

#include "cli/cli.h"
#include "vnuma_xen_dom0.h"

typedef struct {
    struct vnuma_xen *xen;
    vnuma_xen_dom0_change *change; /* NULL: dom0 is as it was */
} dom0_loan;

/*
 * Shrinks dom0 until @config has a plan on the live host.  Returns CLI_OK also
 * when there was no need to, or when that cannot help, which is said: dom0 is
 * then as before, and what the guest lacks is the next plan's to tell.  The
 * caller ends with one of the two below, in any case.
 */
int dom0_loan_take(dom0_loan *loan, const vnuma_config *config, bool quiet);

/* The guest is there: dom0 stays as it is until "dom0 reset". */
int dom0_loan_keep(dom0_loan *loan);
/* It is not: dom0 is to be as before.  Returns a code. */
int dom0_loan_undo(dom0_loan *loan);

#endif
