/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of Xen's debug key "u". */
#include "config.h"

#include "tap.h"
#include "xen/host/handle.h"

#define DUMP                                                                  \
    "(XEN) 'u' pressed -> dumping numa info (now = 31057)\n"                  \
    "(XEN) NODE0 start->0 size->1310720 free->693154\n"                       \
    "(XEN) Memory location of each domain:\n"                                 \
    "(XEN) Domain 0 (total: 393216):\n"                                       \
    "(XEN)     Node 0: 393216\n"                                              \
    "(XEN)     Node 1: 0\n"                                                   \
    "(XEN) Domain 2 (total: 131056):\n"                                       \
    "(XEN)     Node 0: 65520\n"                                               \
    "(XEN) a message of somebody else's\n"                                    \
    "(XEN)     Node 1: 65536\n"                                               \
    "(XEN)      2 vnodes, 4 vcpus, guest physical layout:\n"                  \
    "(XEN)          0: pnode  0, vcpus 0-1\n"

static int parse(const char *text, uint32_t domid, vnuma_xen_residency *r)
{
    vnuma_xen_residency_init(r);
    return vnuma__residency_parse(text, strlen(text), domid, r);
}

static void check_two_nodes(const char *text, uint32_t domid)
{
    vnuma_xen_residency r;

    REQUIRE(!parse(text, domid, &r));
    CHECK_UINT(r.num_pages, 131056);
    CHECK_UINT(r.num_nodes, 2);
    CHECK_UINT(r.nodes[0].pnode, 0);
    CHECK_UINT(r.nodes[0].num_pages, 65520);
    CHECK_UINT(r.nodes[1].pnode, 1);
    CHECK_UINT(r.nodes[1].num_pages, 65536);
    vnuma_xen_residency_dispose(&r);
}

static void a_domain_is_found_among_others(void)
{
    check_two_nodes(DUMP, 2);
}

static void the_newest_dump_counts(void)
{
    check_two_nodes("(XEN) 'u' pressed -> dumping numa info\n"
                    "(XEN) Domain 2 (total: 1):\n"
                    "(XEN)     Node 7: 1\n" DUMP,
                    2);
}

static void newer_xen_writes_domains_differently(void)
{
    check_two_nodes("(XEN) 'u' pressed -> dumping numa info\n"
                    "(XEN) d12 (total: 131056):\n"
                    "(XEN)     Node 0: 65520\n"
                    "(XEN)     Node 1: 65536\n",
                    12);
}

/* By the debug port, where root has Xen print that. */
static void what_a_guest_has_printed_is_no_line_of_xens(void)
{
    check_two_nodes("(XEN) 'u' pressed -> dumping numa info\n"
                    "(XEN) Domain 2 (total: 131056):\n"
                    "(XEN) (d2) Domain 2 (total: 7):\n"
                    "(XEN) (d2)     Node 0: 7\n"
                    "(XEN)     Node 0: 65520\n"
                    "(XEN) (d5v0) 'u' pressed -> dumping numa info\n"
                    "(XEN) (d5) Domain 2 (total: 7):\n"
                    "(XEN)     Node 1: 65536\n",
                    2);
}

static void a_first_line_lost_from_the_ring_does_no_harm(void)
{
    check_two_nodes(strchr(DUMP, '\n') + 1, 2);
}

static void what_is_no_answer_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "nothing of the kind",
        "(XEN) 'u' pressed -> dumping numa info\n",
        "(XEN) Domain 3 (total: 5):\n(XEN)     Node 0: 5\n",
        "(XEN) Domain 2 (total: 99999999999999999999999):\n",
        "(XEN) Domain 2 (total: 5):\n(XEN)     Node 64: 5\n",
    };
    vnuma_xen_residency r;
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CHECK_INT(parse(texts[i], 2, &r), VNUMA_ERROR_HOST);
        CHECK_UINT(r.num_nodes, 0);
    }
}

static const tap_case cases[] = {
    TAP_CASE(a_domain_is_found_among_others),
    TAP_CASE(the_newest_dump_counts),
    TAP_CASE(newer_xen_writes_domains_differently),
    TAP_CASE(what_a_guest_has_printed_is_no_line_of_xens),
    TAP_CASE(a_first_line_lost_from_the_ring_does_no_harm),
    TAP_CASE(what_is_no_answer_is_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
