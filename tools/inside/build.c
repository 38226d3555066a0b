/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the builder hooks are told of a guest, and what is done after them. */
#include "config.h"

#include "inside/inside.h"

#include "base/diag.h"
#include "xen/host/handle.h"

/* Kept for the checks after the build; without memory, fewer are made. */
void inside_populated(uint32_t domid, const vnuma_xen_built *built)
{
    vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    if (!task)
        return;
    if (vnuma_xen_built_copy(built, &task->built)) {
        vnuma_xen_built_dispose(&task->built);
        task->built.num_pages = built->num_pages;
    }
    task->special_pnode = task->config->b_info.vnuma_nodes[0].pnode;
}

/* libxl has filled in its defaults before the memory is built. */
uint64_t inside_later_memkb(void *user, uint32_t domid)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    (void)user;
    if (!task || task->config->b_info.type != LIBXL_DOMAIN_TYPE_HVM ||
        task->config->b_info.video_memkb == LIBXL_MEMKB_DEFAULT)
        return 0;
    return task->config->b_info.video_memkb;
}

bool inside_membind(void *user, uint32_t domid, unsigned int vnode,
                    vnuma_membind *membind_r)
{
    const vnuma__task *task = vnuma__task_find(&inside->tasks, domid);

    (void)user;
    return task && vnuma__task_membind(task, vnode, membind_r);
}

int inside_settle(libxl_ctx *ctx, uint32_t domid, const vnuma__task *task,
                  vnuma_diags *diags)
{
    int rc;

    if (task->refusal[0])
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "%s",
                           task->refusal);
    rc = vnuma_xen_settle(ctx, domid, task->config, &task->built, diags);
    return rc ? rc : vnuma__tables_store(ctx, domid, task->acpi_tables, diags);
}
