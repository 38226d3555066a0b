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

#include "base/text.h"

#define LOCK_STEP_MS 10u

char *vnuma__store_path(const char *dir, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* Ours or root's, and no one else's to write to. */
static bool is_trusted(int fd)
{
    struct stat st;

    if (fstat(fd, &st))
        return false;
    if ((!st.st_uid || st.st_uid == geteuid()) &&
        !(st.st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    errno = EPERM;
    return false;
}

/* Closes it, with errno as it was, and returns -1. */
static int give_up(int fd)
{
    int saved_errno = errno;

    if (fd >= 0)
        close(fd);
    errno = saved_errno;
    return -1;
}

static int open_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    return fd >= 0 && is_trusted(fd) ? fd : give_up(fd);
}

/* ---- files -------------------------------------------------------------- */

/* One that a writer before us has left is not written to. */
static int write_new(int dir, const char *name, const char *text)
{
    int fd;

    if (unlinkat(dir, name, 0) && errno != ENOENT)
        return -1;
    fd = openat(dir, name,
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    return dprintf(fd, "%s", text) < 0 || fsync(fd) ? give_up(fd) : close(fd);
}

static int replace(const char *dir, const char *from, const char *to,
                   const char *text)
{
    int fd = open_dir(dir), r, saved_errno;

    if (fd < 0)
        return -1;
    r = write_new(fd, from, text) || renameat(fd, from, fd, to);
    saved_errno = errno;
    if (r)
        unlinkat(fd, from, 0);
    errno = saved_errno;
    r = r || fsync(fd);
    give_up(fd);
    return r;
}

int vnuma__store_write(const char *dir, const char *name, const char *text)
{
    int rc = VNUMA_ERROR_NOMEM;
    char *from;

    if (asprintf(&from, "%s.new", name) >= 0) {
        rc = replace(dir, from, name, text) ? VNUMA_ERROR_IO : 0;
        free(from);
    }
    return rc;
}

int vnuma__store_read(const char *dir, const char *name, vnuma_source *source)
{
    char *path = vnuma__store_path(dir, name);
    int rc = VNUMA_ERROR_IO, dir_fd = open_dir(dir), fd = -1;

    if (!path)
        rc = VNUMA_ERROR_NOMEM;
    /* A pipe in its place has no one at its other end. */
    else if (dir_fd >= 0)
        fd = openat(dir_fd, name,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && is_trusted(fd))
        rc = vnuma__source_read_fd(source, path, fd);
    give_up(fd);
    give_up(dir_fd);
    free(path);
    return rc;
}

/* Also without memory: what stays there would be believed. */
int vnuma__store_remove(const char *dir, const char *name)
{
    int fd = open_dir(dir), r;

    if (fd < 0)
        return VNUMA_ERROR_IO;
    r = (unlinkat(fd, name, 0) && errno != ENOENT) || fsync(fd);
    give_up(fd);
    return r ? VNUMA_ERROR_IO : 0;
}

/* ---- the lock ----------------------------------------------------------- */

int vnuma__store_lock(const char *dir, unsigned int wait_ms)
{
    int fd = -1;

    if (!mkdir(dir, 0700) || errno == EEXIST)
        fd = open_dir(dir);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK || wait_ms < LOCK_STEP_MS)
            return give_up(fd);
        wait_ms -= LOCK_STEP_MS;
        usleep(LOCK_STEP_MS * 1000);
    }
    return fd;
}
