/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling characters from bytes, for messages: our texts are bytes, terminals
 * and JSON want UTF-8.
 */
#ifndef VNUMA_UTF8_H
#define VNUMA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the character at the start of the len > 0 bytes, and its code
 * point; 0 when they do not start with a well-formed one.
 */
unsigned int vnuma__utf8_decode(const char *text, size_t len,
                                uint32_t *code_r);
/* A terminal would act on it: control characters, marks that turn text. */
bool vnuma__utf8_is_unsafe(uint32_t code);

#endif
