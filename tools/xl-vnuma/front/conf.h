/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma.conf(5): what the administrator says of the front. */
#ifndef XL_VNUMA_CONF_H
#define XL_VNUMA_CONF_H

#include "vnuma.h"

#define CONF_PATH SYSCONFDIR "/xen/xl-vnuma.conf"

typedef struct {
    vnuma_source source; /* what diagnostics point into */
    bool is_there;
    bool falls_back; /* to stock xl, where xl-vnuma cannot be used */
} front_conf;

void conf_init(front_conf *conf);
void conf_dispose(front_conf *conf);

/*
 * Reads the file; without one the defaults are right.  False: it is wrong,
 * which @diags says, and the defaults are in @conf.
 */
bool conf_read(front_conf *conf, vnuma_diags *diags);

#endif
