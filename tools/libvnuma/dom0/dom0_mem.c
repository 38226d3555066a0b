/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dom0_mem=: its grammar as Xen reads it, and its arithmetic as Xen does it,
 * unsigned modulo 2^64.
 *
 *   VALUE   := ITEM [ "," ITEM ]...
 *   ITEM    := [ "min:" | "max:" ] [ "-" ] AMOUNT
 *   AMOUNT  := SIZE | PERCENT | SIZE "+" PERCENT
 *   PERCENT := NUMBER "%"        below 100
 *   SIZE    := NUMBER [ "b" | "k" | "m" | "g" | "t" ]      of either case
 *
 * An item counts as soon as it was read; a mistake ends the value.
 */
#include "config.h"

#include "dom0/dom0.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/guest.h"
#include "layout/layout.h"

vnuma__dom0_number vnuma__dom0_read_number(vnuma__dom0_value *v)
{
    vnuma__dom0_number number = { .value = 0 };
    unsigned int base = 10, digit;

    if (vnuma__dom0_peek(v) == '0') {
        base = 8;
        v->at++;
        if (v->at + 1 < v->end && (vnuma__dom0_peek(v) | 32) == 'x' &&
            isxdigit((unsigned char)v->option->all.source->text[v->at + 1])) {
            base = 16;
            v->at++;
        }
    }
    while ((digit = vnuma__digit(vnuma__dom0_peek(v))) < base) {
        number.is_octal = base == 8;
        number.wrapped |= number.value > (UINT64_MAX - digit) / base;
        number.value = number.value * base + digit;
        v->at++;
    }
    return number;
}

void vnuma__dom0_given_again(const vnuma__dom0_value *v, vnuma_span before,
                             vnuma_span now)
{
    vnuma__note(v->diags, "dom0-twice", before, "overridden by a later one");
    vnuma__related(v->diags, now, "this one counts");
}

/* Returns the end of what a mistake is about, at the next item. */
static uint32_t mistake_end(const vnuma__dom0_value *v)
{
    uint32_t end = v->at;

    while (end < v->end && v->option->all.source->text[end] != ',')
        end++;
    return end > v->at ? end : v->at + (v->at < v->end);
}

/* One number with its unit. */
typedef struct {
    uint32_t start, end;
    vnuma__dom0_number number; /* of bytes, or the percentage */
    bool is_percentage;
    bool has_unit;
} quantity;

static quantity read_quantity(vnuma__dom0_value *v)
{
    static const char units[] = "bkmgt";
    quantity q = { .start = v->at };
    const char *unit;
    unsigned int shift;

    q.number = vnuma__dom0_read_number(v); /* moves on */
    unit = strchr(units, tolower((unsigned char)vnuma__dom0_peek(v)));
    q.has_unit = unit && *unit;
    v->at += q.has_unit;
    q.is_percentage = vnuma__dom0_peek(v) == '%';
    shift = q.has_unit ? 10 * (unit - units) : q.is_percentage ? 0 : 10;
    q.number.wrapped |= shift && q.number.value >> (64 - shift);
    q.number.value <<= shift;
    q.end = v->at;
    return q;
}

static const char *expected_hint(const vnuma__dom0_value *v, bool is_start)
{
    vnuma__text rest = vnuma__dom0_rest(v);
    char c = vnuma__dom0_peek(v);

    if (is_start && c == '+')
        return "\"+\" goes between a size and a percentage: 1G+5%";
    if (is_start && c == '-')
        return "one \"-\" is enough: it is for size and percentage together";
    if (c == '.')
        return "there are no fractions: 1536M, not 1.5G";
    if (!is_start && c && strchr("iIbB", c)) /* "GB", "GiB" */
        return "units are one letter: b, k, m, g or t";
    if (vnuma__text_starts_with(rest, "max=") ||
        vnuma__text_starts_with(rest, "min="))
        return "a colon is between them: max:4G";
    if (c == '"' || c == '\'')
        return "Xen's command line has no quotes";
    if (c == ':' || c == ';' || c == '\t')
        return "commas separate, blanks end the option";
    return "it is min:SIZE, max:SIZE or SIZE, a SIZE being 512M, 1G, 10%, "
           "1G+10% or one of these with a \"-\" before it";
}

/* "4GB", "1.5G", "max=4G", "\"4G\"", "512", "0512M": each as the hint says. */
void vnuma__dom0_mend_size(const char *item, bool fine, char *out)
{
    static const char units[] = "BKMGT";
    const char *at = item + strspn(item, "\"'"), *limit = "", *unit;
    bool is_minus, is_bare = false, is_octal;
    uint64_t value, scale = 1, fraction = 0;
    char *end;

    if (*at && strchr("mM", *at) && strlen(at) > 3 && strchr(":=", at[3]))
        limit = (at[1] | 32) == 'i' ? "min:" : "max:";
    at += strlen(limit);
    is_minus = *at == '-';
    at += is_minus;
    is_octal = *at == '0' && isdigit((unsigned char)at[1]);
    value = strtoull(at, &end, 10);
    if (*end == '.')
        for (end++; isdigit((unsigned char)*end); end++, scale *= 10)
            fraction = fraction * 10 + (*end - '0');
    unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (!unit && (!*end || strchr("+\"'", *end)) && value &&
        value < VNUMA__DOM0_MOST_MIB) {
        unit = "M";
        is_bare = true;
    }
    if (end == at || (fine && !is_octal && !is_bare) ||
        (scale > 1 && (is_bare || !unit || unit == units || scale > 1000000)))
        return;
    if (scale > 1)
        value = value * 1024 + fraction * 1024 / scale;
    end += is_bare || !unit ? 0 : 1 + strspn(end + 1, "iIbB");
    snprintf(out, VNUMA__DOM0_ROOM, "%s%s%" PRIu64 "%.*s%.*s", limit,
             is_minus ? "-" : "", value, !!unit,
             unit ? unit - (scale > 1) : "", (int)strcspn(end, "\"'"), end);
}

void vnuma__dom0_fix_item(const vnuma__dom0_value *v,
                          void (*mend)(const char *item, bool fine, char *out))
{
    const char *text = v->option->all.source->text;
    uint32_t start = v->at, end = start;
    char item[VNUMA__DOM0_ROOM], out[VNUMA__DOM0_ROOM];

    while (start > v->option->value.start && !strchr(",;", text[start - 1]))
        start--;
    while (end < v->end && !strchr(",;", text[end]))
        end++;
    snprintf(item, sizeof(item), "%.*s", (int)(end - start), text + start);
    strcpy(out, item);
    mend(item, false, out);
    if (strcmp(item, out))
        vnuma__fix(v->diags, vnuma__dom0_value_span(v, start, end), "%s", out);
}

static bool refuse(vnuma__dom0_value *v, bool is_start, const char *what)
{
    vnuma__dom0_refuse(v, v->at, mistake_end(v), what,
                       expected_hint(v, is_start));
    if (vnuma__dom0_peek(v) == ';')
        vnuma__fix(v->diags, vnuma__dom0_value_span(v, v->at, v->at + 1), ",");
    else
        vnuma__dom0_fix_item(v, vnuma__dom0_mend_size);
    return false;
}

/* Remarks on what Xen accepts but reads as something else. */
static void remark(const vnuma__dom0_value *v, const quantity *q)
{
    vnuma_span span = vnuma__dom0_value_span(v, q->start, q->end);
    uint64_t value = q->number.value;
    uint32_t zeros;

    if (q->number.wrapped) {
        vnuma__error(v->diags, "dom0-number", span,
                     "more than 64 bits can hold; Xen reads it as %" PRIu64
                     "%s",
                     value, q->is_percentage ? "%" : " bytes");
    } else if (q->number.is_octal) {
        vnuma__warning(v->diags, "dom0-octal", span,
                       "a number that begins with 0 is octal: %" PRIu64 "%s",
                       q->is_percentage || value < 1024 ? value : value >> 10,
                       q->is_percentage ? "%"
                       : value < 1024   ? " bytes"
                                        : " KiB");
        vnuma__hint(v->diags, "leave out the 0");
        zeros = strspn(v->option->all.source->text + q->start, "0");
        zeros -= q->start + zeros == q->end;
        vnuma__fix(v->diags,
                   vnuma__dom0_value_span(v, q->start, q->start + zeros), "%s",
                   "");
    } else if (!q->is_percentage && !q->has_unit) {
        vnuma__warning(v->diags, "dom0-unit", span,
                       "without a unit these are KiB");
        if (value >> 10 < VNUMA__DOM0_MOST_MIB) {
            vnuma__hint(v->diags, "did you mean %" PRIu64 "M?", value >> 10);
            vnuma__fix(v->diags, span, "%" PRIu64 "M", value >> 10);
        } else
            vnuma__hint(v->diags, "write %" PRIu64 "k or %" PRIu64 "M",
                        value >> 10, value >> 20);
    }
}

/* Reads a size or percentage; Xen wants the size first. */
static bool parse_part(vnuma__dom0_value *v, vnuma_dom0_amount *amount,
                       bool is_second)
{
    quantity q;

    if (!isdigit((unsigned char)vnuma__dom0_peek(v)))
        return refuse(v, !is_second,
                      is_second ? "here a percentage is expected, as "
                                  "10%"
                                : "here a size is expected");
    q = read_quantity(v);
    if (q.is_percentage && q.number.value >= 100) {
        vnuma__dom0_refuse(
            v, q.start, v->at + 1,
            "a percentage of the host's memory must be below 100%",
            q.has_unit ? "a percentage has no unit" : NULL);
        return false;
    }
    if (!q.is_percentage && is_second) {
        v->at = q.start;
        return refuse(v, false,
                      "after \"+\" a percentage of the host is expected, "
                      "as 10%");
    }
    if (q.is_percentage) {
        amount->percent = q.number.value;
        v->at++;
    } else {
        amount->memkb = (q.number.value >> VNUMA__PAGE_SHIFT) * VNUMA__PAGE_KB;
    }
    /* If the value goes on, a mistake follows and is reported instead. */
    if (q.number.wrapped || !vnuma__dom0_peek(v) ||
        strchr(",+", vnuma__dom0_peek(v)))
        remark(v, &q);
    return true;
}

static bool parse_amount(vnuma__dom0_value *v, vnuma_dom0_amount *amount_r)
{
    vnuma_dom0_amount amount = { .is_given = true };
    uint32_t start = v->at;

    amount.is_minus = vnuma__dom0_peek(v) == '-';
    v->at += amount.is_minus;
    if (!parse_part(v, &amount, false))
        return false;
    if (vnuma__dom0_peek(v) == '+' && !amount.percent &&
        v->option->all.source->text[v->at - 1] != '%') {
        v->at++;
        if (!parse_part(v, &amount, true))
            return false;
    }
    if (v->at < v->end && vnuma__dom0_peek(v) != ',')
        return refuse(v, false, "here the size should end");
    amount.span = vnuma__dom0_value_span(v, start, v->at);
    *amount_r = amount;
    return true;
}

/* Reads an item; false: it has a mistake. */
static bool parse_item(vnuma__dom0_value *v)
{
    const struct {
        const char *word;
        vnuma_dom0_amount *amount;
    } kinds[] = {
        { "min:", &v->limits->min },
        { "max:", &v->limits->max },
        { "", &v->limits->mem },
    };
    vnuma_dom0_amount before;
    uint32_t start = v->at;
    unsigned int i = 0;

    while (i < 2 &&
           !vnuma__text_starts_with(vnuma__dom0_rest(v), kinds[i].word))
        i++;
    v->at += strlen(kinds[i].word);
    before = *kinds[i].amount;
    if (!parse_amount(v, kinds[i].amount))
        return false;
    if (before.is_given)
        vnuma__dom0_given_again(v, before.span,
                                vnuma__dom0_value_span(v, start, v->at));
    return true;
}

void vnuma__dom0_parse_mem(vnuma__dom0_value *v)
{
    v->limits->has_mem = true;
    while (parse_item(v) && vnuma__dom0_peek(v) == ',')
        v->at++;
}

/* ---- arithmetic --------------------------------------------------------- */

uint64_t vnuma__dom0_amount_memkb(const vnuma_dom0_amount *amount,
                                  uint64_t avail_memkb)
{
    return amount->memkb + amount->percent * (avail_memkb / VNUMA__PAGE_KB) /
                               100 * VNUMA__PAGE_KB;
}

static uint64_t pages_of(const vnuma_dom0_amount *amount, uint64_t avail)
{
    uint64_t pages = vnuma__dom0_amount_memkb(amount, avail * VNUMA__PAGE_KB) /
                     VNUMA__PAGE_KB;

    return amount->is_minus ? avail - pages : pages;
}

void vnuma_dom0_resolve(const vnuma_dom0_limits *limits, uint64_t avail_memkb,
                        vnuma_dom0_memory *memory_r)
{
    uint64_t avail = avail_memkb / VNUMA__PAGE_KB, pages, least, most;

    pages = pages_of(&limits->mem, avail);
    if (!pages)
        pages = avail - vnuma__min(avail / 16, (128u << 10) / VNUMA__PAGE_KB);
    least = pages_of(&limits->min, avail);
    most = limits->max.is_given ? pages_of(&limits->max, avail) : INT64_MAX;
    if (pages < least)
        pages = least;
    pages = vnuma__min(vnuma__min(pages, most), avail);
    memory_r->memkb = pages * VNUMA__PAGE_KB;
    memory_r->max_memkb =
        most >= UINT32_MAX ? VNUMA_MEMKB_UNKNOWN : most * VNUMA__PAGE_KB;
}
