/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU, libvirt and Proxmox make of what is written, all of it here: the
 * rest of the vcpus' topology, which vcpu is in which node, all distances,
 * what counts for memory that says nothing itself, and how sizes are rounded.
 * The result is a guest like any other.  What is wrong is left to the checks.
 */
#include "config.h"

#include "kvm/kvm.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "kvm/versions.h"

/* ---- vcpus -------------------------------------------------------------- */

/* One of the ranges that a node names, which are not many together. */
static void add_range(vnuma__maker *m, vnuma_config *config, uint64_t v,
                      vnuma_vcpu_range range)
{
    vnuma_vnode *vnode = &config->vnodes[v];
    uint32_t vcpu;

    if (!VNUMA__GROW(vnode->vcpu_ranges, vnode->num_vcpu_ranges))
        vnuma__kvm_no_memory(m);
    vnode->vcpu_ranges[vnode->num_vcpu_ranges++] = range;
    if (!vnuma__is_given(vnode->vcpus_span))
        vnode->vcpus_span = range.span;
    for (vcpu = range.first; vcpu <= range.last; vcpu++)
        if (vcpu < config->maxvcpus.value &&
            vnuma_bitmap_set(&vnode->vcpus, vcpu))
            vnuma__kvm_no_memory(m);
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
static void add_loose(vnuma__maker *m, vnuma_config *config, bool none_has)
{
    vnuma__set *loose = &config->kvm->loose;
    bool by_socket = none_has && config->kvm->form == VNUMA__FORM_QEMU;
    uint64_t v = 0;
    uint32_t vcpu;

    for (vcpu = 0; vcpu < config->maxvcpus.value; vcpu++) {
        if (!none_has && has_vnode(config, vcpu))
            continue;
        if (by_socket)
            v = vnuma__kvm_socket(config->kvm, vcpu) % config->num_vnodes;
        if (vnuma_bitmap_set(&config->vnodes[v].vcpus, vcpu))
            vnuma__kvm_no_memory(m);
        if (!none_has && loose->last && loose->last->last + 1 == vcpu)
            loose->last->last = vcpu;
        else if (!none_has)
            vnuma__set_add(m, loose, vcpu, vcpu, VNUMA__NOWHERE);
    }
}

static void settle_vcpus(vnuma__maker *m, vnuma_config *config)
{
    unsigned int num = config->num_vnodes, v, left = VNUMA__MAX_RANGES;
    const vnuma__kvm_node *node;
    const vnuma__kvm_cpu *cpu;
    const vnuma__range *range;
    bool none_has = true;
    uint32_t vcpu;

    for (node = config->kvm->nodes; node; node = node->next)
        for (range = node->cpus.first; node->id.value < num && range;
             range = range->next)
            add_range(
                m, config, node->id.value,
                (vnuma_vcpu_range){ range->first, range->last, range->span });
    for (cpu = config->kvm->cpus; cpu; cpu = cpu->next)
        for (vcpu = 0; cpu->node.value < num && vcpu < config->maxvcpus.value;
             vcpu++)
            if (vnuma__kvm_cpu_is(config->kvm, cpu, vcpu) && left && left--)
                add_range(m, config, cpu->node.value,
                          (vnuma_vcpu_range){ vcpu, vcpu, cpu->span });
    for (v = 0; v < num; v++)
        none_has &= !config->vnodes[v].num_vcpu_ranges;
    if (num)
        add_loose(m, config, none_has);
    /* What a plan must not divide again. */
    for (v = 0; v < num; v++)
        if (!vnuma__is_given(config->vnodes[v].vcpus_span))
            config->vnodes[v].vcpus_span = config->vnodes[v].span;
}

static void add_terms(vnuma__maker *m, vnuma_affinity *item,
                      const vnuma__set *set)
{
    const vnuma__range *range;

    item->span = set->span;
    for (range = set->first; range; range = range->next) {
        if (!VNUMA__GROW(item->terms, item->num_terms))
            vnuma__kvm_no_memory(m);
        item->terms[item->num_terms++] = (vnuma_affinity_term){
            .first = range->first, .last = range->last, .span = range->span
        };
    }
}

/*
 * A vcpu that is not pinned may run where pcpus says, or anywhere; also when
 * pcpus is longer than what bounds the memory for all vcpus.
 */
static void settle_pins(vnuma__maker *m, vnuma_config *config)
{
    vnuma_affinities *cpus = &config->cpus;
    const vnuma__kvm *kvm = config->kvm;
    uint64_t max = kvm->pins ? config->maxvcpus.value : 1, vcpu;
    vnuma__range all = { .span = kvm->whole, .last = 65535 };
    vnuma__set others = { &all, &all, kvm->whole };
    const vnuma__kvm_tune *pin;
    const vnuma__range *range;
    unsigned int num = 0;

    for (range = kvm->pcpus.first; range; range = range->next)
        num++;
    if (!kvm->pins && !num)
        return;
    if (num && num * max <= VNUMA__MAX_RANGES)
        others = kvm->pcpus;
    cpus->items = calloc(max, sizeof(*cpus->items));
    if (!cpus->items)
        vnuma__kvm_no_memory(m);
    cpus->num_items = (unsigned int)max;
    cpus->is_list = kvm->pins != NULL;
    cpus->span = kvm->pins ? kvm->pins->span : kvm->pcpus.span;
    for (pin = kvm->pins; pin; pin = pin->next)
        if (vnuma__is_given(pin->of.span) && pin->of.value < max &&
            !cpus->items[pin->of.value].num_terms)
            add_terms(m, &cpus->items[pin->of.value], &pin->set);
    for (vcpu = 0; vcpu < max; vcpu++)
        if (!cpus->items[vcpu].num_terms) {
            add_terms(m, &cpus->items[vcpu], &others);
            cpus->items[vcpu].terms[0].is_all = others.first == &all;
        }
}

/* ---- memory ------------------------------------------------------------- */

const vnuma__backend *vnuma__kvm_memory(const vnuma_config *config,
                                        unsigned int vnode)
{
    const vnuma__kvm_node *node = config->kvm->by_id[vnode];

    return node && node->backend ? node->backend : &config->kvm->all;
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
static void settle_policy(vnuma__maker *m, const vnuma__backend *memory,
                          vnuma_policy_item *item)
{
    unsigned int num = vnuma__set_count(&memory->pnodes);
    uint32_t pnode;

    item->span = memory->policy.span;
    item->pnodes_span = memory->pnodes.span;
    item->policy = policy_of(memory);
    if (!num)
        item->policy = VNUMA_POLICY_STRICT; /* as a plan would have it */
    else if (num > 1 && item->policy == VNUMA_POLICY_STRICT)
        item->policy = VNUMA_POLICY_PREFERRED;
    for (pnode = 0; num && pnode < VNUMA_MAX_PNODES; pnode++)
        if (vnuma__set_has(&memory->pnodes, pnode) &&
            vnuma_bitmap_set(&item->pnodes, pnode))
            vnuma__kvm_no_memory(m);
}

/* By its id or path, of which nothing is enough if there is only one. */
static vnuma__backend *find_backend(const vnuma__kvm *kvm, vnuma__text id)
{
    vnuma__backend *backend;

    if (id.ptr && !id.len && kvm->backends && !kvm->backends->next)
        return kvm->backends;
    if (id.ptr && vnuma__text_starts_with(id, "/objects/"))
        id = vnuma__text_slice(id, 9, id.len);
    for (backend = kvm->backends; backend; backend = backend->next)
        if (id.ptr && backend->id.ptr && backend->id.len == id.len &&
            !memcmp(backend->id.ptr, id.ptr, id.len))
            return backend;
    return NULL;
}

/* What is said of all memory counts where nothing else is said. */
static void inherit(vnuma__backend *memory, const vnuma__backend *all)
{
#define MEMORY(member) offsetof(vnuma__backend, member)
    static const size_t members[] = { MEMORY(kind), MEMORY(prealloc),
                                      MEMORY(share), MEMORY(page) };
    unsigned int i;

    if (!vnuma__is_given(memory->policy.span) &&
        !vnuma__set_is_given(&memory->pnodes)) {
        memory->policy = all->policy;
        memory->pnodes = all->pnodes;
    }
    for (i = 0; i < sizeof(members) / sizeof(*members); i++) {
        vnuma_number *number = (void *)((char *)memory + members[i]);

        if (!vnuma__is_given(number->span))
            *number = *(const vnuma_number *)((const char *)all + members[i]);
    }
}

/*
 * Pages of QEMU's files are those of their file system, which is not known
 * here.  libvirt's and Proxmox's huge pages are allocated at once; those of
 * libvirt that are as large as the system's own are none.
 */
static void settle_backend(const vnuma__kvm *kvm, vnuma__backend *memory)
{
    uint64_t *page = &memory->page.value;

    inherit(memory, &kvm->all);
    if (kvm->form == VNUMA__FORM_QEMU) {
        if (memory->kind.value != VNUMA__BACKEND_MEMFD ||
            !memory->hugetlb.value)
            *page = 0;
        else if (!*page)
            *page = UINT64_C(2) << 20;
    } else if (!*page || *page == 4096) {
        *page = 0;
    } else {
        memory->prealloc.value = 1;
        if (kvm->form == VNUMA__FORM_PROXMOX)
            memory->share = (vnuma_number){ 1, memory->page.span };
    }
    if (memory->kind.value == VNUMA__BACKEND_MEMFD &&
        !vnuma__is_given(memory->share.span))
        memory->share.value = 1;
}

/* <memnode> and <page> of a cell; a <page> of none is for all the others. */
static void settle_tunes(vnuma__kvm *kvm)
{
    const vnuma__kvm_tune *tune;
    vnuma__kvm_node *node;

    for (tune = kvm->pages; tune; tune = tune->next)
        if (!vnuma__set_is_given(&tune->set))
            kvm->all.page = tune->of;
    for (node = kvm->nodes; node; node = node->next) {
        for (tune = kvm->tunes; tune; tune = tune->next)
            if (vnuma__is_given(tune->of.span) &&
                tune->of.value == node->id.value) {
                node->own.policy = tune->policy;
                node->own.pnodes = tune->set;
            }
        for (tune = kvm->pages; tune; tune = tune->next)
            if (vnuma__set_has(&tune->set, (uint32_t)node->id.value))
                node->own.page = tune->of;
    }
}

static void round_up(vnuma_number *number, uint64_t step)
{
    number->value = (number->value + step - 1) & ~(step - 1);
}

/*
 * libvirt rounds up to whole MiB, as it does for QEMU on x86, and takes the
 * sum of the cells for all when nothing else is said.  QEMU rounds the whole.
 */
static void settle_sizes(vnuma__kvm *kvm)
{
    bool is_libvirt = kvm->form == VNUMA__FORM_LIBVIRT;
    vnuma__kvm_node *node;
    uint64_t sum = 0;

    for (node = kvm->nodes; node; node = node->next) {
        round_up(&node->own.bytes, is_libvirt ? 1 << 20 : 1);
        sum += node->own.bytes.value;
    }
    if (is_libvirt && !kvm->bytes.value)
        kvm->bytes.value = sum;
    if (kvm->form == VNUMA__FORM_QEMU && !kvm->bytes.value)
        kvm->bytes.value = UINT64_C(128) << 20; /* QEMU's default */
    round_up(&kvm->bytes, is_libvirt ? 1 << 20 : 8192);
    round_up(&kvm->current, 1024);
    kvm->is_one_node = kvm->form == VNUMA__FORM_QEMU && !kvm->nodes &&
                       !vnuma__text_starts_with(kvm->machine, "microvm") &&
                       (kvm->slots.value ||
                        (kvm->maxmem.value > kvm->bytes.value &&
                         vnuma__rule_applies(kvm, VNUMA__SINCE_ONE_NODE)));
}

static void settle_node(vnuma_config *config, vnuma__kvm_node *node)
{
    vnuma__kvm *kvm = config->kvm;
    vnuma_vnode *vnode;

    if (kvm->form != VNUMA__FORM_QEMU)
        node->backend = &node->own;
    else if (node->memdev.ptr)
        node->backend = find_backend(kvm, node->memdev);
    if (node->backend)
        node->backend->num_users++;
    if (node->id.value >= config->num_vnodes)
        return;
    vnode = &config->vnodes[node->id.value];
    if (!kvm->by_id[node->id.value])
        kvm->by_id[node->id.value] = node;
    vnode->span = node->span;
    if (vnuma__is_given(node->mem.span))
        vnode->memkb = node->mem;
    else if (node->backend)
        vnode->memkb = node->backend->bytes;
    vnode->memkb.value >>= 10;
    if (!vnuma__is_given(vnode->memkb.span))
        vnode->memkb.span = node->span;
}

static void settle_memory(vnuma_config *config)
{
    vnuma__kvm *kvm = config->kvm;
    vnuma__backend *memory = find_backend(kvm, kvm->main_memory);
    const vnuma__kvm_device *device;
    vnuma__kvm_node *node;

    if (memory && !vnuma__is_given(kvm->bytes.span))
        kvm->bytes = memory->bytes;
    for (device = kvm->devices; device; device = device->next) {
        vnuma__backend *plugged = find_backend(kvm, device->memdev);

        if (plugged)
            plugged->num_users++;
    }
    settle_tunes(kvm);
    settle_sizes(kvm);
    for (memory = kvm->backends; memory; memory = memory->next)
        settle_backend(kvm, memory);
    for (node = kvm->nodes; node; node = node->next) {
        settle_backend(kvm, &node->own);
        settle_node(config, node);
    }
    if (kvm->all.path.ptr)
        kvm->all.kind.value = VNUMA__BACKEND_FILE;
    settle_backend(kvm, &kvm->all);
    memory = find_backend(kvm, kvm->main_memory);
    if (memory && !kvm->nodes)
        kvm->all = *memory;
    config->memory_memkb =
        (vnuma_number){ kvm->bytes.value >> 10,
                        vnuma__is_given(kvm->bytes.span) ? kvm->bytes.span
                                                         : kvm->whole };
}

/* ---- what is not said --------------------------------------------------- */

/* Proxmox: numa: 1 without numaN is a node for each socket, bound nowhere. */
static void make_nodes(vnuma__maker *m, vnuma__kvm *kvm)
{
    uint64_t num = kvm->levels[SOCKETS].value, i;
    uint64_t cores = kvm->levels[CORES].value;
    vnuma__kvm_node *node;

    for (i = 0; cores && i < num && i < VNUMA_MAX_VNODES; i++) {
        node =
            vnuma__kvm_append(m, &kvm->nodes, sizeof(*node), kvm->numa.span);
        vnuma__set_add(m, &node->cpus, (uint32_t)(i * cores),
                       (uint32_t)((i + 1) * cores - 1), node->span);
        node->own.bytes = (vnuma_number){ kvm->bytes.value / num, node->span };
    }
}

static void settle_proxmox(vnuma__maker *m, vnuma__kvm *kvm)
{
    const vnuma_number *cores = &kvm->levels[CORES];
    const vnuma_number *sockets = &kvm->levels[SOCKETS];
    const struct {
        vnuma_number *number;
        uint64_t value;
    } defaults[] = { { &kvm->bytes, UINT64_C(512) << 20 },
                     { &kvm->levels[SOCKETS], 1 },
                     { &kvm->levels[CORES], 1 },
                     { &kvm->levels[THREADS], 1 } };
    unsigned int i;

    for (i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
        if (!vnuma__is_given(defaults[i].number->span))
            defaults[i].number->value = defaults[i].value;
    kvm->maxvcpus.value = sockets->value * cores->value;
    kvm->maxvcpus.span =
        vnuma__is_given(cores->span) ? cores->span : sockets->span;
    if (!kvm->nodes && kvm->numa.value)
        make_nodes(m, kvm);
}

#define BY_DEFAULT 2u /* placement='default', as if it were not written */

static void set_strict(vnuma_number *policy, vnuma_span span)
{
    if (!vnuma__is_given(policy->span))
        *policy = (vnuma_number){ VNUMA__KVM_STRICT, span };
}

/*
 * A policy that is not said is strict, in an element that could say it.
 * Where numad decides there is none.
 */
static void settle_libvirt(vnuma__maker *m, vnuma__kvm *kvm)
{
    vnuma__kvm_tune *all = &kvm->numatune, *tune;

    if (!vnuma__is_given(kvm->maxvcpus.span))
        kvm->maxvcpus = (vnuma_number){ 1, kvm->whole };
    for (tune = kvm->tunes; tune; tune = tune->next)
        set_strict(&tune->policy, tune->span);
    if (all->placement.value == BY_DEFAULT)
        all->placement = (vnuma_number){ 0 };
    if (!vnuma__is_given(all->placement.span) &&
        !vnuma__set_is_given(&all->set))
        all->placement = kvm->placement;
    if (vnuma__is_given(all->span) && !all->placement.value) {
        set_strict(&all->policy, all->span);
        kvm->all.policy = all->policy;
        kvm->all.pnodes = all->set;
    }
    if (vnuma__is_given(kvm->hugepages.span) && !kvm->pages) {
        tune = vnuma__kvm_append(m, &kvm->pages, sizeof(*tune),
                                 kvm->hugepages.span);
        tune->of = (vnuma_number){ 2 << 20, tune->span };
    }
    kvm->all.prealloc = kvm->allocation;
    kvm->mem_lock =
        (vnuma_number){ vnuma__is_given(kvm->locked.span), kvm->locked.span };
}

/* A node without a number has that of the nodes before it. */
static void number_nodes(vnuma__kvm *kvm)
{
    vnuma__kvm_node *node;

    kvm->num_nodes = 0;
    for (node = kvm->nodes; node; node = node->next, kvm->num_nodes++)
        if (!vnuma__is_given(node->id.span))
            node->id.value = kvm->num_nodes;
}

/* ---- the whole ---------------------------------------------------------- */

static void make_vnodes(vnuma__maker *m, vnuma_config *config)
{
    const vnuma__kvm_node *node;
    unsigned int num = 0, v;

    for (node = config->kvm->nodes; node; node = node->next)
        if (node->id.value >= num && node->id.value < VNUMA_MAX_VNODES)
            num = (unsigned int)node->id.value + 1;
    config->vnodes_span =
        config->kvm->nodes ? config->kvm->nodes->span : config->kvm->whole;
    config->vnuma_auto = !num;
    config->vnodes = calloc(num ? num : 1, sizeof(*config->vnodes));
    config->policies.items =
        calloc(num ? num : 1, sizeof(*config->policies.items));
    if (!config->vnodes || !config->policies.items)
        vnuma__kvm_no_memory(m);
    config->num_vnodes = num;
    for (v = 0; v < num; v++) {
        config->vnodes[v].span = config->vnodes_span;
        config->vnodes[v].pnode.value = VNUMA_PNODE_AUTO;
        config->vnodes[v].memkb.span = config->vnodes_span;
    }
    /* Of a guest without nodes one counts for those that a plan makes. */
    config->policies.is_list = num > 0;
    config->policies.span = config->vnodes_span;
    config->policies.num_items = num ? num : 1;
}

/* What libvirt's driver for Xen makes of <os>. */
static vnuma_guest_type type_of(const vnuma__kvm *kvm)
{
    if (!kvm->is_xen)
        return VNUMA_GUEST_KVM;
    if (vnuma__text_equal(kvm->os, "xenpvh"))
        return VNUMA_GUEST_PVH;
    return vnuma__text_equal(kvm->os, "linux") ||
                   vnuma__text_equal(kvm->os, "xen")
               ? VNUMA_GUEST_PV
               : VNUMA_GUEST_HVM;
}

void vnuma__kvm_settle(vnuma__maker *m, vnuma_config *config)
{
    unsigned int v;

    config->type = type_of(config->kvm);
    if (config->kvm->name.len) {
        config->name = strndup(config->kvm->name.ptr, config->kvm->name.len);
        if (!config->name)
            vnuma__kvm_no_memory(m);
    }
    if (config->kvm->uuid.len) {
        config->uuid = strndup(config->kvm->uuid.ptr, config->kvm->uuid.len);
        if (!config->uuid)
            vnuma__kvm_no_memory(m);
    }
    if (config->kvm->form == VNUMA__FORM_PROXMOX)
        settle_proxmox(m, config->kvm);
    else if (config->kvm->form == VNUMA__FORM_LIBVIRT)
        settle_libvirt(m, config->kvm);
    number_nodes(config->kvm);
    vnuma__kvm_settle_vcpus(config);
    make_vnodes(m, config);
    settle_memory(config);
    settle_vcpus(m, config);
    vnuma__kvm_settle_distances(m, config);
    settle_pins(m, config);
    for (v = 0; v < config->policies.num_items; v++) {
        const vnuma__backend *memory = vnuma__kvm_memory(config, v);
        vnuma_policy_item *item = &config->policies.items[v];

        settle_policy(m, memory, item);
        if (config->num_vnodes && item->policy != VNUMA_POLICY_INTERLEAVE &&
            vnuma__set_count(&memory->pnodes) == 1)
            config->vnodes[v].pnode =
                (vnuma_number){ vnuma__set_lowest(&memory->pnodes),
                                memory->pnodes.span };
    }
}

int vnuma__kvm_make_node(vnuma_config *config)
{
    uint32_t num_vcpus = vnuma_config_max_vcpus(config), vcpu;
    vnuma__kvm *kvm = config->kvm;
    const vnuma__backend *memory = find_backend(kvm, kvm->main_memory);
    int rc = 0;

    if (memory)
        kvm->all = *memory;
    /* There is room for it, see make_vnodes(). */
    config->num_vnodes = 1;
    config->vnodes[0].pnode.value = VNUMA_PNODE_AUTO;
    config->vnodes[0].memkb.value = vnuma_config_total_memkb(config);
    for (vcpu = 0; vcpu < num_vcpus && vcpu < VNUMA_BITMAP_MAX && !rc; vcpu++)
        rc = vnuma_bitmap_set(&config->vnodes[0].vcpus, vcpu);
    return rc;
}
