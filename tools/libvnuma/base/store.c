/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are replaced whole; see store.h. */
#include "config.h"

#include "base/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vnuma.h"

#define LOCK_STEP_MS 10u

char *vnuma__store_path(const char *dir, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

    if (fd < 0)
        return -1;
    r = fsync(fd);
    close(fd);
    return r;
}

static int replace(const char *dir, const char *from, const char *to,
                   const char *text)
{
    int fd, r;

    fd = open(from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0)
        return -1;
    r = dprintf(fd, "%s", text) < 0 || fsync(fd);
    if (close(fd) || r || rename(from, to))
        return -1;
    return sync_dir(dir);
}

int vnuma__store_write(const char *dir, const char *name, const char *text)
{
    char *to = vnuma__store_path(dir, name), *from = NULL;
    int rc = VNUMA_ERROR_NOMEM;

    if (to && asprintf(&from, "%s.new", to) >= 0)
        rc = replace(dir, from, to, text) ? VNUMA_ERROR_IO : 0;
    free(from);
    free(to);
    return rc;
}

/* Also without memory: what stays there would be believed. */
int vnuma__store_remove(const char *dir, const char *name)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
        (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return VNUMA_ERROR_IO;
    }
    return (unlink(path) && errno != ENOENT) || sync_dir(dir) ? VNUMA_ERROR_IO
                                                              : 0;
}

int vnuma__store_lock(const char *dir, mode_t mode, unsigned int wait_ms)
{
    int fd = -1, saved_errno;

    if (!mkdir(dir, mode) || errno == EEXIST)
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK && wait_ms >= LOCK_STEP_MS) {
            wait_ms -= LOCK_STEP_MS;
            usleep(LOCK_STEP_MS * 1000);
            continue;
        }
        saved_errno = errno;
        close(fd);
        errno = saved_errno;
        fd = -1;
    }
    return fd;
}
