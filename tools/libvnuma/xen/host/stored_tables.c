/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the ACPI tables that a domain was given as libxl userdata, which goes
 * with the domain: another process saves it than the one that built it.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/kept.h"

/* Name of the userdata. */
#define TABLES_USERDATA "xl-vnuma-tables"

int vnuma__tables_store(libxl_ctx *ctx, uint32_t domid, const char *text,
                        vnuma_diags *diags)
{
    if (!text || !libxl_userdata_store(ctx, domid, TABLES_USERDATA,
                                       (const uint8_t *)text,
                                       (int)strlen(text)))
        return 0;
    return vnuma__fail(diags, VNUMA_ERROR_XEN, "acpi-tables",
                       "keeping the guest's ACPI tables for when it is saved: "
                       "%s",
                       strerror(errno));
}

char *vnuma__tables_stored(libxl_ctx *ctx, uint32_t domid)
{
    uint8_t *data = NULL, *bytes;
    char *text = NULL;
    bool is_hosts;
    size_t size;
    int len = 0;

    if (libxl_userdata_retrieve(ctx, domid, TABLES_USERDATA, &data, &len) ||
        !data)
        return NULL;
    if (!vnuma__kept_parse((const char *)data, (size_t)len, &bytes, &size,
                           &is_hosts)) {
        free(bytes);
        text = strndup((const char *)data, (size_t)len);
    }
    free(data);
    return text;
}
