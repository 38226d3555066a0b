/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the program that loaded us is of the release we were built for. */
#ifndef RELEASE_H
#define RELEASE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Xen's unstable libraries have the release in their soname
 * (libxenguest.so.4.17), so two releases can be in one process: the program's,
 * and the one that we need.  True if so; release_r then names the program's.
 */
bool hooks_other_release(char *release_r, size_t size);

#endif
