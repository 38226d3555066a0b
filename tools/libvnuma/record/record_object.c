/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records as users of the library have them. */
#include "config.h"

#include "record/record.h"

#include <stdlib.h>

int vnuma_record_parse(const char *text, size_t len, vnuma_record **record_r,
                       vnuma_diags *diags)
{
    vnuma_record *record = calloc(1, sizeof(*record));
    int rc = VNUMA_ERROR_NOMEM;

    if (record)
        rc = vnuma__record_parse(text, len, record, diags);
    if (rc)
        free(record);
    else
        *record_r = record;
    return rc;
}

void vnuma_record_free(vnuma_record *record)
{
    if (record)
        vnuma__record_dispose(record);
    free(record);
}

unsigned int vnuma_record_num_vnodes(const vnuma_record *record)
{
    return record->layout.num_vnodes;
}

uint32_t vnuma_record_pnode(const vnuma_record *record, unsigned int vnode)
{
    return record->layout.vnode_to_pnode[vnode];
}

const vnuma_place *vnuma_record_place(const vnuma_record *record,
                                      unsigned int vnode)
{
    return &record->layout.places[vnode];
}

int vnuma_record_to_config(const vnuma_record *record, const char *name,
                           bool keep_pnodes, vnuma_config **config_r)
{
    vnuma_config *config = calloc(1, sizeof(*config));
    int rc = VNUMA_ERROR_NOMEM;

    if (config)
        rc = vnuma__record_to_config(record, name, keep_pnodes, config);
    if (rc)
        free(config);
    else
        *config_r = config;
    return rc;
}

void vnuma_record_set_plan(vnuma_record *record, const vnuma_plan *plan)
{
    uint32_t v;

    for (v = 0; v < plan->num_vnodes; v++) {
        record->layout.vnode_to_pnode[v] = plan->vnodes[v].pnode;
        record->layout.places[v] = plan->vnodes[v].place;
    }
}
