/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many vcpus there are, and how they are numbered. */
#include "config.h"

#include "kvm/kvm.h"

#include <string.h>

#include "kvm/versions.h"

static uint64_t product(const uint64_t *level, unsigned int without)
{
    uint64_t all = 1;
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        if (i != without && level[i] &&
            all < UINT64_MAX / (level[i] + 1)) /* else it is no machine's */
            all *= level[i];
    return all;
}

/* libvirt writes sockets=N, cores=1 if nothing is said. */
static bool prefers_cores(const vnuma__kvm *kvm)
{
    return kvm->form != VNUMA__FORM_LIBVIRT &&
           vnuma__rule_applies(kvm, VNUMA__SINCE_CORES_FIRST);
}

static void fill_level(uint64_t *level, unsigned int i, uint64_t max)
{
    uint64_t others = product(level, i);

    if (!level[i])
        level[i] = max / others ? max / others : 1;
}

/* "pc-q35-6.2" is 602. */
static unsigned int machine_version(vnuma__text type)
{
    const char *dash = type.len ? memrchr(type.ptr, '-', type.len) : NULL;
    uint64_t major = 0, minor;
    vnuma__text rest = type;

    if (dash)
        rest = vnuma__text_slice(type, dash + 1 - type.ptr, type.len);
    if (!dash || !vnuma__text_take_digits(&rest, 10, &major) || !rest.len ||
        rest.ptr[0] != '.')
        return 0;
    rest = vnuma__text_slice(rest, 1, rest.len);
    if (!vnuma__text_take_digits(&rest, 10, &minor) || major > 99)
        return 0;
    return (unsigned int)(major * 100 + (minor < 99 ? minor : 99));
}

/* The first that is open gets what the others leave. */
static void fill_levels(const vnuma__kvm *kvm, uint64_t *level, uint64_t max)
{
    static const unsigned int orders[][3] = { { SOCKETS, CORES, THREADS },
                                              { CORES, SOCKETS, THREADS } };
    const unsigned int *order = orders[prefers_cores(kvm)];
    unsigned int i, rest;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        level[i] = kvm->levels[i].value;
    level[DIES] += !level[DIES];
    level[CLUSTERS] += !level[CLUSTERS];
    for (i = 0; i < 3; i++) {
        if (level[order[i]])
            continue;
        for (rest = i + 1; rest < 3; rest++)
            level[order[rest]] += !level[order[rest]];
        fill_level(level, order[i], max);
    }
}

/* Where the number of vcpus is from, for messages. */
static vnuma_span span_of_vcpus(const vnuma__kvm *kvm)
{
    vnuma_span span = kvm->whole;
    unsigned int i = VNUMA__NUM_LEVELS;

    while (i--)
        if (vnuma__is_given(kvm->levels[i].span))
            span = kvm->levels[i].span;
    if (vnuma__is_given(kvm->vcpus.span))
        span = kvm->vcpus.span;
    return vnuma__is_given(kvm->maxvcpus.span) ? kvm->maxvcpus.span : span;
}

void vnuma__kvm_settle_vcpus(vnuma_config *config)
{
    vnuma__kvm *kvm = config->kvm;
    uint64_t cpus = kvm->vcpus.value;
    uint64_t max = kvm->maxvcpus.value ? kvm->maxvcpus.value : cpus;

    kvm->version = machine_version(kvm->machine);
    fill_levels(kvm, kvm->smp.level, max);
    if (!max)
        max = product(kvm->smp.level, VNUMA__NUM_LEVELS);
    if (max > VNUMA__KVM_MAX_VCPUS)
        max = VNUMA__KVM_MAX_VCPUS;
    config->maxvcpus = (vnuma_number){ max, span_of_vcpus(kvm) };
    config->vcpus =
        (vnuma_number){ cpus ? cpus : max, vnuma__is_given(kvm->vcpus.span)
                                               ? kvm->vcpus.span
                                               : config->maxvcpus.span };
}

/* The number of a vcpu's socket, die, ... in the level above. */
static uint64_t level_id(const vnuma__kvm *kvm, uint32_t vcpu, unsigned int at)
{
    unsigned int i;
    uint64_t id = vcpu;

    for (i = VNUMA__NUM_LEVELS - 1; i > at; i--)
        id /= kvm->smp.level[i] ? kvm->smp.level[i] : 1;
    return at && kvm->smp.level[at] ? id % kvm->smp.level[at] : id;
}

uint64_t vnuma__kvm_socket(const vnuma__kvm *kvm, uint32_t vcpu)
{
    return level_id(kvm, vcpu, SOCKETS);
}

uint32_t vnuma__kvm_core(const vnuma__kvm *kvm, uint32_t vcpu)
{
    uint64_t threads = kvm->smp.level[THREADS];

    return vcpu / (threads ? (uint32_t)threads : 1);
}

bool vnuma__kvm_cpu_is(const vnuma__kvm *kvm, const vnuma__kvm_cpu *cpu,
                       uint32_t vcpu)
{
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        if (vnuma__is_given(cpu->ids[i].span) &&
            cpu->ids[i].value != level_id(kvm, vcpu, i))
            return false;
    return true;
}
