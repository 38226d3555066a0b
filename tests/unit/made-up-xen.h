/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A running Xen that is made up: two nodes with two pcpus each, dom0 and a
 * guest; what is asked of libxl, libxc and xenstore by xen/host and xen/dom0.
 * Each call may fail.  For one .c file of a program.
 */
#ifndef VNUMA_MADE_UP_XEN_H
#define VNUMA_MADE_UP_XEN_H

#include <errno.h>
#include <libxl_utils.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

static struct {
    unsigned int calls, fail; /* so far; the call that fails, from 1 */
    int access_error;         /* errno of the device; 0: it is there */
    int version;              /* of Xen, as it tells it */
    bool has_vnuma, is_paused, is_suspended, is_dying;
    char kept[1024];  /* userdata */
    const char *ring; /* what Xen prints when asked for pages */
    bool is_asked, is_read;
    char static_max[32];
    uint64_t target_memkb, max_memkb;
    unsigned int wanted; /* dom0's vcpus, as bits */

    /* What dom0 has by then; it follows after so many looks, from 1. */
    uint64_t memkb;
    unsigned int online, lags;
    bool is_gone, has_no_vcpus; /* dom0, which no Xen says */
    bool has_more_pcpus;        /* in its affinity than libxl's sets hold */
    bool has_bare_node;         /* node 1 is without pcpus */
    xentoollog_logger *log;
} xen_is;

static void xen_begin(void)
{
    memset(&xen_is, 0, sizeof(xen_is));
    xen_is.version = 4 << 16;
    sscanf(XEN_RELEASE, "4.%d", &xen_is.version);
    xen_is.version |= 4 << 16;
    xen_is.has_vnuma = true;
    strcpy(xen_is.static_max, "1572864");
    xen_is.target_memkb = xen_is.max_memkb = xen_is.memkb = 1572864;
    xen_is.wanted = xen_is.online = 3;
}

static bool call_fails(void)
{
    if (++xen_is.calls != xen_is.fail)
        return false;
    errno = EPERM;
    return true;
}

/* What a function with an int returns, of libxl and of libxc. */
#define LIBXL_ANSWER() (call_fails() ? ERROR_FAIL : 0)
#define XC_ANSWER() (call_fails() ? -1 : 0)

/* ---- opening ------------------------------------------------------------ */

int access(const char *path, int mode)
{
    (void)mode;
    if (strncmp(path, "/dev/xen/", 9) && strncmp(path, "/proc/xen/", 10))
        return -1;
    errno = xen_is.access_error;
    return errno ? -1 : 0;
}

xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild, unsigned flags)
{
    (void)dombuild;
    (void)flags;
    xen_is.log = logger;
    if (!call_fails())
        return (xc_interface *)&xen_is;
    xtl_log(logger, XTL_ERROR, errno, "xc", "no privcmd");
    return NULL;
}

int xc_interface_close(xc_interface *xch)
{
    (void)xch;
    return 0;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    (void)xch;
    (void)cmd;
    (void)arg;
    return call_fails() ? -1 : xen_is.version;
}

int libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags,
                    xentoollog_logger *log)
{
    (void)version;
    (void)flags;
    xtl_log(log, XTL_DEBUG, -1, "xl", "not kept");
    if (call_fails()) {
        xtl_log(log, XTL_ERROR, -1, "xl", "no xenstore");
        return ERROR_FAIL;
    }
    *ctx = (libxl_ctx *)&xen_is;
    return 0;
}

int libxl_ctx_free(libxl_ctx *ctx)
{
    (void)ctx;
    return 0;
}

/* ---- the host ----------------------------------------------------------- */

const libxl_version_info *libxl_get_version_info(libxl_ctx *ctx)
{
    static libxl_version_info version = {
        .xen_version_major = 4,
        .xen_version_extra = (char *)".1",
        .capabilities = (char *)"xen-3.0-x86_64",
        .changeset = (char *)"",
        .commandline = (char *)"",
        .compiler = (char *)"gcc",
        .compile_by = (char *)"",
        .compile_domain = (char *)"",
        .compile_date = (char *)"",
        .build_id = (char *)"",
        .pagesize = 4096,
    };

    (void)ctx;
    return call_fails() ? NULL : &version;
}

int libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *info)
{
    (void)ctx;
    info->nr_cpus = 4;
    info->max_cpu_id = 3;
    info->nr_nodes = 2;
    info->cap_hvm = true;
    info->total_pages = 1 << 20;
    info->free_pages = 1 << 19;
    return LIBXL_ANSWER();
}

static int map_alloc(libxl_bitmap *map)
{
    if (call_fails())
        return ERROR_NOMEM;
    map->size = 1;
    map->map = calloc(2, 1);
    return map->map ? 0 : ERROR_NOMEM;
}

int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int max_cpus)
{
    (void)ctx;
    (void)max_cpus;
    return map_alloc(map);
}

static int map_of(libxl_bitmap *map_r, uint8_t bits)
{
    int r = map_alloc(map_r);

    if (!r)
        map_r->map[0] = bits;
    return r;
}

int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *cpumap)
{
    (void)ctx;
    return map_of(cpumap, 8);
}

int libxl_get_scheduler(libxl_ctx *ctx)
{
    (void)ctx;
    return call_fails() ? ERROR_FAIL : LIBXL_SCHEDULER_CREDIT2;
}

libxl_pcitopology *libxl_get_pci_topology(libxl_ctx *ctx, int *num_devs)
{
    libxl_pcitopology *devs;

    (void)ctx;
    if (call_fails() || !(devs = calloc(2, sizeof(*devs))))
        return NULL;
    devs[0].node = 1;
    devs[1].node = LIBXL_PCITOPOLOGY_INVALID_ENTRY;
    *num_devs = 2;
    return devs;
}

libxl_cpupoolinfo *libxl_list_cpupool(libxl_ctx *ctx, int *num)
{
    libxl_cpupoolinfo *pools;

    (void)ctx;
    if (call_fails() || !(pools = calloc(1, sizeof(*pools))))
        return NULL;
    pools->pool_name = strdup("Pool-0");
    if (!pools->pool_name || map_of(&pools->cpumap, 7)) {
        libxl_cpupoolinfo_list_free(pools, 1);
        return NULL;
    }
    *num = 1;
    return pools;
}

int xc_numainfo(xc_interface *xch, unsigned int *max_nodes,
                xc_meminfo_t *meminfo, uint32_t *distance)
{
    unsigned int i;

    (void)xch;
    if (call_fails())
        return -1;
    *max_nodes = 2;
    for (i = 0; i < 2; i++)
        meminfo[i] = (xc_meminfo_t){ UINT64_C(4) << 30, UINT64_C(2) << 30 };
    for (i = 0; distance && i < 4; i++)
        distance[i] = i % 3 ? 21 : 10;
    return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus,
                   xc_cputopo_t *cpus)
{
    unsigned int i;

    (void)xch;
    *max_cpus = 4;
    for (i = 0; i < 4; i++)
        cpus[i] = (xc_cputopo_t){ i, i / 2, xen_is.has_bare_node ? 0 : i / 2 };
    return XC_ANSWER();
}

/* ---- domains ------------------------------------------------------------ */

#define GUEST 1
#define NUM_VCPUS 3 /* of each domain; the last one is a gap */

static const char uuid_of_guest[] = "01010101-0101-0101-0101-010101010101";

static void describe_domain(libxl_dominfo *info_r, uint32_t domid)
{
    memset(&info_r->uuid, (int)domid, sizeof(info_r->uuid));
    info_r->domid = domid;
    info_r->current_memkb = 600 << 10;
    info_r->vcpu_max_id = NUM_VCPUS - 1;
    info_r->domain_type = domid ? LIBXL_DOMAIN_TYPE_HVM : LIBXL_DOMAIN_TYPE_PV;
    info_r->paused = domid && xen_is.is_paused;
    info_r->shutdown = domid && xen_is.is_suspended;
    info_r->dying = domid && xen_is.is_dying;
    info_r->shutdown_reason = LIBXL_SHUTDOWN_REASON_SUSPEND;
}

libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *num)
{
    libxl_dominfo *list;

    (void)ctx;
    if (call_fails() || !(list = calloc(2, sizeof(*list))))
        return NULL;
    *num = 2;
    describe_domain(&list[0], 0);
    describe_domain(&list[1], GUEST);
    return list;
}

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info_r, uint32_t domid)
{
    (void)ctx;
    describe_domain(info_r, domid);
    return LIBXL_ANSWER();
}

int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name,
                                    uint32_t *domid)
{
    (void)ctx;
    *domid = GUEST;
    if (call_fails())
        return ERROR_FAIL;
    return strcmp(name, "1") && strcmp(name, "g") ? ERROR_INVAL : 0;
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return call_fails() ? NULL : strdup(domid ? "g" : "Domain-0");
}

static bool take_vnodes(libxl_domain_build_info *b_info)
{
    static const unsigned int megabytes[] = { 200, 400 };
    int v;

    b_info->vnuma_nodes = calloc(2, sizeof(*b_info->vnuma_nodes));
    b_info->num_vnuma_nodes = b_info->vnuma_nodes ? 2 : 0;
    for (v = 0; v < b_info->num_vnuma_nodes; v++) {
        libxl_vnode_info *vnode = &b_info->vnuma_nodes[v];

        libxl_vnode_info_init(vnode);
        vnode->pnode = (uint32_t)v;
        vnode->memkb = (uint64_t)megabytes[v] << 10;
        vnode->distances = calloc(2, sizeof(*vnode->distances));
        vnode->num_distances = 2;
        if (!vnode->distances || map_of(&vnode->vcpus, (uint8_t)(1 << v)))
            return false;
        vnode->distances[v] = 10;
        vnode->distances[!v] = 21;
    }
    return b_info->num_vnuma_nodes;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *config_r,
                                        const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)domid;
    (void)how;
    if (call_fails())
        return ERROR_FAIL;
    config_r->c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    return !xen_is.has_vnuma || take_vnodes(&config_r->b_info) ? 0
                                                               : ERROR_FAIL;
}

int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *name,
                            uint8_t **data_r, int *len_r)
{
    (void)ctx;
    (void)domid;
    (void)name;
    *data_r = NULL;
    *len_r = 0;
    if (call_fails())
        return ERROR_FAIL;
    if (!xen_is.kept[0])
        return 0;
    *data_r = (uint8_t *)strdup(xen_is.kept);
    *len_r = *data_r ? (int)strlen(xen_is.kept) : 0;
    return *data_r ? 0 : ERROR_NOMEM;
}

int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *name,
                         const uint8_t *data, int len)
{
    (void)ctx;
    (void)domid;
    (void)name;
    if (call_fails())
        return ERROR_FAIL;
    snprintf(xen_is.kept, sizeof(xen_is.kept), "%.*s", len,
             (const char *)data);
    return 0;
}

/* What Xen holds: one vnode, and all vcpus in it. */
int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *num_vnodes,
                       uint32_t *num_ranges, uint32_t *num_vcpus,
                       xen_vmemrange_t *ranges, unsigned int *distances,
                       unsigned int *vcpu_to_vnode)
{
    (void)xch;
    if (call_fails() || !domid)
        return -1;
    *num_vnodes = *num_ranges = 1;
    *num_vcpus = NUM_VCPUS - 1;
    ranges[0] = (xen_vmemrange_t){ 0, UINT64_C(600) << 20, 0, 0 };
    distances[0] = 10;
    vcpu_to_vnode[0] = vcpu_to_vnode[1] = 0;
    return 0;
}

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                    xc_vcpuinfo_t *info)
{
    (void)xch;
    (void)domid;
    memset(info, 0, sizeof(*info));
    info->online = vcpu == 0;
    info->cpu = vcpu;
    return call_fails() || vcpu == NUM_VCPUS - 1 ? -1 : 0;
}

int xc_get_cpumap_size(xc_interface *xch)
{
    (void)xch;
    return 1;
}

int xc_get_nodemap_size(xc_interface *xch)
{
    (void)xch;
    return 1;
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
    (void)xch;
    return call_fails() ? NULL : calloc(1, 1);
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
    (void)xch;
    return call_fails() ? NULL : calloc(1, 1);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags)
{
    (void)xch;
    (void)domid;
    (void)vcpu;
    (void)flags;
    hard[0] = 0xf;
    soft[0] = 3;
    return XC_ANSWER();
}

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t map)
{
    (void)xch;
    (void)domid;
    map[0] = 3;
    return XC_ANSWER();
}

/* ---- the console ring --------------------------------------------------- */

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    (void)xch;
    (void)keys;
    xen_is.is_asked = true;
    xen_is.is_read = false;
    return XC_ANSWER();
}

int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *len,
                       int clear, int incremental, uint32_t *index)
{
    const char *text = xen_is.is_asked ? xen_is.ring : "(XEN) before\n";

    (void)xch;
    (void)clear;
    (void)incremental;
    (void)index;
    if (call_fails())
        return -1;
    *len = xen_is.is_read ? 0 : (unsigned int)strlen(text);
    memcpy(buffer, text, *len);
    xen_is.is_read = *len > 0;
    return 0;
}

#include "unit/made-up-dom0.h"

#endif
