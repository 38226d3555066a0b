/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: a host as a value, read from a text or asked of the Xen that runs
 * here (vnuma_xen_get_topology()).
 */
#ifndef VNUMA_HOST_H
#define VNUMA_HOST_H

#include "vnuma_bitmap.h"
#include "vnuma_diag.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t pnode;      /* Xen's number */
    uint64_t memkb;      /* what firmware calls its size: it may span holes */
    uint64_t free_memkb; /* what counts; either may be VNUMA_MEMKB_UNKNOWN */
    vnuma_bitmap pcpus;  /* may be empty */
} vnuma_pnode;

/* What the host does not say of it is VNUMA_ID_UNKNOWN; no pnode: offline. */
typedef struct {
    uint32_t pcpu, core, socket, pnode;
    uint32_t load; /* vcpus that run there, in thousandths; 0 if not known */
} vnuma_pcpu;

/* A cpupool: a guest's vcpus run only on the pcpus of its own. */
typedef struct {
    uint32_t poolid;
    char *name;
    vnuma_bitmap pcpus;
} vnuma_pool;

/* A PCI device whose node the host knows. */
typedef struct {
    uint16_t segment;
    uint8_t bus, device, function;
    uint32_t pnode;
} vnuma_pcidev;

typedef struct vnuma_topology vnuma_topology;

void vnuma_topology_free(vnuma_topology *topology);

/*
 * vnuma_topology_parse - read the text of a host
 * @source: a text of a form that "xl-vnuma --help" names,
 *          recognised by content; kept only by @diags
 *
 * Counts, numbers and matrices of the text must agree with each other; the
 * first that do not are reported.
 *
 * Returns 0, VNUMA_ERROR_HOST (see @diags) or VNUMA_ERROR_NOMEM.
 */
int vnuma_topology_parse(const vnuma_source *source,
                         vnuma_topology **topology_r, vnuma_diags *diags);

/*
 * The text that "xl info -n" prints, and JSON as xl-vnuma(1) describes it.
 * vnuma_topology_parse() reads JSON back to the same value, and the text to
 * the same but for pools, load and huge pages, which it does not have, and
 * memory: that is in whole MiB there, rounded down, as xl does.  A text that xl printed comes
 * out as it was, byte for byte.  To be freed by the caller; NULL: no memory.
 */
char *vnuma_topology_to_text(const vnuma_topology *topology);
char *vnuma_topology_to_json(const vnuma_topology *topology);

/* The pnode of that number, or NULL. */
const vnuma_pnode *vnuma_topology_find(const vnuma_topology *topology,
                                       uint32_t pnode);
/*
 * By pnode numbers; VNUMA_DISTANCE_UNKNOWN also for numbers it does not have.
 */
uint32_t vnuma_topology_distance(const vnuma_topology *topology, uint32_t from,
                                 uint32_t to);

/*
 * What a host has, by index from 0 below the number of them: pnodes and pcpus
 * ascend by their own number, PCI devices are in the order of the source.
 * Pointers stay valid until vnuma_topology_free().
 */
unsigned int vnuma_topology_num_pnodes(const vnuma_topology *topology);
const vnuma_pnode *vnuma_topology_pnode_at(const vnuma_topology *topology,
                                        unsigned int index);
unsigned int vnuma_topology_num_pcpus(const vnuma_topology *topology);
const vnuma_pcpu *vnuma_topology_pcpu_at(const vnuma_topology *topology,
                                      unsigned int index);
unsigned int vnuma_topology_num_pcidevs(const vnuma_topology *topology);
const vnuma_pcidev *vnuma_topology_pcidev_at(const vnuma_topology *topology,
                                          unsigned int index);

/* None: the host's text does not say which there are. */
unsigned int vnuma_topology_num_pools(const vnuma_topology *topology);
const vnuma_pool *vnuma_topology_pool_at(const vnuma_topology *topology,
                                         unsigned int index);

/*
 * vnuma_topology_knows_load - whether it is known which vcpus run there
 *
 * Each online vcpu of each domain counts in equal parts on the pcpus that its
 * hard affinity and its domain's pool allow.
 */
bool vnuma_topology_knows_load(const vnuma_topology *topology);

/*
 * vnuma_topology_fact - the value of a line "KEY : VALUE" of xl info
 *
 * Such as "xen_commandline"; borrowed, "" for a line that ends at its colon,
 * NULL for a line that the host's text does not have.
 */
const char *vnuma_topology_fact(const vnuma_topology *topology,
                                const char *key);

/* Sets the free memory of a pnode, in KiB; of a pnode that it does not have,
 * nothing.  For plans on a host as it would be. */
void vnuma_topology_set_free(vnuma_topology *topology, uint32_t pnode,
                             uint64_t memkb);

#ifdef __cplusplus
}
#endif

#endif
