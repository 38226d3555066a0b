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

#include "base/grow.h"
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
    if (piece.start == piece.end)
        return 0;
    if (!VNUMA__GROW(cmdline->pieces, cmdline->num_pieces))
        return VNUMA_ERROR_NOMEM;
    cmdline->pieces[cmdline->num_pieces++] = piece;
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
    uint32_t i;

    if (!vnuma__print_begin(&out))
        return NULL;
    for (i = 0; i < cmdline->num_pieces; i++) {
        vnuma_span p = cmdline->pieces[i];

        fprintf(out.f, "%s%.*s", i ? " " : "", (int)(p.end - p.start),
                p.source->text + p.start);
    }
    return vnuma__print_end(&out, false);
}

static const char *const names[VNUMA__DOM0_KEYS] = {
    [VNUMA__DOM0_MEM] = "dom0_mem",
    [VNUMA__DOM0_NODES] = "dom0_nodes",
    [VNUMA__DOM0_VCPUS] = "dom0_max_vcpus",
    [VNUMA__DOM0_PIN] = "dom0_vcpus_pin",
};

/* "dom0-mem", "DOM0_MEM", "\"dom0mem": but for case, "_", "-" and quotes. */
static bool is_alike(const vnuma__dom0_option *o, const char *name)
{
    vnuma__text key = vnuma__span_text(o->key);
    uint32_t i;

    for (i = 0; i < key.len; i++) {
        if (strchr("_-\"'", key.ptr[i]))
            continue;
        while (*name == '_')
            name++;
        if (!*name || tolower((unsigned char)key.ptr[i]) != *name)
            return false;
        name++;
    }
    return !*name;
}

static int find_meant(const vnuma__dom0_option *o)
{
    vnuma__text text = vnuma__span_text(o->key);
    int i;

    for (i = 0; i < VNUMA__DOM0_KEYS; i++)
        if (is_alike(o, names[i]))
            return i;
    if (text.len < 6 || !vnuma__text_starts_with(text, "dom0"))
        return -1;
    i = vnuma__nearest_name(text, names, VNUMA__DOM0_KEYS);
    return i < VNUMA__DOM0_KEYS ? i : -1;
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

static void cut_at(vnuma__dom0_option *o, char separator)
{
    vnuma__text text =
        vnuma__text_slice(vnuma__span_text(o->all), 0, VNUMA__DOM0_MAX_OPTION);
    uint32_t end = vnuma__text_find(text, separator);

    o->key = vnuma__text_slice(text, 0, end).span;
    o->value = vnuma__text_slice(text, end + 1, text.len).span;
    o->is_negated = vnuma__text_starts_with(vnuma__span_text(o->key), "no-");
    if (o->is_negated)
        o->key.start += 3;
}

/*
 * Finds key and value of an option.  A colon counts where one of dom0's
 * options is before it.
 */
static void cut(vnuma__dom0_option *o)
{
    vnuma__text key;

    o->is_colon = false;
    cut_at(o, '=');
    key = vnuma__span_text(o->key);
    if (vnuma__text_find(key, ':') == key.len)
        return;
    cut_at(o, ':');
    o->is_colon = find_meant(o) >= 0;
    if (!o->is_colon)
        cut_at(o, '=');
}

bool vnuma__dom0_next(const vnuma_dom0_cmdline *cmdline, vnuma__dom0_option *o)
{
    bool is_first = !o->all.source;
    uint32_t at = o->all.end;

    for (; o->piece < cmdline->num_pieces; o->piece++, o->all.source = NULL) {
        vnuma_span p = cmdline->pieces[o->piece];

        at = o->all.source ? at : p.start;
        o->all.source = p.source;
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
        o->all.start = o->all.end = at;
        while (o->all.end < p.end && p.source->text[o->all.end] != ' ')
            o->all.end++;
        cut(o);
        return true;
    }
    return false;
}

bool vnuma__dom0_is_key(const vnuma__dom0_option *option, const char *name)
{
    return !option->is_colon &&
           vnuma__text_equal(vnuma__span_text(option->key), name);
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

int vnuma__dom0_key(const vnuma__dom0_option *option)
{
    int i = find_key(option);

    return i < 0 ? find_meant(option) : i;
}

void vnuma__dom0_refuse(const vnuma__dom0_value *v, uint32_t start,
                        uint32_t end, const char *what, const char *hint)
{
    vnuma__error(v->diags, "dom0-value", vnuma__dom0_value_span(v, start, end),
                 "%s", what);
    if (hint)
        vnuma__hint(v->diags, "%s", hint);
}

static void parse_ours(vnuma__dom0_value *v, int key)
{
    const vnuma__dom0_option *o = v->option;

    if (o->all.end > o->value.end) {
        vnuma__error(v->diags, "dom0-too-long",
                     vnuma__dom0_value_span(v, o->value.end, o->all.end),
                     "Xen reads the first %u bytes of an option and not these",
                     VNUMA__DOM0_MAX_OPTION);
        vnuma__hint(v->diags, "give %s= more than once", names[key]);
    }
    if (o->is_negated && key != VNUMA__DOM0_PIN) {
        v->limits->has_mem |= key == VNUMA__DOM0_MEM;
        vnuma__error(v->diags, "dom0-value",
                     vnuma__dom0_value_span(v, o->all.start, o->key.start),
                     "%s= cannot be turned off by \"no-\"", names[key]);
        vnuma__hint(v->diags, "leave the option out");
        vnuma__fix(v->diags, o->all, "%s", "");
        return;
    }
    parse[key](v);
}

/* Xen compares beginnings. */
static void take_numa(const vnuma__dom0_option *o, vnuma_dom0_limits *limits)
{
    vnuma__text value = vnuma__span_text(o->value);

    if (vnuma__text_starts_with(value, "off") ||
        vnuma__text_starts_with(value, "noacpi"))
        limits->numa_off = o->all;
    else if (vnuma__text_starts_with(value, "on"))
        limits->numa_off = VNUMA__NOWHERE;
}

static void report_unknown(const vnuma__dom0_option *o, const char *meant,
                           vnuma_diags *diags)
{
    const char *equals = o->is_colon ? "=" : "";
    vnuma_span key = o->key;

    key.end += o->is_colon;
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
    const char *text = o->all.source->text;
    vnuma_span from = o->separator;
    uint32_t end = o->all.start;

    if (from.source != o->all.source)
        return;
    while (text[end - 1] == ' ')
        end--;
    vnuma__fix(diags, (vnuma_span){ from.source, from.start, o->all.end },
               "%.*s %.*s", VNUMA__TEXT_ARG(vnuma__span_text(o->all)),
               (int)(end - from.start), text + from.start);
}

static void parse_option(const vnuma__dom0_option *o,
                         vnuma_dom0_limits *limits, vnuma_diags *diags)
{
    vnuma__dom0_value v = { o, o->value.start, o->value.end, limits, diags };
    unsigned int before = diags->num_errors;
    int key = find_key(o);

    if (vnuma__dom0_is_key(o, "numa") && !o->is_after) {
        take_numa(o, limits);
    } else if (key >= 0 && o->is_after) {
        vnuma__error(diags, "dom0-behind", o->all,
                     "what is after \" -- \" is for dom0's kernel, not "
                     "for Xen");
        vnuma__hint(diags, "put %s= before the \"--\"", names[key]);
        if (!is_given(limits, key))
            fix_order(o, diags);
    } else if (key >= 0) {
        parse_ours(&v, key);
    } else if (!o->is_after && (key = find_meant(o)) >= 0) {
        report_unknown(o, names[key], diags);
    }
    if (diags->num_errors > before) {
        limits->is_mem_wrong |= key == VNUMA__DOM0_MEM;
        limits->is_nodes_wrong |= key == VNUMA__DOM0_NODES;
    }
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
