/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger when what it reads is not as it should be: what is no entry is
 * removed, what cannot be read may be another's promise and stays, and then
 * there is no ledger.
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "left-case.h"
#include "record/ledger.h"

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- what is read ------------------------------------------------------- */

static const char *part = "/nothing"; /* of the paths that are meant */
static int fails_with;                /* errno; 0: they are "stat" instead */
static int readdir_errno;

int openat(int at, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (!strstr(path, part))
        return NEXT(openat)(at, path, flags, mode);
    errno = fails_with;
    return fails_with ? -1 : NEXT(openat)(AT_FDCWD, "stat", flags, mode);
}

struct dirent *readdir(DIR *d)
{
    if (!readdir_errno)
        return NEXT(readdir)(d);
    errno = readdir_errno;
    return NULL;
}

static void well(void)
{
    part = "/nothing";
    readdir_errno = fails_with = 0;
}

#define ENTRY "build 7 6b5d1b4e-0000-4000-8000-0123456789ab 0=1 g"

/* 0, or errno; *num_r: entries that were left. */
static int lock(unsigned int *num_r)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    int number = vnuma__ledger_lock(&l) ? errno : 0;

    *num_r = l.num_left;
    CHECK((l.fd < 0) == !!number);
    vnuma__ledger_end(&l);
    return number;
}

static bool take_away(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return !remove(path);
}

/* ---- cases -------------------------------------------------------------- */

static void what_cannot_be_read_may_be_a_promise(void)
{
    static const struct {
        const char *part;
        int error, number;
        unsigned int num_left; /* of the one that is there */
    } files[] = {
        { "999999-1", EIO, EIO, 0 },
        { "999999-1", EACCES, EACCES, 0 },
        { "999999-1", ENOENT, 0, 0 }, /* it has just ended */
        { "/stat", EACCES, EACCES, 0 },
        { "/stat", ESRCH, 0, 1 },
        { "/stat", ENOENT, 0, 1 },
        { "/stat", 0, 0, 1 }, /* in a form that is none */
    };
    unsigned int i, num;

    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        put("999999-1", ENTRY);
        part = files[i].part;
        fails_with = files[i].error;
        CHECK_INT(lock(&num), files[i].number);
        well();
        CHECK_UINT(num, files[i].num_left);
        take_away("999999-1");
        if (tap_failed) {
            TAP_DIAG("case %u", i);
            return;
        }
    }
    readdir_errno = EIO;
    CHECK_INT(lock(&num), EIO);
    well();
}

static void what_is_no_file_is_no_entry(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char path[160];
    unsigned int num;

    snprintf(path, sizeof(path), "%s/link", dir);
    CHECK_INT(symlink("nowhere", path), 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", dir);
    CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    close(fd);
    snprintf(path, sizeof(path), "%s/folder", dir);
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(lock(&num), 0);
    CHECK_UINT(num, 0);
    CHECK(!take_away("link") && !take_away("socket"));
    CHECK(take_away("folder")); /* none of ours: it is not removed */
}

/* An xl that has ended is no owner: the entry stays ours. */
static void one_that_has_ended_takes_nothing_over(void)
{
    static const char text[] = "xl-vnuma-build 2 1 1 build - - 0=1 g\n";
    vnuma__ledger l = VNUMA__LEDGER(dir);

    CHECK_INT(vnuma__ledger_lock(&l), 0);
    CHECK(vnuma__flight_parse(text, strlen(text), &l.own));
    CHECK_INT(vnuma__ledger_write(&l), 0);
    CHECK_INT(vnuma__ledger_made(&l, 2147483647, 7, "u"), 0);
    CHECK_UINT(l.own.domid, VNUMA_ID_UNKNOWN);
    CHECK_INT(vnuma__ledger_made(&l, getpid(), 7, ""), 0);
    CHECK_INT(vnuma__ledger_made(&l, getpid(), 7, "u"), 0);
    CHECK_UINT(l.own.domid, 7);
    vnuma__ledger_end(&l);
}

static void without_knowing_ourselves_nothing_is_ours(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);

    put("999999-1", ENTRY);
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    REQUIRE(l.num_left == 1);
    part = "/stat";
    fails_with = EMFILE;
    CHECK(!vnuma__ledger_adopt(&l, &l.left[0]));
    well();
    CHECK(vnuma__ledger_adopt(&l, &l.left[0]));
    part = ".new"; /* nor when it cannot be written */
    fails_with = EIO;
    CHECK(!vnuma__ledger_adopt(&l, &l.left[0]));
    well();
    vnuma__ledger_forget(&l, &l.left[0]);
    vnuma__ledger_end(&l);
}

static const tap_case cases[] = {
    TAP_CASE(what_cannot_be_read_may_be_a_promise),
    TAP_CASE(what_is_no_file_is_no_entry),
    TAP_CASE(one_that_has_ended_takes_nothing_over),
    TAP_CASE(without_knowing_ourselves_nothing_is_ours),
};

int main(void)
{
    int status, fd;

    strcpy(root, "/tmp/test-ledger-files.XXXXXX");
    if (!mkdtemp(root) || chdir(root))
        return 99;
    snprintf(dir, sizeof(dir), "%s/builds", root);
    fd = open("stat", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (write(fd, "1 (g) S 1\n", 10) != 10 || close(fd) || mkdir(dir, 0700))
        return 99;
    status = TAP_RUN(cases);
    unlink("stat");
    rmdir(dir);
    return rmdir(root) ? 99 : status;
}
