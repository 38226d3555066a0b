/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes an HMAT; see hmat_table.h.  Fields are written one by one over zeroes.
 * All matrices have the same initiators and memories: those that the value
 * says something of.
 */
#include "config.h"

#include "tables/hmat_table.h"

#include <stdlib.h>
#include <string.h>

#include "tables/hmat_inside.h"
#include "vnuma_base.h"

#define put vnuma__acpi_put

typedef struct {
    const vnuma__hmat *hmat;
    uint32_t from[VNUMA_MAX_PNODES], to[VNUMA_MAX_PNODES]; /* nodes */
    unsigned int num_from, num_to, num_matrices;
    uint8_t *at; /* where the next structure goes */
    vnuma__hmat_loss *loss;
} writer;

/* ---- what there is ------------------------------------------------------ */

static bool has_row(const vnuma__hmat *hmat, uint32_t node, bool is_initiator)
{
    unsigned int level, kind;
    uint32_t other;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            for (other = 0; other < hmat->num_nodes; other++)
                if (vnuma__hmat_get(hmat, level, kind,
                                    is_initiator ? node : other,
                                    is_initiator ? other : node))
                    return true;
    return false;
}

static bool has_cache(const vnuma__hmat *hmat, uint32_t node)
{
    unsigned int i;

    for (i = 0; i < hmat->num_caches; i++)
        if (hmat->caches[i].node == node)
            return true;
    return false;
}

static void look(writer *w)
{
    const vnuma__hmat *hmat = w->hmat;
    unsigned int level, kind;
    uint32_t i;

    for (i = 0; i < hmat->num_nodes; i++) {
        if (has_row(hmat, i, true))
            w->from[w->num_from++] = i;
        if (has_row(hmat, i, false) || has_cache(hmat, i) ||
            hmat->nearest[i] != VNUMA_ID_UNKNOWN)
            w->to[w->num_to++] = i;
    }
    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            w->num_matrices += hmat->speeds[level][kind] != NULL;
}

static size_t matrix_size(const writer *w)
{
    return HMAT_MATRIX_SIZE + 4 * ((size_t)w->num_from + w->num_to) +
           2 * (size_t)w->num_from * w->num_to;
}

/* ---- units -------------------------------------------------------------- */

static uint64_t divisor_of_both(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* The largest unit that says all values exactly, if they fit 16 bits then. */
static uint64_t find_base(const uint64_t *speeds, size_t num)
{
    uint64_t base = 0, most = 0;
    size_t i;

    for (i = 0; i < num; i++) {
        if (speeds[i] == VNUMA__UNREACHABLE)
            continue;
        base = divisor_of_both(base, speeds[i]);
        most = speeds[i] > most ? speeds[i] : most;
    }
    if (!base)
        return 1;
    if (most / base <= HMAT_ENTRY_MAX)
        return base;
    return (most + HMAT_ENTRY_MAX - 1) / HMAT_ENTRY_MAX;
}

static uint64_t difference(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* What is least is not said to be nothing. */
static uint16_t entry_of(writer *w, uint64_t speed, uint64_t base,
                         const vnuma__hmat_loss *here)
{
    vnuma__hmat_loss *loss = w->loss;
    uint64_t entry;

    if (!speed || speed == VNUMA__UNREACHABLE)
        return speed ? HMAT_UNREACHABLE : 0;
    entry = speed / base + (speed % base >= base - speed % base);
    entry = entry ? entry : 1;
    entry = entry > HMAT_ENTRY_MAX ? HMAT_ENTRY_MAX : entry;
    if (entry * base != speed &&
        (!loss->is_lossy || difference(entry * base, speed) >
                                difference(loss->said, loss->value))) {
        *loss = *here;
        loss->is_lossy = true;
        loss->value = speed;
        loss->said = entry * base;
    }
    return entry;
}

/* ---- structures --------------------------------------------------------- */

static uint8_t *begin(writer *w, unsigned int type, size_t len)
{
    uint8_t *at = w->at;

    put(at, type, 2);
    put(at + 4, len, 4);
    w->at += len;
    return at;
}

static void put_attributes(writer *w, uint32_t node)
{
    uint8_t *at = begin(w, HMAT_ATTRIBUTES, HMAT_ATTRIBUTES_SIZE);
    uint32_t nearest = w->hmat->nearest[node];

    put(at + HMAT_ATTRIBUTES_MEMORY, node, 4);
    if (nearest == VNUMA_ID_UNKNOWN)
        return;
    put(at + HMAT_ATTRIBUTES_FLAGS, 1, 2);
    put(at + HMAT_ATTRIBUTES_INITIATOR, nearest, 4);
}

static void put_matrix(writer *w, unsigned int level, vnuma__hmat_kind kind)
{
    uint8_t *at = begin(w, HMAT_MATRIX, matrix_size(w));
    size_t n = w->hmat->num_nodes;
    const uint64_t *speeds = w->hmat->speeds[level][kind];
    uint64_t base = find_base(speeds, n * n);
    vnuma__hmat_loss here = { .kind = kind };
    unsigned int i, j;

    at[HMAT_MATRIX_FLAGS] = level;
    at[HMAT_MATRIX_KIND] = kind;
    put(at + HMAT_MATRIX_NUM_FROM, w->num_from, 4);
    put(at + HMAT_MATRIX_NUM_TO, w->num_to, 4);
    put(at + HMAT_MATRIX_BASE, base, 8);
    at += HMAT_MATRIX_SIZE;
    for (i = 0; i < w->num_from; i++, at += 4)
        put(at, w->from[i], 4);
    for (i = 0; i < w->num_to; i++, at += 4)
        put(at, w->to[i], 4);
    for (i = 0; i < w->num_from; i++)
        for (j = 0; j < w->num_to; j++, at += 2) {
            here.from = w->from[i];
            here.to = w->to[j];
            put(at,
                entry_of(w, speeds[w->from[i] * n + w->to[j]], base, &here),
                2);
        }
}

static void put_cache(writer *w, const vnuma__side_cache *cache)
{
    uint8_t *at = begin(w, HMAT_CACHE, HMAT_CACHE_SIZE);

    put(at + HMAT_CACHE_MEMORY, cache->node, 4);
    put(at + HMAT_CACHE_BYTES, cache->size, 8);
    put(at + HMAT_CACHE_ATTRIBUTES,
        cache->num_levels | cache->level << 4 | cache->associativity << 8 |
            cache->policy << 12 | cache->line << 16,
        4);
}

static void put_structures(writer *w)
{
    const vnuma__hmat *hmat = w->hmat;
    unsigned int level, kind, i;

    for (i = 0; i < w->num_to; i++)
        put_attributes(w, w->to[i]);
    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            if (hmat->speeds[level][kind])
                put_matrix(w, level, kind);
    for (i = 0; i < hmat->num_caches; i++)
        put_cache(w, &hmat->caches[i]);
}

int vnuma__hmat_build(const vnuma__hmat *hmat, uint8_t **bytes_r,
                      size_t *len_r, vnuma__hmat_loss *loss_r)
{
    writer w = { .hmat = hmat, .loss = loss_r };
    uint8_t *bytes;
    size_t len;

    look(&w);
    len = HMAT_FIXED + (size_t)w.num_to * HMAT_ATTRIBUTES_SIZE +
          w.num_matrices * matrix_size(&w) +
          (size_t)hmat->num_caches * HMAT_CACHE_SIZE;
    bytes = calloc(len, 1);
    if (!bytes)
        return VNUMA_ERROR_NOMEM;
    *loss_r = (vnuma__hmat_loss){ .is_lossy = false };
    memcpy(bytes, "HMAT", 4);
    put(bytes + VNUMA__TABLE_LENGTH, len, 4);
    bytes[VNUMA__TABLE_REVISION] = 2;
    /* NOLINTBEGIN(bugprone-not-null-terminated-result): fields without NUL */
    memcpy(bytes + VNUMA__TABLE_OEM_ID, "Xen", 3);
    memcpy(bytes + VNUMA__TABLE_OEM_ID + 6, "HVM", 3);
    memcpy(bytes + VNUMA__TABLE_CREATOR_ID, "VNUM", 4);
    /* NOLINTEND(bugprone-not-null-terminated-result) */
    w.at = bytes + HMAT_FIXED;
    put_structures(&w);
    vnuma__acpi_set_checksum(bytes, len, VNUMA__TABLE_CHECKSUM);
    *bytes_r = bytes;
    *len_r = len;
    return 0;
}
