/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a guest's HMAT: what it means, what is refused where, and that a
 * value survives it; and the HMAT that a planned guest gets by its host's.
 */
#include "config.h"

#include "hmat-case.h"
#include "plan-case.h"
#include "plan/plan_hmat.h"

typedef struct {
    vnuma_source source;
    vnuma_diags diags;
    vnuma__hmat hmat;
    int rc;
} parsed;

static void read_hmat(parsed *p, const char *text,
                      const vnuma__hmat_guest *guest)
{
    memset(p, 0, sizeof(*p));
    CHECK_INT(vnuma_source_set(&p->source, "hmat", text, strlen(text)), 0);
    p->rc = vnuma__hmat_read_text(&p->source, guest, &p->hmat, &p->diags);
    CHECK(!p->rc == !p->diags.num_errors);
    CHECK(!p->rc == vnuma__hmat_is_known(&p->hmat));
}

static void end(parsed *p)
{
    vnuma__hmat_dispose(&p->hmat);
    vnuma_diags_dispose(&p->diags);
    vnuma_source_dispose(&p->source);
}

/* Four vnodes; 2 and 3 have no vcpus, 1 has no memory. */
static const vnuma__hmat_guest four = {
    .num_vnodes = 4,
    .has_vcpus = { true, true },
    .has_memory = { true, false, true, true },
};

static void a_text_means_what_it_says(void)
{
    parsed p;

    read_hmat(&p,
              "# of a guest\n"
              "latency 0-1 0 80.5   # ns\r\n"
              "  read-bandwidth\t0 2-3 81920\n"
              "write-latency 1 2 unreachable\n\n"
              "latency 0 2 40 level=1\n"
              "nearest 2 0\n"
              "cache 2 size=16G line=64 associativity=direct "
              "policy=write-back\n"
              "cache 3 size=3K level=2 levels=2",
              &four);
    REQUIRE(!p.rc);
    CHECK_UINT(vnuma__hmat_get(&p.hmat, 0, VNUMA__LATENCY, 0, 0), 80500);
    CHECK_UINT(vnuma__hmat_get(&p.hmat, 0, VNUMA__LATENCY, 1, 0), 80500);
    CHECK_UINT(vnuma__hmat_get(&p.hmat, 0, VNUMA__READ_BANDWIDTH, 0, 3),
               81920);
    CHECK_UINT(vnuma__hmat_get(&p.hmat, 0, VNUMA__WRITE_LATENCY, 1, 2),
               VNUMA__UNREACHABLE);
    CHECK_UINT(vnuma__hmat_get(&p.hmat, 1, VNUMA__LATENCY, 0, 2), 40000);
    CHECK_UINT(p.hmat.nearest[2], 0);
    REQUIRE(p.hmat.num_caches == 2);
    CHECK_UINT(p.hmat.caches[0].size, UINT64_C(16) << 30);
    CHECK_UINT(p.hmat.caches[0].associativity, 1);
    CHECK_UINT(p.hmat.caches[0].policy, 1);
    CHECK_UINT(p.hmat.caches[0].line, 64);
    CHECK_UINT(p.hmat.caches[1].level, 2);
    end(&p);
}

static void a_value_survives_its_text(void)
{
    vnuma__hmat hmat;
    parsed p;
    char *text, *again;

    make_hmat(&hmat);
    text = vnuma__hmat_to_text(&hmat);
    REQUIRE(text);
    read_hmat(&p, text,
              &(vnuma__hmat_guest){ .num_vnodes = 4,
                                    .has_vcpus = { true, true },
                                    .has_memory = { true, true, true } });
    REQUIRE(!p.rc);
    CHECK(vnuma__hmat_equal(&hmat, &p.hmat));
    again = vnuma__hmat_to_text(&p.hmat);
    CHECK_STR(again, text);
    free(again);
    free(text);
    end(&p);
    vnuma__hmat_dispose(&hmat);
}

static void each_mistake_is_said_at_its_place(void)
{
    static const struct {
        const char *text, *place, *message;
    } mistakes[] = {
        { "nearest 0 0", "1:1",
          "the text has no latency, no bandwidth and no cache" },
        { "\n  speed 0 0 1\ncache", "2:3", "no line begins with \"speed\"" },
        { "latency 0 4 80", "1:11", "the guest has no vnode 4" },
        { "latency 0 x 80", "1:11",
          "this is not the number of a vnode: \"x\"" },
        { "latency 0", "1:10", "this is not the number of a vnode: \"\"" },
        { "latency 1-0 0 80", "1:9",
          "this range ends before it begins: \"1-0\"" },
        { "latency 0 0-4 80", "1:13", "the guest has no vnode 4" },
        { "latency 2 0 80", "1:1", "vnode 2 has no vcpus to begin at" },
        { "latency 0 1 80", "1:1", "vnode 1 has no memory" },
        { "latency 0 0 0", "1:13",
          "this is not a latency in ns, from 0.001 to 4294967.295: \"0\"" },
        { "latency 0 0 4294967.296", "1:13",
          "this is not a latency in ns, from 0.001 to 4294967.295: "
          "\"4294967.296\"" },
        { "latency 0 0 1.2345", "1:13",
          "this is not a latency in ns, from 0.001 to 4294967.295: "
          "\"1.2345\"" },
        { "latency 0 0 80ns", "1:13",
          "this is not a latency in ns, from 0.001 to 4294967.295: "
          "\"80ns\"" },
        { "bandwidth 0 0 1.5", "1:15",
          "this is not a bandwidth in MB/s, a whole number from 1 to "
          "4294967295: \"1.5\"" },
        { "latency 0 0 80 90", "1:16",
          "only level= may follow here, not \"90\"" },
        { "latency 0 0 80 level=4", "1:16",
          "this is not a number from 0 to 3: \"level=4\"" },
        { "latency 0 0 80 level=1 x", "1:24",
          "there is more than this line needs: \"x\"" },
        { "latency 0 0 80\nlatency 0-1 0 80", "2:1",
          "latency from vnode 0 to vnode 0 is given already" },
        { "nearest 0 2", "1:1", "vnode 2 has no vcpus to begin at" },
        { "nearest 0 0\nnearest 0 1", "2:1",
          "the nearest vcpus of vnode 0 are given already" },
        { "cache 0", "1:1", "this cache has no size=" },
        { "cache 0 size=16", "1:9", "this is not a size: \"size=16\"" },
        { "cache 0 size=4097T", "1:9", "this is not a size: \"size=4097T\"" },
        { "cache 0 size=1G level=2 levels=1", "1:1",
          "this cache is of level 2 of 1" },
        { "cache 0 size=1G\ncache 0 size=2G", "2:1",
          "this cache is given already" },
        { "cache 1 size=1G", "1:1", "vnode 1 has no memory" },
        { "cache 0 size=1G policy=x", "1:17",
          "a cache has no such value: \"policy=x\"" },
        { "cache 0 size=1G line=65536", "1:17",
          "this is not a number from 1 to 65535: \"line=65536\"" },
        { "cache 0 ways=8", "1:9", "a cache has no such option: \"ways=8\"" },
    };
    const vnuma_diag *diag;
    uint32_t line, column;
    const char *name;
    char place[32];
    unsigned int i;
    parsed p;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        read_hmat(&p, mistakes[i].text, &four);
        CHECK_INT(p.rc, VNUMA_ERROR_CONFIG);
        REQUIRE(p.diags.num_items);
        diag = vnuma_diags_at(&p.diags, 0);
        vnuma_span_locate(diag->span, &name, &line, &column);
        snprintf(place, sizeof(place), "%u:%u", line, column);
        CHECK_STR(place, mistakes[i].place);
        CHECK_STR(diag->message, mistakes[i].message);
        CHECK_STR(diag->id, "hmat-text");
        end(&p);
    }
}

/* It may be any file that root can read. */
static void of_another_text_nothing_is_quoted(void)
{
    static const char *const others[] = {
        "", "# secret\n", "root:secret:0:\nlatency:secret\n", "secret",
    };
    unsigned int i;
    char *said;
    parsed p;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        read_hmat(&p, others[i], &four);
        CHECK_INT(p.rc, VNUMA_ERROR_CONFIG);
        REQUIRE(p.diags.num_items == 1);
        said = vnuma_diag_format(vnuma_diags_at(&p.diags, 0), false);
        CHECK_STR(said, "error: hmat: this is not the text of an HMAT, of "
                        "which each line begins with a word such as "
                        "\"latency\" [hmat-text]\n");
        free(said);
        end(&p);
    }
}

static void a_nul_is_refused(void)
{
    static const char text[] = "latency 0 0 80\0\nlatency 0 0 80\n";
    parsed p = { .rc = 0 };

    vnuma_source_set(&p.source, "hmat", text, sizeof(text) - 1);
    CHECK_INT(vnuma__hmat_read_text(&p.source, &four, &p.hmat, &p.diags),
              VNUMA_ERROR_CONFIG);
    end(&p);
}

/* ---- by the host's ------------------------------------------------------ */

#define HMAT_HOST "invented-hmat.json"

static const char on_both_kinds[] =
    "type='hvm'\nmemory=1024\nvcpus=2\n"
    "vnuma=[['pnode=1','size=512','vcpus=0-1'],['pnode=5','size=512']]\n";

static void vnodes_are_as_fast_as_their_pnodes(void)
{
    vnuma__hmat hmat = { 0 };
    plan_case c;
    char *text;

    case_plan(&c, HMAT_HOST, on_both_kinds);
    CHECK_INT(c.rc, 0);
    REQUIRE(!vnuma__plan_hmat(&c.plan, &c.topology, &hmat, &c.diags));
    text = vnuma__hmat_to_text(&hmat);
    CHECK_STR(text, "read-latency 0 0 80\nread-latency 0 1 110\n"
                    "write-latency 0 0 82.5\nwrite-latency 0 1 112.5\n"
                    "read-bandwidth 0 0 20480\nread-bandwidth 0 1 81920\n"
                    "write-bandwidth 0 0 18432\nwrite-bandwidth 0 1 61440\n"
                    "nearest 0 0\nnearest 1 0\n");
    CHECK_UINT(c.diags.num_warnings, 0);
    free(text);
    vnuma__hmat_dispose(&hmat);
    case_dispose(&c);
}

static void caches_come_with_their_pnode(void)
{
    vnuma__hmat hmat = { 0 };
    plan_case c;

    case_plan(&c, HMAT_HOST,
              "type='hvm'\nmemory=1024\nvcpus=2\n"
              "vnuma=[['pnode=1','size=512','vcpus=0'],"
              "['pnode=0','size=512','vcpus=1']]\n");
    REQUIRE(!vnuma__plan_hmat(&c.plan, &c.topology, &hmat, &c.diags));
    REQUIRE(hmat.num_caches == 1);
    CHECK_UINT(hmat.caches[0].node, 1);
    CHECK_UINT(hmat.caches[0].size, 1 << 30);
    CHECK_UINT(vnuma__hmat_get(&hmat, 1, VNUMA__LATENCY, 1, 1), 12000);
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__READ_LATENCY, 0, 1), 140000);
    vnuma__hmat_dispose(&hmat);
    case_dispose(&c);
}

static void of_several_pnodes_the_slowest_counts(void)
{
    vnuma__hmat hmat = { 0 };
    plan_case c;

    case_plan(&c, HMAT_HOST,
              "type='hvm'\nmemory=1024\nvcpus=2\n"
              "xl_vnuma_policy=['strict','interleave=4-5']\n"
              "vnuma=[['pnode=0','size=512','vcpus=0-1'],['size=512']]\n");
    REQUIRE(!vnuma__plan_hmat(&c.plan, &c.topology, &hmat, &c.diags));
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__READ_LATENCY, 0, 1), 170000);
    CHECK_UINT(vnuma__hmat_get(&hmat, 0, VNUMA__READ_BANDWIDTH, 0, 1), 10240);
    CHECK_UINT(hmat.nearest[1], VNUMA_ID_UNKNOWN);
    CHECK_UINT(c.diags.num_warnings, 1);
    vnuma__hmat_dispose(&hmat);
    case_dispose(&c);
}

static void a_host_without_an_hmat_gives_none(void)
{
    vnuma__hmat hmat = { 0 };
    plan_case c;

    case_plan(&c, KNL,
              "type='hvm'\nmemory=256\nvcpus=1\nvnuma=[['vcpus=0']]\n");
    CHECK_INT(vnuma__plan_hmat(&c.plan, &c.topology, &hmat, &c.diags), 0);
    CHECK(!vnuma__hmat_is_known(&hmat));
    case_dispose(&c);
}

static void a_pair_is_said_as_far_as_it_is_known(void)
{
    static const struct {
        uint64_t latency, bandwidth;
        const char *text;
    } pairs[] = {
        { 80500, 20480, "80.5 ns, 20480 MB/s" },
        { 80000, 0, "80 ns" },
        { 0, 20480, "20480 MB/s" },
        { 0, 0, "no known speed" },
        { VNUMA__UNREACHABLE, 20480, "no way" },
        { 80000, VNUMA__UNREACHABLE, "no way" },
    };
    vnuma__hmat hmat = { 0 };
    char text[64];
    unsigned int i;
    FILE *f;

    REQUIRE(!vnuma__hmat_init(&hmat, 1));
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 0, pairs[i].latency);
        vnuma__hmat_set(&hmat, 0, VNUMA__BANDWIDTH, 0, 0, pairs[i].bandwidth);
        f = fmemopen(text, sizeof(text), "w");
        REQUIRE(f);
        vnuma__hmat_print_pair(&hmat, 0, 0, f);
        fclose(f);
        CHECK_STR(text, pairs[i].text);
    }
    vnuma__hmat_dispose(&hmat);
}

static const tap_case cases[] = {
    TAP_CASE(a_text_means_what_it_says),
    TAP_CASE(a_value_survives_its_text),
    TAP_CASE(each_mistake_is_said_at_its_place),
    TAP_CASE(of_another_text_nothing_is_quoted),
    TAP_CASE(a_nul_is_refused),
    TAP_CASE(vnodes_are_as_fast_as_their_pnodes),
    TAP_CASE(caches_come_with_their_pnode),
    TAP_CASE(of_several_pnodes_the_slowest_counts),
    TAP_CASE(a_host_without_an_hmat_gives_none),
    TAP_CASE(a_pair_is_said_as_far_as_it_is_known),
};

int main(void)
{
    return TAP_RUN(cases);
}
