/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of xl_vnuma_policy= against the vnodes and the host. */
#include "config.h"

#include "check/check.h"

#include <inttypes.h>

static void check_policy_count(vnuma__checking *c)
{
    const vnuma_config *config = c->config;
    const vnuma_policies *policies = &config->policies;

    if (!policies->is_list)
        return;
    if (config->vnuma_auto) {
        report(c, policies->span,
               "a list has one policy for each vnode, but with vnuma=\"auto\" "
               "the number of vnodes is not known");
    } else if (policies->num_items != config->num_vnodes) {
        report(c, policies->span, "there are %u policies for %u vnodes",
               policies->num_items, config->num_vnodes);
    } else {
        return;
    }
    related(c, config->vnodes_span, "vnuma= is here");
    hint(c, "write one string for the policy of all vnodes");
}

static void check_policy_pnode(vnuma__checking *c)
{
    const vnuma_policies *policies = &c->config->policies;
    const vnuma_pnode *pnode;
    unsigned int i;
    uint32_t p;

    for (i = 0; c->topology && i < policies->num_items; i++)
        VNUMA_BITMAP_FOREACH(p, &policies->items[i].pnodes) {
            pnode = vnuma_topology_find(c->topology, p);
            if (pnode && pnode->memkb)
                continue;
            report(c, policies->items[i].pnodes_span,
                   pnode ? "pnode %" PRIu32 " has no memory"
                         : "the host has no pnode %" PRIu32,
                   p);
            break;
        }
}

const vnuma__check vnuma__policy_checks[] = {
    CHECK("policy-count", ERROR, GUEST, VNODES | POLICY, POLICY,
          "xl_vnuma_policy= does not have one policy per vnode",
          check_policy_count),
    CHECK("policy-pnode", ERROR, SUMS, POLICY, POLICY | FIT,
          "interleave= names a pnode that has no memory or does not exist",
          check_policy_pnode),
    { { NULL } },
};
