/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvnuma-xen asks libxl, libxc and xenstore about dom0, answered by the
 * world's (state.h).  dom0 follows at once.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>
#include <xenstore.h>

#include "base/diag.h"
#include "world/state.h"
#include "xen/host/handle.h"

#define NUM_VCPUS 2

int vnuma__xen_failed(vnuma_xen *xen, vnuma_diags *diags, const char *what)
{
    (void)xen;
    return vnuma__fail(diags, VNUMA_ERROR_XEN, "xen-refused", "%s: %s", what,
                       strerror(errno));
}

int vnuma__take_bitmap(const libxl_bitmap *from, vnuma_bitmap *to)
{
    uint32_t bit;
    int rc = 0;

    for (bit = 0; bit < from->size * 8 && !rc; bit++)
        if (from->map[bit / 8] >> (bit % 8) & 1)
            rc = vnuma_bitmap_set(to, bit);
    return rc;
}

/* ---- libxl's sets ------------------------------------------------------- */

void libxl_bitmap_init(libxl_bitmap *map)
{
    *map = (libxl_bitmap){ 0, NULL };
}

void libxl_bitmap_dispose(libxl_bitmap *map)
{
    free(map->map);
    libxl_bitmap_init(map);
}

void libxl_bitmap_set(libxl_bitmap *map, int bit)
{
    map->map[bit / 8] |= (uint8_t)(1 << (bit % 8));
}

int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int max_cpus)
{
    (void)ctx;
    (void)max_cpus;
    map->map = calloc(1, 1);
    map->size = !!map->map;
    return map->map ? 0 : ERROR_NOMEM;
}

/* ---- memory ------------------------------------------------------------- */

static int set(size_t offset, uint64_t value)
{
    world_state *state = world_lock();

    memcpy((char *)state + offset, &value, sizeof(value));
    world_unlock(state);
    return 0;
}

static uint64_t ask(size_t offset)
{
    world_state *state = world_lock();
    uint64_t value;

    memcpy(&value, (const char *)state + offset, sizeof(value));
    world_unlock(state);
    return value;
}

#define SET(member, value) set(offsetof(world_state, member), value)
#define ASK(member) ask(offsetof(world_state, member))

#undef libxl_get_memory_target
int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *memkb_r)
{
    (void)ctx;
    (void)domid;
    *memkb_r = ASK(target_memkb);
    return 0;
}

#undef libxl_set_memory_target
int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t memkb,
                            int relative, int enforce)
{
    (void)ctx;
    (void)domid;
    (void)relative;
    (void)enforce;
    return SET(target_memkb, (uint64_t)memkb);
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t memkb)
{
    (void)xch;
    (void)domid;
    return SET(max_memkb, memkb);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
                          xc_domaininfo_t *info)
{
    (void)xch;
    (void)first;
    (void)max;
    *info = (xc_domaininfo_t){ .domain = 0 };
    info->tot_pages = ASK(target_memkb) / 4;
    info->max_pages = ASK(max_memkb) / 4;
    return 1;
}

/* ---- xenstore: static-max, and which vcpus are wanted ------------------- */

struct xs_handle *xs_open(unsigned long flags)
{
    static char handle;

    (void)flags;
    return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *xs)
{
    (void)xs;
}

void *xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    unsigned int vcpu;
    char *text = NULL;

    (void)xs;
    (void)t;
    (void)len;
    if (sscanf(path, "/local/domain/0/cpu/%u/", &vcpu) == 1)
        return strdup(ASK(online) >> vcpu & 1 ? "online" : "offline");
    if (strstr(path, "static-max") &&
        asprintf(&text, "%" PRIu64, ASK(static_max_memkb)) < 0)
        text = NULL;
    return text;
}

bool xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    (void)xs;
    (void)t;
    (void)path;
    (void)len;
    return !SET(static_max_memkb, strtoull(data, NULL, 10));
}

/* ---- vcpus -------------------------------------------------------------- */

static bool fill(libxl_bitmap *map, uint64_t bits)
{
    if (libxl_cpu_bitmap_alloc(NULL, map, 0))
        return false;
    map->map[0] = (uint8_t)bits;
    return true;
}

libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *num_r,
                                int *num_pcpus_r)
{
    libxl_vcpuinfo *infos = calloc(NUM_VCPUS, sizeof(*infos));
    int i;

    (void)ctx;
    (void)domid;
    for (i = 0; infos && i < NUM_VCPUS; i++) {
        infos[i].cpu = (uint32_t)i;
        infos[i].online = ASK(online) >> i & 1;
        if (!fill(&infos[i].cpumap, ASK(hard[i])) ||
            !fill(&infos[i].cpumap_soft, 15))
            abort();
    }
    *num_r = NUM_VCPUS;
    *num_pcpus_r = 4;
    return infos;
}

void libxl_vcpuinfo_list_free(libxl_vcpuinfo *infos, int num)
{
    int i;

    for (i = 0; i < num; i++) {
        libxl_bitmap_dispose(&infos[i].cpumap);
        libxl_bitmap_dispose(&infos[i].cpumap_soft);
    }
    free(infos);
}

#undef libxl_set_vcpuaffinity
int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpu,
                           const libxl_bitmap *hard, const libxl_bitmap *soft)
{
    (void)ctx;
    (void)domid;
    (void)soft;
    return SET(hard[vcpu], hard->map[0]);
}

#undef libxl_set_vcpuonline
int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *map,
                         const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)domid;
    (void)how;
    return SET(online, map->map[0]);
}
