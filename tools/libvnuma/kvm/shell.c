/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the command of a guest in a text and divides it into words: in the
 * script of a shell, in a list of options, in what /proc/PID/cmdline has.
 *
 *     command = word ... ; it ends at a newline, ";", "&", "|", "(" or ")"
 *     word    = characters, '...', "...", \c ; "\" and a newline are nothing
 *
 * Variables are not followed: a word that has one is kept as it is written.
 */
#include "config.h"

#include "kvm/reader.h"

#include <string.h>

#define MAX_WORDS 200000u

typedef struct {
    const vnuma_source *source;
    uint32_t at;
    bool is_flat; /* options only: newlines are blanks */
} scanner;

typedef enum { WORD, COMMAND_END, TEXT_END } token_kind;

typedef struct {
    token_kind kind;
    vnuma_span span;
    bool is_quoted; /* any quote or backslash is in it */
    bool is_open;   /* a quote does not end: it is at open */
    uint32_t open;
} token;

static char char_at(const scanner *s, uint32_t at)
{
    return at < s->source->len ? s->source->text[at] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The length of "\" and a line's end, with blanks between them; or 0. */
static uint32_t continuation_len(const scanner *s, uint32_t at)
{
    uint32_t end = at + 1;

    if (char_at(s, at) != '\\')
        return 0;
    while (is_blank(char_at(s, end)))
        end++;
    return char_at(s, end) == '\n' ? end + 1 - at : 0;
}

static void skip_blanks(scanner *s)
{
    uint32_t len;

    for (;;) {
        len = continuation_len(s, s->at);
        if (len)
            s->at += len;
        else if (is_blank(char_at(s, s->at)) ||
                 (s->is_flat && char_at(s, s->at) == '\n'))
            s->at++;
        else if (char_at(s, s->at) == '#')
            while (s->at < s->source->len && char_at(s, s->at) != '\n')
                s->at++;
        else
            return;
    }
}

/* The end of the quoted piece that begins at s->at; false: it has none. */
static bool skip_quoted(scanner *s)
{
    char quote = char_at(s, s->at++);

    for (; s->at < s->source->len; s->at++) {
        if (char_at(s, s->at) == quote) {
            s->at++;
            return true;
        }
        if (quote == '"' && char_at(s, s->at) == '\\')
            s->at++;
    }
    s->at = s->source->len;
    return false;
}

static token scan(scanner *s)
{
    token t = { .kind = WORD };
    uint32_t start;

    skip_blanks(s);
    start = s->at;
    while (s->at < s->source->len) {
        char c = char_at(s, s->at);

        if (c == '\'' || c == '"') {
            uint32_t quote = s->at;

            t.is_quoted = true;
            if (!skip_quoted(s)) {
                t.is_open = true;
                t.open = quote;
            }
        } else if (c == '\\') {
            if (continuation_len(s, s->at) > 2)
                break; /* as a word ends there */
            t.is_quoted = true;
            s->at += s->at + 2 <= s->source->len ? 2 : 1;
        } else if (is_blank(c) || strchr("\n;&|()<>", c)) {
            break; /* NUL too */
        } else {
            s->at++;
        }
    }
    t.span = (vnuma_span){ s->source, start, s->at };
    if (s->at > start)
        return t;
    t.kind = s->at < s->source->len ? COMMAND_END : TEXT_END;
    if (t.kind == COMMAND_END)
        s->at++;
    return t;
}

/* ---- the guest's command ------------------------------------------------ */

static bool is_program(vnuma__text word)
{
    static const char *const names[] = { "qemu-kvm", "kvm", "qemu",
                                         "kvm-spice" };
    const char *slash;
    unsigned int i;

    while (word.len && strchr("\"'", word.ptr[0]))
        word = vnuma__text_slice(word, 1, word.len);
    while (word.len && strchr("\"'", word.ptr[word.len - 1]))
        word = vnuma__text_slice(word, 0, word.len - 1);
    if (vnuma__text_find(word, '=') < word.len)
        return false;
    slash = word.len ? memrchr(word.ptr, '/', word.len) : NULL;
    if (slash)
        word = vnuma__text_slice(word, slash + 1 - word.ptr, word.len);
    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (vnuma__text_equal(word, names[i]))
            return true;
    return vnuma__text_starts_with(word, "qemu-system-");
}

/* An option's first bytes: a dash, or what word processors make of one. */
static bool is_option(vnuma__text word)
{
    return word.len > 1 && (word.ptr[0] == '-' ||
                            vnuma__text_starts_with(word, "\xe2\x80\x93") ||
                            vnuma__text_starts_with(word, "\xe2\x80\x94"));
}

static bool is_assignment(vnuma__text word)
{
    return word.len && word.ptr[0] == '=';
}

/* Stops after the program, or at its first option. */
static vnuma__words_kind find_command(scanner *s)
{
    bool could_be = true, is_first = true;
    vnuma__text word, after;
    scanner next;
    token t;

    for (;;) {
        uint32_t start;

        skip_blanks(s);
        start = s->at;
        t = scan(s);
        if (t.kind == TEXT_END)
            return VNUMA__WORDS_NONE;
        if (t.kind == COMMAND_END) {
            could_be = true;
            continue;
        }
        word = vnuma__span_text(t.span);
        next = *s;
        after = vnuma__span_text(scan(&next).span);
        if (is_first && is_option(word)) {
            s->at = start;
            s->is_flat = true;
            return VNUMA__WORDS_OPTIONS;
        }
        if (is_assignment(word) || is_assignment(after))
            could_be = false;
        if (could_be && is_program(word))
            return VNUMA__WORDS_QEMU;
        is_first = false;
    }
}

/* What a NUL separates is arguments if a program or an option is first. */
static vnuma__words_kind arguments_kind(const vnuma_source *source)
{
    const char *nul = memchr(source->text, '\0', source->len);
    vnuma__text word = { .ptr = source->text, .len = source->len };

    if (!nul)
        return VNUMA__WORDS_NONE;
    word.len = nul - source->text;
    if (memchr(word.ptr, '\n', word.len))
        return VNUMA__WORDS_NONE;
    if (is_option(word))
        return VNUMA__WORDS_OPTIONS;
    return is_program(word) ? VNUMA__WORDS_QEMU : VNUMA__WORDS_NONE;
}

bool vnuma__is_arguments(const vnuma_source *source)
{
    return arguments_kind(source) != VNUMA__WORDS_NONE;
}

bool vnuma__is_qemu(const vnuma_source *source)
{
    scanner s = { .source = source };

    if (memchr(source->text, '\0', source->len))
        return vnuma__is_arguments(source);
    return find_command(&s) != VNUMA__WORDS_NONE;
}

/* ---- words -------------------------------------------------------------- */

/* Without its quotes and backslashes. */
static vnuma__text unquote(vnuma__kvm_reader *r, vnuma_span span)
{
    vnuma__text raw = vnuma__span_text(span);
    char *made, *to, quote = '\0', c = raw.ptr[0];
    uint32_t i, len = raw.len;

    /* Of what is between two quotes the place is exact. */
    if (len > 1 && strchr("'\"", c) && raw.ptr[len - 1] == c &&
        !memchr(raw.ptr + 1, c, len - 2) && !memchr(raw.ptr, '\\', len))
        return vnuma__text_slice(raw, 1, len - 1);
    made = to = vnuma__kvm_alloc(r, (size_t)len + 1);
    for (i = 0; i < len; i++) {
        c = raw.ptr[i];
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
        else if (c == '\\' && i + 1 < len &&
                 (!quote ||
                  (quote == '"' && strchr("\"\\$`\n", raw.ptr[i + 1])))) {
            if (raw.ptr[++i] != '\n')
                *to++ = raw.ptr[i];
        } else
            *to++ = c;
    }
    return (vnuma__text){ made, to - made, span, false };
}

static void add_word(vnuma__kvm_reader *r, vnuma__item *command, token t)
{
    if (t.is_open)
        vnuma__error(r->diags, "unterminated-string",
                     ((vnuma_span){ t.span.source, t.open, t.open + 1 }),
                     "this quote does not end");
    vnuma__item_add(r, command,
                    t.is_quoted ? unquote(r, t.span)
                                : vnuma__span_text(t.span),
                    (vnuma__text){ .ptr = NULL });
}

/*
 * A command that ends before a line of options lacks a "\"; blanks after one
 * end the command as well.
 */
static bool goes_on(vnuma__kvm_reader *r, scanner *s, vnuma_span end)
{
    scanner next = *s;
    token t = scan(&next);

    if (end.source->text[end.start] != '\n' || t.kind != WORD ||
        !is_option(vnuma__span_text(t.span)))
        return false;
    vnuma__error(r->diags, "line-break",
                 ((vnuma_span){ end.source, end.start, end.start }),
                 "the command ends here, before options in the next line");
    vnuma__hint(r->diags, "write \\ at the end of the line");
    vnuma__fix(r->diags, ((vnuma_span){ end.source, end.start, end.start }),
               " \\");
    return true;
}

static void check_continuations(vnuma__kvm_reader *r, scanner s, uint32_t end)
{
    uint32_t len;

    for (; s.at < end; s.at++) {
        len = continuation_len(&s, s.at);
        if (len <= 2)
            continue;
        vnuma__error(r->diags, "line-break",
                     ((vnuma_span){ s.source, s.at, s.at + 1 }),
                     "there are blanks after this backslash, so the command "
                     "ends here");
        vnuma__hint(r->diags, "nothing may stand after \\ in its line");
        vnuma__fix(r->diags, ((vnuma_span){ s.source, s.at, s.at + len - 1 }),
                   "\\");
    }
}

static void read_arguments(vnuma__kvm_reader *r, vnuma__item *command,
                           bool has_program)
{
    vnuma__text rest =
        vnuma__span_text((vnuma_span){ r->source, 0, r->source->len });
    uint32_t end, num = 0;

    for (; rest.len && num < MAX_WORDS; num++) {
        end = vnuma__text_find(rest, '\0');
        if (num || !has_program)
            vnuma__item_add(r, command, vnuma__text_slice(rest, 0, end),
                            (vnuma__text){ .ptr = NULL });
        rest = vnuma__text_slice(rest, end + 1, rest.len);
    }
    command->span.end = r->source->len;
}

vnuma__words_kind vnuma__read_words(vnuma__kvm_reader *r, vnuma__item *command)
{
    scanner s = { .source = r->source };
    vnuma__words_kind kind = arguments_kind(r->source);
    uint32_t num = 0, start;
    bool in_redirection = false;
    token t;

    command->span = (vnuma_span){ r->source, 0, 0 };
    if (kind != VNUMA__WORDS_NONE) {
        read_arguments(r, command, kind == VNUMA__WORDS_QEMU);
        return kind;
    }
    kind = find_command(&s);
    start = command->span.start = s.at;
    for (; num < MAX_WORDS; num++) {
        t = scan(&s);
        if (t.kind == TEXT_END)
            break;
        if (t.kind == WORD && in_redirection) {
            in_redirection = false;
        } else if (t.kind == WORD) {
            add_word(r, command, t);
            command->span.end = t.span.end;
        } else if (strchr("<>", r->source->text[t.span.start])) {
            in_redirection = true;
        } else if (!goes_on(r, &s, t.span)) {
            break;
        }
    }
    if (num == MAX_WORDS)
        vnuma__error(r->diags, "too-many-values", t.span,
                     "more than %u words in one command", MAX_WORDS);
    if (!s.is_flat)
        check_continuations(r, (scanner){ r->source, start },
                            command->span.end);
    return kind;
}
