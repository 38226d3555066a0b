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

#include "forms/reader.h"

#include <string.h>

#define MAX_WORDS 200000u

typedef struct {
    const vnuma_source *source;
    uint32_t at;
    bool has_nuls; /* after each word, and nothing else divides them */
    bool is_flat;  /* options only: newlines are blanks */
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

/* What a command puts out, "$(...)" or in backquotes, is of its word. */
static bool skip_substitution(scanner *s)
{
    bool is_quote = char_at(s, s->at) == '`';
    uint32_t depth = 0;

    if (!is_quote &&
        (char_at(s, s->at) != '$' || char_at(s, s->at + 1) != '('))
        return false;
    for (s->at++; s->at < s->source->len; s->at++) {
        depth += char_at(s, s->at) == '(';
        depth -= char_at(s, s->at) == ')';
        if (is_quote ? char_at(s, s->at) == '`' : !depth)
            break;
    }
    s->at += s->at < s->source->len;
    return true;
}

static token scan_argument(scanner *s)
{
    const char *text = s->source->text + s->at;
    uint32_t left = s->source->len - s->at;
    const char *nul = left ? memchr(text, '\0', left) : NULL;
    token t = { .kind = left ? WORD : TEXT_END };

    t.span.source = s->source;
    t.span.start = s->at;
    t.span.end = s->at + (nul ? (uint32_t)(nul - text) : left);
    s->at = t.span.end + (nul != NULL);
    return t;
}

static token scan(scanner *s)
{
    token t = { .kind = WORD };
    uint32_t start;

    if (s->has_nuls)
        return scan_argument(s);
    skip_blanks(s);
    start = s->at;
    while (s->at < s->source->len) {
        char c = char_at(s, s->at);

        if (c == '\'' || c == '"') {
            t.is_quoted = true;
            t.open = s->at;
            t.is_open = !skip_quoted(s);
        } else if (c == '\\') {
            if (continuation_len(s, s->at) > 2)
                break; /* as a word ends there */
            t.is_quoted = true;
            s->at += s->at + 2 <= s->source->len ? 2 : 1;
        } else if (skip_substitution(s)) {
            continue;
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
    s->at += t.kind == COMMAND_END;
    return t;
}

/* ---- the guest's command ------------------------------------------------ */

static bool is_program(vnuma__text word)
{
    static const char *const names[] = { "qemu-kvm", "kvm", "qemu",
                                         "kvm-spice" };
    const char *slash;
    unsigned int i;

    if (word.len > 1 && strchr("\"'", word.ptr[0]))
        word = vnuma__text_slice(word, 1, word.len - 1);
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
    return word.len > 1 &&
           (word.ptr[0] == '-' || vnuma__text_starts_with(word, "\xe2\x80"));
}

/*
 * Stops after the program, or at its first option, which then is the first
 * word; false: there is none.  "x = kvm" is no command.
 */
static bool find_command(scanner *s)
{
    bool could_be = true, is_first = true;
    uint32_t start;
    scanner next;
    token t;

    for (;;) {
        if (!s->has_nuls)
            skip_blanks(s);
        start = s->at;
        t = scan(s);
        if (t.kind == TEXT_END)
            return false;
        if (t.kind == COMMAND_END) {
            could_be = true;
            continue;
        }
        if (is_first && is_option(vnuma__span_text(t.span))) {
            s->at = start;
            s->is_flat = true;
            return true;
        }
        next = *s;
        skip_blanks(&next);
        if (char_at(s, start) == '=' || char_at(s, next.at) == '=')
            could_be = false;
        if (could_be && is_program(vnuma__span_text(t.span)))
            return true;
        if (s->has_nuls)
            return false;
        is_first = false;
    }
}

/* No word has a blank, unless Linux wrote it: it is a script with a NUL. */
bool vnuma__is_arguments(const vnuma_source *source)
{
    const char *text = source->text, *nul = memchr(text, '\0', source->len);
    scanner s = { .source = source, .has_nuls = true };

    return nul && !memchr(text, '\n', nul - text) &&
           (!text[source->len - 1] || text + strcspn(text, " \t") == nul) &&
           find_command(&s);
}

bool vnuma__is_qemu(const vnuma_source *source)
{
    scanner s = { .source = source };

    return vnuma__is_arguments(source) || find_command(&s);
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
    made = to = vnuma__kvm_alloc(&r->make, (size_t)len + 1);
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

static void wrong_at(vnuma__kvm_reader *r, const char *id, uint32_t start,
                     uint32_t end)
{
    vnuma__kvm_wrong(r, id,
                     vnuma__span_text((vnuma_span){ r->source, start, end }),
                     NULL, NULL, 0);
}

/* A command that ends before a line of options lacks a "\". */
static bool goes_on(vnuma__kvm_reader *r, const scanner *s, uint32_t end)
{
    scanner next = *s;
    token t = scan(&next);

    if (char_at(s, end) != '\n' || t.kind != WORD ||
        !is_option(vnuma__span_text(t.span)))
        return false;
    wrong_at(r, "line-break", end, end);
    return true;
}

void vnuma__read_words(vnuma__kvm_reader *r, vnuma__item *command)
{
    scanner s = { .source = r->source,
                  .has_nuls = vnuma__is_arguments(r->source) };
    bool in_redirection = false;
    uint32_t num = 0;
    token t = { .kind = TEXT_END };

    find_command(&s);
    command->span = (vnuma_span){ r->source, s.at, s.at };
    if (!s.has_nuls && vnuma__has_nul(r->source, "not-text", r->diags)) {
        r->config->unsound = VNUMA_ABOUT_EVERYTHING;
        return;
    }
    for (; num < MAX_WORDS; num++) {
        t = scan(&s);
        if (t.kind == TEXT_END)
            break;
        if (t.is_open)
            wrong_at(r, "unterminated-string", t.open, t.open + 1);
        if (t.kind == WORD && !in_redirection) {
            vnuma__item_add(r, command,
                            t.is_quoted ? unquote(r, t.span)
                                        : vnuma__span_text(t.span),
                            vnuma__no_text);
            command->span.end = t.span.end;
        } else if (t.kind == COMMAND_END &&
                   !strchr("<>", char_at(&s, t.span.start)) &&
                   !goes_on(r, &s, t.span.start)) {
            break;
        }
        in_redirection =
            t.kind == COMMAND_END && strchr("<>", char_at(&s, t.span.start));
    }
    if (num == MAX_WORDS)
        vnuma__kvm_wrong(r, "too-many-values", vnuma__span_text(t.span), NULL,
                         "words in one command", 0);
}
