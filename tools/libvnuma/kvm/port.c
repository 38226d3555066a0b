/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a config, and perhaps a plan, to what every format can be made of. */
#include "config.h"

#include "kvm/port.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_writer.h"

/* ---- nodes -------------------------------------------------------------- */

static uint64_t mask_of(const vnuma__set *set)
{
    uint64_t mask = 0;
    unsigned int p;

    for (p = 0; p < VNUMA_MAX_PNODES; p++)
        if (vnuma__set_has(set, p))
            mask |= UINT64_C(1) << p;
    return mask;
}

static uint64_t bit(uint64_t pnode)
{
    return pnode < VNUMA_MAX_PNODES ? UINT64_C(1) << pnode : 0;
}

/* As xl.cfg has it: what names no pnode is bound nowhere. */
static void take_xl(const vnuma_config *config, unsigned int v,
                    vnuma__port_node *node)
{
    static const vnuma__kvm_policy policies[] = {
        [VNUMA_POLICY_STRICT] = VNUMA__KVM_STRICT,
        [VNUMA_POLICY_PREFERRED] = VNUMA__KVM_PREFERRED,
        [VNUMA_POLICY_INTERLEAVE] = VNUMA__KVM_INTERLEAVE,
    };
    const vnuma_policy_item *item = vnuma__policy_of(config, v);
    uint64_t pnode = config->vnodes[v].pnode.value;
    uint32_t p;

    if (pnode != VNUMA_PNODE_AUTO)
        node->pnodes = bit(pnode);
    if (item && item->policy == VNUMA_POLICY_INTERLEAVE) {
        node->pnodes = 0;
        VNUMA_BITMAP_FOREACH(p, &item->pnodes)
            node->pnodes |= bit(p);
    }
    if (node->pnodes)
        node->policy = policies[item ? item->policy : VNUMA_POLICY_STRICT];
}

static void take_kvm(const vnuma_config *config, unsigned int v,
                     vnuma__port_node *node)
{
    const vnuma__backend *memory = vnuma__kvm_memory(config, v);
    const vnuma__kvm *kvm = config->kvm;

    node->policy = (vnuma__kvm_policy)memory->policy.value;
    node->pnodes = mask_of(&memory->pnodes);
    node->page = vnuma__backend_page(kvm, memory);
    if (memory->kind == VNUMA__BACKEND_FILE)
        node->path = memory->path;
    node->prealloc = vnuma__is_given(memory->prealloc.span)
                         ? memory->prealloc.value
                         : kvm->mem_prealloc.value;
    node->share = vnuma__is_given(memory->share.span)
                      ? memory->share.value
                      : memory->kind == VNUMA__BACKEND_MEMFD;
    if (kvm->by_id[v] && kvm->by_id[v]->backend)
        node->bytes = kvm->by_id[v]->backend->bytes.value;
}

static void take_plan(const vnuma__port_options *options, unsigned int v,
                      vnuma__port_node *node)
{
    const vnuma_plan_vnode *vnode = &options->plan->vnodes[v];
    const vnuma_pnode *pnode =
        vnuma_topology_find(options->topology, vnode->pnode);

    node->bytes = vnode->memkb << 10;
    node->vcpus = &vnode->vcpus;
    if (!node->pnodes) {
        node->pnodes = bit(vnode->pnode);
        node->policy = VNUMA__KVM_STRICT;
    }
    if (pnode && vnuma_bitmap_count(&pnode->pcpus))
        node->pcpus = &pnode->pcpus;
}

static void take_node(const vnuma_config *config,
                      const vnuma__port_options *options, unsigned int v,
                      vnuma__port *port)
{
    vnuma__port_node *node = &port->nodes[v];
    const vnuma_vnode *vnode = NULL;
    unsigned int w;

    if (v < config->num_vnodes) {
        vnode = &config->vnodes[v];
        node->bytes = vnode->memkb.value << 10;
        node->vcpus = &vnode->vcpus;
        if (config->kvm)
            take_kvm(config, v, node);
        else
            take_xl(config, v, node);
        port->has_distances |= vnode->num_distances > 0;
    }
    if (options->plan)
        take_plan(options, v, node);
    if (options->has_page)
        node->page = options->page;
    node->prealloc |= options->prealloc || (options->has_page && node->page);
    for (w = 0; w < port->num_nodes; w++) {
        if (options->plan)
            node->distances[w] = options->plan->vnodes[v].distances[w];
        else if (vnode && vnode->num_distances == port->num_nodes)
            node->distances[w] = (uint32_t)vnode->distances[w].value;
        else
            node->distances[w] = v == w ? VNUMA_DISTANCE_LOCAL : 20;
    }
}

/* ---- the guest ---------------------------------------------------------- */

/* As many sockets as nodes where that agrees, else as many as vcpus. */
static void find_sockets(vnuma__port *port)
{
    uint32_t size, vcpu;
    unsigned int num = 0, v, owner[2] = { 0 };

    for (v = 0; v < port->num_nodes; v++)
        num += vnuma_bitmap_count(port->nodes[v].vcpus) > 0;
    size = num && port->max_vcpus % num == 0 ? port->max_vcpus / num : 1;
    size = size ? size : 1;
    for (vcpu = 0; num && vcpu < port->max_vcpus; vcpu++) {
        for (v = 0; v < port->num_nodes; v++)
            if (vnuma_bitmap_test(port->nodes[v].vcpus, vcpu))
                owner[vcpu % size != 0] = v;
        if (vcpu % size && owner[1] != owner[0])
            size = 1;
    }
    port->smp = (vnuma__smp){ { port->max_vcpus / size, 1, 1, size, 1 } };
}

/* An xl.cfg may leave to the planner what no other format may. */
static int find_open(const vnuma_config *config, vnuma_diags *diags)
{
    vnuma__size_sum sum = vnuma__sum_sizes(config);
    bool has_vcpus = config->num_vnodes == 0;
    unsigned int v;

    for (v = 0; v < config->num_vnodes; v++)
        has_vcpus |= vnuma__is_given(config->vnodes[v].vcpus_span);
    if (config->kvm || (!sum.num_missing && has_vcpus && !config->vnuma_auto))
        return 0;
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
    unsigned int v;

    memset(port_r, 0, sizeof(*port_r));
    if (!options->plan && find_open(config, diags))
        return VNUMA_ERROR_CONFIG;
    port_r->from = config->kvm ? config->kvm->form : VNUMA__FORM_XL;
    port_r->name = config->name;
    port_r->max_vcpus = vnuma_config_max_vcpus(config);
    port_r->vcpus = vnuma__is_given(config->vcpus.span)
                        ? (uint32_t)config->vcpus.value
                        : port_r->max_vcpus;
    port_r->num_nodes =
        options->plan ? options->plan->num_vnodes : config->num_vnodes;
    port_r->has_distances = options->plan && port_r->num_nodes;
    for (v = 0; v < port_r->num_nodes; v++) {
        take_node(config, options, v, port_r);
        port_r->bytes += port_r->nodes[v].bytes;
    }
    if (!port_r->num_nodes)
        port_r->bytes = vnuma_config_total_memkb(config) << 10;
    /* What a plan divides has no sockets yet that were meant. */
    if (config->kvm && !(options->plan && config->vnuma_auto))
        port_r->smp = config->kvm->smp;
    else
        find_sockets(port_r);
    port_r->pins = config->cpus.num_items ? &config->cpus : NULL;
    return 0;
}

/* ---- JSON --------------------------------------------------------------- */

char *vnuma__port_to_json(const vnuma__port *port, const vnuma_plan *plan)
{
    unsigned int v, w;
    vnuma__json json;

    vnuma__json_begin(&json, true);
    if (plan) {
        vnuma__json_add_bool(&json, "feasible", plan->feasible);
        vnuma__json_add_bool(&json, "optimal", plan->optimal);
    }
    vnuma__json_add_string(&json, "name", port->name);
    vnuma__json_add_uint(&json, "memkb", port->bytes >> 10);
    vnuma__json_add_uint(&json, "vcpus", port->vcpus);
    vnuma__json_add_uint(&json, "maxvcpus", port->max_vcpus);
    for (w = 0; w < VNUMA__NUM_LEVELS; w++)
        vnuma__json_add_uint(&json, vnuma__level_names[w], port->smp.level[w]);
    vnuma__json_add_array(&json, "vnodes");
    for (v = 0; v < port->num_nodes; v++) {
        const vnuma__port_node *node = &port->nodes[v];
        const char *policy =
            vnuma__words_of[VNUMA__FORM_LIBVIRT].policies[node->policy];

        vnuma__json_map(&json);
        vnuma__json_add_uint(&json, "vnode", v);
        vnuma__json_add_uint(&json, "memkb", node->bytes >> 10);
        vnuma__json_set(&json, "vcpus", node->vcpus);
        if (port->has_distances) {
            VNUMA__JSON_LIST(&json, "distances", node->distances,
                             port->num_nodes);
        } else {
            vnuma__json_key(&json, "distances");
            vnuma__json_null(&json);
        }
        vnuma__json_add_array(&json, "pnodes");
        for (w = 0; w < VNUMA_MAX_PNODES; w++)
            if (node->pnodes & bit(w))
                vnuma__json_uint(&json, w);
        vnuma__json_end_array(&json);
        vnuma__json_add_string(&json, "policy", node->policy ? policy : NULL);
        vnuma__json_add_uint(&json, "hugepage_kb", node->page >> 10);
        vnuma__json_add_bool(&json, "prealloc", node->prealloc);
        vnuma__json_end_map(&json);
    }
    vnuma__json_end_array(&json);
    return vnuma__json_finish(&json);
}
