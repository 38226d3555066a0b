/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as libvirt's XML has it. */
#include "config.h"

#include "kvm/reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/grow.h"

/* ---- amounts ------------------------------------------------------------ */

/* KB is 1000, k and KiB are 1024; without a unit it is KiB. */
static uint64_t unit_of(vnuma__text unit)
{
    static const char letters[] = "KMGTPE";
    const char *found;
    uint64_t base, bytes = 1;

    if (!unit.ptr)
        return 1024;
    if (vnuma__text_equal(unit, "b") || vnuma__text_equal(unit, "bytes"))
        return 1;
    found = unit.len ? strchr(letters, unit.ptr[0] & ~0x20) : NULL;
    if (!found || !*found)
        return 0;
    if (unit.len == 1 ||
        (unit.len == 3 && !strncasecmp(unit.ptr + 1, "iB", 2)))
        base = 1024;
    else if (unit.len == 2 && (unit.ptr[1] & ~0x20) == 'B')
        base = 1000;
    else
        return 0;
    for (found++; found > letters; found--)
        bytes *= base;
    return bytes;
}

/* Rounded up to KiB, as libvirt does. */
static bool take_amount(vnuma__kvm_reader *r, vnuma__text text,
                        const vnuma__item *unit, const char *name,
                        vnuma_number *bytes_r)
{
    uint64_t factor = unit_of(unit ? unit->value : (vnuma__text){ NULL });
    vnuma_number number;

    if (unit && !factor) {
        vnuma__error(r->diags, "bad-number", unit->value.span,
                     "\"%.*s\" is not a unit of memory",
                     VNUMA__TEXT_ARG(unit->value));
        vnuma__hint(r->diags, "write KiB, MiB or GiB");
        return false;
    }
    if (!text.ptr)
        text =
            (vnuma__text){ "", 0, unit ? unit->span : VNUMA__NOWHERE, false };
    if (!vnuma__take_count(r, text, name, (VNUMA__MAX_MIB << 20) / factor,
                           &number))
        return false;
    number.value = (number.value * factor + 1023) / 1024 * 1024;
    *bytes_r = number;
    return true;
}

static void take_element(vnuma__kvm_reader *r, const vnuma__item *domain,
                         const char *name, vnuma_number *bytes_r)
{
    const vnuma__item *item = vnuma__item_find(domain, name);

    if (item && item->is_element &&
        !take_amount(r, item->value, vnuma__item_find(item, "unit"), name,
                     bytes_r))
        r->config->unsound |= VNUMA_ABOUT_MEMORY;
}

/* ---- vcpus -------------------------------------------------------------- */

static void read_vcpus(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *vcpu = vnuma__item_find(domain, "vcpu");
    const vnuma__item *current = vnuma__item_find(vcpu, "current");
    const vnuma__item *topology =
        vnuma__item_find(vnuma__item_find(domain, "cpu"), "topology");
    static const vnuma__key keys[] = {
        { "sockets", VNUMA__COUNT, SOCKETS * sizeof(vnuma_number) },
        { "dies", VNUMA__COUNT, DIES * sizeof(vnuma_number) },
        { "clusters", VNUMA__COUNT, CLUSTERS * sizeof(vnuma_number) },
        { "cores", VNUMA__COUNT, CORES * sizeof(vnuma_number) },
        { "threads", VNUMA__COUNT, THREADS * sizeof(vnuma_number) },
        { NULL },
    };

    if (vcpu && vcpu->value.ptr &&
        !vnuma__take_count(r, vcpu->value, "vcpu", VNUMA__KVM_MAX_VCPUS,
                           &r->config->maxvcpus))
        r->config->unsound |= VNUMA_ABOUT_MAXVCPUS;
    r->config->vcpus = r->config->maxvcpus;
    if (current)
        vnuma__take_count(r, current->value, "current", VNUMA__KVM_MAX_VCPUS,
                          &r->config->vcpus);
    if (!vnuma__is_given(r->config->vcpus.span))
        r->config->vcpus = r->config->maxvcpus =
            (vnuma_number){ 1, domain->span };
    vnuma__take_keys(r, topology,
                     &(vnuma__keys){ "<topology>", keys, .is_xml = true },
                     r->kvm->levels);
}

static void take_pin(vnuma__kvm_reader *r, const vnuma__set *set,
                     vnuma_affinity *pin)
{
    const vnuma__range *range;

    pin->span = set->span;
    for (range = set->first; range; range = range->next) {
        if (!VNUMA__GROW(pin->terms, pin->num_terms))
            vnuma__kvm_no_memory(r);
        pin->terms[pin->num_terms++] = (vnuma_affinity_term){
            .is_excluded = range->is_excluded,
            .first = range->first,
            .last = range->last,
            .span = range->span,
        };
    }
}

/* A vcpu that is not pinned may run where <vcpu cpuset=> says, or anywhere. */
static void read_pins(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *tune = vnuma__item_find(domain, "cputune"), *item;
    const vnuma__item *all =
        vnuma__item_find(vnuma__item_find(domain, "vcpu"), "cpuset");
    uint32_t max = (uint32_t)r->config->maxvcpus.value, vcpu;
    vnuma_affinities *cpus = &r->config->cpus;
    vnuma__range any = { 0, 65535, false, domain->span, NULL };
    vnuma__set whole = { &any, &any, domain->span };

    if (!vnuma__item_find(tune, "vcpupin") && !all)
        return;
    cpus->items = calloc(max ? max : 1, sizeof(*cpus->items));
    if (!cpus->items)
        vnuma__kvm_no_memory(r);
    cpus->num_items = max;
    cpus->is_list = true;
    cpus->span = (tune ? tune : domain)->span;
    VNUMA__ITEM_FOREACH(item, tune) {
        const vnuma__item *of = vnuma__item_find(item, "vcpu");
        const vnuma__item *set = vnuma__item_find(item, "cpuset");
        vnuma__set pcpus = { NULL };
        vnuma_number number;

        if (!vnuma__text_equal(item->name, "vcpupin") || !of || !set ||
            !vnuma__take_count(r, of->value, "vcpu", UINT32_MAX, &number) ||
            number.value >= max)
            continue;
        vnuma__take_set(r, set->value, ',', "cpuset", 65535, &pcpus);
        take_pin(r, &pcpus, &cpus->items[number.value]);
    }
    if (all) {
        whole = (vnuma__set){ NULL };
        vnuma__take_set(r, all->value, ',', "cpuset", 65535, &whole);
    }
    for (vcpu = 0; vcpu < max; vcpu++)
        if (!cpus->items[vcpu].num_terms) {
            take_pin(r, &whole, &cpus->items[vcpu]);
            if (!all)
                cpus->items[vcpu].terms[0].is_all = true;
        }
}

/* ---- cells -------------------------------------------------------------- */

static void read_distances(vnuma__kvm_reader *r, const vnuma__item *cell,
                           vnuma_number from)
{
    static const vnuma__key keys[] = {
        { "id", VNUMA__COUNT, offsetof(vnuma__kvm_dist, to) },
        { "value", VNUMA__COUNT, offsetof(vnuma__kvm_dist, value), 255 },
        { NULL },
    };
    static const vnuma__keys all = { "<sibling>", keys, .is_xml = true };
    const vnuma__item *sibling;

    if (!vnuma__is_given(from.span))
        from.span = cell->span;
    VNUMA__ITEM_FOREACH(sibling, vnuma__item_find(cell, "distances")) {
        vnuma__kvm_dist *made;

        if (vnuma__is_too_many(r, sibling))
            return;
        made = vnuma__kvm_alloc(r, sizeof(*made));
        made->span = sibling->span;
        made->from = from;
        if (!vnuma__take_keys(r, sibling, &all, made))
            r->config->unsound |= VNUMA_ABOUT_DISTANCES;
        VNUMA__APPEND(r->kvm->dists, made);
    }
}

typedef struct {
    vnuma__kvm_node *node;
    vnuma_number id, access;
    vnuma__text memory;
    vnuma__set cpus;
} cell;

static void read_cell(vnuma__kvm_reader *r, const vnuma__item *item)
{
    static const char *const accesses[] = { "private", "shared", NULL };
    static const vnuma__key keys[] = {
        { "id", VNUMA__COUNT, offsetof(cell, id), VNUMA__KVM_MAX_NODES - 1 },
        { "cpus", VNUMA__SET, offsetof(cell, cpus), VNUMA__KVM_MAX_VCPUS - 1 },
        { "memory", VNUMA__TEXT, offsetof(cell, memory) },
        { "unit", VNUMA__KNOWN },
        { "memAccess", VNUMA__WORD, offsetof(cell, access), 0, accesses },
        { "discard", VNUMA__KNOWN },
        { NULL },
    };
    static const vnuma__keys all = { "<cell>", keys, .separator = ',',
                                     .is_xml = true };
    vnuma__kvm_node *node = vnuma__kvm_alloc(r, sizeof(*node));
    cell c = { .id = { r->kvm->num_nodes++, VNUMA__NOWHERE } };

    if (!vnuma__take_keys(r, item, &all, &c))
        r->config->unsound |= VNUMA_ABOUT_VCPUS;
    node->span = vnuma__head(item);
    node->id = c.id;
    node->cpus = c.cpus;
    node->backend = vnuma__kvm_alloc(r, sizeof(*node->backend));
    node->backend->span = node->span;
    node->backend->share = c.access;
    if (!c.memory.ptr)
        vnuma__error(r->diags, "empty-value", node->span,
                     "a <cell> has memory=");
    if (!c.memory.ptr ||
        !take_amount(r, c.memory, vnuma__item_find(item, "unit"), "memory",
                     &node->backend->bytes))
        r->config->unsound |= VNUMA_ABOUT_SIZE;
    VNUMA__APPEND(r->kvm->nodes, node);
    read_distances(r, item, c.id);
}

static void read_cells(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *numa =
        vnuma__item_find(vnuma__item_find(domain, "cpu"), "numa");
    const vnuma__item *item;

    VNUMA__ITEM_FOREACH(item, numa)
        if (vnuma__text_equal(item->name, "cell") &&
            !vnuma__is_too_many(r, item))
            read_cell(r, item);
}

/* ---- memory ------------------------------------------------------------- */

static vnuma__kvm_node *find_cell(vnuma__kvm_reader *r, vnuma_number id)
{
    vnuma__kvm_node *node = r->kvm->nodes;

    while (node && node->id.value != id.value)
        node = node->next;
    if (node)
        return node;
    vnuma__error(r->diags, "cell-unknown", id.span, "there is no cell %u",
                 (unsigned int)id.value);
    if (r->kvm->num_nodes)
        vnuma__hint(r->diags, "cells are the guest's nodes, 0 to %u",
                    r->kvm->num_nodes - 1);
    return NULL;
}

typedef struct {
    vnuma_number cell, mode, placement;
    vnuma__set nodes;
} memnode;

static bool read_memnode(vnuma__kvm_reader *r, const vnuma__item *item,
                         memnode *m)
{
    static const char *const modes[] = { "default",    "preferred",   "strict",
                                         "interleave", "restrictive", NULL };
    static const char *const placements[] = { "static", "auto", NULL };
    static const vnuma__key keys[] = {
        { "cellid", VNUMA__COUNT, offsetof(memnode, cell) },
        { "mode", VNUMA__WORD, offsetof(memnode, mode), 0, modes },
        { "nodeset", VNUMA__SET, offsetof(memnode, nodes), 1023 },
        { "placement", VNUMA__WORD, offsetof(memnode, placement), 0,
          placements },
        { NULL },
    };
    static const vnuma__keys all = { "<numatune>", keys, .separator = ',',
                                     .is_xml = true };

    *m = (memnode){ .mode = { VNUMA__KVM_STRICT, vnuma__head(item) } };
    if (vnuma__take_keys(r, item, &all, m))
        return true;
    r->config->unsound |= VNUMA_ABOUT_POLICY;
    return false;
}

static void read_numatune(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *tune = vnuma__item_find(domain, "numatune"), *item;
    vnuma__backend *all = &r->kvm->all;
    vnuma__kvm_node *node;
    memnode m;

    item = vnuma__item_find(tune, "memory");
    if (item && read_memnode(r, item, &m) && !m.placement.value) {
        all->policy = m.mode;
        all->pnodes = m.nodes;
    }
    for (node = r->kvm->nodes; node; node = node->next) {
        node->backend->policy = all->policy;
        node->backend->pnodes = all->pnodes;
    }
    VNUMA__ITEM_FOREACH(item, tune) {
        if (!vnuma__text_equal(item->name, "memnode") ||
            !read_memnode(r, item, &m))
            continue;
        node = find_cell(r, m.cell);
        if (!node)
            continue;
        node->backend->policy = m.mode;
        node->backend->pnodes = m.nodes;
    }
}

/* @nodes: cells, or not given: all that no other page is for. */
static void set_page(vnuma__kvm_reader *r, vnuma_number bytes,
                     const vnuma__set *nodes)
{
    vnuma__kvm_node *node;

    for (node = r->kvm->nodes; node; node = node->next)
        if (vnuma__set_is_given(nodes)
                ? vnuma__set_has(nodes, (uint32_t)node->id.value)
                : !vnuma__is_given(node->backend->page.span))
            node->backend->page = bytes;
    if (!vnuma__set_is_given(nodes))
        r->kvm->all.page = bytes;
}

static void read_page(vnuma__kvm_reader *r, const vnuma__item *page,
                      bool is_for_all)
{
    const vnuma__item *size = vnuma__item_find(page, "size");
    const vnuma__item *nodeset = vnuma__item_find(page, "nodeset");
    const vnuma__range *range;
    vnuma__set nodes = { NULL };
    vnuma_number bytes;

    if (!page->is_element || !size || !nodeset != is_for_all ||
        !take_amount(r, size->value, vnuma__item_find(page, "unit"), "size",
                     &bytes))
        return;
    if (bytes.value <= 4096)
        bytes.value = 0; /* the system's own */
    if (nodeset)
        vnuma__take_set(r, nodeset->value, ',', "nodeset",
                        VNUMA__KVM_MAX_NODES - 1, &nodes);
    for (range = nodes.first; range; range = range->next)
        find_cell(r, (vnuma_number){ range->last, range->span });
    set_page(r, bytes, &nodes);
}

static bool is_word(const vnuma__item *parent, const char *element,
                    const char *attribute, const char *word)
{
    const vnuma__item *item =
        vnuma__item_find(vnuma__item_find(parent, element), attribute);

    return item && vnuma__text_equal(item->value, word);
}

static void read_backing(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *backing = vnuma__item_find(domain, "memoryBacking");
    const vnuma__item *pages = vnuma__item_find(backing, "hugepages"), *page;
    bool is_shared = is_word(backing, "access", "mode", "shared");
    vnuma__kvm_node *node;
    bool prealloc;

    if (pages && !vnuma__item_find(pages, "page"))
        set_page(r, (vnuma_number){ 2 << 20, pages->span },
                 &(vnuma__set){ NULL });
    VNUMA__ITEM_FOREACH(page, pages)
        read_page(r, page, false);
    VNUMA__ITEM_FOREACH(page, pages)
        read_page(r, page, true);
    prealloc = is_word(backing, "allocation", "mode", "immediate");
    if (vnuma__item_find(backing, "locked"))
        r->kvm->mem_lock = (vnuma_number){ 1, backing->span };
    for (node = r->kvm->nodes; node; node = node->next) {
        node->backend->prealloc.value = prealloc || node->backend->page.value;
        node->backend->prealloc.span = node->span;
        if (is_shared && !vnuma__is_given(node->backend->share.span))
            node->backend->share.value = 1;
        if (is_word(backing, "source", "type", "memfd"))
            node->backend->kind = VNUMA__BACKEND_MEMFD;
    }
}

static void read_devices(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *item;

    VNUMA__ITEM_FOREACH(item, vnuma__item_find(domain, "devices")) {
        if (vnuma__text_equal(item->name, "memory"))
            vnuma__note(r->diags, "memory-device", vnuma__head(item),
                        "this device adds memory to a cell, which is not "
                        "counted here");
        if (is_word(item, "driver", "type", "virtiofs"))
            r->kvm->vhost_user = vnuma__head(item);
    }
}

/* ---- the document ------------------------------------------------------- */

void vnuma__read_libvirt(vnuma__kvm_reader *r)
{
    vnuma__item *root = vnuma__kvm_alloc(r, sizeof(*root));
    bool is_whole = vnuma__read_xml(r, root);
    vnuma__item *domain = vnuma__item_find(root, "domain"), *item;
    vnuma__text machine = { NULL };

    if (!domain && root->first) /* of a snapshot, a saved guest */
        domain = vnuma__item_find(root->first, "domain");
    if (!domain) {
        if (is_whole)
            vnuma__error(r->diags, "xml",
                         vnuma__head(root->first ? root->first : root),
                         "this is not a <domain>, a guest of libvirt");
        r->config->unsound = VNUMA_ABOUT_EVERYTHING;
        domain = root;
    }
    r->kvm->document = domain;
    r->kvm->whole = vnuma__head(domain);
    item = vnuma__item_find(domain, "name");
    if (item && item->value.len)
        vnuma__take_name(r, item->value);
    item = vnuma__item_find(
        vnuma__item_find(vnuma__item_find(domain, "os"), "type"), "machine");
    r->kvm->machine = item ? item->value : machine;
    take_element(r, domain, "memory", &r->kvm->bytes);
    take_element(r, domain, "currentMemory", &r->kvm->current);
    read_vcpus(r, domain);
    read_cells(r, domain);
    read_numatune(r, domain);
    read_backing(r, domain);
    read_devices(r, domain);
    read_pins(r, domain);
    vnuma__kvm_settle(r);
}
