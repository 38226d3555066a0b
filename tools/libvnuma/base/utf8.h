/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decoding UTF-8 for messages: our texts are bytes, but terminals and JSON
 * need UTF-8.
 */
#ifndef VNUMA_UTF8_H
#define VNUMA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Returns the length of the character at the start of the len > 0 bytes, and
 * its code point; 0 when it is not well-formed.
 */
unsigned int vnuma__utf8_decode(const char *text, size_t len,
                                uint32_t *code_r);
/*
 * The length of what is at the start of the len > 0 bytes, a character or one
 * byte that is none, and whether a terminal may be shown it.
 */
unsigned int vnuma__utf8_next(const char *text, size_t len, bool *is_safe_r);
bool vnuma__utf8_is_valid(const char *text, size_t len);
/* Whether a byte of well-formed text is the first of a character. */
static inline bool vnuma__utf8_begins(char byte)
{
    return (byte & 0xc0) != 0x80;
}
/* Puts "?" in the place of what a terminal may not be shown. */
void vnuma__utf8_make_safe(char *text);
/* Prints "?" in the place of what a terminal may not be shown. */
void vnuma__utf8_print(const char *text, FILE *f);

#endif
