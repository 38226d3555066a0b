/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of what is printed of plans, for texts that have more than one. */
#ifndef VNUMA_PLAN_PRINT_H
#define VNUMA_PLAN_PRINT_H

#include "base/json_writer.h"
#include "vnuma.h"

/* The members of a plan's object, without its braces. */
void vnuma__plan_put(vnuma__json *json, const vnuma_plan *plan);
/* A plan as vnuma_plan_to_text(); false: no memory. */
bool vnuma__plan_print(const vnuma_plan *plan, FILE *f);

#endif
