/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The xl that create starts before it plans: here this program itself.  What
 * it says is heard, whatever else fails.
 */
#include "config.h"

#include "heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "front/stock.h"
#include "hooks/message.h"
#include "run/run_xl.h"
#include "said.h"
#include "tap.h"

static bool is_done; /* what cannot be printed is no failure any more */

void cli_has_done(void)
{
    is_done = true;
}

/* ---- xl ----------------------------------------------------------------- */

#define ENV_FAKE "FAKE_XL" /* what xl does */

static void report(int fd, const char *message)
{
    send(fd, message, strlen(message), MSG_NOSIGNAL);
}

/* More than is needed, and what none says. */
static int talk(int fd)
{
    unsigned int i;

    report(fd, MESSAGE_PROGRESS " 1 0 262144");
    report(fd, MESSAGE_PROGRESS " 1 131072 262144");
    report(fd, MESSAGE_PROGRESS " 1 262144 262144");
    report(fd, MESSAGE_PROGRESS " 1");
    report(fd, MESSAGE_EXTENTS " 1 2 3 4 5");
    for (i = 0; i <= VNUMA__MAX_EXTENT_SETS; i++)
        report(fd, MESSAGE_EXTENTS " 1 2 3 4 5 6");
    report(fd, MESSAGE_BUILT " 512 9");
    report(fd, MESSAGE_PROGRESS " 1 1 2");
    report(fd, MESSAGE_ERROR " it is so\n");
    report(fd, MESSAGE_ERROR " it is so\n");
    report(fd, MESSAGE_RECORD);
    report(fd, "words that none knows");
    report(fd, MESSAGE_DONE " 7");
    report(fd, MESSAGE_DONE " 7");
    report(fd, MESSAGE_GO);
    report(fd, MESSAGE_ANSWER);
    report(fd, MESSAGE_BUILT " 513 9");
    return 4;
}

static int fake_xl(const char *what, const char *subcommand)
{
    int fd = atoi(getenv(ENV_MESSAGE_FD));
    struct pollfd told = { .fd = fd, .events = POLLIN };
    static const char wanted[] = "A=1\0B=2\0";
    char settings[64];

    if (strcmp(subcommand, "Create"))
        return 99;
    if (!strcmp(what, "without us"))
        return 1;
    if (!strcmp(what, "is killed"))
        raise(SIGKILL);
    report(fd, MESSAGE_HELLO " 1");
    poll(&told, 1, -1);
    if (!strcmp(what, "ends"))
        return 3;
    if (recv(fd, settings, sizeof(settings), 0) != sizeof(wanted) ||
        memcmp(settings, wanted, sizeof(wanted)))
        return 98;
    report(fd, MESSAGE_BEGIN " x");
    report(fd, MESSAGE_DOMAIN " 7 x");
    if (!strcmp(what, "talks"))
        return talk(fd);
    if (!strcmp(what, "waits"))
        pause();
    report(fd, MESSAGE_DONE " 7");
    return 0;
}

/* ---- what run_xl.c uses ------------------------------------------------- */

static const char *release = "4.17", *missing = "", *folder = "";
static bool waits_for_end;       /* xl has ended before anything is heard */
static const char *failing = ""; /* the function that fails */
static int failing_with;         /* its errno */
static unsigned int times;       /* that it does */

static bool fails(const char *name)
{
    if (strcmp(name, failing) || !times)
        return false;
    times--;
    errno = failing_with;
    return true;
}

static double seconds = 1; /* that pass each time */

double cli_seconds(void)
{
    static double now;

    return now += seconds;
}

char *cli_module_path(const char *name)
{
    (void)name;
    return fails("path") ? NULL : strdup(folder);
}

const char *cli_module_error(void)
{
    return "cannot be loaded";
}

void *cli_load_module(const char *name)
{
    return strcmp(name, missing) ? said : NULL;
}

bool stock_find(stock_xl *stock_r)
{
    memset(stock_r, 0, sizeof(*stock_r));
    strcpy(stock_r->path, fails("exec") ? "/nowhere" : "/proc/self/exe");
    strcpy(stock_r->release, release);
    strcpy(stock_r->why, "there is no xl");
    return !fails("stock");
}

bool stock_prepare(const stock_xl *stock, char **argv)
{
    (void)stock;
    (void)argv;
    return !fails("prepare");
}

/* In the place of libc's. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool is_terminal = true;

int isatty(int fd)
{
    return is_terminal && fd == STDERR_FILENO;
}

int usleep(useconds_t us)
{
    (void)us;
    return 0;
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    return fails("socketpair") ? -1
                               : NEXT(socketpair)(domain, type, protocol, fds);
}

ssize_t recv(int fd, void *buffer, size_t len, int flags)
{
    return fails("recv") ? -1 : NEXT(recv)(fd, buffer, len, flags);
}

ssize_t send(int fd, const void *buffer, size_t len, int flags)
{
    return fails("send") ? -1 : NEXT(send)(fd, buffer, len, flags);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return fails("waitpid") ? -1 : NEXT(waitpid)(pid, status, options);
}

int pidfd_open(pid_t pid, unsigned int flags)
{
    return fails("pidfd_open") ? -1 : NEXT(pidfd_open)(pid, flags);
}

int poll(struct pollfd *fds, nfds_t num, int timeout)
{
    (void)timeout;
    if (fails("poll"))
        return -1;
    if (waits_for_end)
        ppoll(&fds[1], 1, NULL, NULL);
    return ppoll(fds, num, NULL, NULL);
}

/* ---- cases -------------------------------------------------------------- */

static char *args[] = { (char *)"xl", (char *)"-v", (char *)"create", NULL };

static void count(void *user, const run_result *result)
{
    (void)result;
    ++*(int *)user;
}

static int run_with(const char *what, bool quiet, run_result *result_r,
                    int *num_done)
{
    const run_setting settings[] = { { "A", "1" }, { "B", "2" }, { NULL } };
    int num_ends = 0;
    const run_hooks hooks = { NULL, NULL, count, &num_ends };
    const run_hooks counting = { NULL, count, count, num_done };

    said[0] = '\0';
    setenv(ENV_FAKE, what, 1);
    run_begin(args);
    return run_xl("create", args, settings, quiet,
                  num_done ? &counting : &hooks, result_r);
}

static int run(const char *what, run_result *result_r, int *num_done)
{
    return run_with(what, true, result_r, num_done);
}

static int run_loud(const char *what, run_result *result_r, int *num_done)
{
    return run_with(what, false, result_r, num_done);
}

static bool has_child(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0;
}

static void xl_waits_for_its_settings(void)
{
    run_result result;
    int num_calls = 0;

    is_done = false;
    CHECK_INT(run("builds", &result, &num_calls), CLI_OK);
    CHECK_INT(result.exit_status, 0);
    CHECK_INT(result.stage, RUN_DONE);
    CHECK(is_done);
    CHECK_INT(num_calls, 2); /* done, and xl's end */
    CHECK_STR(args[2], "create");
    CHECK(!has_child());
}

/* An xl of another release ends when it is loaded, whatever it is told. */
static void what_xl_said_before_it_ended_is_heard(void)
{
    run_result result;

    waits_for_end = true;
    is_done = false;
    CHECK_INT(run("ends", &result, NULL), CLI_OK);
    CHECK(!is_done);
    waits_for_end = false;
    CHECK_INT(result.stage, RUN_LOADED);
    CHECK_INT(result.exit_status, 3);
    CHECK_STR(said, "");
}

static void an_xl_without_our_object_did_nothing(void)
{
    run_result result;

    CHECK_INT(run("without us", &result, NULL), CLI_ENVIRONMENT);
    CHECK_INT(result.exit_status, 1);
    CHECK_STR(said, "create: xl did not load xl-vnuma-hooks.so");
    missing = "xl-vnuma-hooks.so";
    CHECK_INT(run("without us", &result, NULL), CLI_ENVIRONMENT);
    CHECK_STR(said, "create: cannot be loaded");
    missing = "";
}

static void what_is_abandoned_ends(void)
{
    setenv(ENV_FAKE, "builds", 1);
    run_begin(args);
    CHECK(has_child());
    run_abandon();
    CHECK(!has_child());
}

/* It could only complain, next to what is said of that. */
static void without_xen_no_xl_is_begun(void)
{
    release = "";
    setenv(ENV_FAKE, "builds", 1);
    run_begin(args);
    CHECK(!has_child());
    run_abandon();
    release = "4.17";
}

/* The front asks: what cannot be loaded may have another way. */
static void all_that_is_loaded_later_is_checked(void)
{
    static const char *const names[] = { XEN_MODULE, "xl-vnuma-hooks.so" };
    unsigned int i;

    CHECK_INT(run_check("front"), CLI_OK);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        missing = names[i];
        CHECK_INT(run_check("front"), CLI_ENVIRONMENT);
    }
    missing = "";
}

/* ---- what is said, and what fails --------------------------------------- */

/* For an xl that runs, and for one that has ended. */
static void end_it(void *user, const run_result *result)
{
    (void)result;
    ++*(int *)user;
    kill(getpid(), SIGTERM);
}

/* With what is on stderr meanwhile. */
static int run_so(const char *what, run_result *result_r, char *text,
                  size_t size)
{
    FILE *err = stderr;
    int num_calls = 0, code;

    stderr = fmemopen(text, size, "w");
    code = run_loud(what, result_r, &num_calls);
    fclose(stderr);
    stderr = err;
    return code;
}

static void all_that_xl_says_is_known(void)
{
    char text[2048] = "";
    run_result result;

    CHECK_INT(run_so("talks", &result, text, sizeof(text)), CLI_OK);
    CHECK_INT(result.stage, RUN_ANSWERED);
    CHECK_INT(result.exit_status, 4);
    CHECK_STR(result.uuid, "x");
    CHECK_UINT(result.domid, 7);
    CHECK_UINT(result.num_sets, VNUMA__MAX_EXTENT_SETS);
    CHECK_UINT(result.sets[0].num_released, 6);
    CHECK_UINT(result.num_pages, 513);
    CHECK(result.has_error && result.has_record);
    CHECK(strstr(text, "\rpopulating pnode 1: 0.5 of 1.0 GiB, "));
    CHECK(strstr(text, " left \nit is so\nit is so\n"));
    /* Progress is for who watches and waits. */
    is_terminal = false;
    CHECK_INT(run_so("talks", &result, text, sizeof(text)), CLI_OK);
    CHECK_STR(text, "it is so\nit is so\n");
    is_terminal = true;
    seconds = 0;
    CHECK_INT(run_so("talks", &result, text, sizeof(text)), CLI_OK);
    CHECK_STR(text, "it is so\nit is so\n");
    seconds = 1;
}

static void a_signal_for_us_is_for_xl(void)
{
    const run_setting settings[] = { { "A", "1" }, { "B", "2" }, { NULL } };
    run_result result;
    int num_calls = 0;
    const run_hooks hooks = { end_it, NULL, end_it, &num_calls };

    setenv(ENV_FAKE, "waits", 1);
    run_begin(args);
    CHECK_INT(run_xl("create", args, settings, true, &hooks, &result), CLI_OK);
    CHECK_INT(result.signal, SIGTERM);
    CHECK_INT(result.exit_status, -1);
    CHECK_INT(num_calls, 2); /* begun, and ended */
    failing = "send"; /* nothing is there to be told */
    failing_with = EPIPE;
    times = 1;
    CHECK_INT(run("is killed", &result, NULL), CLI_OK);
    failing = "";
    CHECK_INT(result.signal, SIGKILL);
}

/* Each once, which is no reason to fail, and where it is one. */
static const struct {
    const char *name;
    int with;
    unsigned int times;
    const char *said; /* NULL: xl is run as ever */
} failures[] = {
    { "poll", EINTR, 1, NULL },
    { "poll", ENOMEM, 1, NULL },
    { "recv", EINTR, 1, NULL },
    { "recv", EAGAIN, 1, NULL },
    { "recv", ECONNRESET, 1, NULL },
    { "recv", ENOMEM, 100, NULL },
    { "waitpid", EINTR, 1, NULL },
    { "pidfd_open", EMFILE, 1, NULL },
    { "socketpair", EMFILE, 1, NULL }, /* the next one works */
    { "socketpair", EMFILE, 9, "cannot run xl: Too many open files" },
    { "path", 0, 1, NULL },
    { "path", 0, 9, "create: cannot be loaded" },
    { "stock", 0, 1, NULL },
    { "stock", 0, 9, "create: there is no xl" },
    { "exec", 0, 9,
      "cannot run xl: No such file or directory (is xen-utils installed?)" },
    { "prepare", EACCES, 9, "cannot run xl: Permission denied" },
    { "send", ENOBUFS, 9, "cannot run xl: No buffer space available" },
    { "waitpid", ECHILD, 1, "cannot run xl: No child processes" },
};

static void each_failure_is_gone_on_after_or_said(void)
{
    const char *wanted;
    run_result result;
    unsigned int i;
    int code;

    for (i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        failing = failures[i].name;
        failing_with = failures[i].with;
        times = failures[i].times;
        wanted = failures[i].said;
        code = run("builds", &result, NULL);
        failing = "";
        CHECK_INT(code, wanted ? CLI_ENVIRONMENT : CLI_OK);
        CHECK_STR(said, wanted ? wanted : "");
        while (waitpid(-1, NULL, 0) > 0)
            ;
        if (tap_failed) {
            TAP_DIAG("%s with %d", failures[i].name, failures[i].with);
            return;
        }
    }
}

/* It has ended with what it had to say, which is not heard. */
static void what_cannot_be_heard_for_a_second_is_not_waited_for(void)
{
    run_result result;

    failing = "recv";
    failing_with = ENOMEM;
    times = 1000;
    CHECK_INT(run("builds", &result, NULL), CLI_ENVIRONMENT);
    failing = "";
    CHECK_STR(said, "create: xl did not load xl-vnuma-hooks.so");
    CHECK_INT(result.stage, RUN_NOT_LOADED);
}

static void a_folder_that_ld_so_cannot_read_is_said(void)
{
    static const char *const folders[] = { "/a b/c.so", "/a:b/c.so" };
    run_result result;
    unsigned int i;

    for (i = 0; i < 2; i++) {
        folder = folders[i];
        CHECK_INT(run("builds", &result, NULL), CLI_ENVIRONMENT);
        CHECK(strstr(said, "with a colon or a space in its name"));
        CHECK_INT(run_check("front"), CLI_ENVIRONMENT);
    }
    folder = "";
}

static void settings_that_are_too_long_are_not_cut(void)
{
    static char longest[MESSAGE_SETTINGS_MAX];
    const run_setting settings[] = { { "A", longest },
                                     { "B", NULL },
                                     { NULL } };
    const run_hooks hooks = { NULL, NULL, count, &(int){ 0 } };
    run_result result;

    memset(longest, 'x', sizeof(longest) - 1);
    CHECK_INT(run_xl("create", args, settings, true, &hooks, &result),
              CLI_ENVIRONMENT);
    CHECK_STR(said, "cannot run xl: Argument list too long");
    CHECK(!has_child());
}

/* What an xl that we start for a user has preloaded of theirs. */
static void what_is_preloaded_stays_so(void)
{
    run_result result;

    setenv("LD_PRELOAD", "", 1);
    CHECK_INT(run("builds", &result, NULL), CLI_OK);
    CHECK_STR(getenv("LD_PRELOAD"), "");
    if (heap_is_ours()) { /* a sanitizer has to be the first */
        setenv("LD_PRELOAD", "libc.so.6", 1);
        CHECK_INT(run("builds", &result, NULL), CLI_OK);
        CHECK_STR(getenv("LD_PRELOAD"), "libc.so.6");
    }
    unsetenv("LD_PRELOAD");
}

static void each_allocation_fails(void)
{
    unsigned int n, num = 0;
    run_result result;
    int code;

    for (n = 0; n <= num && heap_is_ours(); n++) {
        heap_start(n, false);
        code = run("builds", &result, NULL);
        num = n ? num : heap_calls;
        heap_stop();
        CHECK(code == CLI_OK || strstr(said, "cannot run xl: Cannot alloc") ||
              strstr(said, "create: "));
        CHECK(!has_child());
        if (tap_failed) {
            TAP_DIAG("allocation %u: %d, %s", n, code, said);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    static const tap_case cases[] = {
        TAP_CASE(xl_waits_for_its_settings),
        TAP_CASE(what_xl_said_before_it_ended_is_heard),
        TAP_CASE(an_xl_without_our_object_did_nothing),
        TAP_CASE(what_is_abandoned_ends),
        TAP_CASE(without_xen_no_xl_is_begun),
        TAP_CASE(all_that_is_loaded_later_is_checked),
        TAP_CASE(all_that_xl_says_is_known),
        TAP_CASE(a_signal_for_us_is_for_xl),
        TAP_CASE(each_failure_is_gone_on_after_or_said),
        TAP_CASE(what_cannot_be_heard_for_a_second_is_not_waited_for),
        TAP_CASE(a_folder_that_ld_so_cannot_read_is_said),
        TAP_CASE(settings_that_are_too_long_are_not_cut),
        TAP_CASE(what_is_preloaded_stays_so),
        TAP_CASE(each_allocation_fails),
    };

    if (getenv(ENV_MESSAGE_FD))
        return fake_xl(getenv(ENV_FAKE), argc > 2 ? argv[2] : "");
    return TAP_RUN(cases);
}
