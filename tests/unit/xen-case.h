/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libxl and a libxc that are made up, on the in-memory Xen, for what is done
 * before and after a guest's memory is populated: a host of two pnodes of four
 * pcpus each, all in one cpupool, and domain 7, a guest of two vnodes that was
 * built as it was asked for.  Any call can be made to fail.
 */
#ifndef VNUMA_TEST_XEN_CASE_H
#define VNUMA_TEST_XEN_CASE_H

#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#include "base/diag.h"
#include "tap.h"
#include "xen/build/built.h"
#include "xen/host/handle.h"
#include "xen/hv/hv_mem.h"

#define DOMID 7u
#define MIB UINT64_C(1024)        /* in KiB */
#define VNODE_MEMKB (256 * MIB) /* of each of the two */
#define NUM_PCPUS 8

static struct {
    vnuma__hv_mem mem;
    /* Call number fails (from 1) of those that a test may want to fail. */
    unsigned int num_calls, fail_call;
    unsigned int num_open;     /* connections and maps of memory */
    libxl_bitmap pool;         /* its pcpus */
    vnuma_bitmap hard[4], soft[4]; /* of vcpus, as Xen holds them */
    xc_domaininfo_t info;
    libxl_dominfo dominfo;
    char name[32]; /* "": libxl finds none */
    bool is_pinned; /* in what libxl says of it */
    uint32_t destroyed;
    unsigned int num_unpaused, num_resumed, num_unlogged, num_stored;
    uint8_t uuid[16];
} host;

/* ---- the guest, as libxl has it ----------------------------------------- */

/* Room for @num bits, none of them set. */
static void make_bitmap(libxl_bitmap *map, unsigned int num)
{
    map->size = (num + 7) / 8;
    map->map = calloc(map->size, 1);
}

/* Vnode 0 is on pnode 1 and vnode 1 on pnode 0, with two vcpus each. */
static void make_config(libxl_domain_config *d_config)
{
    libxl_domain_build_info *b_info = &d_config->b_info;
    unsigned int v, vcpu;

    libxl_domain_config_init(d_config);
    libxl_domain_build_info_init_type(b_info, LIBXL_DOMAIN_TYPE_PVH);
    b_info->max_vcpus = 4;
    b_info->max_memkb = b_info->target_memkb = 2 * VNODE_MEMKB;
    b_info->video_memkb = 0;
    b_info->num_vnuma_nodes = 2;
    b_info->vnuma_nodes = calloc(2, sizeof(*b_info->vnuma_nodes));
    for (v = 0; v < 2; v++) {
        libxl_vnode_info *vnode = &b_info->vnuma_nodes[v];

        vnode->memkb = VNODE_MEMKB;
        vnode->pnode = !v;
        vnode->num_distances = 2;
        vnode->distances = calloc(2, sizeof(*vnode->distances));
        vnode->distances[v] = 10;
        vnode->distances[!v] = 20 + v;
        make_bitmap(&vnode->vcpus, 4);
        for (vcpu = 2 * v; vcpu < 2 * v + 2; vcpu++)
            libxl_bitmap_set(&vnode->vcpus, (int)vcpu);
    }
}

/* Hard affinity to the pcpus of its vnode's pnode for each of @num vcpus. */
static inline void pin(libxl_domain_build_info *b_info, unsigned int num)
{
    unsigned int vcpu;

    b_info->num_vcpu_hard_affinity = (int)num;
    b_info->vcpu_hard_affinity =
        calloc(num, sizeof(*b_info->vcpu_hard_affinity));
    for (vcpu = 0; vcpu < num; vcpu++) {
        make_bitmap(&b_info->vcpu_hard_affinity[vcpu], NUM_PCPUS);
        b_info->vcpu_hard_affinity[vcpu].map[0] = vcpu < 2 ? 0xf0 : 0x0f;
    }
}

/* ---- in place of libxc -------------------------------------------------- */

static bool fails(void)
{
    errno = EPERM;
    return ++host.num_calls == host.fail_call;
}

xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild_logger,
                                unsigned open_flags)
{
    (void)logger;
    (void)dombuild_logger;
    (void)open_flags;
    if (fails())
        return NULL;
    host.num_open++;
    return (xc_interface *)(void *)&host.mem;
}

int xc_interface_close(xc_interface *xch)
{
    (void)xch;
    host.num_open--;
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
                          unsigned int max_domains, xc_domaininfo_t *info)
{
    (void)xch;
    if (fails() || first_domain > host.info.domain || max_domains != 1)
        return 0;
    *info = host.info;
    return 1;
}

int vnuma__xen_get_vcpu_affinity(xc_interface *xch, uint32_t domid,
                                 unsigned int vcpu, vnuma_bitmap *hard,
                                 vnuma_bitmap *soft)
{
    (void)xch;
    (void)domid;
    if (fails())
        return VNUMA_ERROR_XEN;
    return vnuma_bitmap_copy(&host.hard[vcpu], hard) ||
                   vnuma_bitmap_copy(&host.soft[vcpu], soft)
               ? VNUMA_ERROR_NOMEM
               : 0;
}

/* ---- in place of libxl -------------------------------------------------- */

char *libxl_bitmap_to_hex_string(libxl_ctx *ctx, const libxl_bitmap *bitmap)
{
    char *text;

    (void)ctx;
    return asprintf(&text, "0x%02x", bitmap->map[0]) < 0 ? NULL : text;
}

int libxl_get_max_cpus(libxl_ctx *ctx)
{
    (void)ctx;
    return fails() ? -1 : NUM_PCPUS;
}

int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *cpumap, int max_cpus)
{
    (void)ctx;
    (void)max_cpus;
    if (fails())
        return ERROR_NOMEM;
    make_bitmap(cpumap, NUM_PCPUS);
    return 0;
}

int libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *nodemap,
                            int max_nodes)
{
    (void)ctx;
    (void)max_nodes;
    if (fails())
        return ERROR_NOMEM;
    make_bitmap(nodemap, 2);
    return 0;
}

int libxl_node_to_cpumap(libxl_ctx *ctx, int node, libxl_bitmap *cpumap)
{
    int pcpu;

    (void)ctx;
    if (fails())
        return ERROR_FAIL;
    for (pcpu = 4 * node; pcpu < 4 * node + 4; pcpu++)
        libxl_bitmap_set(cpumap, pcpu);
    return 0;
}

int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *p,
                                         uint32_t *poolid_r, int *was_name_r)
{
    (void)ctx;
    (void)was_name_r;
    *poolid_r = 1;
    return strcmp(p, "pool") != 0 ? ERROR_FAIL : 0;
}

int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info,
                       uint32_t poolid)
{
    (void)ctx;
    if (fails())
        return ERROR_FAIL;
    info->poolid = poolid;
    info->pool_name = strdup("pool");
    make_bitmap(&info->cpumap, NUM_PCPUS);
    memcpy(info->cpumap.map, host.pool.map, host.pool.size);
    return 0;
}

/* Domain 3 is another's, and so is what has its number. */
libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nb_domain_out)
{
    libxl_dominfo *infos;

    (void)ctx;
    if (fails())
        return NULL;
    infos = calloc(2, sizeof(*infos));
    if (!infos)
        abort();
    infos[0].domid = 3;
    infos[1].domid = DOMID;
    memcpy(libxl_uuid_bytearray(&infos[1].uuid), host.uuid, 16);
    *nb_domain_out = 2;
    return infos;
}

#undef libxl_domain_destroy
int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid,
                         const libxl_asyncop_how *ao_how)
{
    (void)ctx;
    (void)ao_how;
    if (fails())
        return ERROR_FAIL;
    host.destroyed = domid;
    return 0;
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return domid == DOMID && host.name[0] ? strdup(host.name) : NULL;
}

int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name,
                        const char *new_name)
{
    (void)ctx;
    if (fails() || domid != DOMID || strcmp(old_name, host.name) != 0)
        return ERROR_FAIL;
    snprintf(host.name, sizeof(host.name), "%s", new_name);
    return 0;
}

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info_r, uint32_t domid)
{
    (void)ctx;
    if (fails() || domid != DOMID)
        return ERROR_FAIL;
    info_r->paused = host.dominfo.paused;
    info_r->shutdown = host.dominfo.shutdown;
    info_r->shutdown_reason = host.dominfo.shutdown_reason;
    return 0;
}

#undef libxl_domain_unpause
int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid,
                         const libxl_asyncop_how *ao_how)
{
    (void)ctx;
    (void)domid;
    (void)ao_how;
    host.num_unpaused++;
    return fails() ? ERROR_FAIL : 0;
}

#undef libxl_domain_resume
int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel,
                        const libxl_asyncop_how *ao_how)
{
    (void)ctx;
    (void)domid;
    (void)ao_how;
    host.num_resumed += suspend_cancel == 1;
    return fails() ? ERROR_FAIL : 0;
}

/* Xen refuses it where nothing is logged. */
int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop,
                      unsigned int *mb, unsigned int mode)
{
    (void)xch;
    (void)domid;
    (void)mb;
    (void)mode;
    host.num_unlogged += sop == XEN_DOMCTL_SHADOW_OP_OFF;
    return -1;
}

#undef libxl_retrieve_domain_configuration
int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    (void)ctx;
    (void)domid;
    (void)ao_how;
    if (fails())
        return ERROR_FAIL;
    libxl_domain_config_dispose(d_config);
    make_config(d_config);
    if (host.is_pinned)
        pin(&d_config->b_info, 4);
    return 0;
}

/* ---- in place of xen/host ----------------------------------------------- */

static vnuma_membind stored[2]; /* the last promise */

int vnuma__promise_store(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info,
                         const vnuma__layout *layout,
                         const vnuma_xen_built *built, vnuma_diags *diags)
{
    (void)xen;
    (void)domid;
    (void)built;
    if (fails())
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "storing");
    host.num_stored++;
    memcpy(stored, layout->membinds, sizeof(stored));
    CHECK_UINT(layout->vnode_to_pnode[1], b_info->vnuma_nodes[1].pnode);
    return 0;
}

void vnuma__promise_stored(libxl_ctx *ctx, uint32_t domid,
                           const libxl_domain_build_info *b_info,
                           vnuma__promise *promise_r)
{
    (void)ctx;
    (void)domid;
    (void)b_info;
    memset(promise_r, 0, sizeof(*promise_r));
    promise_r->num_vnodes = stored[0].num_pnodes ? 2 : 0;
    promise_r->vnodes[0].membind = stored[0];
    promise_r->vnodes[1].membind = stored[1];
}

char *vnuma__tables_stored(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    (void)domid;
    return NULL;
}

int vnuma_xen_get_topology(vnuma_xen *handle, vnuma_topology **topology_r,
                           vnuma_diags *diags)
{
    static const char text[] =
        "{\"nodes\": [{\"node\": 0, \"memkb\": 4194304, \"cpus\": [0,1,2,3], "
        "\"distances\": [10,21]}, {\"node\": 1, \"memkb\": 4194304, "
        "\"cpus\": [4,5,6,7], \"distances\": [22,10]}]}";
    vnuma_source source = { 0 };
    int rc;

    (void)handle;
    if (fails())
        return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "host");
    rc = vnuma_source_set(&source, "host", text, strlen(text));
    if (!rc)
        rc = vnuma_topology_parse(&source, topology_r, diags);
    vnuma_source_dispose(&source);
    return rc;
}

/* ---- the host, and the guest as Xen has it ------------------------------ */

static void set_pcpus(vnuma_bitmap *set, uint32_t first, uint32_t last)
{
    vnuma_bitmap_dispose(set);
    for (; first <= last; first++)
        CHECK_INT(vnuma_bitmap_set(set, first), 0);
}

/* What Xen was told of the guest, and where its vcpus may run. */
static void make_domain(void)
{
    vnuma__hv hv = { .backend = &host.mem };
    vnuma__layout layout = { 0 };
    unsigned int v, vcpu;

    CHECK_INT(vnuma__layout_alloc(&layout, 2, 2, 4), 0);
    for (v = 0; v < 2; v++) {
        layout.vmemranges[v] = (vnuma__vmemrange){
            v * VNODE_MEMKB << 10, (v + UINT64_C(1)) * VNODE_MEMKB << 10, v
        };
        layout.distances[3 * v] = 10;
        layout.distances[2 * v + !v] = 20 + v;
        layout.vnode_to_pnode[v] = !v;
    }
    for (vcpu = 0; vcpu < 4; vcpu++) {
        layout.vcpu_to_vnode[vcpu] = vcpu / 2;
        set_pcpus(&host.hard[vcpu], 0, NUM_PCPUS - 1);
        set_pcpus(&host.soft[vcpu], vcpu < 2 ? 4 : 0, vcpu < 2 ? 7 : 3);
    }
    CHECK_INT(vnuma__hv_set_vnuma(&hv, DOMID, &layout), 0);
    vnuma__layout_dispose(&layout);
}

/* A host without failures, with so much free memory. */
static void host_begin(uint64_t memkb0, uint64_t memkb1)
{
    const uint64_t memkb[] = { memkb0, memkb1 };
    unsigned int i;

    memset(&host, 0, sizeof(host));
    memset(stored, 0, sizeof(stored));
    CHECK_INT(vnuma__hv_mem_init(&host.mem, memkb, 2), 0);
    vnuma__hv_mem_create_domain(&host.mem, DOMID);
    make_bitmap(&host.pool, NUM_PCPUS);
    for (i = 0; i < NUM_PCPUS; i++)
        libxl_bitmap_set(&host.pool, (int)i);
    memset(host.uuid, 0xa5, sizeof(host.uuid));
    host.info.domain = DOMID;
    host.info.tot_pages = 2 * VNODE_MEMKB / VNUMA__PAGE_KB;
    host.destroyed = VNUMA_XEN_ANY_DOMID;
    make_domain();
    host.mem.num_calls = 0;
}

static void host_end(void)
{
    unsigned int i;

    CHECK_UINT(host.num_open, 0);
    for (i = 0; i < 4; i++) {
        vnuma_bitmap_dispose(&host.hard[i]);
        vnuma_bitmap_dispose(&host.soft[i]);
    }
    free(host.pool.map);
    vnuma__hv_mem_dispose(&host.mem);
}

/* Whether that is the last that was said. */
static inline bool diags_say(const vnuma_diags *diags, const char *id,
                             const char *words)
{
    const vnuma_diag *last =
        diags->num_items ? vnuma_diags_at(diags, diags->num_items - 1) : NULL;

    if (last && !strcmp(last->id, id) && strstr(last->message, words))
        return true;
    TAP_DIAG("said: %s", last ? last->message : "nothing");
    return false;
}

#endif
