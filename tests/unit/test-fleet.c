/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host as an engine sees it: what came and went since its report. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan-case.h"

#define MIB UINT64_C(1024)

#define DOMAIN(name, pnode, memkb, hard, online)                              \
    "{\"domid\": 1" #pnode ", \"name\": \"" name "\", \"memkb\": " memkb      \
    ", \"vnodes\": [{\"pnode\": " #pnode ", \"memkb\": " memkb                \
    ", \"vcpus\": [0]}], \"vcpus\": [{\"vcpu\": 0, \"online\": " online       \
    ", \"pcpu\": 2, \"hard\": " hard "}]}"
/* Two pnodes of 1 GiB; "one" and "two" have 256 MiB each on theirs. */
#define REPORT(domains, builds)                                               \
    "{\"report\": 1, \"time\": 1000, \"domains\": [" domains "], "            \
    "\"topology\": {\"nodes\": [{\"node\": 0, \"memkb\": 1048576, "           \
    "\"free_memkb\": 614400, \"cpus\": [0,1], \"distances\": [10,20]}, "      \
    "{\"node\": 1, \"memkb\": 1048576, \"free_memkb\": 614400, "              \
    "\"cpus\": [2,3], \"distances\": [20,10]}], \"pcpus\": ["                 \
    "{\"pcpu\": 2, \"node\": 1, \"load\": 700}, "                             \
    "{\"pcpu\": 3, \"node\": 1, \"load\": 500}]}, \"builds\": [" builds "],"  \
    "\"places\": [7, {\"name\": \"bad\"}, {\"name\": \"old\", \"pnodes\": "    \
    "[1], \"memkb\": [524288]}]}"
#define ONE DOMAIN("one", 0, "262144", "[0,1]", "false")
#define TWO_HERE DOMAIN("two", 1, "262144", "[2,3]", "true")
#define USUAL REPORT(ONE ", " TWO_HERE, "")
#define FREE (UINT64_C(2) * 614400)

typedef struct {
    vnuma_source source;
    vnuma_diags diags;
    vnuma_fleet_host *host;
    vnuma_topology *topology;
    int rc;
} fleet_case;

static void begin(fleet_case *c, const char *report)
{
    memset(c, 0, sizeof(*c));
    CHECK_INT(vnuma_source_set(&c->source, "report", report, strlen(report)),
              0);
    c->rc = vnuma_fleet_host_parse(&c->source, &c->host, &c->diags);
    c->topology = c->host ? vnuma_fleet_host_topology(c->host) : NULL;
}

static void end(fleet_case *c)
{
    vnuma_fleet_host_free(c->host);
    vnuma_diags_dispose(&c->diags);
    vnuma_source_dispose(&c->source);
}

static int list(fleet_case *c, const char *name, const char *guest, bool is_up)
{
    plan_case g = { .rc = 0 };
    int rc;

    case_guest(&g, guest);
    rc = vnuma_fleet_host_list(c->host, name, &g.config, is_up);
    case_dispose(&g);
    return rc;
}

static uint64_t free_on(const fleet_case *c, uint32_t pnode)
{
    return vnuma_topology_find(c->topology, pnode)->free_memkb;
}

static void check_trust(const fleet_case *c, uint64_t memkb, uint64_t now,
                        vnuma_fleet_trust want, const char *id)
{
    vnuma_diags diags = { 0 };

    CHECK_INT(vnuma_fleet_host_judge(c->host, memkb, now, 100, &diags), want);
    CHECK_UINT(diags.num_items, id ? 1 : 0);
    CHECK_UINT(diags.num_errors, 0);
    if (diags.num_items && id)
        CHECK_STR(vnuma_diags_at(&diags, 0)->id, id);
    vnuma_diags_dispose(&diags);
}

static void only_a_report_is_read(void)
{
    static const char *const others[] = {
        "", "{}", "[1]", "{\"report\": 1}", EQUAL_PNODES,
        "{\"report\": 2, \"domains\": [], \"topology\": {\"nodes\": []}}",
        "{\"report\": 1, \"topology\": {\"nodes\": [{\"node\": 0}]}}",
        REPORT("{\"name\": \"x\"}", ""), REPORT("", "7"),
    };
    fleet_case c;
    unsigned int i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        begin(&c, others[i]);
        CHECK_INT(c.rc, VNUMA_ERROR_HOST);
        CHECK(!c.host);
        CHECK(c.diags.num_errors > 0);
        end(&c);
    }
}

static void guests_and_builds_of_the_report_are_known(void)
{
    fleet_case c;

    begin(&c, REPORT(ONE, "{\"name\": \"new\", \"nodes\": []}"));
    REQUIRE(!c.rc);
    CHECK(vnuma_fleet_host_knows(c.host, "one"));
    CHECK_UINT(vnuma_domains_num(vnuma_fleet_host_domains(c.host)), 1);
    CHECK(vnuma_fleet_host_knows(c.host, "new"));
    CHECK(!vnuma_fleet_host_knows(c.host, "two"));
    CHECK(!vnuma_fleet_host_knows(c.host, ""));
    CHECK_INT(list(&c, "new", ONE_VNODE("512"), true), 0);
    CHECK_UINT(free_on(&c, 0), 614400);
    check_trust(&c, FREE, 0, VNUMA_FLEET_CURRENT, NULL);
    end(&c);
}

static void what_is_listed_is_planned_first(void)
{
    fleet_case c;
    uint64_t taken;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    CHECK_INT(list(&c, "one", ONE_VNODE("512"), true), 0);
    CHECK_UINT(free_on(&c, 0), 614400);
    CHECK_INT(list(&c, "new", ONE_VNODE("512"), true), 0);
    taken = 614400 - free_on(&c, 0);
    CHECK(taken > 512 * MIB && taken < 540 * MIB);
    CHECK_UINT(free_on(&c, 1), 614400);
    CHECK_INT(list(&c, "newer", ONE_VNODE("512"), true), 0);
    CHECK_UINT(free_on(&c, 1), 614400 - taken);
    /* Neither is started, or both are and Xen took what building costs. */
    check_trust(&c, FREE - 1024 * MIB, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE - 2 * taken, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE, 0, VNUMA_FLEET_STALE, "report-stale");
    end(&c);
}

static void what_lived_there_is_planned_there(void)
{
    fleet_case c;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    CHECK_INT(list(&c, "old", ONE_VNODE("512"), true), 0);
    CHECK_UINT(free_on(&c, 0), 614400);
    CHECK_INT(list(&c, "bad", ONE_VNODE("512"), true), 0);
    CHECK_UINT(free_on(&c, 0), free_on(&c, 1));
    end(&c);
    begin(&c, USUAL); /* another size is another guest */
    REQUIRE(!c.rc);
    CHECK_INT(list(&c, "old", ONE_VNODE("256"), true), 0);
    CHECK_UINT(free_on(&c, 1), 614400);
    end(&c);
}

static void what_is_not_up_keeps_its_place_only(void)
{
    fleet_case c;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    CHECK_INT(list(&c, "new", ONE_VNODE("512"), false), 0);
    CHECK(free_on(&c, 0) < 614400 - 512 * MIB);
    check_trust(&c, FREE, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE - 512 * MIB, 0, VNUMA_FLEET_CURRENT, NULL);
    CHECK_INT(list(&c, "large", ONE_VNODE("1024"), false), VNUMA_ERROR_NOFIT);
    CHECK_UINT(free_on(&c, 1), 614400);
    end(&c);
}

static void what_does_not_fit_takes_from_all_pnodes(void)
{
    fleet_case c;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    CHECK_INT(list(&c, "large", ONE_VNODE("800"), true), VNUMA_ERROR_NOFIT);
    CHECK(free_on(&c, 0) < 614400 - 400 * MIB);
    CHECK(free_on(&c, 0) > 614400 - 420 * MIB);
    CHECK_UINT(free_on(&c, 1), free_on(&c, 0));
    check_trust(&c, FREE - 800 * MIB, 0, VNUMA_FLEET_CURRENT, NULL);
    CHECK_INT(list(&c, "huge", ONE_VNODE("8000"), true), VNUMA_ERROR_NOFIT);
    CHECK_UINT(free_on(&c, 0), 0);
    end(&c);
}

static void what_is_gone_is_free_where_it_was(void)
{
    fleet_case c;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    vnuma_fleet_host_gone(c.host, "two");
    CHECK(!vnuma_fleet_host_knows(c.host, "two"));
    CHECK_UINT(free_on(&c, 0), 614400);
    CHECK_UINT(free_on(&c, 1), 614400 + 262144);
    CHECK_UINT(vnuma_topology_pcpu_at(c.topology, 2)->load, 200);
    CHECK_UINT(vnuma_topology_pcpu_at(c.topology, 3)->load, 0);
    check_trust(&c, FREE + 262144, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE, 0, VNUMA_FLEET_STALE, "report-stale");
    vnuma_fleet_host_gone(c.host, "two");
    vnuma_fleet_host_gone(c.host, "never");
    CHECK_UINT(free_on(&c, 1), 614400 + 262144);
    end(&c);
}

/* Pages were counted elsewhere than promised; and nothing is known of some. */
static void what_is_gone_is_free_as_it_was_counted(void)
{
    fleet_case c;

    begin(&c, REPORT("{\"domid\": 1, \"name\": \"one\", \"memkb\": 262144, "
                     "\"vnodes\": [{\"pnode\": 0, \"memkb\": 262144}], "
                     "\"pages\": [{\"pnode\": 1, \"pages\": 65536}]}, "
                     "{\"domid\": 2, \"name\": \"plain\", "
                     "\"memkb\": 131072}", ""));
    REQUIRE(!c.rc);
    vnuma_fleet_host_gone(c.host, "one");
    CHECK_UINT(free_on(&c, 0), 614400);
    CHECK_UINT(free_on(&c, 1), 614400 + 262144);
    vnuma_fleet_host_gone(c.host, "plain");
    CHECK_UINT(free_on(&c, 0) + free_on(&c, 1), FREE + 262144);
    check_trust(&c, FREE + 262144 + 131072, 0, VNUMA_FLEET_CURRENT, NULL);
    end(&c);
}

static void a_pnode_never_has_more_free_than_it_is_large(void)
{
    fleet_case c;

    begin(&c, REPORT(DOMAIN("big", 0, "4194304", "[0]", "true"), ""));
    REQUIRE(!c.rc);
    vnuma_fleet_host_gone(c.host, "big");
    CHECK_UINT(free_on(&c, 0), 1048576);
    end(&c);
}

static void what_nothing_explains_is_stale(void)
{
    fleet_case c;

    begin(&c, USUAL);
    REQUIRE(!c.rc);
    check_trust(&c, FREE + 64 * MIB, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE - 64 * MIB, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE + 65 * MIB, 0, VNUMA_FLEET_STALE, "report-stale");
    check_trust(&c, FREE - 65 * MIB, 0, VNUMA_FLEET_STALE, "report-stale");
    check_trust(&c, VNUMA_MEMKB_UNKNOWN, 0, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE, 1100, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE, 1101, VNUMA_FLEET_OLD, "report-old");
    check_trust(&c, FREE, 900, VNUMA_FLEET_CURRENT, NULL);
    check_trust(&c, FREE, 899, VNUMA_FLEET_OLD, "report-old");
    end(&c);
}

/* A hostile report has as many as there is room for. */
static void many_go_in_little_time(void)
{
    enum { NUM = 60000 };
    const clock_t most = (clock_t)3 * CLOCKS_PER_SEC; /* CPU time */
    char *report = NULL, name[16];
    size_t len = 0;
    FILE *f = open_memstream(&report, &len);
    clock_t begun;
    unsigned int i;
    fleet_case c;

    fputs("{\"report\": 1, \"domains\": [", f);
    for (i = 0; i < NUM; i++)
        fprintf(f, "%s{\"domid\":%u,\"name\":\"%u\"}", i ? "," : "", i, i);
    fputs("], \"topology\": {\"nodes\": [{\"node\": 0, \"cpus\": [0], "
          "\"distances\": [10]}]}}",
          f);
    fclose(f);
    begin(&c, report);
    CHECK_INT(c.rc, 0);
    begun = clock();
    for (i = 0; !c.rc && i < NUM && clock() - begun < most; i++) {
        snprintf(name, sizeof(name), "%u", i);
        vnuma_fleet_host_gone(c.host, name);
    }
    CHECK_UINT(i, NUM);
    end(&c);
    free(report);
}

static const tap_case cases[] = {
    TAP_CASE(only_a_report_is_read),
    TAP_CASE(guests_and_builds_of_the_report_are_known),
    TAP_CASE(what_is_listed_is_planned_first),
    TAP_CASE(what_lived_there_is_planned_there),
    TAP_CASE(what_is_not_up_keeps_its_place_only),
    TAP_CASE(what_does_not_fit_takes_from_all_pnodes),
    TAP_CASE(what_is_gone_is_free_where_it_was),
    TAP_CASE(what_is_gone_is_free_as_it_was_counted),
    TAP_CASE(a_pnode_never_has_more_free_than_it_is_large),
    TAP_CASE(what_nothing_explains_is_stale),
    TAP_CASE(many_go_in_little_time),
};

int main(void)
{
    return TAP_RUN(cases);
}
