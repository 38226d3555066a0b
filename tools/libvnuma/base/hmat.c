/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast memory is, as a value; see hmat.h. */
#include "config.h"

#include "base/hmat.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "vnuma_base.h"

const char *const vnuma__hmat_words[VNUMA__HMAT_KINDS] = {
    "latency",   "read-latency",   "write-latency",
    "bandwidth", "read-bandwidth", "write-bandwidth",
};

const char *const vnuma__hmat_keys[VNUMA__HMAT_KINDS] = {
    "latency_ps",   "read_latency_ps",   "write_latency_ps",
    "bandwidth_mb", "read_bandwidth_mb", "write_bandwidth_mb",
};

const char *const vnuma__hmat_associativities[] = {
    "none",
    "direct",
    "complex",
    NULL,
};

const char *const vnuma__hmat_policies[] = {
    "none",
    "write-back",
    "write-through",
    NULL,
};

int vnuma__hmat_init(vnuma__hmat *hmat, unsigned int num_nodes)
{
    unsigned int i;

    hmat->nearest = calloc(num_nodes, sizeof(*hmat->nearest));
    if (!hmat->nearest)
        return VNUMA_ERROR_NOMEM;
    hmat->num_nodes = num_nodes;
    for (i = 0; i < num_nodes; i++)
        hmat->nearest[i] = VNUMA_ID_UNKNOWN;
    return 0;
}

void vnuma__hmat_dispose(vnuma__hmat *hmat)
{
    unsigned int level, kind;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            free(hmat->speeds[level][kind]);
    free(hmat->nearest);
    free(hmat->caches);
    memset(hmat, 0, sizeof(*hmat));
}

bool vnuma__hmat_says_something(const vnuma__hmat *hmat)
{
    unsigned int level, kind;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            if (hmat->speeds[level][kind])
                return true;
    return hmat->num_caches;
}

uint64_t vnuma__hmat_get(const vnuma__hmat *hmat, unsigned int level,
                         vnuma__hmat_kind kind, uint32_t from, uint32_t to)
{
    const uint64_t *speeds = hmat->speeds[level][kind];

    if (!speeds || from >= hmat->num_nodes || to >= hmat->num_nodes)
        return 0;
    return speeds[(size_t)from * hmat->num_nodes + to];
}

int vnuma__hmat_set(vnuma__hmat *hmat, unsigned int level,
                    vnuma__hmat_kind kind, uint32_t from, uint32_t to,
                    uint64_t value)
{
    uint64_t **speeds = &hmat->speeds[level][kind];
    size_t n = hmat->num_nodes;

    if (!*speeds)
        *speeds = calloc(n * n, sizeof(**speeds));
    if (!*speeds)
        return VNUMA_ERROR_NOMEM;
    (*speeds)[from * n + to] = value;
    return 0;
}

int vnuma__hmat_add_cache(vnuma__hmat *hmat, const vnuma__side_cache *cache)
{
    unsigned int at = hmat->num_caches;

    while (at && (hmat->caches[at - 1].node > cache->node ||
                  (hmat->caches[at - 1].node == cache->node &&
                   hmat->caches[at - 1].level > cache->level)))
        at--;
    if (at && hmat->caches[at - 1].node == cache->node &&
        hmat->caches[at - 1].level == cache->level)
        return VNUMA_ERROR_CONFIG;
    if (!VNUMA__GROW(hmat->caches, hmat->num_caches))
        return VNUMA_ERROR_NOMEM;
    memmove(&hmat->caches[at + 1], &hmat->caches[at],
            (hmat->num_caches - at) * sizeof(*hmat->caches));
    hmat->caches[at] = *cache;
    hmat->num_caches++;
    return 0;
}

uint64_t vnuma__hmat_speed(const vnuma__hmat *hmat, bool is_latency,
                           uint32_t from, uint32_t to)
{
    static const vnuma__hmat_kind kinds[2][3] = {
        { VNUMA__READ_BANDWIDTH, VNUMA__BANDWIDTH, VNUMA__WRITE_BANDWIDTH },
        { VNUMA__READ_LATENCY, VNUMA__LATENCY, VNUMA__WRITE_LATENCY },
    };
    uint64_t value = 0;
    unsigned int i;

    for (i = 0; i < 3 && !value; i++)
        value = vnuma__hmat_get(hmat, 0, kinds[is_latency][i], from, to);
    return value;
}

/* What is not known, or no way, is worse than anything. */
static uint64_t or_worst(uint64_t speed, uint64_t worst)
{
    return speed && speed != VNUMA__UNREACHABLE ? speed : worst;
}

uint32_t vnuma__hmat_best(const vnuma__hmat *hmat, uint32_t to)
{
    uint64_t latency, bandwidth, least = UINT64_MAX, most = 0;
    uint32_t from, best = VNUMA_ID_UNKNOWN;

    for (from = 0; from < hmat->num_nodes; from++) {
        latency =
            or_worst(vnuma__hmat_speed(hmat, true, from, to), UINT64_MAX);
        bandwidth = or_worst(vnuma__hmat_speed(hmat, false, from, to), 0);
        if (latency < least || (latency == least && bandwidth > most)) {
            least = latency;
            most = bandwidth;
            best = from;
        }
    }
    return best;
}

static bool is_same_cache(const vnuma__side_cache *a,
                          const vnuma__side_cache *b)
{
    return a->node == b->node && a->level == b->level &&
           a->num_levels == b->num_levels &&
           a->associativity == b->associativity && a->policy == b->policy &&
           a->line == b->line && a->size == b->size;
}

static bool has_same_speeds(const vnuma__hmat *a, const vnuma__hmat *b)
{
    unsigned int level, kind;
    uint32_t from, to;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            for (from = 0; from < a->num_nodes; from++)
                for (to = 0; to < a->num_nodes; to++)
                    if (vnuma__hmat_get(a, level, kind, from, to) !=
                        vnuma__hmat_get(b, level, kind, from, to))
                        return false;
    return true;
}

bool vnuma__hmat_has_same_caches(const vnuma__hmat *a, const vnuma__hmat *b)
{
    unsigned int i;

    if (a->num_caches != b->num_caches)
        return false;
    for (i = 0; i < a->num_caches; i++)
        if (!is_same_cache(&a->caches[i], &b->caches[i]))
            return false;
    return true;
}

bool vnuma__hmat_equal(const vnuma__hmat *a, const vnuma__hmat *b)
{
    unsigned int i;

    if (a->num_nodes != b->num_nodes)
        return false;
    for (i = 0; i < a->num_nodes; i++)
        if (a->nearest[i] != b->nearest[i])
            return false;
    return has_same_speeds(a, b) && vnuma__hmat_has_same_caches(a, b);
}
