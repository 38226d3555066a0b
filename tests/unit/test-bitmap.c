/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of small numbers. */
#include "config.h"

#include "inside.h"
#include "tap.h"

static void set_all(vnuma_bitmap *bitmap, const uint32_t *bits, unsigned int n)
{
    unsigned int i;

    vnuma_bitmap_init(bitmap);
    for (i = 0; i < n; i++)
        CHECK_INT(vnuma_bitmap_set(bitmap, bits[i]), 0);
}

static void check_format(const uint32_t *bits, unsigned int n,
                         const char *want)
{
    vnuma_bitmap bitmap;
    char *text;

    set_all(&bitmap, bits, n);
    text = vnuma_bitmap_format(&bitmap);
    CHECK_STR(text, want);
    free(text);
    vnuma_bitmap_dispose(&bitmap);
}

static void format_writes_runs_as_ranges(void)
{
    check_format(NULL, 0, "none");
    check_format((const uint32_t[]){ 0 }, 1, "0");
    check_format((const uint32_t[]){ 8, 0, 1, 2, 3 }, 5, "0-3,8");
    check_format((const uint32_t[]){ 63, 64, 65, 127 }, 4, "63-65,127");
    check_format((const uint32_t[]){ VNUMA_BITMAP_MAX - 1 }, 1, "65535");
}

static void next_crosses_words_and_ends(void)
{
    static const uint32_t bits[] = { 3, 64, 200 };
    vnuma_bitmap bitmap;

    set_all(&bitmap, bits, 3);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 0), 3);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 3), 3);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 4), 64);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 65), 200);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 201), VNUMA_BITMAP_NONE);
    CHECK_UINT(vnuma_bitmap_next(&bitmap, 4096), VNUMA_BITMAP_NONE);
    CHECK_UINT(vnuma_bitmap_count(&bitmap), 3);
    vnuma_bitmap_dispose(&bitmap);
}

static void equal_sets_may_differ_in_length(void)
{
    vnuma_bitmap a, b;

    set_all(&a, (const uint32_t[]){ 1, 300 }, 2);
    set_all(&b, (const uint32_t[]){ 1 }, 1);
    CHECK(!vnuma_bitmap_equal(&a, &b));
    CHECK(!vnuma_bitmap_equal(&b, &a));
    CHECK_INT(vnuma_bitmap_copy(&b, &a), 0);
    CHECK(vnuma_bitmap_equal(&a, &b));
    CHECK(!vnuma_bitmap_test(&a, 300));
    vnuma_bitmap_dispose(&a);
    vnuma_bitmap_dispose(&b);
}

static void dispose_twice_is_harmless(void)
{
    vnuma_bitmap bitmap;

    set_all(&bitmap, (const uint32_t[]){ 5 }, 1);
    vnuma_bitmap_dispose(&bitmap);
    vnuma_bitmap_dispose(&bitmap);
    CHECK_UINT(vnuma_bitmap_count(&bitmap), 0);
}

static const tap_case cases[] = {
    TAP_CASE(format_writes_runs_as_ranges),
    TAP_CASE(next_crosses_words_and_ends),
    TAP_CASE(equal_sets_may_differ_in_length),
    TAP_CASE(dispose_twice_is_harmless),
};

int main(void)
{
    return TAP_RUN(cases);
}
