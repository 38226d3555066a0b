/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner on each family of problems (problems.h), and the methods of
 * others (peers.h) on the same problems.  Each is timed five times and the
 * fastest run counts, so that the 99th percentile says something about the
 * problems and not about other load on the machine.  For our planner it prints
 * how many problems have a placement; how many placements are proven best by
 * cost and memory, and also by the order of pnodes; and for the rest how far
 * the cost is from the proven bound, median and maximum.
 */
#include "config.h"

#include "peers.h"

#include <string.h>

#include "bench.h"

#define MAX_RUNS 1000u
#define PEER_RUNS 20u
#define TIMES 5u

static const char *const host_names[] = {
    [HOST_SOCKETS] = "sockets", [HOST_RING] = "ring",  [HOST_MESH] = "mesh",
    [HOST_CXL] = "CXL",         [HOST_ANY] = "random",
};

static const char *const stated_names[] = {
    [STATED_NOT] = "none",    [STATED_COPIED] = "copied",
    [STATED_SAME] = "12/32",  [STATED_LEVELS] = "20/31",
    [STATED_FLAT] = "all 20", [STATED_PERTURBED] = "perturbed",
    [STATED_ANY] = "random",
};

/* ---- ours ---------------------------------------------------------------------- */

typedef struct {
    unsigned int num_fit, num_proven, num_in_order, num_gaps;
    double times[MAX_RUNS], gaps[MAX_RUNS];
} measured;

static void keep_fastest(double *time, double now, unsigned int j)
{
    if (!j || now < *time)
        *time = now;
}

static void run_once(const bench_family *family, measured *m, unsigned int i,
                     unsigned int j)
{
    vnuma__problem problem;
    vnuma__result result;
    double start;

    bench_make_problem(&problem, family);
    start = bench_now();
    if (vnuma__search(&problem, &result))
        exit(EXIT_FAILURE);
    keep_fastest(&m->times[i], bench_now() - start, j);
    if (j)
        return;
    m->num_fit += result.feasible;
    m->num_proven += result.feasible ? result.optimal : !result.gave_up;
    m->num_in_order += result.feasible ? result.in_order : !result.gave_up;
    m->gaps[i] = 0;
    if (!result.feasible || result.placement.cost == result.bound)
        return;
    m->num_gaps++;
    m->gaps[i] = 100.0 * (double)(result.placement.cost - result.bound) /
                 (double)result.placement.cost;
}

static void run_ours(const bench_family *family, uint64_t seed,
                     const char *name)
{
    static measured m;
    char remark[128];
    unsigned int i, j, num = family->num_runs;

    memset(&m, 0, sizeof(m));
    for (j = 0; j < TIMES; j++) {
        bench_seed(seed);
        for (i = 0; i < num; i++)
            run_once(family, &m, i, j);
    }
    qsort(m.gaps, num, sizeof(*m.gaps), bench_compare);
    snprintf(remark, sizeof(remark), "%4u %6u %8u %6u %6.1f %6.1f", m.num_fit,
             m.num_proven, m.num_in_order, m.num_gaps, m.gaps[num / 2],
             m.gaps[num - 1]);
    bench_print(name, m.times, num, remark);
}

/* ---- peers ---------------------------------------------------------------------- */

typedef peer_answer peer(const vnuma__problem *problem);

static peer_answer run_peer_once(const bench_family *family, peer *place,
                                 double *time, unsigned int j)
{
    vnuma__problem problem;
    peer_answer answer;
    double start;

    bench_make_problem(&problem, family);
    vnuma__problem_use(&problem, problem.num_vnodes);
    start = bench_now();
    answer = place(&problem);
    keep_fastest(time, bench_now() - start, j);
    return answer;
}

static void run_peer(const bench_family *family, uint64_t seed,
                     const char *name, peer *place)
{
    unsigned int num = family->num_runs, num_with[3] = { 0 }, i, j;
    double times[PEER_RUNS];
    peer_answer answer;
    char remark[128];

    num = num < PEER_RUNS ? num : PEER_RUNS;
    for (j = 0; j < TIMES; j++) {
        bench_seed(seed);
        for (i = 0; i < num; i++) {
            answer = run_peer_once(family, place, &times[i], j);
            /* The time limit may stop one run and not the next. */
            if (!j)
                num_with[answer]++;
        }
    }
    snprintf(remark, sizeof(remark), "%u found, %u said no, %u stopped",
             num_with[PEER_FOUND], num_with[PEER_NONE],
             num_with[PEER_STOPPED]);
    bench_print(name, times, num, remark);
}

/* ---- all of them ------------------------------------------------------------------ */

#define KNL "xl-info-n-8node-snc4-cpuless.txt"
#define EPYC "numactl-epyc-nps4-64cpu.txt"
#define EPYC_2_OF_8 "numactl-epyc-mem-on-2-of-8.txt"

static const bench_family families[] = {
    { EPYC, 8, 8, 0, 300, HOST_SOCKETS, STATED_NOT, false },
    { EPYC, 8, 8, 0, 300, HOST_SOCKETS, STATED_COPIED, false },
    { EPYC, 8, 8, 0, 300, HOST_SOCKETS, STATED_LEVELS, false },
    { EPYC, 8, 8, 0, 300, HOST_SOCKETS, STATED_PERTURBED, false },
    { EPYC_2_OF_8, 8, 8, 0, 300, HOST_SOCKETS, STATED_LEVELS, false },
    { KNL, 8, 8, 0, 300, HOST_SOCKETS, STATED_NOT, false },
    { KNL, 8, 8, 0, 300, HOST_SOCKETS, STATED_COPIED, false },
    { KNL, 8, 8, 0, 300, HOST_SOCKETS, STATED_LEVELS, false },
    { KNL, 8, 8, 0, 300, HOST_SOCKETS, STATED_PERTURBED, false },

    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_NOT, false },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_SAME, false },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_LEVELS, false },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_FLAT, false },
    { NULL, 8, 8, 4, 1000, HOST_CXL, STATED_COPIED, false },
    { NULL, 8, 8, 4, 1000, HOST_CXL, STATED_PERTURBED, false },
    { NULL, 8, 8, 2, 1000, HOST_RING, STATED_COPIED, false },
    { NULL, 8, 8, 2, 1000, HOST_RING, STATED_PERTURBED, false },
    { NULL, 8, 8, 2, 1000, HOST_RING, STATED_LEVELS, false },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_NOT, true },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_COPIED, true },
    { NULL, 8, 8, 4, 1000, HOST_SOCKETS, STATED_LEVELS, true },
    { NULL, 8, 8, 4, 1000, HOST_ANY, STATED_NOT, false },
    { NULL, 8, 8, 4, 1000, HOST_ANY, STATED_SAME, false },
    { NULL, 8, 8, 4, 1000, HOST_ANY, STATED_ANY, false },

    { NULL, 8, 16, 4, 1000, HOST_SOCKETS, STATED_NOT, false },
    { NULL, 8, 16, 4, 1000, HOST_SOCKETS, STATED_SAME, false },
    { NULL, 8, 16, 4, 1000, HOST_SOCKETS, STATED_LEVELS, false },
    { NULL, 8, 16, 4, 300, HOST_CXL, STATED_COPIED, false },
    { NULL, 8, 16, 4, 300, HOST_CXL, STATED_PERTURBED, false },
    { NULL, 8, 16, 4, 300, HOST_RING, STATED_COPIED, false },
    { NULL, 8, 16, 4, 300, HOST_RING, STATED_PERTURBED, false },
    { NULL, 8, 16, 4, 300, HOST_RING, STATED_LEVELS, false },
    { NULL, 8, 16, 4, 1000, HOST_SOCKETS, STATED_NOT, true },
    { NULL, 8, 16, 4, 300, HOST_ANY, STATED_NOT, false },
    { NULL, 8, 16, 4, 100, HOST_ANY, STATED_COPIED, false },
    { NULL, 8, 16, 4, 100, HOST_ANY, STATED_SAME, false },
    { NULL, 8, 16, 4, 100, HOST_ANY, STATED_ANY, false },

    { NULL, 12, 64, 8, 100, HOST_SOCKETS, STATED_NOT, false },
    { NULL, 12, 64, 8, 100, HOST_SOCKETS, STATED_NOT, true },
    { NULL, 32, 64, 8, 100, HOST_SOCKETS, STATED_NOT, false },
    { NULL, 32, 64, 8, 20, HOST_SOCKETS, STATED_NOT, true },
    { NULL, 32, 64, 8, 100, HOST_SOCKETS, STATED_COPIED, false },
    { NULL, 32, 64, 8, 100, HOST_SOCKETS, STATED_SAME, false },
    { NULL, 32, 64, 8, 100, HOST_SOCKETS, STATED_LEVELS, false },
    { NULL, 32, 64, 8, 100, HOST_SOCKETS, STATED_PERTURBED, false },
    { NULL, 32, 64, 8, 50, HOST_CXL, STATED_NOT, false },
    { NULL, 32, 64, 8, 50, HOST_CXL, STATED_COPIED, false },
    { NULL, 32, 64, 8, 50, HOST_CXL, STATED_PERTURBED, false },
    { NULL, 32, 64, 8, 50, HOST_RING, STATED_NOT, false },
    { NULL, 32, 64, 8, 50, HOST_RING, STATED_COPIED, false },
    { NULL, 32, 64, 8, 50, HOST_RING, STATED_LEVELS, false },
    { NULL, 32, 64, 8, 50, HOST_RING, STATED_PERTURBED, false },
    { NULL, 32, 64, 4, 50, HOST_MESH, STATED_NOT, false },
    { NULL, 32, 64, 4, 50, HOST_MESH, STATED_COPIED, false },
    { NULL, 32, 64, 4, 50, HOST_MESH, STATED_LEVELS, false },
    { NULL, 32, 64, 4, 50, HOST_MESH, STATED_PERTURBED, false },
    { NULL, 32, 64, 8, 20, HOST_ANY, STATED_NOT, false },
    { NULL, 32, 64, 8, 20, HOST_ANY, STATED_COPIED, false },
    { NULL, 32, 64, 8, 20, HOST_ANY, STATED_SAME, false },
    { NULL, 32, 64, 8, 20, HOST_ANY, STATED_ANY, false },
};

static void run_family(const bench_family *family, uint64_t seed,
                       const char *wanted)
{
    char name[128];

    snprintf(name, sizeof(name), "%u on %u, %s%s, stated: %s",
             family->num_vnodes, family->num_pnodes,
             family->file ? family->file : host_names[family->host],
             family->no_room ? " too full" : "", stated_names[family->stated]);
    if (!strstr(name, wanted))
        return;
    run_ours(family, seed, name);
    /* The peers do not consider distances. */
    if (family->stated != STATED_NOT)
        return;
    run_peer(family, seed, "  libxl's subsets", peer_libxl);
    run_peer(family, seed, "  Nova's permutations", peer_nova);
}

/* With an argument: only families whose names contain it. */
int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    unsigned int i;

    printf(BENCH_HEADING);
    printf("%90s  %4s %6s %8s %6s %6s %6s\n", "", "fit", "proven", "in order",
           "gaps", "median", "most %");
    for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        run_family(&families[i], i + 1, wanted);
    return EXIT_SUCCESS;
}
