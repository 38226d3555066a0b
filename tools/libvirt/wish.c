/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the hook has left of a guest: lines of an xl.cfg, with what the XML
 * says and libxl's configuration does not.  Cells, their sizes and vcpus are
 * libvirt's; a guest without cells has its vnodes from here.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/store.h"
#include "guest/guest.h"
#include "libvirt/virt.h"

#define SWAP(a, b)                                                            \
    do {                                                                      \
        __typeof__(a) old = (a);                                              \
                                                                              \
        (a) = (b);                                                            \
        (b) = old;                                                            \
    } while (0)

/* The XML was edited while the guest started, or the file is stale. */
static int refuse_other(virt_guest *g, const vnuma_config *wished)
{
    return vnuma__fail(&g->diags, VNUMA_ERROR_CONFIG, "readers-differ",
                       "the hook saw %u cells, libxl gets %u: start the guest "
                       "again",
                       wished->num_vnodes, g->config.num_vnodes);
}

static void take_vnode(const vnuma_vnode *wished, vnuma_vnode *vnode)
{
    vnode->pnode = wished->pnode;
    /* libvirt fills in distances that the XML does not have. */
    if (!wished->num_distances) {
        vnode->num_distances = 0;
        vnode->distances_span = VNUMA__NOWHERE;
    }
}

static int take_wish(virt_guest *g, vnuma_config *wished)
{
    vnuma_config *config = &g->config;
    unsigned int v;

    SWAP(config->policies, wished->policies);
    if (config->num_vnodes) {
        if (wished->num_vnodes != config->num_vnodes)
            return refuse_other(g, wished);
        for (v = 0; v < config->num_vnodes; v++)
            take_vnode(&wished->vnodes[v], &config->vnodes[v]);
        return 0;
    }
    SWAP(config->vnodes, wished->vnodes);
    SWAP(config->num_vnodes, wished->num_vnodes);
    config->vnuma_auto = wished->vnuma_auto;
    config->vnodes_span = wished->vnodes_span;
    return 0;
}

int virt_take_wish(virt_guest *g)
{
    vnuma_config wished = { 0 };
    int rc = vnuma__store_read(VIRT_WISHES, g->uuid, &g->wish);

    if (rc == VNUMA_ERROR_IO && errno == ENOENT)
        return 0;
    if (rc)
        return vnuma__fail(&g->diags, rc, "wish", VIRT_WISHES "/%s: %s",
                           g->uuid,
                           rc == VNUMA_ERROR_NOMEM ? "no memory"
                                                   : strerror(errno));
    rc = vnuma__config_parse(&g->wish, &wished, &g->diags);
    if (!rc)
        rc = take_wish(g, &wished);
    vnuma__config_dispose(&wished);
    return rc;
}
