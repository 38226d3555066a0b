/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl.cfg's grammar: bytes -> a tree of settings in which every value knows
 * where it was written.  Knows no key names: what a setting means is
 * config.c's.  What is accepted, and what every value is, equals libxlutil's
 * reading of the same bytes (tests/unit/test-read-xlu.c holds the two
 * together).
 */
#ifndef VNUMA_READ_H
#define VNUMA_READ_H

#include "vnuma.h"

/*
 * More values than this, items of lists and values of settings counted alike,
 * are refused: it bounds what a hostile file costs.  The largest guest that
 * Xen can build needs a few thousand; xl itself has no limit.
 */
#define VNUMA__MAX_VALUES 65536u

/* Below a tree everything belongs to the tree. */
typedef struct vnuma__value {
    vnuma_span span; /* with the quotes or brackets */
    char *string;    /* NUL-terminated; NULL for a list */
    struct vnuma__value *items;
    uint32_t inner; /* string: where its first byte is written, if exact */
    uint32_t len;   /* strlen(string) */
    uint32_t num_items;
    bool is_list;
    bool exact; /* string: byte i of it is byte inner + i of the source */
} vnuma__value;

typedef struct {
    char *name;
    vnuma_span name_span;
    bool is_addition;   /* += */
    vnuma__value value; /* with += the sum with what was there before, in the
                           last setting of a name; else what is written */
} vnuma__setting;

typedef struct {
    vnuma__setting *settings; /* owned; in the order of the text */
    uint32_t num_settings;
    uint32_t *by_name; /* owned; for each name its last setting, sorted */
    uint32_t num_names;
    struct vnuma__arena *arena; /* owned; what settings point to */
} vnuma__tree;

void vnuma__tree_init(vnuma__tree *tree);
void vnuma__tree_dispose(vnuma__tree *tree);

/*
 * Reads all of the source; reports every grammar mistake it can tell apart
 * (id "syntax" and friends) and goes on after it, until there are more than
 * are shown.  Returns 0,
 * VNUMA_ERROR_CONFIG (the tree holds what was understood) or
 * VNUMA_ERROR_NOMEM (the tree is empty).
 *
 * Stricter than xl in two things only: VNUMA__MAX_VALUES, and a NUL in a
 * string, on which xl aborts.
 */
int vnuma__read(const vnuma_source *source, vnuma__tree *tree_r,
                vnuma_diags *diags);

/* The setting of that name that counts, the last one; NULL: none. */
const vnuma__setting *vnuma__tree_find(const vnuma__tree *tree,
                                       const char *name);

/* A piece of a string value: not copied, not NUL-terminated. */
typedef struct {
    const char *ptr;
    uint32_t len;
    vnuma_span span; /* of just these bytes if exact, else the whole value's */
    bool exact;
} vnuma__text;

#define VNUMA__TEXT_ARG(text) (int)(text).len, (text).ptr /* for "%.*s" */

vnuma__text vnuma__value_text(const vnuma__value *value);
/* The bytes [start, end) of a text, clipped to it. */
vnuma__text vnuma__text_slice(vnuma__text text, uint32_t start, uint32_t end);
/* Without the white space (isspace) around it. */
vnuma__text vnuma__text_trim(vnuma__text text);
/* Digits only, all of them, and no more than max: nothing wraps. */
bool vnuma__text_to_u64(vnuma__text text, uint64_t max, uint64_t *value_r);
bool vnuma__text_equal(vnuma__text text, const char *string);

#endif
