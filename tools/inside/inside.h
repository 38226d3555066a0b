/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside a program that is linked with libxl and knows nothing of us: what
 * stands before functions of Xen's libraries there, for the guests that the
 * program builds, saves and restores.  xl-vnuma/hooks is such an object for
 * xl, libvirt/ are those for libvirtd.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include <libxl.h>

#include "vnuma_xen.h"
#include "xen/build/task.h"

typedef struct {
    vnuma__tasks tasks; /* the guests in hand */
    /* The domain of one was made.  May be NULL. */
    void (*made)(const vnuma__task *task);
    /*
     * In libxl-save-helper, in place of xc_domain_populate_physmap_exact() for
     * single pages while a guest of ours is restored; else NULL.
     */
    int (*refill)(vnuma__task *task, unsigned long num_extents,
                  const unsigned long *extents);
} inside_guests;

/* Of this process, whichever objects it consists of. */
extern inside_guests *inside;

/* ---- what is hidden: next.c --------------------------------------------- */

/*
 * The function that one of ours hides.  Never NULL: each object says what
 * happens when there is none.
 */
void *inside_find_next(const char *name);

/* The same as a function of the type of ours, which has the same name. */
#define INSIDE_NEXT(name) ((__typeof__(&name))inside_find_next(#name))

/*
 * Xen's unstable libraries have the release in their soname
 * (libxenguest.so.4.17), so two releases can be in one process: the program's,
 * and the one that we need.  True if so; release_r then names the program's.
 */
bool inside_other_release(char *release_r, size_t size);

/* ---- a new guest: build.c ----------------------------------------------- */

/* For vnuma_xen_hooks: what a task knows of its guest. */
void inside_populated(uint32_t domid, const vnuma_xen_built *built);
uint64_t inside_later_memkb(void *user, uint32_t domid);
bool inside_membind(void *user, uint32_t domid, unsigned int vnode,
                    vnuma_membind *membind_r);

/*
 * After libxl_domain_create_new(): whether something was refused that libxl
 * goes on after; then settles and reads back.  Returns 0 or what
 * vnuma_xen_settle() does.
 */
int inside_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task,
                  vnuma_diags *diags);

/* ---- a guest that comes back: arrive.c, helper_env.c -------------------- */

/*
 * Before libxl_domain_create_restore(), for a task with a record: puts its
 * pnodes into the configuration, and makes ready what libxl-save-helper is
 * started with, @preload being our object for it.  Returns 0, or what
 * vnuma_xen_prepare_restore() does.
 */
int inside_prepare_restore(vnuma__task *task, libxl_ctx *ctx,
                           libxl_domain_config *d_config, const char *preload,
                           vnuma_diags *diags);

/*
 * After it: takes what that process has built, and settles.  Returns 0 or a
 * VNUMA_ERROR_.
 */
int inside_settle_restored(vnuma__task *task, libxl_ctx *ctx, uint32_t domid,
                           vnuma_diags *diags);

/*
 * In a child, between fork() and exec: what it is about to start gets what was
 * made ready.  Takes no lock and no memory, which another thread may have had.
 */
void inside_enter_helper(const vnuma__task *task);
/* Whether these are the arguments of a libxl-save-helper that restores. */
bool inside_is_restorer(char *const *args);

/* What was built, in a file between that process and the program's. */
bool inside_write_built(int fd, const vnuma_xen_built *built);
/* In place of what was there.  False: not written, or not complete. */
bool inside_read_built(int fd, vnuma_xen_built *built_r);

#endif
