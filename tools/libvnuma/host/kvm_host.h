/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host of KVM has in addition to nodes: settings of Linux and of KVM's
 * modules, each known by its file.  They are facts of the host, whose key is
 * the path.
 */
#ifndef VNUMA_KVM_HOST_H
#define VNUMA_KVM_HOST_H

#include "base/text.h"
#include "host/topology.h"

typedef enum {
    VNUMA__CPU_FLAGS,
    VNUMA__EPT,
    VNUMA__VPID,
    VNUMA__FLEXPRIORITY,
    VNUMA__NPT,
    VNUMA__DEVICE,
    VNUMA__ISOLATED,
    VNUMA__NOHZ_FULL,
    VNUMA__KSM_RUN,
    VNUMA__KSM_MERGED,
    VNUMA__KSM_ACROSS,
    VNUMA__BALANCING,
    VNUMA__HYPERVISOR,
    VNUMA__SWAP,
    VNUMA__HUGETLBFS, /* where it is mounted */
    VNUMA__NUM_SETTINGS,
} vnuma__host_setting;

typedef struct {
    const char *key, *title; /* in JSON, and for people; NULL: not shown */
    const char *file;
    enum {
        VNUMA__SETTING_FLAG, /* Y, N, 1, 0 */
        VNUMA__SETTING_NUMBER,
        VNUMA__SETTING_LIST, /* of CPUs */
        VNUMA__SETTING_WORDS,
    } kind;
    const char *id; /* of a remark that is the same text always, or NULL */
    bool (*bears)(const vnuma_topology *host); /* whether it is worth that */
    const char *remark, *advice;
    void (*say)(const vnuma_topology *host, vnuma_diags *diags); /* others */
} vnuma__host_setting_row;

extern const vnuma__host_setting_row vnuma__host_settings[];

/* VNUMA__NUM_SETTINGS: it is the file of none. */
vnuma__host_setting vnuma__host_setting_of(const char *file, size_t len);

/* What is not known, or makes no sense, is VNUMA_ID_UNKNOWN. */
uint64_t vnuma__host_setting_number(const vnuma_topology *host,
                                    vnuma__host_setting setting);
/*
 * Takes "N" or "N-M", with a comma after it, off a list of Linux, in which
 * numbers ascend and are below @max: they are first to *next_r - 1.  Before,
 * *next_r is that of the last range, or 0.  False: it is none.
 */
bool vnuma__host_take_range(vnuma__text *list, uint32_t max, uint32_t *first_r,
                            uint32_t *next_r);

/* Of CPUs; what is not known is empty.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__host_setting_set(const vnuma_topology *host,
                            vnuma__host_setting setting, vnuma_bitmap *set_r);

/* Those that may be had; of a host that does not tell what is free, all. */
uint64_t vnuma__pages_usable(const vnuma__pages *pages);
/* Its pages of that size; NULL: none are known. */
const vnuma__pages *vnuma__pages_of(const vnuma_topology *host, uint32_t pnode,
                                    uint64_t page_kb);
/* "2 MiB", "64 KiB" */
typedef struct {
    char s[32];
} vnuma__page_size;
vnuma__page_size vnuma__page_size_of(uint64_t page_kb);

/*
 * What could be better on this host for guests of KVM; none has a place, and
 * the hint of each says what to write.
 */
void vnuma__kvm_host_remark(const vnuma_topology *host, vnuma_diags *diags);

/*
 * The host for people, and as JSON, which is read as a host again; both with
 * the remarks.  To be freed by the caller, NULL: no memory.
 */
char *vnuma__kvm_host_to_text(const vnuma_topology *host);
char *vnuma__kvm_host_to_json(const vnuma_topology *host);

#endif
