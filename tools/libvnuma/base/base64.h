/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as a text of one line (RFC 4648, 4). */
#ifndef VNUMA_BASE64_H
#define VNUMA_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters for so many bytes, without a NUL. */
#define VNUMA__BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Writes VNUMA__BASE64_LEN(len) characters. */
void vnuma__base64_encode(const uint8_t *bytes, size_t len, char *text);

/*
 * Reads them; @bytes has room for len / 4 * 3.  False for any text that
 * _encode() does not make.
 */
bool vnuma__base64_decode(const char *text, size_t len, uint8_t *bytes,
                          size_t *len_r);

#endif
