/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays that get longer one item at a time.  Their memory is doubled when the
 * number of items is a power of two, so its size need not be kept.
 */
#include "config.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16u

bool vnuma__grow(void *array, size_t num, size_t size)
{
    void *items, *more;

    if ((num & (num - 1)) || (num && num < FIRST_ROOM))
        return true;
    memcpy(&items, array, sizeof(items));
    more = reallocarray(items, num ? 2 * num : FIRST_ROOM, size);
    if (more)
        memcpy(array, &more, sizeof(more));
    return more;
}
