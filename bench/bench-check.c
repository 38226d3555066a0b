/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it costs to read and check a guest: typical files of 1, 4 and 32
 * vnodes, and hostile ones that double in size, whose time shall double too.
 */
#include "config.h"

#include "vnuma.h"
#include "bench.h"

#include <string.h>

#define MAX_RUNS 20000u

static double times[MAX_RUNS];

/* A guest of so many vnodes; every setting is there, nothing is wrong. */
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

static void run(const char *text)
{
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;

    vnuma_source_init(&source);
    vnuma_config_init(&config);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "g.cfg", text, strlen(text)) ||
        vnuma_config_parse(&source, &config, &diags) == VNUMA_ERROR_NOMEM ||
        vnuma_check(&config, NULL, &diags) == VNUMA_ERROR_NOMEM)
        abort();
    vnuma_config_dispose(&config);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static void measure(const char *name, char *text, unsigned int runs)
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
        measure(name, typical(num_vnodes[i]), MAX_RUNS);
    }
    for (i = 17; i <= 20; i++)
        measure("hostile: vcpus of one vnode",
                repeated("type='hvm'\nvnuma=[['vcpus=", "0-127,", "0']]\n",
                         (size_t)1 << i),
                50);
    for (i = 17; i <= 20; i++)
        measure("hostile: settings",
                repeated("", "maxvcpuz=1\n", "", (size_t)1 << i), 50);
    for (i = 17; i <= 20; i++)
        measure("hostile: vnodes",
                repeated("vnuma=[", "['size=1'],", "]\n", (size_t)1 << i), 50);
    return 0;
}
