/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces of a text: cutting them while each keeps its place in the source, and
 * reading numbers.
 */
#ifndef VNUMA_TEXT_H
#define VNUMA_TEXT_H

#include "vnuma.h"

/* A piece of a string value: not copied, not NUL-terminated. */
typedef struct {
    const char *ptr;
    uint32_t len;
    vnuma_span span; /* of these bytes if exact, else of the value */
    bool exact;
} vnuma__text;

#define VNUMA__TEXT_ARG(text) (int)(text).len, (text).ptr /* for "%.*s" */

/* Returns the bytes [start, end) of a text, clipped to it. */
vnuma__text vnuma__text_slice(vnuma__text text, uint32_t start, uint32_t end);
/* Returns the text without the white space (isspace) before, or around it. */
vnuma__text vnuma__text_skip_space(vnuma__text text);
vnuma__text vnuma__text_trim(vnuma__text text);
/* Succeeds for digits only, with a value of at most max; does not overflow. */
bool vnuma__text_to_u64(vnuma__text text, uint64_t max, uint64_t *value_r);
/* The same of "N" or "N-M", which may be backwards. */
bool vnuma__text_to_range(vnuma__text text, uint64_t max, uint64_t *first_r,
                          uint64_t *last_r);
/*
 * Adds "N" or "N-M", of at most @max, to a set.  Returns 0, VNUMA_ERROR_NOMEM,
 * or VNUMA_ERROR_CONFIG for anything else.
 */
int vnuma__text_add_range(vnuma__text text, uint32_t max, vnuma_bitmap *set);
bool vnuma__text_equal(vnuma__text text, const char *string);
bool vnuma__text_starts_with(vnuma__text text, const char *prefix);

static inline vnuma__text vnuma__span_text(vnuma_span span)
{
    return (vnuma__text){ span.source->text + span.start,
                          span.end - span.start, span, true };
}

/* All of it; NULL and 0 of one that is empty. */
static inline vnuma__text vnuma__source_text(const vnuma_source *source)
{
    return (vnuma__text){ source->text, source->len,
                          { source, 0, source->len }, true };
}

/* As vnuma_source_read() of a file that is open; it stays open. */
int vnuma__source_read_fd(vnuma_source *source, const char *name, int fd);

/*
 * As vnuma_source_read() of a file that a text of others names: only a regular
 * one is opened, so that no pipe is waited for and no device does what it does
 * when it is opened; one without a size, as in /proc, is empty.  errno is 0 for
 * what is none.
 */
int vnuma__source_read_regular(vnuma_source *source, const char *path);

/*
 * Whether there is a NUL in a text, which would pass for its end; that is
 * reported as @id.
 */
bool vnuma__has_nul(const vnuma_source *source, const char *id,
                    vnuma_diags *diags);

/*
 * Takes the next piece off *@rest, a list separated by @separator, and trims
 * it; false when there is none.  "" has one piece, "," has two.
 */
bool vnuma__text_next(vnuma__text *rest, char separator, vnuma__text *piece_r);
/* Returns the value of a digit of any base up to 16, or UINT32_MAX. */
unsigned int vnuma__digit(char c);
bool vnuma__text_is_digits(vnuma__text text);
/*
 * Takes the digits in @base that a text begins with off it; returns how many.
 * Too large a value counts as UINT64_MAX.
 */
uint32_t vnuma__text_take_digits(vnuma__text *text, unsigned int base,
                                 uint64_t *value_r);
/*
 * The same as strtoull() reads it, but without a minus: also after blanks and
 * a plus, in @base 0 with 0x or 0 before it; whether there are digits.
 */
bool vnuma__text_take_number(vnuma__text *text, unsigned int base,
                             uint64_t *value_r);
/* As QEMU reads it: "1.5G", "0x1000"; @unit: of a number without suffix. */
bool vnuma__text_to_bytes(vnuma__text text, uint64_t unit, uint64_t *bytes_r);
/*
 * As libvirt reads it: KB is 1000 bytes, k and KiB are 1024, as "" is; 0: it
 * is none.
 */
uint64_t vnuma__text_to_unit(vnuma__text unit);
/* Returns the offset of the first byte @c, or text.len. */
uint32_t vnuma__text_find(vnuma__text text, char c);

#endif
