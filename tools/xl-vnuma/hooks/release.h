/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is the program that we are loaded into of the release we were built for? */
#ifndef RELEASE_H
#define RELEASE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Xen's unstable libraries carry the release in their soname
 * (libxenguest.so.4.17), so two releases of them can be in one process: the
 * program's and, with us, ours.  True when it is so; release_r then names the
 * program's.
 */
bool hooks_other_release(char *release_r, size_t size);

#endif
