/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files that are replaced whole, and what may stand in their place. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/store.h"
#include "inside.h"
#include "tap.h"

static char top[] = "/tmp/test-store.XXXXXX", dir[64], file[80], other[64];

/* ---- calls that fail ---------------------------------------------------- */

static const char *failing = ""; /* the call that fails with EIO */
static unsigned int passing;     /* how often it does not before */

static bool fails(const char *call)
{
    if (strcmp(call, failing) || passing--)
        return false;
    failing = "";
    errno = EIO;
    return true;
}

int fsync(int fd)
{
    return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int flock(int fd, int operation)
{
    return fails("flock") ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int fstat(int fd, struct stat *st)
{
    return fails("fstat") ? -1 : fstatat(fd, "", st, AT_EMPTY_PATH);
}

/* ---- cases -------------------------------------------------------------- */

/* A folder that is not there yet, and another file that none may change. */
static void begin(void)
{
    FILE *f;

    strcpy(top + strlen(top) - 6, "XXXXXX");
    CHECK(mkdtemp(top));
    snprintf(dir, sizeof(dir), "%s/kept", top);
    snprintf(file, sizeof(file), "%s/a", dir);
    snprintf(other, sizeof(other), "%s/other", top);
    f = fopen(other, "w");
    CHECK(f && fputs("other", f) >= 0 && !fclose(f));
}

static void end(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", top);
    CHECK_INT(system(command), 0);
}

/* Makes the folder. */
static void make(void)
{
    int fd = vnuma__store_lock(dir, 0);

    CHECK(fd >= 0);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

/* "" after a failure, and errno is of that. */
static const char *text_of(const char *folder, const char *name)
{
    static char text[64];
    vnuma_source source = { 0 };
    int saved_errno;

    text[0] = '\0';
    if (!vnuma__store_read(folder, name, &source))
        snprintf(text, sizeof(text), "%.*s", (int)source.len, source.text);
    saved_errno = errno;
    vnuma_source_dispose(&source);
    errno = saved_errno;
    return text;
}

static unsigned int mode_of(const char *path)
{
    struct stat st;

    CHECK_INT(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void only_its_owner_has_what_is_kept(void)
{
    mode_t mask = umask(0);

    begin();
    make();
    CHECK_INT(vnuma__store_write(dir, "a", "one\n"), 0);
    CHECK_INT(vnuma__store_write(dir, "a", "two\n"), 0);
    CHECK_STR(text_of(dir, "a"), "two\n");
    CHECK_UINT(mode_of(dir), 0700);
    CHECK_UINT(mode_of(file), 0600);
    CHECK_INT(vnuma__store_remove(dir, "a"), 0);
    CHECK_INT(vnuma__store_remove(dir, "a"), 0);
    CHECK_STR(text_of(dir, "a"), "");
    CHECK_INT(errno, ENOENT);
    umask(mask);
    end();
}

/* All four, with this errno. */
static void check_not_used(int want)
{
    CHECK_INT(vnuma__store_write(dir, "a", "x"), VNUMA_ERROR_IO);
    CHECK_INT(errno, want);
    CHECK_INT(vnuma__store_remove(dir, "a"), VNUMA_ERROR_IO);
    CHECK_INT(errno, want);
    CHECK_STR(text_of(dir, "a"), "");
    CHECK_INT(errno, want);
    CHECK_INT(vnuma__store_lock(dir, 0), -1);
    CHECK_INT(errno, want);
}

static void a_folder_that_is_a_link_is_not_used(void)
{
    char real[64], there[80];

    begin();
    snprintf(real, sizeof(real), "%s/real", top);
    snprintf(there, sizeof(there), "%s/a", real);
    CHECK_INT(mkdir(real, 0700), 0);
    CHECK_INT(symlink(real, dir), 0);
    check_not_used(ENOTDIR);
    CHECK_INT(access(there, F_OK), -1);
    end();
}

static void a_folder_that_others_may_write_to_is_not_used(void)
{
    static const mode_t modes[] = { 0720, 0702, 0777, 01777 };
    unsigned int i;

    begin();
    make();
    CHECK_INT(vnuma__store_write(dir, "a", "x"), 0);
    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        CHECK_INT(chmod(dir, modes[i]), 0);
        check_not_used(EPERM);
    }
    CHECK_INT(chmod(dir, 0755), 0);
    CHECK_STR(text_of(dir, "a"), "x");
    end();
}

static void a_folder_or_file_of_another_user_is_not_used(void)
{
    if (geteuid())
        return; /* only root can make one */
    begin();
    make();
    CHECK_INT(vnuma__store_write(dir, "a", "x"), 0);
    CHECK_INT(chown(file, 65534, 65534), 0);
    CHECK_STR(text_of(dir, "a"), "");
    CHECK_INT(errno, EPERM);
    CHECK_INT(chown(dir, 65534, 65534), 0);
    check_not_used(EPERM);
    /* It is that user's own. */
    CHECK_INT(chmod(top, 0755), 0);
    CHECK_INT(seteuid(65534), 0);
    CHECK_STR(text_of(dir, "a"), "x");
    CHECK_INT(seteuid(0), 0);
    end();
}

static void a_file_that_is_a_link_is_replaced_and_not_followed(void)
{
    char fresh[96];

    begin();
    make();
    snprintf(fresh, sizeof(fresh), "%s.new", file);
    CHECK_INT(symlink(other, file), 0);
    CHECK_INT(symlink(other, fresh), 0);
    CHECK_STR(text_of(dir, "a"), "");
    CHECK_INT(errno, ELOOP);
    CHECK_INT(vnuma__store_write(dir, "a", "x"), 0);
    CHECK_STR(text_of(dir, "a"), "x");
    CHECK_STR(text_of(top, "other"), "other");
    end();
}

static void a_file_that_others_may_write_is_not_read(void)
{
    begin();
    make();
    CHECK_INT(vnuma__store_write(dir, "a", "x"), 0);
    CHECK_INT(chmod(file, 0602), 0);
    CHECK_STR(text_of(dir, "a"), "");
    CHECK_INT(errno, EPERM);
    end();
}

static void a_pipe_is_not_waited_for(void)
{
    begin();
    make();
    CHECK_INT(mkfifo(file, 0600), 0);
    CHECK_STR(text_of(dir, "a"), "");
    end();
}

static void a_failure_leaves_nothing(void)
{
    char fresh[96];

    begin();
    make();
    snprintf(fresh, sizeof(fresh), "%s.new", file);
    CHECK_INT(mkdir(file, 0700), 0);
    CHECK_INT(vnuma__store_write(dir, "a", "x"), VNUMA_ERROR_IO);
    CHECK_INT(errno, EISDIR);
    CHECK_INT(access(fresh, F_OK), -1);
    end();
}

/* As no more may be written, or opened. */
static void what_has_no_room_leaves_what_was(void)
{
    struct rlimit before, none = { 0, 0 };
    int fd;

    begin();
    make();
    CHECK_INT(vnuma__store_write(dir, "a", "before"), 0);
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
    CHECK_INT(vnuma__store_write(dir, "a", "after"), VNUMA_ERROR_IO);
    CHECK_INT(errno, EFBIG);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    fd = dup(0);
    close(fd);
    none = (struct rlimit){ fd + 1, before.rlim_max };
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK_INT(vnuma__store_write(dir, "a", "after"), VNUMA_ERROR_IO);
    CHECK_INT(errno, EMFILE);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_STR(text_of(dir, "a"), "before");
    end();
}

/* Once: what failed is said, and the next one succeeds. */
static void each_call_may_fail(void)
{
    static const struct {
        const char *call;
        unsigned int passing;
        int removed, written, locked; /* what each of the three returns */
    } rows[] = {
        { "fstat", 0, VNUMA_ERROR_IO, VNUMA_ERROR_IO, -1 },
        { "fsync", 0, VNUMA_ERROR_IO, VNUMA_ERROR_IO, 0 },
        { "fsync", 1, 0, VNUMA_ERROR_IO, 0 },
        { "flock", 0, 0, 0, -1 },
    };
    unsigned int i;
    int fd;

    begin();
    make();
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        failing = rows[i].call;
        passing = rows[i].passing;
        CHECK_INT(vnuma__store_write(dir, "a", "x"), rows[i].written);
        CHECK_INT(vnuma__store_write(dir, "a", "y"), 0);
        failing = rows[i].call;
        passing = rows[i].passing;
        CHECK_INT(vnuma__store_remove(dir, "a"), rows[i].removed);
        failing = "";
        CHECK_INT(vnuma__store_remove(dir, "a"), 0);
        failing = rows[i].call;
        passing = rows[i].passing;
        fd = vnuma__store_lock(dir, 1000);
        failing = "";
        CHECK((fd < 0) == (rows[i].locked < 0));
        if (fd >= 0)
            close(fd);
    }
    end();
}

static void a_name_that_is_none_is_refused(void)
{
    char name[400];

    begin();
    make();
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CHECK_INT(vnuma__store_write(dir, name, "x"), VNUMA_ERROR_IO);
    CHECK_INT(errno, ENAMETOOLONG);
    CHECK_INT(vnuma__store_remove(dir, name), VNUMA_ERROR_IO);
    CHECK_INT(errno, ENAMETOOLONG);
    CHECK_INT(vnuma__store_lock("/nonexistent/folder", 0), -1);
    CHECK_INT(errno, ENOENT);
    end();
}

static const tap_case cases[] = {
    TAP_CASE(only_its_owner_has_what_is_kept),
    TAP_CASE(a_folder_that_is_a_link_is_not_used),
    TAP_CASE(a_folder_that_others_may_write_to_is_not_used),
    TAP_CASE(a_folder_or_file_of_another_user_is_not_used),
    TAP_CASE(a_file_that_is_a_link_is_replaced_and_not_followed),
    TAP_CASE(a_file_that_others_may_write_is_not_read),
    TAP_CASE(a_pipe_is_not_waited_for),
    TAP_CASE(a_failure_leaves_nothing),
    TAP_CASE(what_has_no_room_leaves_what_was),
    TAP_CASE(each_call_may_fail),
    TAP_CASE(a_name_that_is_none_is_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
