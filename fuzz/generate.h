/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts that are nearly xl.cfg(5): made from the grammar, then damaged in a
 * few places.  The same seed always gives the same texts.
 */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#define GENERATE_MAX 65536u

typedef struct {
    uint64_t random;
    size_t len;
    char text[GENERATE_MAX];
} generator;

void generator_init(generator *g, uint64_t seed);
/* A few settings with a few mistakes, mostly under 100 bytes. */
void generate_input(generator *g);
/* The file of a guest with vNUMA, right or with one to three mistakes. */
void generate_file(generator *g);

#endif
