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

#define TERM(member, unit, label)                                             \
    {                                                                         \
        #member, offsetof(vnuma_plan_cost, member), unit, label               \
    }

const vnuma__term vnuma__terms[VNUMA__NUM_TERMS] = {
    TERM(moved, 1, "vnodes not where they were before"),
    TERM(shared, 1, "vnodes on a pnode with another"),
    TERM(overcommit, 1000, "vcpus beyond the pcpus of their pnode, those that "
                           "run there already counted in"),
    TERM(core_overcommit, 1000, "vcpus beyond the cores of their pnode"),
    TERM(away_memkb, 1024, "MiB not on the pnode that they prefer"),
    TERM(distance, 1, "sum of distances, or of differences from vdistances="),
    TERM(led_away, 1, "vcpus led to another pnode by cpus_soft="),
    TERM(misplaced, 1, "memory-only vnodes on a pnode with CPUs"),
    TERM(least_memkb, 1024, "MiB left on the pnode with the least"),
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

static void print_term(FILE *f, const vnuma_plan_cost *cost,
                       const vnuma__term *term)
{
    uint64_t value = vnuma__term_of(cost, term);

    fprintf(f, "%" PRIu64, value / term->unit);
    if (term->unit == 1000 && value % 1000)
        fprintf(f, ".%03" PRIu64, value % 1000);
}

/* Those that something of the guest or the host is behind. */
static void explain_terms(FILE *f, const vnuma_plan *plan,
                          const vnuma__model *m)
{
    const bool concerns[VNUMA__NUM_TERMS] = {
        m->has_preference,
        true,
        true,
        plan->knows_cores,
        plan->cost.away_memkb > 0,
        plan->num_vnodes > 1 || plan->cost.distance,
        m->has_soft,
        m->problem.misplaces,
        true,
    };
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_TERMS; i++) {
        const vnuma__term *term = &vnuma__terms[i];

        if (!concerns[i])
            continue;
        fprintf(f, "%s: ", term->label);
        print_term(f, &plan->cost, term);
        if (term == vnuma__unproven_term(plan)) {
            fputs(", not proven: of no placement better than ", f);
            print_term(f, &plan->bound, term);
        }
        fputc('\n', f);
    }
    if (!plan->knows_cores)
        fputs("the host does not tell which pcpus are of one core\n", f);
    if (m->is_distance_assumed)
        fputs("not all distances of the host are known; 20 is assumed for "
              "those\n", f);
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
    explain_terms(f, plan, model);
    text = rest = vnuma__print_end(&out, false);
    if (!text)
        return VNUMA_ERROR_NOMEM;
    while (!rc && (line = strsep(&rest, "\n")) && rest)
        rc = vnuma__plan_reason(plan, "%s", line);
    free(text);
    return rc;
}
