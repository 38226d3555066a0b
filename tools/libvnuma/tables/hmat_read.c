/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads an HMAT, of firmware or of a file; see hmat_table.h. */
#include "config.h"

#include "tables/hmat_table.h"

#include <string.h>

#include "base/acpi_bytes.h"
#include "tables/hmat_inside.h"
#include "vnuma_base.h"

#define get vnuma__acpi_get

typedef struct {
    const uint32_t *domains;
    unsigned int revision;
    vnuma__hmat *hmat;
    const char *wrong; /* NULL: nothing yet */
} table_reader;

static int bad(table_reader *r, const char *wrong)
{
    r->wrong = wrong;
    return VNUMA_ERROR_HOST;
}

/* VNUMA_ID_UNKNOWN: of another node. */
static uint32_t node_of(const table_reader *r, const uint8_t *domain)
{
    uint32_t number = get(domain, 4);
    unsigned int i;

    for (i = 0; i < r->hmat->num_nodes; i++)
        if (r->domains[i] == number)
            return i;
    return VNUMA_ID_UNKNOWN;
}

/*
 * In revision 1 these are ranges of memory, and a flag says of each domain
 * whether it is given.
 */
static int read_attributes(table_reader *r, const uint8_t *at, uint32_t len)
{
    unsigned int wanted = r->revision < 2 ? 3 : 1;
    uint32_t from, to;

    if (len < HMAT_ATTRIBUTES_SIZE)
        return bad(r, "its structure of a domain is too short");
    from = node_of(r, at + HMAT_ATTRIBUTES_INITIATOR);
    to = node_of(r, at + HMAT_ATTRIBUTES_MEMORY);
    if ((get(at + HMAT_ATTRIBUTES_FLAGS, 2) & wanted) == wanted &&
        from != VNUMA_ID_UNKNOWN && to != VNUMA_ID_UNKNOWN &&
        r->hmat->nearest[to] == VNUMA_ID_UNKNOWN)
        r->hmat->nearest[to] = from;
    return 0;
}

typedef struct {
    unsigned int level;
    vnuma__hmat_kind kind;
    uint64_t base;
    uint32_t num_from, num_to;
    const uint8_t *from, *to, *entries;
} matrix;

/* False: the table says what no machine has. */
static bool read_speed(const table_reader *r, const matrix *m, uint16_t entry,
                       uint64_t *speed_r)
{
    uint64_t unit = 1;

    if (!entry || entry == HMAT_UNREACHABLE) {
        *speed_r = entry ? VNUMA__UNREACHABLE : 0;
        return true;
    }
    if (r->revision < 2 && vnuma__is_latency(m->kind))
        unit = 100; /* it is in tenths of a nanosecond */
    if (m->base > VNUMA__SPEED_MAX / unit / entry)
        return false;
    *speed_r = m->base * unit * entry;
    return true;
}

static int take_speed(table_reader *r, const matrix *m, uint32_t i, uint32_t j)
{
    const uint8_t *at = m->entries + 2 * ((size_t)i * m->num_to + j);
    uint32_t from = node_of(r, m->from + 4 * (size_t)i);
    uint32_t to = node_of(r, m->to + 4 * (size_t)j);
    uint64_t speed;

    if (from == VNUMA_ID_UNKNOWN || to == VNUMA_ID_UNKNOWN)
        return 0;
    if (!read_speed(r, m, get(at, 2), &speed))
        return bad(r, "it has a speed that is too large");
    if (!speed || vnuma__hmat_get(r->hmat, m->level, m->kind, from, to))
        return 0;
    return vnuma__hmat_set(r->hmat, m->level, m->kind, from, to, speed);
}

static int read_matrix(table_reader *r, const uint8_t *at, uint32_t len)
{
    matrix m = { .level = 0 };
    uint32_t i, j;
    int rc = 0;

    if (len < HMAT_MATRIX_SIZE)
        return bad(r, "its structure of speeds is too short");
    m.level = at[HMAT_MATRIX_FLAGS] & 0xf;
    m.kind = at[HMAT_MATRIX_KIND];
    m.num_from = get(at + HMAT_MATRIX_NUM_FROM, 4);
    m.num_to = get(at + HMAT_MATRIX_NUM_TO, 4);
    m.base = get(at + HMAT_MATRIX_BASE, 8);
    len -= HMAT_MATRIX_SIZE;
    /* First each alone, so that no product is too large. */
    if (m.num_from > len / 4 || m.num_to > len / 4 ||
        4 * (uint64_t)m.num_from + 4 * (uint64_t)m.num_to +
                2 * (uint64_t)m.num_from * m.num_to >
            len)
        return bad(r, "its structure of speeds is shorter than it says");
    if (m.level >= VNUMA__HMAT_LEVELS || m.kind >= VNUMA__HMAT_KINDS)
        return 0; /* of a later ACPI */
    m.from = at + HMAT_MATRIX_SIZE;
    m.to = m.from + 4 * (size_t)m.num_from;
    m.entries = m.to + 4 * (size_t)m.num_to;
    for (i = 0; i < m.num_from && !rc; i++)
        for (j = 0; j < m.num_to && !rc; j++)
            rc = take_speed(r, &m, i, j);
    return rc;
}

static int read_cache(table_reader *r, const uint8_t *at, uint32_t len)
{
    vnuma__side_cache cache;
    uint32_t attributes;
    int rc;

    if (len < HMAT_CACHE_SIZE)
        return bad(r, "its structure of a cache is too short");
    attributes = get(at + HMAT_CACHE_ATTRIBUTES, 4);
    cache.node = node_of(r, at + HMAT_CACHE_MEMORY);
    cache.size = get(at + HMAT_CACHE_BYTES, 8);
    cache.num_levels = attributes & 0xf;
    cache.level = attributes >> 4 & 0xf;
    cache.associativity = attributes >> 8 & 0xf;
    cache.policy = attributes >> 12 & 0xf;
    cache.line = attributes >> 16;
    if (cache.node == VNUMA_ID_UNKNOWN || !cache.level ||
        cache.level > cache.num_levels ||
        cache.num_levels >= VNUMA__HMAT_LEVELS)
        return 0;
    if (cache.size > INT64_MAX)
        return bad(r, "it has a cache that is too large");
    /* What is reserved says no more than that it is not known. */
    cache.associativity = cache.associativity > 2 ? 0 : cache.associativity;
    cache.policy = cache.policy > 2 ? 0 : cache.policy;
    rc = vnuma__hmat_add_cache(r->hmat, &cache);
    return rc == VNUMA_ERROR_CONFIG ? 0 : rc;
}

static int read_structure(table_reader *r, const uint8_t *at, uint32_t len)
{
    switch (get(at, 2)) {
    case HMAT_ATTRIBUTES:
        return read_attributes(r, at, len);
    case HMAT_MATRIX:
        return read_matrix(r, at, len);
    case HMAT_CACHE:
        return read_cache(r, at, len);
    default:
        return 0;
    }
}

static int read_structures(table_reader *r, const uint8_t *at,
                           const uint8_t *end)
{
    uint32_t len;
    int rc = 0;

    for (; at < end && !rc; at += len) {
        if (end - at < HMAT_STRUCTURE_HEADER)
            return bad(r, "bytes are left at its end");
        len = get(at + 4, 4);
        if (len < HMAT_STRUCTURE_HEADER || len > (size_t)(end - at))
            return bad(r, "the length of a structure is wrong");
        rc = read_structure(r, at, len);
    }
    return rc;
}

static int read_table(table_reader *r, const uint8_t *bytes, size_t len)
{
    if (len < HMAT_FIXED || memcmp(bytes, "HMAT", 4))
        return bad(r, "it is not an HMAT");
    if (get(bytes + VNUMA__TABLE_LENGTH, 4) < HMAT_FIXED ||
        get(bytes + VNUMA__TABLE_LENGTH, 4) > len)
        return bad(r, "its length is wrong");
    len = get(bytes + VNUMA__TABLE_LENGTH, 4);
    if (vnuma__acpi_sum(bytes, len))
        return bad(r, "its checksum is wrong");
    r->revision = bytes[VNUMA__TABLE_REVISION];
    return read_structures(r, bytes + HMAT_FIXED, bytes + len);
}

int vnuma__hmat_parse(const uint8_t *bytes, size_t len,
                      const uint32_t *domains, unsigned int num_nodes,
                      vnuma__hmat *hmat_r, const char **wrong_r)
{
    table_reader r = { .domains = domains, .hmat = hmat_r };
    int rc = vnuma__hmat_init(hmat_r, num_nodes);

    if (!rc)
        rc = read_table(&r, bytes, len);
    if (rc)
        vnuma__hmat_dispose(hmat_r);
    *wrong_r = r.wrong;
    return rc;
}
