/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects that are loaded only when something needs them, here or in xl: from
 * where no one but root, who runs this, and who owns this program or a folder
 * above it could have put them.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static char refused[3 * PATH_MAX]; /* why the last was; "": it was not */

/*
 * Who owns this program or a folder above it, as when root runs it in a user's
 * tree, could put another in its place.
 */
static bool owns_us(uid_t uid)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *end = self + (len > 0 ? len : 0);
    struct stat st;

    for (; end > self; end = strrchr(self, '/')) {
        *end = '\0';
        if (!lstat(self, &st) && st.st_uid == uid)
            return true;
    }
    return false;
}

static bool is_owned(const struct stat *st)
{
    return !st->st_uid || st->st_uid == geteuid() || owns_us(st->st_uid);
}

/*
 * In root's own folder with the sticky bit, as /tmp is, others cannot replace
 * what they do not own, and who owns the next part of the path is looked at.
 */
static bool is_closed(const struct stat *st)
{
    return !(st->st_mode & (S_IWGRP | S_IWOTH)) ||
           (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX && !st->st_uid);
}

/* @part: a folder on the way to @path, or that itself */
static bool check_part(const char *path, const char *part)
{
    struct stat st;

    if (lstat(part, &st))
        snprintf(refused, sizeof(refused), "%s: %s", part, strerror(errno));
    else if (!is_owned(&st))
        snprintf(refused, sizeof(refused),
                 "%s is not loaded, because %s belongs to user %u, who could "
                 "change what is loaded; make it root's (chown root %s)",
                 path, part, (unsigned int)st.st_uid, part);
    else if (!is_closed(&st))
        snprintf(refused, sizeof(refused),
                 "%s is not loaded, because other users may write to %s and "
                 "so change what is loaded; take that from them "
                 "(chmod go-w %s)",
                 path, part, part);
    return !*refused;
}

/* Each folder from the root on: one that is bad makes the next ones so. */
static bool check_path(const char *path)
{
    char *part = strdup(path), *at = part;
    bool ok = part && check_part(path, "/");

    while (ok && (at = strchr(at + 1, '/'))) {
        *at = '\0';
        ok = check_part(path, part);
        *at = '/';
    }
    free(part);
    return ok && check_part(path, path);
}

char *cli_module_path(const char *name)
{
    /* Set for programs that run from the build tree. */
    const char *dir = getenv("XL_VNUMA_MODULES");
    char *path, *real;

    refused[0] = '\0';
    if (asprintf(&path, "%s/%s", dir ? dir : PKGLIBDIR, name) < 0)
        return NULL;
    /* Without links, which others may have made. */
    real = realpath(path, NULL);
    if (!real)
        snprintf(refused, sizeof(refused),
                 "%s: cannot open shared object file: %s", path,
                 strerror(errno));
    free(path);
    if (real && check_path(real))
        return real;
    free(real);
    return NULL;
}

void *cli_load_module(const char *name)
{
    char *path = cli_module_path(name);
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    free(path);
    return module;
}

const char *cli_module_error(void)
{
    const char *error = *refused ? refused : dlerror();

    return error ? error : "no memory";
}
