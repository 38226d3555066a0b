/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file with the places that guests had (lived.h), kept over reboots of the
 * host; whatever is wrong with it is never a reason to refuse a guest.
 */
#ifndef VNUMA_KEPT_H
#define VNUMA_KEPT_H

#include "record/lived.h"

#define VNUMA__KEPT_FILE "places"

/* The folder of that file; static or of the environment. */
const char *vnuma__kept_dir(void);

/*
 * Reads them all; no file is an empty one.  Returns 0, VNUMA_ERROR_IO with
 * errno, or VNUMA_ERROR_NOMEM; both to be disposed in any case.
 * @source: gets the text, to which @diags points
 */
int vnuma__kept_read(vnuma_source *source, vnuma__homes *homes_r,
                     vnuma_diags *diags);

/*
 * Keeps where a guest lives now.  Returns the same.
 * @uuid, @name: NULL: not known
 */
int vnuma__kept_add(const char *uuid, const char *name,
                    const vnuma__lived *lived);

#endif
