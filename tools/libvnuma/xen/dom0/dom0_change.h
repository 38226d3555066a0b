/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing dom0 through a seam: the backend is the running dom0 (dom0_xen.c)
 * or one in memory (tests).  No Xen type is used here.
 */
#ifndef VNUMA_DOM0_CHANGE_H
#define VNUMA_DOM0_CHANGE_H

#include "base/diag.h"
#include "vnuma_xen_dom0.h"

/*
 * ---- settings: dom0_state.c ------------------------------------------------
 * All zeroes: there are none yet.
 */

void vnuma__dom0_settings_dispose(vnuma_xen_dom0_settings *settings);
/* Returns 0 or VNUMA_ERROR_NOMEM; disposes what @to_r held. */
int vnuma__dom0_settings_copy(const vnuma_xen_dom0_settings *from,
                              vnuma_xen_dom0_settings *to_r);
bool vnuma__dom0_same_affinity(const vnuma_xen_dom0_vcpu *a,
                               const vnuma_xen_dom0_vcpu *b);
bool vnuma__dom0_settings_equal(const vnuma_xen_dom0_settings *a,
                                const vnuma_xen_dom0_settings *b);

/* The record: how dom0 was. */
typedef struct {
    vnuma_xen_dom0_settings original;
    bool is_changing;
    vnuma_xen_dom0_settings previous; /* only while is_changing */
} vnuma__dom0_record;

void vnuma__dom0_record_dispose(vnuma__dom0_record *record);
/*
 * Returns a text that the caller frees; NULL, with errno: no memory, or it is
 * not known which boot this is.
 */
char *vnuma__dom0_record_to_text(const vnuma__dom0_record *record);
/* Returns 0, VNUMA_ERROR_CONFIG (another text) or VNUMA_ERROR_NOMEM. */
int vnuma__dom0_record_parse(const char *text, vnuma__dom0_record *record_r);

/*
 * The record's file, of this name in a directory.  _read returns
 * VNUMA_ERROR_IO with ENOENT when there is none.  _write is atomic and synced.
 */
#define VNUMA__DOM0_RECORD "dom0"
int vnuma__dom0_record_read(const char *dir, vnuma__dom0_record *record_r);
int vnuma__dom0_record_write(const char *dir,
                             const vnuma__dom0_record *record);

/* ---- the seam ----------------------------------------------------------- */

/* Each returns 0, or -1 with errno set; @dom0 belongs to the backend. */
typedef struct {
    int (*read)(void *dom0, vnuma_xen_dom0 *now_r);
    int (*set_max)(void *dom0, uint64_t memkb);
    int (*set_static_max)(void *dom0, uint64_t memkb);
    int (*set_target)(void *dom0, uint64_t memkb);
    int (*set_affinity)(void *dom0, unsigned int vcpu,
                        const vnuma_xen_dom0_vcpu *wanted);
    int (*set_online)(void *dom0, const vnuma_xen_dom0_settings *wanted);
    int (*pause)(void *dom0, unsigned int ms);
} vnuma__dom0_ops;

/* ---- a change: dom0_change.c -------------------------------------------- */

struct vnuma_xen_dom0_change {
    const vnuma__dom0_ops *ops; /* static */
    void *dom0;                 /* borrowed; for ops */
    const char *dir;            /* borrowed; of the record */
    /* Borrowed while a function below runs. */
    const vnuma_xen_dom0_request *how;
    vnuma_diags *diags;
    int lock_fd;
    bool was_interrupted;             /* dom0 may still be changing */
    bool awaits_memory, awaits_vcpus; /* what is waited for */
    bool is_late; /* every value is set, but dom0 has not followed */
    vnuma__dom0_record record;
    vnuma_xen_dom0_settings wanted; /* settings after all steps so far */
};

/*
 * All return as vnuma_xen_dom0_set() does.  Of @how only timeout_ms, progress
 * and user count.  _rollback, _end and vnuma_xen_dom0_commit() free the change.
 */
int vnuma__dom0_begin(vnuma_xen_dom0_change **change_r,
                      const vnuma__dom0_ops *ops, void *dom0, const char *dir,
                      vnuma_diags *diags);
int vnuma__dom0_apply(vnuma_xen_dom0_change *change,
                      const vnuma_xen_dom0_settings *wanted,
                      const vnuma_xen_dom0_request *how, vnuma_diags *diags);
int vnuma__dom0_rollback(vnuma_xen_dom0_change *change,
                         const vnuma_xen_dom0_request *how,
                         vnuma_diags *diags);
/*
 * Keeps what _apply did if @rc, which it returned, is 0 and the record can say
 * so; else takes it back, with @back's patience, and says that.
 */
int vnuma__dom0_end(vnuma_xen_dom0_change *change, int rc,
                    const vnuma_xen_dom0_request *back, vnuma_diags *diags);

/*
 * Applies a request to settings.  @pcpus: of the request's pnodes, or all;
 * @all: every pcpu.  Returns 0, VNUMA_ERROR_NOFIT or VNUMA_ERROR_NOMEM.
 */
int vnuma__dom0_merge(vnuma_xen_dom0_settings *settings,
                      const vnuma_xen_dom0_request *request,
                      const vnuma_bitmap *pcpus, const vnuma_bitmap *all,
                      uint64_t floor_memkb, vnuma_diags *diags);

#endif
