/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ACPI HMAT (ACPI 6.5, 5.2.28), as bytes and as a value.  Pure; whatever
 * the bytes are, nothing beyond them is read.
 */
#ifndef VNUMA_HMAT_TABLE_H
#define VNUMA_HMAT_TABLE_H

#include <stddef.h>

#include "base/hmat.h"

/*
 * Reads a table of revision 1 or 2.
 * @domains: the proximity domain of each node; what the table says of others,
 *           such as of memory that can be plugged in, is left out
 * @hmat_r:  all zeroes
 * @wrong_r: static; what is wrong with the table
 *
 * Of two values for the same pair the first counts.  Returns 0,
 * VNUMA_ERROR_HOST or VNUMA_ERROR_NOMEM.
 */
int vnuma__hmat_parse(const uint8_t *bytes, size_t len,
                      const uint32_t *domains, unsigned int num_nodes,
                      vnuma__hmat *hmat_r, const char **wrong_r);

/*
 * Where a table cannot say a value exactly: its entries have 16 bits, in units
 * that all entries of a matrix share.
 */
typedef struct {
    bool is_lossy;
    vnuma__hmat_kind kind;
    uint32_t from, to;
    uint64_t value, said; /* of the largest difference */
} vnuma__hmat_loss;

/*
 * Makes a table of revision 2, in which a node's number is its proximity
 * domain.  The same value always gives the same bytes.
 * @bytes_r: to be freed
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__hmat_build(const vnuma__hmat *hmat, uint8_t **bytes_r,
                      size_t *len_r, vnuma__hmat_loss *loss_r);

#endif
