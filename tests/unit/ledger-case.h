/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-case.h, with the ledger that is below "run". */
#ifndef VNUMA_TEST_LEDGER_CASE_H
#define VNUMA_TEST_LEDGER_CASE_H

#include "run-case.h"

#include <dirent.h>

/* Entries that are there, which are then gone. */
static unsigned int take_entries(void)
{
    DIR *dir = opendir("run/builds");
    struct dirent *entry;
    unsigned int num = 0;

    while (dir && (entry = readdir(dir)))
        num += !unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    return num;
}

/* A file in its place: it cannot be had. */
static void begin_with(const char *fail)
{
    begin();
    it.fail = fail;
    take_entries();
    unlink("run");
    rmdir("run/builds");
    rmdir("run");
    if (fails("ledger"))
        close(open("run", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

#endif
