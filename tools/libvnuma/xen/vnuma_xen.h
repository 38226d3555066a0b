/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma-xen - the half of libvnuma that talks to a running Xen.
 *
 * The live host as a vnuma_topology; the domain-builder hooks that put a
 * guest's memory where its vNUMA settings say; and a look at where memory
 * really is.  Its soname is the release of Xen that it was built for, because
 * libxl's and libxenguest's are.
 *
 * Words, units, errors and ownership are those of vnuma.h.  What went wrong
 * is described in the vnuma_diags argument, as diagnostics without a place.
 * Threads: one vnuma_xen is for one thread at a time; the hooks may be called
 * by several threads that build different domains.
 */
#ifndef VNUMA_XEN_H
#define VNUMA_XEN_H

#include <libxl.h>

#include "vnuma.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a running Xen ------------------------------------------------------- */

typedef struct vnuma_xen vnuma_xen;

/*
 * vnuma_xen_open - connect to the Xen that runs here
 *
 * Returns 0, VNUMA_ERROR_XEN when there is none or this process may not talk
 * to it (errno: ENODEV and EACCES), or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags);
void vnuma_xen_close(vnuma_xen *xen); /* NULL is fine */

/*
 * vnuma_xen_get_topology - the host as it is now
 *
 * From libxl_get_physinfo(), libxl_get_numainfo(), libxl_get_cpu_topology()
 * and libxl_get_pci_topology().  Its facts are those that "xl info" prints.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_get_topology(vnuma_xen *xen, vnuma_topology *topology_r,
                           vnuma_diags *diags);

/* ---- the second reader ------------------------------------------------------ */

/*
 * vnuma_xen_compare - let libxlutil read the same bytes
 * @source: what vnuma_config_parse() accepted
 *
 * Returns 0 when libxlutil accepts the text too and every setting has the
 * same value in both readings, VNUMA_ERROR_CONFIG (which differs is in
 * @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_compare(const vnuma_source *source, vnuma_diags *diags);

/* ---- building ---------------------------------------------------------------- */

/* What a build put where. */
typedef struct {
    uint32_t pnode;
    uint64_t num_1g, num_2m, num_4k; /* extents, as they were populated */
} vnuma_xen_share;

typedef struct {
    vnuma_xen_share *shares; /* owned; one for each pnode used */
    unsigned int num_shares;
    uint64_t num_pages; /* of 4 KiB, all placed by exact node */
    uint64_t num_calls; /* populate hypercalls that it took */
} vnuma_xen_built;

void vnuma_xen_built_init(vnuma_xen_built *built);
void vnuma_xen_built_dispose(vnuma_xen_built *built);

/*
 * What the hooks tell the program they run in.  Each member may be NULL.
 * They are called in the thread that builds the domain.
 */
typedef struct {
    /* A build has begun; from here on the domain needs cleaning up. */
    void (*started)(void *user, uint32_t domid);
    void (*progress)(void *user, uint32_t domid, uint32_t pnode,
                     uint64_t done_pages, uint64_t all_pages);
    /* It failed, or there is something to say; @diags is borrowed. */
    void (*failed)(void *user, uint32_t domid, const vnuma_diags *diags);
    /* Memory is populated; @built is borrowed. */
    void (*populated)(void *user, uint32_t domid,
                      const vnuma_xen_built *built);
    /*
     * KiB that will be populated after the guest's memory without naming a
     * node (video RAM); 0 when not known.
     */
    uint64_t (*later_memkb)(void *user, uint32_t domid);
    void *user;
} vnuma_xen_hooks;

/*
 * vnuma_xen_hooks_register - build vNUMA guests exactly, in this process
 * @hooks: copied
 *
 * Wraps libxenguest's hooks for HVM and PVH guests by
 * xc_dom_register_arch_hooks().  Guests without vNUMA are built as before.
 * Call it once, before the first domain is built; there is no way back, since
 * libxenguest has none.
 *
 * Returns 0, VNUMA_ERROR_XEN when libxenguest has no such hooks (errno
 * ENOTSUP) or it was called before (EALREADY), or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_hooks_register(const vnuma_xen_hooks *hooks);

/*
 * vnuma_xen_prepare - what has to be in a configuration before it is built
 * @ctx:      the caller's
 * @d_config: with vnuma_nodes; its nodemap is set to the pnodes that they
 *            name if it has none, so that the paging pool comes from there
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_prepare(libxl_ctx *ctx, libxl_domain_config *d_config);

/*
 * vnuma_xen_settle - what has to be done once the device model is up
 * @d_config:  as it was built
 * @num_pages: that the hooks reported as populated; 0: do not compare
 *
 * Sets the domain's node affinity to its final value, all pnodes that the
 * guest uses, and reads back what Xen holds of it: the vNUMA description, the
 * number of pages, and each vcpu's soft affinity.
 *
 * Returns 0, VNUMA_ERROR_XEN (what differs is in @diags) or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_settle(libxl_ctx *ctx, uint32_t domid,
                     const libxl_domain_config *d_config, uint64_t num_pages,
                     vnuma_diags *diags);

/*
 * vnuma_xen_describe_plan, vnuma_xen_describe_build_info - one text for both
 *
 * "PNODE:MEMKB:VCPUS:DISTANCES" for each vnode, joined by ";": equal when xl
 * understood what was planned.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_xen_describe_plan(const vnuma_plan *plan);
char *vnuma_xen_describe_build_info(const libxl_domain_build_info *b_info);

/*
 * vnuma_xen_destroy - remove a domain that was left half built
 * @uuid: only if the domain still is this one
 *
 * Returns 0 (also when it is gone already), VNUMA_ERROR_XEN or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                      vnuma_diags *diags);

/* ---- looking ------------------------------------------------------------------- */

typedef struct {
    uint32_t pnode;
    uint64_t num_pages;
} vnuma_xen_node_pages;

typedef struct {
    vnuma_xen_node_pages *nodes; /* owned; ascending by pnode */
    unsigned int num_nodes;
    uint64_t num_pages;
} vnuma_xen_residency;

void vnuma_xen_residency_init(vnuma_xen_residency *residency);
void vnuma_xen_residency_dispose(vnuma_xen_residency *residency);

/*
 * vnuma_xen_get_residency - the hypervisor's own count of a domain's pages
 *
 * By Xen's debug key "u" and its console ring.  Xen walks every page of every
 * domain for that: on hosts with terabytes of guests it can take seconds with
 * the console lock held.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_get_residency(vnuma_xen *xen, uint32_t domid,
                            vnuma_xen_residency *residency_r,
                            vnuma_diags *diags);

#ifdef __cplusplus
}
#endif

#endif
