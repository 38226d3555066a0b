/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is loaded into libvirtd, for 32 guests at once, each in a thread of its
 * own: started, saved, restored and ended again and again, with all memory on
 * one in-memory Xen.  Afterwards that has all its pages, and we hold no memory,
 * descriptors or files more.  "make threads" runs 1,000 rounds of it under
 * TSan; "make soak" 3,200, 100,000 starts.
 *
 *   VNUMA_ROUNDS=N   rounds of each thread; 20 otherwise
 */
#include "config.h"

#define TAP_DEADLINE 7200 /* of 1,000 rounds */

#include <dirent.h>
#include <malloc.h>

#include "virt-case.h"
#include "xen/build/populate.h"
#include "xen/hv/hv_mem.h"

#define NUM_THREADS 32u
#define CELL_MIB UINT64_C(256) /* as record-case.h's */
#define CELL (CELL_MIB << 20)

#define MOST_KEPT 8192 /* bytes; 20 rounds are some 800 guests */

static vnuma__hv_mem memory;
static unsigned int num_rounds = 20;

/* ---- the memory step, as xen/build/hooks.c has it ----------------------- */

static int populate(uint32_t domid, const libxl_domain_config *d_config)
{
    vnuma__hv hv = { .backend = &memory };
    vnuma__layout layout = { 0 };
    vnuma__build build = { .domid = domid, .layout = &layout, .claim = true };
    vnuma__built built = { 0 };
    vnuma_diags diags = { 0 };
    int v, rc;

    rc = vnuma__layout_alloc(&layout, 2, 2, 2);
    for (v = 0; !rc && v < 2; v++) {
        layout.vmemranges[v] =
            (vnuma__vmemrange){ v * CELL, (v + 1) * CELL, (unsigned int)v };
        layout.vcpu_to_vnode[v] = (unsigned int)v;
        layout.vnode_to_pnode[v] = d_config->b_info.vnuma_nodes[v].pnode;
    }
    vnuma__hv_mem_create_domain(&memory, domid);
    if (!rc)
        rc = vnuma__populate(&hv, &build, &built, &diags);
    if (rc)
        vnuma__hv_mem_destroy_domain(&memory, domid);
    vnuma__built_dispose(&built);
    vnuma_diags_dispose(&diags);
    vnuma__layout_dispose(&layout);
    return rc;
}

/* The domain is gone, and what it held is free. */
static void end_guest(const libxl_domain_config *d_config, uint32_t domid)
{
    int v;

    vnuma__hv_mem_destroy_domain(&memory, domid);
    pthread_mutex_lock(&xen.lock);
    for (v = 0; v < d_config->b_info.num_vnuma_nodes; v++)
        xen.free_memkb[d_config->b_info.vnuma_nodes[v].pnode] +=
            CELL_MIB * MIB;
    pthread_mutex_unlock(&xen.lock);
}

/* ---- a thread ----------------------------------------------------------- */

typedef struct {
    pthread_t thread;
    unsigned int number;
    unsigned int started, restored, refused; /* how often */
    bool failed; /* something that may not */
} guest;

/* In the first round, so that all are there at once on any machine. */
static pthread_barrier_t all_tried;

/* libvirt's way of a guest that it has saved. */
static void save_and_restore(guest *g, uint32_t domid)
{
    char path[32];
    virt_case c;
    int fd, rc, v;

    snprintf(path, sizeof(path), "saved-%u", g->number);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g->failed |= virt_suspend(fake_suspend, NULL, domid, fd, 0, NULL) != 0;
    lseek(fd, 0, SEEK_SET);
    make_cells(&c, 100 + g->number, CELL_MIB * MIB);
    c.d_config.b_info.vnuma_nodes = calloc(2, sizeof(c.vnodes[0]));
    for (v = 0; v < 2; v++)
        libxl_vnode_info_init(&c.d_config.b_info.vnuma_nodes[v]);
    for (v = 0; v < 2; v++)
        c.d_config.b_info.vnuma_nodes[v].memkb = CELL_MIB * MIB;
    rc = virt_create_restore(fake_create_restore, NULL, &c.d_config, &domid,
                             fd, -1, NULL, NULL, NULL);
    if (!rc)
        end_guest(&c.d_config, domid);
    g->restored += !rc;
    g->refused += rc != 0;
    c.d_config.c_info.name = NULL;
    libxl_domain_config_dispose(&c.d_config);
    close(fd);
}

static void *live(void *user)
{
    guest *g = user;
    unsigned int round;
    uint32_t domid;
    virt_case c;
    int rc;

    for (round = 0; round < num_rounds; round++) {
        make_cells(&c, g->number, CELL_MIB * MIB);
        rc = virt_create_new(fake_create_new, NULL, &c.d_config, &domid, NULL,
                             NULL);
        if (!round)
            pthread_barrier_wait(&all_tried);
        if (rc) {
            g->refused++;
            continue;
        }
        g->started++;
        end_guest(&c.d_config, domid);
        if (round % 4 == g->number % 4)
            save_and_restore(g, domid);
    }
    return NULL;
}

/* ---- all of them -------------------------------------------------------- */

static unsigned int num_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned int num = 0;

    while (dir && readdir(dir))
        num++;
    if (dir)
        closedir(dir);
    return num;
}

/* All threads have the heap of the first, and give back what they keep. */
static size_t heap_in_use(void)
{
    struct mallinfo2 heap = mallinfo2();

    return heap.uordblks + heap.hblkhd;
}

/* Returns how many were refused. */
static unsigned int all_live(uint64_t free_mib)
{
    const uint64_t memkb[2] = { free_mib * MIB, free_mib * MIB };
    unsigned int i, before, done = 0, refused = 0;
    guest of[NUM_THREADS] = { 0 };
    size_t heap;

    host_has(free_mib, free_mib);
    listen_anew();
    before = num_descriptors();
    heap = heap_in_use();
    CHECK_INT(pthread_barrier_init(&all_tried, NULL, NUM_THREADS), 0);
    CHECK_INT(vnuma__hv_mem_init(&memory, memkb, 2), 0);
    for (i = 0; i < NUM_THREADS; i++) {
        of[i].number = i;
        CHECK_INT(pthread_create(&of[i].thread, NULL, live, &of[i]), 0);
    }
    for (i = 0; i < NUM_THREADS; i++) {
        pthread_join(of[i].thread, NULL);
        CHECK(!of[i].failed);
        done += of[i].started + of[i].restored;
        refused += of[i].refused;
    }
    pthread_barrier_destroy(&all_tried);
    heap = heap_in_use() - heap;
    printf("# %u threads, %u rounds: %u guests, %u refused; heap: %+zd bytes\n",
           NUM_THREADS, num_rounds, done, refused, (ssize_t)heap);
    CHECK((ssize_t)heap < MOST_KEPT);
    /* What was planned had its room when it was built. */
    CHECK_UINT(xen.num_created, done);
    CHECK_UINT(xen.num_settled, done);
    CHECK_UINT(xen.num_destroyed, 0);
    CHECK_UINT(xen.free_memkb[0] + xen.free_memkb[1], memkb[0] + memkb[1]);
    for (i = 0; i < 2; i++)
        CHECK_UINT(vnuma__hv_mem_free_pages(&memory.nodes[i]),
                   memkb[i] / VNUMA__PAGE_KB);
    vnuma__hv_mem_dispose(&memory);
    CHECK_NOTHING_IN_HAND();
    CHECK_UINT(num_descriptors(), before);
    return refused;
}

/* The ledger counts memory twice while a guest that takes it is built. */
static void each_has_room(void)
{
    CHECK_UINT(all_live(NUM_THREADS * (2 * CELL_MIB + 100) + 400), 0);
}

static void what_does_not_fit_is_refused_before(void)
{
    CHECK(all_live(NUM_THREADS / 4 * CELL_MIB) > 0);
}

static const tap_case cases[] = {
    TAP_CASE(each_has_room),
    TAP_CASE(what_does_not_fit_is_refused_before),
};

/* In memory where that can be: a disk that is waited for keeps others away. */
int main(void)
{
    const char *rounds = getenv("VNUMA_ROUNDS");
    char dir[64], rm[sizeof(dir) + 16];
    int r;

    if (rounds)
        num_rounds = (unsigned int)strtoul(rounds, NULL, 10);
    snprintf(dir, sizeof(dir), "%s/test-threads.XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(dir) || chdir(dir) || mkdir("run", 0755) ||
        mkdir(VIRT_WISHES, 0755) || setenv("XL_VNUMA_KEPT", dir, 1) ||
        !virt_core_begin(&guests))
        return 99;
    xen.build = populate;
    mallopt(M_ARENA_MAX, 1);
    r = TAP_RUN(cases);
    snprintf(rm, sizeof(rm), "rm -rf %s", dir);
    return chdir("/") || system(rm) ? 99 : r;
}
