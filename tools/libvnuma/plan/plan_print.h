/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing one plan, for texts that have several. */
#ifndef VNUMA_PLAN_PRINT_H
#define VNUMA_PLAN_PRINT_H

#include "base/json_writer.h"
#include "base/objects.h"

/* The members of a plan's JSON object, without its braces. */
void vnuma__plan_put(vnuma__json *json, const vnuma_plan *plan);
/* Prints as vnuma_plan_to_text() does; false: no memory. */
bool vnuma__plan_print(const vnuma_plan *plan, FILE *f);

#endif
