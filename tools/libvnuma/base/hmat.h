/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast memory is, pair by pair, and the caches in front of it: what ACPI's
 * HMAT says of a host's pnodes or of a guest's vnodes.  ACPI 6.5, 5.2.28.
 *
 * Nodes are counted from 0 here: vnodes have such numbers, and a host's pnodes
 * go by their index in it.
 */
#ifndef VNUMA_HMAT_VALUE_H
#define VNUMA_HMAT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Memory itself, or its side cache of level 1, 2 or 3. */
#define VNUMA__HMAT_LEVELS 4u

/* In the order of ACPI. */
typedef enum {
    VNUMA__LATENCY, /* of reading and writing alike */
    VNUMA__READ_LATENCY,
    VNUMA__WRITE_LATENCY,
    VNUMA__BANDWIDTH, /* likewise */
    VNUMA__READ_BANDWIDTH,
    VNUMA__WRITE_BANDWIDTH,
    VNUMA__HMAT_KINDS,
} vnuma__hmat_kind;

/* "latency", "read-latency" .. and the names of members in JSON. */
extern const char *const vnuma__hmat_words[VNUMA__HMAT_KINDS];
extern const char *const vnuma__hmat_keys[VNUMA__HMAT_KINDS];

static inline bool vnuma__is_latency(vnuma__hmat_kind kind)
{
    return kind < VNUMA__BANDWIDTH;
}

/*
 * Latencies are in picoseconds, bandwidths in MB/s (10^6 bytes).  0: it is not
 * known; _UNREACHABLE: there is no way.  Larger ones are refused; Linux takes
 * 32 bits.
 */
#define VNUMA__SPEED_MAX (UINT64_C(1) << 48)
#define VNUMA__UNREACHABLE UINT64_MAX

/* By number: "none", "direct", "complex"; "none", "write-back", ..; NULL. */
extern const char *const vnuma__hmat_associativities[4];
extern const char *const vnuma__hmat_policies[4];

/* A memory side cache. */
typedef struct {
    uint32_t node;                  /* whose memory it is in front of */
    uint32_t level;                 /* 1 to 3 */
    uint32_t num_levels;            /* that this memory has in all */
    uint32_t associativity, policy; /* of the words above */
    uint32_t line;                  /* bytes; 0: not known */
    uint64_t size;                  /* bytes */
} vnuma__side_cache;

/* All zeroes: nothing is known. */
typedef struct {
    unsigned int num_nodes;
    /* Owned; row by initiator, column by memory; NULL: none is known. */
    uint64_t *speeds[VNUMA__HMAT_LEVELS][VNUMA__HMAT_KINDS];
    /* Owned; for each memory the CPUs that it is attached to; or unknown. */
    uint32_t *nearest;
    vnuma__side_cache *caches; /* owned; by node, then by level */
    unsigned int num_caches;
} vnuma__hmat;

/* Of a value that is all zeroes.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__hmat_init(vnuma__hmat *hmat, unsigned int num_nodes);
void vnuma__hmat_dispose(vnuma__hmat *hmat);

static inline bool vnuma__hmat_is_known(const vnuma__hmat *hmat)
{
    return hmat->num_nodes;
}

/* Whether it has a speed or a cache. */
bool vnuma__hmat_says_something(const vnuma__hmat *hmat);

/* 0 also for what it does not have. */
uint64_t vnuma__hmat_get(const vnuma__hmat *hmat, unsigned int level,
                         vnuma__hmat_kind kind, uint32_t from, uint32_t to);
/* Both nodes are below num_nodes.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__hmat_set(vnuma__hmat *hmat, unsigned int level,
                    vnuma__hmat_kind kind, uint32_t from, uint32_t to,
                    uint64_t value);
/*
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when the node has a
 * cache of that level.
 */
int vnuma__hmat_add_cache(vnuma__hmat *hmat, const vnuma__side_cache *cache);

/*
 * As systems read it that tell one speed of a pair: of reading, else of both
 * alike, else of writing; of memory itself.  @is_latency, or bandwidth.
 */
uint64_t vnuma__hmat_speed(const vnuma__hmat *hmat, bool is_latency,
                           uint32_t from, uint32_t to);
/*
 * The initiator that a memory is best reached from: of least latency, then of
 * most bandwidth, then the first; VNUMA_ID_UNKNOWN: no speed is known.
 */
uint32_t vnuma__hmat_best(const vnuma__hmat *hmat, uint32_t to);

bool vnuma__hmat_has_same_caches(const vnuma__hmat *a, const vnuma__hmat *b);
bool vnuma__hmat_equal(const vnuma__hmat *a, const vnuma__hmat *b);

#endif
