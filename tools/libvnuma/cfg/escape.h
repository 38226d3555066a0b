/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Escapes in quoted strings. */
#ifndef VNUMA_ESCAPE_H
#define VNUMA_ESCAPE_H

#include "vnuma.h"

/* Whether the byte is in the set; a NUL never is. */
bool vnuma__is_one_of(char c, const char *set);

/*
 * Resolves the escapes of @text, what is between the quotes.  @out has room
 * for @len bytes.  Returns how many were written; no NUL is added.
 */
uint32_t vnuma__unescape(const char *text, uint32_t len, char *out);

/* Reports the escapes in [start, end) that xl refuses or leaves out. */
void vnuma__check_escapes(const vnuma_source *source, uint32_t start,
                          uint32_t end, vnuma_diags *diags);

#endif
