/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tokens of xl.cfg's grammar, as read.c takes them; each knows its place.
 * What xl's lexer would refuse is reported here, once; then the reader goes on
 * with what was probably meant.
 */
#ifndef VNUMA_LEX_H
#define VNUMA_LEX_H

#include "vnuma.h"

typedef enum {
    VNUMA__TOKEN_END,
    VNUMA__TOKEN_NEWLINE, /* with the comment before it */
    VNUMA__TOKEN_NAME,
    VNUMA__TOKEN_NUMBER,
    VNUMA__TOKEN_STRING,
    VNUMA__TOKEN_WORD, /* none of the above: an error, not yet reported */
    VNUMA__TOKEN_COMMA,
    VNUMA__TOKEN_OPEN,
    VNUMA__TOKEN_CLOSE,
    VNUMA__TOKEN_ASSIGN,
    VNUMA__TOKEN_ADD, /* += */
    VNUMA__TOKEN_SEMICOLON,
} vnuma__token_kind;

typedef struct {
    vnuma__token_kind kind;
    vnuma_span span;  /* for END, empty and at the last token's end */
    vnuma_span inner; /* without the quotes */
} vnuma__token;

/* Whether it is a value by itself. */
static inline bool vnuma__token_is_value(vnuma__token token)
{
    return token.kind == VNUMA__TOKEN_STRING ||
           token.kind == VNUMA__TOKEN_NUMBER;
}

/* Whether it is a name, or was perhaps meant as one. */
static inline bool vnuma__token_is_word(vnuma__token token)
{
    return token.kind == VNUMA__TOKEN_NAME || token.kind == VNUMA__TOKEN_WORD;
}

/* All zeroes but source, diags and max_errors is right to begin. */
typedef struct {
    const vnuma_source *source;
    vnuma_diags *diags;
    uint32_t pos;
    uint32_t last_end;            /* of the token before */
    uint32_t line_from, line_end; /* the line that was looked up last */
    uint32_t quiet_until;         /* guesses before this are not reported */
    uint32_t quotes_until;   /* a typographic quote is reported once a line */
    bool seen_return;        /* a carriage return is reported once */
    bool stopped;            /* not a text, or too many errors */
    unsigned int max_errors; /* further errors are not kept */
} vnuma__lexer;

vnuma__token vnuma__lexer_next(vnuma__lexer *lexer);

/* Whether "=" or "+=" is the next token; it is not consumed. */
bool vnuma__lexer_at_assignment(const vnuma__lexer *lexer);
/* Whether a value begins on a later line, with only blank lines before it. */
bool vnuma__lexer_value_follows(vnuma__lexer *lexer);

/*
 * Whether a mistake at this place should not be reported: its line has one
 * already, of which this may be a consequence, or reading has stopped.
 */
bool vnuma__lexer_is_quiet(const vnuma__lexer *lexer, uint32_t pos);
/* The opposite; what follows on the line then counts as a guess. */
bool vnuma__lexer_is_news(vnuma__lexer *lexer, uint32_t pos);

#endif
