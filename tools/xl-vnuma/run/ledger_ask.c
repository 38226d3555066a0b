/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the object that has Xen's libraries; see ledger.h. */
#include "config.h"

#include "run/ledger.h"

#include "xen/host/flights.h"

void ledger_ask(struct vnuma_xen *xen, vnuma__ledger *l)
{
    vnuma__flights_ask(xen, l->others, l->num_others);
}
