/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces of a text: cutting them while each keeps its place in the source, and
 * reading numbers.
 */
#include "config.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#include "base/diag.h"

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
    if (start) /* else it may be NULL */
        text.ptr += start;
    text.len = end - start;
    return text;
}

/* As isspace() in the C locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

vnuma__text vnuma__text_skip_space(vnuma__text text)
{
    uint32_t start = 0;

    while (start < text.len && is_space(text.ptr[start]))
        start++;
    return vnuma__text_slice(text, start, text.len);
}

vnuma__text vnuma__text_trim(vnuma__text text)
{
    uint32_t end = text.len;

    while (end && is_space(text.ptr[end - 1]))
        end--;
    return vnuma__text_skip_space(vnuma__text_slice(text, 0, end));
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

bool vnuma__text_to_range(vnuma__text text, uint64_t max, uint64_t *first_r,
                          uint64_t *last_r)
{
    uint32_t dash = vnuma__text_find(text, '-');
    vnuma__text end =
        dash == text.len ? text : vnuma__text_slice(text, dash + 1, text.len);

    return vnuma__text_to_u64(vnuma__text_slice(text, 0, dash), max,
                              first_r) &&
           vnuma__text_to_u64(end, max, last_r);
}

int vnuma__text_add_range(vnuma__text text, uint32_t max, vnuma_bitmap *set)
{
    uint64_t first, last;
    int rc = 0;

    if (!vnuma__text_to_range(text, max, &first, &last) || first > last)
        return VNUMA_ERROR_CONFIG;
    for (; first <= last && !rc; first++)
        rc = vnuma_bitmap_set(set, first);
    return rc;
}

/* An empty text may have no place in memory, which memcmp() wants. */
bool vnuma__text_equal(vnuma__text text, const char *string)
{
    return strlen(string) == text.len &&
           (!text.len || !memcmp(text.ptr, string, text.len));
}

bool vnuma__text_starts_with(vnuma__text text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && (!len || !memcmp(text.ptr, prefix, len));
}

bool vnuma__has_nul(const vnuma_source *source, const char *id,
                    vnuma_diags *diags)
{
    const char *nul = memchr(source->text, '\0', source->len);
    uint32_t at = nul ? nul - source->text : 0;

    if (nul)
        vnuma__error(diags, id, ((vnuma_span){ source, at, at + 1 }),
                     "this is not a text file: found the byte 0x00");
    return nul;
}

uint32_t vnuma__text_find(vnuma__text text, char c)
{
    const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;

    return found ? (uint32_t)(found - text.ptr) : text.len;
}

unsigned int vnuma__digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10u : UINT32_MAX;
}

uint32_t vnuma__text_take_digits(vnuma__text *text, unsigned int base,
                                 uint64_t *value_r)
{
    uint64_t value = 0;
    uint32_t num = 0;

    for (; num < text->len; num++) {
        unsigned int digit = vnuma__digit(text->ptr[num]);

        if (digit >= base)
            break;
        if (value > (UINT64_MAX - digit) / base)
            value = UINT64_MAX;
        else
            value = value * base + digit;
    }
    *text = vnuma__text_slice(*text, num, text->len);
    *value_r = value;
    return num;
}

bool vnuma__text_is_digits(vnuma__text text)
{
    uint64_t ignored;

    return vnuma__text_take_digits(&text, 10, &ignored) && !text.len;
}

bool vnuma__text_next(vnuma__text *rest, char separator, vnuma__text *piece_r)
{
    uint32_t end;

    if (!rest->ptr)
        return false;
    end = vnuma__text_find(*rest, separator);
    *piece_r = vnuma__text_trim(vnuma__text_slice(*rest, 0, end));
    if (end == rest->len)
        rest->ptr = NULL;
    else
        *rest = vnuma__text_slice(*rest, end + 1, rest->len);
    return true;
}

/* The power that a letter stands for, as in "k"; UINT32_MAX: none. */
static unsigned int power_of(vnuma__text text)
{
    static const char letters[] = "BKMGTPE";
    const char *found = text.len ? strchr(letters, text.ptr[0] & ~0x20) : NULL;

    return found && *found ? (unsigned int)(found - letters) : UINT32_MAX;
}

/* Blanks and a plus, as C's functions take them before a number. */
static vnuma__text skip_plus(vnuma__text text)
{
    text = vnuma__text_skip_space(text);
    return vnuma__text_slice(text, text.len && text.ptr[0] == '+', text.len);
}

static bool is_hexadecimal(vnuma__text text)
{
    return text.len > 2 && text.ptr[0] == '0' && (text.ptr[1] | 0x20) == 'x' &&
           vnuma__digit(text.ptr[2]) < 16;
}

bool vnuma__text_take_number(vnuma__text *text, unsigned int base,
                             uint64_t *value_r)
{
    *text = skip_plus(*text);
    if (!base && is_hexadecimal(*text)) {
        base = 16;
        *text = vnuma__text_slice(*text, 2, text->len);
    } else if (!base) {
        base = text->len && text->ptr[0] == '0' ? 8 : 10;
    }
    return vnuma__text_take_digits(text, base, value_r);
}

/* The digits after a point, as a part of one. */
static long double take_fraction(vnuma__text *text)
{
    uint64_t scale = 1;
    long double rest = 0;

    for (*text = vnuma__text_slice(*text, 1, text->len);
         text->len && vnuma__digit(text->ptr[0]) < 10;
         *text = vnuma__text_slice(*text, 1, text->len))
        if (scale < UINT64_C(1000000000))
            rest += (long double)vnuma__digit(text->ptr[0]) / (scale *= 10);
    return rest;
}

bool vnuma__text_to_bytes(vnuma__text text, uint64_t unit, uint64_t *bytes_r)
{
    bool is_hex;
    unsigned int power = 0;
    long double rest = 0;
    uint64_t whole;

    text = skip_plus(text);
    is_hex = is_hexadecimal(text);
    if (!vnuma__text_take_number(&text, is_hex ? 0 : 10, &whole))
        return false;
    if (!is_hex && text.len && text.ptr[0] == '.')
        rest = take_fraction(&text);
    if (text.len) {
        power = power_of(text);
        if (text.len > 1 || power > 6)
            return false;
        unit = UINT64_C(1) << 10 * power;
    }
    /* Without a suffix it is read as bytes at first. */
    if (whole > UINT64_MAX / 2 / unit || (rest > 0 && !power))
        return false;
    *bytes_r = whole * unit + (uint64_t)(rest * unit + 0.5L);
    return true;
}

uint64_t vnuma__text_to_unit(vnuma__text unit)
{
    static const char *const names[] = { "b", "byte", "bytes" };
    unsigned int power = power_of(unit), i;
    uint64_t bytes = 1, base = 1000;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (unit.len == strlen(names[i]) &&
            !strncasecmp(unit.ptr, names[i], unit.len))
            return 1;
    if (!unit.len)
        return 1024;
    if (unit.len == 1 ||
        (unit.len == 3 && !strncasecmp(unit.ptr + 1, "iB", 2)))
        base = 1024;
    else if (unit.len != 2 || (unit.ptr[1] & ~0x20) != 'B')
        return 0;
    if (power > 6 || !power)
        return 0;
    while (power--)
        bytes *= base;
    return bytes;
}
