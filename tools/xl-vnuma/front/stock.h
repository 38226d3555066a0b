/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the xl is that Xen came with, so that neither the front nor xl-vnuma
 * ever starts the front in its place.
 */
#ifndef XL_VNUMA_STOCK_H
#define XL_VNUMA_STOCK_H

#include <limits.h>
#include <stdbool.h>

/*
 * Before every path that the front trusts.  Only programs for tests are
 * compiled with another one: what is installed cannot be told other paths.
 */
#ifndef ROOT
#define ROOT ""
#endif

#define SBIN_XL ROOT "/usr/sbin/xl"

/* Whether @path is the front, by whatever name. */
bool stock_is_front(const char *path);

typedef struct {
    char release[16]; /* of the Xen that runs, "4.17"; "": none */
    bool fits_us;     /* that is the one that this was built for, or none */
    char path[PATH_MAX];
    /* Debian's own path, at which its wrapper in /usr/sbin runs it. */
    bool is_private;
    char why[PATH_MAX + 64]; /* there is none; one line */
} stock_xl;

/*
 * Looks at fixed places, not in PATH.  False, with @stock_r->why, when there
 * is none.
 */
bool stock_find(stock_xl *stock_r);

/* Before it is run: sets argv[0].  False, and errno: it leads back to us. */
bool stock_prepare(const stock_xl *stock, char **argv);

#endif
