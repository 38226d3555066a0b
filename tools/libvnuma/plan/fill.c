/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills in what a guest's file leaves out: sizes, vcpus, and with vnuma="auto"
 * the number of vnodes.  Pnodes, and with them distances, are chosen by the
 * plan.
 */
#include "config.h"

#include "base/objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "guest/guest.h"
#include "plan/plan_inside.h"

#define CHUNK_MEMKB UINT64_C(2048) /* a 2 MiB page */

/* ---- copying --------------------------------------------------------------------- */

static void *copy_array(const void *array, unsigned int num, size_t size)
{
    void *copy = calloc(num ? num : 1, size);

    if (copy && num)
        memcpy(copy, array, num * size);
    return copy;
}

static int copy_vnode(const vnuma_vnode *vnode, vnuma_vnode *copy)
{
    copy->span = vnode->span;
    copy->pnode = vnode->pnode;
    copy->memkb = vnode->memkb;
    copy->vcpus_span = vnode->vcpus_span;
    copy->distances_span = vnode->distances_span;
    copy->distances = copy_array(vnode->distances, vnode->num_distances,
                                 sizeof(*vnode->distances));
    if (!copy->distances)
        return VNUMA_ERROR_NOMEM;
    copy->num_distances = vnode->num_distances;
    return vnuma_bitmap_copy(&vnode->vcpus, &copy->vcpus);
}

static int make_vnodes(vnuma_config *full, unsigned int num_vnodes)
{
    unsigned int v;

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

static int copy_vnodes(const vnuma_config *config, vnuma_config *full)
{
    unsigned int v;
    int rc;

    rc = make_vnodes(full, config->num_vnodes);
    for (v = 0; !rc && v < config->num_vnodes; v++)
        rc = copy_vnode(&config->vnodes[v], &full->vnodes[v]);
    return rc;
}

/* All but the vnodes. */
static int copy_config(const vnuma_config *config, vnuma_config *full)
{
    *full = *config;
    full->vnodes = NULL;
    full->num_vnodes = 0;
    full->vnuma_auto = false;
    full->cpus = full->cpus_soft = (vnuma_affinities){ .items = NULL };
    full->pool = config->pool ? strdup(config->pool) : NULL;
    full->name = config->name ? strdup(config->name) : NULL;
    full->pcidevs = copy_array(config->pcidevs, config->num_pcidevs,
                               sizeof(*config->pcidevs));
    full->policies = (vnuma_policies){ .items = NULL };
    if (vnuma__policies_copy(&config->policies, &full->policies) ||
        (config->pool && !full->pool) || (config->name && !full->name) ||
        !full->pcidevs) {
        full->num_pcidevs = 0;
        return VNUMA_ERROR_NOMEM;
    }
    return 0;
}

/* ---- sizes and vcpus ---------------------------------------------------------------- */

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
    if (!num_open)
        return;
    chunks = rest / CHUNK_MEMKB;
    odd = rest % CHUNK_MEMKB;
    for (v = 0; v < full->num_vnodes; v++) {
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

/* A block of vcpus for each vnode; the first ones have one more if needed. */
static int fill_vcpus(vnuma_config *full)
{
    uint32_t left = vnuma_config_max_vcpus(full), vcpu = 0;
    unsigned int v;
    int rc;

    for (v = 0; v < full->num_vnodes; v++)
        if (vnuma_bitmap_count(&full->vnodes[v].vcpus) ||
            vnuma__is_given(full->vnodes[v].vcpus_span))
            return 0;
    if (left > VNUMA_BITMAP_MAX)
        left = VNUMA_BITMAP_MAX;
    for (v = 0; v < full->num_vnodes; v++) {
        uint32_t others = full->num_vnodes - v;
        uint32_t share = left / others + !!(left % others);

        for (left -= share; share; share--) {
            rc = vnuma_bitmap_set(&full->vnodes[v].vcpus, vcpu++);
            if (rc)
                return rc;
        }
    }
    return 0;
}

/* ---- vnuma="auto" -------------------------------------------------------------------- */

static void drop_vnodes(vnuma_config *full)
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

static int make_equal(vnuma_config *full, unsigned int num_vnodes)
{
    int rc;

    drop_vnodes(full);
    rc = make_vnodes(full, num_vnodes);
    if (rc)
        return rc;
    fill_sizes(full);
    return fill_vcpus(full);
}

/* Whether each of so many vnodes gets a pnode, and enough pcpus there. */
static int try_equal(vnuma_config *full, const vnuma_topology *topology,
                     const vnuma_plan_options *options,
                     unsigned int num_vnodes, bool *fits_r, bool *runs_r)
{
    vnuma__result result;
    vnuma__problem *problem;
    int rc;

    *fits_r = *runs_r = false;
    rc = make_equal(full, num_vnodes);
    if (rc)
        return rc;
    problem = malloc(sizeof(*problem));
    if (!problem)
        return VNUMA_ERROR_NOMEM;
    if (vnuma__problem_init(problem, full, topology, options)) {
        rc = vnuma__search_using(problem, num_vnodes, &result);
        *fits_r = !rc && result.feasible;
        *runs_r = *fits_r && result.placement.cost < VNUMA__COST_OVERCOMMIT;
    }
    free(problem);
    return rc;
}

static unsigned int most_vnodes(const vnuma_config *full,
                                const vnuma_topology *topology)
{
    uint64_t chunks = vnuma_config_total_memkb(full) / CHUNK_MEMKB;
    unsigned int most = VNUMA_MAX_VNODES;

    if (topology->num_pnodes < most)
        most = topology->num_pnodes;
    if (chunks && chunks < most)
        most = (unsigned int)chunks;
    return most ? most : 1;
}

/*
 * The fewest vnodes with room for memory and vcpus; else the fewest with room
 * for memory; else the most that there can be, so that what is missing is
 * reported against all of the host's memory.
 */
static int fill_auto(vnuma_config *full, const vnuma_topology *topology,
                     const vnuma_plan_options *options)
{
    unsigned int most, num, enough;
    bool fits, runs, found = false;
    int rc;

    most = topology ? most_vnodes(full, topology) : 0;
    enough = most ? most : 1;
    for (num = 1; num <= most; num++) {
        rc = try_equal(full, topology, options, num, &fits, &runs);
        if (rc || runs)
            return rc;
        if (fits && !found) {
            found = true;
            enough = num;
        }
    }
    return make_equal(full, enough);
}

int vnuma__config_fill_equal(const vnuma_config *config,
                             unsigned int num_vnodes, vnuma_config *full_r)
{
    vnuma_config full;
    int rc;

    vnuma__config_init(&full);
    rc = copy_config(config, &full);
    if (!rc)
        rc = make_equal(&full, num_vnodes);
    if (!rc) {
        *full_r = full;
        vnuma__config_init(&full);
    }
    vnuma__config_dispose(&full);
    return rc;
}

unsigned int vnuma__most_equal(const vnuma_config *config,
                               const vnuma_topology *topology)
{
    return most_vnodes(config, topology);
}

int vnuma__config_fill(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_config *full_r)
{
    vnuma_config full;
    int rc;

    vnuma__config_init(&full);
    rc = copy_config(config, &full);
    if (rc)
        goto out;
    if (config->vnuma_auto) {
        rc = fill_auto(&full, topology, options);
    } else {
        rc = copy_vnodes(config, &full);
        if (rc)
            goto out;
        fill_sizes(&full);
        rc = fill_vcpus(&full);
    }
    if (rc)
        goto out;
    *full_r = full;
    vnuma__config_init(&full);

out:
    vnuma__config_dispose(&full);
    return rc;
}
