/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest of KVM as one value: what QEMU's line, libvirt's XML or Proxmox's
 * conf says in addition to the settings that every guest has.  Readers fill
 * it, settle.c completes it, writers walk it with the same tables of keys.
 * Everything here is in an arena, so nothing is freed by itself.
 */
#ifndef VNUMA_KVM_H
#define VNUMA_KVM_H

#include <setjmp.h>

#include "base/arena.h"
#include "base/text.h"
#include "guest/guest.h"

/* What QEMU allows, newest releases included; xl-vnuma's limits are lower. */
#define VNUMA__KVM_MAX_NODES 128u
#define VNUMA__KVM_MAX_VCPUS 4096u
#define VNUMA__MAX_RANGES 20000u /* in lists of a guest; bounds the work */

typedef enum {
    VNUMA__FORM_XL,
    VNUMA__FORM_QEMU,
    VNUMA__FORM_LIBVIRT,
    VNUMA__FORM_PROXMOX,
} vnuma__form;

/* Numbers first to last of a list, both included. */
typedef struct vnuma__range {
    struct vnuma__range *next;
    vnuma_span span;
    uint32_t first, last;
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

/*
 * Lists: each struct begins with the next one and its place in the text.
 * Numbers and texts of a source that is NULL are not given.
 */

/* Where memory comes from. */
typedef struct vnuma__backend {
    struct vnuma__backend *next;
    vnuma_span span;
    vnuma__text id, path, context, rom;
    vnuma_number kind, bytes, policy, prealloc, threads, share, reserve;
    vnuma_number hugetlb, page; /* page: bytes; settled: 0 if not known here */
    vnuma_number of_file, of_memfd, other; /* of that kind or any, not kept */
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
    vnuma__backend own;      /* what is said in the node itself */
    vnuma__backend *backend; /* NULL: none, or none that exists */
} vnuma__kvm_node;

/* -numa dist, <sibling> */
typedef struct vnuma__kvm_dist {
    struct vnuma__kvm_dist *next;
    vnuma_span span;
    vnuma_number from, to, value;
} vnuma__kvm_dist;

enum { SOCKETS, DIES, CLUSTERS, CORES, THREADS, VNUMA__NUM_LEVELS };

/* -numa cpu */
typedef struct vnuma__kvm_cpu {
    struct vnuma__kvm_cpu *next;
    vnuma_span span;
    vnuma_number node, ids[VNUMA__NUM_LEVELS];
} vnuma__kvm_cpu;

/* -numa hmat-lb, <latency>, <bandwidth>; one of the two is given */
typedef struct vnuma__kvm_hmat {
    struct vnuma__kvm_hmat *next;
    vnuma_span span;
    vnuma_number initiator, target, latency, bandwidth; /* ns, bytes */
    vnuma_number level; /* 0: memory, else a cache of its side */
    vnuma_number data;  /* access, read, write; bandwidths from 3 on */
} vnuma__kvm_hmat;

/* -numa hmat-cache, <cache> */
typedef struct vnuma__kvm_cache {
    struct vnuma__kvm_cache *next;
    vnuma_span span;
    vnuma_number node, bytes, level, associativity, policy, line;
} vnuma__kvm_cache;

/* libvirt's <memory>, <memnode>, <page>, <vcpupin>; some are only there. */
typedef struct vnuma__kvm_tune {
    struct vnuma__kvm_tune *next;
    vnuma_span span;
    vnuma_number of; /* a cell, or not given; a page's size; a vcpu */
    vnuma_number policy, placement; /* placement 1 is by numad */
    vnuma__set set;
} vnuma__kvm_tune;

/* -device, what is in <devices>: what it is called. */
typedef struct vnuma__kvm_device {
    struct vnuma__kvm_device *next;
    vnuma_span span;
    vnuma__text driver, memdev;
} vnuma__kvm_device;

/* How vcpus are numbered: how many of each level are in the one above. */
typedef struct {
    uint64_t level[VNUMA__NUM_LEVELS];
} vnuma__smp;

struct vnuma__kvm {
    vnuma__form form;
    vnuma_span whole;          /* the command, the document */
    vnuma__text name, machine; /* "pc-q35-6.2" */
    /* libvirt: <uuid>; <os>'s <type>; what its driver for Xen starts. */
    vnuma__text uuid, os;
    bool is_xen;
    unsigned int version; /* of the machine: 602; 0: not said, so the newest */
    vnuma_number bytes;   /* of the guest, as it is written */
    vnuma_number current; /* libvirt: the balloon's target, bytes */
    vnuma_number slots, maxmem;
    vnuma_number vcpus, maxvcpus, levels[VNUMA__NUM_LEVELS]; /* as written */
    vnuma__smp smp;                                          /* as settled */
    vnuma__backend *backends;
    vnuma__backend all;      /* for memory that no node's own says */
    vnuma__text main_memory; /* -machine memory-backend= */
    vnuma_number mem_lock, hmat;
    vnuma_number allocation,
        placement;        /* libvirt's; placement 1 is by numad */
    vnuma__text clusters; /* libvirt's, which QEMU is not told */
    bool is_one_node;    /* QEMU makes one of it all, for memory to be added */
    vnuma_number numa;   /* Proxmox: numa: */
    vnuma__text hotplug; /* likewise */
    vnuma__kvm_node *nodes;
    unsigned int num_nodes; /* in the list, which may have an id twice */
    vnuma__kvm_dist *dists;
    vnuma__kvm_cpu *cpus;
    vnuma__kvm_hmat *hmats;
    vnuma__kvm_cache *caches;
    vnuma__kvm_tune numatune, hugepages, locked; /* libvirt's, once each */
    vnuma__kvm_tune *tunes, *pages, *pins;
    vnuma__set pcpus; /* of vcpus without a pin */
    vnuma__kvm_device *devices;
    struct vnuma__item *document; /* libvirt: <domain> */
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

/* What a value is made in; without memory nothing returns. */
typedef struct {
    vnuma__arena **memory;
    jmp_buf no_memory; /* what ends it, wherever it is */
} vnuma__maker;

void *vnuma__kvm_alloc(vnuma__maker *m, size_t size); /* zeroes */
_Noreturn void vnuma__kvm_no_memory(vnuma__maker *m);
/* One more at the end of the list whose first is at @first. */
void *vnuma__kvm_append(vnuma__maker *m, void *first, size_t size,
                        vnuma_span span);
void vnuma__set_add(vnuma__maker *m, vnuma__set *set, uint32_t first,
                    uint32_t last, vnuma_span span);
void vnuma__set_take(vnuma__maker *m, vnuma__set *set, uint32_t first,
                     uint32_t last);

/*
 * settle.c: what QEMU, libvirt and Proxmox make of what is written, in
 * config->kvm and as the settings that every guest has.
 */
void vnuma__kvm_settle(vnuma__maker *m, vnuma_config *config);
/*
 * Gives a guest without nodes one with all that it has.  Returns 0 or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__kvm_make_node(vnuma_config *config);

/* distances.c: those that are not written, and whether there are any. */
void vnuma__kvm_settle_distances(vnuma__maker *m, vnuma_config *config);

/* levels.c: the number of vcpus, and the machine's version. */
void vnuma__kvm_settle_vcpus(vnuma_config *config);
/* The number of a vcpu's socket; of its core, in all. */
uint64_t vnuma__kvm_socket(const vnuma__kvm *kvm, uint32_t vcpu);
uint32_t vnuma__kvm_core(const vnuma__kvm *kvm, uint32_t vcpu);
/* Whether -numa cpu means it. */
bool vnuma__kvm_cpu_is(const vnuma__kvm *kvm, const vnuma__kvm_cpu *cpu,
                       uint32_t vcpu);

/* speeds.c: the cache of a node that has that level; NULL: none. */
const vnuma__kvm_cache *vnuma__kvm_find_cache(const vnuma__kvm *kvm,
                                              uint64_t node, uint64_t level);
/* Whether it is of a cache that is not there: libvirt refuses it. */
bool vnuma__kvm_is_of_no_cache(const vnuma__kvm *kvm,
                               const vnuma__kvm_hmat *lb);
/*
 * Whether another one between the same nodes is before it, the other way, of
 * those that libvirt takes.
 */
bool vnuma__kvm_is_way_back(const vnuma__kvm *kvm, const vnuma__kvm_hmat *lb);
/* Whether it is none of these; whether there is one that has a cache. */
bool vnuma__kvm_is_speed(const vnuma__kvm *kvm, const vnuma__kvm_hmat *lb);
bool vnuma__kvm_has_speeds(const vnuma__kvm *kvm);
/*
 * The node whose vcpus libvirt takes as those that a cell without vcpus is
 * nearest to: of the least latency, else of the most bandwidth, else the first
 * that has any; or VNUMA_ID_UNKNOWN.
 */
uint32_t vnuma__kvm_libvirts_nearest(const vnuma__kvm *kvm, uint64_t node);

/* Its own page size and prealloc, or those that count for all. */
const vnuma__backend *vnuma__kvm_memory(const vnuma_config *config,
                                        unsigned int vnode);

#endif
