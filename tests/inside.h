/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts, guests, plans and domains as values, as they are inside the library.
 */
#ifndef VNUMA_TEST_INSIDE_H
#define VNUMA_TEST_INSIDE_H

#include "guest/guest.h"
#include "host/topology.h"
#include "check/read_kvm.h"
#include "plan/plan_inside.h"
#include "show/domains.h"

#endif
