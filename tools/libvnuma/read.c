/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: tokens -> a tree of settings, without recursion.
 *
 *     file        { [ assignment ] ( NEWLINE | ; ) } [ assignment ]
 *     assignment  NAME ( = | += ) value
 *     value       STRING | NUMBER | [ items ]
 *     items       nothing, or value { , value } [ , ]; NEWLINEs anywhere
 *
 * xl refuses a file with any mistake, so what is read after one only serves to
 * find the next: it is a guess at what was meant, chosen to make one report of
 * one mistake.  What += adds up to is merge.c's.
 */
#include "config.h"

#include "read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "lex.h"
#include "merge.h"

/*
 * xl's parser keeps its state on a stack of this many entries and refuses what
 * needs more.  To refuse the same nesting, 4,997 lists and up, we count what
 * it would have there: after "NAME =" the topmost entry is BASE; "[" and the
 * newlines after it make 2 above their value's place, an item before and a
 * comma 3 more; an item needs 2 and, with a newline after it, 3.
 */
#define XL_STACK 9999u
#define XL_BASE 3u

/* A list that is being read. */
typedef struct {
    uint32_t start;       /* of its "[" */
    uint32_t first;       /* its first item's place among the pending */
    uint32_t base, place; /* in xl's stack: the list's and its next item's */
    bool has_unquoted; /* so the next NAME = is an item too, not a setting */
} frame;

typedef struct {
    vnuma__lexer lexer;
    vnuma_diags *diags;
    vnuma__tree *tree;
    uint32_t room_settings;
    vnuma__value *pending; /* owned; items of the lists being read */
    uint32_t num_pending, room_pending;
    frame *frames; /* owned; those lists, outermost first */
    uint32_t num_frames, room_frames;
    uint32_t num_values; /* of the whole text */
    bool after_item;     /* in a list: the last token was or ended an item */
    bool at_setting;     /* a list was left where the next setting begins */
    bool seen_python;
    int rc;
} parser;

/* ---- plumbing ---------------------------------------------------------- */

static vnuma_span span(const parser *p, uint32_t start, uint32_t end)
{
    return (vnuma_span){ p->lexer.source, start, end };
}

static vnuma_span token_span(const parser *p, vnuma__token token)
{
    return span(p, token.start, token.end);
}

static const char *token_text(const parser *p, vnuma__token token)
{
    return p->lexer.source->text + token.start;
}

/* Nothing more is read; what is there may be kept. */
static void stop(parser *p)
{
    p->lexer.stopped = true;
}

static void no_memory(parser *p)
{
    p->rc = VNUMA_ERROR_NOMEM;
    stop(p);
}

/* The array with room for one more; as it was, and p->rc, without memory. */
static void *make_room(parser *p, void *array, uint32_t num, uint32_t *room,
                       size_t size)
{
    uint32_t bigger = *room ? 2 * *room : 8;
    void *moved;

    if (num < *room)
        return array;
    moved = reallocarray(array, bigger, size);
    if (!moved) {
        no_memory(p);
        return array;
    }
    *room = bigger;
    return moved;
}

/*
 * Is a mistake at this token not worth a report?  Its line may have one
 * already, of which this is a consequence; or we have stopped.
 */
static bool is_quiet(const parser *p, vnuma__token token)
{
    return p->lexer.stopped || vnuma__lexer_is_quiet(&p->lexer, token.start);
}

/* Is it?  Then what follows on its line is a guess. */
static bool is_news(parser *p, vnuma__token token)
{
    if (is_quiet(p, token))
        return false;
    vnuma__lexer_set_quiet(&p->lexer, token.start);
    return true;
}

/* ---- words for messages ------------------------------------------------ */

#define FOUND_SIZE 48

/* What stands there, as a message says it. */
static const char *found(const parser *p, vnuma__token token,
                         char text[FOUND_SIZE])
{
    uint32_t len = token.end - token.start;
    const uint32_t most = FOUND_SIZE - 8;

    switch (token.kind) {
    case VNUMA__TOKEN_END:
        return "the end of the file";
    case VNUMA__TOKEN_NEWLINE:
        return "the end of the line";
    case VNUMA__TOKEN_STRING:
        return "a string";
    case VNUMA__TOKEN_NAME:
    case VNUMA__TOKEN_NUMBER:
    case VNUMA__TOKEN_WORD:
    case VNUMA__TOKEN_COMMA:
    case VNUMA__TOKEN_OPEN:
    case VNUMA__TOKEN_CLOSE:
    case VNUMA__TOKEN_ASSIGN:
    case VNUMA__TOKEN_ADD:
    case VNUMA__TOKEN_SEMICOLON:
        break;
    }
    text[0] = '"';
    memcpy(text + 1, token_text(p, token), len < most ? len : most);
    strcpy(text + 1 + (len < most ? len : most), len <= most ? "\"" : "...\"");
    return text;
}

static void expected(parser *p, vnuma__token token, const char *what)
{
    char text[FOUND_SIZE];

    vnuma__error(p->diags, "syntax", token_span(p, token),
                 "expected %s, found %s", what, found(p, token, text));
}

static bool token_equals(const parser *p, vnuma__token token,
                         const char *string)
{
    return token.end - token.start == strlen(string) &&
           !memcmp(token_text(p, token), string, strlen(string));
}

/* ---- values ------------------------------------------------------------ */

/* false: there are too many, or no memory; reading has stopped. */
static bool count_value(parser *p, uint32_t start)
{
    if (++p->num_values <= VNUMA__MAX_VALUES)
        return true;
    if (!p->lexer.stopped)
        vnuma__error(p->diags, "too-many-values", span(p, start, start + 1),
                     "more than %u values in one file", VNUMA__MAX_VALUES);
    stop(p);
    return false;
}

static bool make_string(parser *p, vnuma__token token, vnuma__value *value_r)
{
    const char *inner = p->lexer.source->text + token.inner_start;
    uint32_t len = token.inner_end - token.inner_start;
    char *string;

    if (!count_value(p, token.start))
        return false;
    string = vnuma__arena_alloc(&p->tree->arena, (size_t)len + 1);
    if (!string) {
        no_memory(p);
        return false;
    }
    if (token.escaped)
        len = vnuma__unescape(inner, len, string);
    else
        memcpy(string, inner, len);
    string[len] = '\0';
    *value_r = (vnuma__value){
        .span = token_span(p, token),
        .string = string,
        .inner = token.inner_start,
        .len = len,
        .exact = !token.escaped,
    };
    return true;
}

static bool fits_xl_stack(parser *p, uint32_t top, uint32_t start)
{
    if (top < XL_STACK)
        return true;
    if (!p->lexer.stopped)
        vnuma__error(p->diags, "too-deep", span(p, start, start + 1),
                     "lists are nested too deeply for xl");
    stop(p);
    return false;
}

static void add_item(parser *p, vnuma__value value)
{
    if (!fits_xl_stack(p, p->frames[p->num_frames - 1].place + 2,
                       value.span.start))
        return;
    p->pending = make_room(p, p->pending, p->num_pending, &p->room_pending,
                           sizeof(*p->pending));
    if (p->rc)
        return;
    p->pending[p->num_pending++] = value;
    p->after_item = true;
}

static void open_list(parser *p, vnuma__token token)
{
    uint32_t base = XL_BASE;

    if (p->num_frames)
        base = p->frames[p->num_frames - 1].place;
    if (!fits_xl_stack(p, base + 4, token.start))
        return;
    p->frames = make_room(p, p->frames, p->num_frames, &p->room_frames,
                          sizeof(*p->frames));
    if (p->rc)
        return;
    p->frames[p->num_frames++] = (frame){
        .start = token.start,
        .first = p->num_pending,
        .base = base,
        .place = base + 2,
    };
    p->after_item = false;
}

/* Ends the innermost list; the outermost one is what was asked for. */
static void close_list(parser *p, uint32_t end, vnuma__value *value_r)
{
    frame list = p->frames[--p->num_frames];
    uint32_t num = p->num_pending - list.first;
    vnuma__value value = {
        .span = span(p, list.start, end),
        .num_items = num,
        .is_list = true,
    };

    if (!count_value(p, list.start))
        return;
    if (num) {
        value.items =
            vnuma__arena_alloc(&p->tree->arena, num * sizeof(*value.items));
        if (!value.items) {
            no_memory(p);
            return;
        }
        memcpy(value.items, p->pending + list.first,
               num * sizeof(*value.items));
    }
    p->num_pending = list.first;
    if (p->num_frames)
        add_item(p, value);
    else
        *value_r = value;
}

/*
 * A value without quotes: everything up to a byte of @stops is taken for one,
 * as whoever wrote it meant it.
 */
static vnuma__token unquoted(parser *p, vnuma__token token, const char *stops)
{
    const char *text = p->lexer.source->text;
    uint32_t end = token.end + strcspn(text + token.end, stops);

    while (end > token.end && strchr(" \t\r", text[end - 1]))
        end--;
    token.end = token.inner_end = end;
    p->lexer.pos = p->lexer.last_end = end;
    return token;
}

static void report_unquoted(parser *p, vnuma__token token)
{
    static const char *const truths[][2] = {
        { "True", "1" },  { "true", "1" },  { "yes", "1" }, { "on", "1" },
        { "False", "0" }, { "false", "0" }, { "no", "0" },  { "off", "0" },
    };
    char text[FOUND_SIZE];
    unsigned int i;

    if (is_quiet(p, token))
        return;
    vnuma__error(p->diags, "unquoted", token_span(p, token),
                 "%s is neither a number nor a string in quotes",
                 found(p, token, text));
    for (i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
        if (token_equals(p, token, truths[i][0])) {
            vnuma__hint(p->diags, "write %s", truths[i][1]);
            return;
        }
    if (token.end - token.start < FOUND_SIZE - 8 &&
        strcspn(token_text(p, token), "\"(\\") >= token.end - token.start)
        vnuma__hint(p->diags, "write %s", text);
}

/* ---- lists ------------------------------------------------------------- */

static void missing_bracket(parser *p, vnuma__token token)
{
    char text[FOUND_SIZE];
    uint32_t start = p->frames[p->num_frames - 1].start;

    if (p->lexer.stopped)
        return;
    if (token.kind == VNUMA__TOKEN_END)
        vnuma__error(p->diags, "missing-bracket", token_span(p, token),
                     "expected \"]\", found the end of the file");
    else
        vnuma__error(p->diags, "missing-bracket", token_span(p, token),
                     "expected \"]\" before the next setting, found %s",
                     found(p, token, text));
    vnuma__related(p->diags, span(p, start, start + 1),
                   "this list is not closed");
}

static void missing_comma(parser *p, vnuma__token token)
{
    uint32_t end = p->pending[p->num_pending - 1].span.end;
    char text[FOUND_SIZE];

    if (is_quiet(p, token))
        return;
    vnuma__error(p->diags, "missing-comma", token_span(p, token),
                 "expected \",\" or \"]\", found %s", found(p, token, text));
    vnuma__related(p->diags, span(p, end, end), "the item before ends here");
}

static void list_comma(parser *p, vnuma__token token)
{
    frame *list = &p->frames[p->num_frames - 1];

    if (!p->after_item) {
        if (is_news(p, token))
            expected(p, token,
                     p->num_pending > list->first ? "a value or \"]\""
                                                  : "a value");
        return;
    }
    p->after_item = false;
    list->place = list->base + 5;
    fits_xl_stack(p, list->place, token.start);
}

static void list_newline(parser *p, vnuma__token token)
{
    const frame *list = &p->frames[p->num_frames - 1];

    fits_xl_stack(p, list->place + (p->after_item ? 3 : 1), token.start);
}

static void list_item(parser *p, vnuma__token token)
{
    vnuma__value value;

    if (p->after_item)
        missing_comma(p, token);
    if (make_string(p, token, &value))
        add_item(p, value);
}

/* What cannot stand in a list at all. */
static void list_mistake(parser *p, vnuma__token token)
{
    if (is_news(p, token))
        expected(p, token,
                 p->after_item ? "\",\" or \"]\"" : "a value or \"]\"");
    p->after_item = false; /* it may have been meant for the comma */
}

static void list_word(parser *p, vnuma__token token)
{
    vnuma__value value;

    if (p->after_item && is_news(p, token))
        expected(p, token, "\",\" or \"]\"");
    p->frames[p->num_frames - 1].has_unquoted = true;
    token = unquoted(p, token, ",];#\n");
    report_unquoted(p, token);
    if (make_string(p, token, &value))
        add_item(p, value);
}

/* Everything from a "[" to its "]". */
static void read_list(parser *p, vnuma__token token, vnuma__value *value_r)
{
    bool fresh_line = false;

    open_list(p, token);
    while (p->num_frames && !p->lexer.stopped) {
        token = vnuma__lexer_next(&p->lexer);
        switch (token.kind) {
        case VNUMA__TOKEN_NEWLINE:
            list_newline(p, token);
            break;
        case VNUMA__TOKEN_STRING:
        case VNUMA__TOKEN_NUMBER:
            list_item(p, token);
            break;
        case VNUMA__TOKEN_OPEN:
            if (p->after_item)
                missing_comma(p, token);
            open_list(p, token);
            break;
        case VNUMA__TOKEN_CLOSE:
            close_list(p, token.end, value_r);
            break;
        case VNUMA__TOKEN_COMMA:
            list_comma(p, token);
            break;
        case VNUMA__TOKEN_NAME:
        case VNUMA__TOKEN_WORD:
            if (fresh_line && !p->frames[p->num_frames - 1].has_unquoted &&
                vnuma__lexer_at_assignment(&p->lexer)) {
                missing_bracket(p, token);
                p->lexer.pos = token.start;
                p->at_setting = true;
                goto unclosed;
            }
            list_word(p, token);
            break;
        case VNUMA__TOKEN_ASSIGN:
        case VNUMA__TOKEN_ADD:
        case VNUMA__TOKEN_SEMICOLON:
            list_mistake(p, token);
            break;
        case VNUMA__TOKEN_END:
            missing_bracket(p, token);
            goto unclosed;
        }
        fresh_line = token.kind == VNUMA__TOKEN_NEWLINE;
    }

unclosed:
    while (p->num_frames && !p->rc)
        close_list(p, p->lexer.last_end, value_r);
}

/* ---- settings ---------------------------------------------------------- */

/*
 * Goes to the end of a statement that cannot be read, which is not at the
 * newlines of a list; it leaves the next statement's beginning unread.
 */
static void skip_statement(parser *p, vnuma__token token)
{
    bool fresh_line = false;
    uint32_t depth = 0;

    for (;; token = vnuma__lexer_next(&p->lexer)) {
        switch (token.kind) {
        case VNUMA__TOKEN_END:
            return;
        case VNUMA__TOKEN_NEWLINE:
        case VNUMA__TOKEN_SEMICOLON:
            if (!depth)
                return;
            break;
        case VNUMA__TOKEN_OPEN:
            depth++;
            break;
        case VNUMA__TOKEN_CLOSE:
            depth -= depth > 0;
            break;
        case VNUMA__TOKEN_NAME:
        case VNUMA__TOKEN_WORD:
            if (fresh_line && vnuma__lexer_at_assignment(&p->lexer)) {
                p->lexer.pos = token.start;
                return;
            }
            break;
        case VNUMA__TOKEN_NUMBER:
        case VNUMA__TOKEN_STRING:
        case VNUMA__TOKEN_COMMA:
        case VNUMA__TOKEN_ASSIGN:
        case VNUMA__TOKEN_ADD:
            break;
        }
        fresh_line = token.kind == VNUMA__TOKEN_NEWLINE;
    }
}

static void store(parser *p, vnuma__token name, bool is_addition,
                  vnuma__value value)
{
    uint32_t i, len = name.inner_end - name.inner_start;
    const char *text = p->lexer.source->text + name.inner_start;
    char *copy;

    p->tree->settings =
        make_room(p, p->tree->settings, p->tree->num_settings,
                  &p->room_settings, sizeof(*p->tree->settings));
    if (p->rc)
        return;
    copy = vnuma__arena_alloc(&p->tree->arena, (size_t)len + 1);
    if (!copy) {
        no_memory(p);
        return;
    }
    for (i = 0; i < len; i++)
        copy[i] = tolower((unsigned char)text[i]); /* after "upper-case" */
    copy[len] = '\0';
    p->tree->settings[p->tree->num_settings++] = (vnuma__setting){
        .name = copy,
        .name_span = token_span(p, name),
        .is_addition = is_addition,
        .value = value,
    };
}

/* After "NAME =" there is no value on the line. */
static vnuma__token find_value(parser *p, vnuma__token op, vnuma__token token)
{
    char text[FOUND_SIZE];
    bool follows = token.kind == VNUMA__TOKEN_NEWLINE &&
                   vnuma__lexer_value_follows(&p->lexer);

    if (is_news(p, token)) {
        vnuma__error(p->diags, "syntax", token_span(p, token),
                     "expected a value after \"%s\", found %s",
                     op.kind == VNUMA__TOKEN_ADD ? "+=" : "=",
                     found(p, token, text));
        if (follows)
            vnuma__hint(p->diags, "begin the value on the same line");
    }
    while (follows && token.kind == VNUMA__TOKEN_NEWLINE)
        token = vnuma__lexer_next(&p->lexer);
    return token;
}

/* Reads a value; false: there is none, and the statement was skipped. */
static bool read_value(parser *p, vnuma__token op, vnuma__value *value_r)
{
    vnuma__token token = vnuma__lexer_next(&p->lexer);

    if (token.kind == VNUMA__TOKEN_NAME || token.kind == VNUMA__TOKEN_WORD) {
        token = unquoted(p, token, ";#\n");
        report_unquoted(p, token);
        return make_string(p, token, value_r);
    }
    if (token.kind != VNUMA__TOKEN_STRING &&
        token.kind != VNUMA__TOKEN_NUMBER && token.kind != VNUMA__TOKEN_OPEN)
        token = find_value(p, op, token);
    if (token.kind == VNUMA__TOKEN_OPEN) {
        read_list(p, token, value_r);
        return !p->rc;
    }
    if (token.kind == VNUMA__TOKEN_STRING || token.kind == VNUMA__TOKEN_NUMBER)
        return make_string(p, token, value_r);
    skip_statement(p, token);
    return false;
}

/* A newline or ";" or the end, after the value of a setting. */
static void end_statement(parser *p)
{
    vnuma__token token = vnuma__lexer_next(&p->lexer);
    bool is_name;

    if (token.kind == VNUMA__TOKEN_NEWLINE ||
        token.kind == VNUMA__TOKEN_SEMICOLON || token.kind == VNUMA__TOKEN_END)
        return;
    is_name = token.kind == VNUMA__TOKEN_NAME &&
              vnuma__lexer_at_assignment(&p->lexer);
    if (is_news(p, token)) {
        expected(p, token, "the end of the line or \";\" after the value");
        if (is_name)
            vnuma__hint(p->diags, "write each setting on a line of its own");
        else if (token.kind == VNUMA__TOKEN_COMMA)
            vnuma__hint(p->diags, "several values are a list: [ ..., ... ]");
    }
    if (is_name)
        p->lexer.pos = token.start;
    else
        skip_statement(p, token);
}

/* Is this what a setting's name may be made of, but for its case? */
static bool is_name_like(const parser *p, vnuma__token token)
{
    const char *text = p->lexer.source->text + token.inner_start;
    uint32_t i, len = token.inner_end - token.inner_start;

    for (i = 0; i < len; i++)
        if (!isascii(text[i]) || !(isalpha((unsigned char)text[i]) ||
                                   (i && (isdigit((unsigned char)text[i]) ||
                                          text[i] == '.' || text[i] == '_'))))
            return false;
    return len > 0;
}

static void report_bad_name(parser *p, vnuma__token token)
{
    char text[FOUND_SIZE], *c;
    const char *shown;

    if (is_quiet(p, token))
        return;
    if (token.kind == VNUMA__TOKEN_WORD && is_name_like(p, token)) {
        shown = found(p, token, text);
        vnuma__error(p->diags, "upper-case", token_span(p, token),
                     "upper case in the name of a setting: %s", shown);
        for (c = text; *c; c++)
            *c = tolower((unsigned char)*c);
        vnuma__hint(p->diags, "write %s", text);
        return;
    }
    vnuma__lexer_set_quiet(&p->lexer, token.start);
    expected(p, token, "the name of a setting");
    if (token.kind == VNUMA__TOKEN_STRING)
        vnuma__hint(p->diags, "names are written without quotes");
    else
        vnuma__hint(p->diags, "names are made of a-z, 0-9, \".\" and \"_\", "
                              "and begin with a letter");
}

static bool is_python(const parser *p, vnuma__token token)
{
    static const char *const words[] = {
        "import", "from", "def",  "if",    "elif",  "else",   "for",
        "while",  "try",  "with", "print", "class", "return", "except",
    };
    const char *text = token_text(p, token);
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    unsigned int i;

    if (token.kind != VNUMA__TOKEN_NAME && token.kind != VNUMA__TOKEN_WORD)
        return false;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == len && !strncmp(text, words[i], len))
            return true;
    return false;
}

/* A line that is no setting at all. */
static void no_setting(parser *p, vnuma__token token)
{
    if (is_python(p, token)) {
        if (is_news(p, token) && !p->seen_python) {
            vnuma__error(p->diags, "python", token_span(p, token),
                         "this is Python, which xl no longer runs: a file "
                         "holds settings only");
            p->seen_python = true;
        }
    } else if (token.kind == VNUMA__TOKEN_NAME) {
        token = vnuma__lexer_next(&p->lexer);
        if (is_news(p, token))
            expected(p, token, "\"=\" after the name of a setting");
    } else if (is_news(p, token)) {
        if (token.kind == VNUMA__TOKEN_CLOSE)
            vnuma__error(p->diags, "syntax", token_span(p, token),
                         "\"]\" without a \"[\" before it");
        else
            expected(p, token, "the name of a setting");
        if (token.kind == VNUMA__TOKEN_WORD && *token_text(p, token) == '/')
            vnuma__hint(p->diags, "comments begin with #");
    }
    skip_statement(p, token);
}

static void read_statement(parser *p, vnuma__token name)
{
    vnuma__value value = { .is_list = false };
    vnuma__token op;

    if (!vnuma__lexer_at_assignment(&p->lexer) ||
        (name.kind != VNUMA__TOKEN_NAME && name.kind != VNUMA__TOKEN_WORD &&
         name.kind != VNUMA__TOKEN_STRING)) {
        no_setting(p, name);
        return;
    }
    if (name.kind != VNUMA__TOKEN_NAME)
        report_bad_name(p, name);
    op = vnuma__lexer_next(&p->lexer);
    p->at_setting = false;
    if (!read_value(p, op, &value))
        return;
    if (is_name_like(p, name))
        store(p, name, op.kind == VNUMA__TOKEN_ADD, value);
    if (!p->at_setting)
        end_statement(p);
}

static void read_file(parser *p)
{
    vnuma__token token;

    while ((token = vnuma__lexer_next(&p->lexer)).kind != VNUMA__TOKEN_END)
        if (token.kind != VNUMA__TOKEN_NEWLINE &&
            token.kind != VNUMA__TOKEN_SEMICOLON)
            read_statement(p, token);
}

/* ---- the tree ---------------------------------------------------------- */

void vnuma__tree_init(vnuma__tree *tree)
{
    memset(tree, 0, sizeof(*tree));
}

void vnuma__tree_dispose(vnuma__tree *tree)
{
    free(tree->settings);
    free(tree->by_name);
    vnuma__arena_free(tree->arena);
    vnuma__tree_init(tree);
}

int vnuma__read(const vnuma_source *source, vnuma__tree *tree_r,
                vnuma_diags *diags)
{
    unsigned int num_errors = diags->num_errors;
    vnuma__tree tree;
    parser p = { .diags = diags, .tree = &tree };

    vnuma__tree_init(&tree);
    vnuma__lexer_init(&p.lexer, source, diags);
    read_file(&p);
    free(p.pending);
    free(p.frames);
    if (!p.rc)
        p.rc = vnuma__merge(&tree, diags);
    if (p.rc) {
        vnuma__tree_dispose(&tree);
        return p.rc;
    }
    vnuma__tree_dispose(tree_r);
    *tree_r = tree;
    return diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;
}
