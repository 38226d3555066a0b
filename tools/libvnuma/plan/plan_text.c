/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans as tables and reasons for people and as JSON for programs: of one
 * guest, and of several with the host that they leave.
 */
#include "config.h"

#include "plan/plan_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/print.h"
#include "base/utf8.h"
#include "host/kvm_host.h"
#include "host/topology.h"

/* ---- the terms ---------------------------------------------------------- */

/* What a placement costs, from the first that decides to the last. */
typedef struct {
    const char *key;   /* in JSON */
    size_t offset;     /* in vnuma_plan_cost */
    unsigned int unit; /* 1000: thousandths of vcpus; 1024: KiB */
    const char *label; /* for people */
} cost_term;

#define NUM_TERMS 9u
#define CORES 3u    /* left out where they are not known */
#define DISTANCE 5u /* has a bound of its own in JSON */

#define TERM(member, unit, label)                                             \
    {                                                                         \
        #member, offsetof(vnuma_plan_cost, member), unit, label               \
    }

static const cost_term terms[] = {
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

static uint64_t term_of(const vnuma_plan_cost *cost, unsigned int i)
{
    return *(const uint64_t *)((const char *)cost + terms[i].offset);
}

int vnuma_plan_cost_compare(const vnuma_plan_cost *a, const vnuma_plan_cost *b)
{
    unsigned int i;

    for (i = 0; i < NUM_TERMS - 1; i++)
        if (term_of(a, i) != term_of(b, i))
            return term_of(a, i) < term_of(b, i) ? -1 : 1;
    return 0;
}

/* The first that is not proven to be the least, or NUM_TERMS. */
static unsigned int find_gap(const vnuma_plan *plan)
{
    unsigned int i;

    for (i = 0; i < NUM_TERMS; i++)
        if (!plan->optimal &&
            term_of(&plan->cost, i) != term_of(&plan->bound, i))
            break;
    return i;
}

static void print_term(FILE *f, const vnuma_plan_cost *cost, unsigned int i)
{
    uint64_t value = term_of(cost, i);

    fprintf(f, "%" PRIu64, value / terms[i].unit);
    if (terms[i].unit == 1000 && value % 1000)
        fprintf(f, ".%03" PRIu64, value % 1000);
}

/* ---- reasons ------------------------------------------------------------ */

/* Where its vcpus may run, if that is not everywhere. */
static void explain_pcpus(FILE *f, const vnuma__model *m, unsigned int v)
{
    uint64_t all =
        vnuma__lowest_bits(m->problem.num_pnodes) & ~m->problem.cpuless;
    uint64_t rest = m->may_run[v];

    if (!m->problem.vcpus[v] || (rest & all) == all)
        return;
    fprintf(f, "vnode %u: cpus= and pool= leave its vcpus pnodes", v);
    while (rest)
        fprintf(f, " %" PRIu32,
                m->topology->pnodes[vnuma__take_lowest(&rest)].pnode);
    fputc('\n', f);
}

/* Where its memory goes, if that is not its pnode alone. */
static void explain_parts(FILE *f, const vnuma_plan_vnode *vnode,
                          unsigned int v)
{
    unsigned int i;

    if (vnode->membind.policy == VNUMA_POLICY_STRICT &&
        vnode->membind.num_pnodes == 1)
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

    fprintf(f, "vnode %u: on pnode %" PRIu32 ", %s; %" PRIu64 " MiB", v,
            vnode->pnode,
            m->config->vnodes[v].pnode.value == VNUMA_PNODE_AUTO ? "chosen"
                                                                 : "as named",
            vnuma__mib_up(vnode->memkb));
    if (m->problem.memory[v])
        fprintf(f, " in huge pages of %s",
                vnuma__page_size_of(m->page_kb[m->problem.memory[v]]).s);
    fprintf(f, ", vcpus: %u, pcpus there: %u\n",
            vnuma_bitmap_count(&vnode->vcpus),
            vnuma_bitmap_count(&pnode->pcpus));
    explain_pcpus(f, m, v);
    explain_parts(f, vnode, v);
}

static void explain_terms(FILE *f, const vnuma_plan *plan,
                          const vnuma__model *m)
{
    unsigned int i;

    for (i = 0; i < NUM_TERMS; i++) {
        if (i == CORES && !plan->knows_cores)
            continue;
        fprintf(f, "%s: ", terms[i].label);
        print_term(f, &plan->cost, i);
        if (i == find_gap(plan)) {
            fputs(", not proven: of no placement better than ", f);
            print_term(f, &plan->bound, i);
        }
        fputc('\n', f);
    }
    if (!plan->knows_cores)
        fputs("the host does not tell which pcpus are of one core\n", f);
    if (m->is_distance_assumed)
        fputs("not all distances of the host are known; 20 is assumed for "
              "those\n", f);
    if (m->is_pool_assumed)
        fputs("the host does not tell its huge pages; they are counted as "
              "ordinary memory\n", f);
}

int vnuma__plan_explain(vnuma_plan *plan, const vnuma__model *model)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int v;
    char *end;

    if (!f)
        return VNUMA_ERROR_NOMEM;
    for (v = 0; v < plan->num_vnodes; v++)
        explain_vnode(f, plan, model, v);
    if (model->lived)
        vnuma__lived_print(model->lived, plan, f);
    explain_terms(f, plan, model);
    plan->reasons = vnuma__print_end(&out, false);
    for (end = plan->reasons; end && *end; end++)
        if (*end == '\n')
            *end = '\0';
    return plan->reasons ? 0 : VNUMA_ERROR_NOMEM;
}

/* ---- for people --------------------------------------------------------- */

#define VCPUS_WIDTH 16

static void print_vnode(const vnuma_plan *plan, unsigned int v, FILE *f)
{
    const vnuma_plan_vnode *vnode = &plan->vnodes[v];
    unsigned int w;
    int len;

    fprintf(f, "%5u  %5" PRIu32 "  %9" PRIu64 "  ", v, vnode->pnode,
            vnuma__mib_up(vnode->memkb));
    len = vnuma__bitmap_print(&vnode->vcpus, f);
    fprintf(f, "%*s", len < VCPUS_WIDTH ? VCPUS_WIDTH - len : 1, "");
    for (w = 0; w < plan->num_vnodes; w++)
        fprintf(f, " %3" PRIu32, vnode->distances[w]);
    fputc('\n', f);
}

static void print_pnode(const vnuma_plan_pnode *pnode, FILE *f)
{
    fprintf(f,
            "%5" PRIu32 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64
            "  %9" PRIu64 "\n",
            pnode->pnode, pnode->free_memkb / 1024,
            vnuma__mib_up(pnode->reserve_memkb),
            vnuma__mib_up(pnode->guest_memkb),
            vnuma__mib_up(pnode->build_memkb),
            vnuma__plan_left(pnode) / 1024);
}

static void print_pages(const vnuma__plan_pages *pages, FILE *f)
{
    fprintf(f,
            "%5" PRIu32 "  %-10s  %9" PRIu64 "  %9" PRIu64 "  %9" PRIu64 "\n",
            pages->pnode, vnuma__page_size_of(pages->page_kb).s, pages->free,
            pages->guest, pages->free - pages->guest);
}

static void print_plan(const vnuma_plan *plan, FILE *f)
{
    const char *reason;
    unsigned int i;

    if (plan->feasible && plan->num_vnodes) {
        fputs("vnode  pnode        MiB  vcpus            distances\n", f);
        for (i = 0; i < plan->num_vnodes; i++)
            print_vnode(plan, i, f);
        fputs("\npnode   MiB free   reserved      guest   building       "
              "left\n",
              f);
        for (i = 0; i < plan->num_pnodes; i++)
            print_pnode(&plan->pnodes[i], f);
        fputs(plan->num_pages ? "\npnode  huge pages       free      guest  "
                                "     left\n"
                              : "",
              f);
        for (i = 0; i < plan->num_pages; i++)
            print_pages(&plan->pages[i], f);
        fputc('\n', f);
    }
    fprintf(f, "%s:\n",
            plan->gave_up       ? "No placement was found"
            : !plan->feasible   ? "There is no placement"
            : !plan->num_vnodes ? "There is nothing to place"
            : plan->optimal     ? "No placement is better"
                                : "The best placement found");
    for (reason = plan->reasons; reason && *reason;
         reason += strlen(reason) + 1)
        fprintf(f, "  %s\n", reason);
}

char *vnuma_plan_to_text(const vnuma_plan *plan)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    print_plan(plan, f);
    return vnuma__print_end(&out, false);
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
    VNUMA__JSON_LIST(json, "distances", vnode->distances, plan->num_vnodes);
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

/* Only what has huge pages speaks of them. */
static void put_pages(vnuma__json *json, const vnuma_plan *plan)
{
    unsigned int i;

    if (plan->num_pages)
        vnuma__json_add_array(json, "pages");
    for (i = 0; i < plan->num_pages; i++) {
        const vnuma__plan_pages *pages = &plan->pages[i];

        vnuma__json_map(json);
        vnuma__json_add_uint(json, "pnode", pages->pnode);
        vnuma__json_add_uint(json, "kb", pages->page_kb);
        vnuma__json_add_uint(json, "free", pages->free);
        vnuma__json_add_uint(json, "guest", pages->guest);
        vnuma__json_add_uint(json, "left", pages->free - pages->guest);
        vnuma__json_end_map(json);
    }
    if (plan->num_pages)
        vnuma__json_end_array(json);
}

static void put_term(vnuma__json *json, const char *key,
                     const vnuma_plan_cost *cost, unsigned int i)
{
    vnuma__json_key(json, key);
    if (terms[i].unit == 1000)
        vnuma__json_milli(json, term_of(cost, i));
    else
        vnuma__json_uint(json, term_of(cost, i));
}

static void put_cost(vnuma__json *json, const vnuma_plan *plan)
{
    unsigned int gap = find_gap(plan), i;

    vnuma__json_add_map(json, "cost");
    for (i = 0; i < NUM_TERMS; i++)
        if (plan->knows_cores || i != CORES)
            put_term(json, terms[i].key, &plan->cost, i);
    /* Where an earlier term is not proven, distances are not bounded. */
    vnuma__json_add_uint(json, "distance_bound",
                         gap > DISTANCE    ? plan->cost.distance
                         : gap == DISTANCE ? plan->bound.distance
                                           : 0);
    vnuma__json_end_map(json);
    if (gap == NUM_TERMS)
        return;
    vnuma__json_add_map(json, "gap");
    vnuma__json_add_string(json, "term", terms[gap].key);
    put_term(json, "value", &plan->cost, gap);
    put_term(json, "bound", &plan->bound, gap);
    vnuma__json_end_map(json);
}

static void put_plan(vnuma__json *json, const vnuma_plan *plan)
{
    const char *reason;
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
        put_pages(json, plan);
        put_cost(json, plan);
    } else if (plan->gave_up) {
        vnuma__json_add_bool(json, "gave_up", true);
    }
    vnuma__json_add_array(json, "reasons");
    for (reason = plan->reasons; reason && *reason;
         reason += strlen(reason) + 1)
        vnuma__json_string(json, reason);
    vnuma__json_end_array(json);
}

char *vnuma_plan_to_json(const vnuma_plan *plan)
{
    vnuma__json json;

    vnuma__json_begin(&json, true);
    put_plan(&json, plan);
    return vnuma__json_finish(&json);
}

/* ---- several guests ----------------------------------------------------- */

static void print_guest(const vnuma_plan_guest *guest, FILE *f)
{
    vnuma__utf8_print(guest->name, f);
    fprintf(f, ":%s\n",
            guest->plan.feasible ? ""
            : !guest->config     ? " not planned"
            : guest->fits_alone  ? " does not fit next to the others"
                                 : " does not fit, not even alone");
    if (guest->plan.feasible)
        print_plan(&guest->plan, f);
    fputc('\n', f);
}

char *vnuma_plan_several_to_text(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most)
{
    unsigned int placed = vnuma__count_placed(guests, num_guests), i;
    unsigned int planned = 0;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    for (i = 0; i < num_guests; i++) {
        planned += guests[i]->config != NULL;
        print_guest(guests[i], f);
    }
    fprintf(f, "%u of %u guests placed%s\n", placed, num_guests,
            placed == planned ? ""
            : most            ? "; no more of them fit together"
                              : "; it is not proven that no more fit");
    return vnuma__print_end(&out, false);
}

char *vnuma_plan_several_to_json(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology)
{
    vnuma_topology after;
    vnuma__json json;
    unsigned int i;

    if (vnuma__topology_with(topology, guests, num_guests, &after))
        return NULL;
    after.num_facts = 0; /* they describe the host before */
    vnuma__json_begin(&json, true);
    vnuma__json_add_array(&json, "guests");
    for (i = 0; i < num_guests; i++) {
        vnuma__json_map(&json);
        vnuma__json_add_string(&json, "file", guests[i]->name);
        put_plan(&json, &guests[i]->plan);
        vnuma__json_end_map(&json);
    }
    vnuma__json_end_array(&json);
    vnuma__json_add_uint(&json, "placed",
                         vnuma__count_placed(guests, num_guests));
    vnuma__json_add_bool(&json, "most", most);
    vnuma__json_add_map(&json, "host_after");
    vnuma__topology_put(&json, &after);
    vnuma__json_end_map(&json);
    free(after.pnodes);
    return vnuma__json_finish(&json);
}
