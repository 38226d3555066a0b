/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What travels with a saved guest and is not known to xl: the ranges of its
 * vnodes' memory, and the pnodes they were on.  Pure; a value and its text.
 *
 * The text is a line "xl-vnuma FORM", FORM being a number, and a JSON object:
 *
 *   { "device_model": true, "pinned": false, "pnodes": [P ..],
 *     "memkb": [KIB ..], "vcpu_to_vnode": [V ..], "distances": [D ..],
 *     "host_distances": [D ..], "range_start": [BYTE ..],
 *     "range_end": [BYTE ..], "range_vnode": [V ..], "xen": [4, 17],
 *     "places": ["strict:P" ..], "acpi_tables": "host:BASE64" }
 *
 * The distances are rows, one vnode's after the other's.  "places" has one
 * text of vnuma_membind_format() for each vnode; without it all vnodes are
 * strict.  "xen" is the release that the guest ran on; it may be missing.
 * "acpi_tables" is missing in a guest that was given none.
 * Readers ignore members that they do not know; a change that old
 * readers must not ignore gets a new FORM.
 */
#ifndef VNUMA_RECORD_H
#define VNUMA_RECORD_H

#include "layout/layout.h"
#include "vnuma_record.h"

#define VNUMA__RECORD_FORM 1u
#define VNUMA__RECORD_WORD "xl-vnuma "
#define VNUMA__RECORD_MAX (1u << 20) /* bytes; longer texts are refused */

struct vnuma_record {
    bool has_device_model;
    bool is_pinned;       /* each vcpu to the pcpus of its pnode */
    vnuma__layout layout; /* every member is filled in */
    /* Of each vnode, with video RAM: the size= in its configuration. */
    uint64_t memkb[VNUMA_MAX_VNODES];
    /* The host's distances between these pnodes; 255: unknown. */
    uint32_t host_distances[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
    uint32_t xen[2]; /* its release, as in 4.17; 0.0: not known */
    /* Owned; tables that it was given, as tables/kept.h has them; or NULL. */
    char *acpi_tables;
};

void vnuma__record_dispose(vnuma_record *record);

/* As vnuma_record_parse(), into one that is empty. */
int vnuma__record_parse(const char *text, size_t len, vnuma_record *record_r,
                        vnuma_diags *diags);

/* As vnuma_record_to_config(), into one that is empty. */
int vnuma__record_to_config(const vnuma_record *record, const char *name,
                            bool keep_pnodes, vnuma_config *config_r);

/*
 * The guest as a plan that says where it is and nothing of why, into one that
 * is empty; to be disposed in any case.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__record_to_plan(const vnuma_record *record, vnuma_plan *plan_r);

/* The record without its tables, which are told to xl apart from it. */
char *vnuma__record_format_bare(const vnuma_record *record);

/* The release of Xen that a host's facts name; 0.0 when they do not. */
void vnuma__record_xen_of(const vnuma_topology *topology, uint32_t xen_r[2]);

/* Video RAM, which a device model's guest has in vnode 0; in KiB. */
uint64_t vnuma__record_video_memkb(const vnuma_record *record);

#endif
