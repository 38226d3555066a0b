/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the object that is loaded into libvirtd with it (before.c), which
 * needs nothing of Xen's, and the one that does the work and is loaded at the
 * first guest that needs it.  Both are of one build.
 */
#ifndef LIBVIRT_CORE_H
#define LIBVIRT_CORE_H

#include "inside/inside.h"

/* Each gets the real function, and returns what it would. */
typedef struct {
    int (*create_new)(__typeof__(&libxl_domain_create_new) real,
                      libxl_ctx *ctx, libxl_domain_config *d_config,
                      uint32_t *domid, const libxl_asyncop_how *ao_how,
                      const libxl_asyncprogress_how *aop_console_how);
    int (*create_restore)(__typeof__(&libxl_domain_create_restore) real,
                          libxl_ctx *ctx, libxl_domain_config *d_config,
                          uint32_t *domid, int restore_fd, int send_back_fd,
                          const libxl_domain_restore_params *params,
                          const libxl_asyncop_how *ao_how,
                          const libxl_asyncprogress_how *aop_console_how);
    int (*suspend)(__typeof__(&libxl_domain_suspend) real, libxl_ctx *ctx,
                   uint32_t domid, int fd, int flags,
                   const libxl_asyncop_how *ao_how);
} virt_core;

#define VIRT_CORE "vnuma-libvirt-xen.so"

/*
 * The one symbol of that object.  @guests: the process's, kept.  NULL: the
 * builder hooks cannot be registered, which was said.
 */
const virt_core *virt_core_begin(inside_guests *guests);

/* Where the hook leaves what libxl's configuration cannot say, by UUID. */
#ifndef VIRT_WISHES
#define VIRT_WISHES "/run/xl-vnuma/libvirt"
#endif

#endif
