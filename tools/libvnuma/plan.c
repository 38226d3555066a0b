/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans as values: from a guest and a host, through the search, to what goes
 * where and what is left.
 */
#include "config.h"

#include "plan_inside.h"

#include <stdlib.h>
#include <string.h>

/* What Linux takes for remote where firmware is silent. */
#define REMOTE_DISTANCE 20u

void vnuma_plan_init(vnuma_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
}

void vnuma_plan_dispose(vnuma_plan *plan)
{
    unsigned int i;

    for (i = 0; i < plan->num_vnodes; i++) {
        vnuma_bitmap_dispose(&plan->vnodes[i].vcpus);
        free(plan->vnodes[i].distances);
    }
    for (i = 0; i < plan->num_reasons; i++)
        free(plan->reasons[i]);
    free(plan->vnodes);
    free(plan->pnodes);
    free(plan->reasons);
    vnuma_plan_init(plan);
}

void vnuma_plan_options_init(vnuma_plan_options *options)
{
    memset(options, 0, sizeof(*options));
}

void vnuma_plan_options_dispose(vnuma_plan_options *options)
{
    free(options->reserves);
    vnuma_plan_options_init(options);
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

/* ---- from a placement to a plan -------------------------------------------------- */

/*
 * What the guest will read.  ACPI and Linux want 10 for a node itself and
 * more for any other, also for two vnodes on one pnode.
 */
static uint32_t guest_distance(const vnuma_config *config,
                               const vnuma__problem *problem,
                               const vnuma_topology *topology,
                               const vnuma__placement *placement,
                               unsigned int v, unsigned int w)
{
    uint32_t distance;

    if (problem->has_stated[v])
        return (uint32_t)config->vnodes[v].distances[w].value;
    if (v == w)
        return VNUMA_DISTANCE_LOCAL;
    distance =
        topology
            ->distances[(size_t)placement->pnode[v] * topology->num_pnodes +
                        placement->pnode[w]];
    if (distance == VNUMA_DISTANCE_UNKNOWN)
        return REMOTE_DISTANCE;
    if (distance <= VNUMA_DISTANCE_LOCAL)
        return VNUMA_DISTANCE_LOCAL + 1;
    return distance < VNUMA_DISTANCE_MAX ? distance : VNUMA_DISTANCE_MAX;
}

static int fill_vnodes(vnuma_plan *plan, const vnuma_config *config,
                       const vnuma__problem *problem,
                       const vnuma_topology *topology,
                       const vnuma__placement *placement)
{
    unsigned int n = problem->num_vnodes, v, w;
    int rc;

    plan->vnodes = calloc(n, sizeof(*plan->vnodes));
    if (!plan->vnodes)
        return VNUMA_ERROR_NOMEM;
    plan->num_vnodes = n;
    for (v = 0; v < n; v++) {
        vnuma_plan_vnode *vnode = &plan->vnodes[v];

        vnode->pnode = topology->pnodes[placement->pnode[v]].pnode;
        vnode->memkb = config->vnodes[v].memkb.value;
        rc = vnuma_bitmap_copy(&config->vnodes[v].vcpus, &vnode->vcpus);
        if (rc)
            return rc;
        vnode->distances = calloc(n, sizeof(*vnode->distances));
        if (!vnode->distances)
            return VNUMA_ERROR_NOMEM;
        for (w = 0; w < n; w++)
            vnode->distances[w] =
                guest_distance(config, problem, topology, placement, v, w);
    }
    return 0;
}

static int fill_pnodes(vnuma_plan *plan, const vnuma__problem *problem,
                       const vnuma_topology *topology,
                       const vnuma__placement *placement)
{
    unsigned int v, p;

    plan->pnodes = calloc(problem->num_pnodes, sizeof(*plan->pnodes));
    if (!plan->pnodes)
        return VNUMA_ERROR_NOMEM;
    for (p = 0; p < problem->num_pnodes; p++) {
        vnuma_plan_pnode pnode = {
            .pnode = topology->pnodes[p].pnode,
            .free_memkb = problem->free[p],
            .reserve_memkb = problem->reserve[p],
            .build_memkb = problem->share_memkb,
        };
        bool is_used = false;

        for (v = 0; v < problem->num_vnodes; v++) {
            if (placement->pnode[v] != p)
                continue;
            is_used = true;
            pnode.guest_memkb += problem->guest[v];
            pnode.build_memkb += problem->need[v] - problem->guest[v];
        }
        if (is_used)
            plan->pnodes[plan->num_pnodes++] = pnode;
    }
    return 0;
}

/* Memory-only vnodes beside CPUs that a CPU-less pnode could have taken. */
static uint64_t count_misplaced(const vnuma__problem *problem,
                                const vnuma__placement *placement)
{
    uint64_t num = 0;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++)
        num += !problem->vcpus[v] && problem->pcpus[placement->pnode[v]] &&
               (problem->allowed[v] & problem->cpuless);
    return num;
}

static void fill_cost(vnuma_plan *plan, const vnuma__problem *problem,
                      const vnuma__result *result)
{
    uint64_t cost = result->placement.cost, bound = result->bound;

    plan->cost.shared = problem->num_vnodes - problem->num_used;
    plan->cost.overcommit = cost / VNUMA__COST_OVERCOMMIT;
    plan->cost.distance = cost % VNUMA__COST_OVERCOMMIT / VNUMA__COST_DISTANCE;
    plan->cost.misplaced = count_misplaced(problem, &result->placement);
    plan->cost.least_memkb = (uint64_t)result->placement.least;
    /* A bound below the overcommitment says nothing of distances. */
    if (bound / VNUMA__COST_OVERCOMMIT == plan->cost.overcommit)
        plan->distance_bound =
            bound % VNUMA__COST_OVERCOMMIT / VNUMA__COST_DISTANCE;
}

static int make_plan(vnuma_plan *plan, const vnuma_config *config,
                     const vnuma__problem *problem,
                     const vnuma_topology *topology,
                     const vnuma__result *result)
{
    int rc;

    plan->feasible = true;
    plan->optimal = result->optimal;
    fill_cost(plan, problem, result);
    rc = fill_vnodes(plan, config, problem, topology, &result->placement);
    if (rc)
        return rc;
    rc = fill_pnodes(plan, problem, topology, &result->placement);
    if (rc)
        return rc;
    return vnuma__plan_explain(plan, config, topology);
}

/* ---- the whole --------------------------------------------------------------------- */

/* Only of what vnuma_check() does not let pass. */
static int refuse_config(vnuma_plan *plan, const vnuma_config *config,
                         vnuma_diags *diags)
{
    static const char message[] =
        "there is nothing that could be placed: no vnodes, too many, or "
        "vdistances that are not one per vnode";
    int rc;

    rc = vnuma__plan_reason(plan, "%s", message);
    if (rc)
        return rc;
    vnuma__error(diags, "no-fit", config->vnuma_span, "%s", message);
    return VNUMA_ERROR_NOFIT;
}

static int build(vnuma_plan *plan, vnuma__problem *problem,
                 const vnuma_config *config, const vnuma_topology *topology,
                 const vnuma_plan_options *options, vnuma_diags *diags)
{
    vnuma__result result;
    int rc;

    if (!vnuma__problem_init(problem, config, topology, options))
        return refuse_config(plan, config, diags);
    rc = vnuma__search(problem, &result);
    if (rc)
        return rc;
    if (!result.feasible)
        return vnuma__plan_refuse(plan, problem, config, topology,
                                  result.gave_up, diags);
    return make_plan(plan, config, problem, topology, &result);
}

int vnuma_plan_build_with(const vnuma_config *config,
                          const vnuma_topology *topology,
                          const vnuma_plan_options *options,
                          vnuma_plan *plan_r, vnuma_diags *diags)
{
    vnuma__problem *problem;
    vnuma_config full;
    vnuma_plan plan;
    int rc;

    vnuma_config_init(&full);
    vnuma_plan_init(&plan);
    problem = malloc(sizeof(*problem));
    if (!problem) {
        rc = VNUMA_ERROR_NOMEM;
        goto out;
    }
    rc = vnuma_config_fill(config, topology, options, &full);
    if (rc)
        goto out;
    rc = build(&plan, problem, &full, topology, options, diags);
    if (rc && rc != VNUMA_ERROR_NOFIT)
        goto out;
    *plan_r = plan;
    vnuma_plan_init(&plan);

out:
    free(problem);
    vnuma_config_dispose(&full);
    vnuma_plan_dispose(&plan);
    return rc;
}

int vnuma_plan_build(const vnuma_config *config,
                     const vnuma_topology *topology, vnuma_plan *plan_r,
                     vnuma_diags *diags)
{
    return vnuma_plan_build_with(config, topology, NULL, plan_r, diags);
}
