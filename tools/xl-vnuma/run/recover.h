/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed processes left of guests, put right (record/left.h). */
#ifndef XL_VNUMA_RECOVER_H
#define XL_VNUMA_RECOVER_H

#include "run/ledger.h"

typedef enum {
    RECOVER_BUILDS, /* only what a killed create or restore left half built */
    RECOVER_SHOW,   /* say what would be done */
    RECOVER_ALL,
} recover_how;

/*
 * Puts right what the ledger's "left" has, says each on stderr, and ends with
 * the ledger unlocked.  What is not certain is said and stays in the ledger.
 * Returns a code; *num_r is how many were found.
 */
int recover_left(vnuma__ledger *l, recover_how how, unsigned int *num_r);

#endif
