/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live host, through libvnuma-xen.  Without Xen's libraries: live_none.c. */
#include "config.h"

#include "cli.h"
#include "vnuma_xen.h"

int cli_live_topology(vnuma_topology *topology_r, vnuma_diags *diags)
{
    vnuma_xen *xen = NULL;
    int rc;

    rc = vnuma_xen_open(&xen, diags);
    if (!rc)
        rc = vnuma_xen_get_topology(xen, topology_r, diags);
    vnuma_xen_close(xen);
    return rc;
}

