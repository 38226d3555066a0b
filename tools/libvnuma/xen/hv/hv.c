/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of Xen's answers. */
#include "config.h"

#include "xen/hv/hv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/diag.h"

int vnuma__hv_populate(vnuma__hv *hv, uint32_t domid, unsigned int order,
                       uint32_t pnode, const uint64_t *gfns, uint64_t num_gfns,
                       uint64_t *num_done_r)
{
    int64_t done;

    assert(num_gfns > 0);
    hv->num_populates++;
    done = vnuma__hv_ask_populate(hv, domid, order, pnode, gfns, num_gfns);
    if (done > (int64_t)num_gfns) {
        /* An impossible count: no part of the answer can be trusted. */
        errno = EPROTO;
        done = -1;
    }
    *num_done_r = done > 0 ? (uint64_t)done : 0;
    return done < 0 ? VNUMA_ERROR_XEN : 0;
}

int vnuma__hv_get_vnuma(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r)
{
    bool is_sound = true;
    uint32_t i;

    if (vnuma__hv_ask_vnuma(hv, domid, layout_r))
        return VNUMA_ERROR_XEN;
    for (i = 0; i < layout_r->num_vmemranges; i++)
        is_sound &=
            layout_r->vmemranges[i].vnode < layout_r->num_vnodes &&
            layout_r->vmemranges[i].start <= layout_r->vmemranges[i].end;
    for (i = 0; i < layout_r->num_vcpus; i++)
        is_sound &= layout_r->vcpu_to_vnode[i] < layout_r->num_vnodes;
    if (is_sound)
        return 0;
    vnuma__layout_dispose(layout_r);
    errno = EPROTO;
    return VNUMA_ERROR_XEN;
}

int vnuma__hv_said(vnuma_diags *diags, int rc, const char *what)
{
    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__error(diags, "no-memory", VNUMA__NOWHERE,
                     "%s: this program got no memory", what);
    else if (rc)
        vnuma__error(diags, "xen-refused", VNUMA__NOWHERE,
                     "%s: Xen refused: %s", what, strerror(errno));
    return rc;
}
