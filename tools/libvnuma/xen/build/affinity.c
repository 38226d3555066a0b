/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Affinity of vcpus to pcpus.  libxl makes the vcpus of a vnode prefer the
 * pcpus of its pnode; here they are pinned to them on request, and what Xen
 * holds is read back.  Pcpus outside the guest's cpupool do not count.
 */
#include "config.h"

#include "xen/build/built.h"

#include <inttypes.h>
#include <libxl_utils.h>
#include <stdlib.h>

/* ---- before the build --------------------------------------------------- */

/* libxl looks up the pool's name only when it creates the domain. */
static int get_pool(libxl_ctx *ctx, const libxl_domain_create_info *c_info,
                    libxl_cpupoolinfo *pool_r, vnuma_diags *diags)
{
    uint32_t poolid = c_info->poolid;

    if (c_info->pool_name && libxl_cpupool_qualifier_to_cpupoolid(
                                 ctx, c_info->pool_name, &poolid, NULL))
        return vnuma__fail(diags, VNUMA_ERROR_NOFIT, "pool-unknown",
                           "the host has no cpupool \"%s\"",
                           c_info->pool_name);
    if (libxl_cpupool_info(ctx, pool_r, poolid))
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                           "asking for the guest's cpupool: libxl failed");
    return 0;
}

int vnuma__get_pcpus(libxl_ctx *ctx, uint32_t pnode, libxl_bitmap *pcpus_r)
{
    libxl_bitmap_init(pcpus_r);
    return libxl_cpu_bitmap_alloc(ctx, pcpus_r, 0) ||
                   libxl_node_to_cpumap(ctx, pnode, pcpus_r)
               ? -1
               : 0;
}

static int report_no_pcpus(int vnode, uint32_t pnode,
                           const libxl_cpupoolinfo *pool, bool pin,
                           vnuma_diags *diags)
{
    const char *name = pool->pool_name ? pool->pool_name : "?";

    if (!pin) {
        vnuma__warning(diags, "pool-elsewhere", VNUMA__NOWHERE,
                       "no pcpu of pnode %" PRIu32 " is in cpupool %s: the "
                       "vcpus of vnode %d run away from their memory",
                       pnode, name, vnode);
        return 0;
    }
    return vnuma__fail(diags, VNUMA_ERROR_NOFIT, "pool-elsewhere",
                       "vnode %d: no pcpu of pnode %" PRIu32
                       " is in cpupool %s, so "
                       "its vcpus cannot be pinned",
                       vnode, pnode, name);
}

/* Allocates an empty map for each possible vcpu. */
static int alloc_hard(libxl_ctx *ctx, libxl_domain_build_info *b_info)
{
    int i;

    b_info->vcpu_hard_affinity =
        calloc(b_info->max_vcpus, sizeof(*b_info->vcpu_hard_affinity));
    if (!b_info->vcpu_hard_affinity)
        return VNUMA_ERROR_NOMEM;
    b_info->num_vcpu_hard_affinity = b_info->max_vcpus;
    for (i = 0; i < b_info->max_vcpus; i++)
        if (libxl_cpu_bitmap_alloc(ctx, &b_info->vcpu_hard_affinity[i], 0))
            return VNUMA_ERROR_NOMEM;
    return 0;
}

static int prepare_vnode(libxl_ctx *ctx, libxl_domain_build_info *b_info,
                         int vnode, const libxl_cpupoolinfo *pool, bool pin,
                         bool set, vnuma_diags *diags)
{
    const libxl_vnode_info *info = &b_info->vnuma_nodes[vnode];
    libxl_bitmap pcpus;
    unsigned int vcpu, pcpu;
    int r, rc = 0;

    if (libxl_bitmap_is_empty(&info->vcpus))
        return 0;
    r = vnuma__get_pcpus(ctx, info->pnode, &pcpus);
    libxl_for_each_set_bit(pcpu, pcpus)
        if (!libxl_bitmap_test(&pool->cpumap, pcpu))
            libxl_bitmap_reset(&pcpus, pcpu);
    if (r)
        rc = vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused",
                         "asking for the pcpus of a pnode: libxl failed");
    else if (libxl_bitmap_is_empty(&pcpus))
        rc = report_no_pcpus(vnode, info->pnode, pool, pin, diags);
    else if (set)
        libxl_for_each_set_bit(vcpu, info->vcpus)
            libxl_for_each_set_bit(pcpu, pcpus)
                if ((int)vcpu < b_info->num_vcpu_hard_affinity)
                    libxl_bitmap_set(&b_info->vcpu_hard_affinity[vcpu], pcpu);
    libxl_bitmap_dispose(&pcpus);
    return rc;
}

int vnuma__affinity_prepare(libxl_ctx *ctx, libxl_domain_config *d_config,
                            bool pin, vnuma_diags *diags)
{
    libxl_domain_build_info *b_info = &d_config->b_info;
    bool set = pin && !b_info->num_vcpu_hard_affinity;
    libxl_cpupoolinfo pool;
    int i, rc;

    libxl_cpupoolinfo_init(&pool);
    rc = get_pool(ctx, &d_config->c_info, &pool, diags);
    if (!rc && set)
        rc = alloc_hard(ctx, b_info);
    for (i = 0; i < b_info->num_vnuma_nodes && !rc; i++)
        rc = prepare_vnode(ctx, b_info, i, &pool, pin, set, diags);
    libxl_cpupoolinfo_dispose(&pool);
    return rc;
}

/* ---- after the build ---------------------------------------------------- */

static int compare_affinity(const vnuma__settler *s, unsigned int vcpu,
                            const char *kind, const vnuma_bitmap *held,
                            const libxl_bitmap *wanted)
{
    char *text, *wanted_text;
    int pcpu = 0;

    while (pcpu < s->num_pcpus &&
           vnuma_bitmap_test(held, pcpu) == !!libxl_bitmap_test(wanted, pcpu))
        pcpu++;
    if (pcpu == s->num_pcpus)
        return 0;
    text = vnuma_bitmap_format(held);
    wanted_text = libxl_bitmap_to_hex_string(s->xen->ctx, wanted);
    vnuma__error(s->diags, "read-back", VNUMA__NOWHERE,
                 "Xen holds a %s affinity of vcpu %u to pcpus %s, not to the "
                 "set %s",
                 kind, vcpu, text ? text : "?",
                 wanted_text ? wanted_text : "?");
    free(wanted_text);
    free(text);
    return VNUMA_ERROR_XEN;
}

/* Returns the configuration's map for a vcpu; NULL: it has none. */
static const libxl_bitmap *find_given(const libxl_bitmap *maps, int num_maps,
                                      unsigned int vcpu)
{
    return (int)vcpu < num_maps && maps[vcpu].size ? &maps[vcpu] : NULL;
}

static int check_vcpu(const vnuma__settler *s, unsigned int vcpu,
                      const libxl_bitmap *pcpus)
{
    const libxl_domain_build_info *b_info = s->b_info;
    const libxl_bitmap *wanted_hard =
        find_given(b_info->vcpu_hard_affinity, b_info->num_vcpu_hard_affinity,
                   vcpu);
    const libxl_bitmap *wanted_soft = pcpus;
    vnuma_bitmap hard = { 0 }, soft = { 0 };
    int rc = 0;

    if (b_info->num_vcpu_soft_affinity)
        wanted_soft = find_given(b_info->vcpu_soft_affinity,
                                 b_info->num_vcpu_soft_affinity, vcpu);
    if (vnuma__xen_get_vcpu_affinity(s->xen->xch, s->domid, vcpu, &hard,
                                     &soft))
        rc = vnuma__xen_failed(s->xen, s->diags,
                               "reading back the vcpus' affinity");
    if (!rc && wanted_hard)
        rc = compare_affinity(s, vcpu, "hard", &hard, wanted_hard);
    if (!rc && wanted_soft)
        rc = compare_affinity(s, vcpu, "soft", &soft, wanted_soft);
    vnuma_bitmap_dispose(&soft);
    vnuma_bitmap_dispose(&hard);
    return rc;
}

static int check_vnode(const vnuma__settler *s, const libxl_vnode_info *vnode)
{
    libxl_bitmap pcpus;
    unsigned int vcpu;
    int rc = 0;

    if (vnuma__get_pcpus(s->xen->ctx, vnode->pnode, &pcpus))
        rc = vnuma__xen_failed(s->xen, s->diags,
                               "asking for the pcpus of a pnode");
    libxl_for_each_set_bit(vcpu, vnode->vcpus)
        if (!rc)
            rc = check_vcpu(s, vcpu, &pcpus);
    libxl_bitmap_dispose(&pcpus);
    return rc;
}

int vnuma__affinity_check(vnuma__settler *s)
{
    int i, rc = 0;

    s->num_pcpus = libxl_get_max_cpus(s->xen->ctx);
    if (s->num_pcpus < 0)
        return vnuma__xen_failed(s->xen, s->diags,
                                 "asking for the number of pcpus");
    for (i = 0; i < s->b_info->num_vnuma_nodes && !rc; i++)
        rc = check_vnode(s, &s->b_info->vnuma_nodes[i]);
    return rc;
}
