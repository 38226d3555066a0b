/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest needs, and what a host has.
 *
 * Memory.  A pnode that is used must have free, in addition to the user's margin:
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
#define ASSUMED_DISTANCE 20u
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
        return p == q ? VNUMA_DISTANCE_LOCAL : ASSUMED_DISTANCE;
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

/* A pcpu of a pnode, with what tells its core. */
typedef struct {
    vnuma_pcpu is;
    uint32_t users;
} host_pcpu;

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_cores(const void *a, const void *b)
{
    const host_pcpu *x = a, *y = b;
    int order = compare_u32(x->is.socket, y->is.socket);

    if (!order)
        order = compare_u32(x->is.core, y->is.core);
    return order ? order : compare_u32(x->is.pcpu, y->is.pcpu);
}

static const vnuma_pcpu *find_pcpu(const vnuma_topology *topology,
                                   uint32_t number)
{
    unsigned int i;

    for (i = 0; i < topology->num_pcpus; i++)
        if (topology->pcpus[i].pcpu == number)
            return &topology->pcpus[i];
    return NULL;
}

/* The pcpus of p, those of a core next to each other. */
static unsigned int list_pcpus(const vnuma__model *m, unsigned int p,
                               const uint32_t *users, host_pcpu *list)
{
    unsigned int num = 0;
    uint32_t number;

    VNUMA_BITMAP_FOREACH(number, &m->topology->pnodes[p].pcpus)
    {
        const vnuma_pcpu *pcpu = find_pcpu(m->topology, number);

        list[num].is = pcpu ? *pcpu
                            : (vnuma_pcpu){ .pcpu = number,
                                            .core = VNUMA_ID_UNKNOWN };
        list[num++].users = users[number];
    }
    qsort(list, num, sizeof(*list), compare_cores);
    return num;
}

static bool is_same_core(const vnuma_pcpu *a, const vnuma_pcpu *b)
{
    return a->core == b->core && a->socket == b->socket;
}

/* @users: by number of pcpu; @list has room for all pcpus of a pnode. */
static void take_pcpus(vnuma__model *m, const uint32_t *users, host_pcpu *list)
{
    vnuma__pcpu *next = m->pcpus;
    unsigned int p, i, num;

    m->problem.knows_cores = true;
    for (p = 0; p < m->problem.num_pnodes; p++) {
        num = list_pcpus(m, p, users, list);
        m->problem.pcpus[p] = next;
        m->problem.num_pcpus[p] = num;
        for (i = 0; i < num; i++) {
            uint32_t load = list[i].is.load;

            m->problem.knows_cores &= list[i].is.core != VNUMA_ID_UNKNOWN;
            *next++ = (vnuma__pcpu){
                .users = list[i].users,
                .load = load < m->most_load ? load : m->most_load,
                .begins_core =
                    !i || !is_same_core(&list[i - 1].is, &list[i].is),
            };
        }
    }
}

/* ---- where vcpus may run ------------------------------------------------ */

/* Those that have a pcpu of both sets. */
static uint64_t pnodes_of(const vnuma__model *m, const vnuma_bitmap *pcpus,
                          const vnuma_bitmap *pool)
{
    uint64_t pnodes = 0;
    unsigned int p;
    uint32_t number;

    for (p = 0; p < m->problem.num_pnodes; p++)
        VNUMA_BITMAP_FOREACH(number, &m->topology->pnodes[p].pcpus)
            if (vnuma_bitmap_test(pcpus, number) &&
                vnuma_bitmap_test(pool, number))
                pnodes |= vnuma__bit(p);
    return pnodes;
}

static void take_soft(vnuma__model *m, unsigned int v,
                      const vnuma_bitmap *pcpus, const vnuma_bitmap *pool)
{
    uint64_t leads = pnodes_of(m, pcpus, pool);
    unsigned int p;

    if (!leads)
        return;
    m->has_soft = true;
    for (p = 0; p < m->problem.num_pnodes; p++)
        m->problem.led_away[v][p] += !(leads & vnuma__bit(p));
}

/* What a setting says of the vcpu that was asked for last: many share it. */
typedef struct {
    const vnuma_affinities *setting;
    bool is_soft, is_known;
    unsigned int item;
    vnuma_bitmap pcpus;
} said;

static int ask(said *s, const vnuma__model *m, uint32_t vcpu)
{
    unsigned int item = vnuma__affinity_item(s->setting, vcpu);

    if (s->is_known && s->item == item)
        return 0;
    vnuma_bitmap_dispose(&s->pcpus);
    s->is_known = true;
    s->item = item;
    return vnuma__vcpu_pcpus(m->config, m->topology, vcpu, s->is_soft,
                             &s->pcpus);
}

/* @users: gets each vnode as a bit, by number of pcpu. */
static int ask_all(vnuma__model *m, const vnuma_bitmap *pool, uint32_t *users)
{
    const vnuma_config *config = m->config;
    said hard = { .setting = &config->cpus };
    said soft = { .setting = &config->cpus_soft, .is_soft = true };
    uint32_t vcpu, number;
    unsigned int v;
    int rc = 0;

    for (v = 0; v < m->problem.num_vnodes; v++)
        VNUMA_BITMAP_FOREACH(vcpu, &config->vnodes[v].vcpus)
        {
            rc = rc ? rc : ask(&hard, m, vcpu);
            if (!rc && config->cpus_soft.num_items)
                rc = ask(&soft, m, vcpu);
            VNUMA_BITMAP_FOREACH(number, &hard.pcpus)
                if (vnuma_bitmap_test(pool, number))
                    users[number] |= UINT32_C(1) << v;
            m->may_run[v] &= pnodes_of(m, &hard.pcpus, pool);
            take_soft(m, v, &soft.pcpus, pool);
        }
    vnuma_bitmap_dispose(&hard.pcpus);
    vnuma_bitmap_dispose(&soft.pcpus);
    return rc;
}

static int take_vcpus(vnuma__model *m)
{
    size_t num_pcpus = 1, num_users = 1;
    vnuma__pool_kind kind;
    vnuma_bitmap pool;
    uint32_t *users, number;
    host_pcpu *list;
    unsigned int p;
    int rc;

    for (p = 0; p < m->problem.num_pnodes; p++)
        VNUMA_BITMAP_FOREACH(number, &m->topology->pnodes[p].pcpus)
        {
            num_pcpus++;
            if (number >= num_users)
                num_users = number + 1;
        }
    users = calloc(num_users, sizeof(*users));
    list = calloc(num_pcpus, sizeof(*list));
    m->pcpus = calloc(num_pcpus, sizeof(*m->pcpus));
    m->most_load = MOST_LOAD / (uint32_t)num_pcpus;
    vnuma_bitmap_init(&pool);
    rc = users && list && m->pcpus
             ? vnuma__pool_pcpus(m->config, m->topology, &pool, &kind)
             : VNUMA_ERROR_NOMEM;
    if (!rc)
        rc = ask_all(m, &pool, users);
    if (!rc)
        take_pcpus(m, users, list);
    vnuma_bitmap_dispose(&pool);
    free(users);
    free(list);
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
        m->problem.building[num] = vnuma__build_share(memkb, num);
}

/* ---- what others take --------------------------------------------------- */

/* In equal parts on the pcpus of p, to the last thousandth. */
static void add_load(vnuma__model *m, unsigned int p, uint64_t load)
{
    uint32_t num = m->problem.num_pcpus[p], i;

    for (i = 0; i < num; i++) {
        vnuma__pcpu *pcpu = &m->problem.pcpus[p][i];
        uint64_t part = load / (num - i), sum = pcpu->load + part;

        pcpu->load = sum < m->most_load ? (uint32_t)sum : m->most_load;
        load -= part;
    }
}

static void take_others(vnuma__model *m, const vnuma_plan_options *options)
{
    unsigned int i, p;

    for (i = 0; options && i < options->num_taken; i++) {
        const vnuma_plan_taken *taken = &options->taken[i];

        p = vnuma__pnode_index(m->topology, taken->pnode);
        if (p == m->problem.num_pnodes)
            continue;
        m->is_beside = true;
        m->free[p] -= taken->memkb < m->free[p] ? taken->memkb : m->free[p];
        add_load(m, p, (uint64_t)taken->num_vcpus * VNUMA__VCPU);
    }
}

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

/* ---- the whole ---------------------------------------------------------- */

int vnuma__model_init(vnuma__model *m, const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options)
{
    unsigned int v;
    int rc;

    memset(m, 0, sizeof(*m));
    m->config = config;
    m->topology = topology;
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
    take_others(m, options);
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
