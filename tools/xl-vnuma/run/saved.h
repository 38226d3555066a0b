/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The beginning of a saved guest. */
#ifndef XL_VNUMA_SAVED_H
#define XL_VNUMA_SAVED_H

#include "record/savefile.h"

typedef struct {
    vnuma__save_head head;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];
    uint8_t *optional; /* owned; head.optional_len bytes */
    vnuma__save_config config;
    vnuma_record *record; /* owned; NULL: it has none */
} saved;

void saved_init(saved *s);
void saved_dispose(saved *s);

/*
 * Reads the beginning of a file, and checks that the file is complete.
 * Returns a code of cli.h, after a message.
 */
int saved_read_file(saved *s, const char *path);

/* Reads exactly the beginning of a stream.  Returns the same. */
int saved_read_stream(saved *s, int fd);

#endif
