/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB's settings, /etc/default/grub and similar files, as far as sh would set
 * variables from them:
 *
 *   assignment := [ "export" ] NAME ( "=" | "+=" ) WORD
 *   WORD       := pieces without a blank between them: 'text', "text $NAME",
 *                 ${NAME}, \c, plain text
 *
 * Every byte of a value knows its place, through variables too.
 */
#include "config.h"

#include "dom0/dom0.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *name;
    vnuma_dom0_cmdline value;
    vnuma_span unknown; /* a piece that needs a shell; source NULL: none */
} variable;

struct vnuma_dom0_grub {
    variable *variables; /* owned */
    unsigned int num_variables;
};

vnuma_dom0_grub *vnuma_dom0_grub_new(void)
{
    return calloc(1, sizeof(vnuma_dom0_grub));
}

static void variable_dispose(variable *v)
{
    free(v->name);
    vnuma_dom0_cmdline_dispose(&v->value);
    memset(v, 0, sizeof(*v));
}

void vnuma_dom0_grub_free(vnuma_dom0_grub *grub)
{
    unsigned int i;

    if (!grub)
        return;
    for (i = 0; i < grub->num_variables; i++)
        variable_dispose(&grub->variables[i]);
    free(grub->variables);
    free(grub);
}

static variable *find(const vnuma_dom0_grub *grub, const char *name,
                      size_t len)
{
    unsigned int i;

    for (i = 0; i < grub->num_variables; i++)
        if (strlen(grub->variables[i].name) == len &&
            !memcmp(grub->variables[i].name, name, len))
            return &grub->variables[i];
    return NULL;
}

/* Takes what @fresh owns. */
static int store(vnuma_dom0_grub *grub, variable *fresh)
{
    variable *old = find(grub, fresh->name, strlen(fresh->name));

    if (!old) {
        variable *bigger = reallocarray(
            grub->variables, grub->num_variables + 1, sizeof(*bigger));

        if (!bigger)
            return VNUMA_ERROR_NOMEM;
        grub->variables = bigger;
        old = &bigger[grub->num_variables++];
        memset(old, 0, sizeof(*old));
    }
    variable_dispose(old);
    *old = *fresh;
    memset(fresh, 0, sizeof(*fresh));
    return 0;
}

/* ---- words -------------------------------------------------------------- */

/* Bounds a value that grows without end ("$A$A", again and again). */
#define MAX_VALUE (1u << 20)

typedef struct {
    vnuma_dom0_grub *grub;
    const vnuma_source *source;
    uint32_t at;
    variable word; /* being read */
    vnuma_diags *diags;
    int rc; /* VNUMA_ERROR_NOMEM is kept */
} reader;

static char peek(const reader *r)
{
    return r->at < r->source->len ? r->source->text[r->at] : '\0';
}

static bool at_end(const reader *r)
{
    return r->at >= r->source->len;
}

static bool is_name_byte(char c, bool is_first)
{
    return c == '_' || isalpha((unsigned char)c) ||
           (!is_first && isdigit((unsigned char)c));
}

static uint32_t name_len(const reader *r, uint32_t at)
{
    uint32_t end = at;

    while (end < r->source->len &&
           is_name_byte(r->source->text[end], end == at))
        end++;
    return end - at;
}

static void take(reader *r)
{
    if (!r->rc && r->word.value.len < MAX_VALUE)
        r->rc = vnuma__dom0_add(&r->word.value, r->source->text[r->at],
                                (vnuma_dom0_place){ r->source, r->at });
    r->at++;
}

static void needs_shell(reader *r, uint32_t start)
{
    if (!r->word.unknown.source)
        r->word.unknown = (vnuma_span){ r->source, start, r->at };
}

/* Skips from "$(" or "`" to its end; counts nesting but ignores quotes. */
static void skip_command(reader *r)
{
    uint32_t start = r->at, depth = 1;
    bool is_backquote = peek(r) == '`';

    for (r->at++; !at_end(r); r->at++) {
        char c = peek(r);

        if (is_backquote ? c == '`' : c == ')' && !--depth)
            break;
        depth += c == '(';
    }
    r->at += !at_end(r);
    needs_shell(r, start);
}

static void take_variable(reader *r)
{
    uint32_t start = r->at++, len;
    bool braced = peek(r) == '{';
    const variable *v;

    r->at += braced;
    len = name_len(r, r->at);
    if (!len && !braced) {
        r->at = start;
        take(r); /* a "$" on its own */
        return;
    }
    v = find(r->grub, r->source->text + r->at, len);
    r->at += len;
    if (braced && peek(r) != '}') {
        /* ${NAME:-...} and similar */
        while (!at_end(r) && peek(r) != '}' && peek(r) != '\n')
            r->at++;
        r->at += peek(r) == '}';
        needs_shell(r, start);
        return;
    }
    r->at += braced;
    if (!v)
        return;
    if (v->unknown.source && !r->word.unknown.source)
        r->word.unknown = v->unknown;
    if (!r->rc && r->word.value.len + v->value.len < MAX_VALUE)
        r->rc = vnuma__dom0_append(&r->word.value, &v->value);
}

static void take_dollar(reader *r)
{
    if (peek(r) == '`') {
        skip_command(r);
    } else if (r->at + 1 < r->source->len &&
               r->source->text[r->at + 1] == '(') {
        uint32_t start = r->at++;

        skip_command(r);
        needs_shell(r, start);
    } else {
        take_variable(r);
    }
}

static void unterminated(reader *r, uint32_t start)
{
    vnuma__error(r->diags, "grub-quote",
                 (vnuma_span){ r->source, start, start + 1 },
                 "this quote is not closed before the file ends");
    vnuma__hint(r->diags, "add the quote at the end of the value");
}

static void take_single(reader *r)
{
    uint32_t start = r->at++;

    while (!at_end(r) && peek(r) != '\'')
        take(r);
    if (at_end(r))
        unterminated(r, start);
    r->at++;
}

static void take_double(reader *r)
{
    uint32_t start = r->at++;

    while (!at_end(r) && peek(r) != '"') {
        char c = peek(r);

        if (c == '\\' && r->at + 1 < r->source->len &&
            strchr("$`\"\\\n", r->source->text[r->at + 1])) {
            r->at++;
            if (peek(r) == '\n')
                r->at++;
            else
                take(r);
        } else if (c == '$' || c == '`') {
            take_dollar(r);
        } else {
            take(r);
        }
    }
    if (at_end(r))
        unterminated(r, start);
    r->at++;
}

static bool ends_word(char c)
{
    return !c || strchr(" \t\n;&|<>()", c);
}

static void read_word(reader *r)
{
    while (!at_end(r) && !ends_word(peek(r))) {
        switch (peek(r)) {
        case '\'':
            take_single(r);
            break;
        case '"':
            take_double(r);
            break;
        case '$':
        case '`':
            take_dollar(r);
            break;
        case '\\':
            r->at++;
            if (peek(r) == '\n')
                r->at++;
            else if (!at_end(r))
                take(r);
            break;
        default:
            take(r);
        }
    }
}

/* ---- commands ----------------------------------------------------------- */

static void skip_blanks(reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

static bool is_xens(const char *name)
{
    return !strncmp(name, "GRUB_CMDLINE_XEN", strlen("GRUB_CMDLINE_XEN"));
}

static void report(reader *r, uint32_t plus)
{
    if (!is_xens(r->word.name))
        return;
    if (plus) {
        vnuma__warning(r->diags, "grub-plus",
                       (vnuma_span){ r->source, plus, plus + 2 },
                       "sh has no \"+=\": where sh is dash, as on Debian, "
                       "update-grub stops here");
        vnuma__hint(r->diags, "write %s=\"$%s ...\"", r->word.name,
                    r->word.name);
    }
    if (r->word.unknown.source) {
        vnuma__warning(r->diags, "grub-shell", r->word.unknown,
                       "only a shell can tell what this becomes; it is taken "
                       "as empty");
        vnuma__hint(r->diags, "give the whole line with --cmdline");
    }
}

/* Reads NAME=WORD or NAME+=WORD; false: it is something else. */
static bool read_assignment(reader *r)
{
    uint32_t len = name_len(r, r->at), at = r->at + len, plus = 0;
    const char *name = r->source->text + r->at;
    const variable *old;

    if (len && at < r->source->len && r->source->text[at] == '+')
        plus = at++;
    if (!len || at >= r->source->len || r->source->text[at] != '=')
        return false;
    memset(&r->word, 0, sizeof(r->word));
    r->word.name = strndup(name, len);
    r->at = at + 1;
    old = plus ? find(r->grub, name, len) : NULL;
    if (!r->word.name)
        r->rc = VNUMA_ERROR_NOMEM;
    if (!r->rc && old) {
        r->word.unknown = old->unknown;
        r->rc = vnuma__dom0_append(&r->word.value, &old->value);
    }
    read_word(r);
    if (!r->rc) {
        report(r, plus);
        r->rc = store(r->grub, &r->word);
    }
    variable_dispose(&r->word);
    return true;
}

/* Skips a word of another command, with its quotes. */
static void skip_word(reader *r)
{
    uint32_t start = r->at;

    memset(&r->word, 0, sizeof(r->word));
    read_word(r);
    variable_dispose(&r->word);
    if (r->at == start)
        r->at++; /* an operator */
}

static void read_command(reader *r)
{
    bool may_assign = true;

    for (;;) {
        skip_blanks(r);
        if (at_end(r) || peek(r) == '\n' || peek(r) == ';')
            break;
        if (peek(r) == '#') {
            while (!at_end(r) && peek(r) != '\n')
                r->at++;
            break;
        }
        if (may_assign && read_assignment(r))
            continue;
        may_assign = r->source->len - r->at > 7 &&
                     (!memcmp(r->source->text + r->at, "export ", 7) ||
                      !memcmp(r->source->text + r->at, "then ", 5));
        skip_word(r);
    }
    r->at += !at_end(r);
}

int vnuma_dom0_grub_read(vnuma_dom0_grub *grub, const vnuma_source *source,
                         vnuma_diags *diags)
{
    unsigned int before = diags->num_errors;
    reader r = { .grub = grub, .source = source, .diags = diags };

    while (!at_end(&r) && !r.rc)
        read_command(&r);
    if (r.rc)
        return r.rc;
    return diags->num_errors > before ? VNUMA_ERROR_CONFIG : 0;
}

int vnuma_dom0_grub_cmdline(const vnuma_dom0_grub *grub,
                            vnuma_dom0_cmdline *cmdline)
{
    static const char *const names[] = { "GRUB_CMDLINE_XEN",
                                         "GRUB_CMDLINE_XEN_DEFAULT" };
    vnuma_dom0_cmdline fresh;
    unsigned int i;
    int rc = 0;

    vnuma_dom0_cmdline_init(&fresh);
    for (i = 0; i < 2 && !rc; i++) {
        const variable *v = find(grub, names[i], strlen(names[i]));

        if (!v || !v->value.len)
            continue;
        if (fresh.len)
            rc = vnuma__dom0_add(&fresh, ' ', v->value.places[0]);
        if (!rc)
            rc = vnuma__dom0_append(&fresh, &v->value);
    }
    if (rc) {
        vnuma_dom0_cmdline_dispose(&fresh);
        return rc;
    }
    vnuma_dom0_cmdline_dispose(cmdline);
    *cmdline = fresh;
    return 0;
}
