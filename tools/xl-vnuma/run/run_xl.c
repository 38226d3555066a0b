/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process that is xl with our object preloaded, and the socket over
 * which that object reports.
 */
#include "config.h"

#include "run/run_xl.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/print.h"
#include "cli/cli.h"
#include "front/stock.h"
#include "hooks/message.h"
#include "run/hear.h"

typedef struct {
    hearing hearing;
    int fd;                  /* to our object in xl */
    unsigned int num_failed; /* times that nothing could be read */
} run;

/* ---- reports ------------------------------------------------------------ */

/* Tries for a second what the kernel has no memory for. */
#define MOST_FAILED 100u
#define LATER_US 10000u

/* Reads one packet, if there is one.  False: there will be no more. */
static bool hear_next(run *r, int flags)
{
    char message[MESSAGE_MAX + 1];
    ssize_t len = recv(r->fd, message, MESSAGE_MAX, flags);

    /* If xl ended with our settings unread, what it said comes after that. */
    if (len < 0 && (errno == EINTR || errno == EAGAIN || errno == ECONNRESET))
        return true;
    if (len < 0 && r->num_failed++ < MOST_FAILED)
        return !usleep(LATER_US);
    if (len < 0)
        return false;
    if (len == 0)
        return false;
    message[len] = '\0';
    hear(&r->hearing, message);
    return true;
}

/*
 * Reads until our object has closed its end or xl has ended.  The first alone
 * is not enough: if our object was not loaded to mark it close-on-exec, a
 * program that xl has started may keep that end open for ever.
 */
static void listen_to(run *r, int pidfd)
{
    struct pollfd fds[2] = {
        { .fd = r->fd, .events = POLLIN },
        { .fd = pidfd, .events = POLLIN },
    };

    bool is_blind, goes_on;

    do {
        is_blind = poll(fds, 2, -1) < 0 && errno != EINTR;
        if (is_blind || fds[0].revents)
            goes_on = hear_next(r, is_blind ? 0 : MSG_DONTWAIT);
        else
            goes_on = !fds[1].revents;
    } while (goes_on);
    /* One that still runs does not wait until it is heard. */
    shutdown(r->fd, SHUT_RDWR);
}

/* ---- the child ---------------------------------------------------------- */

#define HOOKS "xl-vnuma-hooks.so"

static int find_stock(const char *command, stock_xl *stock_r)
{
    return stock_find(stock_r)
               ? CLI_OK
               : cli_fail(CLI_ENVIRONMENT, "%s: %s", command, stock_r->why);
}

static int check_module(const char *command, const char *name)
{
    if (cli_load_module(name))
        return CLI_OK;
    return cli_fail(CLI_ENVIRONMENT, "%s: %s", command, cli_module_error());
}

/* To be freed; NULL: xl cannot load it, and why. */
static char *find_hooks(const char **why_r)
{
    char *path = cli_module_path(HOOKS);

    *why_r = path ? "" : cli_module_error();
    if (!path || !strpbrk(path, ": "))
        return path;
    free(path);
    *why_r = HOOKS " is in a folder with a colon or a space in its name, "
                   "at which LD_PRELOAD ends; move it";
    return NULL;
}

static int check_hooks(const char *command)
{
    const char *why;
    char *path = find_hooks(&why);

    free(path);
    return path ? CLI_OK
                : cli_fail(CLI_ENVIRONMENT, "%s: %s", command, why);
}

int run_check(const char *command)
{
    int code = check_module(command, XEN_MODULE);
    stock_xl stock;

    if (!code)
        code = check_hooks(command);
    if (!code)
        code = check_module(command, HOOKS);
    return code ? code : find_stock(command, &stock);
}

static bool set_environment(const run_setting *settings)
{
    bool ok = true;

    for (; settings->name; settings++)
        if (settings->value)
            ok &= !setenv(settings->name, settings->value, 1);
        else
            unsetenv(settings->name);
    return ok;
}

/* An xl that waits in our object to be told what to do. */
static struct {
    pid_t pid; /* 0: there is none */
    int fd;    /* our end of its socket */
} begun;

/*
 * Without fork(), which would copy a process that has many libraries.
 * Returns 0 or an errno.
 */
static int spawn_xl(const stock_xl *stock, char **argv, int report_fd)
{
    posix_spawn_file_actions_t actions;
    int r;

    posix_spawn_file_actions_init(&actions);
    /* The only descriptor of ours that xl keeps. */
    r = posix_spawn_file_actions_adddup2(&actions, report_fd, report_fd);
    if (!r)
        r = posix_spawn(&begun.pid, stock->path, &actions, NULL, argv,
                        environ);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

/* The same with arguments that xl without our object refuses (message.h). */
static int spawn_ours(const stock_xl *stock, char *const *args, int report_fd)
{
    char **argv = (char **)args; /* as it was, at the end */
    char **subcommand = message_subcommand(argv);
    char *name = argv[0], *word, *ours;
    int r = ENOMEM;

    assert(subcommand); /* our commands put one there */
    word = *subcommand;
    ours = strdup(word);
    if (ours) {
        *ours = (char)toupper((unsigned char)*ours);
        *subcommand = ours;
        r = stock_prepare(stock, argv) ? spawn_xl(stock, argv, report_fd)
                                       : errno;
    }
    *subcommand = word;
    argv[0] = name;
    free(ours);
    return r;
}

/* False, with errno: it could not be started. */
static bool start_xl(const stock_xl *stock, char *const *args)
{
    const char *preload = getenv("LD_PRELOAD"), *old = preload ? preload : "";
    const char *why;
    char *hooks = find_hooks(&why), *both = NULL, fd_text[16];
    int report[2], r = ENOMEM; /* our end, and xl's */

    if (!hooks)
        return false;
    /* Whoever started us may ignore it; then there is nothing to wait for. */
    signal(SIGCHLD, SIG_DFL);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report)) {
        free(hooks);
        return false;
    }
    snprintf(fd_text, sizeof(fd_text), "%d", report[1]);
    if (asprintf(&both, "%s%s%s", hooks, *old ? ":" : "", old) < 0)
        both = NULL;
    if (both && set_environment((const run_setting[]){
                    { "LD_PRELOAD", both },
                    { ENV_OLD_PRELOAD, old },
                    { ENV_MESSAGE_FD, fd_text },
                    { NULL, NULL },
                }))
        r = spawn_ours(stock, args, report[1]);
    /* Nothing else that we may start gets what xl does. */
    set_environment((const run_setting[]){
        { "LD_PRELOAD", preload },
        { ENV_OLD_PRELOAD, NULL },
        { ENV_MESSAGE_FD, NULL },
        { NULL, NULL },
    });
    free(both);
    free(hooks);
    close(report[1]);
    begun.fd = report[0];
    if (!r)
        return true;
    close(begun.fd);
    begun.pid = 0;
    errno = r;
    return false;
}

void run_begin(char *const *args)
{
    stock_xl stock;

    /* Without Xen an xl, or a script in its place, would only complain. */
    if (stock_find(&stock) && stock.release[0])
        start_xl(&stock, args);
}

static void end_begun(void)
{
    close(begun.fd);
    begun.pid = 0;
}

/* It has done nothing yet. */
void run_abandon(void)
{
    int saved_errno = errno;

    if (!begun.pid)
        return;
    kill(begun.pid, SIGKILL);
    waitpid(begun.pid, NULL, 0);
    end_begun();
    errno = saved_errno;
}

/* False, and errno: it could not be told, and still waits. */
static bool tell_settings(const run_setting *settings)
{
    vnuma__print out;
    char *text;
    bool ok;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return false;
    for (; settings->name; settings++)
        if (settings->value)
            fprintf(f, "%s=%s%c", settings->name, settings->value, '\0');
    fputc('\0', f);
    text = vnuma__print_end(&out, false);
    ok = text && out.size <= MESSAGE_SETTINGS_MAX;
    if (text && !ok)
        errno = E2BIG;
    /* One that has ended is seen soon. */
    ok = ok &&
         (send(begun.fd, text, out.size, MSG_NOSIGNAL) > 0 || errno == EPIPE);
    free(text);
    return ok;
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

/* Puts @actions in the place of those that are, and keeps these there. */
static void swap_signals(struct sigaction actions[NUM_HANDLED])
{
    struct sigaction before;
    unsigned int i;

    for (i = 0; i < NUM_HANDLED; i++) {
        sigaction(handled[i], &actions[i], &before);
        actions[i] = before;
    }
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

/* Until xl has ended.  0, or -1 and errno when there is none to wait for. */
static int mind_xl(run *r)
{
    int result, pidfd, saved_errno;

    r->fd = begun.fd;
    pidfd = pidfd_open(begun.pid, 0);
    listen_to(r, pidfd);
    if (pidfd >= 0)
        close(pidfd);
    result = wait_for(begun.pid, r->hearing.result);
    saved_errno = errno;
    child_pid = 0;
    r->hearing.hooks->on_end(r->hearing.hooks->user, r->hearing.result);
    end_begun();
    errno = saved_errno;
    return result;
}

static int cannot_run(void)
{
    return cli_fail(CLI_ENVIRONMENT, "cannot run xl: %s%s", strerror(errno),
                    errno == ENOENT ? " (is xen-utils installed?)" : "");
}

int run_xl(const char *command, char *const *args, const run_setting *settings,
           bool quiet, const run_hooks *hooks, run_result *result_r)
{
    run r = {
        .hearing = { .result = result_r,
                     .hooks = hooks,
                     .show_progress = !quiet && isatty(STDERR_FILENO) },
    };
    struct sigaction actions[NUM_HANDLED] = {
        /* What we write meanwhile is not cut by one. */
        [0 ... NUM_HANDLED - 1] = { .sa_handler = pass_on,
                                    .sa_flags = SA_RESTART },
    };
    stock_xl stock;
    bool is_run;
    int code;

    if (!begun.pid) {
        code = find_stock(command, &stock);
        if (!code)
            code = check_hooks(command);
        if (code)
            return code;
        if (!start_xl(&stock, args))
            return cannot_run();
    }
    *result_r = (run_result){ .pid = begun.pid, .domid = UINT32_MAX };
    child_pid = begun.pid;
    swap_signals(actions);
    is_run = tell_settings(settings) && !mind_xl(&r);
    run_abandon();
    swap_signals(actions);
    if (!is_run)
        return cannot_run();
    if (result_r->stage >= RUN_DONE && !result_r->exit_status)
        cli_has_done();
    if (result_r->stage || result_r->signal)
        return CLI_OK;
    /* ld.so has warned, and xl has refused what it was told to do. */
    code = check_module(command, HOOKS);
    return code ? code
                : cli_fail(CLI_ENVIRONMENT, "%s: xl did not load " HOOKS,
                           command);
}
