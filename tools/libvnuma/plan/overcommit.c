/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arithmetic of overcommitted memory.  Huge pages are taken out of memory
 * whether they are used or not, and are never swapped, so
 *
 *     swap >= guests in ordinary pages + host - (memory - huge pages)
 *
 * where huge pages are those of the host's pools, or those that guests need
 * if they are more or the host tells of none.  What is locked or preallocated
 * has to be in memory all the time.  What is bound to one pnode makes that
 * pnode swap while others have memory.  Guests are counted as they may become
 * (no balloon is trusted); QEMU's own memory, page tables and the page cache
 * are not counted.
 */
#include "config.h"

#include "plan/overcommit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/print.h"
#include "guest/build_cost.h"
#include "host/kvm_host.h"
#include "kvm/kvm.h"
#include "plan/plan_inside.h"

/* ---- adding up ---------------------------------------------------------- */

/* The only pnode that memory may be on, by index; or num_pnodes. */
static unsigned int only_pnode(const vnuma__backend *memory,
                               const vnuma_topology *topology)
{
    if (memory->policy.value != VNUMA__KVM_STRICT ||
        vnuma__set_count(&memory->pnodes) != 1)
        return topology->num_pnodes;
    return vnuma__pnode_index(topology, vnuma__set_lowest(&memory->pnodes));
}

/* The last stands for all that have no room. */
static unsigned int find_size(vnuma__overcommit *sum, uint64_t page_kb)
{
    unsigned int i = 0;

    while (i < sum->num_sizes && sum->page_kb[i] != page_kb)
        i++;
    if (i == VNUMA__MAX_SIZES)
        return i - 1;
    sum->page_kb[i] = page_kb;
    sum->num_sizes += i == sum->num_sizes;
    return i;
}

static void add_memory(vnuma__overcommit *sum, const vnuma_config *config,
                       const vnuma__backend *memory, uint64_t memkb,
                       const vnuma_topology *topology)
{
    uint64_t page = memory->page.value >> 10;
    unsigned int p = only_pnode(memory, topology), i;
    vnuma__committed *const to[] = { &sum->all, p < topology->num_pnodes
                                                    ? &sum->bound[p]
                                                    : NULL };
    unsigned int size = page ? find_size(sum, page) : 0;
    bool is_fixed = memory->prealloc.value || config->kvm->mem_lock.value;

    memkb = vnuma__clip_memkb(memkb);
    for (i = 0; i < 2 && to[i]; i++) {
        if (page)
            to[i]->huge[size] += (memkb + page - 1) / page * page;
        else
            to[i]->ordinary += memkb;
        to[i]->fixed += page || !is_fixed ? 0 : memkb;
    }
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

/* ---- the host ----------------------------------------------------------- */

/* KiB of such pages on a pnode, or on all: PNODE_AUTO. */
static uint64_t pool_of(const vnuma_topology *topology, uint32_t pnode,
                        uint64_t page_kb)
{
    uint64_t memkb = 0;
    unsigned int i;

    for (i = 0; i < topology->num_pages; i++)
        if ((pnode == VNUMA_PNODE_AUTO || topology->pages[i].pnode == pnode) &&
            topology->pages[i].page_kb == page_kb)
            memkb += topology->pages[i].total * page_kb;
    return memkb;
}

/* What of huge pages has no pool has to be made, and no size is in the place
 * of another. */
static void add_pools(vnuma__overcommit *sum, const vnuma_topology *topology,
                      uint32_t pnode, vnuma__committed *at)
{
    unsigned int i;

    for (i = 0; i < topology->num_pages; i++)
        if (pnode == VNUMA_PNODE_AUTO || topology->pages[i].pnode == pnode)
            at->pools += topology->pages[i].total * topology->pages[i].page_kb;
    for (i = 0; i < sum->num_sizes; i++) {
        uint64_t pool = pool_of(topology, pnode, sum->page_kb[i]);

        if (at->huge[i] <= pool)
            continue;
        at->pools += at->huge[i] - pool;
        sum->is_hopeless |= topology->num_pages > 0;
    }
    sum->is_hopeless |= at->fixed + at->pools + at->reserve > at->ram;
}

void vnuma__overcommit_finish(vnuma__overcommit *sum,
                              const vnuma_topology *topology,
                              const vnuma_plan_options *options)
{
    uint64_t needed;
    unsigned int p, i;

    for (p = 0; p < topology->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];
        vnuma__committed *at = &sum->bound[p];

        at->reserve = options->reserve_memkb;
        for (i = 0; i < options->num_reserves; i++)
            if (options->reserves[i].pnode == pnode->pnode)
                at->reserve = options->reserves[i].memkb;
        sum->all.reserve += at->reserve;
        at->ram = pnode->memkb == VNUMA_MEMKB_UNKNOWN ? 0 : pnode->memkb;
        sum->all.ram += at->ram;
        add_pools(sum, topology, pnode->pnode, at);
    }
    add_pools(sum, topology, VNUMA_PNODE_AUTO, &sum->all);
    needed = sum->all.ordinary + sum->all.reserve + sum->all.pools;
    if (needed > sum->all.ram)
        sum->swap_memkb = needed - sum->all.ram;
    sum->there_memkb = vnuma__host_setting_number(topology, VNUMA__SWAP);
    if (sum->there_memkb == VNUMA_ID_UNKNOWN)
        sum->there_memkb = VNUMA_MEMKB_UNKNOWN;
}

/* ---- for people --------------------------------------------------------- */

static void print_row(FILE *f, const char *what, uint64_t memkb)
{
    fprintf(f, "%-44s %10" PRIu64 " MiB\n", what, memkb >> 10);
}

/* Where huge pages are missing, on @where. */
static void print_pools(FILE *f, const vnuma__overcommit *sum,
                        const vnuma_topology *topology, uint32_t pnode,
                        const vnuma__committed *at, const char *where)
{
    unsigned int i;

    for (i = 0; i < sum->num_sizes && topology->num_pages; i++) {
        uint64_t page_kb = sum->page_kb[i];
        uint64_t pool = pool_of(topology, pnode, page_kb);

        if (at->huge[i] > pool)
            fprintf(f,
                    "%s: %" PRIu64 " huge pages of %s are needed, and %" PRIu64
                    " are there\n",
                    where, at->huge[i] / page_kb,
                    vnuma__page_size_of(page_kb).s, pool / page_kb);
    }
}

static void print_bound(FILE *f, uint32_t pnode, const vnuma__committed *at)
{
    uint64_t taken = at->pools + at->reserve;
    uint64_t rest = at->ram > taken ? at->ram - taken : 0;

    if (at->ordinary <= rest)
        return;
    fprintf(f,
            "node %" PRIu32 ": %" PRIu64 " MiB in ordinary pages may only be "
            "there, and %" PRIu64 " MiB are left for them: it swaps while "
            "others have memory, and without swap the kernel ends guests\n",
            pnode, at->ordinary >> 10, rest >> 10);
}

char *vnuma__overcommit_to_text(vnuma__overcommit *sum,
                                const vnuma_topology *topology)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int p;
    char where[32];

    if (!f)
        return NULL;
    fprintf(f, "%-44s %10u\n", "guests", sum->num_guests);
    print_row(f, "in ordinary pages", sum->all.ordinary);
    print_row(f, "  of these locked or preallocated", sum->all.fixed);
    print_row(f, "in huge pages, which are never swapped", sum->all.pools);
    print_row(f, "kept for the host", sum->all.reserve);
    print_row(f, "memory of the host", sum->all.ram);
    print_row(f, "swap that is needed", sum->swap_memkb);
    if (sum->there_memkb != VNUMA_MEMKB_UNKNOWN)
        print_row(f, "swap that is there", sum->there_memkb);
    print_pools(f, sum, topology, VNUMA_PNODE_AUTO, &sum->all, "all nodes");
    for (p = 0; p < topology->num_pnodes; p++) {
        uint32_t pnode = topology->pnodes[p].pnode;

        snprintf(where, sizeof(where), "node %" PRIu32, pnode);
        print_pools(f, sum, topology, pnode, &sum->bound[p], where);
        print_bound(f, pnode, &sum->bound[p]);
    }
    if (sum->is_hopeless)
        fputs("no swap helps: what is locked, preallocated or in huge pages "
              "is more than the host has\n",
              f);
    return vnuma__print_end(&out, false);
}
