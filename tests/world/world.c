/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dom0 without Xen, for tests of whole commands: preloaded into xl-vnuma, it
 * has what is dom0's looked for below the folder $WORLD; and it is what
 * xl-vnuma loads in the place of xl-vnuma-xen.so and xl-vnuma-hooks.so.  The
 * host is the text $WORLD/host; domains and dom0 are in state.h.
 *
 *   WORLD_TRACED=NAME   that program of this world (programs[]) is run by
 *   WORLD_STRACE=ARGS   strace with these arguments, with blanks between.
 *                       What it does before it accesses "/begins" is ld.so's.
 *   WORLD_KILLS=NAMES   those programs are killed when one gets SIGUSR1
 */
#include "config.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/diag.h"
#include "hooks/message.h"
#include "host/topology.h"
#include "record/left.h"
#include "run/ledger.h"
#include "run/vm_entry.h"
#include "show/domains.h"
#include "vnuma_xen.h"
#include "world/state.h"

/* ---- where things are --------------------------------------------------- */

static const char *const moved[] = {
    "/dev/xen/privcmd", "/etc/xen/auto", "/run/xl-vnuma",
    "/sys/hypervisor",  "/usr/lib/xen-", "/usr/sbin/xl",
};

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *find(const char *path, char buffer[PATH_MAX])
{
    const char *world = getenv("WORLD");
    unsigned int i;

    for (i = 0; world && i < sizeof(moved) / sizeof(moved[0]); i++)
        if (!strncmp(path, moved[i], strlen(moved[i]))) {
            snprintf(buffer, PATH_MAX, "%s%s", world, path);
            return buffer;
        }
    return path;
}

int open(const char *path, int flags, ...)
{
    char buffer[PATH_MAX];
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return NEXT(open)(find(path, buffer), flags, mode);
}

int stat(const char *restrict path, struct stat *restrict st)
{
    char buffer[PATH_MAX];

    return NEXT(stat)(find(path, buffer), st);
}

int access(const char *path, int mode)
{
    char buffer[PATH_MAX];

    return NEXT(access)(find(path, buffer), mode);
}

int mkdir(const char *path, mode_t mode)
{
    char buffer[PATH_MAX];

    return NEXT(mkdir)(find(path, buffer), mode);
}

int rename(const char *from, const char *to)
{
    char from_buffer[PATH_MAX], to_buffer[PATH_MAX];

    return NEXT(rename)(find(from, from_buffer), find(to, to_buffer));
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes,
                char *const argv[restrict], char *const envp[restrict])
{
    char buffer[PATH_MAX];

    return NEXT(posix_spawn)(pid, find(path, buffer), actions, attributes,
                             argv, envp);
}

/* ---- which program this is ---------------------------------------------- */

static const char *const programs[WORLD_PROGRAMS] = {
    "xl-vnuma",        "xl",    "helper", "receiver", "xl-receiver",
    "helper-receiver", "front",
};

/* WORLD_PROGRAMS: none of them, such as a shell. */
static world_program which_program(int argc, char **argv)
{
    const char *name = program_invocation_short_name;
    bool receives = false;
    int i;

    for (i = 1; i < argc && i < 3; i++)
        receives |= !strcasecmp(argv[i], "migrate-receive") ||
                    !strcmp(argv[i], "--restore-domain");
    if (!strcmp(name, "xl-vnuma"))
        return receives ? WORLD_RECEIVER : WORLD_COMMAND;
    if (!strcmp(name, "xl") && !getenv(ENV_MESSAGE_FD))
        return WORLD_FRONT;
    if (!strcmp(name, "xl"))
        return receives ? WORLD_XL_RECEIVER : WORLD_XL;
    if (!strcmp(name, "libxl-save-helper"))
        return receives ? WORLD_HELPER_RECEIVER : WORLD_HELPER;
    return WORLD_PROGRAMS;
}

/* The same once more, by strace: it stays what its parent has started. */
static void trace(int argc, char **argv)
{
    char path[PATH_MAX], *args[64] = { (char *)"strace", (char *)"-D" };
    char *rest = getenv("WORLD_STRACE"), *word;
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    int num = 2, i;

    rest = rest ? strdup(rest) : NULL;
    while ((word = strsep(&rest, " ")) && num < 40)
        args[num++] = word;
    path[len > 0 ? len : 0] = '\0';
    args[num++] = (char *)"--";
    args[num++] = path;
    for (i = 1; i < argc && num < 63; i++)
        args[num++] = argv[i];
    unsetenv("WORLD_STRACE");
    unsetenv("WORLD_TRACED");
    execvp("strace", args);
    _exit(127);
}

static world_program program = WORLD_PROGRAMS;
static int32_t *pids;

static void kill_together(int signal)
{
    const char *kills = getenv("WORLD_KILLS");
    bool me = false;
    unsigned int i;

    (void)signal;
    for (i = 0; kills && i < WORLD_PROGRAMS; i++) {
        char word[32];

        snprintf(word, sizeof(word), ",%s,", programs[i]);
        if (strstr(kills, word) && i == program)
            me = true;
        else if (strstr(kills, word) && pids[i])
            kill(pids[i], SIGKILL);
    }
    if (me)
        kill(getpid(), SIGKILL);
}

/* One for all copies of this object in a process. */
extern WORLD_EXPORT char world_host[];
extern WORLD_EXPORT bool world_begun;
char world_host[1 << 16];
bool world_begun;

static void read_host(void)
{
    char path[PATH_MAX];
    ssize_t len;
    int fd;

    snprintf(path, sizeof(path), "%s/host", getenv("WORLD"));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? -1 : read(fd, world_host, sizeof(world_host) - 1);
    if (len < 0)
        abort();
    close(fd);
}

/* glibc gives constructors what it gives main(). */
__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *traced = getenv("WORLD_TRACED");
    world_state *state;

    program = which_program(argc, argv);
    if (program == WORLD_PROGRAMS || world_begun || !world_open())
        return;
    if (traced && !strcmp(traced, programs[program]))
        trace(argc, argv);
    world_begun = true;
    read_host();
    state = world_lock();
    state->pids[program] = getpid();
    pids = state->pids;
    world_unlock(state);
    signal(SIGUSR1, kill_together);
    syscall(SYS_access, "/begins", F_OK);
}

/* ---- Xen ---------------------------------------------------------------- */

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    (void)diags;
    *xen_r = calloc(1, 4096);
    return *xen_r ? 0 : VNUMA_ERROR_NOMEM;
}

void vnuma_xen_close(vnuma_xen *xen)
{
    free(xen);
}

/* What dom0 has given is on node 0. */
int vnuma_xen_get_topology(vnuma_xen *xen, vnuma_topology **topology_r,
                           vnuma_diags *diags)
{
    vnuma_source source = { 0 };
    world_state *state = world_lock();
    uint64_t given = WORLD_DOM0_MEMKB - state->target_memkb;
    int rc;

    world_unlock(state);
    (void)xen;
    rc = vnuma_source_set(&source, "host", world_host, strlen(world_host));
    if (!rc)
        rc = vnuma_topology_parse(&source, topology_r, diags);
    if (!rc)
        vnuma_topology_set_free(
            *topology_r, 0,
            vnuma_topology_find(*topology_r, 0)->free_memkb + given);
    vnuma_source_dispose(&source);
    return rc;
}

int vnuma_xen_get_topology_without(vnuma_xen *xen, uint32_t domid,
                                   vnuma_topology **topology_r,
                                   vnuma_diags *diags)
{
    (void)domid;
    return vnuma_xen_get_topology(xen, topology_r, diags);
}

int vnuma_xen_find_domain(vnuma_xen *xen, const char *name, uint32_t *domid_r,
                          vnuma_diags *diags)
{
    world_state *state = world_lock();
    const world_domain *domain = world_find_name(state, name);

    (void)xen;
    if (domain)
        *domid_r = domain->domid;
    world_unlock(state);
    return domain ? 0
                  : vnuma__fail(diags, VNUMA_ERROR_XEN, "no-domain",
                                "there is no domain %s", name);
}

char *vnuma_xen_describe_plan(const vnuma_plan *plan)
{
    (void)plan;
    return strdup("a plan");
}

int vnuma_xen_record(vnuma_xen *xen, uint32_t domid, char **text_r,
                     vnuma_diags *diags)
{
    (void)xen;
    (void)domid;
    (void)diags;
    *text_r = strdup(WORLD_RECORD);
    return *text_r ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma_xen_get_domains(vnuma_xen *xen, const char *domain,
                          const vnuma_topology *topology,
                          vnuma_domains **domains_r, vnuma_diags *diags)
{
    (void)xen;
    (void)domain;
    (void)topology;
    (void)diags;
    *domains_r = calloc(1, sizeof(**domains_r));
    return *domains_r ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma_xen_count_pages(vnuma_xen *xen, const vnuma_topology *topology,
                          vnuma_domains *domains, vnuma_diags *diags)
{
    (void)xen;
    (void)topology;
    (void)domains;
    (void)diags;
    return 0;
}

/* Only dom0 is asked for: it is on node 0. */
int vnuma_xen_get_residency(vnuma_xen *xen, uint32_t domid,
                            vnuma_xen_residency *residency_r,
                            vnuma_diags *diags)
{
    world_state *state = world_lock();
    uint64_t pages = state->target_memkb / 4;

    world_unlock(state);
    (void)xen;
    (void)domid;
    (void)diags;
    *residency_r = (vnuma_xen_residency){ 0 };
    residency_r->nodes = calloc(1, sizeof(*residency_r->nodes));
    if (!residency_r->nodes)
        return VNUMA_ERROR_NOMEM;
    residency_r->nodes[0].num_pages = residency_r->num_pages = pages;
    residency_r->num_nodes = 1;
    return 0;
}

void vnuma_xen_residency_dispose(vnuma_xen_residency *residency)
{
    free(residency->nodes);
    *residency = (vnuma_xen_residency){ 0 };
}

/* ---- domains that are put right ----------------------------------------- */

int vnuma_xen_destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                      vnuma_diags *diags)
{
    world_state *state = world_lock();
    unsigned int i;

    (void)xen;
    (void)uuid; /* all have the same */
    (void)diags;
    for (i = 0; i < WORLD_DOMAINS; i++)
        if (state->domains[i].domid &&
            (domid == VNUMA_XEN_ANY_DOMID ? !*state->domains[i].name
                                          : state->domains[i].domid == domid))
            state->domains[i] = (world_domain){ .domid = 0 };
    world_unlock(state);
    return 0;
}

int vnuma_xen_resume(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);

    (void)xen;
    (void)diags;
    if (domain && !strstr(domain->name, "--migratedaway"))
        domain->is_suspended = false;
    world_unlock(state);
    return 0;
}

int vnuma_xen_take_back(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        vnuma_diags *diags)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);
    char *end = domain ? strstr(domain->name, "--migratedaway") : NULL;

    (void)uuid;
    if (end)
        *end = '\0';
    world_unlock(state);
    return vnuma_xen_resume(xen, domid, diags);
}

int vnuma_xen_take_over(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        bool run, vnuma_diags *diags)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);
    char *end = domain ? strstr(domain->name, "--incoming") : NULL;

    (void)xen;
    (void)uuid;
    (void)diags;
    if (end)
        *end = '\0';
    if (domain && run)
        domain->is_new = domain->is_paused = false;
    world_unlock(state);
    return 0;
}

int ledger_found(struct vnuma_xen *xen, vnuma__found **found_r,
                 unsigned int *num_r, vnuma_diags *diags)
{
    vnuma__found *found = calloc(WORLD_DOMAINS, sizeof(*found));
    world_state *state = world_lock();
    unsigned int i, num = 0;

    (void)xen;
    (void)diags;
    for (i = 0; found && i < WORLD_DOMAINS; i++) {
        const world_domain *domain = &state->domains[i];

        if (!domain->domid)
            continue;
        found[num].domid = domain->domid;
        strcpy(found[num].uuid, domain->uuid);
        strcpy(found[num].name, domain->name);
        found[num].is_new = domain->is_new && domain->is_paused;
        found[num++].is_suspended = domain->is_suspended;
    }
    world_unlock(state);
    *found_r = found;
    *num_r = num;
    return found ? 0 : VNUMA_ERROR_NOMEM;
}

void ledger_ask(struct vnuma_xen *xen, vnuma__ledger *l)
{
    (void)xen;
    (void)l;
}

void vm_entry_keep(vm_entry *entry, const char *uuid, uint32_t domid)
{
    (void)entry;
    (void)uuid;
    (void)domid;
}

void vm_entry_put_back(vm_entry *entry)
{
    (void)entry;
}
