/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a structured case, so that few of them are wasted on what is
 * refused at once: each value takes some bytes, zeroes when there are none.
 */
#ifndef FUZZ_DECODE_H
#define FUZZ_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "layout/layout.h"

typedef struct {
    const uint8_t *bytes;
    size_t len;
} decoder;

static inline uint8_t take_byte(decoder *d)
{
    if (!d->len)
        return 0;
    d->len--;
    return *d->bytes++;
}

/* From 0 below @below, which is 256 at most. */
static inline unsigned int take_below(decoder *d, unsigned int below)
{
    return take_byte(d) % below;
}

/* Few bytes are a small number, the more the larger. */
static inline uint64_t take_number(decoder *d)
{
    unsigned int num = take_below(d, 9);
    uint64_t value = 0;

    while (num--)
        value = value << 8 | take_byte(d);
    return value;
}

static inline void take_membind(decoder *d, uint32_t pnode,
                                unsigned int num_pnodes,
                                vnuma_membind *membind_r)
{
    unsigned int i, first = take_below(d, num_pnodes);

    memset(membind_r, 0, sizeof(*membind_r));
    membind_r->policy = take_below(d, 3);
    if (membind_r->policy == VNUMA_POLICY_STRICT)
        return;
    if (membind_r->policy == VNUMA_POLICY_PREFERRED)
        membind_r->pnodes[membind_r->num_pnodes++] = pnode;
    for (i = take_below(d, num_pnodes); i < num_pnodes; i++)
        if (membind_r->policy == VNUMA_POLICY_INTERLEAVE ||
            (first + i) % num_pnodes != pnode)
            membind_r->pnodes[membind_r->num_pnodes++] =
                (first + i) % num_pnodes;
}

/*
 * Up to four vnodes and eight ranges, ascending and disjoint, below
 * @most_pages; as a record promises them.
 */
static inline void take_layout(decoder *d, unsigned int num_pnodes,
                               uint64_t most_pages, vnuma__layout *layout_r)
{
    unsigned int i, num_vnodes = 1 + take_below(d, 4);
    uint64_t next = 0, len;

    FUZZ_ASSERT(!vnuma__layout_alloc(layout_r, 8, num_vnodes, 4));
    layout_r->num_vmemranges = 0;
    for (i = 0; i < 8; i++) {
        next += take_below(d, 8) ? 0 : take_byte(d);
        len = 1 + take_byte(d);
        if (take_below(d, 4) == 3)
            len *= 16;
        if (next + len > most_pages)
            break;
        layout_r->vmemranges[layout_r->num_vmemranges++] = (vnuma__vmemrange){
            .start = next << VNUMA__PAGE_SHIFT,
            .end = (next + len) << VNUMA__PAGE_SHIFT,
            .vnode = take_below(d, num_vnodes),
        };
        next += len;
    }
    if (!i)
        layout_r->vmemranges[layout_r->num_vmemranges++] =
            (vnuma__vmemrange){ 0, UINT64_C(1) << VNUMA__PAGE_SHIFT, 0 };
    for (i = 0; i < num_vnodes; i++) {
        layout_r->vnode_to_pnode[i] = take_below(d, num_pnodes);
        take_membind(d, layout_r->vnode_to_pnode[i], num_pnodes,
                     &layout_r->membinds[i]);
    }
    for (i = 0; i < 4; i++)
        layout_r->vcpu_to_vnode[i] = take_below(d, num_vnodes);
}

/* A device model's guest has the VGA hole in its first range. */
static inline bool has_vga_hole(const vnuma__layout *layout)
{
    return !layout->vmemranges[0].start &&
           layout->vmemranges[0].end >= VNUMA__VGA_HOLE_END;
}

#endif
