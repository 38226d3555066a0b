/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running xl with our object loaded, and hearing from it (message.h). */
#ifndef XL_VNUMA_RUN_XL_H
#define XL_VNUMA_RUN_XL_H

#include <stdbool.h>
#include <stdint.h>

#include "layout/extent_plan.h"

typedef struct {
    uint32_t pnode, preferred; /* the same, unless it went elsewhere */
    uint64_t num_1g, num_2m, num_4k;
    uint64_t num_released;
} run_share;

/* What our object reported from inside xl. */
typedef struct {
    bool loaded;         /* it was there */
    char uuid[40];       /* of the domain; "": none was begun */
    bool has_domain;     /* it was made, and this is its number */
    uint32_t domid;
    bool has_error;      /* what failed was said on stderr */
    run_share shares[VNUMA__MAX_SHARES];
    unsigned int num_shares;
    uint64_t num_pages, num_calls;
    bool done;           /* built, settled, read back; or saved */
    bool has_record;     /* goes with the guest that leaves */
    bool went;           /* an incoming guest was given to us */
    bool answered;       /* and its sender was told what became of it */
    int exit_status;     /* of xl; -1: it was ended by a signal or never ran */
    int signal;
} run_result;

/* What the caller does meanwhile; with signals that would end us held off. */
typedef struct {
    /* The guest is built; xl may go on. */
    void (*on_done)(void *user, const run_result *result);
    /* xl has ended. */
    void (*on_end)(void *user, const run_result *result);
    void *user;
} run_hooks;

/* The object that is loaded into xl; static or of the environment. */
const char *run_hooks_path(void);

/* For our object in xl, by environment (message.h). */
typedef struct {
    const char *name, *value; /* no value: no such setting */
} run_setting;

/*
 * Runs "xl ARGS..." (args is NULL-terminated, args[0] is "xl") and waits for
 * it.  @settings end with one that has no name.
 * Signals that would end us end xl instead.
 *
 * Returns 0, or -1 with errno set when xl could not be started.
 */
int run_xl(char *const *args, const run_setting *settings, bool quiet,
           const run_hooks *hooks, run_result *result_r);

#endif
