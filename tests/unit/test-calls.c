/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many populate calls large guests take: ours on the in-memory Xen, stock
 * xl's by a replay of what its builder asks for.  The replay is held against
 * stock xl itself by tests/xen/scenarios/baseline.sh, which counts both by one
 * counter for a guest that the rig can hold.
 */
#include "config.h"

#include <inttypes.h>

#include "tap.h"
#include "xen/build/populate.h"
#include "xen/hv/hv_mem.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define HOLE (3840 * MIB)   /* to 4 GiB, in guests with a device model */
#define VIDEO_RAM (8 * MIB) /* libxl takes it from vnode 0 */
#define DOMID 1

/* ---- what stock xl asks for --------------------------------------------- */

#define PAGES_2M UINT64_C(0x200)
#define PAGES_1G UINT64_C(0x40000)

/*
 * @at: what is left of a range begins there, in pages.  A step ends at the
 * next border of its size, or takes whole pieces of it and leaves the tail.
 */
static uint64_t clip(uint64_t at, uint64_t count, uint64_t most, uint64_t size)
{
    uint64_t to_border = -at & (size - 1);

    if (count > most)
        count = most;
    if (to_border && count > to_border)
        return to_border;
    if (count > size)
        return count & ~(size - 1);
    return count;
}

/*
 * libxenguest 4.17: at each step one piece of 1 GiB if it fits here, else four
 * of 2 MiB, else the pages up to there.  It tries 1 GiB wherever one fits and
 * only learns from Xen that there is none.
 */
static unsigned int replay_range(uint64_t at, uint64_t end, bool has_1g)
{
    unsigned int calls = 0;
    uint64_t count;

    while (at < end) {
        calls++;
        count = clip(at, end - at, PAGES_1G, PAGES_1G);
        if (!((at | count) & (PAGES_1G - 1))) {
            if (has_1g) {
                at += count;
                continue;
            }
            calls++;
        }
        at += clip(at, count, 4 * PAGES_2M, PAGES_2M);
    }
    return calls;
}

static unsigned int replay(const vnuma__layout *layout, bool has_1g)
{
    unsigned int calls = 1; /* the pages below the VGA hole */
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++)
        calls += replay_range(layout->vmemranges[i].start
                                  ? layout->vmemranges[i].start >> 12
                                  : 0xc0,
                              layout->vmemranges[i].end >> 12, has_1g);
    return calls;
}

/* ---- what we ask for ---------------------------------------------------- */

/* vnodes one behind the other, around the hole. */
static void make_layout(vnuma__layout *layout, uint64_t bytes,
                        uint32_t num_vnodes, uint64_t video_ram)
{
    uint64_t next = 0, left, size;
    uint32_t i, n = 0;

    memset(layout, 0, sizeof(*layout));
    REQUIRE(!vnuma__layout_alloc(layout, num_vnodes + 1, num_vnodes, 0));
    for (i = 0; i < num_vnodes; i++) {
        layout->vnode_to_pnode[i] = i;
        left = i ? bytes : bytes - video_ram;
        for (; left; left -= size, next += size) {
            if (next == HOLE)
                next = 4 * GIB;
            size = next < HOLE && HOLE - next < left ? HOLE - next : left;
            layout->vmemranges[n++] =
                (vnuma__vmemrange){ next, next + size, i };
        }
    }
    layout->num_vmemranges = n;
}

/* All nodes have enough; without 1 GiB pieces, in pieces of 2 MiB. */
static void make_world(vnuma__hv_mem *mem, uint64_t bytes, uint32_t num_nodes,
                       bool has_1g)
{
    uint64_t memkb[VNUMA_MAX_PNODES];
    uint32_t i;

    for (i = 0; i < num_nodes; i++)
        memkb[i] = (bytes + GIB) / 1024; /* more than is needed */
    REQUIRE(!vnuma__hv_mem_init(mem, memkb, num_nodes));
    vnuma__hv_mem_create_domain(mem, DOMID);
    for (i = 0; i < num_nodes && !has_1g; i++) {
        mem->nodes[i].num_free[VNUMA__2M] +=
            mem->nodes[i].num_free[VNUMA__1G] * 512;
        mem->nodes[i].num_free[VNUMA__1G] = 0;
    }
}

static uint64_t our_calls(const vnuma__layout *layout, uint64_t bytes,
                          bool has_1g)
{
    vnuma__build build = {
        .domid = DOMID,
        .layout = layout,
        .vga_hole = true,
        .later_pages = VIDEO_RAM >> VNUMA__PAGE_SHIFT,
    };
    vnuma__built built = { 0 };
    vnuma_diags diags;
    vnuma__hv_mem mem;
    uint64_t calls;

    vnuma_diags_init(&diags);
    make_world(&mem, bytes, layout->num_vnodes, has_1g);
    CHECK_INT(vnuma__populate(&mem.hv, &build, &built, &diags), 0);
    CHECK_UINT(mem.hv.num_populates, built.counts.num_calls);
    calls = mem.hv.num_populates;
    vnuma__hv_mem_dispose(&mem);
    vnuma__built_dispose(&built);
    vnuma_diags_dispose(&diags);
    return calls;
}

/* ---- side by side ------------------------------------------------------- */

static const struct {
    uint64_t vnode_gib;
    uint32_t num_vnodes;
    bool has_1g;
    unsigned int stock; /* by the replay */
    unsigned int most;  /* 3 for each pnode, and one for each 16 GiB */
} guests[] = {
    { 2, 4, true, 644, 13 },
    { 2, 4, false, 1028, 13 },
    { 128, 8, true, 2168, 3 * 8 + 64 },
    { 128, 8, false, 132088, 3 * 8 + 64 },
};

static void calls_are_few_where_stock_xl_makes_many(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
        uint64_t bytes = guests[i].vnode_gib * GIB, ours;
        vnuma__layout layout;
        unsigned int stock;

        make_layout(&layout, bytes, guests[i].num_vnodes, VIDEO_RAM);
        stock = replay(&layout, guests[i].has_1g);
        ours = our_calls(&layout, bytes, guests[i].has_1g);
        printf("# %" PRIu64 " GiB in %" PRIu32 " vnodes%s: %" PRIu64
               " calls, stock xl %u\n",
               guests[i].vnode_gib * guests[i].num_vnodes,
               guests[i].num_vnodes,
               guests[i].has_1g ? "" : " without 1 GiB pages", ours, stock);
        CHECK_UINT(stock, guests[i].stock);
        CHECK(ours <= guests[i].most);
        vnuma__layout_dispose(&layout);
    }
}

/* What baseline.sh counts on the real Xen; that guest has no video RAM. */
static void the_replay_is_that_of_the_guest_in_the_rig(void)
{
    vnuma__layout layout;

    make_layout(&layout, 256 * MIB, 2, 0);
    CHECK_UINT(replay(&layout, true), 66);
    vnuma__layout_dispose(&layout);
}

static const tap_case cases[] = {
    TAP_CASE(calls_are_few_where_stock_xl_makes_many),
    TAP_CASE(the_replay_is_that_of_the_guest_in_the_rig),
};

int main(void)
{
    return TAP_RUN(cases);
}
