/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object that is loaded into xl, between its files: creating (hooks.c),
 * saving and restoring (move.c), and the part that is loaded into
 * libxl-save-helper (helper.c).
 */
#ifndef XL_VNUMA_HOOKS_H
#define XL_VNUMA_HOOKS_H

#include <stdbool.h>

#include <libxl.h>

#include "vnuma_xen.h"

/* The domain that libxl is about to make is this one's. */
void preload_begin(libxl_ctx *ctx, const libxl_domain_config *d_config);
/* It is made: settles and reads back.  0 or an ERROR_ of libxl's. */
int preload_settle(libxl_ctx *ctx, uint32_t domid,
                   const libxl_domain_config *d_config);
/* What was populated, when that was done by another process; takes it over. */
void preload_take_built(vnuma_xen_built *built);
/* Well or not. */
void preload_end(void);

/*
 * In libxl-save-helper: whether a guest of ours is being restored; and what
 * xc_domain_populate_physmap_exact() does then, for single pages.
 */
bool preload_is_refilling(void);
int preload_refill(unsigned long num_extents, const unsigned long *extents);

/* What xl is to save or restore. */
void preload_move_from_environment(void);
/* Whether the guest is sent by another xl, which still holds it. */
bool preload_is_incoming(void);

#endif
