/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of any format as xl.cfg, for those who move to Xen. */
#include "config.h"

#include "plan/write_xl.h"

#include <inttypes.h>

#include "base/print.h"

static void put_set(const vnuma__set *set, FILE *f)
{
    const vnuma__range *range;

    for (range = set->first; range; range = range->next) {
        fprintf(f, "%s%" PRIu32, range == set->first ? "" : ",", range->first);
        if (range->last > range->first)
            fprintf(f, "-%" PRIu32, range->last);
    }
}

static void put_vnode(const vnuma__kvm *kvm, const vnuma__kvm_node *node,
                      FILE *f)
{
    const vnuma__backend *own = &node->own;
    const vnuma__kvm_dist *dist;
    const char *before = ", \"vdistances=";

    fputs("[ \"pnode=", f);
    if (own->pnodes.first && own->policy.value != VNUMA__KVM_INTERLEAVE)
        fprintf(f, "%" PRIu32, vnuma__set_lowest(&own->pnodes));
    else
        fputs("auto", f);
    fprintf(f, "\", \"size=%" PRIu64 "\"", own->bytes.value >> 20);
    if (node->cpus.first) {
        fputs(", \"vcpus=", f);
        put_set(&node->cpus, f);
        fputc('"', f);
    }
    for (dist = kvm->dists; dist; dist = dist->next)
        if (dist->from.value == node->id.value) {
            fprintf(f, "%s%" PRIu64, before, dist->value.value);
            before = ",";
        }
    fputs(kvm->dists ? "\" ]" : " ]", f);
}

static void put_policies(const vnuma__kvm *kvm, FILE *f)
{
    const vnuma__kvm_node *node;

    fputs("xl_vnuma_policy = [ ", f);
    for (node = kvm->nodes; node; node = node->next) {
        uint64_t policy = node->own.policy.value;

        fputs(node->id.value ? ", \"" : "\"", f);
        if (policy == VNUMA__KVM_INTERLEAVE) {
            fputs("interleave=", f);
            put_set(&node->own.pnodes, f);
        } else {
            fputs(policy == VNUMA__KVM_PREFERRED ? "preferred" : "strict", f);
        }
        fputc('"', f);
    }
    fputs(" ]\n", f);
}

/* A guest of KVM has what an HVM guest has. */
static const char *type_name(vnuma_guest_type type)
{
    switch (type) {
    case VNUMA_GUEST_PV:
        return "pv";
    case VNUMA_GUEST_PVH:
        return "pvh";
    case VNUMA_GUEST_HVM:
    case VNUMA_GUEST_KVM:
        break;
    }
    return "hvm";
}

char *vnuma__port_to_xl(const vnuma__port *port)
{
    const vnuma__kvm *kvm = port->kvm;
    const vnuma__kvm_node *node;
    bool has_policies = false;
    uint64_t mib = 0;
    vnuma__print out;
    FILE *f = vnuma__print_begin(&out);

    if (!f)
        return NULL;
    for (node = kvm->nodes; node; node = node->next) {
        mib += node->own.bytes.value >> 20;
        has_policies |= node->own.policy.value == VNUMA__KVM_PREFERRED ||
                        node->own.policy.value == VNUMA__KVM_INTERLEAVE;
    }
    if (kvm->name.ptr)
        fprintf(f, "name = \"%s\"\n", kvm->name.ptr);
    fprintf(f,
            "type = \"%s\"\nmemory = %" PRIu64 "\nvcpus = %" PRIu64 "\n",
            type_name(port->type), kvm->nodes ? mib : kvm->bytes.value >> 20, kvm->vcpus.value);
    if (kvm->maxvcpus.value != kvm->vcpus.value)
        fprintf(f, "maxvcpus = %" PRIu64 "\n", kvm->maxvcpus.value);
    for (node = kvm->nodes; node; node = node->next) {
        fputs(node->id.value ? ",\n          " : "vnuma = [ ", f);
        put_vnode(kvm, node, f);
    }
    fputs(kvm->nodes ? " ]\n" : "", f);
    if (has_policies)
        put_policies(kvm, f);
    if (port->hmat_path) {
        fputs("xl_vnuma_hmat = ", f);
        vnuma__print_quoted(port->hmat_path, f);
        fputc('\n', f);
    }
    return vnuma__print_end(&out, false);
}
