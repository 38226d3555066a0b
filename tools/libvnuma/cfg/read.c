/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: tokens -> a tree of settings.
 *
 *     file        { [ assignment ] ( NEWLINE | ; ) } [ assignment ]
 *     assignment  NAME ( = | += ) value
 *     value       STRING | NUMBER | [ items ]
 *     items       nothing, or value { , value } [ , ]; NEWLINEs anywhere
 *
 * xl refuses a file with any mistake, so what is read after a mistake only
 * serves to find the next one: it is a guess at what was meant, chosen so that
 * one mistake gives one report.  tree.c adds up +=.
 */
#include "config.h"

#include "cfg/read.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/grow.h"
#include "cfg/reader.h"

void vnuma__reader_no_memory(vnuma__reader *p)
{
    p->rc = VNUMA_ERROR_NOMEM;
    p->lexer.stopped = true;
}

/* ---- words for messages ------------------------------------------------- */

const char *vnuma__reader_found(vnuma__reader *p, vnuma__token token)
{
    static const char *const names[] = {
        [VNUMA__TOKEN_END] = "the end of the file",
        [VNUMA__TOKEN_NEWLINE] = "the end of the line",
        [VNUMA__TOKEN_STRING] = "a string",
        [VNUMA__TOKEN_SEMICOLON] = NULL, /* the last of them */
    };
    vnuma__text written = vnuma__span_text(token.span);
    const uint32_t most = VNUMA__FOUND_SIZE - 8;
    bool fits = written.len <= most;

    if (names[token.kind])
        return names[token.kind];
    snprintf(p->found, sizeof(p->found), "\"%.*s%s\"",
             (int)(fits ? written.len : most), written.ptr, fits ? "" : "...");
    return p->found;
}

bool vnuma__reader_expected(vnuma__reader *p, vnuma__token token,
                            const char *what)
{
    if (!vnuma__lexer_is_news(&p->lexer, token.span.start))
        return false;
    vnuma__error(p->diags, "syntax", token.span, "expected %s, found %s", what,
                 vnuma__reader_found(p, token));
    return true;
}

/* ---- settings ----------------------------------------------------------- */

static bool is_end_of_statement(vnuma__token token)
{
    return token.kind == VNUMA__TOKEN_NEWLINE ||
           token.kind == VNUMA__TOKEN_SEMICOLON ||
           token.kind == VNUMA__TOKEN_END;
}

/*
 * Skips the rest of a statement that cannot be read, including newlines inside
 * its lists; the beginning of the next statement stays unread.
 */
static void skip_statement(vnuma__reader *p, vnuma__token token)
{
    bool fresh_line = false;
    uint32_t depth = 0;

    while (token.kind != VNUMA__TOKEN_END &&
           (depth || !is_end_of_statement(token))) {
        if (fresh_line && vnuma__token_is_word(token) &&
            vnuma__lexer_at_assignment(&p->lexer)) {
            p->lexer.pos = token.span.start;
            return;
        }
        if (token.kind == VNUMA__TOKEN_OPEN)
            depth++;
        else if (token.kind == VNUMA__TOKEN_CLOSE && depth)
            depth--;
        fresh_line = token.kind == VNUMA__TOKEN_NEWLINE;
        token = vnuma__lexer_next(&p->lexer);
    }
}

static void store(vnuma__reader *p, vnuma__token name, bool is_addition,
                  vnuma__value value)
{
    vnuma__text text = vnuma__span_text(name.inner);
    char *copy = vnuma__arena_alloc(&p->tree->arena, (size_t)text.len + 1);
    uint32_t i;

    if (!copy || !VNUMA__GROW(p->tree->settings, p->tree->num_settings)) {
        vnuma__reader_no_memory(p);
        return;
    }
    for (i = 0; i < text.len; i++) /* see report_bad_name() */
        copy[i] = tolower((unsigned char)text.ptr[i]);
    copy[text.len] = '\0';
    p->tree->settings[p->tree->num_settings++] = (vnuma__setting){
        .name = copy,
        .name_span = name.span,
        .is_addition = is_addition,
        .value = value,
    };
}

/* After "NAME =" the line has no value; it may be on a later line. */
static vnuma__token find_value(vnuma__reader *p, vnuma__token op,
                               vnuma__token token)
{
    bool follows = token.kind == VNUMA__TOKEN_NEWLINE &&
                   vnuma__lexer_value_follows(&p->lexer);

    if (vnuma__reader_expected(p, token,
                               op.kind == VNUMA__TOKEN_ADD
                                   ? "a value after \"+=\""
                                   : "a value after \"=\"") &&
        follows)
        vnuma__hint(p->diags, "begin the value on the same line");
    while (follows && token.kind == VNUMA__TOKEN_NEWLINE)
        token = vnuma__lexer_next(&p->lexer);
    return token;
}

/* Returns false when there is no value; the statement was then skipped. */
static bool read_value(vnuma__reader *p, vnuma__token op,
                       vnuma__value *value_r)
{
    vnuma__token token = vnuma__lexer_next(&p->lexer);

    if (vnuma__token_is_word(token))
        return vnuma__reader_read_unquoted(p, token, ";#\n", value_r);
    if (!vnuma__token_is_value(token) && token.kind != VNUMA__TOKEN_OPEN)
        token = find_value(p, op, token);
    if (token.kind == VNUMA__TOKEN_OPEN) {
        vnuma__reader_read_list(p, token, value_r);
        return !p->rc;
    }
    if (vnuma__token_is_value(token))
        return vnuma__reader_make_string(p, token, value_r);
    skip_statement(p, token);
    return false;
}

/* After the value of a setting: a newline, ";" or the end of the file. */
static void end_statement(vnuma__reader *p)
{
    vnuma__token token = vnuma__lexer_next(&p->lexer);
    bool is_name;

    if (is_end_of_statement(token))
        return;
    is_name = token.kind == VNUMA__TOKEN_NAME &&
              vnuma__lexer_at_assignment(&p->lexer);
    if (vnuma__reader_expected(
            p, token, "the end of the line or \";\" after the value")) {
        if (is_name)
            vnuma__hint(p->diags, "write each setting on a line of its own");
        else if (token.kind == VNUMA__TOKEN_COMMA)
            vnuma__hint(p->diags, "several values are a list: [ ..., ... ]");
    }
    if (is_name)
        p->lexer.pos = token.span.start;
    else
        skip_statement(p, token);
}

/* Whether this would be a valid name in lower case. */
static bool is_name_like(vnuma__text text)
{
    uint32_t i;

    for (i = 0; i < text.len; i++) {
        unsigned char c = text.ptr[i];

        if (!isascii(c) ||
            !(isalpha(c) || (i && (isdigit(c) || c == '.' || c == '_'))))
            return false;
    }
    return text.len > 0;
}

static void report_bad_name(vnuma__reader *p, vnuma__token token)
{
    char *c;

    if (vnuma__lexer_is_quiet(&p->lexer, token.span.start))
        return;
    if (token.kind == VNUMA__TOKEN_WORD &&
        is_name_like(vnuma__span_text(token.inner))) {
        vnuma__error(p->diags, "upper-case", token.span,
                     "upper case in the name of a setting: %s",
                     vnuma__reader_found(p, token));
        for (c = p->found; *c; c++)
            *c = tolower((unsigned char)*c);
        vnuma__hint(p->diags, "write %s", p->found);
        vnuma__fix(p->diags, token.span, "%.*s",
                   (int)(token.span.end - token.span.start), p->found + 1);
        return;
    }
    vnuma__reader_expected(p, token, "the name of a setting");
    if (token.kind == VNUMA__TOKEN_STRING)
        vnuma__hint(p->diags, "names are written without quotes");
    else
        vnuma__hint(p->diags, "names are made of a-z, 0-9, \".\" and \"_\", "
                              "and begin with a letter");
}

static bool is_python(vnuma__token token)
{
    static const char *const words[] = {
        "import", "from", "def",  "if",    "elif",  "else",   "for",
        "while",  "try",  "with", "print", "class", "return", "except",
    };
    vnuma__text text = vnuma__span_text(token.span);
    unsigned int i;

    if (!vnuma__token_is_word(token))
        return false;
    text.len = strspn(text.ptr, "abcdefghijklmnopqrstuvwxyz");
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (vnuma__text_equal(text, words[i]))
            return true;
    return false;
}

/* A line that is not a setting. */
static void no_setting(vnuma__reader *p, vnuma__token token)
{
    if (is_python(token)) {
        if (vnuma__lexer_is_news(&p->lexer, token.span.start) &&
            !p->seen_python) {
            vnuma__error(p->diags, "python", token.span,
                         "this is Python, which xl no longer runs: a file "
                         "holds settings only");
            p->seen_python = true;
        }
    } else if (token.kind == VNUMA__TOKEN_NAME) {
        token = vnuma__lexer_next(&p->lexer);
        vnuma__reader_expected(p, token, "\"=\" after the name of a setting");
    } else if (token.kind == VNUMA__TOKEN_CLOSE) {
        if (vnuma__lexer_is_news(&p->lexer, token.span.start))
            vnuma__error(p->diags, "syntax", token.span,
                         "\"]\" without a \"[\" before it");
    } else if (vnuma__reader_expected(p, token, "the name of a setting") &&
               token.kind == VNUMA__TOKEN_WORD &&
               *vnuma__span_text(token.span).ptr == '/') {
        vnuma__hint(p->diags, "comments begin with #");
    }
    skip_statement(p, token);
}

static void read_statement(vnuma__reader *p, vnuma__token name)
{
    vnuma__value value = { .is_list = false };
    vnuma__token op;

    if (!vnuma__lexer_at_assignment(&p->lexer) ||
        !(vnuma__token_is_word(name) || name.kind == VNUMA__TOKEN_STRING)) {
        no_setting(p, name);
        return;
    }
    if (name.kind != VNUMA__TOKEN_NAME)
        report_bad_name(p, name);
    op = vnuma__lexer_next(&p->lexer);
    p->at_setting = false;
    if (!read_value(p, op, &value))
        return;
    if (is_name_like(vnuma__span_text(name.inner)))
        store(p, name, op.kind == VNUMA__TOKEN_ADD, value);
    if (!p->at_setting)
        end_statement(p);
}

static void read_file(vnuma__reader *p)
{
    vnuma__token token;

    while ((token = vnuma__lexer_next(&p->lexer)).kind != VNUMA__TOKEN_END)
        if (!is_end_of_statement(token))
            read_statement(p, token);
}

/* ---- the whole text ----------------------------------------------------- */

int vnuma__read(const vnuma_source *source, vnuma__tree *tree_r,
                vnuma_diags *diags)
{
    unsigned int num_errors = diags->num_errors;
    vnuma__tree tree = { 0 };
    vnuma__reader p = {
        .lexer = { source, diags, .max_errors = num_errors + VNUMA__MAX_KEPT },
        .diags = diags,
        .tree = &tree,
    };

    read_file(&p);
    free(p.pending);
    free(p.frames);
    if (!p.rc)
        p.rc = vnuma__tree_merge(&tree, diags);
    if (p.rc) {
        vnuma__tree_dispose(&tree);
        return p.rc;
    }
    vnuma__tree_dispose(tree_r);
    *tree_r = tree;
    return diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;
}
