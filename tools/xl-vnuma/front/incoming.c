/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that comes in while xl-vnuma cannot be used.  Whether it has vnodes
 * is known only after its sender was greeted, and who greets receives it.  So
 * stock xl greets, and gets the stream through a pipe: from a process that
 * closes it when there are vnodes in it, before xl has read anything.  The
 * sender then keeps its guest.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/front.h"
#include "record/saved.h"

static bool put(FILE *to, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, to) == len;
}

/* What was read of it, which is less where it is cut off. */
static bool put_beginning(FILE *to, const vnuma__saved *guest)
{
    size_t len = guest->num_read, max = sizeof(guest->header);

    return put(to, guest->header, len < max ? len : max) &&
           (len <= max || put(to, guest->optional, len - max));
}

/* False: xl has ended. */
static bool wait_for_more(FILE *to)
{
    struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
                            { .fd = fileno(to) } };

    while (!fds[0].revents && !fds[1].revents)
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
    return !fds[1].revents;
}

static void put_rest(FILE *to)
{
    static char bytes[1 << 16];
    ssize_t len;

    do
        len = wait_for_more(to) ? read(STDIN_FILENO, bytes, sizeof(bytes)) : 0;
    while (len > 0 && put(to, bytes, (size_t)len));
}

static void watch(FILE *to, const char *why)
{
    vnuma__saved guest = { 0 };
    vnuma_diags diags = { 0 };
    bool falls_back;

    /* The sender waits for the end of these, which is xl's to make. */
    close(STDOUT_FILENO);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(to, NULL, _IONBF, 0);
    if (wait_for_more(to))
        vnuma__saved_read(&guest, STDIN_FILENO, &diags);
    if (vnuma__saved_has_vnuma(&guest)) {
        front_falls_back(&falls_back);
        if (!front_does_without(falls_back, why))
            return;
    }
    close(STDERR_FILENO);
    if (put_beginning(to, &guest))
        put_rest(to);
}

bool incoming_watch(const char *why)
{
    int ends[2];
    pid_t pid;
    FILE *to;

    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid = fork();
    if (!pid) {
        close(ends[0]);
        /* Twice, so that xl has no child that it does not know. */
        if (!fork() && (to = fdopen(ends[1], "w")))
            watch(to, why);
        _exit(0);
    }
    close(ends[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid > 0 && dup2(ends[0], STDIN_FILENO) >= 0;
}
