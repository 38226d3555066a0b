/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills in what a guest's file leaves out: sizes, vcpus, and with vnuma="auto"
 * the number of vnodes.  Pnodes, and with them distances, are chosen by the
 * plan.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

#define GIB_MEMKB (UINT64_C(1) << 20)
#define LARGE_MEMKB (8 * GIB_MEMKB) /* unequal sizes are whole GiB from here */

/* ---- vnodes ------------------------------------------------------------- */

void vnuma__full_dispose(vnuma_config *full)
{
    unsigned int v;

    for (v = 0; v < full->num_vnodes; v++)
        vnuma_bitmap_dispose(&full->vnodes[v].vcpus);
    free(full->vnodes);
    full->vnodes = NULL;
    full->num_vnodes = 0;
}

static int make_vnodes(vnuma_config *full, unsigned int num_vnodes)
{
    unsigned int v;

    vnuma__full_dispose(full);
    /* the caller has it */
    full->vnodes = calloc(num_vnodes ? num_vnodes : 1, sizeof(*full->vnodes));
    if (!full->vnodes)
        return VNUMA_ERROR_NOMEM;
    full->num_vnodes = num_vnodes;
    for (v = 0; v < num_vnodes; v++) {
        full->vnodes[v].span = full->vnodes_span;
        full->vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
    }
    return 0;
}

/* ---- sizes and vcpus ---------------------------------------------------- */

static bool has_size(const vnuma_vnode *vnode)
{
    return vnode->memkb.value || vnuma__is_given(vnode->memkb.span);
}

/* Sizes are whole chunks. */
static uint64_t chunk_of(const vnuma_config *full,
                         const vnuma_plan_options *options)
{
    uint64_t page_kb = vnuma__plan_page_kb(full, 0, options);

    return page_kb > VNUMA__CHUNK_MEMKB ? page_kb : VNUMA__CHUNK_MEMKB;
}

/* The remainder below a chunk goes to the first vnode without a size. */
static void fill_sizes(vnuma_config *full, uint64_t chunk)
{
    uint64_t rest = vnuma_config_total_memkb(full), chunks, odd;
    unsigned int num_open = 0, v;

    for (v = 0; v < full->num_vnodes; v++) {
        uint64_t memkb = full->vnodes[v].memkb.value;

        if (has_size(&full->vnodes[v]))
            rest -= memkb < rest ? memkb : rest;
        else
            num_open++;
    }
    chunks = rest / chunk;
    odd = rest % chunk;
    for (v = 0; num_open && v < full->num_vnodes; v++) {
        uint64_t part;

        if (has_size(&full->vnodes[v]))
            continue;
        part = chunks / num_open + !!(chunks % num_open);
        full->vnodes[v].memkb.value = part * chunk + odd;
        chunks -= part;
        odd = 0;
        num_open--;
    }
}

/* A block of vcpus for each of the first vnodes; some have one more. */
static int fill_vcpus(vnuma_config *full, unsigned int num_vnodes)
{
    uint32_t left = vnuma_config_max_vcpus(full), vcpu = 0, part;
    unsigned int v;
    int rc = 0;

    for (v = 0; v < full->num_vnodes; v++)
        if (vnuma_bitmap_count(&full->vnodes[v].vcpus) ||
            vnuma__is_given(full->vnodes[v].vcpus_span))
            return 0;
    if (left > VNUMA_BITMAP_MAX)
        left = VNUMA_BITMAP_MAX;
    for (v = 0; v < num_vnodes; v++) {
        part = left / (num_vnodes - v) + !!(left % (num_vnodes - v));
        for (left -= part; part && !rc; part--)
            rc = vnuma_bitmap_set(&full->vnodes[v].vcpus, vcpu++);
    }
    return rc;
}

/* ---- vnuma="auto" ------------------------------------------------------- */

/* A guest in vnodes; the first of them have its vcpus. */
typedef struct {
    unsigned int num, num_with_vcpus;
    uint64_t memkb[VNUMA__MAX_VNODES]; /* 0: an equal part */
    const char *warning;               /* or NULL */
} division;

typedef struct {
    vnuma_config *full; /* with the vnodes that are tried */
    const vnuma_topology *topology;
    vnuma_plan_options options; /* domains that run do not divide a guest */
    vnuma__model one;           /* the guest as one vnode */
    uint64_t memkb, unit;
    division best;
    int64_t over; /* of the guest's own vcpus; INT64_MAX: none fits */
    int rc;       /* of the first failure; nothing is tried after it */
} automatic;

static int divide(vnuma_config *full, const division *d, uint64_t chunk)
{
    int rc = make_vnodes(full, d->num);
    unsigned int v;

    for (v = 0; !rc && v < d->num; v++)
        full->vnodes[v].memkb.value = d->memkb[v];
    if (rc)
        return rc;
    fill_sizes(full, chunk);
    return fill_vcpus(full, d->num_with_vcpus);
}

/* Keeps it if it fits better.  Returns whether it fits. */
static bool try_division(automatic *a, const division *d)
{
    vnuma__result result = { .feasible = false };
    vnuma__model model;
    bool fits;

    a->rc = divide(a->full, d, chunk_of(a->full, &a->options));
    if (a->rc)
        return false;
    a->rc = vnuma__model_init(&model, a->full, a->topology, &a->options);
    if (!a->rc)
        a->rc = vnuma__search(&model.problem, VNUMA__STEPS / 8, &result);
    else if (a->rc == VNUMA_ERROR_CONFIG)
        a->rc = 0;
    vnuma__model_dispose(&model);
    fits = result.feasible && !result.cost.shared;
    if (fits && result.cost.cpu / VNUMA__COST_PCPU < a->over) {
        a->best = *d;
        a->over = result.cost.cpu / VNUMA__COST_PCPU;
    }
    return fits;
}

/* A pnode that a vnode may fill. */
typedef struct {
    unsigned int index;
    uint16_t distance; /* from the first with CPUs, if it has none */
    uint64_t memkb;    /* that it holds; then, that it shall */
} holder;

static int compare_index(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* The nearest first, of these the roomiest. */
static int compare_holders(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return x->distance != y->distance ? x->distance - y->distance
           : x->memkb != y->memkb     ? (x->memkb < y->memkb ? 1 : -1)
                                      : compare_index(a, b);
}

/* What these pnodes hold when so many are used; @from: NULL or distances. */
static unsigned int find_holders(const automatic *a, uint64_t pnodes,
                                 unsigned int num_used, const uint16_t *from,
                                 uint64_t unit, holder *holders)
{
    const vnuma__problem *problem = &a->one.problem;
    unsigned int num = 0, p;

    pnodes &= vnuma__lowest_bits(problem->num_pnodes) & ~a->one.memoryless;
    while (pnodes) {
        int64_t room;

        p = vnuma__take_lowest(&pnodes);
        room = problem->room[problem->memory[0]][p] -
               (int64_t)problem->building[num_used] -
               (int64_t)vnuma__special_memkb(a->full);
        if (room >= (int64_t)(unit + vnuma__guest_video_memkb(a->full)))
            holders[num++] = (holder){ p, from ? from[p] : 0,
                                       (uint64_t)room / unit * unit };
    }
    return num;
}

/*
 * An equal part for each; what a pnode cannot hold goes in equal parts to the
 * others.  @holders: the roomiest first.  False: they do not hold it.
 */
static bool deal_out(holder *holders, unsigned int num, uint64_t memkb)
{
    unsigned int i;

    for (i = num; i--;) {
        uint64_t part = memkb / (i + 1);

        part -= part % VNUMA__CHUNK_MEMKB;
        /* The roomiest takes what is left, the remainder included. */
        if (!i && holders[0].memkb < memkb)
            return false;
        if (!i || holders[i].memkb > part)
            holders[i].memkb = i ? part : memkb;
        memkb -= holders[i].memkb;
    }
    return true;
}

static void try_holders(automatic *a, const holder *holders, unsigned int num,
                        unsigned int num_with_vcpus, const char *warning)
{
    division d = { num, num_with_vcpus, { 0 }, warning };
    unsigned int i;

    for (i = 0; i < num; i++)
        d.memkb[i] = holders[i].memkb;
    try_division(a, &d);
}

/* So many vnodes with vcpus; if they cannot be equal, as pnodes allow. */
static void try_number(automatic *a, unsigned int num)
{
    holder holders[VNUMA__MAX_PNODES];
    unsigned int there;

    if (try_division(a, &(division){ num, num, { 0 }, NULL }) || a->rc ||
        num == 1)
        return;
    there = find_holders(a, a->one.may_run[0], num, NULL, a->unit, holders);
    qsort(holders, there, sizeof(*holders), compare_holders);
    if (there < num || !deal_out(holders, num, a->memkb))
        return;
    qsort(holders, num, sizeof(*holders), compare_index);
    try_holders(a, holders, num, num,
                "the vnodes get unequal sizes: not every pnode holds an equal "
                "part");
}

/*
 * The pnodes with CPUs are filled, and memory-only vnodes on those without
 * take the rest, the nearest first.
 */
static void try_memory_only(automatic *a, unsigned int num_used)
{
    const vnuma__problem *problem = &a->one.problem;
    holder holders[2 * VNUMA__MAX_PNODES];
    unsigned int num_cpus, num, i;
    uint64_t rest = a->memkb;

    num_cpus = find_holders(a, a->one.may_run[0], num_used, NULL, a->unit,
                            holders);
    if (!num_cpus || num_cpus >= num_used)
        return;
    num = find_holders(a, problem->cpuless, num_used,
                       problem->host[holders[0].index], VNUMA__CHUNK_MEMKB,
                       holders + num_cpus);
    qsort(holders + num_cpus, num, sizeof(*holders), compare_holders);
    for (i = 0; i < num_used && num_cpus + num >= num_used; i++) {
        if (holders[i].memkb > rest)
            holders[i].memkb = rest;
        rest -= holders[i].memkb;
    }
    if (!rest)
        try_holders(a, holders, num_used, num_cpus,
                    "the pnodes with CPUs do not hold the guest: memory-only "
                    "vnodes take the rest");
}

/*
 * The fewest vnodes among the numbers that fit with the least overcommit of
 * the guest's own vcpus.  Those that may be equal have a pnode with CPUs and
 * memory each.
 */
static void try_all(automatic *a)
{
    unsigned int most, num;

    a->rc = vnuma__model_init(&a->one, a->full, a->topology, &a->options);
    if (a->rc)
        return;
    a->memkb = vnuma_config_total_memkb(a->full);
    a->unit = a->memkb < LARGE_MEMKB ? VNUMA__CHUNK_MEMKB : GIB_MEMKB;
    most = __builtin_popcountll(vnuma__lowest_bits(a->topology->num_pnodes) &
                        ~a->one.problem.cpuless & ~a->one.memoryless);
    for (num = 1; num == 1 || (num <= most && num <= VNUMA_MAX_VNODES &&
                               num <= a->memkb / VNUMA__CHUNK_MEMKB); num++)
        if (!a->rc && a->over)
            try_number(a, num);
    for (num = 2; num <= a->topology->num_pnodes && num <= VNUMA_MAX_VNODES &&
                  !a->rc && a->over == INT64_MAX; num++)
        try_memory_only(a, num);
}

static int fill_auto(vnuma_config *full, const vnuma_topology *topology,
                     const vnuma_plan_options *options, vnuma_diags *diags)
{
    automatic a = {
        .full = full,
        .topology = topology,
        .best = { 1, 1, { 0 }, NULL },
        .over = INT64_MAX,
    };
    uint64_t chunk = chunk_of(full, options);
    int rc = divide(full, &a.best, chunk);

    if (options)
        a.options = *options;
    a.options.without_load = true;
    a.options.lived = NULL; /* nor does where it lived */
    if (rc || !topology)
        return rc;
    try_all(&a);
    vnuma__model_dispose(&a.one);
    if (a.rc && a.rc != VNUMA_ERROR_CONFIG)
        return a.rc;
    rc = divide(full, &a.best, chunk);
    if (!rc && a.best.warning)
        vnuma__warning(diags, "auto-unequal", full->vnodes_span, "%s",
                       a.best.warning);
    return rc;
}

int vnuma__config_fill(const vnuma_config *config,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options,
                       vnuma_config *full_r, vnuma_diags *diags)
{
    unsigned int v;
    int rc;

    *full_r = *config;
    full_r->vnodes = NULL;
    full_r->num_vnodes = 0;
    if (config->vnuma_auto) {
        rc = fill_auto(full_r, topology, options, diags);
    } else {
        rc = make_vnodes(full_r, config->num_vnodes);
        for (v = 0; !rc && v < config->num_vnodes; v++) {
            full_r->vnodes[v] = config->vnodes[v];
            vnuma_bitmap_init(&full_r->vnodes[v].vcpus);
            rc = vnuma_bitmap_copy(&config->vnodes[v].vcpus,
                                   &full_r->vnodes[v].vcpus);
        }
        fill_sizes(full_r, chunk_of(full_r, options));
        if (!rc)
            rc = fill_vcpus(full_r, full_r->num_vnodes);
    }
    if (rc) {
        vnuma__full_dispose(full_r);
        memset(full_r, 0, sizeof(*full_r)); /* the rest is borrowed */
    }
    return rc;
}
