/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for a stream of pages; see refill.h. */
#include "config.h"

#include "refill.h"

#include "diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Pages that one hypercall gives back. */
#define RELEASE_BATCH 4096u
/* Named pages are sorted by pnode in pieces of as many. */
#define NAME_BATCH 1024u

void vnuma__refill_init(vnuma__refill *refill)
{
    memset(refill, 0, sizeof(*refill));
}

void vnuma__refill_dispose(vnuma__refill *refill)
{
    free(refill->first_page);
    free(refill->named);
    vnuma__built_dispose(&refill->built);
    vnuma__refill_init(refill);
}

static int refused(vnuma__refill *refill, const char *what)
{
    vnuma__error(refill->diags, "xen-refused", VNUMA__NOWHERE,
                 "%s: Xen refused: %s", what, strerror(errno));
    return VNUMA_ERROR_XEN;
}

static int no_memory(vnuma__refill *refill)
{
    vnuma__error(refill->diags, "no-memory", VNUMA__NOWHERE,
                 "restoring the guest's memory: this program got no memory");
    return VNUMA_ERROR_NOMEM;
}

/* ---- pages and their bits ---------------------------------------------------------- */

static int make_bits(vnuma__refill *refill)
{
    const vnuma__layout *layout = refill->build->layout;
    uint32_t i;

    refill->first_page =
        calloc(layout->num_vmemranges + 1, sizeof(*refill->first_page));
    if (!refill->first_page)
        return no_memory(refill);
    for (i = 0; i < layout->num_vmemranges; i++) {
        refill->first_page[i] = refill->num_pages;
        refill->num_pages +=
            (layout->vmemranges[i].end - layout->vmemranges[i].start) >>
            VNUMA__PAGE_SHIFT;
    }
    refill->named = calloc(refill->num_pages / 64 + 1, sizeof(uint64_t));
    return refill->named ? 0 : no_memory(refill);
}

/* The range that a page is in; num_vmemranges: none. */
static uint32_t find_range(const vnuma__refill *refill, uint64_t gfn)
{
    const vnuma__layout *layout = refill->build->layout;
    uint32_t first = 0, last = layout->num_vmemranges, middle;

    while (first < last) {
        middle = first + (last - first) / 2;
        if (gfn >= layout->vmemranges[middle].end >> VNUMA__PAGE_SHIFT)
            first = middle + 1;
        else
            last = middle;
    }
    if (first < layout->num_vmemranges &&
        gfn < layout->vmemranges[first].start >> VNUMA__PAGE_SHIFT)
        return layout->num_vmemranges;
    return first;
}

/* What a device model's guest has in the VGA hole is not of the ranges. */
static bool is_in_hole(const vnuma__refill *refill, uint64_t gfn)
{
    return refill->build->vga_hole &&
           gfn >= VNUMA__VGA_HOLE_START >> VNUMA__PAGE_SHIFT &&
           gfn < VNUMA__VGA_HOLE_END >> VNUMA__PAGE_SHIFT;
}

static uint64_t page_of(const vnuma__refill *refill, uint32_t range,
                        uint64_t gfn)
{
    return refill->first_page[range] + gfn -
           (refill->build->layout->vmemranges[range].start >>
            VNUMA__PAGE_SHIFT);
}

static bool test_named(const vnuma__refill *refill, uint64_t page)
{
    return refill->named[page / 64] >> (page % 64) & 1;
}

static void set_named(vnuma__refill *refill, uint64_t page)
{
    refill->named[page / 64] |= UINT64_C(1) << (page % 64);
}

static uint32_t pnode_of(const vnuma__refill *refill, uint32_t range)
{
    const vnuma__layout *layout = refill->build->layout;

    return layout->vnode_to_pnode[layout->vmemranges[range].vnode];
}

/* ---- beginning ------------------------------------------------------------------------ */

/* A share for each pnode, for what is counted page by page. */
static int make_shares(vnuma__refill *refill)
{
    const vnuma__layout *layout = refill->build->layout;
    uint32_t i, j;

    refill->built.shares =
        calloc(layout->num_vnodes, sizeof(*refill->built.shares));
    if (!refill->built.shares)
        return no_memory(refill);
    refill->built.num_shares = 0;
    for (i = 0; i < layout->num_vnodes; i++) {
        for (j = 0; j < refill->built.num_shares; j++)
            if (refill->built.shares[j].pnode == layout->vnode_to_pnode[i])
                break;
        if (j < refill->built.num_shares)
            continue;
        refill->built.shares[j].pnode = layout->vnode_to_pnode[i];
        refill->built.shares[j].preferred = layout->vnode_to_pnode[i];
        refill->built.num_shares++;
    }
    return 0;
}

static uint64_t pages_to_populate(const vnuma__refill *refill)
{
    uint64_t hole =
        (VNUMA__VGA_HOLE_END - VNUMA__VGA_HOLE_START) >> VNUMA__PAGE_SHIFT;

    return refill->num_pages - (refill->build->vga_hole ? hole : 0);
}

/* What vnuma__populate() does before it populates. */
static int narrow_node_affinity(vnuma__refill *refill)
{
    const vnuma__build *build = refill->build;
    vnuma_bitmap pnodes;
    int rc;

    vnuma_bitmap_init(&pnodes);
    rc = vnuma_bitmap_set(&pnodes, build->layout->vnode_to_pnode[0]);
    if (rc)
        rc = no_memory(refill);
    else if (vnuma__hv_set_node_affinity(refill->hv, build->domid, &pnodes))
        rc = refused(refill, "setting the domain's node affinity");
    vnuma_bitmap_dispose(&pnodes);
    return rc;
}

/* All of it if there is room; page by page if there need not be. */
static int populate(vnuma__refill *refill, uint64_t num_wanted)
{
    bool must_be_whole = num_wanted >= pages_to_populate(refill);
    uint64_t calls_before = refill->hv->num_populates;
    vnuma_diags tried;
    int rc;

    vnuma_diags_init(&tried);
    rc = vnuma__populate(refill->hv, refill->build, &refill->built,
                         must_be_whole ? refill->diags : &tried);
    refill->is_whole = !rc;
    if (rc == VNUMA_ERROR_NOFIT && !must_be_whole &&
        refill->hv->num_populates == calls_before) {
        rc = make_shares(refill);
        if (!rc)
            rc = narrow_node_affinity(refill);
    } else if (rc && tried.num_items) {
        vnuma__error(refill->diags, "no-fit", VNUMA__NOWHERE, "%s",
                     tried.items[0].message);
    }
    vnuma_diags_dispose(&tried);
    return rc;
}

int vnuma__refill_begin(vnuma__refill *refill, vnuma__hv *hv,
                        const vnuma__build *build, uint64_t num_wanted,
                        vnuma_diags *diags)
{
    int rc;

    refill->hv = hv;
    refill->build = build;
    refill->diags = diags;
    rc = make_bits(refill);
    if (rc)
        return rc;
    if (vnuma__hv_set_vnuma(hv, build->domid, build->layout))
        return refused(refill, "describing the guest's vNUMA");
    return populate(refill, num_wanted);
}

/* ---- naming -------------------------------------------------------------------------- */

static vnuma__built_share *share_of(vnuma__refill *refill, uint32_t pnode)
{
    uint32_t i;

    for (i = 0; i < refill->built.num_shares - 1; i++)
        if (refill->built.shares[i].pnode == pnode)
            break;
    return &refill->built.shares[i];
}

static int populate_pages(vnuma__refill *refill, uint32_t pnode,
                          const uint64_t *gfns, uint64_t num_gfns)
{
    uint64_t done;

    if (vnuma__hv_populate(refill->hv, refill->build->domid, 0, pnode, gfns,
                           num_gfns, &done))
        return refused(refill, "populating the guest's memory");
    refill->built.num_calls++;
    refill->built.num_pages += done;
    share_of(refill, pnode)->num_extents[VNUMA__4K] += done;
    if (done == num_gfns)
        return 0;
    vnuma__error(refill->diags, "no-fit", VNUMA__NOWHERE,
                 "pnode %" PRIu32 " ran out of memory while the guest was "
                 "restored",
                 pnode);
    return VNUMA_ERROR_NOFIT;
}

/* Pages of one piece that live on one pnode, in one call. */
static int populate_piece(vnuma__refill *refill, const uint64_t *gfns,
                          const uint32_t *pnodes, unsigned int num)
{
    uint64_t same[NAME_BATCH];
    bool done[NAME_BATCH] = { false };
    unsigned int i, j, num_same;
    int rc;

    for (i = 0; i < num; i++) {
        if (done[i])
            continue;
        for (num_same = 0, j = i; j < num; j++)
            if (!done[j] && pnodes[j] == pnodes[i]) {
                same[num_same++] = gfns[j];
                done[j] = true;
            }
        rc = populate_pages(refill, pnodes[i], same, num_same);
        if (rc)
            return rc;
    }
    return 0;
}

int vnuma__refill_name(vnuma__refill *refill, const uint64_t *gfns,
                       uint64_t num_gfns, uint64_t *others_r,
                       uint64_t *num_others_r)
{
    uint64_t new_gfns[NAME_BATCH], i, page;
    uint32_t pnodes[NAME_BATCH], range;
    unsigned int num_new = 0;
    int rc = 0;

    *num_others_r = 0;
    for (i = 0; i < num_gfns && !rc; i++) {
        range = find_range(refill, gfns[i]);
        if (range == refill->build->layout->num_vmemranges ||
            is_in_hole(refill, gfns[i])) {
            others_r[(*num_others_r)++] = gfns[i];
            continue;
        }
        page = page_of(refill, range, gfns[i]);
        if (!refill->is_whole && !test_named(refill, page)) {
            new_gfns[num_new] = gfns[i];
            pnodes[num_new++] = pnode_of(refill, range);
        }
        set_named(refill, page);
        if (num_new == NAME_BATCH) {
            rc = populate_piece(refill, new_gfns, pnodes, num_new);
            num_new = 0;
        }
    }
    return rc ? rc : populate_piece(refill, new_gfns, pnodes, num_new);
}

/* ---- ending --------------------------------------------------------------------------- */

/*
 * What is taken from a share is counted as single pages: an extent that loses
 * one is broken up, but how Xen holds the rest is Xen's business.
 */
static int release(vnuma__refill *refill, const uint64_t *gfns, uint64_t num)
{
    if (!num)
        return 0;
    if (vnuma__hv_release(refill->hv, refill->build->domid, gfns, num))
        return refused(refill, "giving back pages that the guest had not");
    refill->num_released += num;
    refill->built.num_pages -= num;
    return 0;
}

static int release_of_range(vnuma__refill *refill, uint32_t range,
                            uint64_t *gfns)
{
    const vnuma__vmemrange *r = &refill->build->layout->vmemranges[range];
    uint64_t gfn, end = r->end >> VNUMA__PAGE_SHIFT, num = 0, released = 0;
    vnuma__built_share *share = share_of(refill, pnode_of(refill, range));
    int rc = 0;

    for (gfn = r->start >> VNUMA__PAGE_SHIFT; gfn < end && !rc; gfn++) {
        if (test_named(refill, page_of(refill, range, gfn)) ||
            is_in_hole(refill, gfn))
            continue;
        gfns[num++] = gfn;
        released++;
        if (num == RELEASE_BATCH) {
            rc = release(refill, gfns, num);
            num = 0;
        }
    }
    if (!rc)
        rc = release(refill, gfns, num);
    share->num_released += released;
    return rc;
}

int vnuma__refill_end(vnuma__refill *refill)
{
    uint64_t *gfns;
    uint32_t i;
    int rc = 0;

    if (!refill->is_whole)
        return 0;
    gfns = calloc(RELEASE_BATCH, sizeof(*gfns));
    if (!gfns)
        return no_memory(refill);
    for (i = 0; i < refill->build->layout->num_vmemranges && !rc; i++)
        rc = release_of_range(refill, i, gfns);
    free(gfns);
    return rc;
}
