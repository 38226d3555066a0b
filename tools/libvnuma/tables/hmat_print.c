/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the text of a guest's HMAT; see hmat_text.h. */
#include "config.h"

#include "tables/hmat_text.h"

#include <inttypes.h>

#include "base/print.h"

/* "80", "80.5": picoseconds in nanoseconds. */
static void print_ns(uint64_t ps, FILE *f)
{
    unsigned int rest = ps % 1000, digits = 3;

    while (rest && rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    fprintf(f, "%" PRIu64, ps / 1000);
    if (rest)
        fprintf(f, ".%0*u", (int)digits, rest);
}

/* "16G": as few digits as are exact; "B" for odd bytes. */
static void print_bytes(uint64_t bytes, FILE *f)
{
    static const char units[] = "BKMGT";
    unsigned int i = 0;

    for (; i < 4 && bytes && !(bytes % 1024); i++)
        bytes /= 1024;
    fprintf(f, "%" PRIu64 "%c", bytes, units[i]);
}

static void print_speed(const vnuma__hmat *hmat, unsigned int level,
                        vnuma__hmat_kind kind, uint32_t from, uint32_t to,
                        FILE *f)
{
    uint64_t speed = vnuma__hmat_get(hmat, level, kind, from, to);

    if (!speed)
        return;
    fprintf(f, "%s %" PRIu32 " %" PRIu32 " ", vnuma__hmat_words[kind], from,
            to);
    if (speed == VNUMA__UNREACHABLE)
        fputs("unreachable", f);
    else if (vnuma__is_latency(kind))
        print_ns(speed, f);
    else
        fprintf(f, "%" PRIu64, speed);
    if (level)
        fprintf(f, " level=%u", level);
    fputc('\n', f);
}

static void print_cache(const vnuma__side_cache *cache, FILE *f)
{
    fprintf(f, "cache %" PRIu32 " size=", cache->node);
    print_bytes(cache->size, f);
    if (cache->num_levels > 1)
        fprintf(f, " level=%" PRIu32 " levels=%" PRIu32, cache->level,
                cache->num_levels);
    if (cache->associativity)
        fprintf(f, " associativity=%s",
                vnuma__hmat_associativities[cache->associativity]);
    if (cache->policy)
        fprintf(f, " policy=%s", vnuma__hmat_policies[cache->policy]);
    if (cache->line)
        fprintf(f, " line=%" PRIu32, cache->line);
    fputc('\n', f);
}

char *vnuma__hmat_to_text(const vnuma__hmat *hmat)
{
    unsigned int level, kind, i;
    vnuma__print out;
    uint32_t from, to;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            for (from = 0; from < hmat->num_nodes; from++)
                for (to = 0; to < hmat->num_nodes; to++)
                    print_speed(hmat, level, kind, from, to, f);
    for (i = 0; i < hmat->num_nodes; i++)
        if (hmat->nearest[i] != VNUMA_ID_UNKNOWN)
            fprintf(f, "nearest %u %" PRIu32 "\n", i, hmat->nearest[i]);
    for (i = 0; i < hmat->num_caches; i++)
        print_cache(&hmat->caches[i], f);
    return vnuma__print_end(&out, false);
}

void vnuma__hmat_print_pair(const vnuma__hmat *hmat, uint32_t from,
                            uint32_t to, FILE *f)
{
    uint64_t latency = vnuma__hmat_speed(hmat, true, from, to);
    uint64_t bandwidth = vnuma__hmat_speed(hmat, false, from, to);

    if (latency == VNUMA__UNREACHABLE || bandwidth == VNUMA__UNREACHABLE) {
        fputs("no way", f);
        return;
    }
    if (!latency && !bandwidth)
        fputs("no known speed", f);
    if (latency) {
        print_ns(latency, f);
        fputs(bandwidth ? " ns, " : " ns", f);
    }
    if (bandwidth)
        fprintf(f, "%" PRIu64 " MB/s", bandwidth);
}
