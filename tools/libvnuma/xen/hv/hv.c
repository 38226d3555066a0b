/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a backend's answers. */
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
    done = hv->ops->populate(hv, domid, order, pnode, gfns, num_gfns);
    if (done > (int64_t)num_gfns) {
        /* An impossible count: no part of the answer can be trusted. */
        errno = EPROTO;
        done = -1;
    }
    *num_done_r = done > 0 ? (uint64_t)done : 0;
    return done < 0 ? VNUMA_ERROR_XEN : 0;
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
