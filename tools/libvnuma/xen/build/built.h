/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations for both building and restoring a guest. */
#ifndef VNUMA_BUILT_H
#define VNUMA_BUILT_H

#include "base/objects.h"
#include "vnuma_xen.h"
#include "xen/build/populate.h"

/*
 * Memory that libxenguest and a device model add to the guest: special pages,
 * ioreq pages, option ROMs.  libxl allows a domain 1 MiB for them.
 */
#define VNUMA__ADDED_MEMKB 1024u

/*
 * Asks the registered hooks for a vnode's policy and pnodes; strict without
 * pnodes if they give none.
 */
void vnuma__hooks_find_place(uint32_t domid, unsigned int vnode,
                             uint32_t pnode, vnuma_place *place_r);

#endif
