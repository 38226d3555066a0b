/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object that "xl-vnuma create" loads into xl.  Inside xl, and only
 * there, it registers libvnuma-xen's builder hooks and stands between xl and
 * libxl_domain_create_new(): before the build it compares what xl understood
 * with what was planned, behind it it settles and reads back.  xl's monitor
 * re-creates the guest on reboot in the same process image, so all of this
 * happens again then.
 *
 * What happens is told to the xl-vnuma that started us, over a socket, one
 * message a line (report.h); on a reboot there is nobody any more, and errors
 * go to stderr, which is then xl's log.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xenctrl.h>

#include "report.h"
#include "vnuma_xen.h"

static int report_fd = -1;
static char *expected; /* from vnuma_xen_describe_plan(); NULL: not any more */
static const libxl_domain_config *current_config; /* the one being built */
static uint64_t current_pages;                    /* that it was given */

/* False: nobody listens. */
__attribute__((format(printf, 1, 2))) static bool tell(const char *format, ...)
{
    char message[REPORT_MAX];
    va_list args;
    int len;

    if (report_fd < 0)
        return false;
    va_start(args, format);
    len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (len >= (int)sizeof(message))
        len = sizeof(message) - 1;
    /* Nobody there is no reason to stop a build. */
    return len > 0 && send(report_fd, message, len, MSG_NOSIGNAL) >= 0;
}

static void tell_diags(const vnuma_diags *diags)
{
    unsigned int i;
    char *text;

    for (i = 0; i < diags->num_items; i++) {
        text = vnuma_diag_format(&diags->items[i], false);
        if (!tell(REPORT_ERROR " %s", text ? text : "no memory"))
            fprintf(stderr, "xl-vnuma: %s", text ? text : "no memory\n");
        free(text);
    }
}

/* ---- what the hooks say ----------------------------------------------------- */

static void started(void *user, uint32_t domid)
{
    char uuid[LIBXL_UUID_FMTLEN + 1] = "";

    (void)user;
    if (current_config)
        snprintf(uuid, sizeof(uuid), LIBXL_UUID_FMT,
                 LIBXL_UUID_BYTES(current_config->c_info.uuid));
    tell(REPORT_DOMAIN " %" PRIu32 " %s", domid, uuid);
}

static void progressed(void *user, uint32_t domid, uint32_t pnode,
                       uint64_t done_pages, uint64_t all_pages)
{
    (void)user;
    (void)domid;
    tell(REPORT_PROGRESS " %" PRIu32 " %" PRIu64 " %" PRIu64, pnode,
         done_pages, all_pages);
}

static void failed(void *user, uint32_t domid, const vnuma_diags *diags)
{
    (void)user;
    (void)domid;
    tell_diags(diags);
}

static void populated(void *user, uint32_t domid, const vnuma_xen_built *built)
{
    unsigned int i;

    (void)user;
    (void)domid;
    current_pages = built->num_pages;
    for (i = 0; i < built->num_shares; i++)
        tell(REPORT_SHARE " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64,
             built->shares[i].pnode, built->shares[i].num_1g,
             built->shares[i].num_2m, built->shares[i].num_4k);
    tell(REPORT_BUILT " %" PRIu64 " %" PRIu64, built->num_pages,
         built->num_calls);
}

/* libxl has filled in its defaults by the time that memory is built. */
static uint64_t later_memkb(void *user, uint32_t domid)
{
    (void)user;
    (void)domid;
    if (!current_config ||
        current_config->b_info.type != LIBXL_DOMAIN_TYPE_HVM ||
        current_config->b_info.video_memkb == LIBXL_MEMKB_DEFAULT)
        return 0;
    return current_config->b_info.video_memkb;
}

/* ---- in between xl and libxl --------------------------------------------------- */

typedef int create_new_fn(libxl_ctx *ctx, libxl_domain_config *d_config,
                          uint32_t *domid, const libxl_asyncop_how *ao_how,
                          const libxl_asyncprogress_how *aop_console_how);

typedef int domain_create_fn(xc_interface *xch, uint32_t *domid,
                             struct xen_domctl_createdomain *config);

/* What xl read may be another file than we did, or another understanding. */
static int compare_with_plan(const libxl_domain_config *d_config)
{
    char *understood;
    int rc = 0;

    if (!expected)
        return 0;
    understood = vnuma_xen_describe_build_info(&d_config->b_info);
    if (!understood || strcmp(understood, expected)) {
        tell(REPORT_ERROR
             " error: xl understood the file differently than planned: "
             "\"%s\", not \"%s\" [readers-differ]\n",
             understood ? understood : "", expected);
        rc = ERROR_INVAL;
    }
    free(understood);
    return rc;
}

static int settle(libxl_ctx *ctx, uint32_t domid,
                  const libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_settle(ctx, domid, d_config, current_pages, &diags);
    if (rc)
        tell_diags(&diags);
    else
        tell(REPORT_DONE " %" PRIu32, domid);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

/* The first guest is all that the xl-vnuma outside waits for. */
static void first_is_done(void)
{
    if (report_fd >= 0)
        close(report_fd);
    report_fd = -1;
    free(expected);
    expected = NULL;
}

#undef libxl_domain_create_new
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                            uint32_t *domid, const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    create_new_fn *real =
        (create_new_fn *)dlsym(RTLD_NEXT, "libxl_domain_create_new");
    int rc;

    if (!real)
        return ERROR_FAIL;
    if (!d_config->b_info.num_vnuma_nodes && !expected)
        return real(ctx, d_config, domid, ao_how, aop_console_how);

    current_config = d_config;
    current_pages = 0;
    rc = compare_with_plan(d_config);
    if (!rc && vnuma_xen_prepare(ctx, d_config)) {
        tell(REPORT_ERROR " error: cannot set the domain's node affinity "
                          "[xen-refused]\n");
        rc = ERROR_FAIL;
    }
    if (!rc)
        rc = real(ctx, d_config, domid, ao_how, aop_console_how);
    if (!rc)
        rc = settle(ctx, *domid, d_config);
    current_config = NULL;
    first_is_done();
    return rc;
}

/*
 * From here on there is a domain that has to go when xl is ended; its paging
 * pool alone can take seconds before the first hook runs.
 */
int xc_domain_create(xc_interface *xch, uint32_t *domid,
                     struct xen_domctl_createdomain *config)
{
    domain_create_fn *real =
        (domain_create_fn *)dlsym(RTLD_NEXT, "xc_domain_create");
    int r;

    if (!real) {
        errno = ENOSYS;
        return -1;
    }
    r = real(xch, domid, config);
    /* A device model's own domain has another handle. */
    if (!r && current_config &&
        !memcmp(config->handle,
                libxl_uuid_bytearray_const(&current_config->c_info.uuid),
                sizeof(config->handle)))
        started(NULL, *domid);
    return r;
}

/* ---- loading ---------------------------------------------------------------------- */

/* What xl starts must not load us again. */
static void restore_environment(void)
{
    const char *before = getenv(ENV_OLD_PRELOAD);

    if (before && *before)
        setenv("LD_PRELOAD", before, 1);
    else
        unsetenv("LD_PRELOAD");
    unsetenv(ENV_OLD_PRELOAD);
    unsetenv(ENV_REPORT_FD);
    unsetenv(ENV_PLAN);
}

static void take_environment(void)
{
    const char *fd = getenv(ENV_REPORT_FD), *plan = getenv(ENV_PLAN);

    if (fd && *fd) {
        report_fd = atoi(fd);
        if (fcntl(report_fd, F_SETFD, FD_CLOEXEC))
            report_fd = -1;
    }
    if (plan)
        expected = strdup(plan);
}

__attribute__((constructor)) static void load(void)
{
    static const vnuma_xen_hooks hooks = {
        .started = started,
        .progress = progressed,
        .failed = failed,
        .populated = populated,
        .later_memkb = later_memkb,
    };

    /* xl may be a shell script around the real one, as on Debian. */
    if (strcmp(program_invocation_short_name, "xl"))
        return;
    take_environment();
    restore_environment();
    if (vnuma_xen_hooks_register(&hooks)) {
        fprintf(stderr, "xl-vnuma: cannot register builder hooks: %s\n",
                strerror(errno));
        _exit(3);
    }
    tell(REPORT_HELLO " " XEN_RELEASE);
}
