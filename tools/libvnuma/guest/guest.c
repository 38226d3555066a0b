/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from a guest's settings: the values that libxl uses for
 * settings that are not given.
 */
#include "config.h"

#include "guest/guest.h"

uint64_t vnuma__guest_video_memkb(const vnuma_config *config)
{
    /* In MiB; the second is qemu-xen-traditional's. */
    static const uint64_t defaults[][2] = {
        [VNUMA_VGA_CIRRUS] = { 8, 4 },
        [VNUMA_VGA_STD] = { 16, 8 },
        [VNUMA_VGA_NONE] = { 0, 0 },
        [VNUMA_VGA_QXL] = { 128, 128 },
    };

    if (vnuma__is_given(config->videoram_memkb.span))
        return config->videoram_memkb.value;
    return config->type == VNUMA_GUEST_HVM
               ? defaults[config->vga][config->is_traditional] << 10
               : 0;
}

static const vnuma_number *total(const vnuma_config *config)
{
    return vnuma__is_given(config->maxmem_memkb.span) ? &config->maxmem_memkb
                                                      : &config->memory_memkb;
}

static uint64_t sum_of_sizes(const vnuma_config *config)
{
    uint64_t sum = 0;
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        if (!vnuma__is_given(config->vnodes[i].memkb.span))
            return 0;
        sum += config->vnodes[i].memkb.value;
    }
    return sum;
}

uint64_t vnuma_config_total_memkb(const vnuma_config *config)
{
    return vnuma__is_given(total(config)->span) ? total(config)->value
                                                : sum_of_sizes(config);
}

vnuma_span vnuma__guest_total_span(const vnuma_config *config)
{
    return total(config)->span;
}

const char *vnuma__guest_total_name(const vnuma_config *config)
{
    return vnuma__is_given(config->maxmem_memkb.span) ? "maxmem" : "memory";
}

static const vnuma_number *max_vcpus(const vnuma_config *config)
{
    return vnuma__is_given(config->maxvcpus.span) ? &config->maxvcpus
                                                  : &config->vcpus;
}

uint32_t vnuma_config_max_vcpus(const vnuma_config *config)
{
    uint32_t max = 0, vcpu;
    unsigned int i;

    if (vnuma__is_given(max_vcpus(config)->span))
        return max_vcpus(config)->value;
    for (i = 0; i < config->num_vnodes; i++)
        VNUMA_BITMAP_FOREACH(vcpu, &config->vnodes[i].vcpus)
    max = vcpu >= max ? vcpu + 1 : max;
    return max ? max : 1; /* libxl's default */
}

vnuma_span vnuma__guest_max_vcpus_span(const vnuma_config *config)
{
    return max_vcpus(config)->span;
}

const char *vnuma__guest_max_vcpus_name(const vnuma_config *config)
{
    return vnuma__is_given(config->maxvcpus.span) ? "maxvcpus" : "vcpus";
}
