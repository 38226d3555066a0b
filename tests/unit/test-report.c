/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A report is planned on as its host is. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "every-host.h"
#include "plan-case.h"
#include "show/report.h"

static char *report_of(const vnuma_topology *topology,
                       const vnuma_domains *domains)
{
    return vnuma__report_to_json(&(vnuma__report){
        .host = "host\n\"", .topology = topology, .domains = domains });
}

/* The plan as JSON, of which no number may differ. */
static char *plan_on(const vnuma_topology *topology, const char *guest)
{
    char *text = NULL;
    plan_case c = { .rc = 0 };

    case_guest(&c, guest);
    c.rc =
        vnuma__plan_build(&c.config, topology, &c.options, &c.plan, &c.diags);
    if (!c.rc || c.rc == VNUMA_ERROR_NOFIT)
        text = vnuma_plan_to_json(&c.plan);
    case_dispose(&c);
    return text;
}

static const char *const guests[] = {
    "type=\"hvm\"\nmemory=256\nvcpus=4\nvnuma=[[\"pnode=auto\"],[\"pnode="
    "auto\"]]\n",
    "type=\"pvh\"\nmemory=300\nvcpus=3\nvnuma=\"auto\"\npool=\"1\"\n",
    "type=\"hvm\"\nmemory=1048576\nvcpus=2\nvnuma=\"auto\"\n",
};

static void check_same(const vnuma_topology *a, const vnuma_topology *b)
{
    char *first = vnuma_topology_to_json(a);
    char *second = vnuma_topology_to_json(b);
    unsigned int i;

    REQUIRE(first && second);
    CHECK_STR(second, first);
    free(first);
    free(second);
    for (i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
        first = plan_on(a, guests[i]);
        second = plan_on(b, guests[i]);
        REQUIRE(first && second);
        CHECK_STR(second, first);
        free(first);
        free(second);
    }
}

static void check_host(const char *file)
{
    const vnuma_domains none = { .num_items = 0 };
    plan_case host, reported = { .rc = 0 };
    char *report;

    case_host(&host, file);
    report = report_of(&host.topology, &none);
    REQUIRE(report);
    CHECK(strchr(report, '\n') == report + strlen(report) - 1);
    CHECK_INT(vnuma_source_set(&reported.host_source, "report", report,
                               strlen(report)),
              0);
    CHECK_INT(vnuma__topology_parse(&reported.host_source, &reported.topology,
                                    &reported.diags),
              0);
    free(report);
    check_same(&host.topology, &reported.topology);
    case_dispose(&reported);
    case_dispose(&host);
}

static void a_plan_on_a_report_is_the_plan_on_its_host(void)
{
    with_every_host(check_host);
}

/* The recorded one is written again, byte for byte, from what it says. */
static void a_report_is_read_and_written_again(void)
{
    vnuma_domains domains = { 0 };
    char *report, *name;
    plan_case c;

    case_host(&c, "report-8node.json");
    CHECK_INT(
        vnuma__domains_parse(&c.host_source, &c.topology, &domains, &c.diags),
        0);
    report = report_of(&c.topology, &domains);
    REQUIRE(report);
    name = strstr(c.host_source.text, "\"time\"");
    REQUIRE(name && strstr(report, "\"time\""));
    CHECK_STR(strstr(report, "\"time\""), name);
    CHECK(!strncmp(report,
                   "{\"report\":1,\"version\":\"" PACKAGE_VERSION
                   "\",\"host\":\"host\\n\\\"\",\"time\":",
                   strlen("{\"report\":1,\"version\":\"" PACKAGE_VERSION
                          "\",\"host\":\"host\\n\\\"\",\"time\":")));
    free(report);
    vnuma__domains_dispose(&domains);
    case_dispose(&c);
}

static void check_free(const char *text, uint64_t first, uint64_t second)
{
    plan_case c = { .rc = 0 };

    CHECK_INT(vnuma_source_set(&c.host_source, "host", text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&c.host_source, &c.topology, &c.diags), 0);
    REQUIRE(c.topology.num_pnodes == 2);
    CHECK_UINT(c.topology.pnodes[0].free_memkb, first);
    CHECK_UINT(c.topology.pnodes[1].free_memkb, second);
    case_dispose(&c);
}

#define NODES                                                                 \
    "\"topology\":{\"nodes\":[{\"node\":0,\"memkb\":900,\"free_memkb\":800,"  \
    "\"cpus\":[0]},{\"node\":3,\"memkb\":900,\"cpus\":[1]}]}"

static void what_builds_in_flight_will_take_is_not_free(void)
{
    check_free("{\"report\":1," NODES "}", 800, VNUMA_MEMKB_UNKNOWN);
    check_free("{\"builds\":[{\"nodes\":[{\"node\":0,\"memkb\":300},"
               "{\"node\":3,\"memkb\":1}]},"
               "{\"nodes\":[{\"node\":0,\"memkb\":100}]},{\"nodes\":null}],"
               "\"report\":1," NODES "}",
               400, VNUMA_MEMKB_UNKNOWN);
    check_free("{\"report\":1,\"builds\":[{\"nodes\":[{\"node\":0,"
               "\"memkb\":801}]}]," NODES "}",
               0, VNUMA_MEMKB_UNKNOWN);
}

/* As a plan on the live host sees it, which takes them itself. */
static void a_plan_on_a_report_leaves_room_for_builds(void)
{
    static const char build[] =
        "xl-vnuma-build 2 1 1 build 7 u 0=400000,1=1000 g\n";
    const vnuma_domains none = { .num_items = 0 };
    plan_case live, reported = { .rc = 0 };
    vnuma__flight flight;
    char *report;

    case_host(&live, TWO);
    REQUIRE(vnuma__flight_parse(build, strlen(build), &flight));
    flight.resident_memkb = 100000;
    report = vnuma__report_to_json(
        &(vnuma__report){ "host", &live.topology, &none, &flight, 1, NULL });
    REQUIRE(report);
    CHECK(strstr(report, "\"builds\":[{\"name\":\"g\",\"domid\":7,"
                         "\"uuid\":\"u\",\"nodes\":[{\"node\":0,"
                         "\"memkb\":301000},{\"node\":1,\"memkb\":1000}]}]"));
    CHECK_INT(vnuma_source_set(&reported.host_source, "report", report,
                               strlen(report)),
              0);
    CHECK_INT(vnuma__topology_parse(&reported.host_source, &reported.topology,
                                    &reported.diags),
              0);
    free(report);
    vnuma__flights_take(&flight, 1, &live.topology);
    check_same(&live.topology, &reported.topology);
    case_dispose(&reported);
    case_dispose(&live);
}

/* Of those that run, domains say it. */
static void a_report_has_where_guests_lived(void)
{
    vnuma__home homes[300] = { { .name = (char *)"older" } };
    vnuma_domain domain = { .name = (char *)"runs" };
    const vnuma_domains domains = { .items = &domain, .num_items = 1 };
    plan_case live;
    char *report;
    unsigned int i;

    case_host(&live, TWO);
    for (i = 0; i < 300; i++)
        homes[i] = (vnuma__home){ (char *)"runs",
                                  (char *)"u",
                                  { .num_vnodes = 1, .memkb = { 1024 } },
                                  0,
                                  0 };
    homes[0].name = (char *)"older";
    homes[299].name = (char *)"newest";
    report = vnuma__report_to_json(
        &(vnuma__report){ "host", &live.topology, &domains, NULL, 0,
                          &(vnuma__homes){ homes, 300 } });
    REQUIRE(report);
    CHECK(strstr(report, "\"places\":[{\"name\":\"newest\",\"uuid\":\"u\","
                         "\"pnodes\":[0],\"memkb\":[1024]}]}"));
    free(report);
    case_dispose(&live);
}

static const tap_case cases[] = {
    TAP_CASE(a_report_has_where_guests_lived),
    TAP_CASE(a_plan_on_a_report_is_the_plan_on_its_host),
    TAP_CASE(a_report_is_read_and_written_again),
    TAP_CASE(a_plan_on_a_report_leaves_room_for_builds),
    TAP_CASE(what_builds_in_flight_will_take_is_not_free),
};

int main(void)
{
    return TAP_RUN(cases);
}
