/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that Xen's debug key "u" writes to the console ring. */
#ifndef VNUMA_RESIDENCY_H
#define VNUMA_RESIDENCY_H

#include "base/objects.h"
#include "vnuma_xen.h"

/*
 * Reads the newest dump in a console text.  Returns 0, VNUMA_ERROR_HOST when
 * the text has no dump, or none of that domain, or VNUMA_ERROR_NOMEM.
 */
int vnuma__residency_parse(const char *text, size_t len, uint32_t domid,
                           vnuma_xen_residency *residency_r);

/*
 * Sends the key; *text_r is Xen's answer for all domains, which the caller
 * frees.  Returns 0 or VNUMA_ERROR_XEN.
 */
int vnuma__residency_dump(vnuma_xen *xen, char **text_r, size_t *len_r,
                          vnuma_diags *diags);

#endif
