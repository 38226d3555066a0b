/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that changed with a release: all of them are in one table. */
#ifndef VNUMA_KVM_VERSIONS_H
#define VNUMA_KVM_VERSIONS_H

#include "kvm/kvm.h"

typedef enum {
    VNUMA__SINCE_NO_BALLOON,
    VNUMA__SINCE_NO_FALLBACK,
    VNUMA__SINCE_ONE_NODE,
    VNUMA__SINCE_NO_MEM,
    VNUMA__SINCE_NO_SPLIT,
    VNUMA__SINCE_CORES_FIRST,
    VNUMA__SINCE_MEMORY_SIZE,
    VNUMA__SINCE_CONTEXT,
    VNUMA__SINCE_HMAT_ROWS,
    VNUMA__SINCE_PREFERRED_MANY,
    VNUMA__SINCE_NO_HEX,
    VNUMA__SINCE_NO_ZERO,
    VNUMA__SINCE_Q35_288,
    VNUMA__SINCE_Q35_1024,
    VNUMA__SINCE_Q35_4096,
    VNUMA__SINCE_LOOSE_VCPUS,
    VNUMA__SINCE_NO_CPUS,
    VNUMA__SINCE_LATENCIES,
    VNUMA__SINCE_NO_CLUSTERS,
    VNUMA__SINCE_IOMMU,
    VNUMA__SINCE_RESTRICTIVE,
    VNUMA__NUM_RULES,
} vnuma__rule;

typedef struct {
    bool is_machine;    /* it goes by the type of machine */
    unsigned int since; /* 602 is 6.2; of QEMU, or of what QEMU was then */
    const char *words;  /* a sentence that begins with "since" */
} vnuma__rule_row;

extern const vnuma__rule_row vnuma__rules[VNUMA__NUM_RULES];

/*
 * Whether a guest is of that release or a newer one.  A version that is not
 * said is the newest; what goes by QEMU or libvirt goes by the newest too.
 */
bool vnuma__rule_applies(const vnuma__kvm *kvm, vnuma__rule rule);

#endif
