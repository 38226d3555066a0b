/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing JSON with yajl, into a stream of ours: yajl's own buffer does not
 * survive being out of memory.
 */
#include "config.h"

#include "json_gen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void print(void *ctx, const char *text, size_t len)
{
    fwrite(text, 1, len, ctx);
}

static bool print_to(FILE *f, void (*put)(yajl_gen gen, const void *value),
                     const void *value)
{
    yajl_gen gen = yajl_gen_alloc(NULL);

    if (!gen)
        return false;
    yajl_gen_config(gen, yajl_gen_beautify, 1);
    yajl_gen_config(gen, yajl_gen_indent_string, "  ");
    yajl_gen_config(gen, yajl_gen_print_callback, print, f);
    put(gen, value);
    yajl_gen_free(gen);
    return !ferror(f);
}

char *vnuma__json_print(void (*put)(yajl_gen gen, const void *value),
                        const void *value)
{
    char *text = NULL;
    size_t size;
    bool ok;
    FILE *f;

    f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    ok = print_to(f, put, value);
    if (fclose(f) || !ok) {
        free(text);
        return NULL;
    }
    return text;
}

/* The string with every byte that is no part of a character replaced. */
static char *repair(const char *string, size_t *len_r)
{
    size_t len = strlen(string), at = 0, out = 0;
    char *text = malloc(3 * len + 1);
    uint32_t code;

    if (!text)
        return NULL;
    while (at < len) {
        unsigned int n = vnuma__utf8_decode(string + at, len - at, &code);

        memcpy(text + out, n ? string + at : REPLACEMENT, n ? n : 3);
        out += n ? n : 3;
        at += n ? n : 1;
    }
    *len_r = out;
    return text;
}

void vnuma__json_put_string(yajl_gen gen, const char *string)
{
    size_t len = 0;
    char *text = repair(string, &len);

    yajl_gen_string(gen, (const unsigned char *)(text ? text : ""), len);
    free(text);
}

void vnuma__json_put_number(yajl_gen gen, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    yajl_gen_number(gen, text, strlen(text));
}

void vnuma__json_put_key(yajl_gen gen, const char *key)
{
    yajl_gen_string(gen, (const unsigned char *)key, strlen(key));
}

void vnuma__json_put_member(yajl_gen gen, const char *key, uint64_t number)
{
    vnuma__json_put_key(gen, key);
    vnuma__json_put_number(gen, number);
}

void vnuma__json_put_bool(yajl_gen gen, const char *key, bool value)
{
    vnuma__json_put_key(gen, key);
    yajl_gen_bool(gen, value);
}
