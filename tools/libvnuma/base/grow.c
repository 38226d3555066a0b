/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that get longer one item at a time; their memory is doubled. */
#include "config.h"

#include "base/grow.h"

#include <stdlib.h>

#define FIRST_ROOM 16u

void *vnuma__grow(void *array, uint32_t num, uint32_t *room, size_t size)
{
    uint32_t bigger = *room ? 2 * *room : FIRST_ROOM;
    void *moved;

    if (num < *room)
        return array;
    moved = reallocarray(array, bigger, size);
    if (moved)
        *room = bigger;
    return moved;
}
