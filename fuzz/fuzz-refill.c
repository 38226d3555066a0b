/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a guest that arrives: its ranges, vnodes and policies, the host's
 * free memory, and the pages that its stream asks for, in any order and twice,
 * on the in-memory Xen, of which one call may fail.  In the end the domain has
 * each page that was named and no other, strict ones on their pnodes; after a
 * failure that is not of the call itself there is no claim.
 */
#include "config.h"

#include <errno.h>

#define FUZZ_CORPUS "refill"
#include "fuzz.h"

#include "decode.h"
#include "xen/build/refill.h"
#include "xen/hv/hv_mem.h"

#define DOMID 3u
#define MOST_PAGES 1024u
#define MOST_PNODES 4u
#define MOST_NAMED 64u /* runs of pages */

typedef struct {
    vnuma__hv_mem mem;
    vnuma__layout layout;
    vnuma__build build;
    vnuma__refill refill;
    vnuma_diags diags;
    bool is_named[MOST_PAGES]; /* by gfn */
} world;

static void init(world *w, decoder *d)
{
    static const int errors[] = { 0, ENOMEM, EINVAL, EPERM };
    unsigned int i, num_pnodes = 1 + take_below(d, MOST_PNODES);
    uint64_t memkb[MOST_PNODES];

    memset(w, 0, sizeof(*w));
    for (i = 0; i < num_pnodes; i++)
        memkb[i] = UINT64_C(64) * take_byte(d);
    FUZZ_ASSERT(!vnuma__hv_mem_init(&w->mem, memkb, num_pnodes));
    w->mem.fail_call = take_below(d, 32);
    w->mem.fail_errno = errors[take_below(d, 4)];
    w->mem.nodes[0].num_lost = take_below(d, 4) ? 0 : 64;
    vnuma__hv_mem_create_domain(&w->mem, DOMID);
    take_layout(d, num_pnodes, MOST_PAGES, &w->layout);
    w->build = (vnuma__build){
        .domid = DOMID,
        .layout = &w->layout,
        .claim = take_below(d, 2),
        .vga_hole = has_vga_hole(&w->layout) && take_below(d, 2),
        .later_pages = take_byte(d),
    };
}

/* The vnode of a page; num_vnodes: it is in no range, or in the hole. */
static uint32_t vnode_of(const world *w, uint64_t gfn)
{
    uint64_t at = gfn << VNUMA__PAGE_SHIFT;
    uint32_t i;

    for (i = 0; i < w->layout.num_vmemranges; i++)
        if (at >= w->layout.vmemranges[i].start &&
            at < w->layout.vmemranges[i].end &&
            !(w->build.vga_hole && at >= VNUMA__VGA_HOLE_START &&
              at < VNUMA__VGA_HOLE_END))
            return w->layout.vmemranges[i].vnode;
    return w->layout.num_vnodes;
}

/* libxc asks once for a page that it knows; in a range we would not mind. */
static int name_pages(world *w, decoder *d)
{
    uint64_t gfns[256], first, num;
    unsigned int i, runs;
    int rc = 0;

    for (runs = 0; runs < MOST_NAMED && d->len && !rc; runs++) {
        first = (uint64_t)take_byte(d) << 3 | take_below(d, 8);
        num = 0;
        for (i = 1 + take_byte(d); i && first < MOST_PAGES; i--, first++) {
            if (w->is_named[first] &&
                vnode_of(w, first) == w->layout.num_vnodes)
                continue;
            gfns[num++] = first;
            w->is_named[first] = true;
        }
        if (num)
            rc = vnuma__refill_name(&w->refill, gfns, num);
    }
    return rc;
}

static void check_page(const world *w, uint64_t gfn, uint32_t pnode)
{
    uint32_t vnode = vnode_of(w, gfn);

    FUZZ_ASSERT(gfn < MOST_PAGES && w->is_named[gfn]);
    if (vnode < w->layout.num_vnodes)
        FUZZ_ASSERT(
            vnuma__layout_policy(&w->layout, vnode) == VNUMA_POLICY_STRICT
                ? pnode == w->layout.vnode_to_pnode[vnode]
                : vnuma__membind_has(&w->layout.membinds[vnode], pnode));
}

static void check_memory(const world *w)
{
    const vnuma__mem_domain *domain = &w->mem.domains[0];
    uint64_t gfn, num = 0, others = 0;
    uint32_t i;

    for (i = 0; i < domain->num_extents; i++)
        for (gfn = 0; gfn < UINT64_C(1) << domain->extents[i].order; gfn++)
            check_page(w, domain->extents[i].gfn + gfn,
                       domain->extents[i].pnode);
    for (gfn = 0; gfn < MOST_PAGES; gfn++) {
        num += w->is_named[gfn];
        others += w->is_named[gfn] && vnode_of(w, gfn) == w->layout.num_vnodes;
    }
    FUZZ_ASSERT(domain->num_pages == num);
    FUZZ_ASSERT(w->refill.built.counts.num_pages == num - others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decoder d = { data, size };
    uint64_t num_wanted;
    static world w;
    int rc;

    init(&w, &d);
    num_wanted = (uint64_t)take_byte(&d) << 3;
    rc = vnuma__refill_begin(&w.refill, &w.mem.hv, &w.build, num_wanted,
                             &w.diags);
    if (!rc)
        rc = name_pages(&w, &d);
    if (!rc)
        rc = vnuma__refill_end(&w.refill);
    FUZZ_ASSERT(rc == 0 || rc == VNUMA_ERROR_NOFIT || rc == VNUMA_ERROR_XEN);
    FUZZ_ASSERT(!rc == !w.diags.num_errors);
    if (!rc)
        check_memory(&w);
    FUZZ_ASSERT(w.mem.fail_call || !w.mem.domains[0].claim);
    vnuma__refill_dispose(&w.refill);
    vnuma_diags_dispose(&w.diags);
    vnuma__layout_dispose(&w.layout);
    vnuma__hv_mem_dispose(&w.mem);
    return 0;
}
