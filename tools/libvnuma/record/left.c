/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What killed processes left of a guest; see left.h. */
#include "config.h"

#include "record/left.h"

#include <string.h>

/* xl's names for a guest that comes, and for one that it has given away. */
#define INCOMING "--incoming"
#define AWAY "--migratedaway"

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && !strcmp(name + len - end_len, end);
}

/* While a guest moves on one host both domains have its UUID. */
static const vnuma__found *find(const vnuma__found *found, unsigned int num,
                                const char *uuid, uint32_t domid,
                                bool is_other)
{
    unsigned int i;

    for (i = 0; i < num; i++)
        if (!strcmp(found[i].uuid, uuid) &&
            (domid == VNUMA_ID_UNKNOWN ||
             (found[i].domid == domid) != is_other))
            return &found[i];
    return NULL;
}

static vnuma__left_state judge_arriving(const vnuma__left *left,
                                        const vnuma__found *it,
                                        const vnuma__found *other)
{
    if (!it->is_new)
        return VNUMA__LEFT_NOTHING;
    if (!left->is_whole)
        return VNUMA__LEFT_HALF; /* so its sender was not told to give it */
    if (!ends_with(it->name, INCOMING))
        return VNUMA__LEFT_NOTHING;
    if (left->is_given || (other && ends_with(other->name, AWAY)))
        return VNUMA__LEFT_GIVEN;
    return other ? VNUMA__LEFT_HALF : VNUMA__LEFT_UNSURE;
}

/*
 * A guest that was given away stays suspended: the other copy is a guest now,
 * or will be.  On this host it is seen.
 */
static vnuma__left_state judge_leaving(const vnuma__found *it,
                                       const vnuma__found *other)
{
    if (!ends_with(it->name, AWAY))
        return it->is_suspended ? VNUMA__LEFT_SUSPENDED : VNUMA__LEFT_LEAVING;
    if (!it->is_suspended)
        return VNUMA__LEFT_NOTHING;
    if (!other)
        return VNUMA__LEFT_AWAY;
    return ends_with(other->name, INCOMING) ? VNUMA__LEFT_NOTHING
                                            : VNUMA__LEFT_HALF;
}

vnuma__left_state vnuma__left_judge(const vnuma__left *left,
                                    const vnuma__found *found,
                                    unsigned int num_found, uint32_t *domid_r)
{
    const vnuma__flight *flight = &left->flight;
    const vnuma__found *other = NULL,
                       *it = find(found, num_found, flight->uuid,
                                  flight->domid, false);

    if (!it)
        return VNUMA__LEFT_NOTHING;
    *domid_r = it->domid;
    other = find(found, num_found, flight->uuid, it->domid, true);
    switch (flight->kind) {
    case VNUMA__FLIGHT_ARRIVE:
        return judge_arriving(left, it, other);
    case VNUMA__FLIGHT_LEAVE:
        return judge_leaving(it, other);
    default:
        /* One that ran is another guest by now. */
        return left->is_whole || !it->is_new ? VNUMA__LEFT_NOTHING
                                             : VNUMA__LEFT_HALF;
    }
}
