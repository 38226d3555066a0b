/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arithmetic of overcommitted memory.  Huge pages are taken out of memory
 * whether they are used or not, and are never swapped, so
 *
 *     swap >= guests in ordinary pages + host - (memory - huge pages)
 *
 * and what is locked or preallocated has to be in memory all the time.  What
 * is bound to one pnode makes that pnode swap while others have memory.  QEMU's
 * own memory, page tables and the page cache are not counted.
 */
#include "config.h"

#include "plan/overcommit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/print.h"
#include "guest/build_cost.h"
#include "kvm/kvm.h"
#include "plan/plan_inside.h"

/* The only pnode that memory may be on, by index; or num_pnodes. */
static unsigned int only_pnode(const vnuma__backend *memory,
                               const vnuma_topology *topology)
{
    if (memory->policy.value != VNUMA__KVM_STRICT ||
        vnuma__set_count(&memory->pnodes) != 1)
        return topology->num_pnodes;
    return vnuma__pnode_index(topology, vnuma__set_lowest(&memory->pnodes));
}

static void add_memory(vnuma__overcommit *sum, const vnuma_config *config,
                       const vnuma__backend *memory, uint64_t memkb,
                       const vnuma_topology *topology)
{
    uint64_t page = memory->page.value >> 10;
    unsigned int p = only_pnode(memory, topology);
    bool is_known = p < topology->num_pnodes;

    memkb = vnuma__clip_memkb(memkb);
    if (page) {
        memkb = (memkb + page - 1) / page * page;
        sum->pools_memkb += memkb;
        if (is_known)
            sum->pool_memkb[p] += memkb;
        return;
    }
    sum->ordinary_memkb += memkb;
    if (is_known)
        sum->bound_memkb[p] += memkb;
    if (memory->prealloc.value || config->kvm->mem_lock.value)
        sum->fixed_memkb += memkb;
}

void vnuma__overcommit_add(vnuma__overcommit *sum, const vnuma_config *config,
                           const vnuma_topology *topology)
{
    unsigned int v;

    sum->num_guests++;
    for (v = 0; v < config->num_vnodes; v++)
        add_memory(sum, config, vnuma__kvm_memory(config, v),
                   config->vnodes[v].memkb.value, topology);
    if (!config->num_vnodes)
        add_memory(sum, config, &config->kvm->all,
                   vnuma_config_total_memkb(config), topology);
}

void vnuma__overcommit_finish(vnuma__overcommit *sum,
                              const vnuma_topology *topology,
                              const vnuma_plan_options *options)
{
    uint64_t needed;
    unsigned int p, i;

    for (p = 0; p < topology->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];
        uint64_t reserve = options->reserve_memkb;

        for (i = 0; i < options->num_reserves; i++)
            if (options->reserves[i].pnode == pnode->pnode)
                reserve = options->reserves[i].memkb;
        sum->host_memkb += reserve;
        if (pnode->memkb != VNUMA_MEMKB_UNKNOWN)
            sum->ram_memkb += pnode->memkb;
    }
    needed = sum->ordinary_memkb + sum->host_memkb + sum->pools_memkb;
    if (needed > sum->ram_memkb)
        sum->swap_memkb = needed - sum->ram_memkb;
}

static void print_row(FILE *f, const char *what, uint64_t memkb)
{
    fprintf(f, "%-44s %10" PRIu64 " MiB\n", what, memkb >> 10);
}

char *vnuma__overcommit_to_text(const vnuma__overcommit *sum,
                                const vnuma_topology *topology)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int p;

    if (!f)
        return NULL;
    fprintf(f, "%-44s %10u\n", "guests", sum->num_guests);
    print_row(f, "in ordinary pages", sum->ordinary_memkb);
    print_row(f, "  of these locked or preallocated", sum->fixed_memkb);
    print_row(f, "in huge pages, which are never swapped", sum->pools_memkb);
    print_row(f, "kept for the host", sum->host_memkb);
    print_row(f, "memory of the host", sum->ram_memkb);
    print_row(f, "swap that is needed", sum->swap_memkb);
    for (p = 0; p < topology->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];
        uint64_t bound = sum->bound_memkb[p] + sum->pool_memkb[p];

        if (bound > pnode->memkb)
            fprintf(f,
                    "node %" PRIu32 " has %" PRIu64 " MiB, and %" PRIu64
                    " MiB may only be there: it swaps while others have "
                    "memory\n",
                    pnode->pnode, pnode->memkb >> 10, bound >> 10);
    }
    if (vnuma__overcommit_is_fixed(sum))
        fputs("no swap helps: what is locked, preallocated or in huge pages "
              "is more than the host has\n",
              f);
    return vnuma__print_end(&out, false);
}
