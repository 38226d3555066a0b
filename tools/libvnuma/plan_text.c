/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans for reading: the reasons, the table for people, the JSON for
 * programs.
 */
#include "config.h"

#include "plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan_print.h"

/* ---- reasons ---------------------------------------------------------------------- */

int vnuma__plan_reason(vnuma_plan *plan, const char *fmt, ...)
{
    char *reason, **grown;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&reason, fmt, ap);
    va_end(ap);
    if (len < 0)
        return VNUMA_ERROR_NOMEM;
    grown = reallocarray(plan->reasons, plan->num_reasons + 1, sizeof(*grown));
    if (!grown) {
        free(reason);
        return VNUMA_ERROR_NOMEM;
    }
    plan->reasons = grown;
    plan->reasons[plan->num_reasons++] = reason;
    return 0;
}

static uint64_t left_memkb(const vnuma_plan_pnode *pnode)
{
    return pnode->free_memkb - pnode->reserve_memkb - pnode->guest_memkb -
           pnode->build_memkb;
}

static const char *plural(unsigned int num)
{
    return num == 1 ? "" : "s";
}

static int explain_vnode(vnuma_plan *plan, const vnuma_config *config,
                         const vnuma_topology *topology, unsigned int v)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    const vnuma_pnode *pnode = vnuma_topology_find(topology, vnode->pnode);
    bool is_named = config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
    unsigned int num_vcpus = vnuma_bitmap_count(&vnode->vcpus);
    unsigned int num_pcpus = vnuma_bitmap_count(&pnode->pcpus);

    if (num_vcpus)
        return vnuma__plan_reason(
            plan,
            "vnode %u: %" PRIu64 " MiB and %u vcpu%s on pnode %" PRIu32
            " with %u pcpu%s, %s",
            v, vnuma__mib_up(vnode->memkb), num_vcpus, plural(num_vcpus),
            vnode->pnode, num_pcpus, plural(num_pcpus),
            is_named ? "as named" : "chosen");
    return vnuma__plan_reason(
        plan,
        "vnode %u: %" PRIu64 " MiB, memory only, on pnode %" PRIu32
        " %s CPUs, %s",
        v, vnuma__mib_up(vnode->memkb), vnode->pnode,
        num_pcpus ? "with" : "without", is_named ? "as named" : "chosen");
}

static int explain_cost(vnuma_plan *plan)
{
    const vnuma_plan_cost *cost = &plan->cost;
    int rc;

    rc = cost->shared
             ? vnuma__plan_reason(plan,
                                  "%" PRIu64 " vnode%s a pnode "
                                  "with another: there is no other way",
                                  cost->shared,
                                  cost->shared == 1 ? " shares" : "s share")
             : vnuma__plan_reason(plan, "every vnode has a pnode to itself");
    if (rc)
        return rc;
    rc = cost->overcommit
             ? vnuma__plan_reason(plan,
                                  "%" PRIu64 " vcpu%s more than "
                                  "their pnode has pcpus",
                                  cost->overcommit,
                                  cost->overcommit == 1 ? " is" : "s are")
             : vnuma__plan_reason(plan, "no pnode has more vcpus than pcpus");
    if (rc)
        return rc;
    if (!cost->misplaced)
        return 0;
    return vnuma__plan_reason(
        plan, "%" PRIu64 " memory-only vnode%s with CPUs", cost->misplaced,
        cost->misplaced == 1 ? " is on a pnode" : "s are on pnodes");
}

static int explain_distance(vnuma_plan *plan, const vnuma_config *config)
{
    const char *what = "distances between the pnodes sum up to";
    uint64_t gap = plan->cost.distance - plan->distance_bound;
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        if (config->vnodes[v].num_distances)
            what = "distances differ from those stated by";
    /* One vnode has a distance only to devices. */
    if (plan->num_vnodes < 2 && plan->cost.distance)
        what = "distances to its PCI devices sum up to";
    if (plan->num_vnodes < 2 && !plan->cost.distance)
        return 0;
    if (plan->optimal)
        return vnuma__plan_reason(plan,
                                  "%s %" PRIu64 ", proven to be the least",
                                  what, plan->cost.distance);
    return vnuma__plan_reason(
        plan, "%s %" PRIu64 ", at most %" PRIu64 " above the least", what,
        plan->cost.distance, gap);
}

static int explain_left(vnuma_plan *plan)
{
    const vnuma_plan_pnode *least = &plan->pnodes[0];
    unsigned int i;

    for (i = 1; i < plan->num_pnodes; i++)
        if (left_memkb(&plan->pnodes[i]) < left_memkb(least))
            least = &plan->pnodes[i];
    return vnuma__plan_reason(plan,
                              "pnode %" PRIu32 " has the least left, "
                              "%" PRIu64 " MiB",
                              least->pnode,
                              vnuma__mib_down(left_memkb(least)));
}

int vnuma__plan_explain(vnuma_plan *plan, const vnuma_config *config,
                        const vnuma_topology *topology)
{
    unsigned int v;
    int rc;

    for (v = 0; v < plan->num_vnodes; v++) {
        rc = explain_vnode(plan, config, topology, v);
        if (!rc)
            rc = vnuma__plan_explain_place(plan, v);
        if (rc)
            return rc;
    }
    rc = explain_cost(plan);
    if (rc)
        return rc;
    rc = explain_distance(plan, config);
    if (rc)
        return rc;
    return explain_left(plan);
}

/* ---- for people --------------------------------------------------------------------- */

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
    fprintf(
        f,
        "%5" PRIu32 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64
        "  %9" PRIu64 "\n",
        pnode->pnode, vnuma__mib_down(pnode->free_memkb),
        vnuma__mib_up(pnode->reserve_memkb), vnuma__mib_up(pnode->guest_memkb),
        vnuma__mib_up(pnode->build_memkb), vnuma__mib_down(left_memkb(pnode)));
}

bool vnuma__plan_print(const vnuma_plan *plan, FILE *f)
{
    unsigned int i;

    if (plan->feasible) {
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
        fputs("There is no placement:\n", f);
    }
    for (i = 0; i < plan->num_reasons; i++)
        fprintf(f, "  %s\n", plan->reasons[i]);
    return !ferror(f);
}

char *vnuma_plan_to_text(const vnuma_plan *plan)
{
    char *text = NULL;
    size_t size;
    bool ok;
    FILE *f;

    f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    ok = vnuma__plan_print(plan, f);
    if (fclose(f) || !ok) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- for programs ---------------------------------------------------------------------- */

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
    put_number(json, "left_memkb", left_memkb(pnode));
    vnuma__json_end_map(json);
}

static void put_cost(vnuma__json *json, const vnuma_plan *plan)
{
    vnuma__json_map(json);
    put_number(json, "shared", plan->cost.shared);
    put_number(json, "overcommit", plan->cost.overcommit);
    put_number(json, "distance", plan->cost.distance);
    put_number(json, "distance_bound", plan->distance_bound);
    put_number(json, "misplaced", plan->cost.misplaced);
    put_number(json, "least_memkb", plan->cost.least_memkb);
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
        vnuma__json_key(json, "cost");
        put_cost(json, plan);
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
