/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast the memory of the machine is that this runs on, by its firmware's
 * table, which is about the machine under dom0 too.
 */
#ifndef VNUMA_MACHINE_H
#define VNUMA_MACHINE_H

#include "base/hmat.h"

/*
 * Without a table nothing is known, and the value stays all zeroes.
 * @dir:     /sys/firmware/acpi/tables
 * @domains: the proximity domain of each node
 * @wrong_r: static, or NULL: what is wrong with the table
 *
 * Returns 0, VNUMA_ERROR_IO (errno), VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM.
 */
int vnuma__machine_hmat(const char *dir, const uint32_t *domains,
                        unsigned int num_nodes, vnuma__hmat *hmat_r,
                        const char **wrong_r);

#endif
