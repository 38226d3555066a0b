/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the functions that ours hide; see hooks.h. */
#include "config.h"

#include "hooks/hooks.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

void *hooks_find_next(const char *name)
{
    void *next = dlsym(RTLD_NEXT, name);

    if (!next) {
        fprintf(stderr, "xl-vnuma: %s\n", dlerror());
        _exit(127);
    }
    return next;
}
