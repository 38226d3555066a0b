/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside xl, what the library asks libxc for comes back through the object
 * that is loaded into xl.  Strict calls have to reach libxc as they are; calls
 * of others, which name no node, are to get one.  libxc is made up here.
 *
 * And how that object waits for what xl-vnuma has planned, and how it looks at
 * what xl reads.
 */
#include "config.h"

#include "xen/hv/hv_xen.h"

#include <dlfcn.h>
#include <errno.h>
#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/process.h"
#include "tap.h"
#include "vnuma_xen.h"

#define DOMID 7u
#define SPECIAL_PNODE 1u

static struct {
    unsigned int num_calls;
    unsigned int mem_flags[4];
    unsigned int full_pnode; /* which has no memory */
} fake;

static int fake_populate(xc_interface *xch, uint32_t domid,
                         unsigned long num_extents, unsigned int order,
                         unsigned int mem_flags, xen_pfn_t *extents)
{
    (void)xch;
    (void)domid;
    (void)order;
    (void)extents;
    fake.mem_flags[fake.num_calls++ % 4] = mem_flags;
    return XENMEMF_get_node(mem_flags) == fake.full_pnode ? 0
                                                          : (int)num_extents;
}

static const char *other_text; /* that xl reads instead, or NULL */

static int fake_readdata(XLU_Config *cfg, const char *data, int length)
{
    __typeof__(&xlu_cfg_readdata) real =
        (__typeof__(&xlu_cfg_readdata))dlsym(RTLD_NEXT, "xlu_cfg_readdata");

    if (other_text)
        length = (int)strlen(data = other_text);
    return real(cfg, data, length);
}

/* In place of two next.c, which look for the real ones ... */
void *inside_find_next(const char *name)
{
    if (!strcmp(name, "xlu_cfg_readdata"))
        return (void *)fake_readdata;
    return strcmp(name, "xc_domain_populate_physmap") ? NULL
                                                      : (void *)fake_populate;
}

bool inside_other_release(char *release_r, size_t size)
{
    (void)release_r;
    (void)size;
    return false;
}

static uint64_t populate(uint32_t pnode, unsigned int full_pnode)
{
    uint64_t gfns[2] = { 0, 1 }, done = 0;
    vnuma__hv hv = { .backend = NULL };

    memset(&fake, 0, sizeof(fake));
    fake.full_pnode = full_pnode;
    vnuma__hv_populate(&hv, DOMID, 0, pnode, gfns, 2, &done);
    return done;
}

static void strict_calls_stay_as_they_are(void)
{
    CHECK_UINT(populate(0, UINT32_MAX), 2);
    CHECK_UINT(fake.num_calls, 1);
    CHECK_UINT(fake.mem_flags[0], XENMEMF_exact_node(0));
}

static void a_full_node_is_no_reason_for_another(void)
{
    CHECK_UINT(populate(0, 0), 0);
    CHECK_UINT(fake.num_calls, 1);
    CHECK_UINT(fake.mem_flags[0], XENMEMF_exact_node(0));
}

static void others_get_the_special_node(void)
{
    xen_pfn_t gfns[2] = { 0, 1 };

    memset(&fake, 0, sizeof(fake));
    fake.full_pnode = UINT32_MAX;
    CHECK_INT(xc_domain_populate_physmap(NULL, DOMID, 2, 0, 0, gfns), 2);
    CHECK_UINT(fake.num_calls, 1);
    CHECK_UINT(fake.mem_flags[0], XENMEMF_exact_node(SPECIAL_PNODE));
}

static void and_any_other_when_that_is_full(void)
{
    xen_pfn_t gfns[2] = { 0, 1 };

    memset(&fake, 0, sizeof(fake));
    fake.full_pnode = SPECIAL_PNODE;
    CHECK_INT(xc_domain_populate_physmap(NULL, DOMID, 2, 0, 0, gfns), 2);
    CHECK_UINT(fake.num_calls, 2);
    CHECK_UINT(fake.mem_flags[1], 0);
}

/* How a process ends that is told so, and then that xl-vnuma has ended. */
static int ends_when_told(const char *settings, size_t len)
{
    char fd_text[16], program[] = "xl", option[] = "-v", word[] = "Create";
    char *args[] = { program, option, word, NULL };
    int ends[2], status = -1;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
        return -1;
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        snprintf(fd_text, sizeof(fd_text), "%d", ends[1]);
        setenv(ENV_MESSAGE_FD, fd_text, 1);
        process_begin(args);
        process_wait();
        _exit(process.pin && process.setting &&
                      !strcmp(process.setting, "vnuma=[]") &&
                      !getenv(ENV_SETTING) && !strcmp(word, "create")
                  ? 42
                  : 41);
    }
    close(ends[1]);
    if (len)
        send(ends[0], settings, len, MSG_NOSIGNAL);
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void xl_gets_its_settings(void)
{
    static const char settings[] = ENV_PIN "=1\0" ENV_SETTING "=vnuma=[]\0";

    CHECK_INT(ends_when_told(settings, sizeof(settings)), 42);
    CHECK_INT(ends_when_told("", 1), 41);
}

static void xl_ends_without_them(void)
{
    CHECK_INT(ends_when_told(NULL, 0), 3);
}

/* As when somebody preloads our object. */
static void an_xl_of_others_is_left_alone(void)
{
    char program[] = "xl", word[] = "Create",
         *args[] = { program, word, NULL };

    process_begin(args);
    process_wait();
    CHECK_STR(word, "Create");
}

/* As in an xl that was told to create a guest; *memory_r: what xl sees. */
static int reads(const char *text, long *memory_r)
{
    XLU_Config *cfg = xlu_cfg_init(stderr, "guest.cfg");
    char file[] = "guest.cfg", setting[] = "memory=2";
    int r;

    process.file = file;
    process.setting = setting;
    r = xlu_cfg_readdata(cfg, text, (int)strlen(text));
    xlu_cfg_get_long(cfg, "memory", memory_r, 1);
    xlu_cfg_destroy(cfg);
    process.file = process.setting = NULL;
    return r;
}

static void what_is_added_is_last(void)
{
    long memory = 0;

    CHECK_INT(reads("memory=1", &memory), 0);
    CHECK_INT(memory, 2);
}

static void readers_that_differ_are_refused(void)
{
    long memory;

    other_text = "memory=1\n";
    CHECK_INT(reads("memory=1", &memory), EINVAL);
    other_text = NULL;
}

/* Also when it reboots: then there is no one who tells it. */
static void every_build_gets_the_tables_that_were_told(void)
{
    libxl_domain_config d_config;
    vnuma__task *task;
    unsigned int i;

    libxl_domain_config_init(&d_config);
    process.tables = strdup("file:");
    for (i = 0; i < 2; i++) {
        task = hooks_begin(&d_config);
        REQUIRE(task);
        CHECK_STR(task->acpi_tables, "file:");
        hooks_end(task);
    }
    free(process.tables);
    process.tables = NULL;
    task = hooks_begin(&d_config);
    REQUIRE(task);
    CHECK(!task->acpi_tables);
    hooks_end(task);
    libxl_domain_config_dispose(&d_config);
}

static const tap_case cases[] = {
    TAP_CASE(every_build_gets_the_tables_that_were_told),
    TAP_CASE(strict_calls_stay_as_they_are),
    TAP_CASE(a_full_node_is_no_reason_for_another),
    TAP_CASE(others_get_the_special_node),
    TAP_CASE(and_any_other_when_that_is_full),
    TAP_CASE(xl_gets_its_settings),
    TAP_CASE(xl_ends_without_them),
    TAP_CASE(an_xl_of_others_is_left_alone),
    TAP_CASE(what_is_added_is_last),
    TAP_CASE(readers_that_differ_are_refused),
};

/* A guest whose memory is populated. */
int main(void)
{
    vnuma__task *task = vnuma__task_begin(&inside->tasks, NULL, DOMID);
    int r;

    if (!task)
        return 99;
    task->special_pnode = SPECIAL_PNODE;
    r = TAP_RUN(cases);
    vnuma__task_end(&inside->tasks, task);
    return r;
}
