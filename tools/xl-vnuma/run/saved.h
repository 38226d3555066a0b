/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a saved guest for a command. */
#ifndef XL_VNUMA_SAVED_H
#define XL_VNUMA_SAVED_H

#include "record/saved.h"

/*
 * Reads the beginning of a file, and checks that the file is complete.
 * Returns a code of cli.h, after a message.
 */
int saved_read_file(vnuma__saved *s, const char *path);

/* Reads exactly the beginning of a stream.  Returns the same. */
int saved_read_stream(vnuma__saved *s, int fd);

#endif
