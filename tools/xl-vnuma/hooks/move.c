/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside an xl that saves or restores.
 *
 * Saving: libxl asks Xen one question to refuse guests with vNUMA; it is
 * answered here.  Our record is written after the configuration, where xl
 * skips what it does not know.  The record is made from what xl has read of
 * the guest, because reading that again asks a device model, which is slow.
 *
 * Restoring: the guest's vnodes get the planned pnodes before libxl sees them,
 * and libxl-save-helper, which populates the memory, is started with this
 * object loaded.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenctrl.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/process.h"
#include "hooks/tell.h"
#include "record/savefile.h"
#include "vnuma_xen.h"

/* ---- saving ------------------------------------------------------------- */

static bool is_other_domain(const vnuma__task *task, uint32_t domid)
{
    if (domid == task->domid)
        return false;
    /* The name was given to another guest since we looked. */
    tell(MESSAGE_ERROR " error: xl would save domain %" PRIu32 ", not %" PRIu32
                      " [readers-differ]\n",
         domid, task->domid);
    return true;
}

static int make_record(vnuma__task *task, libxl_ctx *ctx, uint32_t domid,
                       const libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    if (!task || task->is_recorded)
        return 0;
    if (is_other_domain(task, domid))
        return ERROR_FAIL;
    vnuma_diags_init(&diags);
    /* Before it is: without a configuration it is asked for through us. */
    task->is_recorded = true;
    rc = vnuma_xen_record_of(ctx, domid, d_config, &task->leaving_record,
                             &diags);
    task->is_recorded = !rc;
    tell_diags(&diags);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    HOOKS_NEXT(real, libxl_retrieve_domain_configuration);
    int rc;

    if (!real)
        return ERROR_FAIL;
    rc = real(ctx, domid, d_config, ao_how);
    if (!rc && !ao_how)
        rc = make_record(process.leaving, ctx, domid, d_config);
    return rc;
}

/*
 * xl calls this before it opens the file.  If the user gives another
 * configuration, xl has not read the guest's own, so the record is made here.
 */
char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *config)
{
    HOOKS_NEXT(real, libxl_domain_config_to_json);
    vnuma__task *task = process.leaving;

    if (!real)
        return NULL;
    if (task && make_record(task, ctx, task->domid, NULL))
        return NULL;
    return real(ctx, config);
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how)
{
    HOOKS_NEXT(real, libxl_domain_suspend);
    vnuma__task *task = process.leaving;
    int rc;

    if (!real)
        return ERROR_FAIL;
    if (task && is_other_domain(task, domid))
        return ERROR_FAIL;
    if (task &&
        (!task->is_recorded || (task->leaving_record && !task->is_written))) {
        /* A file that says it has the placement, and has not, is worse. */
        tell(MESSAGE_ERROR " error: xl wrote no configuration that the "
                          "guest's record could follow [save-record]\n");
        return ERROR_FAIL;
    }
    if (task)
        task->is_suspending = task->leaving_record;
    rc = real(ctx, domid, fd, flags, ao_how);
    if (task)
        task->is_suspending = false;
    if (!rc)
        tell(MESSAGE_DONE " %" PRIu32, domid);
    return rc;
}

int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
                       uint32_t *nr_vmemranges, uint32_t *nr_vcpus,
                       xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode)
{
    HOOKS_NEXT(real, xc_domain_getvnuma);
    const vnuma__task *task = vnuma__task_find(&process.tasks, domid);

    if (task && task->is_suspending && !vmemrange && !vdistance &&
        !vcpu_to_vnode) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!real)
        return -1;
    return real(xch, domid, nr_vnodes, nr_vmemranges, nr_vcpus, vmemrange,
                vdistance, vcpu_to_vnode);
}

/* Whether this is the header of a saved guest, before a configuration. */
static bool is_header(const void *data, ssize_t sz)
{
    vnuma__save_head head;
    vnuma_diags ignored;
    int rc;

    if (sz != VNUMA__SAVE_HEADER_LEN)
        return false;
    vnuma_diags_init(&ignored);
    rc = vnuma__save_read_header(data, &head, &ignored);
    vnuma_diags_dispose(&ignored);
    return !rc && head.optional_len;
}

static bool is_banner(const void *data, ssize_t sz)
{
    return sz == (ssize_t)strlen(MESSAGE_BANNER) &&
           !memcmp(data, MESSAGE_BANNER, (size_t)sz);
}

static bool is_answer(const void *data, ssize_t sz)
{
    return process.is_given && sz == sizeof(MESSAGE_ANSWER_MESSAGE) &&
           !memcmp(data, MESSAGE_ANSWER_MESSAGE, (size_t)sz);
}

static int write_config_and_record(vnuma__task *task, libxl_ctx *ctx, int fd,
                                   const void *data, ssize_t sz,
                                   const char *filename, const char *what)
{
    HOOKS_NEXT(real, libxl_write_exactly);
    int r;

    r = real(ctx, fd, data, sz, filename, what);
    if (!r)
        r = real(ctx, fd, task->leaving_record,
                 (ssize_t)strlen(task->leaving_record), filename, what);
    task->is_written = !r;
    if (task->is_written)
        tell(MESSAGE_RECORD);
    return r;
}

/* The header is lengthened for the record, which the next write adds. */
int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz,
                        const char *filename, const char *what)
{
    HOOKS_NEXT(real, libxl_write_exactly);
    vnuma__task *task = process.leaving;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];

    if (!real)
        return ENOSYS;
    /* The sender has received it already. */
    if (process.head_fd >= 0 && is_banner(data, sz))
        return 0;
    if (is_answer(data, sz)) {
        tell(MESSAGE_ANSWER);
        tell_no_more();
    }
    if (!task || !task->leaving_record)
        return real(ctx, fd, data, sz, filename, what);
    if (task->is_config_next) {
        task->is_config_next = false;
        return write_config_and_record(task, ctx, fd, data, sz, filename,
                                       what);
    }
    if (!is_header(data, sz))
        return real(ctx, fd, data, sz, filename, what);
    task->is_config_next = true;
    memcpy(header, data, sizeof(header));
    vnuma__save_lengthen(header, (uint32_t)strlen(task->leaving_record));
    return real(ctx, fd, header, sz, filename, what);
}

/* ---- restoring ---------------------------------------------------------- */

static int prepare_restored(vnuma__task *task, libxl_ctx *ctx,
                            libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_prepare_restore(ctx, d_config, task->record,
                                   &task->target_memkb, &diags);
    if (rc)
        tell_diags(&diags);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

static int fail_restore(const char *what)
{
    tell(MESSAGE_ERROR " error: %s: %s [no-memory]\n", what, strerror(errno));
    return ERROR_FAIL;
}

/* The process that populates the memory writes the result here. */
static int open_built(vnuma__task *task)
{
    task->built_fd = memfd_create("xl-vnuma-built", MFD_CLOEXEC);
    return task->built_fd < 0 ? fail_restore("restoring the guest") : 0;
}

/* If our object was not in libxl-save-helper, memory may be anywhere. */
static int take_built(vnuma__task *task)
{
    vnuma_xen_built built;

    if (!tell_read_built(task->built_fd, &built)) {
        tell(MESSAGE_ERROR " error: libxl-save-helper did not report where it "
                          "put the guest's memory [read-back]\n");
        return ERROR_FAIL;
    }
    vnuma__task_take_built(task, &built);
    return 0;
}

/* What was ballooned out stays so. */
static int settle_restored(vnuma__task *task, libxl_ctx *ctx, uint32_t domid)
{
    int rc = take_built(task);

    if (rc)
        return rc;
    if (task->target_memkb < task->config->b_info.max_memkb)
        rc = libxl_set_memory_target(ctx, domid, (int64_t)task->target_memkb,
                                     0, 1);
    return rc ? rc : hooks_settle(ctx, domid, task);
}

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                                uint32_t *domid, int restore_fd,
                                int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how)
{
    HOOKS_NEXT(real, libxl_domain_create_restore);
    vnuma__task *task;
    int rc;

    if (!real)
        return ERROR_FAIL;
    task = hooks_begin(d_config);
    rc = task ? 0 : ERROR_NOMEM;
    if (!rc && process.record) {
        task->record = process.record;
        rc = prepare_restored(task, ctx, d_config);
        if (!rc)
            rc = open_built(task);
    }
    if (!rc) {
        hooks_announce(ctx, task);
        process.coming = task;
        rc = real(ctx, d_config, domid, restore_fd, send_back_fd, params,
                  ao_how, aop_console_how);
        process.coming = NULL;
    }
    if (!rc && task->record)
        rc = settle_restored(task, ctx, *domid);
    else if (!rc)
        tell(MESSAGE_DONE " %" PRIu32, *domid);
    if (task && task->built_fd >= 0)
        close(task->built_fd);
    hooks_end(task);
    free(process.record);
    process.record = NULL;
    return rc;
}

/* From the file in which xl-vnuma has kept what it read. */
static int read_head(void *data, ssize_t sz)
{
    struct stat st;

    if (read(process.head_fd, data, (size_t)sz) != sz)
        return EIO;
    if (fstat(process.head_fd, &st) ||
        lseek(process.head_fd, 0, SEEK_CUR) == st.st_size) {
        close(process.head_fd);
        process.head_fd = -1;
    }
    return 0;
}

/*
 * xl reads the beginning of an incoming guest (its header and the optional
 * data) from our file.  When the sender gives the guest away, that is
 * reported: until then the sender's copy counts.
 */
int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz,
                       const char *filename, const char *what)
{
    HOOKS_NEXT(real, libxl_read_exactly);
    int r;

    if (!real)
        return ENOSYS;
    if (process.head_fd >= 0)
        return read_head(data, sz);
    r = real(ctx, fd, data, sz, filename, what);
    if (!r && process.is_incoming && sz == sizeof(MESSAGE_GO_MESSAGE) &&
        !memcmp(data, MESSAGE_GO_MESSAGE, (size_t)sz)) {
        tell(MESSAGE_GO);
        process.is_incoming = false;
        process.is_given = true;
    }
    return r;
}

/* In a child of xl, between fork() and exec. */
static void load_us_into_helper(void)
{
    const vnuma__task *task = process.coming;
    const char *old = getenv("LD_PRELOAD");
    char *preload, target[24], fd[16];
    Dl_info us;

    /* On failure the stock helper runs; take_built() notices that. */
    if (!dladdr((void *)&process, &us) || !us.dli_fname ||
        asprintf(&preload, "%s%s%s", us.dli_fname, old ? ":" : "",
                 old ? old : "") < 0)
        return;
    snprintf(target, sizeof(target), "%" PRIu64, task->target_memkb);
    setenv("LD_PRELOAD", preload, 1);
    setenv(ENV_RESTORE_RECORD, task->record, 1);
    setenv(ENV_TARGET, target, 1);
    snprintf(fd, sizeof(fd), "%d", task->built_fd);
    if (!fcntl(task->built_fd, F_SETFD, 0))
        setenv(ENV_BUILT_FD, fd, 1);
    tell_to_environment();
    free(preload);
}

int execvp(const char *file, char *const *args)
{
    HOOKS_NEXT(real, execvp);

    if (!real)
        return -1;
    if (process.coming && process.coming->record && args[0] && args[1] &&
        !strcmp(args[1], "--restore-domain"))
        load_us_into_helper();
    return real(file, args);
}
