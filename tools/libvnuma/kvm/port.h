/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest on its way to another format: everything that any of them can say,
 * with nothing left open.
 */
#ifndef VNUMA_KVM_PORT_H
#define VNUMA_KVM_PORT_H

#include <stdio.h>

#include "kvm/kvm.h"

typedef struct {
    uint64_t bytes;
    uint64_t page;             /* bytes; 0: ordinary pages */
    vnuma__text path;          /* of its file; ptr NULL: none */
    const vnuma_bitmap *vcpus; /* borrowed */
    const vnuma_bitmap *pcpus; /* borrowed; to pin them to, or NULL */
    vnuma__kvm_policy policy;
    uint64_t pnodes; /* bit p is pnode p */
    bool prealloc, share;
    uint32_t distances[VNUMA_MAX_VNODES];
} vnuma__port_node;

typedef struct {
    vnuma__form from;
    const char *name; /* borrowed, or NULL */
    uint64_t bytes;
    uint32_t vcpus, max_vcpus;
    vnuma__smp smp;
    bool has_distances;
    unsigned int num_nodes; /* 0: it has none */
    vnuma__port_node nodes[VNUMA_MAX_VNODES];
    const vnuma_affinities *pins; /* borrowed, or NULL: cpus=, vcpupin */
} vnuma__port;

typedef struct {
    const vnuma_plan *plan;         /* or NULL: as it is written */
    const vnuma_topology *topology; /* of the plan */
    bool has_page, prealloc;
    uint64_t page; /* of all nodes, in bytes; 0: ordinary */
} vnuma__port_options;

/*
 * The config and what is in the options stay while @port_r is used.  What is
 * open without a plan is reported.  Returns 0 or VNUMA_ERROR_CONFIG.
 */
int vnuma__port_make(const vnuma_config *config,
                     const vnuma__port_options *options, vnuma__port *port_r,
                     vnuma_diags *diags);

/* How options of QEMU are written. */
typedef enum {
    VNUMA__STYLE_LINES, /* one a line, for a shell */
    VNUMA__STYLE_ARGS,  /* one word a line */
    VNUMA__STYLE_JSON,  /* -object in JSON */
} vnuma__style;

/*
 * In that format; what it cannot say is left out (check/check_export.h).  To
 * be freed by the caller; NULL: no memory.
 */
char *vnuma__port_to_text(const vnuma__port *port, vnuma__form form,
                          vnuma__style style);
/* As an object with "vnodes"; @plan: that it was made with, or NULL. */
char *vnuma__port_to_json(const vnuma__port *port, const vnuma_plan *plan);

/* write.c and write_libvirt.c */

/* As a document of libvirt, or into one, of which every other byte stays. */
char *vnuma__port_to_xml(const vnuma__port *port);
char *vnuma__port_into(const vnuma__port *port, const vnuma_config *document);
/* Nothing without one; characters that a format reads as its own are "_". */
void vnuma__write_name(const char *before, const char *name, const char *after,
                       FILE *f);
/* "0-1,4", or with another text between pieces. */
void vnuma__write_set(const vnuma_bitmap *set, const char *between, FILE *f);
void vnuma__write_mask(uint64_t mask, const char *between, FILE *f);

#endif
