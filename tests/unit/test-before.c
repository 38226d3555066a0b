/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands before libxl's functions in libvirtd: which of them is called,
 * and what children get.  libxl, and the object that does the work, are made
 * up.  A process looks for both once, so each case has one of its own.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "libvirt/core.h"
#include "tap.h"

/* ---- what ld.so has ----------------------------------------------------- */

static struct {
    const char *libxl;      /* its path; NULL: it is not in this process */
    bool is_other;          /* it is of another release */
    const char *us;         /* where our object is; NULL: that is not known */
    bool has_core, is_core; /* there is an object next to it; it is ours */
    bool begins;            /* and works */
} it;

static char core_path[PATH_MAX];

bool inside_other_release(char *release_r, size_t size)
{
    snprintf(release_r, size, "9.9");
    return it.is_other;
}

int dl_iterate_phdr(int (*look)(struct dl_phdr_info *, size_t, void *),
                    void *data)
{
    struct dl_phdr_info info = { .dlpi_name = "libc.so.6" };
    int r = look(&info, sizeof(info), data);

    info.dlpi_name = it.libxl;
    return r || !it.libxl ? r : look(&info, sizeof(info), data);
}

#define LIBXL ((void *)&it.libxl)
#define CORE ((void *)&it.has_core)

void *dlopen(const char *path, int flags)
{
    if (flags & RTLD_NOLOAD)
        return strcmp(path, it.libxl) ? NULL : LIBXL;
    snprintf(core_path, sizeof(core_path), "%s", path);
    return it.has_core ? CORE : NULL;
}

int dladdr(const void *address, Dl_info *info_r)
{
    const char *us = getenv("US");

    (void)address;
    info_r->dli_fname = it.us ? it.us : us;
    return it.us || us;
}

char *dlerror(void)
{
    static char text[] = "no such object";

    return text;
}

/* ---- libxl, and the work ------------------------------------------------ */

static int call; /* the last one: of libxl, or with 10 more of the work */

static int xl_create(libxl_ctx *ctx, libxl_domain_config *d_config,
                     uint32_t *domid, const libxl_asyncop_how *how,
                     const libxl_asyncprogress_how *console_how)
{
    (void)ctx, (void)d_config, (void)domid, (void)how, (void)console_how;
    call = 1;
    return 0;
}

static int xl_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                      uint32_t *domid, int restore_fd, int send_back_fd,
                      const libxl_domain_restore_params *params,
                      const libxl_asyncop_how *how,
                      const libxl_asyncprogress_how *console_how)
{
    (void)ctx, (void)d_config, (void)domid, (void)restore_fd;
    (void)send_back_fd, (void)params, (void)how, (void)console_how;
    call = 2;
    return 0;
}

static int xl_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                      const libxl_asyncop_how *how)
{
    (void)ctx, (void)domid, (void)fd, (void)flags, (void)how;
    call = 3;
    return 0;
}

static int core_create(__typeof__(&libxl_domain_create_new) real,
                       libxl_ctx *ctx, libxl_domain_config *d_config,
                       uint32_t *domid, const libxl_asyncop_how *how,
                       const libxl_asyncprogress_how *console_how)
{
    int r = real(ctx, d_config, domid, how, console_how);

    call += 10;
    return r;
}

static int core_restore(__typeof__(&libxl_domain_create_restore) real,
                        libxl_ctx *ctx, libxl_domain_config *d_config,
                        uint32_t *domid, int restore_fd, int send_back_fd,
                        const libxl_domain_restore_params *params,
                        const libxl_asyncop_how *how,
                        const libxl_asyncprogress_how *console_how)
{
    int r = real(ctx, d_config, domid, restore_fd, send_back_fd, params, how,
                 console_how);

    call += 10;
    return r;
}

static int core_suspend(__typeof__(&libxl_domain_suspend) real, libxl_ctx *ctx,
                        uint32_t domid, int fd, int flags,
                        const libxl_asyncop_how *how)
{
    int r = real(ctx, domid, fd, flags, how);

    call += 10;
    return r;
}

static const virt_core *begin_core(inside_guests *guests)
{
    static const virt_core core = { core_create, core_restore, core_suspend };

    CHECK(guests == inside);
    return it.begins ? &core : NULL;
}

/* Whether a child is a helper that was entered. */
static int next_execvp(const char *file, char *const *args)
{
    (void)file, (void)args;
    return getenv("ENTERED") ? 1 : 0;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
    if (handle == CORE)
        return it.is_core ? (void *)begin_core : NULL;
    if (handle == RTLD_NEXT)
        return strcmp(name, "execvp") ? NULL : (void *)next_execvp;
    return !strcmp(name, "libxl_domain_create_new")       ? (void *)xl_create
           : !strcmp(name, "libxl_domain_suspend")        ? (void *)xl_suspend
           : !strcmp(name, "libxl_domain_create_restore") ? (void *)xl_restore
                                                          : NULL;
}

/* ---- cases -------------------------------------------------------------- */

/* Which function is called for a guest, in a digit each or two. */
static int calls_of(void)
{
    const libxl_asyncop_how how = { .callback = NULL };
    libxl_domain_config d_config;
    uint32_t domid;
    int calls;

    libxl_domain_config_init(&d_config);
    libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL);
    calls = call == 1 ? 0 : 100; /* one without vnodes is libxl's alone */
    d_config.b_info.num_vnuma_nodes = 1;
    libxl_domain_create_new(NULL, &d_config, &domid, &how, NULL);
    calls += call == 1 ? 0 : 100;
    libxl_domain_create_restore(NULL, &d_config, &domid, 0, 0, NULL, &how,
                                NULL);
    calls += call == 2 ? 0 : 100;
    libxl_domain_suspend(NULL, 7, 0, 0, &how);
    calls += call == 3 ? 0 : 100;
    libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL);
    calls += call;
    libxl_domain_create_restore(NULL, &d_config, &domid, 0, 0, NULL, NULL,
                                NULL);
    calls += call;
    libxl_domain_suspend(NULL, 7, 0, 0, NULL);
    return calls + call;
}

static char said[1024];

/* What a process of its own returns, and what it said. */
static int in_process(int (*run)(void))
{
    int ends[2], status = -1;
    size_t len = 0;
    ssize_t more;
    pid_t pid;

    if (pipe(ends))
        return -1;
    pid = fork();
    if (!pid) {
        dup2(ends[1], STDERR_FILENO);
        status = run(); /* before counters are written */
        _exit(status);
    }
    close(ends[1]);
    while ((more = read(ends[0], said + len, sizeof(said) - 1 - len)) > 0)
        len += (size_t)more;
    said[len] = '\0';
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define WELL .libxl = "/lib/libxenlight.so.4.17", .us = "/lib/us.so"
#define OURS 36  /* 11, 12 and 13 */
#define LIBXLS 6 /* 1, 2 and 3 */

static char longest[PATH_MAX + 32] = "/lib/libxenlight.so.";

static void what_is_wrong_is_said_and_libxl_called(void)
{
    static const struct {
        __typeof__(it) it;
        int calls;
        const char *said;
    } cases[] = {
        { { WELL, .has_core = true, .is_core = true, .begins = true },
          OURS,
          "" },
        { { WELL, .has_core = true, .is_core = true }, LIBXLS, "" },
        { { WELL, .has_core = true },
          LIBXLS,
          "xl-vnuma: this is not its object: guests are built without "
          "xl-vnuma\n" },
        { { WELL },
          LIBXLS,
          "xl-vnuma: no such object: guests are built without xl-vnuma\n" },
        { { WELL, .is_other = true },
          LIBXLS,
          "xl-vnuma: built for Xen " XEN_RELEASE ", but this libxl is of Xen "
          "9.9: guests are built without xl-vnuma\n" },
        { { .libxl = "libxenlight.so.4.17" },
          LIBXLS,
          "xl-vnuma: no such object: guests are built without xl-vnuma\n" },
        { { .libxl = "libxenlight.so.4.17", .us = "us.so" },
          LIBXLS,
          "xl-vnuma: no such object: guests are built without xl-vnuma\n" },
        { { .libxl = "libxenlight.so.4.17", .us = longest },
          LIBXLS,
          "xl-vnuma: no such object: guests are built without xl-vnuma\n" },
    };
    unsigned int i;

    memset(longest + strlen(longest), '/', PATH_MAX);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        it = cases[i].it;
        CHECK_INT(in_process(calls_of), cases[i].calls);
        CHECK_STR(said, cases[i].said);
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            return;
        }
    }
}

static int call_nothing(void)
{
    errno = 0;
    return libxl_domain_suspend(NULL, 7, 0, 0, &(libxl_asyncop_how){ 0 }) ==
                       ERROR_FAIL &&
                   errno == ENOSYS
               ? 0
               : 1;
}

static void without_a_libxl_calls_fail(void)
{
    static const char *const libxls[] = { NULL, "libxl.so", longest };
    unsigned int i;

    for (i = 0; i < 3; i++) {
        it = (__typeof__(it)){ .libxl = libxls[i], .us = "/lib/us.so" };
        CHECK_INT(in_process(call_nothing), 0);
    }
}

/* What the hook has left is for a guest without cells. */
static int create_wished(void)
{
    libxl_domain_config d_config;
    uint32_t domid;

    libxl_domain_config_init(&d_config);
    libxl_domain_create_new(NULL, &d_config, &domid, NULL, NULL);
    return call;
}

static void a_wish_makes_a_guest_ours(void)
{
    static const char path[] = "wishes/00000000-0000-0000-0000-000000000000";

    it = (__typeof__(it)){ WELL, .has_core = true, .is_core = true,
                           .begins = true };
    CHECK(!mkdir("wishes", 0700));
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CHECK_INT(in_process(create_wished), 11);
    unlink(path);
    rmdir("wishes");
    CHECK_INT(in_process(create_wished), 1);
}

/* ---- children ----------------------------------------------------------- */

static char *const helper[] = { (char *)"h", (char *)"--restore-domain",
                                (char *)"1", (char *)"2",
                                (char *)"7", NULL };
static char *const other_helper[] = { (char *)"h", (char *)"--restore-domain",
                                      (char *)"1", (char *)"2",
                                      (char *)"8", NULL };
static char *const few_words[] = { (char *)"h", (char *)"--restore-domain",
                                   (char *)"1", NULL };
static char *const saves[] = { (char *)"h", (char *)"--save-domain",
                               (char *)"1", (char *)"2",
                               (char *)"7", NULL };
static char *const *child;

static int exec_child(void)
{
    return execvp(child[0], child);
}

static void only_its_helper_gets_what_a_guest_has_ready(void)
{
    static const struct {
        char *const *args;
        int entered;
    } children[] = {
        { helper, 1 }, { other_helper, 0 }, { few_words, 0 }, { saves, 0 }
    };
    vnuma__task *bare = vnuma__task_begin(&inside->tasks, NULL, 8);
    vnuma__task *task = vnuma__task_begin(&inside->tasks, NULL, 7);
    unsigned int i;

    REQUIRE(bare && task);
    task->helper_env = calloc(1, 16);
    task->built_fd = dup(0);
    REQUIRE(task->helper_env);
    strcpy(task->helper_env, "ENTERED=1");
    for (i = 0; i < 4; i++) {
        child = children[i].args;
        CHECK_INT(in_process(exec_child), children[i].entered);
    }
    vnuma__task_end(&inside->tasks, task);
    vnuma__task_end(&inside->tasks, bare);
}

/* ---- LD_PRELOAD --------------------------------------------------------- */

static const char *preloaded;

/* What a program that is started so has left of it. */
static int start(void)
{
    char *args[] = { (char *)"test", (char *)"left", NULL };

    setenv("US", "/lib/us.so", 1);
    if (!preloaded)
        unsetenv("LD_PRELOAD");
    else
        setenv("LD_PRELOAD", preloaded, 1);
    if (preloaded && !*preloaded)
        unsetenv("US");
    execv("/proc/self/exe", args);
    return 1;
}

static void what_else_is_preloaded_stays(void)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        { "/lib/us.so", "(none)" },
        { "/lib/us.so:/lib/other.so", "/lib/other.so" },
        { "/a.so /lib/us.so::/b.so", "/a.so:/b.so" },
        { NULL, "(none)" },
        { "", "" },
    };
    unsigned int i;
    char *left;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        preloaded = cases[i].before;
        CHECK_INT(in_process(start), 0);
        left = strstr(said, "left ");
        CHECK_STR(left ? left + strlen("left ") : NULL, cases[i].after);
    }
}

int main(int argc, char **argv)
{
    static const tap_case cases[] = {
        TAP_CASE(what_is_wrong_is_said_and_libxl_called),
        TAP_CASE(without_a_libxl_calls_fail),
        TAP_CASE(a_wish_makes_a_guest_ours),
        TAP_CASE(only_its_helper_gets_what_a_guest_has_ready),
        TAP_CASE(what_else_is_preloaded_stays),
    };
    char dir[] = "/tmp/test-before.XXXXXX";
    const char *left = getenv("LD_PRELOAD");
    int status;

    if (argc > 1 && !strcmp(argv[1], "left")) {
        fprintf(stderr, "left %s", left ? left : "(none)");
        return 0;
    }
    if (!mkdtemp(dir) || chdir(dir))
        return 99;
    status = TAP_RUN(cases);
    return rmdir(dir) ? 99 : status;
}
