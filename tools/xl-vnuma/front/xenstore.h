/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading xenstore by its protocol, which never changes (xs_wire.h), so that
 * the front needs no library of Xen's.
 */
#ifndef XL_VNUMA_XENSTORE_H
#define XL_VNUMA_XENSTORE_H

#include <stdbool.h>

#define XENSTORE_MAX 4097 /* bytes of a value and its NUL */

/* A descriptor, to be closed by the caller; -1: it cannot be reached. */
int xenstore_open(void);

/* /local/domain/DOMID/NAME; false: there is none. */
bool xenstore_read(int fd, unsigned int domid, const char *name,
                   char value_r[XENSTORE_MAX]);

#endif
