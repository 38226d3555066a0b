/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a guest on its way lands: hosts as values, no Xen. */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>

#include "inside.h"
#include "cli/cli.h"
#include "record-case.h"
#include "run/landing.h"
#include "tables/hmat_table.h"
#include "tables/kept.h"
#include "tap.h"

#define MIB UINT64_C(1024) /* in KiB */
#define UNKNOWN UINT64_MAX /* of free memory */

/* ---- what landing.c says ------------------------------------------------ */

static char said[4096];

static void say(const char *text)
{
    strncat(said, text, sizeof(said) - strlen(said) - 1);
}

int cli_fail(int code, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    say(text);
    return code;
}

int cli_end(vnuma_diags *diags, int rc)
{
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(vnuma_diags_at(diags, i), false);
        say(text ? text : "");
        free(text);
    }
    vnuma_diags_dispose(diags);
    if (rc == VNUMA_ERROR_NOFIT || rc == VNUMA_ERROR_CONFIG)
        return CLI_REFUSED;
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

/* ---- hosts and guests --------------------------------------------------- */

/* Pnodes in a row, 10 apart from each other, two pcpus each. */
static void make_host(vnuma_topology *topology, const uint64_t *free_mib,
                      unsigned int num)
{
    char text[4096] = "{\"nodes\": [", *end, number[32];
    vnuma_source source;
    vnuma_diags diags;
    unsigned int i, j;

    for (i = 0; i < num; i++) {
        snprintf(number, sizeof(number), "%" PRIu64, free_mib[i] * MIB);
        end = text + strlen(text);
        end += sprintf(end,
                       "%s{\"node\": %u, \"memkb\": 8388608, \"free_memkb\": "
                       "%s, \"cpus\": [%u,%u], \"distances\": [",
                       i ? "," : "", i,
                       free_mib[i] == UNKNOWN ? "null" : number, 2 * i,
                       2 * i + 1);
        for (j = 0; j < num; j++)
            end += sprintf(end, "%s%u", j ? "," : "",
                           10 + 10 * (i > j ? i - j : j - i));
        strcat(end, "]}");
    }
    strcat(text, "], \"facts\": [{\"key\": \"xen_major\", \"value\": \"4\"}, "
                 "{\"key\": \"xen_minor\", \"value\": \"17\"}]}");
    memset(topology, 0, sizeof(*topology));
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "host", text, strlen(text)), 0);
    CHECK_INT(vnuma__topology_parse(&source, topology, &diags), 0);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static void set_membind(vnuma_record *record, uint32_t v, const char *word)
{
    CHECK(vnuma_membind_parse(word, &record->layout.membinds[v]));
}

/* Of the guest; the host has 4.17. */
static uint32_t guest_xen[2];

typedef struct {
    const char *place0, *place1; /* NULL: strict */
    uint64_t free_mib[8];
    unsigned int num_pnodes;
    landing_options options;
    int code;
    const char *wanted; /* as --pnodes= */
    const char *says;   /* a part of it; "": nothing is said */
} landing_case;

static void check(const landing_case *c)
{
    vnuma_topology topology;
    vnuma_record record;
    char *got;

    said[0] = '\0';
    make_host(&topology, c->free_mib, c->num_pnodes);
    make_guest(&record, 0, 1);
    memcpy(record.xen, guest_xen, sizeof(guest_xen));
    if (c->place0)
        set_membind(&record, 0, c->place0);
    if (c->place1)
        set_membind(&record, 1, c->place1);
    CHECK_INT(landing_plan(&record, "g", &c->options, &topology), c->code);
    got = landing_format_pnodes(&record);
    REQUIRE(got);
    CHECK_STR(got, c->wanted);
    if (!strstr(said, c->says) || (!*c->says && *said)) {
        CHECK_STR(said, c->says);
    }
    free(got);
    vnuma__record_dispose(&record);
    vnuma__topology_dispose(&topology);
}

/* ---- cases -------------------------------------------------------------- */

static void it_comes_back_to_where_it_lived(void)
{
    check(&(landing_case){ NULL, NULL, { 900, 900, 900 }, 3, { 0 },
                           CLI_OK, "0,1", "" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 900 }, 3, { 0 },
                           CLI_OK, "0,1:1+2", "" });
    check(&(landing_case){ NULL, "preferred:1,0,2", { 900, 900, 900 }, 3,
                           { 0 }, CLI_OK, "0,1", "" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 900 }, 3,
                           { .strict = true }, CLI_OK, "0,1:1+2", "" });
}

static void a_full_pnode_is_left(void)
{
    check(&(landing_case){ NULL, NULL, { 900, 100, 900 }, 3, { 0 }, CLI_OK,
                           "0,2",
                           "vnode 1: pnode 1 here is full (100 MiB free, 256 "
                           "needed), goes to pnode 2" });
    check(&(landing_case){ NULL, NULL, { 900, 100, 900 }, 3,
                           { .strict = true }, CLI_REFUSED, "0,1",
                           "no-fit" });
}

static void interleaved_memory_leaves_a_full_pnode(void)
{
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 100, 900 }, 4,
                           { 0 }, CLI_OK, "0,1:0+1",
                           "vnode 1: pnode 2 here is full (100 MiB free, 128 "
                           "needed), its memory is interleaved over pnodes "
                           "0,1" });
}

static void free_memory_that_is_not_known_is_none(void)
{
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, UNKNOWN, 900 },
                           4, { 0 }, CLI_OK, "0,1:0+1",
                           "its memory is interleaved over pnodes 0,1" });
    check(&(landing_case){ NULL, NULL, { 900, UNKNOWN, 900 }, 3, { 0 },
                           CLI_OK, "0,2", "goes to pnode 2" });
}

static void interleaved_memory_leaves_a_pnode_that_is_not_here(void)
{
    check(&(landing_case){ NULL, "interleave:1,9", { 900, 900, 900 }, 3, { 0 },
                           CLI_OK, "0,1:0+1",
                           "there is no pnode 9 here, its memory is "
                           "interleaved over pnodes 0,1" });
    check(&(landing_case){ "interleave:1,63", "interleave:62,63",
                           { 900, 900 }, 2, { .strict = true }, CLI_REFUSED,
                           "0:1+63,1:62+63",
                           "which the host does not have" });
}

static void interleaved_memory_goes_on_more_pnodes_or_on_fewer(void)
{
    check(&(landing_case){ NULL, "interleave:1,2", { 500, 110, 110, 110, 110 },
                           5, { 0 }, CLI_OK, "0,1:0+1+2",
                           "interleaved over pnodes 0,1,2" });
    check(&(landing_case){ NULL, "interleave:1,2,3,4", { 900, 900 }, 2, { 0 },
                           CLI_OK, "0,1:0+1", "there is no pnode 2 here" });
    check(&(landing_case){ NULL, "interleave:1,2", { 300, 20, 20 }, 3, { 0 },
                           CLI_REFUSED, "0,1:1+2",
                           "the largest size of its vnodes that fits is 144" });
}

static void preferred_memory_flows_over_and_the_guest_stays(void)
{
    check(&(landing_case){ NULL, "preferred:1,0,2", { 900, 100, 900 }, 3,
                           { 0 }, CLI_OK, "0,1",
                           "for which pnode 1 here has no room" });
    check(&(landing_case){ NULL, "preferred:1,0", { 900, 100 }, 2, { 0 },
                           CLI_OK, "0,1",
                           "for which pnode 1 here has no room" });
    check(&(landing_case){ NULL, "preferred:1,0,2", { 900, 100, 900 }, 3,
                           { .strict = true }, CLI_OK, "0,1",
                           "for which pnode 1 here has no room" });
}

static void pnodes_are_as_they_are_given(void)
{
    check(&(landing_case){ NULL, NULL, { 900, 900, 900 }, 3,
                           { .pnodes = "1,0" }, CLI_OK, "1,0", "" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 900 }, 3,
                           { .pnodes = "0,1:2+0" }, CLI_OK, "0,1:0+2", "" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 900 }, 3,
                           { .pnodes = "1,0" }, CLI_OK, "1,0:1+2", "" });
    /* What is not said may change, what is said may not. */
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 100 }, 3,
                           { .pnodes = "0,1" }, CLI_OK, "0,1:0+1",
                           "pnode 2 here is full" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 100 }, 3,
                           { .pnodes = "0,1:1+2" }, CLI_REFUSED, "0,1:1+2",
                           "no-fit" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 100 }, 3,
                           { .pnodes = "0,1", .strict = true }, CLI_REFUSED,
                           "0,1:1+2", "no-fit" });
    check(&(landing_case){ NULL, NULL, { 900, 900 }, 2, { .pnodes = "0,7" },
                           CLI_REFUSED, "0,1", "no-fit" });
}

static void a_guest_of_a_newer_xen_is_refused(void)
{
    static const uint32_t xens[][2] = { { 0, 0 }, { 3, 99 }, { 4, 9 },
                                        { 4, 17 }, { 4, 18 }, { 5, 0 } };
    unsigned int i;

    for (i = 0; i < sizeof(xens) / sizeof(*xens); i++) {
        memcpy(guest_xen, xens[i], sizeof(guest_xen));
        if (i < 4)
            check(&(landing_case){ NULL, NULL, { 900, 900 }, 2, { 0 }, CLI_OK,
                                   "0,1", "" });
        else
            check(&(landing_case){ NULL, NULL, { 900, 900 }, 2, { 0 },
                                   CLI_REFUSED, "0,1",
                                   ", this host has Xen 4.17: a guest cannot "
                                   "go to an older release" });
    }
    memset(guest_xen, 0, sizeof(guest_xen));
}

static void what_is_no_list_of_pnodes_is_a_mistake(void)
{
    static const char *const texts[] = {
        "",     ",",      "0",     "0,",      "0,1,",     "0,1,2", "a,b",
        "0,-1", "0, 1",   "0,1:",  "0,1:+",   "0,1:1+",   "0,1:1+1",
        "0:1",  "0:1,1",  "0,1+2", "0,1:1+2,","0,1:64",   "0,1:1:2",
        "4294967295,0", "99999999999999999999,0", "0,1:4294967296",
    };
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 900 }, 3,
                               { .pnodes = texts[i] }, CLI_USAGE, "0,1:1+2",
                               "--pnodes=" });
}

static void anywhere_is_where_it_is_best(void)
{
    check(&(landing_case){ NULL, NULL, { 300, 900, 900 }, 3,
                           { .anywhere = true }, CLI_OK, "1,2", "" });
    check(&(landing_case){ NULL, "interleave:1,2", { 900, 900, 100 }, 3,
                           { .anywhere = true }, CLI_OK, "0,1:0+1", "" });
}

/* ---- how fast memory is ------------------------------------------------- */

/* Of a host, or what a guest on its pnodes 0 and 1 was told. */
typedef struct {
    uint64_t here, there; /* to the own memory, to the other's, in ps; 0: no
                             HMAT */
    uint64_t bandwidth, cache; /* MB/s; MiB on pnode 1, 0: none */
} host_hmat;

static const host_hmat usual = { 80000, 140000, 20480, 512 };

static void set_host_hmat(vnuma_topology *topology, const host_hmat *h)
{
    vnuma__side_cache cache = { .node = 1, .level = 1, .num_levels = 1 };
    vnuma__hmat *hmat = &topology->hmat;
    uint32_t n = topology->num_pnodes, i, j;

    CHECK_INT(vnuma__hmat_init(hmat, n), 0);
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            vnuma__hmat_set(hmat, 0, VNUMA__LATENCY, i, j,
                            i == j ? h->here : h->there);
            vnuma__hmat_set(hmat, 0, VNUMA__BANDWIDTH, i, j, h->bandwidth);
        }
    cache.size = h->cache << 20;
    if (h->cache) {
        CHECK_INT(vnuma__hmat_add_cache(hmat, &cache), 0);
    }
}

static char *told(const host_hmat *h, bool is_hosts)
{
    static const uint64_t free_mib[] = { 900, 900 };
    vnuma__hmat_loss loss;
    vnuma_topology host;
    uint8_t *bytes;
    char *text;
    size_t len;

    make_host(&host, free_mib, 2);
    set_host_hmat(&host, h);
    CHECK_INT(vnuma__hmat_build(&host.hmat, &bytes, &len, &loss), 0);
    text = vnuma__kept_format(bytes, len, is_hosts);
    free(bytes);
    vnuma__topology_dispose(&host);
    return text;
}

/* What is said of a guest that was told @before; "": nothing. */
static void check_hmat(const host_hmat *before, bool is_hosts, host_hmat now,
                       const char *says)
{
    static const uint64_t free_mib[] = { 900, 900 };
    landing_options options = { .pnodes = NULL };
    vnuma_topology topology;
    vnuma_record record;

    said[0] = '\0';
    make_host(&topology, free_mib, 2);
    if (now.here)
        set_host_hmat(&topology, &now);
    make_guest(&record, 0, 1);
    record.acpi_tables = told(before, is_hosts);
    REQUIRE(record.acpi_tables);
    CHECK_INT(landing_plan(&record, "g", &options, &topology), CLI_OK);
    if (!strstr(said, says) || (!*says && *said)) {
        CHECK_STR(said, says);
    }
    CHECK(record.acpi_tables);
    vnuma__record_dispose(&record);
    vnuma__topology_dispose(&topology);
}

static void other_speeds_are_said(void)
{
    check_hmat(&usual, true, usual, "");
    check_hmat(&usual, true, (host_hmat){ 80000, 150000, 20480, 512 },
               "the guest's HMAT says 140 ns, 20480 MB/s from vnode 1 to "
               "vnode 0, its pnodes here have 150 ns, 20480 MB/s; a guest "
               "that runs cannot be told again [hmat-differs]");
    check_hmat(&usual, true,
               (host_hmat){ 80000, VNUMA__UNREACHABLE, 20480, 512 },
               "its pnodes here have no way; a guest that runs");
    check_hmat(&usual, true, (host_hmat){ 80000, 0, 20480, 512 },
               "its pnodes here have 20480 MB/s; a guest that runs");
    check_hmat(&usual, true, (host_hmat){ 0, 0, 0, 0 },
               "this host has no HMAT to compare with");
}

static void other_caches_are_said(void)
{
    check_hmat(&usual, true, (host_hmat){ 80000, 140000, 20480, 0 },
               "the guest's HMAT says other caches in front of its memory");
    check_hmat(&usual, true, (host_hmat){ 80000, 140000, 20480, 256 },
               "the guest's HMAT says other caches in front of its memory");
}

/* In units of 3 ps, as 131071 has no room in 16 bits in any less. */
static void what_a_table_rounds_is_no_difference(void)
{
    static const host_hmat fine = { 80001, 131071, 20480, 0 };

    check_hmat(&fine, true, fine, "");
}

static void what_the_user_wrote_is_not_compared(void)
{
    check_hmat(&usual, false, (host_hmat){ 90000, 150000, 20480, 0 }, "");
    check_hmat(&usual, false, (host_hmat){ 0, 0, 0, 0 }, "");
}

static const tap_case cases[] = {
    TAP_CASE(other_speeds_are_said),
    TAP_CASE(other_caches_are_said),
    TAP_CASE(what_a_table_rounds_is_no_difference),
    TAP_CASE(what_the_user_wrote_is_not_compared),
    TAP_CASE(it_comes_back_to_where_it_lived),
    TAP_CASE(a_full_pnode_is_left),
    TAP_CASE(interleaved_memory_leaves_a_full_pnode),
    TAP_CASE(free_memory_that_is_not_known_is_none),
    TAP_CASE(interleaved_memory_leaves_a_pnode_that_is_not_here),
    TAP_CASE(interleaved_memory_goes_on_more_pnodes_or_on_fewer),
    TAP_CASE(preferred_memory_flows_over_and_the_guest_stays),
    TAP_CASE(pnodes_are_as_they_are_given),
    TAP_CASE(a_guest_of_a_newer_xen_is_refused),
    TAP_CASE(what_is_no_list_of_pnodes_is_a_mistake),
    TAP_CASE(anywhere_is_where_it_is_best),
};

int main(void)
{
    return TAP_RUN(cases);
}
