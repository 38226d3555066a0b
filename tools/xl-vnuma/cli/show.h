/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What show was asked for, printing it again, and pictures of it. */
#ifndef XL_VNUMA_SHOW_H
#define XL_VNUMA_SHOW_H

#include "picture/picture.h"
#include "vnuma_show.h"

typedef struct {
    const char *domain; /* a name or a domid; NULL: all */
    bool count;         /* with the hypervisor's count of pages */
    bool force;         /* count however long that takes */
} show_query;

/*
 * The live host, and, unless @query is NULL, its domains: live.c with Xen's
 * libraries, no_xen.c without.  Returns 0 or a VNUMA_ERROR_; the caller frees
 * both results in either case.
 */
int show_live(const show_query *query, vnuma_topology **topology_r,
              vnuma_domains **domains_r, vnuma_diags *diags);

typedef struct {
    const char *path; /* NULL: the terminal */
    picture_format format;
    bool is_dark;
} picture_options;

/* For -o and --theme in a table of options; @into is a picture_options. */
int picture_take_path(void *into, const char *argument);
int picture_take_theme(void *into, const char *argument);

/* A picture as wide as the terminal; NULL: no memory. */
char *picture_text(const vnuma_topology *topology,
                   const vnuma_domains *domains);

/* Prints or writes the picture; returns a CLI_ code. */
int picture_out(const vnuma_topology *topology, const vnuma_domains *domains,
                const picture_options *options);

/* Makes an answer; *text_r is to be freed.  Returns a CLI_ code. */
typedef int watch_fn(void *user, char **text_r);

/*
 * Prints what @make makes, every @seconds.  On a terminal each answer replaces
 * the last one; elsewhere an empty line separates them.  Ends at "q" or a
 * signal (CLI_OK, with the terminal restored), or with @make's code when that
 * fails.
 */
int watch_run(watch_fn *make, void *user, double seconds);

#endif
