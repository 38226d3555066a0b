/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The placement methods of others, from their published descriptions. */
#ifndef VNUMA_BENCH_PEERS_H
#define VNUMA_BENCH_PEERS_H

#include "problems.h"

/* Each is stopped after a tenth of a second. */
#define PEER_STOP_US 1e5

typedef enum {
    PEER_FOUND,
    PEER_NONE,
    PEER_STOPPED,
} peer_answer;

/*
 * libxl: tries every subset of nodes, the smallest first, and of the first
 * size at which some have room for the guest's memory and vcpus takes the one
 * with fewest vcpus, then most free memory.  It considers neither what goes
 * where within the subset nor distances.
 */
peer_answer peer_libxl(const vnuma__problem *problem);
/*
 * Nova: tries host nodes in every order, and takes the first order in which
 * every guest node fits on its host node.  It does not consider distances.
 */
peer_answer peer_nova(const vnuma__problem *problem);

#endif
