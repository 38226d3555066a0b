/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest as Proxmox's conf has it: "key: value" in lines up to the first
 * snapshot, "[name]".
 */
#include "config.h"

#include "forms/reader.h"

#define MAX_NODES 8u

#define KVM(member) offsetof(vnuma__kvm, member)
VNUMA__KEYS(conf_keys,
    { "name", VNUMA__TEXT, KVM(name) },
    { "memory", VNUMA__COUNT, KVM(bytes), .shift = 20 },
    { "sockets", VNUMA__COUNT, KVM(levels[SOCKETS]), VNUMA__KVM_MAX_VCPUS },
    { "cores", VNUMA__COUNT, KVM(levels[CORES]), VNUMA__KVM_MAX_VCPUS },
    { "vcpus", VNUMA__COUNT, KVM(vcpus), VNUMA__KVM_MAX_VCPUS },
    { "numa", VNUMA__FLAG, KVM(numa) },
    { "hotplug", VNUMA__TEXT, KVM(hotplug) },
    { "hugepages", VNUMA__COUNT, KVM(all.page), 1024, .shift = 20 });
static const vnuma__row conf = { "", "the conf", conf_keys, .is_open = true,
                                 .about = VNUMA_ABOUT_MEMORY |
                                          VNUMA_ABOUT_MAXVCPUS };

#define NODE(member) offsetof(vnuma__kvm_node, member)
VNUMA__KEYS(node_keys,
    { "cpus", VNUMA__SET, NODE(cpus), VNUMA__KVM_MAX_VCPUS - 1 },
    { "hostnodes", VNUMA__SET, NODE(own.pnodes), 1023 },
    { "memory", VNUMA__COUNT, NODE(own.bytes), .shift = 20 },
    { "policy", VNUMA__WORD, NODE(own.policy), 0, vnuma__qemu_policies });
static const vnuma__row node_row = {
    "numaN", "numaN:", node_keys, .list = KVM(nodes),
    .size = sizeof(vnuma__kvm_node), .separator = ';',
    .about = VNUMA_ABOUT_POLICY | VNUMA_ABOUT_SIZE
};

/* ---- reading ------------------------------------------------------------ */

/* Newer releases write "memory: current=4096"; "any" pages are of 2 MiB. */
static bool add_line(vnuma__kvm_reader *r, vnuma__item *root, vnuma__text line)
{
    uint32_t colon = vnuma__text_find(line, ':');
    vnuma__text value =
        vnuma__text_trim(vnuma__text_slice(line, colon + 1, line.len));

    if (!line.len || line.ptr[0] == '#' || colon == line.len)
        return false;
    line = vnuma__text_trim(vnuma__text_slice(line, 0, colon));
    if (vnuma__text_equal(line, "memory") &&
        vnuma__text_starts_with(value, "current="))
        value = vnuma__text_slice(value, 8, value.len);
    if (vnuma__text_equal(line, "hugepages") &&
        vnuma__text_equal(value, "any"))
        value = (vnuma__text){ "2", 1, value.span, false };
    vnuma__item_add(r, root, line, value);
    return true;
}

static void read_node(vnuma__kvm_reader *r, vnuma__item *line, uint64_t id)
{
    vnuma__text rest = line->value, piece;
    vnuma__kvm_node *node;

    while (vnuma__text_next(&rest, ',', &piece)) {
        uint32_t equals = vnuma__text_find(piece, '=');

        vnuma__item_add(r, line, vnuma__text_slice(piece, 0, equals),
                        vnuma__text_slice(piece, equals + 1, piece.len));
    }
    node = vnuma__take_row(r, line, &node_row);
    node->id = (vnuma_number){ id, line->name.span };
    node->own.span = line->span;
}

void vnuma__read_proxmox(vnuma__kvm_reader *r)
{
    vnuma__text rest =
        vnuma__span_text((vnuma_span){ r->source, 0, r->source->len });
    vnuma__item *root = vnuma__kvm_alloc(&r->make, sizeof(*root)), *found;
    char name[] = "numa0";
    vnuma__text line;
    unsigned int i;

    if (vnuma__has_nul(r->source, "not-text", r->diags))
        rest.len = 0;
    while (vnuma__text_next(&rest, '\n', &line) &&
           !(line.len && line.ptr[0] == '['))
        if (add_line(r, root, line) && vnuma__is_too_many(r, root->last))
            break;
    vnuma__take_row(r, root, &conf);
    VNUMA__ITEM_FOREACH(found, root)
        if (vnuma__text_starts_with(found->name, "numa") &&
            found->name.len > 4 &&
            (found->name.len > 5 || found->name.ptr[4] > '7'))
            vnuma__kvm_wrong(r, "unknown-key", found->name, "numa", NULL, 0);
    for (i = 0; i < MAX_NODES; i++) {
        name[4] = (char)('0' + i);
        found = vnuma__item_find(root, name);
        if (found)
            read_node(r, found, i);
    }
}

/* ---- writing ------------------------------------------------------------ */

/* Threads are cores, and pages are those of all nodes. */
void vnuma__write_proxmox(const vnuma__kvm *kvm, FILE *f)
{
    const vnuma__kvm_node *node = kvm->nodes;
    vnuma__kvm whole = *kvm;
    unsigned int i = 0;

    whole.levels[CORES].value =
        kvm->smp.level[DIES] * kvm->smp.level[CORES] * kvm->smp.level[THREADS];
    if (kvm->vcpus.value == kvm->maxvcpus.value)
        whole.vcpus.span.source = NULL;
    if (node) {
        whole.numa = (vnuma_number){ 1, node->id.span };
        whole.all.page = node->own.page;
    }
    if (!node || !node->own.page.value)
        whole.all.page.span.source = NULL;
    vnuma__put_row(f, &conf, &whole, VNUMA__AS_LINES, false);
    for (; node && i < MAX_NODES; node = node->next) {
        vnuma__kvm_node n = *node;

        if (!n.own.policy.value || !vnuma__qemu_policies[n.own.policy.value]) {
            n.own.policy.span.source = NULL;
            n.own.pnodes.first = NULL;
        }
        fprintf(f, "\nnuma%u: ", i++);
        if (!n.cpus.first)
            fputs("cpus=", f);
        vnuma__put_row(f, &node_row, &n, VNUMA__AS_OPTIONS, !n.cpus.first);
    }
    fputc('\n', f);
}
