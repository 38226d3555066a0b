/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process that is xl with our object preloaded, and the socket over
 * which that object reports.
 */
#include "config.h"

#include "run/run_xl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "front/stock.h"
#include "hooks/message.h"

typedef struct {
    run_result result;
    bool show_progress, progress_shown;
    struct timespec start;
} run;

/* ---- reports ------------------------------------------------------------ */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) + (now.tv_nsec - start->tv_nsec) / 1e9;
}

static double gib(uint64_t pages)
{
    return (double)pages / (1 << 18);
}

static void hear_progress(run *r, const char *args)
{
    uint64_t done, all;
    double seconds = seconds_since(&r->start);
    uint32_t pnode;

    if (!r->show_progress ||
        sscanf(args, "%" SCNu32 " %" SCNu64 " %" SCNu64, &pnode, &done,
               &all) != 3 ||
        !done || (seconds < 1 && !r->progress_shown))
        return;
    r->progress_shown = true;
    fprintf(stderr,
            "\rpopulating pnode %" PRIu32
            ": %.1f of %.1f GiB, %.1f GiB/s, %.0f s left ",
            pnode, gib(done), gib(all), gib(done) / seconds,
            seconds * (double)(all - done) / (double)done);
}

static void hear_begin(run *r, const char *args)
{
    sscanf(args, "%39s", r->result.uuid);
}

static void hear_domain(run *r, const char *args)
{
    sscanf(args, "%" SCNu32 " %39s", &r->result.domid, r->result.uuid);
    clock_gettime(CLOCK_MONOTONIC, &r->start);
}

static void hear_extents(run *r, const char *args)
{
    vnuma_xen_extent_set set;

    if (r->result.num_sets < VNUMA__MAX_EXTENT_SETS &&
        sscanf(args,
               "%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &set.pnode, &set.preferred, &set.num_1g, &set.num_2m,
               &set.num_4k, &set.num_released) == 6)
        r->result.sets[r->result.num_sets++] = set;
}

static void hear_built(run *r, const char *args)
{
    if (r->progress_shown)
        fputs("\n", stderr);
    sscanf(args, "%" SCNu64, &r->result.num_pages);
}

static void hear_error(run *r, const char *args)
{
    if (r->progress_shown)
        fputs("\n", stderr);
    r->progress_shown = false;
    r->result.has_error = true;
    fputs(args, stderr);
}

static void hear_record(run *r, const char *args)
{
    (void)args;
    r->result.has_record = true;
}

static const struct {
    const char *word;
    run_stage stage; /* that xl has reached then, at least */
    void (*hear)(run *r, const char *args);
} words[] = {
    { MESSAGE_HELLO, RUN_LOADED, NULL },
    { MESSAGE_BEGIN, RUN_LOADED, hear_begin },
    { MESSAGE_DOMAIN, RUN_MADE, hear_domain },
    { MESSAGE_PROGRESS, RUN_LOADED, hear_progress },
    { MESSAGE_EXTENTS, RUN_LOADED, hear_extents },
    { MESSAGE_BUILT, RUN_LOADED, hear_built },
    { MESSAGE_RECORD, RUN_LOADED, hear_record },
    { MESSAGE_ERROR, RUN_LOADED, hear_error },
    { MESSAGE_DONE, RUN_DONE, NULL },
    { MESSAGE_GO, RUN_GIVEN, NULL },
    { MESSAGE_ANSWER, RUN_ANSWERED, NULL },
};

static void hear(run *r, const char *message)
{
    size_t len = strcspn(message, " ");
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) != len ||
            strncmp(message, words[i].word, len))
            continue;
        if (r->result.stage < words[i].stage)
            r->result.stage = words[i].stage;
        if (words[i].hear)
            words[i].hear(r, message + len + (message[len] == ' '));
    }
}

/* Reads one packet, if there is one.  False: there will be no more. */
static bool hear_next(run *r, int fd)
{
    char message[MESSAGE_MAX + 1];
    ssize_t len;

    len = recv(fd, message, MESSAGE_MAX, MSG_DONTWAIT);
    if (len < 0)
        return errno == EINTR || errno == EAGAIN;
    if (len == 0)
        return false;
    message[len] = '\0';
    hear(r, message);
    return true;
}

/* @told: the stage that it had when this was last called. */
static void tell_stage(const run *r, run_stage told, const run_hooks *hooks)
{
    if (hooks->on_made && told < RUN_MADE && r->result.stage >= RUN_MADE)
        hooks->on_made(hooks->user, &r->result);
    if (hooks->on_done && told < RUN_DONE && r->result.stage >= RUN_DONE)
        hooks->on_done(hooks->user, &r->result);
}

/*
 * Reads until our object has closed its end or xl has ended.  The first alone
 * is not enough: if our object was not loaded to mark it close-on-exec, a
 * program that xl has started may keep that end open for ever.
 */
static void listen_to(run *r, int fd, int pidfd, const run_hooks *hooks)
{
    run_stage told = RUN_NOT_LOADED;
    struct pollfd fds[2] = {
        { .fd = fd, .events = POLLIN },
        { .fd = pidfd, .events = POLLIN },
    };

    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents) {
            if (!hear_next(r, fd))
                return;
        } else if (fds[1].revents) {
            return;
        }
        tell_stage(r, told, hooks);
        told = r->result.stage;
    }
}

/* ---- the child ---------------------------------------------------------- */

const char *run_hooks_path(void)
{
    /* Set for programs that run from the build tree. */
    const char *hooks = getenv("XL_VNUMA_HOOKS");

    return hooks ? hooks : PKGLIBDIR "/xl-vnuma-hooks.so";
}

static int set_environment(int report_fd, const run_setting *settings)
{
    const char *old = getenv("LD_PRELOAD"), *hooks = run_hooks_path();
    char *preload, fd_text[16];
    int r;

    if (asprintf(&preload, "%s%s%s", hooks, old ? ":" : "", old ? old : "") <
        0)
        return -1;
    snprintf(fd_text, sizeof(fd_text), "%d", report_fd);
    r = setenv("LD_PRELOAD", preload, 1) ||
        setenv(ENV_OLD_PRELOAD, old ? old : "", 1) ||
        setenv(ENV_MESSAGE_FD, fd_text, 1);
    for (; settings->name && !r; settings++)
        r = settings->value && setenv(settings->name, settings->value, 1);
    free(preload);
    return r ? -1 : 0;
}

/* Sends errno over @error_fd, which a successful exec closes. */
static void become_xl(char *const *args, const run_setting *settings,
                      int report_fd, int error_fd)
{
    ssize_t ignored;
    stock_xl stock;

    errno = ENOENT;
    if (stock_find(&stock) && !set_environment(report_fd, settings))
        stock_exec(&stock, (char **)args); /* this process ends with it */
    ignored = write(error_fd, &errno, sizeof(errno));
    _exit(ignored == sizeof(errno) ? 126 : 127);
}

static volatile sig_atomic_t child_pid;

static void pass_on(int signal)
{
    if (child_pid > 0)
        kill(child_pid, signal);
}

/*
 * We stay to clean up after xl.  Signals from a terminal reach xl directly and
 * once more from us, which does no harm; signals sent only to us must reach it
 * too.
 */
static const int handled[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

#define NUM_HANDLED (sizeof(handled) / sizeof(handled[0]))

static void handle_signals(struct sigaction old[NUM_HANDLED])
{
    struct sigaction action = { .sa_handler = pass_on };
    unsigned int i;

    sigemptyset(&action.sa_mask);
    for (i = 0; i < NUM_HANDLED; i++)
        sigaction(handled[i], &action, &old[i]);
}

static void restore_signals(const struct sigaction old[NUM_HANDLED])
{
    unsigned int i;

    for (i = 0; i < NUM_HANDLED; i++)
        sigaction(handled[i], &old[i], NULL);
}

static int wait_for(pid_t pid, run_result *result)
{
    int status;

    result->exit_status = -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 0;
}

/* 0 if exec succeeded, else its errno. */
static int read_exec_error(int error_fd)
{
    int error = 0;

    if (read(error_fd, &error, sizeof(error)) != sizeof(error))
        return 0;
    return error;
}

/* Two ends each, ours first; -1: closed. */
typedef struct {
    int report[2]; /* what our object says */
    int error[2];  /* why exec failed */
} channels;

static void close_end(int *fd)
{
    int saved_errno = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved_errno;
}

/* Returns as fork() does. */
static pid_t start_xl(char *const *args, const run_setting *settings,
                      const channels *to, struct sigaction old[NUM_HANDLED])
{
    sigset_t ending, before;
    unsigned int i;
    pid_t pid;

    /* Whoever started us may ignore it; then there is nothing to wait for. */
    signal(SIGCHLD, SIG_DFL);
    /* Blocked, so that none is lost before there is a child to get it. */
    sigemptyset(&ending);
    for (i = 0; i < NUM_HANDLED; i++)
        sigaddset(&ending, handled[i]);
    sigprocmask(SIG_BLOCK, &ending, &before);
    handle_signals(old);
    pid = fork();
    child_pid = pid > 0 ? pid : 0;
    if (pid == 0)
        restore_signals(old);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid == 0) {
        /* The only descriptor of ours that xl keeps. */
        fcntl(to->report[1], F_SETFD, 0);
        become_xl(args, settings, to->report[1], to->error[1]);
    }
    return pid;
}

/* Until xl has ended.  0, or -1 and errno when it never ran. */
static int mind_xl(run *r, pid_t pid, channels *to, const run_hooks *hooks)
{
    int result, exec_error, pidfd;

    close_end(&to->report[1]);
    close_end(&to->error[1]);
    r->result.pid = pid;
    pidfd = pidfd_open(pid, 0);
    listen_to(r, to->report[0], pidfd, hooks);
    close_end(&pidfd);
    result = wait_for(pid, &r->result);
    child_pid = 0;
    exec_error = read_exec_error(to->error[0]);
    if (result)
        exec_error = exec_error ? exec_error : errno;
    hooks->on_end(hooks->user, &r->result);
    errno = exec_error;
    return exec_error ? -1 : 0;
}

int run_xl(char *const *args, const run_setting *settings, bool quiet,
           const run_hooks *hooks, run_result *result_r)
{
    struct sigaction old[NUM_HANDLED];
    channels to = { { -1, -1 }, { -1, -1 } };
    int saved_errno, r = -1;
    run state = { .show_progress = !quiet && isatty(STDERR_FILENO) };
    pid_t pid;

    state.result.domid = UINT32_MAX;
    if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, to.report) &&
        !pipe2(to.error, O_CLOEXEC)) {
        pid = start_xl(args, settings, &to, old);
        if (pid > 0)
            r = mind_xl(&state, pid, &to, hooks);
        saved_errno = errno;
        restore_signals(old);
        errno = saved_errno;
    }
    if (!r)
        *result_r = state.result;
    close_end(&to.report[0]);
    close_end(&to.report[1]);
    close_end(&to.error[0]);
    close_end(&to.error[1]);
    return r;
}
