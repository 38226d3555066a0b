/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as a table for people and as JSON for programs. */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/print.h"
#include "plan/plan_print.h"

/* ---- for people --------------------------------------------------------- */

static bool print_vnode(const vnuma_plan *plan, unsigned int v, FILE *f)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    char *vcpus = vnuma_bitmap_format(&vnode->vcpus);
    unsigned int w;

    if (!vcpus)
        return false;
    fprintf(f, "%5u  %5" PRIu32 "  %9" PRIu64 "  %-15s ", v, vnode->pnode,
            vnuma__mib_up(vnode->memkb), vcpus);
    for (w = 0; w < plan->num_vnodes; w++)
        fprintf(f, " %3" PRIu32, vnode->distances[w]);
    fputc('\n', f);
    free(vcpus);
    return true;
}

static void print_pnode(const vnuma_plan_pnode *pnode, FILE *f)
{
    fprintf(f,
            "%5" PRIu32 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64
            "  %9" PRIu64 "\n",
            pnode->pnode, vnuma__mib_down(pnode->free_memkb),
            vnuma__mib_up(pnode->reserve_memkb),
            vnuma__mib_up(pnode->guest_memkb),
            vnuma__mib_up(pnode->build_memkb),
            vnuma__mib_down(vnuma__plan_left(pnode)));
}

bool vnuma__plan_print(const vnuma_plan *plan, FILE *f)
{
    unsigned int i;

    if (plan->feasible && plan->num_vnodes) {
        fputs("vnode  pnode        MiB  vcpus            distances\n", f);
        for (i = 0; i < plan->num_vnodes; i++)
            if (!print_vnode(plan, i, f))
                return false;
        fputs("\npnode   MiB free   reserved      guest   building       "
              "left\n",
              f);
        for (i = 0; i < plan->num_pnodes; i++)
            print_pnode(&plan->pnodes[i], f);
        fputc('\n', f);
    }
    fprintf(f, "%s:\n",
            plan->gave_up       ? "No placement was found"
            : !plan->feasible   ? "There is no placement"
            : !plan->num_vnodes ? "There is nothing to place"
            : plan->optimal     ? "No placement is better"
                                : "The best placement found");
    for (i = 0; i < plan->num_reasons; i++)
        fprintf(f, "  %s\n", plan->reasons[i]);
    return !ferror(f);
}

char *vnuma_plan_to_text(const vnuma_plan *plan)
{
    vnuma__print out;
    bool ok;
    FILE *f;

    f = vnuma__print_begin(&out);
    if (!f)
        return NULL;
    ok = vnuma__plan_print(plan, f);
    return vnuma__print_end(&out, !ok);
}

/* ---- for programs ------------------------------------------------------- */

static void put_vnode(vnuma__json *json, const vnuma_plan *plan,
                      unsigned int v)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    unsigned int i;

    vnuma__json_map(json);
    vnuma__json_add_uint(json, "vnode", v);
    vnuma__json_add_uint(json, "pnode", vnode->pnode);
    vnuma__json_add_uint(json, "memkb", vnode->memkb);
    vnuma__json_set(json, "vcpus", &vnode->vcpus);
    vnuma__json_add_array(json, "distances");
    for (i = 0; i < plan->num_vnodes; i++)
        vnuma__json_uint(json, vnode->distances[i]);
    vnuma__json_end_array(json);
    vnuma__json_add_string(json, "policy",
                           vnuma_policy_name(vnode->membind.policy));
    vnuma__json_add_array(json, "parts");
    for (i = 0; i < vnode->num_parts; i++) {
        vnuma__json_map(json);
        vnuma__json_add_uint(json, "pnode", vnode->parts[i].pnode);
        vnuma__json_add_uint(json, "memkb", vnode->parts[i].memkb);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
    vnuma__json_end_map(json);
}

static void put_pnode(vnuma__json *json, const vnuma_plan_pnode *pnode)
{
    vnuma__json_map(json);
    vnuma__json_add_uint(json, "pnode", pnode->pnode);
    vnuma__json_add_uint(json, "free_memkb", pnode->free_memkb);
    vnuma__json_add_uint(json, "reserve_memkb", pnode->reserve_memkb);
    vnuma__json_add_uint(json, "guest_memkb", pnode->guest_memkb);
    vnuma__json_add_uint(json, "build_memkb", pnode->build_memkb);
    vnuma__json_add_uint(json, "left_memkb", vnuma__plan_left(pnode));
    vnuma__json_end_map(json);
}

static void put_term(vnuma__json *json, const char *key,
                     const vnuma__term *term, const vnuma_plan_cost *cost)
{
    uint64_t value = vnuma__term_of(cost, term);

    vnuma__json_key(json, key);
    if (term->is_milli)
        vnuma__json_milli(json, value);
    else
        vnuma__json_uint(json, value);
}

static void put_cost(vnuma__json *json, const vnuma_plan *plan)
{
    const vnuma__term *distance = &vnuma__terms[VNUMA__TERM_DISTANCE];
    const vnuma__term *gap = vnuma__unproven_term(plan);
    unsigned int i;

    vnuma__json_add_map(json, "cost");
    for (i = 0; i < VNUMA__NUM_TERMS; i++)
        if (plan->knows_cores || i != VNUMA__TERM_CORES)
            put_term(json, vnuma__terms[i].key, &vnuma__terms[i], &plan->cost);
    /* Where an earlier term is not proven, distances are not bounded. */
    vnuma__json_add_uint(json, "distance_bound",
                         !gap || gap > distance ? plan->cost.distance
                         : gap == distance      ? plan->bound.distance
                                                : 0);
    vnuma__json_end_map(json);
    if (!gap)
        return;
    vnuma__json_add_map(json, "gap");
    vnuma__json_add_string(json, "term", gap->key);
    put_term(json, "value", gap, &plan->cost);
    put_term(json, "bound", gap, &plan->bound);
    vnuma__json_end_map(json);
}

void vnuma__plan_put(vnuma__json *json, const vnuma_plan *plan)
{
    unsigned int i;

    vnuma__json_add_bool(json, "feasible", plan->feasible);
    if (plan->feasible) {
        vnuma__json_add_bool(json, "optimal", plan->optimal);
        vnuma__json_add_array(json, "vnodes");
        for (i = 0; i < plan->num_vnodes; i++)
            put_vnode(json, plan, i);
        vnuma__json_end_array(json);
        vnuma__json_add_array(json, "pnodes");
        for (i = 0; i < plan->num_pnodes; i++)
            put_pnode(json, &plan->pnodes[i]);
        vnuma__json_end_array(json);
        put_cost(json, plan);
    } else if (plan->gave_up) {
        vnuma__json_add_bool(json, "gave_up", true);
    }
    vnuma__json_add_array(json, "reasons");
    for (i = 0; i < plan->num_reasons; i++)
        vnuma__json_string(json, plan->reasons[i]);
    vnuma__json_end_array(json);
}

char *vnuma_plan_to_json(const vnuma_plan *plan)
{
    vnuma__json json;

    vnuma__json_init(&json, true);
    vnuma__json_map(&json);
    vnuma__plan_put(&json, plan);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}
