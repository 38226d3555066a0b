/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside a program of another's: which release of Xen's libraries it has, and
 * the functions that ours hide there.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/wait.h>

#include "inside/inside.h"
#include "tap.h"

/* ---- the libraries of the program --------------------------------------- */

static const char *library; /* one of them */

int dl_iterate_phdr(int (*look)(struct dl_phdr_info *, size_t, void *),
                    void *data)
{
    const char *const names[] = { "", "linux-vdso.so.1", "/lib/libc.so.6",
                                  library };
    struct dl_phdr_info info = { .dlpi_addr = 0 };
    unsigned int i;
    int r = 0;

    for (i = 0; i < sizeof(names) / sizeof(*names) && !r; i++) {
        info.dlpi_name = names[i];
        r = look(&info, sizeof(info), data);
    }
    return r;
}

/* ---- cases -------------------------------------------------------------- */

static void only_our_release_is_none_of_others(void)
{
    static const struct {
        const char *library, *other;
    } cases[] = {
        { "/lib/libxenlight.so.0.0", NULL },
        { "libxenguest.so." XEN_RELEASE, NULL },
        { "/lib/libxenguest.so." XEN_RELEASE ".0", NULL },
        { "/lib/libxenguest.so." XEN_RELEASE "0", XEN_RELEASE "0" },
        { "/lib/libxenguest.so.0.1", "0.1" },
    };
    char release[16];
    unsigned int i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        library = cases[i].library;
        CHECK(inside_other_release(release, sizeof(release)) ==
              !!cases[i].other);
        if (cases[i].other)
            CHECK_STR(release, cases[i].other);
    }
}

/* How the program ends that looks for such a function. */
static int find(const char *name)
{
    int status = -1;
    pid_t pid = fork();

    if (!pid) {
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        status = !inside_find_next(name); /* before counters are written */
        _exit(status);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void without_a_hidden_function_the_program_ends(void)
{
    CHECK_INT(find("execvp"), 0);
    CHECK_INT(find("xc_no_such_function"), 127);
}

static const tap_case cases[] = {
    TAP_CASE(only_our_release_is_none_of_others),
    TAP_CASE(without_a_hidden_function_the_program_ends),
};

int main(void)
{
    return TAP_RUN(cases);
}
