/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that a guest gets from dom0: asked for while that helps, and given
 * back whenever the guest is not created, whatever fails.
 */
#include "config.h"

#include "cli/xen_calls.h"
#include "commands/dom0.h"
#include "commands/live/dom0_loan.h"
#include "heap.h"
#include "tap.h"

#define MIB 1024u /* in KiB */
#define GIB (1024u * MIB)

/* ---- what dom0_loan.c calls --------------------------------------------- */

/* Each of two nodes: what is free, and what dom0 has. */
typedef struct {
    uint64_t free_kb[2], dom0_kb[2];
} memory;

static memory host;
static uint64_t floor_memkb;
static unsigned int percent;        /* of what dom0 gives, from node 0 */
static unsigned int calls, fail_at; /* the call that fails; 0: none */
static unsigned int num_applied, num_committed, num_rolled_back;
static memory before; /* the change */

static int enter(void)
{
    return ++calls == fail_at ? VNUMA_ERROR_XEN : 0;
}

/* A test's own memory is always there. */
static unsigned int keep_memory(void)
{
    unsigned int fail = heap_fail;

    heap_fail = 0;
    return fail;
}

/* What is free on node 2, which has little, is not known. */
static int get_topology(vnuma_xen *xen, vnuma_topology **topology_r,
                        vnuma_diags *diags)
{
    vnuma_source source = { 0 };
    unsigned int fail = keep_memory();
    char text[1024];
    int rc = enter();

    (void)xen;
    if (rc)
        return rc;
    snprintf(
        text, sizeof(text),
        "{\"nodes\":[{\"node\":0,\"memkb\":99999999,\"free_memkb\":%" PRIu64
        ",\"cpus\":[0,1],\"distances\":[10,20,20]},"
        "{\"node\":1,\"memkb\":999999999,\"free_memkb\":%" PRIu64
        ",\"cpus\":[2,3],\"distances\":[20,10,20]},"
        "{\"node\":2,\"memkb\":1024,\"free_memkb\":null,\"cpus\":[],"
        "\"distances\":[20,20,10]}]}",
        host.free_kb[0], host.free_kb[1]);
    CHECK_INT(vnuma_source_set(&source, "host", text, strlen(text)), 0);
    rc = vnuma_topology_parse(&source, topology_r, diags);
    CHECK_INT(rc, 0);
    vnuma_source_dispose(&source);
    heap_fail = fail;
    return rc;
}

static int dom0_get(vnuma_xen *xen, vnuma_xen_dom0 *dom0_r, vnuma_diags *diags)
{
    (void)xen, (void)diags;
    dom0_r->memkb = host.dom0_kb[0] + host.dom0_kb[1];
    return enter();
}

static void dom0_dispose(vnuma_xen_dom0 *dom0)
{
    (void)dom0;
}

static int get_residency(vnuma_xen *xen, uint32_t domid,
                         vnuma_xen_residency *residency_r, vnuma_diags *diags)
{
    unsigned int i, num = 0, fail = keep_memory();

    (void)xen, (void)diags;
    CHECK_UINT(domid, 0);
    residency_r->nodes = calloc(2, sizeof(*residency_r->nodes));
    heap_fail = fail;
    if (!residency_r->nodes || enter())
        return VNUMA_ERROR_XEN;
    /* Node 1 also with none: it is listed, and nothing is said of it. */
    for (i = 0; i < 2; i++)
        if (host.dom0_kb[i] || i)
            residency_r->nodes[num++] =
                (vnuma_xen_node_pages){ i, host.dom0_kb[i] / 4 };
    residency_r->num_nodes = num;
    return 0;
}

static void residency_dispose(vnuma_xen_residency *residency)
{
    free(residency->nodes);
    *residency = (vnuma_xen_residency){ 0 };
}

static int dom0_begin(vnuma_xen *xen, vnuma_xen_dom0_change **change_r,
                      vnuma_diags *diags)
{
    (void)xen, (void)diags;
    if (enter())
        return VNUMA_ERROR_XEN;
    before = host;
    *change_r = (vnuma_xen_dom0_change *)&before;
    return 0;
}

static uint64_t dom0_floor(uint64_t memkb)
{
    (void)memkb;
    return floor_memkb;
}

static int dom0_apply(vnuma_xen_dom0_change *change,
                      const vnuma_xen_dom0_request *request,
                      vnuma_diags *diags)
{
    uint64_t give = host.dom0_kb[0] + host.dom0_kb[1] - request->memkb, here;

    (void)diags;
    CHECK(change == (void *)&before && request->timeout_ms);
    CHECK(request->memkb >= floor_memkb);
    num_applied++;
    here = give * percent / 100;
    here = here < host.dom0_kb[0] ? here : host.dom0_kb[0];
    host.dom0_kb[0] -= here;
    host.free_kb[0] += here;
    host.dom0_kb[1] -= give - here;
    host.free_kb[1] += give - here;
    return enter();
}

static int dom0_commit(vnuma_xen_dom0_change *change, vnuma_diags *diags)
{
    (void)diags;
    CHECK(change == (void *)&before);
    num_committed++;
    return enter();
}

static int dom0_rollback(vnuma_xen_dom0_change *change,
                         const vnuma_xen_dom0_request *request,
                         vnuma_diags *diags)
{
    (void)diags;
    CHECK(change == (void *)&before && request->timeout_ms);
    host = before;
    num_rolled_back++;
    return enter();
}

void *xen_calls_find(const char *name)
{
    static const struct {
        const char *name;
        void *function;
    } functions[] = {
        { "vnuma_xen_get_topology", (void *)get_topology },
        { "vnuma_xen_dom0_get", (void *)dom0_get },
        { "vnuma_xen_dom0_dispose", (void *)dom0_dispose },
        { "vnuma_xen_get_residency", (void *)get_residency },
        { "vnuma_xen_residency_dispose", (void *)residency_dispose },
        { "vnuma_xen_dom0_begin", (void *)dom0_begin },
        { "vnuma_xen_dom0_floor", (void *)dom0_floor },
        { "vnuma_xen_dom0_apply", (void *)dom0_apply },
        { "vnuma_xen_dom0_commit", (void *)dom0_commit },
        { "vnuma_xen_dom0_rollback", (void *)dom0_rollback },
    };
    unsigned int i = 0;

    while (strcmp(functions[i].name, name))
        i++;
    return functions[i].function;
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    (void)diags;
    *xen_r = NULL;
    return enter();
}

void vnuma_xen_close(vnuma_xen *xen)
{
    (void)xen;
}

void dom0_watch(vnuma_xen_dom0_request *request, dom0_watching *watching)
{
    (void)request, (void)watching;
}

void dom0_unwatch(const dom0_watching *watching)
{
    (void)watching;
}

int cli_end(vnuma_diags *diags, int rc)
{
    vnuma_diags_dispose(diags);
    return rc ? CLI_ENVIRONMENT : CLI_OK;
}

/* ---- cases -------------------------------------------------------------- */

static const char guest[] = "type='pvh'\nmemory=2048\nvcpus=1\n"
                            "vnuma=[['pnode=0','size=2048','vcpus=0']]\n";

/* Whether the guest has room now, and dom0 is another than before. */
static const struct {
    const char *what;
    memory host;
    uint64_t floor_memkb;
    unsigned int percent, least_steps;
    bool fits, is_quiet;
} cases[] = {
    { "it fits",
      { { 4 * GIB, GIB }, { GIB, GIB } },
      GIB,
      100,
      0,
      true,
      false },
    { "dom0 gives what is short",
      { { GIB, GIB }, { 4 * GIB, GIB } },
      GIB,
      100,
      1,
      true,
      false },
    { "the same, quietly",
      { { GIB, GIB }, { 4 * GIB, GIB } },
      GIB,
      100,
      1,
      true,
      true },
    { "most of it, so it is asked again",
      { { GIB, GIB }, { 4 * GIB, 16u * GIB } },
      GIB,
      90,
      2,
      true,
      false },
    { "half of it",
      { { GIB, GIB }, { 4 * GIB, 16u * GIB } },
      GIB,
      50,
      2,
      true,
      false },
    { "it gives of another node",
      { { GIB, GIB }, { 4 * GIB, 16u * GIB } },
      GIB,
      0,
      1,
      false,
      false },
    { "it gives little of that node, time after time",
      { { GIB, GIB }, { 4 * GIB, 99u * (uint64_t)GIB } },
      GIB,
      3,
      16,
      false,
      false },
    { "it has nothing there",
      { { GIB, GIB }, { 0, 4 * GIB } },
      GIB,
      100,
      0,
      false,
      false },
    { "it has nothing elsewhere, and needs it",
      { { GIB, GIB }, { 4 * GIB, 0 } },
      4 * GIB - MIB,
      100,
      0,
      false,
      false },
    { "it has its least",
      { { GIB, GIB }, { 2 * GIB, GIB } },
      3 * GIB,
      100,
      0,
      false,
      false },
};

static vnuma_config *config;

static void begin(unsigned int i)
{
    host = cases[i].host;
    floor_memkb = cases[i].floor_memkb;
    percent = cases[i].percent;
    calls = fail_at = num_applied = num_committed = num_rolled_back = 0;
}

static bool is_as_before(unsigned int i)
{
    return !memcmp(&host, &cases[i].host, sizeof(host));
}

static void dom0_gives_while_that_helps(void)
{
    dom0_loan loan;
    unsigned int i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(i);
        loan = (dom0_loan){ 0 };
        CHECK_INT(dom0_loan_take(&loan, config, cases[i].is_quiet), CLI_OK);
        CHECK(num_applied >= cases[i].least_steps);
        CHECK(is_as_before(i) == (!cases[i].fits || !num_applied));
        CHECK((host.free_kb[0] > 2 * GIB) == cases[i].fits);
        CHECK_INT(dom0_loan_end(&loan, i % 2), CLI_OK);
        CHECK_UINT(num_committed, cases[i].fits && num_applied && i % 2);
        CHECK(num_committed || is_as_before(i));
        if (tap_failed)
            TAP_DIAG("%s: %u steps", cases[i].what, num_applied);
    }
}

/* What the change itself takes back is the business of test-dom0-undo.c. */
static void whatever_fails_it_is_given_back(void)
{
    unsigned int i, n, num;
    dom0_loan loan;
    int code;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        num = 1;
        for (n = 1; n <= num; n++) {
            begin(i);
            fail_at = n;
            loan = (dom0_loan){ 0 };
            code = dom0_loan_take(&loan, config, true);
            CHECK(code == CLI_OK || calls >= n);
            dom0_loan_end(&loan, false);
            CHECK(is_as_before(i));
            CHECK(!loan.change && !num_committed);
            CHECK(num_rolled_back <= 1);
            num = calls >= n ? n + 1 : n;
        }
        CHECK(n > 2);
    }
}

/* Some of many: each would take minutes. */
static void without_memory_it_is_given_back(void)
{
    unsigned int i, n;
    dom0_loan loan;
    int code;

    for (i = 1; i < 6; i++)
        for (n = 1; heap_is_ours(); n += 1 + n / 16) {
            begin(i);
            loan = (dom0_loan){ 0 };
            heap_start(n, false);
            code = dom0_loan_take(&loan, config, true);
            heap_stop();
            dom0_loan_end(&loan, false);
            CHECK(is_as_before(i));
            if (heap_calls < n) {
                CHECK_INT(code, CLI_OK);
                break;
            }
        }
}

static const tap_case tests[] = {
    TAP_CASE(dom0_gives_while_that_helps),
    TAP_CASE(whatever_fails_it_is_given_back),
    TAP_CASE(without_memory_it_is_given_back),
};

int main(void)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int failed;

    if (vnuma_source_set(&source, "g", guest, strlen(guest)) ||
        vnuma_config_parse(&source, &config, &diags))
        return EXIT_FAILURE;
    failed = TAP_RUN(tests);
    vnuma_config_free(config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return failed;
}
