/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of small numbers: vcpus, pcpus, pnodes.  A set grows to its largest
 * member; two sets are equal when their members are, whatever memory they
 * have.
 */
#include "config.h"

#include "vnuma.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

#define WORD_BITS 64u

void vnuma_bitmap_init(vnuma_bitmap *bitmap)
{
    memset(bitmap, 0, sizeof(*bitmap));
}

void vnuma_bitmap_dispose(vnuma_bitmap *bitmap)
{
    free(bitmap->words);
    vnuma_bitmap_init(bitmap);
}

static bool grow(vnuma_bitmap *bitmap, uint32_t num_words)
{
    uint64_t *words;

    if (num_words <= bitmap->num_words)
        return true;
    words = reallocarray(bitmap->words, num_words, sizeof(*words));
    if (!words)
        return false;
    memset(words + bitmap->num_words, 0,
           (num_words - bitmap->num_words) * sizeof(*words));
    bitmap->words = words;
    bitmap->num_words = num_words;
    return true;
}

static uint64_t word(const vnuma_bitmap *bitmap, uint32_t i)
{
    return i < bitmap->num_words ? bitmap->words[i] : 0;
}

int vnuma_bitmap_set(vnuma_bitmap *bitmap, uint32_t bit)
{
    assert(bit < VNUMA_BITMAP_MAX);
    if (!grow(bitmap, bit / WORD_BITS + 1))
        return VNUMA_ERROR_NOMEM;
    bitmap->words[bit / WORD_BITS] |= UINT64_C(1) << (bit % WORD_BITS);
    return 0;
}

int vnuma_bitmap_copy(const vnuma_bitmap *from, vnuma_bitmap *to)
{
    uint32_t i;

    if (!grow(to, from->num_words))
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < to->num_words; i++)
        to->words[i] = word(from, i);
    return 0;
}

bool vnuma_bitmap_test(const vnuma_bitmap *bitmap, uint32_t bit)
{
    return word(bitmap, bit / WORD_BITS) >> (bit % WORD_BITS) & 1;
}

unsigned int vnuma_bitmap_count(const vnuma_bitmap *bitmap)
{
    unsigned int count = 0;
    uint32_t i;

    for (i = 0; i < bitmap->num_words; i++)
        count += __builtin_popcountll(bitmap->words[i]);
    return count;
}

bool vnuma_bitmap_equal(const vnuma_bitmap *a, const vnuma_bitmap *b)
{
    uint32_t i;

    for (i = 0; i < a->num_words || i < b->num_words; i++)
        if (word(a, i) != word(b, i))
            return false;
    return true;
}

uint32_t vnuma_bitmap_next(const vnuma_bitmap *bitmap, uint32_t bit)
{
    uint32_t i = bit / WORD_BITS;
    uint64_t bits;

    if (i >= bitmap->num_words)
        return VNUMA_BITMAP_NONE;
    bits = bitmap->words[i] & ~UINT64_C(0) << (bit % WORD_BITS);
    while (!bits) {
        if (++i == bitmap->num_words)
            return VNUMA_BITMAP_NONE;
        bits = bitmap->words[i];
    }
    return i * WORD_BITS + __builtin_ctzll(bits);
}

int vnuma__bitmap_print(const vnuma_bitmap *bitmap, FILE *f)
{
    uint32_t start, end;
    int len = 0;

    VNUMA_BITMAP_FOREACH(start, bitmap) {
        for (end = start; vnuma_bitmap_test(bitmap, end + 1); end++)
            continue;
        len += fprintf(f, "%s%" PRIu32, len ? "," : "", start);
        if (end > start)
            len += fprintf(f, "-%" PRIu32, end);
        start = end;
    }
    return len ? len : fprintf(f, "none");
}

char *vnuma_bitmap_format(const vnuma_bitmap *bitmap)
{
    vnuma__print out;

    if (!vnuma__print_begin(&out))
        return NULL;
    vnuma__bitmap_print(bitmap, out.f);
    return vnuma__print_end(&out, false);
}
