/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing JSON with yajl_gen, safely: any bytes become valid UTF-8, and lack
 * of memory gives NULL where yajl itself would crash.
 */
#ifndef VNUMA_JSON_H
#define VNUMA_JSON_H

#include <stddef.h>

#include <yajl/yajl_gen.h>

#include "base/print.h"
#include "vnuma.h"

typedef struct {
    yajl_gen gen;
    vnuma__print out;
    bool failed, is_line;
    size_t num_pool;
    _Alignas(max_align_t) unsigned char pool[4096]; /* what yajl allocates */
} vnuma__json;

/*
 * Indents when @pretty, else it is one line.  _finish() must follow; it ends
 * the object that _begin() opens.
 */
void vnuma__json_init(vnuma__json *json, bool pretty);
#define vnuma__json_begin(json, pretty)                                       \
    (vnuma__json_init((json), (pretty)), vnuma__json_map(json))
void vnuma__json_string(vnuma__json *json, const char *string); /* or NULL */
void vnuma__json_uint(vnuma__json *json, uint64_t value);
/* Thousandths as a number, with a fraction only where there is one. */
void vnuma__json_milli(vnuma__json *json, uint64_t value);
#define vnuma__json_bool(json, value) yajl_gen_bool((json)->gen, (value))
#define vnuma__json_null(json) yajl_gen_null((json)->gen)
#define vnuma__json_map(json) yajl_gen_map_open((json)->gen)
#define vnuma__json_end_map(json) yajl_gen_map_close((json)->gen)
#define vnuma__json_array(json) yajl_gen_array_open((json)->gen)
#define vnuma__json_end_array(json) yajl_gen_array_close((json)->gen)

/* A key is a string, and each of these writes one first. */
#define vnuma__json_key vnuma__json_string
#define vnuma__json_add_string(json, key, string)                             \
    (vnuma__json_key((json), (key)), vnuma__json_string((json), (string)))
#define vnuma__json_add_uint(json, key, value)                                \
    (vnuma__json_key((json), (key)), vnuma__json_uint((json), (value)))
#define vnuma__json_add_bool(json, key, value)                                \
    (vnuma__json_key((json), (key)), vnuma__json_bool((json), (value)))
#define vnuma__json_add_map(json, key)                                        \
    (vnuma__json_key((json), (key)), vnuma__json_map(json))
#define vnuma__json_add_array(json, key)                                      \
    (vnuma__json_key((json), (key)), vnuma__json_array(json))
/* null when @value is @unknown. */
void vnuma__json_add_known(vnuma__json *json, const char *key, uint64_t value,
                           uint64_t unknown);
/*
 * An array of @num numbers of 32 or 64 bits (@size), @stride bytes from one to
 * the next.
 */
void vnuma__json_add_numbers(vnuma__json *json, const char *key,
                             const void *first, size_t size, size_t stride,
                             uint32_t num);
#define VNUMA__JSON_LIST(json, key, array, num)                               \
    vnuma__json_add_numbers((json), (key), (array), sizeof(*(array)),         \
                            sizeof(*(array)), (num))
/* The members of @set as an array of numbers. */
void vnuma__json_set(vnuma__json *json, const char *key,
                     const vnuma_bitmap *set);

/* Returns the text, or one value alone; the caller frees.  NULL: no memory. */
char *vnuma__json_finish(vnuma__json *json);

#endif
