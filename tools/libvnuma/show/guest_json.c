/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of KVM as JSON, whatever format it was read from. */
#include "config.h"

#include "show/guest_json.h"

#include "base/json_writer.h"
#include "host/topology_hmat.h"

static void add_set(vnuma__json *json, const char *key, const vnuma__set *set)
{
    const vnuma__range *range;
    uint32_t i;

    vnuma__json_add_array(json, key);
    for (range = set->first; range; range = range->next)
        for (i = range->first; i <= range->last; i++)
            vnuma__json_uint(json, i);
    vnuma__json_end_array(json);
}

static void add_distances(vnuma__json *json, const vnuma__kvm *kvm,
                          const vnuma__kvm_node *node)
{
    const vnuma__kvm_dist *dist;

    if (!kvm->dists) {
        vnuma__json_key(json, "distances");
        vnuma__json_null(json);
        return;
    }
    vnuma__json_add_array(json, "distances");
    for (dist = kvm->dists; dist; dist = dist->next)
        if (dist->from.value == node->id.value)
            vnuma__json_uint(json, dist->value.value);
    vnuma__json_end_array(json);
}

char *vnuma__port_to_json(const vnuma__port *port, const vnuma_plan *plan)
{
    static const char *const levels[] = { "sockets", "dies", "clusters",
                                          "cores", "threads" };
    static const char *const policies[] = { NULL, "preferred", "strict",
                                            "interleave", "restrictive" };
    const vnuma__kvm *kvm = port->kvm;
    const vnuma__kvm_node *node;
    vnuma__hmat hmat = { 0 };
    unsigned int i;
    vnuma__json json;

    if (vnuma__port_to_hmat(kvm, &hmat))
        return NULL;
    vnuma__json_begin(&json, true);
    if (plan) {
        vnuma__json_add_bool(&json, "feasible", plan->feasible);
        vnuma__json_add_bool(&json, "optimal", plan->optimal);
    }
    vnuma__json_add_string(&json, "name", kvm->name.ptr);
    vnuma__json_add_uint(&json, "memkb", kvm->bytes.value >> 10);
    vnuma__json_add_uint(&json, "vcpus", kvm->vcpus.value);
    vnuma__json_add_uint(&json, "maxvcpus", kvm->maxvcpus.value);
    for (i = 0; i < VNUMA__NUM_LEVELS; i++)
        vnuma__json_add_uint(&json, levels[i], kvm->smp.level[i]);
    vnuma__json_add_array(&json, "vnodes");
    for (node = kvm->nodes; node; node = node->next) {
        vnuma__json_map(&json);
        vnuma__json_add_uint(&json, "vnode", node->id.value);
        vnuma__json_add_uint(&json, "memkb", node->own.bytes.value >> 10);
        add_set(&json, "vcpus", &node->cpus);
        add_distances(&json, kvm, node);
        add_set(&json, "pnodes", &node->own.pnodes);
        vnuma__json_add_string(&json, "policy",
                               policies[node->own.policy.value]);
        vnuma__json_add_uint(&json, "hugepage_kb", node->own.page.value >> 10);
        vnuma__json_add_bool(&json, "prealloc", node->own.prealloc.value);
        vnuma__json_end_map(&json);
    }
    vnuma__json_end_array(&json);
    vnuma__hmat_put(&json, &hmat, NULL);
    vnuma__hmat_dispose(&hmat);
    return vnuma__json_finish(&json);
}
