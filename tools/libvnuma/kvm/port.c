/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a config, and perhaps a plan, to what every format can be made of. */
#include "config.h"

#include "kvm/port.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "guest/config_files.h"

typedef struct {
    vnuma__maker make;
    const vnuma_config *config;
    const vnuma__port_options *options;
    vnuma__kvm *kvm; /* that is made */
    bool pins_to_pnodes;
    unsigned int hmat_lost;
} porter;

#define MAX_HOST_NODES 1024u /* that QEMU knows */

static const vnuma_source made_source;
#define MADE ((vnuma_span){ &made_source, 0, 0 })
#define number vnuma__port_number

vnuma_number vnuma__port_number(uint64_t value)
{
    return (vnuma_number){ value, MADE };
}

/* ---- nodes -------------------------------------------------------------- */

/* In ascending order. */
static void add_number(porter *p, vnuma__set *set, uint32_t value)
{
    if (set->last && set->last->last + 1 == value)
        set->last->last = value;
    else
        vnuma__set_add(&p->make, set, value, value, MADE);
}

static void add_bitmap(porter *p, vnuma__set *set, const vnuma_bitmap *bitmap)
{
    uint32_t i;

    VNUMA_BITMAP_FOREACH(i, bitmap)
        add_number(p, set, i);
}

static vnuma__set set_of(porter *p, uint64_t mask)
{
    vnuma__set set = { NULL };

    add_bitmap(p, &set, &(vnuma_bitmap){ .words = &mask, .num_words = 1 });
    return set;
}

static uint64_t bit(uint64_t pnode)
{
    return pnode < VNUMA_MAX_PNODES ? UINT64_C(1) << pnode : 0;
}

/* As xl.cfg has it: what names no pnode is bound nowhere. */
static void take_xl(porter *p, unsigned int v, vnuma__backend *memory)
{
    static const vnuma__kvm_policy policies[] = {
        [VNUMA_POLICY_STRICT] = VNUMA__KVM_STRICT,
        [VNUMA_POLICY_PREFERRED] = VNUMA__KVM_PREFERRED,
        [VNUMA_POLICY_INTERLEAVE] = VNUMA__KVM_INTERLEAVE,
    };
    const vnuma_policy_item *item = vnuma__policy_of(p->config, v);
    uint64_t pnode = p->config->vnodes[v].pnode.value;

    if (item && item->policy == VNUMA_POLICY_INTERLEAVE)
        add_bitmap(p, &memory->pnodes, &item->pnodes);
    else if (pnode != VNUMA_PNODE_AUTO)
        memory->pnodes = set_of(p, bit(pnode));
    if (memory->pnodes.first)
        memory->policy =
            number(policies[item ? item->policy : VNUMA_POLICY_STRICT]);
}

static void take_kvm(porter *p, unsigned int v, vnuma__kvm_node *made)
{
    vnuma__backend *memory = &made->own;
    const vnuma__backend *from = vnuma__kvm_memory(p->config, v);
    const vnuma__kvm_node *node = p->config->kvm->by_id[v];
    unsigned int i;

    memory->policy = from->policy;
    for (i = 0; i < MAX_HOST_NODES; i++)
        if (vnuma__set_has(&from->pnodes, i))
            add_number(p, &memory->pnodes, i);
    memory->page.value = from->page.value;
    memory->prealloc.value = from->prealloc.value;
    memory->share.value = from->share.value;
    if (from->kind.value == VNUMA__BACKEND_FILE)
        memory->path = from->path;
    if (node)
        made->initiator = node->initiator;
    if (node && node->backend)
        memory->bytes = node->backend->bytes;
}

/* What is given is written; memfd shares by itself. */
vnuma__backend vnuma__port_backend(const vnuma__kvm_node *node)
{
    vnuma__backend m = *node->backend;

    m.id = node->memdev;
    m.kind = number(m.path.ptr     ? VNUMA__BACKEND_FILE
                    : m.page.value ? VNUMA__BACKEND_MEMFD
                                   : VNUMA__BACKEND_RAM);
    if (m.kind.value == VNUMA__BACKEND_MEMFD)
        m.hugetlb = number(1);
    else
        m.page.span.source = NULL;
    if (m.share.value == (m.kind.value == VNUMA__BACKEND_MEMFD))
        m.share.span.source = NULL;
    if (!m.prealloc.value)
        m.prealloc.span.source = NULL;
    if (m.policy.value == VNUMA__KVM_DEFAULT ||
        m.policy.value == VNUMA__KVM_RESTRICTIVE) {
        m.policy.span.source = NULL;
        m.pnodes.first = NULL;
    }
    return m;
}

/* A plan makes pins where none are written. */
static void add_pins(porter *p, const vnuma__kvm_node *node,
                     const vnuma_pnode *pnode)
{
    const vnuma__range *range;
    vnuma__kvm_tune *pin;
    uint32_t vcpu;

    if (!pnode || !vnuma_bitmap_count(&pnode->pcpus) ||
        p->config->cpus.num_items)
        return;
    for (range = node->cpus.first; range; range = range->next)
        for (vcpu = range->first; vcpu <= range->last; vcpu++) {
            pin =
                vnuma__kvm_append(&p->make, &p->kvm->pins, sizeof(*pin), MADE);
            pin->of = number(vcpu);
            add_bitmap(p, &pin->set, &pnode->pcpus);
        }
}

static void take_plan(porter *p, unsigned int v, vnuma__kvm_node *node)
{
    const vnuma_plan_vnode *vnode = &p->options->plan->vnodes[v];

    node->own.bytes.value = vnode->memkb << 10;
    node->cpus = (vnuma__set){ NULL };
    add_bitmap(p, &node->cpus, &vnode->vcpus);
    if (!node->own.pnodes.first) {
        node->own.pnodes = set_of(p, bit(vnode->pnode));
        node->own.policy = number(VNUMA__KVM_STRICT);
    }
    add_pins(p, node, vnuma_topology_find(p->options->topology, vnode->pnode));
}

/* What libvirt says of a node elsewhere; or of a guest without nodes. */
static void add_tunes(porter *p, const vnuma__kvm_node *node)
{
    bool is_node = p->kvm->num_nodes > 0;
    vnuma__kvm_tune *tune;

    if (node->own.policy.value) {
        tune =
            vnuma__kvm_append(&p->make, &p->kvm->tunes, sizeof(*tune), MADE);
        if (is_node)
            tune->of = node->id;
        tune->policy = number(node->own.policy.value);
        tune->set = node->own.pnodes;
    }
    if (node->own.page.value) {
        tune =
            vnuma__kvm_append(&p->make, &p->kvm->pages, sizeof(*tune), MADE);
        tune->of = node->own.page;
        if (is_node)
            add_number(p, &tune->set, (uint32_t)node->id.value);
    }
}

/* Newer libvirts want a restrictive <memory> too; it counts for all nodes. */
static void add_restrictive(porter *p)
{
    const vnuma__kvm_tune *tune;
    unsigned int num = 0;
    vnuma__kvm_tune *all;
    uint32_t i;

    for (tune = p->kvm->tunes; tune; tune = tune->next)
        num += tune->policy.value == VNUMA__KVM_RESTRICTIVE;
    if (!num || num < p->kvm->num_nodes)
        return;
    all = vnuma__kvm_alloc(&p->make, sizeof(*all));
    all->policy = p->kvm->tunes->policy;
    for (i = 0; i < MAX_HOST_NODES; i++) {
        for (tune = p->kvm->tunes; tune; tune = tune->next)
            if (vnuma__set_has(&tune->set, i))
                break;
        if (tune)
            add_number(p, &all->set, i);
    }
    all->next = p->kvm->tunes;
    p->kvm->tunes = all;
}

static void add_distances(porter *p, unsigned int v)
{
    const vnuma_vnode *vnode = &p->config->vnodes[v];
    const vnuma_plan *plan = p->options->plan;
    vnuma__kvm_dist *dist;
    unsigned int w;

    for (w = 0; w < p->kvm->num_nodes; w++) {
        uint64_t value = v == w ? VNUMA_DISTANCE_LOCAL : 20;

        if (plan)
            value = plan->vnodes[v].distances[w];
        else if (vnode->num_distances == p->kvm->num_nodes)
            value = vnode->distances[w].value;
        dist =
            vnuma__kvm_append(&p->make, &p->kvm->dists, sizeof(*dist), MADE);
        dist->from = number(v);
        dist->to = number(w);
        dist->value = number(value);
    }
}

/* What the user wants of all memory, and what it is called. */
static void finish_memory(porter *p, vnuma__kvm_node *node)
{
    const vnuma__port_options *options = p->options;
    vnuma__backend *own = &node->own;
    char id[32];

    if (options->has_page)
        own->page.value = options->page;
    own->prealloc.value |=
        options->prealloc || (options->has_page && own->page.value);
    own->bytes.span = own->page.span = own->share.span = own->prealloc.span =
        MADE;
    if (own->bytes.value) {
        node->memdev.len = (uint32_t)snprintf(id, sizeof(id), "ram-node%u",
                                              (unsigned int)node->id.value);
        node->memdev.ptr =
            memcpy(vnuma__kvm_alloc(&p->make, sizeof(id)), id, sizeof(id));
    }
    add_tunes(p, node);
}

static void add_node(porter *p, unsigned int v)
{
    const vnuma__port_options *options = p->options;
    vnuma__kvm_node *node =
        vnuma__kvm_append(&p->make, &p->kvm->nodes, sizeof(*node), MADE);
    vnuma__backend *own = node->backend = &node->own;

    node->id = number(v);
    p->kvm->by_id[v] = node;
    if (!options->plan && p->config->kvm && p->config->kvm->is_one_node) {
        own->bytes.value = vnuma_config_total_memkb(p->config) << 10;
        vnuma__set_add(&p->make, &node->cpus, 0,
                       (uint32_t)p->kvm->maxvcpus.value - 1, MADE);
        take_kvm(p, v, node);
    } else if (v < p->config->num_vnodes) {
        own->bytes.value = p->config->vnodes[v].memkb.value << 10;
        add_bitmap(p, &node->cpus, &p->config->vnodes[v].vcpus);
        if (!p->config->kvm)
            take_xl(p, v, own);
    }
    /* Also those that the plan makes: what is said of all memory counts. */
    if (p->config->kvm)
        take_kvm(p, v, node);
    if (options->plan)
        take_plan(p, v, node);
    finish_memory(p, node);
    p->kvm->bytes.value += own->bytes.value;
}

/* ---- the guest ---------------------------------------------------------- */

/* As many sockets as nodes where that agrees, else as many as vcpus. */
static void find_sockets(vnuma__kvm *kvm)
{
    uint32_t size, vcpu, max = (uint32_t)kvm->maxvcpus.value;
    unsigned int num = 0, v, owner[2] = { 0 };

    for (v = 0; v < kvm->num_nodes; v++)
        num += kvm->by_id[v]->cpus.first != NULL;
    size = num && max % num == 0 ? max / num : 1;
    size = size ? size : 1;
    for (vcpu = 0; num && vcpu < max; vcpu++) {
        for (v = 0; v < kvm->num_nodes; v++)
            if (vnuma__set_has(&kvm->by_id[v]->cpus, vcpu))
                owner[vcpu % size != 0] = v;
        if (vcpu % size && owner[1] != owner[0])
            size = 1;
    }
    kvm->smp = (vnuma__smp){ { max / size, 1, 1, size, 1 } };
}

/* Those that are written: "nodes:0" depends on the host. */
static void take_pins(porter *p)
{
    const vnuma_affinities *cpus = &p->config->cpus;
    vnuma__kvm_tune *pin;
    uint32_t vcpu;
    unsigned int i;

    for (vcpu = 0; cpus->num_items && vcpu < p->kvm->maxvcpus.value; vcpu++) {
        const vnuma_affinity *item = &cpus->items[cpus->is_list ? vcpu : 0];
        vnuma__set set = { NULL };
        bool is_all = false;

        if (cpus->is_list && vcpu >= cpus->num_items)
            return;
        for (i = 0; i < item->num_terms; i++) {
            const vnuma_affinity_term *term = &item->terms[i];

            is_all |= term->is_all || term->is_pnodes;
            p->pins_to_pnodes |= term->is_pnodes;
            if (term->is_excluded)
                vnuma__set_take(&p->make, &set, term->first, term->last);
            else
                vnuma__set_add(&p->make, &set, term->first, term->last, MADE);
        }
        if (is_all || !set.first)
            continue;
        pin = vnuma__kvm_append(&p->make, &p->kvm->pins, sizeof(*pin), MADE);
        pin->of = number(vcpu);
        pin->set = set;
    }
}

/* Characters that a format reads as its own are "_". */
static void take_name(porter *p)
{
    const char *name = p->config->name;
    size_t len = name ? strlen(name) : 0, at, num;
    char *made = vnuma__kvm_alloc(&p->make, len + 1);
    uint32_t size = 0;
    bool is_safe;

    for (at = 0; at < len; at += num) {
        num = vnuma__utf8_next(name + at, len - at, &is_safe);
        if (is_safe && !strchr("\"'\\<>&", name[at])) {
            memcpy(made + size, name + at, num);
            size += (uint32_t)num;
        } else {
            made[size++] = '_';
        }
    }
    if (name)
        p->kvm->name = (vnuma__text){ made, size, MADE, false };
}

/* Of each level how many; one that there is once needs no word. */
static void take_levels(vnuma__kvm *kvm)
{
    unsigned int i;

    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        kvm->levels[i] = number(kvm->smp.level[i]);
    if (kvm->smp.level[CLUSTERS] <= 1)
        kvm->levels[CLUSTERS].span.source = NULL;
}

/* Memory of a guest without nodes, if there is something to say of it. */
static void take_all(porter *p)
{
    vnuma__kvm *kvm = p->kvm;
    vnuma__kvm_node *whole = vnuma__kvm_alloc(&p->make, sizeof(*whole));

    kvm->bytes.value = vnuma_config_total_memkb(p->config) << 10;
    if (p->config->kvm)
        take_kvm(p, 0, whole);
    whole->own.bytes = kvm->bytes;
    finish_memory(p, whole);
    kvm->all = whole->own;
    if (kvm->all.path.ptr || kvm->all.policy.value || kvm->all.page.value ||
        kvm->all.prealloc.value || kvm->all.share.value)
        kvm->main_memory = whole->memdev;
}

/* What may be added to it later, and what keeps it from being swapped. */
static void take_limits(porter *p, const vnuma__kvm *from)
{
    /* Without slots nothing can be plugged. */
    if (from && from->slots.value &&
        from->maxmem.value > p->kvm->bytes.value) {
        p->kvm->maxmem = number(from->maxmem.value);
        if (from->slots.value)
            p->kvm->slots = number(from->slots.value);
    }
    if (from && from->mem_lock.value)
        p->kvm->mem_lock = number(1);
}

static void make(porter *p)
{
    const vnuma_config *config = p->config;
    const vnuma_plan *plan = p->options->plan;
    vnuma__kvm *kvm = p->kvm = vnuma__kvm_alloc(&p->make, sizeof(*kvm));
    bool has_distances = plan != NULL;
    unsigned int v;

    kvm->form = config->kvm ? config->kvm->form : VNUMA__FORM_XL;
    kvm->maxvcpus = number(vnuma_config_max_vcpus(config));
    kvm->vcpus = vnuma__is_given(config->vcpus.span)
                     ? number(config->vcpus.value)
                     : kvm->maxvcpus;
    kvm->num_nodes = plan ? plan->num_vnodes : config->num_vnodes;
    if (!plan && config->kvm && config->kvm->is_one_node)
        kvm->num_nodes = 1;
    kvm->bytes = number(0);
    for (v = 0; v < kvm->num_nodes; v++) {
        add_node(p, v);
        has_distances |= !plan && v < config->num_vnodes &&
                         config->vnodes[v].num_distances > 0;
    }
    for (v = 0; has_distances && v < kvm->num_nodes; v++)
        add_distances(p, v);
    if (kvm->num_nodes)
        add_restrictive(p);
    else
        take_all(p);
    take_limits(p, config->kvm);
    /* What a plan divides has no sockets yet that were meant. */
    if (config->kvm && !(plan && config->vnuma_auto))
        kvm->smp = config->kvm->smp;
    else
        find_sockets(kvm);
    take_levels(kvm);
    take_name(p);
    take_pins(p);
    if (config->kvm)
        vnuma__port_keep_hmat(&p->make, config->kvm, kvm);
    else if (p->options->hmat)
        p->hmat_lost = vnuma__port_take_hmat(&p->make, p->options->hmat, kvm);
}

/* Which of the host's a guest has follows from its pnodes. */
static int find_open_hmat(const vnuma_config *config, vnuma_diags *diags)
{
    if (!config->num_vnodes || !vnuma__hmat_is_hosts(config))
        return 0;
    vnuma__error(diags, "export-open", config->hmat.span,
                 "which of the host's speeds are the guest's is left to the "
                 "planner");
    vnuma__hint(diags, "--plan fills it in");
    return VNUMA_ERROR_CONFIG;
}

/* An xl.cfg may leave to the planner what no other format may. */
static int find_open(const vnuma_config *config, vnuma_diags *diags)
{
    vnuma__size_sum sum = vnuma__sum_sizes(config);
    bool has_vcpus = config->num_vnodes == 0;
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        has_vcpus |= vnuma__is_given(config->vnodes[v].vcpus_span);
    if (config->kvm)
        return 0;
    if (!sum.num_missing && has_vcpus && !config->vnuma_auto)
        return find_open_hmat(config, diags);
    vnuma__error(diags, "export-open",
                 config->vnuma_auto || !has_vcpus ? config->vnodes_span
                                                  : sum.missing,
                 "this is left to the planner");
    vnuma__hint(diags, "--plan fills it in");
    return VNUMA_ERROR_CONFIG;
}

int vnuma__port_make(const vnuma_config *config,
                     const vnuma__port_options *options, vnuma__port *port_r,
                     vnuma_diags *diags)
{
    porter p = { .config = config, .options = options };

    memset(port_r, 0, sizeof(*port_r));
    if (!options->plan && find_open(config, diags))
        return VNUMA_ERROR_CONFIG;
    p.make.memory = &port_r->memory;
    if (setjmp(p.make.no_memory)) {
        vnuma__port_dispose(port_r);
        return VNUMA_ERROR_NOMEM;
    }
    make(&p);
    port_r->kvm = p.kvm;
    port_r->type = config->type;
    port_r->pins_to_pnodes = p.pins_to_pnodes;
    port_r->hmat_lost = p.hmat_lost;
    port_r->hmat_path =
        config->num_vnodes || options->plan ? config->hmat.path : NULL;
    return 0;
}

void vnuma__port_dispose(vnuma__port *port)
{
    vnuma__arena_free(port->memory);
    memset(port, 0, sizeof(*port));
}
