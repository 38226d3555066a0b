/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search on each family of problems (problems.h), and the methods of
 * others (peers.h) on the same problems.  Each is timed five times, large
 * problems once, and the fastest run counts, so that the 99th percentile says
 * something about the problems and not about other load on the machine.  For
 * our search it prints how many problems have a placement; how many answers
 * are proven; how far the distance of the others is from its proven bound at
 * most; and where what comes before distances is the same, how far it is at
 * most from that of the search before this one (plans-before.txt).
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

/* ---- the answers before ------------------------------------------------- */

/* Goes to the answers for a family; NULL: there are none. */
static FILE *find_before(FILE *file, const char *name)
{
    char line[128];

    rewind(file);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, name))
            return file;
    }
    return NULL;
}

/* The next answer; an empty result where there was none. */
static bool read_before(FILE *file, vnuma__result *before_r)
{
    long long shared, vcpus, distance;
    char line[128];

    memset(before_r, 0, sizeof(*before_r));
    if (!file || !fgets(line, sizeof(line), file))
        return false;
    if (sscanf(line, "%lld %lld %lld", &shared, &vcpus, &distance) == 3) {
        before_r->feasible = true;
        before_r->cost.shared = shared;
        before_r->cost.cpu = vcpus * VNUMA__VCPU;
        before_r->cost.near = distance;
        return true;
    }
    return !strncmp(line, "none", 4);
}

/* ---- ours --------------------------------------------------------------- */

typedef struct {
    unsigned int num_fit, num_proven, num_compared, num_changed;
    double times[MAX_RUNS], gap, worse; /* per cent, at most */
} measured;

static void keep_fastest(double *time, double now, unsigned int j)
{
    if (!j || now < *time)
        *time = now;
}

static double per_cent_above(int64_t a, int64_t b)
{
    return b ? 100.0 * (double)(a - b) / (double)b : a ? 1e6 : 0;
}

static void compare_with(const vnuma__result *before,
                         const vnuma__result *result, measured *m)
{
    int64_t distance = result->cost.near / VNUMA__COST_DISTANCE;
    double worse;

    if (before->feasible != result->feasible ||
        before->cost.shared != result->cost.shared ||
        before->cost.cpu != result->cost.cpu / VNUMA__COST_PCPU) {
        m->num_changed++;
        return;
    }
    m->num_compared++;
    worse = per_cent_above(distance, before->cost.near);
    if (worse > m->worse)
        m->worse = worse;
}

static void run_once(const bench_family *family, FILE *file, measured *m,
                     unsigned int i, unsigned int j)
{
    vnuma__result result, before;
    vnuma__problem problem;
    double start;

    bench_make_problem(&problem, family);
    start = bench_now();
    if (vnuma__search(&problem, VNUMA__STEPS, &result))
        exit(EXIT_FAILURE);
    keep_fastest(&m->times[i], bench_now() - start, j);
    if (j)
        return;
    m->num_fit += result.feasible;
    m->num_proven += result.feasible ? result.optimal : !result.gave_up;
    if (read_before(file, &before))
        compare_with(&before, &result, m);
    if (!result.feasible || result.bound.cpu != result.cost.cpu ||
        result.bound.shared != result.cost.shared)
        return;
    start = per_cent_above(result.cost.near, result.bound.near);
    if (start > m->gap)
        m->gap = start;
}

static void run_ours(const bench_family *family, uint64_t seed,
                     const char *name, FILE *before)
{
    static measured m;
    unsigned int i, j, num = family->num_runs, num_kept;
    char remark[128];

    memset(&m, 0, sizeof(m));
    before = find_before(before, name);
    /* Of small problems only the first answers were kept. */
    num_kept = family->num_vnodes == 8 ? 20 : num;
    for (j = 0; j < (family->num_vnodes > 8 ? 1 : TIMES); j++) {
        bench_seed(seed);
        for (i = 0; i < num; i++)
            run_once(family, i < num_kept ? before : NULL, &m, i, j);
    }
    snprintf(remark, sizeof(remark), "%4u %6u %6.1f %8u %7u %6.1f", m.num_fit,
             m.num_proven, m.gap, m.num_compared, m.num_changed, m.worse);
    bench_print(name, m.times, num, remark);
}

/* ---- peers -------------------------------------------------------------- */

typedef peer_answer peer(const vnuma__problem *problem);

static peer_answer run_peer_once(const bench_family *family, peer *place,
                                 double *time, unsigned int j)
{
    vnuma__problem problem;
    peer_answer answer;
    double start;

    bench_make_problem(&problem, family);
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

/* ---- all of them -------------------------------------------------------- */

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

    { NULL, 8, 8, 2, 300, HOST_MESH, STATED_NOT, false },
    { NULL, 8, 8, 2, 300, HOST_MESH, STATED_COPIED, false },
    { NULL, 8, 8, 2, 300, HOST_MESH, STATED_PERTURBED, false },
    { NULL, 8, 16, 4, 300, HOST_MESH, STATED_NOT, false },
    { NULL, 8, 16, 4, 300, HOST_MESH, STATED_COPIED, false },
    { NULL, 8, 16, 4, 300, HOST_MESH, STATED_PERTURBED, false },
    { NULL, 8, 32, 4, 100, HOST_SOCKETS, STATED_NOT, false },
    { NULL, 8, 32, 4, 100, HOST_SOCKETS, STATED_COPIED, false },
    { NULL, 8, 32, 4, 100, HOST_SOCKETS, STATED_PERTURBED, false },
    { NULL, 8, 32, 4, 100, HOST_SOCKETS, STATED_LEVELS, false },
    { NULL, 8, 32, 4, 100, HOST_CXL, STATED_NOT, false },
    { NULL, 8, 32, 4, 100, HOST_CXL, STATED_COPIED, false },
    { NULL, 8, 32, 4, 100, HOST_CXL, STATED_PERTURBED, false },
    { NULL, 8, 32, 4, 100, HOST_CXL, STATED_LEVELS, false },
    { NULL, 8, 32, 4, 100, HOST_RING, STATED_NOT, false },
    { NULL, 8, 32, 4, 100, HOST_RING, STATED_COPIED, false },
    { NULL, 8, 32, 4, 100, HOST_RING, STATED_PERTURBED, false },
    { NULL, 8, 32, 4, 100, HOST_RING, STATED_LEVELS, false },
    { NULL, 8, 32, 4, 100, HOST_MESH, STATED_NOT, false },
    { NULL, 8, 32, 4, 100, HOST_MESH, STATED_COPIED, false },
    { NULL, 8, 32, 4, 100, HOST_MESH, STATED_PERTURBED, false },
    { NULL, 8, 32, 4, 100, HOST_MESH, STATED_LEVELS, false },
};

static void run_family(const bench_family *family, uint64_t seed,
                       const char *wanted, FILE *before)
{
    char name[128];

    snprintf(name, sizeof(name), "%u on %u, %s%s, stated: %s",
             family->num_vnodes, family->num_pnodes,
             family->file ? family->file : host_names[family->host],
             family->no_room ? " too full" : "", stated_names[family->stated]);
    if (!strstr(name, wanted))
        return;
    run_ours(family, seed, name, before);
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
    const char *top = getenv("top_srcdir");
    char path[4096];
    unsigned int i;
    FILE *before;

    snprintf(path, sizeof(path), "%s/bench/plans-before.txt", top ? top : ".");
    before = fopen(path, "r");
    if (!before) {
        perror(path);
        return EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf(BENCH_HEADING);
    printf("%90s  %4s %6s %6s %8s %7s %6s\n", "", "fit", "proven", "gap %",
           "compared", "changed", "most %");
    for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        run_family(&families[i], i + 1, wanted, before);
    fclose(before);
    return EXIT_SUCCESS;
}
