/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores what was promised of a domain's memory as libxl userdata: a file that
 * belongs to root and is removed with the domain.  libxl's configuration
 * cannot express it, and libxl drops members that it does not know.
 */
#include "config.h"

#include "xen/host/stored.h"

#include <stdlib.h>
#include <string.h>

/* Name of the userdata. */
#define USERDATA "xl-vnuma"

static int store_promise(vnuma_xen *xen, uint32_t domid,
                         const vnuma__promise *promise, vnuma_diags *diags)
{
    char *text = vnuma__promise_format(promise);
    int r;

    if (!text)
        return VNUMA_ERROR_NOMEM;
    r = libxl_userdata_store(xen->ctx, domid, USERDATA, (const uint8_t *)text,
                             (int)strlen(text));
    free(text);
    return r ? vnuma__xen_failed(xen, diags,
                                 "keeping what was promised to the guest")
             : 0;
}

static int make_promise(const vnuma__layout *layout,
                        const libxl_domain_build_info *b_info,
                        const vnuma_xen_built *built,
                        vnuma__promise *promise_r)
{
    uint64_t memkb[VNUMA_MAX_VNODES] = { 0 };
    uint32_t v;

    for (v = 0; v < layout->num_vnodes; v++)
        memkb[v] = b_info->vnuma_nodes[v].memkb;
    return vnuma__promise_make(layout, b_info->type == LIBXL_DOMAIN_TYPE_HVM,
                               memkb, built, promise_r);
}

int vnuma__promise_store(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info,
                         const vnuma__layout *layout,
                         const vnuma_xen_built *built, vnuma_diags *diags)
{
    vnuma__promise promise;
    int rc;

    if (layout->num_vnodes > VNUMA_MAX_VNODES ||
        !vnuma__layout_has_policies(layout))
        return 0;
    rc = make_promise(layout, b_info, built, &promise);
    if (!rc)
        rc = store_promise(xen, domid, &promise, diags);
    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__hv_refused(diags, rc, "keeping what was promised to the guest");
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
