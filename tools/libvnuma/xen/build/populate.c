/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Populates the extents of a layout.  For each pnode: all 1 GiB extents, then
 * all 2 MiB, then all 4 KiB ones, each order in calls of at most
 * VNUMA__BATCH_BYTES.  Extents of an order for which a node has no memory are
 * split into the next smaller order.  Without memory for a 4 KiB page building
 * fails, unless the vnode only prefers the pnode: then the page is populated
 * on the next one.
 *
 * Only one thread populates: Xen keeps a scrubbed page for the domain being
 * built and relies on a single builder.
 */
#include "config.h"

#include "xen/build/populate.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POPULATING "populating the guest's memory"
#define PAGES_TO_MIB(pages) ((pages) >> (20 - VNUMA__PAGE_SHIFT))

/* ---- what was built ----------------------------------------------------- */

void vnuma__built_dispose(vnuma__built *built)
{
    vnuma_xen_built_dispose(&built->counts);
    vnuma__extent_plan_dispose(&built->extents);
}

int vnuma__built_plan(vnuma__built *built, const vnuma__build *build,
                      vnuma_diags *diags)
{
    int rc;

    rc = vnuma__extent_plan_build(build->layout, build->vga_hole,
                                  &built->extents);
    if (rc == VNUMA_ERROR_CONFIG)
        return vnuma__fail(diags, rc, "bad-layout",
                           "the guest's memory ranges are invalid");
    built->counts.sets =
        calloc(VNUMA__MAX_EXTENT_SETS, sizeof(*built->counts.sets));
    if (!built->counts.sets)
        rc = VNUMA_ERROR_NOMEM;
    return vnuma__hv_said(diags, rc, POPULATING);
}

vnuma_xen_extent_set *vnuma__built_begin(vnuma__built *built,
                                         const vnuma__extent_set *set)
{
    vnuma_xen_extent_set *begun =
        &built->counts.sets[built->counts.num_sets++];

    begun->pnode = set->pnode;
    begun->preferred = set->membind ? set->membind->pnodes[0] : set->pnode;
    return begun;
}

/* ---- populating --------------------------------------------------------- */

typedef struct {
    vnuma__hv *hv;
    const vnuma__build *build;
    vnuma__built *built; /* empty until the end if that is a failure */
    uint64_t all_pages;
    vnuma_diags *diags;
    char vnodes[160]; /* name_vnodes()'s */
} builder;

/* Whether the vnode must have, or prefers, memory there. */
static bool lives_on(const vnuma__layout *layout, uint32_t vnode,
                     uint32_t pnode)
{
    const vnuma_membind *membind = &layout->membinds[vnode];

    return membind->policy == VNUMA_POLICY_INTERLEAVE
               ? vnuma__membind_has(membind, pnode)
               : layout->vnode_to_pnode[vnode] == pnode;
}

/* "vnodes 0, 2" or "vnode 1": those with memory on a pnode. */
static const char *name_vnodes(builder *b, uint32_t pnode)
{
    const vnuma__layout *layout = b->build->layout;
    size_t len, size = sizeof(b->vnodes);
    uint32_t vnode, found = 0;

    for (vnode = 0; vnode < layout->num_vnodes; vnode++)
        found += lives_on(layout, vnode, pnode);
    len = snprintf(b->vnodes, size, found == 1 ? "vnode" : "vnodes");
    found = 0;
    for (vnode = 0; vnode < layout->num_vnodes && len < size; vnode++)
        if (lives_on(layout, vnode, pnode))
            len += snprintf(b->vnodes + len, size - len, "%s %" PRIu32,
                            found++ ? "," : "", vnode);
    return b->vnodes;
}

static void report_shortage(builder *b, uint32_t pnode, uint64_t need_pages,
                            uint64_t free_pages)
{
    uint64_t need_mib = PAGES_TO_MIB(need_pages + 255);
    uint64_t free_mib = PAGES_TO_MIB(free_pages);

    /* Rounded so that the numbers add up and no shortage looks smaller. */
    vnuma__error(b->diags, "no-fit", VNUMA__NOWHERE,
                 "%s: needs %" PRIu64 " MiB on pnode %" PRIu32 ", %" PRIu64
                 " MiB free, %" PRIu64 " MiB missing",
                 name_vnodes(b, pnode), need_mib, pnode, free_mib,
                 need_mib - free_mib);
}

/*
 * Reports for each pnode what it lacks for strict vnodes, all of whose extents
 * there are one set, and for later pages.
 */
static int check_strict(builder *b, vnuma__rooms *rooms)
{
    const vnuma__extent_plan *plan = &b->built->extents;
    uint32_t i;
    int rc = 0;

    for (i = 0; i < plan->num_sets; i++) {
        const vnuma__extent_set *set = &plan->sets[i];
        const uint64_t *room = vnuma__room_on(rooms, set->pnode);
        uint64_t need = vnuma__extent_set_pages(set);

        b->all_pages += need;
        if (set->pnode == b->build->layout->vnode_to_pnode[0])
            need += b->build->later_pages;
        if (room && (set->membind || *room >= need))
            continue;
        rc = VNUMA_ERROR_NOFIT;
        if (room)
            report_shortage(b, set->pnode, need, *room);
        else
            vnuma__error(b->diags, "pnode-unknown", VNUMA__NOWHERE,
                         "the host has no pnode %" PRIu32, set->pnode);
    }
    return rc;
}

/* Lets preferred vnodes spill over; keeps memory for later pages. */
static int spill(builder *b, vnuma__rooms *rooms)
{
    uint64_t pages, *first = vnuma__room_on(
                        rooms, b->build->layout->vnode_to_pnode[0]);
    const vnuma__extent_set *set;
    int rc;

    if (first)
        *first -= vnuma__min(*first, b->build->later_pages);
    rc = vnuma__extent_plan_spill(&b->built->extents, rooms, &set, &pages);
    if (rc || !set)
        return vnuma__hv_said(b->diags, rc, POPULATING);
    return vnuma__fail(b->diags, VNUMA_ERROR_NOFIT, "no-fit",
                       "%s: pnode %" PRIu32 " and all others lack memory "
                       "for the last %" PRIu64 " MiB",
                       name_vnodes(b, set->pnode), set->pnode,
                       PAGES_TO_MIB(pages + 255));
}

static int check_memory(builder *b)
{
    vnuma__rooms rooms = { .exists = { false } };
    int rc;

    rc = vnuma__hv_said(b->diags, vnuma__hv_get_memory(b->hv, &rooms),
                        "asking for each node's free memory");
    if (!rc)
        rc = check_strict(b, &rooms);
    return rc ? rc : spill(b, &rooms);
}

int vnuma__narrow_node_affinity(vnuma__hv *hv, const vnuma__build *build,
                                vnuma_diags *diags)
{
    vnuma_bitmap pnodes = { 0 };
    int rc = vnuma_bitmap_set(&pnodes, build->layout->vnode_to_pnode[0]);

    if (!rc)
        rc = vnuma__hv_set_node_affinity(hv, build->domid, &pnodes);
    vnuma_bitmap_dispose(&pnodes);
    return vnuma__hv_said(diags, rc, "setting the domain's node affinity");
}

static int ran_dry(builder *b, const vnuma__extent_set *set)
{
    return vnuma__fail(
        b->diags, VNUMA_ERROR_NOFIT, "no-fit",
        "%s: pnode %" PRIu32
        " ran out of memory while it was populated, at %" PRIu64 " of %" PRIu64
        " MiB of the guest; something else took it "
        "in the meantime",
        name_vnodes(b, set->pnode), set->pnode,
        PAGES_TO_MIB(b->built->counts.num_pages), PAGES_TO_MIB(b->all_pages));
}

/* Moves the remaining pages of a preferred set to its next pnode. */
static int go_on(builder *b, vnuma__extent_set *set, uint64_t first)
{
    uint32_t pnode = vnuma__membind_next(set->membind, set->pnode);
    vnuma__extent_set *next = NULL;

    if (pnode != VNUMA_PNODE_AUTO)
        next = vnuma__extent_set_add(&b->built->extents, pnode, set->membind);
    if (!next)
        return ran_dry(b, set);
    return vnuma__hv_said(b->diags,
                          vnuma__extent_set_move(set, VNUMA__4K, first, next),
                          POPULATING);
}

static int populate_order(builder *b, vnuma__extent_set *set,
                          unsigned int index, uint64_t *num_done)
{
    const vnuma__extents *extents = &set->extents[index];
    unsigned int order = vnuma__orders[index];
    uint64_t batch = VNUMA__BATCH_BYTES >> (order + VNUMA__PAGE_SHIFT);
    uint64_t next = 0, num, done;
    int rc;

    while (next < extents->num_gfns) {
        num = vnuma__min(extents->num_gfns - next, batch);
        rc = vnuma__hv_populate(b->hv, b->build->domid, order, set->pnode,
                                extents->gfns + next, num, &done);
        if (rc)
            return vnuma__hv_said(b->diags, rc, POPULATING);
        next += done;
        *num_done += done;
        b->built->counts.num_pages += done << order;
        if (b->build->progress)
            b->build->progress(b->build->user, b->build->domid, set->pnode,
                               b->built->counts.num_pages, b->all_pages);
        if (done < num)
            break;
    }
    if (next == extents->num_gfns)
        return 0;
    if (order == 0)
        return go_on(b, set, next);
    return vnuma__hv_said(b->diags, vnuma__extent_set_split(set, index, next),
                          POPULATING);
}

static int populate_set(builder *b, vnuma__extent_set *set)
{
    vnuma_xen_extent_set *built = vnuma__built_begin(b->built, set);
    uint64_t *const num_done[] = {
        [VNUMA__1G] = &built->num_1g,
        [VNUMA__2M] = &built->num_2m,
        [VNUMA__4K] = &built->num_4k,
    };
    unsigned int index;
    int rc = 0;

    for (index = 0; index < VNUMA__NUM_ORDERS && !rc; index++)
        rc = populate_order(b, set, index, num_done[index]);
    return rc;
}

/* Cancels the claim on failure too, so that nothing of it is left. */
static int populate_sets(builder *b)
{
    uint32_t i;
    int rc = 0, r;

    if (b->build->claim)
        rc = vnuma__hv_said(
            b->diags, vnuma__hv_claim(b->hv, b->build->domid, b->all_pages),
            "claiming the guest's memory");
    if (rc)
        return rc;
    /* go_on() may add sets during the loop. */
    for (i = 0; i < b->built->extents.num_sets && !rc; i++)
        rc = populate_set(b, &b->built->extents.sets[i]);

    if (b->build->claim) {
        r = vnuma__hv_claim(b->hv, b->build->domid, 0);
        if (r && !rc)
            rc = vnuma__hv_said(b->diags, r, "giving back the claim");
    }
    return rc;
}

int vnuma__populate(vnuma__hv *hv, const vnuma__build *build,
                    vnuma__built *built_r, vnuma_diags *diags)
{
    builder b = { .hv = hv, .build = build, .built = built_r, .diags = diags };
    uint64_t calls_before = hv->num_populates;
    int rc = vnuma__built_plan(built_r, build, diags);

    if (!rc)
        rc = check_memory(&b);
    if (!rc)
        rc = vnuma__narrow_node_affinity(hv, build, diags);
    if (!rc)
        rc = populate_sets(&b);
    built_r->counts.num_calls = hv->num_populates - calls_before;
    if (rc)
        vnuma__built_dispose(built_r);
    return rc;
}
