/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A value with everything in it that an HMAT can say. */
#ifndef VNUMA_TEST_HMAT_CASE_H
#define VNUMA_TEST_HMAT_CASE_H

#include "tables/hmat_table.h"
#include "tap.h"
#include "vnuma.h"

/* Nodes 0 and 1 have CPUs, 2 and 3 only memory, 3 no speed. */
static void make_hmat(vnuma__hmat *hmat)
{
    const vnuma__side_cache cache = { .node = 2,
                                      .level = 1,
                                      .num_levels = 1,
                                      .associativity = 1,
                                      .policy = 2,
                                      .line = 64,
                                      .size = UINT64_C(16) << 30 };
    uint32_t from, to;

    memset(hmat, 0, sizeof(*hmat));
    CHECK_INT(vnuma__hmat_init(hmat, 4), 0);
    for (from = 0; from < 2; from++)
        for (to = 0; to < 3; to++) {
            vnuma__hmat_set(hmat, 0, VNUMA__READ_LATENCY, from, to,
                            from == to ? 80500 : 140000);
            vnuma__hmat_set(hmat, 0, VNUMA__BANDWIDTH, from, to,
                            from == to ? 20480 : 10240);
        }
    vnuma__hmat_set(hmat, 0, VNUMA__READ_LATENCY, 1, 2, VNUMA__UNREACHABLE);
    vnuma__hmat_set(hmat, 1, VNUMA__LATENCY, 0, 2, 12345);
    CHECK_INT(vnuma__hmat_add_cache(hmat, &cache), 0);
    hmat->nearest[0] = 0;
    hmat->nearest[1] = 1;
    hmat->nearest[2] = 0;
}

#endif
