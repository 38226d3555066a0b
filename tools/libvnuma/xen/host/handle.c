/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening and closing the connection to Xen.  Without Xen or without
 * permission there is a one-line diagnostic instead of libxl's log.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 5, 0))) static void
log_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
            const char *context, const char *format, va_list args)
{
    vnuma__log *log = (vnuma__log *)logger;
    int len;

    (void)context;
    if (level < XTL_ERROR)
        return;
    len = vsnprintf(log->last, sizeof(log->last), format, args);
    if (errnoval >= 0 && len >= 0 && (size_t)len < sizeof(log->last))
        snprintf(log->last + len, sizeof(log->last) - len, ": %s",
                 strerror(errnoval));
}

int vnuma__xen_failed(vnuma_xen *xen, vnuma_diags *diags, const char *what)
{
    vnuma__error(diags, "xen-refused", VNUMA__NOWHERE, "%s: %s", what,
                 xen->log.last[0] ? xen->log.last : strerror(errno));
    xen->log.last[0] = '\0';
    return VNUMA_ERROR_XEN;
}

/* Finds out why Xen cannot be reached, in the order a person would look. */
static int check_access(vnuma_diags *diags)
{
    static const char *const devices[] = { "/dev/xen/privcmd",
                                           "/proc/xen/privcmd" };
    unsigned int i;

    for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (!access(devices[i], R_OK | W_OK))
            return 0;
        if (errno != EACCES && errno != EPERM)
            continue;
        vnuma__error(diags, "no-permission", VNUMA__NOWHERE,
                     "no permission to talk to Xen (%s)", devices[i]);
        vnuma__hint(diags, "run this as root");
        errno = EACCES;
        return VNUMA_ERROR_XEN;
    }
    vnuma__error(diags, "no-xen", VNUMA__NOWHERE,
                 "no Xen is running here (there is no %s)", devices[0]);
    vnuma__hint(diags,
                "run this in dom0, or describe a host with --host FILE");
    errno = ENODEV;
    return VNUMA_ERROR_XEN;
}

/*
 * Toolstack and hypervisor must match: Xen refuses domctls of other releases.
 */
static int check_release(vnuma_xen *xen, vnuma_diags *diags)
{
    int version = xc_version(xen->xch, XENVER_version, NULL);
    char release[32];

    if (version < 0)
        return vnuma__xen_failed(xen, diags, "asking Xen for its version");
    snprintf(release, sizeof(release), "%d.%d", version >> 16,
             version & 0xffff);
    if (!strcmp(release, XEN_RELEASE))
        return 0;
    vnuma__error(diags, "other-release", VNUMA__NOWHERE,
                 "this was built for Xen %s, but Xen %s is running",
                 XEN_RELEASE, release);
    vnuma__hint(diags, "install the xl-vnuma for that release");
    errno = ENOTSUP;
    return VNUMA_ERROR_XEN;
}

static int open_xch(vnuma_xen *xen, vnuma_diags *diags)
{
    xen->log = (vnuma__log){
        .vtable = { .vmessage = log_message }, /* progress is not told */
    };
    xen->xch = xc_interface_open(&xen->log.vtable, &xen->log.vtable, 0);
    if (!xen->xch)
        return vnuma__xen_failed(xen, diags, "connecting to Xen");
    xen->hv.backend = xen->xch;
    return 0;
}

int vnuma__xen_borrow(vnuma_xen *xen, libxl_ctx *ctx, vnuma_diags *diags)
{
    memset(xen, 0, sizeof(*xen));
    xen->ctx = ctx;
    return open_xch(xen, diags);
}

int vnuma_xen_open(vnuma_xen **xen_r, vnuma_diags *diags)
{
    vnuma_xen *xen;
    int rc = check_access(diags);

    if (rc)
        return rc;
    xen = calloc(1, sizeof(*xen));
    if (!xen)
        return VNUMA_ERROR_NOMEM;
    rc = open_xch(xen, diags);
    if (!rc)
        rc = check_release(xen, diags);
    if (!rc && libxl_ctx_alloc(&xen->ctx, LIBXL_VERSION, 0, &xen->log.vtable))
        rc = vnuma__xen_failed(xen, diags, "connecting to Xen");
    if (rc)
        vnuma_xen_close(xen);
    else
        *xen_r = xen;
    return rc;
}

int vnuma__take_bitmap(const libxl_bitmap *from, vnuma_bitmap *to)
{
    unsigned int bit;
    int rc = 0;

    libxl_for_each_set_bit(bit, *from) {
        if (bit < VNUMA_BITMAP_MAX && !rc)
            rc = vnuma_bitmap_set(to, bit);
    }
    return rc;
}

void vnuma_xen_close(vnuma_xen *xen)
{
    int saved_errno = errno;

    if (!xen)
        return;
    if (xen->ctx)
        libxl_ctx_free(xen->ctx);
    if (xen->xch)
        xc_interface_close(xen->xch);
    free(xen);
    errno = saved_errno;
}
