/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a guest's settings name for its ACPI. */
#ifndef VNUMA_CONFIG_FILES_H
#define VNUMA_CONFIG_FILES_H

#include "base/objects.h"
#include "tables/hmat_text.h"

/* xl_vnuma_hmat="host" */
bool vnuma__hmat_is_hosts(const vnuma_config *config);

/*
 * Which vnodes an HMAT may speak of before there is a plan.  Of a file with
 * mistakes, and of vnuma="auto", none is known.
 */
vnuma__hmat_guest vnuma__config_hmat_guest(const vnuma_config *config);

/*
 * Reads them into the config and checks what is in them.  Once, after
 * parsing; the config may have mistakes.
 * @severity: of a file that cannot be read: a warning where the guest may be
 *            another host's
 *
 * Returns 0, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_read_files(vnuma_config *config, vnuma_severity severity,
                             vnuma_diags *diags);

#endif
