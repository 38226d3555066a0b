/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several settings of one name come to. */
#ifndef VNUMA_MERGE_H
#define VNUMA_MERGE_H

#include "cfg/tree.h"

/*
 * Fills in by_name and adds up what += adds; reports a list added to a string
 * or a string to a list.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__merge(vnuma__tree *tree, vnuma_diags *diags);

#endif
