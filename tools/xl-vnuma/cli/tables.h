/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ACPI tables that a guest gets in addition: its HMAT, and files. */
#ifndef XL_VNUMA_TABLES_H
#define XL_VNUMA_TABLES_H

#include "base/hmat.h"
#include "cli/guest_files.h"

/*
 * For a table of options: of --hmat[=FILE].  @into is a char ** that keeps the
 * setting.
 */
int tables_take_hmat(void *into, const char *path);

/* Of --acpi-table FILE, which may be there several times. */
typedef struct {
    const char *paths[16]; /* borrowed; no guest may have more */
    unsigned int num;
} tables_files;

/* For a table of options; @into is a tables_files. */
int tables_take_file(void *into, const char *path);

/*
 * The HMAT of a planned guest whose settings ask for one; without, it stays
 * empty.  @plan may be NULL for one that needs none and asks for a file's.
 * Returns a code; what is wrong is in guest->diags.
 */
int tables_make_hmat(cli_guest *guest, const vnuma_plan *plan,
                     const vnuma_topology *topology, vnuma__hmat *hmat_r);

/*
 * All tables of a planned guest, those of its own acpi_firmware= first, as the
 * text of tables/kept.h, to be freed; NULL: it gets none that xl does not give
 * it.  Returns a code; what is wrong is in guest->diags.
 */
int tables_make(cli_guest *guest, const tables_files *files,
                const vnuma_plan *plan, const vnuma_topology *topology,
                char **text_r);

#endif
