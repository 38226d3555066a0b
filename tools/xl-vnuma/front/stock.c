/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the xl that Xen came with; see stock.h. */
#include "config.h"

#include "front/stock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same(const struct stat *st, const char *path)
{
    struct stat other;

    return !stat(path, &other) && st->st_dev == other.st_dev &&
           st->st_ino == other.st_ino;
}

bool stock_is_front(const char *path)
{
    struct stat st;

    return !stat(path, &st) &&
           (is_same(&st, ROOT FRONT_PATH) || is_same(&st, "/proc/self/exe"));
}

/*
 * Without <stdio.h>: this is in the way of every command of xl.  *error_r: why
 * it could not be read, if it is there.
 */
static bool read_number(const char *path, unsigned int *number_r, int *error_r)
{
    char text[8] = "", *end = text;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (len < 0 && errno != ENOENT)
        *error_r = errno;
    if (len > 0)
        *number_r = strtoul(text, &end, 10);
    if (fd >= 0)
        close(fd);
    return end > text;
}

#define XEN_VERSION ROOT "/sys/hypervisor/version"

/* Returns an errno; 0: it was read, or no Xen is running. */
static int read_release(stock_xl *stock)
{
    static const char major[] = XEN_VERSION "/major",
                      minor[] = XEN_VERSION "/minor";
    unsigned int a, b;
    int error = 0;

    if (read_number(major, &a, &error) && read_number(minor, &b, &error))
        snprintf(stock->release, sizeof(stock->release), "%u.%u", a, b);
    stock->fits_us =
        !stock->release[0] || !strcmp(stock->release, XEN_RELEASE);
    return error;
}

/* Whether xl is there; what is there in its place and is none is said. */
static bool is_there(stock_xl *stock)
{
    struct stat st;
    int error = stat(stock->path, &st) ? errno : 0;

    if (error == ENOENT || stock_is_front(stock->path))
        return false;
    if (error)
        snprintf(stock->why, sizeof(stock->why), "no stock xl: %s: %s",
                 stock->path, strerror(error));
    else if (!S_ISREG(st.st_mode) || access(stock->path, X_OK))
        snprintf(stock->why, sizeof(stock->why),
                 "no stock xl: %s is not a program", stock->path);
    return true;
}

/*
 * Debian's /usr/sbin/xl is a script that runs the first one; others install xl
 * itself in one of the others.
 */
bool stock_find(stock_xl *stock_r)
{
    static const char *const others[] = { SBIN_XL, ROOT "/usr/local/sbin/xl" };
    unsigned int i;
    int error;

    memset(stock_r, 0, sizeof(*stock_r));
    error = read_release(stock_r);
    snprintf(stock_r->path, sizeof(stock_r->path),
             ROOT "/usr/lib/xen-%s/bin/xl", stock_r->release);
    stock_r->is_private = stock_r->release[0] && is_there(stock_r);
    if (stock_r->is_private)
        return !stock_r->why[0];
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        strcpy(stock_r->path, others[i]);
        if (is_there(stock_r))
            return !stock_r->why[0];
    }
    snprintf(stock_r->why, sizeof(stock_r->why),
             "%s%s%sno stock xl: none in %s/usr/lib/xen-%s/bin, "
             "/usr/sbin or /usr/local/sbin, the front apart",
             error                 ? XEN_VERSION ": "
             : stock_r->release[0] ? ""
                                   : "no Xen is running",
             error ? strerror(error) : "", stock_r->release[0] ? "" : ", and ",
             ROOT, stock_r->release[0] ? stock_r->release : "RELEASE");
    return false;
}

/* ---- running it --------------------------------------------------------- */

/*
 * What is there may be a script that leads to the front again: counted in the
 * environment, which is otherwise handed on as it is.  A few are right, when
 * what xl starts calls xl.
 */
#define ENV_DEPTH "XL_VNUMA_FRONT_DEPTH"
#define MAX_DEPTH 5

/* False, and errno, when it would be one too many. */
static bool go_deeper(void)
{
    const char *before = getenv(ENV_DEPTH);
    int depth = before ? atoi(before) : 0;
    char text[16];

    errno = ELOOP;
    snprintf(text, sizeof(text), "%d", depth + 1);
    return depth < MAX_DEPTH && !setenv(ENV_DEPTH, text, 1);
}

bool stock_prepare(const stock_xl *stock, char **argv)
{
    /* Debian's wrapper runs it by its path, which is then in messages. */
    if (stock->is_private)
        argv[0] = (char *)stock->path; /* the cast: it changes nothing */
    return stock->is_private || go_deeper();
}
