/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans, and what they are made with, as users of the library have them. */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/access.h"
#include "host/kvm_host.h"

/* ---- inside the library ------------------------------------------------- */

void vnuma__plan_dispose(vnuma_plan *plan)
{
    unsigned int i;

    for (i = 0; i < plan->num_vnodes; i++) {
        vnuma_bitmap_dispose(&plan->vnodes[i].vcpus);
        free(plan->vnodes[i].distances);
        free(plan->vnodes[i].parts);
    }
    free(plan->vnodes);
    free(plan->pnodes);
    free(plan->pages);
    free(plan->reasons);
    memset(plan, 0, sizeof(*plan));
}

void vnuma__plan_guest_dispose(vnuma_plan_guest *guest)
{
    vnuma__plan_dispose(&guest->plan);
    vnuma_diags_dispose(&guest->diags);
}

unsigned int vnuma__count_placed(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests)
{
    unsigned int num = 0, i;

    for (i = 0; i < num_guests; i++)
        num += guests[i]->plan.feasible;
    return num;
}

int vnuma_plan_options_reserve(vnuma_plan_options *options, uint32_t pnode,
                               uint64_t memkb)
{
    if (pnode == VNUMA_PNODE_AUTO)
        options->reserve_memkb = memkb;
    else if (options->num_reserves == VNUMA_MAX_PNODES)
        return VNUMA_ERROR_NOMEM;
    else
        options->reserves[options->num_reserves++] =
            (vnuma_plan_reserve){ pnode, memkb };
    return 0;
}

void vnuma_plan_options_prefer(vnuma_plan_options *options,
                               const uint32_t *pnodes,
                               unsigned int num_vnodes)
{
    unsigned int v;

    options->preferred.num_vnodes =
        num_vnodes < VNUMA_MAX_VNODES ? num_vnodes : VNUMA_MAX_VNODES;
    for (v = 0; v < options->preferred.num_vnodes; v++)
        options->preferred.pnodes[v] = pnodes[v];
}

/* In equal parts, to the last thousandth. */
static void load_pcpus(vnuma_topology *topology, uint32_t pnode,
                       const vnuma_bitmap *vcpus)
{
    const vnuma_pnode *there = vnuma_topology_find(topology, pnode);
    uint32_t left = there ? vnuma_bitmap_count(&there->pcpus) : 0;
    uint64_t load = (uint64_t)vnuma_bitmap_count(vcpus) * VNUMA__VCPU;
    unsigned int i;

    for (i = 0; left && i < topology->num_pcpus; i++)
        if (topology->pcpus[i].pnode == pnode) {
            topology->pcpus[i].load += (uint32_t)(load / left);
            load -= load / left--;
        }
}

static void take_pages(vnuma__pages *there, const vnuma__plan_pages *taken)
{
    uint64_t usable = vnuma__pages_usable(there);

    if (there->pnode == taken->pnode && there->page_kb == taken->page_kb)
        there->free = usable - (taken->guest < usable ? taken->guest : usable);
}

void vnuma_topology_take(vnuma_topology *topology, const vnuma_plan *plan)
{
    unsigned int i, p;

    for (i = 0; i < plan->num_pnodes; i++) {
        const vnuma_plan_pnode *taken = &plan->pnodes[i];
        uint64_t memkb = taken->guest_memkb + taken->build_memkb, *is_free;

        p = vnuma__pnode_index(topology, taken->pnode);
        is_free = &topology->pnodes[p].free_memkb;
        if (p < topology->num_pnodes && *is_free != VNUMA_MEMKB_UNKNOWN)
            *is_free -= memkb < *is_free ? memkb : *is_free;
    }
    for (i = 0; i < plan->num_pages; i++)
        for (p = 0; p < topology->num_pages; p++)
            take_pages(&topology->pages[p], &plan->pages[i]);
    for (i = 0; i < plan->num_vnodes; i++)
        load_pcpus(topology, plan->vnodes[i].pnode, &plan->vnodes[i].vcpus);
}

int vnuma__topology_with(const vnuma_topology *topology,
                         vnuma_plan_guest *const *guests,
                         unsigned int num_guests, vnuma_topology *with_r)
{
    size_t pnodes = topology->num_pnodes * sizeof(*topology->pnodes);
    size_t pcpus = topology->num_pcpus * sizeof(*topology->pcpus);
    size_t pages = topology->num_pages * sizeof(*topology->pages);
    unsigned int i;

    *with_r = *topology;
    with_r->pnodes = malloc(pnodes + pages + pcpus + 1);
    if (!with_r->pnodes)
        return VNUMA_ERROR_NOMEM;
    with_r->pages = (vnuma__pages *)(with_r->pnodes + topology->num_pnodes);
    with_r->pcpus = (vnuma_pcpu *)(with_r->pages + topology->num_pages);
    memcpy(with_r->pnodes, topology->pnodes, pnodes);
    if (pages)
        memcpy(with_r->pages, topology->pages, pages);
    if (pcpus)
        memcpy(with_r->pcpus, topology->pcpus, pcpus);
    for (i = 0; i < num_guests; i++)
        vnuma_topology_take(with_r, &guests[i]->plan);
    return 0;
}

/* ---- what users call ---------------------------------------------------- */

int vnuma_plan_build(const vnuma_config *config,
                     const vnuma_topology *topology,
                     const vnuma_plan_options *options, vnuma_plan **plan_r,
                     vnuma_diags *diags)
{
    VNUMA__MAKE(plan_r,
                vnuma__plan_build(config, topology, options, made, diags),
                VNUMA_ERROR_NOFIT);
}

VNUMA__FREE(vnuma_plan, vnuma__plan_dispose)
VNUMA__READER(bool, vnuma_plan_is_feasible, vnuma_plan, feasible)
VNUMA__READER(bool, vnuma_plan_is_optimal, vnuma_plan, optimal)
VNUMA__READER(bool, vnuma_plan_gave_up, vnuma_plan, gave_up)
VNUMA__PART_READER(vnuma_plan_cost, vnuma_plan_cost_of, vnuma_plan, cost)
VNUMA__PART_READER(vnuma_plan_cost, vnuma_plan_bound_of, vnuma_plan, bound)
VNUMA__LIST_READERS(vnuma_plan_vnode, vnuma_plan, vnode)

/* ---- options ------------------------------------------------------------ */

int vnuma_plan_options_make(vnuma_plan_options **options_r)
{
    VNUMA__MAKE(options_r, 0, 0);
}

void vnuma_plan_options_free(vnuma_plan_options *options)
{
    free(options);
}

const vnuma_plan_reserve *
vnuma_plan_options_check(const vnuma_plan_options *options,
                         const vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < options->num_reserves; i++)
        if (!vnuma_topology_find(topology, options->reserves[i].pnode))
            return &options->reserves[i];
    return NULL;
}

/* ---- one of several guests ---------------------------------------------- */

int vnuma_plan_guest_make(const vnuma_config *config, const char *name,
                          vnuma_plan_guest **guest_r)
{
    const vnuma_plan_guest empty = { .config = config, .name = name };

    VNUMA__MAKE(guest_r, (*made = empty, 0), 0);
}

VNUMA__FREE(vnuma_plan_guest, vnuma__plan_guest_dispose)
VNUMA__PART_READER(vnuma_plan, vnuma_plan_guest_plan, vnuma_plan_guest, plan)
VNUMA__PART_READER(vnuma_diags, vnuma_plan_guest_diags, vnuma_plan_guest,
                   diags)
