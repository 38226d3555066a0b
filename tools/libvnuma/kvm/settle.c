/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU, libvirt and Proxmox make of what is written: the rest of the
 * vcpus' topology, which vcpu is in which node, all distances.  The result is
 * a guest like any other.  What is wrong is left to the checks.
 */
#include "config.h"

#include "kvm/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

#define FIRST_CORES 602u /* machine types that fill cores before sockets */

/* ---- sockets, cores, threads -------------------------------------------- */

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
           (!kvm->version || kvm->version >= FIRST_CORES);
}

static void fill_level(uint64_t *level, unsigned int i, uint64_t max)
{
    uint64_t others = product(level, i);

    if (!level[i])
        level[i] = max / others ? max / others : 1;
}

static void settle_smp(vnuma_config *config, vnuma__kvm *kvm)
{
    static const unsigned int orders[][3] = { { SOCKETS, CORES, THREADS },
                                              { CORES, SOCKETS, THREADS } };
    const unsigned int *order = orders[prefers_cores(kvm)];
    uint64_t *level = kvm->smp.level;
    uint64_t cpus = config->vcpus.value;
    uint64_t max = config->maxvcpus.value ? config->maxvcpus.value : cpus;
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        level[i] = kvm->levels[i].value;
    if (!level[DIES])
        level[DIES] = 1;
    if (!level[CLUSTERS])
        level[CLUSTERS] = 1;
    /* The first that is open gets what the others leave. */
    for (i = 0; i < 3; i++)
        if (!level[order[i]]) {
            unsigned int rest;

            for (rest = i + 1; rest < 3; rest++)
                if (!level[order[rest]])
                    level[order[rest]] = 1;
            fill_level(level, order[i], max);
        }
    if (!max)
        max = product(level, VNUMA__NUM_LEVELS);
    if (max > VNUMA__KVM_MAX_VCPUS)
        max = VNUMA__KVM_MAX_VCPUS;
    config->maxvcpus.value = max;
    if (!cpus)
        config->vcpus.value = max;
    if (!vnuma__is_given(config->maxvcpus.span))
        config->maxvcpus.span = config->vcpus.span;
    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        if (!vnuma__is_given(config->maxvcpus.span))
            config->maxvcpus.span = kvm->levels[i].span;
    if (!vnuma__is_given(config->maxvcpus.span))
        config->maxvcpus.span = kvm->whole;
    if (!vnuma__is_given(config->vcpus.span))
        config->vcpus.span = config->maxvcpus.span;
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

/* ---- vcpus -------------------------------------------------------------- */

static void add_range(vnuma__kvm_reader *r, unsigned int v,
                      vnuma_vcpu_range range)
{
    vnuma_vnode *vnode = &r->config->vnodes[v];
    uint32_t vcpu;

    if (r->num_added++ > VNUMA__MAX_RANGES)
        return; /* it was reported */
    if (!VNUMA__GROW(vnode->vcpu_ranges, vnode->num_vcpu_ranges))
        vnuma__kvm_no_memory(r);
    vnode->vcpu_ranges[vnode->num_vcpu_ranges++] = range;
    if (!vnuma__is_given(vnode->vcpus_span))
        vnode->vcpus_span = range.span;
    for (vcpu = range.first; vcpu <= range.last; vcpu++)
        if (vcpu < r->config->maxvcpus.value &&
            vnuma_bitmap_set(&vnode->vcpus, vcpu))
            vnuma__kvm_no_memory(r);
}

/* libvirt's "^" takes away from what is before it: ranges without it. */
static void add_set(vnuma__kvm_reader *r, unsigned int v,
                    const vnuma__set *set)
{
    const vnuma__range *range;
    bool has_excluded = false;
    uint32_t first, last;

    for (range = set->first; range; range = range->next)
        has_excluded |= range->is_excluded;
    for (range = set->first; range && !has_excluded; range = range->next)
        add_range(
            r, v,
            (vnuma_vcpu_range){ range->first, range->last, range->span });
    for (first = 0; has_excluded && first < VNUMA__KVM_MAX_VCPUS; first++) {
        last = first;
        if (!vnuma__set_has(set, first))
            continue;
        while (last + 1 < VNUMA__KVM_MAX_VCPUS &&
               vnuma__set_has(set, last + 1))
            last++;
        add_range(r, v, (vnuma_vcpu_range){ first, last, set->span });
        first = last;
    }
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

static void add_cpu(vnuma__kvm_reader *r, const vnuma__kvm_cpu *cpu)
{
    uint32_t vcpu;

    if (cpu->node.value >= r->config->num_vnodes)
        return;
    for (vcpu = 0; vcpu < r->config->maxvcpus.value; vcpu++)
        if (vnuma__kvm_cpu_is(r->kvm, cpu, vcpu))
            add_range(r, (unsigned int)cpu->node.value,
                      (vnuma_vcpu_range){ vcpu, vcpu, cpu->span });
}

static bool has_vnode(const vnuma_config *config, uint32_t vcpu)
{
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        if (vnuma_bitmap_test(&config->vnodes[v].vcpus, vcpu))
            return true;
    return false;
}

/* Where a vcpu goes that nothing puts into a node. */
static void add_loose(vnuma__kvm_reader *r, bool none_has)
{
    bool by_socket = none_has && r->kvm->form == VNUMA__FORM_QEMU;
    unsigned int v;
    uint32_t vcpu;

    for (vcpu = 0; vcpu < r->config->maxvcpus.value; vcpu++) {
        if (!none_has && has_vnode(r->config, vcpu))
            continue;
        v = by_socket ? vnuma__kvm_socket(r->kvm, vcpu) % r->config->num_vnodes
                      : 0;
        if (vnuma_bitmap_set(&r->config->vnodes[v].vcpus, vcpu))
            vnuma__kvm_no_memory(r);
        if (!none_has) {
            vnuma__range *loose = vnuma__kvm_alloc(r, sizeof(*loose));

            *loose = (vnuma__range){ vcpu, vcpu, false, VNUMA__NOWHERE, NULL };
            if (r->kvm->loose.last && r->kvm->loose.last->last + 1 == vcpu)
                r->kvm->loose.last->last = vcpu;
            else if (r->kvm->loose.last)
                r->kvm->loose.last = r->kvm->loose.last->next = loose;
            else
                r->kvm->loose.first = r->kvm->loose.last = loose;
        }
    }
}

static void settle_vcpus(vnuma__kvm_reader *r)
{
    const vnuma__kvm_node *node;
    const vnuma__kvm_cpu *cpu;
    bool none_has = true;
    unsigned int v;

    for (node = r->kvm->nodes; node; node = node->next)
        if (node->id.value < r->config->num_vnodes)
            add_set(r, (unsigned int)node->id.value, &node->cpus);
    for (cpu = r->kvm->cpus; cpu; cpu = cpu->next)
        add_cpu(r, cpu);
    for (v = 0; v < r->config->num_vnodes; v++)
        none_has &= !r->config->vnodes[v].num_vcpu_ranges;
    if (r->config->num_vnodes)
        add_loose(r, none_has);
    /* What a plan must not divide again. */
    for (v = 0; v < r->config->num_vnodes; v++)
        if (!vnuma__is_given(r->config->vnodes[v].vcpus_span))
            r->config->vnodes[v].vcpus_span = r->config->vnodes[v].span;
}

/* ---- memory ------------------------------------------------------------- */

const vnuma__backend *vnuma__kvm_memory(const vnuma_config *config,
                                        unsigned int vnode)
{
    const vnuma__kvm_node *node = config->kvm->by_id[vnode];

    return node && node->backend ? node->backend : &config->kvm->all;
}

uint64_t vnuma__backend_page(const vnuma__kvm *kvm,
                             const vnuma__backend *memory)
{
    if (kvm->form != VNUMA__FORM_QEMU)
        return memory->page.value;
    if (memory->kind != VNUMA__BACKEND_MEMFD || !memory->hugetlb.value)
        return 0;
    return memory->page.value ? memory->page.value : UINT64_C(2) << 20;
}

static vnuma_policy policy_of(const vnuma__backend *memory)
{
    switch ((vnuma__kvm_policy)memory->policy.value) {
    case VNUMA__KVM_PREFERRED:
        return VNUMA_POLICY_PREFERRED;
    case VNUMA__KVM_INTERLEAVE:
        return VNUMA_POLICY_INTERLEAVE;
    case VNUMA__KVM_DEFAULT:
    case VNUMA__KVM_STRICT:
    case VNUMA__KVM_RESTRICTIVE:
        break;
    }
    return VNUMA_POLICY_STRICT;
}

/* Several pnodes without turns: the first that has room, so preferred. */
static void settle_policy(vnuma__kvm_reader *r, unsigned int v)
{
    const vnuma__backend *memory = vnuma__kvm_memory(r->config, v);
    vnuma_policy_item *item = &r->config->policies.items[v];
    unsigned int num = vnuma__set_count(&memory->pnodes);
    uint32_t pnode, first = vnuma__set_lowest(&memory->pnodes);

    item->span = memory->policy.span;
    item->pnodes_span = memory->pnodes.span;
    item->policy = policy_of(memory);
    if (!num)
        item->policy = VNUMA_POLICY_STRICT; /* as a plan would have it */
    else if (num > 1 && item->policy == VNUMA_POLICY_STRICT)
        item->policy = VNUMA_POLICY_PREFERRED;
    if (num == 1 && item->policy != VNUMA_POLICY_INTERLEAVE)
        r->config->vnodes[v].pnode =
            (vnuma_number){ first, memory->pnodes.span };
    for (pnode = 0; num && pnode < VNUMA_MAX_PNODES; pnode++)
        if (vnuma__set_has(&memory->pnodes, pnode) &&
            vnuma_bitmap_set(&item->pnodes, pnode))
            vnuma__kvm_no_memory(r);
}

static vnuma__backend *find_backend(const vnuma__kvm *kvm, vnuma__text id)
{
    vnuma__backend *backend;

    for (backend = kvm->backends; backend; backend = backend->next)
        if (id.ptr && backend->id.ptr && backend->id.len == id.len &&
            !memcmp(backend->id.ptr, id.ptr, id.len))
            return backend;
    return NULL;
}

static void settle_memory(vnuma__kvm_reader *r)
{
    vnuma_config *config = r->config;
    vnuma__kvm_node *node;
    vnuma__backend *main_memory = find_backend(r->kvm, r->kvm->main_memory);
    unsigned int v;

    for (node = r->kvm->nodes; node; node = node->next) {
        if (node->memdev.ptr)
            node->backend = find_backend(r->kvm, node->memdev);
        if (node->backend && r->kvm->form == VNUMA__FORM_QEMU)
            node->backend->num_users++;
        if (node->id.value >= config->num_vnodes)
            continue;
        v = (unsigned int)node->id.value;
        if (!r->kvm->by_id[v])
            r->kvm->by_id[v] = node;
        config->vnodes[v].span = node->span;
        if (vnuma__is_given(node->mem.span))
            config->vnodes[v].memkb = node->mem;
        else if (node->backend)
            config->vnodes[v].memkb = node->backend->bytes;
        config->vnodes[v].memkb.value >>= 10;
        if (!vnuma__is_given(config->vnodes[v].memkb.span))
            config->vnodes[v].memkb.span = node->span;
    }
    if (main_memory) {
        main_memory->num_users++;
        if (!vnuma__is_given(r->kvm->bytes.span))
            r->kvm->bytes = main_memory->bytes;
    }
    for (node = r->kvm->nodes; node && r->kvm->form == VNUMA__FORM_LIBVIRT &&
                               !vnuma__is_given(r->kvm->bytes.span);
         node = node->next)
        r->kvm->bytes.value += node->backend ? node->backend->bytes.value : 0;
    if (!r->kvm->bytes.value)
        r->kvm->bytes.value = UINT64_C(128) << 20; /* QEMU's default */
    config->memory_memkb.value = r->kvm->bytes.value >> 10;
    config->memory_memkb.span = vnuma__is_given(r->kvm->bytes.span)
                                    ? r->kvm->bytes.span
                                    : r->kvm->whole;
}

/* ---- distances ---------------------------------------------------------- */

/* One direction is enough where all pairs are the same both ways. */
static void settle_distances(vnuma__kvm_reader *r)
{
    vnuma_config *config = r->config;
    unsigned int num = config->num_vnodes, v, w;
    const vnuma__kvm_dist *dist;

    if (!r->kvm->dists)
        return;
    for (v = 0; v < num; v++) {
        vnuma_vnode *vnode = &config->vnodes[v];

        vnode->distances = calloc(num, sizeof(*vnode->distances));
        if (!vnode->distances)
            vnuma__kvm_no_memory(r);
        vnode->num_distances = num;
        vnode->distances_span = r->kvm->dists->span;
        for (w = 0; w < num; w++)
            vnode->distances[w] =
                (vnuma_number){ v == w ? VNUMA_DISTANCE_LOCAL : 20,
                                VNUMA__NOWHERE };
    }
    for (dist = r->kvm->dists; dist; dist = dist->next)
        if (dist->from.value < num && dist->to.value < num)
            config->vnodes[dist->from.value].distances[dist->to.value] =
                dist->value;
    for (v = 0; v < num; v++)
        for (w = 0; w < num; w++) {
            vnuma_number *there = &config->vnodes[v].distances[w];
            vnuma_number back = config->vnodes[w].distances[v];

            if (!vnuma__is_given(there->span) && vnuma__is_given(back.span))
                *there = back;
        }
    for (v = 0; v < num; v++)
        for (w = 0; w < num; w++)
            if (!vnuma__is_given(config->vnodes[v].distances[w].span))
                config->vnodes[v].distances[w].span = r->kvm->dists->span;
}

/* ---- the whole ---------------------------------------------------------- */

static void make_vnodes(vnuma__kvm_reader *r)
{
    vnuma_config *config = r->config;
    const vnuma__kvm_node *node;
    unsigned int num = 0, v;

    for (node = r->kvm->nodes; node; node = node->next)
        if (node->id.value >= num && node->id.value < VNUMA_MAX_VNODES)
            num = (unsigned int)node->id.value + 1;
    config->vnodes_span = r->kvm->nodes ? r->kvm->nodes->span : r->kvm->whole;
    config->vnuma_auto = !num;
    config->vnodes = calloc(num ? num : 1, sizeof(*config->vnodes));
    config->policies.items =
        calloc(num ? num : 1, sizeof(*config->policies.items));
    if (!config->vnodes || !config->policies.items)
        vnuma__kvm_no_memory(r);
    config->num_vnodes = num;
    for (v = 0; v < num; v++) {
        config->vnodes[v].span = config->vnodes_span;
        config->vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
        config->vnodes[v].memkb.span = config->vnodes_span;
    }
    if (num) {
        config->policies.is_list = true;
        config->policies.span = config->vnodes_span;
        config->policies.num_items = num;
    }
}

void vnuma__kvm_settle(vnuma__kvm_reader *r)
{
    unsigned int v;

    settle_smp(r->config, r->kvm);
    make_vnodes(r);
    settle_memory(r);
    settle_vcpus(r);
    settle_distances(r);
    for (v = 0; v < r->config->num_vnodes; v++)
        settle_policy(r, v);
}
