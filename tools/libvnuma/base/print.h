/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text that is written like a file. */
#ifndef VNUMA_PRINT_H
#define VNUMA_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "vnuma_bitmap.h"

typedef struct {
    FILE *f;
    char *text;
    size_t size; /* once it has ended, without the NUL */
    size_t room;
} vnuma__print;

/*
 * What to write to; NULL: no memory, and there is nothing to end.  @print stays
 * where it is until then.
 */
FILE *vnuma__print_begin(vnuma__print *print);
/* The text, to be freed by the caller; NULL: no memory, or @failed. */
char *vnuma__print_end(vnuma__print *print, bool failed);

/* In double quotes, with a backslash before each quote and backslash. */
void vnuma__print_quoted(const char *text, FILE *f);

/* A set as vnuma_bitmap_format() has it; returns how many characters. */
int vnuma__bitmap_print(const vnuma_bitmap *bitmap, FILE *f);

#endif
