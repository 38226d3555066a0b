/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as libvirt's XML has it: the elements that are about NUMA. */
#include "config.h"

#include "forms/reader.h"

#include <string.h>

/* ---- elements ----------------------------------------------------------- */

static const char *const accesses[] = { "private", "shared", NULL };
static const char *const allocations[] = { "ondemand", "immediate", NULL };
static const char *const sources[] = { "anonymous", "memfd", "file", NULL };
static const char *const modes[] = { "default",    "preferred",   "strict",
                                     "interleave", "restrictive", NULL };
static const char *const placements[] = { "static", "auto", NULL };
static const char *const of_memory[] = { "static", "auto", "default", NULL };
static const char *const answers[] = { "no", "yes", NULL };
static const char *const data[] = { "access", "read", "write", NULL };
static const char *const kinds[] = { "none", "direct", "full", NULL };
static const char *const policies[] = { "none", "writeback", "writethrough",
                                        NULL };

#define KEYS VNUMA__KEYS
#define KVM(member) offsetof(vnuma__kvm, member)
#define NODE(member) offsetof(vnuma__kvm_node, member)
#define LB(member) offsetof(vnuma__kvm_hmat, member)
#define CACHE(member) offsetof(vnuma__kvm_cache, member)
#define TUNE(member) offsetof(vnuma__kvm_tune, member)
#define MAX_CPUSET 16383 /* CPUs of a host that libvirt knows */
#define DRIVER offsetof(vnuma__kvm_device, driver)

KEYS(name_keys, { "", VNUMA__TEXT, KVM(name) });
KEYS(uuid_keys, { "", VNUMA__TEXT, KVM(uuid) });
KEYS(machine_keys, { "", VNUMA__TEXT, KVM(os) },
     { "machine", VNUMA__TEXT, KVM(machine) });
KEYS(memory_keys, { "", VNUMA__KIB, KVM(bytes) });
KEYS(most_keys, { "", VNUMA__KIB, KVM(maxmem) },
     { "slots", VNUMA__COUNT, KVM(slots), 256 });
KEYS(current_keys, { "", VNUMA__KIB, KVM(current) });
KEYS(vcpu_keys, { "", VNUMA__COUNT, KVM(maxvcpus), VNUMA__KVM_MAX_VCPUS },
     { "current", VNUMA__COUNT, KVM(vcpus), VNUMA__KVM_MAX_VCPUS },
     { "placement", VNUMA__WORD, KVM(placement), 0, placements },
     { "cpuset", VNUMA__SET, KVM(pcpus), MAX_CPUSET });
KEYS(topology_keys, { "sockets", VNUMA__COUNT, KVM(levels[SOCKETS]) },
     { "dies", VNUMA__COUNT, KVM(levels[DIES]) },
     { "clusters", VNUMA__TEXT, KVM(clusters) },
     { "cores", VNUMA__COUNT, KVM(levels[CORES]) },
     { "threads", VNUMA__COUNT, KVM(levels[THREADS]) });
KEYS(cell_keys, { "id", VNUMA__COUNT, NODE(id), VNUMA__KVM_MAX_NODES - 1 },
     { "cpus", VNUMA__SET, NODE(cpus), VNUMA__KVM_MAX_VCPUS - 1 },
     { "memory", VNUMA__KIB, NODE(own.bytes) }, { "unit", VNUMA__UNIT },
     { "memAccess", VNUMA__WORD, NODE(own.share), 0, accesses },
     { "discard", VNUMA__WORD, NODE(own.other), 0, answers });
KEYS(sibling_keys, { "id", VNUMA__COUNT, offsetof(vnuma__kvm_dist, to) },
     { "value", VNUMA__COUNT, offsetof(vnuma__kvm_dist, value), 255 });
KEYS(cache_keys, { "level", VNUMA__COUNT, CACHE(level), 3 },
     { "associativity", VNUMA__WORD, CACHE(associativity), 0, kinds },
     { "policy", VNUMA__WORD, CACHE(policy), 0, policies });
/* libvirt looks for their units elsewhere: they are KiB and bytes. */
KEYS(size_keys, { "value", VNUMA__COUNT, CACHE(bytes), .shift = 10 },
     { "unit", VNUMA__UNIT });
KEYS(line_keys, { "value", VNUMA__COUNT, CACHE(line), UINT16_MAX });
#define LINK                                                                  \
    { "initiator", VNUMA__COUNT, LB(initiator) },                             \
        { "target", VNUMA__COUNT, LB(target) },                               \
        { "cache", VNUMA__COUNT, LB(level), 3 },                              \
    {                                                                         \
        "type", VNUMA__WORD, LB(data), 0, data                                \
    }
KEYS(latency_keys, LINK, { "value", VNUMA__COUNT, LB(latency) });
KEYS(bandwidth_keys, LINK, { "value", VNUMA__KIB, LB(bandwidth) },
     { "unit", VNUMA__UNIT });
#define TUNES                                                                 \
    { "mode", VNUMA__WORD, TUNE(policy), 0, modes },                          \
    {                                                                         \
        "nodeset", VNUMA__SET, TUNE(set), 1023                                \
    }
KEYS(memnode_keys, { "cellid", VNUMA__COUNT, TUNE(of) }, TUNES);
KEYS(tune_keys, TUNES,
     { "placement", VNUMA__WORD, TUNE(placement), 0, of_memory });
KEYS(page_keys, { "size", VNUMA__KIB, TUNE(of) }, { "unit", VNUMA__UNIT },
     { "nodeset", VNUMA__SET, TUNE(set), VNUMA__KVM_MAX_NODES - 1 });
KEYS(pin_keys, { "vcpu", VNUMA__COUNT, TUNE(of) },
     { "cpuset", VNUMA__SET, TUNE(set), MAX_CPUSET });
KEYS(access_keys, { "mode", VNUMA__WORD, KVM(all.share), 0, accesses });
KEYS(allocation_keys,
     { "mode", VNUMA__WORD, KVM(allocation), 0, allocations });
KEYS(source_keys, { "type", VNUMA__WORD, KVM(all.kind), 0, sources });
KEYS(model_keys, { "model", VNUMA__TEXT, DRIVER });
KEYS(type_keys, { "type", VNUMA__TEXT, DRIVER });
static const vnuma__key no_keys[] = { { NULL } };

#define ROW(path, keys, list, size, about, ...)                               \
    {                                                                         \
        path, NULL, keys, NULL, NULL, list, size, VNUMA_ABOUT_##about,        \
            __VA_ARGS__                                                       \
    }
#define ONE(path, keys, about, ...) ROW(path, keys, 0, 0, about, __VA_ARGS__)
#define EACH(path, keys, member, about, ...)                                  \
    ROW(path, keys, KVM(member), sizeof(*((vnuma__kvm *)NULL)->member),       \
        about, __VA_ARGS__)
#define OPEN .is_open = true, .separator = ','
#define XML .is_xml = true, .separator = ','

static const vnuma__row cell = EACH("cell", cell_keys, nodes, SIZE, XML);
static const vnuma__row sibling =
    EACH("distances[1]/sibling", sibling_keys, dists, DISTANCES, XML);
static const vnuma__row cache = EACH("cache", cache_keys, caches, FIT, XML);
static const vnuma__row size = ONE("size", size_keys, FIT, XML);
static const vnuma__row line = ONE("line", line_keys, FIT, OPEN);

/* By libvirt's XPaths below <domain>; of what is no list the first counts. */
enum { TOPOLOGY, MEMNODE, PAGE, PIN, LATENCY, BANDWIDTH, NUMATUNE };
static const vnuma__row rows[] = {
    [TOPOLOGY] = ONE("cpu[1]/topology", topology_keys, MAXVCPUS, XML),
    [MEMNODE] = EACH("numatune/memnode", memnode_keys, tunes, POLICY, XML),
    [PAGE] = EACH("memoryBacking/hugepages/page", page_keys, pages, FIT, XML),
    [PIN] = EACH("cputune/vcpupin", pin_keys, pins, CPUS, OPEN),
    [LATENCY] = EACH("cpu/numa[1]/interconnects[1]/latency", latency_keys,
                     hmats, FIT, XML),
    [BANDWIDTH] = EACH("cpu/numa[1]/interconnects[1]/bandwidth",
                       bandwidth_keys, hmats, FIT, XML),
    [NUMATUNE] =
        ROW("numatune/memory", tune_keys, KVM(numatune), 0, POLICY, XML),
    ONE("name", name_keys, CPUS, OPEN),
    ONE("uuid", uuid_keys, CPUS, OPEN),
    ONE("os/type", machine_keys, CPUS, OPEN),
    ONE("memory", memory_keys, MEMORY, OPEN),
    ONE("maxMemory", most_keys, MEMORY, OPEN),
    ONE("currentMemory", current_keys, MEMORY, OPEN),
    ONE("vcpu", vcpu_keys, MAXVCPUS, OPEN),
    ROW("memoryBacking/hugepages", no_keys, KVM(hugepages), 0, FIT, OPEN),
    ROW("memoryBacking/locked", no_keys, KVM(locked), 0, FIT, OPEN),
    ONE("memoryBacking/access", access_keys, FIT, OPEN),
    ONE("memoryBacking/allocation", allocation_keys, FIT, OPEN),
    ONE("memoryBacking/source", source_keys, FIT, OPEN),
    EACH("devices/memory", model_keys, devices, FIT, OPEN),
    EACH("devices/filesystem/driver", type_keys, devices, FIT, OPEN),
    EACH("devices/interface", type_keys, devices, FIT, OPEN),
};

/* ---- reading ------------------------------------------------------------ */

static void read_cell(vnuma__kvm_reader *r, const vnuma__item *item);

/*
 * The elements of a row's path below one; "name[1]" is the first of a name.
 * Returns whether one was read that alone counts.
 */
static bool read_path(vnuma__kvm_reader *r, const vnuma__item *parent,
                      const char *path, const vnuma__row *row)
{
    const char *slash = strchrnul(path, '/');
    uint32_t len = (uint32_t)strcspn(path, "[/");
    const vnuma__item *item;
    bool is_done = false;

    VNUMA__ITEM_FOREACH(item, parent) {
        if (!item->tag_end || item->name.len != len ||
            memcmp(item->name.ptr, path, len) != 0 || is_done)
            continue;
        if (*slash) {
            is_done = read_path(r, item, slash + 1, row) || path[len] == '[';
        } else if (!row->size || !vnuma__is_too_many(r, item)) {
            if (row == &cell)
                read_cell(r, item);
            else
                vnuma__take_row(r, item, row);
            is_done = !row->size;
        }
    }
    return is_done && !row->size;
}

static void read_cache(vnuma__kvm_reader *r, const vnuma__item *item,
                       vnuma_number node)
{
    const vnuma__item *of_size = vnuma__item_find(item, "size");
    const vnuma__item *unit = vnuma__item_find(of_size, "unit");
    vnuma__kvm_cache *made = vnuma__take_row(r, item, &cache);

    made->node = node;
    if (unit && vnuma__text_to_unit(unit->value) != 1024)
        vnuma__kvm_wrong(r, "cache-unit", unit->value, NULL, NULL, 0);
    vnuma__take_into(r, of_size, &size, made);
    vnuma__take_into(r, vnuma__item_find(item, "line"), &line, made);
}

static void read_cell(vnuma__kvm_reader *r, const vnuma__item *item)
{
    vnuma__kvm_node *node = vnuma__take_row(r, item, &cell);
    vnuma_number id = { r->kvm->num_nodes++, node->span };
    vnuma__kvm_dist *dist;
    const vnuma__item *child;

    node->own.span = node->span;
    if (vnuma__is_given(node->id.span))
        id = node->id;
    node->id.value = id.value;
    read_path(r, item, sibling.name, &sibling);
    for (dist = r->kvm->dists; dist; dist = dist->next)
        if (!vnuma__is_given(dist->from.span))
            dist->from = id;
    VNUMA__ITEM_FOREACH(child, item)
        if (child->tag_end && vnuma__text_equal(child->name, cache.name) &&
            !vnuma__is_too_many(r, child))
            read_cache(r, child, id);
}

static void read_domain(vnuma__kvm_reader *r, const vnuma__item *domain)
{
    const vnuma__item *item = vnuma__item_find(domain, "type");
    vnuma__kvm_hmat *lb;
    unsigned int i;

    r->kvm->is_xen = item && vnuma__text_equal(item->value, "xen");
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        read_path(r, domain, rows[i].name, &rows[i]);
    read_path(r, domain, "cpu/numa[1]/cell", &cell);
    for (lb = r->kvm->hmats; lb; lb = lb->next)
        lb->data.value += vnuma__is_given(lb->bandwidth.span) ? 3 : 0;
}

void vnuma__read_libvirt(vnuma__kvm_reader *r)
{
    vnuma__item *root = vnuma__kvm_alloc(&r->make, sizeof(*root));
    bool is_whole = vnuma__read_xml(r, root);
    vnuma__item *domain = vnuma__item_find(root, "domain");

    if (!domain && root->first) /* of a snapshot, a saved guest */
        domain = vnuma__item_find(root->first, "domain");
    if (!domain) {
        if (is_whole)
            vnuma__kvm_wrong(r, "xml",
                             vnuma__span_text(vnuma__head(
                                 root->first ? root->first : root)),
                             NULL,
                             "this is not a <domain>, a guest of libvirt", 0);
        r->config->unsound = VNUMA_ABOUT_EVERYTHING;
        domain = root;
    }
    r->kvm->document = domain;
    r->kvm->whole = vnuma__head(domain);
    read_domain(r, domain);
}

/* ---- writing ------------------------------------------------------------ */

/* An element of its row, indented as its path is long, and what follows. */
static void put(FILE *f, const vnuma__row *row, unsigned int depth,
                const void *from, const char *end)
{
    const char *slash = strrchr(row->name, '/');

    fprintf(f, "%*s<%s", (int)(2 * depth), "", slash ? slash + 1 : row->name);
    vnuma__put_row(f, row, from, VNUMA__AS_XML, true);
    fputs(end, f);
}

/* Local distances are 10, and remote ones more. */
static void write_siblings(const vnuma__kvm *kvm, const vnuma__kvm_node *node,
                           FILE *f)
{
    const vnuma__kvm_dist *dist;

    fputs(kvm->dists ? "        <distances>\n" : "", f);
    for (dist = kvm->dists; dist; dist = dist->next) {
        vnuma__kvm_dist d = *dist;

        if (d.from.value != d.to.value &&
            d.value.value <= VNUMA_DISTANCE_LOCAL)
            d.value.value = VNUMA_DISTANCE_LOCAL + 1;
        if (d.from.value == node->id.value)
            put(f, &sibling, 5, &d, "/>\n");
    }
    fputs(kvm->dists ? "        </distances>\n" : "", f);
}

/* A line's size is never 0 here: 64 is usual. */
static void write_caches(const vnuma__kvm *kvm, const vnuma__kvm_node *node,
                         FILE *f)
{
    const vnuma__kvm_cache *c;

    for (c = kvm->caches; c; c = c->next) {
        if (c->node.value != node->id.value)
            continue;
        put(f, &cache, 4, c, ">\n");
        put(f, &size, 5, c, "/>\n");
        fprintf(f, "          <line value='%u' unit='B'/>\n        </cache>\n",
                (unsigned int)(c->line.value ? c->line.value : 64));
    }
}

static void write_cell(const vnuma__kvm *kvm, const vnuma__kvm_node *node,
                       FILE *f)
{
    const vnuma__kvm_cache *c = kvm->caches;
    vnuma__kvm_node n = *node;

    if (!n.own.share.value)
        n.own.share.span.source = NULL;
    while (c && c->node.value != n.id.value)
        c = c->next;
    put(f, &cell, 3, &n, kvm->dists || c ? ">\n" : "/>\n");
    write_siblings(kvm, node, f);
    write_caches(kvm, node, f);
    fputs(kvm->dists || c ? "      </cell>\n" : "", f);
}

/* Of two ways between nodes libvirt takes one: that which is first. */
static void put_links(const vnuma__kvm *kvm, unsigned int row, FILE *f)
{
    const vnuma__kvm_hmat *lb;

    for (lb = kvm->hmats; lb; lb = lb->next) {
        vnuma__kvm_hmat h = *lb;

        h.data.value %= 3;
        if (!h.level.value)
            h.level.span.source = NULL;
        if (vnuma__is_given(h.latency.span) == (row == LATENCY) &&
            vnuma__kvm_is_speed(kvm, lb))
            put(f, &rows[row], 4, &h, "/>\n");
    }
}

static bool write_cpu(const vnuma__kvm *kvm, FILE *f)
{
    const vnuma__kvm_node *node;

    if (!f)
        return true;
    put(f, &rows[TOPOLOGY], 2, kvm, "/>\n");
    fputs(kvm->nodes ? "    <numa>\n" : "", f);
    for (node = kvm->nodes; node; node = node->next)
        write_cell(kvm, node, f);
    fputs(vnuma__kvm_has_speeds(kvm) ? "      <interconnects>\n" : "", f);
    put_links(kvm, LATENCY, f);
    put_links(kvm, BANDWIDTH, f);
    fputs(vnuma__kvm_has_speeds(kvm) ? "      </interconnects>\n" : "", f);
    fputs(kvm->nodes ? "    </numa>\n" : "", f);
    return true;
}

/* A list of elements between these lines. */
static bool put_list(FILE *f, const char *begin, unsigned int row,
                     unsigned int depth, const vnuma__kvm_tune *t,
                     const char *end)
{
    if (!t || !f)
        return t != NULL;
    fputs(begin, f);
    for (; t; t = t->next)
        put(f, &rows[vnuma__is_given(t->of.span) ? row : NUMATUNE], depth, t,
            "/>\n");
    fputs(end, f);
    return true;
}

static bool write_numatune(const vnuma__kvm *kvm, FILE *f)
{
    return put_list(f, "  <numatune>\n", MEMNODE, 2, kvm->tunes,
                    "  </numatune>\n");
}

/* Huge pages are allocated at once anyway. */
static bool write_backing(const vnuma__kvm *kvm, FILE *f)
{
    const vnuma__kvm_node *node = kvm->nodes;
    bool has_pages = put_list(f, "    <hugepages>\n", PAGE, 3, kvm->pages,
                              "    </hugepages>\n");
    bool has_prealloc = kvm->all.prealloc.value && !kvm->all.page.value;
    bool is_shared = node || kvm->all.share.value;

    for (; node; node = node->next) {
        has_prealloc |= node->own.prealloc.value && !node->own.page.value;
        is_shared &= node->own.share.value != 0;
    }
    if (f)
        fprintf(f, "%s%s%s", is_shared ? "    <access mode='shared'/>\n" : "",
                has_prealloc ? "    <allocation mode='immediate'/>\n" : "",
                kvm->mem_lock.value ? "    <locked/>\n" : "");
    return has_pages || is_shared || has_prealloc || kvm->mem_lock.value;
}

static bool write_pins(const vnuma__kvm *kvm, FILE *f)
{
    return put_list(f, "", PIN, 2, kvm->pins, "");
}

static bool write_most(const vnuma__kvm *kvm, FILE *f)
{
    if (f && kvm->slots.value)
        fprintf(f, "  <maxMemory slots='%u' unit='KiB'>%llu</maxMemory>\n",
                (unsigned int)kvm->slots.value,
                (unsigned long long)kvm->maxmem.value >> 10);
    return kvm->slots.value && kvm->nodes;
}

const vnuma__xml_group vnuma__xml_groups[VNUMA__NUM_XML_GROUPS] = {
    { "cpu", { "topology", "numa" }, write_cpu },
    { NULL, { "numatune" }, write_numatune },
    { NULL, { "maxMemory" }, write_most },
    { "memoryBacking",
      { "hugepages", "access", "allocation", "locked" },
      write_backing },
    { "cputune", { "vcpupin" }, write_pins },
};
