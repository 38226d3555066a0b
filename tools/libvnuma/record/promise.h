/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was promised of a running domain's memory and its configuration cannot
 * say: the place of each vnode, and what of it is on which pnode.  Kept beside
 * the configuration for domains in which not all is strict; a domain without
 * it has all of each vnode's memory on the vnode's pnode.  Pure; a value and
 * its text.
 *
 * The text is a line "xl-vnuma FORM", and a line for each vnode,
 *
 *   PLACE;PNODE=KIB,PNODE=KIB..
 *
 * with the place as vnuma_place_format() writes it.
 */
#ifndef VNUMA_PROMISE_H
#define VNUMA_PROMISE_H

#include "layout/layout.h"

#define VNUMA__PROMISE_FORM 1u

typedef struct {
    vnuma_place place;
    vnuma_plan_part *parts; /* owned; ascending by pnode */
    unsigned int num_parts;
} vnuma__promised;

typedef struct {
    vnuma__promised *vnodes; /* owned */
    uint32_t num_vnodes;
} vnuma__promise;

/* What was populated and had rather been on another pnode. */
typedef struct {
    uint32_t preferred, pnode;
    uint64_t pages;
} vnuma__spilled;

void vnuma__promise_init(vnuma__promise *promise);
void vnuma__promise_dispose(vnuma__promise *promise);

/*
 * vnuma__promise_make - what is kept of a guest that was just built
 * @layout:  as it was populated, with its places
 * @memkb:   of each vnode; what is in no range (video RAM, the VGA hole) counts
 *           where special pages are wanted, on vnode 0's pnode
 * @spilled: which of the vnodes that prefer one pnode flowed over nobody
 *           knows any more; the last ones, it is said then
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG as
 * vnuma__extent_plan_build().
 */
int vnuma__promise_make(const vnuma__layout *layout, bool vga_hole,
                        const uint64_t *memkb, const vnuma__spilled *spilled,
                        unsigned int num_spilled, vnuma__promise *promise_r);

/* The text; to be freed by the caller, NULL: no memory. */
char *vnuma__promise_format(const vnuma__promise *promise);

/* Returns 0, VNUMA_ERROR_CONFIG when it is no such text, VNUMA_ERROR_NOMEM. */
int vnuma__promise_parse(const char *text, size_t len,
                         vnuma__promise *promise_r);

#endif
