/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's command line: its options that are about NUMA and memory, as
 * key=value and as JSON.  All others are passed over.
 */
#include "config.h"

#include "kvm/reader.h"

#include <string.h>

const char *const vnuma__level_names[VNUMA__NUM_LEVELS] = {
    "sockets", "dies", "clusters", "cores", "threads"
};

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
    made = vnuma__kvm_alloc(r, (size_t)piece.len + 1);
    for (end = 0; end < piece.len; end++) {
        made[len++] = piece.ptr[end];
        end += piece.ptr[end] == ',';
    }
    return vnuma__text_made(r, made, len, piece.span);
}

static const vnuma__text no_text = { .ptr = NULL };

/* @first: the key of a first piece without "=". */
static void split_keys(vnuma__kvm_reader *r, vnuma__item *option,
                       vnuma__text rest, const char *first)
{
    while (rest.len) {
        vnuma__text piece = next_piece(r, &rest), name = piece;
        uint32_t equals = vnuma__text_find(piece, '=');

        name = vnuma__text_slice(piece, 0, equals);
        if (equals < piece.len)
            vnuma__item_add(r, option, name,
                            vnuma__text_slice(piece, equals + 1, piece.len));
        else if (first)
            vnuma__item_add(
                r, option,
                (vnuma__text){ first, strlen(first), piece.span, false },
                piece);
        else
            vnuma__item_add(r, option, piece, no_text);
        first = NULL;
    }
}

static vnuma__text keep_json(vnuma__kvm_reader *r, const char *bytes,
                             uint32_t len, vnuma_span span)
{
    vnuma__text kept = vnuma__text_made(r, bytes, len, span);
    vnuma__text there = { .ptr = NULL };

    /* Between quotes, where nothing is escaped. */
    if (span.end > span.start)
        there = vnuma__span_text(span);
    if (there.len == len + 2)
        there = vnuma__text_slice(there, 1, len + 1);
    if (there.ptr && there.len == len && !memcmp(there.ptr, bytes, len))
        return there;
    return kept;
}

static void add_json(vnuma__kvm_reader *r, vnuma__item *parent,
                     const vnuma__jsondoc_value *list)
{
    const vnuma__jsondoc_value *value;
    vnuma__text name, text;
    vnuma__item *item;

    VNUMA__JSON_FOREACH(value, list) {
        text = vnuma__jsondoc_text(value);
        if (value->type == VNUMA__JSON_BOOLEAN)
            text = *text.ptr == 't'
                       ? (vnuma__text){ "on", 2, text.span, false }
                       : (vnuma__text){ "off", 3, text.span, false };
        else
            text = keep_json(r, text.ptr, text.len, text.span);
        name = value->key ? keep_json(r, value->key->bytes, value->key->len,
                                      value->span)
                          : text;
        item = vnuma__item_add(
            r, parent, name, value->type < VNUMA__JSON_ARRAY ? text : no_text);
        item->is_json = true;
        if (value->type >= VNUMA__JSON_ARRAY)
            add_json(r, item, value);
    }
}

static void split_value(vnuma__kvm_reader *r, vnuma__item *option,
                        const char *first)
{
    vnuma__text value = option->value;

    if (!value.len || value.ptr[0] != '{') {
        split_keys(r, option, value, first);
        return;
    }
    switch (vnuma__jsondoc_parse(value, &r->json, r->diags)) {
    case 0:
        option->is_json = true;
        add_json(r, option, r->json.root);
        break;
    case VNUMA_ERROR_NOMEM:
        vnuma__kvm_no_memory(r);
    }
    vnuma__jsondoc_dispose(&r->json);
}

/* ---- options ------------------------------------------------------------ */

/* Reads them; with mistakes @about is unsound. */
static bool take(vnuma__kvm_reader *r, const vnuma__item *option,
                 const vnuma__keys *keys, void *into, unsigned int about)
{
    bool all_known = vnuma__take_keys(r, option, keys, into);

    if (!all_known)
        r->config->unsound |= about;
    return all_known;
}

#define KVM(member) offsetof(vnuma__kvm, member)

static void read_memory(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const vnuma__key keys[] = {
        { "size", VNUMA__MIB, KVM(bytes) },
        { "slots", VNUMA__COUNT, KVM(slots), 256 },
        { "maxmem", VNUMA__MIB, KVM(maxmem) },
        { NULL },
    };
    static const vnuma__keys all = { "-m", keys };

    take(r, option, &all, r->kvm, VNUMA_ABOUT_MEMORY);
}

typedef struct {
    vnuma_number cpus, maxcpus, levels[VNUMA__NUM_LEVELS];
} smp_option;

#define SMP(member) offsetof(smp_option, member)
#define SMP_KEYS(prefix)                                                      \
    { prefix "cpus", VNUMA__COUNT, SMP(cpus), VNUMA__KVM_MAX_VCPUS },         \
        { prefix "maxcpus", VNUMA__COUNT, SMP(maxcpus),                       \
          VNUMA__KVM_MAX_VCPUS },                                             \
        { prefix "sockets", VNUMA__COUNT, SMP(levels[SOCKETS]) },             \
        { prefix "dies", VNUMA__COUNT, SMP(levels[DIES]) },                   \
        { prefix "clusters", VNUMA__COUNT, SMP(levels[CLUSTERS]) },           \
        { prefix "cores", VNUMA__COUNT, SMP(levels[CORES]) },                 \
        { prefix "threads", VNUMA__COUNT, SMP(levels[THREADS]) },             \
    {                                                                         \
        NULL                                                                  \
    }

static void read_smp_keys(vnuma__kvm_reader *r, vnuma__item *option,
                          const vnuma__keys *keys)
{
    vnuma_config *config = r->config;
    smp_option smp = { config->vcpus, config->maxvcpus };

    memcpy(smp.levels, r->kvm->levels, sizeof(smp.levels));
    take(r, option, keys, &smp, VNUMA_ABOUT_MAXVCPUS);
    config->vcpus = smp.cpus;
    config->maxvcpus = smp.maxcpus;
    memcpy(r->kvm->levels, smp.levels, sizeof(smp.levels));
}

static void read_smp(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const vnuma__key keys[] = { SMP_KEYS("") };
    static const vnuma__keys all = { "-smp", keys };

    read_smp_keys(r, option, &all);
}

/* "pc-q35-6.2" is 602. */
static unsigned int machine_version(vnuma__text type)
{
    const char *dash = type.len ? memrchr(type.ptr, '-', type.len) : NULL;
    uint64_t major, minor;
    vnuma__text rest;

    if (!dash)
        return 0;
    rest = vnuma__text_slice(type, dash + 1 - type.ptr, type.len);
    if (!vnuma__text_take_digits(&rest, 10, &major) || !rest.len ||
        rest.ptr[0] != '.')
        return 0;
    rest = vnuma__text_slice(rest, 1, rest.len);
    if (!vnuma__text_take_digits(&rest, 10, &minor) || major > 99)
        return 0;
    return (unsigned int)(major * 100 + (minor < 99 ? minor : 99));
}

static void read_machine(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const vnuma__key keys[] = {
        { "type", VNUMA__TEXT, KVM(machine) },
        { "memory-backend", VNUMA__TEXT, KVM(main_memory) },
        { "memory.size", VNUMA__MIB, KVM(bytes) },
        { "memory.slots", VNUMA__COUNT, KVM(slots) },
        { "memory.max-size", VNUMA__MIB, KVM(maxmem) },
        { "hmat", VNUMA__FLAG, KVM(hmat) },
        { NULL },
    };
    static const vnuma__keys all = { "-machine", keys, true };
    static const vnuma__key smp_keys[] = { SMP_KEYS("smp.") };
    static const vnuma__keys all_smp = { "-machine", smp_keys, true };

    take(r, option, &all, r->kvm, VNUMA_ABOUT_MEMORY);
    read_smp_keys(r, option, &all_smp);
    r->kvm->version = machine_version(r->kvm->machine);
}

static void read_overcommit(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const vnuma__key keys[] = {
        { "mem-lock", VNUMA__FLAG, KVM(mem_lock) },
        { NULL },
    };
    static const vnuma__keys all = { "-overcommit", keys, true };

    vnuma__take_keys(r, option, &all, r->kvm);
}

/* ---- -object ------------------------------------------------------------ */

static const char *const policies[] = { "default", "preferred", "bind",
                                        "interleave", NULL };

#define BACKEND(member) offsetof(vnuma__backend, member)

static void read_object(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const vnuma__key keys[] = {
        { "qom-type", VNUMA__KNOWN },
        { "id", VNUMA__TEXT, BACKEND(id) },
        { "size", VNUMA__BYTES, BACKEND(bytes) },
        { "host-nodes", VNUMA__SET, BACKEND(pnodes), 1023 },
        { "policy", VNUMA__WORD, BACKEND(policy), 0, policies },
        { "prealloc", VNUMA__FLAG, BACKEND(prealloc) },
        { "prealloc-threads", VNUMA__COUNT, BACKEND(threads) },
        { "prealloc-context", VNUMA__TEXT, BACKEND(context) },
        { "share", VNUMA__FLAG, BACKEND(share) },
        { "reserve", VNUMA__FLAG, BACKEND(reserve) },
        { "merge", VNUMA__KNOWN },
        { "dump", VNUMA__KNOWN },
        { "x-use-canonical-path-for-ramblock-id", VNUMA__KNOWN },
        { "hugetlb", VNUMA__FLAG, BACKEND(hugetlb) },
        { "hugetlbsize", VNUMA__BYTES, BACKEND(page) },
        { "seal", VNUMA__KNOWN },
        { "mem-path", VNUMA__TEXT, BACKEND(path) },
        { "align", VNUMA__KNOWN },
        { "discard-data", VNUMA__KNOWN },
        { "offset", VNUMA__KNOWN },
        { "pmem", VNUMA__KNOWN },
        { "readonly", VNUMA__KNOWN },
        { "rom", VNUMA__KNOWN },
        { NULL },
    };
    static const char *const kinds[] = {
        [VNUMA__BACKEND_RAM] = "memory-backend-ram",
        [VNUMA__BACKEND_MEMFD] = "memory-backend-memfd",
        [VNUMA__BACKEND_FILE] = "memory-backend-file",
        [VNUMA__BACKEND_OTHER] = "memory-backend-epc",
    };
    vnuma__item *type = vnuma__item_find(option, "qom-type");
    unsigned int kind, num = sizeof(kinds) / sizeof(*kinds);
    vnuma__backend *made;

    for (kind = 0; type && kind < num; kind++)
        if (vnuma__text_equal(type->value, kinds[kind]))
            break;
    if (!type || !vnuma__text_starts_with(type->value, "memory-"))
        return;
    if (kind == num) {
        vnuma__error(r->diags, "unknown-key", type->value.span,
                     "-object has no type %.*s", VNUMA__TEXT_ARG(type->value));
        kind = vnuma__nearest_name(type->value, kinds, num);
        if (kind == num)
            return;
        vnuma__hint(r->diags, "did you mean %s?", kinds[kind]);
        vnuma__fix_text(r->diags, type->value, "%s", kinds[kind]);
    }
    made = vnuma__kvm_alloc(r, sizeof(*made));
    made->span = option->span;
    made->kind = kind;
    if (!take(r, option, &(vnuma__keys){ kinds[kind], keys }, made, 0)) {
        if (!vnuma__is_given(made->bytes.span))
            r->config->unsound |= VNUMA_ABOUT_SIZE;
        if (!vnuma__is_given(made->policy.span) ||
            !vnuma__set_is_given(&made->pnodes))
            r->config->unsound |= VNUMA_ABOUT_POLICY;
    }
    VNUMA__APPEND(r->kvm->backends, made);
}

/* ---- -numa -------------------------------------------------------------- */

static void read_node(vnuma__kvm_reader *r, vnuma__item *option)
{
#define NODE(member) offsetof(vnuma__kvm_node, member)
    static const vnuma__key keys[] = {
        { "type", VNUMA__KNOWN },
        { "nodeid", VNUMA__COUNT, NODE(id), VNUMA__KVM_MAX_NODES - 1 },
        { "cpus", VNUMA__SET, NODE(cpus), VNUMA__KVM_MAX_VCPUS - 1 },
        { "memdev", VNUMA__TEXT, NODE(memdev) },
        { "mem", VNUMA__MIB, NODE(mem) },
        { "initiator", VNUMA__COUNT, NODE(initiator) },
        { NULL },
    };
    static const vnuma__keys all = { "-numa node", keys };
    vnuma__kvm_node *made = vnuma__kvm_alloc(r, sizeof(*made));

    made->span = option->span;
    made->id.value = r->kvm->num_nodes++;
    if (!take(r, option, &all, made, VNUMA_ABOUT_VCPUS) && !made->memdev.ptr)
        r->config->unsound |= VNUMA_ABOUT_SIZE;
    VNUMA__APPEND(r->kvm->nodes, made);
}

static void read_dist(vnuma__kvm_reader *r, vnuma__item *option)
{
#define DIST(member) offsetof(vnuma__kvm_dist, member)
    static const vnuma__key keys[] = {
        { "type", VNUMA__KNOWN },
        { "src", VNUMA__COUNT, DIST(from), UINT16_MAX },
        { "dst", VNUMA__COUNT, DIST(to), UINT16_MAX },
        { "val", VNUMA__COUNT, DIST(value), UINT8_MAX },
        { NULL },
    };
    static const vnuma__keys all = { "-numa dist", keys };
    vnuma__kvm_dist *made = vnuma__kvm_alloc(r, sizeof(*made));

    made->span = option->span;
    take(r, option, &all, made, VNUMA_ABOUT_DISTANCES);
    VNUMA__APPEND(r->kvm->dists, made);
}

static void read_cpu(vnuma__kvm_reader *r, vnuma__item *option)
{
#define CPU(member) offsetof(vnuma__kvm_cpu, member)
    static const vnuma__key keys[] = {
        { "type", VNUMA__KNOWN },
        { "node-id", VNUMA__COUNT, CPU(node), UINT16_MAX },
        { "socket-id", VNUMA__COUNT, CPU(ids[SOCKETS]) },
        { "die-id", VNUMA__COUNT, CPU(ids[DIES]) },
        { "cluster-id", VNUMA__COUNT, CPU(ids[CLUSTERS]) },
        { "core-id", VNUMA__COUNT, CPU(ids[CORES]) },
        { "thread-id", VNUMA__COUNT, CPU(ids[THREADS]) },
        { NULL },
    };
    static const vnuma__keys all = { "-numa cpu", keys };
    vnuma__kvm_cpu *made = vnuma__kvm_alloc(r, sizeof(*made));

    made->span = option->span;
    take(r, option, &all, made, VNUMA_ABOUT_VCPUS);
    VNUMA__APPEND(r->kvm->cpus, made);
}

#define HMAT(member) offsetof(vnuma__kvm_hmat, member)

static void read_hmat(vnuma__kvm_reader *r, vnuma__item *option, bool is_cache)
{
    static const vnuma__key keys[] = {
        { "type", VNUMA__KNOWN },
        { "initiator", VNUMA__COUNT, HMAT(initiator), UINT16_MAX },
        { "node-id", VNUMA__COUNT, HMAT(initiator), UINT16_MAX },
        { "target", VNUMA__COUNT, HMAT(target), UINT16_MAX },
        { "hierarchy", VNUMA__KNOWN },
        { "data-type", VNUMA__KNOWN },
        { "latency", VNUMA__COUNT, HMAT(latency) },
        { "bandwidth", VNUMA__BYTES, HMAT(bandwidth) },
        { "size", VNUMA__KNOWN },
        { "level", VNUMA__KNOWN },
        { "associativity", VNUMA__KNOWN },
        { "policy", VNUMA__KNOWN },
        { "line", VNUMA__KNOWN },
        { NULL },
    };
    static const vnuma__keys all = { "-numa hmat", keys };
    vnuma__kvm_hmat *made = vnuma__kvm_alloc(r, sizeof(*made));

    made->span = option->span;
    made->is_cache = is_cache;
    vnuma__take_keys(r, option, &all, made);
    VNUMA__APPEND(r->kvm->hmats, made);
}

static void read_numa(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const char *const types[] = { "node", "dist", "cpu", "hmat-lb",
                                         "hmat-cache" };
    const vnuma__item *type = vnuma__item_find(option, "type");
    unsigned int i, num = sizeof(types) / sizeof(*types);

    for (i = 0; type && i < num; i++)
        if (vnuma__text_equal(type->value, types[i]))
            break;
    if (!type || i == num) {
        vnuma_span span = type ? type->value.span : option->span;

        vnuma__error(r->diags, "unknown-key", span,
                     "-numa begins with node, dist, cpu, hmat-lb or "
                     "hmat-cache");
        i = type ? vnuma__nearest_name(type->value, types, num) : num;
        if (i < num)
            vnuma__hint(r->diags, "did you mean %s?", types[i]);
        return;
    }
    if (i == 0)
        read_node(r, option);
    else if (i == 1)
        read_dist(r, option);
    else if (i == 2)
        read_cpu(r, option);
    else
        read_hmat(r, option, i == 4);
}

/* ---- devices ------------------------------------------------------------ */

/* Memory that is not carried is named; it would be counted nowhere. */
static void read_device(vnuma__kvm_reader *r, vnuma__item *option)
{
    static const char *const memory[] = { "pc-dimm", "nvdimm", "virtio-mem",
                                          "virtio-pmem", "cxl-" };
    static const char *const shared[] = { "vhost-user-" };
    const vnuma__item *driver = vnuma__item_find(option, "driver");
    unsigned int i;

    if (!driver)
        return;
    for (i = 0; i < sizeof(memory) / sizeof(*memory); i++)
        if (vnuma__text_starts_with(driver->value, memory[i]))
            vnuma__note(r->diags, "memory-device", driver->value.span,
                        "%.*s adds memory to a node, which is not counted "
                        "here",
                        VNUMA__TEXT_ARG(driver->value));
    if (vnuma__text_starts_with(driver->value, shared[0]))
        r->kvm->vhost_user = driver->value.span;
}

static void read_flag(vnuma__kvm_reader *r, vnuma__item *option)
{
    r->kvm->mem_prealloc = (vnuma_number){ 1, option->name.span };
}

static void read_path(vnuma__kvm_reader *r, vnuma__item *option)
{
    r->kvm->mem_path = option->value;
}

static void read_name(vnuma__kvm_reader *r, vnuma__item *option)
{
    const vnuma__item *guest = vnuma__item_find(option, "guest");

    if (guest)
        vnuma__take_name(r, guest->value);
}

/* ---- the line ----------------------------------------------------------- */

static const struct {
    const char *name, *first; /* first: the key that need not be written */
    void (*read)(vnuma__kvm_reader *r, vnuma__item *option);
    bool is_flag;
} options[] = {
    { "m", "size", read_memory },
    { "smp", "cpus", read_smp },
    { "numa", "type", read_numa },
    { "object", "qom-type", read_object },
    { "machine", "type", read_machine },
    { "M", "type", read_machine },
    { "overcommit", NULL, read_overcommit },
    { "device", "driver", read_device },
    { "name", "guest", read_name },
    { "mem-path", NULL, read_path },
    { "mem-prealloc", NULL, read_flag, true },
};

#define NUM_OPTIONS (sizeof(options) / sizeof(*options))

/* The option's name: one dash or two, or what a word processor made of it. */
static vnuma__text option_name(vnuma__kvm_reader *r, vnuma__text word)
{
    uint32_t skip = 0;

    if (word.len > 3 && (word.ptr[0] & 0x80) &&
        vnuma__has_typographic(r, vnuma__text_slice(word, 0, 3)))
        skip = 3;
    else if (word.len > 1 && word.ptr[0] == '-')
        skip = word.ptr[1] == '-' ? 2 : 1;
    return vnuma__text_slice(word, skip, skip ? word.len : 0);
}

/* "-m=4G" */
static bool has_equals(vnuma__kvm_reader *r, vnuma__text name, const char *of)
{
    uint32_t equals = vnuma__text_find(name, '=');
    vnuma__text first = vnuma__text_slice(name, 0, equals);

    if (equals == name.len || !vnuma__text_equal(first, of))
        return false;
    vnuma__error(r->diags, "option-equals", name.span,
                 "-%s and its value are two words", of);
    vnuma__hint(
        r->diags, "write -%s %.*s", of,
        VNUMA__TEXT_ARG(vnuma__text_slice(name, equals + 1, name.len)));
    if (name.exact)
        vnuma__fix(r->diags, vnuma__text_slice(name, equals, equals + 1).span,
                   " ");
    return true;
}

/* Returns the next word that is to be read. */
static vnuma__item *read_option(vnuma__kvm_reader *r, vnuma__item *word)
{
    vnuma__item *value = word->next;
    vnuma__text name = option_name(r, word->name);
    unsigned int i;

    for (i = 0; i < NUM_OPTIONS; i++) {
        if (has_equals(r, name, options[i].name))
            return value;
        if (vnuma__text_equal(name, options[i].name))
            break;
    }
    if (i == NUM_OPTIONS ||
        vnuma__is_too_many(
            r, word)) /* and its value, which may look like any word */
        return value;
    if (!options[i].is_flag && !value) {
        vnuma__error(r->diags, "empty-value", word->name.span,
                     "-%s has no value", options[i].name);
        return NULL;
    }
    if (!options[i].is_flag) {
        word->value = value->name;
        word->span.end = value->name.span.end;
        split_value(r, word, options[i].first);
        value = value->next;
    }
    options[i].read(r, word);
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
    vnuma__kvm_settle(r);
}
