/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Problems to plan: hosts like real machines, recorded hosts, and hosts unlike
 * any machine; guests that state no distances, or distances as users write
 * them.  Free memory is always random, from 8 to 24 GiB a node, and vnodes
 * have 4 to 8 GiB.
 */
#include "config.h"

#include "inside.h"
#include "problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

#define GIB (UINT64_C(1) << 20)
#define MAX_PCPUS 1024u

static uint64_t state;
static vnuma__pcpu pcpus[VNUMA__MAX_PNODES][MAX_PCPUS];

void bench_seed(uint64_t seed)
{
    state = seed;
}

static uint32_t draw(uint32_t below)
{
    state =
        state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

/* ---- hosts -------------------------------------------------------------- */

/* Idle pcpus, two to a core. */
static void give_pcpus(vnuma__problem *problem, unsigned int p,
                       unsigned int num_pcpus)
{
    unsigned int i;

    problem->pcpus[p] = pcpus[p];
    problem->num_pcpus[p] = num_pcpus;
    for (i = 0; i < num_pcpus; i++)
        pcpus[p][i] = (vnuma__pcpu){ UINT32_MAX, 0, i % 2 == 0 };
    if (!num_pcpus)
        problem->cpuless |= vnuma__bit(p);
}

static unsigned int hops(const bench_family *family, unsigned int s,
                         unsigned int t)
{
    unsigned int num = family->num_pnodes / family->per_socket, side = 1;
    unsigned int apart = s > t ? s - t : t - s;

    if (family->host == HOST_RING)
        return apart < num - apart ? apart : num - apart;
    while (side * side < num)
        side++;
    return (unsigned int)abs((int)(s / side) - (int)(t / side)) +
           (unsigned int)abs((int)(s % side) - (int)(t % side));
}

static uint16_t invented_distance(const bench_family *family, unsigned int p,
                                  unsigned int q)
{
    unsigned int s = p / family->per_socket, t = q / family->per_socket;
    bool is_memory = p % family->per_socket >= family->per_socket * 3 / 4;

    if (p == q)
        return 10;
    switch (family->host) {
    case HOST_SOCKETS:
        return s == t ? 12 : 32;
    case HOST_RING:
    case HOST_MESH:
        return s == t ? 12 : (uint16_t)(11 + 10 * hops(family, s, t));
    case HOST_CXL:
        is_memory |= q % family->per_socket >= family->per_socket * 3 / 4;
        return (uint16_t)((s == t ? 12 : 21) + (is_memory ? 7 : 0));
    case HOST_ANY:
        break;
    }
    return (uint16_t)(11 + draw(30));
}

static void invent_host(vnuma__problem *problem, const bench_family *family)
{
    unsigned int p, q;
    bool is_memory;

    problem->num_pnodes = family->num_pnodes;
    for (p = 0; p < problem->num_pnodes; p++) {
        is_memory = family->host == HOST_CXL &&
                    p % family->per_socket >= family->per_socket * 3 / 4;
        give_pcpus(problem, p, is_memory ? 0 : MAX_PCPUS / family->num_pnodes);
        for (q = 0; q <= p; q++)
            problem->host[p][q] = problem->host[q][p] =
                invented_distance(family, p, q);
    }
}

static void read_host(vnuma__problem *problem, const char *file)
{
    const char *top = getenv("top_srcdir");
    vnuma_topology topology = { 0 };
    vnuma_source source;
    vnuma_diags diags;
    char path[4096];
    unsigned int p, q;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    snprintf(path, sizeof(path), "%s/tests/hosts/%s", top ? top : ".", file);
    if (vnuma_source_read(&source, path) ||
        vnuma__topology_parse(&source, &topology, &diags)) {
        fprintf(stderr, "%s: no host that can be read\n", path);
        exit(EXIT_FAILURE);
    }
    problem->num_pnodes = topology.num_pnodes;
    for (p = 0; p < problem->num_pnodes; p++) {
        give_pcpus(problem, p, vnuma_bitmap_count(&topology.pnodes[p].pcpus));
        for (q = 0; q < problem->num_pnodes; q++)
            problem->host[p][q] =
                (uint16_t)topology.distances[p * problem->num_pnodes + q];
    }
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
}

static void make_room(vnuma__problem *problem, const bench_family *family)
{
    unsigned int p;

    for (p = 0; p < problem->num_pnodes; p++) {
        problem->room[0][p] = (int64_t)(8 * GIB + draw(16 * GIB));
        /* Only num_vnodes - 1 pnodes have room for any vnode. */
        if (family->no_room && p + 1 >= problem->num_vnodes)
            problem->room[0][p] = 2 * GIB;
    }
}

/* ---- guests ------------------------------------------------------------- */

static void make_vnodes(vnuma__problem *problem, const bench_family *family)
{
    unsigned int num_cpuless = __builtin_popcountll(problem->cpuless), v;

    problem->num_vnodes = family->num_vnodes;
    for (v = 0; v < problem->num_vnodes; v++) {
        problem->need[v] =
            4 * GIB + draw(9) * GIB / 2 + (v ? 0 : VNUMA__SPECIAL_MEMKB);
        problem->old[v] = VNUMA__NO_PNODE;
        problem->has_stated[v] = family->stated != STATED_NOT;
        problem->vcpus[v] = 4;
        problem->allowed[v] = vnuma__lowest_bits(problem->num_pnodes);
        /* As large a fraction as that of pnodes without CPUs. */
        if ((v + 1) * num_cpuless / problem->num_pnodes >
            v * num_cpuless / problem->num_pnodes) {
            problem->vcpus[v] = 0;
            problem->misplaces |= vnuma__bit(v);
        } else {
            problem->allowed[v] &= ~problem->cpuless;
        }
    }
}

/* Chooses a possible pnode for each vnode. */
static void choose_pnodes(const vnuma__problem *problem, uint8_t *pnode)
{
    uint64_t used = 0;
    unsigned int v, p;

    for (v = 0; v < problem->num_vnodes; v++) {
        do
            p = draw(problem->num_pnodes);
        while (used >> p & 1 ||
               (problem->vcpus[v] == 0) != (problem->cpuless >> p & 1));
        used |= vnuma__bit(p);
        pnode[v] = (uint8_t)p;
    }
}

static uint16_t stated_distance(const vnuma__problem *problem,
                                bench_stated stated, const uint8_t *pnode,
                                unsigned int v, unsigned int w)
{
    uint16_t distance;

    if (v == w)
        return 10;
    switch (stated) {
    case STATED_NOT:
        break;
    case STATED_COPIED:
        return problem->host[pnode[v]][pnode[w]];
    case STATED_SAME:
        return v / 4 == w / 4 ? 12 : 32;
    case STATED_LEVELS:
        return v / 4 == w / 4 ? 20 : 31;
    case STATED_FLAT:
        return 20;
    case STATED_PERTURBED:
        distance = (uint16_t)(problem->host[pnode[v]][pnode[w]] + draw(5));
        return distance > 13 ? distance - 2 : 11;
    case STATED_ANY:
        return (uint16_t)(11 + draw(30));
    }
    return 0;
}

static void state_distances(vnuma__problem *problem, bench_stated stated)
{
    uint8_t pnode[VNUMA__MAX_VNODES] = { 0 };
    unsigned int v, w;

    if (stated == STATED_COPIED || stated == STATED_PERTURBED)
        choose_pnodes(problem, pnode);
    for (v = 0; v < problem->num_vnodes; v++)
        for (w = 0; w <= v; w++)
            problem->stated[v][w] = problem->stated[w][v] =
                stated_distance(problem, stated, pnode, v, w);
}

void bench_make_problem(vnuma__problem *problem, const bench_family *family)
{
    unsigned int k;
    uint64_t memkb;

    memset(problem, 0, sizeof(*problem));
    if (family->file)
        read_host(problem, family->file);
    else
        invent_host(problem, family);
    make_vnodes(problem, family);
    make_room(problem, family);
    state_distances(problem, family->stated);
    memkb = vnuma__build_memkb(6 * GIB * problem->num_vnodes,
                               4 * problem->num_vnodes);
    for (k = 1; k <= problem->num_pnodes; k++)
        problem->building[k] = vnuma__build_part(memkb, k);
}
