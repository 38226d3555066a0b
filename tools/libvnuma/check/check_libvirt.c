/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of what only libvirt's documents or Proxmox's confs can say. */
#include "config.h"

#include "check/check_kvm.h"

#include <inttypes.h>
#include <string.h>

/* ---- nodes -------------------------------------------------------------- */

/* In libvirt's and Proxmox's words a node has these itself. */
static void check_empty_value(vnuma__checking *c)
{
    static const char *const words[][2] = {
        [VNUMA__FORM_LIBVIRT] = { NULL, "a <cell> has memory=" },
        [VNUMA__FORM_PROXMOX] = { "a node of Proxmox has cpus=",
                                  "a node of Proxmox has memory=" },
    };
    const char *const *missing = words[KVM(c)->form];
    const vnuma__kvm_node *node = KVM(c)->nodes;

    if (KVM(c)->form == VNUMA__FORM_QEMU)
        return;
    for (; node; node = node->next)
        if (missing[0] && !vnuma__set_is_given(&node->cpus))
            report(c, node->span, "%s", missing[0]);
        else if (!vnuma__is_given(node->own.bytes.span))
            report(c, node->span, "%s", missing[1]);
}

static void report_cell(const vnuma__checking *c, uint64_t cell,
                        vnuma_span span)
{
    const vnuma__kvm_node *node = KVM(c)->nodes;

    while (node && node->id.value != cell)
        node = node->next;
    if (node)
        return;
    report(c, span, "there is no cell %" PRIu64, cell);
    if (KVM(c)->num_nodes)
        hint(c, "cells are the guest's nodes, 0 to %u", KVM(c)->num_nodes - 1);
}

static void check_cell_unknown(vnuma__checking *c)
{
    const vnuma__kvm_tune *tune;
    const vnuma__range *range;

    for (tune = KVM(c)->tunes; tune; tune = tune->next)
        if (vnuma__is_given(tune->of.span))
            report_cell(c, tune->of.value, tune->of.span);
    for (tune = KVM(c)->pages; tune; tune = tune->next)
        for (range = tune->set.first; range; range = range->next)
            report_cell(c, range->last, range->span);
}

/* What libvirt refuses of <numatune>, or leaves to numad. */
static void check_memnode(vnuma__checking *c)
{
    const vnuma__kvm_tune *all = &KVM(c)->numatune, *tune, *other;
    bool is_restrictive = all->policy.value == VNUMA__KVM_RESTRICTIVE;

    if (all->placement.value)
        report_as(c, VNUMA_SEVERITY_NOTE, all->placement.span,
                  "numad chooses the host's nodes when the guest starts, so "
                  "they are not known here");
    for (tune = KVM(c)->tunes; tune; tune = tune->next) {
        if (vnuma__is_enough(c->diags))
            return;
        for (other = KVM(c)->tunes; other != tune; other = other->next)
            if (vnuma__is_given(other->of.span) &&
                other->of.value == tune->of.value)
                break;
        if (other != tune && vnuma__is_given(tune->of.span)) {
            report(c, tune->of.span, "cell %" PRIu64 " has two <memnode>s",
                   tune->of.value);
            related(c, other->span, "the other is here");
        } else if (all->placement.value) {
            report(c, tune->span,
                   "libvirt takes no <memnode> where numad chooses");
            related(c, all->placement.span, "it does so here");
        } else if (is_restrictive &&
                   tune->policy.value != VNUMA__KVM_RESTRICTIVE) {
            report(c, tune->policy.span,
                   "where <memory> is restrictive, each <memnode> is");
            related(c, all->span, "<memory> is here");
        } else if (tune->policy.value == VNUMA__KVM_RESTRICTIVE &&
                   !is_restrictive) {
            report_as(c, VNUMA_SEVERITY_WARNING, tune->policy.span,
                      "this is restrictive, and <memory> is not: newer "
                      "libvirts refuse it");
            hint(c, "add <memory mode='restrictive' nodeset='...'/>; %s",
                 SINCE(RESTRICTIVE));
        }
    }
}

/* Two sizes for one cell, or for all cells that no other is for. */
static void check_page_twice(vnuma__checking *c)
{
    const vnuma__kvm_tune *page, *other;
    const vnuma__kvm_node *node;
    bool is_same;

    for (page = KVM(c)->pages; page; page = page->next)
        for (other = KVM(c)->pages; other != page; other = other->next) {
            is_same = !vnuma__set_is_given(&page->set) &&
                      !vnuma__set_is_given(&other->set);
            for (node = KVM(c)->nodes; node; node = node->next)
                is_same |=
                    vnuma__set_has(&page->set, (uint32_t)node->id.value) &&
                    vnuma__set_has(&other->set, (uint32_t)node->id.value);
            if (!is_same)
                continue;
            report(c, page->span, "this is a second size of the same pages");
            related(c, other->span, "the first is here");
        }
}

/* What QEMU takes and libvirt does not. */
static void check_links(vnuma__checking *c)
{
    const vnuma__kvm_hmat *h = KVM(c)->hmats;

    if (KVM(c)->form != VNUMA__FORM_LIBVIRT)
        return;
    for (; h && !vnuma__is_enough(c->diags); h = h->next) {
        if (vnuma__kvm_is_of_no_cache(KVM(c), h))
            report(c, h->level.span,
                   "cell %" PRIu64 " has no <cache> of level %" PRIu64,
                   h->target.value, h->level.value);
        if (vnuma__kvm_is_way_back(KVM(c), h)) {
            report(c, h->span,
                   "libvirt takes what is between two cells in one direction "
                   "only");
            related(c, KVM(c)->hmats->span, "the first is here");
        }
    }
}

static void check_most(vnuma__checking *c)
{
    if (KVM(c)->form != VNUMA__FORM_LIBVIRT || KVM(c)->num_nodes ||
        !vnuma__is_given(KVM(c)->maxmem.span))
        return;
    report(c, KVM(c)->maxmem.span,
           "libvirt adds memory only to guests with cells");
    hint(c, "add <numa> with a <cell> to <cpu>, or leave out <maxMemory>");
}

/* ---- Proxmox ------------------------------------------------------------ */

static bool is_page_of_proxmox(const vnuma_number *page)
{
    return page->value == 2 << 20 || page->value == 1 << 30;
}

/* A list of host nodes is joined with commas, which QEMU then refuses. */
static void check_proxmox_node(const vnuma__checking *c,
                               const vnuma__kvm_node *node)
{
    const vnuma__set *pnodes = &node->backend->pnodes;
    bool is_list = pnodes->first && pnodes->first->next;
    const vnuma__finding findings[] = {
        { is_list, pnodes->span,
          "Proxmox hands a list of host nodes to QEMU in a way that QEMU "
          "refuses",
          "write one node, or one range such as 0-1" },
        { !is_list && vnuma__is_given(node->id.span) &&
              vnuma__is_given(KVM(c)->all.page.span) &&
              vnuma__set_count(pnodes) != 1,
          node->span, "with hugepages: each node names one host node" },
    };

    REPORT_FINDINGS(c, findings);
}

/* What qemu-server refuses of a conf. */
static void check_proxmox(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    const vnuma__kvm_node *node = kvm->nodes;
    vnuma__text plugs = kvm->hotplug;
    bool has_page = vnuma__is_given(kvm->all.page.span);
#define ZERO(number)                                                          \
    {                                                                         \
        vnuma__is_given((number).span) && !(number).value, (number).span,     \
            "there is at least 1"                                             \
    }
    const vnuma__finding findings[] = {
        ZERO(kvm->bytes),
        ZERO(kvm->levels[SOCKETS]),
        ZERO(kvm->levels[CORES]),
        { node && !kvm->numa.value, node ? node->span : kvm->whole,
          "without numa: 1 there are no nodes", .is_warning = true },
        { has_page && !kvm->numa.value, kvm->all.page.span,
          "hugepages: needs numa: 1" },
        { has_page && !is_page_of_proxmox(&kvm->all.page), kvm->all.page.span,
          "Proxmox has huge pages of 2 and 1024 MiB", "write any, 2 or 1024" },
        { node && plugs.len && memmem(plugs.ptr, plugs.len, "memory", 6),
          plugs.span, "memory is not plugged into a guest with numaN:",
          "leave memory out of hotplug:, or leave out numaN:" },
        { has_page && node && !vnuma__is_given(node->id.span),
          kvm->all.page.span,
          "huge pages are allocated on the host's nodes of the sockets' "
          "numbers, but memory is bound to none",
          "write numaN: with hostnodes= and policy=bind", .is_warning = true },
    };

    if (kvm->form != VNUMA__FORM_PROXMOX)
        return;
    REPORT_FINDINGS(c, findings);
    for (; node; node = node->next)
        check_proxmox_node(c, node);
}

const vnuma__check vnuma__libvirt_checks[] = {
    CHECK("empty-value", ERROR, GUEST, SIZE | VCPUS, SIZE | VCPUS,
          "an option without a value, or a node without it",
          check_empty_value),
    CHECK("cell-unknown", ERROR, GUEST, VNODES, 0,
          "numatune or hugepages for a cell that does not exist",
          check_cell_unknown),
    CHECK("memnode", ERROR, GUEST, POLICY, POLICY,
          "a <numatune> that libvirt refuses, or leaves to numad",
          check_memnode),
    CHECK("page-twice", ERROR, GUEST, 0, 0,
          "two sizes of huge pages for one cell", check_page_twice),
    CHECK("hmat", ERROR, GUEST, VNODES, 0,
          "latencies and bandwidths that libvirt refuses", check_links),
    CHECK("maxmem", ERROR, GUEST, VNODES, 0, "<maxMemory> without cells",
          check_most),
    CHECK("proxmox", ERROR, GUEST, POLICY, 0, "a conf that Proxmox refuses",
          check_proxmox),
    { { NULL } },
};
