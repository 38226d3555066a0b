/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a plan of a guest and a host: states the problem, searches, and turns
 * the placement that was found into what goes where and what is left.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>

/* ---- from a placement to a plan ----------------------------------------- */

/*
 * The distance that the guest will read.  ACPI and Linux require 10 from a
 * node to itself and more to any other, also between two vnodes on one pnode.
 */
static uint32_t guest_distance(const vnuma__model *m,
                               const vnuma__result *result, unsigned int v,
                               unsigned int w)
{
    uint32_t distance;

    if (m->problem.has_stated[v])
        return (uint32_t)m->config->vnodes[v].distances[w].value;
    if (v == w)
        return VNUMA_DISTANCE_LOCAL;
    distance = m->topology
                   ->distances[(size_t)result->pnode[v] *
                                   m->topology->num_pnodes +
                               result->pnode[w]];
    if (distance == VNUMA_DISTANCE_UNKNOWN)
        return VNUMA__ASSUMED_DISTANCE;
    if (distance <= VNUMA_DISTANCE_LOCAL)
        return VNUMA_DISTANCE_LOCAL + 1;
    return distance < VNUMA_DISTANCE_MAX ? distance : VNUMA_DISTANCE_MAX;
}

static int fill_vnodes(vnuma_plan *plan, const vnuma__model *m,
                       const vnuma__result *result)
{
    unsigned int n = m->problem.num_vnodes, v, w;
    int rc;

    plan->vnodes = calloc(n, sizeof(*plan->vnodes));
    if (!plan->vnodes)
        return VNUMA_ERROR_NOMEM;
    plan->num_vnodes = n;
    for (v = 0; v < n; v++) {
        vnuma_plan_vnode *vnode = &plan->vnodes[v];

        vnode->pnode = m->topology->pnodes[result->pnode[v]].pnode;
        vnode->memkb = m->config->vnodes[v].memkb.value;
        rc = vnuma_bitmap_copy(&m->config->vnodes[v].vcpus, &vnode->vcpus);
        if (rc)
            return rc;
        vnode->distances = calloc(n, sizeof(*vnode->distances));
        if (!vnode->distances)
            return VNUMA_ERROR_NOMEM;
        for (w = 0; w < n; w++)
            vnode->distances[w] = guest_distance(m, result, v, w);
    }
    return 0;
}

static vnuma_plan_cost cost_of(const vnuma__cost *cost)
{
    return (vnuma_plan_cost){
        .moved = (uint64_t)cost->moved,
        .shared = (uint64_t)cost->shared,
        .overcommit = (uint64_t)(cost->cpu / VNUMA__COST_PCPU),
        .core_overcommit = (uint64_t)(cost->cpu % VNUMA__COST_PCPU),
        .away_memkb = (uint64_t)cost->away,
        .distance = (uint64_t)(cost->near / VNUMA__COST_DISTANCE),
        .led_away = (uint64_t)(cost->near % VNUMA__COST_DISTANCE /
                               VNUMA__COST_LED_AWAY),
        .misplaced = (uint64_t)(cost->near % VNUMA__COST_LED_AWAY),
        .least_memkb = (uint64_t)-cost->taken,
    };
}

static int make_plan(vnuma_plan *plan, const vnuma__model *m,
                     const vnuma__result *result)
{
    uint64_t(*flows)[VNUMA__MAX_PNODES] =
        calloc(m->problem.num_vnodes, sizeof(*flows));
    vnuma__cost cost;
    int rc;

    if (!flows)
        return VNUMA_ERROR_NOMEM;
    vnuma__measure(&m->problem, result->pnode, &cost, flows);
    plan->feasible = true;
    plan->optimal = result->optimal;
    plan->knows_cores = m->problem.knows_cores;
    plan->cost = cost_of(&result->cost);
    plan->bound = cost_of(&result->bound);
    rc = fill_vnodes(plan, m, result);
    if (!rc)
        rc = vnuma__plan_place(plan, m, result, flows);
    free(flows);
    return rc ? rc : vnuma__plan_explain(plan, m);
}

/* ---- the whole ---------------------------------------------------------- */

/* Only for what vnuma_check() would have refused. */
static int refuse_config(vnuma_plan *plan, const vnuma_config *config,
                         vnuma_diags *diags)
{
    int rc = vnuma__plan_reason(
        plan, "there is nothing to place: the guest has no vnodes or too "
              "many, or a vnode does not have one distance per vnode");

    rc = vnuma__plan_deny(plan, diags, config->vnodes_span, rc);
    return rc ? rc : VNUMA_ERROR_NOFIT;
}

static int build(vnuma_plan *plan, vnuma__model *m, vnuma_config *full,
                 const vnuma_topology *topology,
                 const vnuma_plan_options *options, vnuma_diags *diags)
{
    vnuma__result result;
    int rc;

    rc = vnuma__model_init(m, full, topology, options);
    if (rc)
        return rc == VNUMA_ERROR_CONFIG ? refuse_config(plan, full, diags)
                                        : rc;
    rc = vnuma__search(&m->problem, VNUMA__STEPS, &result);
    if (rc)
        return rc;
    plan->gave_up = result.gave_up;
    return result.feasible
               ? make_plan(plan, m, &result)
               : vnuma__plan_refuse(plan, m, full, options, diags);
}

int vnuma__plan_build(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_plan *plan_r,
                      vnuma_diags *diags)
{
    vnuma__model *model = calloc(1, sizeof(*model));
    vnuma_config full;
    vnuma_plan plan;
    int rc = VNUMA_ERROR_NOMEM;

    vnuma__config_init(&full);
    vnuma__plan_init(&plan);
    if (model)
        rc = vnuma__config_fill(config, topology, options, &full, diags);
    if (!rc)
        rc = build(&plan, model, &full, topology, options, diags);
    if (!rc || rc == VNUMA_ERROR_NOFIT) {
        *plan_r = plan;
        vnuma__plan_init(&plan);
    }
    if (model)
        vnuma__model_dispose(model);
    free(model);
    vnuma__full_dispose(&full);
    vnuma__plan_dispose(&plan);
    return rc;
}
