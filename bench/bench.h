/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times many runs: median and 99th percentile of processor time, so that other
 * load on the machine is not measured.
 */
#ifndef VNUMA_BENCH_H
#define VNUMA_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the times, in microseconds. */
static inline void bench_print(const char *name, double *times,
                               unsigned int num, const char *remark)
{
    qsort(times, num, sizeof(*times), bench_compare);
    printf("%-60s %6u  %10.1f  %10.1f  %s\n", name, num, times[num / 2],
           times[(num * 99 + 99) / 100 - 1], remark);
}

#define BENCH_HEADING "%-60s %6s  %10s  %10s  %s\n", "", "runs", "median us", \
                      "p99 us", ""

#endif
