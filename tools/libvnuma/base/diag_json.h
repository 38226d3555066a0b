/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics as a part of a larger JSON text. */
#ifndef VNUMA_DIAG_JSON_H
#define VNUMA_DIAG_JSON_H

#include "base/json_writer.h"

/* Writes "valid" and "diagnostics" into a map that is open. */
void vnuma__json_diags(vnuma__json *json, const vnuma_diags *const *list,
                       unsigned int num);

#endif
