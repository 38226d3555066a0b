/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON from outside into a tree in which every value knows its place.
 * yajl parses; this keeps the values, within bounds.
 */
#ifndef VNUMA_JSON_TREE_H
#define VNUMA_JSON_TREE_H

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define VNUMA__JSON_MAX_DEPTH 16u
#define VNUMA__JSON_MAX_VALUES (1u << 20)

typedef enum {
    VNUMA__JSON_NULL,
    VNUMA__JSON_BOOLEAN, /* text: "true" or "false" */
    VNUMA__JSON_NUMBER,  /* text: as it is written */
    VNUMA__JSON_STRING,  /* text: without escapes */
    VNUMA__JSON_ARRAY,
    VNUMA__JSON_OBJECT,
} vnuma__jsondoc_type;

/* Kept small: a hostile text has one for two of its bytes. */
typedef struct vnuma__jsondoc_value {
    vnuma__jsondoc_type type : 3;
    unsigned int key_len : 29;
    uint32_t text_len; /* of an array or object: all of it, as it is written */
    union {
        const char *text;
        struct vnuma__jsondoc_value *first; /* of an array or object */
    };
    const char *key; /* its name in an object, or NULL */
    struct vnuma__jsondoc_value *next;
    vnuma_span span; /* array and object: only the bracket */
} vnuma__jsondoc_value;

typedef struct {
    vnuma__arena *memory;       /* owned; all values, and texts with escapes */
    vnuma__jsondoc_value *root; /* the value of the whole text */
} vnuma__jsondoc;

/*
 * The text must stay while the tree is used.
 *
 * Returns 0; 1 when the text is not JSON or too large, which is reported (id
 * "json"); or VNUMA_ERROR_NOMEM.  After an error the tree is empty, as all
 * zeroes are.
 */
int vnuma__jsondoc_parse(vnuma__text text, vnuma__jsondoc *json_r,
                         vnuma_diags *diags);
/*
 * The same, but arrays and objects by these keys, which NULL ends, have
 * nothing in them: of a large text that takes much of the time.  What is right
 * below a member of the root is not meant: there a key may be any name.
 */
int vnuma__jsondoc_parse_open(vnuma__text text, const char *const *closed,
                              vnuma__jsondoc *json_r, vnuma_diags *diags);
void vnuma__jsondoc_dispose(vnuma__jsondoc *json);

static inline bool vnuma__jsondoc_has_key(const vnuma__jsondoc_value *member,
                                          const char *key)
{
    size_t len = member->key_len;

    return (!len || *member->key == *key) && strlen(key) == len &&
           !memcmp(member->key, key, len);
}

/*
 * Returns the last member of that name, which is the one that counts, or NULL:
 * there is none, or @object is NULL or no object.
 */
const vnuma__jsondoc_value *
vnuma__jsondoc_member(const vnuma__jsondoc_value *object, const char *name);
/*
 * Returns the first value below @list whose key its object has already, or
 * before which its object has VNUMA__JSON_MAX_KEYS others; NULL: there is
 * none.  Programs differ in which of two counts.
 */
#define VNUMA__JSON_MAX_KEYS 128u /* bounds the time to compare them */
const vnuma__jsondoc_value *
vnuma__jsondoc_find_twice(const vnuma__jsondoc_value *list);
/* Returns the text of a number, a string or a boolean. */
vnuma__text vnuma__jsondoc_text(const vnuma__jsondoc_value *value);

/*
 * A member that is an array of at most @num numbers up to @max, each of 32 or
 * 64 bits (@size), @stride bytes from one to the next.
 */
typedef struct {
    const char *key;
    uint64_t max;
    void *first;
    size_t size, stride;
    uint32_t num;
} vnuma__numbers;

/* One member of each item of an array, whose first is @number; or all of it. */
#define VNUMA__NUMBERS(key, max, array, number, num)                          \
    { key, max, &(number), sizeof(number), sizeof(*(array)), num }
#define VNUMA__NUMBER_LIST(key, max, array, num)                              \
    VNUMA__NUMBERS(key, max, array, (array)[0], num)

/* Reads them; returns what is wrong, or NULL. */
const char *vnuma__jsondoc_numbers(const vnuma__jsondoc_value *object,
                                   const vnuma__numbers *numbers,
                                   uint32_t *num_r);

/* These visit the items of an array or the members of an object, or NULL. */
static inline const vnuma__jsondoc_value *
vnuma__jsondoc_first(const vnuma__jsondoc_value *list)
{
    return list && list->type >= VNUMA__JSON_ARRAY ? list->first : NULL;
}

#define VNUMA__JSON_FOREACH(value, list)                                      \
    for ((value) = vnuma__jsondoc_first(list); (value);                       \
         (value) = (value)->next)

#endif
