/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the file of -o; see cli.h. */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool put_text(FILE *f, const char *text)
{
    bool ok = f && fputs(text, f) >= 0;

    return f && !fclose(f) && ok;
}

/* Whole or not at all: written next to @path first, then renamed. */
static bool replace_file(const char *path, mode_t mode, const char *text)
{
    bool ok = false;
    char *temporary;
    int fd;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return false;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd >= 0) {
        ok = !fchmod(fd, mode) && put_text(fdopen(fd, "w"), text) &&
             !rename(temporary, path);
        if (!ok)
            unlink(temporary);
    }
    free(temporary);
    return ok;
}

/* Another user has given a file of theirs a mode for what is theirs. */
static mode_t find_mode(const struct stat *old, mode_t mask)
{
    return old->st_uid == geteuid() ? old->st_mode & 0777 : 0666 & ~mask;
}

int cli_write_file(const char *path, const char *text)
{
    mode_t mask = umask(0);
    char *target = NULL;
    struct stat st;
    bool ok;

    umask(mask);
    if (stat(path, &st)) {
        ok = replace_file(path, 0666 & ~mask, text);
    } else if (!S_ISREG(st.st_mode)) {
        ok = put_text(fopen(path, "we"), text);
    } else {
        target = realpath(path, NULL);
        ok = target && replace_file(target, find_mode(&st, mask), text);
    }
    if (!ok)
        cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
    free(target);
    return ok ? CLI_OK : CLI_ENVIRONMENT;
}
