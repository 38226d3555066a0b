/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds in flight, and what Xen says of their domains. */
#ifndef VNUMA_FLIGHTS_H
#define VNUMA_FLIGHTS_H

#include "record/flight.h"
#include "vnuma_xen.h"

/*
 * Asks Xen how much the domain of each holds by now.  One that cannot be asked
 * about is taken to hold nothing yet.
 */
void vnuma__flights_ask(vnuma_xen *xen, vnuma__flight *flights,
                        unsigned int num_flights);

#endif
