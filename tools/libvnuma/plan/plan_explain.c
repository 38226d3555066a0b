/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons of a plan. */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/print.h"

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

static void print_parts(FILE *f, const vnuma_plan_vnode *vnode)
{
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        fprintf(f, "%s%" PRIu64 " MiB on pnode %" PRIu32, i ? ", " : "",
                vnuma__mib_up(vnode->parts[i].memkb), vnode->parts[i].pnode);
}

/* Where the memory of a vnode goes, if its policy is not strict. */
static int explain_place(vnuma_plan *plan, unsigned int v)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    vnuma__print out;
    char *text;
    FILE *f;
    int rc;

    if (vnode->place.policy == VNUMA_POLICY_STRICT)
        return 0;
    f = vnuma__print_begin(&out);
    if (!f)
        return VNUMA_ERROR_NOMEM;
    fprintf(f, "vnode %u: %s: ", v, vnuma_policy_name(vnode->place.policy));
    print_parts(f, vnode);
    text = vnuma__print_end(&out, false);
    if (!text)
        return VNUMA_ERROR_NOMEM;
    rc = vnuma__plan_reason(plan, "%s", text);
    free(text);
    return rc;
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
                                  "%" PRIu64 " vnode%s on a pnode "
                                  "with another: there is no other way",
                                  cost->shared,
                                  cost->shared == 1 ? " is" : "s are")
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
    const char *what = "distances between the pnodes add up to";
    uint64_t gap = plan->cost.distance - plan->distance_bound;
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        if (config->vnodes[v].num_distances)
            what = "distances differ from those stated by";
    /* A single vnode has distances only to devices. */
    if (plan->num_vnodes < 2 && plan->cost.distance)
        what = "distances to its PCI devices add up to";
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
        if (vnuma__plan_left(&plan->pnodes[i]) < vnuma__plan_left(least))
            least = &plan->pnodes[i];
    return vnuma__plan_reason(plan,
                              "pnode %" PRIu32 " has the least left, "
                              "%" PRIu64 " MiB",
                              least->pnode,
                              vnuma__mib_down(vnuma__plan_left(least)));
}

int vnuma__plan_explain(vnuma_plan *plan, const vnuma_config *config,
                        const vnuma_topology *topology)
{
    unsigned int v;
    int rc;

    for (v = 0; v < plan->num_vnodes; v++) {
        rc = explain_vnode(plan, config, topology, v);
        if (!rc)
            rc = explain_place(plan, v);
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
