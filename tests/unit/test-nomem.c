/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every public function that allocates, with no memory at its n-th allocation
 * for every n, once and from then on: it says so, gives back what it took,
 * and leaves its output as _init left it.  tests/headers.sh knows which
 * functions have to be here or in test-memory.c.
 */
#include "config.h"

#include "nomem.h"
#include "plan-case.h"
#include "record/promise.h"
#include "record/record.h"
#include "show/report.h"
#include "inside.h"

static const char guest[] =
    "type='hvm'\nname='g'\nmemory=600\nmaxvcpus=4\n"
    "vnuma=[['pnode=0','vcpus=0,2'],['size=200','vcpus=1,3'],['pnode=auto']]\n"
    "cpus=['0-1,^1','nodes:0']\npci=['0:1.0']\npool='p'\n";

static const char too_large[] = "type='hvm'\nname='g'\nmemory=90000\nvcpus=2\n"
                                "vnuma=[['vcpus=0'],['vcpus=1']]\n";

/* The input of each step: made while there is memory. */
static plan_case c;
static vnuma_config full;

static int parse_host_of(const char *path)
{
    vnuma_topology *topology = NULL;
    vnuma_source source;
    vnuma_diags diags;
    int rc;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    rc = vnuma_source_read(&source, path);
    CHECK_NOTHING_LEFT(rc, source);
    if (!rc) {
        rc = vnuma_topology_parse(&source, &topology, &diags);
        CHECK_NOTHING_LEFT(rc, topology);
    }
    vnuma_diags_dispose(&diags);
    vnuma_topology_free(topology);
    vnuma_source_dispose(&source);
    return rc;
}

static char host_path[5][4096];

static int parse_xl_host(void)
{
    return parse_host_of(host_path[0]);
}

static int parse_numactl_host(void)
{
    return parse_host_of(host_path[1]);
}

static int parse_pools(void)
{
    return parse_host_of(host_path[2]);
}

static int parse_capabilities(void)
{
    return parse_host_of(host_path[3]);
}

static int parse_linux(void)
{
    return parse_host_of(host_path[4]);
}

static int parse_json_host(void)
{
    char *json = vnuma_topology_to_json(&c.topology);
    vnuma_topology *topology = NULL;
    vnuma_source source;
    vnuma_diags diags;
    int rc = VNUMA_ERROR_NOMEM;

    if (!json)
        return rc;
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    rc = vnuma_source_set(&source, "host", json, strlen(json));
    if (!rc) {
        rc = vnuma_topology_parse(&source, &topology, &diags);
        CHECK_NOTHING_LEFT(rc, topology);
    }
    vnuma_diags_dispose(&diags);
    vnuma_topology_free(topology);
    vnuma_source_dispose(&source);
    free(json);
    return rc;
}

static int show_host(void)
{
    return text_came(vnuma_topology_to_text(&c.topology));
}

static int append(void)
{
    vnuma_source source;
    int rc;

    vnuma_source_init(&source);
    rc = vnuma_source_set(&source, "guest.cfg", guest, strlen(guest));
    if (!rc)
        rc = vnuma_source_append(&source, "memory=700");
    if (!rc)
        rc = vnuma_source_append_end(&source);
    vnuma_source_dispose(&source);
    return rc;
}

static int parse_guest(void)
{
    vnuma_config *config = NULL;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_config_parse(&c.guest_source, &config, &diags);
    CHECK_NOTHING_LEFT(rc, config);
    vnuma_diags_dispose(&diags);
    vnuma_config_free(config);
    return rc;
}

static int check_guest(void)
{
    const vnuma_diags *both[2];
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_check(&c.config, &c.topology, 0, &diags);
    both[0] = both[1] = &diags;
    if (!rc && diags.num_items)
        rc = text_came(vnuma_diag_format(vnuma_diags_at(&diags, 0), true));
    if (!rc)
        rc = text_came(vnuma_diags_to_json(&diags));
    if (!rc)
        rc = text_came(vnuma_diags_list_to_json(both, 2));
    vnuma_diags_dispose(&diags);
    return rc;
}

static int fill_guest(void)
{
    vnuma_config config;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    memset(&config, 0, sizeof(config));
    rc = vnuma__config_fill(&c.config, &c.topology, &c.options, &config,
                            &diags);
    CHECK_NOTHING_LEFT(rc, config);
    vnuma__full_dispose(&config);
    vnuma_diags_dispose(&diags);
    return rc;
}

static int build_plan(void)
{
    vnuma_diags diags;
    vnuma_plan *plan = NULL;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_plan_build(&full, &c.topology, &c.options, &plan, &diags);
    CHECK_NOTHING_LEFT(rc, plan);
    vnuma_plan_free(plan);
    plan = NULL;
    if (!rc) {
        rc = vnuma_plan_build(&full, &c.topology, NULL, &plan, &diags);
        CHECK_NOTHING_LEFT(rc, plan);
    }
    vnuma_plan_free(plan);
    vnuma_diags_dispose(&diags);
    return rc;
}

static int show_plan(void)
{
    int rc = text_came(vnuma_plan_to_setting(&c.plan));

    if (!rc)
        rc = text_came(vnuma_plan_to_cfg(&c.plan, &c.guest_source));
    if (!rc)
        rc = text_came(vnuma_plan_to_json(&c.plan));
    if (!rc)
        rc = text_came(vnuma_plan_to_text(&c.plan));
    if (!rc && c.plan.num_vnodes)
        rc = text_came(vnuma_membind_format(&c.plan.vnodes[0].membind));
    return rc;
}

static int reserve(void)
{
    vnuma_plan_options *options = NULL;
    uint32_t i;
    int rc;

    rc = vnuma_plan_options_make(&options);
    for (i = 0; i < 20 && !rc; i++)
        rc = vnuma_plan_options_reserve(options, i, 1024);
    vnuma_plan_options_free(options);
    return rc;
}

static int plan_several(void)
{
    vnuma_plan_guest *guests[2] = { NULL, NULL };
    bool most;
    unsigned int i;
    int rc;

    rc = vnuma_plan_guest_make(&full, "a", &guests[0]);
    if (!rc)
        rc = vnuma_plan_guest_make(&c.config, "b", &guests[1]);
    if (!rc)
        rc = vnuma_plan_several(guests, 2, &c.topology, &c.options, &most);
    if (!rc)
        rc = text_came(
            vnuma_plan_several_to_json(guests, 2, most, &c.topology));
    if (!rc)
        rc = text_came(vnuma_plan_several_to_text(guests, 2, most));
    for (i = 0; i < 2; i++)
        vnuma_plan_guest_free(guests[i]);
    return rc;
}

static int report(void)
{
    const vnuma_source source = { .len = 1, .extra = 1 };
    const vnuma_span nowhere = { NULL, 0, 0 }, place = { &source, 0, 1 };
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    vnuma_diags_add(&diags, VNUMA_SEVERITY_ERROR, "test", nowhere, "%d", 1);
    vnuma_diags_add_related(&diags, nowhere, "%d", 2);
    vnuma_diags_add_hint(&diags, "%d", 3);
    vnuma_diags_add_fix(&diags, place, "%d", 4);
    CHECK_UINT(diags.num_errors, 1);
    rc = diags.lost ? VNUMA_ERROR_NOMEM : 0;
    vnuma_diags_dispose(&diags);
    return rc;
}

static int use_bitmap(void)
{
    vnuma_bitmap one, two;
    int rc;

    vnuma_bitmap_init(&one);
    vnuma_bitmap_init(&two);
    rc = vnuma_bitmap_set(&one, 3);
    if (!rc)
        rc = vnuma_bitmap_set(&one, 1000);
    if (!rc)
        rc = vnuma_bitmap_copy(&one, &two);
    if (!rc)
        rc = text_came(vnuma_bitmap_format(&two));
    vnuma_bitmap_dispose(&one);
    vnuma_bitmap_dispose(&two);
    return rc;
}

/* ---- running them ------------------------------------------------------- */

static void begin(const char *text)
{
    const char *top = getenv("top_srcdir");

    case_host(&c, KNL);
    case_guest(&c, text);
    memset(&full, 0, sizeof(full));
    CHECK_INT(vnuma_plan_options_reserve(&c.options, 2, 1024), 0);
    CHECK_INT(vnuma__config_fill(&c.config, &c.topology, &c.options, &full,
                                 &c.diags),
              0);
    vnuma__plan_build(&full, &c.topology, &c.options, &c.plan, &c.diags);
    snprintf(host_path[0], sizeof(host_path[0]), "%s/tests/hosts/" KNL,
             top ? top : ".");
    snprintf(host_path[1], sizeof(host_path[1]), "%s/tests/hosts/" EPYC,
             top ? top : ".");
    snprintf(host_path[2], sizeof(host_path[2]),
             "%s/tests/hosts/invented-pools.json", top ? top : ".");
    snprintf(host_path[3], sizeof(host_path[3]),
             "%s/tests/hosts/invented-capabilities.xml", top ? top : ".");
    snprintf(host_path[4], sizeof(host_path[4]),
             "%s/tests/hosts/invented-linux-4node.txt", top ? top : ".");
}

static void end(void)
{
    vnuma__full_dispose(&full);
    case_dispose(&c);
}

static void run(nomem_step *step)
{
    begin(guest);
    run_with_each_failing(step, false);
    run_with_each_failing(step, true);
    end();
}

static void what_does_not_fit_may_run_out_of_memory(void)
{
    begin(too_large);
    CHECK(!c.plan.feasible);
    run_with_each_failing(build_plan, false);
    run_with_each_failing(build_plan, true);
    run_with_each_failing(show_plan, false);
    run_with_each_failing(check_guest, false);
    end();
}

static const char domains_text[] =
    "{\"domains\": [{\"domid\": 1, \"name\": \"g\", \"vnodes\": ["
    "{\"pnode\": 0, \"memkb\": 400, \"vcpus\": [0], \"policy\": "
    "\"interleave\", \"parts\": [{\"pnode\": 0, \"memkb\": 200}, "
    "{\"pnode\": 1, \"memkb\": 200}]}], \"pages\": ["
    "{\"pnode\": 0, \"pages\": 90}, {\"pnode\": 1, \"pages\": 10}], "
    "\"node_affinity\": [0], \"vcpus\": [{\"vcpu\": 0, \"vnode\": 0, "
    "\"online\": true, \"hard\": [2], \"soft\": [0]}]}]}";

static int print_domains(const vnuma_domains *domains)
{
    const vnuma_draw_options options = { 80, true, true };
    int rc;

    rc = text_came(vnuma_domains_to_text(domains, &c.topology));
    if (!rc)
        rc = text_came(vnuma_domains_to_json(domains, &c.topology));
    if (!rc)
        rc = text_came(vnuma_domains_to_metrics(domains, &c.topology));
    if (!rc)
        rc = text_came(vnuma__report_to_json(
            &(vnuma__report){ "h", &c.topology, domains, NULL, 0, NULL }));
    if (!rc)
        rc = text_came(vnuma_draw(&c.topology, domains, &options));
    return rc;
}

static int show_domains(void)
{
    vnuma_domains *domains = NULL;
    vnuma_source source;
    vnuma_diags diags;
    int rc;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    rc = vnuma_source_set(&source, "domains", domains_text,
                          strlen(domains_text));
    if (!rc) {
        rc = vnuma_domains_parse(&source, &c.topology, &domains, &diags);
        CHECK_NOTHING_LEFT(rc, domains);
    }
    if (!rc)
        rc = vnuma_domains_judge(domains, &c.topology);
    if (!rc)
        rc = print_domains(domains);
    vnuma_diags_dispose(&diags);
    vnuma_domains_free(domains);
    vnuma_source_dispose(&source);
    return rc;
}

/* Two vnodes, one of which is on both pnodes in turn. */
static const char record_text[] =
    "xl-vnuma 1\n{\"device_model\":false,\"pinned\":false,\"pnodes\":[0,1],"
    "\"memkb\":[4096,4096],\"vcpu_to_vnode\":[0,1],"
    "\"distances\":[10,21,21,10],\"host_distances\":[10,21,21,10],"
    "\"range_start\":[0,4194304],\"range_end\":[4194304,8388608],"
    "\"range_vnode\":[0,1],\"places\":[\"preferred:0,1\","
    "\"interleave:0,1\"]}\n";

static int use_record(const vnuma_record *record)
{
    vnuma_config *config = NULL;
    int rc;

    rc = vnuma_record_to_config(record, "g", true, &config);
    CHECK_NOTHING_LEFT(rc, config);
    vnuma_config_free(config);
    if (!rc)
        rc = text_came(vnuma_record_format(record));
    if (!rc)
        rc = text_came(vnuma__membinds_format(record->layout.membinds, 2));
    return rc;
}

static int travel(void)
{
    vnuma_record *record = NULL;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_record_parse(record_text, strlen(record_text), &record,
                             &diags);
    CHECK_NOTHING_LEFT(rc, record);
    if (!rc)
        rc = use_record(record);
    vnuma_record_free(record);
    vnuma_diags_dispose(&diags);
    return rc;
}

static int promise(void)
{
    vnuma_xen_extent_set spilled = { .pnode = 1, .num_4k = 10 };
    const vnuma_xen_built built = { &spilled, .num_sets = 1 };
    vnuma__promise promise;
    vnuma_record *record = NULL;
    vnuma_diags diags;
    char *text = NULL;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_record_parse(record_text, strlen(record_text), &record,
                             &diags);
    if (!rc) {
        rc = vnuma__promise_make(&record->layout, false, record->memkb, &built,
                                 &promise);
        CHECK(!rc || !promise.num_vnodes);
    }
    if (!rc) {
        text = vnuma__promise_format(&promise);
        rc = text ? 0 : VNUMA_ERROR_NOMEM;
    }
    free(text);
    vnuma_record_free(record);
    vnuma_diags_dispose(&diags);
    return rc;
}

/* On the report of the same step: one guest goes, and one comes. */
static int fleet(void)
{
    vnuma_fleet_host *host = NULL;
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__home home = { (char *)"new", (char *)"", { .num_vnodes = 1 }, 0, 0 };
    char *text;
    int rc;

    text = vnuma__report_to_json(&(vnuma__report){
        "h", &c.topology, &(vnuma_domains){ NULL, 0, 1 }, NULL, 0,
        &(vnuma__homes){ &home, 1 } });
    rc = text ? vnuma_source_set(&source, "report", text, strlen(text))
              : VNUMA_ERROR_NOMEM;
    free(text);
    if (!rc) {
        rc = vnuma_fleet_host_parse(&source, &host, &diags);
        CHECK_NOTHING_LEFT(rc, host);
    }
    if (!rc) {
        vnuma_fleet_host_gone(host, "g");
        rc = vnuma_fleet_host_list(host, "new", &c.config, true);
        vnuma_fleet_host_judge(host, 0, 2, 0, &diags);
    }
    vnuma_fleet_host_free(host);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return rc;
}

#define STEP(step)                                                            \
    static void step##_may_run_out_of_memory(void)                            \
    {                                                                         \
        run(step);                                                            \
    }

STEP(parse_xl_host)
STEP(parse_numactl_host)
STEP(parse_pools)
STEP(parse_capabilities)
STEP(parse_linux)
STEP(parse_json_host)
STEP(show_host)
STEP(append)
STEP(parse_guest)
STEP(check_guest)
STEP(fill_guest)
STEP(build_plan)
STEP(show_plan)
STEP(plan_several)
STEP(reserve)
STEP(report)
STEP(use_bitmap)
STEP(show_domains)
STEP(fleet)
STEP(travel)
STEP(promise)

static const tap_case cases[] = {
    TAP_CASE(parse_xl_host_may_run_out_of_memory),
    TAP_CASE(parse_numactl_host_may_run_out_of_memory),
    TAP_CASE(parse_pools_may_run_out_of_memory),
    TAP_CASE(parse_capabilities_may_run_out_of_memory),
    TAP_CASE(parse_linux_may_run_out_of_memory),
    TAP_CASE(parse_json_host_may_run_out_of_memory),
    TAP_CASE(show_host_may_run_out_of_memory),
    TAP_CASE(append_may_run_out_of_memory),
    TAP_CASE(parse_guest_may_run_out_of_memory),
    TAP_CASE(check_guest_may_run_out_of_memory),
    TAP_CASE(fill_guest_may_run_out_of_memory),
    TAP_CASE(build_plan_may_run_out_of_memory),
    TAP_CASE(show_plan_may_run_out_of_memory),
    TAP_CASE(plan_several_may_run_out_of_memory),
    TAP_CASE(reserve_may_run_out_of_memory),
    TAP_CASE(report_may_run_out_of_memory),
    TAP_CASE(use_bitmap_may_run_out_of_memory),
    TAP_CASE(show_domains_may_run_out_of_memory),
    TAP_CASE(fleet_may_run_out_of_memory),
    TAP_CASE(travel_may_run_out_of_memory),
    TAP_CASE(promise_may_run_out_of_memory),
    TAP_CASE(what_does_not_fit_may_run_out_of_memory),
};

int main(void)
{
    return TAP_RUN(cases);
}
