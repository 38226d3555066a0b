/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Escapes in quoted strings as libxlutil really reads them, not as it was
 * meant to: \x is always refused, and an octal escape yields no byte.
 */
#include "config.h"

#include "cfg/escape.h"

#include <ctype.h>
#include <string.h>

#include "base/diag.h"

bool vnuma__is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/*
 * An octal escape as xl reads it: one octal digit, then at most three bytes
 * that strtoul(, 10) accepts (white space, a sign, digits), and at least two
 * of them.  Returns its length, or 0 when it is not one.
 */
static uint32_t octal_len(const char *p, const char *end)
{
    const char *stop = end - p > 4 ? p + 4 : end;
    const char *q = p + 1, *digits;

    while (q < stop && vnuma__is_one_of(*q, " \t\v\f\r"))
        q++;
    if (q < stop && (*q == '+' || *q == '-'))
        q++;
    digits = q;
    while (q < stop && isdigit((unsigned char)*q))
        q++;
    return q > digits && q - p >= 3 ? q - p : 0;
}

/*
 * Reads the escape at p, which is after the backslash.  Returns its length or
 * 0, and in *byte_r the byte that it yields or -1.
 */
static uint32_t escape_len(const char *p, const char *end, int *byte_r)
{
    static const char from[] = "\"'\\abfnrtv", to[] = "\"'\\\a\b\f\n\r\t\v";

    *byte_r = -1;
    if (vnuma__is_one_of(*p, from)) {
        *byte_r = (unsigned char)to[strchr(from, *p) - from];
        return 1;
    }
    return *p >= '0' && *p <= '7' ? octal_len(p, end) : 0;
}

uint32_t vnuma__unescape(const char *text, uint32_t len, char *out)
{
    const char *p = text, *end = text + len;
    char *q = out;
    uint32_t num;
    int byte;

    while (p < end) {
        if (*p != '\\' || p + 1 == end) {
            *q++ = *p++;
            continue;
        }
        num = escape_len(++p, end, &byte);
        if (num && byte >= 0)
            *q++ = byte;
        p += num;
    }
    return q - out;
}

void vnuma__check_escapes(const vnuma_source *source, uint32_t start,
                          uint32_t end, vnuma_diags *diags)
{
    const char *text = source->text, *limit = text + end;
    const char *p = text + start;
    bool warned = false;
    uint32_t num;
    int byte;

    while ((p = memchr(p, '\\', limit - p))) {
        vnuma_span at = { source, p - text, p - text + 2 };

        num = escape_len(p + 1, limit, &byte);
        if (!num) {
            vnuma__error(diags, "bad-escape", at,
                         "xl does not know the escape \\%.1s", p + 1);
            if (p[1] == 'x')
                vnuma__hint(diags, "write the character itself; xl "
                                   "refuses every \\x");
            else
                vnuma__hint(diags, "write \\\\ for a backslash");
            num = 1;
        } else if (byte < 0 && !warned) {
            at.end += num - 1;
            vnuma__warning(diags, "octal-escape", at,
                           "xl leaves out octal escapes");
            vnuma__hint(diags, "write the character itself");
            warned = true;
        }
        p += 1 + num;
    }
}
