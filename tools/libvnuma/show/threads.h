/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads that are vcpus of a guest of KVM that runs, by Linux's /proc. */
#ifndef VNUMA_THREADS_H
#define VNUMA_THREADS_H

#include "show/residence.h"

/* Zeroes to begin with. */
typedef struct {
    bool is_known;
    uint32_t tid;
    uint32_t pcpu;        /* where it runs or ran last; VNUMA_ID_UNKNOWN */
    vnuma_bitmap allowed; /* owned; empty: not known */
} vnuma__thread;

/* Whether its name is that of a vcpu's thread: "CPU 3/KVM". */
bool vnuma__thread_is_vcpu(vnuma__text comm, uint32_t *vcpu_r);
/*
 * @stat, @status: what is in these files; what is not there is not known.
 * Returns 0 or VNUMA_ERROR_NOMEM.
 */
int vnuma__thread_read(uint32_t tid, vnuma__text stat, vnuma__text status,
                       vnuma__thread *thread_r);

/* What is compared; all borrowed. */
typedef struct {
    uint32_t pid; /* 0: not known */
    const vnuma_config *config;
    const vnuma_topology *host;    /* NULL: not known */
    const vnuma__residence *nodes; /* one for each vnode */
    const vnuma__thread *threads;  /* one for each vcpu, by number */
    unsigned int num_threads;      /* 0: no thread has such a name */
} vnuma__process;

/*
 * Tables of nodes and vcpus, and below them what is not as promised or not
 * well; and the same as JSON, into a map that is open.  The text is to be freed
 * by the caller, NULL: no memory.
 */
char *vnuma__process_to_text(const vnuma__process *process);
void vnuma__process_put(vnuma__json *json, const vnuma__process *process);

#endif
