/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lists inside a vnode's options:
 *
 *     vcpus      = range, ...       range = N | N-M
 *     vdistances = N, ...
 *
 * xl allows white space and a sign before a number, and anything after it;
 * here only white space may follow a piece, as what xl makes of the rest is
 * not what is written.
 */
#include "config.h"

#include "guest/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

/* With more ranges than vcpus some repeat; a few are kept for the report. */
#define MAX_RANGES (2 * VNUMA_MAX_VCPUS)

/*
 * Of vcpus= xl skips empty pieces, but not blank ones, and of commas alone it
 * dies.  A row of distances with an empty piece probably lost a number.
 */
static void report_empty_piece(vnuma__config_reader *p, const char *name,
                               vnuma_span span)
{
    vnuma__error(p->diags, "bad-number", span,
                 "%s= has a comma with no number next to it", name);
    vnuma__hint(p->diags, "leave out the comma");
}

/* ---- vcpus -------------------------------------------------------------- */

/* Splits "0-3", or what other programs write: "0..3", "0:3". */
static bool split_range(vnuma__text piece, const char *separator,
                        vnuma__text *first_r, vnuma__text *last_r)
{
    uint32_t len = strlen(separator);
    uint32_t at = vnuma__text_find(piece, separator[0]);

    if (at == 0 || at + len > piece.len ||
        memcmp(piece.ptr + at, separator, len))
        return false;
    *first_r = vnuma__text_trim(vnuma__text_slice(piece, 0, at));
    *last_r = vnuma__text_trim(vnuma__text_slice(piece, at + len, piece.len));
    return true;
}

/* Adds a hint for a piece that looks like a range but is none. */
static void hint_range(vnuma__config_reader *p, vnuma__text piece)
{
    static const char *const separators[] = { "-", "..", ":", "~", " " };
    vnuma__text first, last;
    unsigned int i;
    uint64_t n;

    for (i = 0; i < sizeof(separators) / sizeof(*separators); i++)
        if (split_range(piece, separators[i], &first, &last) &&
            vnuma__text_to_u64(first, UINT32_MAX, &n) &&
            vnuma__text_to_u64(last, UINT32_MAX, &n)) {
            bool is_blank = separators[i][0] == ' ';

            vnuma__fix_option(p, piece, "%.*s%c%.*s", VNUMA__TEXT_ARG(first),
                              is_blank ? ',' : '-', VNUMA__TEXT_ARG(last));
            vnuma__hint(p->diags, "%s%.*s%c%.*s",
                        is_blank ? "put a comma between numbers: " : "write ",
                        VNUMA__TEXT_ARG(first), is_blank ? ',' : '-',
                        VNUMA__TEXT_ARG(last));
            return;
        }
    vnuma__hint(p->diags, "write numbers and ranges: \"vcpus=0-3,8\"");
}

static bool is_vcpu(vnuma__config_reader *p, vnuma__range_end end)
{
    if (end.value < VNUMA_MAX_VCPUS)
        return true;
    vnuma__error(p->diags, "vcpu-too-large", end.text.span,
                 "vcpu %.*s: Xen gives an HVM guest at most %u, 0 to %u",
                 VNUMA__TEXT_ARG(end.text), VNUMA_MAX_VCPUS,
                 VNUMA_MAX_VCPUS - 1);
    return false;
}

static bool read_range(vnuma__config_reader *p, vnuma__text piece,
                       vnuma_vcpu_range *range_r)
{
    vnuma__range_end ends[2];

    piece = vnuma__text_trim(piece);
    if (!piece.len) {
        report_empty_piece(p, "vcpus", piece.span);
        return false;
    }
    if (!vnuma__parse_range(piece, ends)) {
        vnuma__error(p->diags, "bad-number", piece.span,
                     "vcpus= has a piece that is not a number or range: "
                     "\"%.*s\"",
                     VNUMA__TEXT_ARG(piece));
        hint_range(p, piece);
        return false;
    }
    if (!is_vcpu(p, ends[0]) || !is_vcpu(p, ends[1]))
        return false;
    *range_r = (vnuma_vcpu_range){ ends[0].value, ends[1].value, piece.span };
    if (range_r->first <= range_r->last)
        return true;
    vnuma__error(p->diags, "range-backwards", piece.span,
                 "vcpus=%" PRIu32 "-%" PRIu32 " is backwards and has no vcpu",
                 range_r->first, range_r->last);
    vnuma__hint(p->diags, "write %" PRIu32 "-%" PRIu32, range_r->last,
                range_r->first);
    vnuma__fix_option(p, piece, "%" PRIu32 "-%" PRIu32, range_r->last,
                      range_r->first);
    return false;
}

static int add_range(vnuma_vnode *vnode, vnuma_vcpu_range range)
{
    uint32_t vcpu;
    int rc = 0;

    if (!VNUMA__GROW(vnode->vcpu_ranges, vnode->num_vcpu_ranges))
        return VNUMA_ERROR_NOMEM;
    vnode->vcpu_ranges[vnode->num_vcpu_ranges++] = range;
    for (vcpu = range.first; vcpu <= range.last && !rc; vcpu++)
        rc = vnuma_bitmap_set(&vnode->vcpus, vcpu);
    return rc;
}

void vnuma__parse_vcpus(vnuma__config_reader *p, vnuma__text text,
                        vnuma_vnode *vnode)
{
    unsigned int num_errors = p->diags->num_errors;
    vnuma_vcpu_range range;
    vnuma__text piece;

    vnode->vcpus_span = text.span;
    while (!p->rc && !vnuma__is_enough(p->diags) &&
           vnode->num_vcpu_ranges < MAX_RANGES &&
           vnuma__next_piece(&text, &piece))
        if (read_range(p, piece, &range))
            p->rc = add_range(vnode, range);
    if (!p->rc && !vnode->num_vcpu_ranges &&
        p->diags->num_errors == num_errors)
        report_empty_piece(p, "vcpus", vnode->vcpus_span);
}

/* ---- vdistances --------------------------------------------------------- */

static bool read_distance(vnuma__config_reader *p, vnuma__text piece,
                          uint64_t *value_r)
{
    if (!piece.len) {
        report_empty_piece(p, "vdistances", piece.span);
        return false;
    }
    if (!vnuma__text_is_digits(piece)) {
        vnuma__error(p->diags, "bad-number", piece.span,
                     "vdistances= has a piece that is not a number: \"%.*s\"",
                     VNUMA__TEXT_ARG(piece));
        vnuma__hint(p->diags, "write one number per vnode: "
                              "\"vdistances=10,20\"");
        return false;
    }
    if (vnuma__text_to_u64(piece, VNUMA_DISTANCE_UNREACHABLE, value_r))
        return true;
    vnuma__error(p->diags, "distance-too-large", piece.span,
                 "distance %.*s does not fit the 8 bits of a SLIT",
                 VNUMA__TEXT_ARG(piece));
    vnuma__hint(p->diags, "write %u to %u", VNUMA_DISTANCE_LOCAL + 1,
                VNUMA_DISTANCE_MAX);
    return false;
}

void vnuma__parse_distances(vnuma__config_reader *p, vnuma__text text,
                            vnuma_vnode *vnode)
{
    unsigned int num_errors = p->diags->num_errors;
    uint64_t value;
    vnuma__text piece;

    vnode->distances_span = text.span;
    vnode->distances =
        vnuma__config_alloc(p, VNUMA_MAX_VNODES, sizeof(*vnode->distances));
    while (!p->rc && !vnuma__is_enough(p->diags) &&
           vnuma__text_next(&text, ',', &piece)) {
        if (vnode->num_distances == VNUMA_MAX_VNODES) {
            vnuma__error(p->diags, "vdistances-count", piece.span,
                         "more vdistances than Xen's %u vnodes",
                         VNUMA_MAX_VNODES);
            vnuma__hint(p->diags, "write one per vnode");
            break;
        }
        if (read_distance(p, piece, &value))
            vnode->distances[vnode->num_distances++] =
                (vnuma_number){ value, piece.span };
    }
    if (p->diags->num_errors > num_errors) {
        /* What is left of a row with a mistake has no meaning. */
        vnode->num_distances = 0;
        vnode->distances_span = VNUMA__NOWHERE;
    }
}
