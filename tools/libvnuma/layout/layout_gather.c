/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Assigns ranges to vnodes so that large pages are not split.
 *
 * libxl lays vnodes one after the other, so nearly every border between two of
 * them is inside a 1 GiB page, which is then lost.  But some 1 GiB blocks of a
 * guest cannot be a page anyway: the first with its VGA hole, the one that the
 * hole below 4 GiB cuts, the last.  So the part of each vnode that is not a
 * whole GiB is gathered in such blocks, and the whole blocks are dealt out
 * whole; then the same is done with the rest in 2 MiB, and in 4 KiB:
 *
 *   libxl      |0 0 0 0|0 0 0 1|1 1 1 1|1 1 1 1|1 1
 *   gathered   |0 0 0 1|0 0 0 0|1 1 1 1|1 1 1 1|1 1     (the first is no page)
 *
 * How many are kept: a 1 GiB page belongs to one group (all vnodes of a pnode
 * with the same policy; an interleaved vnode is a group of its own) and takes
 * 1 GiB of its size. So there cannot be more than the whole blocks, and not
 * more than the sum over groups of floor(size / 1 GiB).  The smaller of the
 * two is reached, and the same for 2 MiB pages in the rest.  Without a VGA
 * hole the first block can be a page, and vnode 0 takes it if it is large
 * enough; vnode 0 always has the first MiB.
 */
#include "config.h"

#include "layout/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LOW_MEMORY (UINT64_C(1) << 20)

/*
 * Three passes over at most once, twice and four times as many stretches as a
 * layout has ranges, each with a range for each stretch and each group; and
 * what divides a group among its vnodes.
 */
#define MAX_RANGES (7 * VNUMA_MAX_VMEMRANGES + 4 * VNUMA_MAX_VNODES + 1)

typedef struct {
    vnuma__vmemrange items[MAX_RANGES];
    unsigned int num;
} range_list;

/* Sizes are in bytes; the shift of a block is that to its size. */
typedef struct {
    const vnuma__layout *layout;
    bool vga_hole;
    uint64_t size[VNUMA_MAX_VNODES];
    uint64_t undealt[VNUMA_MAX_VNODES]; /* left in each group, at its first */
    range_list stretches, left;         /* of no vnode: not yet dealt */
    range_list dealt;                   /* to groups */
} gatherer;

static unsigned int shift_of(unsigned int index)
{
    return vnuma__orders[index] + VNUMA__PAGE_SHIFT;
}

static void add_range(range_list *to, uint64_t start, uint64_t end,
                      uint32_t vnode)
{
    if (start >= end)
        return;
    assert(to->num < MAX_RANGES);
    to->items[to->num++] = (vnuma__vmemrange){ start, end, vnode };
}

/* Lengthens the last range if this one continues it, else adds it. */
static void join_range(range_list *to, uint64_t start, uint64_t end,
                       uint32_t vnode)
{
    vnuma__vmemrange *last = to->num ? &to->items[to->num - 1] : NULL;

    if (last && last->end == start && last->vnode == vnode)
        last->end = end;
    else
        add_range(to, start, end, vnode);
}

/* The blocks in a range that can be pages; returns how many. */
static uint64_t find_blocks(const vnuma__vmemrange *range, unsigned int shift,
                            bool vga_hole, uint64_t *first_r)
{
    uint64_t last = range->end >> shift << shift;

    *first_r = vnuma__align_up(range->start, shift);
    if (shift > VNUMA__PAGE_SHIFT && vga_hole && !*first_r)
        *first_r = UINT64_C(1) << shift;
    return *first_r < last ? (last - *first_r) >> shift : 0;
}

/* ---- dealing ------------------------------------------------------------ */

/* Returns the first vnode of a vnode's group, which stands for the group. */
static uint32_t group_of(const vnuma__layout *layout, uint32_t vnode)
{
    uint32_t first;

    for (first = 0; first < vnode; first++)
        if (vnuma__is_same_membind(layout, first, vnode))
            break;
    return first;
}

/*
 * Decides how many blocks each group gets.  When groups could take more than
 * there are, vnode 0's group gives up blocks first, since most of the memory
 * that cannot be a page is next to it, then the last vnode's.
 */
static void find_sets(const gatherer *g, unsigned int shift, uint64_t *give)
{
    uint64_t blocks = 0, sum = 0, less, first;
    uint32_t n = g->layout->num_vnodes, i, vnode;

    for (i = 0; i < g->stretches.num; i++)
        blocks +=
            find_blocks(&g->stretches.items[i], shift, g->vga_hole, &first);
    for (vnode = 0; vnode < n; vnode++) {
        give[vnode] = g->undealt[vnode] >> shift;
        sum += give[vnode];
    }
    for (i = 0; i < n && sum > blocks; i++) {
        vnode = i ? n - i : 0;
        less = vnuma__min(sum - blocks, give[vnode]);
        give[vnode] -= less;
        sum -= less;
    }
}

/* Deals out blocks from here on in turn; returns where it ended. */
static uint64_t deal_blocks(gatherer *g, unsigned int shift, uint64_t *give,
                            uint64_t at, uint64_t blocks)
{
    uint64_t num;
    uint32_t vnode;

    for (vnode = 0; vnode < g->layout->num_vnodes && blocks; vnode++) {
        num = vnuma__min(give[vnode], blocks);
        add_range(&g->dealt, at, at + (num << shift), vnode);
        give[vnode] -= num;
        g->undealt[vnode] -= num << shift;
        at += num << shift;
        blocks -= num;
    }
    return at;
}

/* Deals out all blocks of this size. */
static void deal(gatherer *g, unsigned int shift)
{
    uint64_t give[VNUMA_MAX_VNODES], first, blocks;
    unsigned int i;

    find_sets(g, shift, give);
    g->left.num = 0;
    for (i = 0; i < g->stretches.num; i++) {
        const vnuma__vmemrange *stretch = &g->stretches.items[i];

        blocks = find_blocks(stretch, shift, g->vga_hole, &first);
        if (!blocks)
            first = stretch->end;
        add_range(&g->left, stretch->start, first, 0);
        first = deal_blocks(g, shift, give, first, blocks);
        add_range(&g->left, first, stretch->end, 0);
    }
    g->stretches = g->left;
}

/* ---- before and after --------------------------------------------------- */

static void find_stretches(gatherer *g)
{
    const vnuma__layout *layout = g->layout;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        const vnuma__vmemrange *range = &layout->vmemranges[i];
        uint64_t size = range->end - range->start;

        g->size[range->vnode] += size;
        g->undealt[group_of(layout, range->vnode)] += size;
        join_range(&g->stretches, range->start, range->end, 0);
    }
}

/*
 * Vnode 0 always has the beginning: the first MiB, or the first whole block.
 */
static void take_low_memory(gatherer *g)
{
    vnuma__vmemrange *stretch = &g->stretches.items[0];
    uint64_t low = vnuma__min(LOW_MEMORY, g->size[0]), block;
    unsigned int i;

    if (!g->stretches.num || stretch->start)
        return;
    for (i = 0; i < VNUMA__4K && !g->vga_hole; i++) {
        block = UINT64_C(1) << shift_of(i);
        if (g->undealt[0] >= block && stretch->end >= block) {
            low = block;
            break;
        }
    }
    low = vnuma__min(low, stretch->end);
    add_range(&g->dealt, 0, low, 0);
    g->undealt[0] -= low;
    stretch->start = low;
}

static int compare_ranges(const void *a, const void *b)
{
    const vnuma__vmemrange *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* Sorts the ranges and joins those of one vnode that touch. */
static void tidy(range_list *all)
{
    unsigned int i, num = all->num;

    qsort(all->items, num, sizeof(*all->items), compare_ranges);
    all->num = 0;
    for (i = 0; i < num; i++)
        join_range(all, all->items[i].start, all->items[i].end,
                   all->items[i].vnode);
}

/* Divides each group's ranges among its vnodes, by size and in order. */
static void divide_ranges(gatherer *g)
{
    uint64_t left[VNUMA_MAX_VNODES], part;
    range_list *to = &g->stretches;
    uint32_t vnode;
    unsigned int i;

    memcpy(left, g->size, sizeof(left));
    to->num = 0;
    for (i = 0; i < g->dealt.num; i++) {
        vnuma__vmemrange range = g->dealt.items[i];

        for (vnode = range.vnode;
             vnode < g->layout->num_vnodes && range.start < range.end;
             vnode++) {
            if (group_of(g->layout, vnode) != range.vnode)
                continue;
            part = vnuma__min(left[vnode], range.end - range.start);
            add_range(to, range.start, range.start + part, vnode);
            left[vnode] -= part;
            range.start += part;
        }
    }
    tidy(to);
}

/* Neighbours in one group can make a page together. */
void vnuma__layout_count(const vnuma__layout *layout, bool vga_hole,
                         uint64_t *num_1g_r, uint64_t *num_2m_r)
{
    uint64_t num_1g, first;
    uint32_t next = 0;

    *num_1g_r = *num_2m_r = 0;
    while (next < layout->num_vmemranges) {
        vnuma__vmemrange run = vnuma__layout_take_run(layout, &next);

        num_1g = find_blocks(&run, shift_of(VNUMA__1G), vga_hole, &first);
        *num_1g_r += num_1g;
        *num_2m_r += find_blocks(&run, shift_of(VNUMA__2M), vga_hole, &first) -
                     (num_1g << (VNUMA__ORDER_1G - VNUMA__ORDER_2M));
    }
}

static bool is_better(const gatherer *g, range_list *ranges)
{
    uint64_t old_1g, old_2m, new_1g, new_2m;
    vnuma__layout new = *g->layout;

    new.vmemranges = ranges->items;
    new.num_vmemranges = ranges->num;
    vnuma__layout_count(g->layout, g->vga_hole, &old_1g, &old_2m);
    vnuma__layout_count(&new, g->vga_hole, &new_1g, &new_2m);
    return new_1g != old_1g ? new_1g > old_1g : new_2m > old_2m;
}

int vnuma__layout_gather(vnuma__layout *layout, bool vga_hole, bool *changed_r)
{
    vnuma__vmemrange *ranges;
    unsigned int i;
    gatherer *g;
    int rc = 0;

    *changed_r = false;
    if (!vnuma__layout_is_sane(layout) ||
        layout->num_vnodes > VNUMA_MAX_VNODES ||
        layout->num_vmemranges > VNUMA_MAX_VMEMRANGES)
        return VNUMA_ERROR_CONFIG;
    g = calloc(1, sizeof(*g));
    if (!g)
        return VNUMA_ERROR_NOMEM;
    g->layout = layout;
    g->vga_hole = vga_hole;
    find_stretches(g);
    take_low_memory(g);
    for (i = 0; i < VNUMA__NUM_ORDERS; i++)
        deal(g, shift_of(i));
    tidy(&g->dealt);
    divide_ranges(g);

    /* Ranges that are equally good are kept: they are libxl's, and fewer. */
    if (g->stretches.num <= VNUMA_MAX_VMEMRANGES &&
        is_better(g, &g->stretches)) {
        ranges = reallocarray(layout->vmemranges, g->stretches.num,
                              sizeof(*ranges));
        if (ranges) {
            memcpy(ranges, g->stretches.items,
                   g->stretches.num * sizeof(*ranges));
            layout->vmemranges = ranges;
            layout->num_vmemranges = g->stretches.num;
        }
        *changed_r = ranges;
        rc = ranges ? 0 : VNUMA_ERROR_NOMEM;
    }
    free(g);
    return rc;
}
