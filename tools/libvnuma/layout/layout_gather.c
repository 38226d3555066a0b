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

#include <stdlib.h>
#include <string.h>

#define FRAMES(bytes) ((bytes) >> VNUMA__PAGE_SHIFT)
#define LOW_FRAMES FRAMES(UINT64_C(1) << 20)

/* Three passes, each with at most a range for each group and each stretch. */
#define MAX_RANGES (4 * VNUMA_MAX_VMEMRANGES)

typedef struct {
    uint64_t start, end; /* frames */
    uint32_t vnode;      /* of a range */
} piece;

typedef struct {
    piece items[MAX_RANGES];
    unsigned int num;
    bool overflow;
} pieces;

typedef struct {
    const vnuma__layout *layout;
    bool vga_hole;
    uint64_t size[VNUMA_MAX_VNODES];  /* of each vnode, in frames */
    uint64_t undealt[VNUMA_MAX_VNODES]; /* left in each group, at its first */
    pieces stretches, left;             /* memory that is not yet dealt */
    pieces ranges;                    /* already dealt to groups */
} gatherer;

static void add_piece(pieces *to, uint64_t start, uint64_t end, uint32_t vnode)
{
    if (start >= end)
        return;
    if (to->num == MAX_RANGES) {
        to->overflow = true;
        return;
    }
    to->items[to->num++] = (piece){ start, end, vnode };
}

/* Lengthens the last piece if @next continues it, else adds @next. */
static void join_piece(pieces *to, piece next)
{
    piece *last = to->num ? &to->items[to->num - 1] : NULL;

    if (last && last->end == next.start && last->vnode == next.vnode)
        last->end = next.end;
    else
        add_piece(to, next.start, next.end, next.vnode);
}

/* Returns the first frame of the first block that can be a page. */
static uint64_t first_block(uint64_t start, unsigned int order, bool vga_hole)
{
    uint64_t first = vnuma__align_up(start, order);

    return order && vga_hole && !first ? UINT64_C(1) << order : first;
}

static uint64_t num_blocks(const piece *stretch, unsigned int order,
                           bool vga_hole)
{
    uint64_t first = first_block(stretch->start, order, vga_hole);
    uint64_t last = stretch->end >> order << order;

    return first < last ? (last - first) >> order : 0;
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
static void find_sets(const gatherer *g, unsigned int order, uint64_t *give)
{
    uint64_t blocks = 0, sum = 0, less;
    uint32_t n = g->layout->num_vnodes, i, vnode;

    for (i = 0; i < g->stretches.num; i++)
        blocks += num_blocks(&g->stretches.items[i], order, g->vga_hole);
    for (vnode = 0; vnode < n; vnode++) {
        give[vnode] = g->undealt[vnode] >> order;
        sum += give[vnode];
    }
    for (i = 0; i < n && sum > blocks; i++) {
        vnode = i ? n - i : 0;
        less = vnuma__min(sum - blocks, give[vnode]);
        give[vnode] -= less;
        sum -= less;
    }
}

/* Deals out the blocks in [at, last) in turn; returns where it ended. */
static uint64_t deal_blocks(gatherer *g, unsigned int order, uint64_t *give,
                            uint64_t at, uint64_t last)
{
    uint64_t num;
    uint32_t vnode;

    for (vnode = 0; vnode < g->layout->num_vnodes && at < last; vnode++) {
        num = vnuma__min(give[vnode], (last - at) >> order);
        add_piece(&g->ranges, at, at + (num << order), vnode);
        give[vnode] -= num;
        g->undealt[vnode] -= num << order;
        at += num << order;
    }
    return at;
}

/* Deals out all blocks of this order. */
static void deal(gatherer *g, unsigned int order)
{
    uint64_t give[VNUMA_MAX_VNODES], first, last;
    unsigned int i;

    find_sets(g, order, give);
    g->left.num = 0;
    for (i = 0; i < g->stretches.num; i++) {
        const piece *stretch = &g->stretches.items[i];

        if (!num_blocks(stretch, order, g->vga_hole)) {
            add_piece(&g->left, stretch->start, stretch->end, 0);
            continue;
        }
        first = first_block(stretch->start, order, g->vga_hole);
        last = stretch->end >> order << order;
        add_piece(&g->left, stretch->start, first, 0);
        first = deal_blocks(g, order, give, first, last);
        add_piece(&g->left, first, stretch->end, 0);
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
        uint64_t start = FRAMES(range->start), end = FRAMES(range->end);

        g->size[range->vnode] += end - start;
        g->undealt[group_of(layout, range->vnode)] += end - start;
        join_piece(&g->stretches, (piece){ start, end, 0 });
    }
}

/*
 * Vnode 0 always has the beginning: the first MiB, or the first whole block.
 */
static void take_low_memory(gatherer *g)
{
    piece *stretch = &g->stretches.items[0];
    uint64_t low = vnuma__min(LOW_FRAMES, g->size[0]), block;
    unsigned int i;

    if (!g->stretches.num || stretch->start)
        return;
    for (i = 0; i < VNUMA__4K && !g->vga_hole; i++) {
        block = UINT64_C(1) << vnuma__orders[i];
        if (g->undealt[0] >= block && stretch->end >= block) {
            low = block;
            break;
        }
    }
    low = vnuma__min(low, stretch->end);
    add_piece(&g->ranges, 0, low, 0);
    g->undealt[0] -= low;
    stretch->start = low;
}

static int compare_pieces(const void *a, const void *b)
{
    const piece *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* Sorts the ranges and joins those of one vnode that touch. */
static void tidy(pieces *ranges)
{
    unsigned int i, num = ranges->num;

    qsort(ranges->items, num, sizeof(*ranges->items), compare_pieces);
    ranges->num = 0;
    for (i = 0; i < num; i++)
        join_piece(ranges, ranges->items[i]);
}

/* Divides each group's ranges among its vnodes, by size and in order. */
static void divide_ranges(gatherer *g)
{
    uint64_t left[VNUMA_MAX_VNODES], part;
    pieces *to = &g->stretches;
    uint32_t vnode;
    unsigned int i;

    memcpy(left, g->size, sizeof(left));
    to->num = 0;
    for (i = 0; i < g->ranges.num; i++) {
        piece range = g->ranges.items[i];

        for (vnode = range.vnode;
             vnode < g->layout->num_vnodes && range.start < range.end;
             vnode++) {
            if (group_of(g->layout, vnode) != range.vnode)
                continue;
            part = vnuma__min(left[vnode], range.end - range.start);
            add_piece(to, range.start, range.start + part, vnode);
            left[vnode] -= part;
            range.start += part;
        }
    }
    tidy(to);
}

/* Counts pages; neighbours in one group can make a page together. */
static void count_pages(const vnuma__layout *layout, bool vga_hole,
                        const piece *ranges, unsigned int num,
                        uint64_t *num_1g_r, uint64_t *num_2m_r)
{
    unsigned int i = 0;
    uint64_t num_1g;

    *num_1g_r = *num_2m_r = 0;
    while (i < num) {
        piece run = ranges[i++];

        for (; i < num && ranges[i].start == run.end &&
               vnuma__is_same_membind(layout, ranges[i].vnode, run.vnode);
             i++)
            run.end = ranges[i].end;
        num_1g = num_blocks(&run, VNUMA__ORDER_1G, vga_hole);
        *num_1g_r += num_1g;
        *num_2m_r += num_blocks(&run, VNUMA__ORDER_2M, vga_hole) -
                     (num_1g << (VNUMA__ORDER_1G - VNUMA__ORDER_2M));
    }
}

void vnuma__layout_count(const vnuma__layout *layout, bool vga_hole,
                         uint64_t *num_1g_r, uint64_t *num_2m_r)
{
    piece ranges[VNUMA_MAX_VMEMRANGES];
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges && i < VNUMA_MAX_VMEMRANGES; i++)
        ranges[i] = (piece){
            .start = FRAMES(layout->vmemranges[i].start),
            .end = FRAMES(layout->vmemranges[i].end),
            .vnode = layout->vmemranges[i].vnode,
        };
    count_pages(layout, vga_hole, ranges, i, num_1g_r, num_2m_r);
}

static bool is_better(const gatherer *g, const pieces *ranges)
{
    uint64_t old_1g, old_2m, new_1g, new_2m;

    vnuma__layout_count(g->layout, g->vga_hole, &old_1g, &old_2m);
    count_pages(g->layout, g->vga_hole, ranges->items, ranges->num, &new_1g,
                &new_2m);
    return new_1g > old_1g || (new_1g == old_1g && new_2m > old_2m);
}

static int replace_ranges(vnuma__layout *layout, const pieces *ranges)
{
    vnuma__vmemrange *new;
    unsigned int i;

    new = calloc(ranges->num + 1, sizeof(*new));
    if (!new)
        return VNUMA_ERROR_NOMEM;
    for (i = 0; i < ranges->num; i++)
        new[i] = (vnuma__vmemrange){
            .start = ranges->items[i].start << VNUMA__PAGE_SHIFT,
            .end = ranges->items[i].end << VNUMA__PAGE_SHIFT,
            .vnode = ranges->items[i].vnode,
        };
    free(layout->vmemranges);
    layout->vmemranges = new;
    layout->num_vmemranges = ranges->num;
    return 0;
}

int vnuma__layout_gather(vnuma__layout *layout, bool vga_hole, bool *changed_r)
{
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
        deal(g, vnuma__orders[i]);
    tidy(&g->ranges);
    divide_ranges(g);

    /* Ranges that are equally good are kept: they are libxl's, and fewer. */
    if (!g->ranges.overflow && !g->stretches.overflow && !g->left.overflow &&
        g->stretches.num <= VNUMA_MAX_VMEMRANGES &&
        is_better(g, &g->stretches)) {
        rc = replace_ranges(layout, &g->stretches);
        *changed_r = !rc;
    }
    free(g);
    return rc;
}

/* ---- as libxl does it --------------------------------------------------- */

int vnuma__layout_derive(vnuma__layout *layout, const uint64_t *sizes,
                         uint64_t hole_start)
{
    static const uint64_t hole_end = UINT64_C(1) << 32;
    vnuma__vmemrange *ranges;
    uint64_t next = 0, left, part;
    uint32_t vnode, num = 0;

    /* The hole cuts one vnode in two. */
    ranges = calloc((size_t)layout->num_vnodes + 1, sizeof(*ranges));
    if (!ranges)
        return VNUMA_ERROR_NOMEM;
    for (vnode = 0; vnode < layout->num_vnodes; vnode++)
        for (left = sizes[vnode]; left; left -= part) {
            if (next == hole_start)
                next = hole_end;
            part =
                next < hole_start ? vnuma__min(left, hole_start - next) : left;
            ranges[num++] = (vnuma__vmemrange){ next, next + part, vnode };
            next += part;
        }
    free(layout->vmemranges);
    layout->vmemranges = ranges;
    layout->num_vmemranges = num;
    return 0;
}
