/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The places that guests had on this host, kept over its reboots.  Whatever is
 * wrong with them costs a warning, never a guest.
 */
#ifndef XL_VNUMA_KEPT_H
#define XL_VNUMA_KEPT_H

#include "record/lived.h"

/* Once for all guests of a run: what cannot be read is then warned of once. */
void kept_load(vnuma__homes *homes_r);

/* Keeps where it lives now.  @name: NULL: not known */
void kept_add(const char *uuid, const char *name, const vnuma__lived *lived);

/* What a plan says of where the guest lived, as a note. */
void kept_tell(const vnuma_plan *plan, vnuma_diags *diags);

#endif
