/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dom0 of made-up-xen.h, which includes this. */
#ifndef VNUMA_MADE_UP_DOM0_H
#define VNUMA_MADE_UP_DOM0_H

static void follow(bool is_time)
{
    if (!is_time)
        return;
    xen_is.memkb = xen_is.target_memkb;
    xen_is.online = xen_is.wanted;
}

struct xs_handle *xs_open(unsigned long flags)
{
    (void)flags;
    return call_fails() ? NULL : (struct xs_handle *)&xen_is;
}

void xs_close(struct xs_handle *xs)
{
    (void)xs;
}

void *xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    (void)xs;
    (void)t;
    (void)len;
    if (call_fails())
        return NULL;
    if (strstr(path, "static-max"))
        return strdup(xen_is.static_max);
    return strdup(strstr(path, "cpu/1/") && !(xen_is.wanted & 2) ? "offline"
                                                                 : "online");
}

bool xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    (void)xs;
    (void)t;
    (void)path;
    snprintf(xen_is.static_max, sizeof(xen_is.static_max), "%.*s", (int)len,
             (const char *)data);
    return !call_fails();
}

int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *memkb_r)
{
    (void)ctx;
    (void)domid;
    *memkb_r = xen_is.target_memkb;
    return LIBXL_ANSWER();
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t memkb,
                            int relative, int enforce)
{
    (void)ctx;
    (void)domid;
    (void)relative;
    (void)enforce;
    if (call_fails()) {
        xtl_log(xen_is.log, XTL_ERROR, -1, "xl", "no such target");
        return ERROR_INVAL;
    }
    xen_is.target_memkb = (uint64_t)memkb;
    follow(!xen_is.lags);
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
                          xc_domaininfo_t *info)
{
    (void)xch;
    (void)max;
    memset(info, 0, sizeof(*info));
    info->domain = (uint16_t)(first + xen_is.is_gone);
    info->tot_pages = xen_is.memkb / 4;
    info->max_pages = xen_is.max_memkb / 4;
    return call_fails() ? -1 : 1;
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t memkb)
{
    (void)xch;
    (void)domid;
    if (call_fails())
        return -1;
    xen_is.max_memkb = memkb;
    return 0;
}

libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *num,
                                int *num_cpus)
{
    libxl_vcpuinfo *infos;
    int i;

    (void)ctx;
    (void)domid;
    if (call_fails() || !(infos = calloc(2, sizeof(*infos))))
        return NULL;
    *num_cpus = 4;
    *num = xen_is.has_no_vcpus ? 0 : 2;
    follow(xen_is.lags && !--xen_is.lags);
    for (i = 0; i < *num; i++) {
        infos[i].cpu = (uint32_t)i;
        infos[i].online = xen_is.online >> i & 1;
        if (map_of(&infos[i].cpumap, 0xf) ||
            map_of(&infos[i].cpumap_soft, 0xf)) {
            libxl_vcpuinfo_list_free(infos, 2);
            return NULL;
        }
        if (xen_is.has_more_pcpus)
            infos[i].cpumap.map[infos[i].cpumap.size++] = 1;
    }
    return infos;
}

int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpu,
                           const libxl_bitmap *hard, const libxl_bitmap *soft)
{
    (void)ctx;
    (void)domid;
    (void)vcpu;
    (void)hard;
    (void)soft;
    return LIBXL_ANSWER();
}

int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *map,
                         const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)domid;
    (void)how;
    if (call_fails())
        return ERROR_FAIL;
    xen_is.wanted = map->map[0] & 3;
    follow(!xen_is.lags);
    return 0;
}

#endif
