/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's command line: its options that are about NUMA and memory, as
 * key=value and as JSON.  All others are passed over.
 */
#include "config.h"

#include "base/utf8.h"
#include "forms/reader.h"
#include "kvm/port.h"

#include <string.h>

/* ---- the options -------------------------------------------------------- */

static const char *const kinds[] = { "memory-backend-ram",
                                     "memory-backend-memfd",
                                     "memory-backend-file",
                                     "memory-backend-epc", NULL };
const char *const vnuma__qemu_policies[] = { "default", "preferred", "bind",
                                             "interleave", NULL };
static const char *const levels[] = { "memory", "first-level", "second-level",
                                      "third-level", NULL };
static const char *const data[] = { "access-latency",
                                    "read-latency",
                                    "write-latency",
                                    "access-bandwidth",
                                    "read-bandwidth",
                                    "write-bandwidth",
                                    NULL };
static const char *const associativities[] = { "none", "direct", "complex",
                                               NULL };
static const char *const cache_policies[] = { "none", "write-back",
                                              "write-through", NULL };

#define KVM(member) offsetof(vnuma__kvm, member)
#define SMP(prefix)                                                           \
    { prefix "cpus", VNUMA__COUNT, KVM(vcpus), VNUMA__KVM_MAX_VCPUS },        \
        { prefix "maxcpus", VNUMA__COUNT, KVM(maxvcpus),                      \
          VNUMA__KVM_MAX_VCPUS },                                             \
        { prefix "sockets", VNUMA__COUNT, KVM(levels[SOCKETS]) },             \
        { prefix "dies", VNUMA__COUNT, KVM(levels[DIES]) },                   \
        { prefix "clusters", VNUMA__COUNT, KVM(levels[CLUSTERS]) },           \
        { prefix "cores", VNUMA__COUNT, KVM(levels[CORES]) },                 \
    {                                                                         \
        prefix "threads", VNUMA__COUNT, KVM(levels[THREADS])                  \
    }

VNUMA__KEYS(memory_keys,
    { "size", VNUMA__MIB, KVM(bytes) },
    { "slots", VNUMA__COUNT, KVM(slots), 256 },
    { "maxmem", VNUMA__BYTES, KVM(maxmem) });
VNUMA__KEYS(smp_keys, SMP(""));
VNUMA__KEYS(machine_keys,
    { "type", VNUMA__TEXT, KVM(machine) },
    { "hmat", VNUMA__FLAG, KVM(hmat) },
    { "memory-backend", VNUMA__TEXT, KVM(main_memory) },
    { "memory.size", VNUMA__BYTES, KVM(bytes) },
    { "memory.slots", VNUMA__COUNT, KVM(slots) },
    { "memory.max-size", VNUMA__BYTES, KVM(maxmem) },
    SMP("smp."));
VNUMA__KEYS(lock_keys, { "mem-lock", VNUMA__FLAG, KVM(mem_lock) });
VNUMA__KEYS(name_keys, { "guest", VNUMA__TEXT, KVM(name) });
VNUMA__KEYS(path_keys, { "", VNUMA__TEXT, KVM(all.path) });
VNUMA__KEYS(prealloc_keys, { "", VNUMA__FLAG, KVM(all.prealloc) });
VNUMA__KEYS(device_keys,
            { "driver", VNUMA__TEXT, offsetof(vnuma__kvm_device, driver) },
            { "file", VNUMA__TEXT, offsetof(vnuma__kvm_device, driver) },
            { "memdev", VNUMA__TEXT, offsetof(vnuma__kvm_device, memdev) });
#define BACKEND(member) offsetof(vnuma__backend, member)
VNUMA__KEYS(object_keys,
    { "qom-type", VNUMA__WORD, BACKEND(kind), 0, kinds },
    { "id", VNUMA__TEXT, BACKEND(id) },
    { "size", VNUMA__BYTES, BACKEND(bytes) },
    { "mem-path", VNUMA__TEXT, BACKEND(path) },
    { "hugetlb", VNUMA__FLAG, BACKEND(hugetlb) },
    { "hugetlbsize", VNUMA__BYTES, BACKEND(page) },
    { "share", VNUMA__FLAG, BACKEND(share) },
    { "host-nodes", VNUMA__SET, BACKEND(pnodes), 1023 },
    { "policy", VNUMA__WORD, BACKEND(policy), 0, vnuma__qemu_policies },
    { "prealloc", VNUMA__FLAG, BACKEND(prealloc) },
    { "prealloc-threads", VNUMA__COUNT, BACKEND(threads) },
    { "prealloc-context", VNUMA__TEXT, BACKEND(context) },
    { "reserve", VNUMA__FLAG, BACKEND(reserve) },
    { "merge", VNUMA__FLAG, BACKEND(other) },
    { "dump", VNUMA__FLAG, BACKEND(other) },
    { "x-use-canonical-path-for-ramblock-id", VNUMA__FLAG, BACKEND(other) },
    { "seal", VNUMA__FLAG, BACKEND(of_memfd) },
    { "pmem", VNUMA__FLAG, BACKEND(of_file) },
    { "discard-data", VNUMA__FLAG, BACKEND(of_file) },
    { "readonly", VNUMA__FLAG, BACKEND(of_file) },
    { "align", VNUMA__BYTES, BACKEND(of_file) },
    { "offset", VNUMA__BYTES, BACKEND(of_file) },
    { "rom", VNUMA__TEXT, BACKEND(rom) });
#define NODE(member) offsetof(vnuma__kvm_node, member)
VNUMA__KEYS(node_keys,
    { "nodeid", VNUMA__COUNT, NODE(id), VNUMA__KVM_MAX_NODES - 1 },
    { "cpus", VNUMA__SET, NODE(cpus), VNUMA__KVM_MAX_VCPUS - 1 },
    { "memdev", VNUMA__TEXT, NODE(memdev) },
    { "mem", VNUMA__MIB, NODE(mem) },
    { "initiator", VNUMA__COUNT, NODE(initiator) });
#define DIST(member) offsetof(vnuma__kvm_dist, member)
VNUMA__KEYS(dist_keys,
    { "src", VNUMA__COUNT, DIST(from), UINT16_MAX },
    { "dst", VNUMA__COUNT, DIST(to), UINT16_MAX },
    { "val", VNUMA__COUNT, DIST(value), UINT8_MAX });
#define CPU(member) offsetof(vnuma__kvm_cpu, member)
VNUMA__KEYS(cpu_keys,
    { "node-id", VNUMA__COUNT, CPU(node), UINT16_MAX },
    { "socket-id", VNUMA__COUNT, CPU(ids[SOCKETS]) },
    { "die-id", VNUMA__COUNT, CPU(ids[DIES]) },
    { "cluster-id", VNUMA__COUNT, CPU(ids[CLUSTERS]) },
    { "core-id", VNUMA__COUNT, CPU(ids[CORES]) },
    { "thread-id", VNUMA__COUNT, CPU(ids[THREADS]) });
#define LB(member) offsetof(vnuma__kvm_hmat, member)
VNUMA__KEYS(lb_keys,
    { "initiator", VNUMA__COUNT, LB(initiator), UINT16_MAX },
    { "target", VNUMA__COUNT, LB(target), UINT16_MAX },
    { "hierarchy", VNUMA__WORD, LB(level), 0, levels },
    { "data-type", VNUMA__WORD, LB(data), 0, data },
    { "latency", VNUMA__COUNT, LB(latency) },
    { "bandwidth", VNUMA__BYTES, LB(bandwidth) });
#define CACHE(member) offsetof(vnuma__kvm_cache, member)
VNUMA__KEYS(cache_keys,
    { "node-id", VNUMA__COUNT, CACHE(node), UINT16_MAX },
    { "size", VNUMA__BYTES, CACHE(bytes) },
    { "level", VNUMA__COUNT, CACHE(level), 3 },
    { "associativity", VNUMA__WORD, CACHE(associativity), 0, associativities },
    { "policy", VNUMA__WORD, CACHE(policy), 0, cache_policies },
    { "line", VNUMA__COUNT, CACHE(line), UINT16_MAX });

/* A type that ends with "-" is the beginning of one. */
enum { R_M, R_SMP, R_MACHINE, R_OBJECT, R_NODE, R_DIST, R_LB, R_CACHE };
enum { R_LOCK = R_CACHE + 1, R_NAME };
static const vnuma__row rows[] = {
    [R_M] = { "m", "-m", memory_keys, "size", .about = VNUMA_ABOUT_MEMORY },
    [R_SMP] = { "smp", "-smp", smp_keys, "cpus",
                .about = VNUMA_ABOUT_MAXVCPUS },
    [R_MACHINE] = { "machine", "-machine", machine_keys, "type",
                    .about = VNUMA_ABOUT_MEMORY | VNUMA_ABOUT_MAXVCPUS,
                    .is_open = true },
    [R_OBJECT] = { "object", "-object", object_keys, "qom-type", "memory-",
                   KVM(backends), sizeof(vnuma__backend),
                   VNUMA_ABOUT_SIZE | VNUMA_ABOUT_POLICY },
#define NUMA(type, keys, member, about)                                       \
    {                                                                         \
        "numa", "-numa " type, keys, "type", type, KVM(member),               \
            sizeof(*((vnuma__kvm *)NULL)->member), about                      \
    }
    [R_NODE] =
        NUMA("node", node_keys, nodes, VNUMA_ABOUT_VCPUS | VNUMA_ABOUT_SIZE),
    [R_DIST] = NUMA("dist", dist_keys, dists, VNUMA_ABOUT_DISTANCES),
    [R_LB] = NUMA("hmat-lb", lb_keys, hmats, 0),
    [R_CACHE] = NUMA("hmat-cache", cache_keys, caches, 0),
    [R_LOCK] = { "overcommit", "-overcommit", lock_keys, .is_open = true },
    [R_NAME] = { "name", "-name", name_keys, "guest", .is_open = true },
    NUMA("cpu", cpu_keys, cpus, VNUMA_ABOUT_VCPUS),
    { "balloon", "-balloon", device_keys, "driver", "", KVM(devices),
      sizeof(vnuma__kvm_device), .is_open = true },
    { "M", "-machine", machine_keys, "type", .is_open = true,
      .about = VNUMA_ABOUT_MEMORY | VNUMA_ABOUT_MAXVCPUS },
    { "device", "-device", device_keys, "driver", "", KVM(devices),
      sizeof(vnuma__kvm_device), .is_open = true },
    { "acpitable", "-acpitable", device_keys, NULL, NULL, KVM(devices),
      sizeof(vnuma__kvm_device), .is_open = true },
    { "mem-path", "-mem-path", path_keys, "" }, /* as it is */
    { "mem-prealloc", "-mem-prealloc", prealloc_keys },
};

#define NUM_ROWS (sizeof(rows) / sizeof(*rows))

/* ---- from a word to items ----------------------------------------------- */

/* A piece up to a comma; two commas are one that belongs to it. */
static vnuma__text next_piece(vnuma__kvm_reader *r, vnuma__text *rest)
{
    vnuma__text piece;
    uint32_t end = 0, len = 0;
    bool is_doubled = false;
    char *made;

    for (; end < rest->len; end++) {
        if (rest->ptr[end] != ',')
            continue;
        if (end + 1 == rest->len || rest->ptr[end + 1] != ',')
            break;
        is_doubled = true;
        end++;
    }
    piece = vnuma__text_slice(*rest, 0, end);
    *rest = vnuma__text_slice(*rest, end + 1, rest->len);
    if (!is_doubled)
        return piece;
    made = vnuma__kvm_alloc(&r->make, (size_t)piece.len + 1);
    for (end = 0; end < piece.len; end++) {
        made[len++] = piece.ptr[end];
        end += piece.ptr[end] == ',';
    }
    return (vnuma__text){ made, len, piece.span, false };
}

/* @first: the key of a first piece without "=". */
static void split_keys(vnuma__kvm_reader *r, vnuma__item *option,
                       vnuma__text rest, const char *first)
{
    for (; rest.len; first = NULL) {
        vnuma__text piece = next_piece(r, &rest), name;
        uint32_t equals = vnuma__text_find(piece, '=');

        name = vnuma__text_slice(piece, 0, equals);
        if (equals < piece.len)
            piece = vnuma__text_slice(piece, equals + 1, piece.len);
        else if (first)
            name = (vnuma__text){ first, strlen(first), piece.span, false };
        else
            piece = vnuma__no_text;
        vnuma__item_add(r, option, name, piece);
    }
}

/* Its place is exact between quotes, where nothing is escaped. */
static vnuma__text keep_json(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span)
{
    vnuma__text there = vnuma__span_text(span);

    if (there.len == len + 2)
        there = vnuma__text_slice(there, 1, len + 1);
    if (there.len == len && !memcmp(there.ptr, bytes, len))
        return there;
    return vnuma__text_made(r, bytes, len, span);
}

static void add_json(vnuma__kvm_reader *r, vnuma__item *parent,
                     const vnuma__jsondoc_value *list)
{
    const vnuma__jsondoc_value *value;
    vnuma__text name, text;
    vnuma__item *item;

    VNUMA__JSON_FOREACH(value, list) {
        text = vnuma__jsondoc_text(value);
        text = keep_json(r, text.ptr, text.len, value->span);
        name = value->key
                   ? keep_json(r, value->key, value->key_len, value->span)
                   : text;
        item = vnuma__item_add(
            r, parent, name,
            value->type < VNUMA__JSON_ARRAY ? text : vnuma__no_text);
        item->json = value->type + 1;
        if (value->type >= VNUMA__JSON_ARRAY)
            add_json(r, item, value);
    }
}

/*
 * An option's value: whole for the key "", an object of JSON where QEMU takes
 * one, or keys.
 */
static void split_value(vnuma__kvm_reader *r, vnuma__item *option,
                        const vnuma__row *row)
{
    vnuma__text value = option->value;
    bool has_json = !strcmp(row->name, "object") ||
                    !strcmp(row->name, "device");
    int rc;

    if (row->first && !*row->first) {
        vnuma__item_add(r, option, vnuma__text_slice(value, 0, 0), value);
    } else if (!has_json || !value.len || value.ptr[0] != '{') {
        split_keys(r, option, value, row->first);
    } else {
        rc = vnuma__jsondoc_parse(value, &r->json, r->diags);
        if (rc == VNUMA_ERROR_NOMEM)
            vnuma__kvm_no_memory(&r->make);
        add_json(r, option, rc ? NULL : r->json.root);
        vnuma__jsondoc_dispose(&r->json);
    }
}

/* ---- reading ------------------------------------------------------------ */

/* The option's name: one dash or two, or what a word processor made of it. */
static vnuma__text option_name(vnuma__kvm_reader *r, vnuma__text word)
{
    uint32_t skip = 0;

    if (word.len > 3 && word.ptr[0] == '\xe2') {
        skip = 3;
        vnuma__kvm_wrong(r, "non-ascii", vnuma__text_slice(word, 0, 3), NULL,
                         NULL, 0);
    } else if (word.len > 1 && word.ptr[0] == '-') {
        skip = word.ptr[1] == '-' ? 2 : 1;
    }
    return vnuma__text_slice(word, skip, skip ? word.len : 0);
}

static bool is_type(const vnuma__row *row, const vnuma__item *option)
{
    const vnuma__item *type =
        row->type ? vnuma__item_find(option, row->first) : NULL;

    if (!type)
        return !row->type;
    if (!*row->type || row->type[strlen(row->type) - 1] == '-')
        return vnuma__text_starts_with(type->value, row->type);
    return vnuma__text_equal(type->value, row->type);
}

static void take_option(vnuma__kvm_reader *r, vnuma__item *option,
                        vnuma__text name)
{
    static const char *const types[] = { "node", "dist", "cpu", "hmat-lb",
                                         "hmat-cache" };
    const vnuma__item *type = vnuma__item_find(option, "type");
    bool is_known = !vnuma__text_equal(name, "numa");
    unsigned int i;

    for (i = 0; i < NUM_ROWS; i++) {
        if (!vnuma__text_equal(name, rows[i].name) ||
            !is_type(&rows[i], option))
            continue;
        is_known = true;
        vnuma__take_row(r, option, &rows[i]);
    }
    if (is_known)
        return;
    i = type ? vnuma__nearest_name(type->value, types, 5) : 5;
    vnuma__kvm_wrong(r, "unknown-key",
                     type ? type->value : vnuma__span_text(option->span),
                     "-numa", i < 5 ? types[i] : NULL, 0);
}

/* Returns the next word that is to be read; "-m=4G" is one word. */
static vnuma__item *read_option(vnuma__kvm_reader *r, vnuma__item *word)
{
    vnuma__item *value = word->next;
    vnuma__text whole = option_name(r, word->name);
    uint32_t equals = vnuma__text_find(whole, '=');
    vnuma__text name = vnuma__text_slice(whole, 0, equals);
    const vnuma__row *row = rows;

    while (row < rows + NUM_ROWS && !vnuma__text_equal(name, row->name))
        row++;
    if (!r->source->is_arguments && word->name.len &&
        strchr("$`", word->name.ptr[0]))
        vnuma__kvm_wrong(r, "shell-variable", word->name, NULL, NULL, 0);
    /* A word may be the value of one that is passed over. */
    if (row == rows + NUM_ROWS || vnuma__is_too_many(r, word))
        return value;
    if (equals < whole.len) {
        vnuma__kvm_wrong(r, "option-equals", whole, row->name, NULL, equals);
        return value;
    }
    if (row->keys == prealloc_keys) {
        vnuma__item_add(r, word, vnuma__text_slice(name, 0, 0),
                        vnuma__no_text);
    } else if (!value) {
        vnuma__kvm_wrong(r, "empty-value", word->name, row->of, NULL, 0);
        return NULL;
    } else {
        word->value = value->name;
        word->span.end = value->name.span.end;
        split_value(r, word, row);
        value = value->next;
    }
    take_option(r, word, name);
    return value;
}

void vnuma__read_qemu(vnuma__kvm_reader *r)
{
    vnuma__item command = { .first = NULL };
    vnuma__item *word;

    vnuma__read_words(r, &command);
    r->kvm->whole = command.span;
    for (word = command.first; word;)
        word = read_option(r, word);
}

/* ---- writing ------------------------------------------------------------ */

typedef struct {
    vnuma__style style;
    FILE *f;
    bool is_first;
} options;

static void put(options *o, unsigned int i, const void *from)
{
    const vnuma__backend *object = i == R_OBJECT ? from : NULL;
    /* A path may have bytes that JSON has not. */
    bool is_json = object && o->style == VNUMA__STYLE_JSON &&
                   vnuma__utf8_is_valid(object->path.ptr, object->path.len);
    bool is_args = o->style == VNUMA__STYLE_ARGS;
    bool has_type = rows[i].type && i != R_OBJECT;

    if (!o->is_first)
        fputs(is_args ? "\n" : " \\\n", o->f);
    fprintf(o->f, "-%s%c%s%s", rows[i].name, is_args ? '\n' : ' ',
            is_json ? "'{" : "", has_type ? rows[i].type : "");
    vnuma__put_row(o->f, &rows[i], from,
                   is_json   ? VNUMA__AS_JSON
                   : is_args ? VNUMA__AS_OPTIONS
                             : VNUMA__AS_SHELL,
                   has_type);
    fputs(is_json ? "}'" : "", o->f);
    o->is_first = false;
}

static void put_object(options *o, const vnuma__kvm_node *node)
{
    vnuma__backend m = vnuma__port_backend(node);

    if (m.bytes.value)
        put(o, R_OBJECT, &m);
}

void vnuma__write_qemu(const vnuma__kvm *kvm, vnuma__style style, FILE *f)
{
    options o = { style, f, true };
    const vnuma__kvm_node *node;
    const vnuma__kvm_dist *dist;
    const vnuma__kvm_hmat *lb;
    const vnuma__kvm_cache *cache;
    vnuma__kvm whole = *kvm;

    if (kvm->maxvcpus.value == kvm->vcpus.value)
        whole.maxvcpus.span.source = NULL;
    if (kvm->levels[DIES].value <= 1)
        whole.levels[DIES].span.source = NULL;
    if (kvm->name.ptr)
        put(&o, R_NAME, kvm);
    if (kvm->hmat.value || kvm->main_memory.ptr)
        put(&o, R_MACHINE,
            &(vnuma__kvm){ .hmat = kvm->hmat,
                           .main_memory = kvm->main_memory });
    if (kvm->mem_lock.value)
        put(&o, R_LOCK, kvm);
    put(&o, R_M, kvm);
    put(&o, R_SMP, &whole);
    if (kvm->main_memory.ptr)
        put_object(&o, &(vnuma__kvm_node){ .memdev = kvm->main_memory,
                                           .backend = &whole.all });
    for (node = kvm->nodes; node; node = node->next) {
        put_object(&o, node);
        put(&o, R_NODE, node);
    }
    for (dist = kvm->dists; dist; dist = dist->next)
        if (dist->from.value != dist->to.value)
            put(&o, R_DIST, dist);
    for (lb = kvm->hmats; lb; lb = lb->next)
        put(&o, R_LB, lb);
    for (cache = kvm->caches; cache; cache = cache->next)
        put(&o, R_CACHE, cache);
    fputc('\n', f);
}
