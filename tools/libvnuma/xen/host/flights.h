/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds in flight, and what Xen says of their domains. */
#ifndef VNUMA_FLIGHTS_H
#define VNUMA_FLIGHTS_H

#include "record/left.h"
#include "vnuma_xen.h"

/*
 * Asks Xen how much the domain of each holds by now.  One that cannot be asked
 * about is taken to hold nothing yet.
 */
void vnuma__flights_ask(vnuma_xen *xen, vnuma__flight *flights,
                        unsigned int num_flights);

/*
 * All domains of this host; *found_r is the caller's to free.  Returns 0,
 * VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma__found_list(vnuma_xen *xen, vnuma__found **found_r,
                      unsigned int *num_r, vnuma_diags *diags);

#endif
