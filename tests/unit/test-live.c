/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What asks the running Xen, of a Xen that is made up: each of its calls
 * fails, and each allocation.  It is said, what was taken is given back, and
 * dom0 is as it was.
 */
#include "config.h"

#include "nomem.h"
#include "made-up-xen.h"

#include <sys/stat.h>

#include "inside.h"
#include "vnuma_xen_dom0.h"
#include "xen/dom0/dom0_change.h"
#include "xen/host/flights.h"
#include "xen/host/handle.h"

/* ---- steps -------------------------------------------------------------- */

static vnuma_xen *xen;
static vnuma_topology *host;

static void begin(void)
{
    vnuma_diags diags = { 0 };

    xen_begin();
    vnuma_xen_close(xen);
    xen = NULL;
    CHECK_INT(vnuma_xen_open(&xen, &diags), 0);
    vnuma_topology_free(host);
    host = NULL;
    CHECK_INT(vnuma_xen_get_topology(xen, &host, &diags), 0);
    CHECK_UINT(diags.num_errors, 0);
    vnuma_diags_dispose(&diags);
}

/* Each step begins with the same Xen, but for what fails. */
static int said(int rc, vnuma_diags *diags)
{
    CHECK(rc != VNUMA_ERROR_XEN || diags->num_errors || diags->lost);
    vnuma_diags_dispose(diags);
    return rc;
}

static int open_and_close(void)
{
    vnuma_xen *another = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_open(&another, &diags);

    CHECK(!rc == !!another);
    vnuma_xen_close(another);
    return said(rc, &diags);
}

static int get_host(void)
{
    vnuma_topology *topology = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_get_topology(xen, &topology, &diags);

    CHECK(!rc == !!topology);
    vnuma_topology_free(topology);
    return said(rc, &diags);
}

static int get_domains_named(const char *which)
{
    vnuma_domains *domains = NULL;
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_get_domains(xen, which, host, &domains, &diags);

    xen_is.is_asked = xen_is.is_read = false;
    if (!rc)
        rc = vnuma_xen_count_pages(xen, host, domains, &diags);
    vnuma_domains_free(domains);
    return said(rc, &diags);
}

static int get_domains(void)
{
    return get_domains_named(NULL);
}

static int get_guest(void)
{
    return get_domains_named("g");
}

static int find_guest(void)
{
    vnuma_diags diags = { 0 };
    uint32_t domid;

    return said(vnuma_xen_find_domain(xen, "g", &domid, &diags), &diags);
}

static int count_pages_of_one(void)
{
    vnuma_xen_residency residency = { 0 };
    vnuma_diags diags = { 0 };
    int rc;

    xen_is.is_asked = xen_is.is_read = false;
    rc = vnuma_xen_get_residency(xen, GUEST, &residency, &diags);
    vnuma_xen_residency_dispose(&residency);
    return said(rc, &diags);
}

static int list_found(void)
{
    vnuma__found *found = NULL;
    vnuma_diags diags = { 0 };
    unsigned int num;
    int rc = vnuma__found_list(xen, &found, &num, &diags);

    CHECK_UINT(num, rc ? 0 : 2);
    free(found);
    return said(rc, &diags);
}

/* What is not known holds nothing. */
static int ask_flights(void)
{
    vnuma__flight flights[2] = { { .domid = GUEST },
                                 { .domid = VNUMA_ID_UNKNOWN } };

    snprintf(flights[0].uuid, sizeof(flights[0].uuid), "%s", uuid_of_guest);
    vnuma__flights_ask(xen, flights, 2);
    CHECK_UINT(flights[1].resident_memkb, 0);
    CHECK(!flights[0].resident_memkb ||
          flights[0].resident_memkb == 600 << 10);
    return 0;
}

static int keep_promise(void)
{
    const vnuma_xen_built built = { .num_pages = 153600 };
    libxl_domain_build_info b_info;
    vnuma__layout layout = { 0 };
    vnuma_diags diags = { 0 };
    unsigned int v;
    int rc;

    libxl_domain_build_info_init(&b_info);
    rc = vnuma__layout_alloc(&layout, 2, 2, 2);
    if (!rc && !take_vnodes(&b_info))
        rc = VNUMA_ERROR_NOMEM;
    for (v = 0; v < 2 && !rc; v++) {
        layout.vmemranges[v] = (vnuma__vmemrange){
            UINT64_C(600) << 20 & -(uint64_t)v, UINT64_C(600) << 20, v
        };
        layout.membinds[v].policy = VNUMA_POLICY_PREFERRED;
        layout.membinds[v].num_pnodes = 1;
        layout.membinds[v].pnodes[0] = v;
    }
    if (!rc)
        rc = vnuma__promise_store(xen, GUEST, &b_info, &layout, &built,
                                  &diags);
    vnuma__layout_dispose(&layout);
    libxl_domain_build_info_dispose(&b_info);
    return said(rc, &diags);
}

static int get_dom0(void)
{
    vnuma_xen_dom0 dom0 = { 0 };
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_dom0_get(xen, &dom0, &diags);

    CHECK_INT(rc ? 0 : dom0.settings.num_vcpus, rc ? 0 : 2);
    vnuma_xen_dom0_dispose(&dom0);
    return said(rc, &diags);
}

static bool is_as_before(void)
{
    return xen_is.online == 3 && xen_is.target_memkb == 1572864 &&
           xen_is.max_memkb == 1572864 &&
           !strcmp(xen_is.static_max, "1572864");
}

/* What cannot be kept when all is done is put back by the next command. */
static bool is_interrupted(void)
{
    vnuma__dom0_record record = { .is_changing = false };
    bool is = !vnuma__dom0_record_read("run", &record) && record.is_changing;

    vnuma__dom0_record_dispose(&record);
    return is;
}

/* Smaller, on one node and with one vcpu, and back. */
static int set_dom0(void)
{
    vnuma_xen_dom0_request request = {
        .memkb = 1024 << 10,
        .max_memkb = 1024 << 10,
        .floor_memkb = 1,
        .num_vcpus = 1,
        .timeout_ms = 1,
    };
    vnuma_xen_dom0_request nothing = { .timeout_ms = 1 };
    vnuma_diags diags = { 0 };
    int rc = vnuma_bitmap_set(&request.pnodes, 1);

    if (!rc)
        rc = vnuma_xen_dom0_set(xen, &request, &diags);
    CHECK(rc ? is_as_before() || is_interrupted() : xen_is.online == 1);
    if (!rc)
        rc = vnuma_xen_dom0_reset(xen, &nothing, &diags);
    vnuma_bitmap_dispose(&request.pnodes);
    return said(rc, &diags);
}

/* ---- cases -------------------------------------------------------------- */

static const struct {
    const char *name;
    nomem_step *run;
} steps[] = {
    { "open", open_and_close },   { "host", get_host },
    { "domains", get_domains },   { "guest", get_guest },
    { "find", find_guest },       { "pages", count_pages_of_one },
    { "found", list_found },      { "flights", ask_flights },
    { "promise", keep_promise },  { "dom0", get_dom0 },
    { "dom0 set", set_dom0 },
};
#define NUM_STEPS (sizeof(steps) / sizeof(steps[0]))

static const char answer[] =
    "(XEN) 'u' pressed -> dumping numa info (now = 1)\n"
    "(XEN) Memory location of each domain:\n"
    "(XEN) d0 (total: 393216):\n(XEN)     Node 0: 393216\n"
    "(XEN) d1 (total: 153600):\n"
    "(XEN)     Node 0: 51200\n(XEN)     Node 1: 102400\n";

static void set_up(void)
{
    begin();
    unlink("run/" VNUMA__DOM0_RECORD);
    xen_is.ring = answer;
    CHECK_INT(keep_promise(), 0);
    CHECK(xen_is.kept[0]);
}

static void nothing_fails(void)
{
    unsigned int i;

    for (i = 0; i < NUM_STEPS; i++) {
        set_up();
        CHECK_INT(steps[i].run(), 0);
        if (tap_failed)
            TAP_DIAG("in %s", steps[i].name);
    }
}

static void each_call_of_xen_fails(void)
{
    unsigned int i, n, num;
    size_t before;
    int rc;

    for (i = 0; i < NUM_STEPS; i++)
        for (n = 1, num = 1; n <= num; n++) {
            set_up();
            before = heap_bytes;
            xen_is.calls = 0;
            xen_is.fail = n;
            rc = steps[i].run();
            num = xen_is.calls < n ? 0 : n + 1;
            CHECK(rc == 0 || rc == VNUMA_ERROR_XEN ||
                  rc == VNUMA_ERROR_NOMEM);
            CHECK_UINT(heap_bytes, before);
            if (tap_failed) {
                TAP_DIAG("in %s, call %u: %d", steps[i].name, n, rc);
                return;
            }
        }
}

static void each_allocation_fails(void)
{
    unsigned int i, n, num = 0;
    size_t before;
    int rc;

    for (i = 0; i < NUM_STEPS && heap_is_ours(); i++)
        for (n = 0; n <= num; n++) {
            set_up();
            before = heap_bytes;
            heap_start(n, false);
            rc = steps[i].run();
            num = n ? num : heap_calls;
            heap_stop();
            /* libxl tells lack of memory as any failure. */
            CHECK(rc == 0 || rc == VNUMA_ERROR_XEN ||
                  rc == VNUMA_ERROR_NOMEM);
            CHECK_UINT(heap_bytes, before);
            if (tap_failed) {
                TAP_DIAG("in %s, allocation %u: %d", steps[i].name, n, rc);
                return;
            }
        }
}

static void check_open_fails(const char *check)
{
    vnuma_xen *another = NULL;
    vnuma_diags diags = { 0 };

    CHECK_INT(vnuma_xen_open(&another, &diags), VNUMA_ERROR_XEN);
    CHECK(!another);
    REQUIRE(diags.num_items > 0);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, check);
    vnuma_diags_dispose(&diags);
}

static void without_a_xen_of_ours_it_is_told_why(void)
{
    xen_begin();
    xen_is.access_error = ENOENT;
    check_open_fails("no-xen");
    xen_is.access_error = EACCES;
    check_open_fails("no-permission");
    xen_is.access_error = EPERM;
    check_open_fails("no-permission");
    xen_is.access_error = 0;
    xen_is.version = 99 << 16;
    check_open_fails("other-release");
    vnuma_xen_close(NULL);
}

static void a_guest_that_is_not_there(void)
{
    vnuma_diags diags = { 0 };
    uint32_t domid;

    set_up();
    CHECK_INT(vnuma_xen_find_domain(xen, "h", &domid, &diags),
              VNUMA_ERROR_XEN);
    CHECK_STR(vnuma_diags_at(&diags, 0)->message, "there is no domain \"h\"");
    vnuma_diags_dispose(&diags);
}

static const char *state_of_guest(void)
{
    static char state[16];
    vnuma_domains *domains = NULL;
    vnuma_diags diags = { 0 };

    state[0] = '\0';
    if (!vnuma_xen_get_domains(xen, "g", host, &domains, &diags)) {
        CHECK_UINT(domains->items[0].num_vnodes, 2);
        CHECK_INT(domains->items[0].vnodes[1].policy, VNUMA_POLICY_PREFERRED);
        CHECK_UINT(domains->items[0].vnodes[1].num_parts, 1);
        snprintf(state, sizeof(state), "%s", domains->items[0].state);
    }
    vnuma_domains_free(domains);
    vnuma_diags_dispose(&diags);
    return state;
}

static void a_guest_is_as_it_was_promised(void)
{
    vnuma__found *found = NULL;
    vnuma_diags diags = { 0 };
    unsigned int num;

    set_up();
    CHECK_STR(state_of_guest(), "running");
    xen_is.is_suspended = true;
    CHECK_STR(state_of_guest(), "shutdown");
    REQUIRE(!vnuma__found_list(xen, &found, &num, &diags));
    CHECK(found[1].is_suspended && !found[1].is_new);
    CHECK_STR(found[1].uuid, uuid_of_guest);
    free(found);
    xen_is.is_dying = true;
    CHECK_STR(state_of_guest(), "dying");
}

/* What was kept for other vnodes than it has now. */
static void another_promise_does_not_count(void)
{
    libxl_domain_build_info b_info;
    vnuma__promise promise;

    set_up();
    libxl_domain_build_info_init(&b_info);
    vnuma__promise_stored(xen->ctx, GUEST, &b_info, &promise);
    CHECK_UINT(promise.num_vnodes, 0);
    REQUIRE(take_vnodes(&b_info));
    vnuma__promise_stored(xen->ctx, GUEST, &b_info, &promise);
    CHECK_UINT(promise.num_vnodes, 2);
    b_info.vnuma_nodes[1].pnode = 5;
    vnuma__promise_stored(xen->ctx, GUEST, &b_info, &promise);
    CHECK_UINT(promise.num_vnodes, 0);
    strcpy(xen_is.kept, "none");
    vnuma__promise_stored(xen->ctx, GUEST, &b_info, &promise);
    CHECK_UINT(promise.num_vnodes, 0);
    libxl_domain_build_info_dispose(&b_info);
}

/* What only Xen knows of a guest, and an answer without it. */
static void a_guest_of_another_toolstack(void)
{
    vnuma_domains *domains = NULL;
    vnuma_diags diags = { 0 };

    set_up();
    xen_is.has_vnuma = false;
    xen_is.is_paused = true;
    xen_is.ring = "(XEN) 'u' pressed -> dumping numa info (now = 1)\n";
    REQUIRE(!vnuma_xen_get_domains(xen, "g", host, &domains, &diags));
    CHECK_UINT(domains->items[0].num_vnodes, 1);
    CHECK_UINT(domains->items[0].vnodes[0].memkb, 600 << 10);
    CHECK_STR(domains->items[0].state, "paused");
    xen_is.is_asked = xen_is.is_read = false;
    CHECK_INT(vnuma_xen_count_pages(xen, host, domains, &diags), 0);
    CHECK_STR(vnuma_diags_at(&diags, 0)->id, "not-counted");
    vnuma_domains_free(domains);
    vnuma_diags_dispose(&diags);
}

static int request_dom0(const vnuma_xen_dom0_request *request,
                        const char *check)
{
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_dom0_set(xen, request, &diags);

    CHECK(diags.num_items > 0);
    if (diags.num_items)
        CHECK_STR(vnuma_diags_at(&diags, 0)->id, check);
    vnuma_diags_dispose(&diags);
    return rc;
}

static void dom0_stays_where_it_can_run(void)
{
    vnuma_xen_dom0_request request = { .timeout_ms = 1 };

    set_up();
    CHECK_INT(vnuma_bitmap_set(&request.pnodes, 7), 0);
    CHECK_INT(request_dom0(&request, "dom0-nodes"), VNUMA_ERROR_NOFIT);
    vnuma_bitmap_dispose(&request.pnodes);
    request.memkb = 1;
    CHECK_INT(request_dom0(&request, "dom0-floor"), VNUMA_ERROR_NOFIT);
    CHECK_UINT(xen_is.target_memkb, 1572864);
    strcpy(xen_is.static_max, "many");
    CHECK_INT(request_dom0(&request, "xen-refused"), VNUMA_ERROR_XEN);
    CHECK(vnuma_xen_dom0_floor(0) >= 1);
    CHECK(vnuma_xen_dom0_floor(UINT64_C(1) << 40) > UINT64_C(1) << 39);
}

static const tap_case cases[] = {
    TAP_CASE(nothing_fails),
    TAP_CASE(each_call_of_xen_fails),
    TAP_CASE(each_allocation_fails),
    TAP_CASE(without_a_xen_of_ours_it_is_told_why),
    TAP_CASE(a_guest_that_is_not_there),
    TAP_CASE(a_guest_is_as_it_was_promised),
    TAP_CASE(another_promise_does_not_count),
    TAP_CASE(a_guest_of_another_toolstack),
    TAP_CASE(dom0_stays_where_it_can_run),
};

int main(void)
{
    char dir[] = "/tmp/test-live.XXXXXX";
    int status;

    if (!mkdtemp(dir) || chdir(dir) || mkdir("run", 0700))
        return 99;
    status = TAP_RUN(cases);
    vnuma_xen_close(xen);
    vnuma_topology_free(host);
    return status;
}
