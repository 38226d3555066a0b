/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who finds in the ledger what stays when all that minded a guest was killed. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heap.h"
#include "left-case.h"
#include "record/ledger.h"

#define UUID "6b5d1b4e-0000-4000-8000-0123456789ab"
#define OTHER "6b5d1b4e-0000-4000-8000-ba9876543210"

static unsigned int count_left(vnuma__ledger *l)
{
    CHECK_INT(vnuma__ledger_lock(l), 0);
    return l->num_left;
}

static void what_may_have_left_a_domain_stays(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir), next = VNUMA__LEDGER(dir);

    make_dir();
    put("1-1", "build - - 0=100 planned");
    put("2-2", "build - " UUID " 0=100 begun");
    put("3-3+", "arrive 8 " UUID " 0=100 whole");
    put("4-4++", "arrive 9 " UUID " 0=100 given");
    REQUIRE(count_left(&l) == 3);
    CHECK_UINT(l.num_others, 0);
    vnuma__ledger_unlock(&l);
    REQUIRE(count_left(&l) == 3);
    for (; l.num_left; l.num_left--) {
        const vnuma__left *left = &l.left[l.num_left - 1];

        CHECK(left->is_whole == (left->file[0] != '2'));
        CHECK(left->is_given == (left->file[0] == '4'));
        vnuma__ledger_forget(&l, left);
    }
    vnuma__ledger_unlock(&l);
    CHECK_UINT(count_left(&next), 0);
    vnuma__ledger_end(&l);
    vnuma__ledger_end(&next);
    remove_dir();
}

/* Who puts it right has it until the end, or until its own. */
static void what_one_has_taken_no_other_takes(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir), next = VNUMA__LEDGER(dir);

    make_dir();
    put("2-2+", "arrive 8 " UUID " 0=100 g");
    REQUIRE(count_left(&l) == 1);
    CHECK(vnuma__ledger_adopt(&l, &l.left[0]));
    vnuma__ledger_unlock(&l);
    CHECK_UINT(count_left(&next), 0);
    CHECK_UINT(next.num_others, 1);
    vnuma__ledger_unlock(&next);
    vnuma__ledger_forget(&l, &l.left[0]);
    CHECK_UINT(count_left(&next), 0);
    CHECK_UINT(next.num_others, 0);
    vnuma__ledger_end(&next);
    vnuma__ledger_end(&l);
    remove_dir();
}

/* It is sent again, and is suspended for that, or what it writes is logged. */
static void what_leaves_again_is_minded(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir), mine = VNUMA__LEDGER(dir);
    vnuma__ledger build = VNUMA__LEDGER(dir);

    make_dir();
    CHECK_UINT(count_left(&build), 0);
    build.own.domid = VNUMA_ID_UNKNOWN;
    build.guest = "u";
    CHECK_INT(vnuma__ledger_write(&build), 0);
    put("1-1", "build 7 " UUID " 0=1 g");
    put("2-2", "leave 7 " UUID " - g");
    put("3-3", "leave 8 " UUID " - g");
    put("4-4", "leave 7 " OTHER " - g");
    CHECK_UINT(count_left(&mine), 4);
    mine.own = (vnuma__flight){ .kind = VNUMA__FLIGHT_LEAVE, .domid = 7 };
    strcpy(mine.own.uuid, UUID);
    CHECK_INT(vnuma__ledger_write(&mine), 0);
    CHECK_UINT(count_left(&l), 3);
    CHECK_UINT(l.num_others, 2);
    for (; l.num_left; l.num_left--) {
        CHECK(l.left[l.num_left - 1].file[0] != '2');
        vnuma__ledger_forget(&l, &l.left[l.num_left - 1]);
    }
    vnuma__ledger_end(&l);
    vnuma__ledger_end(&mine);
    vnuma__ledger_end(&build);
    remove_dir();
}

/* Enough to lock the ledger; returns an errno. */
static int take_with_one_descriptor(const char *path, uint32_t domid)
{
    int free_fd = dup(STDIN_FILENO), error;
    struct rlimit was, few;

    close(free_fd);
    getrlimit(RLIMIT_NOFILE, &was);
    few = (struct rlimit){ (rlim_t)free_fd + 1, was.rlim_max };
    setrlimit(RLIMIT_NOFILE, &few);
    error = vnuma__ledger_take(path, domid, UUID) ? errno : 0;
    setrlimit(RLIMIT_NOFILE, &was);
    return error;
}

/* What only xl knows is there when nothing outside wrote it, or is left. */
static void xl_writes_down_its_domain(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    char path[256];

    make_dir();
    put("2-2", "arrive - - 0=100 g");
    snprintf(path, sizeof(path), "%s/2-2", dir);
    vnuma__ledger_take(path, VNUMA_ID_UNKNOWN, UUID);
    CHECK_UINT(count_left(&l), 0);
    REQUIRE(l.num_others == 1);
    CHECK_UINT(l.others[0].kind, VNUMA__FLIGHT_ARRIVE);
    CHECK_UINT(l.others[0].pid, (uint64_t)getpid());
    CHECK_UINT(l.others[0].domid, VNUMA_ID_UNKNOWN);
    CHECK_UINT(l.others[0].parts.num, 1);
    CHECK_STR(l.others[0].uuid, UUID);
    CHECK_STR(l.others[0].name, "g");
    vnuma__ledger_unlock(&l);
    vnuma__ledger_take(path, 7, UUID);
    CHECK_UINT(count_left(&l), 0);
    REQUIRE(l.num_others == 1);
    CHECK_UINT(l.others[0].domid, 7);
    vnuma__ledger_unlock(&l);
    CHECK_INT(take_with_one_descriptor(path, 8), EMFILE);
    CHECK_UINT(count_left(&l), 0);
    REQUIRE(l.num_others == 1);
    CHECK_UINT(l.others[0].domid, 7);
    CHECK_UINT(l.others[0].kind, VNUMA__FLIGHT_ARRIVE);
    vnuma__ledger_unlock(&l);
    /* Its first owner was killed, and another took the entry away. */
    CHECK_INT(unlink(path), 0);
    vnuma__ledger_take(path, 7, OTHER);
    CHECK_UINT(count_left(&l), 0);
    REQUIRE(l.num_others == 1);
    CHECK_UINT(l.others[0].kind, VNUMA__FLIGHT_BUILD);
    CHECK_STR(l.others[0].uuid, OTHER);
    vnuma__ledger_end(&l);
    vnuma__ledger_take("nowhere", 7, UUID);
    CHECK_INT(unlink(path), 0);
    remove_dir();
}

/* xl marks an entry without the lock. */
static void our_own_is_ours_with_its_marks(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    char *from, *to;

    make_dir();
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    l.own.domid = VNUMA_ID_UNKNOWN;
    CHECK_INT(vnuma__ledger_write(&l), 0);
    from = vnuma__ledger_entry(&l);
    REQUIRE(from && asprintf(&to, "%s" VNUMA__LEDGER_MARK, from) > 0);
    CHECK_INT(rename(from, to), 0);
    CHECK_UINT(count_left(&l), 0);
    CHECK_UINT(l.num_others, 0);
    vnuma__ledger_unlock(&l);
    vnuma__ledger_end(&l);
    CHECK(access(to, F_OK) != 0);
    free(from);
    free(to);
    remove_dir();
}

/* A directory in the place of what is written there first. */
static void block(const char *name, bool is_blocked)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s.new", dir, name);
    CHECK_INT(is_blocked ? mkdir(path, 0700) : rmdir(path), 0);
}

static void what_cannot_be_written_stays_as_it_was(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir), none = VNUMA__LEDGER("/proc/none");
    char *entry;

    make_dir();
    vnuma__ledger_made(&none, getpid(), 7, UUID);
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    l.own = (vnuma__flight){ .domid = VNUMA_ID_UNKNOWN };
    l.guest = "u";
    CHECK_INT(vnuma__ledger_write(&l), 0);
    CHECK(strstr(l.file, "-u"));
    vnuma__ledger_made(&l, INT32_MAX, 7, UUID);
    vnuma__ledger_made(&l, getpid(), 7, "");
    l.dir = "/proc/none";
    vnuma__ledger_made(&l, getpid(), 7, UUID);
    l.dir = dir;
    block(l.file, true);
    vnuma__ledger_made(&l, getpid(), 7, UUID);
    CHECK_UINT(l.own.domid, VNUMA_ID_UNKNOWN);
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    CHECK_INT(vnuma__ledger_write(&l), -1);
    block(l.file, false);
    put("9-9", "build - " UUID " 0=1 g");
    block("9-9", true);
    REQUIRE(count_left(&l) == 1);
    CHECK(!vnuma__ledger_adopt(&l, &l.left[0]));
    block("9-9", false);
    vnuma__ledger_forget(&l, &l.left[0]);
    vnuma__ledger_unlock(&l);
    /* Of what is no entry only the owner and the domain are known. */
    put(l.file, "x");
    entry = vnuma__ledger_entry(&l);
    REQUIRE(entry);
    vnuma__ledger_take(entry, 8, UUID);
    free(entry);
    none.dir = dir;
    CHECK_UINT(count_left(&none), 0);
    CHECK_UINT(none.num_others, 1);
    vnuma__ledger_end(&none);
    vnuma__ledger_end(&l);
    remove_dir();
}

static void without_memory_or_descriptors_nothing_is_locked(void)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    struct rlimit before, fewer;
    unsigned int n, num_locked = 0;
    char name[201];
    int r, fd;

    make_dir();
    memset(name, 'x', 200);
    name[200] = '\0';
    put(name, "build - " UUID " 0=1 g"); /* too long for one of ours */
    put("9-9", "build - " UUID " 0=1 g");
    for (n = 1; n < 1000; n++) {
        l = (vnuma__ledger)VNUMA__LEDGER(dir);
        heap_start(n, false);
        r = vnuma__ledger_lock(&l);
        heap_stop();
        num_locked += !r;
        CHECK(!r || l.fd < 0);
        vnuma__ledger_end(&l);
        if (heap_calls < n || !heap_is_ours())
            break;
    }
    CHECK(num_locked > 0 && n < 1000);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    close(fd = dup(0));
    fewer = (struct rlimit){ fd + 1, before.rlim_max };
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &fewer), 0);
    CHECK_INT(vnuma__ledger_lock(&l), -1);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    REQUIRE(count_left(&l) == 1);
    vnuma__ledger_forget(&l, &l.left[0]);
    heap_start(1, true);
    CHECK_INT(vnuma__ledger_write(&l), heap_is_ours() ? -1 : 0);
    heap_stop();
    vnuma__ledger_end(&l);
    remove_dir();
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(what_may_have_left_a_domain_stays),
        TAP_CASE(what_one_has_taken_no_other_takes),
        TAP_CASE(what_leaves_again_is_minded),
        TAP_CASE(what_cannot_be_written_stays_as_it_was),
        TAP_CASE(without_memory_or_descriptors_nothing_is_locked),
        TAP_CASE(xl_writes_down_its_domain),
        TAP_CASE(our_own_is_ours_with_its_marks),
    };

    return TAP_RUN(tests);
}
