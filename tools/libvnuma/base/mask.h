/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of up to 64 members as masks: of pnodes, by index. */
#ifndef VNUMA_MASK_H
#define VNUMA_MASK_H

#include <stdint.h>

static inline uint64_t vnuma__bit(unsigned int i)
{
    return UINT64_C(1) << i;
}

static inline uint64_t vnuma__lowest_bits(unsigned int n)
{
    return n < 64 ? vnuma__bit(n) - 1 : ~UINT64_C(0);
}

/* Takes the lowest member out of a set that has one. */
static inline unsigned int vnuma__take_lowest(uint64_t *set)
{
    unsigned int i = (unsigned int)__builtin_ctzll(*set);

    *set &= *set - 1;
    return i;
}

#endif
