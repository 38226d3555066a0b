/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest of KVM: what QEMU's line, libvirt's XML or Proxmox's conf says in
 * addition to the settings that every guest has.  Everything here is in the
 * arena of its config, so nothing is freed by itself.
 */
#ifndef VNUMA_KVM_H
#define VNUMA_KVM_H

#include "base/arena.h"
#include "guest/guest.h"

/* What QEMU allows, newest releases included; xl-vnuma's limits are lower. */
#define VNUMA__KVM_MAX_NODES 128u
#define VNUMA__KVM_MAX_VCPUS 4096u

typedef enum {
    VNUMA__FORM_XL,
    VNUMA__FORM_QEMU,
    VNUMA__FORM_LIBVIRT,
    VNUMA__FORM_PROXMOX,
} vnuma__form;

/* Numbers first to last of a list, both included; "^" takes them away. */
typedef struct vnuma__range {
    uint32_t first, last;
    bool is_excluded;
    vnuma_span span;
    struct vnuma__range *next;
} vnuma__range;

typedef struct {
    vnuma__range *first, *last;
    vnuma_span span; /* source NULL: not given */
} vnuma__set;

typedef enum {
    VNUMA__KVM_DEFAULT,
    VNUMA__KVM_PREFERRED,
    VNUMA__KVM_STRICT, /* QEMU: bind */
    VNUMA__KVM_INTERLEAVE,
    VNUMA__KVM_RESTRICTIVE, /* libvirt's: by cgroup, QEMU has no policy */
} vnuma__kvm_policy;

typedef enum {
    VNUMA__BACKEND_RAM,
    VNUMA__BACKEND_MEMFD,
    VNUMA__BACKEND_FILE,
    VNUMA__BACKEND_OTHER,
} vnuma__backend_kind;

/* Where memory comes from; a source of a span that is NULL: not given. */
typedef struct vnuma__backend {
    struct vnuma__backend *next;
    vnuma_span span;
    vnuma__backend_kind kind;
    vnuma__text id, path, context;
    vnuma_number bytes, policy, prealloc, threads, share, reserve;
    vnuma_number hugetlb, page; /* page: bytes */
    vnuma__set pnodes;
    unsigned int num_users;
} vnuma__backend;

/* -numa node, <cell>, numaN: */
typedef struct vnuma__kvm_node {
    struct vnuma__kvm_node *next;
    vnuma_span span;
    vnuma_number id; /* resolved; the span is that of the id if it is given */
    vnuma__set cpus;
    vnuma__text memdev;
    vnuma_number mem; /* bytes; QEMU's old mem= */
    vnuma_number initiator;
    vnuma__backend *backend; /* NULL: none, or none that exists */
} vnuma__kvm_node;

/* -numa dist, <sibling> */
typedef struct vnuma__kvm_dist {
    struct vnuma__kvm_dist *next;
    vnuma_span span;
    vnuma_number from, to, value;
} vnuma__kvm_dist;

enum { SOCKETS, DIES, CLUSTERS, CORES, THREADS, VNUMA__NUM_LEVELS };
extern const char *const vnuma__level_names[VNUMA__NUM_LEVELS]; /* "sockets" */

/* -numa cpu */
typedef struct vnuma__kvm_cpu {
    struct vnuma__kvm_cpu *next;
    vnuma_span span;
    vnuma_number node, ids[VNUMA__NUM_LEVELS];
} vnuma__kvm_cpu;

/* -numa hmat-lb, hmat-cache */
typedef struct vnuma__kvm_hmat {
    struct vnuma__kvm_hmat *next;
    vnuma_span span;
    bool is_cache;
    vnuma_number initiator, target, latency, bandwidth; /* or node-id, size */
} vnuma__kvm_hmat;

/* How vcpus are numbered: how many of each level are in the one above. */
typedef struct {
    uint64_t level[VNUMA__NUM_LEVELS];
} vnuma__smp;

struct vnuma__kvm {
    vnuma__form form;
    vnuma_span whole;     /* the command, the document */
    vnuma__text machine;  /* "pc-q35-6.2" */
    unsigned int version; /* of the machine: 602; 0: not said, so the newest */
    vnuma_number bytes;   /* of the guest, as it is written */
    vnuma_number slots, maxmem;
    vnuma_number levels[VNUMA__NUM_LEVELS]; /* as they are written */
    vnuma__smp smp;                         /* as it will be */
    vnuma__backend *backends;
    vnuma__backend all;      /* for memory that no node's own says */
    vnuma__text main_memory; /* -machine memory-backend= */
    vnuma_number mem_prealloc, mem_lock, hmat, accel_off;
    vnuma__text mem_path;
    vnuma__kvm_node *nodes;
    unsigned int num_nodes; /* in the list, which may have an id twice */
    vnuma__kvm_dist *dists;
    vnuma__kvm_cpu *cpus;
    vnuma__kvm_hmat *hmats;
    vnuma_span vhost_user;        /* a device that needs shared memory */
    vnuma_number numa;            /* Proxmox: numa: */
    struct vnuma__item *document; /* libvirt: <domain> */
    vnuma_number current;         /* libvirt: the balloon's target, bytes */
    vnuma__set loose; /* vcpus that no node names, while others are named */
    const vnuma__kvm_node *by_id[VNUMA_MAX_VNODES]; /* the first of each */
};
typedef struct vnuma__kvm vnuma__kvm;

/* Is a number of that set? */
bool vnuma__set_has(const vnuma__set *set, uint32_t number);
static inline bool vnuma__set_is_given(const vnuma__set *set)
{
    return vnuma__is_given(set->span);
}
/* The lowest that it has, or UINT32_MAX; how many below VNUMA_MAX_PNODES. */
uint32_t vnuma__set_lowest(const vnuma__set *set);
unsigned int vnuma__set_count(const vnuma__set *set);

/* forms.c */

vnuma__form vnuma__guest_form(const vnuma_source *source);
/* Is it a command as /proc/PID/cmdline has it, with NULs? */
bool vnuma__is_arguments(const vnuma_source *source);
/* As vnuma_config_parse(), into one that is empty. */
int vnuma__guest_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags);
/* "-m", "<memory>", "memory:"; "-numa node" and so on. */
typedef struct {
    const char *memory, *vcpus, *node, *policies[VNUMA__KVM_RESTRICTIVE + 1];
} vnuma__form_words;
extern const vnuma__form_words vnuma__words_of[VNUMA__FORM_PROXMOX + 1];

/* The size of its pages in bytes; 0: ordinary ones, or not known here. */
uint64_t vnuma__backend_page(const vnuma__kvm *kvm,
                             const vnuma__backend *memory);
/* The number of a vcpu's socket; of its core, in all. */
uint64_t vnuma__kvm_socket(const vnuma__kvm *kvm, uint32_t vcpu);
uint32_t vnuma__kvm_core(const vnuma__kvm *kvm, uint32_t vcpu);
/* Whether -numa cpu means it. */
bool vnuma__kvm_cpu_is(const vnuma__kvm *kvm, const vnuma__kvm_cpu *cpu,
                       uint32_t vcpu);

/* Its own page size and prealloc, or those that count for all. */
const vnuma__backend *vnuma__kvm_memory(const vnuma_config *config,
                                        unsigned int vnode);

#endif
