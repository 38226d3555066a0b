/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest on its way to another format: a value of its own, of which every
 * number that counts is given, with nothing left open.
 */
#ifndef VNUMA_KVM_PORT_H
#define VNUMA_KVM_PORT_H

#include "base/hmat.h"
#include "kvm/kvm.h"

typedef struct {
    vnuma__arena *memory;   /* owned; all of it is in there */
    vnuma__kvm *kvm;        /* its form is that which it was read from */
    vnuma_guest_type type;  /* of the guest that it is made of */
    bool pins_to_pnodes;    /* has pins that no list of pcpus says */
    unsigned int hmat_lost; /* bits of VNUMA__LOST_ */
    const char *hmat_path;  /* borrowed; xl_vnuma_hmat=; NULL: none */
} vnuma__port;

/* What of an HMAT neither QEMU nor libvirt says. */
enum {
    VNUMA__LOST_EXACT = 1 << 0,   /* numbers */
    VNUMA__LOST_NO_WAY = 1 << 1,  /* from vcpus to memory */
    VNUMA__LOST_NEAREST = 1 << 2, /* others than a node's own vcpus */
    VNUMA__LOST_CACHE = 1 << 3,
};

typedef struct {
    const vnuma_plan *plan;         /* or NULL: as it is written */
    const vnuma_topology *topology; /* of the plan */
    const vnuma__hmat *hmat;        /* of a guest of xl; NULL: none */
    bool has_page, prealloc;
    uint64_t page; /* of all nodes, in bytes; 0: ordinary */
} vnuma__port_options;

/*
 * The text that @config was read from stays while @port_r is used.  What is
 * open without a plan is reported.  Returns 0, VNUMA_ERROR_CONFIG or
 * VNUMA_ERROR_NOMEM; then there is nothing to dispose.
 */
int vnuma__port_make(const vnuma_config *config,
                     const vnuma__port_options *options, vnuma__port *port_r,
                     vnuma_diags *diags);
/* A node's memory as QEMU says it. */
vnuma__backend vnuma__port_backend(const vnuma__kvm_node *node);
void vnuma__port_dispose(vnuma__port *port);

/* As if it were written. */
vnuma_number vnuma__port_number(uint64_t value);

/*
 * port_hmat.c: how fast memory is.  Of an HMAT what @kvm, which has its nodes,
 * can say; returns what is lost.  Of another guest of KVM all.
 */
unsigned int vnuma__port_take_hmat(vnuma__maker *m, const vnuma__hmat *hmat,
                                   vnuma__kvm *kvm);
void vnuma__port_keep_hmat(vnuma__maker *m, const vnuma__kvm *from,
                           vnuma__kvm *kvm);
/*
 * And back: the HMAT that a guest of KVM gets.
 * @hmat_r: all zeroes; stays so when nothing is said
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__port_to_hmat(const vnuma__kvm *kvm, vnuma__hmat *hmat_r);

#endif
