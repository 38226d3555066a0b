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
 *     "range_end": [BYTE ..], "range_vnode": [V ..],
 *     "places": ["strict:P" ..] }
 *
 * The distances are rows, one vnode's after the other's.  "places" has one
 * text of vnuma_place_format() for each vnode; without it all vnodes are
 * strict. Readers ignore members that they do not know; a change that old
 * readers must not ignore gets a new FORM.
 */
#ifndef VNUMA_RECORD_H
#define VNUMA_RECORD_H

#include "layout/layout.h"

#define VNUMA__RECORD_FORM 1u
#define VNUMA__RECORD_WORD "xl-vnuma "
#define VNUMA__RECORD_MAX (1u << 20) /* bytes; longer texts are refused */

typedef struct {
    bool has_device_model;
    bool is_pinned;       /* each vcpu to the pcpus of its pnode */
    vnuma__layout layout; /* every member is filled in */
    /* Of each vnode, with video RAM: the size= in its configuration. */
    uint64_t memkb[VNUMA_MAX_VNODES];
    /* The host's distances between these pnodes; 255: unknown. */
    uint32_t host_distances[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
} vnuma__record;

void vnuma__record_init(vnuma__record *record);
void vnuma__record_dispose(vnuma__record *record);

/* Returns the text, which the caller frees, or NULL: no memory. */
char *vnuma__record_format(const vnuma__record *record);

/* Whether it begins as our text does, in any form. */
bool vnuma__record_is_text(const char *text, size_t len);

/*
 * vnuma__record_parse - read a text that may be hostile
 *
 * Whatever is accepted can be planned and given to Xen: lengths agree, ranges
 * are whole pages, ascend and belong to vnodes that have that much memory.
 *
 * Returns 0, VNUMA_ERROR_CONFIG (reported, id "save-record" or "save-form") or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__record_parse(const char *text, size_t len, vnuma__record *record_r,
                        vnuma_diags *diags);

/*
 * vnuma__record_to_config - the guest as a configuration that can be planned
 * @keep_pnodes: each vnode names the pnode that it was on
 *
 * The distances are those that the guest was told, so that the planner looks
 * for pnodes at the distances that the guest believes.  The policies are the
 * guest's too, and interleaved memory names the pnodes that it was on: the
 * planner may not choose them, so other pnodes must be named by the caller.
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__record_to_config(const vnuma__record *record, const char *name,
                            bool keep_pnodes, vnuma_config *config_r);

/* Whether some vnode is not strict. */
bool vnuma__record_has_policies(const vnuma__record *record);

/* Video RAM in KiB, which a guest with a device model has in vnode 0. */
uint64_t vnuma__record_video_memkb(const vnuma__record *record);

#endif
