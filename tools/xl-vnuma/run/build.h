/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands that build, save or send a guest do with xl. */
#ifndef XL_VNUMA_BUILD_H
#define XL_VNUMA_BUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/objects.h"
#include "record/ledger.h"
#include "run/run_xl.h"

/* All pointers are borrowed. */
typedef struct {
    const char *command, *done; /* for messages: "create", "created" */
    const char *name;           /* the guest's; NULL: not known */
    /* --verify: count what Xen holds page by page, not what it was told. */
    bool by_hypervisor;
    bool quiet, dry_run;
    /* From another xl, with which standard output is the conversation. */
    bool is_incoming;
    bool stays_paused; /* an incoming guest, after it has arrived */
    vnuma__lived home; /* to be kept; without vnodes: it has no vNUMA */
    char *const *xl_args;
    const run_setting *settings;
    vnuma__ledger *ledger; /* that the guest is in */

    /* build_run()'s own, zeroes before. */
    FILE *out;       /* for answers */
    int code;        /* of the verification after the build */
    bool taken_over; /* we did what xl had left to do with the guest */
} build;

/*
 * Runs xl with our object loaded, prints where the memory is, and removes what
 * a killed xl left.  Returns a code of cli.h, after all messages.
 */
int build_run(build *b);

/* As libxl writes it: bytes of two digits, with "-" between some. */
bool build_read_uuid(const char *text, uint8_t uuid[16]);

/*
 * leave.c: runs an xl that saves or sends a guest, which writes the record of
 * the domain (a name or a number) after the configuration.  @is_moving: to this
 * host.  Returns a code of cli.h, after a message; if xl itself fails, that is
 * in *result_r.
 */
int leave_run(const char *command, bool is_moving, const char *domain,
              char *const *args, run_result *result_r);

#endif
