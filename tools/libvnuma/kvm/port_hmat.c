/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast memory is: from a guest's HMAT to what QEMU and libvirt say of it,
 * and back.  QEMU makes an HMAT of that again, in whole ns and MiB a second,
 * which it calls MB.
 */
#include "config.h"

#include "kvm/port.h"

#define PS_IN_NS 1000u
#define MIB_SHIFT 20
#define MOST_MB UINT32_MAX /* as Linux and our reader take it */
#define ENTRIES 0xfffeu    /* of an HMAT, for one unit */

#define number vnuma__port_number
#define MADE number(0).span

typedef struct {
    vnuma__maker *make;
    const vnuma__hmat *hmat;
    vnuma__kvm *kvm;
    unsigned int lost;
} taker;

/* ---- of an HMAT --------------------------------------------------------- */

/* QEMU's units are powers of 10 ns or of 2 MiB a second; most fit in one. */
static uint64_t find_unit(const vnuma__hmat *hmat, unsigned int level,
                          vnuma__hmat_kind kind)
{
    bool is_latency = vnuma__is_latency(kind);
    uint64_t unit = is_latency ? PS_IN_NS : 1, most = 0, speed;
    uint32_t from, to;

    for (from = 0; from < hmat->num_nodes; from++)
        for (to = 0; to < hmat->num_nodes; to++) {
            speed = vnuma__hmat_get(hmat, level, kind, from, to);
            if (speed != VNUMA__UNREACHABLE && speed > most)
                most = speed;
        }
    while (most / unit >= ENTRIES)
        unit *= is_latency ? 10 : 2;
    return unit;
}

/* What is least is not said to be nothing. */
static uint64_t round_to(uint64_t speed, uint64_t unit)
{
    uint64_t rounded = (speed + unit / 2) / unit * unit;

    return rounded ? rounded : unit;
}

static void take_pair(taker *t, unsigned int level, vnuma__hmat_kind kind,
                      uint32_t from, uint32_t to, uint64_t unit)
{
    uint64_t speed = vnuma__hmat_get(t->hmat, level, kind, from, to), said;
    vnuma__kvm_hmat *lb;

    if (!speed)
        return;
    if (speed == VNUMA__UNREACHABLE) {
        t->lost |= VNUMA__LOST_NO_WAY;
        return;
    }
    said = round_to(speed, unit);
    if (!vnuma__is_latency(kind) && said > MOST_MB)
        said = MOST_MB;
    t->lost |= said != speed ? VNUMA__LOST_EXACT : 0;
    lb = vnuma__kvm_append(t->make, &t->kvm->hmats, sizeof(*lb), MADE);
    lb->initiator = number(from);
    lb->target = number(to);
    lb->level = number(level);
    lb->data = number(kind);
    if (vnuma__is_latency(kind))
        lb->latency = number(said / PS_IN_NS);
    else
        lb->bandwidth = number(said << MIB_SHIFT);
}

static void take_speeds(taker *t)
{
    unsigned int level, kind;
    uint32_t from, to;
    uint64_t unit;

    for (level = 0; level < VNUMA__HMAT_LEVELS; level++)
        for (kind = 0; kind < VNUMA__HMAT_KINDS; kind++) {
            unit = find_unit(t->hmat, level, kind);
            for (from = 0; from < t->hmat->num_nodes; from++)
                for (to = 0; to < t->hmat->num_nodes; to++)
                    take_pair(t, level, kind, from, to, unit);
        }
}

/* A node with vcpus is nearest to these, as QEMU says by itself. */
static void take_nearest(taker *t, vnuma__kvm_node *node)
{
    uint32_t nearest = node->id.value < t->hmat->num_nodes
                           ? t->hmat->nearest[node->id.value]
                           : VNUMA_ID_UNKNOWN;

    if (nearest == VNUMA_ID_UNKNOWN)
        return;
    if (!node->cpus.first)
        node->initiator = number(nearest);
    else if (nearest != node->id.value)
        t->lost |= VNUMA__LOST_NEAREST;
}

/* QEMU wants a memory's speed before its caches, and these by level. */
static bool can_say(const vnuma__kvm *kvm, const vnuma__side_cache *cache)
{
    const vnuma__kvm_cache *lower =
        vnuma__kvm_find_cache(kvm, cache->node, cache->level - 1);
    bool latency = false, bandwidth = false;
    const vnuma__kvm_hmat *lb;

    for (lb = kvm->hmats; lb; lb = lb->next)
        if (lb->target.value == cache->node) {
            latency |= lb->latency.value > 0;
            bandwidth |= lb->bandwidth.value > 0;
        }
    return latency && bandwidth &&
           (cache->level == 1 || (lower && lower->bytes.value < cache->size));
}

/* They are by node, then by level. */
static void take_caches(taker *t)
{
    const vnuma__side_cache *from = t->hmat->caches;
    const vnuma__side_cache *end = from + t->hmat->num_caches;
    vnuma__kvm_cache *made;

    for (; from < end; from++) {
        bool is_last = from + 1 == end || from[1].node != from->node;

        if (!can_say(t->kvm, from) ||
            (is_last && from->level != from->num_levels))
            t->lost |= VNUMA__LOST_CACHE;
        if (!can_say(t->kvm, from))
            continue;
        made =
            vnuma__kvm_append(t->make, &t->kvm->caches, sizeof(*made), MADE);
        made->node = number(from->node);
        made->bytes = number(from->size);
        made->level = number(from->level);
        made->associativity = number(from->associativity);
        made->policy = number(from->policy);
        made->line = number(from->line);
    }
}

unsigned int vnuma__port_take_hmat(vnuma__maker *m, const vnuma__hmat *hmat,
                                   vnuma__kvm *kvm)
{
    taker t = { .make = m, .hmat = hmat, .kvm = kvm };
    vnuma__kvm_node *node;

    take_speeds(&t);
    for (node = kvm->nodes; node; node = node->next)
        take_nearest(&t, node);
    take_caches(&t);
    kvm->hmat = number(1);
    return t.lost;
}

/* ---- of a guest of KVM -------------------------------------------------- */

/* What libvirt tells QEMU although it is not written. */
static void keep_nearest(const vnuma__kvm *from, vnuma__kvm *kvm)
{
    vnuma__kvm_node *node;
    uint32_t nearest;

    for (node = kvm->nodes; node; node = node->next) {
        nearest = node->cpus.first
                      ? VNUMA_ID_UNKNOWN
                      : vnuma__kvm_libvirts_nearest(from, node->id.value);
        if (nearest != VNUMA_ID_UNKNOWN)
            node->initiator = number(nearest);
    }
}

/* Nodes are numbered as they were, so what is said of them is still right. */
void vnuma__port_keep_hmat(vnuma__maker *m, const vnuma__kvm *from,
                           vnuma__kvm *kvm)
{
    const vnuma__kvm_cache *cache;
    const vnuma__kvm_hmat *lb;

    /* An initiator= needs it too. */
    if (from->hmat.value || from->hmats || from->caches)
        kvm->hmat = number(1);
    for (lb = from->hmats; lb; lb = lb->next) {
        vnuma__kvm_hmat *made =
            vnuma__kvm_append(m, &kvm->hmats, sizeof(*made), MADE);

        *made = *lb;
        made->next = NULL;
        made->level.span = made->data.span = MADE;
    }
    for (cache = from->caches; cache; cache = cache->next) {
        vnuma__kvm_cache *made =
            vnuma__kvm_append(m, &kvm->caches, sizeof(*made), MADE);

        *made = *cache;
        made->next = NULL;
        made->node.span = made->level.span = made->associativity.span =
            made->policy.span = made->line.span = made->bytes.span = MADE;
    }
    if (from->form == VNUMA__FORM_LIBVIRT && (from->hmats || from->caches))
        keep_nearest(from, kvm);
}

/* ---- back --------------------------------------------------------------- */

/* What check refuses is left out. */
static int give_speed(const vnuma__kvm_hmat *lb, vnuma__hmat *hmat)
{
    vnuma__hmat_kind kind = (vnuma__hmat_kind)lb->data.value;
    uint64_t speed = lb->bandwidth.value >> MIB_SHIFT;

    if (vnuma__is_latency(kind))
        speed = lb->latency.value * PS_IN_NS;
    if (!speed || lb->initiator.value >= hmat->num_nodes ||
        lb->target.value >= hmat->num_nodes)
        return 0;
    return vnuma__hmat_set(hmat, (unsigned int)lb->level.value, kind,
                           (uint32_t)lb->initiator.value,
                           (uint32_t)lb->target.value, speed);
}

/* Likewise.  QEMU counts the levels of a memory's caches. */
static int give_cache(const vnuma__kvm *kvm, const vnuma__kvm_cache *from,
                      vnuma__hmat *hmat)
{
    vnuma__side_cache cache = {
        .node = (uint32_t)from->node.value,
        .level = (uint32_t)from->level.value,
        .associativity = (uint32_t)from->associativity.value,
        .policy = (uint32_t)from->policy.value,
        .line = (uint32_t)from->line.value,
        .size = from->bytes.value,
    };
    const vnuma__kvm_cache *other;

    if (from->node.value >= hmat->num_nodes || !cache.level ||
        vnuma__kvm_find_cache(kvm, from->node.value, from->level.value) !=
            from)
        return 0;
    for (other = kvm->caches; other; other = other->next)
        cache.num_levels += other->node.value == from->node.value;
    return vnuma__hmat_add_cache(hmat, &cache);
}

static uint32_t nearest_of(const vnuma__kvm_node *node)
{
    if (vnuma__is_given(node->initiator.span))
        return (uint32_t)node->initiator.value;
    return node->cpus.first ? (uint32_t)node->id.value : VNUMA_ID_UNKNOWN;
}

int vnuma__port_to_hmat(const vnuma__kvm *kvm, vnuma__hmat *hmat_r)
{
    const vnuma__kvm_hmat *lb = kvm->hmats;
    const vnuma__kvm_cache *cache = kvm->caches;
    const vnuma__kvm_node *node;
    int rc;

    if (!lb && !cache)
        return 0;
    rc = vnuma__hmat_init(hmat_r, kvm->num_nodes);
    for (; lb && !rc; lb = lb->next)
        rc = give_speed(lb, hmat_r);
    for (; cache && !rc; cache = cache->next)
        rc = give_cache(kvm, cache, hmat_r);
    for (node = kvm->nodes; node && !rc; node = node->next)
        hmat_r->nearest[node->id.value] = nearest_of(node);
    if (rc)
        vnuma__hmat_dispose(hmat_r);
    return rc;
}
