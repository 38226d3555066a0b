/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of guests whose memory need not be on one pnode each. */
#include "config.h"

#include "plan-case.h"

#define HOST "xl-info-n-2node.txt" /* 2708 and 1835 MiB free */

static uint64_t part_on(const plan_case *c, unsigned int v, uint32_t pnode)
{
    const vnuma_plan_vnode *vnode = &c->plan.vnodes[v];
    unsigned int i;

    for (i = 0; i < vnode->num_parts; i++)
        if (vnode->parts[i].pnode == pnode)
            return vnode->parts[i].memkb;
    return 0;
}

static void strict_memory_is_one_part(void)
{
    plan_case c;

    case_plan(&c, HOST,
              "type=\"hvm\"\nmemory=512\nvcpus=2\n"
              "vnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n");
    CHECK_INT(c.rc, 0);
    CHECK_UINT(c.plan.vnodes[0].num_parts, 1);
    CHECK_UINT(part_on(&c, 0, 1), 512 << 10);
    CHECK_UINT(c.plan.vnodes[0].membind.num_pnodes, 1);
    case_dispose(&c);
}

static void preferred_memory_that_fits_stays(void)
{
    plan_case c;

    case_plan(&c, HOST,
              "type=\"hvm\"\nmemory=512\nvcpus=2\n"
              "xl_vnuma_policy=\"preferred\"\n"
              "vnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n");
    CHECK_INT(c.rc, 0);
    CHECK(c.plan.optimal);
    CHECK_UINT(part_on(&c, 0, 1), 512 << 10);
    CHECK_UINT(c.plan.vnodes[0].membind.num_pnodes, 2);
    CHECK_UINT(c.plan.vnodes[0].membind.pnodes[0], 1);
    CHECK_UINT(c.plan.vnodes[0].membind.pnodes[1], 0);
    case_dispose(&c);
}

static void preferred_memory_may_be_more_than_its_pnode_has(void)
{
    static const char guest[] =
        "type=\"hvm\"\nmemory=3000\nvcpus=4\n%s"
        "vnuma=[[\"pnode=0\",\"size=500\",\"vcpus=0-1\"],"
        "[\"pnode=1\",\"size=2500\",\"vcpus=2-3\"]]\n";
    char text[400];
    plan_case c;

    snprintf(text, sizeof(text), guest, "");
    case_plan(&c, HOST, text);
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    case_dispose(&c);

    snprintf(text, sizeof(text), guest,
             "xl_vnuma_policy=[\"strict\",\"preferred\"]\n");
    case_plan(&c, HOST, text);
    CHECK_INT(c.rc, 0);
    CHECK_UINT(part_on(&c, 0, 0), 500 << 10);
    CHECK(part_on(&c, 1, 1) > 1700 << 10);
    CHECK(part_on(&c, 1, 0) > 600 << 10);
    CHECK_UINT(part_on(&c, 1, 0) + part_on(&c, 1, 1), 2500 << 10);
    /* All that building leaves of pnode 1, in whole MiB. */
    CHECK(c.plan.cost.least_memkb < 1024);
    case_dispose(&c);
}

static void preferred_memory_that_fits_nowhere_is_refused(void)
{
    plan_case c;

    case_plan(&c, HOST,
              "type=\"hvm\"\nmemory=8000\nvcpus=2\n"
              "xl_vnuma_policy=\"preferred\"\n"
              "vnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    CHECK(!c.plan.feasible);
    CHECK_UINT(c.diags.num_errors, 1);
    case_dispose(&c);
}

static void interleaved_memory_is_counted_where_it_goes(void)
{
    static const char guest[] = "type=\"hvm\"\nmemory=%u\nvcpus=2\n"
                                "xl_vnuma_policy=\"interleave=0-1\"\n"
                                "vnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n";
    char text[400];
    plan_case c;

    /* More than pnode 1 has alone. */
    snprintf(text, sizeof(text), guest, 3000u);
    case_plan(&c, HOST, text);
    CHECK_INT(c.rc, 0);
    CHECK_UINT(part_on(&c, 0, 0), 1500 << 10);
    CHECK_UINT(part_on(&c, 0, 1), 1500 << 10);
    CHECK_UINT(c.plan.num_pnodes, 2);
    CHECK_UINT(c.plan.pnodes[0].guest_memkb, 1500 << 10);
    case_dispose(&c);

    /* Half of it is more than pnode 1 has, though not than both have. */
    snprintf(text, sizeof(text), guest, 4000u);
    case_plan(&c, HOST, text);
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    CHECK(c.diags.num_errors > 0);
    case_dispose(&c);
}

static void places_are_words(void)
{
    vnuma_membind membind, again;
    char *text;

    CHECK(vnuma_membind_parse("preferred:1,0,2;strict:0", &membind));
    CHECK_UINT(membind.num_pnodes, 3);
    text = vnuma_membind_format(&membind);
    CHECK_STR(text, "preferred:1,0,2");
    CHECK(vnuma_membind_parse(text, &again));
    CHECK_UINT(again.policy, VNUMA_POLICY_PREFERRED);
    free(text);
    CHECK(!vnuma_membind_parse("", &membind));
    CHECK(!vnuma_membind_parse("strict", &membind));
    CHECK(!vnuma_membind_parse("strict:", &membind));
    CHECK(!vnuma_membind_parse("strict:0,", &membind));
    CHECK(!vnuma_membind_parse("strict:0x", &membind));
    CHECK(!vnuma_membind_parse("strict:-1", &membind));
    CHECK(!vnuma_membind_parse("bind:0", &membind));
}

static const tap_case cases[] = {
    TAP_CASE(strict_memory_is_one_part),
    TAP_CASE(preferred_memory_that_fits_stays),
    TAP_CASE(preferred_memory_may_be_more_than_its_pnode_has),
    TAP_CASE(preferred_memory_that_fits_nowhere_is_refused),
    TAP_CASE(interleaved_memory_is_counted_where_it_goes),
    TAP_CASE(places_are_words),
};

int main(void)
{
    return TAP_RUN(cases);
}
