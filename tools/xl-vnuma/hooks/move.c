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
    /* If the name was given to another guest since we looked. */
    return domid != task->domid &&
           hooks_fail("xl would save domain %" PRIu32 ", not %" PRIu32
                      " [readers-differ]\n",
                      domid, task->domid);
}

static int make_record(vnuma__task *task, libxl_ctx *ctx, uint32_t domid,
                       const libxl_domain_config *d_config)
{
    vnuma_diags diags = { 0 };
    int rc;

    if (!task || task->is_recorded)
        return 0;
    if (is_other_domain(task, domid))
        return ERROR_FAIL;
    /* Before it is: without a configuration it is asked for through us. */
    task->is_recorded = true;
    rc = vnuma_xen_record_of(ctx, domid, d_config, &task->leaving_record,
                             &diags);
    task->is_recorded = !rc;
    return tell_result(rc, &diags) ? ERROR_FAIL : 0;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    int rc = INSIDE_NEXT(libxl_retrieve_domain_configuration)(ctx, domid,
                                                             d_config, ao_how);

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
    vnuma__task *task = process.leaving;

    if (task && make_record(task, ctx, task->domid, NULL))
        return NULL;
    return INSIDE_NEXT(libxl_domain_config_to_json)(ctx, config);
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how)
{
    vnuma__task *task = process.leaving;
    int rc;

    if (task && is_other_domain(task, domid))
        return ERROR_FAIL;
    /* A file that says it has the placement, and has not, is worse. */
    if (task &&
        (!task->is_recorded || (task->leaving_record && !task->is_written)))
        return hooks_fail("xl wrote no configuration that the guest's record "
                          "could follow [save-record]\n");
    if (task)
        task->is_suspending = task->leaving_record;
    rc = INSIDE_NEXT(libxl_domain_suspend)(ctx, domid, fd, flags, ao_how);
    if (task)
        task->is_suspending = false;
    if (!rc)
        tell(MESSAGE_DONE " %" PRIu32, domid);
    return rc;
}

/* What xl does afterwards changes nothing of what recover is to do. */
static void mark_last(void)
{
    process_mark_entry();
    process.entry[0] = '\0';
}

/* xl does so when all of the guest has left, and may be killed meanwhile. */
int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid,
                         const libxl_asyncop_how *ao_how)
{
    if (process.leaving && process.leaving->domid == domid)
        mark_last();
    return INSIDE_NEXT(libxl_domain_destroy)(ctx, domid, ao_how);
}

/* Whether this is the header of a saved guest, before a configuration. */
static bool is_header(const void *data, ssize_t sz)
{
    vnuma__save_head head;
    vnuma_diags ignored = { 0 };
    int rc;

    if (sz != VNUMA__SAVE_HEADER_LEN)
        return false;
    rc = vnuma__save_read_header(data, &head, &ignored);
    vnuma_diags_dispose(&ignored);
    return !rc && head.optional_len;
}

static bool is_message(const void *data, ssize_t sz, const char *message,
                       size_t len)
{
    return sz == (ssize_t)len && !memcmp(data, message, len);
}

/* The header is lengthened for the record, which follows the configuration. */
int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz,
                        const char *filename, const char *what)
{
    __typeof__(&libxl_write_exactly) real = INSIDE_NEXT(libxl_write_exactly);
    vnuma__task *task = process.leaving;
    const char *record = task ? task->leaving_record : NULL;
    bool is_config = record && task->is_config_next;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];
    int r;

    /* The sender has received it already. */
    if (process.head_fd >= 0 &&
        is_message(data, sz, MESSAGE_BANNER, strlen(MESSAGE_BANNER)))
        return 0;
    if (process.is_given && is_message(data, sz, MESSAGE_ANSWER_MESSAGE,
                                       sizeof(MESSAGE_ANSWER_MESSAGE))) {
        tell(MESSAGE_ANSWER);
        tell_no_more();
    }
    if (record && !is_config && is_header(data, sz)) {
        task->is_config_next = true;
        memcpy(header, data, sizeof(header));
        vnuma__save_lengthen(header, (uint32_t)strlen(record));
        data = header;
    }
    r = real(ctx, fd, data, sz, filename, what);
    if (!is_config)
        return r;
    task->is_config_next = false;
    if (!r)
        r = real(ctx, fd, record, (ssize_t)strlen(record), filename, what);
    task->is_written = !r;
    if (!r)
        tell(MESSAGE_RECORD);
    return r;
}

/* ---- restoring ---------------------------------------------------------- */

static int prepare_restored(vnuma__task *task, libxl_ctx *ctx,
                            libxl_domain_config *d_config)
{
    vnuma_diags diags = { 0 };
    int rc;
    Dl_info us;

    /* Without us the stock helper runs; inside_settle_restored() notices. */
    if (!dladdr((void *)&process, &us))
        us.dli_fname = NULL;
    rc = inside_prepare_restore(task, ctx, d_config, us.dli_fname, &diags);
    return tell_result(rc, &diags) ? ERROR_FAIL : 0;
}

/*
 * The guest's tables came with it, those of its acpi_firmware= too: that file
 * may not be here, and xl would read it when the guest reboots.
 */
static void leave_out_firmware(libxl_domain_config *d_config)
{
    if (!process.tables || d_config->b_info.type != LIBXL_DOMAIN_TYPE_HVM)
        return;
    free(d_config->b_info.u.hvm.acpi_firmware);
    d_config->b_info.u.hvm.acpi_firmware = NULL;
}

static int settle_restored(vnuma__task *task, libxl_ctx *ctx, uint32_t domid)
{
    vnuma_diags diags = { 0 };

    if (tell_result(inside_settle_restored(task, ctx, domid, &diags), &diags))
        return ERROR_FAIL;
    hooks_done(domid);
    return 0;
}

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                                uint32_t *domid, int restore_fd,
                                int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how)
{
    vnuma__task *task = hooks_begin(d_config);
    int rc = task ? 0 : ERROR_NOMEM;

    if (!rc && process.record) {
        task->record = process.record;
        leave_out_firmware(d_config);
        rc = prepare_restored(task, ctx, d_config);
    }
    if (!rc) {
        hooks_announce(task);
        process.coming = task;
        rc = INSIDE_NEXT(libxl_domain_create_restore)(
            ctx, d_config, domid, restore_fd, send_back_fd, params, ao_how,
            aop_console_how);
        process.coming = NULL;
    }
    if (!rc && task->record)
        rc = settle_restored(task, ctx, *domid);
    else if (!rc)
        hooks_done(*domid);
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

/* Until the sender gives the guest away, its copy there counts. */
static void hear_sender(const void *data, ssize_t sz)
{
    if (!is_message(data, sz, MESSAGE_GO_MESSAGE, sizeof(MESSAGE_GO_MESSAGE)))
        return;
    mark_last();
    tell(MESSAGE_GO);
    process.is_incoming = false;
    process.is_given = true;
}

/* Its copy is a guest now, or could not become one. */
static void hear_receiver(const void *data, ssize_t sz)
{
    if (process.is_answered && sz == 1 && !*(const char *)data)
        mark_last();
    process.is_answered = is_message(data, sz, MESSAGE_ANSWER_MESSAGE,
                                     sizeof(MESSAGE_ANSWER_MESSAGE));
}

/*
 * xl reads the beginning of an incoming guest (its header and the optional
 * data) from our file.
 */
int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz,
                       const char *filename, const char *what)
{
    int r;

    if (process.head_fd >= 0)
        return read_head(data, sz);
    r = INSIDE_NEXT(libxl_read_exactly)(ctx, fd, data, sz, filename, what);
    if (!r && process.is_incoming)
        hear_sender(data, sz);
    if (!r && process.leaving)
        hear_receiver(data, sz);
    return r;
}

/* In a child of xl, between fork() and exec. */
int execvp(const char *file, char *const *args)
{
    if (process.coming && process.coming->record && inside_is_restorer(args)) {
        tell_to_environment();
        inside_enter_helper(process.coming);
    }
    return INSIDE_NEXT(execvp)(file, args);
}
