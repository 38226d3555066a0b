/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded: a running Xen that is made up (tests/unit/made-up-xen.h), for
 * whole commands; what is kept below /run is below $WORLD.  $WORLD_FAIL is the
 * number of the call of Xen that fails; there is a file $WORLD/failed then.
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Without memory libxl ends the process: it is not what fails. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t num, size_t size);

static char *copy(const char *text)
{
    return strcpy(__libc_malloc(strlen(text) + 1), text);
}

#define calloc __libc_calloc
#undef strdup
#define strdup copy
#include "unit/made-up-xen.h"

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *find(const char *path, char buffer[PATH_MAX])
{
    if (strncmp(path, "/run/", 5))
        return path;
    snprintf(buffer, PATH_MAX, "%s%s", getenv("WORLD"), path);
    return buffer;
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

int mkdir(const char *path, mode_t mode)
{
    char buffer[PATH_MAX];

    return NEXT(mkdir)(find(path, buffer), mode);
}

/* Each run at the same time says the same. */
time_t time(time_t *time_r)
{
    if (time_r)
        *time_r = 1000000000;
    return 1000000000;
}

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("WORLD_FAIL");

    xen_begin();
    xen_is.ring = "(XEN) 'u' pressed -> dumping numa info (now = 1)\n"
                  "(XEN) Memory location of each domain:\n"
                  "(XEN) d0 (total: 393216):\n(XEN)     Node 0: 393216\n"
                  "(XEN) d1 (total: 153600):\n(XEN)     Node 0: 51200\n"
                  "(XEN)     Node 1: 102400\n";
    xen_is.fail = fail ? (unsigned int)strtoul(fail, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
    char path[PATH_MAX];
    int fd;

    if (!xen_is.fail || xen_is.calls < xen_is.fail)
        return;
    snprintf(path, sizeof(path), "%s/failed", getenv("WORLD"));
    fd = NEXT(open)(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}
