/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that a program has described to libxl, as something to plan. */
#ifndef VNUMA_TAKEN_H
#define VNUMA_TAKEN_H

#include <libxl.h>

#include "base/objects.h"

/* As libxl writes it, with its NUL. */
#define VNUMA__UUID_TEXT 37u
void vnuma__uuid_text(const libxl_domain_config *d_config,
                      char text_r[VNUMA__UUID_TEXT]);

/*
 * Its vnodes name no pnode, and everything else is given, at no place of a
 * text, so that vnuma_check() judges it like a file.  To be disposed in any
 * case.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__config_taken(const libxl_domain_config *d_config,
                        vnuma_config *config_r);

#endif
