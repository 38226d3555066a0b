/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is freed all at once: a tree of any shape is disposed without
 * walking it.
 */
#ifndef VNUMA_ARENA_H
#define VNUMA_ARENA_H

#include <stddef.h>

typedef struct vnuma__arena vnuma__arena;

/*
 * Returns memory aligned for pointers, or NULL.  *arena is NULL at first; the
 * caller owns it.
 */
void *vnuma__arena_alloc(vnuma__arena **arena, size_t size);
void vnuma__arena_free(vnuma__arena *arena);

#endif
