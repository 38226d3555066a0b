/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PVH guests need in addition to memory: ACPI tables with their nodes. */
#ifndef VNUMA_PVH_H
#define VNUMA_PVH_H

#include <stdint.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "base/diag.h"

/*
 * For a PVH guest with vnodes libxl asks Xen for the vNUMA description with
 * buffers of no size, takes the refusal as an error and gives up.  So libxl is
 * told that there are no vnodes once the memory is populated.
 */
void vnuma__pvh_hide_vnodes(struct xc_dom_image *dom);
bool vnuma__pvh_is_hidden(const struct xc_dom_image *dom);

/*
 * The entry of a guest's memory map with the ACPI tables that end where @end
 * is, in the words of any release; NULL: there is none.
 */
struct e820entry *vnuma__pvh_find_tables(struct e820entry *map,
                                         unsigned int num_entries,
                                         uint64_t end);

/*
 * Adds SRAT and SLIT, on @pnode, to the tables that libxl has put into the
 * guest's memory.  Must be called after that, and before the guest's start
 * info is written.
 *
 * Returns 0, VNUMA_ERROR_XEN, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when
 * the guest's tables are invalid.
 */
int vnuma__pvh_add_tables(struct xc_dom_image *dom, uint32_t pnode,
                          vnuma_diags *diags);

#endif
