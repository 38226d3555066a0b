/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces of string values: cutting them without losing where they were
 * written, and reading numbers.
 */
#include "config.h"

#include "read.h"

#include <string.h>

vnuma__text vnuma__value_text(const vnuma__value *value)
{
    vnuma__text text = { value->string, value->len, value->span,
                         value->exact };

    if (value->is_list)
        return (vnuma__text){ "", 0, value->span, false };
    if (value->exact) {
        text.span.start = value->inner;
        text.span.end = value->inner + value->len;
    }
    return text;
}

vnuma__text vnuma__text_slice(vnuma__text text, uint32_t start, uint32_t end)
{
    if (end > text.len)
        end = text.len;
    if (start > end)
        start = end;
    if (text.exact) {
        text.span.end = text.span.start + end;
        text.span.start += start;
    }
    text.ptr += start;
    text.len = end - start;
    return text;
}

/* isspace() of the C locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

vnuma__text vnuma__text_trim(vnuma__text text)
{
    uint32_t start = 0, end = text.len;

    while (start < end && is_space(text.ptr[start]))
        start++;
    while (end > start && is_space(text.ptr[end - 1]))
        end--;
    return vnuma__text_slice(text, start, end);
}

bool vnuma__text_to_u64(vnuma__text text, uint64_t max, uint64_t *value_r)
{
    uint64_t value = 0;
    uint32_t i;

    if (!text.len)
        return false;
    for (i = 0; i < text.len; i++) {
        unsigned int digit = (unsigned char)text.ptr[i] - '0';

        if (digit > 9 || digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *value_r = value;
    return true;
}

bool vnuma__text_equal(vnuma__text text, const char *string)
{
    return strlen(string) == text.len && !memcmp(text.ptr, string, text.len);
}
