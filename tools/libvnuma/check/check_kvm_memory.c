/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of memory of guests of KVM that is accepted, and is not as it was
 * meant: parts of huge pages, balloons over them, memory that is not shared or
 * not counted, and memory that may be farther from the vcpus than it need be.
 */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>

#include "guest/affinity.h"
#include "host/kvm_host.h"

/* ---- huge pages --------------------------------------------------------- */

static void report_part(const vnuma__checking *c, const vnuma__backend *memory,
                        vnuma_number memkb)
{
    uint64_t page = memory->page.value >> 10, num;

    if (!page || memkb.value % page == 0)
        return;
    num = memkb.value / page + 1;
    report(
        c, memkb.span,
        "%s take %" PRIu64 " huge pages of %s: the rest of the last is lost",
        vnuma__amount(memkb.value << 10).s, num, vnuma__page_size_of(page).s);
    hint(c, "write %s, which takes no more",
         vnuma__amount((num * page) << 10).s);
}

static void check_page_part(vnuma__checking *c)
{
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++)
        report_part(c, vnuma__kvm_memory(c->config, i),
                    c->config->vnodes[i].memkb);
    if (!i)
        report_part(c, &KVM(c)->all, c->config->memory_memkb);
}

/* What is inflated: QEMU's device, or libvirt's target below the memory. */
static vnuma_span find_balloon(const vnuma__checking *c)
{
    const vnuma__kvm_device *device = KVM(c)->devices;
    const vnuma_number *current = &KVM(c)->current;

    if (KVM(c)->form != VNUMA__FORM_QEMU)
        return current->value && current->value < KVM(c)->bytes.value
                   ? current->span
                   : VNUMA__NOWHERE;
    while (device &&
           !vnuma__text_starts_with(device->driver, "virtio-balloon"))
        device = device->next;
    return device ? device->driver.span : VNUMA__NOWHERE;
}

static void check_balloon_pages(vnuma__checking *c)
{
    vnuma_span balloon = find_balloon(c);
    bool has_huge = !c->config->num_vnodes && KVM(c)->all.page.value;
    unsigned int i;

    for (i = 0; i < c->config->num_vnodes; i++)
        has_huge |= vnuma__kvm_memory(c->config, i)->page.value != 0;
    if (!has_huge || !vnuma__is_given(balloon))
        return;
    report(c, balloon,
           "a balloon gives back ordinary pages, and this memory is in huge "
           "ones: it may give back nothing, and takes from any node");
    hint(c, "give the guest the memory that it may keep, and no balloon");
}

/* ---- what has no effect ------------------------------------------------ */

static void check_page_ignored(vnuma__checking *c)
{
    const vnuma__backend *b;

    for (b = KVM(c)->backends; b; b = b->next)
        if (b->kind.value == VNUMA__BACKEND_MEMFD &&
            vnuma__is_given(b->page.span) && !b->hugetlb.value) {
            report(c, b->page.span,
                   "hugetlbsize= without hugetlb=on is ignored: these are "
                   "ordinary pages");
            hint(c, "add hugetlb=on");
        }
}

static void check_mem_path(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);

    if (!kvm->all.path.ptr || kvm->main_memory.ptr)
        return;
    if (kvm->backends) {
        report(c, kvm->all.path.span,
               "-mem-path does nothing for memory that has an -object");
        hint(c, "write memory-backend-file,mem-path=%.*s in the -object",
             VNUMA__TEXT_ARG(kvm->all.path));
    } else if (!kvm->nodes) {
        report_as(c, VNUMA_SEVERITY_NOTE, kvm->all.path.span,
                  "this memory may be on any of the host's nodes");
        hint(c,
             "write -object memory-backend-file,id=m0,size=%" PRIu64
             "M,mem-path=%.*s,host-nodes=0,policy=bind and -numa "
             "node,memdev=m0",
             kvm->bytes.value >> 20, VNUMA__TEXT_ARG(kvm->all.path));
    }
}

/* Which may be given out meanwhile, also those that are bound. */
static void report_late(const vnuma__checking *c, const vnuma__backend *b)
{
    vnuma_span span = b->path.ptr                     ? b->path.span
                      : vnuma__is_given(b->page.span) ? b->page.span
                                                      : b->hugetlb.span;

    if (b->prealloc.value || (!b->page.value && !vnuma__is_huge_path(b->path)))
        return;
    report(c, span,
           "huge pages are taken as the guest comes to them: where none are "
           "left, SIGBUS ends it");
    hint(c, "%s", b == &KVM(c)->all ? "add -mem-prealloc" : "add prealloc=on");
}

static void check_late(vnuma__checking *c)
{
    const vnuma__backend *b;

    if (KVM(c)->form != VNUMA__FORM_QEMU)
        return;
    for (b = KVM(c)->backends; b; b = b->next)
        report_late(c, b);
    if (!KVM(c)->backends)
        report_late(c, &KVM(c)->all);
}

/* ---- policy and sharing ------------------------------------------------- */

static void check_preferred_several(vnuma__checking *c, unsigned int i)
{
    const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);

    if (memory->policy.value != VNUMA__KVM_PREFERRED ||
        vnuma__set_count(&memory->pnodes) < 2)
        return;
    report(c, memory->pnodes.span,
           "preferred with several host nodes is the lowest of them, %" PRIu32
           ", and the rest goes anywhere; %s",
           vnuma__set_lowest(&memory->pnodes), SINCE(PREFERRED_MANY));
    hint(c, "name one, or take %s or interleave",
         WORDS(c)->policies[VNUMA__KVM_STRICT]);
}

static bool is_one_of(vnuma__text name, const char *const *beginnings)
{
    while (*beginnings && !vnuma__text_starts_with(name, *beginnings))
        beginnings++;
    return *beginnings != NULL;
}

/* A device whose other end is another process. */
static const vnuma__kvm_device *find_sharing(const vnuma__checking *c)
{
    static const char *const names[] = { "vhost-user", "vhostuser", "virtiofs",
                                         NULL };
    const vnuma__kvm_device *device = KVM(c)->devices;

    while (device && !is_one_of(device->driver, names))
        device = device->next;
    return device;
}

/* Memory that is not carried is named; it would be counted nowhere. */
static void check_memory_device(vnuma__checking *c)
{
    static const char *const names[] = { "pc-dimm",    "dimm",        "nvdimm",
                                         "virtio-mem", "virtio-pmem", "cxl-",
                                         "epc",        "sgx-epc",     NULL };
    const vnuma__backend *memory;
    const vnuma__kvm_device *device;

    for (device = KVM(c)->devices; device; device = device->next)
        if (is_one_of(device->driver, names))
            report(c,
                   KVM(c)->form == VNUMA__FORM_QEMU ? device->driver.span
                                                    : device->span,
                   "%.*s adds memory to a node, which is not counted here",
                   VNUMA__TEXT_ARG(device->driver));
    for (memory = KVM(c)->backends; memory; memory = memory->next)
        if (memory->kind.value == VNUMA__BACKEND_OTHER)
            report(c, memory->span,
                   "memory of SGX is for enclaves, and is not counted here");
}

static void check_share_missing(vnuma__checking *c, unsigned int i)
{
    const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);

    const vnuma__kvm_device *device = find_sharing(c);

    if (!device || memory->share.value)
        return;
    report(c,
           vnuma__is_given(memory->span) ? memory->span
                                         : c->config->vnodes[i].span,
           "the memory of node %u is not shared", i);
    related(c, device->span, "this device needs shared memory");
    hint(c, "add share=on (QEMU), or <access mode='shared'/> (libvirt)");
}

/* ---- far from the vcpus ------------------------------------------------- */

/* Adds where vcpus of a vnode may run; false: anywhere. */
static bool find_pcpus(vnuma__checking *c, unsigned int v,
                       vnuma_bitmap *pcpus_r)
{
    const vnuma_affinities *cpus = &c->config->cpus;
    unsigned int item;
    uint32_t vcpu;

    VNUMA_BITMAP_FOREACH(vcpu, &c->config->vnodes[v].vcpus) {
        item = vnuma__affinity_item(cpus, vcpu);
        if (cpus->items[item].terms[0].is_all)
            return false;
        c->rc = vnuma__item_pcpus(cpus, item, c->topology, pcpus_r);
        if (c->rc)
            return false;
    }
    return vnuma_bitmap_count(pcpus_r);
}

/* The only pnode that has one of these; NULL: several have. */
static const vnuma_pnode *find_only(const vnuma_topology *topology,
                                    const vnuma_bitmap *pcpus)
{
    const vnuma_pnode *found = NULL;
    unsigned int i;
    uint32_t pcpu;

    for (i = 0; i < topology->num_pnodes; i++)
        VNUMA_BITMAP_FOREACH(pcpu, &topology->pnodes[i].pcpus) {
            if (!vnuma_bitmap_test(pcpus, pcpu) ||
                found == &topology->pnodes[i])
                continue;
            if (found)
                return NULL;
            found = &topology->pnodes[i];
        }
    return found;
}

/* "cell 0's vCPUs are on node 1, its memory may be on 1 or 2" */
static void check_memory_wide(vnuma__checking *c, unsigned int i)
{
    const vnuma__backend *memory = vnuma__kvm_memory(c->config, i);
    const vnuma_pnode *pnode = NULL;
    vnuma_bitmap pcpus = { 0 };

    if (!c->topology || !c->config->cpus.num_items ||
        memory->policy.value == VNUMA__KVM_INTERLEAVE ||
        vnuma__set_count(&memory->pnodes) < 2)
        return;
    if (find_pcpus(c, i, &pcpus))
        pnode = find_only(c->topology, &pcpus);
    vnuma_bitmap_dispose(&pcpus);
    if (!pnode || !vnuma__set_has(&memory->pnodes, pnode->pnode))
        return;
    report(c, memory->pnodes.span,
           "the vcpus of node %u run on the host's node %" PRIu32
           ", and its memory may be on others of these too",
           i, pnode->pnode);
    hint(c, "write <memnode cellid='%u' mode='strict' nodeset='%" PRIu32 "'/>",
         i, pnode->pnode);
}

static void check_no_cpus(vnuma__checking *c, unsigned int i)
{
    const vnuma_vnode *vnode = &c->config->vnodes[i];
    const vnuma_pnode *pnode = vnuma__check_pnode(c, vnode);

    if (!pnode || vnuma_bitmap_count(&pnode->pcpus) ||
        !vnuma_bitmap_count(&vnode->vcpus))
        return;
    report(c, vnode->pnode.span,
           "the host's node %" PRIu32
           " has no CPUs, so the vcpus of node %u are always far from their "
           "memory",
           pnode->pnode, i);
    hint(c, "such nodes are for nodes of the guest without vcpus");
}

const vnuma__check vnuma__kvm_memory_checks[] = {
    CHECK("memory-device", NOTE, GUEST, 0, 0,
          "memory that is not counted here", check_memory_device),
    CHECK("preferred-several", WARNING, ADVICE, POLICY, 0,
          "preferred has several host nodes", .each = check_preferred_several),
    CHECK("share-missing", WARNING, ADVICE, 0, 0,
          "a vhost-user device, and memory that is not shared",
          .each = check_share_missing),
    CHECK("page-ignored", WARNING, ADVICE, 0, 0, "a page size that is ignored",
          check_page_ignored),
    CHECK("mem-path", WARNING, ADVICE, 0, 0,
          "-mem-path next to memory backends, or without nodes",
          check_mem_path),
    CHECK("prealloc", NOTE, ADVICE, 0, 0,
          "huge pages that are not allocated at once", check_late),
    CHECK("page-part", WARNING, ADVICE, SIZE | MEMORY | VNODES, 0,
          "a size that is not whole huge pages", check_page_part),
    CHECK("balloon-pages", NOTE, ADVICE, MEMORY | VNODES, 0,
          "a balloon over huge pages", check_balloon_pages),
    CHECK("memory-wide", WARNING, ADVICE, CPUS | POLICY | VNODES | VCPUS, 0,
          "memory may be on more nodes than its vcpus",
          .each = check_memory_wide),
    CHECK("pnode-no-cpus", WARNING, ADVICE, POLICY | VNODES | VCPUS, 0,
          "vcpus on a pnode without CPUs", .each = check_no_cpus),
    { { NULL } },
};
