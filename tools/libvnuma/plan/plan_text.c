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

    if (plan->feasible && !plan->num_vnodes) {
        fputs("There is nothing to place:\n", f);
    } else if (plan->feasible) {
        fputs("vnode  pnode        MiB  vcpus            distances\n", f);
        for (i = 0; i < plan->num_vnodes; i++)
            if (!print_vnode(plan, i, f))
                return false;
        fputs("\npnode   MiB free   reserved      guest   building       "
              "left\n",
              f);
        for (i = 0; i < plan->num_pnodes; i++)
            print_pnode(&plan->pnodes[i], f);
        fprintf(f, "\n%s\n",
                plan->optimal ? "No placement is better:"
                              : "The best placement found:");
    } else {
        fputs(plan->gave_up ? "No placement was found:\n"
                            : "There is no placement:\n",
              f);
    }
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

static void put_number(vnuma__json *json, const char *key, uint64_t number)
{
    vnuma__json_key(json, key);
    vnuma__json_uint(json, number);
}

static void put_parts(vnuma__json *json, const vnuma_plan_vnode *vnode)
{
    unsigned int i;

    vnuma__json_key(json, "policy");
    vnuma__json_string(json, vnuma_policy_name(vnode->place.policy));
    vnuma__json_key(json, "parts");
    vnuma__json_array(json);
    for (i = 0; i < vnode->num_parts; i++) {
        vnuma__json_map(json);
        put_number(json, "pnode", vnode->parts[i].pnode);
        put_number(json, "memkb", vnode->parts[i].memkb);
        vnuma__json_end_map(json);
    }
    vnuma__json_end_array(json);
}

static void put_vnode(vnuma__json *json, const vnuma_plan *plan,
                      unsigned int v)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    unsigned int w;

    vnuma__json_map(json);
    put_number(json, "vnode", v);
    put_number(json, "pnode", vnode->pnode);
    put_number(json, "memkb", vnode->memkb);
    vnuma__json_set(json, "vcpus", &vnode->vcpus);
    vnuma__json_key(json, "distances");
    vnuma__json_array(json);
    for (w = 0; w < plan->num_vnodes; w++)
        vnuma__json_uint(json, vnode->distances[w]);
    vnuma__json_end_array(json);
    put_parts(json, vnode);
    vnuma__json_end_map(json);
}

static void put_pnode(vnuma__json *json, const vnuma_plan_pnode *pnode)
{
    vnuma__json_map(json);
    put_number(json, "pnode", pnode->pnode);
    put_number(json, "free_memkb", pnode->free_memkb);
    put_number(json, "reserve_memkb", pnode->reserve_memkb);
    put_number(json, "guest_memkb", pnode->guest_memkb);
    put_number(json, "build_memkb", pnode->build_memkb);
    put_number(json, "left_memkb", vnuma__plan_left(pnode));
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
    bool is_least = plan->optimal || !gap || gap > distance;
    unsigned int i;

    vnuma__json_key(json, "cost");
    vnuma__json_map(json);
    for (i = 0; i < VNUMA__NUM_TERMS; i++)
        if (plan->knows_cores || i != VNUMA__TERM_CORES)
            put_term(json, vnuma__terms[i].key, &vnuma__terms[i], &plan->cost);
    /* Where an earlier term is not proven, distances are not bounded. */
    put_number(json, "distance_bound",
               is_least                   ? plan->cost.distance
               : gap == distance ? plan->bound.distance
                                          : 0);
    vnuma__json_end_map(json);
    if (!gap)
        return;
    vnuma__json_key(json, "gap");
    vnuma__json_map(json);
    vnuma__json_key(json, "term");
    vnuma__json_string(json, gap->key);
    put_term(json, "value", gap, &plan->cost);
    put_term(json, "bound", gap, &plan->bound);
    vnuma__json_end_map(json);
}

static void put_reasons(vnuma__json *json, const vnuma_plan *plan)
{
    unsigned int i;

    vnuma__json_key(json, "reasons");
    vnuma__json_array(json);
    for (i = 0; i < plan->num_reasons; i++)
        vnuma__json_string(json, plan->reasons[i]);
    vnuma__json_end_array(json);
}

void vnuma__plan_put(vnuma__json *json, const vnuma_plan *plan)
{
    unsigned int i;

    vnuma__json_key(json, "feasible");
    vnuma__json_bool(json, plan->feasible);
    if (plan->feasible) {
        vnuma__json_key(json, "optimal");
        vnuma__json_bool(json, plan->optimal);
        vnuma__json_key(json, "vnodes");
        vnuma__json_array(json);
        for (i = 0; i < plan->num_vnodes; i++)
            put_vnode(json, plan, i);
        vnuma__json_end_array(json);
        vnuma__json_key(json, "pnodes");
        vnuma__json_array(json);
        for (i = 0; i < plan->num_pnodes; i++)
            put_pnode(json, &plan->pnodes[i]);
        vnuma__json_end_array(json);
        put_cost(json, plan);
    } else if (plan->gave_up) {
        vnuma__json_key(json, "gave_up");
        vnuma__json_bool(json, true);
    }
    put_reasons(json, plan);
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
