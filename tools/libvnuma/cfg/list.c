/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values: strings, numbers, lists of any depth without recursion, and what
 * people write in their place.
 */
#include "config.h"

#include "cfg/read.h"
#include "cfg/reader.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/grow.h"
#include "cfg/escape.h"

/*
 * xl's parser has a stack of this many entries and refuses a file that needs
 * more.  To refuse the same nesting (4,997 lists and more) we count xl's
 * entries: after "NAME =" the topmost entry is XL_BASE; "[" and the newlines
 * after it need 2 above the place of their value, an item and a comma before
 * need 3 more; an item needs 2, or 3 with a newline after it.
 */
#define XL_STACK 9999u
#define XL_BASE 3u

/* ---- values ------------------------------------------------------------- */

/* Returns false, and reading stops, when there are too many values. */
static bool count_value(vnuma__reader *p, vnuma_span span)
{
    if (++p->num_values <= VNUMA__MAX_VALUES)
        return true;
    if (!p->lexer.stopped)
        vnuma__error(p->diags, "too-many-values", vnuma__first_byte(span),
                     "more than %u values in one file", VNUMA__MAX_VALUES);
    p->lexer.stopped = true;
    return false;
}

bool vnuma__reader_make_string(vnuma__reader *p, vnuma__token token,
                               vnuma__value *value_r)
{
    vnuma__text inner = vnuma__span_text(token.inner);
    /* Only a string whose end was guessed can have a NUL inside. */
    uint32_t len = strnlen(inner.ptr, inner.len);
    bool is_escaped =
        token.kind == VNUMA__TOKEN_STRING && memchr(inner.ptr, '\\', len);
    char *string;

    if (!count_value(p, token.span))
        return false;
    string = vnuma__arena_alloc(&p->tree->arena, (size_t)len + 1);
    if (!string) {
        vnuma__reader_no_memory(p);
        return false;
    }
    if (is_escaped)
        len = vnuma__unescape(inner.ptr, len, string);
    else
        memcpy(string, inner.ptr, len);
    string[len] = '\0';
    *value_r = (vnuma__value){
        .span = token.span,
        .string = string,
        .inner = token.inner.start,
        .len = len,
        .exact = !is_escaped,
    };
    return true;
}

static bool fits_xl_stack(vnuma__reader *p, uint32_t top, vnuma_span span)
{
    if (top < XL_STACK)
        return true;
    vnuma__error(p->diags, "too-deep", vnuma__first_byte(span),
                 "lists are nested too deeply for xl");
    p->lexer.stopped = true;
    return false;
}

static void add_item(vnuma__reader *p, vnuma__value value)
{
    if (!fits_xl_stack(p, p->frames[p->num_frames - 1].place + 2, value.span))
        return;
    if (!VNUMA__GROW(p->pending, p->num_pending)) {
        vnuma__reader_no_memory(p);
        return;
    }
    p->pending[p->num_pending++] = value;
    p->after_item = true;
}

static void open_list(vnuma__reader *p, vnuma__token token)
{
    uint32_t base = XL_BASE;

    if (p->num_frames)
        base = p->frames[p->num_frames - 1].place;
    if (!fits_xl_stack(p, base + 4, token.span))
        return;
    if (!VNUMA__GROW(p->frames, p->num_frames)) {
        vnuma__reader_no_memory(p);
        return;
    }
    p->frames[p->num_frames++] = (vnuma__frame){
        .open = token.span,
        .first = p->num_pending,
        .base = base,
        .place = base + 2,
    };
    p->after_item = false;
}

/* Ends the innermost list; the outermost one is returned in *value_r. */
static void close_list(vnuma__reader *p, uint32_t end, vnuma__value *value_r)
{
    vnuma__frame list = p->frames[--p->num_frames];
    uint32_t num = p->num_pending - list.first;
    vnuma__value value = {
        .span = { list.open.source, list.open.start, end },
        .num_items = num,
        .is_list = true,
    };

    if (!count_value(p, list.open))
        value.num_items = num = 0; /* it keeps its place */
    if (num) {
        value.items =
            vnuma__arena_alloc(&p->tree->arena, num * sizeof(*value.items));
        if (!value.items) {
            vnuma__reader_no_memory(p);
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

static void report_unquoted(vnuma__reader *p, vnuma_span span,
                            const char *found)
{
    static const char *const truths[][2] = {
        { "True", "1" },  { "true", "1" },  { "yes", "1" }, { "on", "1" },
        { "False", "0" }, { "false", "0" }, { "no", "0" },  { "off", "0" },
    };
    vnuma__text written = vnuma__span_text(span);
    const char *meant = found;
    unsigned int i;

    vnuma__error(p->diags, "unquoted", span,
                 "%s is neither a number nor a string in quotes", found);
    if (written.len >= VNUMA__FOUND_SIZE - 8 ||
        strcspn(written.ptr, "\"(\\") < written.len)
        meant = NULL;
    for (i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
        if (vnuma__text_equal(written, truths[i][0]))
            meant = truths[i][1];
    if (meant) {
        vnuma__hint(p->diags, "write %s", meant);
        vnuma__fix(p->diags, span, "%s", meant);
    }
}

bool vnuma__reader_read_unquoted(vnuma__reader *p, vnuma__token token,
                                 const char *stops, vnuma__value *value_r)
{
    const char *text = p->lexer.source->text;
    uint32_t end = token.span.end + strcspn(text + token.span.end, stops);

    while (end > token.span.end && strchr(" \t\r", text[end - 1]))
        end--;
    token.span.end = token.inner.end = end;
    p->lexer.pos = p->lexer.last_end = end;
    if (!vnuma__lexer_is_quiet(&p->lexer, token.span.start))
        report_unquoted(p, token.span, vnuma__reader_found(p, token));
    return vnuma__reader_make_string(p, token, value_r);
}

/* ---- lists -------------------------------------------------------------- */

static void missing_bracket(vnuma__reader *p, vnuma__token token)
{
    if (p->lexer.stopped)
        return;
    vnuma__error(
        p->diags, "missing-bracket", token.span, "expected \"]\"%s, found %s",
        token.kind == VNUMA__TOKEN_END ? "" : " before the next setting",
        vnuma__reader_found(p, token));
    vnuma__related(p->diags, p->frames[p->num_frames - 1].open,
                   "this list is not closed");
}

/* Before a value: an item must not end at the last token. */
static void want_comma(vnuma__reader *p, vnuma__token token)
{
    if (!p->after_item || vnuma__lexer_is_quiet(&p->lexer, token.span.start))
        return;
    vnuma__error(p->diags, "missing-comma", token.span,
                 "expected \",\" or \"]\", found %s",
                 vnuma__reader_found(p, token));
    vnuma__related(p->diags, vnuma__after(p->pending[p->num_pending - 1].span),
                   "the item before ends here");
}

static void list_comma(vnuma__reader *p, vnuma__token token)
{
    vnuma__frame *list = &p->frames[p->num_frames - 1];

    if (!p->after_item) {
        vnuma__reader_expected(
            p, token,
            p->num_pending > list->first ? "a value or \"]\"" : "a value");
        return;
    }
    p->after_item = false;
    list->place = list->base + 5;
    fits_xl_stack(p, list->place, token.span);
}

/* A token that cannot be in a list at all. */
static void list_mistake(vnuma__reader *p, vnuma__token token)
{
    vnuma__reader_expected(
        p, token, p->after_item ? "\",\" or \"]\"" : "a value or \"]\"");
    p->after_item = false; /* perhaps a comma was meant */
}

static void list_word(vnuma__reader *p, vnuma__token token)
{
    vnuma__value value;

    if (p->after_item)
        vnuma__reader_expected(p, token, "\",\" or \"]\"");
    p->frames[p->num_frames - 1].has_unquoted = true;
    if (vnuma__reader_read_unquoted(p, token, ",];#\n", &value))
        add_item(p, value);
}

void vnuma__reader_read_list(vnuma__reader *p, vnuma__token token,
                             vnuma__value *value_r)
{
    const vnuma__frame *list;
    bool fresh_line = false;
    vnuma__value value;

    open_list(p, token);
    while (p->num_frames && !p->lexer.stopped) {
        list = &p->frames[p->num_frames - 1];
        token = vnuma__lexer_next(&p->lexer);
        switch (token.kind) {
        case VNUMA__TOKEN_STRING:
        case VNUMA__TOKEN_NUMBER:
            want_comma(p, token);
            if (vnuma__reader_make_string(p, token, &value))
                add_item(p, value);
            break;
        case VNUMA__TOKEN_OPEN:
            want_comma(p, token);
            open_list(p, token);
            break;
        case VNUMA__TOKEN_CLOSE:
            close_list(p, token.span.end, value_r);
            break;
        case VNUMA__TOKEN_COMMA:
            list_comma(p, token);
            break;
        case VNUMA__TOKEN_NAME:
        case VNUMA__TOKEN_WORD:
            if (fresh_line && !list->has_unquoted &&
                vnuma__lexer_at_assignment(&p->lexer)) {
                missing_bracket(p, token);
                p->lexer.pos = token.span.start;
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
        case VNUMA__TOKEN_NEWLINE:;
        }
        fresh_line = token.kind == VNUMA__TOKEN_NEWLINE;
        if (fresh_line)
            fits_xl_stack(p, list->place + (p->after_item ? 3 : 1),
                          token.span);
    }

unclosed:
    while (p->num_frames && !p->rc)
        close_list(p, p->lexer.last_end, value_r);
}
