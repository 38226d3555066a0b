/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text "PNODE=KIB,PNODE=KIB..": how much memory is on which pnode. */
#ifndef VNUMA_PARTS_H
#define VNUMA_PARTS_H

#include <stdio.h>

#include "base/text.h"

void vnuma__parts_print(const vnuma_plan_part *parts, unsigned int num_parts,
                        FILE *f);

/*
 * Takes the next part off a list that is left.  False for another text, and for
 * more memory than any host has, so that no sum overflows.
 */
bool vnuma__parts_next(vnuma__text *list, vnuma_plan_part *part_r);

#endif
