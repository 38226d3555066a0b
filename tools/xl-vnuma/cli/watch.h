/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing the same answer again and again. */
#ifndef XL_VNUMA_WATCH_H
#define XL_VNUMA_WATCH_H

/* Makes an answer; *text_r is to be freed.  Returns a CLI_ code. */
typedef int watch_fn(void *user, char **text_r);

/*
 * Prints what @make makes, every @seconds.  On a terminal each answer takes
 * the place of the last; elsewhere an empty line stands between them.  Ends at
 * "q", at SIGINT or SIGTERM (both CLI_OK, the terminal as it was), or when
 * @make fails, with its code.
 */
int watch_run(watch_fn *make, void *user, double seconds);

#endif
