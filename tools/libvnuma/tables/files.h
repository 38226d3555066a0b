/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ACPI tables from files, to be added to those that a guest has.  xl and
 * hvmloader look at nothing but lengths: a wrong one lets xl succeed and the
 * guest die, and what is one table too many is dropped without a word.
 */
#ifndef VNUMA_TABLE_FILES_H
#define VNUMA_TABLE_FILES_H

#include "base/diag.h"

/*
 * hvmloader has room for 16 tables less one, of which seven are its own: MADT,
 * HPET, WAET, SSDTs for S3 and S4, SRAT and SLIT.
 */
#define VNUMA__TABLES_OF_HVM 8u
#define VNUMA__TABLES_OF_VNUMA 2u /* SRAT and SLIT */
#define VNUMA__TABLES_OF_TPM 2u   /* that a TPM takes of them */
#define VNUMA__TABLES_OF_SLATE 1u /* and acpi_laptop_slate=1 */
/* PVH guests have VNUMA__MAX_TABLES (objects.h): ours, so that is generous. */

/* How many tables such a guest may get. */
unsigned int vnuma__tables_room(const vnuma__tables *tables);

/*
 * Checks a file of tables, one after the other, and adds what it has.
 * @name: of the file, for messages
 * @span: where it is named; source NULL: nowhere
 *
 * What is wrong is reported, ids "acpi-table", "acpi-twice" and "acpi-count";
 * what is only odd is a note, "acpi-host-table".  Returns 0 or
 * VNUMA_ERROR_CONFIG.
 */
int vnuma__tables_add(vnuma__tables *tables, const uint8_t *bytes, size_t len,
                      const char *name, vnuma_span span, vnuma_diags *diags);

#endif
