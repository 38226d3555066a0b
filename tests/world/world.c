/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dom0 without Xen, for tests of whole commands: preloaded into xl-vnuma, it
 * has what is dom0's looked for below the folder $WORLD; and it is what
 * xl-vnuma loads in the place of xl-vnuma-xen.so and xl-vnuma-hooks.so.  The
 * host is the text $WORLD/host.
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vnuma_xen.h"

/* ---- where things are --------------------------------------------------- */

static const char *const moved[] = {
    "/dev/xen/privcmd", "/etc/xen/auto", "/run/xl-vnuma",
    "/sys/hypervisor",  "/usr/lib/xen-", "/usr/sbin/xl",
};

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *find(const char *path, char buffer[PATH_MAX])
{
    const char *world = getenv("WORLD");
    unsigned int i;

    for (i = 0; world && i < sizeof(moved) / sizeof(moved[0]); i++)
        if (!strncmp(path, moved[i], strlen(moved[i]))) {
            snprintf(buffer, PATH_MAX, "%s%s", world, path);
            return buffer;
        }
    return path;
}

int open(const char *path, int flags, ...)
{
    char buffer[PATH_MAX];
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return NEXT(open)(find(path, buffer), flags, mode);
}

int stat(const char *restrict path, struct stat *restrict st)
{
    char buffer[PATH_MAX];

    return NEXT(stat)(find(path, buffer), st);
}

int access(const char *path, int mode)
{
    char buffer[PATH_MAX];

    return NEXT(access)(find(path, buffer), mode);
}

int mkdir(const char *path, mode_t mode)
{
    char buffer[PATH_MAX];

    return NEXT(mkdir)(find(path, buffer), mode);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes,
                char *const argv[restrict], char *const envp[restrict])
{
    char buffer[PATH_MAX];

    return NEXT(posix_spawn)(pid, find(path, buffer), actions, attributes,
                             argv, envp);
}

/* ---- Xen ---------------------------------------------------------------- */

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    (void)diags;
    *xen_r = calloc(1, 1);
    return *xen_r ? 0 : VNUMA_ERROR_NOMEM;
}

void vnuma_xen_close(vnuma_xen *xen)
{
    free(xen);
}

int vnuma_xen_get_topology(vnuma_xen *xen, vnuma_topology **topology_r,
                           vnuma_diags *diags)
{
    vnuma_source source = { 0 };
    char path[PATH_MAX];
    int rc;

    (void)xen;
    snprintf(path, sizeof(path), "%s/host", getenv("WORLD"));
    rc = vnuma_source_read(&source, path);
    if (!rc)
        rc = vnuma_topology_parse(&source, topology_r, diags);
    vnuma_source_dispose(&source);
    return rc;
}

int vnuma_xen_find_domain(vnuma_xen *xen, const char *name, uint32_t *domid_r,
                          vnuma_diags *diags)
{
    (void)xen;
    (void)name;
    (void)domid_r;
    (void)diags;
    return VNUMA_ERROR_XEN;
}

char *vnuma_xen_describe_plan(const vnuma_plan *plan)
{
    (void)plan;
    return strdup("a plan");
}
