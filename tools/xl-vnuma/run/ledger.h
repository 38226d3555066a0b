/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger of builds in flight: a directory with a file for each guest that
 * is being built (record/flight.h), so that two that start at once are planned
 * next to each other.  Its lock is held while a guest is planned, never while
 * one is built:
 *
 *   ledger_lock()   reads what others have in flight
 *                   the host is read, less that, and the guest is planned
 *   ledger_write()  puts the guest, which is in "own", there and unlocks
 *   ledger_made()   there is a domain now, and xl is the owner
 *   ledger_end()    the guest is built, or is not
 *
 * Nothing depends on the last: an entry whose owner is gone counts for
 * nothing, and the next one that locks removes it.
 */
#ifndef XL_VNUMA_LEDGER_H
#define XL_VNUMA_LEDGER_H

#include <sys/types.h>

#include "cli/cli.h"
#include "record/flight.h"

typedef struct ledger {
    const char *dir;       /* borrowed; NULL: there is no ledger */
    int fd;                /* of the directory, locked; -1: it is not */
    vnuma__flight *others; /* owned; of all but us, as of the last lock */
    unsigned int num_others;
    vnuma__flight own; /* from vnuma__flight_of() before it is written */
    char file[64];     /* our entry; "": there is none */
} ledger;

#define LEDGER(path)                                                          \
    {                                                                         \
        .dir = (path), .fd = -1                                               \
    }
#define LEDGER_DIR "/run/xl-vnuma/builds"

/*
 * Makes the directory if need be, waits for the lock, and reads.  Returns 0,
 * or -1 with errno and nothing locked; EWOULDBLOCK: it was held for a minute.
 */
int ledger_lock(ledger *l);
void ledger_unlock(ledger *l);

/* Returns 0, or -1 with errno; unlocked in any case. */
int ledger_write(ledger *l);

/* @pid: xl, which lives until the guest is built, even if we are killed. */
void ledger_made(ledger *l, pid_t pid, uint32_t domid, const char *uuid);

/* Removes our entry, unlocks and frees. */
void ledger_end(ledger *l);

/* ---- ledger_live.c, or no_xen.c ----------------------------------------- */

/*
 * The host to plan on: that of --host, or the live one without what others
 * have in flight; then the ledger stays locked.  A ledger that cannot be read
 * is said and left alone.  Returns a code.
 * @text_r: as cli_host_load()'s
 */
int ledger_load_host(ledger *l, const cli_options *options,
                     vnuma_topology **host_r, vnuma_source *text_r);

/*
 * Locks, and asks Xen what the domains of others hold.  Returns as
 * ledger_lock(), and 0 without anything locked where Xen cannot be asked.
 */
int ledger_look(ledger *l);

/* As ledger_write(), with a message. */
void ledger_enter(ledger *l);

#endif
