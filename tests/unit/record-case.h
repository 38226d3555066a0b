/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a guest, as one that leaves has it. */
#ifndef VNUMA_TEST_RECORD_CASE_H
#define VNUMA_TEST_RECORD_CASE_H

#include "record/record.h"
#include "tap.h"

/* Two vnodes of 256 MiB, a vcpu each. */
static void make_guest(vnuma_record *record, uint32_t pnode0, uint32_t pnode1)
{
    static const uint32_t distances[] = { 10, 20, 20, 10 };
    vnuma__layout *layout = &record->layout;
    unsigned int v;

    *record = (vnuma_record){ 0 };
    CHECK_INT(vnuma__layout_alloc(layout, 2, 2, 2), 0);
    for (v = 0; v < 2; v++) {
        layout->vmemranges[v] = (vnuma__vmemrange){ (uint64_t)v << 28,
                                                    (v + UINT64_C(1)) << 28,
                                                    v };
        layout->vcpu_to_vnode[v] = v;
        record->memkb[v] = 256 << 10;
    }
    layout->vnode_to_pnode[0] = pnode0;
    layout->vnode_to_pnode[1] = pnode1;
    memcpy(layout->distances, distances, sizeof(distances));
    memcpy(record->host_distances, distances, sizeof(distances));
}

#endif
