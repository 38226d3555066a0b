/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the plans of several guests, and the host with all of them. */
#include "config.h"

#include "host/topology.h"
#include "plan/plan_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/utf8.h"
#include "plan/plan_inside.h"

static unsigned int count_placed(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests)
{
    unsigned int num = 0, i;

    for (i = 0; i < num_guests; i++)
        num += guests[i]->plan.feasible;
    return num;
}

/* ---- for people --------------------------------------------------------- */

static void print_memory(uint64_t memkb, FILE *f)
{
    if (memkb == VNUMA_MEMKB_UNKNOWN)
        fprintf(f, "  %9s", "-");
    else
        fprintf(f, "  %9" PRIu64, vnuma__mib_down(memkb));
}

static unsigned int count_vcpus(const vnuma_plan *plan, uint32_t pnode)
{
    unsigned int num = 0, v;

    for (v = 0; v < plan->num_vnodes; v++)
        if (plan->vnodes[v].pnode == pnode)
            num += vnuma_bitmap_count(&plan->vnodes[v].vcpus);
    return num;
}

/* "1031 a.cfg, 520 b.cfg" */
static void print_takers(vnuma_plan_guest *const *guests,
                         unsigned int num_guests, uint32_t pnode, FILE *f)
{
    const char *between = "  ";
    unsigned int i, j;

    for (i = 0; i < num_guests; i++) {
        const vnuma_plan *plan = &guests[i]->plan;

        for (j = 0; j < plan->num_pnodes; j++) {
            if (plan->pnodes[j].pnode != pnode)
                continue;
            fprintf(f, "%s%" PRIu64 " ", between,
                    vnuma__mib_up(plan->pnodes[j].guest_memkb +
                                  plan->pnodes[j].build_memkb));
            vnuma__utf8_print(guests[i]->name, f);
            between = ", ";
        }
    }
    fputc('\n', f);
}

static void print_host(vnuma_plan_guest *const *guests,
                       unsigned int num_guests,
                       const vnuma_topology *topology,
                       const vnuma_topology *after, FILE *f)
{
    unsigned int p, i, num_vcpus;

    fputs("pnode   MiB free       left  pcpus  vcpus  MiB taken by\n", f);
    for (p = 0; p < topology->num_pnodes; p++) {
        const vnuma_pnode *pnode = &topology->pnodes[p];

        for (i = num_vcpus = 0; i < num_guests; i++)
            num_vcpus += count_vcpus(&guests[i]->plan, pnode->pnode);
        fprintf(f, "%5" PRIu32, pnode->pnode);
        print_memory(pnode->free_memkb, f);
        print_memory(after->pnodes[p].free_memkb, f);
        fprintf(f, "  %5u  %5u", vnuma_bitmap_count(&pnode->pcpus), num_vcpus);
        print_takers(guests, num_guests, pnode->pnode, f);
    }
}

static bool print_several(vnuma_plan_guest *const *guests,
                          unsigned int num_guests, bool most,
                          const vnuma_topology *topology,
                          const vnuma_topology *after, FILE *f)
{
    unsigned int num = count_placed(guests, num_guests), num_planned = 0, i;

    for (i = 0; i < num_guests; i++) {
        num_planned += guests[i]->config != NULL;
        vnuma__utf8_print(guests[i]->name, f);
        if (!guests[i]->plan.feasible) {
            fprintf(f, ": %s\n\n",
                    !guests[i]->config      ? "not planned"
                    : guests[i]->fits_alone ? "does not fit next to the others"
                                           : "does not fit, not even alone");
            continue;
        }
        fputs(":\n", f);
        if (!vnuma__plan_print(&guests[i]->plan, f))
            return false;
        fputc('\n', f);
    }
    print_host(guests, num_guests, topology, after, f);
    fprintf(f, "\n%u of %u guests placed%s\n", num, num_guests,
            num == num_planned ? ""
            : most             ? "; no more of them fit together"
                               : "; it is not proven that no more fit");
    return true;
}

char *vnuma_plan_several_to_text(vnuma_plan_guest *const *guests,
                                 unsigned int num_guests, bool most,
                                 const vnuma_topology *topology)
{
    vnuma_topology after;
    vnuma__print out;
    bool ok;
    FILE *f;

    ok = !vnuma__topology_with(topology, guests, num_guests, &after);
    f = vnuma__print_begin(&out);
    ok = ok && f &&
         print_several(guests, num_guests, most, topology, &after, f);
    vnuma__topology_drop(&after);
    return f ? vnuma__print_end(&out, !ok) : NULL;
}

/* ---- for programs ------------------------------------------------------- */

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
        vnuma__plan_put(&json, &guests[i]->plan);
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
