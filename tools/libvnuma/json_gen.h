/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing JSON with yajl: the few words that all of our JSON is made of.
 * Nothing here fails until the text is taken, once, at the end.
 */
#ifndef VNUMA_JSON_GEN_H
#define VNUMA_JSON_GEN_H

#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

/*
 * The text that put() prints for a value, with a newline behind it; to be
 * freed by the caller; NULL: no memory.
 */
char *vnuma__json_print(void (*put)(yajl_gen gen, const void *value),
                        const void *value);

/* Bytes that are not UTF-8 become U+FFFD. */
void vnuma__json_put_string(yajl_gen gen, const char *string);
void vnuma__json_put_number(yajl_gen gen, uint64_t number);

/* A name in an object, and its value. */
void vnuma__json_put_key(yajl_gen gen, const char *key);
void vnuma__json_put_member(yajl_gen gen, const char *key, uint64_t number);
void vnuma__json_put_bool(yajl_gen gen, const char *key, bool value);

#endif
