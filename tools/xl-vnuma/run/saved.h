/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved guest: its beginning, read and judged. */
#ifndef XL_VNUMA_SAVED_H
#define XL_VNUMA_SAVED_H

#include "record/savefile.h"

typedef struct {
    vnuma__save_head head;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];
    uint8_t *optional; /* owned; head.optional_len bytes */
    vnuma__save_config config;
    bool has_record;
    vnuma__record record;
} saved;

void saved_init(saved *s);
void saved_dispose(saved *s);

/*
 * A file: its beginning, and that all of it is there.  Returns a code of
 * cli.h; what is wrong is said.
 */
int saved_read_file(saved *s, const char *path);

/* A stream: takes exactly its beginning from it.  Likewise. */
int saved_read_stream(saved *s, int fd);

#endif
