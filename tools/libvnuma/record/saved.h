/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The beginning of a saved guest, up to libxl's stream. */
#ifndef VNUMA_SAVED_H
#define VNUMA_SAVED_H

#include "record/savefile.h"

typedef struct {
    vnuma__save_head head;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];
    uint8_t *optional; /* owned; head.optional_len bytes */
    size_t num_read;   /* bytes of the two */
    vnuma__save_config config;
    vnuma_record *record; /* owned; NULL: it has none */
} vnuma__saved;

void vnuma__saved_dispose(vnuma__saved *s);

/*
 * Reads exactly the beginning.  Returns 0, VNUMA_ERROR_CONFIG (reported),
 * VNUMA_ERROR_NOMEM, or VNUMA_ERROR_IO with errno.
 */
int vnuma__saved_read(vnuma__saved *s, int fd, vnuma_diags *diags);

/*
 * Whether the guest has vnodes: in xl's configuration, or in a record of ours,
 * even in one that cannot be read.
 */
bool vnuma__saved_has_vnuma(const vnuma__saved *s);

#endif
