/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that libvirt starts, which is also what a reboot is; and loading. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "libvirt/virt.h"

inside_guests *inside;

/* ---- what the hooks say ------------------------------------------------- */

static void build_failed(void *user, uint32_t domid, const vnuma_diags *diags)
{
    vnuma__task *task = vnuma__task_find(&inside->tasks, domid);
    virt_guest *g = task ? task->user : NULL;
    unsigned int i;

    (void)user;
    for (i = 0; g && i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        vnuma_diags_add(&g->diags, diag->severity, diag->id, VNUMA__NOWHERE,
                        "%s", diag->message);
    }
}

static void guest_populated(void *user, uint32_t domid,
                            const vnuma_xen_built *built)
{
    (void)user;
    inside_populated(domid, built);
}

/* In the thread that libxl builds in, while that of the guest waits for it. */
static void domain_made(const vnuma__task *task)
{
    virt_guest *g = task->user;

    if (g && vnuma__ledger_made(&g->ledger, getpid(), task->domid, g->uuid))
        vnuma__warning(&g->diags, "ledger", VNUMA__NOWHERE,
                       "%s: %s: if libvirtd is killed, recover does not find "
                       "what it leaves",
                       g->ledger.dir, strerror(errno));
}

/* ---- between libvirt and libxl ------------------------------------------ */

int virt_create_new(__typeof__(&libxl_domain_create_new) real, libxl_ctx *ctx,
                    libxl_domain_config *d_config, uint32_t *domid,
                    const libxl_asyncop_how *ao_how,
                    const libxl_asyncprogress_how *aop_console_how)
{
    virt_guest g;
    int rc;

    /* libxenguest builds these otherwise. */
    if (d_config->b_info.type == LIBXL_DOMAIN_TYPE_PV)
        return real(ctx, d_config, domid, ao_how, aop_console_how);
    rc = virt_begin(&g, ctx, d_config);
    if (!rc)
        rc = virt_plan(&g);
    if (rc) {
        virt_end(&g, rc);
        return ERROR_FAIL;
    }
    rc = real(ctx, d_config, domid, ao_how, aop_console_how);
    if (rc) {
        virt_destroy_kept(&g);
    } else if (inside_settle(ctx, *domid, g.task, &g.diags)) {
        virt_destroy(&g, *domid);
        rc = ERROR_FAIL;
    }
    return virt_end(&g, rc);
}

/* ---- loading ------------------------------------------------------------ */

const virt_core *virt_core_begin(inside_guests *guests)
{
    static const virt_core core = {
        .create_new = virt_create_new,
        .create_restore = virt_create_restore,
        .suspend = virt_suspend,
    };
    static const vnuma_xen_hooks hooks = {
        .failed = build_failed,
        .populated = guest_populated,
        .later_memkb = inside_later_memkb,
        .membind = inside_membind,
    };

    inside = guests;
    inside->made = domain_made;
    if (!vnuma_xen_hooks_register(&hooks))
        return &core;
    fprintf(stderr,
            "xl-vnuma: cannot register builder hooks: %s: guests are built "
            "without xl-vnuma\n",
            strerror(errno));
    return NULL;
}
