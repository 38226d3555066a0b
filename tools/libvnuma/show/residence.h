/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the memory of a guest of KVM is that runs, by what Linux tells. */
#ifndef VNUMA_RESIDENCE_H
#define VNUMA_RESIDENCE_H

#include "base/json_writer.h"
#include "kvm/kvm.h"

/* Of one node: its backend is one mapping of QEMU. */
typedef struct {
    bool is_found;
    char policy[64];  /* as numa_maps has it: "bind:0", "default" */
    uint64_t page_kb; /* 0: nothing is there yet */
    uint64_t memkb[VNUMA_MAX_PNODES]; /* by number of pnode */
} vnuma__residence;

/*
 * @maps, @numa_maps: of /proc/PID.  A mapping belongs to a node if it is as
 * large as its memory; of several one with the policy that was asked for, else
 * the highest, as QEMU makes them from the top down.  @nodes_r: one for each
 * vnode.
 */
void vnuma__residence_find(const vnuma_config *config, vnuma__text maps,
                           vnuma__text numa_maps, vnuma__residence *nodes_r);

/*
 * A table; what is not as promised, one sentence in a line; and "vnodes", into
 * a map that is open.
 */
void vnuma__residence_print(FILE *f, const vnuma_config *config,
                            const vnuma__residence *nodes);
void vnuma__residence_drift(FILE *f, const vnuma_config *config,
                            const vnuma__residence *nodes);
void vnuma__residence_put(vnuma__json *json, const vnuma_config *config,
                          const vnuma__residence *nodes);

#endif
