/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain-builder hooks: libxenguest's own table for HVM and PVH guests
 * with its memory step replaced.  What is global here is global in libxenguest
 * too: a registered table cannot be removed.
 */
#include "config.h"

#include "vnuma_xen.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "base/diag.h"
#include "xen/build/built.h"

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

/* Takes what libxl told Xen, and the image's pnodes. */
static int take_layout(const struct xc_dom_image *dom, vnuma__hv *hv,
                       vnuma__layout *layout, vnuma_diags *diags)
{
    uint64_t pages = 0;
    unsigned int i;
    int rc;

    rc = vnuma__hv_said(diags,
                        vnuma__hv_get_vnuma(hv, dom->guest_domid, layout),
                        "describing the guest's vNUMA");
    if (rc)
        return rc;
    for (i = 0; i < layout->num_vnodes && i < dom->nr_vnodes; i++) {
        layout->vnode_to_pnode[i] = dom->vnode_to_pnode[i];
        pages += vnuma__layout_memkb(layout, i) / VNUMA__PAGE_KB;
    }
    vnuma__hooks_take_membinds(dom->guest_domid, layout);
    if (layout->num_vnodes == dom->nr_vnodes && pages == dom->total_pages &&
        dom->total_pages == dom->target_pages)
        return 0;
    return vnuma__fail(
        diags, VNUMA_ERROR_CONFIG, "size-sum",
        "the vnodes have %llu MiB, the guest is built with %llu MiB "
        "of at most %llu MiB",
        (unsigned long long)pages >> 8,
        (unsigned long long)dom->target_pages >> 8,
        (unsigned long long)dom->total_pages >> 8);
}

/*
 * Replaces the ranges in the description that libxl gave to Xen.  libxl does
 * not use its own after this step.
 */
static int keep_large_pages(const struct xc_dom_image *dom, vnuma__hv *hv,
                            vnuma__layout *layout, vnuma_diags *diags)
{
    bool changed;
    int rc = vnuma__layout_gather(layout, dom->device_model, &changed);

    if (!rc && changed)
        rc = vnuma__hv_set_vnuma(hv, dom->guest_domid, layout);
    if (rc == VNUMA_ERROR_CONFIG)
        return vnuma__fail(diags, rc, "bad-layout",
                           "the guest's memory ranges are invalid");
    return vnuma__hv_said(diags, rc, "describing the guest's vNUMA");
}

static int populate_image(const struct xc_dom_image *dom, vnuma__hv *hv,
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
    vnuma__built built = { 0 };
    int rc;

    if (process.hooks.later_memkb)
        later_memkb +=
            process.hooks.later_memkb(process.hooks.user, build.domid);
    build.later_pages = later_memkb / VNUMA__PAGE_KB;

    rc = vnuma__populate(hv, &build, &built, diags);
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
    dom->p2m_size = layout->vmemranges[layout->num_vmemranges - 1].end >>
                    VNUMA__PAGE_SHIFT;
    /*
     * For a PVH guest libxl asks Xen for the description with buffers of no
     * size, and gives up when that is refused, unless there are no vnodes.
     */
    if (!dom->device_model)
        dom->nr_vnodes = 0;
}

static int meminit(struct xc_dom_image *dom)
{
    vnuma__layout layout = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__hv hv = { .backend = dom->xch };
    int rc;

    if (!dom->nr_vmemranges || !dom->nr_vnodes)
        return process.builtin.meminit(dom);

    if (process.hooks.started)
        process.hooks.started(process.hooks.user, dom->guest_domid);

    vnuma__hvm_leave_out_module(dom);
    rc = take_layout(dom, &hv, &layout, &diags);
    if (!rc)
        rc = keep_large_pages(dom, &hv, &layout, &diags);
    if (!rc)
        rc = populate_image(dom, &hv, &layout, &diags);
    if (!rc)
        leave_results(dom, &layout);
    else
        build_failed(dom->guest_domid, &diags);

    vnuma_diags_dispose(&diags);
    vnuma__layout_dispose(&layout);
    return rc ? -1 : 0;
}

static int add_tables(struct xc_dom_image *dom, vnuma_diags *diags)
{
    uint8_t *more;
    size_t len;
    int rc = vnuma__more_tables(dom->guest_domid, &more, &len, diags);

    if (!rc && vnuma__pvh_is_hidden(dom))
        rc = vnuma__pvh_add_tables(dom, dom->vnode_to_pnode[0], more, len,
                                   diags);
    else if (!rc && more)
        rc = vnuma__hvm_add_tables(dom, more, len, diags);
    free(more);
    return rc;
}

static int alloc_magic_pages(struct xc_dom_image *dom)
{
    vnuma_diags diags = { 0 };
    int rc;

    if (!vnuma__pvh_is_hidden(dom) && !(dom->nr_vmemranges && dom->nr_vnodes))
        return process.builtin.alloc_magic_pages(dom);

    rc = add_tables(dom, &diags);
    if (rc)
        build_failed(dom->guest_domid, &diags);
    vnuma_diags_dispose(&diags);
    return rc ? -1 : process.builtin.alloc_magic_pages(dom);
}

/* xc_dom_set_arch_hooks() finds the built-in table, and needs an image. */
static int find_builtin(struct xc_dom_arch *hooks_r)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, XC_OPENFLAG_DUMMY);
    struct xc_dom_image *dom = xch ? xc_dom_allocate(xch, NULL, NULL) : NULL;
    int rc = VNUMA_ERROR_NOMEM;

    if (dom) {
        dom->guest_type = GUEST_TYPE;
        if (!xc_dom_set_arch_hooks(dom) && dom->arch_hooks->meminit) {
            *hooks_r = *dom->arch_hooks;
            rc = 0;
        } else {
            errno = ENOTSUP;
            rc = VNUMA_ERROR_XEN;
        }
        xc_dom_release(dom);
    }
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
