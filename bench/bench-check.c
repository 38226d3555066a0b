/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The time to read and check a guest (typical files of 1, 4 and 32 vnodes, and
 * hostile ones that double in size, whose time should only double too), and to
 * read a large host.
 */
#include "config.h"

#include "inside.h"
#include "bench.h"

#include <string.h>

#define MAX_RUNS 20000u
#define HOST_RUNS 300u
#define NUM_PNODES 64u
#define NUM_PCPUS 1024u

static double times[MAX_RUNS];

/* A guest of so many vnodes, with all settings and no mistake. */
static char *typical(unsigned int num_vnodes)
{
    unsigned int i, j;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    fprintf(f,
            "name = \"guest\"\ntype = \"hvm\"\nmemory = %u\nvcpus = %u\n"
            "vif = [ \"bridge=xenbr0\" ]\n"
            "disk = [ \"format=raw,vdev=xvda,target=/dev/vg/guest\" ]\n"
            "vnuma = [ ",
            num_vnodes * 1024, num_vnodes * 4);
    for (i = 0; i < num_vnodes; i++) {
        fprintf(f,
                "%s[ \"pnode=%u\", \"size=1024\", \"vcpus=%u-%u\", "
                "\"vdistances=",
                i ? ",\n          " : "", i, i * 4, i * 4 + 3);
        for (j = 0; j < num_vnodes; j++)
            fprintf(f, "%s%u", j ? "," : "", i == j ? 10 : 21);
        fprintf(f, "\" ]");
    }
    fprintf(f, " ]\n");
    fclose(f);
    return text;
}

/* As "xl info -n" prints it. */
static char *large_host(void)
{
    unsigned int i, j;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    fprintf(f, "nr_cpus                : %u\nnr_nodes               : %u\n",
            NUM_PCPUS, NUM_PNODES);
    fprintf(f, "cpu_topology           :\n"
               "cpu:    core    socket     node\n");
    for (i = 0; i < NUM_PCPUS; i++)
        fprintf(f, "%3u:     %3u       %2u       %2u\n", i, i % 16, i / 128,
                i / (NUM_PCPUS / NUM_PNODES));
    fprintf(f, "numa_info              :\n"
               "node:    memsize    memfree    distances\n");
    for (i = 0; i < NUM_PNODES; i++) {
        fprintf(f, "%4u:    196608     180224      ", i);
        for (j = 0; j < NUM_PNODES; j++)
            fprintf(f, "%s%u", j ? "," : "",
                    i == j ? 10 : i / 8 == j / 8 ? 12 : 32);
        fprintf(f, "\n");
    }
    fclose(f);
    return text;
}

static char *repeated(const char *start, const char *part, const char *end,
                      size_t size)
{
    size_t len = strlen(start), part_len = strlen(part);
    char *text = malloc(size + len + part_len + strlen(end) + 1);

    if (!text)
        abort();
    strcpy(text, start);
    for (; len < size; len += part_len)
        memcpy(text + len, part, part_len);
    strcpy(text + len, end);
    return text;
}

static void run_guest(const char *text)
{
    vnuma_source source;
    vnuma_config config = { 0 };
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "g.cfg", text, strlen(text)) ||
        vnuma__config_parse(&source, &config, &diags) == VNUMA_ERROR_NOMEM ||
        vnuma_check(&config, NULL, 0, &diags) == VNUMA_ERROR_NOMEM)
        abort();
    vnuma__config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static void read_host(vnuma_topology *topology_r, const char *text)
{
    vnuma_source source;
    vnuma_diags diags;

    vnuma_source_init(&source);
    memset(topology_r, 0, sizeof(*topology_r));
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "host", text, strlen(text)) ||
        vnuma__topology_parse(&source, topology_r, &diags) ||
        topology_r->num_pnodes != NUM_PNODES)
        abort();
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static void run_host(const char *text)
{
    vnuma_topology topology;

    read_host(&topology, text);
    vnuma__topology_dispose(&topology);
}

static char *as_json(char *text)
{
    vnuma_topology topology;
    char *json;

    read_host(&topology, text);
    free(text);
    json = vnuma_topology_to_json(&topology);
    if (!json)
        abort();
    vnuma__topology_dispose(&topology);
    return json;
}

static void measure(const char *name, void (*run)(const char *text),
                    char *text, unsigned int runs)
{
    unsigned int i;
    char remark[64];

    for (i = 0; i < runs; i++) {
        double start = bench_now();

        run(text);
        times[i] = bench_now() - start;
    }
    snprintf(remark, sizeof(remark), "%zu bytes", strlen(text));
    bench_print(name, times, runs, remark);
    free(text);
}

int main(void)
{
    static const unsigned int num_vnodes[] = { 1, 4, 32 };
    unsigned int i;
    char name[64];

    printf(BENCH_HEADING);
    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "parse and check, vnodes: %u",
                 num_vnodes[i]);
        measure(name, run_guest, typical(num_vnodes[i]), MAX_RUNS);
    }
    measure("xl info -n, 64 nodes, 1,024 CPUs", run_host, large_host(),
            HOST_RUNS);
    measure("the same as JSON", run_host, as_json(large_host()), HOST_RUNS);
    for (i = 17; i <= 20; i++)
        measure("hostile: vcpus of one vnode", run_guest,
                repeated("type='hvm'\nvnuma=[['vcpus=", "0-127,", "0']]\n",
                         (size_t)1 << i),
                50);
    for (i = 17; i <= 20; i++)
        measure("hostile: settings", run_guest,
                repeated("", "maxvcpuz=1\n", "", (size_t)1 << i), 50);
    for (i = 17; i <= 20; i++)
        measure("hostile: vnodes", run_guest,
                repeated("vnuma=[", "['size=1'],", "]\n", (size_t)1 << i), 50);
    return 0;
}
