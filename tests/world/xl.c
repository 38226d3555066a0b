/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The xl of tests/world/world.c, and as libxl-save-helper that too: what stock
 * xl does of interest to xl-vnuma, in the same order, with our own code where
 * that talks to xl-vnuma.  What it has open goes into $WORLD/inherited.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hooks/message.h"
#include "hooks/process.h"
#include "hooks/tell.h"
#include "inside/inside.h"
#include "base/objects.h"
#include "record/ledger.h"
#include "record/savefile.h"
#include "world/stream.h"
#include "world/state.h"

#define NAME "web"
#define CONFIG                                                                \
    "{\"c_info\":{\"name\":\"" NAME "\",\"uuid\":\"" WORLD_UUID "\"},"        \
    "\"b_info\":{\"vnuma_nodes\":[{},{}]}}"
#define READY "domain received, ready to unpause"

static void list_descriptors(const char *world)
{
    char path[PATH_MAX], target[PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");
    ssize_t len;
    FILE *f;

    snprintf(path, sizeof(path), "%s/inherited", world);
    f = fopen(path, "we");
    while (f && dir && (entry = readdir(dir))) {
        int fd = atoi(entry->d_name);

        /* Ours. */
        if (entry->d_name[0] == '.' || fd == dirfd(dir) || fd == fileno(f))
            continue;
        len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
        fprintf(f, "%d %.*s\n", fd, len > 0 ? (int)len : 0, target);
    }
    if (f)
        fclose(f);
    if (dir)
        closedir(dir);
}

/* ---- what inside/arrive.c asks Xen's libraries for ---------------------- */

int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *record, uint64_t *target_memkb_r,
                              vnuma_diags *diags)
{
    (void)ctx;
    (void)d_config;
    (void)record;
    (void)diags;
    *target_memkb_r = UINT64_MAX;
    return 0;
}

int inside_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task,
                  vnuma_diags *diags)
{
    (void)ctx;
    (void)domid;
    (void)task;
    (void)diags;
    return 0;
}

#undef libxl_set_memory_target
int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t memkb,
                            int relative, int enforce)
{
    (void)ctx;
    (void)domid;
    (void)memkb;
    (void)relative;
    (void)enforce;
    return 0;
}

/* ---- bytes -------------------------------------------------------------- */

static bool complain(const char *what)
{
    fprintf(stderr, "xl: %s: %s\n", what, strerror(errno));
    return false;
}

static bool put(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;
    ssize_t done;

    for (; len; p += done, len -= (size_t)done) {
        done = write(fd, p, len);
        if (done < 0 && errno == EINTR)
            done = 0;
        if (done < 0)
            return complain("writing");
    }
    return true;
}

static bool get(int fd, void *bytes, size_t len)
{
    char *p = bytes;
    ssize_t done;

    for (; len; p += done, len -= (size_t)done) {
        done = read(fd, p, len);
        if (done < 0 && errno == EINTR)
            done = 0;
        else if (!done)
            errno = ENODATA;
        if (done < 0 || (!done && errno == ENODATA))
            return complain("reading");
    }
    return true;
}

static bool await(int fd, const char *message, size_t len)
{
    char text[128];

    return get(fd, text, len) && !memcmp(text, message, len);
}

/* ---- libxl-save-helper -------------------------------------------------- */

static int helper_saves(int fd)
{
    size_t at, step = sizeof(world_stream) / 4 + 1;

    for (at = 0; at < sizeof(world_stream); at += step)
        if (!put(fd, world_stream + at,
                 sizeof(world_stream) - at < step ? sizeof(world_stream) - at
                                                  : step))
            return 1;
    return 0;
}

/* As hooks/helper.c has it. */
static int helper_restores(int fd)
{
    const char *record = getenv(ENV_RESTORE_RECORD);
    const char *built_fd = getenv(ENV_BUILT_FD);
    vnuma_xen_built built = { .num_pages = 131072 };
    char bytes[sizeof(world_stream)];

    process.report_fd = process_take_fd(ENV_MESSAGE_FD);
    if (record && built_fd) {
        inside_write_built(atoi(built_fd), &built);
        tell_built(&built);
    }
    return get(fd, bytes, sizeof(bytes)) &&
                   !memcmp(bytes, world_stream, sizeof(bytes))
               ? 0
               : 1;
}

/* ---- libxl -------------------------------------------------------------- */

static bool ended_well(pid_t pid, const char *what)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return complain(what);
    if (!status)
        return true;
    fprintf(stderr, "libxl: error: %s failed\n", what);
    return false;
}

static bool run_helper(const char *how, int fd, const vnuma__task *coming)
{
    char path[PATH_MAX], number[16];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 32);
    pid_t pid = len < 0 ? -1 : fork();

    if (pid < 0)
        return complain("libxl-save-helper");
    if (pid)
        return ended_well(pid, "domain save/restore");
    path[len] = '\0';
    strcpy(strrchr(path, '/') + 1, "libxl-save-helper");
    snprintf(number, sizeof(number), "%d", fd);
    fcntl(fd, F_SETFD, 0);
    if (coming) {
        tell_to_environment();
        inside_enter_helper(coming);
    }
    execv(path, (char *[]){ path, (char *)how, number, NULL });
    _exit(127);
}

static void rename_domain(uint32_t domid, const char *name)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);

    if (domain)
        snprintf(domain->name, sizeof(domain->name), "%s", name);
    world_unlock(state);
}

static void change(uint32_t domid, bool runs, bool is_suspended)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);

    if (domain && runs)
        domain->is_new = domain->is_paused = false;
    if (domain)
        domain->is_suspended = is_suspended;
    world_unlock(state);
}

static void write_down(uint32_t domid)
{
    if (*process.entry &&
        vnuma__ledger_take(process.entry, domid, WORLD_UUID))
        tell(MESSAGE_ERROR " error: %s: %s\n", process.entry,
             strerror(errno));
}

/* As hooks/hooks.c has it: a domain has no name before its number is known. */
static uint32_t make_domain(const char *name)
{
    uint32_t domid;

    write_down(VNUMA_ID_UNKNOWN);
    tell(MESSAGE_BEGIN " " WORLD_UUID);
    domid = world_create("");
    write_down(domid);
    tell(MESSAGE_DOMAIN " %u " WORLD_UUID, domid);
    rename_domain(domid, name);
    return domid;
}

/* hooks_done() and hooks_end(). */
static void end_build(uint32_t domid)
{
    world_state *state = world_lock();
    world_domain *domain = world_find(state, domid);

    if (domain)
        domain->is_whole = true;
    world_unlock(state);
    process_mark_entry();
    tell(MESSAGE_DONE " %u", domid);
    if (process.is_incoming)
        return;
    tell_no_more();
    process.entry[0] = '\0';
}

/* ---- create ------------------------------------------------------------- */

static int create(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[4096];
    uint32_t domid;

    if (fd < 0 || read(fd, text, sizeof(text)) < 0)
        return complain(path) + 1;
    close(fd);
    domid = make_domain(NAME);
    tell(MESSAGE_EXTENTS " 0 0 0 256 0 0");
    tell(MESSAGE_BUILT " 131072 1");
    end_build(domid);
    change(domid, true, false);
    return 0;
}

/* ---- save and migrate --------------------------------------------------- */

static bool put_head(int fd)
{
    uint8_t header[VNUMA__SAVE_HEADER_LEN] = WORLD_HEADER;
    uint32_t len = sizeof(CONFIG);

    vnuma__save_lengthen(header,
                         sizeof(len) + len + sizeof(WORLD_RECORD) - 1);
    if (!put(fd, header, sizeof(header)) || !put(fd, &len, sizeof(len)) ||
        !put(fd, CONFIG, len) ||
        !put(fd, WORLD_RECORD, sizeof(WORLD_RECORD) - 1))
        return false;
    tell(MESSAGE_RECORD);
    return true;
}

static bool suspend(uint32_t domid, int fd)
{
    bool ok;

    change(domid, false, true);
    ok = run_helper("--save-domain", fd, NULL);
    if (ok)
        tell(MESSAGE_DONE " %u", domid);
    return ok;
}

static int save(uint32_t domid, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok;

    if (fd < 0 || !put_head(fd))
        return complain(path) + 2;
    ok = suspend(domid, fd);
    if (close(fd))
        complain(path);
    if (!ok) {
        fputs("Failed to save domain, resuming domain\n", stderr);
        change(domid, false, false);
        return 1;
    }
    world_destroy(domid);
    return 0;
}

static pid_t start_receiver(const char *command, int *fd_r)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return complain("socketpair") - 1;
    pid = fork();
    if (!pid) {
        dup2(ends[1], STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *fd_r = ends[0];
    return pid;
}

static int give_up(uint32_t domid, const char *why, bool may_resume)
{
    fprintf(stderr, "xl: %s\n", why);
    if (may_resume) {
        fputs("Migration failed, resuming at sender.\n", stderr);
        rename_domain(domid, NAME);
        change(domid, false, false);
    }
    return 1;
}

static int migrate(uint32_t domid, const char *command)
{
    int fd = -1;
    pid_t pid = start_receiver(command, &fd);
    char result;

    if (pid < 0 || !await(fd, MESSAGE_BANNER, strlen(MESSAGE_BANNER)) ||
        !put_head(fd))
        return give_up(domid, "no receiver", false);
    if (!suspend(domid, fd) || !await(fd, READY, sizeof(READY))) {
        close(fd);
        ended_well(pid, "the receiver");
        return give_up(domid, "the guest did not arrive", true);
    }
    rename_domain(domid, NAME "--migratedaway");
    if (!put(fd, MESSAGE_GO_MESSAGE, sizeof(MESSAGE_GO_MESSAGE)) ||
        !await(fd, MESSAGE_ANSWER_MESSAGE, sizeof(MESSAGE_ANSWER_MESSAGE)) ||
        !get(fd, &result, 1))
        return give_up(domid, "Migration failed during final handshake",
                       false);
    close(fd);
    ended_well(pid, "the receiver");
    if (result)
        return give_up(domid, "the receiver did not let it run", true);
    process_mark_entry();
    world_destroy(domid);
    return 0;
}

/* ---- restore and migrate-receive ---------------------------------------- */

static bool get_head(int fd)
{
    uint8_t header[VNUMA__SAVE_HEADER_LEN];
    char bytes[4096];
    uint32_t len;

    if (!get(fd, header, sizeof(header)))
        return false;
    memcpy(&len, header + 44, sizeof(len));
    return len <= sizeof(bytes) && get(fd, bytes, len);
}

/* libxl_domain_create_restore() with ours before it; 0: it failed. */
static uint32_t arrive(const char *name, int fd)
{
    static libxl_domain_config d_config;
    vnuma__task *task =
        vnuma__task_begin(&inside->tasks, NULL, VNUMA__NO_DOMID);
    vnuma_diags diags = { 0 };
    uint32_t domid = 0;
    bool ok = task;

    if (ok) {
        task->record = process.record;
        task->config = &d_config;
    }
    if (ok && task->record)
        ok = !tell_result(
            inside_prepare_restore(task, NULL, &d_config, NULL, &diags),
            &diags);
    if (ok)
        domid = make_domain(name);
    ok = ok && run_helper("--restore-domain", fd, task);
    if (ok && task->record)
        ok = !tell_result(inside_settle_restored(task, NULL, domid, &diags),
                          &diags);
    if (ok)
        end_build(domid);
    else
        world_destroy(domid);
    vnuma__task_end(&inside->tasks, task);
    return ok ? domid : 0;
}

static int restore(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint32_t domid;

    if (fd < 0 || !get_head(fd))
        return complain(path) + 1;
    domid = arrive(NAME, fd);
    if (!domid)
        return 3;
    change(domid, true, false);
    return 0;
}

static int receive(void)
{
    uint32_t domid;

    if (!get_head(process.head_fd))
        return 1;
    domid = arrive(NAME "--incoming", STDIN_FILENO);
    if (!domid)
        return 1;
    if (!put(STDOUT_FILENO, READY, sizeof(READY)) ||
        !await(STDIN_FILENO, MESSAGE_GO_MESSAGE,
               sizeof(MESSAGE_GO_MESSAGE))) {
        fputs("migration target: Failure, destroying our copy.\n", stderr);
        world_destroy(domid);
        return 1;
    }
    /* As libxl_read_exactly() of hooks/move.c. */
    process_mark_entry();
    process.entry[0] = '\0';
    tell(MESSAGE_GO);
    rename_domain(domid, NAME);
    change(domid, true, false);
    tell(MESSAGE_ANSWER);
    tell_no_more();
    return put(STDOUT_FILENO, MESSAGE_ANSWER_MESSAGE "\0",
               sizeof(MESSAGE_ANSWER_MESSAGE) + 1)
               ? 0
               : 1;
}

/* ---- what is asked for -------------------------------------------------- */

static uint32_t domain_of(const char *name)
{
    world_state *state = world_lock();
    const world_domain *domain = world_find_name(state, name);
    uint32_t domid = domain ? domain->domid : 0;

    world_unlock(state);
    return domid;
}

/* @cfg: of -f, or NULL. */
static int run(const char *command, const char *cfg, bool is_dry, char **names,
               int num_names)
{
    uint32_t domid;

    if (!strcmp(command, "create") && (cfg || num_names))
        return is_dry ? 0 : create(cfg ? cfg : names[0]);
    if (!strcmp(command, "restore") && num_names)
        return restore(names[num_names - 1]);
    if (!strcmp(command, "migrate-receive"))
        return receive();
    domid = num_names > 1 ? domain_of(names[0]) : 0;
    if (!domid) {
        fprintf(stderr, "xl: %s: no such domain\n", command);
        return 2;
    }
    return strcmp(command, "save") ? migrate(domid, names[1])
                                   : save(domid, names[1]);
}

int main(int argc, char **argv)
{
    const char *world = getenv("WORLD");
    const char *cfg = NULL;
    bool is_dry = false;
    int opt;

    if (!world || !world_open())
        return 1;
    if (argc == 3 && !strcmp(argv[1], "--save-domain"))
        return helper_saves(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "--restore-domain"))
        return helper_restores(atoi(argv[2]));
    signal(SIGPIPE, SIG_IGN);
    list_descriptors(world);
    process_begin(argv);
    if (argc < 2 || process.report_fd < 0)
        return 1;
    tell(MESSAGE_HELLO " 1");
    process_wait();
    optind = 2;
    while ((opt = getopt(argc, argv, "cpdeFqnf:s:")) != -1) {
        if (opt == '?')
            return 2;
        if (opt == 'f')
            cfg = optarg;
        is_dry |= opt == 'n';
    }
    return run(argv[1], cfg, is_dry, argv + optind, argc - optind);
}
