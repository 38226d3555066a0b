/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An in-memory Xen: nodes with free memory in 1 GiB, 2 MiB and 4 KiB pieces, a
 * domain with its extents, claim, vNUMA description and affinities, and Xen's
 * refusals.  Any call can be made to fail.  Where it differs from Xen, it is
 * wrong.
 */
#ifndef VNUMA_HV_MEM_H
#define VNUMA_HV_MEM_H

#include <pthread.h>

#include "xen/hv/hv.h"

typedef struct {
    uint64_t num_free[VNUMA__NUM_ORDERS]; /* free pieces of each size */
    uint64_t num_lost; /* reported as free, but never populated */
} vnuma__mem_node;

typedef struct {
    uint64_t gfn;
    unsigned int order;
    uint32_t pnode;
} vnuma__mem_extent;

typedef struct {
    uint32_t domid;
    bool exists;
    uint64_t claim;
    vnuma__mem_extent *extents; /* owned; in the order populated */
    uint32_t num_extents;
    uint64_t num_pages;
    vnuma__layout layout; /* from set_vnuma */
    vnuma_bitmap node_affinity;
} vnuma__mem_domain;

#define VNUMA__MEM_DOMAINS 32 /* as many as a test has at once */

typedef struct {
    vnuma__hv hv;
    pthread_mutex_t lock;   /* a call has all that follows for itself */
    vnuma__mem_node *nodes; /* owned; by their numbers */
    unsigned int num_nodes;
    vnuma__mem_domain domains[VNUMA__MEM_DOMAINS];
    /*
     * Fails call number fail_call (from 1), or all calls from it on, with
     * fail_errno; 0 makes populate return one extent too few instead.
     */
    unsigned int num_calls, fail_call;
    bool fail_ever_after, is_failing;
    int fail_errno;
} vnuma__hv_mem;

/*
 * @memkb: free memory of each node, in pieces as large as possible
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__hv_mem_init(vnuma__hv_mem *mem, const uint64_t *memkb,
                       unsigned int num_nodes);
void vnuma__hv_mem_dispose(vnuma__hv_mem *mem);

/* In the first place of domains[] that is free. */
void vnuma__hv_mem_create_domain(vnuma__hv_mem *mem, uint32_t domid);
/* As in Xen: all of its memory is freed, and its claim is lost. */
void vnuma__hv_mem_destroy_domain(vnuma__hv_mem *mem, uint32_t domid);

uint64_t vnuma__hv_mem_free_pages(const vnuma__mem_node *node);

#endif
