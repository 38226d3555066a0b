/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the beginning to the end of a guest's start; see virt.h. */
#include "config.h"

#include "libvirt/virt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/utf8.h"
#include "guest/guest.h"
#include "record/kept.h"
#include "record/record.h"

const char *virt_name(const virt_guest *g)
{
    const char *name = g->d_config->c_info.name;

    return name ? name : g->uuid;
}

/* A name may have any bytes, and a message quotes some. */
static void say_one(const char *name, const char *severity,
                    const vnuma_diag *diag)
{
    fputs("xl-vnuma: ", stderr);
    vnuma__utf8_print(name, stderr);
    fprintf(stderr, ": %s: ", severity);
    vnuma__utf8_print(diag->message, stderr);
    fprintf(stderr, " [%s]\n", diag->id);
}

void virt_say(const char *name, vnuma_diags *diags)
{
    static const char *const severities[] = { "note", "warning", "error" };
    unsigned int i;

    /* One line each, and no place: the text is not the user's. */
    for (i = 0; i < diags->num_items; i++) {
        const vnuma_diag *diag = vnuma_diags_at(diags, i);

        /* Of notes, what is left to the planner is no news here. */
        if (diag->severity == VNUMA_SEVERITY_NOTE &&
            strcmp(diag->id, "moved") != 0)
            continue;
        say_one(name, severities[diag->severity], diag);
    }
    if (diags->lost)
        fputs("xl-vnuma: there is no memory to say more\n", stderr);
    vnuma_diags_dispose(diags);
}

int virt_begin(virt_guest *g, libxl_ctx *ctx, libxl_domain_config *d_config)
{
    *g = (virt_guest){
        .ctx = ctx,
        .d_config = d_config,
        .ledger = VNUMA__LEDGER(VNUMA__LEDGER_DIR),
    };
    vnuma__uuid_text(d_config, g->uuid);
    g->ledger.guest = g->uuid;
    g->task = vnuma__task_begin(
        &inside->tasks, libxl_uuid_bytearray_const(&d_config->c_info.uuid),
        VNUMA__NO_DOMID);
    if (!g->task)
        return vnuma__fail(&g->diags, VNUMA_ERROR_NOMEM, "no-memory",
                           "no memory to build the guest");
    g->task->config = d_config;
    g->task->user = g;
    return 0;
}

static void keep_home(virt_guest *g)
{
    int rc = vnuma__kept_add(g->uuid, g->d_config->c_info.name, &g->home);

    if (rc)
        vnuma__warning(
            &g->diags, "lived", VNUMA__NOWHERE,
            "%s/" VNUMA__KEPT_FILE ": where the guest lives is not kept: %s",
            vnuma__kept_dir(),
            rc == VNUMA_ERROR_NOMEM ? "no memory" : strerror(errno));
}

int virt_end(virt_guest *g, int rc)
{
    if (g->task)
        vnuma__task_end(&inside->tasks, g->task);
    vnuma__ledger_end(&g->ledger);
    if (!rc && g->home.num_vnodes)
        keep_home(g);
    virt_say(virt_name(g), &g->diags);
    vnuma__config_dispose(&g->config);
    vnuma_source_dispose(&g->wish);
    vnuma_record_free(g->record);
    free(g->membinds);
    free(g->text);
    return rc;
}

void virt_destroy(virt_guest *g, uint32_t domid)
{
    if (libxl_domain_destroy(g->ctx, domid, NULL))
        vnuma__error(&g->diags, "xen-refused", VNUMA__NOWHERE,
                     "domain %u, which failed, cannot be destroyed: libxl "
                     "failed",
                     (unsigned int)domid);
}

void virt_destroy_kept(virt_guest *g)
{
    vnuma_xen *xen = NULL;

    if (g->task->domid == VNUMA__NO_DOMID)
        return;
    if (!vnuma_xen_open(&xen, &g->diags))
        vnuma_xen_destroy(xen, g->task->domid, g->task->uuid, &g->diags);
    vnuma_xen_close(xen);
}
