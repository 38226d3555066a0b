/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest needs, and what a host has.
 *
 * Memory.  A pnode that is used must have free, apart from the user's margin:
 *
 *   - the memory of the vnodes put there;
 *   - an equal part of what building costs (build_cost.c);
 *   - on the pnode of vnode 0, 4 MiB for what is there once per guest: special
 *     pages, the domain's and the vcpus' own structures.  Video RAM is a part
 *     of vnode 0's size already.
 *
 * Interleaved vnodes have an even part of their memory on each of their
 * pnodes, wherever they live; memory that only prefers its pnode may flow to
 * others.  Free memory that the host does not tell counts as none: a plan is a
 * promise.
 *
 * Pcpus.  A vcpu may use those that cpus= and the guest's pool allow; a vnode
 * may be where each of its vcpus has one.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>
#include <string.h>

#include "guest/affinity.h"
#include "guest/build_cost.h"
#include "host/topology.h"

#define MAX_DISTANCE 255u
#define MAX_VCPUS_PER_VNODE 4096u /* far above Xen, and no cost overflows */
#define MOST_LOAD (UINT32_C(1) << 30) /* of all pcpus: no cost overflows */

unsigned int vnuma__pnode_index(const vnuma_topology *topology, uint64_t pnode)
{
    const vnuma_pnode *found = vnuma_topology_find(topology, pnode);

    return found ? (unsigned int)(found - topology->pnodes)
                 : topology->num_pnodes;
}

/* ---- pnodes ------------------------------------------------------------- */

static uint64_t find_reserve(const vnuma_plan_options *options, uint32_t pnode)
{
    uint64_t memkb = options ? options->reserve_memkb : 0;
    unsigned int i;

    for (i = 0; options && i < options->num_reserves; i++)
        if (options->reserves[i].pnode == pnode)
            memkb = options->reserves[i].memkb;
    return vnuma__clip_memkb(memkb);
}

static uint16_t host_distance(vnuma__model *m, unsigned int p, unsigned int q)
{
    uint32_t distance =
        m->topology->distances[(size_t)p * m->problem.num_pnodes + q];

    if (distance == VNUMA_DISTANCE_UNKNOWN) {
        m->is_distance_assumed |= p != q;
        return p == q ? VNUMA_DISTANCE_LOCAL : VNUMA__ASSUMED_DISTANCE;
    }
    return distance < MAX_DISTANCE ? (uint16_t)distance : MAX_DISTANCE;
}

static void take_pnodes(vnuma__model *m, const vnuma_plan_options *options)
{
    unsigned int p, q;

    m->problem.num_pnodes = m->topology->num_pnodes;
    for (p = 0; p < m->problem.num_pnodes; p++) {
        const vnuma_pnode *pnode = &m->topology->pnodes[p];

        if (pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
            m->free[p] = vnuma__clip_memkb(pnode->free_memkb);
        m->reserve[p] = find_reserve(options, pnode->pnode);
        if (!pnode->memkb)
            m->memoryless |= vnuma__bit(p);
        if (!vnuma_bitmap_count(&pnode->pcpus))
            m->problem.cpuless |= vnuma__bit(p);
        for (q = 0; q < m->problem.num_pnodes; q++)
            m->problem.host[p][q] = host_distance(m, p, q);
    }
}

/* A device that the host knows no pnode of pulls the guest nowhere. */
static void take_devices(vnuma__model *m)
{
    const vnuma_config *config = m->config;
    unsigned int i, j, p;

    for (i = 0; i < config->num_pcidevs && i < VNUMA_MAX_PCIDEVS; i++) {
        for (j = 0; j < m->topology->num_pcidevs; j++) {
            const vnuma_pcidev *there = &m->topology->pcidevs[j];

            p = vnuma__pnode_index(m->topology, there->pnode);
            if (p == m->problem.num_pnodes ||
                !vnuma__is_that_device(&config->pcidevs[i], there))
                continue;
            m->problem.devices[p]++;
            break; /* functions of one device are on one pnode */
        }
    }
}

/* ---- pcpus -------------------------------------------------------------- */

enum { PNODE, SOCKET, CORE, PCPU, NUM_KEYS };

/* A pcpu of the host, and the vnodes with a vcpu that may run there. */
typedef struct {
    uint32_t key[NUM_KEYS]; /* PNODE: its index */
    uint32_t users, load;
} host_pcpu;

/* By pnode, and those of a core next to each other. */
static int compare_pcpus(const void *a, const void *b)
{
    const host_pcpu *x = a, *y = b;
    unsigned int i = 0;

    while (i < PCPU && x->key[i] == y->key[i])
        i++;
    return (x->key[i] > y->key[i]) - (x->key[i] < y->key[i]);
}

static void take_pcpus(vnuma__model *m, const host_pcpu *pcpus,
                       unsigned int num)
{
    uint32_t most_load = m->has_load ? MOST_LOAD / (num + 1) : 0;
    unsigned int i;

    m->problem.knows_cores = true;
    for (i = 0; i < num; i++) {
        const host_pcpu *pcpu = &pcpus[i];
        uint32_t p = pcpu->key[PNODE];

        m->problem.knows_cores &= pcpu->key[CORE] != VNUMA_ID_UNKNOWN;
        m->pcpus[i] = (vnuma__pcpu){
            .users = pcpu->users,
            .load = pcpu->load < most_load ? pcpu->load : most_load,
            .begins_core = !i || memcmp(pcpu->key, pcpu[-1].key,
                                        PCPU * sizeof(*pcpu->key)),
        };
        if (!m->problem.num_pcpus[p]++)
            m->problem.pcpus[p] = &m->pcpus[i];
    }
}

/* Where so many vcpus of v may run, or where cpus_soft= leads them. */
static void take_affinity(vnuma__model *m, unsigned int v, uint16_t num_vcpus,
                          bool is_soft, const vnuma_bitmap *allowed,
                          host_pcpu *pcpus, unsigned int num)
{
    uint64_t pnodes = 0;
    unsigned int i, p;

    for (i = 0; i < num; i++)
        if (vnuma_bitmap_test(allowed, pcpus[i].key[PCPU])) {
            pcpus[i].users |= is_soft ? 0 : UINT32_C(1) << v;
            pnodes |= vnuma__bit(pcpus[i].key[PNODE]);
        }
    if (!is_soft)
        m->may_run[v] &= pnodes;
    for (p = 0; is_soft && pnodes && p < m->problem.num_pnodes; p++)
        m->problem.led_away[v][p] += pnodes & vnuma__bit(p) ? 0 : num_vcpus;
}

/* A string may have thousands of terms: each is asked once.  That of vcpu
 * "item" is item "item", of a list, or the one there is. */
static int take_affinities(vnuma__model *m, bool is_soft, host_pcpu *pcpus,
                           unsigned int num)
{
    const vnuma_affinities *given =
        is_soft ? &m->config->cpus_soft : &m->config->cpus;
    unsigned int item, v;
    int rc = 0;

    for (item = 0; item <= given->num_items && !rc; item++) {
        vnuma_bitmap allowed = { 0 };

        rc = vnuma__item_pcpus(given, item, m->topology, &allowed);
        for (v = 0; v < m->problem.num_vnodes && !rc; v++) {
            uint16_t num_vcpus = 0;
            uint32_t vcpu;

            VNUMA_BITMAP_FOREACH(vcpu, &m->config->vnodes[v].vcpus)
                num_vcpus += vnuma__affinity_item(given, vcpu) == item;
            if (num_vcpus)
                take_affinity(m, v, num_vcpus, is_soft, &allowed, pcpus, num);
        }
        vnuma_bitmap_dispose(&allowed);
    }
    return rc;
}

static int take_vcpus(vnuma__model *m)
{
    const vnuma_topology *topology = m->topology;
    host_pcpu *pcpus = calloc(topology->num_pcpus + 1, sizeof(*pcpus));
    unsigned int num = 0, i, p;
    vnuma__pool_kind kind;
    vnuma_bitmap pool = { 0 };
    int rc = VNUMA_ERROR_NOMEM;

    m->pcpus = calloc(topology->num_pcpus + 1, sizeof(*m->pcpus));
    if (pcpus && m->pcpus)
        rc = vnuma__pool_pcpus(m->config, topology, &pool, &kind);
    for (i = 0; !rc && i < topology->num_pcpus; i++) {
        const vnuma_pcpu *pcpu = &topology->pcpus[i];

        p = vnuma__pnode_index(topology, pcpu->pnode);
        if (p < topology->num_pnodes && vnuma_bitmap_test(&pool, pcpu->pcpu))
            pcpus[num++] = (host_pcpu){
                .key = { p, pcpu->socket, pcpu->core, pcpu->pcpu },
                .load = pcpu->load,
            };
    }
    if (!rc)
        rc = take_affinities(m, false, pcpus, num);
    if (!rc && m->config->cpus_soft.num_items)
        rc = take_affinities(m, true, pcpus, num);
    if (!rc) {
        qsort(pcpus, num, sizeof(*pcpus), compare_pcpus);
        take_pcpus(m, pcpus, num);
    }
    vnuma_bitmap_dispose(&pool);
    free(pcpus);
    return rc;
}

/* ---- vnodes ------------------------------------------------------------- */

static bool take_distances(vnuma__problem *problem, unsigned int v,
                           const vnuma_vnode *vnode)
{
    unsigned int w;

    if (!vnode->num_distances)
        return true;
    if (vnode->num_distances != problem->num_vnodes)
        return false;
    problem->has_stated[v] = true;
    for (w = 0; w < problem->num_vnodes; w++) {
        uint64_t distance = vnode->distances[w].value;

        problem->stated[v][w] =
            distance < UINT16_MAX ? (uint16_t)distance : UINT16_MAX;
    }
    return true;
}

/* Wherever it lives, so much of it is there; rounded up to a 2 MiB page.
 * False: it names no pnode, or one that the host does not have. */
static bool deal_vnode(vnuma__model *m, unsigned int v,
                       const vnuma_policy_item *item)
{
    uint64_t among = vnuma_bitmap_count(&item->pnodes), near = 0;
    uint64_t chunk = VNUMA__CHUNK_MEMKB * (among ? among : 1);
    uint32_t pnode;
    unsigned int p;

    VNUMA_BITMAP_FOREACH(pnode, &item->pnodes) {
        p = vnuma__pnode_index(m->topology, pnode);
        if (p == m->problem.num_pnodes)
            return false;
        m->dealt[p] += (m->guest[v] / chunk + !!(m->guest[v] % chunk)) *
                       VNUMA__CHUNK_MEMKB;
        near |= vnuma__bit(p);
    }
    /* Where its vcpus are next to some of its memory, if that can be. */
    if (m->problem.allowed[v] & m->may_run[v] & near)
        m->problem.allowed[v] &= near;
    return among > 0;
}

/* Guests of KVM name several pnodes of which any will do. */
static void restrict_vnode(vnuma__model *m, unsigned int v,
                           const vnuma_bitmap *pnodes)
{
    uint64_t may_be = 0;
    unsigned int p;

    for (p = 0; p < m->problem.num_pnodes; p++)
        if (vnuma_bitmap_test(pnodes, m->topology->pnodes[p].pnode))
            may_be |= vnuma__bit(p);
    if (may_be)
        m->problem.allowed[v] &= may_be;
}

/* What of a vnode's memory must be on its pnode, and what may be elsewhere. */
static bool take_memory(vnuma__model *m, unsigned int v)
{
    const vnuma_policy_item *item = vnuma__policy_of(m->config, v);
    vnuma_policy policy = item ? item->policy : VNUMA_POLICY_STRICT;

    if (policy == VNUMA_POLICY_INTERLEAVE && !deal_vnode(m, v, item))
        return false;
    if (item && policy != VNUMA_POLICY_INTERLEAVE)
        restrict_vnode(m, v, &item->pnodes);
    if (policy == VNUMA_POLICY_PREFERRED)
        m->problem.flows[v] = m->guest[v];
    else if (policy == VNUMA_POLICY_STRICT)
        m->problem.need[v] = m->guest[v];
    if (v == 0)
        m->problem.need[v] += vnuma__special_memkb(m->config);
    if (m->problem.need[v] || m->problem.flows[v])
        m->problem.allowed[v] &= ~m->memoryless;
    /* QEMU takes memory where it is bound, whatever its vcpus may do. */
    if (m->config->kvm && !(m->problem.allowed[v] & m->may_run[v]))
        m->may_run[v] |= m->problem.allowed[v];
    m->problem.allowed[v] &= m->may_run[v];
    return true;
}

static bool take_vnode(vnuma__model *m, unsigned int v,
                       const vnuma__lived *old)
{
    const vnuma_vnode *vnode = &m->config->vnodes[v];
    vnuma__problem *problem = &m->problem;
    unsigned int p;

    m->guest[v] = vnuma__clip_memkb(vnode->memkb.value);
    problem->vcpus[v] = vnuma_bitmap_count(&vnode->vcpus);
    problem->allowed[v] = vnuma__lowest_bits(problem->num_pnodes);
    m->may_run[v] = problem->allowed[v];
    if (vnode->pnode.value != VNUMA_PNODE_AUTO) {
        p = vnuma__pnode_index(m->topology, vnode->pnode.value);
        problem->allowed[v] = p < problem->num_pnodes ? vnuma__bit(p) : 0;
    }
    problem->old[v] = VNUMA__NO_PNODE;
    if (old && v < old->num_vnodes) {
        p = vnuma__pnode_index(m->topology, old->pnodes[v]);
        if (p < problem->num_pnodes)
            problem->old[v] = (uint8_t)p;
    }
    return problem->vcpus[v] <= MAX_VCPUS_PER_VNODE &&
           take_distances(problem, v, vnode);
}

static void take_building(vnuma__model *m)
{
    uint64_t guest_memkb = 0, num_vcpus = 0, memkb;
    unsigned int v, num;

    for (v = 0; v < m->problem.num_vnodes; v++) {
        guest_memkb += m->guest[v];
        num_vcpus += m->problem.vcpus[v];
    }
    if (num_vcpus < vnuma_config_max_vcpus(m->config))
        num_vcpus = vnuma_config_max_vcpus(m->config);
    memkb = vnuma__config_build_memkb(m->config, guest_memkb, num_vcpus);
    for (num = 1; num <= m->problem.num_pnodes; num++)
        m->problem.building[num] = vnuma__build_part(memkb, num);
}

/* ---- the whole ---------------------------------------------------------- */

/* A pnode without memory builds nothing; only vnodes without may be there. */
static void take_rooms(vnuma__model *m)
{
    uint64_t cpuless = m->problem.cpuless;
    unsigned int v, p;

    for (p = 0; p < m->problem.num_pnodes; p++) {
        m->problem.room[p] =
            m->memoryless & vnuma__bit(p)
                ? (int64_t)m->problem.building[1]
                : (int64_t)m->free[p] - (int64_t)(m->reserve[p] + m->dealt[p]);
        /* Interleaved memory cannot go to other pnodes. */
        if (m->dealt[p] && m->problem.room[p] < 0)
            m->problem.allowed[0] = 0;
    }
    for (v = 0; v < m->problem.num_vnodes; v++) {
        uint64_t could = m->problem.allowed[v] & cpuless;

        while (!m->problem.vcpus[v] && could)
            if (m->problem.room[vnuma__take_lowest(&could)] >=
                (int64_t)m->problem.need[v])
                m->problem.misplaces |= vnuma__bit(v);
    }
}

int vnuma__model_init(vnuma__model *m, const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options)
{
    const vnuma__lived *old = options ? &options->preferred : NULL;
    unsigned int v;
    int rc;

    memset(m, 0, sizeof(*m));
    m->config = config;
    m->topology = topology;
    m->has_load = !options || !options->without_load;
    if (!config->num_vnodes || config->num_vnodes > VNUMA_MAX_VNODES ||
        !topology->num_pnodes || topology->num_pnodes > VNUMA_MAX_PNODES)
        return VNUMA_ERROR_CONFIG;
    m->problem.num_vnodes = config->num_vnodes;
    if (old && !old->num_vnodes && options->lived &&
        vnuma__lived_fits(options->lived, config))
        m->lived = old = options->lived;
    take_pnodes(m, options);
    take_devices(m);
    for (v = 0; v < config->num_vnodes; v++)
        if (!take_vnode(m, v, old))
            return VNUMA_ERROR_CONFIG;
    rc = take_vcpus(m);
    if (rc)
        return rc;
    for (v = 0; v < config->num_vnodes; v++)
        if (!take_memory(m, v))
            return VNUMA_ERROR_CONFIG;
    take_building(m);
    take_rooms(m);
    return 0;
}

void vnuma__model_dispose(vnuma__model *m)
{
    free(m->pcpus);
    m->pcpus = NULL;
}
