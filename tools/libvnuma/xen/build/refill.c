/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for a restored guest; see refill.h. */
#include "config.h"

#include "xen/build/refill.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How many pages one hypercall gives back. */
#define RELEASE_BATCH 4096u
/* Named pages are sorted by pnode in batches of this many. */
#define NAME_BATCH 1024u
/* In the place of a set's number: a page in no range. */
#define NO_SET UINT32_MAX

#define RESTORING "restoring the guest's memory"

void vnuma__refill_dispose(vnuma__refill *refill)
{
    free(refill->named);
    vnuma__built_dispose(&refill->built);
    memset(refill, 0, sizeof(*refill));
}

/* ---- pages and their bits ----------------------------------------------- */

/* The VGA hole is inside a range, but the device model fills it. */
static bool is_in_hole(const vnuma__refill *refill, uint64_t gfn)
{
    return refill->build->vga_hole &&
           gfn >= VNUMA__VGA_HOLE_START >> VNUMA__PAGE_SHIFT &&
           gfn < VNUMA__VGA_HOLE_END >> VNUMA__PAGE_SHIFT;
}

static int make_bits(vnuma__refill *refill)
{
    const vnuma__layout *layout = refill->build->layout;
    uint64_t num_gfns = 0;
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++) {
        num_gfns = layout->vmemranges[i].end >> VNUMA__PAGE_SHIFT;
        refill->num_pages +=
            num_gfns - (layout->vmemranges[i].start >> VNUMA__PAGE_SHIFT);
    }
    if (refill->build->vga_hole)
        refill->num_pages -=
            (VNUMA__VGA_HOLE_END - VNUMA__VGA_HOLE_START) >> VNUMA__PAGE_SHIFT;
    refill->named = calloc(num_gfns / 64 + 1, sizeof(uint64_t));
    return refill->named ? 0 : VNUMA_ERROR_NOMEM;
}

/* Returns the range that a page is populated in; num_vmemranges: none. */
static uint32_t find_range(const vnuma__refill *refill, uint64_t gfn)
{
    const vnuma__layout *layout = refill->build->layout;
    const vnuma__vmemrange *range = layout->vmemranges;
    uint32_t i = 0;

    while (i < layout->num_vmemranges &&
           (gfn < range[i].start >> VNUMA__PAGE_SHIFT ||
            gfn >= range[i].end >> VNUMA__PAGE_SHIFT))
        i++;
    return is_in_hole(refill, gfn) ? layout->num_vmemranges : i;
}

static bool test_named(const vnuma__refill *refill, uint64_t gfn)
{
    return refill->named[gfn / 64] >> (gfn % 64) & 1;
}

/* ---- extents and their sets --------------------------------------------- */

static int compare_gfns(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;

    return (*one > *other) - (*one < *other);
}

/*
 * Sorts the extents, so that a page's set can be found.  In guests without
 * policies the range determines the pnode, and they are not kept.
 */
static void sort_extents(vnuma__refill *refill)
{
    vnuma__extent_plan *plan = &refill->built.extents;
    uint32_t i, index;

    for (i = 0; i < VNUMA__MAX_EXTENT_SETS; i++)
        refill->next_set[i] = (uint16_t)i;
    for (i = 0; i < plan->num_sets; i++)
        for (index = 0; index < VNUMA__NUM_ORDERS; index++) {
            vnuma__extents *extents = &plan->sets[i].extents[index];

            if (!vnuma__layout_has_policies(refill->build->layout))
                vnuma__extents_dispose(extents);
            else if (extents->num_gfns)
                qsort(extents->gfns, extents->num_gfns, sizeof(uint64_t),
                      compare_gfns);
        }
}

static bool has_page(const vnuma__extent_set *set, uint64_t gfn)
{
    uint32_t index;

    for (index = 0; index < VNUMA__NUM_ORDERS; index++) {
        const vnuma__extents *extents = &set->extents[index];
        uint64_t first = gfn >> vnuma__orders[index] << vnuma__orders[index];

        if (extents->num_gfns &&
            bsearch(&first, extents->gfns, extents->num_gfns, sizeof(first),
                    compare_gfns))
            return true;
    }
    return false;
}

static uint32_t set_of(const vnuma__refill *refill, uint32_t range,
                       uint64_t gfn)
{
    const vnuma__layout *layout = refill->build->layout;
    uint32_t pnode = layout->vnode_to_pnode[layout->vmemranges[range].vnode];
    bool by_pnode = !vnuma__layout_has_policies(layout);
    const vnuma__extent_set *sets = refill->built.extents.sets;
    uint32_t i;

    for (i = 0; i < refill->built.counts.num_sets - 1; i++)
        if (by_pnode ? sets[i].pnode == pnode : has_page(&sets[i], gfn))
            break;
    return i;
}

/* ---- beginning ---------------------------------------------------------- */

/* Populates all memory if it fits, else nothing if not all is wanted. */
static int refill_populate(vnuma__refill *refill, uint64_t num_wanted)
{
    bool must_be_whole = num_wanted >= refill->num_pages;
    uint64_t calls_before = refill->hv->num_populates;
    vnuma__built *built = &refill->built;
    vnuma_diags tried = { 0 };
    uint32_t i;
    int rc;

    rc = vnuma__populate(refill->hv, refill->build, built,
                         must_be_whole ? refill->diags : &tried);
    refill->is_whole = !rc;
    if (rc == VNUMA_ERROR_NOFIT && !must_be_whole &&
        refill->hv->num_populates == calls_before) {
        /* The sets that it would have made, for single pages. */
        rc = vnuma__built_plan(built, refill->build, refill->diags);
        for (i = 0; i < built->extents.num_sets && !rc; i++)
            vnuma__built_begin(built, &built->extents.sets[i]);
        if (!rc)
            rc = vnuma__narrow_node_affinity(refill->hv, refill->build,
                                             refill->diags);
    } else if (rc && tried.num_items) {
        vnuma__error(refill->diags, "no-fit", VNUMA__NOWHERE, "%s",
                     vnuma_diags_at(&tried, 0)->message);
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
    rc = vnuma__hv_said(diags, make_bits(refill), RESTORING);
    if (!rc)
        rc = vnuma__hv_said(
            diags, vnuma__hv_set_vnuma(hv, build->domid, build->layout),
            "describing the guest's vNUMA");
    if (!rc)
        rc = refill_populate(refill, num_wanted);
    if (!rc)
        sort_extents(refill);
    return rc;
}

/* ---- naming ------------------------------------------------------------- */

/*
 * Adds the next set for the pages of one whose pnode has no memory left.  No
 * other has its pnode and membind: sets begin on the first pnode of theirs.
 */
static int go_on(vnuma__refill *refill, uint32_t number)
{
    vnuma__extent_plan *plan = &refill->built.extents;
    const vnuma__extent_set *set = &plan->sets[number];
    uint32_t pnode = vnuma__membind_next(set->membind, set->pnode);
    vnuma__extent_set *next = NULL;

    if (pnode != VNUMA_PNODE_AUTO)
        next = vnuma__extent_set_add(plan, pnode, set->membind);
    if (!next)
        return vnuma__fail(refill->diags, VNUMA_ERROR_NOFIT, "no-fit",
                           "pnode %" PRIu32
                           " ran out of memory while the guest "
                           "was restored",
                           refill->built.counts.sets[number].pnode);
    refill->next_set[number] = (uint16_t)(next - plan->sets);
    vnuma__built_begin(&refill->built, next);
    return 0;
}

static int populate_pages(vnuma__refill *refill, uint32_t number,
                          const uint64_t *gfns, uint64_t num_gfns)
{
    uint64_t done;
    int rc;

    for (;;) {
        while (refill->next_set[number] != number)
            number = refill->next_set[number];
        if (vnuma__hv_populate(refill->hv, refill->build->domid, 0,
                               refill->built.counts.sets[number].pnode, gfns,
                               num_gfns, &done))
            return vnuma__hv_said(refill->diags, VNUMA_ERROR_XEN,
                                  "populating the guest's memory");
        refill->built.counts.num_calls++;
        refill->built.counts.num_pages += done;
        refill->built.counts.sets[number].num_4k += done;
        if (done == num_gfns)
            return 0;
        gfns += done;
        num_gfns -= done;
        rc = go_on(refill, number);
        if (rc)
            return rc;
    }
}

static int populate_others(vnuma__refill *refill, const uint64_t *gfns,
                           uint64_t num_gfns)
{
    const vnuma__build *build = refill->build;
    uint64_t first, rest = 0;

    vnuma__hv_populate(refill->hv, build->domid, 0,
                       build->layout->vnode_to_pnode[0], gfns, num_gfns,
                       &first);
    if (first < num_gfns)
        vnuma__hv_populate(refill->hv, build->domid, 0, VNUMA_PNODE_AUTO,
                           gfns + first, num_gfns - first, &rest);
    if (first + rest == num_gfns)
        return 0;
    return vnuma__fail(
        refill->diags, VNUMA_ERROR_NOFIT, "no-fit",
        "there is no memory for the guest's special pages and video RAM");
}

/* Populates the pages of a batch, in one call for each set. */
static int populate_piece(vnuma__refill *refill, const uint64_t *gfns,
                          const uint32_t *sets, unsigned int num)
{
    uint64_t same[NAME_BATCH];
    bool done[NAME_BATCH] = { false };
    unsigned int i, j, num_same;
    int rc;

    for (i = 0; i < num; i++) {
        if (done[i])
            continue;
        for (num_same = 0, j = i; j < num; j++)
            if (!done[j] && sets[j] == sets[i]) {
                same[num_same++] = gfns[j];
                done[j] = true;
            }
        rc = sets[i] == NO_SET
                 ? populate_others(refill, same, num_same)
                 : populate_pages(refill, sets[i], same, num_same);
        if (rc)
            return rc;
    }
    return 0;
}

int vnuma__refill_name(vnuma__refill *refill, const uint64_t *gfns,
                       uint64_t num_gfns)
{
    uint64_t new_gfns[NAME_BATCH], i;
    uint32_t sets[NAME_BATCH], range;
    unsigned int num_new = 0;
    int rc = 0;

    for (i = 0; i < num_gfns && !rc; i++) {
        new_gfns[num_new] = gfns[i];
        range = find_range(refill, gfns[i]);
        if (range == refill->build->layout->num_vmemranges) {
            sets[num_new++] = NO_SET;
        } else {
            if (!refill->is_whole && !test_named(refill, gfns[i]))
                sets[num_new++] = set_of(refill, range, gfns[i]);
            refill->named[gfns[i] / 64] |= UINT64_C(1) << (gfns[i] % 64);
        }
        if (num_new == NAME_BATCH) {
            rc = populate_piece(refill, new_gfns, sets, num_new);
            num_new = 0;
        }
    }
    return rc ? rc : populate_piece(refill, new_gfns, sets, num_new);
}

/* ---- ending ------------------------------------------------------------- */

/*
 * Pages taken from a set are counted singly: an extent that loses one is
 * broken up, and how Xen stores the rest is not known.
 */
static int release(vnuma__refill *refill, uint64_t *gfns, uint64_t num)
{
    refill->built.counts.num_pages -= num;
    return vnuma__hv_said(
        refill->diags,
        vnuma__hv_release(refill->hv, refill->build->domid, gfns, num),
        "giving back pages that the guest did not have");
}

int vnuma__refill_end(vnuma__refill *refill)
{
    const vnuma__layout *layout = refill->build->layout;
    uint64_t *gfns, gfn, num = 0;
    uint32_t i;
    int rc = 0;

    if (!refill->is_whole)
        return 0;
    gfns = calloc(RELEASE_BATCH, sizeof(*gfns));
    if (!gfns)
        return vnuma__hv_said(refill->diags, VNUMA_ERROR_NOMEM, RESTORING);
    for (i = 0; i < layout->num_vmemranges; i++)
        for (gfn = layout->vmemranges[i].start >> VNUMA__PAGE_SHIFT;
             gfn < layout->vmemranges[i].end >> VNUMA__PAGE_SHIFT && !rc;
             gfn++) {
            if (test_named(refill, gfn) || is_in_hole(refill, gfn))
                continue;
            gfns[num++] = gfn;
            refill->built.counts.sets[set_of(refill, i, gfn)].num_released++;
            if (num == RELEASE_BATCH) {
                rc = release(refill, gfns, num);
                num = 0;
            }
        }
    if (!rc && num)
        rc = release(refill, gfns, num);
    free(gfns);
    return rc;
}
