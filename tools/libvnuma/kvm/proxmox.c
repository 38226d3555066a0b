/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest as Proxmox's conf has it: "key: value" in lines up to the first
 * snapshot, "[name]".
 */
#include "config.h"

#include "kvm/reader.h"

#include <string.h>

#define MAX_NODES 8u

typedef struct {
    vnuma_number memory, sockets, cores, vcpus, numa;
    vnuma__text hugepages, name;
} conf;

/* "memory: 4096"; newer releases also write "memory: current=4096". */
static vnuma__item *add_line(vnuma__kvm_reader *r, vnuma__item *root,
                             vnuma__text line)
{
    uint32_t colon = vnuma__text_find(line, ':');
    vnuma__text value =
        vnuma__text_trim(vnuma__text_slice(line, colon + 1, line.len));

    if (!line.len || line.ptr[0] == '#' || colon == line.len)
        return NULL;
    line = vnuma__text_trim(vnuma__text_slice(line, 0, colon));
    if (vnuma__text_equal(line, "memory") &&
        vnuma__text_starts_with(value, "current="))
        value = vnuma__text_slice(value, 8, value.len);
    return vnuma__item_add(r, root, line, value);
}

static void read_node(vnuma__kvm_reader *r, vnuma__item *line, uint64_t id)
{
    static const char *const policies[] = { "default", "preferred", "bind",
                                            "interleave", NULL };
#define MEMORY(member) offsetof(vnuma__backend, member)
    static const vnuma__key keys[] = {
        { "cpus", VNUMA__KNOWN },
        { "hostnodes", VNUMA__SET, MEMORY(pnodes), 1023 },
        { "memory", VNUMA__COUNT, MEMORY(bytes), UINT32_MAX },
        { "policy", VNUMA__WORD, MEMORY(policy), 0, policies },
        { NULL },
    };
    static const vnuma__keys all = { "numaN:", keys, .separator = ';' };
    vnuma__kvm_node *node = vnuma__kvm_alloc(r, sizeof(*node));
    vnuma__text rest = line->value, piece;
    const vnuma__item *cpus;

    while (vnuma__text_next(&rest, ',', &piece)) {
        uint32_t equals = vnuma__text_find(piece, '=');

        vnuma__item_add(r, line, vnuma__text_slice(piece, 0, equals),
                        vnuma__text_slice(piece, equals + 1, piece.len));
    }
    node->span = line->span;
    node->id = (vnuma_number){ id, line->name.span };
    node->backend = vnuma__kvm_alloc(r, sizeof(*node->backend));
    node->backend->span = line->span;
    if (!vnuma__take_keys(r, line, &all, node->backend))
        r->config->unsound |= VNUMA_ABOUT_POLICY | VNUMA_ABOUT_SIZE;
    cpus = vnuma__item_find(line, "cpus");
    if (cpus)
        vnuma__take_set(r, cpus->value, ';', "cpus", VNUMA__KVM_MAX_VCPUS - 1,
                        &node->cpus);
    if (!cpus || !vnuma__item_find(line, "memory"))
        vnuma__error(r->diags, "empty-value", line->span,
                     "numa%u: needs %s=: Proxmox has no nodes without it",
                     (unsigned int)id, cpus ? "memory" : "cpus");
    node->backend->bytes.value <<= 20;
    r->kvm->num_nodes++;
    VNUMA__APPEND(r->kvm->nodes, node);
}

static void read_nodes(vnuma__kvm_reader *r, vnuma__item *root)
{
    char name[] = "numa0";
    unsigned int i;

    for (i = 0; i < MAX_NODES; i++) {
        vnuma__item *line;

        name[4] = (char)('0' + i);
        line = vnuma__item_find(root, name);
        if (line)
            read_node(r, line, i);
    }
}

/* numa: 1 without numaN: one node for each socket, bound nowhere. */
static void make_nodes(vnuma__kvm_reader *r, const conf *c)
{
    uint64_t num = c->sockets.value, i;

    for (i = 0; i < num && i < VNUMA_MAX_VNODES; i++) {
        vnuma__kvm_node *node = vnuma__kvm_alloc(r, sizeof(*node));
        vnuma__range *range = vnuma__kvm_alloc(r, sizeof(*range));

        node->span = c->numa.span;
        node->id.value = i;
        *range = (vnuma__range){ (uint32_t)(i * c->cores.value),
                                 (uint32_t)((i + 1) * c->cores.value - 1),
                                 false, c->numa.span, NULL };
        node->cpus = (vnuma__set){ range, range, c->numa.span };
        node->backend = vnuma__kvm_alloc(r, sizeof(*node->backend));
        node->backend->bytes =
            (vnuma_number){ r->kvm->bytes.value / num, c->numa.span };
        r->kvm->num_nodes++;
        VNUMA__APPEND(r->kvm->nodes, node);
    }
}

static void settle_pages(vnuma__kvm_reader *r, vnuma__text hugepages)
{
    vnuma__kvm_node *node;
    vnuma_number mib = { 2, hugepages.span }; /* "any" */

    if (!hugepages.ptr)
        return;
    vnuma__text_to_u64(hugepages, 1024, &mib.value);
    mib.value <<= 20;
    r->kvm->all.page = mib;
    for (node = r->kvm->nodes; node; node = node->next) {
        node->backend->page = mib;
        node->backend->share.value = node->backend->prealloc.value = 1;
        node->backend->prealloc.span = hugepages.span;
        node->backend->share.span = hugepages.span;
    }
}

static void require_some(vnuma__kvm_reader *r, vnuma_number *number)
{
    if (number->value)
        return;
    vnuma__error(r->diags, "number-range", number->span,
                 "there is at least 1");
    number->value = 1;
}

void vnuma__read_proxmox(vnuma__kvm_reader *r)
{
#define CONF(member) offsetof(conf, member)
    static const vnuma__key keys[] = {
        { "memory", VNUMA__COUNT, CONF(memory), UINT32_MAX },
        { "sockets", VNUMA__COUNT, CONF(sockets), VNUMA__KVM_MAX_VCPUS },
        { "cores", VNUMA__COUNT, CONF(cores), VNUMA__KVM_MAX_VCPUS },
        { "vcpus", VNUMA__COUNT, CONF(vcpus), VNUMA__KVM_MAX_VCPUS },
        { "numa", VNUMA__FLAG, CONF(numa) },
        { "hugepages", VNUMA__TEXT, CONF(hugepages) },
        { "name", VNUMA__TEXT, CONF(name) },
        { NULL },
    };
    static const vnuma__keys all = { "the conf", keys, true };
    vnuma__text rest =
        vnuma__span_text((vnuma_span){ r->source, 0, r->source->len });
    conf c = { .memory = { 512, VNUMA__NOWHERE },
               .sockets = { 1, VNUMA__NOWHERE },
               .cores = { 1, VNUMA__NOWHERE } };
    vnuma__item *root = vnuma__kvm_alloc(r, sizeof(*root));
    vnuma__text line;

    if (vnuma__has_nul(r->source, "not-text", r->diags))
        rest.len = 0;
    while (vnuma__text_next(&rest, '\n', &line) &&
           !(line.len && line.ptr[0] == '['))
        if (add_line(r, root, line) && vnuma__is_too_many(r, root->last))
            break;
    if (!vnuma__take_keys(r, root, &all, &c))
        r->config->unsound |= VNUMA_ABOUT_MEMORY | VNUMA_ABOUT_MAXVCPUS;
    require_some(r, &c.memory);
    require_some(r, &c.sockets);
    require_some(r, &c.cores);
    if (c.name.len)
        vnuma__take_name(r, c.name);
    r->kvm->bytes = (vnuma_number){ c.memory.value << 20, c.memory.span };
    r->kvm->levels[SOCKETS] = c.sockets;
    r->kvm->levels[CORES] = c.cores;
    r->kvm->levels[THREADS].value = 1;
    r->kvm->numa = c.numa;
    r->config->vcpus = c.vcpus;
    r->config->maxvcpus =
        (vnuma_number){ c.sockets.value * c.cores.value,
                        c.cores.span.source ? c.cores.span : c.sockets.span };
    read_nodes(r, root);
    if (!r->kvm->num_nodes && c.numa.value)
        make_nodes(r, &c);
    settle_pages(r, c.hugepages);
    vnuma__kvm_settle(r);
}
