/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons of a plan, a line each, and the terms that they are about. */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int vnuma__plan_deny(vnuma_plan *plan, vnuma_diags *diags, vnuma_span span,
                     int rc)
{
    if (!rc)
        vnuma__error(diags, "no-fit", span, "%s",
                     plan->reasons[plan->num_reasons - 1]);
    return rc;
}

/* ---- words -------------------------------------------------------------- */

static const char *plural(uint64_t num)
{
    return num == 1 ? "" : "s";
}

static const char *is_or_are(uint64_t num)
{
    return num == 1 ? " is" : "s are";
}

/* Vcpus in thousandths: "1 vcpu is", "0.5 vcpus are". */
static void print_vcpus(FILE *f, uint64_t milli)
{
    fprintf(f, "%" PRIu64, milli / 1000);
    if (milli % 1000)
        fprintf(f, ".%03" PRIu64, milli % 1000);
    fprintf(f, " vcpu%s", is_or_are(milli == 1000));
}

/* ---- vnodes ------------------------------------------------------------- */

/* Where its vcpus may run, if that is not everywhere. */
static void explain_pcpus(FILE *f, const vnuma__model *m, unsigned int v)
{
    uint64_t all =
        vnuma__lowest_bits(m->problem.num_pnodes) & ~m->problem.cpuless;
    uint64_t rest = m->may_run[v];

    if (!m->problem.vcpus[v] || (rest & all) == all)
        return;
    fprintf(f, "vnode %u: cpus= and pool= leave its vcpus pnode%s", v,
            plural(vnuma__count(rest)));
    while (rest)
        fprintf(f, " %" PRIu32,
                m->topology->pnodes[vnuma__take_lowest(&rest)].pnode);
    fputc('\n', f);
}

/* Where its memory goes, if its policy is not strict. */
static void explain_parts(FILE *f, const vnuma_plan_vnode *vnode,
                          unsigned int v)
{
    unsigned int i;

    if (vnode->membind.policy == VNUMA_POLICY_STRICT)
        return;
    fprintf(f, "vnode %u: %s: ", v, vnuma_policy_name(vnode->membind.policy));
    for (i = 0; i < vnode->num_parts; i++)
        fprintf(f, "%s%" PRIu64 " MiB on pnode %" PRIu32, i ? ", " : "",
                vnuma__mib_up(vnode->parts[i].memkb), vnode->parts[i].pnode);
    fputc('\n', f);
}

static void explain_vnode(FILE *f, const vnuma_plan *plan,
                          const vnuma__model *m, unsigned int v)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    const vnuma_pnode *pnode = vnuma_topology_find(m->topology, vnode->pnode);
    bool is_named = m->config->vnodes[v].pnode.value != VNUMA_PNODE_AUTO;
    unsigned int num_vcpus = vnuma_bitmap_count(&vnode->vcpus);
    unsigned int num_pcpus = vnuma_bitmap_count(&pnode->pcpus);

    fprintf(f, "vnode %u: %" PRIu64 " MiB", v, vnuma__mib_up(vnode->memkb));
    if (num_vcpus)
        fprintf(f, " and %u vcpu%s on pnode %" PRIu32 " with %u pcpu%s",
                num_vcpus, plural(num_vcpus), vnode->pnode, num_pcpus,
                plural(num_pcpus));
    else
        fprintf(f, ", memory only, on pnode %" PRIu32 " %s CPUs",
                vnode->pnode, num_pcpus ? "with" : "without");
    fprintf(f, ", %s\n", is_named ? "as named" : "chosen");
    explain_pcpus(f, m, v);
    explain_parts(f, vnode, v);
}

/* ---- the terms ---------------------------------------------------------- */

const vnuma__term vnuma__terms[VNUMA__NUM_TERMS] = {
    { "moved", offsetof(vnuma_plan_cost, moved), false },
    { "shared", offsetof(vnuma_plan_cost, shared), false },
    { "overcommit", offsetof(vnuma_plan_cost, overcommit), true },
    { "core_overcommit", offsetof(vnuma_plan_cost, core_overcommit), true },
    { "away_memkb", offsetof(vnuma_plan_cost, away_memkb), false },
    { "distance", offsetof(vnuma_plan_cost, distance), false },
    { "led_away", offsetof(vnuma_plan_cost, led_away), false },
    { "misplaced", offsetof(vnuma_plan_cost, misplaced), false },
    { "least_memkb", offsetof(vnuma_plan_cost, least_memkb), false },
};

uint64_t vnuma__term_of(const vnuma_plan_cost *cost, const vnuma__term *term)
{
    return *(const uint64_t *)((const char *)cost + term->offset);
}

int vnuma_plan_cost_compare(const vnuma_plan_cost *a, const vnuma_plan_cost *b)
{
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_TERMS - 1; i++) {
        uint64_t x = vnuma__term_of(a, &vnuma__terms[i]);
        uint64_t y = vnuma__term_of(b, &vnuma__terms[i]);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

const vnuma__term *vnuma__unproven_term(const vnuma_plan *plan)
{
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_TERMS && !plan->optimal; i++)
        if (vnuma__term_of(&plan->cost, &vnuma__terms[i]) !=
            vnuma__term_of(&plan->bound, &vnuma__terms[i]))
            return &vnuma__terms[i];
    return NULL;
}

static bool has_load(const vnuma__model *m)
{
    bool found = false;
    unsigned int p;
    uint32_t i;

    for (p = 0; p < m->problem.num_pnodes; p++)
        for (i = 0; i < m->problem.num_pcpus[p]; i++)
            found |= m->problem.pcpus[p][i].load > 0;
    return found;
}

static void explain_overcommit(FILE *f, const vnuma_plan_cost *cost,
                               const vnuma__model *m)
{
    const char *with_load =
        has_load(m) ? ", those that run there already counted in" : "";

    if (cost->overcommit) {
        print_vcpus(f, cost->overcommit);
        fprintf(f, " more than their pnode has pcpus%s\n", with_load);
    } else if (cost->core_overcommit) {
        fprintf(f, "no pnode has more vcpus than pcpus%s; ", with_load);
        print_vcpus(f, cost->core_overcommit);
        fputs(" more than their pnode has cores\n", f);
    } else {
        fprintf(f, "no pnode has more vcpus than %s%s\n",
                m->problem.knows_cores ? "cores"
                                       : "pcpus (the host tells no cores)",
                with_load);
    }
}

static void explain_cost(FILE *f, const vnuma_plan_cost *cost,
                         const vnuma__model *m)
{
    if (m->has_preference && cost->moved)
        fprintf(f, "%" PRIu64 " vnode%s not where it was before\n",
                cost->moved, is_or_are(cost->moved));
    else if (m->has_preference)
        fputs("every vnode is where it was\n", f);
    if (cost->shared)
        fprintf(f, "%" PRIu64 " vnode%s on a pnode with another: there is no "
                "other way\n", cost->shared, is_or_are(cost->shared));
    else
        fputs("every vnode has a pnode to itself\n", f);
    explain_overcommit(f, cost, m);
    if (cost->away_memkb)
        fprintf(f, "%" PRIu64 " MiB are not on the pnode that they prefer\n",
                vnuma__mib_up(cost->away_memkb));
}

static void explain_distance(FILE *f, const vnuma_plan *plan,
                             const vnuma__model *m)
{
    const vnuma__term *distance = &vnuma__terms[VNUMA__TERM_DISTANCE];
    const vnuma__term *unproven = vnuma__unproven_term(plan);
    const char *what = "distances between the pnodes add up to";
    unsigned int v;

    for (v = 0; v < m->problem.num_vnodes; v++)
        if (m->problem.has_stated[v])
            what = "distances differ from those stated by";
    /* A single vnode has distances only to devices. */
    if (plan->num_vnodes < 2)
        what = "distances to its PCI devices add up to";
    if (plan->num_vnodes < 2 && !plan->cost.distance)
        return;
    if (m->is_distance_assumed)
        fputs("not all distances of the host are known; 20 is assumed for "
              "those\n", f);
    fprintf(f, "%s %" PRIu64, what, plan->cost.distance);
    if (!unproven || unproven > distance)
        fputs(", proven to be the least", f);
    else if (unproven == distance)
        fprintf(f, ", at most %" PRIu64 " above the least",
                plan->cost.distance - plan->bound.distance);
    fputc('\n', f);
}

static void explain_rest(FILE *f, const vnuma_plan *plan,
                         const vnuma__model *m)
{
    const vnuma__term *unproven = vnuma__unproven_term(plan);
    const vnuma_plan_pnode *least = &plan->pnodes[0];
    const vnuma_plan_cost *cost = &plan->cost;
    unsigned int i;

    if (m->has_soft && cost->led_away)
        fprintf(f, "%" PRIu64 " vcpu%s led to another pnode by cpus_soft=\n",
                cost->led_away, is_or_are(cost->led_away));
    else if (m->has_soft)
        fputs("cpus_soft= leads no vcpu to another pnode\n", f);
    if (cost->misplaced)
        fprintf(f, "%" PRIu64 " memory-only vnode%s with CPUs\n",
                cost->misplaced,
                cost->misplaced == 1 ? " is on a pnode" : "s are on pnodes");
    if (unproven && unproven != &vnuma__terms[VNUMA__TERM_DISTANCE])
        fprintf(f, "not proven: \"%s\" is %" PRIu64 ", of no placement "
                "better than %" PRIu64 "\n", unproven->key,
                vnuma__term_of(cost, unproven),
                vnuma__term_of(&plan->bound, unproven));
    for (i = 1; i < plan->num_pnodes; i++)
        if (vnuma__plan_left(&plan->pnodes[i]) < vnuma__plan_left(least))
            least = &plan->pnodes[i];
    fprintf(f, "pnode %" PRIu32 " has the least left, %" PRIu64 " MiB\n",
            least->pnode, vnuma__mib_down(vnuma__plan_left(least)));
}

int vnuma__plan_explain(vnuma_plan *plan, const vnuma__model *model)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    char *text, *line, *rest;
    unsigned int v;
    int rc = 0;

    if (!f)
        return VNUMA_ERROR_NOMEM;
    for (v = 0; v < plan->num_vnodes; v++)
        explain_vnode(f, plan, model, v);
    explain_cost(f, &plan->cost, model);
    explain_distance(f, plan, model);
    explain_rest(f, plan, model);
    text = rest = vnuma__print_end(&out, false);
    if (!text)
        return VNUMA_ERROR_NOMEM;
    while (!rc && (line = strsep(&rest, "\n")) && rest)
        rc = vnuma__plan_reason(plan, "%s", line);
    free(text);
    return rc;
}
