/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process that has this object loaded has one of.  What it has one of
 * for each guest is in xen/build/task.h.
 */
#ifndef XL_VNUMA_PROCESS_H
#define XL_VNUMA_PROCESS_H

#include "xen/build/task.h"

typedef struct {
    int report_fd; /* the socket to xl-vnuma; -1: there is none */
    bool is_waiting; /* it has not said what to do */

    /* What xl-vnuma asked for the guest that xl was started for.  Owned. */
    char *expected; /* of vnuma_xen_describe_plan(); NULL after one build */
    char *file;     /* of the guest; NULL: it comes from none */
    char *setting;  /* one more than the guest's file has; or NULL */
    char *membinds; /* of the vnodes; also when the guest reboots */
    char *tables;   /* ACPI's that it gets; likewise */
    bool pin;       /* likewise */
    char entry[256]; /* its file in the ledger of builds; "": none */
    char *record;   /* of a guest that comes back; NULL when it is here */

    /* Another xl, which sends that guest. */
    bool is_incoming; /* the sender still holds it */
    bool is_given;    /* it does no more, and waits for an answer */
    int head_fd;      /* what was read of its stream; -1: no more */

    bool is_answered; /* what was sent; how, says the byte that comes next */

    /* xl does one of these at a time, and does not always say to which. */
    vnuma__task *leaving, *coming;
} hooks_process;

extern hooks_process process;

/* Takes a descriptor out of a variable; -1: there is none. */
int process_take_fd(const char *name);
/*
 * Before xl's main(), with its arguments: gives them and the environment back
 * the form that xl knows them in (message.h).
 */
void process_begin(char **argv);
/* Waits until xl-vnuma says what to do, if it has not. */
void process_wait(void);
/*
 * Marks the guest's entry in the ledger: it is whole, or has left; at the next
 * call, it is given to us.  So this is known also when nothing outside is left
 * to be told.
 */
void process_mark_entry(void);

#endif
