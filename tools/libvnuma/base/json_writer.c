/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing JSON with yajl_gen.  yajl does not check what its allocator returns,
 * so the little memory that the generator needs comes from a pool inside our
 * own struct, and the text goes to a stream that reports its failures.
 */
#include "config.h"

#include "base/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static void *pool_malloc(void *ctx, size_t size)
{
    vnuma__json *json = ctx;
    void *ptr = json->pool + json->num_pool;

    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) *
           sizeof(max_align_t);
    /* yajl asks for the same each time, whatever is written. */
    assert(size <= sizeof(json->pool) - json->num_pool);
    json->num_pool += size;
    return ptr;
}

/* Only yajl's text buffer would grow, and our stream replaces it at once. */
static void *pool_realloc(void *ctx, void *ptr, size_t size)
{
    (void)ctx, (void)ptr, (void)size;
    return NULL;
}

static void pool_free(void *ctx, void *ptr)
{
    (void)ctx;
    (void)ptr;
}

/* How much of it a terminal may be shown; yajl escapes what is below " ". */
static size_t find_unsafe(const char *text, size_t len)
{
    bool is_safe = true;
    unsigned int num;
    size_t at;

    for (at = 0; at < len; at += num) {
        num = vnuma__utf8_next(text + at, len - at, &is_safe);
        if (!is_safe && (unsigned char)text[at] > ' ')
            break;
    }
    return at;
}

/* A character of a string, as JSON may have any, and all others. */
static void print_json(void *ctx, const char *text, size_t len)
{
    vnuma__json *json = ctx;
    uint32_t code;
    size_t safe;

    for (; len && !json->failed; text += safe, len -= safe) {
        safe = find_unsafe(text, len);
        if (safe) {
            json->failed = fwrite(text, 1, safe, json->out.f) != safe;
        } else {
            safe = vnuma__utf8_decode(text, len, &code);
            assert(safe); /* only well-formed strings come here */
            json->failed = fprintf(json->out.f, "\\u%04" PRIx32, code) < 0;
        }
    }
}

void vnuma__json_init(vnuma__json *json, bool pretty)
{
    /* Only where it is counts here. */
    /* cppcheck-suppress ctuuninitvar */
    yajl_alloc_funcs pool = { pool_malloc, pool_realloc, pool_free, json };

    json->num_pool = 0;
    json->is_line = !pretty;
    json->failed = !vnuma__print_begin(&json->out);
    json->gen = yajl_gen_alloc(&pool);
    assert(json->gen);
    yajl_gen_config(json->gen, yajl_gen_print_callback, print_json, json);
    yajl_gen_config(json->gen, yajl_gen_beautify, pretty);
    yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
}

/* Each byte that is not valid UTF-8 becomes U+FFFD. */
void vnuma__json_string(vnuma__json *json, const char *string)
{
    size_t len = string ? strlen(string) : 0, i;
    unsigned int num;
    uint32_t code;
    char *text, *q;

    if (!string) {
        yajl_gen_null(json->gen);
        return;
    }
    q = text = malloc(3 * len + 1); /* U+FFFD is 3 bytes */
    if (!text) {
        json->failed = true;
        return;
    }
    for (i = 0; i < len; i += num ? num : 1) {
        num = vnuma__utf8_decode(string + i, len - i, &code);
        q = num ? mempcpy(q, string + i, num) : mempcpy(q, "\ufffd", 3);
    }
    yajl_gen_string(json->gen, (unsigned char *)text, q - text);
    free(text);
}

void vnuma__json_uint(vnuma__json *json, uint64_t value)
{
    char text[21];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);

    yajl_gen_number(json->gen, text, len);
}

void vnuma__json_milli(vnuma__json *json, uint64_t value)
{
    char text[32];
    int len = snprintf(text, sizeof(text),
                       value % 1000 ? "%" PRIu64 ".%03" PRIu64 : "%" PRIu64,
                       value / 1000, value % 1000);

    yajl_gen_number(json->gen, text, len);
}

void vnuma__json_add_known(vnuma__json *json, const char *key, uint64_t value,
                           uint64_t unknown)
{
    vnuma__json_key(json, key);
    if (value == unknown)
        vnuma__json_null(json);
    else
        vnuma__json_uint(json, value);
}

void vnuma__json_add_numbers(vnuma__json *json, const char *key,
                             const void *first, size_t size, size_t stride,
                             uint32_t num)
{
    const char *at = first;

    vnuma__json_add_array(json, key);
    for (; num; num--, at += stride)
        vnuma__json_uint(json, size == sizeof(uint32_t)
                                   ? *(const uint32_t *)at
                                   : *(const uint64_t *)at);
    vnuma__json_end_array(json);
}

void vnuma__json_set(vnuma__json *json, const char *key,
                     const vnuma_bitmap *set)
{
    uint32_t bit;

    vnuma__json_add_array(json, key);
    VNUMA_BITMAP_FOREACH(bit, set)
        vnuma__json_uint(json, bit);
    vnuma__json_end_array(json);
}

char *vnuma__json_finish(vnuma__json *json)
{
    bool was_map = vnuma__json_end_map(json) == yajl_gen_status_ok;

    yajl_gen_free(json->gen);
    if (was_map && json->is_line && json->out.f)
        fputc('\n', json->out.f);
    return json->out.f ? vnuma__print_end(&json->out, json->failed) : NULL;
}
