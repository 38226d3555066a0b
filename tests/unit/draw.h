/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers for invented problems, the same on every machine. */
#ifndef VNUMA_DRAW_H
#define VNUMA_DRAW_H

#include <stdint.h>

/* A test sets it before it draws. */
static uint64_t seed;

static inline uint32_t draw(uint32_t below)
{
    seed =
        seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

#endif
