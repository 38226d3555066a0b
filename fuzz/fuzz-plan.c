/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a host and a guest, divided by a line "---".  A plan keeps the
 * hard rules and its sums agree with those of its pnodes; what -o writes is
 * accepted, complete, and planned the same.  Further parts are further guests:
 * they never take more than there is, and in another order they get the same
 * placement.
 */
#include "config.h"

#include <string.h>

#include "inside.h"

#define FUZZ_CORPUS "plan"
#include "fuzz.h"

typedef struct {
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
} guest;

static void init(guest *g, const char *text, size_t size)
{
    vnuma_source_init(&g->source);
    memset(&g->config, 0, sizeof(g->config));
    vnuma_diags_init(&g->diags);
    FUZZ_ASSERT(!vnuma_source_set(&g->source, "guest", text, size));
}

static void dispose(guest *g)
{
    vnuma_diags_dispose(&g->diags);
    vnuma__config_dispose(&g->config);
    vnuma_source_dispose(&g->source);
}

static bool is_accepted(guest *g, const vnuma_topology *topology)
{
    int rc = vnuma__config_parse(&g->source, &g->config, &g->diags);

    g->config.unsound |= VNUMA_ABOUT_FIT;
    return !rc && !vnuma_check(&g->config, topology, 0, &g->diags) &&
           g->config.vnodes_span.source;
}

/* ---- what a plan promises ----------------------------------------------- */

static void check_pnode(const vnuma_plan *plan, const vnuma_plan_pnode *pnode,
                        const vnuma_topology *topology)
{
    const vnuma_pnode *known = vnuma_topology_find(topology, pnode->pnode);
    uint64_t memkb = 0;
    unsigned int v;

    FUZZ_ASSERT(known && known->free_memkb != VNUMA_MEMKB_UNKNOWN);
    FUZZ_ASSERT(pnode->free_memkb <= known->free_memkb);
    FUZZ_ASSERT(pnode->guest_memkb + pnode->build_memkb <= pnode->free_memkb);
    for (v = 0; v < plan->num_vnodes; v++) {
        if (plan->vnodes[v].pnode != pnode->pnode)
            continue;
        memkb += plan->vnodes[v].memkb;
        FUZZ_ASSERT(!vnuma_bitmap_count(&plan->vnodes[v].vcpus) ||
                    vnuma_bitmap_count(&known->pcpus));
    }
    FUZZ_ASSERT(memkb == pnode->guest_memkb);
}

static void check_plan(const vnuma_plan *plan, const vnuma_config *config,
                       const vnuma_topology *topology)
{
    unsigned int v, i;

    FUZZ_ASSERT(plan->feasible && plan->num_vnodes && plan->num_pnodes);
    FUZZ_ASSERT(!plan->optimal || plan->bound.distance == plan->cost.distance);
    for (i = 0; i < plan->num_pnodes; i++)
        check_pnode(plan, &plan->pnodes[i], topology);
    FUZZ_ASSERT(plan->num_vnodes - plan->num_pnodes == plan->cost.shared);
    for (v = 0; !config->vnuma_auto && v < plan->num_vnodes; v++) {
        uint64_t named = config->vnodes[v].pnode.value;

        FUZZ_ASSERT(named == VNUMA_PNODE_AUTO ||
                    named == plan->vnodes[v].pnode);
        FUZZ_ASSERT(plan->vnodes[v].distances[v] == VNUMA_DISTANCE_LOCAL);
    }
}

/* ---- what comes of it --------------------------------------------------- */

static void check_written(const guest *g, const vnuma_plan *plan,
                          const vnuma_topology *topology)
{
    char *text = vnuma_plan_to_cfg(plan, &g->source);
    char *before = vnuma_plan_to_setting(plan), *after;
    vnuma_plan again;
    guest written;

    FUZZ_ASSERT(text && before);
    init(&written, text, strlen(text));
    memset(&again, 0, sizeof(again));
    FUZZ_ASSERT(is_accepted(&written, topology));
    FUZZ_ASSERT(vnuma_config_is_full(&written.config));
    FUZZ_ASSERT(!vnuma__plan_build(&written.config, topology, NULL, &again,
                                   &written.diags));
    after = vnuma_plan_to_setting(&again);
    FUZZ_ASSERT(after && !strcmp(before, after));
    free(after);
    free(before);
    free(text);
    vnuma__plan_dispose(&again);
    dispose(&written);
}

static void check_printed(const vnuma_plan *plan)
{
    char *text = vnuma_plan_to_text(plan), *json = vnuma_plan_to_json(plan);

    FUZZ_ASSERT(text && json);
    free(text);
    free(json);
}

static void check_guest(const char *text, size_t size,
                        const vnuma_topology *topology)
{
    vnuma_plan plan;
    guest g;
    int rc;

    init(&g, text, size);
    memset(&plan, 0, sizeof(plan));
    if (is_accepted(&g, topology)) {
        rc = vnuma__plan_build(&g.config, topology, NULL, &plan, &g.diags);
        FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_NOFIT);
        FUZZ_ASSERT(plan.reasons && *plan.reasons);
        check_printed(&plan);
        if (!rc) {
            check_plan(&plan, &g.config, topology);
            check_written(&g, &plan, topology);
        } else {
            FUZZ_ASSERT(!plan.feasible && g.diags.num_errors);
        }
    }
    vnuma__plan_dispose(&plan);
    dispose(&g);
}

/* ---- guests next to each other ------------------------------------------ */

#define MOST_GUESTS 4u

static void check_together(const vnuma_plan_guest *guests, unsigned int num,
                           const vnuma_topology *topology)
{
    unsigned int i, p, j;

    for (p = 0; p < topology->num_pnodes; p++) {
        uint64_t left = topology->pnodes[p].free_memkb;

        for (i = 0; i < num; i++)
            for (j = 0; j < guests[i].plan.num_pnodes; j++) {
                const vnuma_plan_pnode *taken = &guests[i].plan.pnodes[j];

                if (taken->pnode != topology->pnodes[p].pnode)
                    continue;
                FUZZ_ASSERT(taken->guest_memkb + taken->build_memkb <= left);
                left -= taken->guest_memkb + taken->build_memkb;
            }
    }
}

static int plan_several(vnuma_plan_guest *guests, unsigned int num,
                        const vnuma_topology *topology)
{
    vnuma_plan_guest *pointers[MOST_GUESTS] = { NULL };
    char *text, *json;
    unsigned int i;
    bool most;
    int rc;

    for (i = 0; i < num; i++)
        pointers[i] = &guests[i];
    rc = vnuma_plan_several(pointers, num, topology, NULL, &most);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_NOFIT);
    for (i = 0; i < num; i++) {
        FUZZ_ASSERT(guests[i].plan.feasible == !guests[i].rc);
        FUZZ_ASSERT(rc || !guests[i].rc);
    }
    check_together(guests, num, topology);
    text = vnuma_plan_several_to_text(pointers, num, most);
    json = vnuma_plan_several_to_json(pointers, num, most, topology);
    FUZZ_ASSERT(text && json);
    free(text);
    free(json);
    return rc;
}

static void check_order(guest *files, unsigned int num,
                        const vnuma_topology *topology)
{
    static const char *const names[MOST_GUESTS] = { "a", "b", "c", "d" };
    vnuma_plan_guest there[MOST_GUESTS], back[MOST_GUESTS];
    unsigned int i;

    memset(there, 0, sizeof(there));
    memset(back, 0, sizeof(back));
    for (i = 0; i < num; i++) {
        there[i].config = back[num - 1 - i].config = &files[i].config;
        there[i].name = back[num - 1 - i].name = names[i];
    }
    FUZZ_ASSERT(plan_several(there, num, topology) ==
                plan_several(back, num, topology));
    for (i = 0; i < num; i++) {
        char *a = vnuma_plan_to_json(&there[i].plan);
        char *b = vnuma_plan_to_json(&back[num - 1 - i].plan);

        FUZZ_ASSERT(a && b && !strcmp(a, b));
        free(a);
        free(b);
        vnuma__plan_guest_dispose(&there[i]);
        vnuma__plan_guest_dispose(&back[num - 1 - i]);
    }
}

static void check_several(const char *text, size_t size,
                          const vnuma_topology *topology)
{
    static const char line[] = "\n---\n";
    const char *end = text + size, *next;
    guest files[MOST_GUESTS];
    unsigned int num = 0, i;

    for (; text && num < MOST_GUESTS;
         text = next ? next + strlen(line) : next) {
        next = memmem(text, (size_t)(end - text), line, strlen(line));
        init(&files[num], text, (size_t)((next ? next : end) - text));
        if (is_accepted(&files[num], topology))
            num++;
        else
            dispose(&files[num]);
    }
    if (num > 1)
        check_order(files, num, topology);
    for (i = 0; i < num; i++)
        dispose(&files[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char line[] = "\n---\n";
    const char *text = (const char *)data;
    const char *middle = memmem(text, size, line, strlen(line));
    vnuma_topology topology;
    vnuma_source source;
    vnuma_diags diags;

    if (!middle)
        return 0;
    memset(&topology, 0, sizeof(topology));
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    FUZZ_ASSERT(
        !vnuma_source_set(&source, "host", text, (size_t)(middle - text)));
    if (!vnuma__topology_parse(&source, &topology, &diags)) {
        middle += strlen(line);
        size -= (size_t)(middle - text);
        check_guest(middle, size, &topology);
        check_several(middle, size, &topology);
    }
    vnuma_diags_dispose(&diags);
    vnuma__topology_dispose(&topology);
    vnuma_source_dispose(&source);
    return 0;
}
