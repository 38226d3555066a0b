/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside libxl-save-helper while it restores: all pages are populated first,
 * each on its pnode, so that the library's own requests find them there.
 * Standard output is the helper's channel to libxl: nothing is printed.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/process.h"
#include "hooks/tell.h"
#include "vnuma_xen.h"

static void refill_populated(void *user, uint32_t domid,
                             const vnuma_xen_built *built)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    (void)user;
    /* Without that xl refuses the guest. */
    if (task->built_fd >= 0)
        inside_write_built(task->built_fd, built);
    tell_built(built);
}

static const vnuma_xen_hooks hooks = {
    .progress = tell_progress,
    .populated = refill_populated,
};

/* libxc expects -1 and errno; the reason is reported here. */
static int finish_refill(int rc, vnuma_diags *diags)
{
    if (!tell_result(rc, diags))
        return 0;
    errno =
        rc == VNUMA_ERROR_NOMEM || rc == VNUMA_ERROR_NOFIT ? ENOMEM : EINVAL;
    return -1;
}

static int refill(vnuma__task *task, unsigned long num_extents,
                  const unsigned long *extents)
{
    vnuma_diags diags = { 0 };

    return finish_refill(
        vnuma_xen_refill_name(task->refill, extents, num_extents, &diags),
        &diags);
}

/* NULL and errno, after a message, when it cannot be restored. */
static vnuma__task *begin_refill(xc_interface *xch, uint32_t domid,
                                 const char *record)
{
    const char *target = getenv(ENV_TARGET);
    const char *built = getenv(ENV_BUILT_FD);
    vnuma_diags diags = { 0 };
    vnuma__task *task;
    int rc;

    process.report_fd = process_take_fd(ENV_MESSAGE_FD);
    task = vnuma__task_begin(&inside->tasks, NULL, domid);
    if (!task)
        return NULL;
    inside->refill = refill;
    if (built)
        task->built_fd = atoi(built);
    rc = vnuma_xen_refill_begin(
        xch, domid, record, target ? strtoull(target, NULL, 10) : UINT64_MAX,
        &hooks, &task->refill, &diags);
    if (rc) {
        vnuma__task_end(&inside->tasks, task);
        task = NULL;
    }
    finish_refill(rc, &diags);
    return task;
}

static int end_refill(vnuma__task *task, bool is_good)
{
    vnuma_diags diags = { 0 };
    int rc = vnuma_xen_refill_end(task->refill, is_good, &diags);

    vnuma__task_end(&inside->tasks, task);
    return finish_refill(rc, &diags);
}

/* What newer releases add at the end is passed on. */
#ifdef XC_RESTORE_MEMFLAGS
#define MORE , unsigned int memflags
#define MORE_PASSED , memflags
#else
#define MORE
#define MORE_PASSED
#endif

int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks,
                      int send_back_fd MORE)
{
    const char *record = getenv(ENV_RESTORE_RECORD); /* of one of ours */
    vnuma__task *task = record ? begin_refill(xch, dom, record) : NULL;
    int r, saved_errno;

    if (record && !task)
        return -1;
    r = INSIDE_NEXT(xc_domain_restore)(xch, io_fd, dom, store_evtchn,
                                       store_mfn, store_domid, console_evtchn,
                                       console_mfn, console_domid, stream_type,
                                       callbacks, send_back_fd MORE_PASSED);
    saved_errno = errno;
    if (task && end_refill(task, !r))
        return -1;
    errno = saved_errno;
    return r;
}
