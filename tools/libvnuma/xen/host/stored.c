/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores what was promised of a domain's memory as libxl userdata: a file that
 * belongs to root and is removed with the domain.  libxl's configuration
 * cannot express it, and libxl drops members that it does not know.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <stdlib.h>
#include <string.h>

/* Name of the userdata. */
#define USERDATA "xl-vnuma"

#define WHAT "keeping what was promised to the guest"

int vnuma__promise_store(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info,
                         const vnuma__layout *layout,
                         const vnuma_xen_built *built, vnuma_diags *diags)
{
    uint64_t memkb[VNUMA_MAX_VNODES] = { 0 };
    vnuma__promise promise;
    char *text = NULL;
    uint32_t v;
    int rc;

    if (layout->num_vnodes > VNUMA_MAX_VNODES ||
        !vnuma__layout_has_policies(layout))
        return 0;
    for (v = 0; v < layout->num_vnodes; v++)
        memkb[v] = b_info->vnuma_nodes[v].memkb;
    rc = vnuma__promise_make(layout, b_info->type == LIBXL_DOMAIN_TYPE_HVM,
                             memkb, built, &promise);
    if (!rc) {
        text = vnuma__promise_format(&promise);
        rc = text ? 0 : VNUMA_ERROR_NOMEM;
    }
    if (!rc && libxl_userdata_store(xen->ctx, domid, USERDATA,
                                    (const uint8_t *)text, (int)strlen(text)))
        rc = vnuma__xen_failed(xen, diags, WHAT);
    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__hv_said(diags, rc, WHAT);
    free(text);
    return rc;
}

/* The configuration may have changed since the promise was stored. */
static bool is_of(const vnuma__promise *promise,
                  const libxl_domain_build_info *b_info)
{
    uint32_t v;

    if (promise->num_vnodes != (uint32_t)b_info->num_vnuma_nodes)
        return false;
    for (v = 0; v < promise->num_vnodes; v++) {
        const vnuma_membind *membind = &promise->vnodes[v].membind;

        if (membind->policy != VNUMA_POLICY_INTERLEAVE &&
            membind->pnodes[0] != b_info->vnuma_nodes[v].pnode)
            return false;
    }
    return true;
}

void vnuma__promise_stored(libxl_ctx *ctx, uint32_t domid,
                           const libxl_domain_build_info *b_info,
                           vnuma__promise *promise_r)
{
    uint8_t *data = NULL;
    int len = 0;

    promise_r->num_vnodes = 0;
    if (libxl_userdata_retrieve(ctx, domid, USERDATA, &data, &len))
        return;
    if (!vnuma__promise_parse((const char *)data, len, promise_r) ||
        !is_of(promise_r, b_info))
        promise_r->num_vnodes = 0;
    free(data);
}
