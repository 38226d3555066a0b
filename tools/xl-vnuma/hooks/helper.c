/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside libxl-save-helper while it restores: where its library asks for
 * pages to be populated, they are there already, each on its pnode.  Its
 * standard output is its conversation with libxl: nothing is printed.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/next.h"
#include "hooks/tell.h"
#include "vnuma_xen.h"

static int built_fd = -1; /* xl's, where it finds what was built */
static vnuma_xen_refill *refill; /* NULL: none of ours is being restored */

static void populated(void *user, uint32_t domid, const vnuma_xen_built *built)
{
    (void)user;
    (void)domid;
    /* Without that xl refuses the guest. */
    if (built_fd >= 0)
        tell_write_built(built_fd, built);
    tell_built(built);
}

static const vnuma_xen_hooks hooks = {
    .progress = tell_progress,
    .populated = populated,
};

/* libxc wants -1 and an errno; the reason has been told. */
static int finish(int rc, vnuma_diags *diags)
{
    if (rc)
        tell_diags(diags);
    vnuma_diags_dispose(diags);
    if (rc)
        errno = rc == VNUMA_ERROR_NOMEM || rc == VNUMA_ERROR_NOFIT ? ENOMEM
                                                                   : EINVAL;
    return rc ? -1 : 0;
}

static int begin(xc_interface *xch, uint32_t domid)
{
    const char *record = getenv(ENV_RESTORE_RECORD);
    const char *target = getenv(ENV_TARGET);
    const char *built = getenv(ENV_BUILT_FD);
    vnuma_diags diags;
    int rc;

    if (!record)
        return 0;
    tell_from_environment();
    if (built)
        built_fd = atoi(built);
    vnuma_diags_init(&diags);
    rc = vnuma_xen_refill_begin(
        xch, domid, record, target ? strtoull(target, NULL, 10) : UINT64_MAX,
        &hooks, &refill, &diags);
    return finish(rc, &diags);
}

static int end(bool is_good)
{
    vnuma_diags diags;
    int rc;

    if (!refill)
        return 0;
    vnuma_diags_init(&diags);
    rc = vnuma_xen_refill_end(refill, is_good, &diags);
    refill = NULL;
    return finish(rc, &diags);
}

int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks, int send_back_fd)
{
    PRELOAD_NEXT(real, xc_domain_restore);
    int r, saved_errno;

    if (!real)
        return -1;
    if (begin(xch, dom))
        return -1;
    r = real(xch, io_fd, dom, store_evtchn, store_mfn, store_domid,
             console_evtchn, console_mfn, console_domid, stream_type,
             callbacks, send_back_fd);
    saved_errno = errno;
    if (end(!r))
        return -1;
    errno = saved_errno;
    return r;
}

bool preload_is_refilling(void)
{
    return refill;
}

int preload_refill(unsigned long num_extents, const unsigned long *extents)
{
    vnuma_diags diags;

    vnuma_diags_init(&diags);
    return finish(vnuma_xen_refill_name(refill, extents, num_extents, &diags),
                  &diags);
}
