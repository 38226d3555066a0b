/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * on-tty COMMAND...: runs it with a terminal of its own and passes on what it
 * writes there, as it stands; the exit status is the command's.
 */
#include "config.h"

#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    char buf[4096];
    ssize_t len;
    int fd, status;
    pid_t pid;

    if (argc < 2)
        return 2;
    pid = forkpty(&fd, NULL, NULL, &size);
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0)
        return 3;
    /* EIO when nobody has the terminal open any more. */
    while ((len = read(fd, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, len, stdout);
    if (waitpid(pid, &status, 0) != pid)
        return 3;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
