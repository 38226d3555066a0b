/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tokens of xl.cfg's grammar.
 *
 *     NAME     [a-z][._0-9a-z]*
 *     NUMBER   [0-9][0-9a-fx]*
 *     STRING   "..." or '...' on one line, \ before any byte but a newline
 *     NEWLINE  a newline, or # and the rest of a line with its newline
 *     , [ ] = += ;
 *
 * Blanks and tabs separate.  Three faults of xl's own lexer are kept, because
 * we must accept the same files and read the same values: a comment needs its
 * newline; a byte that begins no token is an error unless it is the last byte
 * of the file (xl's scanner meets the end before it reports the byte); \x is
 * always refused and an octal escape yields no byte.  One fault is not kept:
 * on a NUL in a string xl aborts, here it is an error.
 */
#include "config.h"

#include "cfg/lex.h"

#include "base/diag.h"
#include "base/utf8.h"
#include "cfg/escape.h"

#include <stdlib.h>
#include <string.h>

static vnuma_span span(const vnuma__lexer *lexer, uint32_t start, uint32_t end)
{
    return (vnuma_span){ lexer->source, start, end };
}

/* ---- lines and bytes ---------------------------------------------------- */

/* Cached: a line of 1 MiB may be asked for at each of its bytes. */
static uint32_t line_end(vnuma__lexer *lexer, uint32_t pos)
{
    const char *text = lexer->source->text, *p;

    if (pos < lexer->line_from || pos > lexer->line_end || !lexer->line_end) {
        p = memchr(text + pos, '\n', lexer->source->len - pos);
        lexer->line_from = pos;
        lexer->line_end = p ? (uint32_t)(p - text) : lexer->source->len;
    }
    return lexer->line_end;
}

bool vnuma__lexer_is_quiet(const vnuma__lexer *lexer, uint32_t pos)
{
    return lexer->stopped || pos < lexer->quiet_until;
}

bool vnuma__lexer_is_news(vnuma__lexer *lexer, uint32_t pos)
{
    if (vnuma__lexer_is_quiet(lexer, pos))
        return false;
    lexer->quiet_until = line_end(lexer, pos) + 1;
    return true;
}

/* The classes of a byte; newlines and the remaining bytes have none. */
enum {
    BLANK = 1 << 0,
    LETTER = 1 << 1, /* begins a name */
    NAME = 1 << 2,
    DIGIT = 1 << 3, /* begins a number */
    NUMBER = 1 << 4,
    WORD = 1 << 5, /* what people write into one word, right or wrong */
};

static const unsigned char classes[256] = {
    [' '] = BLANK,
    ['\t'] = BLANK,
    ['0' ... '9'] = DIGIT | NUMBER | NAME | WORD,
    ['a' ... 'f'] = LETTER | NAME | NUMBER | WORD,
    ['g' ... 'w'] = LETTER | NAME | WORD,
    ['x'] = LETTER | NAME | NUMBER | WORD,
    ['y' ... 'z'] = LETTER | NAME | WORD,
    ['.'] = NAME | WORD,
    ['_'] = NAME | WORD,
    ['A' ... 'Z'] = WORD,
    ['!'] = WORD,
    ['$' ... '&'] = WORD,
    ['(' ... '+'] = WORD,
    ['-'] = WORD,
    ['/'] = WORD,
    [':'] = WORD,
    ['<'] = WORD,
    ['>' ... '@'] = WORD,
    ['\\'] = WORD,
    ['^'] = WORD,
    ['`'] = WORD,
    ['{' ... '~'] = WORD,
};

static bool is(char c, unsigned int class)
{
    return classes[(unsigned char)c] & class;
}

static bool at_add(const vnuma__lexer *lexer, uint32_t pos)
{
    const char *text = lexer->source->text;

    return text[pos] == '+' && text[pos + 1] == '='; /* ends in NUL */
}

/*
 * Returns the end of the run of bytes of a class; the final NUL ends any run.
 */
static uint32_t skip(const vnuma__lexer *lexer, uint32_t pos,
                     unsigned int class)
{
    while (is(lexer->source->text[pos], class))
        pos++;
    return pos;
}

static uint32_t skip_word(const vnuma__lexer *lexer, uint32_t pos)
{
    while (is(lexer->source->text[pos], WORD) && !at_add(lexer, pos))
        pos++;
    return pos;
}

/* Returns the line's end, before what probably closes lists on it. */
static uint32_t rest_of_line(vnuma__lexer *lexer, uint32_t pos)
{
    uint32_t end = line_end(lexer, pos);

    while (end > pos &&
           vnuma__is_one_of(lexer->source->text[end - 1], " \t\r,]"))
        end--;
    return end;
}

/* ---- tokens ------------------------------------------------------------- */

static vnuma__token token(vnuma__lexer *lexer, vnuma__token_kind kind,
                          uint32_t end)
{
    vnuma_span place = span(lexer, lexer->pos, end);

    lexer->pos = end;
    if (kind != VNUMA__TOKEN_NEWLINE)
        lexer->last_end = end;
    return (vnuma__token){ .kind = kind, .span = place, .inner = place };
}

static vnuma__token string(vnuma__lexer *lexer, uint32_t inner_start,
                           uint32_t inner_end, uint32_t end)
{
    vnuma__token string = token(lexer, VNUMA__TOKEN_STRING, end);

    string.inner = span(lexer, inner_start, inner_end);
    return string;
}

static vnuma__token end_of_text(vnuma__lexer *lexer)
{
    vnuma_span place = span(lexer, lexer->last_end, lexer->last_end);

    lexer->pos = lexer->source->len;
    return (vnuma__token){ .kind = VNUMA__TOKEN_END,
                           .span = place,
                           .inner = place };
}

static bool is_last_byte(const vnuma__lexer *lexer, uint32_t pos)
{
    return pos + 1 == lexer->source->len;
}

static vnuma__token ignore_last_byte(vnuma__lexer *lexer)
{
    vnuma__warning(lexer->diags, "last-byte",
                   span(lexer, lexer->pos, lexer->pos + 1),
                   "xl ignores this last byte of the file");
    vnuma__hint(lexer->diags,
                "remove it, and end the last line with a newline");
    return end_of_text(lexer);
}

static vnuma__token not_a_text(vnuma__lexer *lexer, uint32_t pos)
{
    const char *p = lexer->source->text + pos;

    vnuma__error(
        lexer->diags, "not-text", span(lexer, pos, pos + 1),
        "this is not a text file: found the byte 0x%02x%s", (unsigned char)*p,
        !pos && (!strncmp(p, "\xff\xfe", 2) || !strncmp(p, "\xfe\xff", 2))
            ? " (UTF-16?)"
            : "");
    lexer->stopped = true;
    return end_of_text(lexer);
}

/* ---- strings ------------------------------------------------------------ */

#define TYPOGRAPHIC_LEN 3u /* bytes in a typographic quote */

/* Returns the plain quote to write for a typographic one; 0: it is none. */
static char plain_quote(const vnuma__lexer *lexer, uint32_t pos)
{
    const unsigned char *p = (const unsigned char *)lexer->source->text + pos;

    if (lexer->source->len - pos < TYPOGRAPHIC_LEN || p[0] != 0xe2 ||
        p[1] != 0x80 || p[2] < 0x98 || p[2] > 0x9f)
        return '\0';
    return p[2] < 0x9c ? '\'' : '"';
}

/* Returns the next typographic quote of that kind, or the line's end. */
static uint32_t find_typographic(vnuma__lexer *lexer, uint32_t pos, char plain)
{
    uint32_t end = line_end(lexer, pos);

    while (pos < end && plain_quote(lexer, pos) != plain)
        pos++;
    return pos;
}

/* After a report: all of that kind on the rest of the line are meant. */
static void correct_quotes(vnuma__lexer *lexer, uint32_t pos, char plain)
{
    uint32_t end = line_end(lexer, pos), at = pos;
    char *line = malloc(end - pos + 1), *to = line;

    lexer->quotes_until = end + 1;
    vnuma__hint(lexer->diags, "write %c", plain);
    if (!line)
        return;
    while (at < end)
        if (plain_quote(lexer, at) == plain) {
            *to++ = plain;
            at += TYPOGRAPHIC_LEN;
        } else {
            *to++ = lexer->source->text[at++];
        }
    *to = '\0';
    vnuma__fix(lexer->diags, span(lexer, pos, end), "%s", line);
    free(line);
}

/*
 * The closing quote was not found on the line.  To search the line again for
 * each string would be quadratic, so a guessed end is looked for once a line.
 */
static vnuma__token unterminated(vnuma__lexer *lexer)
{
    uint32_t start = lexer->pos, end, close;
    char quote = lexer->source->text[start];

    if (is_last_byte(lexer, start))
        return ignore_last_byte(lexer);
    end = line_end(lexer, start);
    close = end;
    if (start >= lexer->quotes_until)
        close = find_typographic(lexer, start, quote);
    if (close < end) {
        vnuma__error(lexer->diags, "typographic-quote",
                     span(lexer, close, close + 3),
                     "a string that begins with %c ends with the typographic "
                     "quote %.3s",
                     quote, lexer->source->text + close);
        correct_quotes(lexer, close, quote);
        return string(lexer, start + 1, close, close + 3);
    }
    end = rest_of_line(lexer, start + 1);
    if (vnuma__lexer_is_news(lexer, start))
        vnuma__error(lexer->diags, "unterminated-string",
                     span(lexer, start, end),
                     "this string has no closing %c on its line", quote);
    return string(lexer, start + 1, end, end);
}

static vnuma__token lex_string(vnuma__lexer *lexer)
{
    const char *text = lexer->source->text;
    uint32_t len = lexer->source->len, start = lexer->pos;
    char quote = text[start];
    uint32_t pos, nul = 0;

    for (pos = start + 1; pos < len && text[pos] != quote; pos++) {
        if (text[pos] == '\\')
            pos++;
        if (pos < len && !text[pos] && !nul)
            nul = pos;
        if (pos == len || text[pos] == '\n')
            return unterminated(lexer);
    }
    if (pos >= len)
        return unterminated(lexer);
    if (nul)
        return not_a_text(lexer, nul);
    vnuma__check_escapes(lexer->source, start + 1, pos, lexer->diags);
    return string(lexer, start + 1, pos, pos + 1);
}

static vnuma__token lex_typographic(vnuma__lexer *lexer, char plain)
{
    const char *text = lexer->source->text;
    uint32_t start = lexer->pos, inner = start + TYPOGRAPHIC_LEN;
    uint32_t end = line_end(lexer, start);
    uint32_t close = find_typographic(lexer, inner, plain);
    const char *p = memchr(text + inner, plain, close - inner);

    if (start >= lexer->quotes_until) {
        vnuma__error(lexer->diags, "typographic-quote",
                     span(lexer, start, inner),
                     "typographic quote %.*s where xl needs a plain one",
                     (int)TYPOGRAPHIC_LEN, text + start);
        correct_quotes(lexer, start, plain);
    }
    if (p)
        return string(lexer, inner, p - text, p - text + 1);
    if (close < end)
        return string(lexer, inner, close, close + 3);
    end = rest_of_line(lexer, inner);
    return string(lexer, inner, end, end);
}

/* ---- everything else ---------------------------------------------------- */

static vnuma__token lex_comment(vnuma__lexer *lexer)
{
    uint32_t start = lexer->pos, end = line_end(lexer, start);

    if (end < lexer->source->len)
        return token(lexer, VNUMA__TOKEN_NEWLINE, end + 1);
    if (is_last_byte(lexer, start))
        return ignore_last_byte(lexer);
    vnuma__error(lexer->diags, "unended-comment", span(lexer, start, end),
                 "xl needs a newline after a comment, and the file ends "
                 "without one");
    vnuma__hint(lexer->diags, "end the last line with a newline");
    vnuma__fix(lexer->diags, span(lexer, end, end), "\n");
    return end_of_text(lexer);
}

static vnuma__token lex_word(vnuma__lexer *lexer, vnuma__token_kind kind,
                             uint32_t end)
{
    uint32_t word_end = skip_word(lexer, end);
    bool is_more = word_end > end;

    /*
     * A last byte that xl ignores is no part of the word; letters are, as xl
     * takes them for a name.
     */
    if (is_more && is_last_byte(lexer, end) &&
        !is(lexer->source->text[end], LETTER))
        is_more = false;
    if (is_more)
        return token(lexer, VNUMA__TOKEN_WORD, word_end);
    return token(lexer, kind, end);
}

static void skip_return(vnuma__lexer *lexer)
{
    if (!lexer->seen_return) {
        vnuma__error(lexer->diags, "carriage-return",
                     span(lexer, lexer->pos, lexer->pos + 1),
                     lexer->source->text[lexer->pos + 1] == '\n'
                         ? "carriage return: the file has DOS line ends"
                         : "carriage return outside of a string");
        vnuma__hint(lexer->diags, "remove them: sed -i 's/\\r$//' FILE");
        lexer->seen_return = true;
    }
    lexer->pos++;
}

/* Skips a character that is not visible; returns whether there was one. */
static bool skip_invisible(vnuma__lexer *lexer, uint32_t code,
                           unsigned int len)
{
    if (code != 0xa0 && code != 0xfeff && code != 0x200b)
        return false;
    if (vnuma__lexer_is_news(lexer, lexer->pos)) {
        vnuma__error(lexer->diags, "non-ascii",
                     span(lexer, lexer->pos, lexer->pos + len),
                     code == 0xa0     ? "no-break space (U+00A0) where xl "
                                        "needs a plain one"
                     : code == 0xfeff ? "byte order mark (U+FEFF)"
                                      : "zero width space (U+200B)");
        vnuma__hint(lexer->diags,
                    code == 0xa0 ? "write a space" : "remove it");
        vnuma__fix(lexer->diags, span(lexer, lexer->pos, lexer->pos + len),
                   "%s", code == 0xa0 ? " " : "");
    }
    lexer->pos += len;
    return true;
}

static vnuma__token lex_foreign(vnuma__lexer *lexer, uint32_t code,
                                unsigned int len)
{
    uint32_t start = lexer->pos;

    if (vnuma__lexer_is_news(lexer, start))
        vnuma__error(lexer->diags, "non-ascii",
                     span(lexer, start, start + len),
                     "%.*s (U+%04X) outside of a string", (int)len,
                     lexer->source->text + start, code);
    return token(lexer, VNUMA__TOKEN_WORD, skip_word(lexer, start + len));
}

/* At a byte that begins no token and is not the last one. */
static bool lex_stray(vnuma__lexer *lexer, vnuma__token *token_r)
{
    const char *p = lexer->source->text + lexer->pos;
    uint32_t code;
    unsigned int len;
    char plain;

    if (*p == '\r') {
        skip_return(lexer);
        return false;
    }
    len = vnuma__utf8_decode(p, lexer->source->len - lexer->pos, &code);
    if (!len || code < 0x20 || code == 0x7f) {
        *token_r = not_a_text(lexer, lexer->pos);
        return true;
    }
    if (code < 0x80) {
        *token_r =
            token(lexer, VNUMA__TOKEN_WORD, skip_word(lexer, lexer->pos + 1));
        return true;
    }
    if (skip_invisible(lexer, code, len))
        return false;
    plain = plain_quote(lexer, lexer->pos);
    if (plain)
        *token_r = lex_typographic(lexer, plain);
    else
        *token_r = lex_foreign(lexer, code, len);
    return true;
}

vnuma__token vnuma__lexer_next(vnuma__lexer *lexer)
{
    static const vnuma__token_kind marks[256] = {
        [','] = VNUMA__TOKEN_COMMA,     ['['] = VNUMA__TOKEN_OPEN,
        [']'] = VNUMA__TOKEN_CLOSE,     ['='] = VNUMA__TOKEN_ASSIGN,
        [';'] = VNUMA__TOKEN_SEMICOLON, ['\n'] = VNUMA__TOKEN_NEWLINE,
    };
    const char *text = lexer->source->text;
    vnuma__token_kind mark;
    vnuma__token stray;
    uint32_t pos;
    char c;

    for (;;) {
        pos = lexer->pos = skip(lexer, lexer->pos, BLANK);
        if (lexer->diags->num_errors > lexer->max_errors)
            lexer->stopped = true;
        if (lexer->stopped || pos == lexer->source->len)
            return end_of_text(lexer);
        c = text[pos];
        mark = marks[(unsigned char)c];
        if (mark)
            return token(lexer, mark, pos + 1);
        if (is(c, LETTER))
            return lex_word(lexer, VNUMA__TOKEN_NAME, skip(lexer, pos, NAME));
        if (is(c, DIGIT))
            return lex_word(lexer, VNUMA__TOKEN_NUMBER,
                            skip(lexer, pos, NUMBER));
        if (c == '"' || c == '\'')
            return lex_string(lexer);
        if (c == '#')
            return lex_comment(lexer);
        if (at_add(lexer, pos))
            return token(lexer, VNUMA__TOKEN_ADD, pos + 2);
        if (is_last_byte(lexer, pos))
            return ignore_last_byte(lexer);
        if (lex_stray(lexer, &stray))
            return stray;
    }
}

/* ---- looking ahead ------------------------------------------------------ */

bool vnuma__lexer_at_assignment(const vnuma__lexer *lexer)
{
    uint32_t pos = skip(lexer, lexer->pos, BLANK);

    return lexer->source->text[pos] == '=' || at_add(lexer, pos);
}

bool vnuma__lexer_value_follows(vnuma__lexer *lexer)
{
    const char *text = lexer->source->text, *close;
    uint32_t pos = lexer->pos + strspn(text + lexer->pos, " \t\r\n");
    vnuma__lexer after = *lexer;

    if (text[pos] != '"' && text[pos] != '\'')
        return text[pos] == '[' || is(text[pos], DIGIT);
    /* A string is a value unless it is a setting's name in quotes. */
    close = memchr(text + pos + 1, text[pos], line_end(lexer, pos) - pos - 1);
    after.pos = close ? close - text + 1 : pos;
    return !close || !vnuma__lexer_at_assignment(&after);
}
