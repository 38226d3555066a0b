/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * took COMMAND...: the milliseconds that it took, as the last line of stderr;
 * busybox's date has whole seconds.
 */
#include "config.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec start, end;
    int status;
    pid_t pid;

    if (argc < 2)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid = fork();
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 3;
    clock_gettime(CLOCK_MONOTONIC, &end);
    fprintf(stderr, "%.3f\n",
            (end.tv_sec - start.tv_sec) * 1e3 +
                (end.tv_nsec - start.tv_nsec) / 1e6);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
