/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object that xl-vnuma loads into xl: creating.  Inside xl, and only
 * there, it registers libvnuma-xen's builder hooks and wraps
 * libxl_domain_create_new(): before the build it compares what xl understood
 * with what was planned, and after it, it settles and reads back.  xl's
 * monitor re-creates the guest on reboot in the same process image, so all of
 * this happens again then.
 *
 * It reports to the xl-vnuma that started it, over a socket, one message a
 * packet (message.h).  On a reboot that process no longer exists, and errors
 * go to stderr, which is then xl's log.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl.h>
#include <libxlutil.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/process.h"
#include "hooks/tell.h"
#include "record/ledger.h"
#include "vnuma_xen.h"
#include "xen/build/built.h"

/* ---- what the hooks say ------------------------------------------------- */

static void guest_started(void *user, uint32_t domid)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);
    char uuid[LIBXL_UUID_FMTLEN + 1] = "";

    (void)user;
    if (task)
        snprintf(uuid, sizeof(uuid), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*task));
    tell(MESSAGE_DOMAIN " %" PRIu32 " %s", domid, uuid);
}

/* That also counts when xl-vnuma and xl are killed. */
static void write_down(const vnuma__task *task, uint32_t domid)
{
    char uuid[LIBXL_UUID_FMTLEN + 1];

    if (!*process.entry)
        return;
    snprintf(uuid, sizeof(uuid), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*task));
    if (vnuma__ledger_take(process.entry, domid, uuid))
        (void)hooks_fail("%s: %s: if all of this is killed, recover does not "
                         "find what it leaves [ledger]\n",
                         process.entry, strerror(errno));
}

static void domain_made(const vnuma__task *task)
{
    write_down(task, task->domid);
    guest_started(NULL, task->domid);
}

static void build_failed(void *user, uint32_t domid, const vnuma_diags *diags)
{
    (void)user;
    (void)domid;
    tell_diags(diags);
}

static void guest_populated(void *user, uint32_t domid,
                            const vnuma_xen_built *built)
{
    (void)user;
    tell_built(built);
    inside_populated(domid, built);
}

static const char *find_tables(uint32_t domid)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    return task ? task->acpi_tables : NULL;
}

/* ---- between xl and libxl ----------------------------------------------- */

/* xl may have read another file than we did, or understood it differently. */
static int compare_with_plan(const libxl_domain_config *d_config)
{
    char *understood;
    int rc = 0;

    if (!process.expected)
        return 0;
    understood = vnuma_xen_describe_build_info(&d_config->b_info);
    if (!understood || strcmp(understood, process.expected))
        rc = hooks_fail("xl understood the file differently than planned: "
                        "\"%s\", not \"%s\" [readers-differ]\n",
                        understood ? understood : "", process.expected);
    free(understood);
    return rc;
}

/* What libxlutil made of the bytes, which our reader has to make too. */
static int check_reading(const XLU_Config *cfg, const vnuma_source *source)
{
    vnuma_diags diags = { 0 };

    return tell_result(vnuma_xen_compare(source, cfg, &diags), &diags) ? EINVAL
                                                                       : 0;
}

/* What xl-vnuma adds to the file is last, where it counts. */
int xlu_cfg_readdata(XLU_Config *cfg, const char *data, int length)
{
    vnuma_source source = { 0 };
    int r;

    if (!process.file)
        return INSIDE_NEXT(xlu_cfg_readdata)(cfg, data, length);
    r = vnuma_source_set(&source, process.file, data, (size_t)length);
    if (!r && process.setting)
        r = vnuma_source_append(&source, process.setting);
    r = r || vnuma_source_append_end(&source)
            ? ENOMEM
            : INSIDE_NEXT(xlu_cfg_readdata)(cfg, source.text, (int)source.len);
    r = r ? r : check_reading(cfg, &source);
    vnuma_source_dispose(&source);
    return r;
}

static int prepare_guest(libxl_ctx *ctx, libxl_domain_config *d_config)
{
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_prepare(ctx, d_config, process.pin, &diags);

    return tell_result(rc, &diags) ? ERROR_FAIL : 0;
}

vnuma__task *hooks_begin(const libxl_domain_config *d_config)
{
    vnuma__task *task = vnuma__task_begin(
        &inside->tasks, libxl_uuid_bytearray_const(&d_config->c_info.uuid),
        VNUMA__NO_DOMID);

    if (!task) {
        (void)hooks_fail("no memory to build the guest [no-memory]\n");
        return NULL;
    }
    task->config = d_config;
    task->membinds = process.membinds;
    task->acpi_tables = process.tables;
    return task;
}

/*
 * xl may be killed while Xen makes the domain, before its number is known: then
 * it is the one of this UUID that has no name, whatever others have the UUID.
 */
void hooks_announce(const vnuma__task *task)
{
    write_down(task, VNUMA_ID_UNKNOWN);
    tell(MESSAGE_BEGIN " " LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*task));
}

void hooks_done(uint32_t domid)
{
    process_mark_entry();
    tell(MESSAGE_DONE " %" PRIu32, domid);
}

int hooks_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task)
{
    vnuma_diags diags = { 0 };

    if (tell_result(inside_settle(ctx, domid, task, &diags), &diags))
        return ERROR_FAIL;
    hooks_done(domid);
    return 0;
}

/* The xl-vnuma outside waits only for the first guest. */
void hooks_end(vnuma__task *task)
{
    vnuma__task_end(&inside->tasks, task);
    /* For an incoming guest there is more to report. */
    if (!process.is_incoming) {
        tell_no_more();
        process.entry[0] = '\0'; /* it may be built again, by itself */
    }
    free(process.expected);
    process.expected = NULL;
}

#undef libxl_domain_create_new
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                            uint32_t *domid, const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    __typeof__(&libxl_domain_create_new) real =
        INSIDE_NEXT(libxl_domain_create_new);
    vnuma__task *task;
    int rc;

    if (!d_config->b_info.num_vnuma_nodes && !process.expected)
        return real(ctx, d_config, domid, ao_how, aop_console_how);

    task = hooks_begin(d_config);
    rc = task ? compare_with_plan(d_config) : ERROR_NOMEM;
    if (!rc)
        rc = prepare_guest(ctx, d_config);
    if (!rc) {
        hooks_announce(task);
        rc = real(ctx, d_config, domid, ao_how, aop_console_how);
    }
    if (!rc)
        rc = hooks_settle(ctx, *domid, task);
    hooks_end(task);
    return rc;
}

/* ---- loading ------------------------------------------------------------ */

/*
 * What xl has done by now takes nothing and changes nothing, so it may be done
 * while xl-vnuma plans.
 */
int libxl_ctx_alloc(libxl_ctx **pctx, int version, unsigned flags,
                    xentoollog_logger *lg)
{
    int rc = INSIDE_NEXT(libxl_ctx_alloc)(pctx, version, flags, lg);

    process_wait();
    return rc;
}

/* glibc gives constructors what it gives main(). */
__attribute__((constructor)) static void load_hooks(int argc, char **argv)
{
    static const vnuma_xen_hooks hooks = {
        .started = guest_started,
        .progress = tell_progress,
        .failed = build_failed,
        .populated = guest_populated,
        .later_memkb = inside_later_memkb,
        .membind = inside_membind,
    };
    char release[32];

    (void)argc;
    /* xl may be a shell script around the real one, as on Debian. */
    if (strcmp(program_invocation_short_name, "xl"))
        return;
    inside->made = domain_made;
    process_begin(argv);
    tell(MESSAGE_HELLO " " XEN_RELEASE);
    if (inside_other_release(release, sizeof(release))) {
        fprintf(stderr,
                "xl-vnuma: built for Xen " XEN_RELEASE
                ", but this xl is of Xen "
                "%s: install the xl-vnuma for that release\n",
                release);
        _exit(3);
    }
    vnuma__find_tables = find_tables;
    if (vnuma_xen_hooks_register(&hooks)) {
        fprintf(stderr, "xl-vnuma: cannot register builder hooks: %s\n",
                strerror(errno));
        _exit(3);
    }
}
