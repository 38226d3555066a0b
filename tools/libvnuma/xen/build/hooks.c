/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain-builder hooks: libxenguest's own table for HVM and PVH guests
 * with its memory step replaced.  What is global here is global in libxenguest
 * too: a registered table cannot be removed.
 */
#include "config.h"

#include "base/objects.h"
#include "vnuma_xen.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "base/diag.h"
#include "xen/build/built.h"
#include "xen/hv/hv_xen.h"

#define GUEST_TYPE "hvm-3.0-x86_32"

/* What is one for the process; what is one for each build is in task.h. */
static struct {
    struct xc_dom_arch builtin, ours; /* libxenguest's, and what replaces it */
    vnuma_xen_hooks hooks;            /* of the program that we run in */
} process;

static void build_failed(uint32_t domid, const vnuma_diags *diags)
{
    if (process.hooks.failed)
        process.hooks.failed(process.hooks.user, domid, diags);
}

void vnuma__hooks_take_membinds(uint32_t domid, vnuma__layout *layout)
{
    const vnuma_xen_hooks *hooks = &process.hooks;
    uint32_t v;

    for (v = 0; v < layout->num_vnodes && hooks->membind; v++) {
        vnuma_membind asked = { .num_pnodes = 0 };

        if (hooks->membind(hooks->user, domid, v, &asked) &&
            asked.num_pnodes &&
            (asked.policy == VNUMA_POLICY_INTERLEAVE ||
             asked.pnodes[0] == layout->vnode_to_pnode[v]))
            layout->membinds[v] = asked;
    }
}

/* Copies the ranges that libxl made. */
static int take_layout(const struct xc_dom_image *dom, vnuma__layout *layout,
                       vnuma_diags *diags)
{
    uint64_t pages = 0;
    unsigned int i;
    int rc;

    rc = vnuma__layout_alloc(layout, dom->nr_vmemranges, dom->nr_vnodes, 0);
    if (rc)
        return vnuma__hv_refused(diags, rc, "building the guest");
    vnuma__ranges_of_xen(dom->vmemranges, layout);
    for (i = 0; i < dom->nr_vmemranges; i++)
        pages += (dom->vmemranges[i].end - dom->vmemranges[i].start) >>
                 VNUMA__PAGE_SHIFT;
    for (i = 0; i < dom->nr_vnodes; i++)
        layout->vnode_to_pnode[i] = dom->vnode_to_pnode[i];
    vnuma__hooks_take_membinds(dom->guest_domid, layout);
    if (pages == dom->total_pages && dom->total_pages == dom->target_pages)
        return 0;
    return vnuma__fail(
        diags, VNUMA_ERROR_CONFIG, "size-sum",
        "the vnodes have %llu MiB, the guest is built with %llu MiB "
        "of at most %llu MiB",
        (unsigned long long)pages >> 8,
        (unsigned long long)dom->target_pages >> 8,
        (unsigned long long)dom->total_pages >> 8);
}

/* Replaces the ranges in the description that libxl gave to Xen. */
static int describe_layout(struct xc_dom_image *dom,
                           const vnuma__layout *layout)
{
    vnuma__layout told;
    vnuma__hv hv;
    int rc;

    vnuma__layout_init(&told);
    vnuma__hv_xen_init(&hv, dom->xch);
    rc = vnuma__hv_get_vnuma(&hv, dom->guest_domid, &told);
    if (!rc) {
        vnuma__layout ours = *layout;

        ours.num_vcpus = told.num_vcpus;
        ours.vcpu_to_vnode = told.vcpu_to_vnode;
        ours.distances = told.distances;
        rc = vnuma__hv_call(&hv, set_vnuma, dom->guest_domid, &ours);
    }
    vnuma__layout_dispose(&told);
    return rc;
}

/*
 * libxl does not use its ranges after this step: they are for Xen and for us.
 */
static int keep_large_pages(struct xc_dom_image *dom, vnuma__layout *layout,
                            vnuma_diags *diags)
{
    bool changed;
    int rc;

    rc = vnuma__layout_gather(layout, dom->device_model, &changed);
    if (!rc && changed)
        rc = describe_layout(dom, layout);
    if (rc == VNUMA_ERROR_CONFIG)
        vnuma__error(diags, "bad-layout", VNUMA__NOWHERE,
                     "the guest's memory ranges are invalid");
    else if (rc)
        vnuma__hv_refused(diags, rc, "describing the guest's vNUMA");
    return rc;
}

static int populate_image(struct xc_dom_image *dom,
                          const vnuma__layout *layout, vnuma_diags *diags)
{
    uint64_t later_memkb = VNUMA__ADDED_MEMKB;
    vnuma__build build = {
        .domid = dom->guest_domid,
        .layout = layout,
        .vga_hole = dom->device_model,
        .claim = dom->claim_enabled,
        .progress = process.hooks.progress,
        .user = process.hooks.user,
    };
    vnuma__hv hv;
    vnuma__built built;
    int rc;

    if (process.hooks.later_memkb)
        later_memkb +=
            process.hooks.later_memkb(process.hooks.user, build.domid);
    build.later_pages = later_memkb / VNUMA__PAGE_KB;

    vnuma__built_init(&built);
    vnuma__hv_xen_init(&hv, dom->xch);
    rc = vnuma__populate(&hv, &build, &built, diags);
    if (!rc && process.hooks.populated)
        process.hooks.populated(process.hooks.user, build.domid,
                                &built.counts);
    vnuma__built_dispose(&built);
    return rc;
}

/* Sets what libxenguest's own memory step sets for the later steps. */
static void leave_results(struct xc_dom_image *dom,
                          const vnuma__layout *layout)
{
    uint32_t i;

    dom->p2m_size = 0;
    for (i = 0; i < layout->num_vmemranges; i++) {
        xen_pfn_t end = layout->vmemranges[i].end >> VNUMA__PAGE_SHIFT;

        if (dom->p2m_size < end)
            dom->p2m_size = end;
    }
}

static int meminit(struct xc_dom_image *dom)
{
    vnuma__layout layout;
    vnuma_diags diags;
    int rc;

    if (!dom->nr_vmemranges || !dom->nr_vnodes)
        return process.builtin.meminit(dom);

    vnuma__layout_init(&layout);
    vnuma_diags_init(&diags);
    if (process.hooks.started)
        process.hooks.started(process.hooks.user, dom->guest_domid);

    rc = take_layout(dom, &layout, &diags);
    if (!rc)
        rc = keep_large_pages(dom, &layout, &diags);
    if (!rc)
        rc = populate_image(dom, &layout, &diags);
    if (!rc) {
        leave_results(dom, &layout);
        if (!dom->device_model)
            vnuma__pvh_hide_vnodes(dom);
    } else {
        build_failed(dom->guest_domid, &diags);
    }

    vnuma_diags_dispose(&diags);
    vnuma__layout_dispose(&layout);
    return rc ? -1 : 0;
}

static int alloc_magic_pages(struct xc_dom_image *dom)
{
    vnuma_diags diags;
    int rc;

    if (!vnuma__pvh_is_hidden(dom))
        return process.builtin.alloc_magic_pages(dom);

    vnuma_diags_init(&diags);
    rc = vnuma__pvh_add_tables(dom, dom->vnode_to_pnode[0], &diags);
    if (rc)
        build_failed(dom->guest_domid, &diags);
    vnuma_diags_dispose(&diags);
    return rc ? -1 : process.builtin.alloc_magic_pages(dom);
}

/* xc_dom_set_arch_hooks() finds the built-in table, and needs an image. */
static int find_builtin(struct xc_dom_arch *hooks_r)
{
    struct xc_dom_image *dom = NULL;
    xc_interface *xch;
    int rc = VNUMA_ERROR_NOMEM;

    xch = xc_interface_open(NULL, NULL, XC_OPENFLAG_DUMMY);
    if (!xch)
        goto out;
    dom = xc_dom_allocate(xch, NULL, NULL);
    if (!dom)
        goto out;
    dom->guest_type = GUEST_TYPE;
    if (xc_dom_set_arch_hooks(dom) || !dom->arch_hooks->meminit) {
        errno = ENOTSUP;
        rc = VNUMA_ERROR_XEN;
        goto out;
    }
    *hooks_r = *dom->arch_hooks;
    rc = 0;

out:
    if (dom)
        xc_dom_release(dom);
    if (xch)
        xc_interface_close(xch);
    return rc;
}

int vnuma_xen_hooks_register(const vnuma_xen_hooks *hooks)
{
    static atomic_flag registered = ATOMIC_FLAG_INIT;
    int rc;

    if (atomic_flag_test_and_set(&registered)) {
        errno = EALREADY;
        return VNUMA_ERROR_XEN;
    }
    rc = find_builtin(&process.builtin);
    if (rc) {
        atomic_flag_clear(&registered);
        return rc;
    }
    process.hooks = *hooks;
    process.ours = process.builtin;
    process.ours.next = NULL;
    process.ours.meminit = meminit;
    process.ours.alloc_magic_pages = alloc_magic_pages;
    xc_dom_register_arch_hooks(&process.ours);
    return 0;
}
