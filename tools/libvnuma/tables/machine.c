/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast this machine's memory is; see machine.h. */
#include "config.h"

#include "tables/machine.h"

#include <errno.h>
#include <stdlib.h>

#include "base/store.h"
#include "tables/hmat_table.h"
#include "vnuma_base.h"

int vnuma__machine_hmat(const char *dir, const uint32_t *domains,
                        unsigned int num_nodes, vnuma__hmat *hmat_r,
                        const char **wrong_r)
{
    char *path = vnuma__store_path(dir, "HMAT");
    vnuma_source table = { 0 };
    int rc = path ? vnuma_source_read(&table, path) : VNUMA_ERROR_NOMEM;

    *wrong_r = NULL;
    if (rc == VNUMA_ERROR_IO && errno == ENOENT)
        rc = 0;
    else if (!rc)
        rc = vnuma__hmat_parse((const uint8_t *)table.text, table.len, domains,
                               num_nodes, hmat_r, wrong_r);
    vnuma_source_dispose(&table);
    free(path);
    return rc;
}
