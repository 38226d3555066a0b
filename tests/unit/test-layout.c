/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest-physical ranges to extents. */
#include "config.h"

#include "inside.h"
#include "layout/extent_plan.h"
#include "tap.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void make_layout(vnuma__layout *layout, const vnuma__vmemrange *ranges,
                        uint32_t num_ranges, const uint32_t *pnodes,
                        uint32_t num_vnodes)
{
    memset(layout, 0, sizeof(*layout));
    CHECK_INT(vnuma__layout_alloc(layout, num_ranges, num_vnodes, 0), 0);
    if (num_ranges)
        memcpy(layout->vmemranges, ranges, num_ranges * sizeof(*ranges));
    memcpy(layout->vnode_to_pnode, pnodes, num_vnodes * sizeof(*pnodes));
}

static void check_set(const vnuma__extent_plan *plan, uint32_t i,
                        uint32_t pnode, uint64_t num_1g, uint64_t num_2m,
                        uint64_t num_4k)
{
    CHECK(i < plan->num_sets);
    CHECK_UINT(plan->sets[i].pnode, pnode);
    CHECK_UINT(plan->sets[i].extents[VNUMA__1G].num_gfns, num_1g);
    CHECK_UINT(plan->sets[i].extents[VNUMA__2M].num_gfns, num_2m);
    CHECK_UINT(plan->sets[i].extents[VNUMA__4K].num_gfns, num_4k);
}

/* The guest of the README: 512 MiB in two halves, with a device model. */
static void hvm_guest_of_two_vnodes(void)
{
    static const vnuma__vmemrange ranges[] = {
        { 0, 256 * MIB, 0 },
        { 256 * MIB, 512 * MIB, 1 },
    };
    vnuma__extent_plan plan;
    vnuma__layout layout;

    make_layout(&layout, ranges, 2, (const uint32_t[]){ 0, 4 }, 2);
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, true, &plan), 0);
    CHECK_UINT(plan.num_sets, 2);
    check_set(&plan, 0, 0, 0, 127, 512 - 32);
    check_set(&plan, 1, 4, 0, 128, 0);
    CHECK_UINT(vnuma__extent_set_pages(&plan.sets[0]), 65536 - 32);
    vnuma__extent_plan_dispose(&plan);
    vnuma__layout_dispose(&layout);
}

static void borders_that_are_not_aligned_cost_large_pages(void)
{
    static const vnuma__vmemrange ranges[] = {
        { 0, 3 * GIB + 1 * MIB, 0 },
        { 4 * GIB, 4 * GIB + 1536 * MIB, 0 },
        { 4 * GIB + 1536 * MIB, 7 * GIB + 4096, 1 },
    };
    vnuma__extent_plan plan;
    vnuma__layout layout;

    make_layout(&layout, ranges, 3, (const uint32_t[]){ 7, 3 }, 2);
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan), 0);
    check_set(&plan, 0, 7, 3 + 1, 256, 256);
    check_set(&plan, 1, 3, 1, 256, 1);
    CHECK_UINT(plan.sets[1].extents[VNUMA__1G].gfns[0], 6 * GIB >> 12);
    vnuma__extent_plan_dispose(&plan);
    vnuma__layout_dispose(&layout);
}

static void vnodes_that_share_a_pnode_share_its_extents(void)
{
    static const vnuma__vmemrange ranges[] = {
        { 0, 2 * MIB, 0 },
        { 2 * MIB, 4 * MIB, 1 },
        { 4 * MIB, 6 * MIB, 2 },
    };
    vnuma__extent_plan plan;
    vnuma__layout layout;

    make_layout(&layout, ranges, 3, (const uint32_t[]){ 1, 0, 1 }, 3);
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan), 0);
    CHECK_UINT(plan.num_sets, 2);
    check_set(&plan, 0, 1, 0, 2, 0);
    check_set(&plan, 1, 0, 0, 1, 0);
    vnuma__extent_plan_dispose(&plan);
    vnuma__layout_dispose(&layout);
}

static vnuma_membind preferred(uint32_t first, uint32_t second, uint32_t third)
{
    return (
        vnuma_membind){ VNUMA_POLICY_PREFERRED, { first, second, third }, 3 };
}

/* Vnodes 0 and 3 may spill, the second may not. */
static void policies_on_one_pnode_have_extents_of_their_own(void)
{
    static const vnuma__vmemrange ranges[] = {
        { 0, 4 * MIB, 0 },         { 4 * MIB, 6 * MIB, 0 },
        { 6 * MIB, 8 * MIB, 3 },   { 8 * MIB, 12 * MIB, 1 },
        { 12 * MIB, 16 * MIB, 2 },
    };
    /* Pnode 9 does not exist, pnode 1 is full. */
    vnuma__rooms rooms = { .exists = { [0 ... 2] = true },
                           .pages = { 3072, 0, 512 } };
    const vnuma_membind three = preferred(0, 9, 1);
    const vnuma_membind others = preferred(0, 9, 2);
    const vnuma__extent_set *lacks;
    vnuma__extent_plan plan;
    vnuma__layout layout;
    uint64_t pages = 0;

    make_layout(&layout, ranges, 5, (const uint32_t[]){ 0, 0, 9, 0 }, 4);
    layout.membinds[0] = three;
    layout.membinds[0].pnodes[layout.membinds[0].num_pnodes++] = 2;
    layout.membinds[3] = layout.membinds[0];
    CHECK(!vnuma__membinds_are_same(&layout.membinds[0], &three));
    CHECK(!vnuma__membinds_are_same(&others, &three));
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan), 0);
    CHECK_UINT(plan.num_sets, 3);
    check_set(&plan, 0, 0, 0, 4, 0);
    check_set(&plan, 1, 0, 0, 2, 0);
    CHECK_INT(vnuma__extent_plan_spill(&plan, &rooms, &lacks, &pages), 0);
    CHECK(lacks == &plan.sets[2]);
    CHECK_UINT(pages, 1024);
    CHECK_UINT(rooms.pages[0], 0);
    rooms.pages[0] = rooms.pages[2] = 512;
    CHECK_INT(vnuma__extent_plan_spill(&plan, &rooms, &lacks, &pages), 0);
    CHECK(lacks == &plan.sets[0]);
    vnuma__extent_plan_dispose(&plan);
    vnuma__layout_dispose(&layout);
}

/* Pnodes of any number: a plan has room for so many sets of extents. */
static void too_many_sets_are_refused(void)
{
    vnuma__vmemrange ranges[6];
    const vnuma__extent_set *lacks;
    vnuma__rooms rooms = { .exists = { true, true }, .pages = { 0, 9 } };
    const vnuma_membind membind = preferred(0, 1, 2);
    vnuma__extent_set *set;
    vnuma__extent_plan plan;
    vnuma__layout layout;
    uint64_t pages;
    uint32_t v, p;

    for (v = 0; v < 6; v++)
        ranges[v] = (vnuma__vmemrange){ v * GIB, v * GIB + 128 * MIB, v };
    make_layout(&layout, ranges, 6, (const uint32_t[6]){ 0 }, 6);
    for (v = 0; v < 5; v++) {
        layout.membinds[v].policy = VNUMA_POLICY_INTERLEAVE;
        for (p = 0; p < VNUMA_MAX_PNODES; p++)
            layout.membinds[v].pnodes[p] = v * VNUMA_MAX_PNODES + p + 1;
        layout.membinds[v].num_pnodes = VNUMA_MAX_PNODES;
    }
    layout.vmemranges[1].start = layout.vmemranges[0].end;
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan),
              VNUMA_ERROR_NOMEM);
    CHECK_UINT(plan.num_sets, 0);
    layout.membinds[4].num_pnodes = 0;
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan),
              VNUMA_ERROR_NOMEM);
    vnuma__layout_dispose(&layout);

    /* What finds none to spill to stays where it is. */
    set = vnuma__extent_set_add(&plan, 0, &membind);
    CHECK_INT(vnuma__extents_add(&set->extents[VNUMA__4K], 0), 0);
    for (p = 1; p < VNUMA__MAX_EXTENT_SETS; p++)
        vnuma__extent_set_add(&plan, p + 9, NULL);
    CHECK_INT(vnuma__extent_plan_spill(&plan, &rooms, &lacks, &pages), 0);
    CHECK(lacks == &plan.sets[0]);
    vnuma__extent_plan_dispose(&plan);
}

static void check_refused(vnuma__vmemrange first, vnuma__vmemrange second)
{
    const vnuma__vmemrange ranges[] = { first, second };
    vnuma__extent_plan plan;
    vnuma__layout layout;

    make_layout(&layout, ranges, 2, (const uint32_t[]){ 0, 0 }, 2);
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan),
              VNUMA_ERROR_CONFIG);
    CHECK_UINT(plan.num_sets, 0);
    vnuma__layout_dispose(&layout);
}

static void senseless_ranges_are_refused(void)
{
    const vnuma__vmemrange good = { 0, 4096, 0 };
    vnuma__layout layout = { 0 };
    vnuma__extent_plan plan;
    bool changed;

    check_refused(good, (vnuma__vmemrange){ 0, 8192, 1 });
    check_refused(good, (vnuma__vmemrange){ 8192, 4096, 1 });
    check_refused(good, (vnuma__vmemrange){ 4096, 8191, 1 });
    check_refused(good, (vnuma__vmemrange){ 4096, 8192, 2 });
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__layout_alloc(&layout, 0, VNUMA_MAX_VNODES + 1, 0), 0);
    CHECK_INT(vnuma__extent_plan_build(&layout, false, &plan),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(vnuma__layout_gather(&layout, false, &changed),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(vnuma__layout_alloc(&layout, VNUMA_MAX_VMEMRANGES + 1, 1, 0), 0);
    CHECK_INT(vnuma__layout_gather(&layout, false, &changed),
              VNUMA_ERROR_CONFIG);
    layout.vmemranges[0].start = 1;
    CHECK_INT(vnuma__layout_gather(&layout, false, &changed),
              VNUMA_ERROR_CONFIG);
    vnuma__layout_dispose(&layout);
}

static void every_page_is_in_exactly_one_extent(void)
{
    static const vnuma__vmemrange ranges[] = {
        { 0, 3 * GIB + 5 * 4096, 0 },
        { 3 * GIB + 5 * 4096, 3 * GIB + 900 * MIB, 1 },
        { 4 * GIB, 6 * GIB + 3 * MIB, 1 },
    };
    uint64_t total = 0, want = 0, i;
    vnuma__extent_plan plan;
    vnuma__layout layout;
    uint8_t *seen;
    uint32_t s, o;

    make_layout(&layout, ranges, 3, (const uint32_t[]){ 0, 1 }, 2);
    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(&layout, true, &plan), 0);
    seen = calloc(7 * GIB >> 12, 1);
    REQUIRE(seen);
    for (s = 0; s < plan.num_sets; s++)
        for (o = 0; o < VNUMA__NUM_ORDERS; o++)
            for (i = 0; i < plan.sets[s].extents[o].num_gfns; i++) {
                uint64_t gfn = plan.sets[s].extents[o].gfns[i], p;

                CHECK_UINT(gfn & ((1u << vnuma__orders[o]) - 1), 0);
                for (p = 0; p < UINT64_C(1) << vnuma__orders[o]; p++)
                    seen[gfn + p]++;
            }
    for (i = 0; i < 7 * GIB >> 12; i++) {
        bool in = (i < 0xa0 || i >= 0xc0) &&
                  (i < (3 * GIB + 900 * MIB) >> 12 || i >= 4 * GIB >> 12) &&
                  i < (6 * GIB + 3 * MIB) >> 12;

        want += in;
        total += seen[i];
        if (seen[i] != in) {
            CHECK_UINT(seen[i], in);
            break;
        }
    }
    CHECK_UINT(total, want);
    free(seen);
    vnuma__extent_plan_dispose(&plan);
    vnuma__layout_dispose(&layout);
}

/* ---- from a plan -------------------------------------------------------- */

/* Two vnodes with vcpus 0, 2 and 1, 3 and a third without any. */
static void make_plan(vnuma_plan *plan, const uint64_t *mib)
{
    static const uint32_t pnodes[] = { 5, 1, 4 };
    uint32_t i, j;

    memset(plan, 0, sizeof(*plan));
    plan->vnodes = calloc(3, sizeof(*plan->vnodes));
    REQUIRE(plan->vnodes);
    plan->num_vnodes = 3;
    for (i = 0; i < 3; i++) {
        plan->vnodes[i].pnode = pnodes[i];
        plan->vnodes[i].memkb = mib[i] << 10;
        plan->vnodes[i].distances = calloc(3, sizeof(uint32_t));
        REQUIRE(plan->vnodes[i].distances);
        for (j = 0; j < 3; j++)
            plan->vnodes[i].distances[j] = i == j ? 10 : 20 + 3 * i + j;
        if (i < 2) {
            CHECK_INT(vnuma_bitmap_set(&plan->vnodes[i].vcpus, i), 0);
            CHECK_INT(vnuma_bitmap_set(&plan->vnodes[i].vcpus, i + 2), 0);
        }
    }
}

static void check_range(const vnuma__layout *layout, uint32_t i,
                        uint64_t start, uint64_t end, uint32_t vnode)
{
    REQUIRE(i < layout->num_vmemranges);
    CHECK_UINT(layout->vmemranges[i].start, start);
    CHECK_UINT(layout->vmemranges[i].end, end);
    CHECK_UINT(layout->vmemranges[i].vnode, vnode);
}

static void a_plan_becomes_what_xen_is_told(void)
{
    vnuma__layout layout;
    vnuma_plan plan;

    make_plan(&plan, (const uint64_t[]){ 256, 512, 128 });
    memset(&layout, 0, sizeof(layout));
    /* 16 MiB of video RAM, no hole. */
    CHECK_INT(vnuma__layout_of_plan(&plan, 880 * MIB, 0, &layout), 0);
    CHECK_UINT(layout.num_vmemranges, 3);
    check_range(&layout, 0, 0, 240 * MIB, 0);
    check_range(&layout, 1, 240 * MIB, 752 * MIB, 1);
    check_range(&layout, 2, 752 * MIB, 880 * MIB, 2);
    CHECK_UINT(layout.num_vnodes, 3);
    CHECK_UINT(layout.vnode_to_pnode[0], 5);
    CHECK_UINT(layout.vnode_to_pnode[2], 4);
    CHECK_UINT(layout.num_vcpus, 4);
    CHECK_UINT(layout.vcpu_to_vnode[1], 1);
    CHECK_UINT(layout.vcpu_to_vnode[2], 0);
    CHECK_UINT(layout.distances[0], 10);
    CHECK_UINT(layout.distances[3 * 1 + 2], 25);
    vnuma__layout_dispose(&layout);
    vnuma__plan_dispose(&plan);
}

static void without_pnodes_a_vnode_is_strict(void)
{
    vnuma_membind membind;
    vnuma__layout layout;

    make_layout(&layout, NULL, 0, (const uint32_t[]){ 5 }, 1);
    membind = vnuma__layout_membind(&layout, 0);
    CHECK(membind.policy == VNUMA_POLICY_STRICT);
    CHECK_UINT(membind.num_pnodes, 1);
    CHECK_UINT(membind.pnodes[0], 5);
    vnuma__layout_dispose(&layout);
}

static void the_hole_cuts_a_vnode_in_two(void)
{
    vnuma__layout layout;
    vnuma_plan plan;

    make_plan(&plan, (const uint64_t[]){ 2048, 4096, 1024 });
    memset(&layout, 0, sizeof(layout));
    CHECK_INT(vnuma__layout_of_plan(&plan, 3 * GIB, 8 * GIB, &layout), 0);
    CHECK_UINT(layout.num_vmemranges, 4);
    check_range(&layout, 0, 0, 2 * GIB, 0);
    check_range(&layout, 1, 2 * GIB, 3 * GIB, 1);
    check_range(&layout, 2, 4 * GIB, 7 * GIB, 1);
    check_range(&layout, 3, 7 * GIB, 8 * GIB, 2);
    vnuma__layout_dispose(&layout);
    vnuma__plan_dispose(&plan);

    /* Where a vnode ends at the hole nothing is cut. */
    make_plan(&plan, (const uint64_t[]){ 3072, 1024, 1024 });
    CHECK_INT(vnuma__layout_of_plan(&plan, 3 * GIB, 6 * GIB, &layout), 0);
    CHECK_UINT(layout.num_vmemranges, 3);
    check_range(&layout, 1, 4 * GIB, 5 * GIB, 1);
    vnuma__layout_dispose(&layout);
    vnuma__plan_dispose(&plan);
}

static void a_plan_that_is_not_the_memory_map_is_refused(void)
{
    vnuma__layout layout;
    vnuma_plan plan;

    make_plan(&plan, (const uint64_t[]){ 256, 512, 128 });
    memset(&layout, 0, sizeof(layout));
    CHECK_INT(vnuma__layout_of_plan(&plan, 897 * MIB, 0, &layout),
              VNUMA_ERROR_CONFIG);
    CHECK_INT(vnuma__layout_of_plan(&plan, 640 * MIB, 0, &layout),
              VNUMA_ERROR_CONFIG);
    CHECK(!layout.vmemranges);
    vnuma__plan_dispose(&plan);
    CHECK_INT(vnuma__layout_of_plan(&plan, 0, 0, &layout), VNUMA_ERROR_CONFIG);
    plan.num_vnodes = VNUMA_MAX_VNODES + 1;
    CHECK_INT(vnuma__layout_of_plan(&plan, 0, 0, &layout), VNUMA_ERROR_CONFIG);
}

static void a_vnode_of_vcpus_only_has_no_range_and_no_extent(void)
{
    vnuma__extent_plan extents;
    vnuma__layout layout;
    vnuma_plan plan;
    bool changed;
    unsigned int i;

    make_plan(&plan, (const uint64_t[]){ 3 * 1024 + 256, 0, 2 * 1024 });
    memset(&layout, 0, sizeof(layout));
    memset(&extents, 0, sizeof(extents));
    CHECK_INT(vnuma__layout_of_plan(&plan, 3 * GIB, 4 * GIB + 2288 * MIB,
                                    &layout),
              0);
    CHECK_UINT(layout.num_vnodes, 3);
    CHECK_INT(vnuma__layout_gather(&layout, true, &changed), 0);
    for (i = 0; i < layout.num_vmemranges; i++)
        CHECK(layout.vmemranges[i].vnode != 1);
    CHECK_INT(vnuma__extent_plan_build(&layout, true, &extents), 0);
    for (i = 0; i < extents.num_sets; i++)
        CHECK(extents.sets[i].pnode != layout.vnode_to_pnode[1] ||
              !vnuma__extent_set_pages(&extents.sets[i]));
    vnuma__extent_plan_dispose(&extents);
    vnuma__layout_dispose(&layout);
    vnuma__plan_dispose(&plan);
}

static const tap_case cases[] = {
    TAP_CASE(hvm_guest_of_two_vnodes),
    TAP_CASE(borders_that_are_not_aligned_cost_large_pages),
    TAP_CASE(vnodes_that_share_a_pnode_share_its_extents),
    TAP_CASE(policies_on_one_pnode_have_extents_of_their_own),
    TAP_CASE(too_many_sets_are_refused),
    TAP_CASE(without_pnodes_a_vnode_is_strict),
    TAP_CASE(senseless_ranges_are_refused),
    TAP_CASE(every_page_is_in_exactly_one_extent),
    TAP_CASE(a_plan_becomes_what_xen_is_told),
    TAP_CASE(the_hole_cuts_a_vnode_in_two),
    TAP_CASE(a_plan_that_is_not_the_memory_map_is_refused),
    TAP_CASE(a_vnode_of_vcpus_only_has_no_range_and_no_extent),
};

int main(void)
{
    return TAP_RUN(cases);
}
