/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of a restored guest, on the in-memory Xen. */
#include "config.h"

#include <errno.h>

#include "heap.h"
#include "tap.h"
#include "xen/build/refill.h"
#include "xen/hv/hv_mem.h"

#define MIB (UINT64_C(1) << 20)
#define DOMID 3
#define BATCH 2500u /* more than is looked at in one piece */

/* vnode 0 on pnode 1, vnode 1 on pnode 0; 16 MiB each, an odd page between. */
#define RANGE (16 * MIB + 4096)
#define PAGES (2 * RANGE >> 12)
#define HOLE 32u

typedef struct {
    vnuma__hv_mem mem;
    vnuma__layout layout;
    vnuma__build build;
    vnuma__refill refill;
    vnuma_diags diags;
} world;

static void world_init(world *w, uint64_t node_bytes)
{
    uint64_t memkb[] = { node_bytes >> 10, node_bytes >> 10 };

    memset(w, 0, sizeof(*w));
    CHECK_INT(vnuma__hv_mem_init(&w->mem, memkb, 2), 0);
    vnuma__hv_mem_create_domain(&w->mem, DOMID);
    CHECK_INT(vnuma__layout_alloc(&w->layout, 2, 2, 2), 0);
    w->layout.vmemranges[0] = (vnuma__vmemrange){ 0, RANGE, 0 };
    w->layout.vmemranges[1] =
        (vnuma__vmemrange){ 4096 * MIB, 4096 * MIB + RANGE, 1 };
    w->layout.vnode_to_pnode[0] = 1;
    w->build = (vnuma__build){
        .domid = DOMID,
        .layout = &w->layout,
        .vga_hole = true,
    };
    vnuma_diags_init(&w->diags);
}

static void world_dispose(world *w)
{
    vnuma__refill_dispose(&w->refill);
    vnuma_diags_dispose(&w->diags);
    vnuma__layout_dispose(&w->layout);
    vnuma__hv_mem_dispose(&w->mem);
}

static int begin(world *w, uint64_t num_wanted)
{
    return vnuma__refill_begin(&w->refill, &w->mem.hv, &w->build, num_wanted,
                               &w->diags);
}

typedef bool has_fn(uint64_t page);

static uint64_t gfn_of(uint64_t page)
{
    return page < RANGE >> 12 ? page
                              : (4096 * MIB >> 12) + page - (RANGE >> 12);
}

/* Names the pages that the guest has, in batches, as a stream does. */
static int name_pages(world *w, has_fn *has)
{
    uint64_t gfns[BATCH], num = 0, page;
    int rc = 0;

    for (page = 0; page <= PAGES && !rc; page++) {
        if (page < PAGES && has(page) && (page < 0xa0 || page >= 0xc0))
            gfns[num++] = gfn_of(page);
        if (num && (num == BATCH || page == PAGES)) {
            rc = vnuma__refill_name(&w->refill, gfns, num);
            num = 0;
        }
    }
    return rc;
}

static bool every(uint64_t page)
{
    (void)page;
    return true;
}

/* Ballooned out: 2 MiB in the middle of vnode 0, and each tenth page of 1. */
static bool most(uint64_t page)
{
    return page < 2048 ? true
                       : page >= 2560 && (page < RANGE >> 12 || page % 10);
}

/* So little that more is given back than one call takes. */
static bool few(uint64_t page)
{
    return page % 100 == 0;
}

static uint64_t count(has_fn *has)
{
    uint64_t page, num = 0;

    for (page = 0; page < PAGES; page++)
        num += has(page) && (page < 0xa0 || page >= 0xc0);
    return num;
}

static bool is_held(const world *w, uint64_t gfn, uint32_t *pnode_r)
{
    const vnuma__mem_domain *domain = &w->mem.domains[0];
    uint64_t i;

    for (i = 0; i < domain->num_extents; i++)
        if (gfn >> domain->extents[i].order ==
            domain->extents[i].gfn >> domain->extents[i].order) {
            *pnode_r = domain->extents[i].pnode;
            return true;
        }
    return false;
}

/* Exactly what the guest had, each page on its pnode. */
static void check_memory(const world *w, has_fn *has)
{
    uint64_t page;
    uint32_t pnode = 99;

    CHECK_UINT(w->mem.domains[0].num_pages, count(has));
    CHECK_UINT(w->refill.built.counts.num_pages, count(has));
    for (page = 0; page < PAGES; page++) {
        bool in = has(page) && (page < 0xa0 || page >= 0xc0);

        REQUIRE(is_held(w, gfn_of(page), &pnode) == in);
        REQUIRE(!in || pnode == (page < RANGE >> 12 ? 1 : 0));
    }
}

static void large_pages_come_back(void)
{
    world w;

    world_init(&w, 64 * MIB);
    CHECK_INT(begin(&w, PAGES - HOLE), 0);
    CHECK_INT(name_pages(&w, every), 0);
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    check_memory(&w, every);
    CHECK_UINT(w.refill.built.counts.sets[0].num_released, 0);
    CHECK_UINT(w.refill.built.counts.sets[1].num_released, 0);
    CHECK_UINT(w.refill.built.counts.sets[0].pnode, 1);
    CHECK_UINT(w.refill.built.counts.sets[0].num_2m, 7);
    CHECK_UINT(w.refill.built.counts.sets[1].num_2m, 8);
    CHECK_UINT(w.refill.built.counts.num_calls, 4);
    CHECK_UINT(w.mem.domains[0].layout.num_vnodes, 2);
    CHECK(vnuma_bitmap_test(&w.mem.domains[0].node_affinity, 1));
    CHECK_UINT(vnuma_bitmap_count(&w.mem.domains[0].node_affinity), 1);
    world_dispose(&w);
}

static void ballooned_out_pages_stay_out(void)
{
    world w;

    world_init(&w, 64 * MIB);
    CHECK_INT(begin(&w, count(most)), 0);
    CHECK(w.refill.is_whole);
    CHECK_INT(name_pages(&w, most), 0);
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    check_memory(&w, most);
    CHECK_UINT(w.refill.built.counts.sets[0].num_released +
                   w.refill.built.counts.sets[1].num_released,
               count(every) - count(most));
    CHECK_UINT(w.refill.built.counts.sets[0].num_released, 512);
    world_dispose(&w);
}

static void a_ballooned_guest_fits_where_all_of_it_would_not(void)
{
    world w;

    world_init(&w, 16 * MIB);
    CHECK_INT(begin(&w, count(most)), 0);
    CHECK(!w.refill.is_whole);
    CHECK_UINT(w.mem.domains[0].num_pages, 0);
    CHECK_INT(name_pages(&w, most), 0);
    CHECK_INT(name_pages(&w, most), 0); /* as live migration does */
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    check_memory(&w, most);
    CHECK(vnuma_bitmap_test(&w.mem.domains[0].node_affinity, 1));
    CHECK_UINT(w.diags.num_items, 0);
    world_dispose(&w);
}

static void a_whole_guest_without_room_is_refused_before_a_page(void)
{
    world w;

    world_init(&w, 16 * MIB);
    CHECK_INT(begin(&w, PAGES - HOLE), VNUMA_ERROR_NOFIT);
    CHECK_UINT(w.mem.domains[0].num_pages, 0);
    /* vnode 0 has the VGA hole, and so room. */
    CHECK_UINT(w.diags.num_errors, 1);
    world_dispose(&w);
}

static void pages_of_no_vnode_follow_the_first(void)
{
    static const uint64_t gfns[] = { 0xa5, 0xfeff8, 5, 0x200000 },
                          more[] = { 0x200001, 0x200002, 0x200003 };
    uint32_t pnode = 99;
    unsigned int i;
    world w;

    world_init(&w, 64 * MIB);
    CHECK_INT(begin(&w, PAGES - HOLE), 0);
    CHECK_INT(vnuma__refill_name(&w.refill, gfns, 4), 0);
    CHECK_UINT(w.mem.domains[0].num_pages, PAGES - HOLE + 3);
    CHECK_UINT(w.refill.built.counts.num_pages, PAGES - HOLE);
    CHECK(is_held(&w, gfns[3], &pnode));
    CHECK_UINT(pnode, 1);
    /* One of them fits there. */
    memset(w.mem.nodes[1].num_free, 0, sizeof(w.mem.nodes[1].num_free));
    w.mem.nodes[1].num_free[VNUMA__4K] = 1;
    CHECK_INT(vnuma__refill_name(&w.refill, more, 3), 0);
    for (i = 0; i < 3; i++) {
        CHECK(is_held(&w, more[i], &pnode));
        CHECK_UINT(pnode, !i);
    }
    memset(w.mem.nodes[0].num_free, 0, sizeof(w.mem.nodes[0].num_free));
    CHECK_INT(vnuma__refill_name(&w.refill, gfns, 1), VNUMA_ERROR_NOFIT);
    CHECK_UINT(w.diags.num_errors, 1);
    world_dispose(&w);
}

static int restore(world *w, has_fn *has)
{
    int rc;

    rc = begin(w, count(has));
    if (!rc)
        rc = name_pages(w, has);
    return rc ? rc : vnuma__refill_end(&w->refill);
}

/* vnode 0 takes turns on both pnodes, vnode 1 prefers pnode 0. */
static void policies_init(world *w, uint64_t node_bytes)
{
    world_init(w, node_bytes);
    w->layout.membinds[0] =
        (vnuma_membind){ VNUMA_POLICY_INTERLEAVE, { 0, 1 }, 2 };
    w->layout.membinds[1] =
        (vnuma_membind){ VNUMA_POLICY_PREFERRED, { 0, 1 }, 2 };
}

/* A PVH guest's. */
static void without_hole_init(world *w, uint64_t node_bytes)
{
    world_init(w, node_bytes);
    w->build.vga_hole = false;
}

static const struct {
    void (*init)(world *w, uint64_t node_bytes);
    uint64_t bytes;
    has_fn *has;
} worlds[] = {
    { world_init, 64 * MIB, most },    { world_init, 16 * MIB, most },
    { world_init, 64 * MIB, few },     { without_hole_init, 64 * MIB, most },
    { policies_init, 64 * MIB, most }, { policies_init, 15 * MIB, most },
};
#define NUM_WORLDS (sizeof(worlds) / sizeof(worlds[0]))

/* Every call of a restore fails once, in each kind of world. */
static void a_failure_at_any_call_is_told(void)
{
    unsigned int i, call, num_calls;
    world w;
    int rc;

    for (i = 0; i < NUM_WORLDS; i++) {
        worlds[i].init(&w, worlds[i].bytes);
        CHECK_INT(restore(&w, worlds[i].has), 0);
        num_calls = w.mem.num_calls;
        world_dispose(&w);
        for (call = 1; call <= num_calls; call++) {
            worlds[i].init(&w, worlds[i].bytes);
            w.mem.fail_call = call;
            w.mem.fail_errno = EPERM;
            rc = restore(&w, worlds[i].has);
            CHECK(rc == VNUMA_ERROR_XEN || rc == VNUMA_ERROR_NOFIT);
            CHECK(w.diags.num_errors > 0);
            vnuma__hv_mem_destroy_domain(&w.mem, DOMID);
            CHECK_UINT(vnuma__hv_mem_free_pages(&w.mem.nodes[0]),
                       worlds[i].bytes >> 12);
            CHECK_UINT(vnuma__hv_mem_free_pages(&w.mem.nodes[1]),
                       worlds[i].bytes >> 12);
            world_dispose(&w);
        }
    }
}

static void each_allocation_fails(void)
{
    unsigned int i, n, num = 0;
    size_t before;
    world w;
    int rc;

    for (i = 0; i < NUM_WORLDS && heap_is_ours(); i++)
        for (n = 0; n <= num; n++) {
            before = heap_bytes;
            worlds[i].init(&w, worlds[i].bytes);
            heap_start(n, false);
            rc = restore(&w, worlds[i].has);
            num = n ? num : heap_calls;
            heap_stop();
            /* Where the in-memory Xen lacks it, Xen refuses. */
            CHECK(!rc || rc == VNUMA_ERROR_NOMEM || rc == VNUMA_ERROR_XEN);
            CHECK(!rc || w.diags.num_errors);
            world_dispose(&w);
            CHECK_UINT(heap_bytes, before);
            if (tap_failed) {
                TAP_DIAG("world %u, allocation %u: %d", i, n, rc);
                return;
            }
        }
}

/* Memory that is free for all that Xen says, and then is not there. */
static void what_is_gone_meanwhile_is_told(void)
{
    unsigned int i;
    world w;

    for (i = 0; i < 2; i++) {
        world_init(&w, 8 * MIB);
        w.mem.nodes[0].num_lost = 56 * MIB >> 12;
        w.mem.nodes[1].num_lost = 56 * MIB >> 12;
        CHECK_INT(begin(&w, i ? PAGES - HOLE : count(most)),
                  VNUMA_ERROR_NOFIT);
        CHECK_UINT(w.diags.num_errors, 1);
        world_dispose(&w);
    }
}

/* ---- policies ----------------------------------------------------------- */

/* What the report says is on each pnode is what Xen has there. */
static void check_sets(const world *w)
{
    uint64_t said[2] = { 0 }, is[2] = { 0 };
    uint32_t i;

    for (i = 0; i < w->refill.built.counts.num_sets; i++) {
        const vnuma_xen_extent_set *set = &w->refill.built.counts.sets[i];

        REQUIRE(set->pnode < 2);
        said[set->pnode] += vnuma__built_set_pages(set);
        CHECK(set->num_released <= said[set->pnode]);
        said[set->pnode] -= set->num_released;
    }
    for (i = 0; i < w->mem.domains[0].num_extents; i++)
        is[w->mem.domains[0].extents[i].pnode] +=
            UINT64_C(1) << w->mem.domains[0].extents[i].order;
    CHECK_UINT(said[0], is[0]);
    CHECK_UINT(said[1], is[1]);
}

static uint64_t count_on(const world *w, uint64_t first, uint64_t last,
                         uint32_t wanted)
{
    uint64_t page, num = 0;
    uint32_t pnode;

    for (page = first; page < last; page++)
        num += is_held(w, gfn_of(page), &pnode) && pnode == wanted;
    return num;
}

static void policies_come_back(void)
{
    world w;

    policies_init(&w, 64 * MIB);
    CHECK_INT(begin(&w, PAGES - HOLE), 0);
    CHECK(w.refill.is_whole);
    CHECK_INT(name_pages(&w, every), 0);
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    CHECK_UINT(w.mem.domains[0].num_pages, PAGES - HOLE);
    /* Seven pages of 2 MiB in turn, and all pages of 4 KiB of vnode 0. */
    CHECK_UINT(count_on(&w, 512, 8 * 512, 0), 4 * 512);
    CHECK_UINT(count_on(&w, 512, 8 * 512, 1), 3 * 512);
    CHECK_UINT(count_on(&w, RANGE >> 12, PAGES, 0), RANGE >> 12);
    check_sets(&w);
    world_dispose(&w);
}

static void what_is_given_back_is_of_the_set_that_had_it(void)
{
    world w;

    policies_init(&w, 64 * MIB);
    CHECK_INT(begin(&w, count(most)), 0);
    CHECK(w.refill.is_whole);
    CHECK_INT(name_pages(&w, most), 0);
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    CHECK_UINT(w.mem.domains[0].num_pages, count(most));
    check_sets(&w);
    world_dispose(&w);
}

/*
 * Less room than all of it needs: vnode 1 flows over as its pages are named.
 */
static void preferred_pages_flow_over_one_by_one(void)
{
    world w;

    policies_init(&w, 15 * MIB);
    CHECK_INT(begin(&w, count(most)), 0);
    CHECK(!w.refill.is_whole);
    CHECK_INT(name_pages(&w, most), 0);
    CHECK_INT(name_pages(&w, most), 0);
    CHECK_INT(vnuma__refill_end(&w.refill), 0);
    CHECK_UINT(w.mem.domains[0].num_pages, count(most));
    CHECK_UINT(w.diags.num_items, 0);
    CHECK(count_on(&w, RANGE >> 12, PAGES, 1) > 0);
    CHECK_UINT(vnuma__hv_mem_free_pages(&w.mem.nodes[0]), 0);
    check_sets(&w);
    world_dispose(&w);
}

static void where_nobody_has_room_it_is_told(void)
{
    world w;

    policies_init(&w, 12 * MIB);
    CHECK_INT(begin(&w, count(most)), 0);
    CHECK_INT(name_pages(&w, most), VNUMA_ERROR_NOFIT);
    REQUIRE(w.diags.num_items == 1);
    CHECK(strstr(vnuma_diags_at(&w.diags, 0)->message, "ran out of memory"));
    world_dispose(&w);
}

static const tap_case cases[] = {
    TAP_CASE(large_pages_come_back),
    TAP_CASE(ballooned_out_pages_stay_out),
    TAP_CASE(a_ballooned_guest_fits_where_all_of_it_would_not),
    TAP_CASE(a_whole_guest_without_room_is_refused_before_a_page),
    TAP_CASE(pages_of_no_vnode_follow_the_first),
    TAP_CASE(a_failure_at_any_call_is_told),
    TAP_CASE(each_allocation_fails),
    TAP_CASE(what_is_gone_meanwhile_is_told),
    TAP_CASE(policies_come_back),
    TAP_CASE(what_is_given_back_is_of_the_set_that_had_it),
    TAP_CASE(preferred_pages_flow_over_one_by_one),
    TAP_CASE(where_nobody_has_room_it_is_told),
};

int main(void)
{
    return TAP_RUN(cases);
}
