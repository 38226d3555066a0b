/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our reader and libxlutil side by side, on the same bytes. */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include <stddef.h>
#include <stdio.h>

typedef enum {
    COMPARE_ACCEPTED, /* both did, and every value is the same */
    COMPARE_REFUSED,  /* both did */
    COMPARE_SKIPPED,  /* libxlutil was not asked: it would abort */
    COMPARE_DIFFERENT,
} comparison;

#define COMPARE_WHY 256

/*
 * @report: for what libxlutil says
 * @why:    on COMPARE_DIFFERENT, how
 */
comparison compare_readers(const char *text, size_t len, FILE *report,
                           char why[COMPARE_WHY]);

#endif
