/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks: one function each, in tables.  Each check_*.c ends with the table of
 * its own, which says of a check what it can rely on; check.c has the list of
 * tables and runs them.
 */
#ifndef VNUMA_CHECK_H
#define VNUMA_CHECK_H

#include "kvm/kvm.h"

/* What a check sees. */
typedef struct {
    const vnuma_check_info *info; /* of the check that runs */
    const vnuma_config *config;
    const vnuma_topology *topology; /* NULL: no host is known */
    vnuma_diags *diags;
    int rc;                /* 0; VNUMA_ERROR_NOMEM ends all checks */
    unsigned int num_read; /* diagnostics that there were before */
} vnuma__checking;

/* How a check reports: with its id and, unless it says which, its severity. */
#define report(c, span, ...)                                                  \
    report_as(c, (c)->info->severity, span, __VA_ARGS__)
#define report_as(c, severity, span, ...)                                     \
    vnuma_diags_add((c)->diags, severity, (c)->info->id, span, __VA_ARGS__)
#define related(c, span, ...) vnuma__related((c)->diags, span, __VA_ARGS__)
#define hint(c, ...) vnuma__hint((c)->diags, __VA_ARGS__)
#define fix(c, span, ...) vnuma__fix((c)->diags, span, __VA_ARGS__)

typedef enum {
    VNUMA__PHASE_READ,  /* found while reading: not run here */
    VNUMA__PHASE_GUEST, /* one thing alone */
    VNUMA__PHASE_SUMS,  /* the vnodes against the guest */
    VNUMA__PHASE_REST,  /* what can only be judged when the sums are right */
    VNUMA__PHASE_HOST,
    VNUMA__PHASE_ADVICE, /* right, but perhaps not what was meant */
    VNUMA__NUM_PHASES,
} vnuma__check_phase;

typedef struct {
    vnuma_check_info info; /* its severity is the worst that it reports */
    vnuma__check_phase phase;
    unsigned int needs;  /* VNUMA_ABOUT_: must be sound for it to run */
    unsigned int spoils; /* VNUMA_ABOUT_: unsound once it found errors */
    /* Once, or for each vnode i; neither when it is found while reading. */
    void (*run)(vnuma__checking *c);
    void (*each)(vnuma__checking *c, unsigned int i);
    bool any; /* of a table for xl.cfg, but right for guests of KVM too */
} vnuma__check;

/* A row of a table, which { { NULL } } ends; last is what runs. */
#define CHECK(id, severity, phase, needs, spoils, summary, ...)               \
    {                                                                         \
        { id, VNUMA_SEVERITY_##severity, summary }, VNUMA__PHASE_##phase,     \
            needs, spoils, __VA_ARGS__                                        \
    }

/* Subjects of checks, as the tables name them. */
enum {
    PNODE = VNUMA_ABOUT_PNODE,
    SIZE = VNUMA_ABOUT_SIZE,
    VCPUS = VNUMA_ABOUT_VCPUS,
    DISTANCES = VNUMA_ABOUT_DISTANCES,
    MEMORY = VNUMA_ABOUT_MEMORY,
    MAXVCPUS = VNUMA_ABOUT_MAXVCPUS,
    CPUS = VNUMA_ABOUT_CPUS,
    TYPE = VNUMA_ABOUT_TYPE,
    VNODES = VNUMA_ABOUT_VNODES,
    FIT = VNUMA_ABOUT_FIT,
    POLICY = VNUMA_ABOUT_POLICY,
};

extern const vnuma__check vnuma__kvm_checks[], vnuma__qemu_checks[],
    vnuma__libvirt_checks[], vnuma__hmat_checks[], vnuma__machine_checks[],
    vnuma__given_checks[], vnuma__libvirt_xen_checks[],
    vnuma__kvm_host_checks[], vnuma__kvm_memory_checks[];
extern const vnuma__check vnuma__affinity_checks[], vnuma__distances_checks[],
    vnuma__guest_checks[], vnuma__host_checks[], vnuma__policy_checks[],
    vnuma__read_checks[], vnuma__vcpus_checks[];

/* How a guest's file calls them. */
static inline const char *vnuma__node_word(const vnuma__checking *c)
{
    return c->config->kvm ? "node" : "vnode";
}

/* The pnode that a vnode names; NULL if the host does not have it. */
static inline const vnuma_pnode *vnuma__check_pnode(const vnuma__checking *c,
                                                    const vnuma_vnode *vnode)
{
    if (!c->topology || vnode->pnode.value == VNUMA_PNODE_AUTO)
        return NULL;
    return vnuma_topology_find(c->topology, vnode->pnode.value);
}

#endif
