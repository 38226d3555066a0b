/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The speaking end of message.h, inside xl and inside libxl-save-helper.  When
 * nobody listens any more, errors go to stderr, which is then xl's log.
 */
#ifndef XL_VNUMA_TELL_H
#define XL_VNUMA_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "vnuma_xen.h"

/* Takes the socket that the environment names, out of the environment. */
void tell_from_environment(void);
/* Leaves it to a program that this process is about to become. */
void tell_to_environment(void);
void tell_no_more(void);
bool tell_is_heard(void);

/* False: nobody listens. */
__attribute__((format(printf, 1, 2))) bool tell(const char *format, ...);
void tell_diags(const vnuma_diags *diags);
void tell_built(const vnuma_xen_built *built);
/*
 * The same by a file, from libxl-save-helper to the xl that started it.  False:
 * it could not be written, or nothing whole is in it.
 */
bool tell_write_built(int fd, const vnuma_xen_built *built);
bool tell_read_built(int fd, vnuma_xen_built *built_r);
/* As vnuma_xen_hooks wants it. */
void tell_progress(void *user, uint32_t domid, uint32_t pnode,
                   uint64_t done_pages, uint64_t all_pages);

#endif
