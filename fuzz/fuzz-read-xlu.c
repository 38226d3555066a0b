/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The long comparison of our reader with libxlutil:
 *
 *     fuzz-read-xlu [N [SEED]]
 *
 * compares N generated inputs (default 10,000,000), prints differences and a
 * summary, and exits with 1 if there was a difference.  Each batch is done by
 * a child process, because libxlutil leaks on some errors, and so that a crash
 * can be reported with its batch.
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare.h"
#include "generate.h"

#define BATCH 100000u
#define MAX_SHOWN 10u

/* Shared with the children. */
typedef struct {
    uint64_t counts[COMPARE_DIFFERENT + 1];
    uint64_t bytes;
} totals;

static void show(uint64_t seed, const generator *g, const char *why)
{
    size_t i;

    printf("seed %" PRIu64 ": %s: ", seed, why);
    for (i = 0; i < g->len && i < 400; i++) {
        unsigned char c = g->text[i];

        if (c == '\\' || c < ' ' || c > '~')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('\n');
}

static void run_batch(uint64_t first, uint64_t num, totals *sum)
{
    FILE *report = fopen("/dev/null", "w");
    static generator g;
    char why[COMPARE_WHY];
    comparison result;
    uint64_t i;

    for (i = first; i < first + num; i++) {
        generator_init(&g, i);
        generate_input(&g);
        result = compare_readers(g.text, g.len, report, why);
        sum->counts[result]++;
        sum->bytes += g.len;
        if (result == COMPARE_DIFFERENT &&
            sum->counts[COMPARE_DIFFERENT] <= MAX_SHOWN)
            show(i, &g, why);
    }
}

static bool run_child(uint64_t first, uint64_t num, totals *sum)
{
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        run_batch(first, num, sum);
        exit(EXIT_SUCCESS);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("fuzz-read-xlu");
        return false;
    }
    if (!status)
        return true;
    printf("seeds %" PRIu64 " and up: a child ended with status 0x%x\n", first,
           status);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t num = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
    struct timespec start, end;
    double seconds;
    uint64_t done;
    bool ok = true;
    totals *sum;

    sum = mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sum == MAP_FAILED) {
        perror("fuzz-read-xlu");
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (done = 0; done < num; done += BATCH)
        if (!run_child(seed + done, num - done < BATCH ? num - done : BATCH,
                       sum))
            ok = false;
    clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
    printf("%" PRIu64 " inputs, %" PRIu64 " bytes, seeds from %" PRIu64
           ", %.0f seconds: %" PRIu64 " accepted by both, %" PRIu64
           " refused by both, %" PRIu64 " skipped, %" PRIu64 " different\n",
           num, sum->bytes, seed, seconds, sum->counts[COMPARE_ACCEPTED],
           sum->counts[COMPARE_REFUSED], sum->counts[COMPARE_SKIPPED],
           sum->counts[COMPARE_DIFFERENT]);
    return ok && !sum->counts[COMPARE_DIFFERENT] ? EXIT_SUCCESS : EXIT_FAILURE;
}
