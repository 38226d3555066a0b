/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a plan of a guest and a host: states the problem, searches, and turns
 * the placement that was found into what goes where and what is left.
 *
 * Where the memory of a vnode goes follows from its policy: the pnodes that it
 * may be on, in order, and how much goes to each by what is free now.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <stdlib.h>
#include <string.h>

#include "guest/build_cost.h"

/* ---- vnodes ------------------------------------------------------------- */

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
    distance = m->problem.host[result->pnode[v]][result->pnode[w]];
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

/* ---- where their memory goes -------------------------------------------- */

/* Equal parts in pages; the remainder goes to the first pnode. */
static uint64_t interleave(const vnuma__model *m, const vnuma_bitmap *pnodes,
                           unsigned int v, uint64_t *parts)
{
    uint64_t num = vnuma_bitmap_count(pnodes), all = 0;
    uint64_t memkb = m->config->vnodes[v].memkb.value;
    uint64_t page = m->page_kb[m->problem.memory[v]];
    uint64_t part = memkb / num / page * page;
    uint32_t pnode;
    unsigned int p;

    memkb -= part * (num - 1);
    VNUMA_BITMAP_FOREACH(pnode, pnodes) {
        p = vnuma__pnode_index(m->topology, pnode);
        parts[p] = memkb;
        memkb = part;
        all |= vnuma__bit(p);
    }
    return all;
}

/*
 * @parts: KiB by index of pnode; those of preferred memory are known.  Strict
 * memory of several pnodes is dealt out as if it were preferred among them.
 */
static int place_vnode(vnuma_plan_vnode *vnode, const vnuma__model *m,
                       unsigned int v, unsigned int home, uint64_t *parts)
{
    const vnuma_policy_item *item = vnuma__policy_of(m->config, v);
    vnuma_membind *membind = &vnode->membind;
    uint64_t pnodes = vnuma__bit(home), within = m->problem.within[v];
    unsigned int p, q;

    membind->policy = item ? item->policy : VNUMA_POLICY_STRICT;
    if (membind->policy == VNUMA_POLICY_INTERLEAVE)
        pnodes = interleave(m, &item->pnodes, v, parts);
    else if (membind->policy == VNUMA_POLICY_PREFERRED)
        pnodes |= (within ? within
                          : vnuma__lowest_bits(m->problem.num_pnodes)) &
                  ~m->memoryless;
    else
        parts[home] = vnode->memkb;
    /* the caller has it */
    vnode->parts = calloc(m->problem.num_pnodes, sizeof(*vnode->parts));
    if (!vnode->parts)
        return VNUMA_ERROR_NOMEM;
    while (pnodes) {
        uint64_t rest = pnodes;

        /* What is preferred is at home first, then on the nearest. */
        p = vnuma__take_lowest(&rest);
        while (membind->policy == VNUMA_POLICY_PREFERRED && rest) {
            q = vnuma__take_lowest(&rest);
            if (p != home && (q == home || m->problem.host[home][q] <
                                               m->problem.host[home][p]))
                p = q;
        }
        pnodes &= ~vnuma__bit(p);
        membind->pnodes[membind->num_pnodes++] = m->topology->pnodes[p].pnode;
        if (parts[p])
            vnode->parts[vnode->num_parts++] = (vnuma_plan_part){
                m->topology->pnodes[p].pnode, parts[p] };
    }
    if (within)
        membind->policy = VNUMA_POLICY_STRICT;
    return 0;
}

/* @parts: of all vnodes. */
static int fill_pnodes(vnuma_plan *plan, const vnuma__model *m,
                       const vnuma__result *result,
                       uint64_t (*parts)[VNUMA__MAX_PNODES])
{
    uint64_t homes = 0;
    unsigned int p, v;

    for (v = 0; v < plan->num_vnodes; v++)
        homes |= vnuma__bit(result->pnode[v]);
    plan->pnodes = calloc(m->problem.num_pnodes, sizeof(*plan->pnodes));
    if (!plan->pnodes)
        return VNUMA_ERROR_NOMEM;
    for (p = 0; p < m->problem.num_pnodes; p++) {
        bool is_home = homes & vnuma__bit(p);
        vnuma_plan_pnode pnode = {
            .pnode = m->topology->pnodes[p].pnode,
            .free_memkb = m->free[p],
            .reserve_memkb = m->reserve[p],
        };

        if (m->memoryless & vnuma__bit(p))
            pnode.reserve_memkb = 0;
        else if (is_home)
            pnode.build_memkb =
                m->problem.building[__builtin_popcountll(homes)];
        if (result->pnode[0] == p)
            pnode.build_memkb += vnuma__special_memkb(m->config);
        for (v = 0; v < plan->num_vnodes; v++)
            pnode.guest_memkb += m->problem.memory[v] ? 0 : parts[v][p];
        if (is_home || pnode.guest_memkb)
            plan->pnodes[plan->num_pnodes++] = pnode;
    }
    return 0;
}

/* Parts are whole pages, but for the end of a vnode. */
static int fill_pages(vnuma_plan *plan, const vnuma__model *m,
                      uint64_t (*parts)[VNUMA__MAX_PNODES])
{
    unsigned int p, k, v;

    plan->pages = calloc((size_t)m->problem.num_pnodes * m->num_memories,
                         sizeof(*plan->pages));
    if (!plan->pages)
        return VNUMA_ERROR_NOMEM;
    for (p = 0; p < m->problem.num_pnodes; p++)
        for (k = 1; k < m->num_memories; k++) {
            uint64_t room = (uint64_t)m->problem.room[k][p] + m->dealt[k][p];
            vnuma__plan_pages pages = {
                .pnode = m->topology->pnodes[p].pnode,
                .page_kb = m->page_kb[k],
                .free = room / m->page_kb[k],
            };

            for (v = 0; v < plan->num_vnodes; v++)
                if (m->problem.memory[v] == k)
                    pages.guest += parts[v][p] / pages.page_kb +
                                   !!(parts[v][p] % pages.page_kb);
            if (pages.guest)
                plan->pages[plan->num_pages++] = pages;
        }
    return 0;
}

/* ---- from a placement to a plan ----------------------------------------- */

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
    uint64_t parts[VNUMA__MAX_VNODES][VNUMA__MAX_PNODES];
    vnuma__cost cost;
    unsigned int v;
    int rc;

    vnuma__measure(&m->problem, result->pnode, &cost, parts);
    plan->feasible = true;
    plan->optimal = result->optimal;
    plan->knows_cores = m->problem.knows_cores;
    plan->cost = cost_of(&result->cost);
    plan->bound = cost_of(&result->bound);
    rc = fill_vnodes(plan, m, result);
    for (v = 0; v < plan->num_vnodes && !rc; v++)
        rc = place_vnode(&plan->vnodes[v], m, v, result->pnode[v], parts[v]);
    if (!rc)
        rc = fill_pnodes(plan, m, result, parts);
    if (!rc && m->problem.has_pools)
        rc = fill_pages(plan, m, parts);
    return rc ? rc : vnuma__plan_explain(plan, m);
}

/* ---- the whole ---------------------------------------------------------- */

int vnuma__attempt_init(vnuma__attempt *attempt, const vnuma_config *config,
                        const vnuma_topology *topology,
                        const vnuma_plan_options *options, uint64_t most_steps,
                        vnuma_diags *diags)
{
    int rc;

    memset(attempt, 0, sizeof(*attempt));
    attempt->model.topology = topology; /* also where the guest is refused */
    rc = vnuma__config_fill(config, topology, options, &attempt->full, diags);
    if (!rc)
        rc = vnuma__model_init(&attempt->model, &attempt->full, topology,
                               options);
    if (!rc && most_steps)
        rc = vnuma__search(&attempt->model.problem, most_steps,
                           &attempt->result);
    return rc;
}

void vnuma__attempt_dispose(vnuma__attempt *attempt)
{
    vnuma__model_dispose(&attempt->model);
    vnuma__full_dispose(&attempt->full);
}

int vnuma__plan_build(const vnuma_config *config,
                      const vnuma_topology *topology,
                      const vnuma_plan_options *options, vnuma_plan *plan_r,
                      vnuma_diags *diags)
{
    vnuma__attempt attempt;
    int rc;

    rc = vnuma__attempt_init(&attempt, config, topology, options, VNUMA__STEPS,
                             diags);
    plan_r->gave_up = attempt.result.gave_up;
    if (!rc && attempt.result.feasible)
        rc = make_plan(plan_r, &attempt.model, &attempt.result);
    else if (rc != VNUMA_ERROR_NOMEM)
        rc = vnuma__plan_refuse(plan_r, &attempt, options, diags, rc);
    if (rc && rc != VNUMA_ERROR_NOFIT)
        vnuma__plan_dispose(plan_r);
    vnuma__attempt_dispose(&attempt);
    return rc;
}
