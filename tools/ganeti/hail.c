/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ganeti's own allocator, which decides. */
#include "config.h"

#include "ganeti/ganeti.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_BYTES (16u << 20) /* of an answer */
#define INPUT "/proc/self/fd/0"

/* The one in our folder, or else where Debian has it. */
static void find_hail(const char *self, char *path, size_t size)
{
    const char *slash = strrchr(self, '/');

    snprintf(path, size, "%.*s/hail", slash ? (int)(slash - self) : 1,
             slash ? self : ".");
    if (access(path, X_OK))
        snprintf(path, size, "%s", "/usr/lib/ganeti/iallocators/hail");
}

void hail_become(char **argv)
{
    char path[4096];

    find_hail(argv[0], path, sizeof(path));
    argv[0] = path; /* it is what it is called as */
    execv(path, argv);
    fprintf(stderr, "vnuma: cannot run %s: %s\n", path, strerror(errno));
}

/* ---- asking ------------------------------------------------------------- */

static int write_question(cluster *c, const question *q)
{
    int fd = memfd_create("request", MFD_CLOEXEC), copy = -1;
    bool ok = false;
    FILE *f = NULL;

    if (fd >= 0)
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0)
        f = fdopen(copy, "w");
    if (f) {
        ok = edit_input(c, q, f) && !ferror(f);
        ok = !fclose(f) && ok && !lseek(fd, 0, SEEK_SET);
    } else if (copy >= 0) {
        close(copy);
    }
    if (!ok && fd >= 0)
        close(fd);
    return ok ? fd : -1;
}

/* Returns 0 or an errno. */
static int spawn(pid_t *pid_r, const char *path, char **argv, int input,
                 int output)
{
    posix_spawn_file_actions_t actions;
    int r = posix_spawn_file_actions_init(&actions);

    if (r)
        return r;
    if (input >= 0)
        r = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (!r)
        r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!r)
        r = posix_spawn(pid_r, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

/*
 * With @input, hail reads what is at its standard input as its file.  -1,
 * after a message: it cannot be.
 */
static pid_t start(int input, char **argv, int *output_r)
{
    static char name[] = INPUT;
    char path[4096], *self = argv[0], *file = argv[1];
    pid_t pid = -1;
    int fds[2], r;

    find_hail(self, path, sizeof(path));
    r = pipe2(fds, O_CLOEXEC) ? errno : 0;
    if (!r) {
        argv[0] = path; /* it is what it is called as */
        argv[1] = input >= 0 ? name : file;
        r = spawn(&pid, path, argv, input, fds[1]);
        argv[0] = self;
        argv[1] = file;
        close(fds[1]);
        *output_r = fds[0];
        if (r)
            close(fds[0]);
    }
    if (r)
        fprintf(stderr, "vnuma: cannot run %s: %s\n", path, strerror(r));
    return r ? -1 : pid;
}

static char *read_all(int fd, size_t *len_r)
{
    size_t room = 65536;
    char *text = malloc(room), *larger;
    ssize_t n = 1;

    *len_r = 0;
    while (text && n) {
        n = read(fd, text + *len_r, room - *len_r);
        if (n < 0 && errno != EINTR)
            break;
        *len_r += n > 0 ? (size_t)n : 0;
        if (*len_r < room)
            continue;
        larger = room < MOST_BYTES ? realloc(text, room *= 2) : NULL;
        if (!larger) {
            free(text);
            return NULL;
        }
        text = larger;
    }
    return text;
}

/* Returns its exit status; 1 if there is none. */
static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "vnuma: hail was ended by signal %d\n", WTERMSIG(status));
    return 1;
}

static int take_answer(answer *a, pid_t pid, int fd)
{
    size_t len;
    char *text = read_all(fd, &len);
    int status;

    if (!text) /* it may never end */
        kill(pid, SIGKILL);
    close(fd);
    status = wait_for(pid);
    if (status && text)
        fwrite(text, 1, len, stdout);
    else if (!text || !answer_read(a, text, len)) {
        fputs("vnuma: hail's answer is not of iallocator protocol 2, "
              "and nothing is placed\n", stderr);
        status = 1;
    }
    free(text);
    return status;
}

int hail_ask(cluster *c, const question *q, char **argv, answer *a)
{
    int input = write_question(c, q), output = -1;
    pid_t pid = -1;

    memset(a, 0, sizeof(*a));
    if (input < 0)
        fprintf(stderr, "vnuma: cannot ask hail: %s\n", strerror(errno));
    else
        pid = start(input, argv, &output);
    if (input >= 0)
        close(input);
    return pid < 0 ? 1 : take_answer(a, pid, output);
}

/* ---- while the hosts are looked at -------------------------------------- */

void hail_begin(early_hail *e, char **argv)
{
    char path[4096];

    /* What is not there is said once, when it is needed. */
    find_hail(argv[0], path, sizeof(path));
    e->pid = access(path, X_OK) ? 0 : start(-1, argv, &e->output);
}

int hail_end(early_hail *e, answer *a)
{
    pid_t pid = e->pid;

    memset(a, 0, sizeof(*a));
    e->pid = 0;
    return pid < 0 ? 1 : take_answer(a, pid, e->output);
}

void hail_abandon(early_hail *e)
{
    if (e->pid <= 0)
        return;
    kill(e->pid, SIGKILL);
    close(e->output);
    while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    e->pid = 0;
}
