/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a guest a format cannot say: each of it is named once. */
#include "config.h"

#include "check/check_export.h"

/* What a guest may have that not every format has. */
enum {
    DIFFERENT = 1 << 0, /* page sizes */
    EIGHT = 1 << 1,     /* more nodes than eight */
    FILES = 1 << 2,
    GAPS = 1 << 3, /* in the host nodes of a policy */
    SEVERAL = 1 << 4,
    MEMORYLESS = 1 << 5,
    CPULESS = 1 << 6,
    NEAR = 1 << 7,   /* 10 between nodes */
    STATED = 1 << 8, /* distances */
    ODD = 1 << 9,
    PINS = 1 << 10,
    PINS_TO_NODES = 1 << 11,
    PREALLOC = 1 << 12, /* of ordinary pages */
    SOME_PREALLOC = 1 << 13,
    PAGES = 1 << 14, /* or prealloc */
    UNBOUND_PAGES = 1 << 15,
    RESTRICTIVE = 1 << 16,
    MORE_LEVELS = 1 << 17, /* than sockets and cores */
    LATENCIES = 1 << 18, /* or bandwidths, or caches of memory's side */
    WAY_BACK = 1 << 19,  /* those of two nodes both ways */
    SHARED = 1 << 20,
    LOCKED = 1 << 21,
    PLUGGED = 1 << 22, /* there is room for more memory */
    WHOLE = 1 << 23, /* something of memory, and no nodes */
    PLUGGED_WHOLE = 1 << 24,
    MANY = 1 << 25,  /* vcpus */
    LATE = 1 << 26,  /* huge pages without prealloc */
    /* Of an HMAT. */
    INEXACT = 1 << 27,
    NO_WAY = 1 << 28,
    NEAREST = 1 << 29,
    CACHES = 1 << 30,
};
#define NO_LINE (UINT64_C(1) << 31)  /* of a cache */
#define NO_CACHE (UINT64_C(1) << 32) /* that latencies are of */

static const struct {
    uint64_t what;      /* bits */
    unsigned int forms; /* bits of those that cannot say it */
    const char *words;
} lacks[] = {
#define XL (1u << VNUMA__FORM_XL)
#define QEMU (1u << VNUMA__FORM_QEMU)
#define VIRT (1u << VNUMA__FORM_LIBVIRT)
#define PROXMOX (1u << VNUMA__FORM_PROXMOX)
    { RESTRICTIVE, XL | QEMU | PROXMOX,
      "the policy restrictive, which is a cgroup's" },
    { PINS, QEMU | PROXMOX, "on which CPUs of the host vcpus run" },
    { PINS_TO_NODES, VIRT, "vcpus on nodes: it counts CPUs" },
    { PAGES, XL,
      "huge pages and prealloc: Xen allocates all memory at once, "
      "in the largest pages there are" },
    { SEVERAL, XL,
      "several nodes of a policy that is not interleave: the "
      "first was taken" },
    { ODD, XL | VIRT | PROXMOX, "sizes that are not whole MiB" },
    { MEMORYLESS, VIRT | PROXMOX, "nodes without memory" },
    { SOME_PREALLOC, VIRT, "prealloc for some cells only" },
    { LATENCIES, PROXMOX, "latencies, bandwidths and caches" },
    { LATENCIES, XL,
      "latencies, bandwidths and caches itself: import --hmat=FILE writes a "
      "file of them that it names" },
    { INEXACT, QEMU | VIRT,
      "parts of a nanosecond, or numbers that differ so much: they are "
      "rounded" },
    { NO_WAY, QEMU | VIRT, "that memory is unreachable" },
    { NEAREST, QEMU,
      "that memory is nearest to others than the vcpus of its node" },
    { NEAREST, VIRT,
      "which vcpus memory is nearest to: it takes those of its cell, else "
      "those with the least latency" },
    { NO_LINE, VIRT,
      "caches of which the size of a line is not known: it is 64 bytes" },
    { NO_CACHE, VIRT, "latencies and bandwidths of caches that it lacks" },
    { CACHES, QEMU | VIRT,
      "caches without the latency and bandwidth of their memory, or without "
      "those of a lower level" },
    { WAY_BACK, VIRT, "latencies of two nodes both ways: one is left out" },
    { NEAR, VIRT, "distances of 10 between cells: they are 11" },
    { FILES, VIRT | XL | PROXMOX, "in which files memory is" },
    { SHARED, XL | PROXMOX, "memory that is shared" },
    { LATE, VIRT | PROXMOX,
      "huge pages that are not allocated at once: they are" },
    { LOCKED, XL | PROXMOX, "memory that is locked" },
    { PLUGGED, XL | PROXMOX, "memory that is added later" },
    { PLUGGED_WHOLE, VIRT, "memory that is added later, without cells" },
    { WHOLE, XL | PROXMOX,
      "where and in which pages memory without nodes is" },
    { MANY, QEMU | VIRT | PROXMOX,
      "on which machine there are more than 255 vcpus: it is left to you" },
    { EIGHT, PROXMOX, "more than 8 nodes" },
    { CPULESS, PROXMOX, "nodes without vcpus, and refuses them" },
    { STATED, PROXMOX, "distances" },
    { PREALLOC, PROXMOX, "prealloc of ordinary pages" },
    { DIFFERENT, PROXMOX, "different page sizes" },
    { UNBOUND_PAGES, PROXMOX, "huge pages that are not on one host node" },
    { GAPS, PROXMOX, "host nodes that are not one range" },
    { MORE_LEVELS, PROXMOX, "dies and threads: they became cores" },
};

static unsigned int find_of_node(const vnuma__kvm_node *node,
                                 const vnuma__backend *first)
{
    const vnuma__backend *own = &node->own;
    unsigned int num = vnuma__set_count(&own->pnodes);
    uint64_t policy = own->policy.value;
    const struct {
        unsigned int what;
        bool has;
    } table[] = {
        { RESTRICTIVE, policy == VNUMA__KVM_RESTRICTIVE },
        { PAGES, own->page.value || own->prealloc.value },
        { PREALLOC, own->prealloc.value && !own->page.value },
        { SOME_PREALLOC, own->prealloc.value != first->prealloc.value },
        { DIFFERENT, own->page.value != first->page.value },
        { UNBOUND_PAGES, own->page.value && num != 1 },
        { GAPS, own->pnodes.first && own->pnodes.first->next },
        { SEVERAL, policy != VNUMA__KVM_INTERLEAVE && num > 1 },
        { MEMORYLESS, !own->bytes.value },
        { CPULESS, !node->cpus.first },
        { ODD, own->bytes.value % (1 << 20) },
        { FILES, own->path.ptr },
        { LATE, own->page.value && !own->prealloc.value },
        { SHARED, own->share.value && !own->page.value },
    };
    unsigned int has = 0, i;

    for (i = 0; i < sizeof(table) / sizeof(*table); i++)
        has |= table[i].has ? table[i].what : 0;
    return has;
}

/* Of it xl.cfg and Proxmox say nothing. */
static unsigned int find_of_whole(const vnuma__backend *all)
{
    vnuma__kvm_node node = { .own = *all };
    unsigned int has = find_of_node(&node, all);

    has |= all->pnodes.first || all->page.value ? WHOLE : 0;
    return has & (RESTRICTIVE | PREALLOC | LATE | FILES | SHARED | WHOLE);
}

static uint32_t nearest_to(const vnuma__kvm_node *node)
{
    return vnuma__is_given(node->initiator.span)
               ? (uint32_t)node->initiator.value
               : VNUMA_ID_UNKNOWN;
}

/* An HMAT stays in its own file when there is one. */
static uint64_t find_of_hmat(const vnuma__port *port, vnuma__form form)
{
    static const unsigned int lost[][2] = {
        { VNUMA__LOST_EXACT, INEXACT },
        { VNUMA__LOST_NO_WAY, NO_WAY },
        { VNUMA__LOST_NEAREST, NEAREST },
        { VNUMA__LOST_CACHE, CACHES },
    };
    const vnuma__kvm *kvm = port->kvm;
    uint64_t has = kvm->hmats ? LATENCIES : 0; /* no caches without them */
    unsigned int i;
    const vnuma__kvm_node *node;
    const vnuma__kvm_cache *cache;
    const vnuma__kvm_hmat *lb;

    if (form == VNUMA__FORM_XL && port->hmat_path)
        return 0;
    for (i = 0; i < sizeof(lost) / sizeof(*lost); i++)
        has |= port->hmat_lost & lost[i][0] ? lost[i][1] : 0;
    for (lb = kvm->hmats; lb; lb = lb->next)
        if (vnuma__kvm_is_of_no_cache(kvm, lb))
            has |= NO_CACHE;
        else if (vnuma__kvm_is_way_back(kvm, lb))
            has |= WAY_BACK;
    for (cache = kvm->caches; cache; cache = cache->next)
        has |= cache->line.value ? 0 : NO_LINE;
    for (node = kvm->nodes; node; node = node->next)
        if ((has & LATENCIES) && form == VNUMA__FORM_LIBVIRT &&
            !node->cpus.first &&
            nearest_to(node) !=
                vnuma__kvm_libvirts_nearest(kvm, node->id.value))
            has |= NEAREST;
    return has;
}

void vnuma__check_export(const vnuma__port *port, vnuma__form form,
                         vnuma_diags *diags)
{
    static const char *const names[] = { "xl.cfg", "QEMU's line", "libvirt",
                                         "Proxmox" };
    const vnuma__kvm *kvm = port->kvm;
    const vnuma__kvm_node *node;
    const vnuma__kvm_dist *dist;
    uint64_t has = kvm->dists ? STATED : 0;
    unsigned int i;

    for (node = kvm->nodes; node; node = node->next)
        has |= find_of_node(node, &kvm->nodes->own);
    if (kvm->main_memory.ptr)
        has |= find_of_whole(&kvm->all);
    for (dist = kvm->dists; dist; dist = dist->next)
        if (dist->from.value != dist->to.value &&
            dist->value.value <= VNUMA_DISTANCE_LOCAL)
            has |= NEAR;
    has |= kvm->num_nodes > 8 ? EIGHT : 0;
    has |= kvm->maxvcpus.value > 255 ? MANY : 0;
    has |= kvm->bytes.value % (1 << 20) ? ODD : 0;
    /* No machine of x86 has clusters. */
    has |= kvm->smp.level[DIES] > 1 || kvm->smp.level[THREADS] > 1
               ? MORE_LEVELS
               : 0;
    has |= kvm->pins || port->pins_to_pnodes ? PINS : 0;
    has |= port->pins_to_pnodes ? PINS_TO_NODES : 0;
    has |= find_of_hmat(port, form);
    has |= kvm->mem_lock.value ? LOCKED : 0;
    /* But for microvm it is in a cell then. */
    if (kvm->slots.value)
        has |= kvm->nodes ? PLUGGED : PLUGGED | PLUGGED_WHOLE;
    for (i = 0; i < sizeof(lacks) / sizeof(*lacks); i++)
        if ((lacks[i].what & has) && (lacks[i].forms & (1u << form)))
            vnuma__note(diags, "export-lost", VNUMA__NOWHERE,
                        "%s cannot say %s", names[form], lacks[i].words);
}
