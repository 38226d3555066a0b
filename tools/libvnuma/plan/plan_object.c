/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans, and what they are made with, as users of the library have them. */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- inside the library ------------------------------------------------- */

void vnuma__plan_init(vnuma_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
}

void vnuma__plan_dispose(vnuma_plan *plan)
{
    unsigned int i;

    for (i = 0; i < plan->num_vnodes; i++) {
        vnuma_bitmap_dispose(&plan->vnodes[i].vcpus);
        free(plan->vnodes[i].distances);
        free(plan->vnodes[i].parts);
    }
    for (i = 0; i < plan->num_reasons; i++)
        free(plan->reasons[i]);
    free(plan->vnodes);
    free(plan->pnodes);
    free(plan->reasons);
    vnuma__plan_init(plan);
}

void vnuma__plan_guest_dispose(vnuma_plan_guest *guest)
{
    vnuma__plan_dispose(&guest->plan);
    vnuma_diags_dispose(&guest->diags);
}

void vnuma__plan_options_init(vnuma_plan_options *options)
{
    memset(options, 0, sizeof(*options));
}

void vnuma__plan_options_dispose(vnuma_plan_options *options)
{
    free(options->reserves);
    vnuma__plan_options_init(options);
}

int vnuma_plan_options_reserve(vnuma_plan_options *options, uint32_t pnode,
                               uint64_t memkb)
{
    vnuma_plan_reserve *grown;

    grown = reallocarray(options->reserves, options->num_reserves + 1,
                         sizeof(*grown));
    if (!grown)
        return VNUMA_ERROR_NOMEM;
    options->reserves = grown;
    grown[options->num_reserves++] = (vnuma_plan_reserve){ pnode, memkb };
    return 0;
}

void vnuma_plan_options_prefer(vnuma_plan_options *options,
                               const uint32_t *pnodes,
                               unsigned int num_vnodes)
{
    unsigned int v;

    options->num_preferred =
        num_vnodes < VNUMA_MAX_VNODES ? num_vnodes : VNUMA_MAX_VNODES;
    for (v = 0; v < options->num_preferred; v++)
        options->preferred[v] = pnodes[v];
}

static void take_memory(vnuma_pnode *pnode, uint64_t memkb)
{
    if (pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
        pnode->free_memkb -=
            memkb < pnode->free_memkb ? memkb : pnode->free_memkb;
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

void vnuma_topology_take(vnuma_topology *topology, const vnuma_plan *plan)
{
    unsigned int i, p;

    for (i = 0; i < plan->num_pnodes; i++) {
        p = vnuma__pnode_index(topology, plan->pnodes[i].pnode);
        if (p < topology->num_pnodes)
            take_memory(&topology->pnodes[p],
                        plan->pnodes[i].guest_memkb +
                            plan->pnodes[i].build_memkb);
    }
    for (i = 0; i < plan->num_vnodes; i++)
        load_pcpus(topology, plan->vnodes[i].pnode, &plan->vnodes[i].vcpus);
}

int vnuma__topology_with(const vnuma_topology *topology,
                         vnuma_plan_guest *const *guests,
                         unsigned int num_guests, vnuma_topology *with_r)
{
    size_t pnodes = topology->num_pnodes * sizeof(*topology->pnodes);
    size_t pcpus = topology->num_pcpus * sizeof(*topology->pcpus);
    unsigned int i;

    *with_r = *topology;
    with_r->pnodes = malloc(pnodes + 1);
    with_r->pcpus = malloc(pcpus + 1);
    if (!with_r->pnodes || !with_r->pcpus)
        return VNUMA_ERROR_NOMEM;
    memcpy(with_r->pnodes, topology->pnodes, pnodes);
    if (pcpus)
        memcpy(with_r->pcpus, topology->pcpus, pcpus);
    for (i = 0; i < num_guests; i++)
        vnuma_topology_take(with_r, &guests[i]->plan);
    return 0;
}

void vnuma__topology_drop(vnuma_topology *with)
{
    free(with->pnodes);
    free(with->pcpus);
}

/* ---- what users call ---------------------------------------------------- */

int vnuma_plan_build(const vnuma_config *config,
                     const vnuma_topology *topology,
                     const vnuma_plan_options *options, vnuma_plan **plan_r,
                     vnuma_diags *diags)
{
    vnuma_plan *plan = calloc(1, sizeof(*plan));
    int rc = VNUMA_ERROR_NOMEM;

    if (plan)
        rc = vnuma__plan_build(config, topology, options, plan, diags);
    if (rc && rc != VNUMA_ERROR_NOFIT)
        free(plan);
    else
        *plan_r = plan;
    return rc;
}

void vnuma_plan_free(vnuma_plan *plan)
{
    if (plan)
        vnuma__plan_dispose(plan);
    free(plan);
}

/* ---- what is in a plan -------------------------------------------------- */

bool vnuma_plan_is_feasible(const vnuma_plan *plan)
{
    return plan->feasible;
}

bool vnuma_plan_is_optimal(const vnuma_plan *plan)
{
    return plan->optimal;
}

unsigned int vnuma_plan_num_vnodes(const vnuma_plan *plan)
{
    return plan->num_vnodes;
}

const vnuma_plan_vnode *vnuma_plan_vnode_at(const vnuma_plan *plan,
                                            unsigned int vnode)
{
    return &plan->vnodes[vnode];
}

unsigned int vnuma_plan_num_pnodes(const vnuma_plan *plan)
{
    return plan->num_pnodes;
}

const vnuma_plan_pnode *vnuma_plan_pnode_at(const vnuma_plan *plan,
                                            unsigned int index)
{
    return &plan->pnodes[index];
}

const vnuma_plan_cost *vnuma_plan_cost_of(const vnuma_plan *plan)
{
    return &plan->cost;
}

const vnuma_plan_cost *vnuma_plan_bound_of(const vnuma_plan *plan)
{
    return &plan->bound;
}

bool vnuma_plan_gave_up(const vnuma_plan *plan)
{
    return plan->gave_up;
}

unsigned int vnuma_plan_num_reasons(const vnuma_plan *plan)
{
    return plan->num_reasons;
}

const char *vnuma_plan_reason_at(const vnuma_plan *plan, unsigned int index)
{
    return plan->reasons[index];
}

/* ---- options ------------------------------------------------------------ */

int vnuma_plan_options_make(vnuma_plan_options **options_r)
{
    vnuma_plan_options *options = calloc(1, sizeof(*options));

    if (!options)
        return VNUMA_ERROR_NOMEM;
    *options_r = options;
    return 0;
}

void vnuma_plan_options_free(vnuma_plan_options *options)
{
    if (options)
        vnuma__plan_options_dispose(options);
    free(options);
}

const vnuma_plan_reserve *
vnuma_plan_options_check(const vnuma_plan_options *options,
                         const vnuma_topology *topology)
{
    unsigned int i;

    for (i = 0; i < options->num_reserves; i++)
        if (options->reserves[i].pnode != VNUMA_PNODE_AUTO &&
            !vnuma_topology_find(topology, options->reserves[i].pnode))
            return &options->reserves[i];
    return NULL;
}

/* ---- one of several guests ---------------------------------------------- */

int vnuma_plan_guest_make(const vnuma_config *config, const char *name,
                          vnuma_plan_guest **guest_r)
{
    vnuma_plan_guest *guest = calloc(1, sizeof(*guest));

    if (!guest)
        return VNUMA_ERROR_NOMEM;
    guest->config = config;
    guest->name = name;
    *guest_r = guest;
    return 0;
}

void vnuma_plan_guest_free(vnuma_plan_guest *guest)
{
    if (guest)
        vnuma__plan_guest_dispose(guest);
    free(guest);
}

int vnuma_plan_guest_rc(const vnuma_plan_guest *guest)
{
    return guest->rc;
}

bool vnuma_plan_guest_fits_alone(const vnuma_plan_guest *guest)
{
    return guest->fits_alone;
}

const vnuma_plan *vnuma_plan_guest_plan(const vnuma_plan_guest *guest)
{
    return &guest->plan;
}

const vnuma_diags *vnuma_plan_guest_diags(const vnuma_plan_guest *guest)
{
    return &guest->diags;
}
