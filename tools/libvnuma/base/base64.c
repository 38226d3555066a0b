/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as a text; see base64.h. */
#include "config.h"

#include "base/base64.h"

#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void vnuma__base64_encode(const uint8_t *bytes, size_t len, char *text)
{
    uint32_t bits;
    size_t i, num;

    for (; len; bytes += num, len -= num, text += 4) {
        num = len < 3 ? len : 3;
        bits = 0;
        for (i = 0; i < 3; i++)
            bits = bits << 8 | (i < num ? bytes[i] : 0);
        for (i = 0; i < 4; i++)
            text[i] = i <= num ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
}

/* Four characters, none a NUL, of which the last @num_pads are "=". */
static bool decode(const char *text, unsigned int num_pads, uint8_t bytes[3])
{
    uint32_t bits = 0;
    const char *digit;
    unsigned int i;

    for (i = 0; i < 4; i++) {
        digit = i < 4 - num_pads ? strchr(digits, text[i]) : digits;
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - digits);
    }
    for (i = 0; i < 3; i++)
        bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
    /* What is beyond the bytes has to be nothing. */
    return !(bits & ((UINT32_C(1) << 8 * num_pads) - 1));
}

bool vnuma__base64_decode(const char *text, size_t len, uint8_t *bytes,
                          size_t *len_r)
{
    unsigned int num_pads = 0;
    uint8_t group[3];
    size_t at;

    if (len % 4 || memchr(text, '\0', len))
        return false;
    while (num_pads < 2 && num_pads < len && text[len - 1 - num_pads] == '=')
        num_pads++;
    *len_r = len / 4 * 3 - num_pads;
    for (at = 0; at < len; at += 4, bytes += 3) {
        unsigned int pads = at + 4 == len ? num_pads : 0;

        if (!decode(text + at, pads, group))
            return false;
        memcpy(bytes, group, 3 - pads);
    }
    return true;
}
