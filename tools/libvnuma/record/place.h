/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places of vnodes as words, more than one of them. */
#ifndef VNUMA_PLACE_H
#define VNUMA_PLACE_H

#include "vnuma.h"

/* As vnuma_place_format(), ";" between; "" for none, NULL: no memory. */
char *vnuma__places_format(const vnuma_place *places, unsigned int num);

#endif
