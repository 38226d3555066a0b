/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved guest of tests/world/xl.c, in the form of record/savefile.h. */
#ifndef WORLD_STREAM_H
#define WORLD_STREAM_H

#include <stdint.h>

/* Of no optional data so far: its length comes last. */
#define WORLD_HEADER                                                          \
    "Xen saved domain, xl format\n \0 \r"                                     \
    "\x04\x03\x02\x01\x03\0\0\0\0\0\0\0\0\0\0"

/* Of libxl's and libxc's streams: a type and a length. */
#define RECORD(type, low, high) type, 0, 0, 0, low, high, 0, 0

static const uint8_t world_stream[] = {
    'L', 'i', 'b', 'x', 'l', 'F', 'm', 't', 0, 0, 0, 2, 0, 0, 0, 0,
    RECORD(1, 0, 0), /* libxc's stream follows */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'X', 'E', 'N', 'F',
    0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, /* to the end of its header */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    RECORD(9, 0x00, 0x10), [72 ... 72 + 0xfff] = 7, /* a page of something */
    RECORD(0, 0, 0), RECORD(0, 0, 0), /* both end */
};

#undef RECORD

#endif
