/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was promised of a running domain's memory but is not in its
 * configuration: the policy and pnodes of each vnode, and how much of it is on
 * which pnode.  It is stored next to the configuration of domains in which
 * some vnode is not strict; in other domains all memory of a vnode is on the
 * vnode's pnode.  Pure; a value and its text.
 *
 * The text is a line "xl-vnuma 1", its form, and a line for each vnode,
 *
 *   MEMBIND;PNODE=KIB,PNODE=KIB..
 *
 * with MEMBIND as vnuma_membind_format() writes it.
 */
#ifndef VNUMA_PROMISE_H
#define VNUMA_PROMISE_H

#include "layout/layout.h"
#include "record/parts.h"
#include "vnuma_xen_built.h"

typedef struct {
    vnuma_membind membind;
    vnuma__parts parts;
} vnuma__promised;

typedef struct {
    vnuma__promised vnodes[VNUMA_MAX_VNODES];
    uint32_t num_vnodes;
} vnuma__promise;

/*
 * vnuma__promise_make - the promise for a guest that was just built
 * @layout:  as it was populated, with policies and pnodes
 * @memkb:   of each vnode; what is in no range (video RAM, the VGA hole)
 *           counts where special pages are allocated, on vnode 0's pnode
 * @built:   which of the vnodes that prefer a pnode spilled over is not
 *           recorded; the last ones are taken to have done so
 *
 * Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG as
 * vnuma__extent_plan_build().
 */
int vnuma__promise_make(const vnuma__layout *layout, bool vga_hole,
                        const uint64_t *memkb, const vnuma_xen_built *built,
                        vnuma__promise *promise_r);

/* Returns the text, which the caller frees, or NULL: no memory. */
char *vnuma__promise_format(const vnuma__promise *promise);

/* False for another text; the promise has no vnodes then. */
bool vnuma__promise_parse(const char *text, size_t len,
                          vnuma__promise *promise_r);

#endif
