/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a move is worth it: records and hosts as values, no Xen. */
#include "config.h"

#include "inside.h"
#include "record-case.h"
#include "tap.h"

/* Of main_move(), which needs Xen, nothing is linked. */
#include "commands/live/cmd_move.c"

int cli_fail(int code, const char *format, ...)
{
    (void)format;
    return code;
}

int cli_code(int rc)
{
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

char *landing_format_pnodes(const vnuma_record *record)
{
    (void)record;
    return strdup("?");
}

static void make_host(vnuma_topology *topology)
{
    static const char text[] =
        "{\"nodes\": [{\"node\": 0, \"memkb\": 8388608, "
        "\"free_memkb\": 4194304, \"cpus\": [0,1], \"distances\": [10,20]}, "
        "{\"node\": 1, \"memkb\": 8388608, "
        "\"free_memkb\": 4194304, \"cpus\": [2,3], \"distances\": [20,10]}]}";
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "host", text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&source, topology, &diags), 0);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static bool goes(uint32_t now1, uint32_t then1)
{
    vnuma_record now, then;
    vnuma_topology topology;
    move m = { .domain = "g", .yes = true };
    bool go = false;

    make_host(&topology);
    make_guest(&now, 0, now1);
    make_guest(&then, 0, then1);
    m.now.record = &now;
    m.then.record = &then;
    m.topology = &topology;
    CHECK_INT(decide(&m, &go), CLI_OK);
    vnuma__record_dispose(&now);
    vnuma__record_dispose(&then);
    vnuma__topology_dispose(&topology);
    return go;
}

static void only_what_is_better_is_a_gain(void)
{
    CHECK(!goes(1, 1));
    CHECK(!goes(1, 0));
    CHECK(goes(0, 1));
}

/* Such a placement is not free of cost, but unknown. */
static void a_placement_that_cannot_be_planned_is_left(void)
{
    CHECK(goes(9, 0));
    CHECK(!goes(1, 9));
}

static void what_is_not_known_stays_so(void)
{
    vnuma_topology topology;

    make_host(&topology);
    topology.pnodes[1].free_memkb = VNUMA_MEMKB_UNKNOWN;
    add_free(&topology, 0, 1024);
    add_free(&topology, 1, 1024);
    CHECK_UINT(topology.pnodes[0].free_memkb, 4194304 + 1024);
    CHECK_UINT(topology.pnodes[1].free_memkb, VNUMA_MEMKB_UNKNOWN);
    vnuma__topology_dispose(&topology);
}

static const tap_case cases[] = {
    TAP_CASE(what_is_not_known_stays_so),
    TAP_CASE(only_what_is_better_is_a_gain),
    TAP_CASE(a_placement_that_cannot_be_planned_is_left),
};

int main(void)
{
    return TAP_RUN(cases);
}
