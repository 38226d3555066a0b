/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings that are a number, as strtol(, 0) reads it, and pieces of others.
 *
 * xl skips a setting whose value it cannot read ("memory='1G'", a list for a
 * number, += on a number) and uses its default.  That is never what was meant,
 * so here it is an error.
 */
#include "config.h"

#include "guest/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool vnuma__parse_c_number(vnuma__text text, unsigned int *base_r,
                           uint64_t *value_r)
{
    *base_r = 10;
    if (text.len > 2 && text.ptr[0] == '0' && (text.ptr[1] | 32) == 'x') {
        *base_r = 16;
        text = vnuma__text_slice(text, 2, text.len);
    } else if (text.len > 1 && text.ptr[0] == '0') {
        *base_r = 8;
    }
    return vnuma__text_take_digits(&text, *base_r, value_r) && !text.len;
}

static void report_bad_number(vnuma__config_reader *p, vnuma__text text)
{
    const struct vnuma__config_key *key = p->key;
    uint64_t mib;

    /* What has no quotes was reported, with the hint to write some. */
    if (!vnuma__reopen(p->diags, "unquoted", text.span))
        vnuma__error(p->diags, "bad-number", text.span,
                     "%s= is not a number: \"%.*s\"", key->name,
                     VNUMA__TEXT_ARG(text));
    if (*key->unit && vnuma__text_to_mib(text, &mib)) {
        vnuma__hint(p->diags, "%s= is in MiB, a plain number: %s = %" PRIu64,
                    key->name, key->name, mib);
        vnuma__fix_text(p->diags, text, "%" PRIu64, mib);
    } else
        vnuma__hint(p->diags,
                    *key->unit ? "%s= is in MiB, digits only"
                               : "%s= takes digits only",
                    key->name);
}

static void read_number(vnuma__config_reader *p, vnuma__text text)
{
    const struct vnuma__config_key *key = p->key;
    vnuma_number *number = p->into;
    unsigned int base;
    uint64_t value;

    if (!vnuma__parse_c_number(text, &base, &value)) {
        report_bad_number(p, text);
        return;
    }
    if (value < key->min || value > key->max) {
        vnuma__error(p->diags, "number-range", text.span,
                     "%s= is %.*s%s, must be from %" PRIu64 " to %" PRIu64
                     "%s",
                     key->name, VNUMA__TEXT_ARG(text), key->unit, key->min,
                     key->max, key->unit);
        return;
    }
    if (base == 8) {
        vnuma__warning(
            p->diags, "number-octal", text.span,
            "%s=%.*s has a leading 0: xl reads it as octal, %" PRIu64,
            key->name, VNUMA__TEXT_ARG(text), value);
        vnuma__hint(p->diags, "leave out the 0, or write %" PRIu64, value);
        vnuma__fix_text(p->diags, text, "%" PRIu64, value);
    }
    *number = (vnuma_number){ *key->unit ? value << 10 : value, text.span };
}

void vnuma__parse_number(vnuma__config_reader *p)
{
    if (!vnuma__is_string(p, "a number"))
        return;
    if (p->setting->is_addition) {
        vnuma__error(p->diags, "number-addition", p->setting->name_span,
                     "+= on %s=, which is a number: xl ignores it",
                     p->setting->name);
        vnuma__hint(p->diags, "write %s = and the sum", p->setting->name);
    } else {
        read_number(
            p, vnuma__text_skip_space(vnuma__value_text(&p->setting->value)));
    }
}

/* strtoul() takes "-5" too, for 5 less than 2 to the power of 64. */
static bool take_ulong(vnuma__text *rest, vnuma__range_end *end_r)
{
    vnuma__text text = vnuma__text_skip_space(*rest);
    bool is_negative = text.len && text.ptr[0] == '-';
    uint32_t len;

    if (is_negative || (text.len && text.ptr[0] == '+'))
        text = vnuma__text_slice(text, 1, text.len);
    *rest = text;
    len = vnuma__text_take_digits(rest, 10, &end_r->value);
    end_r->text = vnuma__text_slice(text, 0, len);
    return len && !(is_negative && end_r->value);
}

bool vnuma__parse_range(vnuma__text text, vnuma__range_end ends_r[2])
{
    if (!take_ulong(&text, &ends_r[0]))
        return false;
    ends_r[1] = ends_r[0];
    if (text.len && text.ptr[0] == '-') {
        text = vnuma__text_slice(text, 1, text.len);
        if (!take_ulong(&text, &ends_r[1]))
            return false;
    }
    return !text.len;
}

bool vnuma__next_piece(vnuma__text *rest, vnuma__text *piece_r)
{
    uint32_t start = 0, end;

    while (start < rest->len && rest->ptr[start] == ',')
        start++;
    *rest = vnuma__text_slice(*rest, start, rest->len);
    end = vnuma__text_find(*rest, ',');
    *piece_r = vnuma__text_slice(*rest, 0, end);
    *rest = vnuma__text_slice(*rest, end, rest->len);
    return end;
}

void *vnuma__config_alloc(vnuma__config_reader *p, size_t num, size_t size)
{
    void *made = calloc(num, size);

    if (!made)
        p->rc = VNUMA_ERROR_NOMEM;
    return made;
}

bool vnuma__is_string(vnuma__config_reader *p, const char *wanted)
{
    if (!p->setting->value.is_list)
        return true;
    vnuma__error(p->diags, "wrong-kind", p->setting->value.span,
                 "%s= is a list, wanted %s", p->setting->name, wanted);
    return false;
}

uint32_t vnuma__setting_strings(vnuma__config_reader *p, uint32_t max,
                                const vnuma__value **strings_r)
{
    const vnuma__value *value = &p->setting->value;
    uint32_t num = value->is_list ? value->num_items : 1, i;

    *strings_r = value->is_list ? value->items : value;
    for (i = 0; i < num && i < max; i++)
        if ((*strings_r)[i].is_list) {
            vnuma__error(p->diags, "wrong-kind", (*strings_r)[i].span,
                         "%s= has a list inside its list, wanted a string",
                         p->setting->name);
            break;
        }
    return i;
}
