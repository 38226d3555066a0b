/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the object that has Xen's libraries; see ledger.h. */
#include "config.h"

#include "run/ledger.h"

#include "xen/host/flights.h"

void ledger_ask(struct vnuma_xen *xen, vnuma__ledger *l)
{
    vnuma__flights_ask(xen, l->others, l->num_others);
}

int ledger_found(struct vnuma_xen *xen, vnuma__found **found_r,
                 unsigned int *num_r, vnuma_diags *diags)
{
    return vnuma__found_list(xen, found_r, num_r, diags);
}
