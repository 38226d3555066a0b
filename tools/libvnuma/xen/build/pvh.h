/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PVH guests need beside memory: ACPI tables that name their nodes. */
#ifndef VNUMA_PVH_H
#define VNUMA_PVH_H

#include <stdint.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "base/diag.h"

/*
 * libxl asks Xen for the guest's vNUMA with no room for an answer, takes the
 * refusal for an error and gives up; a guest that has no vnodes it builds.
 * So it is told that there are none once memory is where it belongs.
 */
void vnuma__pvh_hide_vnodes(struct xc_dom_image *dom);
bool vnuma__pvh_is_hidden(const struct xc_dom_image *dom);

/*
 * Adds SRAT and SLIT to the tables that libxl has put into the guest's
 * memory, on @pnode; to be called when they are there, before the guest's
 * start info is written.
 *
 * Returns 0, VNUMA_ERROR_XEN, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_CONFIG when
 * the guest's tables are not what they have to be.
 */
int vnuma__pvh_add_tables(struct xc_dom_image *dom, uint32_t pnode,
                          vnuma_diags *diags);

#endif
