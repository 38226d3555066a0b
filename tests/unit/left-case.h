/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ledger of builds of a test's own, with entries of processes that ended. */
#ifndef VNUMA_TEST_LEFT_CASE_H
#define VNUMA_TEST_LEFT_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char root[64], dir[96];

static inline void make_dir(void)
{
    strcpy(root, "/tmp/test-left.XXXXXX");
    REQUIRE(mkdtemp(root));
    snprintf(dir, sizeof(dir), "%s/builds", root);
    CHECK_INT(mkdir(dir, 0700), 0);
}

static inline void remove_dir(void)
{
    CHECK_INT(rmdir(dir), 0);
    CHECK_INT(rmdir(root), 0);
}

/* Of a process that there is not any more. */
static inline void put(const char *name, const char *rest)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    REQUIRE(f);
    fprintf(f, "xl-vnuma-build 2 2147483647 1 %s\n", rest);
    fclose(f);
}

#endif
