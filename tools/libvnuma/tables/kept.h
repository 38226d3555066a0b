/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ACPI tables that a guest was given, as a text: xl is told it, libxl keeps it
 * with the domain, and it is in the record of a guest that leaves, so that a
 * guest that reboots has the same tables wherever it is then.
 *
 *   "host:BASE64"   their HMAT is the host's
 *   "file:BASE64"   it is the user's, or there is none
 */
#ifndef VNUMA_KEPT_TABLES_H
#define VNUMA_KEPT_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of tables.  Their text has to go to xl in one packet, with all that xl
 * is told (hooks/message.h).
 */
#define VNUMA__KEPT_MAX (96u << 10)

/* To be freed; NULL: no memory. */
char *vnuma__kept_format(const uint8_t *bytes, size_t len, bool is_hosts);

/*
 * @bytes_r: to be freed; tables that can be walked by their lengths
 *
 * Returns 0, VNUMA_ERROR_CONFIG for any other text, or VNUMA_ERROR_NOMEM.
 */
int vnuma__kept_parse(const char *text, size_t text_len, uint8_t **bytes_r,
                      size_t *len_r, bool *is_hosts_r);

/* The first table of that signature, or NULL. */
const uint8_t *vnuma__kept_find(const uint8_t *bytes, size_t len,
                                const char *signature, size_t *len_r);

#endif
