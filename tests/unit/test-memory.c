/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory in the reader and the diagnostics: none at the n-th call for every n,
 * and how much a hostile text can make them take.
 */
#include "config.h"

#include <time.h>

#include "inside.h"
#include "base/print.h"
#include "cfg/read.h"
#include "heap.h"
#include "tap.h"

#define MIB (1u << 20)

/* Everything at once: names, lists, sums, escapes, notes, hints, two parts. */
static const char text[] = "name = 'x\\n'\n"
                           "a = [ [ 1, 2 ], 'x', [ [ [ ] ] ] ]\n"
                           "a += [ \"y\" ]\n"
                           "b = 'x'; b += 'y'; b += '\\012'\n"
                           "c = [ 'x' 'y'\n"
                           "Name = hvm\n"
                           "b += [ 1 ]\n";

/* Returns vnuma__read()'s answer, or that of what comes before it. */
static int read_and_show(void)
{
    vnuma_source source;
    char *json, *shown;
    vnuma_diags diags;
    vnuma__tree tree = { 0 };
    unsigned int i;
    int rc;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    rc = vnuma_source_set(&source, "t", text, strlen(text));
    if (!rc)
        rc = vnuma_source_append(&source, "d=1");
    if (!rc)
        rc = vnuma_source_append_end(&source);
    if (!rc) {
        rc = vnuma__read(&source, &tree, &diags);
        CHECK(rc == VNUMA_ERROR_NOMEM || rc == VNUMA_ERROR_CONFIG);
        if (rc != VNUMA_ERROR_NOMEM)
            CHECK_UINT(diags.num_errors, 5);
        CHECK(rc != VNUMA_ERROR_NOMEM || !tree.num_settings);
    }
    for (i = 0; i < diags.num_items; i++) {
        shown = vnuma_diag_format(vnuma_diags_at(&diags, i), false);
        CHECK(!shown || shown[strlen(shown) - 1] == '\n');
        free(shown);
    }
    json = vnuma_diags_to_json(&diags);
    CHECK(!json || strstr(json, "\n}\n"));
    free(json);
    vnuma__tree_dispose(&tree);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return rc;
}

static void fail_every_call(bool fail_rest)
{
    unsigned int n, num_calls;
    size_t before;

    CHECK_INT(read_and_show(), VNUMA_ERROR_CONFIG); /* libc's own first use */
    heap_start(0, false);
    read_and_show();
    num_calls = heap_calls;
    CHECK(num_calls > 20 || !heap_is_ours());
    for (n = 1; n <= num_calls; n++) {
        before = heap_bytes;
        heap_start(n, fail_rest);
        read_and_show();
        heap_stop();
        if (heap_bytes != before)
            TAP_DIAG("call %u", n);
        CHECK_UINT(heap_bytes, before);
    }
}

static void the_nth_allocation_may_fail(void)
{
    fail_every_call(false);
}

static void all_from_the_nth_allocation_may_fail(void)
{
    fail_every_call(true);
}

static void reading_a_file_may_run_out_of_memory(void)
{
    const char *srcdir = getenv("top_srcdir");
    vnuma_source source;
    unsigned int n;
    size_t before = heap_bytes;
    char path[4096];
    int rc;

    snprintf(path, sizeof(path), "%s/COPYING", srcdir ? srcdir : ".");
    for (n = 1; n < 20; n++) {
        vnuma_source_init(&source);
        heap_start(n, true);
        rc = vnuma_source_read(&source, path);
        heap_stop();
        CHECK(rc == VNUMA_ERROR_NOMEM || !rc);
        CHECK(!rc || !source.text);
        vnuma_source_dispose(&source);
        CHECK_UINT(heap_bytes, before);
    }
}

static void an_endless_text_ends_without_memory(void)
{
    vnuma_source source;
    unsigned int n;

    if (!heap_is_ours())
        return;
    for (n = 1; n < 6; n++) {
        vnuma_source_init(&source);
        heap_start(n, true);
        CHECK_INT(vnuma_source_read(&source, "/dev/zero"), VNUMA_ERROR_NOMEM);
        heap_stop();
        vnuma_source_dispose(&source);
    }
}

/* 100,000 bytes; without memory none of them are lost in the middle. */
static void a_text_is_whole_or_there_is_none(void)
{
    vnuma__print print;
    unsigned int n, i;
    char *whole = NULL;
    FILE *f;

    for (n = 1; !whole && n < 50; n++) {
        heap_start(n, false);
        f = vnuma__print_begin(&print);
        for (i = 0; f && i < 10000; i++)
            fprintf(f, "%09u ", i);
        whole = f ? vnuma__print_end(&print, false) : NULL;
        heap_stop();
    }
    CHECK(!heap_is_ours() || n > 2);
    REQUIRE(whole);
    CHECK_UINT(strlen(whole), 100000);
    CHECK_UINT(print.size, 100000);
    CHECK(!strcmp(whole + 100000 - 10, "000009999 "));
    free(whole);
}

/* ---- hostile texts of 1 MiB --------------------------------------------- */

static size_t fill(char *buf, const char *begin, const char *part,
                   const char *end)
{
    size_t len = strlen(begin), part_len = strlen(part);

    memcpy(buf, begin, len);
    while (part_len && len + part_len + strlen(end) <= MIB) {
        memcpy(buf + len, part, part_len);
        len += part_len;
    }
    memcpy(buf + len, end, strlen(end));
    return len + strlen(end);
}

static const struct {
    const char *name, *begin, *part, *end;
} hostile[] = {
    { "brackets", "a=", "[", "\n" },
    { "a list of numbers", "a=[", "0,", "]\n" },
    { "a list of lists", "a=[", "[],", "]\n" },
    { "a list of strings", "a=[", "'',", "]\n" },
    { "one string", "a='", "x", "'\n" },
    { "one escaped string", "a='", "\\n", "'\n" },
    { "octal escapes", "a='", "\\012", "'\n" },
    { "octal strings", "", "a='\\012'\n", "" },
    { "one name", "", "a", "=1\n" },
    { "settings", "", "a=1\n", "" },
    { "sums", "", "a+=1\n", "" },
    { "sums of strings", "a=''\n", "a+='xxxxxxxxxxxxxxxx'\n", "" },
    { "sums of lists", "", "a+=[1]\n", "" },
    { "mixed sums", "", "a+=1;a+=[]\n", "" },
    { "newlines", "", "\n", "" },
    { "comments", "", "#\n", "" },
    { "one comment", "#", "x", "\n" },
    { "errors", "", "=\n", "" },
    { "errors on one line", "", "= ", "" },
    { "missing values", "", "a=\n", "" },
    { "missing values, one line", "", "a=;", "" },
    { "missing commas", "a=[", "0 ", "]\n" },
    { "unquoted", "a=[", "x,", "]\n" },
    { "unclosed lists", "", "a=[\n", "" },
    { "unclosed strings", "", "a='\n", "" },
    { "closed and unclosed", "", "a=[[1]\n", "" },
    { "typographic quotes", "a=[", "\xe2\x80\x9cx\xe2\x80\x9d,", "]\n" },
    { "typographic lines", "", "\xe2\x80\x9c\n", "" },
    { "typographic openings", "a=", "\xe2\x80\x9c\xe2\x80\x98", "\n" },
    { "typographic and escapes", "a=", "\"\xe2\x80\x9c\\", "\n" },
    { "mixed quotes", "a=", "'\xe2\x80\x9d\\\"\xe2\x80\x99\\", "\n" },
    { "apostrophes", "a=", "' \\", "\n" },
    { "carriage returns", "", "a=1\r\n", "" },
    { "foreign letters", "", "\xc3\xa9", "\n" },
    { "no-break spaces", "", "\xc2\xa0", "\n" },
    { "words", "", "A-", "\n" },
    { "plus signs", "a=", "+", "\n" },
    { "python", "", "import os\n", "" },
    { "bad escapes", "a='", "\\q", "'\n" },
    { "control bytes", "", "\x01", "" },
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* The heap of all of it: the source, the tree and the diagnostics, shown. */
static void a_hostile_mebibyte_is_cheap(void)
{
    char *buf = malloc(MIB), *shown;
    vnuma_source source;
    vnuma_diags diags;
    vnuma__tree tree;
    double start, took;
    unsigned int i, j;
    size_t before;

    REQUIRE(buf);
    for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        size_t len =
            fill(buf, hostile[i].begin, hostile[i].part, hostile[i].end);

        vnuma_source_init(&source);
        vnuma_diags_init(&diags);
        tree = (vnuma__tree){ 0 };
        before = heap_bytes;
        heap_start(0, false);
        start = seconds();
        CHECK_INT(vnuma_source_set(&source, "t", buf, len), 0);
        CHECK(vnuma__read(&source, &tree, &diags) != VNUMA_ERROR_NOMEM);
        took = seconds() - start;
        for (j = 0; j < diags.num_items; j++) {
            shown = vnuma_diag_format(vnuma_diags_at(&diags, j), true);
            CHECK(shown && strlen(shown) < 4096);
            free(shown);
        }
        printf("# %-26s %6.1f ms %9zu bytes, %u errors\n", hostile[i].name,
               took * 1e3, heap_peak - before, diags.num_errors);
        CHECK(heap_peak - before < 16 * MIB);
        vnuma__tree_dispose(&tree);
        vnuma_diags_dispose(&diags);
        vnuma_source_dispose(&source);
        CHECK_UINT(heap_bytes, before);
    }
    free(buf);
}

/* ---- hostile hosts of 1 MiB --------------------------------------------- */

#define NUMA "numa_info :\nnode:    memsize    memfree    distances\n"
#define CPUS "cpu_topology :\ncpu:    core    socket     node\n"
#define DEVICES "device topology :\ndevice           node\n"
#define CELLS "<capabilities><host><topology><cells>"
#define CPULIST "/sys/devices/system/node/node0/cpulist:"
#define NODE0 CPULIST "0\n"
#define NUMACTL "available: 1 nodes (0)\n"

static const struct {
    const char *name, *begin, *part, *end, *id; /* of the first error */
} hostile_hosts[] = {
    { "one node again and again", NUMA, "0: 10 5 10\n", "", "host-size" },
    { "one row without end", NUMA "0: 10 5 10", ",10", "\n", "host-distances" },
    { "unknown distances", NUMA "0: 10 5 10", ",-1", "\n", "host-distances" },
    { "one CPU again and again", CPUS, "0: 0 0 0\n", "", "host-size" },
    { "one device", DEVICES, "0000:00:00.0 0\n", "", "host-size" },
    { "titles", "", NUMA, "", "host-size" },
    { "facts", "nr_nodes : 1\n", "a : b\n", "", "host-size" },
    { "one count", "nr_nodes : 1\n", "nr_nodes : 1\n", "", "host-size" },
    { "one long fact", "nr_nodes : 1\na : ", "x", "\n", "host-truncated" },
    { "one long key", "nr_nodes : 1\n", "x", " : 1\n", "host-truncated" },
    { "digits", NUMA "0: ", "9", " 5 10\n", "host-row" },
    { "minus signs", NUMA, "-", ": 1 1 10\n", "host-line" },
    { "lines that are none", "nr_nodes : 1\n", "x\n", "", "host-line" },
    { "newlines", "nr_nodes : 1\n", "\n", "", "host-truncated" },
    { "bytes that are no text", NUMA, "\xff\xfe\n", "", "host-line" },
    { "numactl: nodes", NUMACTL, "node 0 size: 1 MB\n", "", "host-row" },
    { "numactl: CPUs", NUMACTL "node 0 cpus:", " 0", "\n", "host-size" },
    { "numactl: ranges", NUMACTL "node 0 cpus: 0", ",0-65535", "\n",
      "host-row" },
    { "numactl: many ranges", NUMACTL, "node 0 cpus: 0-65535 (65536)\n", "",
      "host-size" },
    { "numactl: columns", NUMACTL "node distances:\nnode", " 0", "\n",
      "host-row" },
    { "xml: cells", CELLS, "<cell id='1'/>", "", "host-size" },
    { "xml: CPUs", CELLS "<cell id='0'><cpus>", "<cpu id='1'/>", "",
      "host-size" },
    { "xml: siblings", CELLS "<cell id='0'><distances>",
      "<sibling id='0' value='10'/>", "", "host-distances" },
    { "xml: sizes of pages", CELLS "<cell id='0'>", "<pages size='4'>1</pages>",
      "", "host-pages" },
    { "xml: deep", "<capabilities>", "<a>", "", "host-xml" },
    { "xml: a long number", CELLS "<cell id='0'><memory>", "9", "</memory>",
      "host-xml" },
    { "xml: entities", "<capabilities>", "&a;", "", "host-xml" },
    { "linux: nodes", NODE0, "/sys/devices/system/node/node9999/x:\n", "",
      "host-node" },
    { "linux: CPUs", NODE0, NODE0, "/proc/version:\n", "host-cpu-twice" },
    { "linux: ranges", CPULIST, "0-65535,", "\n", "host-row" },
    { "linux: many ranges", "", CPULIST "0-65535\n", "", "host-size" },
    { "linux: distances", "/sys/devices/system/node/node0/distance:", "10 ",
      "\n", "host-distances" },
    { "linux: lines of others", NODE0, "/proc/other:1\n", "",
      "host-truncated" },
    { "linux: a setting", NODE0, "/sys/kernel/mm/ksm/run:1\n", "",
      "host-size" },
    { "json: nodes", "{\"nodes\":[", "{\"node\":1},", "{}]}", "host-size" },
    { "json: CPUs", "{\"nodes\":[{\"node\":0,\"cpus\":[", "1,", "1]}]}",
      "host-size" },
    { "json: unknown keys", "{\"nodes\":[", "{\"x\":1},", "{}]}",
      "host-json" },
    { "json: deep", "{\"nodes\":", "[", "", "json" },
    { "json: a long string", "{\"nodes\":\"", "\\u0000", "\"}", "host-json" },
};

/* JSON makes most of a byte: a value may have two, and is kept. */
static void a_hostile_host_is_cheap(void)
{
    char *buf = malloc(MIB), *shown;
    vnuma_topology topology;
    vnuma_source source;
    vnuma_diags diags;
    unsigned int i, j;
    size_t before;

    REQUIRE(buf);
    for (i = 0; i < sizeof(hostile_hosts) / sizeof(hostile_hosts[0]); i++) {
        size_t len = fill(buf, hostile_hosts[i].begin, hostile_hosts[i].part,
                          hostile_hosts[i].end);

        vnuma_source_init(&source);
        vnuma_diags_init(&diags);
        memset(&topology, 0, sizeof(topology));
        before = heap_bytes;
        heap_start(0, false);
        CHECK_INT(vnuma_source_set(&source, "h", buf, len), 0);
        CHECK_INT(vnuma__topology_parse(&source, &topology, &diags),
                  VNUMA_ERROR_HOST);
        for (j = 0; j < diags.num_items; j++) {
            shown = vnuma_diag_format(vnuma_diags_at(&diags, j), true);
            CHECK(shown && strlen(shown) < 4096);
            free(shown);
        }
        printf("# %-26s %9zu bytes, %u errors\n", hostile_hosts[i].name,
               heap_peak - before, diags.num_errors);
        REQUIRE(diags.num_items);
        CHECK_STR(vnuma_diags_at(&diags, 0)->id, hostile_hosts[i].id);
        CHECK(heap_peak - before < 32 * MIB);
        vnuma__topology_dispose(&topology);
        vnuma_diags_dispose(&diags);
        vnuma_source_dispose(&source);
        CHECK_UINT(heap_bytes, before);
    }
    free(buf);
}

static const tap_case cases[] = {
    TAP_CASE(the_nth_allocation_may_fail),
    TAP_CASE(all_from_the_nth_allocation_may_fail),
    TAP_CASE(reading_a_file_may_run_out_of_memory),
    TAP_CASE(an_endless_text_ends_without_memory),
    TAP_CASE(a_text_is_whole_or_there_is_none),
    TAP_CASE(a_hostile_mebibyte_is_cheap),
    TAP_CASE(a_hostile_host_is_cheap),
};

int main(void)
{
    return TAP_RUN(cases);
}
