/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that libvirt's driver for Xen starts: what it refuses, and what it
 * makes of the nodes where xl-vnuma is not loaded into libvirtd.
 */
#include "config.h"

#include "check/check_kvm.h"

#define IS_XEN(c) (KVM(c)->is_xen && KVM(c)->nodes)

static bool is_pv(const vnuma__checking *c)
{
    return vnuma__text_equal(KVM(c)->os, "linux") ||
           vnuma__text_equal(KVM(c)->os, "xen");
}

/* The driver ends without a word. */
static void check_xen_cell(vnuma__checking *c)
{
    const vnuma__kvm_node *node = KVM(c)->nodes;

    for (; KVM(c)->is_xen && node; node = node->next)
        if (!node->cpus.first) {
            report(c, node->span,
                   "libvirt's driver for Xen starts no guest that has a cell "
                   "without cpus=");
            hint(c, "write the vnodes in <metadata>: vnuma-libvirt(8)");
        }
}

static void check_xen_memory(vnuma__checking *c)
{
    if (IS_XEN(c) && vnuma__is_given(KVM(c)->current.span) &&
        KVM(c)->current.value < KVM(c)->bytes.value) {
        report(c, KVM(c)->current.span,
               "Xen does not start a guest with cells and less memory than it "
               "may have");
        hint(c, "make <currentMemory> the same as <memory>");
    }
}

static void check_xen_alone(vnuma__checking *c)
{
    const vnuma__kvm *kvm = KVM(c);
    const vnuma__kvm_tune *tune = kvm->tunes ? kvm->tunes : &kvm->numatune;

    if (!IS_XEN(c))
        return;
    if (is_pv(c))
        report_as(c, VNUMA_SEVERITY_WARNING, kvm->nodes->span,
                  "xl-vnuma places guests of type hvm and xenpvh, not of "
                  "paravirtual ones");
    else if (c->topology && kvm->num_nodes > c->topology->num_pnodes)
        report(c, kvm->nodes->span,
               "without xl-vnuma in libvirtd all %u cells are on node 0, "
               "since the host has %u",
               kvm->num_nodes, c->topology->num_pnodes);
    else
        report(c, kvm->nodes->span,
               "without xl-vnuma in libvirtd cell N is on node N of the host");
    if (vnuma__is_given(tune->span) && !is_pv(c))
        report(c, tune->span,
               "libvirt's driver for Xen does not look at <numatune>; "
               "xl-vnuma in libvirtd does");
    if (vnuma__text_equal(kvm->os, "xenpvh"))
        report(c, kvm->nodes->span,
               "without xl-vnuma in libvirtd Xen does not start PVH guests "
               "with cells");
}

const vnuma__check vnuma__libvirt_xen_checks[] = {
    CHECK("xen-cell", ERROR, GUEST, VCPUS, VCPUS,
          "a cell that libvirt's driver for Xen does not start",
          check_xen_cell),
    CHECK("xen-memory", ERROR, GUEST, MEMORY, 0,
          "cells, and less memory than the guest may have", check_xen_memory),
    CHECK("xen-alone", NOTE, ADVICE, 0, 0,
          "what libvirt's driver for Xen makes of cells by itself",
          check_xen_alone),
    { { NULL } },
};
