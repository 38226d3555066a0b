/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much memory is on which pnode, and the text of it:
 * "PNODE=KIB,PNODE=KIB..".
 */
#ifndef VNUMA_PARTS_H
#define VNUMA_PARTS_H

#include <stdio.h>

#include "base/text.h"

typedef struct {
    vnuma_plan_part items[VNUMA_MAX_PNODES]; /* ascending by pnode */
    unsigned int num;
} vnuma__parts;

/*
 * Adds to the part on a pnode.  False: there are VNUMA_MAX_PNODES others,
 * which no host has.
 */
bool vnuma__parts_add(vnuma__parts *parts, uint32_t pnode, uint64_t memkb);
uint64_t vnuma__parts_memkb(const vnuma__parts *parts);

void vnuma__parts_print(const vnuma__parts *parts, FILE *f);
/*
 * False for another text, for two parts on one pnode, and for more memory than
 * any host has, so that no sum overflows.
 */
bool vnuma__parts_parse(vnuma__text text, vnuma__parts *parts_r);

#endif
