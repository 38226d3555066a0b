/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ACPI tables that guests are given in addition to those of their firmware.
 *
 * An HVM guest's go where libxl puts the file of acpi_firmware=: into memory
 * next to hvmloader, which finds them by xenstore, where libxl writes what is
 * in dom->acpi_modules[0] after the build.  They are put there one step later
 * than libxenguest does, because it populates the pages of a module that it
 * has loaded once more, as it has to for a PVH guest's: that would cost the
 * domain as many pages again.  No file has to stay for a reboot, here or on another host, and
 * the guest's configuration stays as the user wrote it.
 *
 * A PVH guest's are added by pvh.c.
 */
#include "config.h"

#include "xen/build/built.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenguest.h>

#include "tables/kept.h"

vnuma__tables_fn *vnuma__find_tables;

static const char *find_text(uint32_t domid)
{
    return vnuma__find_tables ? vnuma__find_tables(domid) : NULL;
}

int vnuma__more_tables(uint32_t domid, uint8_t **bytes_r, size_t *len_r,
                       vnuma_diags *diags)
{
    const char *text = find_text(domid);
    bool is_hosts;
    int rc;

    *bytes_r = NULL;
    *len_r = 0;
    if (!text)
        return 0;
    rc = vnuma__kept_parse(text, strlen(text), bytes_r, len_r, &is_hosts);
    if (rc)
        vnuma__error(diags, "acpi-tables", VNUMA__NOWHERE,
                     "adding the guest's ACPI tables: %s",
                     rc == VNUMA_ERROR_NOMEM ? "no memory"
                                             : "they are damaged");
    return rc;
}

void vnuma__hvm_leave_out_module(struct xc_dom_image *dom)
{
    if (dom->device_model && find_text(dom->guest_domid)) {
        dom->acpi_modules[0].data = NULL; /* libxl's, which frees it */
        dom->acpi_modules[0].length = 0;
    }
}

int vnuma__hvm_add_tables(struct xc_dom_image *dom, const uint8_t *bytes,
                          size_t len, vnuma_diags *diags)
{
    struct xc_dom_seg seg;
    void *to = NULL;

    errno = ENOMEM;
    if (!xc_dom_alloc_segment(dom, &seg, "ACPI tables", 0, len))
        to = xc_dom_seg_to_ptr(dom, &seg);
    /* hvmloader reads them there with 32 bits. */
    if (!to || seg.vstart + len > dom->mmio_start)
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "acpi-tables",
                           "adding the guest's ACPI tables: no place for %zu "
                           "bytes in its memory: %s",
                           len, strerror(errno));
    memcpy(to, bytes, len);
    dom->acpi_modules[0].length = (uint32_t)len;
    dom->acpi_modules[0].guest_addr_out = seg.vstart;
    return 0;
}
