/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam's wrappers: they assert what a backend is promised, check what it
 * returns, and are the only place that turns errno into rc.
 */
#include "config.h"

#include "xen/hv/hv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/diag.h"

static int result_of(int r)
{
    return r < 0 ? VNUMA_ERROR_XEN : 0;
}

int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__node_memory **nodes_r,
                         unsigned int *num_nodes_r)
{
    return result_of(hv->ops->get_memory(hv, nodes_r, num_nodes_r));
}

int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages)
{
    return result_of(hv->ops->claim(hv, domid, num_pages));
}

int vnuma__hv_populate(vnuma__hv *hv, uint32_t domid, unsigned int order,
                       uint32_t pnode, const uint64_t *gfns, uint64_t num_gfns,
                       uint64_t *num_done_r)
{
    int64_t done;

    assert(num_gfns > 0);
    hv->num_populates++;
    done = hv->ops->populate(hv, domid, order, pnode, gfns, num_gfns);
    if (done > (int64_t)num_gfns) {
        /* An impossible count: no part of the answer can be trusted. */
        errno = EPROTO;
        done = -1;
    }
    *num_done_r = done > 0 ? (uint64_t)done : 0;
    return done < 0 ? VNUMA_ERROR_XEN : 0;
}

int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, const uint64_t *gfns,
                      uint64_t num_gfns)
{
    assert(num_gfns > 0);
    return result_of(hv->ops->release(hv, domid, gfns, num_gfns));
}

int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout)
{
    assert(layout->num_vnodes > 0);
    return result_of(hv->ops->set_vnuma(hv, domid, layout));
}

int vnuma__hv_get_vnuma(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r)
{
    return result_of(hv->ops->get_vnuma(hv, domid, layout_r));
}

int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes)
{
    assert(vnuma_bitmap_count(pnodes) > 0);
    return result_of(hv->ops->set_node_affinity(hv, domid, pnodes));
}

int vnuma__hv_get_node_affinity(vnuma__hv *hv, uint32_t domid,
                                vnuma_bitmap *pnodes_r)
{
    return result_of(hv->ops->get_node_affinity(hv, domid, pnodes_r));
}

int vnuma__hv_get_vcpu_affinity(vnuma__hv *hv, uint32_t domid,
                                unsigned int vcpu, vnuma_bitmap *hard_r,
                                vnuma_bitmap *soft_r)
{
    return result_of(
        hv->ops->get_vcpu_affinity(hv, domid, vcpu, hard_r, soft_r));
}

int vnuma__hv_get_pages(vnuma__hv *hv, uint32_t domid, uint64_t *num_pages_r)
{
    return result_of(hv->ops->get_pages(hv, domid, num_pages_r));
}

int vnuma__hv_refused(vnuma_diags *diags, int rc, const char *what)
{
    int saved_errno = errno;

    if (rc == VNUMA_ERROR_NOMEM)
        vnuma__error(diags, "no-memory", VNUMA__NOWHERE,
                     "%s: this program got no memory", what);
    else
        vnuma__error(diags, "xen-refused", VNUMA__NOWHERE,
                     "%s: Xen refused: %s", what, strerror(saved_errno));
    errno = saved_errno;
    return rc;
}
