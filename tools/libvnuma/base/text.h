/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces of a text: cutting them without losing where they were written, and
 * reading numbers.
 */
#ifndef VNUMA_TEXT_H
#define VNUMA_TEXT_H

#include "vnuma.h"

/* A piece of a string value: not copied, not NUL-terminated. */
typedef struct {
    const char *ptr;
    uint32_t len;
    vnuma_span span; /* of just these bytes if exact, else the whole value's */
    bool exact;
} vnuma__text;

#define VNUMA__TEXT_ARG(text) (int)(text).len, (text).ptr /* for "%.*s" */

/* The bytes [start, end) of a text, clipped to it. */
vnuma__text vnuma__text_slice(vnuma__text text, uint32_t start, uint32_t end);
/* Without the white space (isspace) around it. */
vnuma__text vnuma__text_trim(vnuma__text text);
/* Digits only, all of them, and no more than max: nothing wraps. */
bool vnuma__text_to_u64(vnuma__text text, uint64_t max, uint64_t *value_r);
bool vnuma__text_equal(vnuma__text text, const char *string);

/*
 * Takes the next piece of a list separated by @separator off *@rest, trimmed;
 * false when there is none.  "" has one piece, ",": two.
 */
bool vnuma__text_next(vnuma__text *rest, char separator, vnuma__text *piece_r);
/* What a digit of any base up to 16 is worth; UINT32_MAX: none. */
unsigned int vnuma__digit(char c);
bool vnuma__text_is_digits(vnuma__text text);
/* The offset of the first byte @c, or text.len. */
uint32_t vnuma__text_find(vnuma__text text, char c);

#endif
