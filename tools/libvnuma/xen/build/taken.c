/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of libxl's as a configuration; see taken.h. */
#include "config.h"

#include "xen/build/taken.h"

#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "guest/guest.h"
#include "layout/layout.h"

/* What is given is at a place, so there is a text: an empty one. */
static char nothing[] = "", of_libxl[] = "libxl's configuration";
static const vnuma_source source = { .name = of_libxl, .text = nothing };
#define GIVEN ((vnuma_span){ &source, 0, 0 })
#define NUMBER(number) ((vnuma_number){ (number), GIVEN })

void vnuma__uuid_text(const libxl_domain_config *d_config,
                      char text_r[VNUMA__UUID_TEXT])
{
    snprintf(text_r, VNUMA__UUID_TEXT, LIBXL_UUID_FMT,
             LIBXL_UUID_BYTES(d_config->c_info.uuid));
}

/* ---- vnodes ------------------------------------------------------------- */

static int take_vcpu(vnuma_vnode *vnode, uint32_t vcpu)
{
    vnuma_vcpu_range *last =
        vnode->num_vcpu_ranges
            ? &vnode->vcpu_ranges[vnode->num_vcpu_ranges - 1]
            : NULL;

    if (last && last->last + 1 == vcpu) {
        last->last = vcpu;
    } else {
        if (!VNUMA__GROW(vnode->vcpu_ranges, vnode->num_vcpu_ranges))
            return VNUMA_ERROR_NOMEM;
        vnode->vcpu_ranges[vnode->num_vcpu_ranges++] =
            (vnuma_vcpu_range){ vcpu, vcpu, GIVEN };
    }
    return vnuma_bitmap_set(&vnode->vcpus, vcpu);
}

static int take_vnode(const libxl_vnode_info *from, vnuma_vnode *vnode)
{
    unsigned int vcpu;
    int i, rc = 0;

    *vnode = (vnuma_vnode){
        .span = GIVEN,
        .pnode = { VNUMA_PNODE_AUTO, VNUMA__NOWHERE },
        .memkb = NUMBER(from->memkb),
        .vcpus_span = GIVEN,
        .distances_span = GIVEN,
    };
    libxl_for_each_set_bit(vcpu, from->vcpus)
        if (!rc && vcpu < VNUMA_MAX_VCPUS)
            rc = take_vcpu(vnode, vcpu);
    if (rc || !from->num_distances)
        return rc;
    vnode->distances = calloc(from->num_distances, sizeof(*vnode->distances));
    if (!vnode->distances)
        return VNUMA_ERROR_NOMEM;
    vnode->num_distances = from->num_distances;
    for (i = 0; i < from->num_distances; i++)
        vnode->distances[i] = NUMBER(from->distances[i]);
    return 0;
}

static int take_vnodes(const libxl_domain_build_info *from,
                       vnuma_config *config)
{
    int num =
        (int)vnuma__min((uint64_t)from->num_vnuma_nodes, VNUMA_MAX_VNODES + 1);
    int v, rc = 0;

    if (!num)
        return 0;
    config->vnodes_span = GIVEN;
    config->vnodes = calloc((size_t)num, sizeof(*config->vnodes));
    if (!config->vnodes)
        return VNUMA_ERROR_NOMEM;
    config->num_vnodes = (unsigned int)num;
    for (v = 0; v < num && !rc; v++)
        rc = take_vnode(&from->vnuma_nodes[v], &config->vnodes[v]);
    return rc;
}

/* ---- vcpus -------------------------------------------------------------- */

/* One vcpu's pcpus; a map of none leaves it free. */
static int take_affinity(const libxl_bitmap *from, vnuma_affinity *item)
{
    vnuma_affinity_term *last;
    int pcpu;

    item->span = GIVEN;
    libxl_for_each_set_bit(pcpu, *from) {
        last = item->num_terms ? &item->terms[item->num_terms - 1] : NULL;
        if (last && last->last + 1 == (uint32_t)pcpu) {
            last->last++;
            continue;
        }
        if (!VNUMA__GROW(item->terms, item->num_terms))
            return VNUMA_ERROR_NOMEM;
        item->terms[item->num_terms++] = (vnuma_affinity_term){
            .first = (uint32_t)pcpu, .last = (uint32_t)pcpu, .span = GIVEN
        };
    }
    if (item->num_terms)
        return 0;
    if (!VNUMA__GROW(item->terms, item->num_terms))
        return VNUMA_ERROR_NOMEM;
    item->terms[item->num_terms++] =
        (vnuma_affinity_term){ .is_all = true, .span = GIVEN };
    return 0;
}

static int take_affinities(const libxl_bitmap *maps, int num_maps,
                           vnuma_affinities *affinities)
{
    int vcpu, rc = 0;

    if (!num_maps)
        return 0;
    affinities->items = calloc((size_t)num_maps, sizeof(*affinities->items));
    if (!affinities->items)
        return VNUMA_ERROR_NOMEM;
    affinities->span = GIVEN;
    affinities->is_list = true;
    affinities->num_items = (unsigned int)num_maps;
    for (vcpu = 0; vcpu < num_maps && !rc; vcpu++)
        rc = take_affinity(&maps[vcpu], &affinities->items[vcpu]);
    return rc;
}

/* ---- the rest ----------------------------------------------------------- */

static vnuma_vga vga_of(const libxl_domain_build_info *from)
{
    switch (from->u.hvm.vga.kind) {
    case LIBXL_VGA_INTERFACE_TYPE_STD:
        return VNUMA_VGA_STD;
    case LIBXL_VGA_INTERFACE_TYPE_NONE:
        return VNUMA_VGA_NONE;
    case LIBXL_VGA_INTERFACE_TYPE_QXL:
        return VNUMA_VGA_QXL;
    case LIBXL_VGA_INTERFACE_TYPE_UNKNOWN:
    case LIBXL_VGA_INTERFACE_TYPE_CIRRUS:
        break;
    }
    return VNUMA_VGA_CIRRUS;
}

static vnuma_guest_type type_of(const libxl_domain_build_info *from)
{
    switch (from->type) {
    case LIBXL_DOMAIN_TYPE_HVM:
        return VNUMA_GUEST_HVM;
    case LIBXL_DOMAIN_TYPE_PVH:
        return VNUMA_GUEST_PVH;
    case LIBXL_DOMAIN_TYPE_PV:
    case LIBXL_DOMAIN_TYPE_INVALID:
        break;
    }
    return VNUMA_GUEST_PV;
}

static void take_memory(const libxl_domain_build_info *from,
                        vnuma_config *config)
{
    if (from->max_memkb != LIBXL_MEMKB_DEFAULT)
        config->maxmem_memkb = NUMBER(from->max_memkb);
    config->memory_memkb = config->maxmem_memkb;
    if (from->target_memkb != LIBXL_MEMKB_DEFAULT)
        config->memory_memkb = NUMBER(from->target_memkb);
    if (config->type != VNUMA_GUEST_HVM)
        return;
    if (from->video_memkb != LIBXL_MEMKB_DEFAULT)
        config->videoram_memkb = NUMBER(from->video_memkb);
    config->vga = vga_of(from);
    config->is_traditional = from->device_model_version ==
                             LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL;
    if (from->u.hvm.mmio_hole_memkb &&
        from->u.hvm.mmio_hole_memkb != LIBXL_MEMKB_DEFAULT)
        config->mmio_hole_memkb = NUMBER(from->u.hvm.mmio_hole_memkb);
}

static int take_pcidevs(const libxl_domain_config *d_config,
                        vnuma_config *config)
{
    unsigned int i, num = (unsigned int)vnuma__min(
                        (uint64_t)d_config->num_pcidevs, VNUMA_MAX_PCIDEVS);

    if (!num)
        return 0;
    config->pcidevs = calloc(num, sizeof(*config->pcidevs));
    if (!config->pcidevs)
        return VNUMA_ERROR_NOMEM;
    config->num_pcidevs = num;
    for (i = 0; i < num; i++)
        config->pcidevs[i] = (vnuma_guest_pcidev){
            .segment = (uint16_t)d_config->pcidevs[i].domain,
            .bus = d_config->pcidevs[i].bus,
            .device = d_config->pcidevs[i].dev,
            .function = d_config->pcidevs[i].func,
            .span = GIVEN,
        };
    return 0;
}

static int take_names(const libxl_domain_create_info *from,
                      vnuma_config *config, char *uuid)
{
    config->uuid = uuid;
    config->name = from->name ? strdup(from->name) : NULL;
    if (from->pool_name && *from->pool_name) {
        config->pool = strdup(from->pool_name);
        config->pool_span = GIVEN;
        if (!config->pool)
            return VNUMA_ERROR_NOMEM;
    }
    return uuid && (config->name || !from->name) ? 0 : VNUMA_ERROR_NOMEM;
}

int vnuma__config_taken(const libxl_domain_config *d_config,
                        vnuma_config *config_r)
{
    const libxl_domain_build_info *b_info = &d_config->b_info;
    char uuid[VNUMA__UUID_TEXT];
    int rc;

    *config_r = (vnuma_config){ .type = type_of(b_info), .type_span = GIVEN };
    vnuma__uuid_text(d_config, uuid);
    rc = take_names(&d_config->c_info, config_r, strdup(uuid));
    config_r->vcpus = config_r->maxvcpus = NUMBER((uint64_t)b_info->max_vcpus);
    take_memory(b_info, config_r);
    if (!rc)
        rc = take_vnodes(b_info, config_r);
    if (!rc)
        rc = take_affinities(b_info->vcpu_hard_affinity,
                             b_info->num_vcpu_hard_affinity, &config_r->cpus);
    if (!rc)
        rc = take_affinities(b_info->vcpu_soft_affinity,
                             b_info->num_vcpu_soft_affinity,
                             &config_r->cpus_soft);
    return rc ? rc : take_pcidevs(d_config, config_r);
}
