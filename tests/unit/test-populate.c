/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programming memory, on the in-memory Xen. */
#include "config.h"

#include <errno.h>

#include "tap.h"
#include "xen/build/populate.h"
#include "xen/hv/hv_mem.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define KB(bytes) ((bytes) / 1024)
#define DOMID 3

typedef struct {
    vnuma__hv_mem mem;
    vnuma__layout layout;
    vnuma__build build;
    vnuma__built built;
    vnuma_diags diags;
} world;

/* vnodes of equal size, one behind the other, around the hole below 4 GiB. */
static void make_layout(vnuma__layout *layout, uint64_t bytes,
                        const uint32_t *pnodes, uint32_t num_vnodes)
{
    uint64_t next = 0, left, size, hole = 3840 * MIB;
    uint32_t i, n = 0;

    memset(layout, 0, sizeof(*layout));
    CHECK_INT(vnuma__layout_alloc(layout, num_vnodes + 1, num_vnodes, 0), 0);
    for (i = 0; i < num_vnodes; i++) {
        layout->vnode_to_pnode[i] = pnodes[i];
        for (left = bytes; left; left -= size) {
            if (next == hole)
                next = 4 * GIB;
            size = next < hole && hole - next < left ? hole - next : left;
            layout->vmemranges[n++] =
                (vnuma__vmemrange){ next, next + size, i };
            next += size;
        }
    }
    layout->num_vmemranges = n;
}

static void world_init(world *w, const uint64_t *node_bytes,
                       unsigned int num_nodes, uint64_t vnode_bytes,
                       const uint32_t *pnodes, uint32_t num_vnodes)
{
    uint64_t memkb[VNUMA_MAX_PNODES];
    unsigned int i;

    for (i = 0; i < num_nodes; i++)
        memkb[i] = KB(node_bytes[i]);
    memset(w, 0, sizeof(*w));
    CHECK_INT(vnuma__hv_mem_init(&w->mem, memkb, num_nodes), 0);
    vnuma__hv_mem_create_domain(&w->mem, DOMID);
    make_layout(&w->layout, vnode_bytes, pnodes, num_vnodes);
    w->build = (vnuma__build){
        .domid = DOMID,
        .layout = &w->layout,
        .vga_hole = true,
        .claim = true,
    };
    vnuma_diags_init(&w->diags);
}

static int world_run(world *w)
{
    return vnuma__populate(&w->mem.hv, &w->build, &w->built, &w->diags);
}

static void world_dispose(world *w)
{
    vnuma__built_dispose(&w->built);
    vnuma_diags_dispose(&w->diags);
    vnuma__layout_dispose(&w->layout);
    vnuma__hv_mem_dispose(&w->mem);
}

static uint32_t vnode_of(const vnuma__layout *layout, uint64_t gfn)
{
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++)
        if (gfn << 12 >= layout->vmemranges[i].start &&
            gfn << 12 < layout->vmemranges[i].end)
            return layout->vmemranges[i].vnode;
    return UINT32_MAX;
}

/* Every extent is on the pnode of the vnode in whose range it lies. */
static void check_placement(const world *w)
{
    const vnuma__mem_domain *domain = &w->mem.domains[0];
    uint64_t i;

    for (i = 0; i < domain->num_extents; i++) {
        uint32_t vnode = vnode_of(&w->layout, domain->extents[i].gfn);

        REQUIRE(vnode < w->layout.num_vnodes);
        if (domain->extents[i].pnode != w->layout.vnode_to_pnode[vnode]) {
            CHECK_UINT(domain->extents[i].pnode,
                       w->layout.vnode_to_pnode[vnode]);
            return;
        }
    }
}

static void every_page_goes_where_it_was_promised(void)
{
    static const uint64_t nodes[] = { 4 * GIB, 4 * GIB, 4 * GIB };
    world w;

    world_init(&w, nodes, 3, 1025 * MIB, (const uint32_t[]){ 2, 0 }, 2);
    CHECK_INT(world_run(&w), 0);
    check_placement(&w);
    CHECK_UINT(w.built.counts.num_pages, (2 * 1025 * MIB >> 12) - 32);
    CHECK_UINT(w.mem.domains[0].num_pages, w.built.counts.num_pages);
    CHECK_UINT(w.mem.domains[0].claim, 0);
    CHECK_UINT(vnuma_bitmap_count(&w.mem.domains[0].node_affinity), 1);
    CHECK(vnuma_bitmap_test(&w.mem.domains[0].node_affinity, 2));
    world_dispose(&w);
}

/* Stock xl makes 644 calls for this guest, 1,028 without 1 GiB pages. */
static void eight_gib_in_four_vnodes_take_few_calls(void)
{
    static const uint64_t nodes[] = { 3 * GIB, 3 * GIB, 3 * GIB, 3 * GIB };
    bool changed;
    world w;

    world_init(&w, nodes, 4, 2 * GIB, (const uint32_t[]){ 0, 1, 2, 3 }, 4);
    CHECK_INT(vnuma__layout_gather(&w.layout, true, &changed), 0);
    CHECK(changed);
    CHECK_INT(world_run(&w), 0);
    check_placement(&w);
    CHECK(w.built.counts.num_calls <= 13);
    CHECK_UINT(w.built.counts.sets[1].num_1g, 2);
    CHECK_UINT(w.mem.hv.num_populates, w.built.counts.num_calls);
    world_dispose(&w);
}

static void a_terabyte_is_asked_for_in_16_gib_calls(void)
{
    uint64_t nodes[8];
    unsigned int i;
    world w;

    for (i = 0; i < 8; i++)
        nodes[i] = 200 * GIB;
    world_init(&w, nodes, 8, 128 * GIB,
               (const uint32_t[]){ 0, 1, 2, 3, 4, 5, 6, 7 }, 8);
    CHECK_INT(world_run(&w), 0);
    CHECK_UINT(w.built.counts.num_pages, (1024 * GIB >> 12) - 32);
    CHECK(w.built.counts.num_calls <= 3 * 8 + 1024 / 16);
    world_dispose(&w);
}

/* Only what could not be had as 1 GiB is asked for in smaller pieces. */
static void large_pages_fall_back_only_where_they_must(void)
{
    static const uint64_t nodes[] = { 8 * GIB };
    world w;

    world_init(&w, nodes, 1, 3 * GIB, (const uint32_t[]){ 0 }, 1);
    w.mem.nodes[0].num_free[VNUMA__1G] = 1;
    w.mem.nodes[0].num_free[VNUMA__2M] = 1500;
    w.mem.nodes[0].num_free[VNUMA__4K] = 1 << 18;
    CHECK_INT(world_run(&w), 0);
    check_placement(&w);
    CHECK_UINT(w.built.counts.sets[0].num_1g, 1);
    CHECK_UINT(w.built.counts.sets[0].num_2m, 511 + 512);
    CHECK_UINT(w.built.counts.sets[0].num_4k, 480);
    CHECK_UINT(w.built.counts.num_pages, (3 * GIB >> 12) - 32);
    world_dispose(&w);
}

static void a_node_that_is_short_is_named_before_anything_is_done(void)
{
    static const uint64_t nodes[] = { 2 * GIB, 505 * MIB };
    world w;

    world_init(&w, nodes, 2, 1 * GIB, (const uint32_t[]){ 0, 1 }, 2);
    CHECK_INT(world_run(&w), VNUMA_ERROR_NOFIT);
    CHECK_UINT(w.diags.num_errors, 1);
    CHECK_STR(vnuma_diags_at(&w.diags, 0)->message,
              "vnode 1: needs 1024 MiB on pnode 1, 505 MiB free, 519 MiB "
              "missing");
    CHECK_UINT(w.mem.hv.num_populates, 0);
    CHECK_UINT(w.mem.domains[0].num_pages, 0);
    CHECK_UINT(w.mem.domains[0].claim, 0);
    world_dispose(&w);
}

static void later_pages_count_on_the_first_pnode(void)
{
    static const uint64_t nodes[] = { 520 * MIB, 520 * MIB };
    world w;

    world_init(&w, nodes, 2, 512 * MIB, (const uint32_t[]){ 1, 0 }, 2);
    w.build.later_pages = 16 * MIB >> 12;
    CHECK_INT(world_run(&w), VNUMA_ERROR_NOFIT);
    CHECK_UINT(w.diags.num_errors, 1);
    CHECK_STR(vnuma_diags_at(&w.diags, 0)->message,
              "vnode 0: needs 528 MiB on pnode 1, 520 MiB free, 8 MiB "
              "missing");
    world_dispose(&w);
}

static void a_pnode_that_is_not_there_is_named(void)
{
    static const uint64_t nodes[] = { 2 * GIB };
    world w;

    world_init(&w, nodes, 1, 256 * MIB, (const uint32_t[]){ 0, 9 }, 2);
    CHECK_INT(world_run(&w), VNUMA_ERROR_NOFIT);
    CHECK_STR(vnuma_diags_at(&w.diags, 0)->message, "the host has no pnode 9");
    world_dispose(&w);
}

static const int errnos[] = { ENOMEM, EBUSY, EINVAL, EPERM, ESRCH, 0 };

/* How many calls a build makes that goes well. */
static unsigned int count_calls(void (*make)(world *w))
{
    unsigned int calls;
    world w;

    make(&w);
    CHECK_INT(world_run(&w), 0);
    calls = w.mem.num_calls;
    world_dispose(&w);
    return calls;
}

static void make_small_world(world *w)
{
    static const uint64_t nodes[] = { 4 * GIB, 4 * GIB };

    world_init(w, nodes, 2, 1537 * MIB, (const uint32_t[]){ 1, 0 }, 2);
}

/* One vnode may flow over to the other's pnode, and has to. */
static void make_preferring_world(world *w)
{
    static const uint64_t nodes[] = { 4 * GIB, 1 * GIB };

    world_init(w, nodes, 2, 1537 * MIB, (const uint32_t[]){ 1, 0 }, 2);
    w->layout.membinds[0] = (vnuma_membind){
        .policy = VNUMA_POLICY_PREFERRED,
        .pnodes = { 1, 0 },
        .num_pnodes = 2,
    };
}

static void fail_at(void (*make)(world *w), unsigned int num_calls,
                    unsigned int call, int error, bool ever_after)
{
    uint64_t before[2], after[2];
    unsigned int i;
    world w;
    int rc;

    make(&w);
    for (i = 0; i < 2; i++)
        before[i] = vnuma__hv_mem_free_pages(&w.mem.nodes[i]);
    w.mem.fail_call = call;
    w.mem.fail_errno = error;
    w.mem.fail_ever_after = ever_after;
    rc = world_run(&w);

    /* A short count is no failure of a call: the rest comes in pieces. */
    if (rc) {
        CHECK(w.diags.num_errors > 0);
        CHECK(w.built.counts.num_pages == 0);
    } else {
        CHECK_INT(error, 0);
        CHECK_UINT(w.built.counts.num_pages, (2 * 1537 * MIB >> 12) - 32);
        if (make == make_small_world)
            check_placement(&w);
    }
    /* Nothing claimed, unless giving back is what fails. */
    if (!ever_after && call < num_calls)
        CHECK_UINT(w.mem.domains[0].claim, 0);
    vnuma__hv_mem_destroy_domain(&w.mem, DOMID);
    for (i = 0; i < 2; i++) {
        after[i] = vnuma__hv_mem_free_pages(&w.mem.nodes[i]);
        CHECK_UINT(after[i], before[i]);
    }
    world_dispose(&w);
}

static void fail_everywhere(void (*make)(world *w))
{
    unsigned int call, calls = count_calls(make), i;

    CHECK(calls >= 8);
    for (call = 1; call <= calls; call++)
        for (i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
            fail_at(make, calls, call, errnos[i], false);
            fail_at(make, calls, call, errnos[i], true);
        }
}

static void a_failure_at_any_call_leaves_nothing_claimed(void)
{
    fail_everywhere(make_small_world);
    fail_everywhere(make_preferring_world);
}

/* ---- policies ----------------------------------------------------------- */

static void set_membind(world *w, uint32_t vnode, vnuma_policy policy,
                        const uint32_t *pnodes, unsigned int num_pnodes)
{
    vnuma_membind *membind = &w->layout.membinds[vnode];

    membind->policy = policy;
    membind->num_pnodes = num_pnodes;
    memcpy(membind->pnodes, pnodes, num_pnodes * sizeof(*pnodes));
}

static uint64_t pages_on(const world *w, uint32_t pnode)
{
    const vnuma__mem_domain *domain = &w->mem.domains[0];
    uint64_t pages = 0, i;

    for (i = 0; i < domain->num_extents; i++)
        if (domain->extents[i].pnode == pnode)
            pages += UINT64_C(1) << domain->extents[i].order;
    return pages;
}

/* Every page of the guest is populated, and none twice. */
static void check_whole(const world *w)
{
    const vnuma__mem_domain *domain = &w->mem.domains[0];
    uint64_t top = w->layout.vmemranges[w->layout.num_vmemranges - 1].end, i,
             page, pages = 0;
    uint8_t *seen = calloc(top >> 12, 1);

    REQUIRE(seen);
    for (i = 0; i < domain->num_extents; i++)
        for (page = 0; page < UINT64_C(1) << domain->extents[i].order;
             page++) {
            CHECK(!seen[domain->extents[i].gfn + page]);
            seen[domain->extents[i].gfn + page] = 1;
            pages++;
        }
    CHECK_UINT(pages, w->built.counts.num_pages);
    free(seen);
}

static void preferred_memory_flows_over_to_the_next_in_line(void)
{
    static const uint64_t nodes[] = { 1 * GIB, 3 * GIB, 4 * GIB };
    world w;

    world_init(&w, nodes, 3, 2 * GIB, (const uint32_t[]){ 0, 1 }, 2);
    set_membind(&w, 0, VNUMA_POLICY_PREFERRED, (const uint32_t[]){ 0, 1, 2 },
                3);
    w.build.later_pages = 256;
    CHECK_INT(world_run(&w), 0);
    check_whole(&w);
    CHECK_UINT(w.built.counts.num_pages, (4 * GIB >> 12) - 32);
    /* All of pnode 0 but what later pages need; what vnode 1 leaves of 1. */
    CHECK_UINT(pages_on(&w, 0), (1 * GIB >> 12) - 256);
    CHECK_UINT(pages_on(&w, 1), 3 * GIB >> 12);
    CHECK_UINT(pages_on(&w, 2), 256 - 32);
    CHECK_UINT(w.built.counts.sets[0].preferred, 0);
    world_dispose(&w);
}

/* Strict memory is not pushed away by what could be elsewhere. */
static void strict_memory_comes_before_preferred(void)
{
    static const uint64_t nodes[] = { 2 * GIB, 4 * GIB };
    world w;

    world_init(&w, nodes, 2, 1536 * MIB, (const uint32_t[]){ 0, 0 }, 2);
    set_membind(&w, 0, VNUMA_POLICY_PREFERRED, (const uint32_t[]){ 0, 1 }, 2);
    CHECK_INT(world_run(&w), 0);
    check_whole(&w);
    CHECK_UINT(pages_on(&w, 0), 2 * GIB >> 12);
    CHECK_UINT(pages_on(&w, 1), (1 * GIB >> 12) - 32);
    world_dispose(&w);
}

static void preferred_memory_without_room_anywhere_is_refused(void)
{
    static const uint64_t nodes[] = { 1 * GIB, 512 * MIB };
    world w;

    world_init(&w, nodes, 2, 2 * GIB, (const uint32_t[]){ 0 }, 1);
    set_membind(&w, 0, VNUMA_POLICY_PREFERRED, (const uint32_t[]){ 0, 1 }, 2);
    CHECK_INT(world_run(&w), VNUMA_ERROR_NOFIT);
    CHECK_STR(vnuma_diags_at(&w.diags, 0)->message,
              "vnode 0: pnode 0 and all others lack memory for the "
              "last 512 MiB");
    CHECK_UINT(w.mem.hv.num_populates, 0);
    world_dispose(&w);
}

/* Memory that is gone between asking and taking. */
static void preferred_memory_goes_on_when_a_node_runs_dry(void)
{
    static const uint64_t nodes[] = { 2 * GIB, 2 * GIB };
    world w;

    world_init(&w, nodes, 2, 1 * GIB, (const uint32_t[]){ 0 }, 1);
    set_membind(&w, 0, VNUMA_POLICY_PREFERRED, (const uint32_t[]){ 0, 1 }, 2);
    /* Xen says that it is free, and does not give it. */
    w.mem.nodes[0].num_lost = 300 * MIB >> 12;
    w.mem.nodes[0].num_free[VNUMA__1G] = 0;
    w.mem.nodes[0].num_free[VNUMA__2M] = 450;
    CHECK_INT(world_run(&w), 0);
    check_whole(&w);
    CHECK_UINT(pages_on(&w, 0), 450 << 9);
    CHECK_UINT(pages_on(&w, 1), (1 * GIB >> 12) - 32 - (450 << 9));
    world_dispose(&w);
}

static void interleaved_memory_is_shared_evenly(void)
{
    static const uint64_t nodes[] = { 8 * GIB, 8 * GIB, 8 * GIB };
    uint64_t least, most;
    world w;

    world_init(&w, nodes, 3, 3 * GIB, (const uint32_t[]){ 0, 1 }, 2);
    set_membind(&w, 1, VNUMA_POLICY_INTERLEAVE, (const uint32_t[]){ 1, 2 }, 2);
    CHECK_INT(world_run(&w), 0);
    check_whole(&w);
    CHECK_UINT(pages_on(&w, 0), (3 * GIB >> 12) - 32);
    least =
        pages_on(&w, 1) < pages_on(&w, 2) ? pages_on(&w, 1) : pages_on(&w, 2);
    most = (3 * GIB >> 12) - least;
    CHECK(most - least <= 512);
    CHECK(w.built.counts.num_calls <= 3 * 3 + 1);
    world_dispose(&w);
}

static uint64_t last_done, last_all;

static void note_progress(void *user, uint32_t domid, uint32_t pnode,
                          uint64_t done_pages, uint64_t all_pages)
{
    (void)user;
    (void)domid;
    (void)pnode;
    CHECK(done_pages >= last_done);
    last_done = done_pages;
    last_all = all_pages;
}

static void progress_ends_at_the_whole(void)
{
    world w;

    make_small_world(&w);
    w.build.progress = note_progress;
    CHECK_INT(world_run(&w), 0);
    CHECK_UINT(last_done, last_all);
    CHECK_UINT(last_all, w.built.counts.num_pages);
    world_dispose(&w);
}

/* Its pnode has no memory at all. */
static void a_vnode_of_vcpus_only_takes_no_memory(void)
{
    world w;

    world_init(&w, (const uint64_t[]){ 4 * GIB, 0 }, 2, GIB,
               (const uint32_t[]){ 0, 1 }, 1);
    vnuma__layout_dispose(&w.layout);
    CHECK_INT(vnuma__layout_alloc(&w.layout, 1, 2, 0), 0);
    w.layout.vmemranges[0] = (vnuma__vmemrange){ 0, GIB, 0 };
    w.layout.vnode_to_pnode[1] = 1;
    CHECK_INT(world_run(&w), 0);
    check_placement(&w);
    CHECK_UINT(w.diags.num_items, 0);
    world_dispose(&w);
}

/* What Xen says of vnodes indexes arrays of all callers. */
static void an_impossible_vnode_is_no_answer(void)
{
    static const uint64_t nodes[] = { GIB };
    static const uint32_t pnodes[] = { 0, 0 };
    vnuma__layout *told, got;
    unsigned int i;
    world w;

    world_init(&w, nodes, 1, 128 * MIB, pnodes, 2);
    REQUIRE(!vnuma__hv_set_vnuma(&w.mem.hv, DOMID, &w.layout));
    told = &w.mem.domains[0].layout;
    for (i = 0; i < 4; i++) {
        memset(&got, 0, sizeof(got));
        told->vmemranges[1].vnode = i == 1 ? 2 : i == 2 ? UINT32_MAX : 1;
        if (i == 3)
            told->vmemranges[1].start = told->vmemranges[1].end + 1;
        errno = 0;
        CHECK_INT(vnuma__hv_get_vnuma(&w.mem.hv, DOMID, &got),
                  i ? VNUMA_ERROR_XEN : 0);
        CHECK_INT(errno, i ? EPROTO : 0);
        CHECK_UINT(got.num_vnodes, i ? 0 : 2);
        vnuma__layout_dispose(&got);
    }
    world_dispose(&w);
}

static const tap_case cases[] = {
    TAP_CASE(an_impossible_vnode_is_no_answer),
    TAP_CASE(every_page_goes_where_it_was_promised),
    TAP_CASE(eight_gib_in_four_vnodes_take_few_calls),
    TAP_CASE(a_terabyte_is_asked_for_in_16_gib_calls),
    TAP_CASE(large_pages_fall_back_only_where_they_must),
    TAP_CASE(a_node_that_is_short_is_named_before_anything_is_done),
    TAP_CASE(later_pages_count_on_the_first_pnode),
    TAP_CASE(a_pnode_that_is_not_there_is_named),
    TAP_CASE(a_failure_at_any_call_leaves_nothing_claimed),
    TAP_CASE(preferred_memory_flows_over_to_the_next_in_line),
    TAP_CASE(strict_memory_comes_before_preferred),
    TAP_CASE(preferred_memory_without_room_anywhere_is_refused),
    TAP_CASE(preferred_memory_goes_on_when_a_node_runs_dry),
    TAP_CASE(interleaved_memory_is_shared_evenly),
    TAP_CASE(progress_ends_at_the_whole),
    TAP_CASE(a_vnode_of_vcpus_only_takes_no_memory),
};

int main(void)
{
    return TAP_RUN(cases);
}
