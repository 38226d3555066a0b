/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What GRUB gives to Xen.  In grub.cfg the multiboot lines are what boots;
 * /etc/default/grub and similar files are read as far as they are plain
 * assignments.  There is no shell here: what only a shell can tell is not
 * guessed, but reported at its place.
 */
#include "config.h"

#include "dom0/dom0.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/access.h"
#include "base/grow.h"

/*
 * In the order in which Xen gets them; ASTRAY: its kernel gets it instead, and
 * it is to be written in XEN_DEFAULT.
 */
enum { XEN, ASTRAY, XEN_DEFAULT, NUM_SETTINGS, KERNEL, OTHER };

static const char *const names[] = { "GRUB_CMDLINE_XEN", "",
                                     "GRUB_CMDLINE_XEN_DEFAULT" };

/* Of menus in grub.cfg; nothing deeper is read. */
#define MAX_DEPTH 16u

struct vnuma_dom0_grub {
    vnuma_dom0_cmdline settings[NUM_SETTINGS];
    vnuma_dom0_cmdline *lines; /* owned; of settings there is one */
    uint32_t num_lines;
    vnuma_span saved, next; /* of grubenv; source NULL: not said */
    bool has_default;       /* lines[0] is that of the default entry */
    bool is_unknown;        /* reported: only a shell can tell */
};

typedef struct {
    vnuma_dom0_grub *grub;
    const vnuma_source *source;
    uint32_t at, line_end;
    vnuma_diags *diags;
    int rc; /* VNUMA_ERROR_NOMEM is kept */
    bool is_cfg;
    bool is_program, is_cr_said; /* of settings: there was such a line */
    vnuma_span path; /* of grub.cfg's default, "1>2"; source NULL: not known */
} reader;

int vnuma_dom0_grub_make(vnuma_dom0_grub **grub_r)
{
    VNUMA__MAKE(grub_r, 0, 0);
}

static void dispose(vnuma_dom0_grub *grub)
{
    uint32_t i;

    for (i = 0; i < NUM_SETTINGS; i++)
        vnuma_dom0_cmdline_dispose(&grub->settings[i]);
    for (i = 0; i < grub->num_lines; i++)
        vnuma_dom0_cmdline_dispose(&grub->lines[i]);
    free(grub->lines);
}

VNUMA__FREE(vnuma_dom0_grub, dispose)

/* ---- pieces of a text --------------------------------------------------- */

static vnuma_span span(const reader *r, uint32_t start, uint32_t end)
{
    return (vnuma_span){ r->source, start, end };
}

static const char *find(vnuma_span s, const char *word)
{
    return s.source ? memmem(s.source->text + s.start, s.end - s.start, word,
                             strlen(word))
                    : NULL;
}

static bool is_text(vnuma_span s, const char *text)
{
    return vnuma__text_equal(vnuma__span_text(s), text);
}

static bool starts_with(const reader *r, const char *word)
{
    return vnuma__text_starts_with(
        vnuma__span_text(span(r, r->at, r->line_end)), word);
}

static bool has_any(vnuma_span s, const char *bytes)
{
    return strcspn(s.source->text + s.start, bytes) < s.end - s.start;
}

/* A blank is a byte of " \t\r"; to sh a CR is none, which is reported. */
static vnuma_span next_word(reader *r)
{
    const char *text = r->source->text;
    uint32_t start;

    r->at += strspn(text + r->at, " \t\r");
    start = r->at;
    r->at += strcspn(text + r->at, " \t\r\n");
    return span(r, start, r->at);
}

static void skip_blanks(reader *r)
{
    r->at = next_word(r).start;
}

/* Begins the next line that is not empty; false: there is none. */
static bool next_line(reader *r)
{
    const char *text = r->source->text;

    r->at = r->line_end + strspn(text + r->line_end, " \t\r\n");
    r->line_end = r->at + strcspn(text + r->at, "\n");
    return r->line_end > r->at && !r->rc;
}

static void not_known(reader *r, vnuma_span where)
{
    if (r->grub->is_unknown)
        return;
    r->grub->is_unknown = true;
    vnuma__error(r->diags, "grub-shell", where,
                 "what this makes of Xen's command line cannot be told from "
                 "here");
    vnuma__hint(r->diags, r->is_cfg ? "give the whole line with --cmdline"
                                    : "look at what boots: "
                                      "--grub /boot/grub/grub.cfg");
}

/* ---- values ------------------------------------------------------------- */

/* What is in quotes, or else a word; r->line_end is then that of its end. */
static vnuma_span read_value(reader *r)
{
    const char *text = r->source->text, next[] = "\nGRUB_";
    uint32_t start = r->at, end;

    if (text[start] != '"' && text[start] != '\'')
        return next_word(r);
    end = start + 1 + strcspn(text + start + 1, (char[]){ text[start], 0 });
    if (end < r->source->len &&
        !memmem(text + start, end - start, next, strlen(next))) {
        r->at = end + 1;
        r->line_end = r->at + strcspn(text + r->at, "\n");
        return span(r, start + 1, end);
    }
    r->at = r->line_end;
    vnuma__error(r->diags, "grub-quote", span(r, start, start + 1),
                 "this quote is not closed on its line");
    vnuma__hint(r->diags, "add the quote at the end of the value");
    vnuma__fix(r->diags, span(r, r->line_end, r->line_end), "%c", text[start]);
    return span(r, start + 1, r->line_end);
}

/* A value of several lines, or of one that ends as on Windows. */
static void check_line(reader *r, vnuma_span value)
{
    const char *text = r->source->text;
    uint32_t i = value.start + strcspn(text + value.start, "\r\n");
    bool is_cr = text[i] == '\r';

    if (i >= r->line_end || (is_cr && r->is_cr_said))
        return;
    r->is_cr_said |= is_cr;
    vnuma__error(r->diags, "grub-line", span(r, i, i + 1), "%s",
                 is_cr ? "the lines end as on Windows, with CR and LF: the CR "
                         "becomes part of the value"
                       : "a line break in the value: in grub.cfg Xen's "
                         "command line ends here");
    vnuma__hint(r->diags, is_cr ? "sed -i 's/\\r$//' %s" : "write one line",
                r->source->name);
    vnuma__fix(r->diags, span(r, i, i + 1), "%s", is_cr ? "" : " ");
}

/* Words of it, without the CRs and line breaks that were reported. */
static void add(reader *r, vnuma_dom0_cmdline *to, vnuma_span value)
{
    vnuma_span piece = value;

    for (; piece.start < value.end && !r->rc; piece.start = piece.end + 1) {
        piece.end =
            piece.start + strcspn(value.source->text + piece.start, "\r\n\t");
        piece.end = piece.end < value.end ? piece.end : value.end;
        r->rc = vnuma__dom0_add(to, piece);
    }
}

/* dom0's options among those of its kernel: Xen never sees them. */
static void take_astray(reader *r, vnuma_span value)
{
    vnuma_dom0_cmdline all = { .num_pieces = 0 };
    vnuma__dom0_option o = { .piece = 0 };

    add(r, &all, value);
    while (!r->rc && vnuma__dom0_next(&all, &o)) {
        if (vnuma__dom0_key(&o) < 0)
            continue;
        vnuma__error(r->diags, "dom0-behind", o.all,
                     "this is for dom0's kernel, not for Xen");
        vnuma__hint(r->diags, "write it in %s", names[XEN_DEFAULT]);
        add(r, &r->grub->settings[ASTRAY], o.all);
    }
    vnuma_dom0_cmdline_dispose(&all);
}

/* ---- settings ----------------------------------------------------------- */

/* As find(), in upper or lower case. */
static bool contains(vnuma_span s, const char *word)
{
    for (; s.end - s.start >= strlen(word); s.start++)
        if (!strncasecmp(s.source->text + s.start, word, strlen(word)))
            return true;
    return false;
}

/* Which one it is; what GRUB does not read may have been meant for Xen. */
static unsigned int find_setting(reader *r, vnuma_span name)
{
    unsigned int i;

    for (i = XEN; i < NUM_SETTINGS; i++)
        if (is_text(name, names[i]))
            return i;
    if (find(name, "GRUB_CMDLINE_LINUX"))
        return KERNEL;
    if (!contains(name, "XEN") || !contains(name, "CMD"))
        return OTHER;
    i = contains(name, "DEFAULT") ? XEN_DEFAULT : XEN;
    vnuma__error(r->diags, "grub-name", name,
                 "GRUB does not read this variable");
    vnuma__hint(r->diags, "did you mean %s?", names[i]);
    vnuma__fix(r->diags, name, "%s", names[i]);
    return i;
}

/* “a b”: the quotes of word processors are letters to sh. */
static bool is_typographic(const reader *r)
{
    const char *text = r->source->text + r->at;

    return r->line_end - r->at >= 3 && !strncmp(text, "\xe2\x80", 2) &&
           strchr("\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f", text[2]);
}

static vnuma_span read_typographic(reader *r)
{
    const char *text = r->source->text;
    uint32_t start = r->at + 3, end = r->line_end;

    vnuma__error(r->diags, "grub-quote", span(r, r->at, start),
                 "sh does not know this quote");
    vnuma__hint(r->diags, "write \" before and after the value");
    while (end > start && strchr(" \t\r\x99\x9d\x80\xe2", text[end - 1]))
        end--;
    r->at = r->line_end;
    return span(r, start, end);
}

/* @all: from the end of the setting's name to that of its value. */
static void report_blank(reader *r, uint32_t gap, vnuma_span all,
                         vnuma_span value, vnuma_span rest)
{
    const char *text = r->source->text;

    while (rest.end > rest.start && strchr(" \t\r", text[rest.end - 1]))
        rest.end--;
    if (rest.start < rest.end)
        all.end = rest.end;
    vnuma__error(r->diags, "grub-blank", span(r, gap, gap + 1),
                 "sh ends the value here, and takes what follows for "
                 "something else");
    vnuma__hint(r->diags, "leave no blank next to \"=\", and quote the value");
    vnuma__fix(r->diags, all, "=\"%.*s%s%.*s\"",
               VNUMA__TEXT_ARG(vnuma__span_text(value)),
               rest.start < rest.end ? " " : "",
               VNUMA__TEXT_ARG(vnuma__span_text(rest)));
}

/* The value of one of Xen's settings; @gap: a blank before it, or 0. */
static void take_setting(reader *r, vnuma_dom0_cmdline *to, vnuma_span name,
                         uint32_t gap)
{
    static const char shell[] = "$`\\\"';&|<>(";
    const char *text = r->source->text + r->at;
    bool is_quoted = strchr("'\"", *text);
    vnuma_span value = is_typographic(r) ? read_typographic(r) : read_value(r);
    vnuma_span all = span(r, name.end, r->at), rest;

    skip_blanks(r);
    rest = span(r, r->at, r->line_end);
    if (r->source->text[r->at] == '#')
        rest.end = rest.start;
    if (rest.start < rest.end && !gap)
        gap = value.end + is_quoted;
    if (has_any(value, is_quoted ? "$`\\\"'" : shell) ||
        has_any(rest, shell)) {
        value.end = rest.start < rest.end ? rest.end : value.end;
        not_known(r, value);
        return;
    }
    if (gap)
        report_blank(r, gap, all, value, rest);
    check_line(r, value);
    vnuma_dom0_cmdline_dispose(to);
    add(r, to, value);
    add(r, to, rest);
}

/* Reads NAME=VALUE; false: it is something else. */
static bool read_setting(reader *r)
{
    static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz_0123456789";
    const char *text = r->source->text;
    uint32_t gap;
    unsigned int setting;
    vnuma_span name = span(r, r->at, r->at + strspn(text + r->at, bytes));

    r->at = name.end;
    skip_blanks(r);
    gap = r->at > name.end ? name.end : 0;
    if (name.end == name.start || text[r->at++] != '=')
        return false;
    if (!gap && (text[r->at] == ' ' || text[r->at] == '\t'))
        gap = r->at;
    if (is_text(name, "saved_entry"))
        r->grub->saved = span(r, r->at, r->line_end);
    else if (is_text(name, "next_entry") && r->at < r->line_end)
        r->grub->next = span(r, r->at, r->line_end);
    setting = find_setting(r, name);
    if (gap)
        skip_blanks(r);
    if (setting < NUM_SETTINGS)
        take_setting(r, &r->grub->settings[setting], name, gap);
    else if (setting == KERNEL)
        take_astray(r, read_value(r));
    else
        read_value(r);
    return true;
}

/*
 * Every value is known up to the first line that is no assignment, "echo"
 * excepted; below it only a shell knows whether one is made.
 */
static void read_settings_line(reader *r)
{
    vnuma_span word, rest;
    const char *found;

    if (starts_with(r, "export "))
        r->at += strlen("export ");
    rest = span(r, r->at, r->line_end);
    if (starts_with(r, "#") ||
        (!r->is_program && (starts_with(r, "echo ") || read_setting(r))))
        return;
    r->is_program = true;
    r->at = rest.start;
    word = next_word(r);
    found = find(rest, names[XEN]);
    if (found)
        rest.start = found - r->source->text;
    if (found || is_text(word, ".") || is_text(word, "source"))
        not_known(r, rest);
}

/* ---- grub.cfg ----------------------------------------------------------- */

static void take_default(reader *r)
{
    vnuma_span value;

    r->at += strlen("default=");
    value = read_value(r);
    if (find(value, "next_entry"))
        return;
    if (find(value, "saved_entry"))
        value = r->grub->saved;
    r->path = value;
    if (value.source && has_any(value, "$`\\"))
        r->path.source = NULL;
}

static bool is_same(vnuma_span a, vnuma_span b)
{
    return b.source && a.end - a.start == b.end - b.start &&
           !memcmp(a.source->text + a.start, b.source->text + b.start,
                   a.end - a.start);
}

/*
 * Reads menuentry 'TITLE' ... $menuentry_id_option 'ID' {, and submenu alike.
 * Returns what is left of the path; source NULL: it is not this one's.  Where
 * a path ends, the first entry of the menu is meant.
 */
static vnuma_span read_entry(reader *r, vnuma_span path, uint32_t num)
{
    vnuma_span title = read_value(r), id = { NULL, 0, 0 }, word, part = path;
    const char *end = find(path, ">");
    char number[16];

    while (word = next_word(r), word.start < word.end)
        if (find(word, "id_option") || is_text(word, "--id")) {
            skip_blanks(r);
            id = read_value(r);
        }
    if (!path.source)
        return path;
    part.end = end ? end - path.source->text : path.end;
    path.start = end ? part.end + 1 : path.end;
    snprintf(number, sizeof(number), "%" PRIu32, num);
    if (part.start == part.end
            ? num > 0
            : !is_text(part, number) && !is_same(part, title) &&
                  !is_same(part, id))
        path.source = NULL;
    return path;
}

static bool is_same_line(const vnuma_dom0_cmdline *a,
                         const vnuma_dom0_cmdline *b)
{
    uint32_t i;

    for (i = 0; i < a->num_pieces && i < b->num_pieces; i++)
        if (!is_same(a->pieces[i], b->pieces[i]))
            return false;
    return a->num_pieces == b->num_pieces;
}

/* Keeps what is different; only the default entry's, once that is known. */
static void keep_line(vnuma_dom0_grub *grub, vnuma_dom0_cmdline *line,
                      bool is_default)
{
    uint32_t i;

    while (is_default && grub->num_lines)
        vnuma_dom0_cmdline_dispose(&grub->lines[--grub->num_lines]);
    for (i = 0; i < grub->num_lines; i++)
        if (is_same_line(&grub->lines[i], line))
            break;
    if (i < grub->num_lines || grub->has_default)
        vnuma_dom0_cmdline_dispose(line);
    else
        grub->lines[grub->num_lines++] = *line;
    grub->has_default |= is_default;
}

/* multiboot2 [--OPTION]... PATH WORDS; another kernel's is passed over. */
static void take_multiboot(reader *r, bool is_default)
{
    vnuma_dom0_cmdline line = { .num_pieces = 0 };
    vnuma_span word = next_word(r);

    while (r->source->text[word.start] == '-')
        word = next_word(r);
    if (!find(word, "/xen"))
        return;
    while (word = next_word(r), word.start < word.end)
        if (!is_text(word, "${xen_rm_opts}")) /* what GRUB adds itself */
            add(r, &line, word);
    if (!VNUMA__GROW(r->grub->lines, r->grub->num_lines))
        r->rc = VNUMA_ERROR_NOMEM;
    if (r->rc)
        vnuma_dom0_cmdline_dispose(&line);
    else
        keep_line(r->grub, &line, is_default);
}

static void read_menu(reader *r, vnuma_span path, unsigned int depth)
{
    vnuma_span word, rest;
    uint32_t num = 0;
    bool is_entry;

    while (next_line(r)) {
        word = next_word(r);
        skip_blanks(r);
        is_entry = is_text(word, "menuentry") || is_text(word, "submenu");
        if (!depth)
            path = r->grub->next.source ? r->grub->next : r->path;
        rest = is_entry ? read_entry(r, path, num++) : path;
        if (is_text(word, "}") || depth == MAX_DEPTH)
            return;
        if (!find(word, "#") && r->source->text[r->line_end - 1] == '{')
            read_menu(r, rest, depth + 1);
        else if (is_text(word, "set") && starts_with(r, "default="))
            take_default(r);
        else if (is_text(word, "multiboot") || is_text(word, "multiboot2"))
            take_multiboot(r, depth && path.source);
        else if (find(word, "module") && !r->grub->settings[ASTRAY].num_pieces)
            take_astray(r, span(r, r->at, r->line_end));
    }
}

static void read_cfg(reader *r)
{
    vnuma_dom0_grub *grub = r->grub;
    uint32_t i, j;

    read_menu(r, r->path, 0);
    grub->is_unknown = !grub->num_lines;
    if (!grub->num_lines)
        vnuma__error(r->diags, "grub-default", span(r, 0, 0),
                     "no entry boots Xen");
    else if (!grub->has_default && grub->num_lines > 1)
        vnuma__warning(r->diags, "grub-default",
                       r->path.source ? r->path : span(r, 0, 0),
                       "no entry that boots Xen is known to be the default: "
                       "all that do are checked, in the order of the file");
    for (i = 0; i < grub->num_lines; i++)
        for (j = 0; j < grub->lines[i].num_pieces; j++)
            if (has_any(grub->lines[i].pieces[j], "$`\\'\""))
                not_known(r, grub->lines[i].pieces[j]);
}

/* ---- both --------------------------------------------------------------- */

int vnuma_dom0_grub_read(vnuma_dom0_grub *grub, const vnuma_source *source,
                         vnuma_diags *diags)
{
    unsigned int before = diags->num_errors;
    reader r = { .grub = grub, .source = source, .diags = diags };

    if (!source->len)
        return 0;
    if (vnuma__has_nul(source, "grub-text", diags)) {
        grub->is_unknown = true;
        return VNUMA_ERROR_CONFIG;
    }
    r.is_cfg = strstr(source->text, "\nmenuentry ") ||
               (strstr(source->text, "multiboot") &&
                !strstr(source->text, "GRUB_CMDLINE_"));
    if (r.is_cfg)
        read_cfg(&r);
    while (next_line(&r))
        read_settings_line(&r);
    if (r.rc)
        return r.rc;
    return diags->num_errors > before ? VNUMA_ERROR_CONFIG : 0;
}

uint32_t vnuma__dom0_grub_num_xen(const vnuma_dom0_grub *grub)
{
    return grub->num_lines ? 0 : grub->settings[XEN].num_pieces;
}

unsigned int vnuma_dom0_grub_num_lines(const vnuma_dom0_grub *grub)
{
    return grub->num_lines ? grub->num_lines : 1;
}

int vnuma_dom0_grub_cmdline(const vnuma_dom0_grub *grub, unsigned int index,
                            vnuma_dom0_cmdline *cmdline_r)
{
    vnuma_dom0_cmdline line = { .num_pieces = 0 };
    const vnuma_dom0_cmdline *part;
    uint32_t i, j;
    int rc = grub->is_unknown ? VNUMA_ERROR_CONFIG : 0;

    for (i = 0; i < NUM_SETTINGS; i++) {
        part = i == XEN && grub->num_lines ? &grub->lines[index]
                                           : &grub->settings[i];
        for (j = 0; j < part->num_pieces && !rc; j++)
            rc = vnuma__dom0_add(&line, part->pieces[j]);
    }
    if (rc)
        vnuma_dom0_cmdline_dispose(&line);
    else
        *cmdline_r = line;
    return rc;
}
