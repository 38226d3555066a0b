/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the object that is loaded into xl: creating (hooks.c), saving and
 * restoring (move.c), and the part for libxl-save-helper (helper.c).
 */
#ifndef XL_VNUMA_HOOKS_H
#define XL_VNUMA_HOOKS_H

#include <libxl.h>

#include "xen/build/task.h"

/*
 * The function that one of ours hides: by name, in the objects after ours.
 * What calls it is linked with it, so without one the process ends, as it
 * would without us.
 */
void *hooks_find_next(const char *name);

/* The same as a function of the type of ours, which has the same name. */
#define HOOKS_NEXT(name) ((__typeof__(&name))hooks_find_next(#name))

/* Tells an error, "TEXT [ID]\n"; is ERROR_FAIL, so that it can be returned. */
#define hooks_fail(...)                                                       \
    (tell(MESSAGE_ERROR " error: " __VA_ARGS__), ERROR_FAIL)

/*
 * Xen's unstable libraries have the release in their soname
 * (libxenguest.so.4.17), so two releases can be in one process: the program's,
 * and the one that we need.  True if so; release_r then names the program's.
 */
bool hooks_other_release(char *release_r, size_t size);

/* The guest that libxl is about to make; NULL: said why not. */
vnuma__task *hooks_begin(const libxl_domain_config *d_config);
/* Tells that its domain is to be made. */
void hooks_announce(libxl_ctx *ctx, const vnuma__task *task);
/* It is made: settles and reads back.  0 or an ERROR_ of libxl's. */
int hooks_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task);
/* Well or not; NULL is fine. */
void hooks_end(vnuma__task *task);

/*
 * In libxl-save-helper: what xc_domain_populate_physmap_exact() does, for
 * single pages, while a guest of ours is being restored.
 */
int hooks_refill(vnuma__task *task, unsigned long num_extents,
                   const unsigned long *extents);

#endif
