/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast the memory of the machine is that this runs on, by the files that
 * Linux shows of it.  Files that are not there are no mistake: then nothing is
 * known, and the value stays all zeroes.
 */
#ifndef VNUMA_MACHINE_H
#define VNUMA_MACHINE_H

#include "base/hmat.h"

/*
 * Of the firmware's own table, which is about the machine under dom0 too.
 * @dir:     /sys/firmware/acpi/tables
 * @domains: the proximity domain of each node
 * @wrong_r: static, or NULL: what is wrong with the table
 *
 * Returns 0, VNUMA_ERROR_IO (errno), VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM.
 */
int vnuma__machine_hmat(const char *dir, const uint32_t *domains,
                        unsigned int num_nodes, vnuma__hmat *hmat_r,
                        const char **wrong_r);

/*
 * What Linux made of that table for itself, where Linux has the machine: of
 * each memory only what its best initiators reach, and its caches.
 * @dir:   /sys/devices/system/node
 * @nodes: Linux's number of each node
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__machine_access(const char *dir, const uint32_t *nodes,
                          unsigned int num_nodes, vnuma__hmat *hmat_r);

#endif
