/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to the reader's two files: list.c (values), and read.c (settings,
 * memory and messages).
 */
#ifndef VNUMA_READER_H
#define VNUMA_READER_H

#include "cfg/lex.h"
#include "cfg/tree.h"

#define VNUMA__FOUND_SIZE 48

/* A list that is being read. */
typedef struct {
    vnuma_span open;      /* its "[" */
    uint32_t first;       /* index in pending of its first item */
    uint32_t base, place; /* in xl's stack: the list's and its next item's */
    bool has_unquoted;    /* the next NAME = is then an item and no setting */
} vnuma__frame;

typedef struct {
    vnuma__lexer lexer;
    vnuma_diags *diags;
    vnuma__tree *tree;
    vnuma__value *pending; /* owned; items of the lists being read */
    uint32_t num_pending;
    vnuma__frame *frames; /* owned; those lists, outermost first */
    uint32_t num_frames;
    uint32_t num_values; /* in the whole text */
    bool after_item;     /* in a list: an item ends at the last token */
    bool at_setting;     /* the next setting begins in an open list */
    bool seen_python;
    char found[VNUMA__FOUND_SIZE]; /* the token that a message names */
    int rc;
} vnuma__reader;

/* ---- read.c: memory and words ------------------------------------------- */

/* Sets p->rc, and reading stops. */
void vnuma__reader_no_memory(vnuma__reader *p);

/* Names the token for a message; may be in p->found. */
const char *vnuma__reader_found(vnuma__reader *p, vnuma__token token);
/* Reports "expected WHAT, found ..." if it is news; returns whether it is. */
bool vnuma__reader_expected(vnuma__reader *p, vnuma__token token,
                            const char *what);

/* ---- list.c: values ----------------------------------------------------- */

/*
 * Returns false, and reading stops, when there are too many values or no
 * memory.
 */
bool vnuma__reader_make_string(vnuma__reader *p, vnuma__token token,
                               vnuma__value *value_r);
/*
 * The same of a value without quotes, which is reported: takes everything up
 * to a byte of @stops, which is probably what was meant.
 */
bool vnuma__reader_read_unquoted(vnuma__reader *p, vnuma__token token,
                                 const char *stops, vnuma__value *value_r);
/* Reads from "[" to its "]"; p->rc is set without memory. */
void vnuma__reader_read_list(vnuma__reader *p, vnuma__token token,
                             vnuma__value *value_r);

#endif
