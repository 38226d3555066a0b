/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our object in xl reports (message.h), one message at a time, and what
 * that makes of a result.  Reading the messages is run_xl.c's.
 */
#ifndef XL_VNUMA_HEAR_H
#define XL_VNUMA_HEAR_H

#include "run/run_xl.h"

typedef struct {
    run_result *result;     /* borrowed */
    const run_hooks *hooks; /* borrowed */
    bool show_progress, progress_shown;
    double start; /* of the build; of cli_seconds() */
} hearing;

/* @message: of a word that is not known, nothing is taken. */
void hear(hearing *h, const char *message);

#endif
