/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What decides where a guest goes: affinities, pools, load, "auto". */
#include "config.h"

#include "plan-case.h"

#define GUEST "type=\"hvm\"\nname=\"g\"\n"
#define TWO_28_19 "numactl-two-28-and-19-gib.txt"
#define THREE_ONE_EMPTY "numactl-three-one-empty.txt"
#define MEMORY_ONLY "numactl-two-and-two-memory-only.txt"

static bool has_reason(const plan_case *c, const char *part)
{
    const char *reason = c->plan.reasons;

    for (; reason && *reason; reason += strlen(reason) + 1)
        if (strstr(reason, part))
            return true;
    return false;
}

/* Pnodes as "0 4", and sizes likewise in MiB. */
static void check_plan(const char *host, const char *guest, const char *pnodes,
                       const char *sizes, const char *reason)
{
    char text[256] = "";
    unsigned int v;
    plan_case c;

    case_plan(&c, host, guest);
    CHECK_INT(c.rc, 0);
    CHECK(c.plan.optimal);
    check_pnodes(&c.plan, pnodes);
    for (v = 0; sizes && v < c.plan.num_vnodes; v++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
                 v ? " " : "",
                 (unsigned int)(c.plan.vnodes[v].memkb / 1024));
    if (sizes)
        CHECK_STR(text, sizes);
    CHECK(has_reason(&c, reason));
    case_dispose(&c);
}

static void cpus_and_pools_bind(void)
{
    check_plan(EPYC, GUEST "memory=4096\nvcpus=4\nvnuma=\"auto\"\n"
               "cpus=\"node:2\"\n", "2", NULL, "leave its vcpus pnodes 2");
    check_plan(EPYC,
               GUEST "memory=4096\nvcpus=4\n"
                     "vnuma=[[\"pnode=auto\"],[\"pnode=auto\"]]\n"
                     "cpus=\"nodes:2-3\"\n",
               "2 3", NULL, "leave its vcpus pnodes 2 3");
    check_plan(EPYC, GUEST "memory=4096\nvcpus=2\nvnuma=[[\"pnode=auto\"],"
               "[\"pnode=auto\"]]\ncpus=[\"all,^0-15\",\"8-11\"]\n", "3 2",
               NULL, "vnode 1: cpus= and pool= leave its vcpus pnodes 2");
    check_plan(EPYC, GUEST "memory=4096\nvcpus=4\nvnuma=\"auto\"\n"
               "pool=\"Pool-node1\"\n", "1", NULL, "leave its vcpus pnodes 1");
}

static void soft_affinity_decides_among_equals(void)
{
    check_plan(EPYC, GUEST "memory=4096\nvcpus=4\nvnuma=\"auto\"\n"
               "cpus_soft=\"node:3\"\n", "3", NULL, "cpus_soft=: 0");
}

static void auto_takes_the_fewest_vcpus_too_many(void)
{
    plan_case c;

    check_plan(EPYC, GUEST "memory=8192\nvcpus=64\nvnuma=\"auto\"\n",
               "1 0 2 3 4 5 6 7", NULL,
               "pcpus of their pnode, those that run there already counted "
               "in: 0");
    case_plan(&c, EPYC, GUEST "memory=8192\nvcpus=65\nvnuma=\"auto\"\n");
    CHECK_INT(c.rc, 0);
    CHECK_UINT(c.plan.num_vnodes, 8);
    CHECK_UINT(c.plan.cost.overcommit, 1000);
    case_dispose(&c);
}

static void auto_takes_unequal_sizes_where_equal_ones_do_not_fit(void)
{
    static const char guest[] =
        GUEST "memory=40960\nvcpus=8\nvnuma=\"auto\"\n";
    plan_case c;

    check_plan(TWO_28_19, guest, "0 1", "22528 18432", "with another: 0");
    check_plan(THREE_ONE_EMPTY, guest, "1 2", "22528 18432",
               "with another: 0");
    case_plan(&c, TWO_28_19, guest);
    CHECK_UINT(c.diags.num_warnings, 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->id, "auto-unequal");
    case_dispose(&c);
}

static void memory_only_vnodes_take_what_pnodes_with_cpus_do_not_hold(void)
{
    check_plan(MEMORY_ONLY, GUEST "memory=400000\nvcpus=8\nvnuma=\"auto\"\n",
               "0 1 2", "162816 163840 73344",
               "pnode 2, chosen; 73344 MiB, vcpus: 0");
    /* With fewer vcpus than vnodes too: the fewest vnodes. */
    check_plan(MEMORY_ONLY, GUEST "memory=400000\nvcpus=1\nvnuma=\"auto\"\n",
               "1 2 0", "162816 163840 73344",
               "pnode 2, chosen; 163840 MiB, vcpus: 0");
}

static void a_guest_that_fits_nowhere_has_one_error(void)
{
    plan_case c;

    case_plan(&c, TWO_28_19,
              GUEST "memory=65536\nvcpus=8\nvnuma=\"auto\"\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    CHECK_UINT(c.diags.num_errors, 1);
    CHECK(strstr(vnuma_diags_at(&c.diags, 0)->message, "47159 MiB are free"));
    case_dispose(&c);
}

static void unknown_distances_are_said(void)
{
    check_plan("invented-no-distances.txt",
               GUEST "memory=128\nvcpus=2\n"
               "vnuma=[[\"pnode=0\"],[\"pnode=1\"]]\n",
               "0 1", NULL, "not all distances of the host are known");
}

/* Pnode 1 has more memory, and vcpus that run there. */
static const char loaded[] =
    "{\"nodes\":["
    "{\"node\":0,\"memkb\":4194304,\"free_memkb\":1048576,\"cpus\":[0,1],"
    "\"distances\":[10,20]},"
    "{\"node\":1,\"memkb\":4194304,\"free_memkb\":2097152,\"cpus\":[2,3],"
    "\"distances\":[20,10]}],"
    "\"pcpus\":["
    "{\"pcpu\":0,\"core\":0,\"socket\":0,\"node\":0,\"load\":0},"
    "{\"pcpu\":1,\"core\":1,\"socket\":0,\"node\":0,\"load\":0},"
    "{\"pcpu\":2,\"core\":0,\"socket\":1,\"node\":1,\"load\":%u},"
    "{\"pcpu\":3,\"core\":1,\"socket\":1,\"node\":1,\"load\":%u}]}";

static void check_loaded(unsigned int load, const uint32_t *old,
                         const char *pnode, uint64_t overcommit)
{
    char text[sizeof(loaded) + 20];
    plan_case c;

    memset(&c, 0, sizeof(c));
    snprintf(text, sizeof(text), loaded, load, load);
    CHECK_INT(vnuma_source_set(&c.host_source, "host", text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&c.host_source, &c.topology, &c.diags), 0);
    case_guest(&c, GUEST "memory=256\nvcpus=2\nvnuma=[[\"pnode=auto\"]]\n");
    if (old)
        vnuma_plan_options_prefer(&c.options, old, 1);
    c.rc = vnuma__plan_build(&c.config, &c.topology, &c.options, &c.plan,
                             &c.diags);
    CHECK_INT(c.rc, 0);
    check_pnodes(&c.plan, pnode);
    CHECK_UINT(c.plan.cost.overcommit, overcommit);
    CHECK(!old || has_reason(&c, "not where they were before: 0"));
    case_dispose(&c);
}

static void vcpus_that_run_already_count(void)
{
    check_loaded(0, NULL, "1", 0);
    check_loaded(500, NULL, "0", 0);
}

static void a_preference_stands_before_all_terms(void)
{
    check_loaded(500, &(uint32_t){ 1 }, "1", 1000);
}

static void why_a_named_pnode_cannot_be(void)
{
    static const struct {
        const char *host, *guest, *says;
    } rows[] = {
        { EPYC, "vnuma=[[\"pnode=1\"],[\"pnode=70\"]]\n",
          "vnode 1: the host has no pnode 70" },
        { THREE_ONE_EMPTY, "vnuma=[[\"pnode=0\"],[\"pnode=1\"]]\n",
          "vnode 0: pnode 0 has no memory" },
        { EPYC, "vnuma=[[\"pnode=2\"],[\"pnode=1\"]]\ncpus=\"nodes:1-2\"\n"
          "pool=\"Pool-node1\"\n",
          "vnode 0: cpus= and pool= do not let each of its vcpus run on "
          "pnode 2" },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char guest[256];
        plan_case c;

        snprintf(guest, sizeof(guest), GUEST "memory=4096\nvcpus=4\n%s",
                 rows[i].guest);
        case_plan(&c, rows[i].host, guest);
        CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
        CHECK_UINT(c.diags.num_errors, 1);
        REQUIRE(c.diags.num_items > 0);
        CHECK_STR(vnuma_diags_at(&c.diags, 0)->message, rows[i].says);
        case_dispose(&c);
    }
}

/* 32, all on two pnodes. */
static void as_many_vnodes_as_xen_takes_are_planned(void)
{
    char text[2048] = "type = 'pvh'\nmemory = 512\nvcpus = 32\nvnuma = [ ";
    unsigned int v;
    plan_case c;

    for (v = 0; v < VNUMA_MAX_VNODES; v++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "[ 'size=16', 'vcpus=%u' ], ", v);
    strcat(text, "]\n");
    case_plan(&c, TWO, text);
    CHECK_INT(c.rc, 0);
    CHECK_UINT(c.plan.num_vnodes, VNUMA_MAX_VNODES);
    case_dispose(&c);
}

/* The first term that differs decides; free memory does not. */
static void costs_are_compared_term_by_term(void)
{
    const vnuma_plan_cost less = { .distance = 1, .led_away = 9 },
                          more = { .distance = 2, .led_away = 1 },
                          roomy = { .distance = 1,
                                    .led_away = 9,
                                    .least_memkb = 5 };

    CHECK(vnuma_plan_cost_compare(&less, &more) < 0);
    CHECK(vnuma_plan_cost_compare(&more, &less) > 0);
    CHECK_INT(vnuma_plan_cost_compare(&less, &roomy), 0);
}

static const tap_case cases[] = {
    TAP_CASE(costs_are_compared_term_by_term),
    TAP_CASE(as_many_vnodes_as_xen_takes_are_planned),
    TAP_CASE(why_a_named_pnode_cannot_be),
    TAP_CASE(cpus_and_pools_bind),
    TAP_CASE(soft_affinity_decides_among_equals),
    TAP_CASE(auto_takes_the_fewest_vcpus_too_many),
    TAP_CASE(auto_takes_unequal_sizes_where_equal_ones_do_not_fit),
    TAP_CASE(memory_only_vnodes_take_what_pnodes_with_cpus_do_not_hold),
    TAP_CASE(a_guest_that_fits_nowhere_has_one_error),
    TAP_CASE(unknown_distances_are_said),
    TAP_CASE(vcpus_that_run_already_count),
    TAP_CASE(a_preference_stands_before_all_terms),
};

int main(void)
{
    return TAP_RUN(cases);
}
