/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Without a fuzzer a fuzz target is a TAP program that replays the given
 * files, or all of fuzz/corpus/TARGET, so that every past crash is a test.
 * Define FUZZ_CORPUS ("read") before including this.  With -DLIBFUZZER the
 * fuzzer's own main() replaces this one.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "host/topology.h"
#include "vnuma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code under test; the target stops if it is violated. */
#define FUZZ_ASSERT(condition)                                                \
    do {                                                                      \
        if (!(condition)) {                                                   \
            printf("# %s:%d: %s is not true\n", __FILE__, __LINE__,           \
                   #condition);                                               \
            fflush(stdout);                                                   \
            abort();                                                          \
        }                                                                     \
    } while (0)

/*
 * Each diagnostic has its place in the text, if it has one, and one of them
 * prints, which is slow; the input says which.
 */
static inline void fuzz_check_diags(const vnuma_diags *diags,
                                    const vnuma_source *source)
{
    unsigned int i, printed = source ? source->len : 0;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        FUZZ_ASSERT(!diag->span.source ||
                    (diag->span.source == source &&
                     diag->span.start <= diag->span.end &&
                     diag->span.end <= source->len));
        if (i != printed % diags->num_items)
            continue;
        text = vnuma_diag_format(diag, i & 1);
        FUZZ_ASSERT(text);
        free(text);
    }
}

/* Those of vnuma_check() are in its table too. */
static inline void fuzz_check_ids(const vnuma_diags *diags)
{
    unsigned int num, i, j;
    const vnuma_check_info *infos = vnuma_check_list(&num);

    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        for (j = 0; j < num && infos[j].id != diag->id; j++)
            ;
        for (j = j == num ? 0 : j; j < num; j++)
            if (!strcmp(infos[j].id, diag->id))
                break;
        FUZZ_ASSERT(j < num && diag->severity <= infos[j].severity);
    }
}

/* A host that a target has for all inputs, and never disposes. */
static inline void fuzz_read_host(const char *text, vnuma_topology *host_r)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };

    FUZZ_ASSERT(!vnuma_source_set(&source, "host", text, strlen(text)));
    FUZZ_ASSERT(!vnuma__topology_parse(&source, host_r, &diags));
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

#ifndef LIBFUZZER

#include <glob.h>

static int fuzz_replay(const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0, num;
    FILE *f = fopen(path, "rb");

    if (!f)
        return -1;
    do {
        uint8_t *bigger = realloc(data, size + 65536);

        if (!bigger)
            abort();
        data = bigger;
        num = fread(data + size, 1, 65536, f);
        size += num;
    } while (num);
    fclose(f);
    /* A copy of exactly this size: valgrind and ASan see reads beyond it. */
    data = realloc(data, size ? size : 1);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    const char *srcdir = getenv("top_srcdir");
    unsigned int i, failures = 0;
    char pattern[4096];
    glob_t files = { .gl_pathc = 0 };

    if (argc > 1) {
        files.gl_pathv = argv + 1;
        files.gl_pathc = argc - 1;
    } else {
        snprintf(pattern, sizeof(pattern), "%s/fuzz/corpus/%s/*",
                 srcdir ? srcdir : ".", FUZZ_CORPUS);
        glob(pattern, 0, NULL, &files);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", files.gl_pathc);
    for (i = 0; i < files.gl_pathc; i++) {
        int r = fuzz_replay(files.gl_pathv[i]);

        failures += r != 0;
        printf("%s %u - %s\n", r ? "not ok" : "ok", i + 1, files.gl_pathv[i]);
    }
    if (!files.gl_pathc)
        failures++;
    if (argc == 1)
        globfree(&files);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
#endif
