/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that are saved or migrated: the record of a running guest, the
 * configuration that libxl gets for a restored one, and its memory, populated
 * in the process that reads the stream.
 */
#include "config.h"

#include "xen/host/handle.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"
#include "xen/build/built.h"
#include "xen/build/refill.h"

/* ---- the record of a running guest -------------------------------------- */

static int differs(vnuma_diags *diags, const char *what)
{
    return vnuma__fail(
        diags, VNUMA_ERROR_CONFIG, "readers-differ",
        "the guest's configuration and what Xen holds of it differ "
        "in %s",
        what);
}

static int no_memory(vnuma_diags *diags)
{
    return vnuma__fail(diags, VNUMA_ERROR_NOMEM, "no-memory",
                       "this program got no memory");
}

typedef struct {
    vnuma_xen *xen;
    uint32_t domid;
    const libxl_domain_build_info *b_info;
    vnuma_record record;
    vnuma_diags *diags;
} recorder;

/*
 * Sizes and pnodes come from libxl; the rest from Xen.  A guest without
 * policies has no stored promise.
 */
static int take_config(recorder *r)
{
    vnuma__promise promise;
    uint32_t v;
    int i;

    if ((uint32_t)r->b_info->num_vnuma_nodes != r->record.layout.num_vnodes)
        return differs(r->diags, "the number of vnodes");
    for (i = 0; i < r->b_info->num_vnuma_nodes; i++) {
        r->record.memkb[i] = r->b_info->vnuma_nodes[i].memkb;
        r->record.layout.vnode_to_pnode[i] = r->b_info->vnuma_nodes[i].pnode;
    }
    r->record.has_device_model = r->b_info->type == LIBXL_DOMAIN_TYPE_HVM;
    vnuma__promise_stored(r->xen->ctx, r->domid, r->b_info, &promise);
    for (v = 0; v < promise.num_vnodes; v++)
        r->record.layout.membinds[v] = promise.vnodes[v].membind;
    r->record.acpi_tables = vnuma__tables_stored(r->xen->ctx, r->domid);
    return 0;
}

/* Whether vcpus are pinned as --hard does it, by --hard or by cpus=. */
static int take_pinning(recorder *r)
{
    const libxl_domain_build_info *b_info = r->b_info;
    bool pinned = b_info->num_vcpu_hard_affinity;
    int i, vcpu, rc = 0;

    for (i = 0; !rc && pinned && i < b_info->num_vnuma_nodes; i++) {
        const libxl_vnode_info *vnode = &b_info->vnuma_nodes[i];
        libxl_bitmap pcpus;

        if (vnuma__get_pcpus(r->xen->ctx, vnode->pnode, &pcpus))
            rc = vnuma__xen_failed(r->xen, r->diags,
                                   "asking for a pnode's CPUs");
        libxl_for_each_set_bit(vcpu, vnode->vcpus)
            pinned &= vcpu < b_info->num_vcpu_hard_affinity &&
                      libxl_bitmap_equal(&b_info->vcpu_hard_affinity[vcpu],
                                         &pcpus, 0);
        libxl_bitmap_dispose(&pcpus);
    }
    r->record.is_pinned = pinned;
    return rc;
}

static int take_host(recorder *r)
{
    const vnuma__layout *layout = &r->record.layout;
    uint32_t from, to, n = layout->num_vnodes;
    vnuma_topology *topology = NULL;
    int rc = vnuma_xen_get_topology(r->xen, &topology, r->diags);

    if (rc)
        return rc;
    vnuma__record_xen_of(topology, r->record.xen);
    for (from = 0; from < n; from++)
        for (to = 0; to < n; to++)
            r->record.host_distances[from * n + to] = vnuma__min(
                vnuma_topology_distance(topology, layout->vnode_to_pnode[from],
                                        layout->vnode_to_pnode[to]),
                VNUMA_DISTANCE_UNREACHABLE);
    vnuma_topology_free(topology);
    return 0;
}

/* @b_info may be NULL; then libxl is asked for it. */
static int record_domain(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info, char **text_r,
                         vnuma_diags *diags)
{
    libxl_domain_config d_config;
    recorder r = { xen, domid, b_info, .diags = diags };
    int rc = 0;

    libxl_domain_config_init(&d_config);
    *text_r = NULL;
    if (vnuma__hv_get_vnuma(&xen->hv, domid, &r.record.layout)) {
        if (errno != EOPNOTSUPP)
            rc = vnuma__xen_failed(xen, diags,
                                   "reading the guest's vNUMA description");
        goto out;
    }
    if (!b_info) {
        r.b_info = &d_config.b_info;
        if (libxl_retrieve_domain_configuration(xen->ctx, domid, &d_config,
                                                NULL))
            rc = vnuma__xen_failed(xen, diags,
                                   "reading the guest's configuration");
    }
    if (!rc)
        rc = take_config(&r);
    if (!rc)
        rc = take_pinning(&r);
    if (!rc)
        rc = take_host(&r);
    if (!rc) {
        *text_r = vnuma_record_format(&r.record);
        rc = *text_r ? 0 : no_memory(diags);
    }

out:
    libxl_domain_config_dispose(&d_config);
    vnuma__record_dispose(&r.record);
    return rc;
}

int vnuma_xen_record(vnuma_xen *xen, uint32_t domid, char **text_r,
                     vnuma_diags *diags)
{
    return record_domain(xen, domid, NULL, text_r, diags);
}

int vnuma_xen_record_of(libxl_ctx *ctx, uint32_t domid,
                        const libxl_domain_config *d_config, char **text_r,
                        vnuma_diags *diags)
{
    vnuma_xen xen;
    int rc = vnuma__xen_borrow(&xen, ctx, diags);

    if (rc)
        return rc;
    rc = record_domain(&xen, domid, d_config ? &d_config->b_info : NULL,
                       text_r, diags);
    xc_interface_close(xen.xch);
    return rc;
}

/* ---- before a restore --------------------------------------------------- */

static int compare_vnode(const vnuma_record *record, uint32_t v,
                         const libxl_vnode_info *vnode, vnuma_diags *diags)
{
    const vnuma__layout *layout = &record->layout;
    uint32_t i, n = layout->num_vnodes;

    if (vnode->memkb != record->memkb[v])
        return differs(diags, "the vnodes' sizes");
    if (vnode->num_distances != (int)n ||
        memcmp(vnode->distances, layout->distances + (size_t)v * n,
               n * sizeof(*vnode->distances)))
        return differs(diags, "the vnodes' distances");
    for (i = 0; i < layout->num_vcpus; i++)
        if ((layout->vcpu_to_vnode[i] == v) !=
            (bool)libxl_bitmap_test(&vnode->vcpus, i))
            return differs(diags, "the vnodes' vcpus");
    return 0;
}

static void forget_pinning(libxl_domain_build_info *b_info)
{
    int i;

    for (i = 0; i < b_info->num_vcpu_hard_affinity; i++)
        libxl_bitmap_dispose(&b_info->vcpu_hard_affinity[i]);
    free(b_info->vcpu_hard_affinity);
    b_info->vcpu_hard_affinity = NULL;
    b_info->num_vcpu_hard_affinity = 0;
}

static int compare_guests(const vnuma_record *record,
                          const libxl_domain_build_info *b_info,
                          vnuma_diags *diags)
{
    int i, rc = 0;

    if ((uint32_t)b_info->num_vnuma_nodes != record->layout.num_vnodes)
        return differs(diags, "the number of vnodes");
    if (record->has_device_model != (b_info->type == LIBXL_DOMAIN_TYPE_HVM))
        return differs(diags, "the type of the guest");
    for (i = 0; i < b_info->num_vnuma_nodes && !rc; i++)
        rc = compare_vnode(record, i, &b_info->vnuma_nodes[i], diags);
    return rc;
}

int vnuma_xen_prepare_restore(libxl_ctx *ctx, libxl_domain_config *d_config,
                              const char *text, uint64_t *target_memkb_r,
                              vnuma_diags *diags)
{
    libxl_domain_build_info *b_info = &d_config->b_info;
    uint64_t target_memkb = b_info->target_memkb;
    vnuma_record record = { 0 };
    int i, rc;

    if (target_memkb == LIBXL_MEMKB_DEFAULT)
        target_memkb = b_info->max_memkb;
    rc = vnuma__record_parse(text, strlen(text), &record, diags);
    if (!rc)
        rc = compare_guests(&record, b_info, diags);
    if (rc)
        goto out;
    /* The affinities in the configuration are those of the old pnodes. */
    for (i = 0; i < b_info->num_vnuma_nodes; i++)
        b_info->vnuma_nodes[i].pnode = record.layout.vnode_to_pnode[i];
    libxl_bitmap_dispose(&b_info->nodemap);
    libxl_bitmap_init(&b_info->nodemap);
    if (record.is_pinned)
        forget_pinning(b_info);
    rc = vnuma_xen_prepare(ctx, d_config, record.is_pinned, diags);
    if (!rc)
        *target_memkb_r = target_memkb;

out:
    vnuma__record_dispose(&record);
    return rc;
}

/* ---- the memory of a restored guest ------------------------------------- */

struct vnuma_xen_refill {
    const vnuma_xen_hooks *hooks; /* borrowed */
    vnuma__hv hv;
    vnuma_record record;
    vnuma__build build;
    vnuma__refill refill;
};

static void dispose_refill(vnuma_xen_refill *refill)
{
    vnuma__refill_dispose(&refill->refill);
    vnuma__record_dispose(&refill->record);
    free(refill);
}

int vnuma_xen_refill_begin(xc_interface *xch, uint32_t domid, const char *text,
                           uint64_t target_memkb, const vnuma_xen_hooks *hooks,
                           vnuma_xen_refill **refill_r, vnuma_diags *diags)
{
    vnuma_xen_refill *refill = calloc(1, sizeof(*refill));
    uint64_t video_memkb;
    int rc;

    if (!refill)
        return no_memory(diags);
    refill->hv.backend = xch;
    refill->hooks = hooks;
    rc = vnuma__record_parse(text, strlen(text), &refill->record, diags);
    if (!rc) {
        video_memkb = vnuma__record_video_memkb(&refill->record);
        refill->build = (vnuma__build){
            .domid = domid,
            .layout = &refill->record.layout,
            .vga_hole = refill->record.has_device_model,
            .later_pages = (VNUMA__ADDED_MEMKB + video_memkb) / VNUMA__PAGE_KB,
            .progress = hooks->progress,
            .user = hooks->user,
        };
        target_memkb -= vnuma__min(target_memkb, video_memkb);
        rc = vnuma__refill_begin(&refill->refill, &refill->hv, &refill->build,
                                 target_memkb / VNUMA__PAGE_KB, diags);
    }
    if (rc)
        dispose_refill(refill);
    else
        *refill_r = refill;
    return rc;
}

int vnuma_xen_refill_name(vnuma_xen_refill *refill, const uint64_t *gfns,
                          uint64_t num_gfns, vnuma_diags *diags)
{
    refill->refill.diags = diags;
    return vnuma__refill_name(&refill->refill, gfns, num_gfns);
}

int vnuma_xen_refill_end(vnuma_xen_refill *refill, bool is_good,
                         vnuma_diags *diags)
{
    const vnuma_xen_hooks *hooks = refill->hooks;
    int rc = 0;

    refill->refill.diags = diags;
    if (is_good)
        rc = vnuma__refill_end(&refill->refill);
    if (is_good && !rc && hooks->populated)
        hooks->populated(hooks->user, refill->build.domid,
                         &refill->refill.built.counts);
    dispose_refill(refill);
    return rc;
}
