/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host's HMAT in its JSON, and a guest's in its own:
 *
 *   "hmat": { "pairs":   [ { "initiator", "memory", "level",
 *                            "read_latency_ps", .. } .. ],
 *             "nearest": [ { "memory", "initiator" } .. ],
 *             "caches":  [ { "memory", "level", "levels", "bytes",
 *                            "associativity", "policy", "line" } .. ] }
 *
 * Initiators and memories are numbers of nodes.  "level" is 0, or not there,
 * for memory itself, and of a side cache else.  Speeds have the names of
 * vnuma__hmat_keys; one that there is no way for is "unreachable".
 */
#ifndef VNUMA_TOPOLOGY_HMAT_H
#define VNUMA_TOPOLOGY_HMAT_H

#include "base/json_members.h"
#include "host/topology_draft.h"

/*
 * Reads member "hmat" of @root, if it is there, into a draft that has its
 * nodes.  Returns 0, VNUMA_ERROR_HOST (reported) or VNUMA_ERROR_NOMEM.
 */
int vnuma__host_read_hmat(vnuma__draft *draft, const vnuma__members *members,
                          const vnuma__jsondoc_value *root);

/*
 * Nothing of one in which nothing is known.  @names: of the nodes, in its
 * order; NULL: they go by their index
 */
void vnuma__hmat_put(vnuma__json *json, const vnuma__hmat *hmat,
                     const uint32_t *names);
/* Nothing for a host that has none. */
void vnuma__host_put_hmat(vnuma__json *json, const vnuma_topology *topology);

#endif
