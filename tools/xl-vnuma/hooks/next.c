/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In xl: the functions that ours hide are in the objects after ours. */
#include "config.h"

#include "inside/inside.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

/*
 * What calls it is linked with it, so without one the process ends, as it
 * would without us.
 */
void *inside_find_next(const char *name)
{
    void *next = dlsym(RTLD_NEXT, name);

    if (!next) {
        fprintf(stderr, "xl-vnuma: %s\n", dlerror());
        _exit(127);
    }
    return next;
}
