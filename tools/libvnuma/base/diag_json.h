/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics as a part of what is written as JSON. */
#ifndef VNUMA_DIAG_JSON_H
#define VNUMA_DIAG_JSON_H

#include "base/json_writer.h"

/* "valid" and "diagnostics", in a map that is open. */
void vnuma__json_diags(vnuma__json *json, const vnuma_diags *const *list,
                       unsigned int num);

#endif
