/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What building a guest takes of the host in addition to the guest's memory.
 */
#ifndef VNUMA_BUILD_COST_H
#define VNUMA_BUILD_COST_H

#include "base/objects.h"

/*
 * Limits an amount to more than any host has, so that sums of 64 do not
 * overflow.
 */
uint64_t vnuma__clip_memkb(uint64_t memkb);

/* The building cost of a guest, in KiB. */
uint64_t vnuma__build_memkb(uint64_t guest_memkb, uint64_t num_vcpus);
/* The part of it that falls on each pnode when @num_used are used. */
uint64_t vnuma__build_part(uint64_t build_memkb, unsigned int num_used);
#define VNUMA__SPECIAL_MEMKB UINT64_C(4096) /* on vnode 0's pnode */

/* The same, of a config; QEMU's own memory is small, and on any pnode. */
static inline uint64_t vnuma__config_build_memkb(const vnuma_config *config,
                                                 uint64_t guest_memkb,
                                                 uint64_t num_vcpus)
{
    return config->type == VNUMA_GUEST_KVM
               ? 0
               : vnuma__build_memkb(guest_memkb, num_vcpus);
}
static inline uint64_t vnuma__special_memkb(const vnuma_config *config)
{
    return config->type == VNUMA_GUEST_KVM ? 0 : VNUMA__SPECIAL_MEMKB;
}

#endif
