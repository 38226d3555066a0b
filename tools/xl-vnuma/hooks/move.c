/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside an xl that saves or restores.
 *
 * Saving: libxl refuses guests with vNUMA by one question to Xen, which is
 * answered here; and xl's header gets our record behind the configuration,
 * where xl passes over what it does not know.  The record is made of what xl
 * has read of the guest, because reading that asks a device model, which takes
 * its time.
 *
 * Restoring: the guest's vnodes get the pnodes that were planned before libxl
 * sees them, and libxl-save-helper, which populates the memory, is started
 * with this object loaded.
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
#include "hooks/next.h"
#include "hooks/tell.h"
#include "record/savefile.h"
#include "vnuma_xen.h"

static bool is_leaving;      /* a guest, save_domid */
static uint32_t save_domid;
static char *save_record;    /* of it; NULL: it has none */
static bool is_recorded;     /* that much is known */
static char *restore_record; /* of one that comes, with its new pnodes */
static bool is_suspending;
static bool is_written; /* the record, behind the configuration */
static uint64_t target_memkb; /* of the guest that comes */
static bool is_restoring;
static bool is_incoming;
static bool is_given; /* by its sender, who waits for an answer */
static int built_fd = -1; /* where libxl-save-helper writes what it built */
static int head_fd = -1; /* what was read of its stream; -1: no more */

static char *take_variable(const char *name)
{
    const char *value = getenv(name);
    char *copy = value && *value ? strdup(value) : NULL;

    unsetenv(name);
    return copy;
}

static int take_fd(const char *name)
{
    char *text = take_variable(name);
    int fd = text ? atoi(text) : -1;

    free(text);
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC))
        fd = -1;
    return fd;
}

void preload_move_from_environment(void)
{
    char *domid = take_variable(ENV_SAVE_DOMID);

    head_fd = take_fd(ENV_HEAD_FD);
    is_incoming = head_fd >= 0;
    restore_record = take_variable(ENV_RESTORE_RECORD);
    is_leaving = domid;
    save_domid = domid ? (uint32_t)strtoul(domid, NULL, 10) : 0;
    free(domid);
}

bool preload_is_incoming(void)
{
    return is_incoming;
}

/* ---- saving --------------------------------------------------------------------- */

static bool is_other_domain(uint32_t domid)
{
    if (domid == save_domid)
        return false;
    /* Its name went to another guest since we looked. */
    tell(REPORT_ERROR " error: xl would save domain %" PRIu32 ", not %" PRIu32
                      " [readers-differ]\n",
         domid, save_domid);
    return true;
}

static int make_record(libxl_ctx *ctx, uint32_t domid,
                       const libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    if (is_other_domain(domid))
        return ERROR_FAIL;
    vnuma_diags_init(&diags);
    /* Before it is: without a configuration it is asked for through us. */
    is_recorded = true;
    rc = vnuma_xen_record_of(ctx, domid, d_config, &save_record, &diags);
    is_recorded = !rc;
    tell_diags(&diags);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    PRELOAD_NEXT(real, libxl_retrieve_domain_configuration);
    int rc;

    if (!real)
        return ERROR_FAIL;
    rc = real(ctx, domid, d_config, ao_how);
    if (!rc && !ao_how && is_leaving && !is_recorded)
        rc = make_record(ctx, domid, d_config);
    return rc;
}

/*
 * What goes into the file, which is not yet opened.  Given another
 * configuration, xl has not read the guest's own.
 */
char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *config)
{
    PRELOAD_NEXT(real, libxl_domain_config_to_json);

    if (!real)
        return NULL;
    if (is_leaving && !is_recorded && make_record(ctx, save_domid, NULL))
        return NULL;
    return real(ctx, config);
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how)
{
    PRELOAD_NEXT(real, libxl_domain_suspend);
    int rc;

    if (!real)
        return ERROR_FAIL;
    if (is_leaving && is_other_domain(domid))
        return ERROR_FAIL;
    if (is_leaving && (!is_recorded || (save_record && !is_written))) {
        /* A file that says it has the places, and has not, is worse. */
        tell(REPORT_ERROR " error: xl wrote no configuration behind which "
                          "the guest's places could stand [save-record]\n");
        return ERROR_FAIL;
    }
    is_suspending = save_record;
    rc = real(ctx, domid, fd, flags, ao_how);
    is_suspending = false;
    if (!rc)
        tell(REPORT_DONE " %" PRIu32, domid);
    return rc;
}

int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
                       uint32_t *nr_vmemranges, uint32_t *nr_vcpus,
                       xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode)
{
    PRELOAD_NEXT(real, xc_domain_getvnuma);

    if (is_suspending && !vmemrange && !vdistance && !vcpu_to_vnode) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!real)
        return -1;
    return real(xch, domid, nr_vnodes, nr_vmemranges, nr_vcpus, vmemrange,
                vdistance, vcpu_to_vnode);
}

/*
 * Whether xl is about to write the header of a saved guest, with a
 * configuration to follow.
 */
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
    return sz == (ssize_t)strlen(REPORT_BANNER) &&
           !memcmp(data, REPORT_BANNER, (size_t)sz);
}

static bool is_answer(const void *data, ssize_t sz)
{
    return is_given && sz == sizeof(REPORT_ANSWER_MESSAGE) &&
           !memcmp(data, REPORT_ANSWER_MESSAGE, (size_t)sz);
}

static int write_config_and_record(libxl_ctx *ctx, int fd, const void *data,
                                   ssize_t sz, const char *filename,
                                   const char *what)
{
    PRELOAD_NEXT(real, libxl_write_exactly);
    int r;

    r = real(ctx, fd, data, sz, filename, what);
    if (!r)
        r = real(ctx, fd, save_record, (ssize_t)strlen(save_record), filename,
                 what);
    is_written = !r;
    if (is_written)
        tell(REPORT_RECORD);
    return r;
}

/* The header promises more, and the write behind it keeps that. */
int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz,
                        const char *filename, const char *what)
{
    PRELOAD_NEXT(real, libxl_write_exactly);
    static bool is_config_next;
    uint8_t header[VNUMA__SAVE_HEADER_LEN];

    if (!real)
        return ENOSYS;
    /* The sender has had it already. */
    if (head_fd >= 0 && is_banner(data, sz))
        return 0;
    if (is_answer(data, sz)) {
        tell(REPORT_ANSWER);
        tell_no_more();
    }
    if (is_config_next) {
        is_config_next = false;
        return write_config_and_record(ctx, fd, data, sz, filename, what);
    }
    if (!save_record || !is_header(data, sz))
        return real(ctx, fd, data, sz, filename, what);
    is_config_next = true;
    memcpy(header, data, sizeof(header));
    vnuma__save_lengthen(header, (uint32_t)strlen(save_record));
    return real(ctx, fd, header, sz, filename, what);
}

/* ---- restoring ------------------------------------------------------------------- */

static int prepare(libxl_ctx *ctx, libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_prepare_restore(ctx, d_config, restore_record,
                                   &target_memkb, &diags);
    if (rc)
        tell_diags(&diags);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

static int fail(const char *what)
{
    tell(REPORT_ERROR " error: %s: %s [no-memory]\n", what, strerror(errno));
    return ERROR_FAIL;
}

/* The memory is populated in another process, which leaves word here. */
static int open_built(void)
{
    built_fd = memfd_create("xl-vnuma-built", MFD_CLOEXEC);
    return built_fd < 0 ? fail("restoring the guest") : 0;
}

/* Without our object libxl-save-helper has put memory anywhere. */
static int take_built(void)
{
    vnuma_xen_built built;

    if (!tell_read_built(built_fd, &built)) {
        tell(REPORT_ERROR " error: libxl-save-helper has not told where it "
                          "put the guest's memory [read-back]\n");
        return ERROR_FAIL;
    }
    preload_take_built(&built);
    return 0;
}

/* What was ballooned out stays so. */
static int settle(libxl_ctx *ctx, uint32_t domid,
                  const libxl_domain_config *d_config)
{
    int rc = take_built();

    if (rc)
        return rc;
    if (target_memkb < d_config->b_info.max_memkb)
        rc = libxl_set_memory_target(ctx, domid, (int64_t)target_memkb, 0, 1);
    return rc ? rc : preload_settle(ctx, domid, d_config);
}

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                                uint32_t *domid, int restore_fd,
                                int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how)
{
    PRELOAD_NEXT(real, libxl_domain_create_restore);
    int rc = 0;

    if (!real)
        return ERROR_FAIL;
    if (restore_record)
        rc = prepare(ctx, d_config);
    if (!rc && restore_record)
        rc = open_built();
    if (!rc) {
        preload_begin(ctx, d_config);
        is_restoring = restore_record;
        rc = real(ctx, d_config, domid, restore_fd, send_back_fd, params,
                  ao_how, aop_console_how);
        is_restoring = false;
    }
    if (!rc && restore_record)
        rc = settle(ctx, *domid, d_config);
    else if (!rc)
        tell(REPORT_DONE " %" PRIu32, *domid);
    preload_end();
    if (built_fd >= 0)
        close(built_fd);
    built_fd = -1;
    free(restore_record);
    restore_record = NULL;
    return rc;
}

/* From the file of the process outside, which has planned by it. */
static int read_head(void *data, ssize_t sz)
{
    struct stat st;

    if (read(head_fd, data, (size_t)sz) != sz)
        return EIO;
    if (fstat(head_fd, &st) || lseek(head_fd, 0, SEEK_CUR) == st.st_size) {
        close(head_fd);
        head_fd = -1;
    }
    return 0;
}

/*
 * The beginning of an incoming guest, xl's header and the optional data, is
 * read again; and when the sender gives it away, that is told: before that the
 * sender still has it, and ours is nobody's.
 */
int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz,
                       const char *filename, const char *what)
{
    PRELOAD_NEXT(real, libxl_read_exactly);
    int r;

    if (!real)
        return ENOSYS;
    if (head_fd >= 0)
        return read_head(data, sz);
    r = real(ctx, fd, data, sz, filename, what);
    if (!r && is_incoming && sz == sizeof(REPORT_GO_MESSAGE) &&
        !memcmp(data, REPORT_GO_MESSAGE, (size_t)sz)) {
        tell(REPORT_GO);
        is_incoming = false;
        is_given = true;
    }
    return r;
}

/* In a child of xl, between fork() and exec. */
static void load_us_into_helper(void)
{
    const char *old = getenv("LD_PRELOAD");
    char *preload, target[24], fd[16];
    Dl_info us;

    /* Without us it is the stock helper, which is found out afterwards. */
    if (!dladdr((void *)&is_restoring, &us) || !us.dli_fname ||
        asprintf(&preload, "%s%s%s", us.dli_fname, old ? ":" : "",
                 old ? old : "") < 0)
        return;
    snprintf(target, sizeof(target), "%" PRIu64, target_memkb);
    setenv("LD_PRELOAD", preload, 1);
    setenv(ENV_RESTORE_RECORD, restore_record, 1);
    setenv(ENV_TARGET, target, 1);
    snprintf(fd, sizeof(fd), "%d", built_fd);
    if (!fcntl(built_fd, F_SETFD, 0))
        setenv(ENV_BUILT_FD, fd, 1);
    tell_to_environment();
    free(preload);
}

int execvp(const char *file, char *const *args)
{
    PRELOAD_NEXT(real, execvp);

    if (!real)
        return -1;
    if (is_restoring && args[0] && args[1] &&
        !strcmp(args[1], "--restore-domain"))
        load_us_into_helper();
    return real(file, args);
}
