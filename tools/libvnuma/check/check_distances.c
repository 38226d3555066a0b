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

static vnuma_number distance(const vnuma_config *config, unsigned int from,
                             unsigned int to)
{
    return config->vnodes[from].distances[to];
}

static bool is_given(const vnuma_config *config, unsigned int i)
{
    return vnuma__is_given(config->vnodes[i].distances_span);
}

static void check_vdistances_count(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    unsigned int num = vnode->num_distances, wanted = c->config->num_vnodes;

    if (!is_given(c->config, i) || num == wanted)
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
    const vnuma_config *config = c->config;
    unsigned int i, given = 0;

    while (given < config->num_vnodes && !is_given(config, given))
        given++;
    if (given == config->num_vnodes)
        return;
    for (i = 0; i < config->num_vnodes; i++)
        if (!is_given(config, i)) {
            report(c, config->vnodes[i].span,
                   "vnode %u has no vdistances=, but vnode %u has", i, given);
            related(c, config->vnodes[given].distances_span, "given here");
            hint(c, "give them in every vnode, or in none to have those of "
                    "the host");
            break;
        }
}

/* The place of the only 10 in row i, if it is not i; else num_vnodes. */
static unsigned int find_misplaced_local(const vnuma_config *config,
                                         unsigned int i)
{
    unsigned int j, found = config->num_vnodes, num = 0;

    for (j = 0; j < config->num_vnodes; j++)
        if (distance(config, i, j).value == VNUMA_DISTANCE_LOCAL) {
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
        if (i == j || j == misplaced || vnuma__is_enough(c->diags) ||
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
    const vnuma_config *config = c->config;
    unsigned int i, j;

    for (i = 0; i < config->num_vnodes; i++)
        for (j = 0; is_row(config, i) && j < config->num_vnodes; j++)
            if (i != j &&
                distance(config, i, j).value == VNUMA_DISTANCE_UNREACHABLE) {
                report(c, distance(config, i, j).span,
                       "distance 255 says that vnode %u cannot reach vnode %u",
                       i, j);
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
    const vnuma_config *config = c->config;
    unsigned int i, j, num = 0, from = 0, to = 0;

    if (!are_rows(config))
        return;
    for (i = 0; i < config->num_vnodes; i++)
        for (j = 0; j < i; j++)
            if (distance(config, i, j).value != distance(config, j, i).value &&
                !num++) {
                from = i;
                to = j;
            }
    if (!num)
        return;
    report(c, distance(config, from, to).span,
           "vnode %u to vnode %u is %" PRIu64 ", but the way back is %" PRIu64
           "%s",
           from, to, distance(config, from, to).value,
           distance(config, to, from).value,
           num > 1 ? "; other pairs differ too" : "");
    related(c, distance(config, to, from).span, "the way back is here");
}

static uint32_t own_distance(const vnuma__checking *c, unsigned int from,
                             unsigned int to)
{
    return distance(c->config, from, to).value;
}

static uint32_t host_distance(const vnuma__checking *c, unsigned int from,
                              unsigned int to)
{
    const vnuma_pnode *a = vnuma__check_pnode(c, &c->config->vnodes[from]);
    const vnuma_pnode *b = vnuma__check_pnode(c, &c->config->vnodes[to]);

    if (!a || !b)
        return VNUMA_DISTANCE_UNKNOWN;
    return vnuma_topology_distance(c->topology, a->pnode, b->pnode);
}

/* Whether all distances between vnodes are known and the same. */
static bool are_equal(const vnuma__checking *c,
                      uint32_t (*get)(const vnuma__checking *c,
                                      unsigned int from, unsigned int to))
{
    unsigned int i, j, num = c->config->num_vnodes;

    for (i = 0; i < num; i++)
        for (j = 0; j < num; j++)
            if (i != j && get(c, i, j) != get(c, 0, 1))
                return false;
    return get(c, 0, 1) != VNUMA_DISTANCE_UNKNOWN;
}

static void check_distance_equal(vnuma__checking *c)
{
    const vnuma_config *config = c->config;

    if (config->num_vnodes < 3 || !are_rows(config) ||
        !are_equal(c, own_distance) || are_equal(c, host_distance))
        return;
    report(c, config->vnodes[0].distances_span,
           "all vnodes are at distance %" PRIu64
           ": the guest cannot tell near from far",
           distance(config, 0, 1).value);
    hint(c, "leave out vdistances= to have those of the host");
}

/* Whether it differs from the host's distance by more than half of that. */
static bool is_far(uint64_t stated, uint64_t host)
{
    uint64_t difference = stated > host ? stated - host : host - stated;

    return difference * 2 > host;
}

static void check_distance_host(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    unsigned int i, j;
    uint32_t host;

    if (!are_rows(config))
        return;
    for (i = 0; i < config->num_vnodes; i++)
        for (j = 0; j < config->num_vnodes; j++) {
            host = host_distance(c, i, j);
            /* Two vnodes of one pnode have no distance on the host. */
            if (host == VNUMA_DISTANCE_UNKNOWN ||
                host == VNUMA_DISTANCE_LOCAL ||
                !is_far(distance(config, i, j).value, host))
                continue;
            report(c, distance(config, i, j).span,
                   "vnode %u to vnode %u is %" PRIu64
                   " here, but pnode %" PRIu64 " to pnode %" PRIu64
                   " is %" PRIu32,
                   i, j, distance(config, i, j).value,
                   config->vnodes[i].pnode.value,
                   config->vnodes[j].pnode.value, host);
            hint(c, "leave out vdistances= to have those of the host");
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
          "distance 255 means unreachable", check_distance_unreachable),
    CHECK("distance-asymmetric", WARNING, ADVICE, DISTANCES | VNODES, 0,
          "distances there and back differ", check_distance_asymmetric),
    CHECK("distance-equal", NOTE, ADVICE, DISTANCES | VNODES, 0,
          "all distances are the same", check_distance_equal),
    CHECK("distance-host", NOTE, ADVICE, DISTANCES | PNODE | VNODES, 0,
          "a distance is far from the host's own", check_distance_host),
    { { NULL } },
};
