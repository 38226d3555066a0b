/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans as tables for people and as JSON for programs: of one guest, and of
 * several with the host that they leave.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_writer.h"
#include "base/print.h"
#include "base/utf8.h"
#include "host/topology.h"

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

static bool print_plan(const vnuma_plan *plan, FILE *f)
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
    FILE *f = vnuma__print_begin(&out);

    return f ? vnuma__print_end(&out, !print_plan(plan, f)) : NULL;
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
    if (term->unit == 1000)
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

static void put_plan(vnuma__json *json, const vnuma_plan *plan)
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
    put_plan(&json, plan);
    vnuma__json_end_map(&json);
    return vnuma__json_finish(&json);
}

/* ---- several guests ----------------------------------------------------- */

static unsigned int count_placed(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests)
{
    unsigned int num = 0, i;

    for (i = 0; i < num_guests; i++)
        num += guests[i]->plan.feasible;
    return num;
}

static void print_memory(uint64_t memkb, FILE *f)
{
    if (memkb == VNUMA_MEMKB_UNKNOWN)
        fprintf(f, "  %9s", "-");
    else
        fprintf(f, "  %9" PRIu64, vnuma__mib_down(memkb));
}

static bool print_guest(const vnuma_plan_guest *guest, FILE *f)
{
    bool ok = true;

    vnuma__utf8_print(guest->name, f);
    fputs(":", f);
    if (guest->plan.feasible) {
        fputc('\n', f);
        ok = print_plan(&guest->plan, f);
    } else {
        fprintf(f, " %s\n",
                !guest->config      ? "not planned"
                : guest->fits_alone ? "does not fit next to the others"
                                    : "does not fit, not even alone");
    }
    fputc('\n', f);
    return ok;
}

char *vnuma_plan_several_to_text(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology)
{
    unsigned int placed = count_placed(guests, num_guests), planned = 0, i;
    vnuma_topology after;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    bool ok = !vnuma__topology_with(topology, guests, num_guests, &after);

    for (i = 0; f && ok && i < num_guests; i++) {
        planned += guests[i]->config != NULL;
        ok = print_guest(guests[i], f);
    }
    if (f && ok) {
        fputs("pnode   MiB free       left\n", f);
        for (i = 0; i < topology->num_pnodes; i++) {
            fprintf(f, "%5" PRIu32, topology->pnodes[i].pnode);
            print_memory(topology->pnodes[i].free_memkb, f);
            print_memory(after.pnodes[i].free_memkb, f);
            fputc('\n', f);
        }
        fprintf(f, "\n%u of %u guests placed%s\n", placed, num_guests,
                placed == planned ? ""
                : most            ? "; no more of them fit together"
                                  : "; it is not proven that no more fit");
    }
    vnuma__topology_drop(&after);
    return f ? vnuma__print_end(&out, !ok) : NULL;
}

char *vnuma_plan_several_to_json(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology)
{
    vnuma_topology after;
    vnuma__json json;
    unsigned int i;

    if (vnuma__topology_with(topology, guests, num_guests, &after)) {
        vnuma__topology_drop(&after);
        return NULL;
    }
    after.num_facts = 0; /* they describe the host before */
    vnuma__json_init(&json, true);
    vnuma__json_map(&json);
    vnuma__json_add_array(&json, "guests");
    for (i = 0; i < num_guests; i++) {
        vnuma__json_map(&json);
        vnuma__json_add_string(&json, "file", guests[i]->name);
        put_plan(&json, &guests[i]->plan);
        vnuma__json_end_map(&json);
    }
    vnuma__json_end_array(&json);
    vnuma__json_add_uint(&json, "placed", count_placed(guests, num_guests));
    vnuma__json_add_bool(&json, "most", most);
    vnuma__json_key(&json, "host_after");
    vnuma__topology_put(&json, &after);
    vnuma__json_end_map(&json);
    vnuma__topology_drop(&after);
    return vnuma__json_finish(&json);
}
