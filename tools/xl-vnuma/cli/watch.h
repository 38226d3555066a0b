/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing the same answer repeatedly. */
#ifndef XL_VNUMA_WATCH_H
#define XL_VNUMA_WATCH_H

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
