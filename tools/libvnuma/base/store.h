/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files that outlive a process, in a folder of their own: each is
 * replaced whole, and is on the disk when writing has returned.
 *
 * Only its owner has the folder (0700) and the files (0600).  Neither is
 * reached through a link, and a folder that another user owns or may write to
 * is not used: errno is then EPERM.  What is above the folder is trusted.
 */
#ifndef VNUMA_STORE_H
#define VNUMA_STORE_H

#include "vnuma.h"

/* To be freed; NULL: no memory. */
char *vnuma__store_path(const char *dir, const char *name);

/* These return 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_IO with errno. */

/* Of a file that another user could have written: EPERM. */
int vnuma__store_read(const char *dir, const char *name, vnuma_source *source);
int vnuma__store_write(const char *dir, const char *name, const char *text);
/* There need be no such file. */
int vnuma__store_remove(const char *dir, const char *name);

/*
 * Makes the folder if there is none, and locks it; waits for so long if need
 * be.  Returns it, to be closed, or -1: errno is EWOULDBLOCK when another
 * still has it.
 */
int vnuma__store_lock(const char *dir, unsigned int wait_ms);

#endif
