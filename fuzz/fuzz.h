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
