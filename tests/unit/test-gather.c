/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose each range is, so that large pages stay whole. */
#include "config.h"

#include "layout/extent_plan.h"
#include "tap.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define HOLE (3840 * MIB)
#define MAX_N VNUMA_MAX_VNODES

typedef struct {
    uint64_t sizes[MAX_N];
    uint32_t pnodes[MAX_N];
    uint32_t num;
    bool vga_hole;
} guest;

typedef struct {
    uint64_t num_1g, num_2m;
} pages;

static void derive(const guest *g, vnuma__layout *layout)
{
    memset(layout, 0, sizeof(*layout));
    CHECK_INT(vnuma__layout_alloc(layout, 0, g->num, 0), 0);
    memcpy(layout->vnode_to_pnode, g->pnodes, g->num * sizeof(g->pnodes[0]));
    CHECK_INT(vnuma__layout_derive(layout, g->sizes, HOLE), 0);
}

static pages count(const vnuma__layout *layout, bool vga_hole)
{
    pages num = { 0, 0 };
    vnuma__extent_plan plan;
    uint32_t i;

    memset(&plan, 0, sizeof(plan));
    CHECK_INT(vnuma__extent_plan_build(layout, vga_hole, &plan), 0);
    for (i = 0; i < plan.num_sets; i++) {
        num.num_1g += plan.sets[i].extents[VNUMA__1G].num_gfns;
        num.num_2m += plan.sets[i].extents[VNUMA__2M].num_gfns;
    }
    vnuma__extent_plan_dispose(&plan);
    return num;
}

/* The same guest in one piece: what it has without vNUMA. */
static pages count_plain(const guest *g)
{
    guest plain = { .num = 1, .vga_hole = g->vga_hole };
    vnuma__layout layout;
    uint32_t i;
    pages num;

    for (i = 0; i < g->num; i++)
        plain.sizes[0] += g->sizes[i];
    derive(&plain, &layout);
    num = count(&layout, g->vga_hole);
    vnuma__layout_dispose(&layout);
    return num;
}

/* What vnode 0's pnode has besides the first MiB, if that can be no page. */
static uint64_t size_on(const guest *g, uint32_t pnode)
{
    uint64_t size = 0;
    uint32_t i;

    for (i = 0; i < g->num; i++)
        if (g->pnodes[i] == pnode)
            size += g->sizes[i];
    if (g->vga_hole && g->pnodes[0] == pnode)
        size -= MIB;
    return size;
}

/*
 * No layout has more: each page takes its size of what a pnode has.  Vnode 0
 * has the first MiB; if its pnode has too little for the page there, nobody
 * has that page.
 */
static pages most(const guest *g)
{
    pages plain = count_plain(g), most = { 0, 0 };
    uint64_t sum_1g = 0, sum_2m = 0, own = size_on(g, g->pnodes[0]);
    uint32_t i, j;

    for (i = 0; i < g->num; i++) {
        for (j = 0; j < i && g->pnodes[j] != g->pnodes[i]; j++)
            ;
        if (j < i)
            continue;
        sum_1g += size_on(g, g->pnodes[i]) / GIB;
        sum_2m += size_on(g, g->pnodes[i]) / (2 * MIB);
    }
    if (!g->vga_hole && own < GIB && plain.num_1g) {
        plain.num_1g--;
        plain.num_2m += 512;
    }
    if (!g->vga_hole && own < 2 * MIB && plain.num_2m)
        plain.num_2m--;
    most.num_1g = plain.num_1g < sum_1g ? plain.num_1g : sum_1g;
    plain.num_2m += (plain.num_1g - most.num_1g) * 512;
    sum_2m -= most.num_1g * 512;
    most.num_2m = plain.num_2m < sum_2m ? plain.num_2m : sum_2m;
    return most;
}

static void check_sizes(const guest *g, const vnuma__layout *layout)
{
    uint64_t sizes[MAX_N] = { 0 }, next = 0;
    uint32_t i;

    CHECK(vnuma__layout_is_sane(layout));
    CHECK(layout->num_vmemranges <= 3 * g->num + 16);
    for (i = 0; i < layout->num_vmemranges; i++) {
        const vnuma__vmemrange *range = &layout->vmemranges[i];

        CHECK(range->start < range->end);
        CHECK(range->start >= next);
        CHECK(range->end <= HOLE || range->start >= 4 * GIB);
        sizes[range->vnode] += range->end - range->start;
        next = range->end;
    }
    for (i = 0; i < g->num; i++)
        CHECK_UINT(sizes[i], g->sizes[i]);
    CHECK_UINT(layout->vmemranges[0].vnode, 0);
    CHECK_UINT(layout->vmemranges[0].start, 0);
    CHECK(layout->vmemranges[0].end >= MIB);
}

/* The ranges afterwards, for a case that wants to see them. */
static void gather(const guest *g, vnuma__layout *layout, bool *changed_r)
{
    uint64_t top = 0;
    pages want = most(g), num;

    derive(g, layout);
    if (layout->num_vmemranges)
        top = layout->vmemranges[layout->num_vmemranges - 1].end;
    CHECK_INT(vnuma__layout_gather(layout, g->vga_hole, changed_r), 0);
    check_sizes(g, layout);
    CHECK_UINT(layout->vmemranges[layout->num_vmemranges - 1].end, top);
    num = count(layout, g->vga_hole);
    CHECK_UINT(num.num_1g, want.num_1g);
    CHECK_UINT(num.num_2m, want.num_2m);
}

static void check_ranges(const vnuma__layout *layout,
                         const vnuma__vmemrange *want, uint32_t num_want)
{
    uint32_t i;

    CHECK_UINT(layout->num_vmemranges, num_want);
    REQUIRE(layout->num_vmemranges == num_want);
    for (i = 0; i < num_want; i++) {
        CHECK_UINT(layout->vmemranges[i].start, want[i].start);
        CHECK_UINT(layout->vmemranges[i].end, want[i].end);
        CHECK_UINT(layout->vmemranges[i].vnode, want[i].vnode);
    }
}

/* 8 GiB in 4 vnodes: libxl's ranges keep 3 of the 6 pages of 1 GiB. */
static void eight_gib_in_four_vnodes_keep_all_large_pages(void)
{
    const guest g = {
        .sizes = { 2032 * MIB, 2 * GIB, 2 * GIB, 2 * GIB },
        .pnodes = { 0, 1, 2, 3 },
        .num = 4,
        .vga_hole = true,
    };
    static const vnuma__vmemrange want[] = {
        { 0, 1 * GIB, 0 },       { 1 * GIB, 3 * GIB, 1 },
        { 3 * GIB, HOLE, 0 },    { 4 * GIB, 6 * GIB, 2 },
        { 6 * GIB, 8 * GIB, 3 }, { 8 * GIB, 8 * GIB + 240 * MIB, 0 },
    };
    vnuma__layout layout;
    bool changed;
    pages before;

    derive(&g, &layout);
    before = count(&layout, true);
    CHECK_UINT(before.num_1g, 3);
    vnuma__layout_dispose(&layout);
    CHECK_UINT(count_plain(&g).num_1g, 6);
    gather(&g, &layout, &changed);
    CHECK(changed);
    CHECK_UINT(count(&layout, true).num_1g, 6);
    check_ranges(&layout, want, sizeof(want) / sizeof(want[0]));
    vnuma__layout_dispose(&layout);
}

static void odd_mebibytes_meet_in_one_page(void)
{
    const guest g = {
        .sizes = { 257 * MIB, 255 * MIB },
        .pnodes = { 0, 1 },
        .num = 2,
        .vga_hole = true,
    };
    static const vnuma__vmemrange want[] = {
        { 0, 1 * MIB, 0 },
        { 1 * MIB, 2 * MIB, 1 },
        { 2 * MIB, 258 * MIB, 0 },
        { 258 * MIB, 512 * MIB, 1 },
    };
    vnuma__layout layout;
    bool changed;

    gather(&g, &layout, &changed);
    CHECK(changed);
    CHECK_UINT(count(&layout, true).num_2m, count_plain(&g).num_2m);
    check_ranges(&layout, want, sizeof(want) / sizeof(want[0]));
    vnuma__layout_dispose(&layout);
}

/* libxl's ranges stay when nothing is to be won. */
static void ranges_that_are_good_stay(void)
{
    const guest g = {
        .sizes = { 256 * MIB, 256 * MIB },
        .pnodes = { 0, 1 },
        .num = 2,
        .vga_hole = true,
    };
    static const vnuma__vmemrange want[] = {
        { 0, 256 * MIB, 0 },
        { 256 * MIB, 512 * MIB, 1 },
    };
    vnuma__layout layout;
    bool changed;

    gather(&g, &layout, &changed);
    CHECK(!changed);
    check_ranges(&layout, want, sizeof(want) / sizeof(want[0]));
    vnuma__layout_dispose(&layout);
}

/* On one pnode a border costs nothing, so it needs no gathering. */
static void vnodes_on_one_pnode_share_pages(void)
{
    const guest g = {
        .sizes = { 1536 * MIB, 1536 * MIB, 1 * GIB },
        .pnodes = { 2, 2, 0 },
        .num = 3,
    };
    vnuma__layout layout;
    bool changed;

    gather(&g, &layout, &changed);
    CHECK(!changed);
    CHECK_UINT(count(&layout, false).num_1g, 3);
    vnuma__layout_dispose(&layout);
}

/* A generator that is the same everywhere. */
static uint64_t random_state = 88172645463325252u;

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

/* Sizes of all kinds: small, odd, whole, nearly whole. */
static uint64_t draw_size(void)
{
    static const uint64_t units[] = { MIB, 2 * MIB, 512 * MIB, GIB };
    uint64_t unit = units[draw(4)];
    uint64_t size = (1 + draw(unit == MIB ? 9000 : 12)) * unit;

    if (!draw(4))
        size += (1 + draw(3)) * MIB;
    return size;
}

static void draw_guest(guest *g)
{
    uint32_t i, num_pnodes;

    memset(g, 0, sizeof(*g));
    g->num = draw(8) ? 1 + draw(8) : 1 + draw(MAX_N);
    g->vga_hole = draw(2);
    num_pnodes = draw(3) ? MAX_N : 1 + draw(4);
    for (i = 0; i < g->num; i++) {
        g->sizes[i] = draw_size();
        g->pnodes[i] = num_pnodes == MAX_N ? i : draw(num_pnodes);
    }
    /* Video RAM is cut from vnode 0. */
    if (g->vga_hole && g->sizes[0] > 16 * MIB && draw(2))
        g->sizes[0] -= 16 * MIB;
}

/*
 * Any guest keeps as many 1 GiB pages as can be, and then of 2 MiB; nearly
 * always as many as without vNUMA.
 */
static void any_guest_keeps_as_many_as_can_be(void)
{
    unsigned int i, same = 0, gained = 0, num = 20000;
    pages plain, kept;
    vnuma__layout layout;
    bool changed;
    guest g;

    for (i = 0; i < num && !tap_failed; i++) {
        draw_guest(&g);
        gather(&g, &layout, &changed);
        plain = count_plain(&g);
        kept = count(&layout, g.vga_hole);
        same += kept.num_1g == plain.num_1g && kept.num_2m == plain.num_2m;
        gained += changed;
        if (tap_failed)
            TAP_DIAG("guest %u: %u vnodes, vga %d", i, g.num, g.vga_hole);
        vnuma__layout_dispose(&layout);
    }
    TAP_DIAG("%u of %u guests have the large pages of the same without vNUMA, "
             "%u by gathering",
             same, num, gained);
    CHECK(gained > num / 2);
}

/* Ranges as a caller may have them, none of which libxl makes. */
static void check_kept(uint32_t num_ranges, uint64_t start, uint64_t size,
                       uint64_t step)
{
    vnuma__layout layout = { 0 };
    bool changed;
    uint32_t i;

    CHECK_INT(vnuma__layout_alloc(&layout, num_ranges, 3, 0), 0);
    for (i = 0; i < num_ranges; i++)
        layout.vmemranges[i] =
            (vnuma__vmemrange){ start + i * step, start + i * step + size,
                                i % 3 };
    for (i = 0; i < 3; i++)
        layout.vnode_to_pnode[i] = i;
    CHECK_INT(vnuma__layout_gather(&layout, false, &changed), 0);
    CHECK(!changed);
    vnuma__layout_dispose(&layout);
}

static void ranges_of_no_libxl_are_kept(void)
{
    check_kept(0, 0, 0, 0);
    check_kept(3, MIB, 3 * MIB, 3 * MIB);
    check_kept(3, 0, MIB, 4 * MIB);
    check_kept(4, 0, MIB, 4 * MIB);
    check_kept(3, 0, MIB, MIB);
    /* More pieces than fit into a layout, and than are dealt at all. */
    check_kept(120, 4096, GIB + 2 * MIB - 4096, 2 * GIB);
    check_kept(VNUMA_MAX_VMEMRANGES, 4096, 3 * GIB + 3 * MIB, 8 * GIB);
}

/*
 * With a GiB or more for every vnode, no 1 GiB page is lost by borders alone.
 */
static void vnodes_of_whole_gib_lose_none(void)
{
    uint32_t n, i;
    vnuma__layout layout;
    bool changed;
    guest g;

    for (n = 1; n <= 8; n++) {
        memset(&g, 0, sizeof(g));
        g.num = n;
        g.vga_hole = true;
        for (i = 0; i < n; i++) {
            g.sizes[i] = 4 * GIB;
            g.pnodes[i] = i;
        }
        g.sizes[0] -= 16 * MIB;
        gather(&g, &layout, &changed);
        CHECK_UINT(count(&layout, true).num_1g, count_plain(&g).num_1g);
        CHECK_UINT(count(&layout, true).num_2m, count_plain(&g).num_2m);
        vnuma__layout_dispose(&layout);
    }
}

static const tap_case cases[] = {
    TAP_CASE(eight_gib_in_four_vnodes_keep_all_large_pages),
    TAP_CASE(odd_mebibytes_meet_in_one_page),
    TAP_CASE(ranges_that_are_good_stay),
    TAP_CASE(vnodes_on_one_pnode_share_pages),
    TAP_CASE(any_guest_keeps_as_many_as_can_be),
    TAP_CASE(ranges_of_no_libxl_are_kept),
    TAP_CASE(vnodes_of_whole_gib_lose_none),
};

int main(void)
{
    return TAP_RUN(cases);
}
