/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan as libxl's configuration: the same in both, with and without memory.
 */
#include "config.h"

#include "vnuma_xen.h"

#include <libxl_utils.h>

#include "plan-case.h"

#include "heap.h"

static const char guest[] =
    "type='hvm'\nname='g'\nmemory=600\nvcpus=10\n"
    "vnuma=[['pnode=0','size=200','vcpus=0-3,9','vdistances=10,31,41'],"
    "['pnode=1','size=300','vcpus=4-8','vdistances=31,10,51'],"
    "['pnode=4','size=100','vdistances=41,51,10']]\n";

static void check_same(const vnuma_plan *plan,
                       const libxl_domain_build_info *b_info)
{
    char *want = vnuma_xen_describe_plan(plan);
    char *got = vnuma_xen_describe_build_info(b_info);

    REQUIRE(want && got);
    CHECK_STR(got, want);
    free(want);
    free(got);
}

static void libxl_gets_what_was_planned(void)
{
    libxl_domain_build_info b_info;
    plan_case c;

    case_plan(&c, KNL, guest);
    CHECK_INT(c.rc, 0);
    libxl_domain_build_info_init(&b_info);
    CHECK_INT(vnuma_xen_plan_to_build_info(&c.plan, &b_info), 0);
    check_same(&c.plan, &b_info);
    CHECK_UINT(b_info.max_memkb, 600 << 10);
    CHECK_UINT(b_info.target_memkb, 600 << 10);
    CHECK_INT(b_info.max_vcpus, 10);
    CHECK(libxl_bitmap_test(&b_info.avail_vcpus, 9));

    /* Again, over what is there; vcpus that were switched off stay off. */
    libxl_bitmap_reset(&b_info.avail_vcpus, 9);
    CHECK_INT(vnuma_xen_plan_to_build_info(&c.plan, &b_info), 0);
    check_same(&c.plan, &b_info);
    CHECK(!libxl_bitmap_test(&b_info.avail_vcpus, 9));
    libxl_domain_build_info_dispose(&b_info);
    case_dispose(&c);
}

static void without_memory_nothing_changes(void)
{
    libxl_domain_build_info b_info;
    unsigned int n, num_calls;
    size_t before;
    plan_case c;

    case_plan(&c, KNL, guest);
    libxl_domain_build_info_init(&b_info);
    heap_start(0, false);
    CHECK_INT(vnuma_xen_plan_to_build_info(&c.plan, &b_info), 0);
    num_calls = heap_calls;
    CHECK(num_calls > 5 || !heap_is_ours());
    for (n = 1; n <= num_calls; n++) {
        before = heap_bytes;
        heap_start(n, false);
        CHECK_INT(vnuma_xen_plan_to_build_info(&c.plan, &b_info),
                  VNUMA_ERROR_NOMEM);
        heap_stop();
        CHECK_UINT(heap_bytes, before);
        check_same(&c.plan, &b_info);
    }
    libxl_domain_build_info_dispose(&b_info);
    case_dispose(&c);
}

static const tap_case cases[] = {
    TAP_CASE(libxl_gets_what_was_planned),
    TAP_CASE(without_memory_nothing_changes),
};

int main(void)
{
    return TAP_RUN(cases);
}
