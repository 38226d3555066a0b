/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* create --make-room: memory for a guest, from dom0. */
#ifndef XL_VNUMA_DOM0_LOAN_H
#define XL_VNUMA_DOM0_LOAN_H

#include "cli/cli.h"
#include "vnuma_xen_dom0.h"

typedef struct {
    struct vnuma_xen *xen;
    vnuma_xen_dom0_change *change; /* NULL: dom0 is unchanged */
} dom0_loan;

/*
 * Shrinks dom0 until @config has a plan on the live host.  Returns CLI_OK also
 * if that is not needed, or if it cannot help: then a message says so, dom0 is
 * as before, and the caller's next plan says what the guest lacks.  In any
 * case the caller then calls dom0_loan_end().
 */
int dom0_loan_take(dom0_loan *loan, const vnuma_config *config, bool quiet);

/*
 * @is_kept: the guest was created: dom0 stays as it is until "dom0 reset".
 *           Else dom0 is restored.
 *
 * Returns a code.
 */
int dom0_loan_end(dom0_loan *loan, bool is_kept);

#endif
