/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the xl is that Xen came with, so that neither the front nor xl-vnuma
 * ever starts the front in its place.
 */
#ifndef XL_VNUMA_STOCK_H
#define XL_VNUMA_STOCK_H

#include <limits.h>
#include <stdbool.h>

/* Put before all paths of the front's; for tests. */
#define ENV_ROOT "XL_VNUMA_ROOT"

/* @path below that root. */
void stock_path(char path_r[PATH_MAX], const char *path);

/* Whether @path is the front, by whatever name. */
bool stock_is_front(const char *path);

typedef struct {
    char release[16]; /* of the Xen that runs, "4.17"; "": none */
    char path[PATH_MAX];
    /* Debian's own path, at which its wrapper in /usr/sbin runs it. */
    bool is_private;
    char why[4 * PATH_MAX]; /* there is none; one line */
} stock_xl;

/*
 * Looks at fixed places, not in PATH.  False, with @stock_r->why, when there
 * is none.
 */
bool stock_find(stock_xl *stock_r);

/* As execv(): returns only when that failed, with errno. */
void stock_exec(const stock_xl *stock, char *const *argv);

#endif
