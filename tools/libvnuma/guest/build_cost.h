/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What building a guest takes of the host besides the guest's memory. */
#ifndef VNUMA_BUILD_COST_H
#define VNUMA_BUILD_COST_H

#include <stdint.h>

/* More than any memory there is counts as so much that sums of 64 fit. */
uint64_t vnuma__clip_memkb(uint64_t memkb);

/* What building a guest costs, in KiB. */
uint64_t vnuma__build_memkb(uint64_t guest_memkb, uint64_t num_vcpus);
/* What of it each pnode bears when so many are used. */
uint64_t vnuma__build_share(uint64_t build_memkb, unsigned int num_used);
#define VNUMA__SPECIAL_MEMKB UINT64_C(4096) /* on vnode 0's pnode */

#endif
