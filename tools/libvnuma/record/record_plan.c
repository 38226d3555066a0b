/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved guest as a configuration that can be planned, and as an object. */
#include "config.h"

#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/access.h"
#include "guest/guest.h"

static int make_vnode(const vnuma_record *record, uint32_t v,
                      bool keep_pnodes, vnuma_vnode *vnode)
{
    const vnuma__layout *layout = &record->layout;
    uint32_t i, n = layout->num_vnodes;
    int rc = 0;

    vnode->pnode.value =
        keep_pnodes ? layout->vnode_to_pnode[v] : VNUMA_PNODE_AUTO;
    vnode->memkb.value = record->memkb[v];
    for (i = 0; i < layout->num_vcpus && !rc; i++)
        if (layout->vcpu_to_vnode[i] == v)
            rc = vnuma_bitmap_set(&vnode->vcpus, i);
    vnode->distances = calloc(n, sizeof(*vnode->distances));
    if (rc || !vnode->distances)
        return VNUMA_ERROR_NOMEM;
    vnode->num_distances = n;
    for (i = 0; i < n; i++)
        vnode->distances[i].value = layout->distances[v * n + i];
    return 0;
}

static int take_policies(const vnuma_record *record, vnuma_policies *policies)
{
    const vnuma__layout *layout = &record->layout;
    unsigned int i;
    uint32_t v;
    int rc;

    if (!vnuma__layout_has_policies(&record->layout))
        return 0;
    policies->items = calloc(layout->num_vnodes, sizeof(*policies->items));
    if (!policies->items)
        return VNUMA_ERROR_NOMEM;
    policies->is_list = true;
    policies->num_items = layout->num_vnodes;
    for (v = 0; v < layout->num_vnodes; v++) {
        const vnuma_membind *membind = &layout->membinds[v];

        policies->items[v].policy = membind->policy;
        for (i = 0; membind->policy == VNUMA_POLICY_INTERLEAVE &&
                    i < membind->num_pnodes;
             i++) {
            rc = vnuma_bitmap_set(&policies->items[v].pnodes,
                                  membind->pnodes[i]);
            if (rc)
                return rc;
        }
    }
    return 0;
}

int vnuma__record_to_config(const vnuma_record *record, const char *name,
                            bool keep_pnodes, vnuma_config *config_r)
{
    const vnuma__layout *layout = &record->layout;
    uint32_t v;
    int rc = 0;

    config_r->type =
        record->has_device_model ? VNUMA_GUEST_HVM : VNUMA_GUEST_PVH;
    config_r->maxvcpus.value = config_r->vcpus.value = layout->num_vcpus;
    config_r->name = name ? strdup(name) : NULL;
    config_r->vnodes = calloc(layout->num_vnodes, sizeof(*config_r->vnodes));
    if (config_r->vnodes)
        config_r->num_vnodes = layout->num_vnodes;
    if (!config_r->vnodes || (name && !config_r->name))
        rc = VNUMA_ERROR_NOMEM;
    for (v = 0; v < layout->num_vnodes && !rc; v++)
        rc = make_vnode(record, v, keep_pnodes, &config_r->vnodes[v]);
    if (!rc)
        rc = take_policies(record, &config_r->policies);
    if (rc)
        vnuma__config_dispose(config_r);
    return rc;
}

static int plan_vnode(const vnuma_record *record, uint32_t v,
                      vnuma_plan_vnode *vnode)
{
    const vnuma__layout *layout = &record->layout;
    uint32_t i, n = layout->num_vnodes;
    int rc = 0;

    vnode->pnode = layout->vnode_to_pnode[v];
    vnode->memkb = record->memkb[v];
    vnode->membind = layout->membinds[v];
    /* the caller has it */
    vnode->distances = calloc(n, sizeof(*vnode->distances));
    if (!vnode->distances)
        return VNUMA_ERROR_NOMEM;
    memcpy(vnode->distances, &layout->distances[(size_t)v * n],
           n * sizeof(*vnode->distances));
    for (i = 0; i < layout->num_vcpus && !rc; i++)
        if (layout->vcpu_to_vnode[i] == v)
            rc = vnuma_bitmap_set(&vnode->vcpus, i);
    return rc;
}

int vnuma__record_to_plan(const vnuma_record *record, vnuma_plan *plan_r)
{
    uint32_t v, n = record->layout.num_vnodes;
    int rc = 0;

    *plan_r = (vnuma_plan){ .feasible = true };
    plan_r->vnodes = calloc(n, sizeof(*plan_r->vnodes));
    if (!plan_r->vnodes)
        return VNUMA_ERROR_NOMEM;
    plan_r->num_vnodes = n;
    for (v = 0; v < n && !rc; v++)
        rc = plan_vnode(record, v, &plan_r->vnodes[v]);
    return rc;
}

/* ---- records as users of the library have them -------------------------- */

int vnuma_record_parse(const char *text, size_t len, vnuma_record **record_r,
                       vnuma_diags *diags)
{
    VNUMA__MAKE(record_r, vnuma__record_parse(text, len, made, diags), 0);
}

VNUMA__FREE(vnuma_record, vnuma__record_dispose)
VNUMA__READER(unsigned int, vnuma_record_num_vnodes, vnuma_record,
              layout.num_vnodes)
VNUMA__ITEM_READER(uint32_t, vnuma_record_pnode, vnuma_record,
                   object->layout.vnode_to_pnode[index])
VNUMA__ITEM_READER(const vnuma_membind *, vnuma_record_membind, vnuma_record,
                   &object->layout.membinds[index])

int vnuma_record_to_config(const vnuma_record *record, const char *name,
                           bool keep_pnodes, vnuma_config **config_r)
{
    VNUMA__MAKE(config_r,
                vnuma__record_to_config(record, name, keep_pnodes, made), 0);
}

void vnuma_record_set_plan(vnuma_record *record, const vnuma_plan *plan)
{
    uint32_t v;

    for (v = 0; v < plan->num_vnodes; v++) {
        record->layout.vnode_to_pnode[v] = plan->vnodes[v].pnode;
        record->layout.membinds[v] = plan->vnodes[v].membind;
    }
}
