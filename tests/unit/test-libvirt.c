/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is loaded into libvirtd, on a libxl and a host that are made up: a
 * start from its plan to its place, every step of it failing, no memory at
 * each allocation, and several at once.
 */
#include "config.h"

#include "virt-case.h"

static int start(virt_case *c)
{
    uint32_t domid = 0;

    return virt_create_new(fake_create_new, NULL, &c->d_config, &domid, NULL,
                           NULL);
}

static bool was_said(const char *words)
{
    static char text[8192];
    int fd = open(said_file, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    fflush(stderr);
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    if (!strstr(text, words))
        TAP_DIAG("said: %s", text);
    return strstr(text, words);
}

static void cells_go_where_they_fit_best(void)
{
    virt_case c;

    host_has(400, 2000);
    make_cells(&c, 0, 512 * MIB);
    CHECK_INT(start(&c), 0);
    CHECK_UINT(xen.num_created, 1);
    CHECK_UINT(xen.num_settled, 1);
    CHECK(xen.is_known);
    /* Not on 0 and 1, as the driver alone has it. */
    CHECK_UINT(xen.pnodes[0], 1);
    CHECK_UINT(xen.pnodes[1], 1);
    CHECK_STR(xen.membinds, "strict:1;strict:1");
    CHECK_UINT(c.distances[0][1], 20);
    CHECK_NOTHING_IN_HAND();
}

static void a_reboot_comes_back(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 1, 512 * MIB);
    xen.free_memkb[1] = 100 * MIB;
    CHECK_INT(start(&c), 0);
    CHECK_UINT(xen.pnodes[1], 0);
    /* Both fit now, and yet it stays. */
    host_has(2000, 2000);
    CHECK_INT(start(&c), 0);
    CHECK_UINT(xen.pnodes[0], 0);
    CHECK_UINT(xen.pnodes[1], 0);
}

static void what_does_not_fit_is_refused(void)
{
    virt_case c;

    host_has(300, 300);
    make_cells(&c, 2, 512 * MIB);
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK_UINT(xen.num_created, 0);
    CHECK(was_said("xl-vnuma: vm2: error: "));
    CHECK_NOTHING_IN_HAND();
}

static void the_next_guest_is_seen_to(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 2, 512 * MIB);
    CHECK_INT(start(&c), 0);
}

static void each_step_may_fail(void)
{
    static const step steps[] = { OPEN, PREPARE, CREATE,
                                  KEPT, REFUSAL, SETTLE };
    virt_case c;
    unsigned int i;

    for (i = 0; i < 6; i++) {
        bool is_libxl = steps[i] == CREATE || steps[i] == KEPT;

        host_has(2000, 2000);
        make_cells(&c, 3, 512 * MIB);
        xen.fails = steps[i];
        listen_anew();
        CHECK_INT(start(&c), is_libxl ? ERROR_NOMEM : ERROR_FAIL);
        /* libxl destroys what it could not make. */
        CHECK_UINT(xen.num_destroyed, steps[i] >= KEPT);
        CHECK(is_libxl || was_said("xl-vnuma: vm3: error: "));
        CHECK_NOTHING_IN_HAND();
    }
}

static void a_guest_of_pv_is_left_alone(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 4, 512 * MIB);
    c.d_config.b_info.type = LIBXL_DOMAIN_TYPE_PV;
    CHECK_INT(start(&c), 0);
    CHECK_UINT(xen.num_settled, 0);
}

/* Not the whole of the host, so that populate-on-demand is what fails. */
static void less_memory_than_cells_is_refused(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 5, 512 * MIB);
    c.d_config.b_info.target_memkb = 600 * MIB;
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK_UINT(xen.num_created, 0);
}

static void find_wish(const virt_case *c, char path_r[256])
{
    char uuid[VNUMA__UUID_TEXT];

    vnuma__uuid_text(&c->d_config, uuid);
    snprintf(path_r, 256, VIRT_WISHES "/%s", uuid);
}

static void write_wish(const virt_case *c, const char *text)
{
    char path[256];
    FILE *f;

    find_wish(c, path);
    f = fopen(path, "we");
    REQUIRE(f);
    fputs(text, f);
    fclose(f);
}

static void numatune_counts(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 6, 512 * MIB);
    write_wish(&c, "type = 'pvh'\nmemory = 1024\nvcpus = 2\n"
                   "vnuma = [ [ 'pnode=1', 'size=512', 'vcpus=0' ], "
                   "[ 'pnode=auto', 'size=512', 'vcpus=1' ] ]\n"
                   "xl_vnuma_policy = [ 'preferred', 'interleave=0,1' ]\n");
    CHECK_INT(start(&c), 0);
    CHECK_UINT(xen.pnodes[0], 1);
    CHECK_STR(xen.membinds, "preferred:1,0;interleave:0,1");
    /* The XML has no distances, so they are the host's. */
    CHECK_UINT(c.distances[0][1] == 21 || xen.pnodes[1] == 1, 1);
    CHECK_NOTHING_IN_HAND();
}

static void a_wish_for_other_cells_is_refused(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 7, 512 * MIB);
    write_wish(&c, "type = 'pvh'\nmemory = 1024\nvcpus = 2\n"
                   "vnuma = [ [ 'pnode=1', 'size=1024', 'vcpus=0-1' ] ]\n");
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK(was_said("the hook saw 1 cells, libxl gets 2"));
    CHECK_NOTHING_IN_HAND();
}

static void a_name_is_not_a_line_of_the_journal(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 9, 512 * MIB);
    strcpy(c.name, "a\nb\033[2J");
    write_wish(&c, "vnuma = [ [ '\033[2J=1' ] ]\n");
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK(was_said("xl-vnuma: a?b?[2J: error: "));
    CHECK(was_said("no option ?[2J="));
    CHECK_NOTHING_IN_HAND();
}

static void a_wish_of_another_is_not_read(void)
{
    char path[256];
    virt_case c;

    host_has(2000, 2000);
    make_cells(&c, 8, 512 * MIB);
    write_wish(&c, "vnuma = 'auto'\n");
    find_wish(&c, path);
    CHECK_INT(chmod(path, 0622), 0);
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK(was_said("Operation not permitted"));
    REQUIRE(!unlink(path) && !symlink("/dev/null", path));
    listen_anew();
    CHECK_INT(start(&c), ERROR_FAIL);
    CHECK(was_said("Too many levels of symbolic links"));
    CHECK_INT(unlink(path), 0);
    CHECK_NOTHING_IN_HAND();
}

/* ---- saved guests ------------------------------------------------------- */

static int save_to(const char *path, uint32_t domid)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc;

    /* libvirt's own header and XML. */
    if (write(fd, "LibvirtXenSave", 14) != 14)
        rc = -1;
    else
        rc = virt_suspend(fake_suspend, NULL, domid, fd, 0, NULL);
    close(fd);
    return rc;
}

static int restore_from(const char *path, virt_case *c)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
    uint32_t domid;

    lseek(fd, 14, SEEK_SET);
    rc = virt_create_restore(fake_create_restore, NULL, &c->d_config, &domid,
                             fd, -1, NULL, NULL, NULL);
    close(fd);
    return rc;
}

/* The cells of make_guest() in record-case.h, not in libvirt's memory. */
static void make_saved(virt_case *c)
{
    libxl_vnode_info *vnodes = calloc(2, sizeof(*vnodes));
    int v;

    make_cells(c, 50, 256 * MIB);
    for (v = 0; v < 2; v++) {
        libxl_vnode_info_init(&vnodes[v]);
        vnodes[v].memkb = 256 * MIB;
    }
    c->d_config.b_info.vnuma_nodes = vnodes;
}

static void dispose_saved(virt_case *c)
{
    c->d_config.c_info.name = NULL;
    libxl_domain_config_dispose(&c->d_config);
}

static void a_saved_guest_comes_back(void)
{
    virt_case c;

    host_has(2000, 2000);
    CHECK_INT(save_to("saved", 7), 0);
    make_saved(&c);
    CHECK_INT(restore_from("saved", &c), 0);
    CHECK_UINT(xen.pnodes[0], 0);
    CHECK_UINT(xen.pnodes[1], 1);
    CHECK_UINT(xen.num_settled, 1);
    CHECK_STR(xen.membinds, "strict:0;strict:1");
    CHECK_NOTHING_IN_HAND();
    dispose_saved(&c);
}

static void or_goes_where_there_is_room(void)
{
    virt_case c;

    host_has(100, 2000);
    make_saved(&c);
    listen_anew();
    CHECK_INT(restore_from("saved", &c), 0);
    CHECK_UINT(xen.pnodes[0], 1);
    CHECK(was_said("vnode 0: pnode 0 here is full"));
    dispose_saved(&c);
    host_has(100, 100);
    make_saved(&c);
    CHECK_INT(restore_from("saved", &c), ERROR_FAIL);
    CHECK_UINT(xen.num_created, 0);
    CHECK_NOTHING_IN_HAND();
    dispose_saved(&c);
}

static void a_helper_without_us_is_noticed(void)
{
    virt_case c;

    host_has(2000, 2000);
    make_saved(&c);
    listen_anew();
    xen.fails = REFUSAL;
    CHECK_INT(restore_from("saved", &c), ERROR_FAIL);
    CHECK_UINT(xen.num_destroyed, 1);
    CHECK(was_said("libxl-save-helper did not report"));
    CHECK_NOTHING_IN_HAND();
    dispose_saved(&c);
}

static void a_guest_without_vnodes_is_saved_as_ever(void)
{
    char text[14 + sizeof(STREAM) + 1];
    virt_case c;
    int fd;

    host_has(2000, 2000);
    CHECK_INT(save_to("plain", PLAIN_DOMID), 0);
    fd = open("plain", O_RDONLY | O_CLOEXEC);
    CHECK_INT(read(fd, text, sizeof(text)), 14 + sizeof(STREAM));
    close(fd);
    make_saved(&c);
    CHECK_INT(restore_from("plain", &c), 0);
    CHECK_UINT(xen.num_settled, 0);
    dispose_saved(&c);
}

static void a_migration_is_refused(void)
{
    int ends[2];

    REQUIRE(!pipe2(ends, O_CLOEXEC));
    listen_anew();
    CHECK_INT(virt_suspend(fake_suspend, NULL, 7, ends[1], 0, NULL),
              ERROR_FAIL);
    CHECK(was_said("xl-vnuma: domain 7: error: a migration by"));
    close(ends[0]);
    close(ends[1]);
    CHECK_NOTHING_IN_HAND();
}

static void a_guest_that_migrates_to_here_is_refused(void)
{
    virt_case c;
    uint32_t domid;
    int ends[2];

    host_has(2000, 2000);
    make_saved(&c);
    REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    listen_anew();
    CHECK_INT(virt_create_restore(fake_create_restore, NULL, &c.d_config,
                                  &domid, ends[0], ends[0], NULL, NULL, NULL),
              ERROR_FAIL);
    CHECK(was_said("error: a migration by libvirt cannot keep"));
    CHECK_UINT(xen.num_created, 0);
    close(ends[0]);
    close(ends[1]);
    CHECK_NOTHING_IN_HAND();
    dispose_saved(&c);
}

static void a_cut_record_is_refused(void)
{
    unsigned int len;
    virt_case c;

    listen_anew();
    for (len = 14; len < 200; len += 7) {
        host_has(2000, 2000);
        CHECK_INT(save_to("cut", 7), 0);
        CHECK_INT(truncate("cut", len), 0);
        make_saved(&c);
        CHECK(restore_from("cut", &c) != 0);
        CHECK_NOTHING_IN_HAND();
        dispose_saved(&c);
    }
}

/* ---- no memory ---------------------------------------------------------- */

static int start_failing(unsigned int n)
{
    virt_case c;
    int rc;

    make_cells(&c, 8, 256 * MIB);
    heap_start(n, false);
    rc = start(&c);
    heap_stop();
    return rc;
}

static int restore_failing(unsigned int n)
{
    virt_case c;
    int rc;

    make_saved(&c);
    heap_start(n, false);
    rc = restore_from("saved", &c);
    heap_stop();
    dispose_saved(&c);
    return rc;
}

/* Each allocation fails once: it is refused or done, and nothing is left. */
static void run_failing(const char *what, int (*run)(unsigned int n))
{
    unsigned int n, num_calls, num_refused = 0;
    size_t before;
    int rc;

    host_has(2000, 2000);
    listen_anew();
    CHECK_INT(run(0), 0); /* libc's own first use is not counted */
    CHECK_INT(run(0), 0);
    num_calls = heap_calls;
    for (n = 1; heap_is_ours() && n <= num_calls; n++) {
        host_has(2000, 2000);
        before = heap_bytes;
        rc = run(n);
        CHECK(rc == 0 || rc == ERROR_FAIL);
        CHECK_UINT(xen.num_destroyed, xen.num_created && rc);
        CHECK_UINT(heap_bytes, before);
        CHECK_NOTHING_IN_HAND();
        num_refused += rc != 0;
    }
    /* valgrind has a heap of its own. */
    CHECK(!num_calls || !heap_is_ours() || num_refused > 5);
    printf("# %s: %u allocations, each failed; %u refused\n", what, num_calls,
           num_refused);
}

static void no_memory_at_any_allocation(void)
{
    run_failing("start", start_failing);
    run_failing("restore", restore_failing);
}

/* ---- several at once ---------------------------------------------------- */

#define NUM_THREADS 6u
#define NUM_ROUNDS 8u

/* Each is there for a moment: what all of them hold is what the host has. */
static void *start_and_end(void *number)
{
    unsigned int round;
    uintptr_t failed = 0;
    virt_case c;
    int v;

    for (round = 0; round < NUM_ROUNDS; round++) {
        make_cells(&c, 20 + (unsigned int)(uintptr_t)number, 256 * MIB);
        failed += start(&c) != 0;
        pthread_mutex_lock(&xen.lock);
        for (v = 0; v < 2; v++)
            xen.free_memkb[c.vnodes[v].pnode] += 256 * MIB;
        pthread_mutex_unlock(&xen.lock);
    }
    return (void *)failed;
}

static void several_start_at_once(void)
{
    pthread_t threads[NUM_THREADS];
    void *failed;
    uintptr_t i;

    /* The ledger counts memory twice while a guest that takes it is built. */
    host_has(6 * 600 + 400, 6 * 600 + 400);
    listen_anew();
    for (i = 0; i < NUM_THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, start_and_end, (void *)i),
                  0);
    for (i = 0; i < NUM_THREADS; i++) {
        pthread_join(threads[i], &failed);
        CHECK_UINT((uintptr_t)failed, 0);
    }
    CHECK(xen.least_memkb <= 4000 * MIB);
    CHECK_UINT(xen.num_settled, NUM_THREADS * NUM_ROUNDS);
    CHECK_NOTHING_IN_HAND();
}

static void *start_one(void *c)
{
    return (void *)(uintptr_t)(start(c) != 0);
}

/* Each alone would take both nodes; only one fits at a time. */
static void two_at_once_do_not_share_room(void)
{
    virt_case c[2];
    pthread_t threads[2];
    void *failed[2];
    unsigned int i;

    host_has(700, 700);
    listen_anew();
    for (i = 0; i < 2; i++) {
        make_cells(&c[i], 40 + i, 512 * MIB);
        pthread_create(&threads[i], NULL, start_one, &c[i]);
    }
    for (i = 0; i < 2; i++)
        pthread_join(threads[i], &failed[i]);
    CHECK_UINT((uintptr_t)failed[0] + (uintptr_t)failed[1], 1);
    CHECK_UINT(xen.num_created, 1);
    CHECK_NOTHING_IN_HAND();
}

static const tap_case cases[] = {
    TAP_CASE(cells_go_where_they_fit_best),
    TAP_CASE(a_reboot_comes_back),
    TAP_CASE(what_does_not_fit_is_refused),
    TAP_CASE(the_next_guest_is_seen_to),
    TAP_CASE(each_step_may_fail),
    TAP_CASE(a_guest_of_pv_is_left_alone),
    TAP_CASE(less_memory_than_cells_is_refused),
    TAP_CASE(numatune_counts),
    TAP_CASE(a_wish_for_other_cells_is_refused),
    TAP_CASE(a_name_is_not_a_line_of_the_journal),
    TAP_CASE(a_wish_of_another_is_not_read),
    TAP_CASE(a_saved_guest_comes_back),
    TAP_CASE(or_goes_where_there_is_room),
    TAP_CASE(a_helper_without_us_is_noticed),
    TAP_CASE(a_guest_without_vnodes_is_saved_as_ever),
    TAP_CASE(a_migration_is_refused),
    TAP_CASE(a_guest_that_migrates_to_here_is_refused),
    TAP_CASE(a_cut_record_is_refused),
    TAP_CASE(no_memory_at_any_allocation),
    TAP_CASE(several_start_at_once),
    TAP_CASE(two_at_once_do_not_share_room),
};

/* In a folder of its own, where the ledger and the places are too. */
int main(void)
{
    char dir[] = "/tmp/test-libvirt.XXXXXX";
    char rm[sizeof(dir) + 16];
    int r;

    if (!mkdtemp(dir) || chdir(dir) || mkdir("run", 0755) ||
        mkdir(VIRT_WISHES, 0755) || setenv("XL_VNUMA_KEPT", dir, 1) ||
        !virt_core_begin(&guests))
        return 99;
    r = TAP_RUN(cases);
    snprintf(rm, sizeof(rm), "rm -rf %s", dir);
    return chdir("/") || system(rm) ? 99 : r;
}
