/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest and a host as a problem in plain numbers, and what these numbers
 * were made of.  Only model.c knows what memory a guest needs where, and which
 * pcpus its vcpus may use.
 */
#ifndef VNUMA_MODEL_H
#define VNUMA_MODEL_H

#include "guest/guest.h"
#include "search/search.h"

/* What Linux assumes when firmware gives no distance. */
#define VNUMA__ASSUMED_DISTANCE 20u

typedef struct {
    vnuma__problem problem;
    vnuma__pcpu *pcpus; /* owned; of all pnodes */
    /* The guest; borrowed, every size and vcpu given. */
    const vnuma_config *config;
    const vnuma_topology *topology;      /* borrowed */
    uint64_t guest[VNUMA__MAX_VNODES];   /* KiB, of the guest alone */
    uint64_t may_run[VNUMA__MAX_VNODES]; /* mask, by cpus= and pool= */
    uint64_t free[VNUMA__MAX_PNODES], reserve[VNUMA__MAX_PNODES]; /* KiB */
    uint64_t dealt[VNUMA__MAX_PNODES]; /* KiB of interleaved vnodes */
    uint64_t memoryless; /* mask: holds no memory, and builds none */
    bool has_others; /* others take some of the host */
    bool has_preference, has_soft;
    bool is_distance_assumed; /* some distance is not known */
    bool is_undealt;          /* interleaved memory has no room, or no pnode */
} vnuma__model;

/*
 * Returns 0, VNUMA_ERROR_NOMEM or VNUMA_ERROR_CONFIG: a guest that
 * vnuma_check() does not let pass.  Dispose in any case.
 */
int vnuma__model_init(vnuma__model *model, const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options);
void vnuma__model_dispose(vnuma__model *model);
/* As if no domain ran on the host. */
void vnuma__model_forget_load(vnuma__model *model);

/* The place of a pnode in the host's list; num_pnodes: it has none. */
unsigned int vnuma__pnode_index(const vnuma_topology *topology,
                                uint64_t pnode);

#endif
