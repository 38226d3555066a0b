/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's inside, shared by the three files that make it: reader.c
 * (memory, and what to say about a mistake), list.c (values), read.c
 * (settings).
 */
#ifndef VNUMA_READER_H
#define VNUMA_READER_H

#include "cfg/lex.h"
#include "cfg/tree.h"

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
} vnuma__reader;

/* ---- reader.c: memory and words ------------------------------------------ */

vnuma_span vnuma__reader_span_at(const vnuma__reader *p, uint32_t start,
                                 uint32_t end);
vnuma_span vnuma__reader_token_span(const vnuma__reader *p,
                                    vnuma__token token);
const char *vnuma__reader_token_text(const vnuma__reader *p,
                                     vnuma__token token);

/* Nothing more is read; what is there may be kept. */
void vnuma__reader_stop(vnuma__reader *p);
void vnuma__reader_no_memory(vnuma__reader *p);
/* The array with room for one more; as it was, and p->rc, without memory. */
void *vnuma__reader_grow(vnuma__reader *p, void *array, uint32_t num,
                         uint32_t *room, size_t size);

/*
 * Is a mistake at this token not worth a report?  Its line may have one
 * already, of which this is a consequence; or we have stopped.
 */
bool vnuma__reader_is_quiet(const vnuma__reader *p, vnuma__token token);
/* Is it?  Then what follows on its line is a guess. */
bool vnuma__reader_is_news(vnuma__reader *p, vnuma__token token);

#define VNUMA__FOUND_SIZE 48

/* What stands there, as a message says it; @text may be used for it. */
const char *vnuma__reader_found(const vnuma__reader *p, vnuma__token token,
                                char text[VNUMA__FOUND_SIZE]);
/* Reports "expected WHAT, found ..." */
void vnuma__reader_expected(vnuma__reader *p, vnuma__token token,
                            const char *what);

/* ---- list.c: values ------------------------------------------------------- */

/* false: there are too many, or no memory; reading has stopped. */
bool vnuma__reader_make_string(vnuma__reader *p, vnuma__token token,
                               vnuma__value *value_r);
/*
 * A value without quotes: everything up to a byte of @stops is taken for one,
 * as whoever wrote it meant it.
 */
vnuma__token vnuma__reader_unquoted(vnuma__reader *p, vnuma__token token,
                                    const char *stops);
void vnuma__reader_report_unquoted(vnuma__reader *p, vnuma__token token);
/* Everything from a "[" to its "]"; p->rc tells of no memory. */
void vnuma__reader_read_list(vnuma__reader *p, vnuma__token token,
                             vnuma__value *value_r);

#endif
