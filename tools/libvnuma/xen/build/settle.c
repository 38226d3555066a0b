/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done before and after the memory step, on libxl's configuration:
 * setting node affinity, describing what xl understood as one line of text,
 * reading back, and removing a domain that is half built.
 */
#include "config.h"

#include "base/print.h"
#include "xen/build/built.h"
#include "xen/host/handle.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one text for a plan and for what xl understood --------------------- */

static void describe_vnode(FILE *f, const vnuma_plan_vnode *vnode,
                           unsigned int num_distances)
{
    unsigned int i;

    fprintf(f, "%" PRIu32 ":%" PRIu64 ":", vnode->pnode, vnode->memkb);
    vnuma__bitmap_print(&vnode->vcpus, f);
    for (i = 0; i < num_distances; i++)
        fprintf(f, "%c%" PRIu32, i ? ',' : ':', vnode->distances[i]);
}

char *vnuma_xen_describe_plan(const vnuma_plan *plan)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    unsigned int i;

    if (!f)
        return NULL;
    for (i = 0; plan && i < plan->num_vnodes; i++) {
        fputs(i ? ";" : "", f);
        describe_vnode(f, &plan->vnodes[i], plan->num_vnodes);
    }
    return vnuma__print_end(&out, false);
}

char *vnuma_xen_describe_build_info(const libxl_domain_build_info *b_info)
{
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);
    int i, rc = 0;

    if (!f)
        return NULL;
    for (i = 0; i < b_info->num_vnuma_nodes && !rc; i++) {
        const libxl_vnode_info *info = &b_info->vnuma_nodes[i];
        vnuma_plan_vnode vnode = {
            .pnode = info->pnode,
            .memkb = info->memkb,
            .distances = info->distances,
        };

        fputs(i ? ";" : "", f);
        rc = vnuma__take_bitmap(&info->vcpus, &vnode.vcpus);
        describe_vnode(f, &vnode, info->num_distances);
        vnuma_bitmap_dispose(&vnode.vcpus);
    }
    return vnuma__print_end(&out, rc);
}

/* ---- node affinity ------------------------------------------------------ */

int vnuma_xen_prepare(libxl_ctx *ctx, libxl_domain_config *d_config, bool pin,
                      vnuma_diags *diags)
{
    libxl_domain_build_info *b_info = &d_config->b_info;
    int i, rc;

    if (!b_info->num_vnuma_nodes)
        return 0;
    /*
     * A guest that was ballooned and reboots or is restored: libxl takes it
     * for populate-on-demand, which does not exist with vNUMA.
     */
    if (b_info->target_memkb != LIBXL_MEMKB_DEFAULT &&
        b_info->max_memkb != LIBXL_MEMKB_DEFAULT)
        b_info->target_memkb = b_info->max_memkb;
    rc = vnuma__affinity_prepare(ctx, d_config, pin, diags);
    if (rc || b_info->nodemap.size)
        return rc;
    if (libxl_node_bitmap_alloc(ctx, &b_info->nodemap, 0))
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                           "setting the domain's node affinity: libxl failed");
    for (i = 0; i < b_info->num_vnuma_nodes; i++)
        libxl_bitmap_set(&b_info->nodemap, b_info->vnuma_nodes[i].pnode);
    /* With a nodemap libxl must not place the guest itself. */
    libxl_defbool_set(&b_info->numa_placement, false);
    return 0;
}

/* ---- reading back ------------------------------------------------------- */

static int widen_node_affinity(vnuma__settler *s)
{
    const libxl_domain_build_info *b_info = s->b_info;
    vnuma_bitmap pnodes = { 0 };
    unsigned int i;
    int v, rc = 0;

    for (v = 0; v < b_info->num_vnuma_nodes && !rc; v++)
        if (b_info->vnuma_nodes[v].pnode < VNUMA_BITMAP_MAX)
            rc = vnuma_bitmap_set(&pnodes, b_info->vnuma_nodes[v].pnode);
    /* Preferred memory may have spilled over to other pnodes. */
    for (i = 0; i < s->built->num_sets && !rc; i++)
        if (vnuma__built_set_pages(&s->built->sets[i]))
            rc = vnuma_bitmap_set(&pnodes, s->built->sets[i].pnode);
    if (!rc && vnuma__hv_set_node_affinity(&s->xen->hv, s->domid, &pnodes))
        rc = vnuma__xen_failed(s->xen, s->diags,
                               "setting the domain's node affinity");
    vnuma_bitmap_dispose(&pnodes);
    return rc;
}

static int check_pages(vnuma__settler *s)
{
    uint64_t num_pages = s->built->num_pages;
    xc_domaininfo_t info;

    /* Xen answers with the next domain when this one is gone. */
    errno = ESRCH;
    if (xc_domain_getinfolist(s->xen->xch, s->domid, 1, &info) != 1 ||
        info.domain != s->domid)
        return vnuma__xen_failed(s->xen, s->diags,
                                 "reading back the number of pages");
    if (info.tot_pages >= num_pages)
        return 0;
    return vnuma__fail(s->diags, VNUMA_ERROR_XEN, "read-back",
                       "the domain holds %" PRIu64 " pages of the %" PRIu64
                       " that were populated",
                       (uint64_t)info.tot_pages, num_pages);
}

/*
 * The memory step chose the ranges, so only sizes are compared; video RAM is
 * in no range.
 */
static int check_vnode(vnuma__settler *s, const vnuma__layout *layout,
                       uint32_t v)
{
    const libxl_vnode_info *vnode = &s->b_info->vnuma_nodes[v];
    uint64_t memkb = vnuma__layout_memkb(layout, v);
    uint64_t wanted = vnode->memkb - (v ? 0 : s->b_info->video_memkb);
    const uint32_t *distances =
        layout->distances + (size_t)v * layout->num_vnodes;
    uint32_t vcpu, to;

    if (memkb != wanted)
        return vnuma__fail(s->diags, VNUMA_ERROR_XEN, "read-back",
                           "Xen holds vnode %" PRIu32 " with %" PRIu64
                           " MiB, not %" PRIu64,
                           v, memkb >> 10, wanted >> 10);
    libxl_for_each_set_bit(vcpu, vnode->vcpus)
        if (vcpu >= layout->num_vcpus || layout->vcpu_to_vnode[vcpu] != v)
            return vnuma__fail(s->diags, VNUMA_ERROR_XEN, "read-back",
                               "Xen does not hold vcpu %u in vnode %d", vcpu,
                               (int)v);
    for (to = 0; to < layout->num_vnodes; to++)
        if (distances[to] != vnode->distances[to])
            return vnuma__fail(s->diags, VNUMA_ERROR_XEN, "read-back",
                               "Xen holds distance %" PRIu32
                               " from vnode %" PRIu32 " to vnode %" PRIu32
                               ", not %" PRIu32,
                               distances[to], v, to, vnode->distances[to]);
    return 0;
}

static int check_description(vnuma__settler *s)
{
    const libxl_domain_build_info *b_info = s->b_info;
    vnuma__layout layout = { 0 };
    uint32_t v;
    int rc = 0;

    if (vnuma__hv_get_vnuma(&s->xen->hv, s->domid, &layout))
        rc = vnuma__xen_failed(s->xen, s->diags,
                               "reading back the vNUMA description");
    else if (layout.num_vnodes != (uint32_t)b_info->num_vnuma_nodes)
        rc = vnuma__fail(s->diags, VNUMA_ERROR_XEN, "read-back",
                         "Xen holds %" PRIu32 " vnodes, not %d",
                         layout.num_vnodes, b_info->num_vnuma_nodes);
    for (v = 0; v < layout.num_vnodes && !rc; v++) {
        rc = check_vnode(s, &layout, v);
        /* Xen does not tell it. */
        layout.vnode_to_pnode[v] = b_info->vnuma_nodes[v].pnode;
    }
    if (!rc) {
        vnuma__hooks_take_membinds(s->domid, &layout);
        rc = vnuma__promise_store(s->xen, s->domid, b_info, &layout, s->built,
                                  s->diags);
    }
    vnuma__layout_dispose(&layout);
    return rc;
}

int vnuma_xen_settle(libxl_ctx *ctx, uint32_t domid,
                     const libxl_domain_config *d_config,
                     const vnuma_xen_built *built, vnuma_diags *diags)
{
    vnuma_xen xen;
    vnuma__settler s = {
        .xen = &xen,
        .domid = domid,
        .b_info = &d_config->b_info,
        .built = built,
        .diags = diags,
    };
    int rc;

    if (!s.b_info->num_vnuma_nodes)
        return 0;
    rc = vnuma__xen_borrow(&xen, ctx, diags);
    if (rc)
        return rc;
    rc = widen_node_affinity(&s);
    if (!rc)
        rc = check_pages(&s);
    if (!rc)
        rc = check_description(&s);
    if (!rc)
        rc = vnuma__affinity_check(&s);
    xc_interface_close(xen.xch);
    return rc;
}

/* ---- cleaning up -------------------------------------------------------- */

/* What has a name was made by one that went on, and told its number. */
static bool has_name(vnuma_xen *xen, uint32_t domid)
{
    char *name = libxl_domid_to_name(xen->ctx, domid);
    bool has = name && *name;

    free(name);
    return has;
}

/* Finds the domain of @domid and @uuid; VNUMA_XEN_ANY_DOMID: there is none. */
static int find_by_uuid(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        uint32_t *domid_r)
{
    libxl_dominfo *infos;
    int i, num_infos;

    *domid_r = VNUMA_XEN_ANY_DOMID;
    infos = libxl_list_domain(xen->ctx, &num_infos);
    if (!infos)
        return VNUMA_ERROR_XEN;
    for (i = 0; i < num_infos; i++)
        if (!memcmp(libxl_uuid_bytearray(&infos[i].uuid), uuid, 16) &&
            (domid == VNUMA_XEN_ANY_DOMID ? !has_name(xen, infos[i].domid)
                                          : domid == infos[i].domid))
            *domid_r = infos[i].domid;
    libxl_dominfo_list_free(infos, num_infos);
    return 0;
}

int vnuma_xen_destroy(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                      vnuma_diags *diags)
{
    if (find_by_uuid(xen, domid, uuid, &domid))
        return vnuma__xen_failed(xen, diags, "looking for the domain");
    if (domid == VNUMA_XEN_ANY_DOMID)
        return 0;
    if (libxl_domain_destroy(xen->ctx, domid, NULL))
        return vnuma__xen_failed(xen, diags, "removing the domain");
    return 0;
}

/* Returns the name without @end; NULL: it does not end so. */
static char *name_before(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && !strcmp(name + len - end_len, end)
               ? strndup(name, len - end_len)
               : NULL;
}

/* What xl adds to the name of a guest that comes, or that it sent. */
static int drop_end(vnuma_xen *xen, uint32_t domid, const char *end)
{
    char *old = libxl_domid_to_name(xen->ctx, domid), *name;
    int rc = 0;

    if (!old)
        return -1;
    name = name_before(old, end);
    if (name)
        rc = libxl_domain_rename(xen->ctx, domid, old, name);
    free(name);
    free(old);
    return rc;
}

/* Xen refuses to unpause a domain that is not paused. */
static int unpause(vnuma_xen *xen, uint32_t domid)
{
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(xen->ctx, &info, domid);
    if (!rc && info.paused)
        rc = libxl_domain_unpause(xen->ctx, domid, NULL);
    libxl_dominfo_dispose(&info);
    return rc;
}

int vnuma_xen_take_over(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        bool run, vnuma_diags *diags)
{
    if (find_by_uuid(xen, domid, uuid, &domid) || domid == VNUMA_XEN_ANY_DOMID)
        return vnuma__xen_failed(xen, diags, "looking for the new domain");
    if (drop_end(xen, domid, "--incoming"))
        return vnuma__xen_failed(xen, diags, "naming the new domain");
    if (run && unpause(xen, domid))
        return vnuma__xen_failed(xen, diags, "letting the new domain run");
    return 0;
}

#define AWAY "--migratedaway"

static bool is_away(vnuma_xen *xen, uint32_t domid)
{
    char *name = libxl_domid_to_name(xen->ctx, domid);
    char *before = name ? name_before(name, AWAY) : NULL;
    /* Without a name nothing is known of the domain. */
    bool is = !name || before;

    free(before);
    free(name);
    return is;
}

static int resume_suspended(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags)
{
    xen->log.last[0] = '\0';
    if (libxl_domain_resume(xen->ctx, domid, 1, NULL))
        return vnuma__xen_failed(xen, diags, "resuming the suspended guest");
    return 0;
}

int vnuma_xen_resume(vnuma_xen *xen, uint32_t domid, vnuma_diags *diags)
{
    libxl_dominfo info;
    bool is_suspended;

    /*
     * What is moved while it runs has its writes logged, and only the helper
     * that copies it ends that.  It is refused where nothing is logged.
     */
    xc_shadow_control(xen->xch, domid, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0);
    libxl_dominfo_init(&info);
    is_suspended = !libxl_domain_info(xen->ctx, &info, domid) &&
                   info.shutdown &&
                   info.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    libxl_dominfo_dispose(&info);
    return is_suspended && !is_away(xen, domid)
               ? resume_suspended(xen, domid, diags)
               : 0;
}

int vnuma_xen_take_back(vnuma_xen *xen, uint32_t domid, const uint8_t uuid[16],
                        vnuma_diags *diags)
{
    if (find_by_uuid(xen, domid, uuid, &domid) || domid == VNUMA_XEN_ANY_DOMID)
        return vnuma__xen_failed(xen, diags, "looking for the guest");
    if (drop_end(xen, domid, AWAY))
        return vnuma__xen_failed(xen, diags, "naming the guest again");
    return resume_suspended(xen, domid, diags);
}
