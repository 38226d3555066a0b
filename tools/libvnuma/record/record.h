/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What travels with a saved guest and xl does not know: where its vnodes'
 * memory begins and ends, and where it lived.  Pure; a value and its text.
 *
 * The text is a line "xl-vnuma FORM", FORM being a number, and one object of
 * JSON:
 *
 *   { "device_model": true, "pinned": false, "pnodes": [P ..],
 *     "memkb": [KIB ..], "vcpu_to_vnode": [V ..], "distances": [D ..],
 *     "host_distances": [D ..], "range_start": [BYTE ..],
 *     "range_end": [BYTE ..], "range_vnode": [V ..],
 *     "places": ["strict:P" ..] }
 *
 * The distances are rows, one vnode's behind the other's.  Places are those of
 * vnuma_place_format(), one for each vnode; without the member all are strict.
 * Readers pass over members that they do not know; what old readers must not
 * pass over gets a new FORM.
 */
#ifndef VNUMA_RECORD_H
#define VNUMA_RECORD_H

#include "layout/layout.h"

#define VNUMA__RECORD_FORM 1u
#define VNUMA__RECORD_WORD "xl-vnuma "
#define VNUMA__RECORD_MAX (1u << 20) /* longer texts are refused, in bytes */

typedef struct {
    bool has_device_model;
    bool is_pinned;       /* each vcpu to the pcpus of its pnode */
    vnuma__layout layout; /* every member filled in */
    /* Of each vnode, video RAM included: what its size= says. */
    uint64_t memkb[VNUMA_MAX_VNODES];
    /* What the host said of these pnodes, VNUMA_DISTANCE_UNKNOWN as 255. */
    uint32_t host_distances[VNUMA_MAX_VNODES * VNUMA_MAX_VNODES];
} vnuma__record;

void vnuma__record_init(vnuma__record *record);
void vnuma__record_dispose(vnuma__record *record);

/* The text; to be freed by the caller, NULL: no memory. */
char *vnuma__record_format(const vnuma__record *record);

/* Whether it begins as our text does, in whatever form. */
bool vnuma__record_is_text(const char *text, size_t len);

/*
 * vnuma__record_parse - read what somebody else may have written
 *
 * Whatever is accepted can be planned and handed to Xen: lengths agree, ranges
 * are whole pages, ascend and belong to vnodes that have that much memory.
 *
 * Returns 0, VNUMA_ERROR_CONFIG (reported, id "save-record" or "save-form")
 * or VNUMA_ERROR_NOMEM.
 */
int vnuma__record_parse(const char *text, size_t len, vnuma__record *record_r,
                        vnuma_diags *diags);

/*
 * vnuma__record_to_config - the guest as something to plan
 * @keep_pnodes: each vnode names the pnode that it lived on
 *
 * The stated distances are those that the guest was told, so that a plan looks
 * for pnodes that lie to each other as it believes.  Policies are the guest's,
 * and interleaved memory names the pnodes that it is on: where the planner may
 * not choose, whoever wants others has to name them.  Returns 0 or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__record_to_config(const vnuma__record *record, const char *name,
                            bool keep_pnodes, vnuma_config *config_r);

/* Whether some of its memory need not all be on its vnode's pnode. */
bool vnuma__record_has_policies(const vnuma__record *record);

/* Video RAM, which a device model's guest has in vnode 0; in KiB. */
uint64_t vnuma__record_video_memkb(const vnuma__record *record);

#endif
