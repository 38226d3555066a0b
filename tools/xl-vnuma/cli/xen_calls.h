/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions of xl-vnuma-xen.so, which needs Xen's libraries: it is loaded
 * at the first call.  Without Xen xl-vnuma then starts too, and xl, which
 * create starts first, loads its own libraries meanwhile.  vnuma_xen_open()
 * says why it cannot be loaded; what another one cannot find ends the process.
 */
#ifndef XL_VNUMA_XEN_CALLS_H
#define XL_VNUMA_XEN_CALLS_H

#include "vnuma_xen.h"
#include "vnuma_xen_dom0.h"

/* Never NULL: without it the process ends, after a message. */
void *xen_calls_find(const char *name);

#define XEN_CALL(name) ((__typeof__(&name))xen_calls_find(#name))

#define vnuma_xen_count_pages XEN_CALL(vnuma_xen_count_pages)
#define vnuma_xen_describe_plan XEN_CALL(vnuma_xen_describe_plan)
#define vnuma_xen_destroy XEN_CALL(vnuma_xen_destroy)
#define vnuma_xen_find_domain XEN_CALL(vnuma_xen_find_domain)
#define vnuma_xen_get_domains XEN_CALL(vnuma_xen_get_domains)
#define vnuma_xen_get_residency XEN_CALL(vnuma_xen_get_residency)
#define vnuma_xen_get_topology XEN_CALL(vnuma_xen_get_topology)
#define vnuma_xen_get_topology_without XEN_CALL(vnuma_xen_get_topology_without)
#define vnuma_xen_record XEN_CALL(vnuma_xen_record)
#define vnuma_xen_residency_dispose XEN_CALL(vnuma_xen_residency_dispose)
#define vnuma_xen_resume XEN_CALL(vnuma_xen_resume)
#define vnuma_xen_take_back XEN_CALL(vnuma_xen_take_back)
#define vnuma_xen_take_over XEN_CALL(vnuma_xen_take_over)

#define vnuma_xen_dom0_apply XEN_CALL(vnuma_xen_dom0_apply)
#define vnuma_xen_dom0_begin XEN_CALL(vnuma_xen_dom0_begin)
#define vnuma_xen_dom0_commit XEN_CALL(vnuma_xen_dom0_commit)
#define vnuma_xen_dom0_dispose XEN_CALL(vnuma_xen_dom0_dispose)
#define vnuma_xen_dom0_floor XEN_CALL(vnuma_xen_dom0_floor)
#define vnuma_xen_dom0_get XEN_CALL(vnuma_xen_dom0_get)
#define vnuma_xen_dom0_reset XEN_CALL(vnuma_xen_dom0_reset)
#define vnuma_xen_dom0_rollback XEN_CALL(vnuma_xen_dom0_rollback)
#define vnuma_xen_dom0_set XEN_CALL(vnuma_xen_dom0_set)

#endif
