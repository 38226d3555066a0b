/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stays when everything that minded a guest was killed at once: an entry
 * of the ledger without an owner.  Pure: what is to be done follows from the
 * entry and from the domains that there are.
 */
#ifndef VNUMA_LEFT_H
#define VNUMA_LEFT_H

#include "record/flight.h"

typedef struct {
    vnuma__flight flight;
    /*
     * How far the guest came; marks that xl leaves at the file's name.  Of one
     * that leaves, the first says that all of it has left.
     */
    bool is_whole, is_given;
    char file[100]; /* in the ledger */
} vnuma__left;

/* A domain of the host, as far as this asks. */
typedef struct {
    uint32_t domid;
    char uuid[40], name[128];
    bool is_new; /* paused, and never ran here */
    bool is_suspended;
    bool is_leaving; /* an entry of the ledger says that we move it */
} vnuma__found;

typedef enum {
    VNUMA__LEFT_NOTHING,   /* there is no such domain, or it is whole */
    VNUMA__LEFT_HALF,      /* destroy it: it is half built, or a copy */
    VNUMA__LEFT_SUSPENDED, /* resume it: it was about to leave */
    VNUMA__LEFT_LEAVING,   /* it runs, and Xen may still log what it writes */
    VNUMA__LEFT_GIVEN,     /* let it run: it is here and nowhere else */
    VNUMA__LEFT_PAUSED,    /* likewise, but let it stay paused */
    VNUMA__LEFT_UNSURE,    /* only the host that sent it knows */
    VNUMA__LEFT_AWAY,      /* only the host that it was sent to knows */
    VNUMA__LEFT_BOTH,      /* whoever minds its copy here is not done */
    VNUMA__LEFT_GONE,      /* destroy it: all of it has left */
} vnuma__left_state;

/*
 * A file that root creates a guest from may have any name and the UUID of
 * another guest, so neither alone says that two domains are the same guest.
 * @domid_r: of the domain that this is about, unless it is NOTHING.
 */
vnuma__left_state vnuma__left_judge(const vnuma__left *left,
                                    const vnuma__found *found,
                                    unsigned int num_found, uint32_t *domid_r);

#endif
