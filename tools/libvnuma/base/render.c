/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics as people and editors read them: GNU's FILE:LINE:COLUMN form,
 * the line of the text, and a caret below it.  Control characters of the text
 * never reach the terminal.
 */
#include "config.h"

#include "base/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"

/* A line that fits is shown whole, a longer one only around the caret. */
#define SHOWN_CELLS 150
#define BEFORE_CARET 60 /* bytes */
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

/* Returns where what is shown of the line [p, end) ends. */
static const char *find_end(const char *p, const char *end)
{
    int cells = 0;
    bool safe;

    while (p < end) {
        cells += *p == '\t' ? TAB_CELLS : 1;
        if (cells > SHOWN_CELLS)
            break;
        p += vnuma__utf8_next(p, end - p, &safe);
    }
    return p;
}

static void print_source(FILE *f, vnuma_span span, bool colour)
{
    const char *text = span.source->text, *at = text + span.start;
    char separator = span.source->is_arguments ? '\0' : '\n';
    const char *line = memrchr(text, separator, span.start), *from, *to;
    const char *line_end =
        memchr(at, separator, span.source->len - span.start);
    const char *end = text + span.end;
    bool safe;

    from = line = line ? line + 1 : text;
    if (!line_end)
        line_end = text + span.source->len;
    if (at - line > BEFORE_CARET && line_end - line > SHOWN_CELLS) {
        from = at - BEFORE_CARET;
        while (from < at && (*from & 0xc0) == 0x80)
            from++;
    }
    to = find_end(from, line_end);
    fputs(from > line ? " ..." : " ", f);
    print_cells(f, from, to, '\0');
    fprintf(f, "%s\n%s", to < line_end ? "..." : "",
            from > line ? "    " : " ");
    if (at > to) /* the line was cut, after many tabs */
        at = to;
    print_cells(f, from, at, ' ');
    fprintf(f, "%s^", colour ? GREEN : "");
    if (at < to && at < end) {
        at += vnuma__utf8_next(at, to - at, &safe);
        print_cells(f, at, end < to ? end : to, '~');
    }
    fprintf(f, "%s\n", colour ? PLAIN : "");
}

static void print_diag(FILE *f, const vnuma_diag *diag, bool colour)
{
    uint32_t line, column;
    const char *name;
    bool is_ours; /* the arguments of our own command */

    if (diag->span.source) {
        vnuma_span_locate(diag->span, &name, &line, &column);
        is_ours = diag->span.source->is_arguments && *name == '<';
        if (!is_ours)
            print_string(f, name);
        if (diag->span.source->is_arguments)
            fprintf(f, "%sargument %u, column %u: ", is_ours ? "" : ": ",
                    line, column);
        else
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

    if (!vnuma__print_begin(&out))
        return NULL;
    print_diag(out.f, diag, colour);
    return vnuma__print_end(&out, false);
}
