/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that get longer one item at a time. */
#ifndef VNUMA_GROW_H
#define VNUMA_GROW_H

#include <stddef.h>
#include <stdint.h>

/*
 * vnuma__grow - an array with memory for one more item
 * @array: NULL or from malloc(); invalid when another one is returned
 * @num:   how many items it has
 * @room:  how many items fit in its memory; changed
 * @size:  bytes in an item
 *
 * Returns NULL without memory: @array and @room are then as before.
 */
void *vnuma__grow(void *array, uint32_t num, uint32_t *room, size_t size);

#endif
