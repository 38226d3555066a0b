/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many processes that plan and build at once, next to each other by the ledger;
 * some are killed.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "left-case.h"
#include "plan-case.h"
#include "record/ledger.h"

#define NUM_BUILDERS 24u
#define MIB 1024u
#define VNODE_MIB 128u
#define NUM_STEPS 8u /* in which a guest gets its memory */

typedef enum { WAITS, REFUSED, BUILT, BROKEN } outcome;

/* What all processes see, as Xen would tell it. */
typedef struct {
    _Atomic int64_t free_memkb[2];
    struct {
        _Atomic uint64_t resident_memkb;
        uint64_t taken_memkb[2];
        _Atomic outcome end;
    } guests[NUM_BUILDERS];
    _Atomic bool is_short; /* a build did not find what it was promised */
} shared_host;

static shared_host *host;

static bool take_memory(unsigned int node, int64_t memkb)
{
    int64_t left = atomic_fetch_sub(&host->free_memkb[node], memkb) - memkb;

    if (left < 0)
        atomic_store(&host->is_short, true);
    return left >= 0;
}

/* In the order of ledger_live.c: what others hold, then what is free. */
static void look_at_host(vnuma__ledger *l, vnuma_topology *topology)
{
    unsigned int i, p;

    for (i = 0; i < l->num_others; i++)
        if (l->others[i].domid < NUM_BUILDERS)
            l->others[i].resident_memkb =
                atomic_load(&host->guests[l->others[i].domid].resident_memkb);
    usleep(500);
    for (p = 0; p < 2; p++)
        topology->pnodes[p].free_memkb =
            (uint64_t)atomic_load(&host->free_memkb[p]);
    vnuma__flights_take(l->others, l->num_others, topology);
}

/* A guest of two vnodes; or of one, which may be on either pnode. */
static void make_guest(plan_case *c, unsigned int num)
{
    char text[256];

    case_host(c, TWO);
    snprintf(text, sizeof(text),
             "type=\"pvh\"\nmemory=%u\nvcpus=2\nvnuma=[[\"pnode=auto\"]%s]\n",
             (num % 2 ? 1 : 2) * VNODE_MIB,
             num % 2 ? "" : ",[\"pnode=auto\"]");
    case_guest(c, text);
}

static bool fill(const vnuma__flight *flight, unsigned int num)
{
    unsigned int step, p;
    bool good = true;

    for (step = 0; good && step < NUM_STEPS; step++) {
        for (p = 0; good && p < flight->parts.num; p++) {
            uint32_t pnode = flight->parts.items[p].pnode;
            uint64_t memkb = flight->parts.items[p].memkb / NUM_STEPS;

            good = take_memory(pnode, (int64_t)memkb);
            host->guests[num].taken_memkb[pnode] += memkb;
            atomic_fetch_add(&host->guests[num].resident_memkb, memkb);
        }
        usleep(1000);
    }
    return good;
}

static void build_one(unsigned int num)
{
    vnuma__ledger l = VNUMA__LEDGER(dir);
    plan_case c;

    make_guest(&c, num);
    if (vnuma__ledger_lock(&l))
        _exit(1);
    look_at_host(&l, &c.topology);
    c.rc = vnuma__plan_build(&c.config, &c.topology, &c.options, &c.plan,
                             &c.diags);
    if (!c.rc) {
        vnuma__flight_of(&c.plan, "g", &l.own);
        if (vnuma__ledger_write(&l))
            _exit(1);
        vnuma__ledger_made(&l, getpid(), num, "u");
        /* Two are killed while they build. */
        if (num == 1 || num == 4)
            raise(SIGKILL);
        atomic_store(&host->guests[num].end,
                     fill(&l.own, num) ? BUILT : BROKEN);
    } else {
        atomic_store(&host->guests[num].end, REFUSED);
    }
    vnuma__ledger_end(&l);
    _exit(0);
}

static void run_builders(void)
{
    unsigned int i;
    pid_t pid;

    fflush(stdout);
    for (i = 0; i < NUM_BUILDERS; i++) {
        pid = fork();
        if (!pid)
            build_one(i);
        CHECK(pid > 0);
    }
    while (wait(NULL) > 0 || errno == EINTR)
        continue;
}

static unsigned int count(outcome wanted)
{
    unsigned int i, num = 0;

    for (i = 0; i < NUM_BUILDERS; i++)
        num += atomic_load(&host->guests[i].end) == wanted;
    return num;
}

static void guests_at_once_are_built_whole_or_refused(void)
{
    const int64_t memkb = 1100 * MIB; /* for some 16 vnodes */
    vnuma__ledger l = VNUMA__LEDGER(dir);

    make_dir();
    host = mmap(NULL, sizeof(*host), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(host != MAP_FAILED);
    atomic_store(&host->free_memkb[0], memkb);
    atomic_store(&host->free_memkb[1], memkb);
    run_builders();
    CHECK(!atomic_load(&host->is_short));
    CHECK_UINT(count(BROKEN), 0);
    CHECK(count(WAITS) <= 2); /* those that were killed */
    TAP_DIAG("%u built, %u refused", count(BUILT), count(REFUSED));
    /*
     * How many are built depends on when each looks: what others take
     * meanwhile counts twice.  Even so the first four find room, and 16 of
     * the 33 vnodes at most have any.
     */
    CHECK(count(BUILT) >= 2 && count(REFUSED) >= 9);
    CHECK_INT(vnuma__ledger_lock(&l), 0);
    CHECK_UINT(l.num_others, 0);
    CHECK_UINT(l.num_left, count(WAITS));
    while (l.num_left)
        vnuma__ledger_forget(&l, &l.left[--l.num_left]);
    vnuma__ledger_end(&l);
    munmap(host, sizeof(*host));
    remove_dir();
}

static const tap_case cases[] = {
    TAP_CASE(guests_at_once_are_built_whole_or_refused),
};

int main(void)
{
    return TAP_RUN(cases);
}
