/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Families of placement problems, the same ones on every machine. */
#ifndef VNUMA_BENCH_PROBLEMS_H
#define VNUMA_BENCH_PROBLEMS_H

#include "search/search.h"

typedef enum {
    HOST_SOCKETS, /* sockets of nodes: 12 within one, 32 between them */
    HOST_RING,    /* sockets in a ring, each of nodes: by hops */
    HOST_MESH,    /* sockets in a square mesh: by hops */
    HOST_CXL,     /* sockets; a quarter of the nodes is memory only */
    HOST_ANY,     /* random distances, unlike any machine */
} bench_host;

typedef enum {
    STATED_NOT,
    STATED_COPIED,    /* the distances of some nodes of the host */
    STATED_SAME,      /* groups of four with the host's own numbers, 12, 32 */
    STATED_LEVELS,    /* the same with the numbers of textbooks: 20, 31 */
    STATED_FLAT,      /* 20 everywhere */
    STATED_PERTURBED, /* copied, then changed by up to 2 */
    STATED_ANY,       /* random */
} bench_stated;

typedef struct {
    const char *file; /* recorded host, or NULL */
    unsigned int num_vnodes, num_pnodes, per_socket, num_runs;
    bench_host host;
    bench_stated stated;
    bool no_room; /* one vnode does not fit */
} bench_family;

void bench_seed(uint64_t seed);
/*
 * Its pcpus are good until the next one is made.  Exits if the recorded host
 * cannot be read.
 */
void bench_make_problem(vnuma__problem *problem, const bench_family *family);

#endif
