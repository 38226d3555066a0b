/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that comes back: libxl gets the planned pnodes, and another process,
 * libxl-save-helper, populates the memory with our object loaded into it.
 */
#include "config.h"

#include "inside/inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/print.h"
#include "inside/environment.h"
#include "layout/extent_plan.h"

/* ---- what the other process has built ----------------------------------- */

bool inside_write_built(int fd, const vnuma_xen_built *built)
{
    size_t size = built->num_sets * sizeof(*built->sets);

    return pwrite(fd, built->sets, size, sizeof(*built)) == (ssize_t)size &&
           pwrite(fd, built, sizeof(*built), 0) == (ssize_t)sizeof(*built);
}

bool inside_read_built(int fd, vnuma_xen_built *built_r)
{
    vnuma_xen_built built;
    size_t size;

    if (pread(fd, &built, sizeof(built), 0) != (ssize_t)sizeof(built) ||
        built.num_sets > VNUMA__MAX_EXTENT_SETS)
        return false;
    size = built.num_sets * sizeof(*built.sets);
    built.sets = malloc(size + 1);
    if (!built.sets ||
        pread(fd, built.sets, size, sizeof(built)) != (ssize_t)size) {
        free(built.sets);
        return false;
    }
    vnuma_xen_built_dispose(built_r);
    *built_r = built;
    return true;
}

/* ---- before ------------------------------------------------------------- */

/* Each "NAME=VALUE" and NUL, then one more NUL.  NULL: no memory. */
static char *make_environment(const vnuma__task *task, const char *preload)
{
    const char *old = getenv("LD_PRELOAD");
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    if (preload)
        fprintf(f, "LD_PRELOAD=%s%s%s%c", preload, old ? ":" : "",
                old ? old : "", '\0');
    fprintf(f, ENV_RESTORE_RECORD "=%s%c", task->record, '\0');
    fprintf(f, ENV_TARGET "=%" PRIu64 "%c", task->target_memkb, '\0');
    fprintf(f, ENV_BUILT_FD "=%d%c", task->built_fd, '\0');
    return vnuma__print_end(&out, false);
}

int inside_prepare_restore(vnuma__task *task, libxl_ctx *ctx,
                           libxl_domain_config *d_config, const char *preload,
                           vnuma_diags *diags)
{
    int rc = vnuma_xen_prepare_restore(ctx, d_config, task->record,
                                       &task->target_memkb, diags);

    if (rc)
        return rc;
    /* The process that populates the memory writes the result here. */
    task->built_fd = memfd_create("xl-vnuma-built", MFD_CLOEXEC);
    if (task->built_fd < 0)
        return vnuma__fail(diags, VNUMA_ERROR_NOMEM, "no-memory",
                           "restoring the guest: %s", strerror(errno));
    task->helper_env = make_environment(task, preload);
    return task->helper_env
               ? 0
               : vnuma__fail(diags, VNUMA_ERROR_NOMEM, "no-memory",
                             "no memory to restore the guest");
}

/* ---- after -------------------------------------------------------------- */

int inside_settle_restored(vnuma__task *task, libxl_ctx *ctx, uint32_t domid,
                           vnuma_diags *diags)
{
    /* If our object was not in libxl-save-helper, memory may be anywhere. */
    if (!inside_read_built(task->built_fd, &task->built))
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "read-back",
                           "libxl-save-helper did not report where it put the "
                           "guest's memory");
    /* What was ballooned out stays so. */
    if (task->target_memkb < task->config->b_info.max_memkb &&
        libxl_set_memory_target(ctx, domid, (int64_t)task->target_memkb, 0, 1))
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                           "setting the guest's memory target: libxl failed");
    return inside_settle(ctx, domid, task, diags);
}
