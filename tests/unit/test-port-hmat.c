/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's HMAT on its way to QEMU and libvirt and back: what they say of it,
 * and what is lost.  tests/hmat-formats.sh asks QEMU.
 */
#include "config.h"

#include "hmat-case.h"
#include "inside.h"
#include "kvm/port.h"
#include "nomem.h"

/* Vnodes 0 and 1 have vcpus, 2 and 3 have none. */
static const char guest_text[] =
    "type=\"hvm\"\nmemory=512\nvcpus=2\n"
    "vnuma=[[\"pnode=0\",\"size=128\",\"vcpus=0\"],"
    "[\"pnode=1\",\"size=128\",\"vcpus=1\"],"
    "[\"pnode=2\",\"size=128\"],[\"pnode=3\",\"size=128\"]]\n";

typedef struct {
    vnuma_source source;
    vnuma_config *config;
    vnuma_diags diags;
    vnuma__port port;
} ported;

/* Returns what vnuma__port_make() did, or that there is no memory. */
static int port_hmat(ported *p, const char *text, const vnuma__hmat *hmat)
{
    const vnuma__port_options options = { .hmat = hmat };
    int rc;

    memset(p, 0, sizeof(*p));
    rc = vnuma_source_set(&p->source, "guest", text, strlen(text));
    if (!rc)
        rc = vnuma_config_parse(&p->source, &p->config, &p->diags);
    if (!rc)
        rc = vnuma__port_make(p->config, &options, &p->port, &p->diags);
    return rc;
}

static void ported_dispose(ported *p)
{
    vnuma__port_dispose(&p->port);
    vnuma_config_free(p->config);
    vnuma_diags_dispose(&p->diags);
    vnuma_source_dispose(&p->source);
}

/* What comes back of one; @lost_r: bits of VNUMA__LOST_ */
static void there_and_back(const vnuma__hmat *hmat, vnuma__hmat *back,
                           unsigned int *lost_r)
{
    ported p;

    memset(back, 0, sizeof(*back));
    REQUIRE(!port_hmat(&p, guest_text, hmat));
    CHECK_UINT(p.port.kvm->hmat.value, 1);
    *lost_r = p.port.hmat_lost;
    CHECK_INT(vnuma__port_to_hmat(p.port.kvm, back), 0);
    ported_dispose(&p);
}

/* One that QEMU can say. */
static void make_plain(vnuma__hmat *hmat)
{
    make_hmat(hmat);
    vnuma__hmat_set(hmat, 0, VNUMA__READ_LATENCY, 0, 0, 80000);
    vnuma__hmat_set(hmat, 0, VNUMA__READ_LATENCY, 1, 1, 81000);
    vnuma__hmat_set(hmat, 0, VNUMA__READ_LATENCY, 1, 2, 150000);
    vnuma__hmat_set(hmat, 1, VNUMA__LATENCY, 0, 2, 12000);
}

static void what_both_say_comes_back(void)
{
    vnuma__hmat hmat, back;
    unsigned int lost;

    make_plain(&hmat);
    there_and_back(&hmat, &back, &lost);
    CHECK_UINT(lost, 0);
    CHECK(vnuma__hmat_equal(&hmat, &back));
    vnuma__hmat_dispose(&back);
    vnuma__hmat_dispose(&hmat);
}

static void what_is_lost_is_told(void)
{
    static const vnuma__side_cache second = {
        .node = 2, .level = 2, .num_levels = 2, .size = UINT64_C(16) << 30
    };
    static const vnuma__side_cache alone = {
        .node = 3, .level = 1, .num_levels = 1, .size = 4096
    };
    vnuma__hmat hmat, back;
    unsigned int i, lost;

    for (i = 0; i < 7; i++) {
        make_plain(&hmat);
        if (i == 0)
            vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 0, 80499);
        else if (i == 1)
            vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 0,
                            VNUMA__UNREACHABLE);
        else if (i == 2)
            hmat.nearest[0] = 1;
        else if (i == 3)
            CHECK_INT(vnuma__hmat_add_cache(&hmat, &second), 0);
        else if (i == 4)
            CHECK_INT(vnuma__hmat_add_cache(&hmat, &alone), 0);
        else if (i == 5)
            hmat.caches[0].num_levels = 2;
        else
            vnuma__hmat_set(&hmat, 0, VNUMA__BANDWIDTH, 0, 0,
                            VNUMA__SPEED_MAX);
        there_and_back(&hmat, &back, &lost);
        CHECK_UINT(lost, i == 0   ? VNUMA__LOST_EXACT
                         : i == 1 ? VNUMA__LOST_NO_WAY
                         : i == 2 ? VNUMA__LOST_NEAREST
                         : i == 6 ? VNUMA__LOST_EXACT
                                  : VNUMA__LOST_CACHE);
        CHECK_UINT(back.num_caches, 1);
        CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__LATENCY, 0, 0),
                   i == 0 ? 80000 : 0);
        vnuma__hmat_dispose(&back);
        vnuma__hmat_dispose(&hmat);
    }
}

/* Each fits QEMU's 16 bits in a unit that all of a kind share. */
static void numbers_that_differ_much_are_rounded(void)
{
    vnuma__hmat hmat = { 0 }, back;
    unsigned int lost;

    CHECK_INT(vnuma__hmat_init(&hmat, 4), 0);
    vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 0, 1);
    vnuma__hmat_set(&hmat, 0, VNUMA__LATENCY, 0, 1, 70001000);
    vnuma__hmat_set(&hmat, 0, VNUMA__BANDWIDTH, 0, 0, 3);
    vnuma__hmat_set(&hmat, 0, VNUMA__BANDWIDTH, 0, 1, 131072);
    vnuma__hmat_set(&hmat, 0, VNUMA__WRITE_BANDWIDTH, 0, 0, 65533);
    there_and_back(&hmat, &back, &lost);
    CHECK_UINT(lost, VNUMA__LOST_EXACT);
    CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__LATENCY, 0, 0), 10000);
    CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__LATENCY, 0, 1), 70000000);
    CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__BANDWIDTH, 0, 0), 4);
    CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__BANDWIDTH, 0, 1), 131072);
    CHECK_UINT(vnuma__hmat_get(&back, 0, VNUMA__WRITE_BANDWIDTH, 0, 0), 65533);
    vnuma__hmat_dispose(&back);
    vnuma__hmat_dispose(&hmat);
}

/* Nothing is checked here: what is wrong is left out, and nothing is broken. */
static void wrong_numbers_do_no_harm(void)
{
    static const char line[] =
        "-M q35,hmat=on -m 1G -smp 2 -object memory-backend-ram,id=m,size=1G "
        "-numa node,memdev=m,cpus=0-1 "
        "-numa hmat-lb,initiator=9,target=0,hierarchy=memory,"
        "data-type=access-latency,latency=4294967295 "
        "-numa hmat-lb,initiator=0,target=65535,hierarchy=third-level,"
        "data-type=write-bandwidth,bandwidth=1M "
        "-numa hmat-lb,initiator=0,target=0,hierarchy=third-level,"
        "data-type=write-bandwidth,bandwidth=4294967295M "
        "-numa hmat-cache,node-id=7,size=1,level=1,associativity=none,"
        "policy=none,line=0 "
        "-numa hmat-cache,node-id=0,size=1,level=0,associativity=none,"
        "policy=none,line=0 "
        "-numa hmat-cache,node-id=0,size=1,level=3,associativity=complex,"
        "policy=none,line=0 "
        "-numa hmat-cache,node-id=0,size=2,level=3,associativity=none,"
        "policy=none,line=0 ";
    vnuma__hmat back = { 0 };
    ported p;

    REQUIRE(!port_hmat(&p, line, NULL));
    CHECK_INT(vnuma__port_to_hmat(p.port.kvm, &back), 0);
    CHECK_UINT(back.num_nodes, 1);
    CHECK_UINT(back.num_caches, 1);
    CHECK_UINT(back.caches[0].associativity, 2);
    CHECK_UINT(vnuma__hmat_get(&back, 3, VNUMA__WRITE_BANDWIDTH, 0, 0),
               UINT64_C(4294967295));
    CHECK(!back.speeds[0][VNUMA__LATENCY]);
    vnuma__hmat_dispose(&back);
    ported_dispose(&p);
}

static void without_speeds_there_is_no_hmat(void)
{
    vnuma__hmat back = { 0 };
    ported p;

    REQUIRE(!port_hmat(&p, guest_text, NULL));
    CHECK_UINT(p.port.kvm->hmat.value, 0);
    CHECK_INT(vnuma__port_to_hmat(p.port.kvm, &back), 0);
    CHECK(!vnuma__hmat_is_known(&back));
    ported_dispose(&p);
}

static vnuma__hmat step_hmat;

static int there_and_back_step(void)
{
    vnuma__hmat back = { 0 };
    ported p;
    int rc = port_hmat(&p, guest_text, &step_hmat);

    if (!rc)
        rc = vnuma__port_to_hmat(p.port.kvm, &back);
    CHECK_NOTHING_LEFT(rc, back);
    vnuma__hmat_dispose(&back);
    ported_dispose(&p);
    return rc;
}

static void every_failed_allocation_is_survived(void)
{
    make_plain(&step_hmat);
    run_with_each_failing(there_and_back_step, false);
    run_with_each_failing(there_and_back_step, true);
    vnuma__hmat_dispose(&step_hmat);
}

static const tap_case cases[] = {
    TAP_CASE(what_both_say_comes_back),
    TAP_CASE(what_is_lost_is_told),
    TAP_CASE(numbers_that_differ_much_are_rounded),
    TAP_CASE(wrong_numbers_do_no_harm),
    TAP_CASE(without_speeds_there_is_no_hmat),
    TAP_CASE(every_failed_allocation_is_survived),
};

int main(void)
{
    return TAP_RUN(cases);
}
