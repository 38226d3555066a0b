/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the text of a guest's HMAT; see hmat_text.h. */
#include "config.h"

#include "tables/hmat_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define ID "hmat-text"

/* What Linux takes: 32 bits of picoseconds or of MB/s. */
#define SPEED_MAX UINT32_MAX
#define CACHE_MAX (UINT64_C(1) << 52)

const vnuma__hmat_guest vnuma__hmat_any_guest = {
    .num_vnodes = VNUMA_MAX_VNODES,
    .has_vcpus = { [0 ... VNUMA_MAX_VNODES - 1] = true },
    .has_memory = { [0 ... VNUMA_MAX_VNODES - 1] = true },
};

typedef struct {
    const vnuma__hmat_guest *guest;
    vnuma__hmat *hmat;
    vnuma_diags *diags;
    int rc;
    vnuma__text rest; /* of the line */
} text_reader;

#define bad(r, span, ...) vnuma__error((r)->diags, ID, span, __VA_ARGS__)

/* ---- words -------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Empty at the end of the line, where it is then. */
static vnuma__text next_word(text_reader *r)
{
    vnuma__text rest = r->rest, word;
    uint32_t start = 0, end;

    while (start < rest.len && is_blank(rest.ptr[start]))
        start++;
    end = start;
    while (end < rest.len && !is_blank(rest.ptr[end]))
        end++;
    word = vnuma__text_slice(rest, start, end);
    r->rest = vnuma__text_slice(rest, end, rest.len);
    return word;
}

static bool ends_line(text_reader *r)
{
    vnuma__text word = next_word(r);

    if (word.len)
        bad(r, word.span, "there is more than this line needs: \"%.*s\"",
            VNUMA__TEXT_ARG(word));
    return !word.len;
}

/* ---- vnodes ------------------------------------------------------------- */

typedef struct {
    uint32_t first, last;
} range;

static bool read_vnode(text_reader *r, vnuma__text word, uint32_t *vnode_r)
{
    uint64_t vnode;

    if (!vnuma__text_to_u64(word, UINT32_MAX, &vnode)) {
        bad(r, word.span, "this is not the number of a vnode: \"%.*s\"",
            VNUMA__TEXT_ARG(word));
        return false;
    }
    if (vnode >= r->guest->num_vnodes) {
        bad(r, word.span, "the guest has no vnode %" PRIu64, vnode);
        return false;
    }
    *vnode_r = (uint32_t)vnode;
    return true;
}

static bool read_range(text_reader *r, range *range_r)
{
    vnuma__text word = next_word(r);
    uint32_t dash = vnuma__text_find(word, '-');

    if (!read_vnode(r, vnuma__text_slice(word, 0, dash), &range_r->first))
        return false;
    range_r->last = range_r->first;
    if (dash == word.len)
        return true;
    if (!read_vnode(r, vnuma__text_slice(word, dash + 1, word.len),
                    &range_r->last))
        return false;
    if (range_r->last >= range_r->first)
        return true;
    bad(r, word.span, "this range ends before it begins: \"%.*s\"",
        VNUMA__TEXT_ARG(word));
    return false;
}

/* CPUs to begin at; @at is where to say that there are none. */
static bool all_have_vcpus(text_reader *r, range from, vnuma_span at)
{
    for (; from.first <= from.last; from.first++)
        if (!r->guest->has_vcpus[from.first]) {
            bad(r, at, "vnode %" PRIu32 " has no vcpus to begin at",
                from.first);
            vnuma__hint(r->diags, "the first number is that of the vcpus, "
                                  "the second that of the memory");
            return false;
        }
    return true;
}

static bool all_have_memory(text_reader *r, range to, vnuma_span at)
{
    for (; to.first <= to.last; to.first++)
        if (!r->guest->has_memory[to.first]) {
            bad(r, at, "vnode %" PRIu32 " has no memory", to.first);
            return false;
        }
    return true;
}

/* ---- speeds ------------------------------------------------------------- */

/* "80", "80.5", up to three digits after the point. */
static bool read_ns(vnuma__text word, uint64_t *ps_r)
{
    uint32_t point = vnuma__text_find(word, '.'), digits;
    vnuma__text part = vnuma__text_slice(word, point + 1, word.len);
    uint64_t ns, rest = 0;

    if (!vnuma__text_to_u64(vnuma__text_slice(word, 0, point),
                            SPEED_MAX / 1000, &ns) ||
        (point < word.len &&
         (part.len > 3 || !vnuma__text_to_u64(part, 999, &rest))))
        return false;
    for (digits = part.len; point < word.len && digits < 3; digits++)
        rest *= 10;
    *ps_r = ns * 1000 + rest;
    return *ps_r && *ps_r <= SPEED_MAX;
}

static bool read_speed(text_reader *r, vnuma__hmat_kind kind,
                       uint64_t *speed_r)
{
    vnuma__text word = next_word(r);

    *speed_r = VNUMA__UNREACHABLE;
    if (vnuma__text_equal(word, "unreachable"))
        return true;
    if (vnuma__is_latency(kind)
            ? read_ns(word, speed_r)
            : vnuma__text_to_u64(word, SPEED_MAX, speed_r) && *speed_r)
        return true;
    if (vnuma__is_latency(kind))
        bad(r, word.span,
            "this is not a latency in ns, from 0.001 to 4294967.295: "
            "\"%.*s\"",
            VNUMA__TEXT_ARG(word));
    else
        bad(r, word.span,
            "this is not a bandwidth in MB/s, a whole number from 1 to "
            "%" PRIu32 ": \"%.*s\"",
            SPEED_MAX, VNUMA__TEXT_ARG(word));
    return false;
}

/* A number of a word "KEY=N". */
static bool read_option(text_reader *r, vnuma__text word, uint64_t min,
                        uint64_t max, uint64_t *value_r)
{
    uint32_t equals = vnuma__text_find(word, '=');

    if (vnuma__text_to_u64(vnuma__text_slice(word, equals + 1, word.len), max,
                           value_r) &&
        *value_r >= min)
        return true;
    bad(r, word.span,
        "this is not a number from %" PRIu64 " to %" PRIu64 ": \"%.*s\"", min,
        max, VNUMA__TEXT_ARG(word));
    return false;
}

/* The last word of a line of speeds, if there is one. */
static bool read_level(text_reader *r, uint64_t *level_r)
{
    vnuma__text word = next_word(r);

    *level_r = 0;
    if (!word.len)
        return true;
    if (vnuma__text_starts_with(word, "level="))
        return read_option(r, word, 0, VNUMA__HMAT_LEVELS - 1, level_r) &&
               ends_line(r);
    bad(r, word.span, "only level= may follow here, not \"%.*s\"",
        VNUMA__TEXT_ARG(word));
    return false;
}

static void set_speeds(text_reader *r, vnuma__hmat_kind kind, range from,
                       range to, unsigned int level, uint64_t speed,
                       vnuma_span line)
{
    uint32_t i, j;

    for (i = from.first; i <= from.last; i++)
        for (j = to.first; j <= to.last && !r->rc; j++) {
            if (vnuma__hmat_get(r->hmat, level, kind, i, j)) {
                bad(r, line,
                    "%s from vnode %" PRIu32 " to vnode %" PRIu32
                    " is given already",
                    vnuma__hmat_words[kind], i, j);
                return;
            }
            r->rc = vnuma__hmat_set(r->hmat, level, kind, i, j, speed);
        }
}

static void read_speeds(text_reader *r, vnuma__hmat_kind kind, vnuma_span line)
{
    uint64_t speed, level;
    range from, to;

    if (read_range(r, &from) && read_range(r, &to) &&
        read_speed(r, kind, &speed) && read_level(r, &level) &&
        all_have_vcpus(r, from, line) && all_have_memory(r, to, line))
        set_speeds(r, kind, from, to, level, speed, line);
}

/* ---- what else there is ------------------------------------------------- */

static void read_nearest(text_reader *r, vnuma_span line)
{
    range from;
    uint32_t vnode;

    if (!read_vnode(r, next_word(r), &vnode) ||
        !read_vnode(r, next_word(r), &from.first) || !ends_line(r))
        return;
    from.last = from.first;
    if (!all_have_vcpus(r, from, line))
        return;
    if (r->hmat->nearest[vnode] != VNUMA_ID_UNKNOWN)
        bad(r, line,
            "the nearest vcpus of vnode %" PRIu32 " are given already", vnode);
    else
        r->hmat->nearest[vnode] = from.first;
}

/* "16G": the unit cannot be left out. */
static bool read_size(text_reader *r, vnuma__text word, uint64_t *size_r)
{
    static const char units[] = "BKMGT";
    vnuma__text text =
        vnuma__text_slice(word, vnuma__text_find(word, '=') + 1, word.len);
    const char *unit =
        text.len ? memchr(units, text.ptr[text.len - 1], sizeof(units) - 1)
                 : NULL;
    unsigned int shift = unit ? 10 * (unsigned int)(unit - units) : 0;

    if (unit &&
        vnuma__text_to_u64(vnuma__text_slice(text, 0, text.len - 1),
                           CACHE_MAX >> shift, size_r) &&
        *size_r) {
        *size_r <<= shift;
        return true;
    }
    bad(r, word.span, "this is not a size: \"%.*s\"", VNUMA__TEXT_ARG(word));
    vnuma__hint(r->diags, "write a number and B, K, M, G or T, as in "
                          "size=16G");
    return false;
}

static bool read_name(text_reader *r, vnuma__text word,
                      const char *const *names, uint32_t *value_r)
{
    vnuma__text name =
        vnuma__text_slice(word, vnuma__text_find(word, '=') + 1, word.len);

    for (*value_r = 0; names[*value_r]; ++*value_r)
        if (vnuma__text_equal(name, names[*value_r]))
            return true;
    bad(r, word.span, "a cache has no such value: \"%.*s\"",
        VNUMA__TEXT_ARG(word));
    vnuma__hint(r->diags, "it is one of %s, %s and %s", names[0], names[1],
                names[2]);
    return false;
}

static bool read_cache_option(text_reader *r, vnuma__text word,
                              vnuma__side_cache *cache)
{
    uint64_t number = 0;
    bool ok = true;

    if (vnuma__text_starts_with(word, "size=")) {
        ok = read_size(r, word, &cache->size);
    } else if (vnuma__text_starts_with(word, "level=")) {
        ok = read_option(r, word, 1, VNUMA__HMAT_LEVELS - 1, &number);
        cache->level = number;
    } else if (vnuma__text_starts_with(word, "levels=")) {
        ok = read_option(r, word, 1, VNUMA__HMAT_LEVELS - 1, &number);
        cache->num_levels = number;
    } else if (vnuma__text_starts_with(word, "line=")) {
        ok = read_option(r, word, 1, UINT16_MAX, &number);
        cache->line = number;
    } else if (vnuma__text_starts_with(word, "associativity=")) {
        ok = read_name(r, word, vnuma__hmat_associativities,
                       &cache->associativity);
    } else if (vnuma__text_starts_with(word, "policy=")) {
        ok = read_name(r, word, vnuma__hmat_policies, &cache->policy);
    } else {
        bad(r, word.span, "a cache has no such option: \"%.*s\"",
            VNUMA__TEXT_ARG(word));
        return false;
    }
    return ok;
}

static void read_cache(text_reader *r, vnuma_span line)
{
    vnuma__side_cache cache = { .level = 1 };
    vnuma__text word;
    int rc;

    if (!read_vnode(r, next_word(r), &cache.node) ||
        !all_have_memory(r, (range){ cache.node, cache.node }, line))
        return;
    for (word = next_word(r); word.len; word = next_word(r))
        if (!read_cache_option(r, word, &cache))
            return;
    if (!cache.num_levels)
        cache.num_levels = cache.level;
    if (!cache.size) {
        bad(r, line, "this cache has no size=");
    } else if (cache.level > cache.num_levels) {
        bad(r, line, "this cache is of level %" PRIu32 " of %" PRIu32,
            cache.level, cache.num_levels);
    } else {
        rc = vnuma__hmat_add_cache(r->hmat, &cache);
        if (rc == VNUMA_ERROR_CONFIG)
            bad(r, line, "this cache is given already");
        else
            r->rc = rc;
    }
}

/* ---- lines -------------------------------------------------------------- */

/* What a line begins with, in the order of vnuma__hmat_kind. */
enum { NEAREST = VNUMA__HMAT_KINDS, CACHE, NONE };

static unsigned int find_kind(vnuma__text word)
{
    unsigned int kind = 0;

    if (vnuma__text_equal(word, "nearest"))
        return NEAREST;
    if (vnuma__text_equal(word, "cache"))
        return CACHE;
    while (kind < VNUMA__HMAT_KINDS &&
           !vnuma__text_equal(word, vnuma__hmat_words[kind]))
        kind++;
    return kind < VNUMA__HMAT_KINDS ? kind : NONE;
}

/* Takes its first word off it; empty when it says nothing. */
static vnuma__text begin_line(text_reader *r, vnuma__text *line)
{
    r->rest = vnuma__text_slice(*line, 0, vnuma__text_find(*line, '#'));
    *line = vnuma__text_trim(r->rest);
    return next_word(r);
}

static void read_line(text_reader *r, vnuma__text line)
{
    vnuma__text word = begin_line(r, &line);
    unsigned int kind = find_kind(word);

    if (!word.len)
        return;
    if (kind < VNUMA__HMAT_KINDS) {
        read_speeds(r, kind, line.span);
    } else if (kind == NEAREST) {
        read_nearest(r, line.span);
    } else if (kind == CACHE) {
        read_cache(r, line.span);
    } else {
        bad(r, word.span, "no line begins with \"%.*s\"",
            VNUMA__TEXT_ARG(word));
        vnuma__hint(r->diags,
                    "lines are \"latency FROM TO NS\", \"bandwidth FROM TO "
                    "MB/S\", \"nearest VNODE FROM\", \"cache VNODE "
                    "size=SIZE\"");
    }
}

/*
 * A guest's file may name any, such as one that only root may read, and what
 * is wrong in it is quoted: of what is no such text nothing must be.
 */
static bool is_other_text(text_reader *r, vnuma__text text)
{
    vnuma__text line;

    while (vnuma__text_next(&text, '\n', &line))
        if (find_kind(begin_line(r, &line)) != NONE)
            return false;
    return true;
}

static void read_lines(text_reader *r, vnuma__text text)
{
    vnuma_span begin = { text.span.source, 0, 0 };
    unsigned int num_errors = r->diags->num_errors;
    vnuma__text line;

    while (!r->rc && !vnuma__is_enough(r->diags) &&
           vnuma__text_next(&text, '\n', &line))
        read_line(r, line);
    if (!r->rc && r->diags->num_errors == num_errors &&
        !vnuma__hmat_says_something(r->hmat))
        bad(r, begin,
            "the text has no latency, no bandwidth and no cache");
}

int vnuma__hmat_read_text(const vnuma_source *source,
                          const vnuma__hmat_guest *guest, vnuma__hmat *hmat_r,
                          vnuma_diags *diags)
{
    text_reader r = { .guest = guest, .hmat = hmat_r, .diags = diags };
    unsigned int num_errors = diags->num_errors;
    vnuma__text text = vnuma__source_text(source);

    r.rc = vnuma__hmat_init(hmat_r, guest->num_vnodes);
    if (!r.rc && is_other_text(&r, text))
        bad(&r, VNUMA__NOWHERE,
            "%s: this is not the text of an HMAT, of which each line begins "
            "with a word such as \"latency\"",
            source->name);
    else if (!r.rc && !vnuma__has_nul(source, ID, diags))
        read_lines(&r, text);
    if (!r.rc && diags->num_errors > num_errors)
        r.rc = VNUMA_ERROR_CONFIG;
    if (r.rc)
        vnuma__hmat_dispose(hmat_r);
    return r.rc;
}
