/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The release of Xen's libraries in this process; see inside.h. */
#include "config.h"

#include "inside/inside.h"

#include <link.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libxenguest.so."

typedef struct {
    char *release;
    size_t size;
    bool found;
} search;

static int look_at_library(struct dl_phdr_info *info, size_t size, void *data)
{
    search *s = data;
    const char *name = strrchr(info->dlpi_name, '/');

    (void)size;
    name = name ? name + 1 : info->dlpi_name;
    if (strncmp(name, LIBRARY, strlen(LIBRARY)))
        return 0;
    name += strlen(LIBRARY);
    /* A point release may follow: 4.17.0 is 4.17. */
    if (!strncmp(name, XEN_RELEASE, strlen(XEN_RELEASE)) &&
        strchr(".", name[strlen(XEN_RELEASE)]))
        return 0;
    snprintf(s->release, s->size, "%s", name);
    s->found = true;
    return 1;
}

bool inside_other_release(char *release_r, size_t size)
{
    search s = { release_r, size, false };

    dl_iterate_phdr(look_at_library, &s);
    return s.found;
}
