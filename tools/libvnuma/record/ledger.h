/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger of builds in flight: a directory with a file for each guest that
 * is being built (record/flight.h), so that two that start at once are planned
 * next to each other.  Its lock is held while a guest is planned, never while
 * one is built:
 *
 *   vnuma__ledger_lock()    reads what others have in flight
 *                           the host is read, less that, and the guest is
 *                           planned
 *   vnuma__ledger_write()   puts the guest, which is in "own", there, unlocks
 *   vnuma__ledger_take()    in xl, which is the owner from then on: what the
 *                           domain will be, and then is; in a process that
 *                           builds by itself, vnuma__ledger_made()
 *   vnuma__ledger_end()     the guest is built, or is not
 *
 * Nothing depends on the last: an entry whose owner is gone counts for
 * nothing.  The next one that locks removes it, or, when it may have left a
 * domain, finds it in "left" (record/left.h).
 *
 * xl writes the domain's number before libxl can name the domain, so that one
 * that has a name is never taken for that of an entry that lacks a number.  It
 * marks its entry, by renaming the file, when the guest is whole and when its
 * sender has given it away, or when all of one that leaves has left.  So all
 * this is known when only xl is left.
 */
#ifndef VNUMA_LEDGER_H
#define VNUMA_LEDGER_H

#include <sys/types.h>

#include "record/left.h"

typedef struct {
    const char *dir;       /* borrowed; NULL: there is no ledger */
    int fd;                /* of the directory, locked; -1: it is not */
    vnuma__flight *others; /* owned; of all but us, as of the last lock */
    unsigned int num_others;
    vnuma__left *left; /* owned; whose owner is gone, as of the last lock */
    unsigned int num_left;
    vnuma__flight own; /* from vnuma__flight_of() before it is written */
    /* Borrowed: its UUID, where a process has several; NULL: it has one. */
    const char *guest;
    char file[96]; /* our entry; "": there is none */
    /* It stays there at the end, for recover: what it is about is not over. */
    bool stays;
} vnuma__ledger;

#define VNUMA__LEDGER(path)                                                   \
    {                                                                         \
        .dir = (path), .fd = -1                                               \
    }
#ifndef VNUMA__LEDGER_DIR /* a test has its own */
#define VNUMA__LEDGER_DIR "/run/xl-vnuma/builds"
#endif

/*
 * Makes the directory if need be, waits for the lock, and reads.  Returns 0,
 * or -1 with errno and nothing locked; EWOULDBLOCK: it was held for a minute.
 */
int vnuma__ledger_lock(vnuma__ledger *l);
void vnuma__ledger_unlock(vnuma__ledger *l);

/* The path of our entry, which the caller frees; NULL: there is none. */
char *vnuma__ledger_entry(const vnuma__ledger *l);

/* Returns 0, or -1 with errno; unlocked in any case. */
int vnuma__ledger_write(vnuma__ledger *l);

/*
 * @pid: the owner, which lives until that is done, even if we are killed.
 * Returns 0, also when it has ended, or -1 with errno; the entry is as before
 * then.
 */
int vnuma__ledger_made(vnuma__ledger *l, pid_t pid, uint32_t domid,
                       const char *uuid);

/*
 * @domid: VNUMA_ID_UNKNOWN before it is made; @uuid is always known.
 * Returns 0, or -1 with errno: the entry is as before.
 */
int vnuma__ledger_take(const char *entry, uint32_t domid, const char *uuid);

/* What is added to the name of an entry's file: whole; whole and given. */
#define VNUMA__LEDGER_MARK "+"
/* Whether xl has marked ours. */
bool vnuma__ledger_is_marked(const vnuma__ledger *l);

/*
 * Makes one of "left" ours, so that no other puts right what it left: with
 * the ledger locked.  False, with errno: it is not.
 */
bool vnuma__ledger_adopt(vnuma__ledger *l, vnuma__left *left);
/* It was put right, or there was nothing to. */
void vnuma__ledger_forget(const vnuma__ledger *l, const vnuma__left *left);

/* Removes our entry, unlocks and frees. */
void vnuma__ledger_end(vnuma__ledger *l);

#endif
