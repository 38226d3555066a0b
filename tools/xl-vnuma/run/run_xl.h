/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs xl with our object loaded, and reads its reports (message.h). */
#ifndef XL_VNUMA_RUN_XL_H
#define XL_VNUMA_RUN_XL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "layout/extent_plan.h"

/* How far xl came, as our object in it reported; one comes after the other. */
typedef enum {
    RUN_NOT_LOADED, /* nothing was heard: xl ran without our object */
    RUN_LOADED,
    RUN_MADE,     /* there is a domain, and its number is known */
    RUN_DONE,     /* built, settled, read back; or saved */
    RUN_GIVEN,    /* an incoming guest was given to us */
    RUN_ANSWERED, /* and its sender was told what became of it */
} run_stage;

typedef struct {
    run_stage stage;
    pid_t pid;           /* xl's */
    char uuid[40];       /* of the domain; "": none was begun */
    uint32_t domid;      /* UINT32_MAX until it is made */
    bool has_error;      /* what failed was said on stderr */
    vnuma_xen_extent_set sets[VNUMA__MAX_EXTENT_SETS];
    unsigned int num_sets;
    uint64_t num_pages;
    bool has_record;     /* goes with the guest that leaves */
    int exit_status;     /* of xl; -1: it was ended by a signal or never ran */
    int signal;
} run_result;

/* Calls to the caller; signals that would end us are held off. */
typedef struct {
    /* xl has begun, with our object in it.  Or NULL. */
    void (*on_begun)(void *user, const run_result *result);
    /* The guest is built; xl may go on.  Or NULL. */
    void (*on_done)(void *user, const run_result *result);
    /* xl has ended. */
    void (*on_end)(void *user, const run_result *result);
    void *user;
} run_hooks;

/* An environment variable for our object in xl (message.h). */
typedef struct {
    const char *name, *value; /* no value: no such setting */
} run_setting;

/*
 * Whether there is an xl, and what we load here and into it can be loaded.
 * Returns a code of cli.h, after a message.
 */
int run_check(const char *command);

/*
 * Starts "xl ARGS..." (args is NULL-terminated, args[0] is "xl") where Xen
 * runs.  It loads its libraries while we plan, and waits in our object for
 * run_xl(), or for our end.  Without a word: run_xl() says why it cannot.
 */
void run_begin(char *const *args);
/* Ends an xl that still waits, if there is one. */
void run_abandon(void);

/*
 * Tells the xl that has begun, or one that is started with @args, to go on,
 * and waits for it.  @settings end with one that has no name.  Signals that
 * would end us end xl instead.  Returns a code of cli.h, after a message when
 * xl could not be run.
 */
int run_xl(const char *command, char *const *args, const run_setting *settings,
           bool quiet, const run_hooks *hooks, run_result *result_r);

#endif
