/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A planned guest's HMAT by that of the host; see plan_hmat.h. */
#include "config.h"

#include "plan/plan_hmat.h"

#include <inttypes.h>

#include "base/diag.h"

void vnuma__plan_hmat_guest(const vnuma_plan *plan, vnuma__hmat_guest *guest_r)
{
    unsigned int v;

    *guest_r = (vnuma__hmat_guest){ .num_vnodes = plan->num_vnodes };
    for (v = 0; v < plan->num_vnodes; v++) {
        guest_r->has_vcpus[v] = vnuma_bitmap_count(&plan->vnodes[v].vcpus);
        guest_r->has_memory[v] = plan->vnodes[v].memkb;
    }
}

typedef struct {
    const vnuma_plan *plan;
    const vnuma_topology *topology;
    vnuma__hmat_guest guest;
    vnuma__hmat *hmat;
} telling;

/* By index; VNUMA_ID_UNKNOWN: the host has no such pnode. */
static uint32_t index_of(const telling *t, uint32_t pnode)
{
    const vnuma_pnode *found = vnuma_topology_find(t->topology, pnode);

    return found ? (uint32_t)(found - t->topology->pnodes) : VNUMA_ID_UNKNOWN;
}

/* How many pnodes the memory is on, and the i-th. */
static unsigned int num_pnodes(const vnuma_plan_vnode *vnode)
{
    return vnode->num_parts ? vnode->num_parts : 1;
}

static uint32_t pnode_at(const telling *t, const vnuma_plan_vnode *vnode,
                         unsigned int i)
{
    return index_of(t,
                    vnode->num_parts ? vnode->parts[i].pnode : vnode->pnode);
}

/* More is slower; what is not known of a part is not known of the whole. */
static uint64_t slower(vnuma__hmat_kind kind, uint64_t a, uint64_t b)
{
    if (!a || !b)
        return 0;
    if (a == VNUMA__UNREACHABLE || b == VNUMA__UNREACHABLE)
        return VNUMA__UNREACHABLE;
    return (a > b) == vnuma__is_latency(kind) ? a : b;
}

static int tell_pair(telling *t, unsigned int level, vnuma__hmat_kind kind,
                     uint32_t from, uint32_t to)
{
    const vnuma_plan_vnode *memory = &t->plan->vnodes[to];
    uint32_t cpus = index_of(t, t->plan->vnodes[from].pnode);
    uint64_t speed = 0, part;
    unsigned int i;

    for (i = 0; i < num_pnodes(memory); i++) {
        part = vnuma__hmat_get(&t->topology->hmat, level, kind, cpus,
                               pnode_at(t, memory, i));
        speed = i ? slower(kind, speed, part) : part;
    }
    return speed ? vnuma__hmat_set(t->hmat, level, kind, from, to, speed) : 0;
}

static int tell_speeds(telling *t)
{
    uint32_t from, to, n = t->plan->num_vnodes;
    unsigned int level, kind;
    int rc = 0;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++)
            for (from = 0; from < n; from++)
                for (to = 0; to < n && !rc; to++)
                    if (t->topology->hmat.speeds[level][kind] &&
                        t->guest.has_vcpus[from] && t->guest.has_memory[to])
                        rc = tell_pair(t, level, kind, from, to);
    return rc;
}

/* Its own vcpus if its pnode has the nearest CPUs, else the first there. */
static void tell_nearest(telling *t, uint32_t to)
{
    uint32_t own = pnode_at(t, &t->plan->vnodes[to], 0), nearest, v;

    if (own == VNUMA_ID_UNKNOWN || num_pnodes(&t->plan->vnodes[to]) > 1)
        return;
    nearest = t->topology->hmat.nearest[own];
    if (nearest == VNUMA_ID_UNKNOWN)
        return;
    if (nearest == own && t->guest.has_vcpus[to]) {
        t->hmat->nearest[to] = to;
        return;
    }
    for (v = 0; v < t->plan->num_vnodes; v++)
        if (t->guest.has_vcpus[v] &&
            index_of(t, t->plan->vnodes[v].pnode) == nearest) {
            t->hmat->nearest[to] = v;
            return;
        }
}

static int tell_caches(telling *t, uint32_t to)
{
    const vnuma__hmat *host = &t->topology->hmat;
    uint32_t own = pnode_at(t, &t->plan->vnodes[to], 0);
    vnuma__side_cache cache;
    unsigned int i;
    int rc = 0;

    for (i = 0; i < host->num_caches && !rc; i++)
        if (host->caches[i].node == own) {
            cache = host->caches[i];
            cache.node = to;
            rc = vnuma__hmat_add_cache(t->hmat, &cache);
        }
    return rc;
}

int vnuma__plan_hmat(const vnuma_plan *plan, const vnuma_topology *topology,
                     vnuma__hmat *hmat_r, vnuma_diags *diags)
{
    telling t = { .plan = plan, .topology = topology, .hmat = hmat_r };
    uint32_t v;
    int rc;

    if (!vnuma__hmat_is_known(&topology->hmat))
        return 0;
    rc = vnuma__hmat_init(hmat_r, plan->num_vnodes);
    vnuma__plan_hmat_guest(plan, &t.guest);
    if (!rc)
        rc = tell_speeds(&t);
    for (v = 0; v < plan->num_vnodes && !rc; v++) {
        if (!t.guest.has_memory[v])
            continue;
        tell_nearest(&t, v);
        if (num_pnodes(&plan->vnodes[v]) == 1)
            rc = tell_caches(&t, v);
        else
            vnuma__warning(diags, "hmat-parts", VNUMA__NOWHERE,
                           "the memory of vnode %" PRIu32 " is on %u pnodes: "
                           "its HMAT says the slowest of them",
                           v, num_pnodes(&plan->vnodes[v]));
    }
    if (rc || !vnuma__hmat_says_something(hmat_r))
        vnuma__hmat_dispose(hmat_r);
    return rc;
}
