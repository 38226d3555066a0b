/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast this machine's memory is; see machine.h. */
#include "config.h"

#include "tables/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/store.h"
#include "base/text.h"
#include "tables/hmat_table.h"

int vnuma__machine_hmat(const char *dir, const uint32_t *domains,
                        unsigned int num_nodes, vnuma__hmat *hmat_r,
                        const char **wrong_r)
{
    char *path = vnuma__store_path(dir, "HMAT");
    vnuma_source table = { 0 };
    int rc = path ? vnuma_source_read(&table, path) : VNUMA_ERROR_NOMEM;

    *wrong_r = NULL;
    if (rc == VNUMA_ERROR_IO && errno == ENOENT)
        rc = 0;
    else if (!rc)
        rc = vnuma__hmat_parse((const uint8_t *)table.text, table.len, domains,
                               num_nodes, hmat_r, wrong_r);
    vnuma_source_dispose(&table);
    free(path);
    return rc;
}

/* ---- what Linux says ---------------------------------------------------- */

typedef struct {
    const char *dir;
    const uint32_t *nodes;
    vnuma__hmat *hmat;
    char path[512];
    int rc;
} access_reader;

#define PATH(r, ...)                                                          \
    ((void)snprintf((r)->path, sizeof((r)->path), __VA_ARGS__))

/* A number in the file of r->path; 0: there is none. */
static uint64_t read_number(access_reader *r, uint64_t max)
{
    vnuma_source file = { 0 };
    vnuma__text text;
    uint64_t number = 0;
    int rc = vnuma_source_read(&file, r->path);

    if (rc == VNUMA_ERROR_NOMEM)
        r->rc = rc;
    if (!rc) {
        text = (vnuma__text){ .ptr = file.text, .len = file.len };
        if (!vnuma__text_to_u64(vnuma__text_trim(text), max, &number))
            number = 0;
    }
    vnuma_source_dispose(&file);
    return number;
}

/* Latencies are in ns there. */
static void read_speeds(access_reader *r, unsigned int access_class,
                        uint32_t from, uint32_t to)
{
    static const struct {
        const char *file;
        vnuma__hmat_kind kind;
    } files[] = {
        { "read_latency", VNUMA__READ_LATENCY },
        { "write_latency", VNUMA__WRITE_LATENCY },
        { "read_bandwidth", VNUMA__READ_BANDWIDTH },
        { "write_bandwidth", VNUMA__WRITE_BANDWIDTH },
    };
    uint64_t speed, unit;
    unsigned int i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]) && !r->rc; i++) {
        PATH(r, "%s/node%" PRIu32 "/access%u/initiators/%s", r->dir,
             r->nodes[to], access_class, files[i].file);
        unit = vnuma__is_latency(files[i].kind) ? 1000 : 1;
        speed = unit * read_number(r, UINT32_MAX);
        if (speed && !vnuma__hmat_get(r->hmat, 0, files[i].kind, from, to))
            r->rc =
                vnuma__hmat_set(r->hmat, 0, files[i].kind, from, to, speed);
    }
}

/* The best of any kind, and the best CPUs. */
static void read_memory(access_reader *r, uint32_t to)
{
    unsigned int access_class;
    uint32_t from;

    for (access_class = 0; access_class < 2; access_class++)
        for (from = 0; from < r->hmat->num_nodes && !r->rc; from++) {
            PATH(r, "%s/node%" PRIu32 "/access%u/initiators/node%" PRIu32,
                 r->dir, r->nodes[to], access_class, r->nodes[from]);
            if (!access(r->path, F_OK))
                read_speeds(r, access_class, from, to);
        }
}

static uint64_t read_of_cache(access_reader *r, uint32_t node,
                              unsigned int level, const char *file)
{
    PATH(r, "%s/node%" PRIu32 "/memory_side_cache/index%u/%s", r->dir,
         r->nodes[node], level, file);
    return read_number(r, INT64_MAX);
}

/* Linux's 0, 1, more: direct, indexed, other; write back, through, other. */
static void read_caches(access_reader *r, uint32_t node)
{
    static const uint32_t associativities[] = { 1, 2, 0 };
    static const uint32_t policies[] = { 1, 2, 0 };
    vnuma__side_cache cache = { .node = node };
    unsigned int level;
    uint64_t word;
    int rc;

    for (level = 1; level < VNUMA__HMAT_LEVELS && !r->rc; level++)
        if (read_of_cache(r, node, level, "size"))
            cache.num_levels = level;
    for (level = 1; level <= cache.num_levels && !r->rc; level++) {
        cache.level = level;
        cache.size = read_of_cache(r, node, level, "size");
        cache.line = read_of_cache(r, node, level, "line_size") & UINT16_MAX;
        word = read_of_cache(r, node, level, "indexing");
        cache.associativity = associativities[word < 2 ? word : 2];
        word = read_of_cache(r, node, level, "write_policy");
        cache.policy = policies[word < 2 ? word : 2];
        rc = cache.size ? vnuma__hmat_add_cache(r->hmat, &cache) : 0;
        r->rc = r->rc ? r->rc : rc;
    }
}

int vnuma__machine_access(const char *dir, const uint32_t *nodes,
                          unsigned int num_nodes, vnuma__hmat *hmat_r)
{
    access_reader r = { .dir = dir, .nodes = nodes, .hmat = hmat_r };
    uint32_t node;

    r.rc = vnuma__hmat_init(hmat_r, num_nodes);
    for (node = 0; node < num_nodes && !r.rc; node++) {
        read_memory(&r, node);
        read_caches(&r, node);
    }
    if (r.rc || !vnuma__hmat_says_something(hmat_r))
        vnuma__hmat_dispose(hmat_r);
    return r.rc;
}
