/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host as a value. */
#include "config.h"

#include "host/topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/access.h"

void vnuma__topology_dispose(vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        vnuma_bitmap_dispose(&topology->pnodes[i].pcpus);
    for (i = 0; i < topology->num_pools; i++) {
        vnuma_bitmap_dispose(&topology->pools[i].pcpus);
        free(topology->pools[i].name);
    }
    for (i = 0; i < topology->num_facts; i++) {
        free(topology->facts[i].key);
        free(topology->facts[i].value);
    }
    free(topology->pnodes);
    free(topology->distances);
    free(topology->pcpus);
    free(topology->pcidevs);
    free(topology->pools);
    free(topology->pages);
    free(topology->facts);
    vnuma__hmat_dispose(&topology->hmat);
    memset(topology, 0, sizeof(*topology));
}

VNUMA__FREE(vnuma_topology, vnuma__topology_dispose)

int vnuma_topology_parse(const vnuma_source *source,
                         vnuma_topology **topology_r, vnuma_diags *diags)
{
    VNUMA__MAKE(topology_r, vnuma__topology_parse(source, made, diags), 0);
}

VNUMA__LIST_READERS(vnuma_pnode, vnuma_topology, pnode)
VNUMA__LIST_READERS(vnuma_pcpu, vnuma_topology, pcpu)
VNUMA__LIST_READERS(vnuma_pcidev, vnuma_topology, pcidev)
VNUMA__LIST_READERS(vnuma_pool, vnuma_topology, pool)
VNUMA__READER(bool, vnuma_topology_knows_load, vnuma_topology, knows_load)

#define PARTS_OF_A_THOUSANDTH (UINT64_C(1) << 20)

static bool may_run(const vnuma_pcpu *pcpu, const vnuma_bitmap *hard,
                    const vnuma_bitmap *pool)
{
    return vnuma_bitmap_test(hard, pcpu->pcpu) &&
           vnuma_bitmap_test(pool, pcpu->pcpu);
}

void vnuma__load_add(const vnuma_topology *topology, const vnuma_bitmap *hard,
                     const vnuma_bitmap *pool, uint64_t *parts)
{
    unsigned int num = 0, i;

    for (i = 0; i < topology->num_pcpus; i++)
        num += may_run(&topology->pcpus[i], hard, pool);
    if (!num)
        return;
    for (i = 0; i < topology->num_pcpus; i++)
        if (may_run(&topology->pcpus[i], hard, pool))
            parts[i] += 1000 * PARTS_OF_A_THOUSANDTH / num;
}

void vnuma__load_finish(vnuma_topology *topology, const uint64_t *parts)
{
    unsigned int i;
    uint64_t load;

    for (i = 0; i < topology->num_pcpus; i++) {
        load = (parts[i] + PARTS_OF_A_THOUSANDTH / 2) / PARTS_OF_A_THOUSANDTH;
        topology->pcpus[i].load =
            load < VNUMA__MAX_LOAD ? load : VNUMA__MAX_LOAD;
    }
    topology->knows_load = true;
}

const char *vnuma_topology_fact(const vnuma_topology *topology,
                                const char *key)
{
    unsigned int i;

    for (i = 0; i < topology->num_facts; i++)
        if (!strcmp(topology->facts[i].key, key))
            return topology->facts[i].value ? topology->facts[i].value : "";
    return NULL;
}

const vnuma_pnode *vnuma_topology_find(const vnuma_topology *topology,
                                       uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        if (topology->pnodes[i].pnode == pnode)
            return &topology->pnodes[i];
    return NULL;
}

void vnuma_topology_set_free(vnuma_topology *topology, uint32_t pnode,
                             uint64_t memkb)
{
    const vnuma_pnode *found = vnuma_topology_find(topology, pnode);

    if (found)
        topology->pnodes[found - topology->pnodes].free_memkb = memkb;
}

char *vnuma__topology_list(const vnuma_topology *topology,
                           bool (*is_wanted)(const vnuma_pnode *pnode))
{
    vnuma_bitmap pnodes = { 0 };
    unsigned int i;
    char *text;
    int rc = 0;

    for (i = 0; i < topology->num_pnodes && !rc; i++)
        if (!is_wanted || is_wanted(&topology->pnodes[i]))
            rc = vnuma_bitmap_set(&pnodes, topology->pnodes[i].pnode);
    text = rc ? NULL : vnuma_bitmap_format(&pnodes);
    vnuma_bitmap_dispose(&pnodes);
    return text;
}

uint32_t vnuma_topology_distance(const vnuma_topology *topology, uint32_t from,
                                 uint32_t to)
{
    const vnuma_pnode *a = vnuma_topology_find(topology, from);
    const vnuma_pnode *b = vnuma_topology_find(topology, to);

    if (!a || !b)
        return VNUMA_DISTANCE_UNKNOWN;
    return topology
        ->distances[(size_t)(a - topology->pnodes) * topology->num_pnodes +
                    (size_t)(b - topology->pnodes)];
}

bool vnuma__is_that_device(const vnuma_guest_pcidev *wanted,
                           const vnuma_pcidev *known)
{
    return wanted->segment == known->segment && wanted->bus == known->bus &&
           wanted->device == known->device &&
           (wanted->is_every_function || wanted->function == known->function);
}
