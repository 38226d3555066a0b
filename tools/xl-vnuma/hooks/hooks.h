/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the object that is loaded into xl: creating (hooks.c), saving and
 * restoring (move.c), and the part for libxl-save-helper (helper.c).
 */
#ifndef XL_VNUMA_HOOKS_H
#define XL_VNUMA_HOOKS_H

#include <libxl.h>

#include "inside/inside.h"

/* Tells an error, "TEXT [ID]\n"; is ERROR_FAIL, so that it can be returned. */
#define hooks_fail(...)                                                       \
    (tell(MESSAGE_ERROR " error: " __VA_ARGS__), ERROR_FAIL)

/* The guest that libxl is about to make; NULL: said why not. */
vnuma__task *hooks_begin(const libxl_domain_config *d_config);
/* Tells that its domain is to be made. */
void hooks_announce(const vnuma__task *task);
/* It is made: settles and reads back.  0 or an ERROR_ of libxl's. */
int hooks_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task);
/* Well or not; NULL is fine. */
void hooks_end(vnuma__task *task);
/* It is whole: marks its entry, and tells xl-vnuma. */
void hooks_done(uint32_t domid);

#endif
