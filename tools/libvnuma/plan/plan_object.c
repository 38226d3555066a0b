/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans, and what they are made with, as users of the library have them. */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>

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

/* ---- what is in a plan ---------------------------------------------------- */

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

uint64_t vnuma_plan_distance_bound(const vnuma_plan *plan)
{
    return plan->distance_bound;
}

unsigned int vnuma_plan_num_reasons(const vnuma_plan *plan)
{
    return plan->num_reasons;
}

const char *vnuma_plan_reason_at(const vnuma_plan *plan, unsigned int index)
{
    return plan->reasons[index];
}

/* ---- options -------------------------------------------------------------- */

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

/* ---- one of several guests ------------------------------------------------ */

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
