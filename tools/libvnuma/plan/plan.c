/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a plan of a guest and a host: states the problem, searches, and turns
 * the placement that was found into what goes where and what is left.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

/* What Linux assumes when firmware gives no distance. */
#define REMOTE_DISTANCE 20u

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
    free(options->taken);
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

int vnuma_plan_options_take(vnuma_plan_options *options,
                            const vnuma_plan *plan)
{
    vnuma_plan_taken *grown;
    unsigned int i, v;

    grown = reallocarray(options->taken, options->num_taken + plan->num_pnodes,
                         sizeof(*grown));
    if (!grown && plan->num_pnodes)
        return VNUMA_ERROR_NOMEM;
    options->taken = grown;
    for (i = 0; i < plan->num_pnodes; i++) {
        const vnuma_plan_pnode *pnode = &plan->pnodes[i];
        vnuma_plan_taken *taken = &grown[options->num_taken++];

        *taken = (vnuma_plan_taken){
            .pnode = pnode->pnode,
            .memkb = pnode->guest_memkb + pnode->build_memkb,
        };
        for (v = 0; v < plan->num_vnodes; v++)
            if (plan->vnodes[v].pnode == pnode->pnode)
                taken->num_vcpus += vnuma_bitmap_count(&plan->vnodes[v].vcpus);
    }
    return 0;
}

void vnuma_topology_take(vnuma_topology *topology, const vnuma_plan *plan)
{
    unsigned int i, p;

    for (i = 0; i < plan->num_pnodes; i++) {
        uint64_t memkb =
            plan->pnodes[i].guest_memkb + plan->pnodes[i].build_memkb;

        for (p = 0; p < topology->num_pnodes; p++) {
            vnuma_pnode *pnode = &topology->pnodes[p];

            if (pnode->pnode == plan->pnodes[i].pnode &&
                pnode->free_memkb != VNUMA_MEMKB_UNKNOWN)
                pnode->free_memkb -=
                    memkb < pnode->free_memkb ? memkb : pnode->free_memkb;
        }
    }
}

/* ---- from a placement to a plan -------------------------------------------------- */

/*
 * The distance that the guest will read.  ACPI and Linux require 10 from a
 * node to itself and more to any other, also between two vnodes on one pnode.
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

/* Whether a vnode is on this pnode, which then has building cost. */
static bool is_home(const vnuma__problem *problem,
                    const vnuma__placement *placement, unsigned int p)
{
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++)
        if (placement->pnode[v] == p)
            return true;
    return false;
}

static int fill_pnodes(vnuma_plan *plan, const vnuma__problem *problem,
                       const vnuma_topology *topology,
                       const vnuma__placement *placement)
{
    unsigned int p;

    plan->pnodes = calloc(problem->num_pnodes, sizeof(*plan->pnodes));
    if (!plan->pnodes)
        return VNUMA_ERROR_NOMEM;
    for (p = 0; p < problem->num_pnodes; p++) {
        vnuma_plan_pnode pnode = {
            .pnode = topology->pnodes[p].pnode,
            .free_memkb = problem->free[p],
            .reserve_memkb = problem->reserve[p],
        };
        bool is_used = is_home(problem, placement, p);

        if (is_used)
            pnode.build_memkb += problem->share_memkb;
        if (placement->pnode[0] == p)
            pnode.build_memkb += VNUMA__SPECIAL_MEMKB;
        pnode.guest_memkb = vnuma__plan_memory_on(plan, pnode.pnode);
        if (is_used || pnode.guest_memkb)
            plan->pnodes[plan->num_pnodes++] = pnode;
    }
    return 0;
}

/* Memory-only vnodes on pnodes with CPUs that may be on one without. */
static uint64_t count_misplaced(const vnuma__problem *problem,
                                const vnuma__placement *placement)
{
    uint64_t num = 0;
    unsigned int v;

    for (v = 0; v < problem->num_vnodes; v++)
        num += !problem->vcpus[v] &&
               !(problem->cpuless & vnuma__bit(placement->pnode[v])) &&
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
    /* A bound of less overcommitment says nothing about distances. */
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
    rc = vnuma__plan_place(plan, config, problem, topology);
    if (!rc)
        rc = fill_pnodes(plan, problem, topology, &result->placement);
    if (rc)
        return rc;
    return vnuma__plan_explain(plan, config, topology);
}

/* ---- the whole --------------------------------------------------------------------- */

/* Only for what vnuma_check() would have refused. */
static int refuse_config(vnuma_plan *plan, const vnuma_config *config,
                         vnuma_diags *diags)
{
    static const char message[] =
        "there is nothing to place: the guest has no vnodes or too many, or "
        "a vnode does not have one distance per vnode";
    int rc;

    rc = vnuma__plan_reason(plan, "%s", message);
    if (rc)
        return rc;
    vnuma__error(diags, "no-fit", config->vnodes_span, "%s", message);
    return VNUMA_ERROR_NOFIT;
}

/* Adds a reason that is also an error.  Returns ..._NOFIT or ..._NOMEM. */
static int refuse(vnuma_plan *plan, vnuma_diags *diags, vnuma_span span,
                  const char *message)
{
    int rc = vnuma__plan_reason(plan, "%s", message);

    vnuma__error(diags, "no-fit", span, "%s", message);
    return rc ? rc : VNUMA_ERROR_NOFIT;
}

/* The pnodes of interleave=; the caller may not have used vnuma_check(). */
static int check_named(vnuma_plan *plan, const vnuma_config *config,
                       const vnuma_topology *topology, vnuma_diags *diags)
{
    const vnuma_policies *policies = &config->policies;
    char message[80];
    unsigned int i;
    uint32_t pnode;
    int rc = 0;

    for (i = 0; i < policies->num_items; i++) {
        if (policies->items[i].policy == VNUMA_POLICY_INTERLEAVE &&
            !vnuma_bitmap_count(&policies->items[i].pnodes))
            return refuse(plan, diags, policies->items[i].pnodes_span,
                          "interleave= names no pnode");
        VNUMA_BITMAP_FOREACH(pnode, &policies->items[i].pnodes)
        {
            if (vnuma_topology_find(topology, pnode) ||
                rc == VNUMA_ERROR_NOMEM)
                continue;
            snprintf(message, sizeof(message),
                     "interleave= names pnode %" PRIu32
                     ", which the host does not have",
                     pnode);
            rc = refuse(plan, diags, policies->items[i].pnodes_span, message);
        }
    }
    return rc;
}

/* Interleaved memory cannot go to other pnodes. */
static int check_dealt(vnuma_plan *plan, const vnuma__problem *problem,
                       const vnuma_config *config,
                       const vnuma_topology *topology, vnuma_diags *diags)
{
    char message[200];
    unsigned int p;
    int rc = 0;

    for (p = 0; p < problem->num_pnodes && rc != VNUMA_ERROR_NOMEM; p++) {
        uint64_t need = vnuma__mib_up(problem->dealt[p] + problem->reserve[p]);
        uint64_t is_free = vnuma__mib_down(problem->free[p]);

        if (!problem->dealt[p] || need <= is_free)
            continue;
        snprintf(message, sizeof(message),
                 "interleaved memory needs %" PRIu64 " MiB on pnode %" PRIu32
                 ", %" PRIu64 " MiB free, %" PRIu64 " MiB missing",
                 need, topology->pnodes[p].pnode, is_free, need - is_free);
        rc = refuse(plan, diags, config->policies.span, message);
    }
    return rc;
}

/* Whether all memory of preferred vnodes found room on some pnode. */
static int check_places(vnuma_plan *plan, const vnuma_config *config,
                        vnuma_diags *diags)
{
    char message[200];
    vnuma_plan refused;
    unsigned int v;
    int rc = 0;

    vnuma__plan_init(&refused);
    for (v = 0; v < plan->num_vnodes && rc != VNUMA_ERROR_NOMEM; v++) {
        uint64_t memkb = vnuma__plan_unplaced(plan, v);

        if (!memkb)
            continue;
        snprintf(message, sizeof(message),
                 "vnode %u: pnode %" PRIu32
                 " and all others lack memory for the last %" PRIu64 " MiB",
                 v, plan->vnodes[v].pnode, vnuma__mib_up(memkb));
        rc = refuse(&refused, diags, vnuma__size_span(config, v), message);
    }
    if (rc) {
        vnuma__plan_dispose(plan);
        *plan = refused;
    }
    return rc;
}

/* The least that is left on a pnode; the search left preferred memory out. */
static void correct_cost(vnuma_plan *plan)
{
    unsigned int i;
    uint64_t left;

    plan->cost.least_memkb = UINT64_MAX;
    for (i = 0; i < plan->num_pnodes; i++) {
        const vnuma_plan_pnode *pnode = &plan->pnodes[i];

        left = pnode->free_memkb - pnode->reserve_memkb - pnode->guest_memkb -
               pnode->build_memkb;
        if (left < plan->cost.least_memkb)
            plan->cost.least_memkb = left;
    }
}

/*
 * First all vnodes are searched for as if they were strict.  If there is no
 * such placement, preferred memory is left out of a second search, and then
 * put where there is room.
 */
static int build(vnuma_plan *plan, vnuma__problem *problem,
                 const vnuma_config *config, const vnuma_topology *topology,
                 const vnuma_plan_options *options, vnuma_diags *diags)
{
    bool is_relaxed = false;
    vnuma__result result;
    int rc;

    if (!vnuma__problem_init(problem, config, topology, options))
        return refuse_config(plan, config, diags);
    rc = check_named(plan, config, topology, diags);
    if (!rc)
        rc = check_dealt(plan, problem, config, topology, diags);
    if (rc)
        return rc;
    rc = vnuma__search(problem, &result);
    if (!rc && !result.feasible && problem->prefers) {
        vnuma__problem_relax(problem);
        is_relaxed = true;
        rc = vnuma__search(problem, &result);
    }
    if (rc)
        return rc;
    if (!result.feasible)
        return vnuma__plan_refuse(plan, problem, config, topology,
                                  result.gave_up, diags);
    result.optimal &= !is_relaxed;
    rc = make_plan(plan, config, problem, topology, &result);
    if (!rc && is_relaxed)
        correct_cost(plan);
    return rc ? rc : check_places(plan, config, diags);
}

int vnuma__plan_build(const vnuma_config *config,
                          const vnuma_topology *topology,
                          const vnuma_plan_options *options,
                          vnuma_plan *plan_r, vnuma_diags *diags)
{
    vnuma__problem *problem;
    vnuma_config full;
    vnuma_plan plan;
    int rc;

    vnuma__config_init(&full);
    vnuma__plan_init(&plan);
    problem = malloc(sizeof(*problem));
    if (!problem) {
        rc = VNUMA_ERROR_NOMEM;
        goto out;
    }
    rc = vnuma__config_fill(config, topology, options, &full);
    if (rc)
        goto out;
    rc = build(&plan, problem, &full, topology, options, diags);
    if (rc && rc != VNUMA_ERROR_NOFIT)
        goto out;
    *plan_r = plan;
    vnuma__plan_init(&plan);

out:
    free(problem);
    vnuma__config_dispose(&full);
    vnuma__plan_dispose(&plan);
    return rc;
}
