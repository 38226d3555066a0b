/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts xl-vnuma and asks whether it can be used; see probe.h. */
#include "config.h"

#include "front/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An errno. */
static int start(const char *program, int to, pid_t *pid_r)
{
    const char *const args[] = { "xl-vnuma", "front", "probe", NULL };
    posix_spawn_file_actions_t actions;
    int r;

    r = posix_spawn_file_actions_init(&actions);
    if (r)
        return r;
    r = posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
    if (!r)
        r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
                                             "/dev/null", O_RDONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                             "/dev/null", O_WRONLY, 0);
    if (!r) /* the cast: it changes nothing */
        r = posix_spawn(pid_r, program, &actions, NULL, (char *const *)args,
                        environ);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

/* Until the other end is closed; what does not fit is dropped. */
static void read_words(int fd, char why[PROBE_MAX])
{
    size_t len = 0;
    ssize_t r;
    char c;

    while ((r = read(fd, &c, 1)) == 1 || (r < 0 && errno == EINTR))
        if (r == 1 && len < PROBE_MAX - 1)
            why[len++] = c;
    why[len] = '\0';
}

/* Of what it said the first line, without its own name before it. */
static void shorten(char why[PROBE_MAX])
{
    static const char name[] = "xl-vnuma: ";
    char *line = why;

    if (!strncmp(line, name, strlen(name)))
        line += strlen(name);
    memmove(why, line, strlen(line) + 1);
    why[strcspn(why, "\n")] = '\0';
}

static bool wait_for(pid_t pid, char why[PROBE_MAX])
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return true;
    shorten(why);
    if (!*why && WIFSIGNALED(status))
        snprintf(why, PROBE_MAX, "it was ended by signal %d",
                 WTERMSIG(status));
    else if (!*why)
        snprintf(why, PROBE_MAX, "its exit status is %d", WEXITSTATUS(status));
    return false;
}

static bool ask(const char *program, char why[PROBE_MAX])
{
    pid_t pid = -1;
    int ends[2], r;

    if (pipe2(ends, O_CLOEXEC)) {
        snprintf(why, PROBE_MAX, "%s", strerror(errno));
        return false;
    }
    r = start(program, ends[1], &pid);
    close(ends[1]);
    if (!r)
        read_words(ends[0], why);
    close(ends[0]);
    if (!r)
        return wait_for(pid, why);
    snprintf(why, PROBE_MAX, "%.900s: %s", program, strerror(r));
    return false;
}

bool probe(const char *program, char why_r[PROBE_MAX])
{
    struct sigaction action = { .sa_handler = SIG_DFL }, before;
    bool ok;

    /* Whoever started us may ignore it; then there is nothing to wait for. */
    sigaction(SIGCHLD, &action, &before);
    ok = ask(program, why_r);
    sigaction(SIGCHLD, &before, NULL);
    return ok;
}
