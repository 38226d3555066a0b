/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that libvirt starts or restores, in the thread that does so.  None
 * of it outlives the call of libxl's function that this stands before.
 */
#ifndef LIBVIRT_VIRT_H
#define LIBVIRT_VIRT_H

#include "libvirt/core.h"
#include "record/ledger.h"
#include "record/lived.h"
#include "xen/build/taken.h"

typedef struct {
    libxl_ctx *ctx;                /* borrowed; libvirt's */
    libxl_domain_config *d_config; /* borrowed; likewise */
    char uuid[VNUMA__UUID_TEXT];
    vnuma__task *task;
    vnuma__ledger ledger;
    vnuma_source wish;    /* the hook's text; spans of config point to it */
    vnuma_config config;  /* the guest as it is planned */
    vnuma_record *record; /* owned; of one that comes back */
    char *text;           /* owned; that record, with the new pnodes */
    char *membinds;       /* owned; of the plan, for the task */
    vnuma__lived home;    /* to be kept when the guest is there */
    vnuma_diags diags;    /* said at the end, whatever that is */
} virt_guest;

/* ---- guest.c ------------------------------------------------------------ */

/* Returns 0 or VNUMA_ERROR_NOMEM.  To be ended in any case. */
int virt_begin(virt_guest *g, libxl_ctx *ctx, libxl_domain_config *d_config);
/*
 * Says what there is to say, and frees.  @rc: of the whole; the guest's place
 * is kept when it is 0.  Returns @rc.
 */
int virt_end(virt_guest *g, int rc);
/* It was made and something failed after that: libxl keeps it otherwise. */
void virt_destroy(virt_guest *g, uint32_t domid);
/*
 * libxl's function has failed.  Mostly it has destroyed what it had made, but
 * not when it was storing the configuration of a domain that it would keep.
 */
void virt_destroy_kept(virt_guest *g);

const char *virt_name(const virt_guest *g);
/* "xl-vnuma: NAME: TEXT" for each, on stderr; disposes. */
void virt_say(const char *name, vnuma_diags *diags);

/* ---- plan.c: each returns 0 or a VNUMA_ERROR_ --------------------------- */

/* Plans it and puts the pnodes into libxl's configuration. */
int virt_plan(virt_guest *g);
/* The same for one that comes back, by its record. */
int virt_plan_restored(virt_guest *g);

/* ---- wish.c ------------------------------------------------------------- */

/*
 * Takes into the configuration what the hook has left of this guest.  Nothing
 * is nothing wrong.  Returns 0 or a VNUMA_ERROR_ (reported).
 */
int virt_take_wish(virt_guest *g);

/* ---- the three functions: start.c, move.c ------------------------------- */

int virt_create_new(__typeof__(&libxl_domain_create_new) real, libxl_ctx *ctx,
                    libxl_domain_config *d_config, uint32_t *domid,
                    const libxl_asyncop_how *ao_how,
                    const libxl_asyncprogress_how *aop_console_how);
int virt_create_restore(__typeof__(&libxl_domain_create_restore) real,
                        libxl_ctx *ctx, libxl_domain_config *d_config,
                        uint32_t *domid, int restore_fd, int send_back_fd,
                        const libxl_domain_restore_params *params,
                        const libxl_asyncop_how *ao_how,
                        const libxl_asyncprogress_how *aop_console_how);
int virt_suspend(__typeof__(&libxl_domain_suspend) real, libxl_ctx *ctx,
                 uint32_t domid, int fd, int flags,
                 const libxl_asyncop_how *ao_how);

#endif
