/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "config.h"

#include "base/utf8.h"

#include <string.h>

unsigned int vnuma__utf8_decode(const char *text, size_t len, uint32_t *code_r)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)text;
    unsigned int num, i;
    uint32_t code;

    if (p[0] < 0x80) {
        *code_r = p[0];
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    num = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (len < num)
        return 0;
    code = p[0] & (0x7f >> num);
    for (i = 1; i < num; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least[num] || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_r = code;
    return num;
}

bool vnuma__utf8_is_valid(const char *text, size_t len)
{
    unsigned int num;
    uint32_t code;

    for (; len; text += num, len -= num) {
        num = vnuma__utf8_decode(text, len, &code);
        if (!num)
            return false;
    }
    return true;
}

/*
 * Whether a terminal would act on it: a control character, or a mark that
 * changes the direction of writing.
 */
static bool is_unsafe(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },
        { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
        { 0xfeff, 0xfeff },
    };
    unsigned int i;

    for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        if (code >= unsafe[i].first && code <= unsafe[i].last)
            return true;
    return false;
}

unsigned int vnuma__utf8_next(const char *text, size_t len, bool *is_safe_r)
{
    uint32_t code;
    unsigned int num = vnuma__utf8_decode(text, len, &code);

    *is_safe_r = num && !is_unsafe(code);
    return num ? num : 1;
}

void vnuma__utf8_make_safe(char *text)
{
    size_t len = strlen(text), num;
    bool is_safe;

    for (; len; text += num, len -= num) {
        num = vnuma__utf8_next(text, len, &is_safe);
        if (!is_safe)
            memset(text, '?', num);
    }
}

void vnuma__utf8_print(const char *text, FILE *f)
{
    size_t len = strlen(text), num;
    bool is_safe;

    for (; len; text += num, len -= num) {
        num = vnuma__utf8_next(text, len, &is_safe);
        if (is_safe)
            fwrite(text, 1, num, f);
        else
            fputc('?', f);
    }
}
