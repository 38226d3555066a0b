/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of what QEMU refuses, or takes and does something else.  QEMU stops
 * at its first mistake; here each has its place.
 */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

static bool is_qemu(const vnuma__checking *c)
{
    return KVM(c)->form == VNUMA__FORM_QEMU;
}

/* ---- the text ----------------------------------------------------------- */

/* In a script; what begins with an option has no line ends. */
static void check_line_break(vnuma__checking *c)
{
    vnuma_span whole = KVM(c)->whole, blanks = whole;
    const char *text;
    uint32_t at, end;

    if (!is_qemu(c) || whole.source->is_arguments)
        return;
    text = whole.source->text;
    for (at = whole.start; at < whole.end; at = end + 1) {
        for (end = at + 1; end < whole.end && strchr(" \t\r", text[end]);)
            end++;
        if (text[whole.start] == '-' || text[at] != '\\' || end == at + 1 ||
            text[end] != '\n')
            end = at;
        else {
            blanks.start = at;
            blanks.end = end;
            report(c, vnuma__first_byte(blanks),
                   "there are blanks after this backslash, so the command "
                   "ends here");
            hint(c, "nothing may stand after \\ in its line");
            fix(c, blanks, "\\");
        }
    }
}

/* ---- memory ------------------------------------------------------------- */

static uint64_t bytes_of(const vnuma__kvm_node *node)
{
    if (vnuma__is_given(node->mem.span))
        return node->mem.value;
    return node->backend ? node->backend->bytes.value : 0;
}

/* Where a missing or superfluous amount can be put right: the last node's. */
static void hint_sum(vnuma__checking *c, uint64_t sum, uint64_t whole,
                     const vnuma__kvm_node *last)
{
    uint64_t bytes = bytes_of(last);

    related(c, last->backend ? last->backend->bytes.span : last->span,
            "the last of them is here");
    if (whole > sum)
        hint(c, "%s are missing: give node %" PRIu64 " %s, or write %s %s",
             vnuma__amount(whole - sum).s, last->id.value,
             vnuma__amount(bytes + whole - sum).s, WORDS(c)->memory,
             vnuma__amount(sum).s);
    else if (bytes > sum - whole)
        hint(c, "%s are too much: give node %" PRIu64 " %s, or write %s %s",
             vnuma__amount(sum - whole).s, last->id.value,
             vnuma__amount(bytes - (sum - whole)).s, WORDS(c)->memory,
             vnuma__amount(sum).s);
    else
        hint(c, "write %s %s", WORDS(c)->memory, vnuma__amount(sum).s);
}

static void check_size_sum(vnuma__checking *c)
{
    uint64_t sum = 0, whole = KVM(c)->bytes.value;
    const vnuma__kvm_node *node, *last = NULL;
    unsigned int num = 0;

    for (node = KVM(c)->nodes; node; node = node->next) {
        if (bytes_of(node) || vnuma__is_given(node->mem.span))
            last = node;
        sum += bytes_of(node);
        num++;
    }
    if (!last || sum == whole)
        return;
    /* libvirt takes the sum instead. */
    report_as(c,
              KVM(c)->form == VNUMA__FORM_LIBVIRT ? VNUMA_SEVERITY_WARNING
                                                  : VNUMA_SEVERITY_ERROR,
              c->config->memory_memkb.span,
              "nodes 0-%u sum to %s, and %s is %s%s", num - 1,
              vnuma__amount(sum).s, WORDS(c)->memory, vnuma__amount(whole).s,
              KVM(c)->form == VNUMA__FORM_LIBVIRT   ? ": libvirt takes the sum"
              : vnuma__is_given(KVM(c)->bytes.span) ? ""
                                                    : " by default");
    hint_sum(c, sum, whole, last);
}

/* What was written with nodes only, or with mem=, as backends. */
static void hint_backends(vnuma__checking *c, const vnuma__kvm_node *node)
{
    uint64_t bytes = vnuma__is_given(node->mem.span)
                         ? node->mem.value
                         : KVM(c)->bytes.value / KVM(c)->num_nodes;
    vnuma__amount_text amount = vnuma__amount(bytes);
    char *unit = amount.s + strcspn(amount.s, " ");

    /* "512 MiB" is "512M". */
    *unit = unit[1];
    unit[1] = '\0';
    if (*unit == 'b')
        *unit = '\0';
    hint(c,
         "write -object memory-backend-ram,id=m%" PRIu64
         ",size=%s and memdev=m%" PRIu64 " here",
         node->id.value, amount.s, node->id.value);
}

static void check_node_memory(vnuma__checking *c)
{
    const vnuma__kvm_node *node;
    bool some_mem = false, some_memdev = false;

    for (node = KVM(c)->nodes; node; node = node->next) {
        some_mem |= vnuma__is_given(node->mem.span);
        some_memdev |= node->memdev.ptr != NULL;
    }
    for (node = KVM(c)->nodes; is_qemu(c) && node; node = node->next) {
        if (!some_mem && !some_memdev) {
            report(c, node->span, "no node has memory: %s", SINCE(NO_SPLIT));
            hint_backends(c, node);
            return;
        }
        if (!vnuma__is_given(node->mem.span))
            continue;
        if (vnuma__rule_applies(KVM(c), VNUMA__SINCE_NO_MEM)) {
            report(c, node->mem.span, "%s", SINCE(NO_MEM));
            hint_backends(c, node);
        } else if (some_memdev) {
            report(c, node->mem.span, "mem= and memdev= exclude each other");
            hint_backends(c, node);
        }
    }
}

static const vnuma__backend *nearest(const vnuma__checking *c, vnuma__text id)
{
    const vnuma__backend *backend, *found = NULL;
    char name[64];
    const char *names[] = { name };

    for (backend = KVM(c)->backends; backend; backend = backend->next) {
        if (!backend->id.ptr || backend->id.len >= sizeof(name))
            continue;
        memcpy(name, backend->id.ptr, backend->id.len);
        name[backend->id.len] = '\0';
        if (!vnuma__nearest_name(id, names, 1))
            found = backend;
    }
    return found;
}

/* -machine memory-backend= */
static void check_main_memory(const vnuma__checking *c)
{
    vnuma__text id = KVM(c)->main_memory;
    const vnuma__backend *found = KVM(c)->backends, *meant;
    const vnuma__kvm_node *node = KVM(c)->nodes;

    if (!id.ptr)
        return;
    while (found && !(found->id.ptr && found->id.len == id.len &&
                      !memcmp(found->id.ptr, id.ptr, id.len)))
        found = found->next;
    while (node && !node->memdev.ptr)
        node = node->next;
    if (!found) {
        report(c, id.span, "there is no -object with id=%.*s",
               VNUMA__TEXT_ARG(id));
        meant = nearest(c, id);
        if (meant)
            hint(c, "did you mean %.*s?", VNUMA__TEXT_ARG(meant->id));
    } else if (node) {
        report(c, id.span, "memory-backend= and memdev= exclude each other");
        related(c, node->memdev.span, "memdev= is here");
    } else if (found->bytes.value != KVM(c)->bytes.value) {
        report(c, id.span, "%.*s is %s, and -m is %s", VNUMA__TEXT_ARG(id),
               vnuma__amount(found->bytes.value).s,
               vnuma__amount(KVM(c)->bytes.value).s);
        related(c, found->bytes.span, "size= is here");
    }
}

static void check_memdev(vnuma__checking *c)
{
    const vnuma__backend *backend, *meant;
    const vnuma__kvm_node *node;

    for (node = KVM(c)->nodes; is_qemu(c) && node; node = node->next) {
        if (vnuma__is_enough(c->diags))
            return;
        if (node->memdev.ptr && !node->backend) {
            report(c, node->memdev.span, "there is no -object with id=%.*s",
                   VNUMA__TEXT_ARG(node->memdev));
            meant = nearest(c, node->memdev);
            if (!meant)
                continue;
            hint(c, "did you mean %.*s?", VNUMA__TEXT_ARG(meant->id));
        } else if (node->backend && node->backend->num_users > 1) {
            report(c, node->memdev.span, "%.*s is the memory of two nodes",
                   VNUMA__TEXT_ARG(node->memdev));
            hint(c, "write one -object for each node");
        }
    }
    check_main_memory(c);
    for (backend = KVM(c)->backends; backend; backend = backend->next)
        if (!backend->num_users && backend->id.ptr &&
            backend->kind.value != VNUMA__BACKEND_OTHER && KVM(c)->num_nodes)
            report_as(c, VNUMA_SEVERITY_WARNING, backend->span,
                      "%.*s is in no node: this memory is wasted",
                      VNUMA__TEXT_ARG(backend->id));
}

static bool is_twice(const vnuma__checking *c, const vnuma__backend *backend)
{
    const vnuma__backend *other;

    for (other = KVM(c)->backends; other != backend; other = other->next)
        if (other->id.ptr && other->id.len == backend->id.len &&
            !memcmp(other->id.ptr, backend->id.ptr, other->id.len))
            return true;
    return false;
}

/* What only one kind of backend has. */
static void check_kind(const vnuma__checking *c, const vnuma__backend *b)
{
    const struct {
        vnuma__backend_kind kind;
        vnuma_span span;
        const char *name;
    } keys[] = {
        { VNUMA__BACKEND_FILE, b->path.span, "memory-backend-file" },
        { VNUMA__BACKEND_FILE, b->rom.span, "memory-backend-file" },
        { VNUMA__BACKEND_FILE, b->of_file.span, "memory-backend-file" },
        { VNUMA__BACKEND_MEMFD, b->hugetlb.span, "memory-backend-memfd" },
        { VNUMA__BACKEND_MEMFD, b->page.span, "memory-backend-memfd" },
        { VNUMA__BACKEND_MEMFD, b->of_memfd.span, "memory-backend-memfd" },
    };
    unsigned int i;

    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (vnuma__is_given(keys[i].span) && keys[i].kind != b->kind.value &&
            b->kind.value != VNUMA__BACKEND_OTHER)
            report(c, keys[i].span, "only %s has this option", keys[i].name);
}

static void report_object(const vnuma__checking *c, const vnuma__backend *b)
{
    const vnuma__finding findings[] = {
        { !b->id.ptr, b->span, "a memory backend has an id",
          "add id=m0, and memdev=m0 to its node" },
        { b->id.ptr && is_twice(c, b), b->id.span, "two objects have this id",
          "write another one, in the node's memdev= too" },
        { !vnuma__is_given(b->bytes.span), b->span,
          "a memory backend has a size",
          "add size=512M; without a suffix it is in bytes" },
        { b->kind.value == VNUMA__BACKEND_FILE && !b->path.ptr, b->span,
          "memory-backend-file has a mem-path",
          "add mem-path=/dev/hugepages, where hugetlbfs is mounted" },
        { vnuma__is_given(b->threads.span) && !b->threads.value,
          b->threads.span, "prealloc-threads=0 is refused",
          "leave it out, or write how many threads" },
        { vnuma__is_given(b->reserve.span) && !b->reserve.value &&
              b->prealloc.value,
          b->reserve.span, "reserve=off and prealloc=on exclude each other",
          "leave out one of them" },
    };

    REPORT_FINDINGS(c, findings);
}

static void check_object(vnuma__checking *c)
{
    const vnuma__backend *b;

    for (b = KVM(c)->backends; b; b = b->next) {
        report_object(c, b);
        check_kind(c, b);
    }
}

static void report_zero(const vnuma__checking *c,
                        const vnuma__backend *backend)
{
    if (!vnuma__is_given(backend->bytes.span) || backend->bytes.value)
        return;
    report(c, backend->bytes.span, "QEMU refuses a size of 0");
    if (is_qemu(c))
        hint(c, "a node without memory has no memdev=: leave out this "
                "object");
}

static void check_size_zero(vnuma__checking *c)
{
    const vnuma__backend *backend;
    const vnuma__kvm_node *node;

    for (backend = KVM(c)->backends; backend; backend = backend->next)
        report_zero(c, backend);
    for (node = KVM(c)->nodes; node && !is_qemu(c); node = node->next)
        report_zero(c, node->backend);
}

/* "maxmem=2048" is bytes, whatever -m has. */
static void hint_unit(const vnuma__checking *c, const vnuma_number *size)
{
    vnuma__text text = vnuma__span_text(size->span);

    if (vnuma__text_is_digits(text))
        hint(c, "without a suffix it is in bytes: write %.*sM",
             VNUMA__TEXT_ARG(text));
}

static void check_maxmem(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    bool is_equal = kvm->maxmem.value == kvm->bytes.value;

    if (!is_qemu(c))
        return;
    if (!vnuma__is_given(kvm->maxmem.span)) {
        if (vnuma__is_given(kvm->slots.span))
            report(c, kvm->slots.span, "slots= needs maxmem=");
    } else if (kvm->maxmem.value < kvm->bytes.value) {
        report(c, kvm->maxmem.span, "maxmem= is %s, less than the memory, %s",
               vnuma__amount(kvm->maxmem.value).s,
               vnuma__amount(kvm->bytes.value).s);
        hint_unit(c, &kvm->maxmem);
    } else if (is_equal && kvm->slots.value) {
        report(c, kvm->maxmem.span,
               "maxmem= is the memory, so nothing is left for slots=");
    } else if (!is_equal && !kvm->slots.value) {
        report_as(c, VNUMA_SEVERITY_WARNING, kvm->maxmem.span,
                  "without slots= no memory can be plugged");
        if (kvm->is_one_node)
            hint(c, "leave it out; %s", SINCE(ONE_NODE));
    }
}

/* ---- vcpus to nodes ----------------------------------------------------- */

static bool matches(const vnuma__checking *c, const vnuma__kvm_cpu *cpu)
{
    uint32_t vcpu;

    for (vcpu = 0; vcpu < c->config->maxvcpus.value; vcpu++)
        if (vnuma__kvm_cpu_is(KVM(c), cpu, vcpu))
            return true;
    return false;
}

/* What it names of a level that there is not; or NULL. */
static const vnuma_number *unsupported(const vnuma__checking *c,
                                       const vnuma__kvm_cpu *cpu)
{
    const vnuma_number *ids = cpu->ids;

    if (vnuma__is_given(ids[CLUSTERS].span))
        return &ids[CLUSTERS];
    if (vnuma__is_given(ids[DIES].span) && KVM(c)->smp.level[DIES] <= 1)
        return &ids[DIES];
    return NULL;
}

static void check_numa_cpu(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    const vnuma__kvm_cpu *cpu;
    const vnuma__kvm_node *node;

    for (cpu = kvm->cpus; cpu; cpu = cpu->next) {
        node = cpu->node.value < c->config->num_vnodes
                   ? kvm->by_id[cpu->node.value]
                   : NULL;
        if (!vnuma__is_given(cpu->node.span)) {
            report(c, cpu->span, "-numa cpu has a node-id");
        } else if (!node || node->span.start > cpu->span.start) {
            report(c, cpu->node.span, "there is no node %" PRIu64 "%s",
                   cpu->node.value, node ? " yet" : "");
            if (node)
                related(c, node->span, "it is only here");
            hint(c, "-numa node,nodeid=%" PRIu64 " stands before it",
                 cpu->node.value);
        } else if (unsupported(c, cpu)) {
            report(c, unsupported(c, cpu)->span, "this machine has no %s",
                   unsupported(c, cpu) == &cpu->ids[DIES] ? "dies"
                                                          : "clusters");
            hint(c, "leave it out");
        } else if (!matches(c, cpu)) {
            const uint64_t *level = kvm->smp.level;

            report(c, cpu->span,
                   "no vcpu has these numbers: there are %" PRIu64
                   " sockets of %" PRIu64 " cores of %" PRIu64 " threads",
                   level[SOCKETS], level[CORES], level[THREADS]);
            related(c, c->config->maxvcpus.span, "-smp is here");
            if (vnuma__rule_applies(KVM(c), VNUMA__SINCE_CORES_FIRST) &&
                !vnuma__is_given(kvm->levels[SOCKETS].span))
                hint(c, "%s: write sockets= in -smp", SINCE(CORES_FIRST));
        }
    }
}

/* ---- distances ---------------------------------------------------------- */

static const vnuma__kvm_dist *find_dist(const vnuma__kvm *kvm, uint64_t from,
                                        uint64_t to)
{
    const vnuma__kvm_dist *dist, *found = NULL;

    for (dist = kvm->dists; dist; dist = dist->next)
        if (dist->from.value == from && dist->to.value == to)
            found = dist;
    return found;
}

/* One pair given: all are; one pair differs: both ways of all are. */
static void check_dist_missing(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    const vnuma__kvm_dist *there, *back, *differs = NULL;
    unsigned int num = c->config->num_vnodes, v, w;

    if (!kvm->dists || !is_qemu(c))
        return;
    for (v = 0; v < num; v++)
        for (w = 0; w < v; w++) {
            there = find_dist(kvm, v, w);
            back = find_dist(kvm, w, v);
            if (there && back && there->value.value != back->value.value)
                differs = there;
        }
    for (v = 0; v < num; v++)
        for (w = 0; w < num; w++) {
            there = find_dist(kvm, v, w);
            back = find_dist(kvm, w, v);
            if (v == w || there || (back && !differs) ||
                (!back && w < v && !differs))
                continue;
            report(c, back ? back->span : kvm->dists->span,
                   "there is no distance from node %u to node %u", v, w);
            if (differs)
                related(c, differs->span,
                        "this one differs from its way "
                        "back, so both ways of all are "
                        "needed");
            hint(c, "add -numa dist,src=%u,dst=%u,val=20", v, w);
        }
}

/* ---- what there was ----------------------------------------------------- */

/* "0x400M", and -m's 0x400, which means MiB. */
static void check_hex(vnuma__checking *c, const vnuma_number *size)
{
    vnuma__text text = { NULL };
    uint64_t digits = 0;

    if (vnuma__is_given(size->span))
        text = vnuma__span_text(size->span);
    if (text.len < 2 || text.ptr[0] != '0' || (text.ptr[1] & ~0x20) != 'X')
        return;
    vnuma__text_take_number(&text, 0, &digits);
    if (!digits || size->value >> 10 < digits)
        return;
    report_as(c, VNUMA_SEVERITY_WARNING, size->span, "%s", SINCE(NO_HEX));
    hint(c, "write %" PRIu64 "K", size->value >> 10);
    fix(c, size->span, "%" PRIu64 "K", size->value >> 10);
}

/* It is read as a device, of the option's own name. */
static void check_gone(vnuma__checking *c)
{
    const vnuma__kvm_device *device;
    const vnuma__kvm_node *node;

    for (device = KVM(c)->devices; device && is_qemu(c);
         device = device->next) {
        vnuma__text option = vnuma__span_text(device->span);

        while (option.ptr[0] == '-')
            option = vnuma__text_slice(option, 1, option.len);
        if (!vnuma__text_starts_with(option, "balloon"))
            continue;
        report(c, device->span, "%s", SINCE(NO_BALLOON));
        hint(c, "write -device virtio-balloon-pci");
    }
    if (!is_qemu(c))
        return;
    check_hex(c, &KVM(c)->bytes);
    /* The memory of a guest may be that of its backend. */
    for (node = KVM(c)->nodes; node; node = node->next)
        if (node->backend &&
            node->backend->bytes.span.start != KVM(c)->bytes.span.start)
            check_hex(c, &node->backend->bytes);
}

const vnuma__check vnuma__qemu_checks[] = {
    CHECK("line-break", ERROR, GUEST, 0, 0,
          "a line end that ends QEMU's command early", check_line_break),
    CHECK("object", ERROR, GUEST, SIZE, SIZE, "a memory backend is incomplete",
          check_object),
    CHECK("size-zero", ERROR, GUEST, SIZE, SIZE, "a memory backend of size 0",
          check_size_zero),
    CHECK("memdev", ERROR, GUEST, 0, SIZE,
          "memdev= names no object, or one that another node has",
          check_memdev),
    CHECK("node-memory", ERROR, GUEST, 0, SIZE,
          "nodes without memory backends", check_node_memory),
    CHECK("size-sum", ERROR, SUMS, SIZE | MEMORY | VNODES, SIZE,
          "the sizes of the nodes are not the memory of the guest",
          check_size_sum),
    CHECK("maxmem", ERROR, GUEST, MEMORY, 0, "slots= and maxmem= do not agree",
          check_maxmem),
    CHECK("numa-cpu", ERROR, SUMS, MAXVCPUS | VNODES, VCPUS,
          "-numa cpu means no vcpu or no node", check_numa_cpu),
    CHECK("dist-missing", ERROR, REST, DISTANCES | VNODES, DISTANCES,
          "distances are given for some nodes only", check_dist_missing),
    CHECK("option-gone", ERROR, GUEST, 0, 0, "what QEMU took once",
          check_gone),
    { { NULL } },
};
