/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents of a layout to populate calls.  For each pnode: all 1 GiB extents,
 * then all of 2 MiB, then all of 4 KiB, each order in one call of at most
 * VNUMA__BATCH_BYTES.  Extents for which a node has no memory of their order
 * are cut and join the next smaller one; a 4 KiB page that cannot be had is
 * the end.
 *
 * One thread only: Xen keeps a scrubbed page for the domain being built and
 * relies on a single builder.
 */
#include "config.h"

#include "populate.h"

#include "diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_TO_MIB(pages) ((pages) >> (20 - VNUMA__PAGE_SHIFT))

typedef struct {
    vnuma__hv *hv;
    const vnuma__build *build;
    vnuma__extent_plan extents;
    vnuma__built built;
    uint64_t all_pages;
    vnuma_diags *diags;
} builder;

void vnuma__built_init(vnuma__built *built)
{
    memset(built, 0, sizeof(*built));
}

void vnuma__built_dispose(vnuma__built *built)
{
    free(built->shares);
    vnuma__built_init(built);
}

static int refused(builder *b, int rc, const char *what)
{
    int saved_errno = errno;

    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__error(b->diags, "no-memory", VNUMA__NOWHERE,
                     "%s: this program got no memory", what);
    else
        vnuma__error(b->diags, "xen-refused", VNUMA__NOWHERE,
                     "%s: Xen refused: %s", what, strerror(saved_errno));
    errno = saved_errno;
    return rc;
}

/* "vnodes 0, 2" or "vnode 1": those that live on a pnode. */
static void name_vnodes(const vnuma__layout *layout, uint32_t pnode,
                        char *text, size_t size)
{
    uint32_t vnode, found = 0;
    size_t len = 0;

    for (vnode = 0; vnode < layout->num_vnodes; vnode++)
        found += layout->vnode_to_pnode[vnode] == pnode;
    len = snprintf(text, size, found == 1 ? "vnode" : "vnodes");
    found = 0;
    for (vnode = 0; vnode < layout->num_vnodes && len < size; vnode++)
        if (layout->vnode_to_pnode[vnode] == pnode)
            len += snprintf(text + len, size - len, "%s %" PRIu32,
                            found++ ? "," : "", vnode);
}

static const vnuma__node_memory *find_node(const vnuma__node_memory *nodes,
                                           unsigned int num_nodes,
                                           uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < num_nodes; i++)
        if (nodes[i].pnode == pnode)
            return &nodes[i];
    return NULL;
}

static void report_shortage(builder *b, uint32_t pnode, uint64_t need_memkb,
                            uint64_t free_memkb)
{
    char vnodes[160];

    name_vnodes(b->build->layout, pnode, vnodes, sizeof(vnodes));
    /* Rounded so that the numbers add up and none is flattered. */
    vnuma__error(b->diags, "no-fit", VNUMA__NOWHERE,
                 "%s: needs %" PRIu64 " MiB on pnode %" PRIu32 ", %" PRIu64
                 " MiB free, %" PRIu64 " MiB missing",
                 vnodes, (need_memkb + 1023) / 1024, pnode,
                 free_memkb / 1024,
                 (need_memkb + 1023) / 1024 - free_memkb / 1024);
}

static int check_memory(builder *b)
{
    const vnuma__layout *layout = b->build->layout;
    vnuma__node_memory *nodes = NULL;
    unsigned int num_nodes = 0;
    uint32_t i;
    int rc;

    rc = vnuma__hv_get_memory(b->hv, &nodes, &num_nodes);
    if (rc)
        return refused(b, rc, "asking for each node's free memory");

    for (i = 0; i < b->extents.num_shares; i++) {
        const vnuma__share *share = &b->extents.shares[i];
        const vnuma__node_memory *node =
            find_node(nodes, num_nodes, share->pnode);
        uint64_t pages = vnuma__share_pages(share);

        if (share->pnode == layout->vnode_to_pnode[0])
            pages += b->build->later_pages;
        b->all_pages += vnuma__share_pages(share);
        if (node && node->free_memkb >= pages * VNUMA__PAGE_KB)
            continue;
        rc = VNUMA_ERROR_NOFIT;
        if (node)
            report_shortage(b, share->pnode, pages * VNUMA__PAGE_KB,
                            node->free_memkb);
        else
            vnuma__error(b->diags, "pnode-unknown", VNUMA__NOWHERE,
                         "the host has no pnode %" PRIu32, share->pnode);
    }
    free(nodes);
    return rc;
}

/* What is populated later without naming a node follows this. */
static int narrow_node_affinity(builder *b)
{
    vnuma_bitmap pnodes;
    int rc;

    vnuma_bitmap_init(&pnodes);
    rc = vnuma_bitmap_set(&pnodes, b->build->layout->vnode_to_pnode[0]);
    if (rc) {
        rc = refused(b, rc, "setting the domain's node affinity");
        goto out;
    }
    rc = vnuma__hv_set_node_affinity(b->hv, b->build->domid, &pnodes);
    if (rc)
        rc = refused(b, rc, "setting the domain's node affinity");

out:
    vnuma_bitmap_dispose(&pnodes);
    return rc;
}

static void tell_progress(builder *b, uint32_t pnode)
{
    vnuma__progress progress = {
        .pnode = pnode,
        .done_pages = b->built.num_pages,
        .all_pages = b->all_pages,
    };

    if (b->build->progress)
        b->build->progress(b->build->user, &progress);
}

/* Extents [first, end) of one order become extents of the next smaller. */
static int split(vnuma__share *share, unsigned int index, uint64_t first)
{
    const vnuma__extents *from = &share->extents[index];
    unsigned int order = vnuma__orders[index + 1];
    uint64_t pieces = UINT64_C(1) << (vnuma__orders[index] - order);
    uint64_t i, piece;
    int rc;

    for (i = first; i < from->num_gfns; i++)
        for (piece = 0; piece < pieces; piece++) {
            rc = vnuma__extents_add(&share->extents[index + 1],
                                    from->gfns[i] + (piece << order));
            if (rc)
                return rc;
        }
    return 0;
}

static int ran_dry(builder *b, const vnuma__share *share)
{
    char vnodes[160];

    name_vnodes(b->build->layout, share->pnode, vnodes, sizeof(vnodes));
    vnuma__error(b->diags, "no-fit", VNUMA__NOWHERE,
                 "%s: pnode %" PRIu32
                 " ran out of memory while it was populated, at %" PRIu64
                 " of %" PRIu64 " MiB of the guest; something else took it "
                 "in the meantime",
                 vnodes, share->pnode, PAGES_TO_MIB(b->built.num_pages),
                 PAGES_TO_MIB(b->all_pages));
    return VNUMA_ERROR_NOFIT;
}

static int populate_order(builder *b, vnuma__share *share, unsigned int index,
                          vnuma__built_share *built)
{
    const vnuma__extents *extents = &share->extents[index];
    unsigned int order = vnuma__orders[index];
    uint64_t batch = VNUMA__BATCH_BYTES >> (order + VNUMA__PAGE_SHIFT);
    uint64_t next = 0, num, done;
    int rc;

    while (next < extents->num_gfns) {
        num = extents->num_gfns - next;
        if (num > batch)
            num = batch;
        rc = vnuma__hv_populate(b->hv, b->build->domid, order, share->pnode,
                                extents->gfns + next, num, &done);
        if (rc)
            return refused(b, rc, "populating the guest's memory");
        next += done;
        built->num_extents[index] += done;
        b->built.num_pages += done << order;
        tell_progress(b, share->pnode);
        if (done < num)
            break;
    }
    if (next == extents->num_gfns)
        return 0;
    if (order == 0)
        return ran_dry(b, share);
    rc = split(share, index, next);
    return rc ? refused(b, rc, "populating the guest's memory") : 0;
}

static int populate_share(builder *b, vnuma__share *share)
{
    vnuma__built_share *built = &b->built.shares[b->built.num_shares++];
    unsigned int index;
    int rc;

    built->pnode = share->pnode;
    for (index = 0; index < VNUMA__NUM_ORDERS; index++) {
        rc = populate_order(b, share, index, built);
        if (rc)
            return rc;
    }
    return 0;
}

/* A claim on a dying domain would be lost: it goes before anything else. */
static int populate_shares(builder *b)
{
    uint32_t i;
    int rc = 0, r;

    if (b->build->claim) {
        rc = vnuma__hv_claim(b->hv, b->build->domid, b->all_pages);
        if (rc)
            return refused(b, rc, "claiming the guest's memory");
    }
    for (i = 0; i < b->extents.num_shares && !rc; i++)
        rc = populate_share(b, &b->extents.shares[i]);

    if (b->build->claim) {
        r = vnuma__hv_claim(b->hv, b->build->domid, 0);
        if (r && !rc)
            rc = refused(b, r, "giving back the claim");
    }
    return rc;
}

int vnuma__populate(vnuma__hv *hv, const vnuma__build *build,
                    vnuma__built *built_r, vnuma_diags *diags)
{
    builder b = { .hv = hv, .build = build, .diags = diags };
    uint64_t calls_before = hv->num_populates;
    int rc;

    vnuma__extent_plan_init(&b.extents);
    vnuma__built_init(&b.built);

    rc = vnuma__extent_plan_build(build->layout, build->vga_hole, &b.extents);
    if (rc == VNUMA_ERROR_CONFIG)
        vnuma__error(diags, "bad-layout", VNUMA__NOWHERE,
                     "the guest's memory ranges make no sense");
    if (rc)
        goto out;

    b.built.shares = calloc(b.extents.num_shares, sizeof(*b.built.shares));
    if (!b.built.shares) {
        rc = refused(&b, VNUMA_ERROR_NOMEM, "populating the guest's memory");
        goto out;
    }
    rc = check_memory(&b);
    if (rc)
        goto out;
    rc = narrow_node_affinity(&b);
    if (rc)
        goto out;
    rc = populate_shares(&b);
    if (rc)
        goto out;

    b.built.num_calls = hv->num_populates - calls_before;
    *built_r = b.built;
    vnuma__built_init(&b.built);

out:
    vnuma__extent_plan_dispose(&b.extents);
    vnuma__built_dispose(&b.built);
    return rc;
}
