/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sending end of message.h, inside xl and libxl-save-helper.  When there
 * is no reader any more, errors go to stderr, which is then xl's log.
 */
#ifndef XL_VNUMA_TELL_H
#define XL_VNUMA_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "vnuma_xen.h"

/* Passes the socket on to the program that this process is about to exec. */
void tell_to_environment(void);
void tell_no_more(void);

/* False: there is no reader. */
__attribute__((format(printf, 1, 2))) bool tell(const char *format, ...);
void tell_diags(const vnuma_diags *diags);
/* The same for what a call reported; disposes it, and returns @rc. */
int tell_result(int rc, vnuma_diags *diags);
void tell_built(const vnuma_xen_built *built);
/* The .progress of vnuma_xen_hooks. */
void tell_progress(void *user, uint32_t domid, uint32_t pnode,
                   uint64_t done_pages, uint64_t all_pages);

#endif
