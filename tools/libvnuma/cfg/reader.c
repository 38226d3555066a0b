/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the reader's files have in common: places, memory, and reports of
 * mistakes of grammar.
 */
#include "config.h"

#include "cfg/reader.h"

#include <stdio.h>

#include "base/diag.h"
#include "base/grow.h"

/* ---- plumbing ----------------------------------------------------------- */

void vnuma__reader_stop(vnuma__reader *p)
{
    p->lexer.stopped = true;
}

void vnuma__reader_no_memory(vnuma__reader *p)
{
    p->rc = VNUMA_ERROR_NOMEM;
    vnuma__reader_stop(p);
}

void *vnuma__reader_grow(vnuma__reader *p, void *array, uint32_t num,
                         uint32_t *room, size_t size)
{
    void *grown = vnuma__grow(array, num, room, size);

    if (!grown)
        vnuma__reader_no_memory(p);
    return grown ? grown : array;
}

bool vnuma__reader_is_quiet(const vnuma__reader *p, vnuma__token token)
{
    return p->lexer.stopped ||
           vnuma__lexer_is_quiet(&p->lexer, token.span.start);
}

bool vnuma__reader_is_news(vnuma__reader *p, vnuma__token token)
{
    if (vnuma__reader_is_quiet(p, token))
        return false;
    vnuma__lexer_set_quiet(&p->lexer, token.span.start);
    return true;
}

/* ---- words for messages ------------------------------------------------- */

const char *vnuma__token_found(vnuma__token token,
                               char text[VNUMA__FOUND_SIZE])
{
    vnuma__text written = vnuma__span_text(token.span);
    const uint32_t most = VNUMA__FOUND_SIZE - 8;
    bool fits = written.len <= most;

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
    snprintf(text, VNUMA__FOUND_SIZE, "\"%.*s%s\"",
             (int)(fits ? written.len : most), written.ptr, fits ? "" : "...");
    return text;
}

bool vnuma__reader_expected(vnuma__reader *p, vnuma__token token,
                            const char *what)
{
    char text[VNUMA__FOUND_SIZE];

    if (!vnuma__reader_is_news(p, token))
        return false;
    vnuma__error(p->diags, "syntax", token.span, "expected %s, found %s", what,
                 vnuma__token_found(token, text));
    return true;
}
