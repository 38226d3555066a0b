/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma: what travels with a saved guest and xl does not know, where its
 * vnodes' memory begins and ends, and where it lived.
 *
 * The text is a line "xl-vnuma FORM", FORM being a number, and one object of
 * JSON.  It is made of a running guest by vnuma_xen_record(), kept after the
 * configuration in what xl writes, and given to vnuma_xen_prepare_restore()
 * with the pnodes to live on.
 */
#ifndef VNUMA_RECORD_PUBLIC_H
#define VNUMA_RECORD_PUBLIC_H

#include "vnuma_plan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vnuma_record vnuma_record;

void vnuma_record_free(vnuma_record *record);

/* Whether it begins as such a text does, in whatever form. */
bool vnuma_record_is_text(const char *text, size_t len);

/*
 * vnuma_record_parse - read what anything may have written
 *
 * Whatever is accepted can be planned and handed to Xen: lengths agree, ranges
 * are whole pages, ascend and belong to vnodes that have that much memory.
 *
 * Returns 0, VNUMA_ERROR_CONFIG (reported, id "save-record" or "save-form")
 * or VNUMA_ERROR_NOMEM.
 */
int vnuma_record_parse(const char *text, size_t len, vnuma_record **record_r,
                       vnuma_diags *diags);

/* The text; to be freed by the caller, NULL: no memory. */
char *vnuma_record_format(const vnuma_record *record);

unsigned int vnuma_record_num_vnodes(const vnuma_record *record);
/* The pnode of a vnode's vcpus, and where its memory may be; borrowed. */
uint32_t vnuma_record_pnode(const vnuma_record *record, unsigned int vnode);
const vnuma_membind *vnuma_record_membind(const vnuma_record *record,
                                          unsigned int vnode);

/*
 * vnuma_record_to_config - the guest as something to plan
 * @name:        for messages; NULL: not known
 * @keep_pnodes: each vnode names the pnode that it lived on, so that
 *               vnuma_plan_build() measures that placement
 *
 * The stated distances are those that the guest was told, so that a plan looks
 * for pnodes that lie to each other as it believes.  Policies are the guest's,
 * and interleaved memory names the pnodes that it is on.
 *
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma_record_to_config(const vnuma_record *record, const char *name,
                           bool keep_pnodes, vnuma_config **config_r);

/* The guest will live where @plan, of its own config, says. */
void vnuma_record_set_plan(vnuma_record *record, const vnuma_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
