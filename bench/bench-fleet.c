/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ganeti's allocators on many hosts, by the files of their protocol:
 *
 *   bench-fleet DIRECTORY VNUMA HAIL OURS
 *
 * First the time of one decision on 1,000 hosts of 8 nodes with 10,000 guests.
 * Then guests that arrive one after the other on fewer hosts, which are filled
 * more and more: how many are sent to a host where they fit on no set of
 * nodes, and how many are refused.  Each host starts what it can as xl-vnuma
 * does, by the same planner, and reports again.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json_reader.h"
#include "inside.h"

#define NUM_PNODES 8u
#define PNODE_MIB UINT64_C(65536)
#define PNODE_CPUS 8u
#define NUM_PCPUS (NUM_PNODES * PNODE_CPUS)
#define MANY 1000u
#define FEWER 40u

typedef struct {
    unsigned int vnodes, vcpus, host;
    uint64_t mib;
    uint32_t pnodes[NUM_PNODES];
} arrival;

typedef struct {
    vnuma_topology *topology;
    vnuma_source source;
} machine;

static const char *dir;
static machine machines[MANY];
static unsigned int num_machines;
static arrival guests[20000];
static unsigned int num_guests;
static uint64_t seed = 1;
static bool is_whole; /* reports have vcpus, as those of xl-vnuma */

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench-fleet: %s\n", what);
    exit(1);
}

static unsigned int below(unsigned int n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned int)(seed >> 33) % n;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static FILE *create(const char *name)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    must(f, path);
    return f;
}

/* ---- hosts -------------------------------------------------------------- */

static void put_domain(FILE *f, unsigned int id)
{
    const arrival *g = &guests[id];
    unsigned int v, cpu;

    fprintf(f, "{\"domid\":%u,\"name\":\"g%u\",\"type\":\"HVM\","
               "\"state\":\"running\",\"memkb\":%" PRIu64 ",\"vnodes\":[",
            id + 1, id, g->mib * 1024);
    for (v = 0; v < g->vnodes; v++)
        fprintf(f, "%s{\"vnode\":%u,\"pnode\":%u,\"memkb\":%" PRIu64 "}",
                v ? "," : "", v, g->pnodes[v], g->mib * 1024 / g->vnodes);
    fputs("],\"vcpus\":[", f);
    for (v = 0; is_whole && v < g->vcpus; v++) {
        fprintf(f, "%s{\"vcpu\":%u,\"online\":true,\"pcpu\":0,\"hard\":[",
                v ? "," : "", v);
        for (cpu = 0; cpu < NUM_PCPUS; cpu++)
            fprintf(f, "%s%u", cpu ? "," : "", cpu);
        fputs("]}", f);
    }
    fputs("]}", f);
}

static void put_topology(FILE *f, const machine *m)
{
    unsigned int p, q, cpu;

    fputs("{\"nodes\":[", f);
    for (p = 0; p < NUM_PNODES; p++) {
        fprintf(f,
                "%s{\"node\":%u,\"memkb\":%" PRIu64
                ",\"free_memkb\":%" PRIu64 ",\"cpus\":[",
                p ? "," : "", p, PNODE_MIB * 1024,
                m->topology ? m->topology->pnodes[p].free_memkb
                            : (PNODE_MIB - 1024) * 1024);
        for (cpu = 0; cpu < PNODE_CPUS; cpu++)
            fprintf(f, "%s%u", cpu ? "," : "", p * PNODE_CPUS + cpu);
        fputs("],\"distances\":[", f);
        for (q = 0; q < NUM_PNODES; q++)
            fprintf(f, "%s%u", q ? "," : "",
                    p == q ? 10 : p / 4 == q / 4 ? 12 : 32);
        fputs("]}", f);
    }
    fputs("]}", f);
}

static void report(unsigned int host)
{
    const char *before = "";
    unsigned int i;
    char name[64];
    FILE *f;

    snprintf(name, sizeof(name), "reports/h%u.json", host);
    f = create(name);
    fprintf(f, "{\"report\":1,\"host\":\"h%u\",\"time\":%" PRIu64
               ",\"domains\":[", host, (uint64_t)time(NULL) + 86400);
    for (i = 0; i < num_guests; i++)
        if (guests[i].host == host) {
            fputs(before, f);
            put_domain(f, i);
            before = ",";
        }
    fputs("],\"topology\":", f);
    put_topology(f, &machines[host]);
    fputs(",\"builds\":[]}\n", f);
    must(!fclose(f), "cannot write a report");
}

static void make_hosts(unsigned int num)
{
    vnuma_diags diags = { 0 };
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    must(f, "no memory");
    put_topology(f, &(machine){ .topology = NULL });
    fclose(f);
    num_guests = 0;
    for (num_machines = 0; num_machines < num; num_machines++) {
        machine *m = &machines[num_machines];

        vnuma_topology_free(m->topology);
        vnuma_source_dispose(&m->source);
        m->topology = NULL;
        must(!vnuma_source_set(&m->source, "host", text, size) &&
                 !vnuma_topology_parse(&m->source, &m->topology, &diags),
             "the host is wrong");
    }
    free(text);
}

static uint64_t free_mib(const machine *m)
{
    uint64_t sum = 0;
    unsigned int p;

    for (p = 0; p < NUM_PNODES; p++)
        sum += m->topology->pnodes[p].free_memkb;
    return sum / 1024;
}

/* ---- guests ------------------------------------------------------------- */

static arrival draw(void)
{
    static const unsigned int sizes[] = { 1, 1, 1, 1, 2, 2, 2, 4, 4, 8 };
    arrival g = { .vnodes = sizes[below(10)] };

    g.mib = g.vnodes * 2048 * (1 + below(12));
    g.vcpus = g.vnodes * (1 + below(4));
    return g;
}

/* What its host does: false, it fits on no set of nodes there. */
static bool start(arrival g, unsigned int host)
{
    vnuma_diags diags = { 0 };
    vnuma_config *config = NULL;
    vnuma_plan *plan = NULL;
    vnuma_source source = { 0 };
    char text[1024];
    unsigned int v;
    bool ok;

    snprintf(text, sizeof(text), "type=\"hvm\"\nmemory=%" PRIu64
             "\nvcpus=%u\nvnuma=[", g.mib, g.vcpus);
    for (v = 0; v < g.vnodes; v++)
        strcat(text, v ? ",[\"pnode=auto\"]" : "[\"pnode=auto\"]");
    strcat(text, "]\n");
    must(!vnuma_source_set(&source, "guest", text, strlen(text)) &&
             !vnuma_config_parse(&source, &config, &diags),
         "the guest is wrong");
    ok = !vnuma_plan_build(config, machines[host].topology, NULL, &plan,
                           &diags);
    if (ok) {
        vnuma_topology_take(machines[host].topology, plan);
        for (v = 0; v < g.vnodes; v++)
            g.pnodes[v] = plan->vnodes[v].pnode;
        g.host = host;
        guests[num_guests++] = g;
        report(host);
    }
    vnuma_plan_free(plan);
    vnuma_config_free(config);
    vnuma_source_dispose(&source);
    vnuma_diags_dispose(&diags);
    return ok;
}

/* ---- the request -------------------------------------------------------- */

static void put_guest(FILE *f, const arrival *g)
{
    fprintf(f, "\"tags\":[\"vnuma:%u\"],\"memory\":%" PRIu64
               ",\"vcpus\":%u,\"disk_template\":\"ext\",\"hypervisor\":"
               "\"xen-hvm\",\"spindle_use\":1,\"os\":\"x\",\"disks\":[{"
               "\"size\":1024,\"mode\":\"rw\"}],\"disk_space_total\":1024,"
               "\"nics\":[{\"ip\":null,\"mac\":\"aa:00:00:00:00:01\","
               "\"bridge\":\"b\",\"mode\":\"bridged\",\"link\":\"b\"}]",
            g->vnodes, g->mib, g->vcpus);
}

static const char policy[] =
    "{\"disk-templates\":[\"ext\"],\"minmax\":[{\"max\":{\"cpu-count\":64,"
    "\"disk-count\":16,\"disk-size\":1048576,\"memory-size\":1048576,"
    "\"nic-count\":8,\"spindle-use\":12},\"min\":{\"cpu-count\":1,"
    "\"disk-count\":0,\"disk-size\":1,\"memory-size\":1,\"nic-count\":0,"
    "\"spindle-use\":1}}],\"std\":{\"cpu-count\":1,\"disk-count\":1,"
    "\"disk-size\":1024,\"memory-size\":128,\"nic-count\":1,\"spindle-use\":1}"
    ",\"spindle-ratio\":1000000,\"vcpu-ratio\":64}";

static void put_nodes(FILE *f)
{
    unsigned int i;

    for (i = 0; i < num_machines; i++)
        fprintf(f, "%s\"h%u\":{\"tags\":[],\"offline\":false,\"drained\":"
                   "false,\"master_candidate\":true,\"group\":\"g\","
                   "\"vm_capable\":true,\"ndparams\":{\"spindle_count\":1,"
                   "\"exclusive_storage\":false},\"total_memory\":%" PRIu64
                   ",\"reserved_memory\":8192,\"free_memory\":%" PRIu64
                   ",\"total_disk\":1,\"free_disk\":1,\"total_spindles\":0,"
                   "\"free_spindles\":0,\"total_cpus\":%u,"
                   "\"reserved_cpus\":1}",
                i ? "," : "", i, NUM_PNODES * PNODE_MIB,
                free_mib(&machines[i]), NUM_PCPUS);
}

static void ask_for(const arrival *g)
{
    FILE *f = create("input");
    unsigned int i;

    fprintf(f, "{\"version\":2,\"cluster_name\":\"c\",\"cluster_tags\":[],"
               "\"enabled_hypervisors\":[\"xen-hvm\"],\"ipolicy\":%s,"
               "\"nodegroups\":{\"g\":{\"name\":\"default\",\"alloc_policy\":"
               "\"preferred\",\"networks\":[],\"tags\":[],\"ipolicy\":%s}},"
               "\"nodes\":{", policy, policy);
    put_nodes(f);
    fputs("},\"instances\":{", f);
    for (i = 0; i < num_guests; i++) {
        fprintf(f, "%s\"g%u\":{", i ? "," : "", i);
        put_guest(f, &guests[i]);
        fprintf(f, ",\"admin_state\":\"up\",\"nodes\":[\"h%u\"]}",
                guests[i].host);
    }
    fprintf(f, "},\"request\":{\"type\":\"allocate\",\"name\":\"new\","
               "\"required_nodes\":1,");
    put_guest(f, g);
    fputs("}}\n", f);
    must(!fclose(f), "cannot write the request");
}

/* Runs an allocator; -1: it refuses. */
static int run(const char *program, double *seconds_r)
{
    char command[9000], text[65536], *at;
    double begun = now();
    size_t len;
    FILE *f;

    snprintf(command, sizeof(command),
             "%s %s/input --no-capacity-checks 2>/dev/null", program, dir);
    f = popen(command, "r");
    must(f, "no allocator");
    len = fread(text, 1, sizeof(text) - 1, f);
    text[len] = '\0';
    must(!pclose(f), "the allocator failed");
    if (seconds_r)
        *seconds_r = now() - begun;
    at = strstr(text, "\"result\":[\"h");
    return at ? atoi(at + strlen("\"result\":[\"h")) : -1;
}

/* ---- what is measured --------------------------------------------------- */

static double best_of(unsigned int times, const char *program)
{
    double seconds, least = 1e9;

    while (times--) {
        run(program, &seconds);
        least = seconds < least ? seconds : least;
    }
    return least * 1000;
}

static void time_decisions(const char *vnuma, const char *hail,
                           const char *ours)
{
    static const unsigned int vnodes[] = { 2, 8 };
    unsigned int i;

    is_whole = true;
    make_hosts(MANY);
    while (num_guests < 10 * MANY) {
        arrival g = draw();

        g.mib = g.vnodes * 2048 * (1 + below(3));
        start(g, below(MANY));
    }
    printf("1000 hosts of 8 nodes, 10000 guests; milliseconds for one more:\n"
           "%-22s %10s %10s %10s\n", "", "our part", "vnuma", "hail alone");
    for (i = 0; i < 4; i++) {
        arrival g = { .vnodes = vnodes[i % 2], .vcpus = 8,
                      .mib = 10240 * vnodes[i % 2] };
        unsigned int k;

        is_whole = i < 2;
        for (k = 0; i == 2 && k < MANY; k++)
            report(k);
        ask_for(&g);
        printf("%u vnodes%-14s %10.0f", g.vnodes,
               is_whole ? "" : ", as pulled", best_of(3, ours));
        printf(" %10.0f", best_of(2, vnuma));
        printf(" %10.0f\n", best_of(2, hail));
        fflush(stdout);
    }
}

static double fill(void)
{
    uint64_t all = num_machines * NUM_PNODES * (PNODE_MIB - 1024), sum = 0;
    unsigned int i;

    for (i = 0; i < num_machines; i++)
        sum += free_mib(&machines[i]);
    return 100.0 * (double)(all - sum) / (double)all;
}

static void arrive(const char *name, const char *program)
{
    unsigned int arrived = 0, misplaced = 0, refused = 0, i;
    double level = 50;

    seed = 7;
    make_hosts(FEWER);
    for (i = 0; i < FEWER; i++)
        report(i);
    while (level < 95 && refused + misplaced < 400) {
        arrival g = draw();
        int host;

        ask_for(&g);
        host = run(program, NULL);
        arrived++;
        refused += host < 0;
        misplaced += host >= 0 && !start(g, (unsigned int)host);
        while (level < 95 && fill() >= level) {
            printf("%-12s %8.0f%% %10u %10u %10u\n", name, level, arrived,
                   misplaced, refused);
            fflush(stdout);
            level += 10;
        }
    }
    if (level < 95)
        printf("%-12s %8.1f%% %10u %10u %10u\n", name, fill(), arrived,
               misplaced, refused);
}

int main(int argc, char **argv)
{
    char path[4096];

    must(argc == 5, "usage: bench-fleet DIRECTORY VNUMA HAIL OURS");
    dir = argv[1];
    snprintf(path, sizeof(path), "%s/reports", dir);
    mkdir(path, 0755);
    setenv("XL_VNUMA_KEPT", dir, 1);
    time_decisions(argv[2], argv[3], argv[4]);
    printf("\n40 hosts of 8 nodes, guests of 1 to 8 vnodes arrive:\n"
           "%-12s %9s %10s %10s %10s\n", "", "full", "arrived", "misplaced",
           "refused");
    arrive("hail alone", argv[3]);
    arrive("vnuma", argv[2]);
    return 0;
}
