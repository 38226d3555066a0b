/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever is in tests/hosts, one after the other. */
#ifndef VNUMA_TEST_EVERY_HOST_H
#define VNUMA_TEST_EVERY_HOST_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static void with_every_host(void (*look)(const char *file))
{
    const char *top = getenv("top_srcdir");
    unsigned int looked_at = 0;
    char path[4096];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/tests/hosts", top ? top : ".");
    dir = opendir(path);
    REQUIRE(dir);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            look(entry->d_name);
            looked_at++;
        }
    closedir(dir);
    CHECK(looked_at > 10);
}

#endif
