/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that live next to each other. */
#include "config.h"

#include "plan-group.h"
#include "heap.h"

static const char two_nodes[] =
    "{\"nodes\":["
    "{\"node\":0,\"free_memkb\":1048576,\"cpus\":[0,1,2,3],"
    "\"distances\":[10,20]},"
    "{\"node\":1,\"free_memkb\":1048576,\"cpus\":[4,5,6,7],"
    "\"distances\":[20,10]}]}";

#define GUEST(memory, vcpus, vnuma)                                           \
    "type=\"hvm\"\nmemory=" #memory "\nvcpus=" #vcpus "\nvnuma=" vnuma "\n"

/* ---- what is taken ------------------------------------------------------ */

static void vcpus_of_others_count(void)
{
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a", GUEST(100, 4, "[[\"pnode=0\"]]"));
    group_add(&g, "b", GUEST(100, 4, "[[\"pnode=auto\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    CHECK(g.most);
    check_pnodes(&g.guests[0].plan, "0");
    check_pnodes(&g.guests[1].plan, "1");
    CHECK_UINT(g.guests[1].plan.cost.overcommit, 0);
    group_dispose(&g);
}

/* All pcpus are taken, but the pnode is no pnode without CPUs. */
static void pcpus_may_run_out(void)
{
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a", GUEST(100, 8, "[[\"pnode=0\"]]"));
    group_add(&g, "b", GUEST(100, 8, "[[\"pnode=1\"]]"));
    group_add(&g, "c", GUEST(100, 3, "[[\"pnode=0\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    CHECK_UINT(g.guests[2].plan.cost.overcommit, 7000);
    CHECK_UINT(g.guests[0].plan.cost.overcommit, 7000);
    group_dispose(&g);
}

static void memory_and_building_of_others_count(void)
{
    const vnuma_plan_pnode *a, *b;
    vnuma_topology after;
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a", GUEST(500, 2, "[[\"pnode=1\"]]"));
    group_add(&g, "b", GUEST(500, 2, "[[\"pnode=1\"]]"));
    group_add(&g, "c", GUEST(10, 2, "[[\"pnode=1\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, VNUMA_ERROR_NOFIT);
    CHECK(g.most);
    REQUIRE(g.guests[0].plan.feasible && g.guests[1].plan.feasible);
    CHECK_INT(g.guests[2].rc, VNUMA_ERROR_NOFIT);
    CHECK(g.guests[2].fits_alone);
    CHECK_UINT(g.guests[2].diags.num_errors, 1);
    a = &g.guests[0].plan.pnodes[0];
    b = &g.guests[1].plan.pnodes[0];
    CHECK_UINT(a->free_memkb, 1048576 - b->guest_memkb - b->build_memkb);
    CHECK_UINT(b->free_memkb, 1048576 - a->guest_memkb - a->build_memkb);
    CHECK(a->build_memkb > 4096);

    after = g.topology;
    after.pnodes = calloc(2, sizeof(*after.pnodes));
    REQUIRE(after.pnodes);
    memcpy(after.pnodes, g.topology.pnodes, 2 * sizeof(*after.pnodes));
    vnuma_topology_take(&after, &g.guests[0].plan);
    CHECK_UINT(after.pnodes[1].free_memkb, b->free_memkb);
    CHECK_UINT(after.pnodes[0].free_memkb, 1048576);
    free(after.pnodes);
    group_dispose(&g);
}

static void who_does_not_fit_alone_disturbs_nobody(void)
{
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a", GUEST(4000, 2, "[[\"pnode=auto\"]]"));
    group_add(&g, "b", GUEST(900, 2, "[[\"pnode=auto\"]]"));
    group_add(&g, "c", GUEST(900, 2, "[[\"pnode=auto\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, VNUMA_ERROR_NOFIT);
    CHECK(g.most);
    CHECK(!g.guests[0].fits_alone);
    CHECK_UINT(count_placed(&g), 2);
    REQUIRE(g.guests[0].plan.reasons);
    CHECK(!strstr(g.guests[0].plan.reasons, "next to"));
    group_dispose(&g);
}

static void a_guest_without_config_is_passed_over(void)
{
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a", GUEST(900, 2, "[[\"pnode=auto\"]]"));
    group_add(&g, "b", GUEST(900, 2, "[[\"pnode=auto\"]]"));
    g.guests[0].config = NULL;
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    CHECK_INT(g.guests[0].rc, VNUMA_ERROR_CONFIG);
    CHECK(!g.guests[0].plan.feasible);
    check_pnodes(&g.guests[1].plan, "0");
    group_dispose(&g);
}

static void none_is_no_failure(void)
{
    group g;

    group_host(&g, two_nodes);
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    CHECK(g.most);
    group_dispose(&g);
}

/* The larger one in its best place would take the only place of the others. */
static void guests_make_room_for_each_other(void)
{
    group g;

    group_host(&g, "{\"nodes\":["
               "{\"node\":0,\"free_memkb\":1048576,\"cpus\":[0,1],"
               "\"distances\":[10,20,20]},"
               "{\"node\":1,\"free_memkb\":700000,\"cpus\":[2,3],"
               "\"distances\":[20,10,20]},"
               "{\"node\":2,\"free_memkb\":400000,\"cpus\":[4,5],"
               "\"distances\":[20,20,10]}]}");
    group_add(&g, "a", GUEST(620, 2, "[[\"pnode=auto\"]]"));
    group_add(&g, "b", GUEST(620, 2, "[[\"vcpus=0\"],[\"vcpus=1\"]]"));
    group_add(&g, "c", GUEST(600, 2, "[[\"pnode=auto\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, 0);
    CHECK_UINT(count_placed(&g), 3);
    group_dispose(&g);
}

/* ---- properties --------------------------------------------------------- */

static void check_beside(group *g)
{
    vnuma_plan_guest *guests[MAX_GUESTS];
    unsigned int i, j, others;
    vnuma_topology with;

    for (i = 0; i < g->num; i++) {
        const vnuma_plan *plan = &g->guests[i].plan;
        char *text, *again;
        vnuma_diags diags;
        vnuma_plan alone;

        if (!plan->feasible)
            continue;
        vnuma_diags_init(&diags);
        memset(&alone, 0, sizeof(alone));
        others = 0;
        for (j = 0; j < g->num; j++)
            if (j != i)
                guests[others++] = &g->guests[j];
        CHECK_INT(vnuma__topology_with(&g->topology, guests, others, &with),
                  0);
        CHECK_INT(vnuma__plan_build(&g->configs[i], &with, &g->options, &alone,
                                    &diags), 0);
        free(with.pnodes);
        text = vnuma_plan_to_json(plan);
        again = vnuma_plan_to_json(&alone);
        if (plan->optimal)
            CHECK_STR(text, again);
        free(text);
        free(again);
        vnuma__plan_dispose(&alone);
        vnuma_diags_dispose(&diags);
    }
}

static void each_is_best_beside_the_others(void)
{
    unsigned int i, num_plans = 0, num_optimal = 0, j;

    for (i = 0; i < TAP_FEWER(300); i++) {
        group g;

        state = 7000003 * (i + 1);
        invent_group(&g, 6, MAX_GUESTS);
        group_plan(&g);
        check_beside(&g);
        for (j = 0; j < g.num; j++) {
            num_plans += g.guests[j].plan.feasible;
            num_optimal += g.guests[j].plan.optimal;
        }
        if (tap_failed)
            TAP_DIAG("group %u", i);
        group_dispose(&g);
        REQUIRE(!tap_failed);
    }
    TAP_DIAG("%u of %u plans are proven best", num_optimal, num_plans);
    CHECK(num_optimal * 100 > num_plans * 95);
}

static char *json_of(const group *g, unsigned int i)
{
    char *text = vnuma_plan_to_json(&g->guests[i].plan);

    return text ? text : strdup("");
}

static void the_order_of_guests_changes_nothing(void)
{
    unsigned int i, j, k;

    for (i = 0; i < TAP_FEWER(200); i++) {
        vnuma_plan_guest swapped;
        char *before[MAX_GUESTS];
        unsigned int at[MAX_GUESTS];
        group g;

        state = 9000003 * (i + 1);
        invent_group(&g, 5, MAX_GUESTS);
        group_plan(&g);
        for (j = 0; j < g.num; j++) {
            before[j] = json_of(&g, j);
            at[j] = j;
        }
        group_drop_plans(&g);
        for (j = g.num - 1; j; j--) {
            unsigned int other = draw(j + 1), number = at[j];

            swapped = g.guests[j];
            g.guests[j] = g.guests[other];
            g.guests[other] = swapped;
            at[j] = at[other];
            at[other] = number;
        }
        group_plan(&g);
        for (j = 0; j < g.num; j++) {
            char *after = json_of(&g, j);

            CHECK_STR(after, before[at[j]]);
            free(after);
        }
        for (k = 0; k < g.num; k++)
            free(before[k]);
        group_dispose(&g);
        REQUIRE(!tap_failed);
    }
}

static void every_allocation_may_fail(void)
{
    unsigned int n, num_calls;
    size_t before;
    group g;

    state = 4242;
    invent_group(&g, 3, 3);
    while (g.num < 3) {
        group_dispose(&g);
        invent_group(&g, 3, 3);
    }
    heap_start(0, false);
    group_plan(&g);
    num_calls = heap_calls;
    heap_stop();
    CHECK(g.rc == 0 || g.rc == VNUMA_ERROR_NOFIT);
    group_drop_plans(&g);
    for (n = 1; n <= num_calls; n++) {
        before = heap_bytes;
        heap_start(n, false);
        group_plan(&g);
        heap_stop();
        if (g.rc == VNUMA_ERROR_NOMEM)
            CHECK_UINT(heap_bytes, before);
        CHECK(g.rc == VNUMA_ERROR_NOMEM || count_placed(&g));
        group_drop_plans(&g);
        CHECK_UINT(heap_bytes, before);
    }
    group_dispose(&g);
}

/* ---- memory by policy --------------------------------------------------- */

/* The search would not know where it goes. */
static void nothing_is_proven_of_memory_that_flows_over(void)
{
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a",
              GUEST(1500, 2, "[[\"pnode=0\"]]\n"
                             "xl_vnuma_policy=\"preferred\""));
    group_add(&g, "b", GUEST(700, 2, "[[\"pnode=auto\"]]"));
    group_plan(&g);
    CHECK_INT(g.rc, VNUMA_ERROR_NOFIT);
    CHECK_UINT(count_placed(&g), 1);
    CHECK(!g.most);
    group_dispose(&g);
}

static void a_name_does_nothing_to_a_terminal(void)
{
    vnuma_plan_guest *guests[2];
    char *text;
    group g;

    group_host(&g, two_nodes);
    group_add(&g, "a\xc2\x9b", GUEST(100, 4, "[[\"pnode=0\"]]"));
    group_add(&g, "b\xe2\x80\xae\xff", GUEST(2000, 4, "[[\"pnode=0\"]]"));
    group_plan(&g);
    guests[0] = &g.guests[0];
    guests[1] = &g.guests[1];
    text = vnuma_plan_several_to_text(guests, 2, true);
    REQUIRE(text);
    CHECK(strstr(text, "a?:\n"));
    CHECK(strstr(text, "b??: does not fit"));
    CHECK(!strstr(text, "\x9b") && !strstr(text, "\x80\xae"));
    free(text);
    group_dispose(&g);
}

static const tap_case cases[] = {
    TAP_CASE(a_name_does_nothing_to_a_terminal),
    TAP_CASE(vcpus_of_others_count),
    TAP_CASE(pcpus_may_run_out),
    TAP_CASE(memory_and_building_of_others_count),
    TAP_CASE(who_does_not_fit_alone_disturbs_nobody),
    TAP_CASE(a_guest_without_config_is_passed_over),
    TAP_CASE(none_is_no_failure),
    TAP_CASE(guests_make_room_for_each_other),
    TAP_CASE(each_is_best_beside_the_others),
    TAP_CASE(the_order_of_guests_changes_nothing),
    TAP_CASE(every_allocation_may_fail),
    TAP_CASE(nothing_is_proven_of_memory_that_flows_over),
};

int main(void)
{
    return TAP_RUN(cases);
}
