/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest's file leaves out. */
#include "config.h"

#include "inside.h"

#include "plan-case.h"

#define HVM "type=\"hvm\"\n"

/* A config as "size:vcpus size:vcpus". */
static void check_filled(const char *host, const char *guest,
                         const char *want)
{
    char text[1024] = "";
    vnuma_config full;
    unsigned int v;
    plan_case c;

    case_host(&c, host);
    case_guest(&c, guest);
    memset(&full, 0, sizeof(full));
    CHECK_INT(vnuma__config_fill(&c.config, &c.topology, NULL, &full,
                                 &c.diags), 0);
    for (v = 0; v < full.num_vnodes; v++) {
        char *vcpus = vnuma_bitmap_format(&full.vnodes[v].vcpus);

        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "%s%u:%s", v ? " " : "",
                 (unsigned int)(full.vnodes[v].memkb.value / 1024), vcpus);
        free(vcpus);
    }
    CHECK_STR(text, want);
    vnuma__full_dispose(&full);
    case_dispose(&c);
}

static void what_is_given_stays(void)
{
    check_filled(TWO, HVM "memory=1000\nvcpus=4\nvnuma=["
                          "[\"pnode=0\",\"size=700\",\"vcpus=0-2\"],"
                          "[\"pnode=1\",\"size=300\",\"vcpus=3\"]]\n",
                 "700:0-2 300:3");
}

static void sizes_are_shared_in_whole_large_pages(void)
{
    check_filled(TWO, HVM "memory=1024\nvcpus=3\nvnuma=["
                          "[\"vcpus=0\"],[\"vcpus=1\"],[\"vcpus=2\"]]\n",
                 "342:0 342:1 340:2");
    check_filled(TWO, HVM "memory=1025\nvcpus=2\nvnuma=["
                          "[\"vcpus=0\"],[\"vcpus=1\"]]\n",
                 "513:0 512:1");
    check_filled(TWO, HVM "memory=512\nmaxmem=1024\nvcpus=3\nvnuma=["
                          "[\"vcpus=0\"],[\"vcpus=1\",\"size=424\"],"
                          "[\"vcpus=2\"]]\n",
                 "300:0 424:1 300:2");
}

static void vcpus_are_split_evenly_in_order(void)
{
    check_filled(TWO, HVM "memory=600\nvcpus=7\nvnuma=["
                          "[\"size=200\"],[\"size=200\"],[\"size=200\"]]\n",
                 "200:0-2 200:3-4 200:5-6");
    check_filled(TWO, HVM "memory=400\nvcpus=2\nmaxvcpus=4\nvnuma=["
                          "[\"size=200\"],[\"size=200\"]]\n",
                 "200:0-1 200:2-3");
}

static void a_vnode_without_vcpus_beside_others_is_memory_only(void)
{
    check_filled(TWO, HVM "memory=400\nvcpus=4\nvnuma=["
                          "[\"size=200\",\"vcpus=0-3\"],[\"size=200\"]]\n",
                 "200:0-3 200:none");
}

static void auto_takes_as_few_as_hold_memory_and_vcpus(void)
{
    check_filled(EPYC, HVM "memory=4096\nvcpus=8\nvnuma=\"auto\"\n",
                 "4096:0-7");
    /* Memory for one, vcpus for two. */
    check_filled(EPYC, HVM "memory=4096\nvcpus=9\nvnuma=\"auto\"\n",
                 "2048:0-4 2048:5-8");
    /* Vcpus for one, memory for three. */
    check_filled(EPYC, HVM "memory=20000\nvcpus=3\nvnuma=\"auto\"\n",
                 "6668:0 6666:1 6666:2");
}

/* Three pnodes with 10, 10 and 5 GiB; two do not hold the guest. */
static void what_one_cannot_hold_is_shared_by_the_others(void)
{
    static const char host[] =
        "{\"nodes\": [{\"node\": 0, \"memkb\": 16777216, "
        "\"free_memkb\": 10485760, \"cpus\": [0]}, {\"node\": 1, "
        "\"memkb\": 16777216, \"free_memkb\": 10485760, \"cpus\": [1]}, "
        "{\"node\": 2, \"memkb\": 16777216, \"free_memkb\": 5242880, "
        "\"cpus\": [2]}]}";

    check_filled(host, HVM "memory=21504\nvcpus=3\nvnuma=\"auto\"\n",
                 "8704:0 8704:1 4096:2");
}

static void without_a_host_auto_is_one(void)
{
    vnuma_config full;
    plan_case c;

    memset(&c, 0, sizeof(c));
    case_guest(&c, HVM "memory=64\nvcpus=2\nvnuma=\"auto\"\n");
    memset(&full, 0, sizeof(full));
    CHECK_INT(vnuma__config_fill(&c.config, NULL, NULL, &full,
                                 &c.diags), 0);
    CHECK_UINT(full.num_vnodes, 1);
    vnuma__full_dispose(&full);
    case_dispose(&c);
}

static void spans_and_devices_are_kept(void)
{
    vnuma_config full;
    plan_case c;

    case_host(&c, TWO);
    case_guest(&c, HVM "memory=64\nvcpus=2\npci=[\"01:00.0\"]\nname=\"g\"\n"
                       "vnuma=[[\"size=64\",\"vcpus=0-1\"]]\n");
    memset(&full, 0, sizeof(full));
    CHECK_INT(vnuma__config_fill(&c.config, &c.topology, NULL, &full,
                                 &c.diags), 0);
    CHECK(full.vnodes[0].memkb.span.source == &c.guest_source);
    CHECK_UINT(full.num_pcidevs, 1);
    CHECK_STR(full.name, "g");
    vnuma__full_dispose(&full);
    case_dispose(&c);
}

static const tap_case cases[] = {
    TAP_CASE(what_is_given_stays),
    TAP_CASE(sizes_are_shared_in_whole_large_pages),
    TAP_CASE(vcpus_are_split_evenly_in_order),
    TAP_CASE(a_vnode_without_vcpus_beside_others_is_memory_only),
    TAP_CASE(auto_takes_as_few_as_hold_memory_and_vcpus),
    TAP_CASE(what_one_cannot_hold_is_shared_by_the_others),
    TAP_CASE(without_a_host_auto_is_one),
    TAP_CASE(spans_and_devices_are_kept),
};

int main(void)
{
    return TAP_RUN(cases);
}
