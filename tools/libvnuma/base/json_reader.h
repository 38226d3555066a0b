/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON from outside into a tree in which every value knows its place.
 * yajl parses; this keeps the values, within bounds.
 */
#ifndef VNUMA_JSON_TREE_H
#define VNUMA_JSON_TREE_H

#include "base/text.h"
#include "vnuma.h"

#define VNUMA__JSON_MAX_DEPTH 16u
#define VNUMA__JSON_MAX_VALUES (1u << 20)

typedef enum {
    VNUMA__JSON_NULL,
    VNUMA__JSON_BOOLEAN, /* text: "true" or "false" */
    VNUMA__JSON_NUMBER, /* text: as it is written */
    VNUMA__JSON_STRING, /* text: without escapes */
    VNUMA__JSON_ARRAY,
    VNUMA__JSON_OBJECT,
} vnuma__jsondoc_type;

typedef struct {
    vnuma__jsondoc_type type;
    uint32_t key, key_len;   /* in bytes: its name in an object */
    uint32_t text, text_len; /* in bytes */
    uint32_t first, next;    /* indices: child, sibling; 0: none */
    vnuma_span span;         /* array and object: only the bracket */
} vnuma__jsondoc_value;

typedef struct {
    vnuma__jsondoc_value *values; /* owned; the first is the root */
    uint32_t num_values, size_values;
    char *bytes; /* owned */
    uint32_t num_bytes, size_bytes;
} vnuma__jsondoc;

void vnuma__jsondoc_init(vnuma__jsondoc *json);
void vnuma__jsondoc_dispose(vnuma__jsondoc *json);

/*
 * Returns 0; 1 when the text is not JSON or too large, which is reported (id
 * "json"); or VNUMA_ERROR_NOMEM.
 */
int vnuma__jsondoc_parse(vnuma__text text, vnuma__jsondoc *json_r,
                         vnuma_diags *diags);

/* Returns the value of the whole text. */
const vnuma__jsondoc_value *vnuma__jsondoc_root(const vnuma__jsondoc *json);
/*
 * Returns the last member of that name, which is the one that counts, or NULL.
 */
const vnuma__jsondoc_value *
vnuma__jsondoc_member(const vnuma__jsondoc *json,
                      const vnuma__jsondoc_value *object, const char *name);
/*
 * Returns the first value whose key its object has already, or before which
 * its object has VNUMA__JSON_MAX_KEYS others; NULL: there is none.  Programs
 * differ in which of two counts.
 */
#define VNUMA__JSON_MAX_KEYS 128u /* bounds the time to compare them */
const vnuma__jsondoc_value *
vnuma__jsondoc_find_twice(const vnuma__jsondoc *json);
/* Returns the text of a number, a string or a boolean. */
vnuma__text vnuma__jsondoc_text(const vnuma__jsondoc *json,
                                const vnuma__jsondoc_value *value);

/*
 * Reads a member that is an array of at most @room numbers, each up to @max.
 * Returns what is wrong with it, or NULL.
 */
const char *vnuma__jsondoc_numbers(const vnuma__jsondoc *json,
                                   const vnuma__jsondoc_value *object,
                                   const char *name, uint64_t max,
                                   uint64_t *numbers_r, uint32_t room,
                                   uint32_t *num_r);

/* These visit the items of an array or the members of an object. */
const vnuma__jsondoc_value *
vnuma__jsondoc_first(const vnuma__jsondoc *json,
                     const vnuma__jsondoc_value *list);
const vnuma__jsondoc_value *
vnuma__jsondoc_next(const vnuma__jsondoc *json,
                    const vnuma__jsondoc_value *value);

#define VNUMA__JSON_FOREACH(value, json, list)                                \
    for ((value) = vnuma__jsondoc_first((json), (list)); (value);             \
         (value) = vnuma__jsondoc_next((json), (value)))

#endif
