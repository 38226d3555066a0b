/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether xl-vnuma could build a guest: it is started and asked (xl-vnuma
 * front probe), as only that shows that its libraries are there and fit.
 */
#ifndef XL_VNUMA_PROBE_H
#define XL_VNUMA_PROBE_H

#include <stdbool.h>

#define PROBE_MAX 1024

/* False, and one line that says why not. */
bool probe(const char *program, char why_r[PROBE_MAX]);

#endif
