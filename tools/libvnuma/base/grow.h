/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that get longer one item at a time. */
#ifndef VNUMA_GROW_H
#define VNUMA_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes room for one more item in @array, which is NULL without any and has
 * @num of them.  Returns false without memory; @array is then as before.
 */
#define VNUMA__GROW(array, num) vnuma__grow(&(array), (num), sizeof(*(array)))

/* @array: the address of the pointer; @size: bytes in an item. */
bool vnuma__grow(void *array, size_t num, size_t size);

#endif
