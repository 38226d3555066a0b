/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan for a program that builds guests itself: as libxl's configuration, or
 * as libxenguest's image and the steps that libxl makes around it.
 */
#include "config.h"

#include "xen/build/built.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>
#include <xenguest.h>

#define VGA_HOLE_KB ((VNUMA__VGA_HOLE_END - VNUMA__VGA_HOLE_START) >> 10)

/* ---- libxl -------------------------------------------------------------- */

/* libxl's own allocator exits the program when there is no memory. */
static int make_bitmap(libxl_bitmap *bitmap, unsigned int num_bits)
{
    bitmap->size = (num_bits + 7) / 8;
    bitmap->map = calloc(bitmap->size, 1); /* the caller has it */
    return bitmap->map ? 0 : VNUMA_ERROR_NOMEM;
}

static int fill_vnode(const vnuma_plan *plan, unsigned int vnode,
                      unsigned int num_vcpus, libxl_vnode_info *info)
{
    const vnuma_plan_vnode *from = &plan->vnodes[vnode];
    uint32_t vcpu;
    int rc;

    info->memkb = from->memkb;
    info->pnode = from->pnode;
    /* the caller has it */
    info->distances = calloc(plan->num_vnodes, sizeof(*info->distances));
    if (!info->distances)
        return VNUMA_ERROR_NOMEM;
    info->num_distances = plan->num_vnodes;
    memcpy(info->distances, from->distances,
           plan->num_vnodes * sizeof(*info->distances));
    rc = make_bitmap(&info->vcpus, num_vcpus);
    if (rc)
        return rc;
    VNUMA_BITMAP_FOREACH(vcpu, &from->vcpus)
        libxl_bitmap_set(&info->vcpus, vcpu);
    return 0;
}

static int fill_build_info(const vnuma_plan *plan, unsigned int num_vcpus,
                           libxl_domain_build_info *b_info)
{
    unsigned int i;
    int rc;

    b_info->vnuma_nodes = calloc(plan->num_vnodes, sizeof(libxl_vnode_info));
    if (!b_info->vnuma_nodes)
        return VNUMA_ERROR_NOMEM;
    b_info->num_vnuma_nodes = plan->num_vnodes;
    for (i = 0; i < plan->num_vnodes; i++)
        libxl_vnode_info_init(&b_info->vnuma_nodes[i]);
    rc = make_bitmap(&b_info->avail_vcpus, num_vcpus);
    if (!rc)
        libxl_bitmap_set_any(&b_info->avail_vcpus);
    b_info->max_memkb = 0;
    for (i = 0; i < plan->num_vnodes && !rc; i++) {
        rc = fill_vnode(plan, i, num_vcpus, &b_info->vnuma_nodes[i]);
        b_info->max_memkb += plan->vnodes[i].memkb;
    }
    return rc;
}

int vnuma_xen_plan_to_build_info(const vnuma_plan *plan,
                                 libxl_domain_build_info *b_info)
{
    unsigned int num_vcpus = vnuma__plan_num_vcpus(plan);
    libxl_domain_build_info new, old = *b_info;
    int rc;

    libxl_domain_build_info_init(&new);
    rc = fill_build_info(plan, num_vcpus, &new);
    if (!rc) {
        b_info->max_memkb = b_info->target_memkb = new.max_memkb;
        b_info->max_vcpus = num_vcpus;
        /* What was there is disposed of with the new one. */
        b_info->vnuma_nodes = new.vnuma_nodes;
        b_info->num_vnuma_nodes = new.num_vnuma_nodes;
        new.vnuma_nodes = old.vnuma_nodes;
        new.num_vnuma_nodes = old.num_vnuma_nodes;
        if (!old.avail_vcpus.size) {
            b_info->avail_vcpus = new.avail_vcpus;
            new.avail_vcpus = old.avail_vcpus;
        }
    }
    libxl_domain_build_info_dispose(&new);
    return rc;
}

/* ---- libxenguest -------------------------------------------------------- */

/* In memory that is freed with the image. */
static int leave_in_image(struct xc_dom_image *dom,
                          const vnuma__layout *layout)
{
    uint32_t i;

    dom->vmemranges =
        xc_dom_malloc(dom, layout->num_vmemranges * sizeof(*dom->vmemranges));
    dom->vnode_to_pnode =
        xc_dom_malloc(dom, layout->num_vnodes * sizeof(*dom->vnode_to_pnode));
    if (!dom->vmemranges || !dom->vnode_to_pnode)
        return VNUMA_ERROR_NOMEM;
    vnuma__ranges_to_xen(layout, dom->vmemranges);
    for (i = 0; i < layout->num_vnodes; i++)
        dom->vnode_to_pnode[i] = layout->vnode_to_pnode[i];
    dom->nr_vmemranges = layout->num_vmemranges;
    dom->nr_vnodes = layout->num_vnodes;
    return 0;
}

int vnuma_xen_plan_to_image(const vnuma_plan *plan, struct xc_dom_image *dom,
                            vnuma_diags *diags)
{
    vnuma__layout layout = { 0 };
    vnuma__hv hv = { .backend = dom->xch };
    int rc;

    rc = vnuma__layout_of_plan(plan, dom->lowmem_end, dom->highmem_end,
                               &layout);
    if (rc == VNUMA_ERROR_CONFIG)
        vnuma__error(diags, "size-sum", VNUMA__NOWHERE,
                     "the vnodes and the guest's RAM have different sizes");
    if (!rc && vnuma__hv_set_vnuma(&hv, dom->guest_domid, &layout))
        rc = vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                         "describing the guest's vnodes to Xen: %s",
                         strerror(errno));
    if (!rc)
        rc = leave_in_image(dom, &layout);
    vnuma__layout_dispose(&layout);
    return rc;
}

static int set_soft_affinity(vnuma_xen *xen, uint32_t domid,
                             const libxl_vnode_info *vnode)
{
    libxl_bitmap pcpus;
    unsigned int vcpu;
    int r = vnuma__get_pcpus(xen->ctx, vnode->pnode, &pcpus);

    libxl_for_each_set_bit(vcpu, vnode->vcpus)
        if (!r)
            r = libxl_set_vcpuaffinity(xen->ctx, domid, vcpu, NULL, &pcpus);
    libxl_bitmap_dispose(&pcpus);
    return r;
}

int vnuma_xen_settle_plan(vnuma_xen *xen, uint32_t domid,
                          const vnuma_plan *plan, const vnuma_xen_built *built,
                          vnuma_diags *diags)
{
    libxl_domain_config d_config;
    uint64_t memkb;
    int i, rc;

    libxl_domain_config_init(&d_config);
    rc = vnuma_xen_plan_to_build_info(plan, &d_config.b_info);
    /* Video RAM is what was not populated; there is a VGA hole, too. */
    memkb = d_config.b_info.max_memkb;
    d_config.b_info.video_memkb =
        memkb -
        vnuma__min(memkb, built->num_pages * VNUMA__PAGE_KB + VGA_HOLE_KB);
    for (i = 0; i < d_config.b_info.num_vnuma_nodes && !rc; i++) {
        if (set_soft_affinity(xen, domid, &d_config.b_info.vnuma_nodes[i]))
            rc = vnuma__xen_failed(xen, diags,
                                   "setting the vcpus' soft affinity");
    }
    if (!rc)
        rc = vnuma_xen_settle(xen->ctx, domid, &d_config, built, diags);
    libxl_domain_config_dispose(&d_config);
    return rc;
}
