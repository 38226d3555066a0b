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

#include "plan/model.h"

#include <stdlib.h>
#include <string.h>

#include "guest/affinity.h"
#include "guest/build_cost.h"
#include "host/topology.h"

#define CHUNK_MEMKB UINT64_C(2048)
#define MAX_DISTANCE 255u
#define MAX_VCPUS_PER_VNODE 4096u /* far above Xen, and no cost overflows */
#define MOST_LOAD (UINT32_C(1) << 30) /* of all pcpus: no cost overflows */

unsigned int vnuma__pnode_index(const vnuma_topology *topology, uint64_t pnode)
{
    unsigned int i;

    for (i = 0; i < topology->num_pnodes; i++)
        if (topology->pnodes[i].pnode == pnode)
            break;
    return i;
}

/* ---- pnodes ------------------------------------------------------------- */

static uint64_t find_reserve(const vnuma_plan_options *options, uint32_t pnode)
{
    uint64_t memkb = 0;
    bool own = false;
    unsigned int i;

    for (i = 0; options && i < options->num_reserves; i++) {
        const vnuma_plan_reserve *reserve = &options->reserves[i];

        if (reserve->pnode == pnode) {
            memkb = reserve->memkb;
            own = true;
        } else if (reserve->pnode == VNUMA_PNODE_AUTO && !own) {
            memkb = reserve->memkb;
        }
    }
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
            if (!vnuma__is_that_device(&config->pcidevs[i],
                                       &m->topology->pcidevs[j]))
                continue;
            p = vnuma__pnode_index(m->topology,
                                   m->topology->pcidevs[j].pnode);
            if (p == m->problem.num_pnodes)
                continue;
            m->problem.devices[p]++;
            break; /* functions of one device are on one pnode */
        }
    }
}

/* ---- pcpus -------------------------------------------------------------- */

/* A pcpu of the host, and the vnodes with a vcpu that may run there. */
typedef struct {
    vnuma_pcpu is;
    unsigned int p;
    uint32_t users;
} host_pcpu;

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* By pnode, and those of a core next to each other. */
static int compare_cores(const void *a, const void *b)
{
    const host_pcpu *x = a, *y = b;
    int order = compare_u32(x->p, y->p);

    order = order ? order : compare_u32(x->is.socket, y->is.socket);
    order = order ? order : compare_u32(x->is.core, y->is.core);
    return order ? order : compare_u32(x->is.pcpu, y->is.pcpu);
}

static bool is_same_core(const vnuma_pcpu *a, const vnuma_pcpu *b)
{
    return a->core == b->core && a->socket == b->socket;
}

static void take_pcpus(vnuma__model *m, const host_pcpu *pcpus,
                       unsigned int num)
{
    uint32_t most_load = MOST_LOAD / (num + 1);
    unsigned int i;

    m->problem.knows_cores = true;
    for (i = 0; i < num; i++) {
        const host_pcpu *pcpu = &pcpus[i];
        uint32_t *num_there = &m->problem.num_pcpus[pcpu->p];

        m->problem.knows_cores &= pcpu->is.core != VNUMA_ID_UNKNOWN;
        m->pcpus[i] = (vnuma__pcpu){
            .users = pcpu->users,
            .load = pcpu->is.load < most_load ? pcpu->is.load : most_load,
            .begins_core =
                !*num_there || !is_same_core(&pcpus[i - 1].is, &pcpu->is),
        };
        if (!(*num_there)++)
            m->problem.pcpus[pcpu->p] = &m->pcpus[i];
    }
}

/* What a setting says of the vcpu that was asked for last: many share it. */
typedef struct {
    const vnuma_affinities *setting;
    bool is_soft, is_known;
    unsigned int item;
    vnuma_bitmap pcpus;
} said;

/* Gets whether it says something else of this one. */
static int ask(said *s, const vnuma__model *m, uint32_t vcpu, bool *is_other)
{
    unsigned int item = vnuma__affinity_item(s->setting, vcpu);

    if (s->is_known && s->item == item)
        return 0;
    vnuma_bitmap_dispose(&s->pcpus);
    *is_other = s->is_known = true;
    s->item = item;
    return vnuma__vcpu_pcpus(m->config, m->topology, vcpu, s->is_soft,
                             &s->pcpus);
}

/* Where vcpus of v may run, and where cpus_soft= leads them. */
static uint64_t take_affinity(vnuma__model *m, unsigned int v,
                              host_pcpu *pcpus, unsigned int num,
                              const vnuma_bitmap *hard,
                              const vnuma_bitmap *soft,
                              const vnuma_bitmap *pool)
{
    uint64_t may = 0, leads = 0;
    unsigned int i;

    for (i = 0; i < num; i++) {
        if (!vnuma_bitmap_test(pool, pcpus[i].is.pcpu))
            continue;
        if (vnuma_bitmap_test(hard, pcpus[i].is.pcpu)) {
            pcpus[i].users |= UINT32_C(1) << v;
            may |= vnuma__bit(pcpus[i].p);
        }
        if (vnuma_bitmap_test(soft, pcpus[i].is.pcpu))
            leads |= vnuma__bit(pcpus[i].p);
    }
    m->may_run[v] &= may;
    m->has_soft |= leads != 0;
    return leads;
}

static int take_vnode_vcpus(vnuma__model *m, unsigned int v, said *hard,
                            said *soft, const vnuma_bitmap *pool,
                            host_pcpu *pcpus, unsigned int num)
{
    bool is_other = true; /* than of the vcpu before */
    uint64_t leads = 0;
    unsigned int p;
    uint32_t vcpu;
    int rc = 0;

    VNUMA_BITMAP_FOREACH(vcpu, &m->config->vnodes[v].vcpus)
    {
        rc = rc ? rc : ask(hard, m, vcpu, &is_other);
        if (!rc && soft->setting->num_items)
            rc = ask(soft, m, vcpu, &is_other);
        if (rc)
            continue;
        if (is_other)
            leads = take_affinity(m, v, pcpus, num, &hard->pcpus,
                                  &soft->pcpus, pool);
        is_other = false;
        for (p = 0; leads && p < m->problem.num_pnodes; p++)
            m->problem.led_away[v][p] += !(leads & vnuma__bit(p));
    }
    return rc;
}

static int take_vcpus(vnuma__model *m)
{
    const vnuma_topology *topology = m->topology;
    said hard = { .setting = &m->config->cpus };
    said soft = { .setting = &m->config->cpus_soft, .is_soft = true };
    host_pcpu *pcpus = calloc(topology->num_pcpus + 1, sizeof(*pcpus));
    unsigned int num = 0, i, v;
    vnuma__pool_kind kind;
    vnuma_bitmap pool;
    int rc = VNUMA_ERROR_NOMEM;

    m->pcpus = calloc(topology->num_pcpus + 1, sizeof(*m->pcpus));
    vnuma_bitmap_init(&pool);
    if (pcpus && m->pcpus)
        rc = vnuma__pool_pcpus(m->config, topology, &pool, &kind);
    for (i = 0; !rc && i < topology->num_pcpus; i++) {
        pcpus[num] = (host_pcpu){
            .is = topology->pcpus[i],
            .p = vnuma__pnode_index(topology, topology->pcpus[i].pnode),
        };
        num += pcpus[num].p < topology->num_pnodes;
    }
    for (v = 0; !rc && v < m->problem.num_vnodes; v++)
        rc = take_vnode_vcpus(m, v, &hard, &soft, &pool, pcpus, num);
    if (!rc) {
        qsort(pcpus, num, sizeof(*pcpus), compare_cores);
        take_pcpus(m, pcpus, num);
    }
    vnuma_bitmap_dispose(&hard.pcpus);
    vnuma_bitmap_dispose(&soft.pcpus);
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

/* Wherever it lives, so much of it is there; rounded up to a 2 MiB page. */
static void deal_vnode(vnuma__model *m, unsigned int v,
                       const vnuma_policy_item *item)
{
    uint64_t chunks =
        m->guest[v] / CHUNK_MEMKB + !!(m->guest[v] % CHUNK_MEMKB);
    uint64_t among = vnuma_bitmap_count(&item->pnodes), near = 0;
    uint32_t pnode;
    unsigned int p;

    VNUMA_BITMAP_FOREACH(pnode, &item->pnodes)
    {
        p = vnuma__pnode_index(m->topology, pnode);
        m->is_undealt |= p == m->problem.num_pnodes;
        if (p == m->problem.num_pnodes)
            continue;
        m->dealt[p] += (chunks / among + !!(chunks % among)) * CHUNK_MEMKB;
        near |= vnuma__bit(p);
    }
    m->is_undealt |= !among;
    /* Where its vcpus are next to some of its memory, if that can be. */
    if (m->problem.allowed[v] & m->may_run[v] & near)
        m->problem.allowed[v] &= near;
}

/* What of a vnode's memory must be on its pnode, and what may be elsewhere. */
static void take_memory(vnuma__model *m, unsigned int v)
{
    const vnuma_policy_item *item = vnuma__policy_of(m->config, v);
    vnuma_policy policy = item ? item->policy : VNUMA_POLICY_STRICT;

    if (policy == VNUMA_POLICY_INTERLEAVE)
        deal_vnode(m, v, item);
    else if (policy == VNUMA_POLICY_PREFERRED)
        m->problem.flows[v] = m->guest[v];
    else
        m->problem.need[v] = m->guest[v];
    if (v == 0)
        m->problem.need[v] += VNUMA__SPECIAL_MEMKB;
    if (m->problem.need[v] || m->problem.flows[v])
        m->problem.allowed[v] &= ~m->memoryless;
}

static bool take_vnode(vnuma__model *m, unsigned int v,
                       const vnuma_plan_options *options)
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
    if (options && v < options->num_preferred) {
        p = vnuma__pnode_index(m->topology, options->preferred[v]);
        if (p < problem->num_pnodes)
            problem->old[v] = (uint8_t)p;
        m->has_preference = true;
    }
    return problem->vcpus[v] <= MAX_VCPUS_PER_VNODE &&
           take_distances(problem, v, vnode);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void take_building(vnuma__model *m)
{
    uint64_t guest_memkb = 0, num_vcpus = 0, memkb;
    unsigned int v, num;

    for (v = 0; v < m->problem.num_vnodes; v++) {
        guest_memkb += m->guest[v];
        num_vcpus += m->problem.vcpus[v];
    }
    num_vcpus = larger(num_vcpus, m->config->vcpus.value);
    num_vcpus = larger(num_vcpus, m->config->maxvcpus.value);
    memkb = vnuma__build_memkb(guest_memkb, num_vcpus);
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
                : (int64_t)m->free[p] -
                      (int64_t)(m->reserve[p] + m->dealt[p]);
        m->is_undealt |= m->dealt[p] && m->problem.room[p] < 0;
    }
    /* Interleaved memory cannot go to other pnodes. */
    if (m->is_undealt)
        m->problem.allowed[0] = 0;
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
    unsigned int v;
    int rc;

    memset(m, 0, sizeof(*m));
    m->config = config;
    m->topology = topology;
    m->has_others = options && options->has_others;
    if (!config->num_vnodes || config->num_vnodes > VNUMA_MAX_VNODES ||
        !topology->num_pnodes || topology->num_pnodes > VNUMA_MAX_PNODES)
        return VNUMA_ERROR_CONFIG;
    m->problem.num_vnodes = config->num_vnodes;
    take_pnodes(m, options);
    take_devices(m);
    for (v = 0; v < config->num_vnodes; v++)
        if (!take_vnode(m, v, options))
            return VNUMA_ERROR_CONFIG;
    rc = take_vcpus(m);
    if (rc)
        return rc;
    for (v = 0; v < config->num_vnodes; v++) {
        take_memory(m, v);
        m->problem.allowed[v] &= m->may_run[v];
    }
    take_building(m);
    take_rooms(m);
    return 0;
}

void vnuma__model_dispose(vnuma__model *m)
{
    free(m->pcpus);
    m->pcpus = NULL;
}

void vnuma__model_forget_load(vnuma__model *m)
{
    unsigned int p;
    uint32_t i;

    for (p = 0; p < m->problem.num_pnodes; p++)
        for (i = 0; i < m->problem.num_pcpus[p]; i++)
            m->problem.pcpus[p][i].load = 0;
}
