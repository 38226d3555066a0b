/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files that outlive a process, in a folder of their own: each is
 * replaced whole, and is on the disk when writing has returned.
 */
#ifndef VNUMA_STORE_H
#define VNUMA_STORE_H

#include <sys/types.h>

/* To be freed; NULL: no memory. */
char *vnuma__store_path(const char *dir, const char *name);

/* These return 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_IO with errno. */
int vnuma__store_write(const char *dir, const char *name, const char *text);
/* There need be no such file. */
int vnuma__store_remove(const char *dir, const char *name);

/*
 * Makes the folder, of that mode, if there is none, and locks it; waits for
 * so long if need be.  Returns it, to be closed, or -1: errno is EWOULDBLOCK
 * when another still has it.
 */
int vnuma__store_lock(const char *dir, mode_t mode, unsigned int wait_ms);

#endif
