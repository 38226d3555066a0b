/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder that use Xen's libraries share. */
#ifndef VNUMA_BUILT_H
#define VNUMA_BUILT_H

#include "base/objects.h"
#include "vnuma_xen.h"
#include "xen/build/populate.h"
#include "xen/host/handle.h"

struct xc_dom_image; /* of <xenguest.h> */

/*
 * Memory that libxenguest and a device model add to the guest: special pages,
 * ioreq pages, option ROMs.  libxl allows a domain 1 MiB for them.
 */
#define VNUMA__ADDED_MEMKB 1024u

/*
 * Asks the registered hooks for the policy and pnodes of each vnode, whose
 * pnode is known; strict without pnodes, as it was, if they give none.
 */
void vnuma__hooks_take_membinds(uint32_t domid, vnuma__layout *layout);

/* ---- affinity of vcpus: affinity.c -------------------------------------- */

/* A guest that was built, to be compared with what Xen holds of it. */
typedef struct {
    vnuma_xen *xen;
    uint32_t domid;
    const libxl_domain_build_info *b_info;
    const vnuma_xen_built *built;
    int num_pcpus; /* of this host; affinity.c's */
    vnuma_diags *diags;
} vnuma__settler;

/*
 * The pcpus of a pnode, as libxl has them; to be disposed of in any case.
 * Returns 0 or -1.
 */
int vnuma__get_pcpus(libxl_ctx *ctx, uint32_t pnode, libxl_bitmap *pcpus_r);

/*
 * The part of vnuma_xen_prepare() for vcpus: checks that each vnode's pnode
 * has pcpus in the guest's cpupool, and pins.
 */
int vnuma__affinity_prepare(libxl_ctx *ctx, libxl_domain_config *d_config,
                            bool pin, vnuma_diags *diags);

/*
 * Reads back: hard affinity must be the configuration's, soft affinity must be
 * the configuration's if it has any, else the pcpus of the vnode's pnode.
 */
int vnuma__affinity_check(vnuma__settler *s);

/* ---- ACPI tables of PVH guests, with their nodes: pvh.c ----------------- */

/* Whether this is a PVH guest with vnodes, after its memory step. */
bool vnuma__pvh_is_hidden(const struct xc_dom_image *dom);

/*
 * The entry of a guest's memory map with the ACPI tables that end where @end
 * is, in the words of any release; NULL: there is none.
 */
struct e820entry *vnuma__pvh_find_tables(struct e820entry *map,
                                         unsigned int num_entries,
                                         uint64_t end);

/*
 * Adds SRAT and SLIT, on @pnode, and @more to the tables that libxl has put
 * into the guest's memory; before the guest's start info is written.  Returns
 * 0, VNUMA_ERROR_XEN, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when the
 * guest's tables are invalid.
 */
int vnuma__pvh_add_tables(struct xc_dom_image *dom, uint32_t pnode,
                          const uint8_t *more, size_t more_len,
                          vnuma_diags *diags);

/* ---- ACPI tables that guests are given in addition: more_tables.c ------- */

/*
 * What is asked for the tables of a guest, as tables/kept.h has them; NULL: it
 * gets none.  Set before the first build, or never.
 */
typedef const char *vnuma__tables_fn(uint32_t domid);
extern vnuma__tables_fn *vnuma__find_tables;

/*
 * The bytes of that guest's tables, to be freed; NULL and 0: it gets none.
 * Returns 0, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM, reported.
 */
int vnuma__more_tables(uint32_t domid, uint8_t **bytes_r, size_t *len_r,
                       vnuma_diags *diags);

/*
 * In an HVM guest's memory step: libxl's module with the file of
 * acpi_firmware= is left out if the guest gets tables, which have that file's.
 */
void vnuma__hvm_leave_out_module(struct xc_dom_image *dom);

/*
 * Puts tables into an HVM guest's memory, once its firmware is there, where
 * libxl tells hvmloader of them.  Returns 0 or VNUMA_ERROR_XEN, reported.
 */
int vnuma__hvm_add_tables(struct xc_dom_image *dom, const uint8_t *bytes,
                          size_t len, vnuma_diags *diags);

#endif
