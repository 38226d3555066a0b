/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest on its way to another format: a value of its own, of which every
 * number that counts is given, with nothing left open.
 */
#ifndef VNUMA_KVM_PORT_H
#define VNUMA_KVM_PORT_H

#include "kvm/kvm.h"

typedef struct {
    vnuma__arena *memory;  /* owned; all of it is in there */
    vnuma__kvm *kvm;       /* its form is that which it was read from */
    vnuma_guest_type type; /* of the guest that it is made of */
    bool pins_to_pnodes;   /* has pins that no list of pcpus says */
} vnuma__port;

typedef struct {
    const vnuma_plan *plan;         /* or NULL: as it is written */
    const vnuma_topology *topology; /* of the plan */
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

#endif
