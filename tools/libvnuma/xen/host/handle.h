/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection to the running Xen; messages that libxl and libxc log become
 * diagnostics.
 */
#ifndef VNUMA_XEN_HANDLE_H
#define VNUMA_XEN_HANDLE_H

#include <xentoollog.h>

#include <libxl.h>

#include "base/diag.h"
#include "base/objects.h"
#include "record/promise.h"
#include "vnuma_xen.h"
#include "xen/hv/hv_xen.h"

/* A logger for libxl and libxc that keeps their last error. */
typedef struct {
    xentoollog_logger vtable; /* first: libxl gets a pointer to it */
    char last[512];
} vnuma__log;

struct vnuma_xen {
    vnuma__log log;
    libxl_ctx *ctx;
    xc_interface *xch;
    vnuma__hv hv;
};

/*
 * Makes a handle with the ctx of a caller, which logs errors to the caller's
 * log; only its xch is to be closed.  Returns 0 or VNUMA_ERROR_XEN.
 */
int vnuma__xen_borrow(vnuma_xen *xen, libxl_ctx *ctx, vnuma_diags *diags);

/*
 * Reports that a step failed, with the last logged error or errno.  Returns
 * VNUMA_ERROR_XEN, so that a caller can return it at once.
 */
int vnuma__xen_failed(vnuma_xen *xen, vnuma_diags *diags, const char *what);

/*
 * domains.c: the vcpus of @domain, of which only the domid is needed; none of
 * a domain that has gone.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__get_vcpus(vnuma_xen *xen, vnuma_domain *domain, uint32_t max_id);

/* Adds libxl's set to ours.  Returns 0 or VNUMA_ERROR_NOMEM. */
int vnuma__take_bitmap(const libxl_bitmap *from, vnuma_bitmap *to);

/*
 * host_tables.c: fills in the nodes, their distances and the CPUs of this
 * host.  Returns 0, VNUMA_ERROR_NOMEM, or VNUMA_ERROR_XEN with errno set:
 * E2BIG when the host has more nodes than VNUMA_MAX_PNODES.
 */
int vnuma__host_tables(xc_interface *xch, uint32_t max_cpu_id,
                       vnuma_topology *topology);

/* ---- the console ring: residency.c -------------------------------------- */

/*
 * Reads the newest answer to debug key "u" in a console text.  Returns 0,
 * VNUMA_ERROR_HOST when the text has none, or none of that domain, or
 * VNUMA_ERROR_NOMEM.
 */
int vnuma__residency_parse(const char *text, size_t len, uint32_t domid,
                           vnuma_xen_residency *residency_r);

/*
 * Sends the key; *text_r is Xen's answer for all domains, which the caller
 * frees in any case.  Returns 0 or VNUMA_ERROR_XEN.
 */
int vnuma__residency_dump(vnuma_xen *xen, char **text_r, size_t *len_r,
                          vnuma_diags *diags);

/* ---- the stored promise of a domain with policies: stored.c ------------- */

/*
 * Stores what was promised of a domain that was just built, if some vnode is
 * not strict.  Failures are reported.
 * @layout: as Xen holds it, with the pnodes and policies of its vnodes
 */
int vnuma__promise_store(vnuma_xen *xen, uint32_t domid,
                         const libxl_domain_build_info *b_info,
                         const vnuma__layout *layout,
                         const vnuma_xen_built *built, vnuma_diags *diags);

/*
 * Finds the stored promise.  It has no vnodes when none is stored or when it
 * does not match the configuration's vnodes: then all are strict.
 */
void vnuma__promise_stored(libxl_ctx *ctx, uint32_t domid,
                           const libxl_domain_build_info *b_info,
                           vnuma__promise *promise_r);

/* ---- ACPI tables that a domain was given: stored_tables.c --------------- */

/* @text: of tables/kept.h; NULL: none.  Failures are reported. */
int vnuma__tables_store(libxl_ctx *ctx, uint32_t domid, const char *text,
                        vnuma_diags *diags);

/* To be freed; NULL: it has none, or none that is sound. */
char *vnuma__tables_stored(libxl_ctx *ctx, uint32_t domid);

#endif
