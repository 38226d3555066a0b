/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: sets of small numbers, of vcpus, pcpus and pnodes.
 */
#ifndef VNUMA_BITMAP_H
#define VNUMA_BITMAP_H

#include "vnuma_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zeroes is the empty set.  Members are below VNUMA_BITMAP_MAX. */
typedef struct {
    uint64_t *words; /* owned */
    uint32_t num_words;
} vnuma_bitmap;

#define VNUMA_BITMAP_MAX 65536u
#define VNUMA_BITMAP_NONE UINT32_MAX

void vnuma_bitmap_init(vnuma_bitmap *bitmap);
void vnuma_bitmap_dispose(vnuma_bitmap *bitmap);
/* Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_bitmap_set(vnuma_bitmap *bitmap, uint32_t bit);
/* In place of what @to held.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma_bitmap_copy(const vnuma_bitmap *from, vnuma_bitmap *to);
bool vnuma_bitmap_test(const vnuma_bitmap *bitmap, uint32_t bit);
unsigned int vnuma_bitmap_count(const vnuma_bitmap *bitmap);
bool vnuma_bitmap_equal(const vnuma_bitmap *a, const vnuma_bitmap *b);
/* The smallest member >= @bit, or VNUMA_BITMAP_NONE. */
uint32_t vnuma_bitmap_next(const vnuma_bitmap *bitmap, uint32_t bit);
/* "0-3,8", "none" when empty; to be freed by the caller, NULL: no memory. */
char *vnuma_bitmap_format(const vnuma_bitmap *bitmap);

#define VNUMA_BITMAP_FOREACH(bit, bitmap)                                     \
    for ((bit) = vnuma_bitmap_next((bitmap), 0); (bit) != VNUMA_BITMAP_NONE;  \
         (bit) = vnuma_bitmap_next((bitmap), (bit) + 1))

#ifdef __cplusplus
}
#endif

#endif
