/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents to pnodes, by the vnode's policy.  Strict ones stay on their pnode;
 * interleaved ones are dealt out before anything of the host is known;
 * preferred ones spill over once each node's free memory is known.
 */
#include "config.h"

#include "layout/extent_plan.h"

/*
 * ---- sets of extents
 * --------------------------------------------------------
 */

/* Vnodes that prefer the same pnode have the same list of pnodes. */
static bool is_alike(const vnuma_place *a, const vnuma_place *b)
{
    return !a || !b ? a == b : a->pnodes[0] == b->pnodes[0];
}

vnuma__share *vnuma__share_add(vnuma__extent_plan *plan, uint32_t pnode,
                               const vnuma_place *place)
{
    vnuma__share *share;

    if (plan->num_shares == VNUMA__MAX_SHARES)
        return NULL;
    share = &plan->shares[plan->num_shares++];
    share->pnode = pnode;
    share->place = place;
    return share;
}

vnuma__share *vnuma__share_find(vnuma__extent_plan *plan, uint32_t pnode,
                                const vnuma_place *place)
{
    uint32_t i;

    for (i = 0; i < plan->num_shares; i++)
        if (plan->shares[i].pnode == pnode &&
            is_alike(plan->shares[i].place, place))
            return &plan->shares[i];
    return vnuma__share_add(plan, pnode, place);
}

int vnuma__share_split(vnuma__share *share, unsigned int index, uint64_t first)
{
    vnuma__extents *from = &share->extents[index];
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
    from->num_gfns = first;
    return 0;
}

int vnuma__share_move(vnuma__share *from, unsigned int index, uint64_t first,
                      vnuma__share *to)
{
    vnuma__extents *extents = &from->extents[index];
    uint64_t i;
    int rc;

    for (i = first; i < extents->num_gfns; i++) {
        rc = vnuma__extents_add(&to->extents[index], extents->gfns[i]);
        if (rc)
            return rc;
    }
    extents->num_gfns = first;
    return 0;
}

uint64_t vnuma__share_pages(const vnuma__share *share)
{
    uint64_t pages = 0;
    uint32_t i;

    for (i = 0; i < VNUMA__NUM_ORDERS; i++)
        pages += share->extents[i].num_gfns << vnuma__orders[i];
    return pages;
}

/* ---- interleave ------------------------------------------------------------ */

/* Extent i goes to pnode i modulo the number of pnodes. */
static int deal_order(vnuma__extent_plan *plan, const vnuma__extents *extents,
                      unsigned int index, const vnuma_place *place)
{
    vnuma__share *share;
    uint64_t i;
    int rc;

    for (i = 0; i < extents->num_gfns; i++) {
        share = vnuma__share_find(plan, place->pnodes[i % place->num_pnodes],
                                  NULL);
        if (!share)
            return VNUMA_ERROR_NOMEM;
        rc = vnuma__extents_add(&share->extents[index], extents->gfns[i]);
        if (rc)
            return rc;
    }
    return 0;
}

/* 1 GiB pages that would give one pnode more than another are split first. */
int vnuma__share_deal(vnuma__extent_plan *plan, vnuma__share *share,
                      const vnuma_place *place)
{
    uint64_t whole = share->extents[VNUMA__1G].num_gfns;
    unsigned int index;
    int rc;

    rc = vnuma__share_split(share, VNUMA__1G,
                            whole - whole % place->num_pnodes);
    for (index = 0; index < VNUMA__NUM_ORDERS && !rc; index++)
        rc = deal_order(plan, &share->extents[index], index, place);
    return rc;
}

/* ---- preferred ------------------------------------------------------------- */

uint32_t vnuma__place_next(const vnuma_place *place, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i + 1 < place->num_pnodes; i++)
        if (place->pnodes[i] == pnode)
            return place->pnodes[i + 1];
    return VNUMA_PNODE_AUTO;
}

static vnuma__room *find_room(vnuma__room *rooms, unsigned int num_rooms,
                              uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < num_rooms; i++)
        if (rooms[i].pnode == pnode)
            return &rooms[i];
    return NULL;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Moves exactly @pages pages, the last extents first. */
static int move_pages(vnuma__share *from, vnuma__share *to, uint64_t pages)
{
    unsigned int index;
    uint64_t num;
    int rc;

    for (index = 0; index < VNUMA__NUM_ORDERS && pages; index++) {
        vnuma__extents *extents = &from->extents[index];
        unsigned int order = vnuma__orders[index];

        num = min_u64(pages >> order, extents->num_gfns);
        rc = vnuma__share_move(from, index, extents->num_gfns - num, to);
        if (rc)
            return rc;
        pages -= num << order;
        if (!pages || !extents->num_gfns)
            continue;
        rc = vnuma__share_split(from, index, extents->num_gfns - 1);
        if (rc)
            return rc;
    }
    return 0;
}

/* Moves what does not fit on a pnode to the next ones with free memory. */
static int spill_share(vnuma__extent_plan *plan, uint32_t index,
                       vnuma__room *rooms, unsigned int num_rooms,
                       uint64_t *excess)
{
    vnuma__share *share = &plan->shares[index], *to;
    uint32_t pnode = share->pnode;
    vnuma__room *room;
    uint64_t part;
    int rc;

    while (*excess) {
        pnode = vnuma__place_next(share->place, pnode);
        if (pnode == VNUMA_PNODE_AUTO)
            return 0;
        room = find_room(rooms, num_rooms, pnode);
        part = room ? min_u64(room->pages, *excess) : 0;
        if (!part)
            continue;
        to = vnuma__share_find(plan, pnode, share->place);
        if (!to)
            return 0;
        rc = move_pages(share, to, part);
        if (rc)
            return rc;
        room->pages -= part;
        *excess -= part;
    }
    return 0;
}

/* Takes free memory for a set; returns how many pages do not fit. */
static uint64_t take_room(const vnuma__share *share, vnuma__room *room)
{
    uint64_t pages = vnuma__share_pages(share);
    uint64_t part = room ? min_u64(room->pages, pages) : 0;

    if (room)
        room->pages -= part;
    return pages - part;
}

/*
 * Strict sets take their memory first, then preferred ones on their own pnode;
 * what is left of these then spills over.
 */
int vnuma__extent_plan_spill(vnuma__extent_plan *plan, vnuma__room *rooms,
                             unsigned int num_rooms,
                             const vnuma__share **short_r, uint64_t *pages_r)
{
    uint64_t excess[VNUMA__MAX_SHARES] = { 0 };
    uint32_t num_shares = plan->num_shares, i;
    bool has_place;
    int rc;

    *short_r = NULL;
    for (has_place = false;; has_place = true) {
        for (i = 0; i < num_shares; i++)
            if (!plan->shares[i].place != has_place)
                excess[i] = take_room(
                    &plan->shares[i],
                    find_room(rooms, num_rooms, plan->shares[i].pnode));
        if (has_place)
            break;
    }
    for (i = 0; i < num_shares; i++) {
        if (plan->shares[i].place) {
            rc = spill_share(plan, i, rooms, num_rooms, &excess[i]);
            if (rc)
                return rc;
        }
        if (excess[i] && !*short_r) {
            *short_r = &plan->shares[i];
            *pages_r = excess[i];
        }
    }
    return 0;
}
