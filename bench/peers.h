/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How others place, written from their published descriptions. */
#ifndef VNUMA_BENCH_PEERS_H
#define VNUMA_BENCH_PEERS_H

#include "problems.h"

/* They are stopped after a tenth of a second. */
#define PEER_STOP_US 1e5

typedef enum {
    PEER_FOUND,
    PEER_NONE,
    PEER_STOPPED,
} peer_answer;

/*
 * libxl: every subset of nodes with so many members, keeping the one with
 * most free memory among those that hold the guest's memory and vcpus.  What
 * goes where within it, and how far apart they are, it does not ask.
 */
peer_answer peer_libxl(const vnuma__problem *problem);
/*
 * Nova: host nodes in every order, the first in which every guest node fits
 * on its host node.  Distances it does not ask either.
 */
peer_answer peer_nova(const vnuma__problem *problem);

#endif
