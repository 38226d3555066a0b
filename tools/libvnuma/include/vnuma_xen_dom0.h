/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvnuma-xen, the running dom0: what it has, and changing that so that it
 * can be put back.  What Xen's command line says of it is in vnuma_dom0.h.
 *
 * A change is a transaction on a record in /run/xl-vnuma: what was, is written
 * there (and synced) before anything is touched; it outlives a crash of this
 * program but not a reboot, which undoes every change anyway.  The record
 * holds what dom0 was before the first change, for vnuma_xen_dom0_reset(), and
 * while a change is under way what it was before that one.  A change that
 * finds the record of an interrupted one begins from what was before that.
 *
 * Values only: which node dom0's memory is on follows from what dom0's kernel
 * gives back and what Xen hands out.
 */
#ifndef VNUMA_XEN_DOM0_H
#define VNUMA_XEN_DOM0_H

#include "vnuma.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vnuma_xen; /* vnuma_xen.h */

typedef struct {
    bool online;             /* as dom0 was asked to have it */
    vnuma_bitmap hard, soft; /* pcpus */
} vnuma_xen_dom0_vcpu;

/* What can be changed, and is put back. */
typedef struct {
    uint64_t target_memkb;      /* xenstore: memory/target */
    uint64_t static_max_memkb;  /* xenstore: memory/static-max */
    uint64_t max_memkb;         /* the hypervisor's limit */
    vnuma_xen_dom0_vcpu *vcpus; /* owned */
    unsigned int num_vcpus;
} vnuma_xen_dom0_settings;

typedef struct {
    vnuma_xen_dom0_settings settings;
    uint64_t memkb;      /* has now */
    vnuma_bitmap online; /* vcpus that run, by the hypervisor's word */
    uint32_t *pcpus;     /* owned; where each vcpu ran last */
    bool is_interrupted; /* the record says that a change was not ended */
    bool is_changed;     /* there is something to reset */
    vnuma_xen_dom0_settings original; /* when is_changed: what reset goes to */
} vnuma_xen_dom0;

void vnuma_xen_dom0_init(vnuma_xen_dom0 *dom0);
void vnuma_xen_dom0_dispose(vnuma_xen_dom0 *dom0);

/* A limit of the hypervisor from here on (2^32 pages) is none. */
#define VNUMA_XEN_DOM0_UNLIMITED_MEMKB (((UINT64_C(1) << 32) - 2) * 4)

/*
 * vnuma_xen_dom0_get - dom0 as it is now
 *
 * libxl fills in xenstore's memory/target and memory/static-max the first
 * time that they are asked for.
 *
 * Returns 0, VNUMA_ERROR_XEN or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_dom0_get(struct vnuma_xen *xen, vnuma_xen_dom0 *dom0_r,
                       vnuma_diags *diags);

/* What to change; all zeroes: nothing. */
typedef struct {
    uint64_t memkb;          /* target; 0: as it is */
    uint64_t max_memkb;      /* limit; 0: as it is */
    uint64_t floor_memkb;    /* below it memkb is refused; 0: see floor() */
    vnuma_bitmap pnodes;     /* owned; vcpus may run on; empty: as it is */
    bool relaxed;            /* they prefer them only */
    bool pin;                /* one vcpu to one pcpu */
    unsigned int num_vcpus;  /* online; 0: as it is */
    unsigned int timeout_ms; /* how long dom0 may take; 0: do not wait */
    /* While it waits, ten times a second; true: give up.  NULL: nothing. */
    bool (*progress)(void *user, uint64_t memkb, uint64_t target_memkb);
    void *user;
} vnuma_xen_dom0_request;

/*
 * vnuma_xen_dom0_floor - the least that dom0 should be left with now
 *
 * VNUMA_DOM0_FLOOR_MEMKB, and what dom0's processes and kernel hold plus
 * 128 MiB, by /proc/meminfo: this runs in dom0.
 */
uint64_t vnuma_xen_dom0_floor(uint64_t memkb);

/*
 * vnuma_xen_dom0_set - change dom0, wait until it is so
 *
 * Everything or nothing: when something fails, or dom0 does not get there in
 * time, all values are put back.
 *
 * Returns 0, VNUMA_ERROR_NOFIT (refused, nothing was touched), VNUMA_ERROR_XEN
 * (errno EAGAIN: too slow, EINTR: @progress gave up, EBUSY: another change is
 * under way), VNUMA_ERROR_IO (the record) or VNUMA_ERROR_NOMEM.
 */
int vnuma_xen_dom0_set(struct vnuma_xen *xen,
                       const vnuma_xen_dom0_request *request,
                       vnuma_diags *diags);

/*
 * vnuma_xen_dom0_reset - put back what was before the first change
 * @request: only timeout_ms, progress and user count
 *
 * Returns as vnuma_xen_dom0_set(); 0 also when there is nothing to put back.
 * When dom0 does not get its memory in time (EAGAIN) the values are put back
 * all the same: it takes the rest as it becomes free.
 */
int vnuma_xen_dom0_reset(struct vnuma_xen *xen,
                         const vnuma_xen_dom0_request *request,
                         vnuma_diags *diags);

/* A change in steps of the caller's, for what must be taken back later. */
typedef struct vnuma_xen_dom0_change vnuma_xen_dom0_change;

/* Locks, records.  Returns as vnuma_xen_dom0_set(). */
int vnuma_xen_dom0_begin(struct vnuma_xen *xen,
                         vnuma_xen_dom0_change **change_r, vnuma_diags *diags);
/* One step; the last request for a value counts. */
int vnuma_xen_dom0_apply(vnuma_xen_dom0_change *change,
                         const vnuma_xen_dom0_request *request,
                         vnuma_diags *diags);
/* Both end the change and free it. */
int vnuma_xen_dom0_commit(vnuma_xen_dom0_change *change, vnuma_diags *diags);
int vnuma_xen_dom0_rollback(vnuma_xen_dom0_change *change,
                            const vnuma_xen_dom0_request *request,
                            vnuma_diags *diags);

#ifdef __cplusplus
}
#endif

#endif
