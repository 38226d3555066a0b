/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hv.h by libxc.  Only translates our structs to Xen's arrays and
 * maps, and Xen's ~0 to our "unknown".
 *
 * Inside xl these calls do not reach libxc directly: xl-vnuma's hooks replace
 * xc_domain_populate_physmap() and a few other functions for libxl and
 * libxenguest, and so get our calls too.  That is the one circle in this tree.
 * The hooks pass on unchanged all calls that name a node, as our calls for a
 * vnode's memory do (tests/unit/test-strict.c), and those that ask for a
 * guest's ranges.
 */
#include "config.h"

#include "xen/hv/hv_xen.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int vnuma__hv_get_memory(vnuma__hv *hv, vnuma__rooms *rooms_r)
{
    unsigned int i, max_nodes = VNUMA_MAX_PNODES;
    xc_meminfo_t meminfo[VNUMA_MAX_PNODES];

    if (xc_numainfo(hv->backend, &max_nodes, meminfo, NULL))
        return VNUMA_ERROR_XEN;
    for (i = 0; i < max_nodes && i < VNUMA_MAX_PNODES; i++) {
        rooms_r->exists[i] = meminfo[i].memsize != XEN_INVALID_MEM_SZ;
        rooms_r->pages[i] = meminfo[i].memfree >> VNUMA__PAGE_SHIFT;
    }
    return 0;
}

/* @r: of a function of libxc */
static int to_rc(int r)
{
    return r ? VNUMA_ERROR_XEN : 0;
}

int vnuma__hv_claim(vnuma__hv *hv, uint32_t domid, uint64_t num_pages)
{
    return to_rc(xc_domain_claim_pages(hv->backend, domid, num_pages));
}

/* libxc overwrites the array with Xen's answer, so it gets a copy. */
int64_t vnuma__hv_ask_populate(vnuma__hv *hv, uint32_t domid,
                               unsigned int order, uint32_t pnode,
                               const uint64_t *gfns, uint64_t num_gfns)
{
    xen_pfn_t *pfns = calloc(num_gfns, sizeof(*pfns));
    int64_t done = -1;

    assert(num_gfns > 0);
    if (pfns) {
        memcpy(pfns, gfns, num_gfns * sizeof(*pfns));
        done = xc_domain_populate_physmap(
            hv->backend, domid, num_gfns, order,
            pnode == VNUMA_PNODE_AUTO ? 0 : XENMEMF_exact_node(pnode), pfns);
    }
    free(pfns);
    return done;
}

int vnuma__hv_release(vnuma__hv *hv, uint32_t domid, uint64_t *gfns,
                      uint64_t num_gfns)
{
    assert(num_gfns > 0);
    return to_rc(xc_domain_decrease_reservation_exact(hv->backend, domid,
                                                      num_gfns, 0, gfns));
}

void vnuma__ranges_to_xen(const vnuma__layout *layout,
                          xen_vmemrange_t *ranges_r)
{
    uint32_t i;

    for (i = 0; i < layout->num_vmemranges; i++)
        ranges_r[i] = (xen_vmemrange_t){
            .start = layout->vmemranges[i].start,
            .end = layout->vmemranges[i].end,
            .nid = layout->vmemranges[i].vnode,
        };
}

int vnuma__hv_set_vnuma(vnuma__hv *hv, uint32_t domid,
                        const vnuma__layout *layout)
{
    xen_vmemrange_t *ranges;
    int r;

    assert(layout->num_vnodes > 0);
    ranges = calloc(layout->num_vmemranges, sizeof(*ranges));
    if (!ranges)
        return VNUMA_ERROR_XEN;
    vnuma__ranges_to_xen(layout, ranges);
    r = xc_domain_setvnuma(hv->backend, domid, layout->num_vnodes,
                           layout->num_vmemranges, layout->num_vcpus, ranges,
                           layout->distances, layout->vcpu_to_vnode,
                           layout->vnode_to_pnode);
    free(ranges);
    return to_rc(r);
}

/* The arrays have room for any answer. */
int vnuma__hv_ask_vnuma(vnuma__hv *hv, uint32_t domid, vnuma__layout *layout_r)
{
    xen_vmemrange_t ranges[VNUMA_MAX_VMEMRANGES];
    uint32_t i;
    int r;

    if (vnuma__layout_alloc(layout_r, VNUMA_MAX_VMEMRANGES, VNUMA_MAX_VNODES,
                            VNUMA_MAX_VCPUS)) {
        errno = ENOMEM;
        return VNUMA_ERROR_XEN;
    }
    r = xc_domain_getvnuma(hv->backend, domid, &layout_r->num_vnodes,
                           &layout_r->num_vmemranges, &layout_r->num_vcpus,
                           ranges, layout_r->distances,
                           layout_r->vcpu_to_vnode);
    if (!r && (layout_r->num_vnodes > VNUMA_MAX_VNODES ||
               layout_r->num_vcpus > VNUMA_MAX_VCPUS ||
               layout_r->num_vmemranges > VNUMA_MAX_VMEMRANGES)) {
        errno = EPROTO;
        r = -1;
    }
    if (r) {
        vnuma__layout_dispose(layout_r);
        return VNUMA_ERROR_XEN;
    }
    for (i = 0; i < layout_r->num_vmemranges; i++)
        layout_r->vmemranges[i] = (vnuma__vmemrange){
            .start = ranges[i].start,
            .end = ranges[i].end,
            .vnode = ranges[i].nid,
        };
    return 0;
}

/* Xen's maps are bytes, lowest bit first. */
static int bytes_to_bitmap(const uint8_t *bytes, int num_bytes,
                           vnuma_bitmap *bitmap_r)
{
    int i;

    for (i = 0; i < num_bytes * 8; i++)
        if (bytes[i / 8] >> (i % 8) & 1 && vnuma_bitmap_set(bitmap_r, i))
            return VNUMA_ERROR_NOMEM;
    return 0;
}

int vnuma__hv_set_node_affinity(vnuma__hv *hv, uint32_t domid,
                                const vnuma_bitmap *pnodes)
{
    uint32_t pnode, size = xc_get_nodemap_size(hv->backend);
    xc_nodemap_t nodemap = xc_nodemap_alloc(hv->backend);
    int r = nodemap ? 0 : -1;

    assert(vnuma_bitmap_count(pnodes) > 0);
    VNUMA_BITMAP_FOREACH(pnode, pnodes) {
        if (!r && pnode / 8 >= size) {
            errno = EINVAL;
            r = -1;
        }
        if (!r)
            nodemap[pnode / 8] |= 1 << (pnode % 8);
    }
    if (!r)
        r = xc_domain_node_setaffinity(hv->backend, domid, nodemap);
    free(nodemap);
    return to_rc(r);
}

int vnuma__xen_get_node_affinity(xc_interface *xch, uint32_t domid,
                                 vnuma_bitmap *pnodes)
{
    xc_nodemap_t map = xc_nodemap_alloc(xch);
    int rc = VNUMA_ERROR_NOMEM;

    if (map)
        rc = xc_domain_node_getaffinity(xch, domid, map)
                 ? VNUMA_ERROR_XEN
                 : bytes_to_bitmap(map, xc_get_nodemap_size(xch), pnodes);
    free(map);
    return rc;
}

int vnuma__xen_get_vcpu_affinity(xc_interface *xch, uint32_t domid,
                                 unsigned int vcpu, vnuma_bitmap *hard,
                                 vnuma_bitmap *soft)
{
    xc_cpumap_t hard_map = xc_cpumap_alloc(xch);
    xc_cpumap_t soft_map = xc_cpumap_alloc(xch);
    int rc = VNUMA_ERROR_NOMEM, size = xc_get_cpumap_size(xch);

    if (hard_map && soft_map)
        rc = xc_vcpu_getaffinity(xch, domid, vcpu, hard_map, soft_map,
                                 XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)
                 ? VNUMA_ERROR_XEN
                 : bytes_to_bitmap(hard_map, size, hard);
    if (!rc)
        rc = bytes_to_bitmap(soft_map, size, soft);
    free(hard_map);
    free(soft_map);
    return rc;
}
