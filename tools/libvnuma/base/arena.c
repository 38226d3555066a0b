/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is freed all at once.  Each chunk is twice as large as the one
 * before it, so a small tree takes little memory and a large one few calls.  A
 * large request gets a chunk of its own, linked after the chunk that is being
 * filled.
 */
#include "config.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_SIZE 4000u /* one page, less what malloc() needs */
#define LARGEST_SIZE 65536u
#define ALIGNMENT sizeof(void *)

struct vnuma__arena {
    vnuma__arena *next;
    size_t size, used; /* both count bytes[] */
    char bytes[];
};

void *vnuma__arena_alloc(vnuma__arena **arena, size_t size)
{
    vnuma__arena *head = *arena, *chunk;
    size_t chunk_size;
    void *ptr;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!head || head->size - head->used < size) {
        chunk_size = head ? 2 * head->size : FIRST_SIZE;
        if (chunk_size > LARGEST_SIZE)
            chunk_size = LARGEST_SIZE;
        if (size > chunk_size / 4)
            chunk_size = size;
        chunk = malloc(sizeof(*chunk) + chunk_size);
        if (!chunk)
            return NULL;
        *chunk = (vnuma__arena){ .size = chunk_size };
        if (head && chunk_size == size) {
            chunk->next = head->next;
            head->next = chunk;
        } else {
            chunk->next = head;
            *arena = chunk;
        }
        head = chunk;
    }
    ptr = head->bytes + head->used;
    head->used += size;
    return ptr;
}

void vnuma__arena_free(vnuma__arena *arena)
{
    vnuma__arena *next;

    for (; arena; arena = next) {
        next = arena->next;
        free(arena);
    }
}
