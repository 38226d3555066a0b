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

/* How long it is without what xl adds to it. */
static size_t own_len(const char *name)
{
    size_t len = strlen(name);

    if (ends_with(name, INCOMING))
        return len - strlen(INCOMING);
    return ends_with(name, AWAY) ? len - strlen(AWAY) : len;
}

static bool has_same_name(const vnuma__found *a, const vnuma__found *b)
{
    size_t len = own_len(a->name);

    return len == own_len(b->name) && !strncmp(a->name, b->name, len);
}

/* xl writes the number down before the domain has a name. */
static bool is_that_of(const vnuma__flight *flight, const vnuma__found *it)
{
    return !strcmp(it->uuid, flight->uuid) &&
           (flight->domid == VNUMA_ID_UNKNOWN ? !*it->name
                                              : it->domid == flight->domid);
}

static const vnuma__found *find(const vnuma__found *found, unsigned int num,
                                const vnuma__flight *flight)
{
    unsigned int i;

    for (i = 0; i < num; i++)
        if (is_that_of(flight, &found[i]))
            return &found[i];
    return NULL;
}

/* While a guest moves on one host both domains have its UUID. */
static const vnuma__found *find_other(const vnuma__found *found,
                                      unsigned int num, const vnuma__found *it)
{
    unsigned int i;

    for (i = 0; i < num; i++)
        if (&found[i] != it && !strcmp(found[i].uuid, it->uuid) &&
            has_same_name(&found[i], it))
            return &found[i];
    return NULL;
}

static vnuma__left_state given(const vnuma__left *left)
{
    return left->flight.kind == VNUMA__FLIGHT_ARRIVE_PAUSED
               ? VNUMA__LEFT_PAUSED
               : VNUMA__LEFT_GIVEN;
}

static vnuma__left_state judge_arriving(const vnuma__left *left,
                                        const vnuma__found *it,
                                        const vnuma__found *other)
{
    if (!it->is_new)
        return VNUMA__LEFT_NOTHING;
    if (!left->is_whole)
        return VNUMA__LEFT_HALF; /* so its sender was not told to give it */
    /* It is named as it will be; some names end so by themselves. */
    if (!ends_with(it->name, INCOMING) || !strcmp(it->name, left->flight.name))
        return VNUMA__LEFT_NOTHING;
    if (left->is_given)
        return given(left);
    if (!other)
        return VNUMA__LEFT_UNSURE;
    if (!ends_with(other->name, AWAY))
        return VNUMA__LEFT_HALF;
    return other->is_leaving ? given(left) : VNUMA__LEFT_UNSURE;
}

/*
 * A guest that was given away stays suspended: the other copy is a guest now,
 * or will be.  On this host it is seen.
 */
static vnuma__left_state judge_leaving(const vnuma__left *left,
                                       const vnuma__found *it,
                                       const vnuma__found *other)
{
    /* Its device model may be gone, and without that it is no guest. */
    if (left->is_whole && it->is_suspended)
        return VNUMA__LEFT_GONE;
    if (!ends_with(it->name, AWAY))
        return it->is_suspended ? VNUMA__LEFT_SUSPENDED : VNUMA__LEFT_LEAVING;
    if (!it->is_suspended)
        return VNUMA__LEFT_NOTHING;
    if (!other)
        return VNUMA__LEFT_AWAY;
    return ends_with(other->name, INCOMING) ? VNUMA__LEFT_BOTH
                                            : VNUMA__LEFT_HALF;
}

vnuma__left_state vnuma__left_judge(const vnuma__left *left,
                                    const vnuma__found *found,
                                    unsigned int num_found, uint32_t *domid_r)
{
    const vnuma__flight *flight = &left->flight;
    const vnuma__found *it = find(found, num_found, flight), *other;

    if (!it)
        return VNUMA__LEFT_NOTHING;
    *domid_r = it->domid;
    other = find_other(found, num_found, it);
    switch (flight->kind) {
    case VNUMA__FLIGHT_ARRIVE:
    case VNUMA__FLIGHT_ARRIVE_PAUSED:
        return judge_arriving(left, it, other);
    case VNUMA__FLIGHT_LEAVE:
        return judge_leaving(left, it, other);
    default:
        /* One that ran is another guest by now. */
        return left->is_whole || !it->is_new ? VNUMA__LEFT_NOTHING
                                             : VNUMA__LEFT_HALF;
    }
}
