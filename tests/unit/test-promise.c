/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a running domain: which part of its memory is where. */
#include "config.h"

#include "inside.h"
#include "record/promise.h"
#include "tap.h"

#define MIB (UINT64_C(1) << 20)

/* With 16 MiB of video RAM in vnode 0, which are in no range. */
static const uint64_t sizes[] = { 256 * 1024, 256 * 1024 };

/* Vnode 0 prefers pnode 5, vnode 1 is spread over pnodes 0, 2 and 63. */
static void make_layout(vnuma__layout *layout)
{
    memset(layout, 0, sizeof(*layout));
    CHECK_INT(vnuma__layout_alloc(layout, 3, 2, 4), 0);
    layout->vmemranges[0] = (vnuma__vmemrange){ 0, 240 * MIB, 0 };
    layout->vmemranges[1] = (vnuma__vmemrange){ 240 * MIB, 256 * MIB, 1 };
    layout->vmemranges[2] = (vnuma__vmemrange){ 4096 * MIB, 4336 * MIB, 1 };
    layout->vnode_to_pnode[0] = 5;
    layout->membinds[0] =
        (vnuma_membind){ VNUMA_POLICY_PREFERRED, { 5, 0 }, 2 };
    layout->membinds[1] =
        (vnuma_membind){ VNUMA_POLICY_INTERLEAVE, { 0, 2, 63 }, 3 };
}

static void check_part(const vnuma__promised *vnode, unsigned int i,
                       uint32_t pnode, uint64_t memkb)
{
    REQUIRE(i < vnode->parts.num);
    CHECK_UINT(vnode->parts.items[i].pnode, pnode);
    CHECK_UINT(vnode->parts.items[i].memkb, memkb);
}

/* The VGA hole is in no extent. */
static void a_promise_says_where_each_part_is(void)
{
    vnuma_xen_extent_set sets[] = {
        { .preferred = 5, .pnode = 5, .num_1g = 1 },
        { .preferred = 5, .pnode = 0, .num_4k = 100 },
        { .preferred = 5, .pnode = 1, .num_4k = 28 },
    };
    const vnuma_xen_built built = { sets, .num_sets = 3 };
    vnuma__promise promise, again;
    char *text, *second;
    vnuma__layout layout;

    make_layout(&layout);
    CHECK_INT(vnuma__promise_make(&layout, true, sizes, &built, &promise), 0);
    REQUIRE(promise.num_vnodes == 2);
    CHECK_UINT(promise.vnodes[0].parts.num, 3);
    check_part(&promise.vnodes[0], 0, 0, 400);
    check_part(&promise.vnodes[0], 1, 1, 112);
    check_part(&promise.vnodes[0], 2, 5, 256 * 1024 - 512);
    /* 128 pages of 2 MiB. */
    CHECK_UINT(promise.vnodes[1].parts.num, 3);
    check_part(&promise.vnodes[1], 0, 0, 43 * 2048);
    check_part(&promise.vnodes[1], 1, 2, 43 * 2048);
    check_part(&promise.vnodes[1], 2, 63, 42 * 2048);
    text = vnuma__promise_format(&promise);
    REQUIRE(text);
    CHECK_STR(text, "xl-vnuma 1\n"
                    "preferred:5,0;0=400,1=112,5=261632\n"
                    "interleave:0,2,63;0=88064,2=88064,63=86016\n");
    CHECK(vnuma__promise_parse(text, strlen(text), &again));
    second = vnuma__promise_format(&again);
    REQUIRE(second);
    CHECK_STR(second, text);
    free(second);
    free(text);
    vnuma__layout_dispose(&layout);
}

/* Both prefer pnode 5; of 300 MiB elsewhere the last one has what it can. */
static void the_last_vnodes_spilled_over(void)
{
    vnuma_xen_extent_set sets[] = {
        { .preferred = 5, .pnode = 5, .num_2m = 106 },
        { .preferred = 5, .pnode = 0, .num_2m = 150 },
    };
    const vnuma_xen_built built = { sets, .num_sets = 2 };
    vnuma__promise promise;
    vnuma__layout layout;
    uint32_t v;

    make_layout(&layout);
    for (v = 0; v < 2; v++) {
        layout.vnode_to_pnode[v] = 5;
        layout.membinds[v] =
            (vnuma_membind){ VNUMA_POLICY_PREFERRED, { 5, 0 }, 2 };
    }
    CHECK_INT(vnuma__promise_make(&layout, true, sizes, &built, &promise), 0);
    check_part(&promise.vnodes[0], 0, 0, 44 * 1024);
    check_part(&promise.vnodes[0], 1, 5, 212 * 1024);
    CHECK_UINT(promise.vnodes[1].parts.num, 1);
    check_part(&promise.vnodes[1], 0, 0, 256 * 1024);
    vnuma__layout_dispose(&layout);
}

static void a_damaged_promise_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "xl-vnuma 1\n",
        "xl-vnuma 2\nstrict:0;0=4\n",
        "xl-vnuma 1\nstrict:0;0=4",
        "xl-vnuma 1\nstrict:0\n",
        "xl-vnuma 1\nstrict:0;0\n",
        "xl-vnuma 1\nstrict:0;64=4\n",
        "xl-vnuma 1\nstrict:0;0=4,0=4\n",
        "xl-vnuma 1\nstrict:0;0=99999999999999\n",
        "xl-vnuma 1\nloose:0;0=4\n",
    };
    vnuma__promise promise;
    char many[1024] = "xl-vnuma 1\n";
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        CHECK(!vnuma__promise_parse(texts[i], strlen(texts[i]), &promise));
    for (i = 0; i <= VNUMA_MAX_VNODES; i++)
        strcat(many, "strict:0;0=4\n");
    CHECK(!vnuma__promise_parse(many, strlen(many), &promise));
    CHECK_UINT(promise.num_vnodes, 0);
}

static const tap_case cases[] = {
    TAP_CASE(a_promise_says_where_each_part_is),
    TAP_CASE(the_last_vnodes_spilled_over),
    TAP_CASE(a_damaged_promise_is_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
