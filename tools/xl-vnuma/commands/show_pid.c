/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show --pid, show --kvm: guests of KVM that run, or a copy of their /proc. */
#include "config.h"

#include "commands/show_pid.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/text.h"
#include "cli/guest_files.h"
#include "forms/forms.h"
#include "show/threads.h"

#define MAX_TASKS 65536u /* QEMU has some for each vcpu, disk and client */

typedef struct {
    uint32_t pid; /* 0: a folder was named */
    char *folder; /* owned; of the process */
    bool is_live; /* it is of a /proc, not a copy */
    cli_guest guest;
    vnuma_source maps, numa_maps;
    vnuma_topology *host; /* owned; NULL: not known */
    vnuma__residence nodes[VNUMA_MAX_VNODES];
    vnuma__thread *threads; /* owned; by number of vcpu */
    unsigned int num_threads;
} process;

static vnuma__text text_of(const vnuma_source *source)
{
    return vnuma__span_text((vnuma_span){ source, 0, source->len });
}

/* In a copy there may be devices and pipes; in /proc no file has a size. */
static int read_path(const process *p, const char *path, vnuma_source *source)
{
    return p->is_live ? vnuma_source_read(source, path)
                      : vnuma__source_read_regular(source, path);
}

/* A file of the process's folder. */
static int read_file(const process *p, const char *name, vnuma_source *source)
{
    char *path;
    int code;

    if (asprintf(&path, "%s/%s", p->folder, name) < 0)
        return cli_code(VNUMA_ERROR_NOMEM);
    code = cli_was_read(read_path(p, path, source), path);
    free(path);
    return code;
}

/* ---- threads ------------------------------------------------------------ */

/* Of a thread that ends meanwhile some files may be gone: they are empty. */
static int read_task_file(const process *p, uint32_t tid, const char *name,
                          vnuma_source *source)
{
    char *path;
    int rc;

    if (asprintf(&path, "%s/task/%u/%s", p->folder, tid, name) < 0)
        return VNUMA_ERROR_NOMEM;
    rc = read_path(p, path, source);
    free(path);
    return rc == VNUMA_ERROR_IO ? vnuma_source_set(source, name, "", 0) : rc;
}

static int keep_thread(process *p, uint32_t vcpu, uint32_t tid,
                       vnuma__text stat, vnuma__text status)
{
    if (!p->threads)
        p->threads = calloc(VNUMA__KVM_MAX_VCPUS, sizeof(*p->threads));
    if (!p->threads)
        return VNUMA_ERROR_NOMEM;
    if (p->threads[vcpu].is_known)
        return 0;
    if (vcpu >= p->num_threads)
        p->num_threads = vcpu + 1;
    return vnuma__thread_read(tid, stat, status, &p->threads[vcpu]);
}

static int read_task(process *p, uint32_t tid)
{
    vnuma_source comm = { 0 }, stat = { 0 }, status = { 0 };
    uint32_t vcpu;
    int rc = read_task_file(p, tid, "comm", &comm);

    if (!rc && vnuma__thread_is_vcpu(text_of(&comm), &vcpu)) {
        rc = read_task_file(p, tid, "stat", &stat);
        if (!rc)
            rc = read_task_file(p, tid, "status", &status);
        if (!rc)
            rc = keep_thread(p, vcpu, tid, text_of(&stat), text_of(&status));
    }
    vnuma_source_dispose(&comm);
    vnuma_source_dispose(&stat);
    vnuma_source_dispose(&status);
    return rc;
}

static int read_tasks(process *p)
{
    unsigned int num = 0;
    struct dirent *entry;
    char *path;
    DIR *dir;
    int rc = 0;

    if (asprintf(&path, "%s/task", p->folder) < 0)
        return cli_code(VNUMA_ERROR_NOMEM);
    dir = opendir(path);
    if (!dir && errno == ENOMEM)
        rc = VNUMA_ERROR_NOMEM;
    free(path);
    while (dir && !rc && num++ < MAX_TASKS && (entry = readdir(dir))) {
        vnuma__text name = { .ptr = entry->d_name,
                             .len = strlen(entry->d_name) };
        uint64_t tid;

        if (vnuma__text_to_u64(name, UINT32_MAX, &tid))
            rc = read_task(p, (uint32_t)tid);
    }
    if (dir)
        closedir(dir);
    return rc ? cli_code(rc) : CLI_OK;
}

/* ---- one guest ---------------------------------------------------------- */

/* A copy is of another host, unless that is given. */
static int read_host(process *p, const cli_options *options)
{
    if (!p->pid && !options->host_path)
        return CLI_OK;
    return cli_kvm_host_load(options, &p->host, ", so CPUs have no nodes");
}

static int read_all(process *p, const char *pid)
{
    int code = read_file(p, "cmdline", &p->guest.source);

    if (!code)
        code = read_file(p, "maps", &p->maps);
    if (!code)
        code = read_file(p, "numa_maps", &p->numa_maps);
    if (!code)
        code = cli_guest_check(&p->guest, pid, NULL, NULL, 0, true);
    if (code == CLI_REFUSED)
        cli_print_diags(&p->guest.diags);
    if (!code && !p->guest.config->kvm)
        code = cli_fail(CLI_REFUSED, "%s: this is no guest of KVM", pid);
    if (!code && !p->guest.config->num_vnodes &&
        vnuma__kvm_make_node(p->guest.config))
        code = cli_code(VNUMA_ERROR_NOMEM);
    return code ? code : read_tasks(p);
}

/* @json: of all, in a map; NULL: as a text */
static int answer(process *p, vnuma__json *json)
{
    const vnuma__process shown = { p->pid,   p->guest.config, p->host,
                                   p->nodes, p->threads,      p->num_threads };

    vnuma__residence_find(p->guest.config, text_of(&p->maps),
                          text_of(&p->numa_maps), p->nodes);
    if (!json)
        return cli_answer(vnuma__process_to_text(&shown));
    vnuma__process_put(json, &shown);
    return CLI_OK;
}

/* Also that of another root or container. */
static bool is_of_proc(const char *folder)
{
    struct statfs fs;

    return !statfs(folder, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

static int show_one(const cli_options *options, const char *pid,
                    vnuma__json *json)
{
    bool is_path = strchr(pid, '/') != NULL;
    process p = { .pid = is_path ? 0 : (uint32_t)strtoul(pid, NULL, 10) };
    unsigned int i;
    int code;

    if (asprintf(&p.folder, is_path ? "%s" : "/proc/%s", pid) < 0)
        return cli_code(VNUMA_ERROR_NOMEM);
    p.is_live = is_of_proc(p.folder);
    code = read_all(&p, pid);
    if (!code)
        code = read_host(&p, options);
    if (!code)
        code = answer(&p, json);
    for (i = 0; i < p.num_threads; i++)
        vnuma_bitmap_dispose(&p.threads[i].allowed);
    free(p.threads);
    free(p.folder);
    cli_guest_dispose(&p.guest);
    vnuma_topology_free(p.host);
    vnuma_source_dispose(&p.maps);
    vnuma_source_dispose(&p.numa_maps);
    return code;
}

int show_pid(const cli_options *options, const char *pid, bool json)
{
    vnuma__json one;
    char *text;
    int code;

    if (!json)
        return show_one(options, pid, NULL);
    vnuma__json_begin(&one, true);
    code = show_one(options, pid, &one);
    text = vnuma__json_finish(&one);
    if (!code)
        return cli_answer(text);
    free(text);
    return code;
}

/* ---- all guests --------------------------------------------------------- */

/* One that has ended meanwhile is none. */
static bool is_guest(const char *pid)
{
    vnuma_source source = { 0 };
    bool is_one = false;
    char *path;

    if (asprintf(&path, "/proc/%s/cmdline", pid) < 0)
        return false;
    /* A login shell is called "-bash", which could be an option. */
    if (!vnuma_source_read(&source, path))
        is_one = source.len && source.text[0] != '-' &&
                 vnuma__is_arguments(&source);
    free(path);
    vnuma_source_dispose(&source);
    return is_one;
}

static int is_number(const struct dirent *entry)
{
    return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

/* @json: an array that is open; NULL: as texts */
static int show_next(const cli_options *options, const char *pid,
                     bool is_first, vnuma__json *json)
{
    int code;

    if (!json) {
        fputs(is_first ? "" : "\n", stdout);
        return show_one(options, pid, NULL);
    }
    vnuma__json_map(json);
    code = show_one(options, pid, json);
    vnuma__json_end_map(json);
    return code;
}

int show_kvm(const cli_options *options, bool json)
{
    struct dirent **entries = NULL;
    int num = scandir("/proc", &entries, is_number, versionsort), i, code = 0;
    unsigned int num_guests = 0;
    vnuma__json all;

    if (num < 0)
        return cli_fail(CLI_ENVIRONMENT, "/proc: %s", strerror(errno));
    if (json) {
        vnuma__json_begin(&all, true);
        vnuma__json_add_array(&all, "guests");
    }
    for (i = 0; i < num; i++) {
        if (is_guest(entries[i]->d_name)) {
            int one = show_next(options, entries[i]->d_name, !num_guests++,
                                json ? &all : NULL);

            code = code ? code : one;
        }
        free(entries[i]);
    }
    free(entries);
    if (json) {
        vnuma__json_end_array(&all);
        i = cli_answer(vnuma__json_finish(&all));
        return code ? code : i;
    }
    if (!num_guests)
        puts("no guest of KVM runs here");
    return code;
}
