/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as users see them: where, why, and why not. */
#include "config.h"

#include "inside.h"

#include "plan-case.h"

#define HVM "type=\"hvm\"\n"

/* ---- every pnode named -------------------------------------------------- */

static void named_pnodes_are_kept_and_accounted(void)
{
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=1024\nvcpus=4\n"
              "vnuma=[[\"pnode=0\",\"size=512\",\"vcpus=0-3\","
              "\"vdistances=10,31\"],"
              "[\"pnode=4\",\"size=512\",\"vdistances=31,10\"]]\n");
    CHECK_INT(c.rc, 0);
    REQUIRE(c.plan.feasible);
    CHECK(c.plan.optimal);
    check_pnodes(&c.plan, "0 4");
    CHECK_UINT(c.plan.vnodes[0].memkb, 512 * 1024);
    CHECK_UINT(vnuma_bitmap_count(&c.plan.vnodes[0].vcpus), 4);
    CHECK_UINT(c.plan.vnodes[1].distances[0], 31);
    CHECK_UINT(c.plan.cost.shared, 0);
    CHECK_UINT(c.plan.cost.overcommit, 2000);
    CHECK_UINT(c.plan.cost.distance, 0);
    CHECK_UINT(c.plan.cost.misplaced, 0);

    /* Paging pool: 4 vcpus x 1 MiB + 1024 x 8 KiB, half of it on each. */
    REQUIRE(c.plan.num_pnodes == 2);
    CHECK_UINT(c.plan.pnodes[0].free_memkb, 953 * 1024);
    CHECK_UINT(c.plan.pnodes[0].guest_memkb, 512 * 1024);
    CHECK_UINT(c.plan.pnodes[0].build_memkb, (6 + 4) * 1024);
    CHECK_UINT(c.plan.pnodes[1].pnode, 4);
    CHECK_UINT(c.plan.pnodes[1].build_memkb, 6 * 1024);
    CHECK_UINT(c.plan.cost.least_memkb, (953 - 512 - 10) * 1024);
    CHECK(c.plan.reasons && *c.plan.reasons);
    case_dispose(&c);
}

static void the_vnode_that_does_not_fit_is_named(void)
{
    const char *name;
    uint32_t line, column;
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=1536\nvcpus=2\n"
              "vnuma=[[\"pnode=0\",\"size=512\",\"vcpus=0-1\"],\n"
              "[\"pnode=2\",\"size=1024\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    CHECK(!c.plan.feasible);
    CHECK_UINT(c.diags.num_errors, 1);
    REQUIRE(c.diags.num_errors == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->id, "no-fit");
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->message,
              "vnode 1: 1024 MiB on pnode 2 needs 1031 MiB with building "
              "cost, 505 MiB free, 526 MiB missing");
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->hint,
              "the largest size of its vnodes that fits is 500 MiB");
    vnuma_span_locate(vnuma_diags_at(&c.diags, 0)->span, &name, &line,
                      &column);
    CHECK_UINT(line, 5);
    CHECK_STR(name, "guest.cfg");
    REQUIRE(c.plan.reasons);
    CHECK_STR(c.plan.reasons, vnuma_diags_at(&c.diags, 0)->message);
    CHECK_STR(c.plan.reasons + strlen(c.plan.reasons) + 1,
              vnuma_diags_at(&c.diags, 0)->hint);
    case_dispose(&c);
}

static void other_pnodes_with_room_are_proposed(void)
{
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=1400\nvcpus=2\n"
              "vnuma=[[\"pnode=0\",\"size=500\",\"vcpus=0-1\"],"
              "[\"pnode=2\",\"size=900\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    REQUIRE(c.diags.num_errors == 1);
    CHECK_STR(vnuma_diags_at(&c.diags, 0)->hint,
              "with pnode=auto it would fit");
    case_dispose(&c);
}

static void two_named_on_one_pnode_share_it(void)
{
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=512\nvcpus=2\n"
              "vnuma=[[\"pnode=3\",\"size=256\",\"vcpus=0\"],"
              "[\"pnode=3\",\"size=256\",\"vcpus=1\"]]\n");
    CHECK_INT(c.rc, 0);
    check_pnodes(&c.plan, "3 3");
    CHECK_UINT(c.plan.cost.shared, 1);
    CHECK_UINT(c.plan.num_pnodes, 1);
    CHECK_UINT(c.plan.pnodes[0].build_memkb, (2 + 4 + 4) * 1024);
    /* Linux drops a table in which another node is as near as its own. */
    CHECK_UINT(c.plan.vnodes[0].distances[1], 11);
    CHECK_UINT(c.plan.vnodes[0].distances[0], 10);
    case_dispose(&c);
}

/* ---- pnodes to be chosen ------------------------------------------------ */

static void the_nearest_pair_is_chosen(void)
{
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=512\nvcpus=2\n"
              "vnuma=[[\"pnode=auto\",\"vcpus=0-1\"],[\"pnode=auto\"]]\n");
    CHECK_INT(c.rc, 0);
    CHECK(c.plan.optimal);
    /* The CPU-less node of socket 0 is farther away than its neighbours. */
    CHECK_UINT(c.plan.cost.distance, 42);
    CHECK_UINT(c.plan.cost.misplaced, 1);
    case_dispose(&c);
}

static void stated_distances_find_their_match(void)
{
    plan_case c;

    case_plan(&c, KNL, HVM
              "memory=1024\nvcpus=2\n"
              "vnuma=[[\"vcpus=0-1\",\"vdistances=10,31\"],"
              "[\"pnode=auto\",\"vdistances=31,10\"]]\n");
    CHECK_INT(c.rc, 0);
    CHECK(c.plan.optimal);
    CHECK_UINT(c.plan.cost.distance, 0);
    CHECK_UINT(c.plan.cost.misplaced, 0);
    check_pnodes(&c.plan, "0 4");
    case_dispose(&c);
}

static void a_reserve_is_kept_free(void)
{
    plan_case c;

    case_host(&c, KNL);
    case_guest(&c, HVM "memory=900\nvcpus=2\nvnuma=[[\"vcpus=0-1\"]]\n");
    CHECK_INT(
        vnuma__plan_build(&c.config, &c.topology, NULL, &c.plan, &c.diags), 0);
    check_pnodes(&c.plan, "0");
    vnuma__plan_dispose(&c.plan);
    CHECK_INT(vnuma_plan_options_reserve(&c.options, 0, 100 * 1024), 0);
    CHECK_INT(vnuma__plan_build(&c.config, &c.topology, &c.options,
                                    &c.plan, &c.diags), VNUMA_ERROR_NOFIT);
    REQUIRE(c.diags.num_errors == 1);
    CHECK(strstr(vnuma_diags_at(&c.diags, 0)->message,
                 "building cost and reserve"));
    case_dispose(&c);
}

static void a_device_pulls_the_guest_towards_it(void)
{
    static const char host[] =
        "nr_nodes : 3\ncpu_topology :\n0: 0 0 0\n1: 0 1 1\n2: 0 2 2\n"
        "device topology :\n0000:41:00.0      1\n"
        "numa_info :\nnode:    memsize    memfree    distances\n"
        "0: 9000 8000 10,20,20\n1: 9000 7000 20,10,20\n2: 9000 7500 "
        "20,20,10\n";
    static const char guest[] = HVM
        "memory=512\nvcpus=1\nvnuma=[[\"vcpus=0\"]]\n%s";
    char text[256];
    plan_case c;
    int with;

    for (with = 0; with < 2; with++) {
        memset(&c, 0, sizeof(c));
        CHECK_INT(vnuma_source_set(&c.host_source, "host", host,
                                   strlen(host)), 0);
        CHECK_INT(vnuma__topology_parse(&c.host_source, &c.topology,
                                       &c.diags), 0);
        snprintf(text, sizeof(text), guest,
                 with ? "pci=[\"41:00.0\"]\n" : "");
        case_guest(&c, text);
        CHECK_INT(vnuma__plan_build(&c.config, &c.topology, NULL, &c.plan,
                                   &c.diags), 0);
        check_pnodes(&c.plan, with ? "1" : "0");
        case_dispose(&c);
    }
}

/*
 * As libxlutil reads them; what it refuses, and what has no node, pulls not.
 */
static void every_spelling_of_a_device_is_known(void)
{
    static const struct {
        const char *spelling;
        const char *pnode;
    } rows[] = {
        { "0000:41:00.0", "1" },
        { "41:00.0", "1" },
        { "0:41:0.0", "1" },
        { "41:00.*", "1" },
        { "41:00.0@5", "1" },
        { "41:00.0@5,permissive=1", "1" },
        { "0000:41:00.0,msitranslate=1,power_mgmt=1", "1" },
        { "bdf=41:00.0", "1" },
        { "bdf=0000:41:00.0,vslot=5,rdm_policy=strict", "1" },
        { "permissive=1,bdf=0000:41:00.0", "1" },
        { "seize=1,bdf=41:00.0,vslot=5", "1" },
        { "C0DE:fF:1F.7", "2" },
        { "0000:42:00.0", "0" },
        { "41:00.1", "0" },
        { "1:41:00.0", "0" },
        { "name=nic", "0" },
        { "41:00", "0" },
        { "41:20.0", "0" },
        { " 41:00.0", "0" },
        { "bdf=", "0" },
        { "", "0" },
        { "garbage", "0" },
    };
    static const char host[] =
        "nr_nodes : 3\ncpu_topology :\n0: 0 0 0\n1: 0 1 1\n2: 0 2 2\n"
        "device topology :\n0000:41:00.0      1\nc0de:ff:1f.7      2\n"
        "numa_info :\nnode:    memsize    memfree    distances\n"
        "0: 9000 8000 10,20,20\n1: 9000 7000 20,10,20\n2: 9000 7500 "
        "20,20,10\n";
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        plan_case c;

        memset(&c, 0, sizeof(c));
        CHECK_INT(vnuma_source_set(&c.host_source, "host", host,
                                   strlen(host)), 0);
        CHECK_INT(vnuma__topology_parse(&c.host_source, &c.topology,
                                       &c.diags), 0);
        snprintf(text, sizeof(text),
                 HVM "memory=512\nvcpus=1\nvnuma=[[\"vcpus=0\"]]\n"
                     "pci=[\"%s\"]\n", rows[i].spelling);
        case_guest(&c, text);
        CHECK_INT(vnuma_check(&c.config, &c.topology, 0, &c.diags), 0);
        CHECK_INT(vnuma__plan_build(&c.config, &c.topology, NULL, &c.plan,
                                   &c.diags), 0);
        if (tap_failed)
            TAP_DIAG("%s", rows[i].spelling);
        check_pnodes(&c.plan, rows[i].pnode);
        case_dispose(&c);
    }
}

/* ---- plan -o ------------------------------------------------------------ */

/* What -o writes is clean, plans the same, and differs in vnuma= alone. */
static void what_is_written_is_read_back_to_the_same_plan(void)
{
#define START HVM "memory=1024\nvcpus=4\n"
    static const char *const guests[] = {
        START "vnuma=[['pnode=auto'],['pnode=auto']]",
        START "vnuma = [ ['pnode=auto'], # ] one\n ['size=512'] # two ]\n"
              "\n] # three\nname='x'",
        START "vnuma=[['size=1']]\nvnuma=[['pnode=auto'],['pnode=auto']]\n",
        START "vnuma=[['pnode=auto']]\nvnuma+=[['pnode=auto']]",
        START "vnuma=[['pnode=auto']]\nvnuma+=[['pnode=auto']]\nname='z'",
        START "vnuma=[['pnode=auto']]\nvnuma+=[['pnode=auto']]\r",
        START "vnuma=[['pnode=auto']]\nvnuma+=[['pnode=auto']]\nname='x' \\",
        START "vnuma='auto'",
        START "vnuma='auto';name='x';vga='none'\n",
        START "vnuma=[\n\n[\n'pnode=auto'\n,\n],['pnode=auto'],\n]\n\n\n",
    };
    unsigned int i;

    for (i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
        plan_case c, again;
        char *text, *before, *after;

        case_plan(&c, KNL, guests[i]);
        CHECK_INT(c.rc, 0);
        text = vnuma_plan_to_cfg(&c.plan, &c.guest_source);
        REQUIRE(text);
        case_plan(&again, KNL, text);
        CHECK_INT(again.rc, 0);
        CHECK_INT(vnuma_check(&again.config, &again.topology, 0, &again.diags),
                  0);
        CHECK_UINT(again.diags.num_errors, 0);
        CHECK(vnuma_config_is_full(&again.config));
        before = vnuma_plan_to_setting(&c.plan);
        after = vnuma_plan_to_setting(&again.plan);
        CHECK_STR(after, before);
        if (tap_failed)
            TAP_DIAG("guest %u: %s", i, text);
        free(before);
        free(after);
        free(text);
        case_dispose(&again);
        case_dispose(&c);
    }
#undef START
}

/* ---- when nothing fits -------------------------------------------------- */

static void the_largest_of_this_shape_is_proposed(void)
{
    plan_case c, again;
    char guest[256];
    unsigned int mib = 0;

    case_plan(&c, TWO, HVM
              "memory=8192\nvcpus=2\n"
              "vnuma=[[\"size=4096\",\"vcpus=0\"],"
              "[\"size=4096\",\"vcpus=1\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    REQUIRE(c.diags.num_errors == 1); /* of the guest; once is enough */
    REQUIRE(vnuma_diags_at(&c.diags, 0)->hint);
    CHECK(sscanf(vnuma_diags_at(&c.diags, 0)->hint,
                 "the largest size of its vnodes that fits is %u MiB",
                 &mib) == 1);
    CHECK(mib > 1700 && mib < 1835);

    /* It is: that size fits, and 2 MiB more do not. */
    snprintf(guest, sizeof(guest), HVM
             "memory=%u\nvcpus=2\nvnuma=[[\"size=%u\",\"vcpus=0\"],"
             "[\"size=%u\",\"vcpus=1\"]]\n", 2 * mib, mib, mib);
    case_plan(&again, TWO, guest);
    CHECK_INT(again.rc, 0);
    case_dispose(&again);
    mib += 2;
    snprintf(guest, sizeof(guest), HVM
             "memory=%u\nvcpus=2\nvnuma=[[\"size=%u\",\"vcpus=0\"],"
             "[\"size=%u\",\"vcpus=1\"]]\n", 2 * mib, mib, mib);
    case_plan(&again, TWO, guest);
    CHECK_INT(again.rc, VNUMA_ERROR_NOFIT);
    case_dispose(&again);
    case_dispose(&c);
}

static void unknown_free_memory_counts_as_none(void)
{
    plan_case c;

    case_plan(&c, "invented-gaps.txt", HVM
              "memory=64\nvcpus=1\nvnuma=[[\"pnode=7\",\"size=64\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    case_dispose(&c);
}

static void a_guest_that_check_would_refuse_does_no_harm(void)
{
    plan_case c;

    case_plan(&c, TWO, HVM "memory=64\nvcpus=1\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    CHECK_UINT(c.diags.num_errors, 1);
    case_dispose(&c);
    case_plan(&c, TWO, HVM "memory=64\nvcpus=1\n"
                           "vnuma=[[\"pnode=9\",\"size=64\"]]\n");
    CHECK_INT(c.rc, VNUMA_ERROR_NOFIT);
    case_dispose(&c);
}

/* ---- texts -------------------------------------------------------------- */

static void a_plan_reads_well(void)
{
    plan_case c;
    char *text;

    case_plan(&c, TWO, HVM
              "memory=1024\nvcpus=4\n"
              "vnuma=[[\"pnode=0\",\"size=512\",\"vcpus=0-1\"],"
              "[\"pnode=1\",\"size=512\",\"vcpus=2-3\"]]\n");
    text = vnuma_plan_to_text(&c.plan);
    CHECK_STR(text,
              "vnode  pnode        MiB  vcpus            distances\n"
              "    0      0        512  0-1               10  21\n"
              "    1      1        512  2-3               21  10\n"
              "\n"
              "pnode   MiB free   reserved      guest   building       left\n"
              "    0       2708          0        512         10       2186\n"
              "    1       1835          0        512          6       1317\n"
              "\n"
              "No placement is better:\n"
              "  vnode 0: on pnode 0, as named; 512 MiB, vcpus: 2, pcpus "
              "there: 2\n"
              "  vnode 1: on pnode 1, as named; 512 MiB, vcpus: 2, pcpus "
              "there: 2\n"
              "  vnodes not where they were before: 0\n"
              "  vnodes on a pnode with another: 0\n"
              "  vcpus beyond the pcpus of their pnode, those that run there "
              "already counted in: 0\n"
              "  vcpus beyond the cores of their pnode: 0\n"
              "  MiB not on the pnode that they prefer: 0\n"
              "  sum of distances, or of differences from vdistances=: 42\n"
              "  vcpus led to another pnode by cpus_soft=: 0\n"
              "  memory-only vnodes on a pnode with CPUs: 0\n"
              "  MiB left on the pnode with the least: 1317\n");
    free(text);
    case_dispose(&c);
}

static void json_keeps_the_contract(void)
{
    plan_case c;
    char *json;

    case_plan(&c, TWO, HVM
              "memory=512\nvcpus=2\nvnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n");
    json = vnuma_plan_to_json(&c.plan);
    REQUIRE(json);
    CHECK(strstr(json, "\"feasible\": true"));
    CHECK(strstr(json, "\"optimal\": true"));
    CHECK(strstr(json, "\"memkb\": 524288"));
    CHECK(strstr(json, "\"cost\": {"));
    CHECK(strstr(json, "\"reasons\": ["));
    free(json);
    case_dispose(&c);

    case_plan(&c, TWO, HVM
              "memory=51200\nvcpus=2\nvnuma=[[\"pnode=1\",\"vcpus=0-1\"]]\n");
    json = vnuma_plan_to_json(&c.plan);
    REQUIRE(json);
    CHECK(strstr(json, "\"feasible\": false"));
    CHECK(!strstr(json, "vnodes\":"));
    CHECK(strstr(json, "MiB missing"));
    free(json);
    case_dispose(&c);
}

static void dispose_twice_is_harmless(void)
{
    plan_case c;

    case_plan(&c, TWO, HVM "memory=512\nvcpus=2\nvnuma=[[\"pnode=1\"]]\n");
    case_dispose(&c);
    vnuma__plan_dispose(&c.plan);
    CHECK_UINT(c.plan.num_vnodes, 0);
}

static const tap_case cases[] = {
    TAP_CASE(named_pnodes_are_kept_and_accounted),
    TAP_CASE(the_vnode_that_does_not_fit_is_named),
    TAP_CASE(other_pnodes_with_room_are_proposed),
    TAP_CASE(two_named_on_one_pnode_share_it),
    TAP_CASE(the_nearest_pair_is_chosen),
    TAP_CASE(stated_distances_find_their_match),
    TAP_CASE(a_reserve_is_kept_free),
    TAP_CASE(a_device_pulls_the_guest_towards_it),
    TAP_CASE(every_spelling_of_a_device_is_known),
    TAP_CASE(what_is_written_is_read_back_to_the_same_plan),
    TAP_CASE(the_largest_of_this_shape_is_proposed),
    TAP_CASE(unknown_free_memory_counts_as_none),
    TAP_CASE(a_guest_that_check_would_refuse_does_no_harm),
    TAP_CASE(a_plan_reads_well),
    TAP_CASE(json_keeps_the_contract),
    TAP_CASE(dispose_twice_is_harmless),
};

int main(void)
{
    return TAP_RUN(cases);
}
