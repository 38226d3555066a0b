/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host as a value. */
#include "config.h"

#include "host/topology.h"

#include <stdlib.h>
#include <string.h>

void vnuma_topology_init(vnuma_topology *topology)
{
    memset(topology, 0, sizeof(*topology));
}

void vnuma_topology_dispose(vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        vnuma_bitmap_dispose(&topology->pnodes[i].pcpus);
    for (i = 0; i < topology->num_facts; i++) {
        free(topology->facts[i].key);
        free(topology->facts[i].value);
    }
    free(topology->pnodes);
    free(topology->distances);
    free(topology->pcpus);
    free(topology->pcidevs);
    free(topology->facts);
    vnuma_topology_init(topology);
}

const vnuma_pnode *vnuma_topology_find(const vnuma_topology *topology,
                                       uint32_t pnode)
{
    unsigned int low = 0, high = topology->num_pnodes;

    while (low < high) {
        unsigned int mid = low + (high - low) / 2;

        if (topology->pnodes[mid].pnode < pnode)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == topology->num_pnodes || topology->pnodes[low].pnode != pnode)
        return NULL;
    return &topology->pnodes[low];
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
