/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing JSON with yajl_gen, safely: any bytes become valid UTF-8, and lack
 * of memory gives NULL where yajl itself would crash.
 */
#ifndef VNUMA_JSON_H
#define VNUMA_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <yajl/yajl_gen.h>

#include "vnuma.h"

typedef struct {
    yajl_gen gen;
    FILE *stream;
    char *text;
    size_t size;
    bool failed;
    size_t num_pool;
    _Alignas(max_align_t) unsigned char pool[4096]; /* what yajl allocates */
} vnuma__json;

/* Indents when @pretty.  _finish() must follow. */
void vnuma__json_init(vnuma__json *json, bool pretty);
void vnuma__json_key(vnuma__json *json, const char *key);
void vnuma__json_string(vnuma__json *json, const char *string); /* or NULL */
void vnuma__json_uint(vnuma__json *json, uint64_t value);
/* Thousandths as a number, with a fraction only where there is one. */
void vnuma__json_milli(vnuma__json *json, uint64_t value);
void vnuma__json_bool(vnuma__json *json, bool value);
void vnuma__json_null(vnuma__json *json);
void vnuma__json_map(vnuma__json *json);
void vnuma__json_end_map(vnuma__json *json);
void vnuma__json_array(vnuma__json *json);
void vnuma__json_end_array(vnuma__json *json);

/* Each writes a key first. */
void vnuma__json_add_string(vnuma__json *json, const char *key,
                            const char *string);
void vnuma__json_add_uint(vnuma__json *json, const char *key, uint64_t value);
/* null when @value is @unknown. */
void vnuma__json_add_known(vnuma__json *json, const char *key, uint64_t value,
                           uint64_t unknown);
void vnuma__json_add_bool(vnuma__json *json, const char *key, bool value);
void vnuma__json_add_map(vnuma__json *json, const char *key);
void vnuma__json_add_array(vnuma__json *json, const char *key);
/* The members of @set as an array of numbers. */
void vnuma__json_set(vnuma__json *json, const char *key,
                     const vnuma_bitmap *set);

/* Returns the text, which the caller frees, or NULL: no memory. */
char *vnuma__json_finish(vnuma__json *json);

#endif
