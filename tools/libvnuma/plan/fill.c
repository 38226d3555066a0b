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

#define CHUNK_MEMKB UINT64_C(2048)        /* a 2 MiB page */
#define GIB_MEMKB (UINT64_C(1) << 20)
#define LARGE_MEMKB (8 * GIB_MEMKB) /* unequal sizes are whole GiB from here */

/* ---- vnodes ------------------------------------------------------------- */

void vnuma__full_dispose(vnuma_config *full)
{
    unsigned int v;

    for (v = 0; v < full->num_vnodes; v++) {
        vnuma_bitmap_dispose(&full->vnodes[v].vcpus);
        free(full->vnodes[v].distances);
    }
    free(full->vnodes);
    full->vnodes = NULL;
    full->num_vnodes = 0;
}

static int make_vnodes(vnuma_config *full, unsigned int num_vnodes)
{
    unsigned int v;

    vnuma__full_dispose(full);
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

static int copy_vnode(const vnuma_vnode *vnode, vnuma_vnode *copy)
{
    size_t size = vnode->num_distances * sizeof(*vnode->distances);

    copy->span = vnode->span;
    copy->pnode = vnode->pnode;
    copy->memkb = vnode->memkb;
    copy->vcpus_span = vnode->vcpus_span;
    copy->distances_span = vnode->distances_span;
    if (size) {
        copy->distances = malloc(size);
        if (!copy->distances)
            return VNUMA_ERROR_NOMEM;
        memcpy(copy->distances, vnode->distances, size);
    }
    copy->num_distances = vnode->num_distances;
    return vnuma_bitmap_copy(&vnode->vcpus, &copy->vcpus);
}

/* ---- sizes and vcpus ---------------------------------------------------- */

static bool has_size(const vnuma_vnode *vnode)
{
    return vnode->memkb.value || vnuma__is_given(vnode->memkb.span);
}

/* The remainder below a chunk goes to the first vnode without a size. */
static void fill_sizes(vnuma_config *full)
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
    chunks = rest / CHUNK_MEMKB;
    odd = rest % CHUNK_MEMKB;
    for (v = 0; num_open && v < full->num_vnodes; v++) {
        uint64_t part;

        if (has_size(&full->vnodes[v]))
            continue;
        part = chunks / num_open + !!(chunks % num_open);
        full->vnodes[v].memkb.value = part * CHUNK_MEMKB + odd;
        chunks -= part;
        odd = 0;
        num_open--;
    }
}

/* A block of vcpus for each of the first vnodes; some have one more. */
static int fill_vcpus(vnuma_config *full, unsigned int num_vnodes)
{
    uint32_t left = vnuma_config_max_vcpus(full), vcpu = 0, others;
    unsigned int v;
    int rc;

    for (v = 0; v < full->num_vnodes; v++)
        if (vnuma_bitmap_count(&full->vnodes[v].vcpus) ||
            vnuma__is_given(full->vnodes[v].vcpus_span))
            return 0;
    if (left > VNUMA_BITMAP_MAX)
        left = VNUMA_BITMAP_MAX;
    for (others = num_vnodes; others; others--) {
        uint32_t part = left / others + !!(left % others);

        v = num_vnodes - others;
        for (left -= part; part; part--) {
            rc = vnuma_bitmap_set(&full->vnodes[v].vcpus, vcpu++);
            if (rc)
                return rc;
        }
    }
    return 0;
}

static int make_equal(vnuma_config *full, unsigned int num_vnodes)
{
    int rc = make_vnodes(full, num_vnodes);

    if (rc)
        return rc;
    fill_sizes(full);
    return fill_vcpus(full, num_vnodes);
}

/* ---- vnuma="auto" ------------------------------------------------------- */

typedef struct {
    vnuma_config *full; /* with the vnodes that are tried */
    const vnuma_topology *topology;
    const vnuma_plan_options *options;
    vnuma__model *one, *tried; /* the guest as one vnode, and as it is tried */
    uint64_t memkb, unit;
    vnuma_config best; /* its vnodes: the best that fit; none yet: 0 */
    int64_t over;      /* of the guest's own vcpus, with these */
    const char *warning;
} automatic;

/* A pnode that a vnode may fill. */
typedef struct {
    unsigned int index;
    uint64_t memkb; /* that it holds; then, that it shall */
    uint16_t distance;
} holder;

static int compare_index(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static int compare_room(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return x->memkb != y->memkb ? (x->memkb < y->memkb) - (x->memkb > y->memkb)
                                : compare_index(a, b);
}

static int compare_distance(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return x->distance != y->distance
               ? (x->distance > y->distance) - (x->distance < y->distance)
               : compare_room(a, b);
}

/* What these pnodes hold when so many are used; @from: of the distances. */
static unsigned int find_holders(const automatic *a, uint64_t pnodes,
                                 unsigned int num_used, unsigned int from,
                                 uint64_t unit, holder *holders)
{
    const vnuma__problem *problem = &a->one->problem;
    unsigned int num = 0, p;

    pnodes &= vnuma__lowest_bits(problem->num_pnodes) & ~a->one->memoryless;
    while (pnodes) {
        int64_t room;

        p = vnuma__take_lowest(&pnodes);
        room = problem->room[p] - (int64_t)problem->building[num_used] -
               (int64_t)VNUMA__SPECIAL_MEMKB;
        if (room >= (int64_t)(unit + vnuma__guest_video_memkb(a->full)))
            holders[num++] = (holder){ p, (uint64_t)room / unit * unit,
                                       problem->host[from][p] };
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
        uint64_t part = memkb / CHUNK_MEMKB / (i + 1) * CHUNK_MEMKB;

        /* The roomiest takes what is left, the remainder included. */
        if (!i && holders[0].memkb < memkb)
            return false;
        if (!i || holders[i].memkb > part)
            holders[i].memkb = i ? part : memkb;
        memkb -= holders[i].memkb;
    }
    return true;
}

static int make_unequal(vnuma_config *full, const holder *holders,
                        unsigned int num, unsigned int num_with_vcpus)
{
    unsigned int v;
    int rc;

    rc = make_vnodes(full, num);
    if (rc)
        return rc;
    for (v = 0; v < num; v++)
        full->vnodes[v].memkb.value = holders[v].memkb;
    return fill_vcpus(full, num_with_vcpus);
}

/* Keeps the vnodes that full has now if they fit better. */
static int try_vnodes(automatic *a, const char *warning, bool *fits_r)
{
    vnuma__result result = { .feasible = false };
    int64_t over;
    int rc;

    vnuma__model_dispose(a->tried);
    rc = vnuma__model_init(a->tried, a->full, a->topology, a->options);
    if (!rc) {
        /* Domains that run do not divide a guest. */
        vnuma__model_forget_load(a->tried);
        rc = vnuma__search(&a->tried->problem, VNUMA__STEPS / 8, &result);
    }
    *fits_r = !rc && result.feasible && !result.cost.shared;
    over = result.cost.cpu / VNUMA__COST_PCPU;
    if (!*fits_r || (a->best.num_vnodes && over >= a->over))
        return rc == VNUMA_ERROR_CONFIG ? 0 : rc;
    vnuma__full_dispose(&a->best);
    a->best.vnodes = a->full->vnodes;
    a->best.num_vnodes = a->full->num_vnodes;
    a->full->vnodes = NULL;
    a->full->num_vnodes = 0;
    a->over = over;
    a->warning = warning;
    return 0;
}

/* So many vnodes with vcpus; if they cannot be equal, as pnodes allow. */
static int try_number(automatic *a, unsigned int num)
{
    holder holders[VNUMA__MAX_PNODES];
    bool fits = false;
    unsigned int there;
    int rc;

    rc = make_equal(a->full, num);
    if (!rc)
        rc = try_vnodes(a, NULL, &fits);
    if (rc || fits || num == 1)
        return rc;
    there = find_holders(a, a->one->may_run[0], num, 0, a->unit, holders);
    qsort(holders, there, sizeof(*holders), compare_room);
    if (there < num || !deal_out(holders, num, a->memkb))
        return 0;
    qsort(holders, num, sizeof(*holders), compare_index);
    rc = make_unequal(a->full, holders, num, num);
    return rc ? rc
              : try_vnodes(a, "the vnodes get unequal sizes: not every pnode "
                              "holds an equal part", &fits);
}

/*
 * The pnodes with CPUs are filled, and memory-only vnodes on those without
 * take the rest, the nearest first.
 */
static int try_memory_only(automatic *a, unsigned int num_used)
{
    holder holders[2 * VNUMA__MAX_PNODES];
    unsigned int num_cpus, num, i;
    uint64_t rest = a->memkb;
    bool fits;
    int rc;

    num_cpus = find_holders(a, a->one->may_run[0], num_used, 0, a->unit,
                            holders);
    if (!num_cpus || num_cpus >= num_used)
        return 0;
    num = find_holders(a, a->one->problem.cpuless, num_used, holders[0].index,
                       CHUNK_MEMKB, holders + num_cpus);
    qsort(holders + num_cpus, num, sizeof(*holders), compare_distance);
    if (num_cpus + num < num_used)
        return 0;
    for (i = 0; i < num_used; i++) {
        if (holders[i].memkb > rest)
            holders[i].memkb = rest;
        rest -= holders[i].memkb;
    }
    rc = rest ? 0 : make_unequal(a->full, holders, num_used, num_cpus);
    return rc || rest
               ? rc
               : try_vnodes(a, "the pnodes with CPUs do not hold the guest: "
                               "memory-only vnodes take the rest", &fits);
}

/* Of those that may be equal: a pnode with CPUs and memory for each. */
static unsigned int most_vnodes(const automatic *a)
{
    uint64_t chunks = a->memkb / CHUNK_MEMKB;
    unsigned int most =
        vnuma__count(vnuma__lowest_bits(a->topology->num_pnodes) &
                     ~a->one->problem.cpuless & ~a->one->memoryless);

    if (most > VNUMA_MAX_VNODES)
        most = VNUMA_MAX_VNODES;
    if (chunks < most)
        most = (unsigned int)chunks;
    return most ? most : 1;
}

/*
 * The fewest vnodes among the numbers that fit with the least overcommit of
 * the guest's own vcpus.
 */
static int try_all(automatic *a)
{
    unsigned int num;
    int rc;

    rc = vnuma__model_init(a->one, a->full, a->topology, a->options);
    if (rc)
        return rc == VNUMA_ERROR_CONFIG ? 0 : rc;
    a->memkb = vnuma_config_total_memkb(a->full);
    a->unit = a->memkb < LARGE_MEMKB ? CHUNK_MEMKB : GIB_MEMKB;
    for (num = 1; num <= most_vnodes(a) && !rc; num++)
        if (!a->best.num_vnodes || a->over)
            rc = try_number(a, num);
    for (num = 2; num <= a->topology->num_pnodes && num <= VNUMA_MAX_VNODES &&
                  !rc && !a->best.num_vnodes;
         num++)
        rc = try_memory_only(a, num);
    return rc;
}

static int fill_auto(automatic *a, vnuma_diags *diags)
{
    int rc = make_equal(a->full, 1);

    if (rc || !a->topology)
        return rc;
    a->one = calloc(1, sizeof(*a->one));
    a->tried = calloc(1, sizeof(*a->tried));
    rc = a->one && a->tried ? try_all(a) : VNUMA_ERROR_NOMEM;
    if (!rc)
        rc = make_equal(a->full, 1);
    if (!rc && a->best.num_vnodes) {
        vnuma__full_dispose(a->full);
        a->full->vnodes = a->best.vnodes;
        a->full->num_vnodes = a->best.num_vnodes;
        a->best.num_vnodes = 0;
        a->best.vnodes = NULL;
    }
    if (!rc && a->warning)
        vnuma__warning(diags, "auto-unequal", a->full->vnodes_span, "%s",
                       a->warning);
    vnuma__full_dispose(&a->best);
    if (a->one)
        vnuma__model_dispose(a->one);
    if (a->tried)
        vnuma__model_dispose(a->tried);
    free(a->one);
    free(a->tried);
    return rc;
}

int vnuma__config_fill(const vnuma_config *config,
                       const vnuma_topology *topology,
                       const vnuma_plan_options *options,
                       vnuma_config *full_r, vnuma_diags *diags)
{
    vnuma_config full = *config;
    automatic a = { .full = &full, .topology = topology, .options = options };
    unsigned int v;
    int rc;

    full.vnodes = NULL;
    full.num_vnodes = 0;
    if (config->vnuma_auto) {
        rc = fill_auto(&a, diags);
    } else {
        rc = make_vnodes(&full, config->num_vnodes);
        for (v = 0; !rc && v < config->num_vnodes; v++)
            rc = copy_vnode(&config->vnodes[v], &full.vnodes[v]);
        if (!rc) {
            fill_sizes(&full);
            rc = fill_vcpus(&full, full.num_vnodes);
        }
    }
    if (rc)
        vnuma__full_dispose(&full);
    else
        *full_r = full;
    return rc;
}
