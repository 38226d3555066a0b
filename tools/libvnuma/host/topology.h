/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host, inside the library. */
#ifndef VNUMA_TOPOLOGY_H
#define VNUMA_TOPOLOGY_H

#include "base/json_writer.h"
#include "base/objects.h"

void vnuma__topology_init(vnuma_topology *topology);
void vnuma__topology_dispose(vnuma_topology *topology);
/* As vnuma_topology_parse(), into one that is empty. */
int vnuma__topology_parse(const vnuma_source *source,
                          vnuma_topology *topology_r, vnuma_diags *diags);

/* Whether the guest's pci= means this device of the host. */
bool vnuma__is_that_device(const vnuma_guest_pcidev *wanted,
                           const vnuma_pcidev *known);

/* Writes a host as a JSON object. */
void vnuma__topology_put(vnuma__json *json, const vnuma_topology *topology);

#endif
