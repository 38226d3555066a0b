/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirtd is started with.  It stands before three functions of libxl's
 * and, with inside/xc.c, before some of libxc's, and needs nothing but libc:
 * ld.so ends a program when something that a preloaded object needs is
 * missing, and another release of libxl would stand before the program's own.
 *
 * Whatever is wrong here is said once, and guests are then the program's as
 * they are without us.  Nothing here may end the process.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libvirt/core.h"

static inside_guests guests = { .tasks = VNUMA__TASKS_INIT };
inside_guests *inside = &guests;

/* ---- what is hidden ----------------------------------------------------- */

#define LIBXL "libxenlight.so."

/* In place of a function that is nowhere. */
static int nowhere(void)
{
    errno = ENOSYS;
    return ERROR_FAIL;
}

/* ld.so's lock is held here, so nothing is loaded yet. */
static int find_libxl(struct dl_phdr_info *info, size_t size, void *data)
{
    const char *name = strrchr(info->dlpi_name, '/');

    (void)size;
    name = name ? name + 1 : info->dlpi_name;
    if (strncmp(name, LIBXL, strlen(LIBXL)) != 0 ||
        strlen(info->dlpi_name) >= PATH_MAX)
        return 0;
    strcpy(data, info->dlpi_name);
    return 1;
}

/* Its libxl, and so the libxc and libxenguest that it is linked with. */
static void *libxl_of_process(void)
{
    static void *_Atomic found;
    void *handle = atomic_load(&found);
    char path[PATH_MAX];

    if (!handle && dl_iterate_phdr(find_libxl, path)) {
        handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
        atomic_store(&found, handle);
    }
    return handle;
}

/*
 * By its handle: libvirtd loads libxl with a module of its own, which need not
 * be in the scope that RTLD_NEXT looks at.
 */
void *inside_find_next(const char *name)
{
    void *libxl = libxl_of_process();
    void *next = libxl ? dlsym(libxl, name) : NULL;

    if (!next)
        next = dlsym(RTLD_NEXT, name);
    return next ? next : (void *)nowhere;
}

/* ---- the object that does the work -------------------------------------- */

static const virt_core *loaded;

/* The one next to this one. */
static void *open_core(void)
{
    char path[PATH_MAX];
    const char *slash;
    Dl_info us;

    if (!dladdr((void *)&guests, &us) || !us.dli_fname)
        return NULL;
    slash = strrchr(us.dli_fname, '/');
    if (!slash || snprintf(path, sizeof(path), "%.*s/" VIRT_CORE,
                           (int)(slash - us.dli_fname),
                           us.dli_fname) >= (int)sizeof(path))
        return NULL;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void load_core(void)
{
    __typeof__(&virt_core_begin) begin = NULL;
    char release[32];
    void *core;

    if (inside_other_release(release, sizeof(release))) {
        fprintf(stderr,
                "xl-vnuma: built for Xen " XEN_RELEASE ", but this libxl is "
                "of Xen %s: guests are built without xl-vnuma\n",
                release);
        return;
    }
    core = open_core();
    if (core)
        begin = (__typeof__(begin))dlsym(core, "virt_core_begin");
    if (begin)
        loaded = begin(&guests);
    else
        fprintf(stderr, "xl-vnuma: %s: guests are built without xl-vnuma\n",
                core ? "this is not its object" : dlerror());
}

/* NULL: there is none, which was said. */
static const virt_core *core_of_process(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_core);
    return loaded;
}

/* ---- between libvirt and libxl ------------------------------------------ */

/* Whether the hook has left something for a guest without cells. */
static bool is_wished(const libxl_domain_config *d_config)
{
    char path[sizeof(VIRT_WISHES) + LIBXL_UUID_FMTLEN + 2];

    snprintf(path, sizeof(path), VIRT_WISHES "/" LIBXL_UUID_FMT,
             LIBXL_UUID_BYTES(d_config->c_info.uuid));
    return !access(path, F_OK);
}

#undef libxl_domain_create_new
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                            uint32_t *domid, const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    __typeof__(&libxl_domain_create_new) real =
        INSIDE_NEXT(libxl_domain_create_new);
    const virt_core *core = NULL;

    /* With @ao_how it returns before there is something to settle. */
    if (!ao_how && (d_config->b_info.num_vnuma_nodes || is_wished(d_config)))
        core = core_of_process();
    return core ? core->create_new(real, ctx, d_config, domid, ao_how,
                                   aop_console_how)
                : real(ctx, d_config, domid, ao_how, aop_console_how);
}

#undef libxl_domain_create_restore
int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                                uint32_t *domid, int restore_fd,
                                int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how)
{
    __typeof__(&libxl_domain_create_restore) real =
        INSIDE_NEXT(libxl_domain_create_restore);
    const virt_core *core = ao_how ? NULL : core_of_process();

    return core ? core->create_restore(real, ctx, d_config, domid, restore_fd,
                                       send_back_fd, params, ao_how,
                                       aop_console_how)
                : real(ctx, d_config, domid, restore_fd, send_back_fd, params,
                       ao_how, aop_console_how);
}

#undef libxl_domain_suspend
int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how)
{
    __typeof__(&libxl_domain_suspend) real = INSIDE_NEXT(libxl_domain_suspend);
    const virt_core *core = ao_how ? NULL : core_of_process();

    return core ? core->suspend(real, ctx, domid, fd, flags, ao_how)
                : real(ctx, domid, fd, flags, ao_how);
}

/* ---- children ----------------------------------------------------------- */

static __typeof__(&execvp) real_execvp;

/*
 * Of a libxl-save-helper that restores, with the domain's number as its fifth
 * argument.  The list may have been locked by another thread at the fork, but
 * what it holds is whole at any time.
 */
static const vnuma__task *task_of_helper(char *const *args)
{
    const vnuma__task *task;
    unsigned int i;

    for (i = 0; i < 5; i++)
        if (!args[i])
            return NULL;
    for (task = guests.tasks.first; task; task = task->next)
        if (task->helper_env && task->domid == strtoul(args[4], NULL, 10))
            return task;
    return NULL;
}

int execvp(const char *file, char *const *args)
{
    const vnuma__task *task =
        inside_is_restorer(args) ? task_of_helper(args) : NULL;

    if (task)
        inside_enter_helper(task);
    return real_execvp(file, args);
}

/* Takes this object, whose path is @ours, out of LD_PRELOAD. */
static void leave_preload(const char *ours)
{
    const char *old = getenv("LD_PRELOAD");
    char *left = old ? strdup(old) : NULL, *word, *rest = left;
    char *kept = old ? calloc(1, strlen(old) + 2) : NULL;

    while (kept && left && (word = strsep(&rest, ": ")))
        if (*word && strcmp(word, ours) != 0) {
            strcat(kept, *kept ? ":" : "");
            strcat(kept, word);
        }
    if (kept && *kept)
        setenv("LD_PRELOAD", kept, 1);
    else
        unsetenv("LD_PRELOAD");
    free(kept);
    free(left);
}

/* What libvirtd starts must not load us. */
__attribute__((constructor)) static void load(void)
{
    Dl_info us;

    real_execvp = (__typeof__(real_execvp))dlsym(RTLD_NEXT, "execvp");
    if (dladdr((void *)&guests, &us) && us.dli_fname)
        leave_preload(us.dli_fname);
}
