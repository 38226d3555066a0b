/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: what a guest's file says, the policies for its memory, and the
 * checks.
 */
#ifndef VNUMA_GUEST_PUBLIC_H
#define VNUMA_GUEST_PUBLIC_H

#include "vnuma_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- where memory may go ------------------------------------------------ */

typedef enum {
    VNUMA_POLICY_STRICT,     /* all of it on one pnode, or not at all */
    VNUMA_POLICY_PREFERRED,  /* there, then on the nearest others */
    VNUMA_POLICY_INTERLEAVE, /* evenly on several */
} vnuma_policy;

/* A vnode's memory binding: its policy and the pnodes that it is for. */
typedef struct {
    vnuma_policy policy;
    /*
     * Strict: one.  Preferred: the vnode's pnode, then the others in the order
     * in which they are filled.  Interleave: those that take turns.
     */
    uint32_t pnodes[VNUMA_MAX_PNODES];
    unsigned int num_pnodes;
} vnuma_membind;

/*
 * vnuma_membind_format, vnuma_membind_parse - a membind as one word
 *
 * "strict:0", "preferred:1,0,2", "interleave:0,1".  The text is to be freed by
 * the caller, NULL: no memory.  Parsing reads up to the end or a ";" and is
 * true when it was such a word.
 */
char *vnuma_membind_format(const vnuma_membind *membind);
bool vnuma_membind_parse(const char *text, vnuma_membind *membind_r);
/* "strict", "preferred" or "interleave"; static. */
const char *vnuma_policy_name(vnuma_policy policy);

/* ---- a guest ------------------------------------------------------------ */

typedef enum {
    VNUMA_GUEST_PV, /* what xl takes without type= and builder= */
    VNUMA_GUEST_HVM,
    VNUMA_GUEST_PVH,
    VNUMA_GUEST_KVM, /* its file is QEMU's, libvirt's or Proxmox's */
} vnuma_guest_type;

/*
 * A number that the file gives, and where; span.source is NULL if it does not.
 */
typedef struct {
    uint64_t value;
    vnuma_span span;
} vnuma_number;

/* vcpus first to last, both included: one piece of vcpus=. */
typedef struct {
    uint32_t first, last; /* below VNUMA_MAX_VCPUS */
    vnuma_span span;
} vnuma_vcpu_range;

typedef struct {
    vnuma_span span;    /* the [ ... ] of this vnode */
    vnuma_number pnode; /* VNUMA_PNODE_AUTO when not given or "auto" */
    vnuma_number memkb; /* of size=, 0 when not given */
    vnuma_bitmap vcpus;
    vnuma_span vcpus_span;
    vnuma_vcpu_range *vcpu_ranges; /* owned; vcpus piece by piece */
    unsigned int num_vcpu_ranges;
    vnuma_number *distances; /* owned; at most VNUMA_MAX_VNODES are kept */
    unsigned int num_distances;
    vnuma_span distances_span;
} vnuma_vnode;

/*
 * What matters for NUMA in a guest's file.  Numbers are as in the file;
 * defaults that xl would fill in are not filled in here.
 */
typedef struct vnuma_config vnuma_config;

void vnuma_config_free(vnuma_config *config);

/*
 * vnuma_config_parse - read a guest's settings
 * @source:   an xl.cfg(5); the config and @diags point into it afterwards
 * @config_r: written also with VNUMA_ERROR_CONFIG
 *
 * Everything that can be said without a host and without comparing two
 * settings is reported here: grammar, unknown keys, bad numbers.  With
 * VNUMA_ERROR_CONFIG the config has what was understood, so that vnuma_check()
 * can report the rest in the same run.
 *
 * Returns 0, VNUMA_ERROR_CONFIG or VNUMA_ERROR_NOMEM.
 */
int vnuma_config_parse(const vnuma_source *source, vnuma_config **config_r,
                       vnuma_diags *diags);

/* name=, borrowed; NULL when the file has none. */
const char *vnuma_config_name(const vnuma_config *config);
vnuma_guest_type vnuma_config_type(const vnuma_config *config);
/* Where vnuma= is, whole; source NULL: the file has none. */
vnuma_span vnuma_config_vnuma_span(const vnuma_config *config);
/* All memory, video RAM included, in KiB; 0: the file does not say. */
uint64_t vnuma_config_total_memkb(const vnuma_config *config);
/* As many vcpus as it can ever have; 0: the file does not say. */
uint32_t vnuma_config_max_vcpus(const vnuma_config *config);
/* Its vnodes, as the file has them; none when vnuma= is "auto". */
unsigned int vnuma_config_num_vnodes(const vnuma_config *config);
/* Of that number, which is below vnuma_config_num_vnodes(); borrowed. */
const vnuma_vnode *vnuma_config_vnode_at(const vnuma_config *config,
                                      unsigned int vnode);

/*
 * vnuma_config_set_pnode - let a vnode name another pnode than its file
 * @vnode: below vnuma_config_num_vnodes()
 * @pnode: VNUMA_PNODE_AUTO: none
 *
 * A guest in which every vnode names its pnode is not placed by
 * vnuma_plan_build() but measured: the plan's cost is that of this placement.
 */
void vnuma_config_set_pnode(vnuma_config *config, unsigned int vnode,
                            uint32_t pnode);

/* ---- checks ------------------------------------------------------------- */

/* Leaves it to vnuma_plan_build() whether the guest fits. */
#define VNUMA_CHECK_NOT_FIT (1u << 0)

/*
 * vnuma_check - compare a guest's settings with each other and with a host
 * @topology: NULL: only what can be said without a host
 * @flags:    VNUMA_CHECK_ values, or 0 for every check
 *
 * Returns 0 when @diags has no error, else VNUMA_ERROR_CONFIG, or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma_check(const vnuma_config *config, const vnuma_topology *topology,
                unsigned int flags, vnuma_diags *diags);

/* The table of checks: what "xl-vnuma check --list" prints. */
typedef struct {
    const char *id;
    vnuma_severity severity; /* the most severe that it reports */
    const char *summary;     /* one line */
} vnuma_check_info;

/* Returns the table, static, and its length. */
const vnuma_check_info *vnuma_check_list(unsigned int *num_r);

#ifdef __cplusplus
}
#endif

#endif
