/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the fields of an HMAT are: for what reads one and what writes one. */
#ifndef VNUMA_HMAT_INSIDE_H
#define VNUMA_HMAT_INSIDE_H

#include "base/acpi_bytes.h"

#define HMAT_FIXED (VNUMA__ACPI_HEADER + 4)

/* Each structure begins with type (2), reserved (2) and length (4). */
#define HMAT_STRUCTURE_HEADER 8

enum { HMAT_ATTRIBUTES, HMAT_MATRIX, HMAT_CACHE };

/* Offsets in a structure, and how long it is without its lists. */
enum {
    HMAT_ATTRIBUTES_FLAGS = 8, /* 2 bytes */
    HMAT_ATTRIBUTES_INITIATOR = 12,
    HMAT_ATTRIBUTES_MEMORY = 16,
    HMAT_ATTRIBUTES_SIZE = 40,

    HMAT_MATRIX_FLAGS = 8, /* the lower 4 bits: the level */
    HMAT_MATRIX_KIND = 9,
    HMAT_MATRIX_NUM_FROM = 12,
    HMAT_MATRIX_NUM_TO = 16,
    HMAT_MATRIX_BASE = 24, /* 8 bytes */
    HMAT_MATRIX_SIZE = 32, /* then initiators, memories, entries of 2 bytes */

    HMAT_CACHE_MEMORY = 8,
    HMAT_CACHE_BYTES = 16, /* 8 bytes */
    HMAT_CACHE_ATTRIBUTES = 24,
    HMAT_CACHE_SIZE = 32, /* then handles of SMBIOS */
};

#define HMAT_UNREACHABLE 0xffffu /* as an entry; 0: it is not given */
#define HMAT_ENTRY_MAX 0xfffeu

#endif
