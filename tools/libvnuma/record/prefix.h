/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record before libxl's stream, where the program that saves has no place
 * for one: a head of VNUMA__PREFIX_LEN bytes, the record, libxl's stream.
 *
 *   offset  bytes
 *        0     20  "xl-vnuma before xl\n" and NUL
 *       20      4  form, 1; little-endian, as is
 *       24      4  length of the record
 *       28      4  0
 */
#ifndef VNUMA_PREFIX_H
#define VNUMA_PREFIX_H

#include "vnuma.h"

#define VNUMA__PREFIX_LEN 32u
#define VNUMA__PREFIX_MAX (1u << 20) /* of a record, in bytes */

void vnuma__prefix_write(void *head_r, uint32_t len);

/* Whether these bytes begin one, of whatever form. */
bool vnuma__prefix_is(const void *head);

/*
 * The length of the record; of a head that _is() one.  Returns 0 or
 * VNUMA_ERROR_CONFIG (reported).
 */
int vnuma__prefix_read(const void *head, uint32_t *len_r, vnuma_diags *diags);

#endif
