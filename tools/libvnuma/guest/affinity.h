/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a host's pcpus a guest's cpus=, cpus_soft= and pool= mean. */
#ifndef VNUMA_AFFINITY_H
#define VNUMA_AFFINITY_H

#include "guest/guest.h"

/*
 * Both add to @pcpus_r, one those of all pnodes, one those that a string of
 * cpus= or cpus_soft= names.  They return 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__all_pcpus(const vnuma_topology *topology, vnuma_bitmap *pcpus_r);
int vnuma__affinity_pcpus(const vnuma_affinity *affinity,
                          const vnuma_topology *topology,
                          vnuma_bitmap *pcpus_r);

/* The string that counts for a vcpu, as an index of items; num_items: none. */
unsigned int vnuma__affinity_item(const vnuma_affinities *affinities,
                                  uint32_t vcpu);

/*
 * Adds the pcpus of that string, which may have thousands of terms; of none
 * all of the host: a vcpu of which the setting says nothing is without the
 * setting, or beyond the end of its list.  (Without any cpus_soft= libxl lets
 * vcpus prefer their vnode's pnode.)  The pool is not looked at.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__item_pcpus(const vnuma_affinities *affinities, unsigned int item,
                      const vnuma_topology *topology, vnuma_bitmap *pcpus_r);

typedef enum {
    VNUMA__POOL_KNOWN,
    VNUMA__POOL_UNKNOWN, /* its CPUs are not: it binds nothing */
    VNUMA__POOL_MISSING, /* the host does not have it: libxl refuses */
} vnuma__pool_kind;

/*
 * vnuma__pool_pcpus - the pcpus of the pool that a guest is created in
 * @pcpus_r: an empty set; gets all pcpus of the host for an unknown pool,
 *           none for a missing one
 *
 * A host that knows its pools is asked as libxl asks: digits are an id, the
 * rest a name; without pool= it is pool 0.  Otherwise Pool-nodeN, of which
 * "xl cpupool-numa-split" makes one for each pnode with CPUs, has those CPUs.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__pool_pcpus(const vnuma_config *config,
                      const vnuma_topology *topology, vnuma_bitmap *pcpus_r,
                      vnuma__pool_kind *kind_r);

/* Whether this is a name of that command, and the pnode in it. */
bool vnuma__pool_to_pnode(const char *pool, uint32_t *pnode_r);

#endif
