/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills in what a guest's file leaves out: sizes, vcpus, and with vnuma="auto"
 * the number of vnodes.  Pnodes, and with them distances, are chosen by the
 * plan.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
        uint64_t share;

        if (has_size(&full->vnodes[v]))
            continue;
        share = chunks / num_open + !!(chunks % num_open);
        full->vnodes[v].memkb.value = share * CHUNK_MEMKB + odd;
        chunks -= share;
        odd = 0;
        num_open--;
    }
}

/* A block of vcpus for each of the first vnodes; those before have one more. */
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
        uint32_t share = left / others + !!(left % others);

        v = num_vnodes - others;
        for (left -= share; share; share--) {
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

/* ---- vnuma="auto": sizes by what pnodes hold ---------------------------- */

/* A pnode that a vnode may fill. */
typedef struct {
    unsigned int index; /* of the pnode */
    uint64_t memkb;     /* that it holds; then, that it shall */
} holder;

static int compare_room(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return x->memkb != y->memkb ? (x->memkb < y->memkb) - (x->memkb > y->memkb)
                                : (x->index > y->index) - (x->index < y->index);
}

static int compare_index(const void *a, const void *b)
{
    const holder *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* What these pnodes hold when so many are used, the roomiest first. */
static unsigned int find_holders(const vnuma__model *m, uint64_t pnodes,
                                 unsigned int num_used, uint64_t unit,
                                 holder *holders)
{
    unsigned int num = 0, p;

    for (p = 0; p < m->problem.num_pnodes; p++) {
        int64_t room = m->problem.room[p] -
                       (int64_t)m->problem.building[num_used] -
                       (int64_t)m->problem.need[0]; /* of the special pages */

        if ((pnodes & ~m->memoryless & vnuma__bit(p)) &&
            room >= (int64_t)(unit + vnuma__guest_video_memkb(m->config)))
            holders[num++] =
                (holder){ p, (uint64_t)room / unit * unit };
    }
    qsort(holders, num, sizeof(*holders), compare_room);
    return num;
}

/*
 * An equal share for each; what a pnode cannot hold goes in equal parts to the
 * others.  @holders: the roomiest first.  False: they do not hold it.
 */
static bool share_out(holder *holders, unsigned int num, uint64_t memkb)
{
    unsigned int i;

    for (i = num; i--;) {
        uint64_t chunks = memkb / CHUNK_MEMKB;
        uint64_t share = chunks / (i + 1) * CHUNK_MEMKB;

        /* The roomiest takes what is left, the remainder included. */
        if (!i)
            share = memkb;
        if (holders[i].memkb > share)
            holders[i].memkb = share;
        else if (!i && holders[i].memkb < share)
            return false;
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

/* ---- vnuma="auto": how many --------------------------------------------- */

typedef struct {
    vnuma_config *full;
    const vnuma_topology *topology;
    const vnuma_plan_options *options;
    vnuma__model *model;
    uint64_t memkb, unit;
    uint64_t may_run; /* pnodes that each vcpu may use */
    unsigned int best; /* number of vnodes; 0: none fits */
    bool is_equal;     /* with the best */
    int64_t over;      /* of the guest's own vcpus, with the best */
} automatic;

/* Whether the vnodes that full has now get a pnode each, and what is over. */
static int try_vnodes(automatic *a, bool *fits_r, int64_t *over_r)
{
    vnuma__result result = { .feasible = false };
    int rc;

    vnuma__model_dispose(a->model);
    rc = vnuma__model_init(a->model, a->full, a->topology, a->options);
    if (!rc) {
        vnuma__model_forget_load(a->model);
        rc = vnuma__search(&a->model->problem, VNUMA__STEPS / 8, &result);
    }
    *fits_r = !rc && result.feasible && !result.cost.shared;
    *over_r = *fits_r ? result.cost.cpu / VNUMA__COST_PCPU : 0;
    return rc == VNUMA_ERROR_CONFIG ? 0 : rc;
}

/* So many vnodes with vcpus, each as large as a pnode allows. */
static int size_unequal(automatic *a, unsigned int num, bool *made_r)
{
    holder holders[VNUMA__MAX_PNODES];
    unsigned int there;
    int rc;

    *made_r = false;
    rc = make_equal(a->full, 1);
    vnuma__model_dispose(a->model);
    if (!rc)
        rc = vnuma__model_init(a->model, a->full, a->topology, a->options);
    if (rc)
        return rc;
    a->model->problem.need[0] -= a->model->guest[0];
    a->may_run = a->model->may_run[0];
    there = find_holders(a->model, a->may_run, num, a->unit, holders);
    if (there < num || !share_out(holders, num, a->memkb))
        return 0;
    qsort(holders, num, sizeof(*holders), compare_index);
    *made_r = true;
    return make_unequal(a->full, holders, num, num);
}

static int try_number(automatic *a, unsigned int num)
{
    bool fits = false, made = false, is_equal = true;
    int64_t over = 0;
    int rc;

    rc = make_equal(a->full, num);
    if (!rc)
        rc = try_vnodes(a, &fits, &over);
    if (!rc && !fits && num > 1) {
        is_equal = false;
        rc = size_unequal(a, num, &made);
        if (!rc && made)
            rc = try_vnodes(a, &fits, &over);
    }
    if (!rc && fits && (!a->best || over < a->over)) {
        a->best = num;
        a->is_equal = is_equal;
        a->over = over;
    }
    return rc;
}

static void sort_nearest(const vnuma__model *m, unsigned int from,
                         holder *holders, unsigned int num)
{
    const uint16_t *distances = m->problem.host[from];
    unsigned int i, j;

    for (i = 1; i < num; i++) {
        holder one = holders[i];

        for (j = i; j && distances[one.index] < distances[holders[j - 1].index];
             j--)
            holders[j] = holders[j - 1];
        holders[j] = one;
    }
}

/*
 * The pnodes with CPUs are filled, and memory-only vnodes on those without take
 * the rest, the nearest first.
 */
static int add_memory_only(automatic *a, bool *made_r)
{
    const vnuma__model *m = a->model;
    holder holders[2 * VNUMA__MAX_PNODES];
    unsigned int num_used, num_cpus, num, i;
    uint64_t rest;

    for (num_used = 2;
         num_used <= m->problem.num_pnodes && num_used <= VNUMA_MAX_VNODES;
         num_used++) {
        num_cpus =
            find_holders(m, a->may_run, num_used, a->unit, holders);
        qsort(holders, num_cpus, sizeof(*holders), compare_index);
        num = find_holders(m, m->problem.cpuless, num_used, CHUNK_MEMKB,
                           holders + num_cpus);
        if (!num_cpus || num_cpus >= num_used || num_cpus + num < num_used)
            continue;
        sort_nearest(m, holders[0].index, holders + num_cpus, num);
        rest = a->memkb;
        for (i = 0; i < num_used; i++) {
            if (holders[i].memkb > rest)
                holders[i].memkb = rest;
            rest -= holders[i].memkb;
        }
        *made_r = !rest;
        if (*made_r)
            return make_unequal(a->full, holders, num_used, num_cpus);
    }
    return 0;
}

/* Of those that may be equal: a pnode with CPUs and memory for each. */
static unsigned int most_vnodes(const automatic *a)
{
    uint64_t chunks = a->memkb / CHUNK_MEMKB;
    unsigned int most = 0, p;

    for (p = 0; p < a->topology->num_pnodes; p++)
        most += a->topology->pnodes[p].memkb &&
                vnuma_bitmap_count(&a->topology->pnodes[p].pcpus);
    if (most > VNUMA_MAX_VNODES)
        most = VNUMA_MAX_VNODES;
    if (chunks && chunks < most)
        most = (unsigned int)chunks;
    return most ? most : 1;
}

static int settle(automatic *a, vnuma_diags *diags)
{
    bool made = false;
    int rc = 0;

    if (a->best && a->is_equal)
        return make_equal(a->full, a->best);
    if (a->best)
        rc = size_unequal(a, a->best, &made);
    else
        rc = size_unequal(a, 1, &made); /* for what pnodes hold */
    if (!rc && !a->best)
        rc = add_memory_only(a, &made);
    if (rc)
        return rc;
    if (!made)
        return make_equal(a->full, 1);
    vnuma__warning(diags, "auto-unequal", a->full->vnodes_span,
                   a->best ? "the vnodes get unequal sizes: not every pnode "
                             "holds an equal part"
                           : "the pnodes with CPUs do not hold the guest: "
                             "memory-only vnodes take the rest");
    return 0;
}

/*
 * The fewest vnodes among the numbers that fit with the least overcommit of
 * the guest's own vcpus: domains that run do not divide a guest.
 */
static int fill_auto(automatic *a, vnuma_diags *diags)
{
    unsigned int most, num;
    int rc = 0;

    if (!a->topology)
        return make_equal(a->full, 1);
    a->model = calloc(1, sizeof(*a->model));
    if (!a->model)
        return VNUMA_ERROR_NOMEM;
    a->memkb = vnuma_config_total_memkb(a->full);
    a->unit = a->memkb < LARGE_MEMKB ? CHUNK_MEMKB : GIB_MEMKB;
    most = most_vnodes(a);
    for (num = 1; num <= most && !rc && (!a->best || a->over); num++)
        rc = try_number(a, num);
    if (!rc)
        rc = settle(a, diags);
    vnuma__model_dispose(a->model);
    free(a->model);
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
