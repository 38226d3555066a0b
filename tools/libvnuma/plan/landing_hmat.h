/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest that comes here believes of how fast its memory is. */
#ifndef VNUMA_LANDING_HMAT_H
#define VNUMA_LANDING_HMAT_H

#include "base/objects.h"
#include "record/record.h"

/*
 * Says, as "hmat-differs", where the HMAT that the guest was given says other
 * than the host's by the pnodes of @plan.  Of one that the user wrote nothing
 * is said: it was told so on purpose.
 */
void vnuma__landing_tell_hmat(const vnuma_record *record,
                              const vnuma_plan *plan,
                              const vnuma_topology *topology,
                              vnuma_diags *diags);

#endif
