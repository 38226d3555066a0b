/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt makes of latencies, bandwidths and caches. */
#include "config.h"

#include "kvm/kvm.h"

const vnuma__kvm_cache *vnuma__kvm_find_cache(const vnuma__kvm *kvm,
                                              uint64_t node, uint64_t level)
{
    const vnuma__kvm_cache *cache = kvm->caches;

    while (cache && (cache->node.value != node || cache->level.value != level))
        cache = cache->next;
    return cache;
}

bool vnuma__kvm_is_of_no_cache(const vnuma__kvm *kvm,
                               const vnuma__kvm_hmat *lb)
{
    return lb->level.value &&
           !vnuma__kvm_find_cache(kvm, lb->target.value, lb->level.value);
}

static bool is_between(const vnuma__kvm_hmat *lb, uint64_t a, uint64_t b)
{
    uint64_t from = lb->initiator.value, to = lb->target.value;

    return (from == a && to == b) || (from == b && to == a);
}

bool vnuma__kvm_is_way_back(const vnuma__kvm *kvm, const vnuma__kvm_hmat *lb)
{
    uint64_t from = lb->initiator.value, to = lb->target.value;
    const vnuma__kvm_hmat *h = kvm->hmats;

    while (h != lb &&
           (!is_between(h, from, to) || vnuma__kvm_is_of_no_cache(kvm, h)))
        h = h->next;
    return h->initiator.value != from;
}

bool vnuma__kvm_is_speed(const vnuma__kvm *kvm, const vnuma__kvm_hmat *lb)
{
    return !vnuma__kvm_is_of_no_cache(kvm, lb) &&
           !vnuma__kvm_is_way_back(kvm, lb);
}

bool vnuma__kvm_has_speeds(const vnuma__kvm *kvm)
{
    const vnuma__kvm_hmat *lb = kvm->hmats;

    while (lb && vnuma__kvm_is_of_no_cache(kvm, lb))
        lb = lb->next;
    return lb != NULL;
}

static uint32_t first_with_cpus(const vnuma__kvm *kvm)
{
    const vnuma__kvm_node *node = kvm->nodes;

    while (node && !node->cpus.first)
        node = node->next;
    return node ? (uint32_t)node->id.value : VNUMA_ID_UNKNOWN;
}

uint32_t vnuma__kvm_libvirts_nearest(const vnuma__kvm *kvm, uint64_t node)
{
    uint32_t by_latency = VNUMA_ID_UNKNOWN, by_bandwidth = VNUMA_ID_UNKNOWN;
    uint64_t least = UINT64_MAX, most = 0;
    const vnuma__kvm_hmat *lb;

    for (lb = kvm->hmats; lb; lb = lb->next) {
        if (lb->target.value != node)
            continue;
        if (vnuma__is_given(lb->latency.span) && lb->latency.value < least) {
            least = lb->latency.value;
            by_latency = (uint32_t)lb->initiator.value;
        }
        if (lb->bandwidth.value > most) {
            most = lb->bandwidth.value;
            by_bandwidth = (uint32_t)lb->initiator.value;
        }
    }
    if (by_latency == VNUMA_ID_UNKNOWN)
        by_latency = by_bandwidth;
    return by_latency == VNUMA_ID_UNKNOWN ? first_with_cpus(kvm) : by_latency;
}
