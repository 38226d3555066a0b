/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hypercalls.so, preloaded: counts the hypercalls of xl (of ours and of stock
 * xl's building alike) and makes one of them fail.  It stands before ioctl(),
 * below libxc, so both tools are measured by the same counter.
 *
 *   RIG_CALLS=FILE        a line for each call is appended:
 *                         PID NUMBER NAME RESULT MICROSECONDS [DETAILS]
 *                         (an errno as a negative result; the clock's when
 *                         it returned)
 *   RIG_ONLY=NAME         only calls of that name have a number and a line
 *   RIG_FAIL=K:ACTION     at call number K, from 1, and
 *   RIG_FAIL=K+:ACTION    from then on
 *   RIG_POINT=FILE        for a daemon: when there is such a file, what it says
 *                         is taken in the place of RIG_FAIL, numbers begin
 *                         again, and it is removed
 *
 * ACTION is an errno (ENOMEM) that is the answer without asking Xen; "short",
 * which asks for one extent less where extents are asked for; a signal
 * (SIGTERM) that this process gets before the call; "parent-" and a signal
 * that its parent gets; "all-" and one that both get; "after-" and one that
 * comes when Xen has done what it was asked; "slow": an answer about extents comes half a second late; or
 * "other-release": Xen says that it is version 99.99.
 *
 * Numbers begin at the domain's creation; what is asked before it has number
 * 0.  They go on in forked children (xl's monitor, and the one that destroys
 * domains).  In processes that are not called xl nothing is done; with
 * RIG_PROGRAM=NAME they are those of that name, and numbers begin at once.
 *
 * libxc makes memory_op on Linux as a multicall of one; that is taken apart.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>
#include <xen/version.h>

/* ---- names -------------------------------------------------------------- */

#define DOMCTL(name) [XEN_DOMCTL_##name] = #name
static const char *const domctls[] = {
    DOMCTL(createdomain),
    DOMCTL(destroydomain),
    DOMCTL(pausedomain),
    DOMCTL(unpausedomain),
    DOMCTL(getdomaininfo),
    DOMCTL(setvcpuaffinity),
    DOMCTL(shadow_op),
    DOMCTL(max_mem),
    DOMCTL(setvcpucontext),
    DOMCTL(getvcpucontext),
    DOMCTL(getvcpuinfo),
    DOMCTL(max_vcpus),
    DOMCTL(scheduler_op),
    DOMCTL(setdomainhandle),
    DOMCTL(irq_permission),
    DOMCTL(iomem_permission),
    DOMCTL(ioport_permission),
    DOMCTL(hypercall_init),
    DOMCTL(settimeoffset),
    DOMCTL(getvcpuaffinity),
    DOMCTL(gethvmcontext),
    DOMCTL(sethvmcontext),
    DOMCTL(set_address_size),
    DOMCTL(get_address_size),
    DOMCTL(settscinfo),
    DOMCTL(setnodeaffinity),
    DOMCTL(getnodeaffinity),
    DOMCTL(setvnumainfo),
    DOMCTL(get_cpu_policy),
    DOMCTL(set_cpu_policy),
    DOMCTL(set_target),
    DOMCTL(set_virq_handler),
    DOMCTL(get_paging_mempool_size),
    DOMCTL(set_paging_mempool_size),
#ifdef XEN_DOMCTL_set_llc_colors /* Xen 4.20; libxl sets none for each guest */
    DOMCTL(set_llc_colors),
#endif
};

#define SYSCTL(name) [XEN_SYSCTL_##name] = #name
static const char *const sysctls[] = {
    SYSCTL(physinfo),       SYSCTL(sched_id),    SYSCTL(getdomaininfolist),
    SYSCTL(cputopoinfo),    SYSCTL(numainfo),    SYSCTL(cpupool_op),
    SYSCTL(scheduler_op),   SYSCTL(pcitopoinfo), SYSCTL(get_cpu_featureset),
    SYSCTL(get_cpu_policy), SYSCTL(debug_keys),  SYSCTL(readconsole),
};

#define XENMEM(name) [XENMEM_##name] = #name
static const char *const memory_ops[] = {
    XENMEM(increase_reservation),
    XENMEM(decrease_reservation),
    XENMEM(populate_physmap),
    XENMEM(maximum_ram_page),
    XENMEM(maximum_gpfn),
    XENMEM(machphys_mfn_list),
    XENMEM(add_to_physmap),
    XENMEM(add_to_physmap_batch),
    XENMEM(remove_from_physmap),
    XENMEM(set_memory_map),
    XENMEM(claim_pages),
    XENMEM(reserved_device_memory_map),
    XENMEM(get_vnumainfo),
    XENMEM(acquire_resource),
    XENMEM(get_sharing_freed_pages),
    XENMEM(get_sharing_shared_pages),
};

#define HVMOP(name) [HVMOP_##name] = #name
static const char *const hvm_ops[] = {
    HVMOP(set_param),
    HVMOP(get_param),
};

#define NUM(table) (sizeof(table) / sizeof((table)[0]))

typedef struct {
    char name[64];
    bool is_creation;
    bool is_version;                            /* a question for it */
    struct xen_memory_reservation *reservation; /* whose extents can be cut */
    multicall_entry_t *entry;                   /* that takes the result */
} call;

static void name_one(call *c, const char *kind, const char *const *names,
                     size_t num_names, uint64_t number)
{
    const char *name = number < num_names ? names[number] : NULL;

    if (name)
        snprintf(c->name, sizeof(c->name), "%s.%s", kind, name);
    else
        snprintf(c->name, sizeof(c->name), "%s.%llu", kind,
                 (unsigned long long)number);
}

static void name_memory_op(call *c, uint64_t number, uint64_t arg)
{
    name_one(c, "memory", memory_ops, NUM(memory_ops), number);
    if (number == XENMEM_populate_physmap)
        c->reservation = (struct xen_memory_reservation *)(uintptr_t)arg;
}

static void name_hypercall(call *c, uint64_t op, const uint64_t *args)
{
    const void *arg = (const void *)(uintptr_t)args[0];

    switch (op) {
    case __HYPERVISOR_memory_op:
        name_memory_op(c, args[0], args[1]);
        break;
    case __HYPERVISOR_domctl:
        name_one(c, "domctl", domctls, NUM(domctls),
                 ((const struct xen_domctl *)arg)->cmd);
        c->is_creation =
            ((const struct xen_domctl *)arg)->cmd == XEN_DOMCTL_createdomain;
        break;
    case __HYPERVISOR_sysctl:
        name_one(c, "sysctl", sysctls, NUM(sysctls),
                 ((const struct xen_sysctl *)arg)->cmd);
        break;
    case __HYPERVISOR_hvm_op:
        name_one(c, "hvm", hvm_ops, NUM(hvm_ops), args[0]);
        break;
    case __HYPERVISOR_xen_version:
        name_one(c, "version", NULL, 0, args[0]);
        c->is_version = args[0] == XENVER_version;
        break;
    case __HYPERVISOR_xsm_op:
        name_one(c, "xsm", NULL, 0, 0);
        break;
    case __HYPERVISOR_event_channel_op:
        name_one(c, "event", NULL, 0, args[0]);
        break;
    default:
        name_one(c, "hypercall", NULL, 0, op);
    }
}

static void name_call(call *c, unsigned long request, void *argument)
{
    const struct privcmd_hypercall *hypercall = argument;

    memset(c, 0, sizeof(*c));
    if (request == IOCTL_PRIVCMD_MMAPBATCH_V2) {
        strcpy(c->name, "map");
    } else if (request == IOCTL_PRIVCMD_MMAP_RESOURCE) {
        strcpy(c->name, "map-resource");
    } else if (request == IOCTL_PRIVCMD_DM_OP) {
        strcpy(c->name, "dm");
    } else if (request != IOCTL_PRIVCMD_HYPERCALL) {
        snprintf(c->name, sizeof(c->name), "ioctl.%lx", request);
    } else if (hypercall->op == __HYPERVISOR_multicall &&
               hypercall->arg[1] == 1) {
        uint64_t args[2];

        c->entry = (multicall_entry_t *)(uintptr_t)hypercall->arg[0];
        args[0] = c->entry->args[0];
        args[1] = c->entry->args[1];
        name_hypercall(c, c->entry->op, args);
    } else {
        uint64_t args[2] = { hypercall->arg[0], hypercall->arg[1] };

        name_hypercall(c, hypercall->op, args);
    }
}

/* ---- what is to fail ---------------------------------------------------- */

typedef enum {
    NOTHING,
    ANSWER,
    CUT,
    RAISE,
    RAISE_AFTER,
    RAISE_IN_PARENT,
    RAISE_IN_ALL,
    RAISE_IN_ALL_AFTER,
    DELAY,
    CLAIM
} action;

static const struct {
    const char *name;
    action action;
    int value; /* errno, signal, milliseconds or version */
} actions[] = {
    { "ENOMEM", ANSWER, ENOMEM },
    { "EBUSY", ANSWER, EBUSY },
    { "EINVAL", ANSWER, EINVAL },
    { "EPERM", ANSWER, EPERM },
    { "ESRCH", ANSWER, ESRCH },
    { "short", CUT, 0 },
    { "SIGTERM", RAISE, SIGTERM },
    { "SIGINT", RAISE, SIGINT },
    { "SIGKILL", RAISE, SIGKILL },
    { "after-SIGTERM", RAISE_AFTER, SIGTERM },
    { "after-SIGKILL", RAISE_AFTER, SIGKILL },
    { "slow", DELAY, 500 },
    { "other-release", CLAIM, 99 << 16 | 99 },
    { "parent-SIGTERM", RAISE_IN_PARENT, SIGTERM },
    { "parent-SIGINT", RAISE_IN_PARENT, SIGINT },
    { "parent-SIGKILL", RAISE_IN_PARENT, SIGKILL },
    { "all-SIGKILL", RAISE_IN_ALL, SIGKILL },
    { "after-all-SIGKILL", RAISE_IN_ALL_AFTER, SIGKILL },
};

static struct {
    unsigned int at;
    bool ever_after;
    action action;
    int value;
} wish;

/* Shared with children. */
static struct {
    bool begun;
    unsigned int num_calls;
} * state;

static int log_fd = -1;
static const char *only, *point;

static void take_wish(const char *text)
{
    char *rest;
    size_t i;

    wish.at = strtoul(text, &rest, 10);
    wish.ever_after = *rest == '+';
    rest += wish.ever_after;
    for (i = 0; i < NUM(actions) && *rest == ':'; i++)
        if (!strcmp(actions[i].name, rest + 1)) {
            wish.action = actions[i].action;
            wish.value = actions[i].value;
        }
    if (wish.at && wish.action != NOTHING)
        return;
    fprintf(stderr, "hypercalls: cannot read RIG_FAIL=%s\n", text);
    _exit(3);
}

/* Of threads that see it, the one that removes it takes it. */
static void look_for_point(void)
{
    char text[64];
    int fd = point ? open(point, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t len;

    if (fd < 0)
        return;
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0 || unlink(point))
        return;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    wish.action = NOTHING;
    state->begun = true;
    state->num_calls = 0;
    take_wish(text);
}

static action action_for(unsigned int number)
{
    if (wish.action == NOTHING || !number)
        return NOTHING;
    if (number == wish.at || (wish.ever_after && number > wish.at))
        return wish.action;
    return NOTHING;
}

/* ---- in between libxc and the kernel ------------------------------------ */

typedef int ioctl_fn(int fd, unsigned long request, ...);

static ioctl_fn *real_ioctl(void)
{
    static ioctl_fn *real;

    if (!real)
        real = (ioctl_fn *)dlsym(RTLD_NEXT, "ioctl");
    return real;
}

static bool is_wanted(const call *c)
{
    return !only || !strcmp(only, c->name);
}

static unsigned int next_number(const call *c)
{
    if (c->is_creation)
        state->begun = true;
    return state->begun && is_wanted(c) ? ++state->num_calls : 0;
}

static void log_call(const call *c, unsigned int number, long result,
                     int error)
{
    struct timespec now;
    char line[160];
    int len;

    if (log_fd < 0 || !is_wanted(c))
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    len = snprintf(line, sizeof(line), "%d %u %s %ld %lld", getpid(), number,
                   c->name, result < 0 ? -(long)error : result,
                   now.tv_sec * 1000000LL + now.tv_nsec / 1000);
    if (c->reservation)
        len += snprintf(line + len, sizeof(line) - len,
                        " order=%u extents=%lu flags=%x",
                        c->reservation->extent_order,
                        c->reservation->nr_extents, c->reservation->mem_flags);
    line[len++] = '\n';
    /* One write, so that processes do not mix. */
    if (write(log_fd, line, len) != len)
        _exit(3);
}

static int answer(const call *c, int error)
{
    if (c->entry) {
        c->entry->result = -(xen_ulong_t)error;
        return 0;
    }
    errno = error;
    return -1;
}

static int perform(const call *c, action what, int fd, unsigned long request,
                   void *argument)
{
    bool cut = what == CUT && c->reservation && c->reservation->nr_extents;
    int r;

    if (what == ANSWER)
        return answer(c, wish.value);
    if (what == RAISE)
        raise(wish.value);
    if (what == RAISE_IN_PARENT || what == RAISE_IN_ALL)
        kill(getppid(), wish.value);
    if (what == RAISE_IN_ALL)
        raise(wish.value);
    if (cut)
        c->reservation->nr_extents--;
    if (what == DELAY && c->reservation)
        usleep(wish.value * 1000);
    r = real_ioctl()(fd, request, argument);
    if (cut)
        c->reservation->nr_extents++;
    if (what == RAISE_IN_ALL_AFTER)
        kill(getppid(), wish.value);
    if (what == RAISE_AFTER || what == RAISE_IN_ALL_AFTER)
        raise(wish.value);
    if (what == CLAIM && c->is_version)
        return wish.value;
    return r;
}

static int stand_between(int fd, unsigned long request, void *argument)
{
    unsigned int number;
    int r, error;
    call c;

    look_for_point();
    name_call(&c, request, argument);
    number = next_number(&c);
    r = perform(&c, action_for(number), fd, request, argument);
    error = errno;
    if (c.entry && !r && (long)c.entry->result < 0)
        log_call(&c, number, -1, -(long)c.entry->result);
    else
        log_call(&c, number, c.entry && !r ? (long)c.entry->result : r, error);
    errno = error;
    return r;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *argument;

    va_start(args, request);
    argument = va_arg(args, void *);
    va_end(args);
    /* Nothing else in xl has ioctls of type 'P'. */
    if (!state || _IOC_TYPE(request) != 'P' || _IOC_DIR(request) != _IOC_NONE)
        return real_ioctl()(fd, request, argument);
    return stand_between(fd, request, argument);
}

__attribute__((constructor)) static void load(void)
{
    const char *fail = getenv("RIG_FAIL"), *calls = getenv("RIG_CALLS");
    const char *program = getenv("RIG_PROGRAM");

    if (strcmp(program_invocation_short_name, program ? program : "xl") ||
        (!fail && !calls && !getenv("RIG_POINT")))
        return;
    state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED)
        _exit(3);
    state->begun = program != NULL;
    if (fail)
        take_wish(fail);
    if (calls)
        log_fd = open(calls, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    only = getenv("RIG_ONLY");
    point = getenv("RIG_POINT");
}
