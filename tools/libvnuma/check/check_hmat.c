/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of latencies, bandwidths and caches of memory.  QEMU reads its -numa
 * options in their order, so each one has to be after what it refers to.
 */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

static bool is_qemu(const vnuma__checking *c)
{
    return KVM(c)->form == VNUMA__FORM_QEMU;
}

static bool has_cpus(const vnuma__checking *c, uint64_t node)
{
    return node < c->config->num_vnodes &&
           vnuma_bitmap_count(&c->config->vnodes[node].vcpus);
}

/* Whether a node has vcpus by what is written before @span. */
static bool has_cpus_before(const vnuma__checking *c, uint64_t node,
                            vnuma_span span)
{
    const vnuma_vnode *vnode = &c->config->vnodes[node];
    unsigned int i;

    for (i = 0; i < vnode->num_vcpu_ranges; i++)
        if (vnode->vcpu_ranges[i].span.start < span.start)
            return true;
    return false;
}

/* ---- latencies and bandwidths ------------------------------------------- */

/* @node: initiator=, target=, node-id= at @span; whether it is right. */
static bool check_node(const vnuma__checking *c, const vnuma_number *node,
                       vnuma_span span)
{
    const vnuma__kvm_node *found = node->value < c->config->num_vnodes
                                       ? KVM(c)->by_id[node->value]
                                       : NULL;

    if (found && (!is_qemu(c) || found->span.start < span.start))
        return true;
    report(c, node->span, "there is no node %" PRIu64 "%s", node->value,
           found ? " yet" : "");
    if (found) {
        related(c, found->span, "it is only here");
        hint(c, "-numa node,nodeid=%" PRIu64 " stands before it", node->value);
    }
    return false;
}

static bool is_same(const vnuma__kvm_hmat *a, const vnuma__kvm_hmat *b)
{
    return a->initiator.value == b->initiator.value &&
           a->target.value == b->target.value &&
           a->level.value == b->level.value && a->data.value == b->data.value;
}

static bool is_of_kind(const vnuma__kvm_hmat *a, const vnuma__kvm_hmat *b)
{
    return a->level.value == b->level.value && a->data.value == b->data.value;
}

/*
 * QEMU's unit of latencies, none of them 0, is a power of 10 that all are
 * multiples of.
 */
static uint64_t unit_of(uint64_t latency)
{
    uint64_t unit = 1;

    for (; latency % 10 == 0; latency /= 10)
        unit *= 10;
    return unit;
}

/* That of all of a kind before @end, or, if that is NULL, of all. */
static uint64_t find_unit(const vnuma__checking *c, const vnuma__kvm_hmat *of,
                          const vnuma__kvm_hmat *end)
{
    const vnuma__kvm_hmat *h;
    uint64_t unit = UINT64_MAX;

    for (h = KVM(c)->hmats; h != end; h = h->next)
        if (is_of_kind(h, of) && h->latency.value &&
            unit_of(h->latency.value) < unit)
            unit = unit_of(h->latency.value);
    return unit;
}

/*
 * As QEMU looks: at each with those before it.  Of latencies it does not see
 * that one asks for a smaller unit than a larger one before it has room for.
 */
static bool has_no_room(const vnuma__checking *c, const vnuma__kvm_hmat *of)
{
    const vnuma__kvm_hmat *h = KVM(c)->hmats;
    uint64_t bits = of->bandwidth.value;
    unsigned int lowest, highest;

    if (of->data.value <= 2)
        return of->latency.value / find_unit(c, of, of) >= UINT16_MAX;
    for (; h != of; h = h->next)
        bits |= is_of_kind(h, of) ? h->bandwidth.value : 0;
    if (!of->bandwidth.value)
        return false;
    lowest = (unsigned int)__builtin_ctzll(bits);
    highest = 63 - (unsigned int)__builtin_clzll(bits);
    return highest - lowest >= 16 ||
           of->bandwidth.value >> lowest >= UINT16_MAX;
}

static void check_value(const vnuma__checking *c, const vnuma__kvm_hmat *h)
{
    bool is_bandwidth = h->data.value > 2;
    const vnuma_number *value = is_bandwidth ? &h->bandwidth : &h->latency;
    const vnuma_number *other = is_bandwidth ? &h->latency : &h->bandwidth;
    const char *words = is_bandwidth ? "a bandwidth" : "a latency";

    if (!vnuma__is_given(value->span))
        report(c, h->span, "%s has %s=", words, words + 2);
    else if (vnuma__is_given(other->span))
        report(c, other->span, "this does not belong to %s", words);
    else if (h->bandwidth.value % (1 << 20)) {
        report(c, h->bandwidth.span,
               "%s is not a whole number of MiB a second%s",
               is_qemu(c) ? "bandwidth=" : "this",
               is_qemu(c) ? "" : ", as QEMU wants it");
        hint(c,
             is_qemu(c) ? "write bandwidth=%" PRIu64 "M"
                        : "write value='%" PRIu64 "' unit='MiB'",
             (h->bandwidth.value >> 20) + 1);
    } else if (has_no_room(c, h)) {
        report(c, value->span,
               "this and others of its kind differ too much: QEMU's table "
               "has 16 bits for each, in one unit");
    }
}

static void check_lb(const vnuma__checking *c, const vnuma__kvm_hmat *h)
{
    const vnuma__kvm_hmat *first = KVM(c)->hmats;

    if (!vnuma__is_given(h->initiator.span) ||
        !vnuma__is_given(h->target.span) || !vnuma__is_given(h->data.span) ||
        (is_qemu(c) && !vnuma__is_given(h->level.span)) ||
        !check_node(c, &h->initiator, h->span) ||
        !check_node(c, &h->target, h->span))
        return;
    if (is_qemu(c) ? !has_cpus_before(c, h->initiator.value, h->span)
                   : !c->config->vnodes[h->initiator.value].num_vcpu_ranges) {
        report(c, h->initiator.span,
               "node %" PRIu64 " has no vcpus%s, so it initiates nothing",
               h->initiator.value,
               has_cpus(c, h->initiator.value) ? " by what is written so far"
                                               : "");
        return;
    }
    check_value(c, h);
    while (!is_same(first, h))
        first = first->next;
    if (first != h) {
        report(c, h->span, "this is given twice");
        related(c, first->span, "first given here");
    }
}

/* ---- caches ------------------------------------------------------------- */

/* QEMU wants both of a node before its caches, and not only zeroes. */
static bool has_both(const vnuma__checking *c, const vnuma__kvm_cache *cache)
{
    const vnuma__kvm_hmat *h;
    bool latency = false, bandwidth = false;

    for (h = KVM(c)->hmats; h; h = h->next)
        if (h->target.value == cache->node.value &&
            (!is_qemu(c) || h->span.start < cache->span.start)) {
            latency |= h->latency.value > 0;
            bandwidth |= h->bandwidth.value > 0;
        }
    return latency && bandwidth;
}

/* Of the same node and that level, before it; or NULL. */
static const vnuma__kvm_cache *find_cache(const vnuma__checking *c,
                                          const vnuma__kvm_cache *cache,
                                          uint64_t level)
{
    const vnuma__kvm_cache *other;

    for (other = KVM(c)->caches; other != cache; other = other->next)
        if (other->node.value == cache->node.value &&
            other->level.value == level)
            return other;
    return NULL;
}

static void check_cache(const vnuma__checking *c,
                        const vnuma__kvm_cache *cache)
{
    uint64_t level = cache->level.value;
    const vnuma__kvm_cache *first = find_cache(c, cache, level);
    const vnuma__kvm_cache *lower = find_cache(c, cache, level - 1);

    if (!vnuma__is_given(cache->node.span) ||
        !check_node(c, &cache->node, cache->span))
        return;
    if (first) {
        report(c, cache->span, "node %" PRIu64 " has two caches of level %u",
               cache->node.value, (unsigned int)level);
        related(c, first->span, "first given here");
    } else if (!has_both(c, cache)) {
        report(c, cache->span,
               is_qemu(c) ? "a latency and a bandwidth of node %" PRIu64
                            " stand before its cache"
                          : "QEMU wants a latency and a bandwidth of cell "
                            "%" PRIu64 " with its cache",
               cache->node.value);
        hint(c,
             is_qemu(c) ? "add -numa hmat-lb with target=%" PRIu64
                        : "add to <interconnects> what has "
                          "target='%" PRIu64 "'",
             cache->node.value);
    } else if (level > 1 && !lower) {
        report(c, cache->span, "the cache of level %u stands before it",
               (unsigned int)level - 1);
    } else if (level > 1 && lower->bytes.value >= cache->bytes.value) {
        report(c, cache->bytes.span, "it is not larger than that of level %u",
               (unsigned int)level - 1);
        related(c, lower->bytes.span, "which is here");
    }
}

/* ---- nodes -------------------------------------------------------------- */

static void check_initiators(const vnuma__checking *c)
{
    const vnuma__kvm_node *node;

    for (node = KVM(c)->nodes; node; node = node->next) {
        if (!vnuma__is_given(node->initiator.span))
            continue;
        if (!has_cpus(c, node->initiator.value))
            report(c, node->initiator.span,
                   "node %" PRIu64 " has no vcpus, so it initiates nothing",
                   node->initiator.value);
        else if (has_cpus(c, node->id.value) &&
                 node->initiator.value != node->id.value)
            report(c, node->initiator.span,
                   "node %" PRIu64 " has vcpus, so it is its own initiator",
                   node->id.value);
    }
}

static void check_hmat(vnuma__checking *c)
{
    const vnuma__kvm_node *node = KVM(c)->nodes;
    const vnuma__kvm_cache *cache;
    const vnuma__kvm_hmat *h;
    vnuma_span span = VNUMA__NOWHERE;

    for (; node; node = node->next)
        if (vnuma__is_given(node->initiator.span))
            span = node->initiator.span;
    if (KVM(c)->caches)
        span = KVM(c)->caches->span;
    if (KVM(c)->hmats)
        span = KVM(c)->hmats->span;
    if (!vnuma__is_given(span))
        return;
    if (!KVM(c)->hmat.value && is_qemu(c)) {
        report(c, span, "this needs -machine hmat=on");
        return;
    }
    for (h = KVM(c)->hmats; h && !vnuma__is_enough(c->diags); h = h->next)
        check_lb(c, h);
    for (cache = KVM(c)->caches; cache && !vnuma__is_enough(c->diags);
         cache = cache->next)
        check_cache(c, cache);
    check_initiators(c);
}

/* What QEMU does not see, so that the guest is told another number. */
static void check_hmat_range(vnuma__checking *c)
{
    const vnuma__kvm_hmat *h;
    uint64_t unit;

    for (h = KVM(c)->hmats; h; h = h->next) {
        unit = h->data.value <= 2 ? find_unit(c, h, NULL) : UINT64_MAX;
        if (h->latency.value / unit < UINT16_MAX || has_no_room(c, h))
            continue;
        report(c, h->latency.span,
               "QEMU's table has no room for this: the guest is told another "
               "latency");
        hint(c, "it has 16 bits for each, in units of %" PRIu64 " ns here",
             unit);
    }
}

const vnuma__check vnuma__hmat_checks[] = {
    CHECK("hmat", ERROR, GUEST, VNODES, 0,
          "latencies and bandwidths that QEMU or libvirt refuses", check_hmat),
    CHECK("hmat-range", WARNING, GUEST, VNODES, 0,
          "a latency that is too large for QEMU's table", check_hmat_range),
    { { NULL } },
};
