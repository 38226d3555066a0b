/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics as people and editors read them: GNU's FILE:LINE:COLUMN form,
 * the line of the text, and a caret below it.  Control characters of the text
 * never reach the terminal.
 */
#include "config.h"

#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"

/* A line that fits is shown whole, a longer one only around the caret. */
#define SHOWN_CELLS 150u
#define BEFORE_CARET 60u /* bytes */
#define TAB_CELLS 8u

#define GREEN "\033[01;32m"
#define PLAIN "\033[m"

static const struct {
    const char *name, *colour;
} severities[] = {
    [VNUMA_SEVERITY_NOTE] = { "note", "\033[01;36m" },
    [VNUMA_SEVERITY_WARNING] = { "warning", "\033[01;35m" },
    [VNUMA_SEVERITY_ERROR] = { "error", "\033[01;31m" },
};

const char *vnuma__severity_name(vnuma_severity severity)
{
    return severities[severity].name;
}

/* The part of a line that is shown. */
typedef struct {
    const char *start, *end;
    bool cut_before, cut_after;
} excerpt;

/*
 * Prints what is in [p, end), or @fill for each of its characters; tabs are
 * kept in both, so that the caret's line is as wide.
 */
static void print_cells(FILE *f, const char *p, const char *end, char fill)
{
    unsigned int len;
    bool safe;

    for (; p < end; p += len) {
        len = vnuma__utf8_next(p, end - p, &safe);
        if (*p == '\t')
            fputc('\t', f);
        else if (fill || !safe)
            fputc(fill ? fill : '?', f);
        else
            fwrite(p, 1, len, f);
    }
}

static void print_string(FILE *f, const char *string)
{
    print_cells(f, string, string + strlen(string), '\0');
}

static excerpt find_excerpt(vnuma_span span)
{
    const char *text = span.source->text, *end = text + span.source->len;
    const char *at = text + span.start, *p, *limit;
    unsigned int cells = 0, len;
    excerpt shown;
    bool safe;

    p = memrchr(text, '\n', at - text);
    shown.start = p ? p + 1 : text;
    p = memchr(at, '\n', end - at);
    shown.end = limit = p ? p : end;
    shown.cut_before = shown.cut_after = false;
    if ((size_t)(at - shown.start) > BEFORE_CARET &&
        (size_t)(limit - shown.start) > SHOWN_CELLS) {
        shown.start = at - BEFORE_CARET;
        while (shown.start < at && (*shown.start & 0xc0) == 0x80)
            shown.start++;
        shown.cut_before = true;
    }
    for (p = shown.start; p < limit; p += len) {
        len = vnuma__utf8_next(p, limit - p, &safe);
        cells += *p == '\t' ? TAB_CELLS : 1;
        if (cells > SHOWN_CELLS) {
            shown.end = p;
            shown.cut_after = true;
            break;
        }
    }
    return shown;
}

static void print_source(FILE *f, vnuma_span span, bool colour)
{
    const char *at = span.source->text + span.start;
    const char *end = span.source->text + span.end;
    excerpt shown = find_excerpt(span);
    unsigned int len;
    bool safe;

    fputs(shown.cut_before ? " ..." : " ", f);
    print_cells(f, shown.start, shown.end, '\0');
    fprintf(f, "%s\n%s", shown.cut_after ? "..." : "",
            shown.cut_before ? "    " : " ");
    if (at > shown.end) /* the line was cut, after many tabs */
        at = shown.end;
    print_cells(f, shown.start, at, ' ');
    fprintf(f, "%s^", colour ? GREEN : "");
    if (at < shown.end && at < end) {
        len = vnuma__utf8_next(at, shown.end - at, &safe);
        print_cells(f, at + len, end < shown.end ? end : shown.end, '~');
    }
    fprintf(f, "%s\n", colour ? PLAIN : "");
}

static void print_diag(FILE *f, const vnuma_diag *diag, bool colour)
{
    uint32_t line, column;
    const char *name;

    if (diag->span.source) {
        vnuma_span_locate(diag->span, &name, &line, &column);
        print_string(f, name);
        fprintf(f, ":%u:%u: ", line, column);
    }
    fprintf(f, "%s%s:%s ", colour ? severities[diag->severity].colour : "",
            severities[diag->severity].name, colour ? PLAIN : "");
    print_string(f, diag->message);
    fprintf(f, " [%s]\n", diag->id);
    if (diag->span.source)
        print_source(f, diag->span, colour);
    if (diag->hint) {
        fputs("hint: ", f);
        print_string(f, diag->hint);
        fputc('\n', f);
    }
}

char *vnuma_diag_format(const vnuma_diag *diag, bool colour)
{
    vnuma__print out;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    print_diag(f, diag, colour);
    return vnuma__print_end(&out, false);
}
