/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host, inside the library. */
#ifndef VNUMA_TOPOLOGY_H
#define VNUMA_TOPOLOGY_H

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/objects.h"

void vnuma__topology_dispose(vnuma_topology *topology);
/* As vnuma_topology_parse(), into one that is empty. */
int vnuma__topology_parse(const vnuma_source *source,
                          vnuma_topology *topology_r, vnuma_diags *diags);

/* The same from JSON that was parsed already; @source is its text. */
int vnuma__topology_from_json(const vnuma_source *source,
                              const vnuma__jsondoc_value *root,
                              vnuma_topology *topology_r, vnuma_diags *diags);

/* A sum with an unknown part is unknown. */
static inline void vnuma__add_memkb(uint64_t *sum, uint64_t memkb)
{
    if (*sum == VNUMA_MEMKB_UNKNOWN || memkb == VNUMA_MEMKB_UNKNOWN)
        *sum = VNUMA_MEMKB_UNKNOWN;
    else
        *sum += memkb;
}

/* Of the reports that are written, and the only one that is read. */
#define VNUMA__REPORT_FORM 1u

/* Larger loads are read as mistakes, and not written. */
#define VNUMA__MAX_LOAD 100000000u
#define VNUMA__MAX_POOLS 1024u

/*
 * One more vcpu that may run on the pcpus of both sets.  @parts, one for each
 * pcpu of the host and 0 at first, is finer than loads are, so that many small
 * parts are not lost; vnuma__load_finish() makes loads of it.
 */
void vnuma__load_add(const vnuma_topology *topology, const vnuma_bitmap *hard,
                     const vnuma_bitmap *pool, uint64_t *parts);
void vnuma__load_finish(vnuma_topology *topology, const uint64_t *parts);

/* "0-3,8": the pnodes that are wanted, or all; NULL: no memory. */
char *vnuma__topology_list(const vnuma_topology *topology,
                           bool (*is_wanted)(const vnuma_pnode *pnode));

/* Whether the guest's pci= means this device of the host. */
bool vnuma__is_that_device(const vnuma_guest_pcidev *wanted,
                           const vnuma_pcidev *known);

/* The members of a host, into an object that is open. */
void vnuma__topology_put(vnuma__json *json, const vnuma_topology *topology);

#endif
