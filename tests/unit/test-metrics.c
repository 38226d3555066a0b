/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics against what the planner says; tests/metrics.sh reads their form. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plan-case.h"

#define LARGEST "xen_vnuma_largest_vnode_bytes{vnodes=\"%u\"} "

/* MiB, or UINT64_MAX when there is no such number of vnodes. */
static uint64_t largest_mib(const vnuma_topology *topology, unsigned int num)
{
    const vnuma_domains none = { .num_items = 0 };
    char series[64], *text, *at;
    uint64_t mib = UINT64_MAX;

    text = vnuma_domains_to_metrics(&none, topology);
    snprintf(series, sizeof(series), LARGEST, num);
    at = text ? strstr(text, series) : NULL;
    if (at)
        mib = strtoull(at + strlen(series), NULL, 10) >> 20;
    free(text);
    return mib;
}

/* Whether a plan has each of so many vnodes on a pnode of its own. */
static bool fits(const char *host, unsigned int num, uint64_t mib)
{
    char guest[4096];
    plan_case c;
    unsigned int v;
    bool fits;

    snprintf(guest, sizeof(guest),
             "type=\"hvm\"\nmemory=%llu\nvcpus=%u\nvnuma=[",
             (unsigned long long)(mib * num), num);
    for (v = 0; v < num; v++)
        snprintf(guest + strlen(guest), sizeof(guest) - strlen(guest),
                 "%s[\"size=%llu\",\"vcpus=%u\"]", v ? "," : "",
                 (unsigned long long)mib, v);
    strcat(guest, "]\n");
    case_plan(&c, host, guest);
    fits = !c.rc && !c.plan.cost.shared;
    case_dispose(&c);
    return fits;
}

static void the_largest_vnode_is_what_a_plan_finds(void)
{
    static const char *const hosts[] = {
        KNL,
        TWO,
        EPYC,
        "invented-one-node.txt",
        "invented-gaps.txt",
        "invented-pools.json",
        "numactl-epyc-mem-on-2-of-8.txt",
        "numactl-two-28-and-19-gib.txt",
        "numactl-two-and-two-memory-only.txt",
    };
    unsigned int i, num, found = 0;
    uint64_t mib;
    plan_case c;

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        case_host(&c, hosts[i]);
        for (num = 1; (mib = largest_mib(&c.topology, num)) != UINT64_MAX;
             num++) {
            if ((mib && !fits(hosts[i], num, mib)) ||
                fits(hosts[i], num, mib + 1)) {
                TAP_DIAG("%s: %u vnodes of %llu MiB", hosts[i], num,
                         (unsigned long long)mib);
                CHECK(false);
            }
            found++;
        }
        CHECK(num == VNUMA_MAX_VNODES + 1 || !fits(hosts[i], num, 64));
        case_dispose(&c);
    }
    CHECK(found > 15);
}

static void a_host_that_is_full_has_room_for_none(void)
{
    plan_case c;
    unsigned int i;

    case_host(&c, TWO);
    for (i = 0; i < c.topology.num_pnodes; i++)
        c.topology.pnodes[i].free_memkb = 5 << 10;
    CHECK_UINT(largest_mib(&c.topology, 1), 0);
    CHECK_UINT(largest_mib(&c.topology, 2), 0);
    CHECK_UINT(largest_mib(&c.topology, 3), UINT64_MAX);
    case_dispose(&c);
}

static const tap_case cases[] = {
    TAP_CASE(the_largest_vnode_is_what_a_plan_finds),
    TAP_CASE(a_host_that_is_full_has_room_for_none),
};

int main(void)
{
    return TAP_RUN(cases);
}
