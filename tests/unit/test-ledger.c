/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds in flight: their text, what they still take, and many processes that
 * plan and build at once on a host that they share, some of which are killed.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "plan-case.h"
#include "base/store.h"
#include "record/ledger.h"

/* ---- the text ----------------------------------------------------------- */

static bool parse(const char *text, vnuma__flight *flight)
{
    return vnuma__flight_parse(text, strlen(text), flight);
}

static void a_build_is_read_as_it_was_written(void)
{
    static const char *const texts[] = {
        "xl-vnuma-build 2 12 345 build - - 0=1024 g\n",
        "xl-vnuma-build 2 12 345 build 7 6b5d1b4e-0000-4000-8000-0123456789ab "
        "0=1024,63=0 a name\nof two lines\n",
        "xl-vnuma-build 2 0 18446744073709551615 build 65535 u "
        "4294967294=4398046511104 \n",
        "xl-vnuma-build 2 12 345 arrive - u 0=1024 g\n",
        "xl-vnuma-build 2 12 345 leave 7 u - g\n",
    };
    vnuma__flight flight;
    unsigned int i;
    char *again;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        REQUIRE(parse(texts[i], &flight));
        again = vnuma__flight_format(&flight);
        CHECK_STR(again, texts[i]);
        free(again);
    }
}

static void another_text_is_no_build(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        " ",
        "xl-vnuma-build\n",
        "xl-vnuma-build 1\n",
        "xl-vnuma-build 1 12 345 - - 0=1 g\n",
        "xl-vnuma-build 2 12 345 - - 0=1 g\n",
        "xl-vnuma-lived 2 12 345 build - - 0=1 g\n",
        "xl-vnuma-build 2 12 345 save - - 0=1 g\n",
        "xl-vnuma-build 2 12 345 build -  0=1 g\n",
        "xl-vnuma-build 2 -1 345 build - - 0=1 g\n",
        "xl-vnuma-build 2 2147483648 345 build - - 0=1 g\n",
        "xl-vnuma-build 2 12 18446744073709551616 build - - 0=1 g\n",
        "xl-vnuma-build 2 12 345 build 7 - - 0=1 g\n",
        "xl-vnuma-build 2 12 345 build 65536 u 0=1 g\n",
        "xl-vnuma-build 2 12 345 build 7 "
        "6b5d1b4e-0000-4000-8000-0123456789ab6b5d1b4e 0=1 g\n",
        "xl-vnuma-build 2 12 345 build - -\n",
        "xl-vnuma-build 2 12 345 build - -  g\n",
        "xl-vnuma-build 2 12 345 build - - 0 g\n",
        "xl-vnuma-build 2 12 345 build - - 0=1\n",
        "xl-vnuma-build 2 12 345 build - - 0=1=2 g\n",
        "xl-vnuma-build 2 12 345 build - - 0=1, g\n",
        "xl-vnuma-build 2 12 345 build - - 0=1,0=1 g\n",
        "xl-vnuma-build 2 12 345 build - - 4294967295=1 g\n",
        "xl-vnuma-build 2 12 345 build - - 0=4398046511105 g\n",
    };
    vnuma__flight flight;
    char text[4096];
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (parse(texts[i], &flight)) {
            TAP_DIAG("accepted: %s", texts[i]);
            CHECK(false);
        }
    strcpy(text, "xl-vnuma-build 2 12 345 build - - 0=1");
    for (i = 1; i < 65; i++)
        sprintf(text + strlen(text), ",%u=1", i);
    strcat(text, " g\n");
    CHECK(!parse(text, &flight));
    strcpy(text, "xl-vnuma-build 2 12 345 build - - 0=1 ");
    memset(text + strlen(text), 'x', 200);
    strcpy(text + 232, "\n");
    CHECK(!parse(text, &flight));
}

static void every_beginning_of_one_is_refused(void)
{
    static const char text[] =
        "xl-vnuma-build 2 12 345 build 7 u 0=10,1=20 name\n";
    vnuma__flight flight;
    size_t len;

    for (len = 0; len < strlen(text); len++)
        CHECK(!vnuma__flight_parse(text, len, &flight));
    CHECK(vnuma__flight_parse(text, len, &flight));
}

/* ---- what it still takes ------------------------------------------------ */

static void what_is_there_does_not_count_twice(void)
{
    static const struct {
        uint64_t resident, first, second;
    } steps[] = {
        { 0, 300, 100 },   { 50, 300, 100 }, { 100, 300, 100 },
        { 200, 200, 100 }, { 350, 50, 50 },  { 400, 0, 0 },
        { 999, 0, 0 },
    };
    vnuma__flight flight;
    unsigned int i;

    REQUIRE(parse("xl-vnuma-build 2 1 1 build 7 u 0=300,1=100 g\n", &flight));
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        flight.resident_memkb = steps[i].resident;
        CHECK_UINT(vnuma__flight_open_memkb(&flight, 0), steps[i].first);
        CHECK_UINT(vnuma__flight_open_memkb(&flight, 1), steps[i].second);
    }
}

static void a_host_has_what_builds_leave(void)
{
    vnuma__flight flights[2];
    plan_case c;

    case_host(&c, TWO);
    c.topology.pnodes[0].free_memkb = 1000;
    c.topology.pnodes[1].free_memkb = VNUMA_MEMKB_UNKNOWN;
    REQUIRE(parse("xl-vnuma-build 2 1 1 build - - 0=300,1=100,9=5 g\n",
                  &flights[0]));
    REQUIRE(parse("xl-vnuma-build 2 1 1 build - - 0=200 g\n", &flights[1]));
    vnuma__flights_take(flights, 2, &c.topology);
    CHECK_UINT(c.topology.pnodes[0].free_memkb, 500);
    CHECK_UINT(c.topology.pnodes[1].free_memkb, VNUMA_MEMKB_UNKNOWN);
    vnuma__flights_take(flights, 2, &c.topology);
    vnuma__flights_take(flights, 2, &c.topology);
    CHECK_UINT(c.topology.pnodes[0].free_memkb, 0);
    case_dispose(&c);
}

/* ---- files -------------------------------------------------------------- */

static char root[64], dir[96];

static void make_dir(void)
{
    strcpy(root, "/tmp/test-ledger.XXXXXX");
    REQUIRE(mkdtemp(root));
    snprintf(dir, sizeof(dir), "%s/run/builds", root);
}

static void put_file(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    REQUIRE(f);
    fputs(text, f);
    fclose(f);
}

static bool is_there(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return !access(path, F_OK);
}

static void remove_dir(void)
{
    char path[128];

    rmdir(dir);
    snprintf(path, sizeof(path), "%s/run", root);
    rmdir(path);
    CHECK_INT(rmdir(root), 0);
}

static void what_has_no_owner_is_removed(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    CHECK_UINT(l.num_others, 0);
    put_file("1-1", "xl-vnuma-build 2 1 1 build - - 0=1 g\n"); /* not init's */
    put_file("2-2", "xl-vnuma-build 2 2147483647 1 build - - 0=1 g\n");
    put_file("3-3", "");
    put_file(".4-4", "xl-vnuma-build 1 1");
    put_file("5-5", "\177ELF");
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    CHECK_UINT(l.num_others, 0);
    CHECK(!is_there("1-1") && !is_there("2-2") && !is_there("3-3"));
    CHECK(!is_there(".4-4") && !is_there("5-5"));
    vnuma__ledger_end(&l);
    remove_dir();
}

static void our_own_entry_is_ours_until_the_end(void)
{
    vnuma__ledger mine = VNUMA__LEDGER(dir), other = VNUMA__LEDGER(dir);
    char file[64];

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    REQUIRE(parse("xl-vnuma-build 2 0 0 build - - 0=100 g\n", &mine.own));
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    strcpy(file, mine.file);
    CHECK(is_there(file));
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    CHECK_UINT(mine.num_others, 0);
    vnuma__ledger_unlock(&mine);
    vnuma__ledger_made(&mine, getpid(), 7, "u");
    CHECK_INT(vnuma__ledger_lock(&other), 0);
    REQUIRE(other.num_others == 1);
    CHECK_UINT(other.others[0].domid, 7);
    CHECK_STR(other.others[0].uuid, "u");
    CHECK_UINT(other.others[0].pid, (uint64_t)getpid());
    vnuma__ledger_unlock(&other);
    vnuma__ledger_end(&mine);
    CHECK(!is_there(file));
    CHECK_INT(vnuma__ledger_lock(&other), 0);
    CHECK_UINT(other.num_others, 0);
    vnuma__ledger_end(&other);
    remove_dir();
}

/* Its UUID is known before xl is there, unlike that of a new guest. */
static void a_guest_that_leaves_keeps_its_uuid(void)
{
    vnuma__ledger mine = VNUMA__LEDGER(dir), other = VNUMA__LEDGER(dir);

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    REQUIRE(parse("xl-vnuma-build 2 0 0 leave 7 u - g\n", &mine.own));
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    vnuma__ledger_made(&mine, getpid(), mine.own.domid, mine.own.uuid);
    CHECK_INT(vnuma__ledger_lock(&other), 0);
    REQUIRE(other.num_others == 1);
    CHECK_UINT(other.others[0].domid, 7);
    CHECK_STR(other.others[0].uuid, "u");
    vnuma__ledger_end(&other);
    vnuma__ledger_end(&mine);
    remove_dir();
}

static void what_is_not_over_stays_for_recover(void)
{
    vnuma__ledger mine = VNUMA__LEDGER(dir), next = VNUMA__LEDGER(dir);
    char file[sizeof(mine.file)];

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    REQUIRE(parse("xl-vnuma-build 2 0 0 leave 7 u - g\n", &mine.own));
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    strcpy(file, mine.file);
    mine.stays = true;
    vnuma__ledger_end(&mine);
    CHECK_INT(vnuma__ledger_lock(&next), 0);
    CHECK_UINT(next.num_others, 1);
    CHECK_INT(vnuma__store_remove(dir, file), 0);
    vnuma__ledger_end(&next);
    remove_dir();
}

/* It lacks a descriptor for each of the files that it opens. */
static void what_cannot_be_read_is_not_taken_for_none(void)
{
    vnuma__ledger mine = VNUMA__LEDGER(dir), other = VNUMA__LEDGER(dir);
    struct rlimit was, few;
    unsigned int num, num_failed = 0;
    int free_fd, r;

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    REQUIRE(parse("xl-vnuma-build 2 0 0 build 7 u 0=100 g\n", &mine.own));
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    free_fd = dup(STDIN_FILENO);
    close(free_fd);
    getrlimit(RLIMIT_NOFILE, &was);
    for (num = 0; num < 6; num++) {
        few = (struct rlimit){ free_fd + num, was.rlim_max };
        setrlimit(RLIMIT_NOFILE, &few);
        r = vnuma__ledger_lock(&other);
        num_failed += r != 0;
        CHECK(r ? errno == EMFILE : other.num_others == 1);
        CHECK_UINT(other.num_left, 0);
        vnuma__ledger_end(&other);
        setrlimit(RLIMIT_NOFILE, &was);
        CHECK(is_there(mine.file));
    }
    CHECK_UINT(num_failed, 3);
    vnuma__ledger_end(&mine);
    remove_dir();
}

static void more_than_the_first_are_not_read(void)
{
    enum { MOST = 4096 };
    vnuma__ledger mine = VNUMA__LEDGER(dir), other = VNUMA__LEDGER(dir);
    char name[64], *text;
    unsigned int i;

    make_dir();
    CHECK(!vnuma__ledger_entry(&mine));
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    vnuma__flight_of(&(vnuma_plan){ .num_pnodes = 0 }, NULL, &mine.own);
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    text = vnuma__flight_format(&mine.own);
    REQUIRE(text);
    for (i = 0; i < MOST; i++) {
        snprintf(name, sizeof(name), "%u", i);
        put_file(name, text);
    }
    /* The name of another may be as long as that of ours. */
    strcpy(name, mine.file);
    name[strlen(name) - 1] ^= 1;
    put_file(name, text);
    CHECK_INT(vnuma__ledger_lock(&other), 0);
    CHECK_UINT(other.num_others, MOST);
    vnuma__ledger_end(&other);
    CHECK_INT(vnuma__ledger_lock(&mine), 0);
    CHECK_UINT(mine.num_others, MOST);
    for (i = 0; i < MOST; i++) {
        snprintf(name, sizeof(name), "%u", i);
        CHECK_INT(unlinkat(mine.fd, name, 0), 0);
    }
    strcpy(name, mine.file);
    name[strlen(name) - 1] ^= 1;
    CHECK_INT(unlinkat(mine.fd, name, 0), 0);
    vnuma__ledger_end(&mine);
    free(text);
    remove_dir();
}

static unsigned int count_others(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    unsigned int num;

    CHECK_INT(vnuma__ledger_lock(&l), 0);
    num = l.num_others;
    vnuma__ledger_end(&l);
    return num;
}

static void wait_as_owner(int to_parent)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);

    if (!parse("xl-vnuma-build 2 0 0 build - - 0=100 g\n", &l.own) ||
        vnuma__ledger_lock(&l) || vnuma__ledger_write(&l))
        _exit(1);
    CHECK_INT(write(to_parent, "x", 1), 1);
    for (;;)
        pause();
}

/* Also while nobody has waited for it. */
static void an_owner_that_was_killed_leaves_nothing(void)
{
    siginfo_t info;
    int fds[2];
    pid_t pid;
    char c;

    make_dir();
    CHECK_INT(pipe(fds), 0);
    fflush(stdout);
    pid = fork();
    if (!pid)
        wait_as_owner(fds[1]);
    CHECK_INT(read(fds[0], &c, 1), 1);
    CHECK_UINT(count_others(), 1);
    kill(pid, SIGKILL);
    CHECK_INT(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_UINT(count_others(), 0);
    CHECK_INT(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
    close(fds[1]);
    remove_dir();
}

/* What stays there would count against all later guests. */
static void an_entry_is_removed_without_memory(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    char file[64];

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    REQUIRE(parse("xl-vnuma-build 2 0 0 build - - 0=100 g\n", &l.own));
    CHECK_INT(vnuma__ledger_write(&l), 0);
    strcpy(file, l.file);
    vnuma__ledger_unlock(&l);
    heap_start(1, true);
    vnuma__ledger_end(&l);
    heap_stop();
    CHECK(!is_there(file));
    remove_dir();
}

static void a_directory_that_cannot_be_made_is_said(void)
{
    vnuma__ledger l = VNUMA__LEDGER("/proc/none/builds");

    CHECK_INT(vnuma__ledger_lock(&l), -1);
    CHECK(errno);
    CHECK_INT(vnuma__ledger_write(&l), 0);
    CHECK_STR(l.file, "");
    vnuma__ledger_end(&l);
}

static const tap_case cases[] = {
    TAP_CASE(a_build_is_read_as_it_was_written),
    TAP_CASE(another_text_is_no_build),
    TAP_CASE(every_beginning_of_one_is_refused),
    TAP_CASE(what_is_there_does_not_count_twice),
    TAP_CASE(a_host_has_what_builds_leave),
    TAP_CASE(what_has_no_owner_is_removed),
    TAP_CASE(our_own_entry_is_ours_until_the_end),
    TAP_CASE(a_guest_that_leaves_keeps_its_uuid),
    TAP_CASE(what_is_not_over_stays_for_recover),
    TAP_CASE(what_cannot_be_read_is_not_taken_for_none),
    TAP_CASE(an_owner_that_was_killed_leaves_nothing),
    TAP_CASE(more_than_the_first_are_not_read),
    TAP_CASE(an_entry_is_removed_without_memory),
    TAP_CASE(a_directory_that_cannot_be_made_is_said),
};

int main(void)
{
    return TAP_RUN(cases);
}
