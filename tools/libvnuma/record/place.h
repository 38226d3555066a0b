/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy and pnodes of several vnodes as text. */
#ifndef VNUMA_PLACE_H
#define VNUMA_PLACE_H

#include "base/objects.h"

/* As vnuma_place_format(), separated by ";"; "" for none, NULL: no memory. */
char *vnuma__places_format(const vnuma_place *places, unsigned int num);

#endif
