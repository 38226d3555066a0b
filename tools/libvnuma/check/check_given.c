/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each part of a guest of KVM has to say, and what may not be 0 or empty,
 * as one table for all forms; and elements that a document of libvirt has once.
 */
#include "config.h"

#include "check/check_kvm.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "forms/reader.h"

/* ---- members ------------------------------------------------------------ */

#define MUST 1u    /* it is written */
#define NONZERO 2u /* it is not 0; of a set: not empty */
#define ALL 4u     /* one guest has one of it */

typedef struct {
    vnuma__form form;
    unsigned int rules;
    size_t list; /* of which each has it; ALL: 0 */
    size_t member;
    bool is_set;
    const char *part, *name; /* "<memnode>", "cellid=" */
} given;

#define KVM_AT(member) offsetof(vnuma__kvm, member)
#define TUNE(member) offsetof(vnuma__kvm_tune, member)
#define LB(member) offsetof(vnuma__kvm_hmat, member)
#define CACHE(member) offsetof(vnuma__kvm_cache, member)
#define VIRT VNUMA__FORM_LIBVIRT
#define QEMU VNUMA__FORM_QEMU

static const given table[] = {
    { VIRT, ALL | NONZERO, 0, KVM_AT(maxvcpus), false, "<vcpu>",
      "the number" },
    { VIRT, ALL | NONZERO, 0, KVM_AT(vcpus), false, "<vcpu>", "current=" },
    { VIRT, ALL | NONZERO, 0, KVM_AT(pcpus), true, "<vcpu>", "cpuset=" },
#define LEVEL(i, rules, name)                                                 \
    {                                                                         \
        VIRT, ALL | NONZERO | (rules), 0, KVM_AT(levels[i]), false,           \
            "<topology>", name                                                \
    }
    LEVEL(SOCKETS, MUST, "sockets="),
    LEVEL(DIES, 0, "dies="),
    LEVEL(CORES, MUST, "cores="),
    LEVEL(THREADS, MUST, "threads="),
    { VIRT, ALL | NONZERO, 0, KVM_AT(numatune.set), true,
      "<memory> of <numatune>", "nodeset=" },
    { VIRT, MUST, KVM_AT(tunes), TUNE(of), false, "<memnode>", "cellid=" },
    { VIRT, NONZERO, KVM_AT(tunes), TUNE(set), true, "<memnode>", "nodeset=" },
    { VIRT, MUST | NONZERO, KVM_AT(pages), TUNE(of), false, "<page>",
      "size=" },
    { VIRT, NONZERO, KVM_AT(pages), TUNE(set), true, "<page>", "nodeset=" },
    { VIRT, MUST, KVM_AT(pins), TUNE(of), false, "<vcpupin>", "vcpu=" },
    { VIRT, MUST | NONZERO, KVM_AT(pins), TUNE(set), true, "<vcpupin>",
      "cpuset=" },
#define LBS(form, member, part, name)                                         \
    {                                                                         \
        form, MUST, KVM_AT(hmats), LB(member), false, part, name              \
    }
    LBS(VIRT, initiator, "<latency> or <bandwidth>", "initiator="),
    LBS(VIRT, target, "<latency> or <bandwidth>", "target="),
    LBS(VIRT, data, "<latency> or <bandwidth>", "type="),
    LBS(QEMU, initiator, "-numa hmat-lb", "initiator="),
    LBS(QEMU, target, "-numa hmat-lb", "target="),
    LBS(QEMU, level, "-numa hmat-lb", "hierarchy="),
    LBS(QEMU, data, "-numa hmat-lb", "data-type="),
#define CACHES(form, rules, member, part, name)                               \
    {                                                                         \
        form, MUST | (rules), KVM_AT(caches), CACHE(member), false, part,     \
            name                                                              \
    }
    CACHES(VIRT, NONZERO, level, "<cache>", "level="),
    CACHES(VIRT, 0, associativity, "<cache>", "associativity="),
    CACHES(VIRT, 0, policy, "<cache>", "policy="),
    CACHES(VIRT, 0, bytes, "<cache>", "a <size>"),
    CACHES(VIRT, NONZERO, line, "<cache>", "a <line>"),
    CACHES(QEMU, 0, node, "-numa hmat-cache", "node-id="),
    CACHES(QEMU, 0, bytes, "-numa hmat-cache", "size="),
    CACHES(QEMU, NONZERO, level, "-numa hmat-cache", "level="),
    CACHES(QEMU, 0, associativity, "-numa hmat-cache", "associativity="),
    CACHES(QEMU, 0, policy, "-numa hmat-cache", "policy="),
    CACHES(QEMU, 0, line, "-numa hmat-cache", "line="),
};

/* Whether reading found a mistake there, so that nothing is missing. */
static bool has_error(const vnuma__checking *c, vnuma_span span)
{
    unsigned int i;

    for (i = 0; i < c->num_read; i++) {
        const vnuma_diag *diag = vnuma_diags_at(c->diags, i);

        if (diag->severity == VNUMA_SEVERITY_ERROR &&
            diag->span.start >= span.start && diag->span.end <= span.end)
            return true;
    }
    return false;
}

/* @part: begins as the structs of lists do; @member: in it. */
static void check_member(const vnuma__checking *c, const given *row,
                         vnuma_span part, const void *member)
{
    const vnuma__set *set = member;
    const vnuma_number *number = member;
    vnuma_span span = row->is_set ? set->span : number->span;
    bool is_zero = row->is_set ? !set->first : !number->value;

    if (!vnuma__is_given(span)) {
        if (row->rules & MUST && !has_error(c, part))
            report(c, part, "a %s has %s", row->part, row->name);
    } else if (is_zero && row->rules & NONZERO && !has_error(c, span)) {
        report(c, span,
               row->is_set ? "%s in %s has nothing left" : "%s in %s is 0",
               row->name, row->part);
    }
}

/* libvirt passes over pins of vcpus that are not there. */
static bool is_passed_over(const vnuma__checking *c, const given *row,
                           const vnuma__kvm_tune *part)
{
    return row->list == KVM_AT(pins) && vnuma__is_given(part->of.span) &&
           part->of.value >= c->config->maxvcpus.value;
}

/* ---- elements ----------------------------------------------------------- */

static const vnuma__item *first_below(const vnuma__item *parent,
                                      const char *name)
{
    const vnuma__item *item;

    VNUMA__ITEM_FOREACH(item, parent)
        if (item->tag_end && vnuma__text_equal(item->name, name))
            return item;
    return NULL;
}

static void check_empty(const vnuma__checking *c, const vnuma__item *item,
                        const char *name, const char *child)
{
    if (item && !first_below(item, child))
        report(c, vnuma__head(item), "<%s> has no <%s>", name, child);
}

static void check_cells(const vnuma__checking *c, const vnuma__item *numa)
{
    const vnuma__item *cell;

    check_empty(c, numa, "numa", "cell");
    VNUMA__ITEM_FOREACH(cell, numa)
        if (cell->tag_end && vnuma__text_equal(cell->name, "cell"))
            check_empty(c, first_below(cell, "distances"), "distances",
                        "sibling");
}

static void check_document(const vnuma__checking *c)
{
    const vnuma__item *item, *vcpu = first_below(KVM(c)->document, "vcpu");

    VNUMA__ITEM_FOREACH(item, KVM(c)->document)
        if (item->tag_end && vnuma__text_equal(item->name, "cpu"))
            check_cells(c, first_below(item, "numa"));
    if (vcpu && !vcpu->value.ptr)
        report(c, vnuma__head(vcpu), "<vcpu> has no number");
}

/* @row: of <topology>, which may be left out, but not be empty. */
static vnuma_span topology_span(const vnuma__checking *c)
{
    const vnuma__item *cpu = first_below(KVM(c)->document, "cpu");
    const vnuma__item *topology = first_below(cpu, "topology");

    return topology ? vnuma__head(topology) : VNUMA__NOWHERE;
}

static void check_given(vnuma__checking *c)
{
    vnuma_span topology = VNUMA__NOWHERE;
    const vnuma__kvm_tune *part;
    const given *row;

    if (KVM(c)->form == VIRT) {
        topology = topology_span(c);
        check_document(c);
    }
    for (row = table; row < table + sizeof(table) / sizeof(*table); row++) {
        const char *at = (const char *)KVM(c) + row->list;

        if (row->form != KVM(c)->form)
            continue;
        if (row->rules & ALL) {
            if (vnuma__is_given(topology) || !(row->rules & MUST))
                check_member(c, row, topology, at + row->member);
            continue;
        }
        memcpy(&part, at, sizeof(part));
        for (; part; part = part->next)
            if (!is_passed_over(c, row, part))
                check_member(c, row, part->span,
                             (const char *)part + row->member);
    }
}

/* ---- a document --------------------------------------------------------- */

static void check_twice(vnuma__checking *c)
{
    const vnuma__item *item, *first = NULL;

    VNUMA__ITEM_FOREACH(item, KVM(c)->document) {
        if (!item->tag_end || !vnuma__text_equal(item->name, "numatune"))
            continue;
        if (first) {
            report(c, vnuma__head(item), "there is a second <numatune>");
            related(c, vnuma__head(first), "the first is here");
            break;
        }
        first = item;
    }
}

static void check_pins(vnuma__checking *c)
{
    const vnuma__kvm_tune *pin, *firsts[VNUMA__KVM_MAX_VCPUS] = { NULL };
    uint64_t vcpu;

    for (pin = KVM(c)->pins; pin; pin = pin->next) {
        vcpu = pin->of.value;
        if (!vnuma__is_given(pin->of.span) ||
            vcpu >= c->config->maxvcpus.value)
            continue;
        assert(vcpu < VNUMA__KVM_MAX_VCPUS);
        if (!firsts[vcpu]) {
            firsts[vcpu] = pin;
            continue;
        }
        report(c, pin->of.span, "vcpu %" PRIu64 " has two <vcpupin>s", vcpu);
        related(c, firsts[vcpu]->span, "the first is here");
    }
}

/* Its driver for QEMU refuses these with <hugepages>. */
static void check_pages(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);

    if (!kvm->pages)
        return;
    if (vnuma__is_given(kvm->allocation.span) && !kvm->allocation.value) {
        report(c, kvm->allocation.span,
               "huge pages are allocated at once, not on demand");
        hint(c, "leave out <allocation>");
        related(c, kvm->pages->span, "huge pages are here");
    }
    if (vnuma__is_given(kvm->all.kind.span) &&
        kvm->all.kind.value == VNUMA__BACKEND_RAM) {
        report(c, kvm->all.kind.span,
               "huge pages are in files or memfd, not anonymous");
        hint(c, "leave out <source>");
        related(c, kvm->pages->span, "huge pages are here");
    }
}

/* <iommu><driver eim='on'/> */
static bool has_eim(const vnuma__checking *c)
{
    const vnuma__item *devices = first_below(KVM(c)->document, "devices");
    const vnuma__item *driver =
        first_below(first_below(devices, "iommu"), "driver");
    const vnuma__item *eim = vnuma__item_find(driver, "eim");

    return eim && vnuma__text_equal(eim->value, "on");
}

static void check_libvirt(vnuma__checking *c)
{
    if (KVM(c)->form != VIRT)
        return;
    check_twice(c);
    check_pins(c);
    check_pages(c);
    if (!KVM(c)->bytes.value && !(c->config->unsound & MEMORY)) {
        report(c, KVM(c)->whole, "the guest has no memory");
        hint(c, "write <memory unit='GiB'>4</memory>");
    }
    if (KVM(c)->clusters.len && !vnuma__text_equal(KVM(c)->clusters, "1"))
        report_as(c, VNUMA_SEVERITY_WARNING, KVM(c)->clusters.span,
                  "machines of x86 have no clusters, so this is passed over; "
                  "%s",
                  SINCE(NO_CLUSTERS));
    if (c->config->maxvcpus.value > 255 && !has_eim(c) &&
        (vnuma__text_starts_with(KVM(c)->machine, "q35") ||
         vnuma__text_starts_with(KVM(c)->machine, "pc-q35"))) {
        report_as(c, VNUMA_SEVERITY_WARNING, c->config->maxvcpus.span,
                  "more than 255 vcpus need an <iommu> with extended "
                  "interrupts");
        hint(c,
             "add <iommu model='intel'><driver intremap='on' eim='on'/>"
             "</iommu> to <devices>; %s",
             SINCE(IOMMU));
    }
}

const vnuma__check vnuma__given_checks[] = {
    CHECK("empty-value", ERROR, GUEST, 0, 0,
          "an option without a value, or a node without it", check_given),
    CHECK("libvirt", ERROR, GUEST, 0, 0, "a document that libvirt refuses",
          check_libvirt),
    { { NULL } },
};
