/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lays a plan's vnodes one after the other in the RAM of a guest's memory map,
 * as libxl does, for programs that build guests without libxl.
 */
#include "config.h"

#include "layout/layout.h"

#define HIGHMEM_START (UINT64_C(1) << 32)

uint32_t vnuma__plan_num_vcpus(const vnuma_plan *plan)
{
    uint32_t vcpu, num = 0;
    unsigned int i;

    for (i = 0; i < plan->num_vnodes; i++)
        VNUMA_BITMAP_FOREACH(vcpu, &plan->vnodes[i].vcpus)
            if (vcpu >= num)
                num = vcpu + 1;
    return num;
}

static void describe_vnode(const vnuma_plan *plan, uint32_t vnode,
                           vnuma__layout *layout)
{
    uint32_t vcpu, to;

    layout->vnode_to_pnode[vnode] = plan->vnodes[vnode].pnode;
    VNUMA_BITMAP_FOREACH(vcpu, &plan->vnodes[vnode].vcpus)
        layout->vcpu_to_vnode[vcpu] = vnode;
    for (to = 0; to < plan->num_vnodes; to++)
        layout->distances[vnode * plan->num_vnodes + to] =
            plan->vnodes[vnode].distances[to];
}

int vnuma__layout_of_plan(const vnuma_plan *plan, uint64_t lowmem_end,
                          uint64_t highmem_end, vnuma__layout *layout_r)
{
    uint64_t sizes[VNUMA_MAX_VNODES], ram = lowmem_end, planned = 0;
    uint32_t vnode;
    int rc;

    if (highmem_end > HIGHMEM_START)
        ram += highmem_end - HIGHMEM_START;
    if (!plan->num_vnodes || plan->num_vnodes > VNUMA_MAX_VNODES)
        return VNUMA_ERROR_CONFIG;
    for (vnode = 0; vnode < plan->num_vnodes; vnode++) {
        sizes[vnode] = plan->vnodes[vnode].memkb << 10;
        planned += sizes[vnode];
    }
    if (planned < ram || planned - ram >= sizes[0])
        return VNUMA_ERROR_CONFIG;
    sizes[0] -= planned - ram; /* video RAM */

    rc = vnuma__layout_alloc(layout_r, 0, plan->num_vnodes,
                             vnuma__plan_num_vcpus(plan));
    if (rc)
        return rc;
    for (vnode = 0; vnode < plan->num_vnodes; vnode++)
        describe_vnode(plan, vnode, layout_r);
    rc = vnuma__layout_derive(layout_r, sizes, lowmem_end);
    if (rc)
        vnuma__layout_dispose(layout_r);
    return rc;
}
