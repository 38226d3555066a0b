/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * host-state: what building a guest must not change when it fails, as text:
 * each node's free pages, claims, all domains (dying ones too), what dom0 was
 * told to have, everybody's affinity, what xenstore says of domains.
 *
 *   host-state                     prints it
 *   host-state FILE SECONDS PAGES  waits until it is what FILE holds, each
 *                                  node with no more than PAGES less free;
 *                                  if it is not by then, exits with 1
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>
#include <xenstore.h>

#define MAX_DOMAINS 64
#define MAX_NODES 64

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static void print_nodes(xc_interface *xch, FILE *f)
{
    xc_meminfo_t nodes[MAX_NODES];
    unsigned int i, num_nodes = MAX_NODES;
    xc_physinfo_t host = { 0 };

    if (xc_numainfo(xch, &num_nodes, nodes, NULL) || xc_physinfo(xch, &host))
        die("asking for memory");
    for (i = 0; i < num_nodes; i++)
        fprintf(f, "node %u: %" PRIu64 " pages free\n", i,
                nodes[i].memfree >> 12);
    fprintf(f, "claimed: %" PRIu64 "\n", (uint64_t)host.outstanding_pages);
}

static void print_map(FILE *f, const uint8_t *map, int size)
{
    int i;

    for (i = 0; i < size; i++)
        fprintf(f, " %02x", map[i]);
}

static void print_vcpu(xc_interface *xch, FILE *f, uint32_t domid,
                       unsigned int vcpu)
{
    xc_cpumap_t hard = xc_cpumap_alloc(xch), soft = xc_cpumap_alloc(xch);
    int size = xc_get_cpumap_size(xch);

    if (!hard || !soft)
        die("affinity");
    fprintf(f, "  vcpu %u:", vcpu);
    if (!xc_vcpu_getaffinity(xch, domid, vcpu, hard, soft,
                             XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)) {
        print_map(f, hard, size);
        fputs(" soft", f);
        print_map(f, soft, size);
    }
    fputc('\n', f);
    free(hard);
    free(soft);
}

static void print_domain(xc_interface *xch, FILE *f,
                         const xc_domaininfo_t *info)
{
    xc_nodemap_t nodes = xc_nodemap_alloc(xch);
    unsigned int vcpu;

    if (!nodes)
        die("affinity");
    fprintf(f, "domain %u%s: at most %" PRIu64 " pages, nodes", info->domain,
            info->flags & XEN_DOMINF_dying ? " (dying)" : "",
            (uint64_t)info->max_pages);
    if (!xc_domain_node_getaffinity(xch, info->domain, nodes))
        print_map(f, nodes, xc_get_nodemap_size(xch));
    fputc('\n', f);
    free(nodes);
    for (vcpu = 0; vcpu <= info->max_vcpu_id && info->max_vcpu_id < 128;
         vcpu++)
        print_vcpu(xch, f, info->domain, vcpu);
}

static void print_domains(xc_interface *xch, FILE *f)
{
    xc_domaininfo_t infos[MAX_DOMAINS];
    int i, num;

    num = xc_domain_getinfolist(xch, 0, MAX_DOMAINS, infos);
    if (num < 0)
        die("asking for domains");
    for (i = 0; i < num; i++)
        print_domain(xch, f, &infos[i]);
}

static void print_directory(struct xs_handle *xs, FILE *f, const char *path)
{
    unsigned int i, num = 0;
    char **names = xs_directory(xs, XBT_NULL, path, &num);

    fprintf(f, "%s:", path);
    for (i = 0; i < num; i++)
        fprintf(f, " %s", names[i]);
    fputc('\n', f);
    free(names);
}

static void print_xenstore(struct xs_handle *xs, FILE *f)
{
    unsigned int len;
    char *target =
        xs_read(xs, XBT_NULL, "/local/domain/0/memory/target", &len);

    fprintf(f, "dom0's target: %s\n", target ? target : "none");
    free(target);
    print_directory(xs, f, "/local/domain");
    print_directory(xs, f, "/local/domain/0/backend");
    print_directory(xs, f, "/local/domain/0/device-model");
    print_directory(xs, f, "/libxl");
    print_directory(xs, f, "/vm");
}

static char *look(xc_interface *xch, struct xs_handle *xs)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        die("memory");
    print_nodes(xch, f);
    print_domains(xch, f);
    print_xenstore(xs, f);
    if (fclose(f))
        die("memory");
    return text;
}

static char *read_file(const char *path)
{
    static char text[1 << 16];
    FILE *f = fopen(path, "r");

    if (!f)
        die(path);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* The number of a line that print_nodes() made. */
static bool is_node_line(const char *line, long *free_pages_r)
{
    return sscanf(line, "node %*u: %ld pages free\n", free_pages_r) == 1;
}

static bool is_like(const char *text, const char *wanted, long slack)
{
    long free_pages, wanted_pages;
    size_t len;

    while (is_node_line(text, &free_pages) &&
           is_node_line(wanted, &wanted_pages)) {
        if (wanted_pages - free_pages > slack)
            return false;
        len = strcspn(text, "\n");
        text += len + (text[len] == '\n');
        len = strcspn(wanted, "\n");
        wanted += len + (wanted[len] == '\n');
    }
    return !strcmp(text, wanted);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const char *wanted = argc == 4 ? read_file(argv[1]) : "";
    double end = now() + (argc == 4 ? atof(argv[2]) : 0);
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);
    struct xs_handle *xs = xs_open(0);
    bool like = true;
    char *text;

    if (argc != 1 && argc != 4) {
        fputs("usage: host-state [FILE SECONDS PAGES]\n", stderr);
        return 2;
    }
    if (!xch || !xs)
        die("connecting");
    for (;;) {
        text = look(xch, xs);
        like = argc == 1 || is_like(text, wanted, atol(argv[3]));
        if (like || now() >= end)
            break;
        free(text);
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    }
    fputs(text, stdout);
    free(text);
    xs_close(xs);
    xc_interface_close(xch);
    return like ? 0 : 1;
}
