/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from a guest's settings: the values that libxl uses for
 * settings that are not given.
 */
#include "config.h"

#include "guest/guest.h"

uint64_t vnuma__guest_default_video_memkb(const vnuma_config *config)
{
    /* In MiB; the second is qemu-xen-traditional's. */
    static const uint64_t defaults[][2] = {
        [VNUMA_VGA_CIRRUS] = { 8, 4 },
        [VNUMA_VGA_STD] = { 16, 8 },
        [VNUMA_VGA_NONE] = { 0, 0 },
        [VNUMA_VGA_QXL] = { 128, 128 },
    };

    return defaults[config->vga][config->is_traditional] << 10;
}

uint64_t vnuma__guest_video_memkb(const vnuma_config *config)
{
    if (vnuma__is_given(config->videoram_memkb.span))
        return config->videoram_memkb.value;
    return config->type == VNUMA_GUEST_HVM
               ? vnuma__guest_default_video_memkb(config)
               : 0;
}

vnuma__setting_used vnuma__guest_total(const vnuma_config *config)
{
    if (vnuma__is_given(config->maxmem_memkb.span))
        return (vnuma__setting_used){ "maxmem", config->maxmem_memkb };
    return (vnuma__setting_used){ "memory", config->memory_memkb };
}

vnuma__size_sum vnuma__sum_sizes(const vnuma_config *config)
{
    vnuma__size_sum sum = { .missing = config->vnodes_span };
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        const vnuma_vnode *vnode = &config->vnodes[i];

        if (vnuma__is_given(vnode->memkb.span)) {
            sum.memkb += vnode->memkb.value;
            sum.last = i;
        } else if (!sum.num_missing++) {
            sum.missing = vnode->span;
        }
    }
    return sum;
}

uint64_t vnuma_config_total_memkb(const vnuma_config *config)
{
    vnuma_number total = vnuma__guest_total(config).number;

    vnuma__size_sum sum = vnuma__sum_sizes(config);

    if (vnuma__is_given(total.span))
        return total.value;
    return sum.num_missing ? 0 : sum.memkb;
}

vnuma__setting_used vnuma__guest_max_vcpus(const vnuma_config *config)
{
    if (vnuma__is_given(config->maxvcpus.span))
        return (vnuma__setting_used){ "maxvcpus", config->maxvcpus };
    return (vnuma__setting_used){ "vcpus", config->vcpus };
}

uint32_t vnuma_config_max_vcpus(const vnuma_config *config)
{
    vnuma_number given = vnuma__guest_max_vcpus(config).number;
    uint32_t max = 0, vcpu;
    unsigned int i;

    if (vnuma__is_given(given.span))
        return given.value;
    for (i = 0; i < config->num_vnodes; i++)
        VNUMA_BITMAP_FOREACH(vcpu, &config->vnodes[i].vcpus)
            max = vcpu >= max ? vcpu + 1 : max;
    return max ? max : 1; /* libxl's default */
}
