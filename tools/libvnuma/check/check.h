/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks, one function each, as the table in check.c names them.  A check
 * is a loop and its reports; the table says what it can rely on.
 */
#ifndef VNUMA_CHECK_H
#define VNUMA_CHECK_H

#include "guest/guest.h"

/* What a check sees. */
typedef struct {
    const char *id; /* of the diagnostics that it reports */
    const vnuma_config *config;
    const vnuma_topology *topology; /* NULL: no host is known */
    vnuma_diags *diags;
} vnuma__checking;

/* Returns 0 or VNUMA_ERROR_NOMEM. */
typedef int vnuma__check_fn(const vnuma__checking *c);

/* check_guest.c */
vnuma__check_fn vnuma__check_pv_guest;
vnuma__check_fn vnuma__check_pvh_guest;
vnuma__check_fn vnuma__check_migratable;
vnuma__check_fn vnuma__check_pnode_missing;
vnuma__check_fn vnuma__check_memory_not_maxmem;
vnuma__check_fn vnuma__check_videoram_small;
vnuma__check_fn vnuma__check_size_unknown;
vnuma__check_fn vnuma__check_size_sum;
vnuma__check_fn vnuma__check_size_videoram;
vnuma__check_fn vnuma__check_border;

/* check_vcpus.c */
vnuma__check_fn vnuma__check_vcpus_above_maxvcpus;
vnuma__check_fn vnuma__check_vcpus_offline;
vnuma__check_fn vnuma__check_vcpu_twice;
vnuma__check_fn vnuma__check_vcpu_beyond;
vnuma__check_fn vnuma__check_vcpu_missing;

/* check_distances.c */
vnuma__check_fn vnuma__check_vdistances_count;
vnuma__check_fn vnuma__check_vdistances_partial;
vnuma__check_fn vnuma__check_distance_local;
vnuma__check_fn vnuma__check_distance_too_small;
vnuma__check_fn vnuma__check_distance_unreachable;
vnuma__check_fn vnuma__check_distance_asymmetric;
vnuma__check_fn vnuma__check_distance_equal;
vnuma__check_fn vnuma__check_distance_host;

/* check_host.c */
vnuma__check_fn vnuma__check_pnode_unknown;
vnuma__check_fn vnuma__check_pnode_no_cpus;
vnuma__check_fn vnuma__check_pnode_no_memory;
vnuma__check_fn vnuma__check_vcpus_above_host;
vnuma__check_fn vnuma__check_no_fit;
vnuma__check_fn vnuma__check_pnode_shared;
vnuma__check_fn vnuma__check_pcpu_overcommit;
vnuma__check_fn vnuma__check_pci_unknown;

/* check_affinity.c */
vnuma__check_fn vnuma__check_cpus_unknown;
vnuma__check_fn vnuma__check_cpus_empty;
vnuma__check_fn vnuma__check_cpus_elsewhere;
vnuma__check_fn vnuma__check_cpus_wide;
vnuma__check_fn vnuma__check_cpus_soft;
vnuma__check_fn vnuma__check_pool;

/* check_policy.c */
vnuma__check_fn vnuma__check_policy_count;
vnuma__check_fn vnuma__check_policy_pnode;

/* The pnode that a vnode names; NULL if the host does not have it. */
static inline const vnuma_pnode *vnuma__check_pnode(const vnuma__checking *c,
                                                    const vnuma_vnode *vnode)
{
    if (!c->topology || vnode->pnode.value == VNUMA_PNODE_AUTO)
        return NULL;
    return vnuma_topology_find(c->topology, vnode->pnode.value);
}

#endif
