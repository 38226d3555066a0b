/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes and CPUs of the live host.  libxl would ask Xen for the number of each
 * first; but Xen fills in what fits and tells how much that was, so an answer
 * that does not fill the buffer is complete.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <errno.h>
#include <stdlib.h>

/* One more than Xen supports. */
#define ROOM_FOR_NODES (VNUMA_MAX_PNODES + 1)

typedef struct {
    unsigned int num; /* numbers up to the last; there may be gaps */
    xc_meminfo_t memory[ROOM_FOR_NODES];
    uint32_t distances[ROOM_FOR_NODES * ROOM_FOR_NODES]; /* num x num */
} nodes;

/* ---- nodes -------------------------------------------------------------- */

static uint64_t to_memkb(uint64_t bytes)
{
    return bytes == XEN_INVALID_MEM_SZ ? VNUMA_MEMKB_UNKNOWN : bytes / 1024;
}

static int take_nodes(vnuma_topology *t, const nodes *n)
{
    unsigned int i, from, to;

    t->pnodes = calloc(n->num + 1, sizeof(*t->pnodes));
    t->distances = calloc((size_t)n->num * n->num + 1, sizeof(*t->distances));
    if (!t->pnodes || !t->distances)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < n->num; i++)
        if (n->memory[i].memsize != XEN_INVALID_MEM_SZ)
            t->pnodes[t->num_pnodes++] = (vnuma_pnode){
                .pnode = i,
                .memkb = to_memkb(n->memory[i].memsize),
                .free_memkb = to_memkb(n->memory[i].memfree),
            };
    for (from = 0; from < t->num_pnodes; from++)
        for (to = 0; to < t->num_pnodes; to++) {
            uint32_t distance = n->distances[t->pnodes[from].pnode * n->num +
                                             t->pnodes[to].pnode];

            t->distances[(size_t)from * t->num_pnodes + to] =
                distance == XEN_INVALID_NODE_DIST ? VNUMA_DISTANCE_UNKNOWN
                                                  : distance;
        }
    return 0;
}

static int get_nodes(xc_interface *xch, vnuma_topology *t)
{
    nodes n = { .num = ROOM_FOR_NODES };

    if (xc_numainfo(xch, &n.num, n.memory, n.distances))
        return VNUMA_ERROR_XEN;
    if (n.num <= VNUMA_MAX_PNODES)
        return take_nodes(t, &n);
    errno = E2BIG;
    return VNUMA_ERROR_XEN;
}

/* ---- CPUs --------------------------------------------------------------- */

/* Xen has a different value for "absent" in each field. */
static uint32_t to_id(uint32_t id, uint32_t absent)
{
    return id == absent ? VNUMA_ID_UNKNOWN : id;
}

static int take_cpus(vnuma_topology *t, const xc_cputopo_t *cpus,
                     unsigned int num)
{
    vnuma_pnode *pnode;
    unsigned int i;

    t->pcpus = calloc(num + 1, sizeof(*t->pcpus));
    if (!t->pcpus)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < num && i < VNUMA_BITMAP_MAX; i++) {
        if (cpus[i].core == XEN_INVALID_CORE_ID)
            continue; /* offline */
        t->pcpus[t->num_pcpus++] = (vnuma_pcpu){
            .pcpu = i,
            .core = cpus[i].core,
            .socket = to_id(cpus[i].socket, XEN_INVALID_SOCKET_ID),
            .pnode = to_id(cpus[i].node, XEN_INVALID_NODE_ID),
        };
        pnode = (vnuma_pnode *)vnuma_topology_find(t, cpus[i].node);
        if (pnode && vnuma_bitmap_set(&pnode->pcpus, i))
            return VNUMA_ERROR_NOMEM;
    }
    return 0;
}

static int get_cpus(xc_interface *xch, uint32_t max_cpu_id, vnuma_topology *t)
{
    /* One more than there are, so that a complete answer does not fill it. */
    unsigned int num, room = max_cpu_id < VNUMA_BITMAP_MAX ? max_cpu_id + 2
                                                           : VNUMA_BITMAP_MAX;
    xc_cputopo_t *cpus = NULL, *more;
    int rc;

    for (;; room *= 2) {
        more = reallocarray(cpus, room, sizeof(*cpus));
        rc = more ? 0 : VNUMA_ERROR_NOMEM;
        cpus = more ? more : cpus;
        num = room;
        if (!rc && xc_cputopoinfo(xch, &num, cpus))
            rc = VNUMA_ERROR_XEN;
        if (rc || num < room || room >= VNUMA_BITMAP_MAX)
            break;
    }
    if (!rc)
        rc = take_cpus(t, cpus, num);
    free(cpus);
    return rc;
}

int vnuma__host_tables(xc_interface *xch, uint32_t max_cpu_id,
                       vnuma_topology *topology)
{
    int rc = get_nodes(xch, topology);

    return rc ? rc : get_cpus(xch, max_cpu_id, topology);
}
