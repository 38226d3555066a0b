/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that are loaded only when something needs them. */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

char *cli_module_path(const char *name)
{
    /* Set for programs that run from the build tree. */
    const char *dir = getenv("XL_VNUMA_MODULES");
    char *path;

    return asprintf(&path, "%s/%s", dir ? dir : PKGLIBDIR, name) < 0 ? NULL
                                                                     : path;
}

void *cli_load_module(const char *name)
{
    char *path = cli_module_path(name);
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    free(path);
    return module;
}
