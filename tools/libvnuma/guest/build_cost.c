/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What building a guest takes in addition to its memory: the paging pool.
 * With HAP libxl makes it 1 MiB for each vcpu (of maxvcpus=) and 4 KiB for
 * each MiB of memory; shadow paging takes 8 KiB.  We always count 8 KiB: too
 * much costs half a percent, too little a guest that does not start.  While
 * the guest is built its node affinity is its pnodes, and Xen takes pages for
 * the pool from these in turn; so each pnode bears an equal part, rounded up
 * to a page.
 */
#include "config.h"

#include "guest/build_cost.h"

#define PAGE_MEMKB UINT64_C(4)
#define POOL_MEMKB_PER_VCPU UINT64_C(1024)
#define POOL_MEMKB_PER_MIB UINT64_C(8)
#define MEMKB_LIMIT (UINT64_C(1) << 54)

uint64_t vnuma__clip_memkb(uint64_t memkb)
{
    return memkb < MEMKB_LIMIT ? memkb : MEMKB_LIMIT;
}

uint64_t vnuma__build_memkb(uint64_t guest_memkb, uint64_t num_vcpus)
{
    uint64_t mib =
        vnuma__clip_memkb(guest_memkb) / 1024 + !!(guest_memkb % 1024);

    return vnuma__clip_memkb(num_vcpus) * POOL_MEMKB_PER_VCPU +
           mib * POOL_MEMKB_PER_MIB;
}

uint64_t vnuma__build_part(uint64_t build_memkb, unsigned int num_used)
{
    uint64_t pages = build_memkb / PAGE_MEMKB + !!(build_memkb % PAGE_MEMKB);

    return (pages / num_used + !!(pages % num_used)) * PAGE_MEMKB;
}
