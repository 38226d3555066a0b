/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares our reader with libxlutil on the same bytes. */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include <stddef.h>
#include <stdio.h>

typedef enum {
    COMPARE_ACCEPTED, /* by both, and every value is the same */
    COMPARE_REFUSED,  /* by both */
    COMPARE_SKIPPED,  /* not given to libxlutil, which would abort */
    COMPARE_DIFFERENT,
} comparison;

#define COMPARE_WHY 256

/*
 * @report: where libxlutil's messages go
 * @why:    on COMPARE_DIFFERENT, what differs
 */
comparison compare_readers(const char *text, size_t len, FILE *report,
                           char why[COMPARE_WHY]);

#endif
