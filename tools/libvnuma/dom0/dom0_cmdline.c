/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Xen's command line, split as Xen does it: at blanks, without quotes, at most
 * 127 bytes of an option.  Finds dom0's options, and misspelt ones.
 */
#include "config.h"

#include "dom0/dom0.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "guest/guest.h"

void vnuma_dom0_cmdline_init(vnuma_dom0_cmdline *cmdline)
{
    memset(cmdline, 0, sizeof(*cmdline));
}

void vnuma_dom0_cmdline_dispose(vnuma_dom0_cmdline *cmdline)
{
    free(cmdline->pieces);
    vnuma_dom0_cmdline_init(cmdline);
}

int vnuma__dom0_add(vnuma_dom0_cmdline *cmdline, vnuma_span piece)
{
    vnuma_span *pieces;

    if (piece.start == piece.end)
        return 0;
    pieces = reallocarray(cmdline->pieces, cmdline->num_pieces + 1,
                          sizeof(*pieces));
    if (!pieces)
        return VNUMA_ERROR_NOMEM;
    cmdline->pieces = pieces;
    pieces[cmdline->num_pieces++] = piece;
    return 0;
}

int vnuma_dom0_cmdline_set(vnuma_dom0_cmdline *cmdline,
                           const vnuma_source *source)
{
    uint32_t len = strlen(source->text); /* a NUL ends it */

    while (len && source->text[len - 1] == '\n')
        len--;
    vnuma_dom0_cmdline_dispose(cmdline);
    return vnuma__dom0_add(cmdline, (vnuma_span){ source, 0, len });
}

char *vnuma_dom0_cmdline_text(const vnuma_dom0_cmdline *cmdline)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    uint32_t i;

    if (!f)
        return NULL;
    for (i = 0; i < cmdline->num_pieces; i++) {
        vnuma_span p = cmdline->pieces[i];

        fprintf(f, "%s%.*s", i ? " " : "", (int)(p.end - p.start),
                p.source->text + p.start);
    }
    return vnuma__print_end(&out, false);
}

vnuma_span vnuma__dom0_span(const vnuma__dom0_option *option, uint32_t start,
                            uint32_t end)
{
    return (vnuma_span){ option->source, start, end > start ? end : start };
}

static const char *const names[VNUMA__DOM0_KEYS] = {
    [VNUMA__DOM0_MEM] = "dom0_mem",
    [VNUMA__DOM0_NODES] = "dom0_nodes",
    [VNUMA__DOM0_VCPUS] = "dom0_max_vcpus",
    [VNUMA__DOM0_PIN] = "dom0_vcpus_pin",
};

static vnuma__text key_text(const vnuma__dom0_option *o)
{
    return vnuma__span_text(vnuma__dom0_span(o, o->key, o->key_end));
}

/* "dom0-mem", "DOM0_MEM", "\"dom0mem": but for case, "_", "-" and quotes. */
static bool is_alike(const vnuma__dom0_option *o, const char *name)
{
    const char *text = o->source->text;
    uint32_t i;

    for (i = o->key; i < o->key_end; i++) {
        if (strchr("_-\"'", text[i]))
            continue;
        while (*name == '_')
            name++;
        if (!*name || tolower((unsigned char)text[i]) != *name)
            return false;
        name++;
    }
    return !*name;
}

static int find_meant(const vnuma__dom0_option *o)
{
    vnuma__text text = key_text(o);
    const char *nearest;
    int i;

    for (i = 0; i < VNUMA__DOM0_KEYS; i++)
        if (is_alike(o, names[i]))
            return i;
    if (text.len < 6 || !vnuma__text_starts_with(text, "dom0"))
        return -1;
    nearest = vnuma__nearest_name(text, names, VNUMA__DOM0_KEYS);
    while (i-- && names[i] != nearest)
        continue;
    return i;
}

/* ---- options ------------------------------------------------------------ */

/* Xen looks for " -- " before it splits options. */
static bool is_separator(const vnuma_dom0_cmdline *cmdline, uint32_t piece,
                         uint32_t at)
{
    vnuma_span p = cmdline->pieces[piece];

    return p.end - at >= 2 && !memcmp(p.source->text + at, "--", 2) &&
           (p.end - at > 2 ? p.source->text[at + 2] == ' '
                           : piece + 1 < cmdline->num_pieces);
}

static void cut_at(vnuma__dom0_option *o, char separator, uint32_t end)
{
    const char *text = o->source->text;
    const char *at = memchr(text + o->start, separator, end - o->start);

    o->key = o->start;
    o->key_end = at ? (uint32_t)(at - text) : end;
    o->has_value = at;
    o->value = at ? o->key_end + 1 : end;
    o->value_end = end;
    o->is_negated =
        o->key_end - o->key >= 3 && !memcmp(text + o->key, "no-", 3);
    if (o->is_negated)
        o->key += 3;
}

/* A colon counts where one of dom0's options is before it. */
static void cut(vnuma__dom0_option *o)
{
    uint32_t end = o->end - o->start > VNUMA__DOM0_MAX_OPTION
                       ? o->start + VNUMA__DOM0_MAX_OPTION
                       : o->end;

    o->is_colon = false;
    cut_at(o, '=', end);
    if (!memchr(o->source->text + o->key, ':', o->key_end - o->key))
        return;
    cut_at(o, ':', end);
    o->is_colon = find_meant(o) >= 0;
    if (!o->is_colon)
        cut_at(o, '=', end);
}

bool vnuma__dom0_next(const vnuma_dom0_cmdline *cmdline, vnuma__dom0_option *o)
{
    bool is_first = !o->source;
    uint32_t at = o->end;

    for (; o->piece < cmdline->num_pieces; o->piece++, o->source = NULL) {
        vnuma_span p = cmdline->pieces[o->piece];

        at = o->source ? at : p.start;
        o->source = p.source;
        for (; at < p.end; at++) {
            if (p.source->text[at] == ' ')
                continue;
            if (is_first || o->is_after ||
                !is_separator(cmdline, o->piece, at))
                break;
            o->is_after = true;
            o->separator = (vnuma_span){ p.source, at, at + 2 };
            at++; /* and the second "-" */
        }
        if (at == p.end)
            continue;
        o->start = o->end = at;
        while (o->end < p.end && p.source->text[o->end] != ' ')
            o->end++;
        cut(o);
        return true;
    }
    return false;
}

bool vnuma__dom0_is_key(const vnuma__dom0_option *option, const char *name)
{
    return !option->is_colon && vnuma__text_equal(key_text(option), name);
}

/* ---- dom0's ------------------------------------------------------------- */

static void (*const parse[VNUMA__DOM0_KEYS])(vnuma__dom0_value *v) = {
    [VNUMA__DOM0_MEM] = vnuma__dom0_parse_mem,
    [VNUMA__DOM0_NODES] = vnuma__dom0_parse_nodes,
    [VNUMA__DOM0_VCPUS] = vnuma__dom0_parse_vcpus,
    [VNUMA__DOM0_PIN] = vnuma__dom0_parse_pin,
};

/* Returns which of them it is; -1: none. */
static int find_key(const vnuma__dom0_option *option)
{
    int i = VNUMA__DOM0_KEYS;

    while (i-- && !vnuma__dom0_is_key(option, names[i]))
        continue;
    return i;
}

static void is_wrong(vnuma_dom0_limits *limits, int key)
{
    limits->is_mem_wrong |= key == VNUMA__DOM0_MEM;
    limits->is_nodes_wrong |= key == VNUMA__DOM0_NODES;
}

int vnuma__dom0_key(const vnuma__dom0_option *option)
{
    int i = find_key(option);

    return i < 0 ? find_meant(option) : i;
}

static vnuma_span option_span(const vnuma__dom0_option *o)
{
    return vnuma__dom0_span(o, o->start, o->end);
}

static void parse_ours(const vnuma__dom0_option *o, int key,
                       vnuma_dom0_limits *limits, vnuma_diags *diags)
{
    vnuma__dom0_value v = { o, o->value, o->value_end, limits, diags };

    if (o->end > o->value_end) {
        vnuma__error(diags, "dom0-too-long",
                     vnuma__dom0_span(o, o->value_end, o->end),
                     "Xen reads the first %u bytes of an option and not these",
                     VNUMA__DOM0_MAX_OPTION);
        vnuma__hint(diags, "give %s= more than once", names[key]);
    }
    if (o->is_negated && key != VNUMA__DOM0_PIN) {
        limits->has_mem |= key == VNUMA__DOM0_MEM;
        vnuma__error(diags, "dom0-value",
                     vnuma__dom0_span(o, o->start, o->key),
                     "%s= cannot be turned off by \"no-\"", names[key]);
        vnuma__hint(diags, "leave the option out");
        vnuma__fix(diags, option_span(o), "%s", "");
        return;
    }
    parse[key](&v);
}

/* Xen compares beginnings. */
static void take_numa(const vnuma__dom0_option *o, vnuma_dom0_limits *limits)
{
    vnuma__text value =
        vnuma__span_text(vnuma__dom0_span(o, o->value, o->value_end));

    if (vnuma__text_starts_with(value, "off") ||
        vnuma__text_starts_with(value, "noacpi"))
        limits->numa_off = option_span(o);
    else if (vnuma__text_starts_with(value, "on"))
        limits->numa_off = VNUMA__NOWHERE;
}

static void report_unknown(const vnuma__dom0_option *o, const char *meant,
                           vnuma_diags *diags)
{
    vnuma_span key =
        vnuma__dom0_span(o, o->key, o->is_colon ? o->value : o->key_end);
    const char *equals = o->is_colon ? "=" : "";

    vnuma__error(diags, "dom0-unknown", key,
                 "Xen has no option %.*s and ignores it",
                 VNUMA__TEXT_ARG(vnuma__span_text(key)));
    vnuma__hint(diags, "did you mean %s%s?", meant, equals);
    vnuma__fix(diags, key, "%s%s", meant, equals);
}

static bool is_given(const vnuma_dom0_limits *limits, int key)
{
    const bool given[VNUMA__DOM0_KEYS] = {
        [VNUMA__DOM0_MEM] = limits->has_mem,
        [VNUMA__DOM0_NODES] = limits->nodes_span.source,
        [VNUMA__DOM0_VCPUS] = limits->vcpus_span.source,
        [VNUMA__DOM0_PIN] = limits->pin_span.source,
    };

    return given[key];
}

/* "-- quiet dom0_mem=1G": the other way round, if it is in one text. */
static void fix_order(const vnuma__dom0_option *o, vnuma_diags *diags)
{
    const char *text = o->source->text;
    vnuma_span from = o->separator;
    uint32_t end = o->start;

    if (from.source != o->source)
        return;
    while (text[end - 1] == ' ')
        end--;
    vnuma__fix(diags, vnuma__dom0_span(o, from.start, o->end), "%.*s %.*s",
               (int)(o->end - o->start), text + o->start,
               (int)(end - from.start), text + from.start);
}

static void parse_option(const vnuma__dom0_option *o,
                         vnuma_dom0_limits *limits, vnuma_diags *diags)
{
    unsigned int before = diags->num_errors;
    int key = find_key(o);

    if (vnuma__dom0_is_key(o, "numa") && !o->is_after) {
        take_numa(o, limits);
    } else if (key >= 0 && o->is_after) {
        vnuma__error(diags, "dom0-behind", option_span(o),
                     "what is after \" -- \" is for dom0's kernel, not "
                     "for Xen");
        vnuma__hint(diags, "put %s= before the \"--\"", names[key]);
        if (!is_given(limits, key))
            fix_order(o, diags);
    } else if (key >= 0) {
        parse_ours(o, key, limits, diags);
    } else if (!o->is_after && (key = find_meant(o)) >= 0) {
        report_unknown(o, names[key], diags);
    }
    if (diags->num_errors > before)
        is_wrong(limits, key);
}

void vnuma_dom0_limits_init(vnuma_dom0_limits *limits)
{
    memset(limits, 0, sizeof(*limits));
    limits->min_vcpus = 1;
    limits->max_vcpus = UINT32_MAX;
}

int vnuma_dom0_parse(const vnuma_dom0_cmdline *cmdline,
                     vnuma_dom0_limits *limits_r, vnuma_diags *diags)
{
    unsigned int before = diags->num_errors;
    vnuma__dom0_option option = { 0 };

    vnuma_dom0_limits_init(limits_r);
    while (vnuma__dom0_next(cmdline, &option))
        parse_option(&option, limits_r, diags);
    return diags->num_errors > before ? VNUMA_ERROR_CONFIG : 0;
}
