/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Families of placement problems, the same ones on every machine. */
#ifndef VNUMA_BENCH_PROBLEMS_H
#define VNUMA_BENCH_PROBLEMS_H

#include "search/search.h"

typedef enum {
    HOST_SOCKETS, /* sockets of nodes: 12 inside, 32 outside */
    HOST_RING,    /* sockets in a ring, each of nodes: by hops */
    HOST_MESH,    /* sockets in a square mesh: by hops */
    HOST_CXL,     /* sockets; a quarter of the nodes is memory behind them */
    HOST_ANY,     /* distances at random, as no machine has */
} bench_host;

typedef enum {
    STATED_NOT,
    STATED_COPIED,    /* those of some nodes of the host */
    STATED_SAME,      /* groups of four with the host's own numbers, 12, 32 */
    STATED_LEVELS,    /* the same with those of textbooks: 20, 31 */
    STATED_FLAT,      /* 20 everywhere */
    STATED_PERTURBED, /* copied, and up to two more or less */
    STATED_ANY,       /* at random */
} bench_stated;

typedef struct {
    const char *file; /* recorded host, or NULL */
    unsigned int num_vnodes, num_pnodes, per_socket, num_runs;
    bench_host host;
    bench_stated stated;
    bool no_room; /* for one vnode too many */
} bench_family;

void bench_seed(uint64_t seed);
/* Exits when the recorded host can not be read. */
void bench_make_problem(vnuma__problem *problem, const bench_family *family);

#endif
