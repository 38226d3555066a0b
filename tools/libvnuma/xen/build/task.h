/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that this process builds, restores or saves, with all that is known
 * of it meanwhile.  A toolstack may have several of them at once, and may
 * build any of them in any of its threads.  So a task is found by its guest,
 * never by the thread: by UUID, which libxl_domain_create_new() is told, and
 * by domid as soon as xc_domain_create() has made that domain.
 *
 * No Xen type is used, so this builds and is tested without Xen.
 */
#ifndef VNUMA_TASK_H
#define VNUMA_TASK_H

#include <pthread.h>

#include "vnuma.h"
#include "vnuma_xen_built.h"

#define VNUMA__UUID_BYTES 16
#define VNUMA__NO_DOMID UINT32_MAX

struct libxl_domain_config; /* of <libxl.h> */
struct vnuma_xen_refill;    /* of vnuma_xen.h */

typedef struct vnuma__task {
    struct vnuma__task *next;
    uint8_t uuid[VNUMA__UUID_BYTES]; /* zeroes: only the domid is known */
    uint32_t domid;                  /* VNUMA__NO_DOMID: it is not made yet */

    /* What is asked for.  Borrowed until the end; NULL: no such wish. */
    const struct libxl_domain_config *config; /* libxl fills it in meanwhile */
    const char *acpi_tables; /* that the guest gets: text of tables/kept.h */
    const char *membinds; /* of vnodes: words of vnuma_membind_format(), ";" */
    const char *record;   /* of a guest that comes back, with its new pnodes */
    void *user;           /* whatever the program has of its own */

    /* What has become of it. */
    vnuma_xen_built built;
    /* For pages that name none; VNUMA_PNODE_AUTO: no memory is there yet. */
    uint32_t special_pnode;
    char refusal[160]; /* the first one of Xen's that libxl went on after */

    /* A guest that comes back; another process populates its memory. */
    uint64_t target_memkb;
    /* Owned: where that process writes what it built; -1: nowhere. */
    int built_fd;
    char *helper_env; /* owned; its variables, each with a NUL, and a NUL */
    struct vnuma_xen_refill *refill; /* in that process */

    /* A guest that leaves. */
    char *leaving_record; /* owned; NULL: there is none */
    bool is_recorded;     /* that much is known */
    bool is_config_next;  /* the header is written and promises a record */
    bool is_written;      /* the record is, after the configuration */
    bool is_suspending;
} vnuma__task;

/*
 * The tasks of a process.  Several threads may call the functions below; what
 * a task holds is for the thread that works at its guest.
 */
typedef struct {
    pthread_mutex_t lock;
    vnuma__task *first;
} vnuma__tasks;

#define VNUMA__TASKS_INIT                                                     \
    {                                                                         \
        PTHREAD_MUTEX_INITIALIZER, NULL                                       \
    }

/*
 * @uuid:  NULL: not known
 * @domid: VNUMA__NO_DOMID: not made yet
 *
 * Returns a task that lives until vnuma__task_end(); NULL: no memory.
 */
vnuma__task *vnuma__task_begin(vnuma__tasks *tasks, const uint8_t *uuid,
                               uint32_t domid);
/*
 * A domain was made.  Returns the task that waits for one with that UUID, and
 * gives it the number; NULL: nothing waits for it (as for the domain of a
 * device model).
 */
vnuma__task *vnuma__task_made(vnuma__tasks *tasks, const uint8_t *uuid,
                              uint32_t domid);
/* NULL: no task is about that domain. */
vnuma__task *vnuma__task_find(vnuma__tasks *tasks, uint32_t domid);
/* NULL is fine. */
void vnuma__task_end(vnuma__tasks *tasks, vnuma__task *task);

/* Where a vnode's memory is wanted; false: nothing is said of it. */
bool vnuma__task_membind(const vnuma__task *task, unsigned int vnode,
                         vnuma_membind *membind_r);
/* Notes errno and what Xen refused, if it is the first time; keeps errno. */
__attribute__((format(printf, 2, 3))) void
vnuma__task_refused(vnuma__task *task, const char *format, ...);

#endif
