/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's inside, shared by the three files that make it: parse.c
 * (memory, and what to say about a mistake), list.c (values), read.c
 * (settings).
 */
#ifndef VNUMA_PARSE_H
#define VNUMA_PARSE_H

#include "lex.h"
#include "read.h"

/* A list that is being read. */
typedef struct {
    uint32_t start;       /* of its "[" */
    uint32_t first;       /* its first item's place among the pending */
    uint32_t base, place; /* in xl's stack: the list's and its next item's */
    bool has_unquoted; /* so the next NAME = is an item too, not a setting */
} vnuma__frame;

typedef struct {
    vnuma__lexer lexer;
    vnuma_diags *diags;
    vnuma__tree *tree;
    uint32_t room_settings;
    vnuma__value *pending; /* owned; items of the lists being read */
    uint32_t num_pending, room_pending;
    vnuma__frame *frames; /* owned; those lists, outermost first */
    uint32_t num_frames, room_frames;
    uint32_t num_values; /* of the whole text */
    bool after_item;     /* in a list: the last token was or ended an item */
    bool at_setting;     /* a list was left where the next setting begins */
    bool seen_python;
    int rc;
} vnuma__parser;

/* ---- parse.c: memory and words ------------------------------------------ */

vnuma_span vnuma__parser_span_at(const vnuma__parser *p, uint32_t start,
                                 uint32_t end);
vnuma_span vnuma__parser_token_span(const vnuma__parser *p,
                                    vnuma__token token);
const char *vnuma__parser_token_text(const vnuma__parser *p,
                                     vnuma__token token);

/* Nothing more is read; what is there may be kept. */
void vnuma__parser_stop(vnuma__parser *p);
void vnuma__parser_no_memory(vnuma__parser *p);
/* The array with room for one more; as it was, and p->rc, without memory. */
void *vnuma__parser_grow(vnuma__parser *p, void *array, uint32_t num,
                         uint32_t *room, size_t size);

/*
 * Is a mistake at this token not worth a report?  Its line may have one
 * already, of which this is a consequence; or we have stopped.
 */
bool vnuma__parser_is_quiet(const vnuma__parser *p, vnuma__token token);
/* Is it?  Then what follows on its line is a guess. */
bool vnuma__parser_is_news(vnuma__parser *p, vnuma__token token);

#define VNUMA__FOUND_SIZE 48

/* What stands there, as a message says it; @text may be used for it. */
const char *vnuma__parser_found(const vnuma__parser *p, vnuma__token token,
                                char text[VNUMA__FOUND_SIZE]);
/* Reports "expected WHAT, found ..." */
void vnuma__parser_expected(vnuma__parser *p, vnuma__token token,
                            const char *what);

/* ---- list.c: values ------------------------------------------------------- */

/* false: there are too many, or no memory; reading has stopped. */
bool vnuma__parser_make_string(vnuma__parser *p, vnuma__token token,
                               vnuma__value *value_r);
/*
 * A value without quotes: everything up to a byte of @stops is taken for one,
 * as whoever wrote it meant it.
 */
vnuma__token vnuma__parser_unquoted(vnuma__parser *p, vnuma__token token,
                                    const char *stops);
void vnuma__parser_report_unquoted(vnuma__parser *p, vnuma__token token);
/* Everything from a "[" to its "]"; p->rc tells of no memory. */
void vnuma__parser_read_list(vnuma__parser *p, vnuma__token token,
                             vnuma__value *value_r);

#endif
