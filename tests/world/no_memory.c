/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded: the program runs again and again, each time without memory for
 * one allocation that has not failed before, until there is none.  Those that
 * the same functions ask for are one.  The file $NO_MEMORY_SEEN has those of
 * earlier programs too; with $NO_MEMORY_REST all after it fail as well.  Each
 * run has to end as one with memory does, with the same words, or to say what
 * it lacked; which does not is said, and the status is 1.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUM_SEEN 65536 /* a power of two */
#define NUM_FRAMES 8
#define MAX_SAID 4000000

/* All runs have it. */
static struct {
    uint64_t seen[NUM_SEEN]; /* by hash; 0: free */
    unsigned int failed_at;  /* the call; 0: none failed */
    int num_frames;
    void *frames[NUM_FRAMES + 3]; /* of it; the first are ours */
} *shared;

static unsigned int num_calls;
static bool looks, fails_rest; /* before and after one has failed */

/* ---- a heap that fails -------------------------------------------------- */

static bool is_new(void)
{
    uint64_t site = 14695981039346656037u, i;

    shared->num_frames = backtrace(shared->frames, NUM_FRAMES + 3);
    for (i = 3; i < (unsigned int)shared->num_frames; i++)
        site = (site ^ (uintptr_t)shared->frames[i]) * 1099511628211u;
    for (i = site % NUM_SEEN; shared->seen[i]; i = (i + 1) % NUM_SEEN)
        if (shared->seen[i] == site)
            return false;
    shared->seen[i] = site;
    return true;
}

/* Runs are alike up to what fails: what came before is not looked at again. */
static bool fails(void)
{
    static bool is_inside; /* what looks may allocate too */
    bool is_now = fails_rest;

    if (looks && !is_inside && ++num_calls > shared->failed_at) {
        is_inside = true;
        is_now = is_new();
        is_inside = false;
        if (is_now) {
            looks = false;
            fails_rest = getenv("NO_MEMORY_REST");
            shared->failed_at = num_calls;
        }
    }
    if (is_now)
        errno = ENOMEM;
    return is_now;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t num, size_t size);
void *__libc_realloc(void *ptr, size_t size);

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t num, size_t size)
{
    return fails() ? NULL : __libc_calloc(num, size);
}

void *realloc(void *ptr, size_t size)
{
    return fails() ? NULL : __libc_realloc(ptr, size);
}

/* glibc's own does not come here. */
void *reallocarray(void *ptr, size_t num, size_t size)
{
    if (size && num > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(ptr, num * size);
}

/* ---- runs --------------------------------------------------------------- */

/* Errors first: without a buffer what is printed would come before them. */
typedef struct {
    int status;
    char *said;
} ending;

static char *read_all(const int fds[2])
{
    char *text = __libc_malloc(2 * MAX_SAID + 1);
    ssize_t len = pread(fds[1], text, MAX_SAID, 0);
    ssize_t more = pread(fds[0], text + len, MAX_SAID, 0);

    text[len + more] = '\0';
    return text;
}

/* What the compiler's counters take when the program has ended is not ours. */
static void stop(void)
{
    looks = fails_rest = false;
}

/* True in the process that runs the program. */
static bool run(bool with_memory, ending *ending_r)
{
    int fds[] = { memfd_create("out", MFD_CLOEXEC),
                  memfd_create("err", MFD_CLOEXEC) };
    unsigned int before = shared->failed_at;
    pid_t pid = fork();

    if (!pid) {
        atexit(stop);
        looks = !with_memory;
        lseek(0, 0, SEEK_SET);
        dup2(fds[0], 1);
        dup2(fds[1], 2);
        return true;
    }
    waitpid(pid, &ending_r->status, 0);
    ending_r->said = read_all(fds);
    close(fds[0]);
    close(fds[1]);
    if (!with_memory && shared->failed_at == before)
        shared->failed_at = 0;
    return false;
}

static bool is_good(const ending *got, const ending *wanted)
{
    if (!WIFEXITED(got->status))
        return false;
    if (got->status == wanted->status && !strcmp(got->said, wanted->said))
        return true;
    return strstr(got->said, "memory") ||
           strstr(got->said, "shared object"); /* dlopen()'s words for it */
}

/* Returns in the processes that run the program. */
static void run_all(void)
{
    const char *path = getenv("NO_MEMORY_SEEN");
    ending wanted, got;
    bool is_bad = false;
    void *frame;
    int fd;

    if (!path)
        return;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (ftruncate(fd, sizeof(*shared)))
        _exit(99);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd, 0);
    close(fd);
    unsetenv("NO_MEMORY_SEEN");
    unsetenv("LD_PRELOAD");
    backtrace(&frame, 1); /* it loads a library */
    if (run(true, &wanted))
        return;
    for (shared->failed_at = 0;; free(got.said)) {
        if (run(false, &got))
            return;
        if (!shared->failed_at)
            break;
        if (is_good(&got, &wanted))
            continue;
        is_bad = true;
        printf("status %x, not %x; allocation %u\n%s\n", got.status,
               wanted.status, shared->failed_at, got.said);
        fflush(stdout);
        backtrace_symbols_fd(shared->frames + 2, shared->num_frames - 2, 1);
    }
    _exit(is_bad);
}

/* ---- before main() ------------------------------------------------------ */

typedef int main_fn(int argc, char **argv, char **envp);

int __libc_start_main(main_fn *main, int argc, char **argv,
                      void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);

static main_fn *real_main;

static int run_main(int argc, char **argv, char **envp)
{
    run_all();
    return real_main(argc, argv, envp);
}

int __libc_start_main(main_fn *main, int argc, char **argv,
                      void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    __typeof__(&__libc_start_main) next = dlsym(RTLD_NEXT, __func__);

    real_main = main;
    return next(run_main, argc, argv, init, fini, rtld_fini, stack_end);
}
