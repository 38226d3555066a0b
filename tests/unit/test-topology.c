/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts as values: what each text means, and that nothing is lost. */
#include "config.h"

#include <time.h>

#include "every-host.h"
#include "host-case.h"

/* ---- cases -------------------------------------------------------------- */

static void texts_of_xl_come_out_byte_for_byte(void)
{
    static const char *const as_xl_prints[] = {
        "xl-info-n-2node.txt",
        "xl-info-n-8node-snc4-cpuless.txt",
        "invented-gaps.txt",
        "invented-one-node.txt",
    };
    unsigned int i;

    for (i = 0; i < sizeof(as_xl_prints) / sizeof(as_xl_prints[0]); i++) {
        parsed_host host;
        char *text;

        parse_file(&host, as_xl_prints[i]);
        CHECK_INT(host.rc, 0);
        text = vnuma_topology_to_text(&host.topology);
        CHECK_STR(text, host.source.text);
        free(text);
        dispose(&host);
    }
}

static void survives_text_and_json(const char *file)
{
    parsed_host first, from_text, from_json;
    char *text, *json, *again;

    parse_file(&first, file);
    CHECK_INT(first.rc, 0);
    text = vnuma_topology_to_text(&first.topology);
    json = vnuma_topology_to_json(&first.topology);
    REQUIRE(text && json);

    parse(&from_text, text);
    again = vnuma_topology_to_text(&from_text.topology);
    CHECK_STR(again, text);
    free(again);

    parse(&from_json, json);
    again = vnuma_topology_to_json(&from_json.topology);
    CHECK_STR(again, json);
    free(again);
    again = vnuma_topology_to_text(&from_json.topology);
    CHECK_STR(again, text);
    free(again);

    free(text);
    free(json);
    dispose(&first);
    dispose(&from_text);
    dispose(&from_json);
}

/* Every form is read back to a value that prints the same in both forms. */
static void every_host_survives_text_and_json(void)
{
    with_every_host(survives_text_and_json);
}

static void a_recorded_host_is_understood(void)
{
    const vnuma_pnode *pnode;
    parsed_host host;

    parse_file(&host, "xl-info-n-8node-snc4-cpuless.txt");
    REQUIRE(!host.rc);
    CHECK_UINT(host.topology.num_pnodes, 8);
    CHECK_UINT(host.topology.num_pcpus, 8);
    pnode = vnuma_topology_find(&host.topology, 2);
    REQUIRE(pnode);
    CHECK_UINT(pnode->memkb, 1024 * 1024);
    CHECK_UINT(pnode->free_memkb, 505 * 1024);
    CHECK_UINT(vnuma_bitmap_count(&pnode->pcpus), 2);
    CHECK(vnuma_bitmap_test(&pnode->pcpus, 5));
    pnode = vnuma_topology_find(&host.topology, 4);
    REQUIRE(pnode);
    CHECK_UINT(vnuma_bitmap_count(&pnode->pcpus), 0);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 0, 4), 31);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 1, 4), 41);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 1, 8),
               VNUMA_DISTANCE_UNKNOWN);
    CHECK(!vnuma_topology_find(&host.topology, 8));
    CHECK_UINT(host.topology.num_facts, 32);
    dispose(&host);
}

static void gaps_and_absent_values(const char *file)
{
    const vnuma_topology *topology;
    parsed_host host;

    parse_file(&host, file);
    REQUIRE(!host.rc);
    topology = &host.topology;
    CHECK_UINT(topology->num_pnodes, 4);
    CHECK(!vnuma_topology_find(topology, 1));
    CHECK_UINT(vnuma_topology_find(topology, 7)->memkb, VNUMA_MEMKB_UNKNOWN);
    CHECK_UINT(vnuma_topology_find(topology, 7)->free_memkb,
               VNUMA_MEMKB_UNKNOWN);
    CHECK_UINT(vnuma_topology_find(topology, 2)->free_memkb, 0);
    CHECK_UINT(vnuma_topology_distance(topology, 2, 5), 31);
    CHECK_UINT(vnuma_topology_distance(topology, 5, 7), 41);
    CHECK_UINT(vnuma_topology_distance(topology, 7, 5),
               VNUMA_DISTANCE_UNKNOWN);
    CHECK_UINT(vnuma_topology_distance(topology, 0, 1),
               VNUMA_DISTANCE_UNKNOWN);
    CHECK(vnuma_bitmap_test(&vnuma_topology_find(topology, 5)->pcpus, 9));
    CHECK_UINT(topology->pcpus[4].core, VNUMA_ID_UNKNOWN);
    CHECK_UINT(topology->num_pcidevs, 3);
    CHECK_UINT(topology->pcidevs[2].segment, 0xc0de);
    CHECK_UINT(topology->pcidevs[2].bus, 0xff);
    CHECK_UINT(topology->pcidevs[2].device, 0x1f);
    CHECK_UINT(topology->pcidevs[2].function, 7);
    CHECK_UINT(topology->pcidevs[2].pnode, 5);
    dispose(&host);
}

static void node_numbers_may_have_gaps(void)
{
    gaps_and_absent_values("invented-gaps.txt");
}

static void line_ends_may_be_crlf(void)
{
    gaps_and_absent_values("invented-crlf.txt");
}

static void rows_and_tables_come_in_any_order(void)
{
    parsed_host host;

    parse_file(&host, "invented-no-distances.txt");
    REQUIRE(!host.rc);
    CHECK_UINT(vnuma_topology_find(&host.topology, 0)->free_memkb, 512 * 1024);
    CHECK_UINT(vnuma_topology_find(&host.topology, 1)->free_memkb,
               1024 * 1024);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 0, 0),
               VNUMA_DISTANCE_UNKNOWN);
    CHECK_UINT(host.topology.num_pcpus, 3);
    CHECK_UINT(host.topology.pcpus[2].pnode, VNUMA_ID_UNKNOWN);
    dispose(&host);
}

static void a_long_table_of_devices_may_come_first(void)
{
    static char text[8192];
    parsed_host host;
    unsigned int i;
    size_t len;

    len = snprintf(text, sizeof(text),
                   "device topology :\ndevice           node\n");
    for (i = 0; i < 100; i++)
        len += snprintf(text + len, sizeof(text) - len, "0000:%02x:00.0 0\n",
                        i);
    snprintf(text + len, sizeof(text) - len,
             "numa_info :\nnode:    memsize    memfree    distances\n"
             "0: 10 5 10\n");
    parse(&host, text);
    REQUIRE(!host.rc);
    CHECK_UINT(host.topology.num_pcidevs, 100);
    dispose(&host);
}

/* Without gaps nobody can tell; with gaps both ways are found in the wild. */
static void columns_may_skip_the_gaps(void)
{
    parsed_host host;

    parse(&host, "numa_info              :\n"
                 "node:    memsize    memfree    distances\n"
                 "   1:      1024       1000      10,20\n"
                 "   4:      1024       1000      30,10\n");
    REQUIRE(!host.rc);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 1, 4), 20);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 4, 1), 30);
    dispose(&host);
}

static void twelve_tebibytes_do_not_wrap(void)
{
    parsed_host host;

    parse_file(&host, "invented-one-node.txt");
    REQUIRE(!host.rc);
    CHECK_UINT(host.topology.pnodes[0].free_memkb, UINT64_C(12) << 30);
    dispose(&host);
}

static void numactl_in_both_forms(void)
{
    const vnuma_topology *topology;
    parsed_host host;

    parse_file(&host, "invented-numactl-compressed.txt");
    REQUIRE(!host.rc);
    topology = &host.topology;
    CHECK_UINT(topology->num_pnodes, 3);
    CHECK_UINT(vnuma_bitmap_count(&topology->pnodes[0].pcpus), 7);
    CHECK(vnuma_bitmap_test(&topology->pnodes[0].pcpus, 11));
    CHECK_UINT(vnuma_bitmap_count(&topology->pnodes[2].pcpus), 0);
    CHECK_UINT(topology->pnodes[1].memkb, 16124 * 1024);
    CHECK_UINT(topology->pnodes[1].free_memkb, VNUMA_MEMKB_UNKNOWN);
    CHECK_UINT(vnuma_topology_distance(topology, 0, 4),
               VNUMA_DISTANCE_UNKNOWN);
    CHECK_UINT(vnuma_topology_distance(topology, 4, 0), 17);
    dispose(&host);

    parse_file(&host, "numactl-epyc-nps4-64cpu.txt");
    REQUIRE(!host.rc);
    CHECK_UINT(vnuma_bitmap_count(&host.topology.pnodes[7].pcpus), 8);
    CHECK(vnuma_bitmap_test(&host.topology.pnodes[7].pcpus, 63));
    CHECK_UINT(vnuma_topology_distance(&host.topology, 3, 4), 32);
    dispose(&host);
}

static void json_needs_little(void)
{
    parsed_host host;

    parse(&host, "{\"nodes\":[{\"node\":3,\"free_memkb\":77,\"cpus\":[1],"
                 "\"distances\":[10,null],\"colour\":[{}]},"
                 "{\"node\":1,\"distances\":[20,10]}],\"more\":{\"a\":[1]}}");
    REQUIRE(!host.rc);
    CHECK_UINT(host.topology.pnodes[0].pnode, 1);
    CHECK_UINT(host.topology.pnodes[0].free_memkb, VNUMA_MEMKB_UNKNOWN);
    CHECK_UINT(host.topology.pnodes[1].free_memkb, 77);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 1, 3), 20);
    CHECK_UINT(vnuma_topology_distance(&host.topology, 3, 1),
               VNUMA_DISTANCE_UNKNOWN);
    dispose(&host);
}

#define NODES(rows)                                                           \
    "numa_info :\nnode:    memsize    memfree    distances\n" rows
#define CPUS(rows) "cpu_topology :\ncpu:    core    socket     node\n" rows
#define TWO_NODES NODES("0: 10 5 10,20\n1: 10 5 20,10\n")

static void contradictions_are_named_where_they_are(void)
{
    check_error("nr_nodes : 3\n" TWO_NODES, "host-truncated", "6:1");
    check_error("nr_nodes : 3\n" TWO_NODES "xend_config_format : 4\n",
                "host-count", "1:12");
    check_error("nr_cpus : 2\n" CPUS("0: 0 0 0\n") TWO_NODES, "host-count",
                "1:11");
    check_error("nr_cpus : 1\n" CPUS("0: 0 0 0\n1: 0 0 0\n") TWO_NODES,
                "host-count", "1:11");
    check_error("max_cpu_id : 4\nnr_cpus : 1\n" CPUS("5: 0 0 0\n") TWO_NODES,
                "host-count", "1:14");
    check_error("nr_nodes : many\n" TWO_NODES, "host-count", "1:12");
    check_error(CPUS("0: 0 0 7\n") TWO_NODES, "host-cpu-node", "3:1");
    check_error(CPUS("0: 0 0 0\n0: 0 0 1\n") TWO_NODES, "host-cpu-twice",
                "4:1");
    check_error(NODES("0: 10 5 10,20\n0: 10 5 20,10\n"), "host-node-twice",
                "4:1");
    check_error(NODES("0: 10 5 10,20\n1: 10 5 20\n"), "host-distances", "4:9");
    check_error(NODES("0: 10 5 10,20\n1: 10 5\n"), "host-distances", "4:1");
    check_error(
        "device topology :\ndevice           node\n0000:00:00.0 9\n" TWO_NODES,
        "host-device-node", "3:1");
}

static void rows_that_are_none(void)
{
    check_error(NODES("0: ten 5 10\n"), "host-row", "3:4");
    check_error(NODES("0: 10 5x 10\n"), "host-row", "3:7");
    check_error(NODES("0: 10 5 10,,20\n"), "host-row", "3:12");
    check_error(NODES("0: 10 5 10,300\n"), "host-row", "3:12");
    check_error(NODES("0: 99999999999999999999 5 10\n"), "host-row", "3:4");
    check_error(NODES("0x: 10 5 10\n"), "host-row", "3:1");
    check_error(NODES("1024: 10 5 10\n"), "host-node", "3:1");
    check_error(CPUS("0: 0 0\n") TWO_NODES, "host-row", "3:1");
    check_error(CPUS("0: 0 0 0 0\n") TWO_NODES, "host-row", "3:10");
    check_error(CPUS("65536: 0 0 0\n") TWO_NODES, "host-row", "3:1");
    check_error("device topology :\n0000:00:00.8 0\n" TWO_NODES, "host-row",
                "2:1");
    check_error(TWO_NODES "xen_maj", "host-line", "5:1");
    check_error("numa_info : 3\n", "host-row", "1:13");
}

static void numactl_mistakes(void)
{
    static const char head[] = "available: 1 nodes (0)\nnode 0 cpus: 0\n"
                               "node 0 size: 10 MB\nnode 0 free: 5 MB\n";
    char text[512];

    check_error(head, "host-truncated", "5:1");
    snprintf(text, sizeof(text), "%snode distances:\nnode   0\n  0:  10 20\n",
             head);
    check_error(text, "host-distances", "7:7");
    snprintf(text, sizeof(text), "%snode distances:\nnode   0 1\n", head);
    check_error(text, "host-row", "6:10");
    snprintf(text, sizeof(text), "%snode distances:\nnode   0\n 7:  10\n",
             head);
    check_error(text, "host-row", "7:2");
    check_error("available: 2 nodes (0-1)\nnode 0 cpus: 0\n"
                "No distance information available.\n",
                "host-count", "1:12");
    check_error("available: 1 nodes (0)\nnode 0 cpus: 0-2 (4)\n", "host-count",
                "2:18");
    check_error("available: 1 nodes (0)\nnode 0 cpus: 2-0\n", "host-row",
                "2:14");
    check_error("available: 1 nodes (0)\nnode 0 cpus:\nnode 0 size: 10 GB\n",
                "host-row", "3:16");
    check_error("available: 1 nodes (0)\nnode 0 size: 10 MB\n"
                "node 0 free: 10 MB\n",
                "host-row", "2:6");
    check_error("available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 cpus: 1\n"
                "No distance information available.\n",
                "host-count", "1:12");
}

static void a_lost_node_is_one_mistake(void)
{
    parsed_host host;

    parse(&host, "available: 2 nodes (0-1)\nnode 0 cpus: 0\n"
                 "node 0 size: 10 MB\nnode 0 free: 5 MB\nnode distances:\n"
                 "node   0   1\n  0:  10  20\n  1:  20  10\n");
    CHECK_UINT(host.diags.num_errors, 1);
    dispose(&host);
}

static void json_mistakes(void)
{
    check_error("{", "json", "1:2");
    check_error("{\"nodes\":[{\"node\":1}}", "json", "1:21");
    check_error("{\"x\":1}", "host-json", "1:1");
    check_error("{\"nodes\":[{\"memkb\":1}]}", "host-json", "1:11");
    check_error("{\"nodes\":[{\"node\":-1}]}", "host-json", "1:19");
    check_error("{\"nodes\":[{\"node\":1.5}]}", "host-json", "1:19");
    check_error("{\"nodes\":[{\"node\":0,\"distances\":[10,20]}]}",
                "host-distances", "1:34");
    check_error("{\"nodes\":[{\"node\":0,\"cpus\":[4]}],\"pcpus\":"
                "[{\"pcpu\":5,\"node\":0}]}",
                "host-json", "1:43");
    check_error("{\"nodes\":[{\"node\":0}],\"facts\":[{\"key\":\"a:b\","
                "\"value\":\"\"}]}",
                "host-line", "1:39");
    check_error("{\"nodes\":[{\"node\":0}],\"facts\":[{\"key\":\"a\","
                "\"value\":\"b\\nc\"}]}",
                "host-line", "1:39");
    check_error("{\"nodes\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
                "json", "1:25");
}

static void what_is_no_host_is_said_once(void)
{
    check_error("", "host-form", "1:1");
    check_error("vnuma = [ [ \"pnode=0\" ] ]\n", "host-form", "1:1");
    check_error("\x7f"
                "ELF\x02\x01\x01",
                "host-form", "1:1");
    check_error("nr_cpus                : 4\nnr_nodes               : 2\n",
                "host-truncated", "3:1");
    check_error("nr_nodes               : 2\nxend_config_format     : 4\n",
                "host-no-nodes", "1:1");
}

static void a_million_nodes_are_refused_soon(void)
{
    size_t size, i;
    char *text = NULL;
    parsed_host host;
    FILE *f = open_memstream(&text, &size);

    REQUIRE(f);
    fputs(NODES(""), f);
    for (i = 0; i < 1000000; i++)
        fprintf(f, "%zu: 1024 1024 10\n", i);
    fclose(f);
    parse_bytes(&host, text, size);
    CHECK_INT(host.rc, VNUMA_ERROR_HOST);
    CHECK_STR(vnuma_diags_at(&host.diags, 0)->id, "host-size");
    CHECK(host.diags.num_errors <= 20);
    dispose(&host);
    free(text);
}

static char *large_host(void)
{
    unsigned int i, j;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    fputs("nr_cpus                : 1024\nmax_cpu_id             : 1023\n"
          "nr_nodes               : 64\n",
          f);
    fputs("cpu_topology           :\ncpu:    core    socket     node\n", f);
    for (i = 0; i < 1024; i++)
        fprintf(f, "%3u:    %4u     %4u     %4u\n", i, i % 16, i / 16, i / 16);
    fputs("device topology        :\ndevice           node\n"
          "No device topology data available\nnuma_info              :\n"
          "node:    memsize    memfree    distances\n",
          f);
    for (i = 0; i < 64; i++) {
        fprintf(f, "%4u:    %6u     %6u      ", i, 196608u, 190000 + i);
        for (j = 0; j < 64; j++)
            fprintf(f, "%s%u", j ? "," : "", i == j ? 10 : 20 + i % 4 + j % 4);
        fputc('\n', f);
    }
    fclose(f);
    return text;
}

static void sixty_four_nodes_take_little_time(void)
{
    char *text = large_host(), *again;
    struct timespec start, end;
    double best = 1e9, ms;
    parsed_host host;
    int i;

    REQUIRE(text);
    for (i = 0; i < 5; i++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        parse(&host, text);
        clock_gettime(CLOCK_MONOTONIC, &end);
        ms = (end.tv_sec - start.tv_sec) * 1e3 +
             (end.tv_nsec - start.tv_nsec) / 1e6;
        best = ms < best ? ms : best;
        CHECK_INT(host.rc, 0);
        if (i < 4)
            dispose(&host);
    }
    TAP_DIAG("64 nodes, 1,024 CPUs: %.3f ms", best);
    CHECK_UINT(host.topology.num_pcpus, 1024);
    again = vnuma_topology_to_text(&host.topology);
    CHECK_STR(again, text);
    free(again);
    free(text);
    dispose(&host);
}

static void is_harmless_when_cut(const char *file)
{
    parsed_host whole, part;
    char *json;
    size_t len;

    parse_file(&whole, file);
    for (len = 0; len < whole.source.len; len++) {
        parse_bytes(&part, whole.source.text, len);
        CHECK(part.rc == 0 || part.rc == VNUMA_ERROR_HOST);
        CHECK(!part.rc == !part.diags.num_errors);
        dispose(&part);
    }
    json = vnuma_topology_to_json(&whole.topology);
    REQUIRE(json);
    for (len = 0; len + 2 < strlen(json); len += 67) {
        parse_bytes(&part, json, len);
        CHECK_INT(part.rc, VNUMA_ERROR_HOST);
        dispose(&part);
    }
    free(json);
    dispose(&whole);
}

/* Cut anywhere, a text is read or refused; sanitizers watch. */
static void truncated_texts_are_harmless(void)
{
    with_every_host(is_harmless_when_cut);
}

static const tap_case cases[] = {
    TAP_CASE(texts_of_xl_come_out_byte_for_byte),
    TAP_CASE(every_host_survives_text_and_json),
    TAP_CASE(a_recorded_host_is_understood),
    TAP_CASE(node_numbers_may_have_gaps),
    TAP_CASE(line_ends_may_be_crlf),
    TAP_CASE(rows_and_tables_come_in_any_order),
    TAP_CASE(a_long_table_of_devices_may_come_first),
    TAP_CASE(columns_may_skip_the_gaps),
    TAP_CASE(twelve_tebibytes_do_not_wrap),
    TAP_CASE(numactl_in_both_forms),
    TAP_CASE(json_needs_little),
    TAP_CASE(contradictions_are_named_where_they_are),
    TAP_CASE(rows_that_are_none),
    TAP_CASE(numactl_mistakes),
    TAP_CASE(a_lost_node_is_one_mistake),
    TAP_CASE(json_mistakes),
    TAP_CASE(what_is_no_host_is_said_once),
    TAP_CASE(a_million_nodes_are_refused_soon),
    TAP_CASE(sixty_four_nodes_take_little_time),
    TAP_CASE(truncated_texts_are_harmless),
};

int main(void)
{
    return TAP_RUN(cases);
}
