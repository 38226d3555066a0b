/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of vdistances=.  The rules are those of the ACPI SLIT, the table that
 * the guest gets: an entry has 8 bits, 10 is local by definition, and 255 is
 * unreachable.  Linux drops the whole table when a local entry is not 10 or a
 * remote one is not larger.
 */
#include "config.h"

#include "check/check.h"

#include <inttypes.h>
#include <stdlib.h>

/* Whether a vnode has one distance for each vnode. */
static bool is_row(const vnuma_config *config, unsigned int i)
{
    return config->vnodes[i].num_distances == config->num_vnodes;
}

static void check_vdistances_count(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    unsigned int num = vnode->num_distances, wanted = c->config->num_vnodes;

    if (!vnuma__is_given(vnode->distances_span) || num == wanted)
        return;
    report(
        c,
        num > wanted ? vnode->distances[wanted].span : vnode->distances_span,
        "vnode %u has %u vdistances, not %u (one per vnode)", i, num, wanted);
    if (num > wanted)
        hint(c, "remove the numbers from here on, or add the vnode that is "
                "missing");
    else
        hint(c,
             "the first is the distance to vnode 0; that to vnode %u itself "
             "is 10",
             i);
}

static void check_vdistances_partial(vnuma__checking *c)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    unsigned int num = c->config->num_vnodes, given = 0, missing = 0;

    while (given < num && !vnuma__is_given(vnodes[given].distances_span))
        given++;
    while (missing < num && vnuma__is_given(vnodes[missing].distances_span))
        missing++;
    if (given == num || missing == num)
        return;
    report(c, vnodes[missing].span,
           "vnode %u has no vdistances=, but vnode %u has", missing, given);
    related(c, vnodes[given].distances_span, "given here");
    hint(c, "give them in every vnode, or in none to have those of the host");
}

/* The place of the only 10 in row i, if it is not i; else num_vnodes. */
static unsigned int find_misplaced_local(const vnuma_config *config,
                                         unsigned int i)
{
    unsigned int j, found = config->num_vnodes, num = 0;

    for (j = 0; j < config->num_vnodes; j++)
        if (config->vnodes[i].distances[j].value == VNUMA_DISTANCE_LOCAL) {
            found = j;
            num++;
        }
    return num == 1 && found != i ? found : config->num_vnodes;
}

static void check_distance_local(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    unsigned int misplaced;

    if (!is_row(c->config, i) ||
        vnode->distances[i].value == VNUMA_DISTANCE_LOCAL)
        return;
    report(c, vnode->distances[i].span,
           "the distance of vnode %u to itself is %" PRIu64 ", but must be 10",
           i, vnode->distances[i].value);
    misplaced = find_misplaced_local(c->config, i);
    if (misplaced < c->config->num_vnodes) {
        hint(c,
             "the 10 is at the place of vnode %u: is this the row of another "
             "vnode?",
             misplaced);
        return;
    }
    hint(c, "write 10: guests drop the whole table otherwise");
    fix(c, vnuma__exact_place(vnode->distances[i].span), "10");
}

static void check_distance_too_small(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    unsigned int j, misplaced;

    if (!is_row(c->config, i))
        return;
    misplaced = find_misplaced_local(c->config, i);
    for (j = 0; j < c->config->num_vnodes; j++) {
        if (i == j || j == misplaced ||
            vnode->distances[j].value > VNUMA_DISTANCE_LOCAL)
            continue;
        report(c, vnode->distances[j].span,
               "the distance of vnode %u to vnode %u is %" PRIu64
               ", but must be more than 10",
               i, j, vnode->distances[j].value);
        hint(c, "write %u to %u", VNUMA_DISTANCE_LOCAL + 1,
             VNUMA_DISTANCE_MAX);
    }
}

static void check_distance_unreachable(vnuma__checking *c)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    unsigned int i, j;

    for (i = 0; i < c->config->num_vnodes; i++)
        for (j = 0; is_row(c->config, i) && j < c->config->num_vnodes; j++)
            if (i != j &&
                vnodes[i].distances[j].value == VNUMA_DISTANCE_UNREACHABLE) {
                report(c, vnodes[i].distances[j].span,
                       "distance 255 says that %s %u cannot reach %s %u",
                       vnuma__node_word(c), i, vnuma__node_word(c), j);
                hint(c, "the largest distance is %u", VNUMA_DISTANCE_MAX);
                return;
            }
}

static bool are_rows(const vnuma_config *config)
{
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++)
        if (!is_row(config, i))
            return false;
    return config->num_vnodes > 1;
}

static void check_distance_asymmetric(vnuma__checking *c)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    vnuma_number there = { 0 }, back = { 0 };
    unsigned int i, j, num = 0, from = 0, to = 0;

    for (i = 0; are_rows(c->config) && i < c->config->num_vnodes; i++)
        for (j = 0; j < i; j++)
            if (vnodes[i].distances[j].value != vnodes[j].distances[i].value &&
                !num++) {
                there = vnodes[i].distances[j];
                back = vnodes[j].distances[i];
                from = i;
                to = j;
            }
    if (!num)
        return;
    report(c, there.span,
           "%s %u to %s %u is %" PRIu64 ", but the way back is %" PRIu64 "%s",
           vnuma__node_word(c), from, vnuma__node_word(c), to, there.value,
           back.value, num > 1 ? "; other pairs differ too" : "");
    related(c, back.span, "the way back is here");
}

/* Between two vnodes, as given or as the host has it between their pnodes. */
static uint32_t get_distance(const vnuma__checking *c, bool on_host,
                             unsigned int from, unsigned int to)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    const vnuma_pnode *a = vnuma__check_pnode(c, &vnodes[from]);
    const vnuma_pnode *b = vnuma__check_pnode(c, &vnodes[to]);

    if (!on_host)
        return vnodes[from].distances[to].value;
    return a && b ? vnuma_topology_distance(c->topology, a->pnode, b->pnode)
                  : VNUMA_DISTANCE_UNKNOWN;
}

/* Whether all distances between vnodes are known and the same. */
static bool are_equal(const vnuma__checking *c, bool on_host)
{
    uint32_t first = get_distance(c, on_host, 0, 1);
    unsigned int i, j, num = c->config->num_vnodes;

    for (i = 0; i < num; i++)
        for (j = 0; j < num; j++)
            if (i != j && get_distance(c, on_host, i, j) != first)
                return false;
    return first != VNUMA_DISTANCE_UNKNOWN;
}

static void hint_host(vnuma__checking *c)
{
    if (!c->config->kvm)
        hint(c, "leave out vdistances= to have those of the host");
}

static void check_distance_equal(vnuma__checking *c)
{
    const vnuma_vnode *vnodes = c->config->vnodes;

    if (c->config->num_vnodes < 3 || !are_rows(c->config) ||
        !are_equal(c, false) || are_equal(c, true))
        return;
    report(c, vnodes[0].distances_span,
           "all %ss are at distance %" PRIu64
           ": the guest cannot tell near from far",
           vnuma__node_word(c), vnodes[0].distances[1].value);
    hint_host(c);
}

/* Whether it differs from the host's distance by more than half of that. */
static bool is_far(uint64_t stated, uint64_t host)
{
    uint64_t difference = stated > host ? stated - host : host - stated;

    return difference * 2 > host;
}

static void check_distance_host(vnuma__checking *c)
{
    const vnuma_vnode *vnodes = c->config->vnodes;
    unsigned int i, j;
    uint32_t host;

    for (i = 0; are_rows(c->config) && i < c->config->num_vnodes; i++)
        for (j = 0; j < c->config->num_vnodes; j++) {
            vnuma_number stated = vnodes[i].distances[j];

            host = get_distance(c, true, i, j);
            /* Two vnodes of one pnode have no distance on the host. */
            if (host == VNUMA_DISTANCE_UNKNOWN ||
                host == VNUMA_DISTANCE_LOCAL || !is_far(stated.value, host))
                continue;
            report(c, stated.span,
                   "vnode %u to vnode %u is %" PRIu64
                   " here, but pnode %" PRIu64 " to pnode %" PRIu64
                   " is %" PRIu32,
                   i, j, stated.value, vnodes[i].pnode.value,
                   vnodes[j].pnode.value, host);
            hint_host(c);
            return;
        }
}

const vnuma__check vnuma__distances_checks[] = {
    CHECK("vdistances-count", ERROR, GUEST, VNODES, DISTANCES,
          "vdistances= does not have one distance per vnode",
          .each = check_vdistances_count),
    CHECK("distance-local", ERROR, GUEST, VNODES, DISTANCES,
          "a vnode's distance to itself is not 10",
          .each = check_distance_local),
    CHECK("distance-too-small", ERROR, GUEST, VNODES, DISTANCES,
          "a distance between vnodes is 10 or less",
          .each = check_distance_too_small),
    CHECK("vdistances-partial", WARNING, ADVICE, DISTANCES | VNODES, 0,
          "some vnodes have vdistances=, others do not",
          check_vdistances_partial),
    CHECK("distance-unreachable", WARNING, ADVICE, DISTANCES | VNODES, 0,
          "distance 255 means unreachable", check_distance_unreachable,
          .any = true),
    CHECK("distance-asymmetric", WARNING, ADVICE, DISTANCES | VNODES, 0,
          "distances there and back differ", check_distance_asymmetric,
          .any = true),
    CHECK("distance-equal", NOTE, ADVICE, DISTANCES | VNODES, 0,
          "all distances are the same", check_distance_equal, .any = true),
    CHECK("distance-host", NOTE, ADVICE, DISTANCES | PNODE | VNODES, 0,
          "a distance is far from the host's own", check_distance_host,
          .any = true),
    { { NULL } },
};
